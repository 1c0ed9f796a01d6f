"""Transforms: `torch.func`, tracing, export, fake tensors, nested ids, checkpoints, autocast."""

import io
from collections.abc import Callable

import pytest
import torch
from torch import nn
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.func import (
    functional_call,
    grad,
    grad_and_value,
    hessian,
    jacfwd,
    jacrev,
    jvp,
    linearize,
    stack_module_state,
    vjp,
    vmap,
)
from torch.fx.experimental.proxy_tensor import make_fx
from torch.utils.checkpoint import checkpoint

from .ids import LAYOUTS
from .twins import (
    IDS,
    LAYER,
    ORACLE,
    STILL,
    D,
    V,
    attempt,
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

pytestmark = [
    torch_s_own_warnings,
    pytest.mark.filterwarnings("ignore:There is a performance drop:UserWarning"),
    pytest.mark.filterwarnings("ignore:.*LeafSpec.*is deprecated:FutureWarning"),  # PyTorch's export uses it
]


def look_up(layer: nn.Module) -> Callable:
    """Return the layer as a function of its table and the ids."""
    return lambda table, ids: functional_call(layer, {"weight": table}, (ids,))


def squares(layer: nn.Module) -> Callable:
    """Return the sum of the squared vectors as a function of the table and the ids."""
    return lambda table, ids: functional_call(layer, {"weight": table}, (ids,)).square().sum()


def cubes(layer: nn.Module, ids: torch.Tensor) -> Callable:
    """Return the sum of the cubed vectors as a function of the table alone."""
    return lambda table: functional_call(layer, {"weight": table}, (ids,)).pow(3).sum()


def vectors_of(layer: nn.Module, ids: torch.Tensor) -> Callable:
    """Return the look-up of these ids as a function of the table alone."""
    return lambda table: functional_call(layer, {"weight": table}, (ids,))


def rounded(options):
    return bool(options.get("scale_grad_by_freq"))


BATCH = torch.tensor([[0, 1, 2], [2, 2, 5], [6, 0, 0], [3, 4, 2]])  # four examples of three ids
STACK = random_table(4, V, D, seed=6)  # four tables

# --- functions of the table ---------------------------------------------------------------------------


@every_option
def test_a_function_of_its_parameters(options):
    pair = twins(**options)
    tables = [random_table(V, D, seed=2).requires_grad_() for _ in pair]
    ours, builtin = (look_up(layer)(table, IDS) for layer, table in zip(pair, tables, strict=True))
    same(ours, builtin, exact="max_norm" not in options)
    for vectors in (ours, builtin):
        vectors.backward(slopes_for(vectors))
    same(tables[0].grad, tables[1].grad, exact=not rounded(options))
    assert torch.equal(pair.ours.weight, random_table(V, D))
    assert pair.ours.weight.grad is None


@every_option
def test_functional_grad(options):
    results = []
    for layer in twins(**options):
        results.append(grad_and_value(squares(layer))(random_table(V, D), IDS))
    (ours, value), (builtin, expected) = results
    same(ours, builtin, exact=False)
    torch.testing.assert_close(value, expected)


@every_option
def test_functional_vjp(options):
    results = []
    for layer in twins(**options):
        vectors, back = vjp(vectors_of(layer, IDS), random_table(V, D))
        results.append((vectors, *back(slopes_for(vectors))))
    same(results[0][0], results[1][0], exact="max_norm" not in options)
    same(results[0][1], results[1][1], exact=not rounded(options))


@every_option
def test_functional_jvp(options):
    results = []
    for layer in twins(**options):
        results.append(jvp(vectors_of(layer, IDS), (random_table(V, D),), (random_table(V, D, seed=3),)))
    for ours, builtin in zip(*results, strict=True):
        same(ours, builtin, exact="max_norm" not in options)


@every_dense_option
@pytest.mark.parametrize("transform", [jacrev, jacfwd], ids=["jacrev", "jacfwd"])
@pytest.mark.parametrize("name", ["scalar", "matrix", "repeated", "transposed"])
def test_jacobians(name, transform, options):
    ids = LAYOUTS[name]()
    ours, builtin = (transform(vectors_of(layer, ids))(random_table(V, D)) for layer in twins(**options))
    same(ours, builtin, exact=not rounded(options), strides=False)


@pytest.mark.parametrize("options", [{"sparse": True}, {"sparse": True, "padding_idx": 2}], ids=str)
def test_jacobians_with_sparse_gradients(options):
    """Forward mode does not meet them; in reverse mode PyTorch refuses, and a dense Jacobian would do too."""
    layers = twins(**options)
    ours, builtin = (jacfwd(vectors_of(layer, IDS))(random_table(V, D)) for layer in layers)
    same(ours, builtin, strides=False)
    ours = attempt(jacrev(vectors_of(layers.ours, IDS)), random_table(V, D))
    if ours.error is None:
        dense = ORACLE(V, D, padding_idx=options.get("padding_idx"))
        expected = jacrev(vectors_of(dense, IDS))(random_table(V, D))
        same(ours.value.to_dense(), expected, strides=False)
    else:
        assert isinstance(ours.error, RuntimeError)


@every_still_dense_option
@pytest.mark.parametrize("order", ["hessian", "rev_rev", "fwd_rev", "rev_fwd", "fwd_fwd"])
def test_second_derivatives(order, options):
    def second(f):
        match order:
            case "hessian":
                return hessian(f)
            case _:
                outer, inner = ({"rev": jacrev, "fwd": jacfwd}[name] for name in order.split("_"))
                return outer(inner(f))

    ours, builtin = (
        second(cubes(layer, IDS))(random_table(V, D, dtype=torch.float64)) for layer in twins(**options)
    )
    same(ours, builtin, exact=False, strides=False)


@pytest.mark.filterwarnings("ignore:Attempted to insert a get_attr Node:UserWarning")
def test_linearised():
    results = []
    for layer in twins(padding_idx=2):
        vectors, forward = linearize(vectors_of(layer, IDS), random_table(V, D))
        results.append((vectors, forward(random_table(V, D, seed=3))))
    for ours, builtin in zip(*results, strict=True):
        same(ours, builtin)


@pytest.mark.parametrize("bad", [-1, V])
@pytest.mark.parametrize("transform", [grad, jacrev, jacfwd], ids=["grad", "jacrev", "jacfwd"])
def test_a_bad_id_is_refused_inside_them(transform, bad):
    ids = torch.tensor([0, bad])
    for layer in twins():
        with pytest.raises(IndexError):
            transform(cubes(layer, ids))(random_table(V, D))


# --- vmap ---------------------------------------------------------------------------------------------


@every_still_option
def test_vmap_over_ids(options):
    pair = twins(**options)
    for mapped in (
        lambda layer: vmap(layer)(BATCH),
        lambda layer: vmap(layer, in_dims=1)(BATCH),
        lambda layer: vmap(layer, out_dims=1)(BATCH),
        lambda layer: vmap(layer, out_dims=-1)(BATCH),
        lambda layer: vmap(layer, chunk_size=2)(BATCH),
        lambda layer: vmap(vmap(layer))(BATCH),
        lambda layer: vmap(vmap(layer, in_dims=1), in_dims=1)(BATCH.expand(2, 4, 3)),
        lambda layer: vmap(layer)(BATCH.int()),
        lambda layer: vmap(layer)(BATCH[:, :0]),
        lambda layer: vmap(layer)(BATCH.t()),
        lambda layer: vmap(layer)(torch.tensor([1, 2])),
    ):
        ours, builtin = mapped(pair.ours), mapped(pair.builtin)
        same(ours, builtin, strides=False)


@every_still_option
def test_gradients_through_vmap_over_ids(options):
    """The same as one by one; PyTorch's own counts the frequencies over all examples as if they were one."""
    pair = twins(**options)
    vectors = vmap(pair.ours, in_dims=1)(BATCH)
    vectors.backward(slopes_for(vectors))
    one_by_one = torch.stack([pair.builtin(ids) for ids in BATCH.t()])
    one_by_one.backward(slopes_for(one_by_one))
    same(pair.ours.weight.grad, pair.builtin.weight.grad, exact=not rounded(options))


@every_still_option
def test_vmap_over_tables(options):
    for in_dim, tables in ((0, STACK), (1, STACK.transpose(0, 1)), (2, STACK.permute(1, 2, 0))):
        for ids in (IDS, torch.tensor(1), IDS[:0], IDS.int()):
            ours, builtin = (
                vmap(vectors_of(layer, ids), in_dims=in_dim)(tables) for layer in twins(**options)
            )
            same(ours, builtin, strides=False)


@every_still_option
def test_vmap_over_both(options):
    for in_dims in ((0, 0), (0, 1), (2, 0)):
        tables = STACK.movedim(0, in_dims[0])
        ids = BATCH.movedim(0, in_dims[1])
        ours, builtin = (vmap(look_up(layer), in_dims=in_dims)(tables, ids) for layer in twins(**options))
        same(ours, builtin, strides=False)


@every_still_option
def test_vmap_over_tables_and_within_them_over_ids(options):
    ours, builtin = (
        vmap(vmap(look_up(layer), in_dims=(None, 0)), in_dims=(0, None))(STACK, BATCH)
        for layer in twins(**options)
    )
    same(ours, builtin, strides=False)
    assert ours.shape == (4, 4, 3, D)


@every_still_dense_option
def test_gradients_through_vmap_over_tables(options):
    """The same as one by one; PyTorch's own finds the padding row in the first of the tables only."""
    pair = twins(**options)
    ours, builtin = STACK.clone().requires_grad_(), STACK.clone().requires_grad_()
    vectors = vmap(look_up(pair.ours))(ours, BATCH)
    vectors.backward(slopes_for(vectors))
    look = look_up(pair.builtin)
    one_by_one = torch.stack([look(table, ids) for table, ids in zip(builtin, BATCH, strict=True)])
    one_by_one.backward(slopes_for(one_by_one))
    same(ours.grad, builtin.grad, exact=not rounded(options), strides=False)


@every_still_dense_option
def test_per_sample_gradients(options):
    ours, builtin = (
        vmap(grad(squares(layer)), in_dims=(None, 0))(random_table(V, D), BATCH) for layer in twins(**options)
    )
    same(ours, builtin, exact=False, strides=False)
    one_by_one = [gradient_of_squares(twins(**options).builtin, ids) for ids in BATCH]
    torch.testing.assert_close(ours, torch.stack(one_by_one))


def gradient_of_squares(layer, ids):
    layer(ids).square().sum().backward()
    return layer.weight.grad


@every_still_dense_option
def test_per_sample_gradients_of_many_tables(options):
    ours, builtin = (vmap(grad(squares(layer)))(STACK, BATCH) for layer in twins(**options))
    same(ours, builtin, exact=False, strides=False)


@every_still_dense_option
def test_per_sample_second_derivatives(options):
    ours, builtin = (
        vmap(jacfwd(jacrev(squares(layer))), in_dims=(None, 0))(random_table(V, D), BATCH)
        for layer in twins(**options)
    )
    same(ours, builtin, exact=False, strides=False)


@every_still_option
def test_forward_mode_under_vmap(options):
    def pushed(f):
        return lambda table, ids: jvp(lambda t: f(t, ids), (table,), (torch.ones_like(table),))[1]

    for in_dims, table in (((None, 0), random_table(V, D)), ((0, None), STACK), ((0, 0), STACK)):
        ids = BATCH if in_dims[1] == 0 else IDS
        ours, builtin = (
            vmap(pushed(look_up(layer)), in_dims=in_dims)(table, ids) for layer in twins(**options)
        )
        same(ours, builtin, strides=False)


@every_still_option
def test_gradients_of_a_sum_over_vmap(options):
    pair = twins(**options)
    look = look_up(pair.ours)
    ours = grad(lambda table: vmap(look, in_dims=(None, 0))(table, BATCH).square().sum())(random_table(V, D))
    for ids in BATCH:  # one by one: PyTorch's own counts the frequencies over all examples
        pair.builtin(ids).square().sum().backward()
    same(ours, pair.builtin.weight.grad, exact=False)


@pytest.mark.parametrize("options", [{"sparse": True}, {"sparse": True, "padding_idx": 2}], ids=str)
def test_per_sample_sparse_gradients(options):
    """PyTorch refuses them; what would do is the dense ones."""
    layer = twins(**options).ours
    per_sample = vmap(grad(squares(layer)), in_dims=(None, 0))
    ours = attempt(per_sample, random_table(V, D), BATCH)
    if ours.error is None:
        theirs = [ORACLE(V, D, options.get("padding_idx"), _weight=random_table(V, D)) for _ in BATCH]
        expected = [gradient_of_squares(layer, ids) for layer, ids in zip(theirs, BATCH, strict=True)]
        torch.testing.assert_close(ours.value.to_dense(), torch.stack(expected))
    else:
        assert isinstance(ours.error, RuntimeError)


def test_max_norm_under_vmap_over_tables():
    results = []
    for layer in twins(max_norm=0.5):
        tables = 3 * STACK
        vectors = vmap(look_up(layer), in_dims=(0, None))(tables, IDS)
        results.append((vectors, tables))
    for ours, builtin in zip(*results, strict=True):
        same(ours, builtin, exact=False, strides=False)


def test_max_norm_under_vmap_over_both():
    results = []
    for layer in twins(max_norm=0.5):
        tables = 3 * STACK
        vectors = vmap(look_up(layer))(tables, BATCH)
        results.append((vectors, tables))
    for ours, builtin in zip(*results, strict=True):
        same(ours, builtin, exact=False, strides=False)


def test_max_norm_under_vmap_over_ids():
    """PyTorch refuses, as one table cannot be written by many; what would do is the calls one by one."""
    pair = twins(max_norm=0.5)
    assert isinstance(attempt(vmap(pair.builtin), BATCH).error, RuntimeError)
    before = pair.ours.weight.detach().clone()
    ours = attempt(vmap(pair.ours), BATCH)
    if ours.error is None:
        one_by_one = twins(max_norm=0.5).builtin
        same(ours.value, torch.stack([one_by_one(ids) for ids in BATCH]), exact=False, strides=False)
        same(pair.ours.weight, one_by_one.weight, exact=False)
    else:
        assert isinstance(ours.error, RuntimeError)
        assert torch.equal(pair.ours.weight, before)


@pytest.mark.parametrize("bad", [-1, V])
def test_a_bad_id_is_refused_under_vmap(bad):
    ids = torch.tensor([[0, 1], [bad, 2]])
    layer = twins().ours
    f = look_up(layer)
    for call in (
        lambda: vmap(layer)(ids),
        lambda: vmap(layer, in_dims=1)(ids),
        lambda: vmap(vmap(layer))(ids),
        lambda: vmap(f, in_dims=(0, None))(STACK, ids),
        lambda: vmap(f)(STACK[:2], ids),  # PyTorch's takes −1 for the last row of the table before
        lambda: vmap(grad(lambda table, ids: f(table, ids).sum()), in_dims=(None, 0))(STACK[0], ids),
        lambda: vmap(grad(lambda table, ids: f(table, ids).sum()))(STACK[:2], ids),
        lambda: jvp(lambda table: vmap(f, in_dims=(None, 0))(table, ids), (STACK[0],), (STACK[1],)),
    ):
        with pytest.raises(IndexError):
            call()


@pytest.mark.parametrize("dtype", [torch.float32, torch.bool, torch.uint8], ids=str)
def test_what_is_no_ids_is_refused_under_vmap(dtype):
    with pytest.raises(TypeError):
        vmap(twins().ours)(BATCH.to(dtype))


def test_an_ensemble():
    """The example of PyTorch's tutorial on model ensembling."""
    results = []
    for cls in (LAYER, ORACLE):
        torch.manual_seed(0)
        models = [nn.Sequential(cls(V, D), nn.Linear(D, 2)) for _ in range(3)]
        parameters, buffers = stack_module_state(models)
        base = models[0].to("meta")

        def call(parameters, buffers, ids, base=base):
            return functional_call(base, (parameters, buffers), (ids,))

        results.append(vmap(call, in_dims=(0, 0, None))(parameters, buffers, IDS))
    torch.testing.assert_close(*results)


# --- tracing ------------------------------------------------------------------------------------------

THEIRS = {
    torch.ops.aten.embedding.default,
    torch.ops.aten.embedding_dense_backward.default,
    torch.ops.aten.embedding_sparse_backward.default,
    torch.ops.aten.embedding_renorm_.default,
}


@every_option
@pytest.mark.parametrize("mode", ["real", "fake", "symbolic"])
def test_make_fx(mode, options):
    pair = twins(**options)
    traced = make_fx(look_up(pair.ours), tracing_mode=mode)(random_table(V, D), IDS)
    assert not THEIRS & {node.target for node in traced.graph.nodes}
    ids = BATCH[:2] if mode != "symbolic" else BATCH[:3]
    tables = [random_table(V, D, seed=3) for _ in pair]
    same(traced(tables[0], ids), look_up(pair.builtin)(tables[1], ids), exact="max_norm" not in options)
    same(*tables, exact=False)


# without numbers, PyTorch does not know how many ids are padding, which a sparse gradient leaves out
TRACED = [(mode, name) for mode in ("real", "fake", "symbolic") for name in STILL
          if mode == "real" or not name.startswith("sparse_padding")]  # fmt: skip


@pytest.mark.parametrize(("mode", "name"), TRACED)
def test_make_fx_of_the_gradient(mode, name):
    options = STILL[name]
    pair = twins(**options)
    results = []
    for layer in pair:
        traced = make_fx(grad(squares(layer)), tracing_mode=mode)(random_table(V, D), IDS)
        assert layer is pair.builtin or not THEIRS & {node.target for node in traced.graph.nodes}
        ids = BATCH[:2] if mode != "symbolic" else BATCH[:3]
        results.append(traced(random_table(V, D, seed=3), ids))
    same(*results, exact=False)


def test_make_fx_of_vmap():
    for layer in twins():
        traced = make_fx(vmap(look_up(layer), in_dims=(None, 0)))(random_table(V, D), BATCH)
        assert torch.equal(traced(STACK[0], BATCH.flip(0)), STACK[0][BATCH.flip(0)])


# --- tensors without numbers --------------------------------------------------------------------------


@every_option
@pytest.mark.parametrize(
    "make",
    [lambda: torch.zeros(2, 3).long(), lambda: torch.zeros(3, 2).int().t(), lambda: torch.tensor(1)],
    ids=["matrix", "transposed", "scalar"],
)
def test_fake_tensors(make, options):
    results = []
    for cls in (LAYER, ORACLE):
        with FakeTensorMode():
            layer = cls(V, D, **options)
            vectors = layer(make())
            seen = [vectors.shape, vectors.stride(), vectors.dtype, vectors.device, vectors.requires_grad]
            if not (options.get("sparse") and "padding_idx" in options):  # its size depends on the numbers
                vectors.sum().backward()
                seen += [layer.weight.grad.shape, layer.weight.grad.layout, layer.weight.grad.dtype]
            results.append(seen)
    assert results[0] == results[1]


@every_option
def test_fake_ids_for_a_real_table(options):
    for layer in twins(**options):
        before = layer.weight.detach().clone()
        mode = FakeTensorMode(allow_non_fake_inputs=True)
        with mode:
            assert layer(mode.from_tensor(IDS)).shape == (2, 3, D)
        assert torch.equal(layer.weight, before)


@every_dense_option
def test_meta_tensors_have_gradients(options):
    results = []
    for cls in (LAYER, ORACLE):
        layer = cls(V, D, device="meta", **options)
        layer(IDS.to("meta")).sum().backward()
        results.append(layer.weight.grad)
    same(*results)


# --- export -------------------------------------------------------------------------------------------

BATCHES = ({0: torch.export.Dim("batch")},)


@every_option
@pytest.mark.parametrize("strict", [False, True], ids=["nonstrict", "strict"])
def test_export_with_a_batch_of_any_size(strict, options):
    pair = twins(5 * random_table(V, D), **options)
    program = torch.export.export(pair.ours, (IDS,), dynamic_shapes=BATCHES, strict=strict)
    assert not THEIRS & {node.target for node in program.graph.nodes}
    module = program.module()
    for ids in (BATCH, IDS, torch.zeros(9, 3, dtype=torch.int64)):
        same(module(ids).detach(), pair.builtin(ids).detach(), exact="max_norm" not in options)
    with pytest.raises(AssertionError):
        module(torch.zeros(2, 4, dtype=torch.int64))


@pytest.mark.parametrize("strict", [False, True], ids=["nonstrict", "strict"])
@pytest.mark.parametrize("bad", [-1, V])
def test_an_exported_layer_refuses_a_bad_id(bad, strict):
    for layer in twins():
        module = torch.export.export(layer, (IDS,), dynamic_shapes=BATCHES, strict=strict).module()
        with pytest.raises((IndexError, RuntimeError)):
            module(torch.tensor([[0, 0, bad]]))


@pytest.mark.parametrize("options", [{}, {"padding_idx": 2}, {"max_norm": 0.5}], ids=str)
def test_an_exported_layer_decomposed_and_saved(options):
    pair = twins(**options)
    program = torch.export.export(pair.ours, (IDS,), dynamic_shapes=BATCHES)
    program = program.run_decompositions()
    buffer = io.BytesIO()
    torch.export.save(program, buffer)
    buffer.seek(0)
    with torch.no_grad():  # PyTorch's decomposed max_norm writes the parameter, which autograd forbids
        same(torch.export.load(buffer).module()(BATCH), pair.builtin(BATCH), exact="max_norm" not in options)


def test_export_of_a_model():
    results = []
    for cls in (LAYER, ORACLE):
        torch.manual_seed(0)
        model = nn.Sequential(cls(V, D, padding_idx=0), nn.Linear(D, 2))
        results.append(torch.export.export(model, (IDS,), dynamic_shapes=BATCHES).module()(BATCH))
    torch.testing.assert_close(*results)


def test_export_for_training():
    results = []
    for layer in twins():
        module = torch.export.export(layer, (IDS,), dynamic_shapes=BATCHES).module()
        module(BATCH).square().sum().backward()
        results.append(dict(module.named_parameters())["weight"].grad)
    same(*results, exact=False)


# --- nested ids ---------------------------------------------------------------------------------------


def jagged(dtype=torch.int64):
    return torch.nested.nested_tensor(
        [torch.tensor([1, 2, 0], dtype=dtype), torch.tensor([2], dtype=dtype)], layout=torch.jagged
    )


@pytest.mark.parametrize("dtype", [torch.int64, torch.int32], ids=str)
@every_still_option
def test_jagged_ids(options, dtype):
    pair = twins(**options)
    ids = jagged(dtype)
    ours, builtin = pair.ours(ids), pair.builtin(ids)
    assert type(ours) is type(builtin)
    assert ours.is_nested
    assert ours.layout == torch.jagged
    assert ours.shape == builtin.shape  # with the ids' own ragged size, so that the two can be combined
    assert torch.equal(ours.offsets(), ids.offsets())
    same(ours.values().detach(), builtin.values().detach())
    assert ours.requires_grad
    (ours + builtin).detach()
    with torch.no_grad():
        assert not pair.ours(ids).requires_grad


@every_still_dense_option
def test_gradients_for_jagged_ids(options):
    pair = twins(**options)
    for layer in pair:
        (layer(jagged()) * 2.0).values().sum().backward()
    same(pair.ours.weight.grad, pair.builtin.weight.grad, exact=not rounded(options))
    for layer in pair:
        (layer(jagged()) ** 2).sum().backward()
    same(pair.ours.weight.grad, pair.builtin.weight.grad, exact=False)


def test_jagged_ids_are_checked():
    bad = torch.nested.nested_tensor([torch.tensor([1, V]), torch.tensor([0])], layout=torch.jagged)
    negative = torch.nested.nested_tensor([torch.tensor([1, -1]), torch.tensor([0])], layout=torch.jagged)
    for layer in twins():
        for ids in (bad, negative):
            with pytest.raises(IndexError):
                layer(ids)
    with pytest.raises(TypeError):
        twins().ours(jagged(torch.float32))


def test_jagged_ids_from_values_and_offsets():
    ids = torch.nested.nested_tensor_from_jagged(torch.tensor([1, 2, 3]), torch.tensor([0, 1, 3]))
    pair = twins()
    same(pair.ours(ids).values().detach(), pair.builtin(ids).values().detach())


def test_max_norm_and_jagged_ids():
    """PyTorch refuses; what would do is to shorten the rows that are in the batch."""
    pair = twins(max_norm=0.5)
    assert isinstance(attempt(pair.builtin, jagged()).error, RuntimeError)
    ours = attempt(pair.ours, jagged())
    if ours.error is None:
        same(ours.value.values().detach(), pair.builtin(jagged().values()).detach(), exact=False)
    else:
        assert isinstance(ours.error, (RuntimeError, TypeError))
        same(pair.ours.weight, twins().ours.weight)


@pytest.mark.filterwarnings("ignore:The PyTorch API of nested tensors:UserWarning")
def test_nested_ids_of_the_old_kind():
    """PyTorch looks them up, but has no gradient for them; to refuse them would do too."""
    ids = torch.nested.nested_tensor([torch.tensor([1, 2, 0]), torch.tensor([2])])
    pair = twins()
    with torch.no_grad():
        ours, builtin = attempt(pair.ours, ids), pair.builtin(ids)
    if ours.error is None:
        for got, expected in zip(ours.value.unbind(), builtin.unbind(), strict=True):
            assert torch.equal(got, expected)
    else:
        assert isinstance(ours.error, (RuntimeError, TypeError))


# --- contexts -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("reentrant", [False, True])
@every_option
def test_activation_checkpointing(options, reentrant):
    pair = twins(**options)
    for layer in pair:
        scale = torch.tensor(
            2.0, requires_grad=True
        )  # reentrant checkpoints want an input that needs a gradient

        def part(ids, scale, layer=layer):
            return (layer(ids) * scale).square()

        checkpoint(part, IDS, scale, use_reentrant=reentrant).sum().backward()
    same(pair.ours.weight.grad, pair.builtin.weight.grad, exact=False)
    same(pair.ours.weight, pair.builtin.weight, exact=False)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16, torch.float16], ids=str)
@pytest.mark.parametrize("cast_to", [torch.bfloat16, torch.float16], ids=str)
def test_autocast(cast_to, dtype):
    pair = twins(random_table(V, D, dtype=dtype))
    with torch.autocast("cpu", dtype=cast_to):
        same(pair.ours(IDS), pair.builtin(IDS))
        for layer in pair:
            (layer(IDS) @ torch.ones(D, 2, dtype=dtype)).float().sum().backward()
    same(pair.ours.weight.grad, pair.builtin.weight.grad)


@pytest.mark.parametrize("options", [{"max_norm": 0.5}, {"sparse": True}, {"padding_idx": 2}], ids=str)
def test_autocast_with_options(options):
    pair = twins(**options)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        same(pair.ours(IDS), pair.builtin(IDS), exact=False)
        same(gradient(pair.ours, IDS), gradient(pair.builtin, IDS))
    same(pair.ours.weight, pair.builtin.weight, exact=False)


@every_option
def test_deterministic_algorithms(options):
    torch.use_deterministic_algorithms(True)
    try:
        pair = twins(**options)
        same(pair.ours(IDS), pair.builtin(IDS), exact="max_norm" not in options)
        first, again = (gradient(pair.ours, IDS).to_dense() for _ in range(2))
        assert torch.equal(first, again)
        same(gradient(pair.ours, IDS), gradient(pair.builtin, IDS), exact=not rounded(options))
        with torch.no_grad():
            same(pair.ours(IDS), pair.builtin(IDS), exact="max_norm" not in options)
    finally:
        torch.use_deterministic_algorithms(False)


def test_the_gradient_is_bitwise_the_same_each_time():
    layer = twins(random_table(50, 16)).ours
    ids = torch.randint(50, (4000,), generator=torch.Generator().manual_seed(0))
    slopes = random_table(4000, 16, seed=1)
    first = gradient(layer, ids, slopes)
    assert all(torch.equal(gradient(layer, ids, slopes), first) for _ in range(3))


def test_in_a_thread():
    from concurrent.futures import ThreadPoolExecutor

    pair = twins()
    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(lambda layer: gradient(layer, IDS), pair))
    same(*results)
