import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from embedding_layer.vectors import (
    CellIndex,
    align,
    flat_map,
    nearest_rows,
    nearest_to,
    offset,
    ranks,
    scores,
)

TABLE = torch.tensor([[1.0, 0.0], [10.0, 1.0], [0.0, 2.0], [-3.0, 0.1], [0.1, 1.0]])


def test_neighbours_are_found_by_angle_whatever_the_length():
    found = nearest_rows(TABLE, torch.tensor([0, 2]), k=2)
    assert found.ids.tolist() == [[1, 4], [4, 1]]
    expected = torch.cosine_similarity(TABLE[[0, 2]].unsqueeze(1), TABLE[found.ids], dim=-1)
    torch.testing.assert_close(found.cosines, expected)


@given(seed=st.integers(0, 50), k=st.integers(1, 6))
def test_neighbours_are_those_of_a_plain_sort(seed, k):
    generator = np.random.default_rng(seed)
    table = generator.normal(size=(9, 3))
    unit = table / np.linalg.norm(table, axis=1, keepdims=True)
    cosines = unit @ unit.T
    np.fill_diagonal(cosines, -np.inf)
    found = nearest_rows(torch.from_numpy(table), torch.arange(9).view(3, 3), k=k)
    assert found.ids.shape == (3, 3, k)
    np.testing.assert_array_equal(found.ids.view(9, k), np.argsort(-cosines, axis=1)[:, :k])


def test_only_candidates_are_neighbours_and_no_row_is_its_own():
    found = nearest_rows(TABLE, torch.tensor([4]), k=2, among=torch.tensor([3, 4, 0]))
    assert found.ids.tolist() == [[0, 3]]


def test_neighbours_leave_no_graph():
    weight = TABLE.clone().requires_grad_()
    assert not nearest_rows(weight, torch.tensor([0]), k=1).cosines.requires_grad


@pytest.mark.parametrize("k", [0, 5])
def test_more_neighbours_than_there_are_rows_are_refused(k):
    with pytest.raises(ValueError, match=f"k={k}, but a row has 1 to 4 neighbours among 5"):
        nearest_rows(TABLE, torch.tensor([0]), k=k)


def test_a_map_keeps_what_is_flat():
    angles = np.linspace(0, 2 * np.pi, 12, endpoint=False)
    flat = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    turned = flat @ np.linalg.qr(np.random.default_rng(0).standard_normal((5, 2)))[0].T
    points = flat_map(turned)
    distances = [np.linalg.norm(p[:, None] - p, axis=-1) for p in (points, flat)]
    np.testing.assert_allclose(*distances, atol=1e-12)


def test_a_map_sees_directions_not_lengths():
    table = np.random.default_rng(0).standard_normal((20, 6))
    stretched = table * np.random.default_rng(1).uniform(0.1, 9, (20, 1))
    np.testing.assert_allclose(flat_map(stretched), flat_map(table), atol=1e-12)


def test_a_map_does_not_depend_on_the_sign_of_its_axes():
    table = np.random.default_rng(0).standard_normal((20, 6))
    points = flat_map(table)
    assert np.all(points.max(axis=0) >= -points.min(axis=0))
    np.testing.assert_allclose(flat_map(table[:, ::-1]), points, atol=1e-12)


@pytest.mark.parametrize("mirrored", [False, True])
def test_alignment_undoes_a_turn_a_shift_and_a_mirror(mirrored):
    generator = np.random.default_rng(3)
    target = generator.normal(size=(20, 3))
    turn, _ = np.linalg.qr(generator.normal(size=(3, 3)))
    turn[:, 0] *= -np.sign(np.linalg.det(turn)) if mirrored else np.sign(np.linalg.det(turn))
    moved = target @ turn + [5, -1, 2]
    np.testing.assert_allclose(align(moved, target), target, atol=1e-12)


def test_alignment_stretches_only_on_request():
    target = np.random.default_rng(3).normal(size=(20, 2))
    np.testing.assert_allclose(align(3 * target + 1, target, scale=True), target, atol=1e-12)
    lengths = [np.linalg.norm(p - p.mean(axis=0)) for p in (align(3 * target, target), target)]
    assert lengths[0] == pytest.approx(3 * lengths[1])


def test_alignment_refuses_points_that_do_not_belong_together():
    with pytest.raises(ValueError, match=r"points has shape \(4, 2\) and target \(5, 2\)"):
        align(np.zeros((4, 2)), np.zeros((5, 2)))


def test_scores_are_larger_for_nearer_rows():
    query = torch.tensor([[2.0, 0.0]])
    torch.testing.assert_close(scores(query, TABLE, "dot")[0], 2 * TABLE[:, 0])
    torch.testing.assert_close(scores(query, TABLE)[0], TABLE[:, 0] / TABLE.norm(dim=1))
    torch.testing.assert_close(scores(query, TABLE, "euclidean")[0], -(TABLE - query).norm(dim=1))


def test_each_measure_finds_another_row():
    query = torch.tensor([[1.2, 0.1]])
    first = {m: nearest_to(TABLE, query, 1, measure=m).ids.item() for m in ("dot", "cosine", "euclidean")}
    assert first["dot"] == 1  # the long one
    assert first["euclidean"] == 0


def test_rows_of_one_length_are_ordered_alike_by_all_measures():
    unit = torch.nn.functional.normalize(torch.randn(30, 5, dtype=torch.float64), dim=1)
    orders = [nearest_to(unit, unit[:4], 29, measure=m).ids for m in ("dot", "cosine", "euclidean")]
    assert torch.equal(orders[0], orders[1])
    assert torch.equal(orders[0], orders[2])


def test_what_is_excluded_is_not_found():
    found = nearest_to(TABLE, TABLE[[0, 2]], 2, exclude=torch.tensor([[0, 1], [2, 4]]))
    assert found.ids.tolist() == [[4, 2], [1, 3]]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: scores(TABLE, TABLE, "manhattan"), "measure='manhattan'.*'cosine'"),
        (lambda: scores(torch.ones(3), TABLE), "3 numbers each, the rows 2"),
        (lambda: nearest_to(TABLE, TABLE, 6), "k=6, but there are 1 to 5"),
        (lambda: nearest_to(TABLE, TABLE[:1], 4, exclude=torch.tensor([[0, 1]])), "1 to 3 rows"),
        (lambda: ranks(TABLE, TABLE[:0], torch.tensor([], dtype=torch.int64)), "no query to rank"),
        (lambda: ranks(TABLE * torch.nan, TABLE[:1], torch.tensor([0])), "row 0 is not finite.*5 of 5"),
        (lambda: ranks(TABLE, TABLE[:1] / 0, torch.tensor([0])), "query 0 is not finite"),
        (lambda: CellIndex(TABLE, 6), "cells=6.*1 to 5"),
        (lambda: CellIndex(TABLE, 2).search(TABLE[0], probes=3), "probes=3.*1 to 2 cells"),
    ],
)
def test_what_has_no_answer_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_a_rank_counts_from_one_and_ties_count_against_the_target():
    table = torch.tensor([[1.0, 0.0], [1.0, 1.0], [0.0, 1.0], [0.0, 2.0], [-1.0, 0.0]])
    query = torch.tensor([[1.0, 0.0]] * 4)
    assert ranks(table, query, torch.tensor([0, 1, 2, 4])).tolist() == [1, 2, 4, 5]
    assert ranks(torch.ones(7, 2), torch.ones(1, 2), torch.tensor([3])).tolist() == [7]


@given(st.integers(0, 30))
def test_ranks_are_places_in_a_plain_sort(seed):
    generator = torch.Generator().manual_seed(seed)
    table, queries = (torch.randn(n, 3, generator=generator, dtype=torch.float64) for n in (12, 6))
    targets = torch.randint(12, (6,), generator=generator)
    exclude = (targets[:, None] + torch.tensor([1, 5])) % 12
    order = nearest_to(table, queries, 10, exclude=exclude).ids
    expected = (order == targets[:, None]).nonzero()[:, 1] + 1
    assert torch.equal(ranks(table, queries, targets, exclude=exclude), expected)


def test_an_excluded_target_stays_in_the_race():
    assert ranks(TABLE, TABLE[:1], torch.tensor([0]), exclude=torch.tensor([[0]])).tolist() == [1]


def test_an_offset_is_that_of_rows_made_equally_long():
    table = torch.tensor([[2.0, 0.0], [0.0, 5.0], [3.0, 3.0]])
    expected = torch.tensor([[0.5**0.5 - 1, 1 + 0.5**0.5]])
    torch.testing.assert_close(offset(table, *torch.tensor([[0], [1], [2]])), expected)


def planted_cells(seed=0):
    generator = torch.Generator().manual_seed(seed)
    centres = torch.randn(20, 16, generator=generator)
    return centres.repeat(50, 1) + 0.2 * torch.randn(1000, 16, generator=generator)


def test_reading_all_cells_is_an_exact_search():
    rows = planted_cells()
    index = CellIndex(rows, 20)
    for query in rows[:9]:
        found, exact = index.search(query, 10, probes=20), nearest_to(rows, query[None], 10)
        assert torch.equal(found.ids, exact.ids[0])
        torch.testing.assert_close(found.scores, exact.scores[0])


def test_a_few_cells_hold_most_neighbours_where_there_is_structure():
    rows = planted_cells()
    index = CellIndex(rows, 30)
    exact = nearest_to(rows, rows[:50], 10).ids
    found = [index.search(query, 10, probes=4).ids for query in rows[:50]]
    recall = sum(torch.isin(mine, true).sum().item() for mine, true in zip(found, exact, strict=True)) / 500
    assert recall > 0.8


def test_a_cell_with_too_few_rows_gives_fewer():
    index = CellIndex(torch.eye(4), 4)
    assert index.search(torch.eye(4)[2], k=3, probes=1).ids.tolist() == [2]
