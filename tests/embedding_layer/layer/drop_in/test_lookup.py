"""The look-up: the same vectors, in the same memory layout, for ids and tables of every kind."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from .ids import LAYOUTS
from .twins import IDS, LAYER, D, V, every_option, random_table, same, twins

every_layout = pytest.mark.parametrize("ids", [make() for make in LAYOUTS.values()], ids=LAYOUTS)
every_id_dtype = pytest.mark.parametrize("id_dtype", [torch.int64, torch.int32], ids=["int64", "int32"])


def in_dtype(ids, dtype):
    """Return the ids in another dtype with the strides that they have."""
    if ids.dtype == dtype:
        return ids
    reach = sum((size - 1) * stride for size, stride in zip(ids.shape, ids.stride(), strict=True)) + 1
    flat = ids.as_strided((max(reach, 0) if ids.numel() else 0,), (1,))
    return flat.to(dtype).as_strided(ids.shape, ids.stride())


@every_id_dtype
@every_layout
def test_ids_of_every_shape_and_layout(ids, id_dtype):
    ids = in_dtype(ids, id_dtype)
    pair = twins()
    ours, builtin = pair.ours(ids), pair.builtin(ids)
    same(ours, builtin)
    assert ours.shape == (*ids.shape, D)
    assert ours.is_contiguous()


@every_option
@every_layout
def test_ids_of_every_layout_with_every_option(ids, options):
    pair = twins(**options)
    same(pair.ours(ids), pair.builtin(ids), exact="max_norm" not in options)
    same(pair.ours.weight, pair.builtin.weight, exact="max_norm" not in options)


@every_layout
def test_no_layout_gives_a_view(ids):
    for frozen in (False, True):
        layer = twins(freeze=frozen).ours
        vectors = layer(ids)
        assert not vectors._is_view()
        assert vectors._base is None
        assert (
            vectors.untyped_storage().data_ptr() != layer.weight.untyped_storage().data_ptr()
            or not ids.numel()
        )
        assert vectors.untyped_storage().nbytes() == vectors.numel() * vectors.element_size()


@pytest.mark.parametrize("frozen", [False, True])
@every_layout
def test_writing_to_the_vectors_leaves_the_table_alone(ids, frozen):
    layer = twins(freeze=frozen).ours
    before = layer.weight.detach().clone()
    with torch.no_grad():
        layer(ids).fill_(9.0)
    assert torch.equal(layer.weight, before)


@every_layout
def test_the_ids_are_left_as_they_were(ids):
    before = ids.clone()
    pair = twins(max_norm=0.5)
    pair.ours(ids).sum().backward()
    assert torch.equal(ids, before)
    assert ids._version == 0 or not ids._is_view()


TABLES = {
    "contiguous": random_table(V, D),
    "transposed": random_table(D, V).t(),
    "every_second_column": random_table(V, 2 * D)[:, ::2],
    "every_second_row": random_table(2 * V, D)[::2],
    "tail": random_table(V + 4, D + 2)[4:, 2:],
    "expanded": random_table(1, D).expand(V, D),
    "one_column": random_table(V, 1),
    "no_column": random_table(V, 0),
    "wide": random_table(V, 129),
}
every_table = pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)


@pytest.mark.parametrize("name", ["scalar", "matrix", "transposed", "empty", "expanded_row"])
@every_table
def test_tables_of_every_layout(table, name):
    pair = twins(table)
    assert pair.ours.weight.stride() == pair.builtin.weight.stride()
    same(pair.ours(LAYOUTS[name]()), pair.builtin(LAYOUTS[name]()))


def test_one_row():
    pair = twins(random_table(1, D))
    same(pair.ours(torch.zeros(2, 2, dtype=torch.int64)), pair.builtin(torch.zeros(2, 2, dtype=torch.int64)))


FLOATS = [torch.float64, torch.float32, torch.float16, torch.bfloat16]
OTHERS = [torch.complex64, torch.complex128, torch.int64, torch.uint8, torch.bool, torch.float8_e5m2]


@every_id_dtype
@pytest.mark.parametrize("dtype", FLOATS, ids=str)
def test_the_vectors_have_the_dtype_of_the_table(dtype, id_dtype):
    pair = twins(random_table(V, D, dtype=dtype))
    same(pair.ours(IDS.to(id_dtype)), pair.builtin(IDS.to(id_dtype)))
    assert pair.ours(IDS).dtype == dtype


@pytest.mark.parametrize("dtype", OTHERS, ids=str)
def test_a_frozen_table_may_hold_numbers_of_any_dtype(dtype):
    pair = twins((4 * random_table(V, D)).to(dtype), freeze=True)
    ours, builtin = pair.ours(IDS), pair.builtin(IDS)
    assert ours.dtype == builtin.dtype == dtype
    assert torch.equal(
        ours.float() if dtype.itemsize == 1 else ours, builtin.float() if dtype.itemsize == 1 else builtin
    )


def test_special_numbers_come_out_bit_for_bit():
    special = torch.tensor([float("nan"), float("inf"), float("-inf"), -0.0, 1e-45, torch.finfo().max])
    pair = twins(special.repeat(V, 1))
    for layer in pair:
        assert torch.equal(layer(IDS).view(torch.int32), special.view(torch.int32).expand(2, 3, 6))


def test_large_tables_and_many_ids():
    pair = twins(random_table(5000, 16))
    ids = torch.randint(5000, (64, 257), generator=torch.Generator().manual_seed(0))
    same(pair.ours(ids), pair.builtin(ids))


@pytest.mark.parametrize("frozen", [False, True])
@pytest.mark.parametrize("mode", [torch.enable_grad, torch.no_grad, torch.inference_mode])
@every_option
def test_what_the_vectors_know_of_their_history(options, mode, frozen):
    pair = twins(freeze=frozen, **options)
    with mode():
        ours, builtin = pair.ours(IDS), pair.builtin(IDS)
    assert ours.requires_grad == builtin.requires_grad
    assert ours.is_leaf == builtin.is_leaf
    assert ours.is_inference() == builtin.is_inference()
    assert (ours.grad_fn is None) == (builtin.grad_fn is None)


IN_PLACE = {
    "multiply": lambda vectors: vectors.mul_(3.0),
    "fill": lambda vectors: vectors.fill_(1.0),
    "relu": lambda vectors: F.relu_(vectors),
    "set_one": lambda vectors: vectors.__setitem__(0, 0.0),
    "add_a_slice": lambda vectors: vectors[..., :1].add_(1.0),
    "dropout": lambda vectors: F.dropout(vectors, 0.5, inplace=True),
}


@pytest.mark.parametrize("name", ["scalar", "one", "matrix", "transposed"])
@pytest.mark.parametrize("change", IN_PLACE.values(), ids=IN_PLACE)
def test_the_vectors_may_be_changed_in_place_before_backward(change, name):
    pair = twins()
    vectors = []
    for layer in pair:
        torch.manual_seed(0)
        vectors.append(layer(LAYOUTS[name]()))
        change(vectors[-1])
        vectors[-1].square().sum().backward()
    same(*vectors)
    same(pair.ours.weight.grad, pair.builtin.weight.grad, exact=False)
    assert torch.equal(pair.ours.weight, pair.builtin.weight)


def test_ids_of_a_tensor_subclass_give_that_subclass():
    class Marked(torch.Tensor):
        pass

    pair = twins()
    same(pair.ours(IDS.as_subclass(Marked)), pair.builtin(IDS.as_subclass(Marked)))


def test_ids_may_be_a_parameter():
    ids = nn.Parameter(IDS, requires_grad=False)
    pair = twins()
    same(pair.ours(ids), pair.builtin(ids))


@every_option
def test_meta_ids_and_tables_give_meta_vectors(options):
    pair = twins(random_table(V, D), **options)
    pair.ours.to("meta")
    pair.builtin.to("meta")
    for ids in (IDS.to("meta"), IDS.t().to("meta"), torch.tensor(1, device="meta"), IDS.int().to("meta")):
        same(pair.ours(ids), pair.builtin(ids))


def test_a_meta_table_gives_meta_vectors_for_ids_that_are_there():
    pair = twins()
    pair.ours.to("meta")
    pair.builtin.to("meta")
    same(pair.ours(IDS), pair.builtin(IDS))


# the inputs that PyTorch tests `F.embedding` with: `sample_inputs_embedding` in torch.testing._internal
SAMPLES = {
    "0_d": ((10, 5), [7], (), {}),
    "1_d": ((10, 5), [0, 9, 3, 3, 1], (5,), {}),
    "2_d": ((10, 5), [i * 7 % 10 for i in range(25)], (5, 5), {}),
    "padding": ((5, 5), [2, 0, 4, 2], (2, 2), {"padding_idx": 2}),
    "padding_from_the_end": ((5, 5), [4, 0, 1, 4], (2, 2), {"padding_idx": -1}),
    "max_norm": ((5, 5), [0, 4, 3, 3], (2, 2), {"max_norm": 1.0}),
    "max_norm_1": ((5, 5), [0, 4, 3, 3], (2, 2), {"max_norm": 1.0, "norm_type": 1.0}),
    "scaled": ((5, 5), [1, 1, 0, 4], (2, 2), {"scale_grad_by_freq": True}),
    "sparse": ((5, 5), [1, 1, 0, 4], (2, 2), {"sparse": True}),
    "all": (
        (5, 5),
        [1, 1, 2, 0, 3, 4, 4, 2, 0],
        (3, 3),
        {"sparse": True, "scale_grad_by_freq": True, "padding_idx": 0, "max_norm": 1.0},
    ),
}


@pytest.mark.parametrize("dtype", FLOATS, ids=str)
@pytest.mark.parametrize(("size", "numbers", "shape", "options"), SAMPLES.values(), ids=SAMPLES)
def test_pytorch_s_own_samples(size, numbers, shape, options, dtype):
    pair = twins(2 * random_table(*size, dtype=dtype), **options)
    ids = torch.tensor(numbers).view(shape)
    same(pair.ours(ids), pair.builtin(ids), exact="max_norm" not in options)
    same(pair.ours.weight, pair.builtin.weight, exact="max_norm" not in options)


def test_the_table_in_use_is_the_one_it_has_now():
    pair = twins()
    for layer in pair:
        layer.weight = nn.Parameter(random_table(V + 2, D + 1))
    ids = torch.tensor([V + 1, 0])
    same(pair.ours(ids), pair.builtin(ids))
    with pytest.raises(IndexError, match=f"0 to {V + 1}"):
        pair.ours(torch.tensor([V + 2]))


def test_calling_and_forward_are_the_same():
    layer = LAYER(V, D)
    assert torch.equal(layer(IDS), layer.forward(IDS))
