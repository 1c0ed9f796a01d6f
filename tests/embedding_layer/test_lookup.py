from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from embedding_layer import LookupTable, compare, one_hot

SHAPES = [(), (1,), (7,), (0,), (3, 4), (2, 0), (2, 3, 4)]


@st.composite
def tables_and_ids(draw):
    vocab_size, embedding_dim = draw(st.integers(1, 9)), draw(st.integers(0, 5))
    numbers = st.floats(-1e6, 1e6, width=32)
    weight = draw(hnp.arrays(np.float32, (vocab_size, embedding_dim), elements=numbers))
    shape = draw(hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4))
    ids = draw(hnp.arrays(draw(hnp.integer_dtypes()), shape, elements=st.integers(0, vocab_size - 1)))
    return weight, ids


# --- the rows --------------------------------------------------------------------------------------------


@given(tables_and_ids())
def test_a_look_up_is_numpy_indexing(case):
    weight, ids = case
    rows = LookupTable(weight)(ids)
    assert rows.dtype == weight.dtype
    assert rows.shape == (*ids.shape, weight.shape[1])
    np.testing.assert_array_equal(rows, weight[ids.astype(np.int64)])


@given(tables_and_ids())
def test_a_look_up_is_the_product_with_one_hot_vectors(case):
    weight, ids = case
    np.testing.assert_array_equal(LookupTable(weight)(ids), one_hot(ids, len(weight)) @ weight)


@pytest.mark.parametrize("shape", SHAPES)
def test_a_look_up_is_the_product_at_a_size_where_blas_takes_over(shape):
    table = LookupTable.random(300, 33)
    ids = np.random.default_rng(1).integers(0, 300, shape)
    np.testing.assert_array_equal(table(ids), one_hot(ids, 300) @ table.weight)


def test_rows_are_picked_one_id_at_a_time():
    table = LookupTable([[1, 2], [3, 4], [5, 6]])
    assert table(2).tolist() == [5, 6]
    assert table([0, 2, 0]).tolist() == [[1, 2], [5, 6], [1, 2]]
    assert table([[1], [0]]).tolist() == [[[3, 4]], [[1, 2]]]
    assert table([]).shape == (0, 2)
    assert table([[], []]).shape == (2, 0, 2)


@pytest.mark.parametrize("ids", [[1, 2], (1, 2), np.array([1, 2], np.uint8), torch.tensor([1, 2])])
def test_lists_tuples_arrays_and_tensors_are_ids(ids):
    assert LookupTable([[1, 2], [3, 4], [5, 6]])(ids).tolist() == [[3, 4], [5, 6]]


LAYOUTS = {
    "row by row": np.ascontiguousarray,
    "column by column": np.asfortranarray,
    "every second row": lambda w: np.repeat(w, 2, axis=0)[::2],
    "every second column": lambda w: np.repeat(w, 2, axis=1)[:, ::2],
    "backwards": lambda w: np.ascontiguousarray(w[::-1])[::-1],
}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("shape", SHAPES)
def test_the_layout_of_the_table_does_not_matter(layout, shape):
    weight = np.arange(12.0).reshape(6, 2)
    ids = np.random.default_rng(2).integers(0, 6, shape)
    rows = LookupTable(LAYOUTS[layout](weight))(ids)
    np.testing.assert_array_equal(rows, weight[ids])
    assert rows.shape == (*shape, 2)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("ids", [1, [1], [[1]]])
def test_the_rows_are_a_copy(layout, ids):
    table = LookupTable(LAYOUTS[layout](np.zeros((3, 2))))
    table(ids)[...] = 7
    assert not table.weight.any()


def test_no_layout_makes_a_look_up_copy_the_table():
    weight = LookupTable.random(100_000, 32).weight
    tables = {name: LookupTable(LAYOUTS[name](weight)) for name in ("row by row", "column by column")}
    ids = np.arange(16)
    timings = compare(
        {name: lambda table=table: table(ids) for name, table in tables.items()},
        repeats=15,
        min_seconds=0.001,
    )
    assert timings.ratio("column by column", "row by row") < 50  # a copy of 12.8 MB takes some hundred times


def test_the_table_is_the_array_that_was_given():
    weight = np.zeros((3, 2))
    table = LookupTable(weight)
    weight[1] = 5
    assert table.weight is weight
    assert table(1).tolist() == [5, 5]


def test_a_broken_row_stays_in_its_row():
    weight = np.ones((4, 2), dtype=np.float32)
    weight[3] = [np.inf, np.nan]
    assert LookupTable(weight)([0, 1]).tolist() == [[1, 1], [1, 1]]
    with np.errstate(invalid="ignore"):
        assert np.isnan(one_hot([0, 1], 4) @ weight).all()


# --- the table -------------------------------------------------------------------------------------------


def test_a_random_table_is_reproducible_float32_from_the_standard_normal_distribution():
    table = LookupTable.random(2000, 50, seed=3)
    assert (table.vocab_size, table.embedding_dim) == (2000, 50) == table.weight.shape
    assert table.weight.dtype == np.float32
    assert abs(table.weight.mean()) < 0.02
    assert abs(table.weight.std() - 1) < 0.02
    np.testing.assert_array_equal(table.weight, LookupTable.random(2000, 50, seed=3).weight)
    assert (table.weight != LookupTable.random(2000, 50, seed=4).weight).any()
    assert repr(table) == "LookupTable(vocab_size=2000, embedding_dim=50)"


@pytest.mark.parametrize("weight", [3.0, [1, 2], np.zeros((0, 4)), np.zeros((2, 3, 4)), []])
def test_what_is_no_table_is_refused(weight):
    shape = np.asarray(weight).shape
    with pytest.raises(ValueError, match=r"a table has two axes, .* and at least one row") as caught:
        LookupTable(weight)
    assert f"weight has shape {shape}" in str(caught.value)


# --- what is no id ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ids", "message"),
    [
        (-1, "id -1 is out of range: there are 5 rows, so ids run from 0 to 4"),
        (5, "id 5 is out of range"),
        ([0, 5], "id 5 at position 1 is out of range"),
        ([[0, 1], [2, -3], [9, 9]], r"id -3 at position \(1, 1\) is out of range"),
        (np.array([0, 255], np.uint8), "id 255 at position 1"),
        (np.array([2**63], np.uint64), "id 9223372036854775808 at position 0"),
        (torch.tensor([4, 5]), "id 5 at position 1"),
    ],
)
def test_ids_outside_the_table_are_refused_with_their_place(ids, message):
    with pytest.raises(IndexError, match=message):
        LookupTable.random(5, 2)(ids)


@pytest.mark.parametrize(
    ("ids", "kind"),
    [
        (1.0, "float64"),
        ([0.0, 1.0], "float64"),
        (np.array([]), "float64"),
        (True, "bool"),
        (np.array([True, False, True, False, False]), "bool"),
        (torch.tensor([1.0]), "float32"),
        ("1", "<U1"),
        (None, "object"),
        (1j, "complex128"),
    ],
)
def test_what_counts_no_rows_is_no_id(ids, kind):
    with pytest.raises(TypeError, match=f"ids must be integers, got {kind}"):
        LookupTable.random(5, 2)(ids)


def test_a_mask_is_told_how_to_become_ids():
    mask = np.array([True, False, True])
    with pytest.raises(TypeError, match=r"np\.flatnonzero\(mask\) gives the ids"):
        LookupTable.random(3, 2)(mask)
    np.testing.assert_array_equal(LookupTable(np.eye(3))(np.flatnonzero(mask)), np.eye(3)[mask])


def test_rows_of_different_length_are_refused():
    with pytest.raises(ValueError, match="inhomogeneous"):
        LookupTable.random(5, 2)([[0], [1, 2]])


@given(st.integers(1, 9), hnp.arrays(np.int8, hnp.array_shapes(max_dims=2, max_side=4)))
def test_ids_are_taken_or_refused_exactly_by_the_range(vocab_size, ids):
    table = LookupTable.random(vocab_size, 2)
    if ((ids >= 0) & (ids < vocab_size)).all():
        assert table(ids).shape == (*ids.shape, 2)
    else:
        with pytest.raises(IndexError, match="out of range"):
            table(ids)
