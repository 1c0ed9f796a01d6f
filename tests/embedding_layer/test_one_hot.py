"""`one_hot`, and what `ids` accepts and refuses, against `np.eye` and PyTorch."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from embedding_layer import one_hot
from embedding_layer.checks import check_ids, check_size

INTEGERS = hnp.integer_dtypes(endianness="=") | hnp.unsigned_integer_dtypes(endianness="=")


@st.composite
def ids_and_size(draw):
    vocab_size = draw(st.integers(1, 12))
    shape = draw(hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4))
    ids = draw(hnp.arrays(draw(INTEGERS), shape, elements=st.integers(0, vocab_size - 1)))
    return ids, vocab_size


# --- the vectors -----------------------------------------------------------------------------------------


@given(ids_and_size())
def test_it_is_a_row_of_the_identity(case):
    ids, vocab_size = case
    np.testing.assert_array_equal(one_hot(ids, vocab_size), np.eye(vocab_size)[ids.astype(np.int64)])


@given(ids_and_size())
def test_it_equals_pytorch(case):
    ids, vocab_size = case
    expected = torch.nn.functional.one_hot(torch.from_numpy(ids.astype(np.int64)), vocab_size)
    np.testing.assert_array_equal(one_hot(ids, vocab_size), expected.numpy())


@given(ids_and_size())
def test_argmax_gives_the_ids_back(case):
    ids, vocab_size = case
    np.testing.assert_array_equal(one_hot(ids, vocab_size).argmax(axis=-1), ids)


@given(ids_and_size(), st.data())
def test_new_numbers_for_the_words_only_reorder_the_columns(case, data):
    ids, vocab_size = case
    new_id = np.array(data.draw(st.permutations(range(vocab_size))))
    renumbered = one_hot(new_id[ids.astype(np.int64)], vocab_size)
    np.testing.assert_array_equal(renumbered[..., new_id], one_hot(ids, vocab_size))


@given(st.integers(1, 40))
def test_all_vectors_are_at_right_angles_and_equally_far_apart(vocab_size):
    vectors = one_hot(range(vocab_size), vocab_size)
    np.testing.assert_array_equal(vectors @ vectors.T, np.eye(vocab_size))
    distances = np.linalg.norm(vectors[:, None] - vectors, axis=-1)
    np.testing.assert_allclose(distances, np.sqrt(2) * (1 - np.eye(vocab_size)), rtol=1e-6)


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.float16, np.int64, np.uint8, bool])
def test_the_result_has_the_type_asked_for(dtype):
    vectors = one_hot([[2, 0]], 3, dtype=dtype)
    assert vectors.dtype == dtype
    assert vectors.tolist() == [[[0, 0, 1], [1, 0, 0]]]


def test_the_result_is_float32_as_in_a_model():
    vectors = one_hot([4, 4], 5)
    assert vectors.dtype == np.float32
    assert vectors.nbytes == 2 * 5 * 4


@pytest.mark.parametrize(
    ("ids", "shape"),
    [(3, (5,)), ([], (0, 5)), ([[]], (1, 0, 5)), (np.int8(3), (5,)), (range(4), (4, 5)), ((1, 2), (2, 5))],
)
def test_a_single_id_no_id_and_sequences_are_ids_too(ids, shape):
    assert one_hot(ids, 5).shape == shape


def test_a_vocabulary_of_one_word_works():
    np.testing.assert_array_equal(one_hot([0, 0], 1), [[1], [1]])


def test_the_ids_stay_as_they_were():
    ids = np.array([1, 0])
    one_hot(ids, 2)[:] = 7
    assert ids.tolist() == [1, 0]


# --- what is refused -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ids", "message"),
    [
        ([0, 5], r"id 5 at position 1 is out of range: there are 5 rows, so ids run from 0 to 4"),
        ([0, -1], r"id -1 at position 1 is out of range"),
        ([[0, 1], [9, 2]], r"id 9 at position \(1, 0\)"),
        (7, r"^id 7 is out of range"),
        (np.uint8(255), r"id 255 is out of range"),
        (np.array([2**63], dtype=np.uint64), r"id 9223372036854775808 at position 0"),
    ],
)
def test_an_id_without_a_word_is_refused_and_named(ids, message):
    with pytest.raises(IndexError, match=message):
        one_hot(ids, 5)


@given(ids_and_size(), st.integers(-100, 100), st.data())
def test_one_bad_id_among_good_ones_is_found(case, bad, data):
    ids, vocab_size = case
    ids = ids.astype(np.int64).ravel()
    if 0 <= bad < vocab_size:
        bad += vocab_size
    position = data.draw(st.integers(0, len(ids)))
    with pytest.raises(IndexError, match=f"^id {bad} at position {position} is out of range"):
        one_hot(np.insert(ids, position, bad), vocab_size)


@pytest.mark.parametrize(
    ("ids", "kind"),
    [
        ([0.0, 1.0], "float64"),
        (np.array([1.5], dtype=np.float32), "float32"),
        ([True, False], "bool"),
        (["cat"], "<U3"),
        (1j, "complex128"),
        (np.array([], dtype=np.float64), "float64"),
    ],
)
def test_what_is_no_integer_is_no_id(ids, kind):
    with pytest.raises(TypeError, match=f"ids must be integers, got {kind}"):
        one_hot(ids, 5)


@pytest.mark.parametrize("size", [0, -1])
def test_a_vocabulary_without_words_is_refused(size):
    with pytest.raises(ValueError, match=f"vocab_size={size}, but it must be at least 1"):
        one_hot([], size)


@pytest.mark.parametrize("size", [5.0, "5", True, None, np.bool_(True), [5]])
def test_a_size_that_is_no_integer_is_refused(size):
    with pytest.raises(TypeError, match="vocab_size must be an integer, got"):
        one_hot([0], size)


# --- the checks by themselves ----------------------------------------------------------------------------


@given(ids_and_size())
def test_checked_ids_are_the_same_numbers_in_int64(case):
    ids, vocab_size = case
    checked = check_ids(ids, vocab_size)
    assert checked.dtype == np.int64
    assert checked.shape == ids.shape
    np.testing.assert_array_equal(checked, ids)


def test_int64_ids_are_not_copied():
    ids = np.array([0, 1])
    assert check_ids(ids, 2) is ids


@pytest.mark.parametrize("size", [1, np.int32(1), np.uint8(1), torch.tensor(1)])
def test_any_integer_type_is_a_size(size):
    number = check_size(size, "vocab_size")
    assert number == 1
    assert type(number) is int
