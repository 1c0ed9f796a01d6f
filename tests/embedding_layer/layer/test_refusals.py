import numpy as np
import pytest
import torch

from embedding_layer import CustomEmbedding, detect_bad_ids
from embedding_layer.layer.refusals import (
    IdRangeError,
    IdTypeError,
    OptionError,
    SizeError,
    check_padding_idx,
    check_table_size,
    check_weight_shape,
    is_detecting,
    refuse_out_of_range,
    refuse_wrong_table,
    refuse_wrong_type,
)


def test_every_refusal_is_also_of_the_kind_that_pytorch_raises():
    assert issubclass(IdTypeError, TypeError)
    assert issubclass(IdTypeError, RuntimeError)
    assert issubclass(IdRangeError, IndexError)
    assert issubclass(IdRangeError, RuntimeError)
    assert issubclass(OptionError, ValueError)
    assert issubclass(OptionError, AssertionError)
    assert issubclass(SizeError, ValueError)
    assert issubclass(SizeError, RuntimeError)


@pytest.mark.parametrize("dtype", [torch.int64, torch.int32])
def test_integers_of_both_widths_are_ids(dtype):
    refuse_wrong_type(torch.zeros(2, 0, dtype=dtype))


@pytest.mark.parametrize(
    ("ids", "message"),
    [
        ([1, 2], r"got \[1, 2\] of type list; torch.tensor\(ids\) makes one"),
        ((0, 1), r"got \(0, 1\) of type tuple"),
        (3, "got 3 of type int"),
        (None, "got None of type NoneType"),
        (np.arange(40), r"got array\(\[ 0,.*… of type ndarray"),
        (torch.tensor([True]), r"tensor of bool; a mask selects rows.*mask.nonzero\(\)"),
        (torch.tensor([1.0]), r"tensor of float32; an id counts rows.*ids.long\(\)"),
        (torch.tensor([1j]), "tensor of complex64; an id counts rows"),
        (torch.tensor([1], dtype=torch.int16), r"tensor of int16; ids.long\(\) converts \(PyTorch: "),
        (torch.tensor([1], dtype=torch.uint8), r"tensor of uint8; ids.long\(\) converts \(.*as a mask\)"),
    ],
    ids=lambda value: type(value).__name__ if not isinstance(value, str) else "",
)
def test_what_is_no_id_is_named_with_what_to_do(ids, message):
    with pytest.raises(IdTypeError, match=message):
        refuse_wrong_type(ids)


@pytest.mark.parametrize(
    ("ids", "message"),
    [
        (
            [0, 5],
            "^id 5 at position 1 is out of range: the table has 5 rows, so ids run from 0 to 4 [(]PyTorch: ",
        ),
        ([[0, 1], [-1, 2]], r"^id -1 at position \(1, 0\) is out of range"),
        (7, "^id 7 is out of range"),
        ([9, 0, -9, 9], r"^id 9 at position 0 .* \(2 more of 4 are out of range, too\) \(PyTorch: "),
    ],
)
@pytest.mark.parametrize("dtype", [torch.int64, torch.int32])
def test_the_first_bad_id_is_named_with_its_place_and_the_others_are_counted(ids, message, dtype):
    with pytest.raises(IdRangeError, match=message):
        refuse_out_of_range(torch.tensor(ids, dtype=dtype), 5)


def test_one_bad_id_among_many_is_found():
    ids = torch.zeros(200_000, dtype=torch.int64)
    ids[123_456] = -1
    with pytest.raises(IdRangeError, match="id -1 at position 123456"):
        refuse_out_of_range(ids, 10)


@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 0, 3)])
def test_good_ids_pass(shape):
    refuse_out_of_range(torch.full(shape, 4), 5)


def test_a_table_without_rows_has_no_ids():
    with pytest.raises(IdRangeError, match="the table has no rows at all"):
        refuse_out_of_range(torch.tensor([0]), 0)


@pytest.mark.parametrize("size", [0, 5, np.int32(5), torch.tensor(5)])
def test_sizes_that_are_integers_are_taken_over(size):
    number = check_table_size(size, "vocab_size")
    assert type(number) is int
    assert number == int(size)


@pytest.mark.parametrize(
    ("size", "error", "message"),
    [
        (-1, SizeError, "vocab_size=-1, but a table cannot have fewer than 0"),
        (2.0, TypeError, "vocab_size must be an integer, got 2.0 of type float"),
        (True, TypeError, "got True of type bool"),
        ("3", TypeError, "got '3' of type str"),
        (None, TypeError, "got None of type NoneType"),
    ],
)
def test_other_sizes_are_refused(size, error, message):
    with pytest.raises(error, match=message):
        check_table_size(size, "vocab_size")


@pytest.mark.parametrize(("given", "kept"), [(None, None), (0, 0), (4, 4), (-1, 4), (-5, 0)])
def test_a_padding_id_is_counted_from_the_start(given, kept):
    assert check_padding_idx(given, 5) == kept


@pytest.mark.parametrize("given", [5, -6])
def test_a_padding_id_that_is_no_row_is_refused(given):
    with pytest.raises(OptionError, match=rf"padding_idx={given} is no row.*from -5 to 4"):
        check_padding_idx(given, 5)


@pytest.mark.parametrize("given", [1.0, "0", True])
def test_a_padding_id_that_is_no_integer_is_refused(given):
    with pytest.raises(TypeError, match="padding_idx must be an integer or None"):
        check_padding_idx(given, 5)


@pytest.mark.parametrize("shape", [(5, 3), (4, 5), (5,), (5, 4, 1)])
def test_a_table_of_another_shape_is_refused(shape):
    with pytest.raises(OptionError, match=r"_weight has shape .* ask for \(5, 4\)"):
        check_weight_shape(torch.zeros(shape), 5, 4)


@pytest.mark.parametrize("shape", [(), (5,), (5, 4, 1)])
def test_a_table_has_two_axes(shape):
    with pytest.raises(SizeError, match="a table has two axes"):
        refuse_wrong_table(torch.zeros(shape))


def test_complex_numbers_are_looked_up_and_not_trained():
    table = torch.zeros(5, 4, dtype=torch.complex64, requires_grad=True)
    refuse_wrong_table(table.detach())
    with torch.no_grad():
        refuse_wrong_table(table)
    with pytest.raises(RuntimeError, match=r"complex64.*not trained"):
        refuse_wrong_table(table)


def test_detection_lasts_as_long_as_its_context():
    assert not is_detecting()
    with detect_bad_ids():
        with detect_bad_ids():
            assert is_detecting()
        assert is_detecting()
    assert not is_detecting()
    with pytest.raises(ZeroDivisionError), detect_bad_ids():
        raise ZeroDivisionError
    assert not is_detecting()


def test_detection_looks_before_a_row_is_read(monkeypatch):
    """A device would fail later, and say less; so with detection on, the kernel must not see a bad id."""
    layer = CustomEmbedding(5, 4)
    monkeypatch.setattr(torch.Tensor, "index_select", lambda *_: pytest.fail("the kernel was called"))
    with detect_bad_ids(), pytest.raises(IdRangeError, match="id 5 at position 1"):
        layer(torch.tensor([0, 5]))
