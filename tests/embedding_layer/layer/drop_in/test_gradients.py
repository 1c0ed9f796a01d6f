"""Gradients: of the same numbers, layout and dtype, to any order, backward and forward."""

import pytest
import torch
from torch.autograd import forward_ad, gradcheck, gradgradcheck
from torch.func import functional_call, jacfwd, jacrev

from .ids import LAYOUTS
from .twins import (
    IDS,
    OPTIONS,
    D,
    V,
    every_dense_option,
    every_option,
    every_still_dense_option,
    every_still_option,
    gradient,
    random_table,
    same,
    slopes_for,
    torch_s_own_warnings,
    twins,
)

pytestmark = torch_s_own_warnings
FLOATS = [torch.float64, torch.float32, torch.float16, torch.bfloat16]


def rounded(options):
    """Tell whether the gradient is made by dividing, so that it is the same only up to rounding."""
    return bool(options.get("scale_grad_by_freq"))


def whole(ids, options):
    """Return ids that PyTorch's own backward can take: with `sparse` and padding it fails for a single id."""
    return ids.view(1) if options.get("sparse") and "padding_idx" in options and ids.dim() == 0 else ids


# --- the gradient of the table ------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [torch.int64, torch.int32], ids=str)
@every_option
@pytest.mark.parametrize("name", LAYOUTS)
def test_the_gradient_for_ids_of_every_layout(name, options, dtype):
    ids = LAYOUTS[name]()
    ids = ids if dtype == torch.int64 else ids.to(dtype)
    pair = twins(**options)
    expected = gradient(pair.builtin, whole(ids, options))
    same(gradient(pair.ours, ids), expected, exact=not rounded(options))


@every_option
@pytest.mark.parametrize("dtype", FLOATS, ids=str)
def test_the_gradient_of_tables_of_every_dtype(dtype, options):
    pair = twins(random_table(V, D, dtype=dtype), **options)
    same(gradient(pair.ours, IDS), gradient(pair.builtin, IDS), exact=not rounded(options))


@pytest.mark.parametrize("dtype", FLOATS, ids=str)
@every_option
def test_the_gradient_when_slopes_are_no_whole_numbers(options, dtype):
    slopes = random_table(2, 3, D, dtype=dtype, seed=3)
    pair = twins(random_table(V, D, dtype=dtype), **options)
    same(gradient(pair.ours, IDS, slopes), gradient(pair.builtin, IDS, slopes), exact=False)


SLOPES = {
    "contiguous": lambda vectors: slopes_for(vectors),
    "expanded": lambda vectors: torch.ones(()).expand_as(vectors),
    "expanded_row": lambda vectors: torch.arange(float(vectors.shape[-1])).expand_as(vectors),
    "expanded_column": lambda vectors: torch.tensor([[1.0], [2.0]]).unsqueeze(-1).expand_as(vectors),
    "turned": lambda vectors: slopes_for(vectors.permute(2, 1, 0)).permute(2, 1, 0),
    "every_second": lambda vectors: slopes_for(vectors.repeat(1, 1, 2))[..., ::2],
    "zero": torch.zeros_like,
    "infinite": lambda vectors: torch.full_like(vectors, float("inf")),
    "nan": lambda vectors: torch.full_like(vectors, float("nan")),
}


@every_option
@pytest.mark.parametrize("slopes", SLOPES.values(), ids=SLOPES)
def test_the_gradient_for_slopes_of_every_layout(slopes, options):
    pair = twins(**options)
    given = slopes(pair.builtin(IDS).detach())
    before = given.clone()
    same(gradient(pair.ours, IDS, given), gradient(pair.builtin, IDS, given), exact=not rounded(options))
    torch.testing.assert_close(given, before, rtol=0, atol=0, equal_nan=True)


@pytest.mark.parametrize(
    "table", [random_table(D, V).t(), random_table(V, 2 * D)[:, ::2], random_table(V, 0), random_table(V, 1)]
)
@every_option
def test_the_gradient_of_tables_of_every_layout(table, options):
    pair = twins(table, **options)
    same(gradient(pair.ours, IDS), gradient(pair.builtin, IDS), exact=not rounded(options))


def test_repeated_ids_add_up():
    for layer in twins():
        slopes = torch.tensor([[1.0, 2, 3], [10, 20, 30], [100, 200, 300]])
        assert gradient(layer, torch.tensor([1, 1, 0]), slopes)[:2].tolist() == [
            [100, 200, 300],
            [11, 22, 33],
        ]


def test_frequencies_are_those_of_the_whole_batch():
    for layer in twins(scale_grad_by_freq=True):
        rows = gradient(layer, torch.tensor([[1, 1], [1, 0]]), torch.ones(2, 2, D))
        assert rows[0].tolist() == rows[1].tolist() == [1, 1, 1]


@pytest.mark.parametrize("padding_idx", [0, 2, V - 1, -1])
@pytest.mark.parametrize("sparse", [False, True])
def test_the_padding_row_has_no_gradient(padding_idx, sparse):
    layer = twins(padding_idx=padding_idx, sparse=sparse).ours
    ids = torch.arange(V).repeat(2)
    rows = gradient(layer, ids, torch.ones(2 * V, D)).to_dense()
    assert (rows == 0).all(dim=1).nonzero().flatten().tolist() == [padding_idx % V]
    assert (rows[rows != 0] == 2).all()


@pytest.mark.parametrize("dtype", FLOATS, ids=str)
@pytest.mark.parametrize("options", [{}, {"scale_grad_by_freq": True}, {"sparse": True}], ids=str)
def test_many_repeats_come_no_further_from_the_truth(options, dtype):
    """In half precision long sums stall: PyTorch's thousand ones make 256 in bfloat16. Ours may do better."""
    pair = twins(random_table(V, D, dtype=dtype), **options)
    ids = torch.arange(1000) % 2
    slopes = torch.ones(1000, D, dtype=dtype)
    truth = 1.0 if "scale_grad_by_freq" in options else 500.0
    ours, builtin = (gradient(layer, ids, slopes).to_dense()[0].double() for layer in pair)
    assert ((ours - truth).abs() <= (builtin - truth).abs() + 8 * truth * torch.finfo(dtype).eps).all()


def test_large_batches():
    pair = twins(random_table(3000, 32))
    ids = torch.randint(3000, (64, 300), generator=torch.Generator().manual_seed(0)).square() % 3000
    same(gradient(pair.ours, ids), gradient(pair.builtin, ids))


# --- sparse gradients ---------------------------------------------------------------------------------

SPARSE = {name: options for name, options in OPTIONS.items() if options.get("sparse")}
every_sparse_option = pytest.mark.parametrize("options", SPARSE.values(), ids=SPARSE)


@pytest.mark.parametrize("name", LAYOUTS)
@every_sparse_option
def test_what_a_sparse_gradient_holds(options, name):
    ids = LAYOUTS[name]()
    pair = twins(**options)
    rows, expected = gradient(pair.ours, ids), gradient(pair.builtin, whole(ids, options))
    assert rows.layout == torch.sparse_coo
    assert rows.shape == (V, D)
    assert (rows.sparse_dim(), rows.dense_dim()) == (1, 1)
    assert rows._indices().dtype == torch.int64
    assert rows._nnz() <= expected._nnz()
    assert not rows.requires_grad
    if rows.is_coalesced():
        assert torch.equal(rows.indices()[0], rows.indices()[0].unique())
    with torch.sparse.check_sparse_tensor_invariants():
        torch.sparse_coo_tensor(rows._indices(), rows._values(), rows.shape)


@every_sparse_option
def test_sparse_gradients_are_those_of_the_dense_layer(options):
    dense = {name: value for name, value in options.items() if name != "sparse"}
    same(gradient(twins(**options).ours, IDS).to_dense(), gradient(twins(**dense).builtin, IDS))


@pytest.mark.parametrize("sparse", [False, True])
@pytest.mark.parametrize(
    "ids", [torch.tensor([2, 2]), torch.tensor([2]), torch.tensor(2)], ids=["two", "one", "0_d"]
)
def test_nothing_but_padding_has_an_empty_gradient(ids, sparse):
    rows = gradient(twins(padding_idx=2, sparse=sparse).ours, ids)  # for 0-d PyTorch's sparse backward fails
    assert rows.is_sparse == sparse
    assert not rows.to_dense().any()
    if sparse:
        assert rows._nnz() == 0


def test_a_single_id_that_is_not_padding_has_a_sparse_gradient():
    rows = gradient(twins(padding_idx=2, sparse=True).ours, torch.tensor(1), torch.tensor([1.0, 2.0, 3.0]))
    assert rows.coalesce().indices().tolist() == [[1]]
    assert rows.coalesce().values().tolist() == [[1, 2, 3]]


@pytest.mark.parametrize("dtype", [torch.int64, torch.int32], ids=str)
@pytest.mark.parametrize("options", [{}, {"padding_idx": 6}, {"max_norm": 9.0}], ids=str)
@pytest.mark.parametrize("shape", [(3,), (3, 1), (1, 3)], ids=str)
def test_a_sparse_gradient_does_not_share_the_ids_memory(shape, options, dtype):
    """PyTorch's does when the slopes are contiguous: the id buffer's next batch then moves other rows."""
    layer = twins(sparse=True, **options).ours
    ids = torch.tensor([1, 2, 3], dtype=dtype).view(shape)
    layer(ids).square().sum().backward()
    ids.fill_(0)
    assert layer.weight.grad.coalesce().indices().tolist() == [[1, 2, 3]]


def test_a_refilled_id_buffer_does_not_move_other_rows():
    layer = twins(sparse=True).ours
    before = layer.weight.detach().clone()
    optimiser = torch.optim.SparseAdam(layer.parameters(), lr=0.1)
    ids = torch.tensor([1, 2, 3])
    layer(ids).square().sum().backward()
    ids.copy_(torch.tensor([4, 5, 6]))
    optimiser.step()
    assert (layer.weight != before).any(dim=1).nonzero().flatten().tolist() == [1, 2, 3]


def test_a_sparse_gradient_may_be_changed_without_changing_the_ids():
    layer = twins(sparse=True).ours
    ids = torch.tensor([1, 2, 3])
    layer(ids).square().sum().backward()
    layer.weight.grad._indices().fill_(0)
    assert ids.tolist() == [1, 2, 3]


# --- several backward passes --------------------------------------------------------------------------


@every_option
def test_gradients_of_several_calls_add_up(options):
    pair = twins(**options)
    for layer in pair:
        for ids in (IDS, torch.tensor([3, 2]), IDS[:0]):
            vectors = layer(ids)
            vectors.backward(slopes_for(vectors))
    same(pair.ours.weight.grad, pair.builtin.weight.grad, exact=not rounded(options))


@every_option
def test_two_calls_in_one_graph(options):
    pair = twins(**options)
    for layer in pair:
        first = layer(IDS)
        (first.sum() + 2 * layer(torch.tensor([3, 2])).sum()).backward()
    same(pair.ours.weight.grad, pair.builtin.weight.grad, exact=not rounded(options))


@every_option
def test_backward_twice_through_a_retained_graph(options):
    pair = twins(**options)
    for layer in pair:
        loss = layer(IDS).square().sum()
        loss.backward(retain_graph=True)
        loss.backward()
        with pytest.raises(RuntimeError, match="second time"):
            loss.backward()
    same(pair.ours.weight.grad, pair.builtin.weight.grad, exact=False)


@pytest.mark.parametrize("order", [(True, False), (False, True), (True, False, True)], ids=str)
def test_sparse_and_dense_gradients_add_up(order):
    pair = twins()
    for layer in pair:
        for sparse in order:
            layer.sparse = sparse
            layer(IDS).sum().backward()
    same(pair.ours.weight.grad, pair.builtin.weight.grad)


@pytest.mark.parametrize("sparse", [False, True])
def test_the_table_may_be_used_elsewhere_in_the_graph(sparse):
    pair = twins(sparse=sparse)
    for layer in pair:
        (layer(IDS).sum() + (layer.weight @ layer.weight.t()).sum()).backward()
    same(pair.ours.weight.grad, pair.builtin.weight.grad, exact=False)


def test_gradients_flow_to_a_table_that_is_computed():
    pair = twins()
    gradients = []
    for layer in pair:
        source = random_table(V, D).requires_grad_()
        vectors = functional_call(layer, {"weight": source * 2}, IDS)
        gradients += torch.autograd.grad(vectors, source, slopes_for(vectors))
    same(*gradients)


def test_only_what_is_asked_for_gets_a_gradient():
    for layer in twins():
        vectors = layer(IDS)
        (rows,) = torch.autograd.grad(vectors.sum(), layer.weight)
        assert rows.shape == (V, D)
        assert layer.weight.grad is None


def test_thawing_and_freezing():
    pair = twins(freeze=True)
    for layer in pair:
        layer.weight.requires_grad_(True)
        layer(IDS).sum().backward()
    same(pair.ours.weight.grad, pair.builtin.weight.grad)
    for layer in pair:
        layer.requires_grad_(False)
        assert not layer(IDS).requires_grad


def test_a_frozen_table_lets_others_learn():
    pair = twins(freeze=True)
    for layer in pair:
        scale = torch.tensor(2.0, requires_grad=True)
        (layer(IDS) * scale).sum().backward()
        assert layer.weight.grad is None
        assert scale.grad is not None


# --- what is kept for backward ------------------------------------------------------------------------


@every_option
def test_the_table_may_change_before_backward(options):
    """The gradient of a look-up does not need the table, so a step in between harms nothing."""
    pair = twins(**options)
    for layer in pair:
        vectors = layer(IDS)
        with torch.no_grad():
            layer.weight.zero_()
        vectors.backward(slopes_for(vectors))
    same(pair.ours.weight.grad, pair.builtin.weight.grad, exact=not rounded(options))


@pytest.mark.parametrize("dtype", [torch.int64, torch.int32], ids=str)
@pytest.mark.parametrize("name", ["matrix", "transposed", "long_expanded", "five_axes"])
@every_option
def test_no_more_is_kept_for_backward_than_pytorch_keeps(options, name, dtype):
    ids = LAYOUTS[name]().to(dtype)
    pair = twins(random_table(500, D), **options)
    sizes = []
    for layer in pair:
        kept = []

        def keep(tensor, kept=kept):
            kept.append(tensor.untyped_storage().nbytes())
            return tensor

        with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
            layer(ids)
        sizes.append(sum(kept))
    assert sizes[0] <= sizes[1]


@every_option
def test_kept_tensors_may_be_moved_elsewhere(options):
    pair = twins(**options)
    for layer in pair:
        with torch.autograd.graph.save_on_cpu():
            vectors = layer(IDS)
        vectors.backward(slopes_for(vectors))
    same(pair.ours.weight.grad, pair.builtin.weight.grad, exact=not rounded(options))


@every_option
def test_nothing_is_kept_once_backward_is_done(options):
    layer = twins(**options).ours
    vectors = layer(IDS)
    vectors.sum().backward()
    with pytest.raises(RuntimeError, match="second time"):
        vectors.sum().backward()


@every_option
def test_the_gradient_is_a_leaf_without_history(options):
    pair = twins(**options)
    for layer in pair:
        rows = gradient(layer, IDS)
        assert rows.grad_fn is None
        assert not rows.requires_grad


# --- higher orders ------------------------------------------------------------------------------------


def double_backward(layer, ids):
    """Return the gradient of the table, and the gradient of a sum over it with respect to the slopes."""
    vectors = layer(ids)
    slopes = slopes_for(vectors.detach()).requires_grad_()
    (rows,) = torch.autograd.grad(vectors, layer.weight, slopes, create_graph=True)
    weights = slopes_for(layer.weight.detach(), seed=2)
    return rows.detach(), torch.autograd.grad((rows.to_dense() * weights).sum(), slopes)[0]


@pytest.mark.parametrize("name", ["scalar", "vector", "matrix", "transposed", "expanded_row", "five_axes"])
@every_option
def test_the_gradient_of_the_gradient(options, name):
    """As PyTorch has it: without padding, and not divided by the frequency again.

    The way back through the look-up divides already. To divide on the way back through that, too, would make
    the second derivative differ from the change of the first.
    """
    ids = whole(LAYOUTS[name](), options)
    pair = twins(**options)
    ours, builtin = double_backward(pair.ours, ids), double_backward(pair.builtin, ids)
    same(ours[0], builtin[0], exact=not rounded(options))
    same(ours[1], builtin[1])


@pytest.mark.parametrize("ids", [IDS[:0], torch.tensor([2, 2])], ids=["empty", "padding"])
@every_still_dense_option
def test_the_gradient_of_the_gradient_where_there_is_nothing_to_add(options, ids):
    """PyTorch's fails for empty ids; it is empty, as the slopes are."""
    rows, back = double_backward(twins(**options).ours, ids)
    assert back.shape == (*ids.shape, D)
    assert rows.any() == back.any() == (len(ids) > 0 and options.get("padding_idx") != 2)


def test_a_hessian_vector_product():
    pair = twins(random_table(V, D, dtype=torch.float64))
    products = []
    for layer in pair:
        (rows,) = torch.autograd.grad(layer(IDS).pow(3).sum(), layer.weight, create_graph=True)
        products += torch.autograd.grad(rows, layer.weight, random_table(V, D, dtype=torch.float64, seed=5))
    same(*products, exact=False)
    assert products[0].any()


def test_a_second_derivative_is_the_change_of_the_first():
    """Where ids repeat and gradients are scaled, forward over reverse and reverse over reverse agree."""
    layer = twins(random_table(V, D, dtype=torch.float64), scale_grad_by_freq=True).ours
    table = layer.weight.detach()

    def loss(table):
        return functional_call(layer, {"weight": table}, IDS).pow(3).sum()

    torch.testing.assert_close(jacrev(jacrev(loss))(table), jacfwd(jacrev(loss))(table))


def test_third_derivatives():
    pair = twins(random_table(V, D, dtype=torch.float64))
    thirds = []
    for layer in pair:
        rows = layer(IDS).pow(4).sum()
        for _ in range(3):
            (rows,) = torch.autograd.grad(rows.sum(), layer.weight, create_graph=True)
        thirds.append(rows.detach())
    same(*thirds, exact=False)
    assert thirds[0].any()


@pytest.mark.parametrize("name", ["scalar", "repeated", "matrix", "transposed", "empty", "expanded_row"])
@pytest.mark.parametrize("options", [{}, {"padding_idx": 5}, {"padding_idx": -2}], ids=str)
def test_gradcheck(options, name):
    ids = LAYOUTS[name]()
    ids = torch.where(
        ids == 5, 4, ids
    )  # the padding row's numerical gradient is not zero, so it must not occur
    layer = twins(random_table(V, D, dtype=torch.float64), **options).ours

    def look_up(table):
        return functional_call(layer, {"weight": table}, ids)

    table = random_table(V, D, dtype=torch.float64).requires_grad_()
    everything = {"check_forward_ad": True, "check_batched_grad": True, "check_batched_forward_grad": True}
    assert gradcheck(look_up, table, **everything)
    assert gradcheck(look_up, table, fast_mode=True)
    if ids.numel():  # the gradient of nothing has no gradient that PyTorch could check
        assert gradgradcheck(look_up, table, check_fwd_over_rev=True, check_batched_grad=True)


def test_gradcheck_where_no_id_repeats_with_scaling():
    layer = twins(random_table(V, D, dtype=torch.float64), scale_grad_by_freq=True).ours

    def look_up(table):
        return functional_call(layer, {"weight": table}, torch.tensor([[1, 5], [0, 3]]))

    table = random_table(V, D, dtype=torch.float64).requires_grad_()
    assert gradcheck(look_up, table, check_forward_ad=True)
    assert gradgradcheck(look_up, table, check_fwd_over_rev=True)


@every_still_dense_option
def test_many_slopes_at_once(options):
    pair = twins(**options)
    slopes = slopes_for(torch.empty(4, 2, 3, D))
    ours, builtin = (
        torch.autograd.grad(layer(IDS), layer.weight, slopes, is_grads_batched=True)[0] for layer in pair
    )
    same(ours, builtin, exact=not rounded(options), strides=False)


# --- forward mode -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["scalar", "matrix", "transposed", "empty"])
@every_still_option
def test_forward_mode(options, name):
    """As PyTorch has it: the tangent of the padding row passes, that of a scaled layer is not scaled."""
    pair = twins(**options)
    ids = LAYOUTS[name]()
    tangents = []
    for layer in pair:
        with forward_ad.dual_level():
            table = forward_ad.make_dual(layer.weight.detach(), random_table(V, D, seed=4))
            vectors, tangent = forward_ad.unpack_dual(functional_call(layer, {"weight": table}, ids))
            tangents.append(tangent)
            assert torch.equal(vectors, layer(ids))
    same(*tangents)


@every_dense_option
def test_forward_mode_with_a_trainable_table(options):
    pair = twins(**options)
    tangents = []
    for layer in pair:
        with forward_ad.dual_level():
            table = forward_ad.make_dual(random_table(V, D).requires_grad_(), random_table(V, D, seed=4))
            tangents.append(
                forward_ad.unpack_dual(functional_call(layer, {"weight": table}, IDS)).tangent.detach()
            )
    same(*tangents, exact=False)


@every_still_dense_option
def test_the_way_back_from_the_tangent(options):
    """The tangent is itself a look-up with the same options, so its gradient passes over padding, too."""
    gradients = []
    for layer in twins(**options):
        tangent = random_table(V, D, seed=4).requires_grad_()
        with forward_ad.dual_level():
            table = forward_ad.make_dual(random_table(V, D), tangent)
            pushed = forward_ad.unpack_dual(functional_call(layer, {"weight": table}, IDS)).tangent
            gradients += torch.autograd.grad(pushed, tangent, slopes_for(pushed))
    same(*gradients, exact=not rounded(options))


def test_forward_mode_without_a_tangent():
    for layer in twins():
        with forward_ad.dual_level():
            assert forward_ad.unpack_dual(layer(IDS)).tangent is None


# --- no complaints ------------------------------------------------------------------------------------


@every_option
def test_forward_and_backward_give_no_warning(options, recwarn):
    torch.set_warn_always(True)
    try:
        gradient(twins(**options).ours, IDS)
    finally:
        torch.set_warn_always(False)
    assert not list(recwarn)


@every_option
def test_anomaly_mode(options):
    with torch.autograd.set_detect_anomaly(True):
        pair = twins(**options)
        same(gradient(pair.ours, IDS), gradient(pair.builtin, IDS), exact=not rounded(options))
