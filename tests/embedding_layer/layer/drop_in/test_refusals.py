"""What both layers refuse, and what ours says: an error of the class that PyTorch raises, in better words."""

import re

import numpy as np
import pytest
import torch
from torch import nn

from .ids import LAYOUTS
from .twins import IDS, LAYER, D, V, attempt, every_option, gradient, random_table, same, twins


def refused(layer, ids, *kinds):
    """Return the message of the refusal of `ids`, which must be an exception of all `kinds` at once."""
    with pytest.raises(kinds[0]) as caught:
        layer(ids)
    for kind in kinds:
        assert isinstance(caught.value, kind), f"{type(caught.value).__mro__} lacks {kind.__name__}"
    return str(caught.value)


def names(message, *words):
    """Assert that each word stands in the message, by itself and not as a part of a longer number."""
    for word in words:
        assert re.search(rf"(?<![\w.-]){re.escape(str(word))}(?![\w])", message), (
            f"{word} is not in: {message}"
        )


# --- ids out of range ---------------------------------------------------------------------------------

BAD = [-1, -V, -V - 1, V, V + 1, 2**31 - 1, 2**31, 2**32, 2**32 + 1, 2**40, 2**63 - 1, -(2**31), -(2**63)]


@every_option
@pytest.mark.parametrize("bad", BAD)
def test_an_id_out_of_range(bad, options):
    pair = twins(**options)
    message = refused(pair.ours, torch.tensor([1, 0, 2, bad]), IndexError)
    names(message, bad, 3, f"0 to {V - 1}")
    assert attempt(pair.builtin, torch.tensor([1, 0, 2, bad])).error is not None


@pytest.mark.parametrize("bad", [-1, V, 2**31 - 1, -(2**31)])
def test_an_int32_id_out_of_range(bad):
    message = refused(twins().ours, torch.tensor([1, bad], dtype=torch.int32), IndexError)
    names(message, bad, 1, f"0 to {V - 1}")


@pytest.mark.parametrize(
    ("ids", "bad", "position"),
    [
        (torch.tensor([9, 0]), 9, "0"),
        (torch.tensor([0, 9]), 9, "1"),
        (torch.tensor([[0, 1, 2], [3, 4, -3]]), -3, "(1, 2)"),
        (torch.tensor([[0, 1, 2], [3, 4, -3]]).t(), -3, "(2, 1)"),
        (torch.arange(9).view(3, 3)[::2], 7, "(1, 1)"),
        (torch.tensor([[[0], [1]], [[8], [2]]]), 8, "(1, 0, 0)"),
        (torch.tensor([7]).expand(2, 3), 7, "(0, 0)"),
        (torch.tensor([[0, 0, 11], [-1, 0, 0]]), 11, "(0, 2)"),  # the first in reading order
        (torch.tensor([[0, 0, -1], [11, 0, 0]]), -1, "(0, 2)"),
    ],
)
@every_option
def test_the_message_names_the_first_bad_id_and_its_position(options, ids, bad, position):
    message = refused(twins(**options).ours, ids, IndexError)
    names(message, bad, f"0 to {V - 1}")
    assert position in message


def test_a_bad_id_by_itself_has_no_position():
    names(refused(twins().ours, torch.tensor(-1), IndexError), -1, f"0 to {V - 1}")
    names(refused(twins().ours, torch.tensor(V), IndexError), V, f"0 to {V - 1}")


@pytest.mark.parametrize("dtype", [torch.int64, torch.int32], ids=str)
@pytest.mark.parametrize("bad", [-1, V])
@pytest.mark.parametrize("place", [0, 123_456, 199_999])
def test_one_bad_id_among_200_000(place, bad, dtype):
    ids = torch.randint(V, (200_000,), dtype=dtype, generator=torch.Generator().manual_seed(0))
    ids[place] = bad
    names(refused(twins().ours, ids, IndexError), bad, f"0 to {V - 1}")
    assert re.search(
        rf"(?<!\d){place:_}|(?<!\d){place}(?!\d)|{place:,}", refused(twins().ours, ids, IndexError)
    )
    assert f"({place // 400}, {place % 400})" in refused(twins().ours, ids.view(500, 400), IndexError)


@pytest.mark.parametrize("name", LAYOUTS)
def test_a_bad_id_in_every_layout(name):
    ids = LAYOUTS[name]()
    pair = twins(random_table(3, D))  # which the largest of these ids exceed
    expected = attempt(pair.builtin, ids)
    if expected.error is None:
        same(pair.ours(ids), expected.value)
    else:
        names(refused(pair.ours, ids, IndexError), "0 to 2")


@pytest.mark.parametrize("mode", [torch.no_grad, torch.inference_mode])
@pytest.mark.parametrize("freeze", [False, True])
@pytest.mark.parametrize("bad", [-1, V])
def test_a_bad_id_is_refused_without_gradients_too(bad, freeze, mode):
    with mode():
        message = refused(twins(freeze=freeze).ours, torch.tensor([[0], [bad]]), IndexError)
    names(message, bad, f"0 to {V - 1}")


@pytest.mark.parametrize("dtype", [torch.float64, torch.float16, torch.bfloat16], ids=str)
def test_a_bad_id_is_refused_by_tables_of_every_dtype(dtype):
    pair = twins(random_table(V, D, dtype=dtype))
    refused(pair.ours, torch.tensor([-1]), IndexError)
    refused(pair.ours, torch.tensor([V]), IndexError)


@pytest.mark.parametrize("bad", [-1, 5])
def test_a_bad_id_for_rows_of_no_columns(bad):
    pair = twins(torch.empty(5, 0))
    expected = attempt(pair.builtin, torch.tensor([0, bad])).error
    names(refused(pair.ours, torch.tensor([0, bad]), IndexError, type(expected)), bad, "0 to 4")


def test_any_id_for_a_table_of_no_rows():
    pair = twins(torch.empty(0, D))
    expected = attempt(pair.builtin, torch.tensor([0])).error
    names(refused(pair.ours, torch.tensor([0]), IndexError, type(expected)), 0)
    same(pair.ours(IDS[:0]), pair.builtin(IDS[:0]))


@pytest.mark.parametrize("ids", [[0, 1, 9], [9, 0, 1], [0, 1, -1], [-9, 5], [0, -1, 9]])
@every_option
def test_a_refusal_leaves_the_table_as_it_was(options, ids):
    layer = twins(10 * random_table(V, D), **options).ours
    before, version = layer.weight.detach().clone(), layer.weight._version
    refused(layer, torch.tensor(ids), IndexError)
    assert torch.equal(layer.weight, before)  # nn.Embedding with max_norm has written some rows by now
    assert layer.weight._version == version
    assert layer.weight.grad is None


def test_the_layer_works_on_after_a_refusal():
    pair = twins()
    for bad in (torch.tensor([9]), torch.tensor([-1]), torch.tensor([0.5]), [1]):
        attempt(pair.ours, bad)
    same(pair.ours(IDS), pair.builtin(IDS))
    same(gradient(pair.ours, IDS), gradient(pair.builtin, IDS))


# --- things that are no ids ---------------------------------------------------------------------------

NO_IDS = [
    torch.uint8, torch.int8, torch.int16, torch.uint16, torch.uint32, torch.uint64, torch.bool, torch.float16,
    torch.bfloat16, torch.float32, torch.float64, torch.complex64,
]  # fmt: skip


@pytest.mark.parametrize("shape", [(), (2,), (0,), (2, 2)], ids=str)
@pytest.mark.parametrize("dtype", NO_IDS, ids=str)
def test_a_tensor_of_another_dtype_is_no_ids(dtype, shape):
    pair = twins()
    ids = torch.zeros(shape, dtype=dtype)
    expected = attempt(pair.builtin, ids).error
    message = refused(pair.ours, ids, TypeError, type(expected))
    assert str(dtype).removeprefix("torch.") in message
    assert "int64" in message  # what to convert them to


@every_option
@pytest.mark.parametrize("dtype", [torch.float32, torch.bool, torch.uint8], ids=str)
def test_bad_ids_are_refused_with_every_option(dtype, options):
    layer = twins(10 * random_table(V, D), **options).ours
    before = layer.weight.detach().clone()
    refused(layer, torch.tensor([0, 1]).to(dtype), TypeError, RuntimeError)
    with torch.no_grad():
        refused(layer, torch.tensor([0, 1]).to(dtype), TypeError, RuntimeError)
    assert torch.equal(layer.weight, before)


def test_a_mask_selects_nothing():
    refused(twins().ours, torch.tensor([True] * V), TypeError, RuntimeError)


@pytest.mark.parametrize(
    ("ids", "kind"),
    [
        ([0, 1], "list"),
        ([], "list"),
        ([[0, 1]], "list"),
        ([torch.tensor(0)], "list"),
        ((0, 1), "tuple"),
        ((torch.tensor(0), torch.tensor(1)), "tuple"),
        (1, "int"),
        (True, "bool"),
        (1.0, "float"),
        (None, "NoneType"),
        (slice(0, 2), "slice"),
        (..., "ellipsis"),
        ("1", "str"),
        (range(3), "range"),
        ({0: 1}, "dict"),
        (np.array([0, 1]), "ndarray"),
        (np.int64(1), "int64"),
    ],
    ids=lambda value: repr(value) if not isinstance(value, str) else value,
)
def test_what_is_no_tensor_is_no_ids(ids, kind):
    pair = twins()
    expected = attempt(pair.builtin, ids).error
    message = refused(pair.ours, ids, TypeError, type(expected))
    assert kind in message
    assert "tensor" in message.lower()


def test_ids_must_be_given_and_be_all_that_is_given():
    layer = LAYER(V, D)
    with pytest.raises(TypeError):
        layer()
    with pytest.raises(TypeError):
        layer(IDS, IDS)


def test_sparse_ids_are_refused():
    pair = twins()
    ids = torch.tensor([[0, 1]]).to_sparse()
    assert isinstance(attempt(pair.builtin, ids).error, RuntimeError)
    with pytest.raises((RuntimeError, TypeError)):
        pair.ours(ids)


# --- sizes --------------------------------------------------------------------------------------------

SIZES = [
    (-1, 3), (5, -1), (-1, -1), (2.0, 3), (2, 3.0), ("2", 3), (2, "3"), (None, 3), (2, None), (True, 3),
    (False, 3), ([2], 3), ((2,), 3), (2 + 0j, 3), (float("nan"), 3), (np.float64(2), 3),
]  # fmt: skip


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_sizes_that_nn_embedding_refuses(size):
    expected = attempt(nn.Embedding, *size).error
    assert expected is not None
    with pytest.raises(type(expected)) as caught:
        LAYER(*size)
    if all(isinstance(part, int) and not isinstance(part, bool) for part in size):
        assert isinstance(caught.value, (ValueError, RuntimeError))
        assert "-1" in str(caught.value)


@pytest.mark.parametrize("size", [(0, 3), (5, 0), (0, 0), (1, 1), (np.int64(4), np.int32(3))], ids=str)
def test_sizes_that_nn_embedding_takes(size):
    ours, builtin = LAYER(*size), nn.Embedding(*size)
    assert ours.weight.shape == builtin.weight.shape
    assert (ours.num_embeddings, ours.embedding_dim) == (builtin.num_embeddings, builtin.embedding_dim)
    same(ours(IDS[:0]), builtin(IDS[:0]))


def test_a_size_may_be_a_tensor_of_one_integer():
    ours, builtin = LAYER(torch.tensor(4), 3), nn.Embedding(torch.tensor(4), 3)
    assert ours.weight.shape == builtin.weight.shape
    assert int(ours.num_embeddings) == 4


def test_sizes_must_be_given():
    for arguments in ((), (5,)):
        with pytest.raises(TypeError):
            LAYER(*arguments)


# --- padding ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("padding_idx", range(-V, V))
def test_a_padding_row_within_the_table(padding_idx):
    ours, builtin = LAYER(V, D, padding_idx), nn.Embedding(V, D, padding_idx)
    assert ours.padding_idx == builtin.padding_idx == padding_idx % V
    assert not ours.weight[padding_idx].any()
    assert (ours.weight != 0).any(dim=1).sum() == V - 1


@pytest.mark.parametrize("padding_idx", [V, V + 1, -V - 1, 2**40, 2**70, -(2**70)])
@pytest.mark.parametrize("given", [{}, {"_weight": torch.zeros(V, D)}], ids=["drawn", "given"])
def test_a_padding_row_out_of_range(padding_idx, given):
    assert isinstance(attempt(lambda: nn.Embedding(V, D, padding_idx, **given)).error, AssertionError)
    with pytest.raises(ValueError) as caught:  # noqa: PT011 (the message is looked at below)
        LAYER(V, D, padding_idx=padding_idx, **given)
    assert isinstance(caught.value, AssertionError)
    assert "padding_idx" in str(caught.value).lower()
    names(str(caught.value), padding_idx)


def test_no_padding_row_in_a_table_of_no_rows():
    for padding_idx in (0, -1):
        expected = attempt(nn.Embedding, 0, D, padding_idx).error
        with pytest.raises((type(expected), ValueError)):
            LAYER(0, D, padding_idx)


@pytest.mark.parametrize("padding_idx", ["1", [1], 1.5, 1.0, float("nan"), 1 + 0j, b"1"], ids=repr)
def test_a_padding_row_that_is_no_integer(padding_idx):
    expected = attempt(nn.Embedding, V, D, padding_idx).error
    assert expected is not None
    with pytest.raises((TypeError, type(expected))):
        LAYER(V, D, padding_idx=padding_idx)


@pytest.mark.parametrize("padding_idx", [True, False])
def test_a_padding_row_that_is_a_bool_is_refused_at_the_latest_in_the_call(padding_idx):
    with pytest.raises(TypeError):
        nn.Embedding(V, D, padding_idx)(IDS)
    with pytest.raises(TypeError):
        LAYER(V, D, padding_idx)(IDS)


@pytest.mark.parametrize("padding_idx", [np.int64(2), torch.tensor(2)], ids=repr)
def test_a_padding_row_may_be_any_integer(padding_idx):
    ours, builtin = LAYER(V, D, padding_idx), nn.Embedding(V, D, padding_idx)
    assert int(ours.padding_idx) == int(builtin.padding_idx) == 2
    builtin.load_state_dict(ours.state_dict())
    same(gradient(ours, IDS), gradient(builtin, IDS))


@pytest.mark.parametrize("padding_idx", [V, -V - 1])
def test_a_padding_row_set_out_of_range_later_is_refused_in_the_call(padding_idx):
    pair = twins()
    for layer in pair:
        layer_or_error = (
            attempt(setattr, layer, "padding_idx", padding_idx).error or attempt(layer, IDS).error
        )
        assert isinstance(layer_or_error, AssertionError)


# --- tables -------------------------------------------------------------------------------------------

WRONG_TABLES = {
    "rows": torch.zeros(V + 1, D),
    "columns": torch.zeros(V, D + 1),
    "turned": torch.zeros(D, V),
    "flat": torch.zeros(V * D),
    "three_axes": torch.zeros(V, D, 1),
    "scalar": torch.tensor(0.0),
    "empty": torch.zeros(0, D),
}


@pytest.mark.parametrize("table", WRONG_TABLES.values(), ids=WRONG_TABLES)
def test_a_table_of_another_shape(table):
    assert isinstance(attempt(lambda: nn.Embedding(V, D, _weight=table)).error, AssertionError)
    with pytest.raises(ValueError) as caught:  # noqa: PT011 (the message is looked at below)
        LAYER(V, D, _weight=table)
    assert isinstance(caught.value, AssertionError)
    for number in (*table.shape, V, D):
        names(str(caught.value), number)


@pytest.mark.parametrize(
    "table", [[[0.0] * D] * V, np.zeros((V, D)), "table", 1.0], ids=lambda t: type(t).__name__
)
def test_a_table_that_is_no_tensor(table):
    expected = attempt(lambda: nn.Embedding(V, D, _weight=table)).error
    with pytest.raises((TypeError, type(expected))):
        LAYER(V, D, _weight=table)
    with pytest.raises((TypeError, AttributeError)):
        LAYER.from_pretrained(table)


@pytest.mark.parametrize(
    "table", [torch.zeros(V), torch.zeros(V, D, 1), torch.tensor(0.0)], ids=["1", "3", "0"]
)
def test_from_pretrained_takes_tables_of_two_axes(table):
    with pytest.raises(AssertionError):
        nn.Embedding.from_pretrained(table)
    with pytest.raises(ValueError) as caught:  # noqa: PT011
        LAYER.from_pretrained(table)
    assert isinstance(caught.value, AssertionError)


@pytest.mark.parametrize("dtype", [torch.int64, torch.bool, torch.uint8], ids=str)
def test_integers_cannot_be_trained(dtype):
    expected = attempt(lambda: nn.Embedding(V, D, _weight=torch.zeros(V, D, dtype=dtype))).error
    assert isinstance(expected, RuntimeError)
    with pytest.raises(RuntimeError):
        LAYER(V, D, _weight=torch.zeros(V, D, dtype=dtype))
    with pytest.raises(RuntimeError):
        LAYER(V, D, dtype=dtype)


@pytest.mark.parametrize(
    "table", [torch.zeros(V), torch.zeros(V, D, 1), torch.tensor(0.0)], ids=["1", "3", "0"]
)
def test_a_table_put_in_later_must_have_two_axes(table):
    """As `error_inputs_embedding` in torch.testing._internal has it."""
    pair = twins()
    for layer in pair:
        layer.weight = nn.Parameter(table)
        with pytest.raises((RuntimeError, IndexError)):
            layer(IDS)


@pytest.mark.parametrize("dtype", [torch.complex64, torch.complex128], ids=str)
def test_complex_numbers_cannot_be_trained(dtype):
    pair = twins(torch.zeros(V, D, dtype=dtype))
    for layer in pair:
        with pytest.raises(RuntimeError, match="complex"):
            layer(IDS)
        with torch.no_grad():
            assert layer(IDS).dtype == dtype


# --- options ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("max_norm", "norm_type"), [("1", 2.0), (1.0, "2"), (1.0, None), ([1.0], 2.0)])
def test_norms_that_are_no_numbers(max_norm, norm_type):
    def use(cls):
        layer = cls(V, D, max_norm=max_norm, norm_type=norm_type)
        layer(IDS)

    expected = attempt(use, nn.Embedding).error
    assert isinstance(expected, TypeError)
    with pytest.raises(TypeError):
        use(LAYER)


def test_a_norm_type_without_a_norm_is_not_looked_at():
    pair = twins(norm_type=None)
    same(pair.ours(IDS), pair.builtin(IDS))


@pytest.mark.parametrize("more", [{}, {"padding_idx": 2}, {"max_norm": 0.5}], ids=str)
@pytest.mark.parametrize("ids", [IDS, IDS[:0], torch.tensor(1)], ids=["matrix", "empty", "scalar"])
def test_scaled_sparse_gradients_are_refused_in_backward(ids, more):
    pair = twins(sparse=True, scale_grad_by_freq=True, **more)
    ours, builtin = pair.ours(ids), pair.builtin(ids)
    same(ours, builtin, exact=not more)
    for vectors in (ours, builtin):
        with pytest.raises(RuntimeError, match="scale_grad_by_freq"):
            vectors.sum().backward()
    with torch.no_grad():
        same(pair.ours(ids), pair.builtin(ids), exact=not more)


def test_a_frozen_table_gives_no_way_back():
    for layer in twins(freeze=True):
        with pytest.raises(RuntimeError, match="does not require grad"):
            layer(IDS).sum().backward()


def test_an_unknown_option_is_refused():
    with pytest.raises(TypeError):
        LAYER(V, D, padding=0)
    with pytest.raises(TypeError):
        LAYER.from_pretrained(torch.zeros(V, D), frozen=True)


def test_floating_point_ids_have_no_gradient():
    with pytest.raises(TypeError):
        twins().ours(torch.tensor([1.0], requires_grad=True))


def test_ids_changed_between_forward_and_backward_are_noticed():
    for layer in twins():
        ids = IDS.clone()
        vectors = layer(ids)
        ids.fill_(0)
        with pytest.raises(RuntimeError, match="modified by an inplace operation"):
            vectors.sum().backward()


# --- in PyTorch's words, too --------------------------------------------------------------------------


def trained_in_complex_numbers(cls):
    layer = cls(V, D, dtype=torch.complex64)
    return layer(IDS).abs().sum().backward()


def with_a_table_of_one_axis(cls):
    layer = cls(V, D)
    layer.weight = nn.Parameter(torch.ones(V))
    return layer(IDS)


def with_a_padding_row_set_later(cls):
    layer = cls(V, D)
    layer.padding_idx = V
    return layer(IDS)


NO_INDICES = "embedding(): argument 'indices' (position 2) must be Tensor, not "
NO_INTEGERS = "Expected tensor for argument #1 'indices' to have one of the following scalar types: Long, Int"
NO_PADDING = "Padding_idx must be within num_embeddings"
IN_BOTH = {
    "id -1": ("index out of range in self", lambda cls: cls(V, D)(torch.tensor([-1]))),
    "id V": ("index out of range in self", lambda cls: cls(V, D)(torch.tensor([V]))),
    "list": (NO_INDICES + "list", lambda cls: cls(V, D)([1])),
    "array": (NO_INDICES + "numpy.ndarray", lambda cls: cls(V, D)(np.array([1]))),
    "None": (NO_INDICES + "NoneType", lambda cls: cls(V, D)(None)),
    "mask": (NO_INTEGERS, lambda cls: cls(V, D)(IDS > 0)),
    "floats": (NO_INTEGERS, lambda cls: cls(V, D)(IDS.float())),
    "int16": (NO_INTEGERS, lambda cls: cls(V, D)(IDS.short())),
    "padding": (NO_PADDING, lambda cls: cls(V, D, padding_idx=V)),
    "padding from the end": (NO_PADDING, lambda cls: cls(V, D, padding_idx=-V - 1)),
    "padding set later": (NO_PADDING, with_a_padding_row_set_later),
    "table of another shape": (
        "Shape of weight does not match num_embeddings and embedding_dim",
        lambda cls: cls(V, D, _weight=torch.ones(D, V)),
    ),
    "from one axis": (
        "Embeddings parameter is expected to be 2-dimensional",
        lambda cls: cls.from_pretrained(torch.ones(V)),
    ),
    "table of one axis": ("'weight' must be 2-D", with_a_table_of_one_axis),
    "negative size": ("Trying to create tensor with negative dimension -1", lambda cls: cls(-1, D)),
    "negative width": ("Trying to create tensor with negative dimension -2", lambda cls: cls(V, -2)),
    "complex numbers": (
        "embedding does not support automatic differentiation for outputs with complex dtype",
        trained_in_complex_numbers,
    ),
    "max_norm of integers": (
        "norm(): input dtype should be either floating point or complex",
        lambda cls: cls.from_pretrained(torch.ones(V, D).long(), max_norm=1.0)(IDS),
    ),
    "scaled and sparse": (
        "embedding_backward: scale_grad_by_freq not supported with sparse gradients",
        lambda cls: cls(V, D, scale_grad_by_freq=True, sparse=True)(IDS).sum().backward(),
    ),
}


@pytest.mark.parametrize(("phrase", "make"), IN_BOTH.values(), ids=IN_BOTH)
def test_who_searches_for_pytorch_s_words_finds_ours(phrase, make):
    for cls in (LAYER, nn.Embedding):
        error = attempt(make, cls).error
        assert phrase in str(error), cls
