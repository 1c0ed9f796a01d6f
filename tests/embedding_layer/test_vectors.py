import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from embedding_layer.vectors import align, flat_map, nearest_rows

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
