import pytest
import torch

from embedding_layer.chapters.chapter_04.experiment import (
    losses_by_id,
    losses_by_number,
    shared_openings,
    words_to_draw,
)


def loss(weight, ids):
    return (weight[ids] ** 2).sum()


WEIGHT = torch.tensor([[1.0, 0], [2, 0], [3, 0]])
IDS = torch.tensor([[0, 1], [1, 1]])


def test_losses_by_id_change_the_first_position_alone():
    assert losses_by_id(loss, WEIGHT, IDS) == [1 + 12, 4 + 12, 9 + 12]
    assert IDS.tolist() == [[0, 1], [1, 1]]


def test_losses_by_number_change_one_number_and_tell_the_slope_where_the_table_is():
    losses, slope = losses_by_number(loss, WEIGHT, IDS, 1, [0.0, 2.0])
    assert losses == [1, 13]
    assert slope == pytest.approx(3 * 2 * 2)
    assert WEIGHT[1, 0] == 2


def test_words_to_draw_are_the_commonest_at_home_and_some_of_all():
    share = torch.tensor([[0.0, 0, 0], [0.8, 0.2, 0], [0.9, 0.1, 0], [0.4, 0.3, 0.3], [0.5, 0.5, 0]])
    total = torch.tensor([0, 5, 10, 10, 12])
    drawn = words_to_draw(share, total, ["a", "b", "c"])
    assert drawn == {"a": [2, 1], "b": [], "c": [], "all three": [3]}


def test_words_to_draw_are_fourteen_a_library_and_twelve_of_all():
    share = torch.cat([torch.eye(3).repeat(20, 1), torch.full((20, 3), 1 / 3)])
    drawn = words_to_draw(share, torch.ones(80), ["a", "b", "c"])
    assert [len(rows) for rows in drawn.values()] == [14, 14, 14, 12]


def test_shared_openings_count_the_texts_that_begin_alike():
    texts = ["abcx", "abcy", "bcax", "abdx"]
    assert shared_openings(texts, torch.tensor([0]), torch.tensor([1, 2, 3]), length=3) == pytest.approx(
        1 / 3
    )
