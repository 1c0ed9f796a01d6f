import numpy as np
import pytest
import torch
from matplotlib.figure import Figure

from embedding_layer.chapters.chapter_06.figures.brackets import cells_read, draw_brackets

MASK = torch.tensor([True, False, True])


@pytest.mark.parametrize(
    ("x", "read"),
    [
        (torch.tensor([2, 0]), [[1, 1], [0, 0], [1, 1]]),
        (torch.tensor([1, 1]), [[0, 0], [1, 1], [0, 0]]),
        (torch.tensor(-1), [[0, 0], [0, 0], [1, 1]]),
        (MASK, [[1, 1], [0, 0], [1, 1]]),
        ((2, 1), [[0, 0], [0, 0], [0, 1]]),
        (slice(0, 2), [[1, 1], [1, 1], [0, 0]]),
        (None, [[1, 1], [1, 1], [1, 1]]),
        (torch.tensor([], dtype=torch.int64), [[0, 0], [0, 0], [0, 0]]),
    ],
    ids=str,
)
def test_the_cells_that_an_index_reads(x, read):
    assert np.array_equal(cells_read(x, 3, 2), np.array(read, dtype=bool))


@pytest.fixture
def panels():
    axes = Figure(figsize=(5.4, 2.3)).subplots(1, 3)
    questions = {"ids": torch.tensor([2, 0]), "pair": (2, 1), "mask": MASK}
    draw_brackets(axes, torch.arange(6.0).view(3, 2), questions)
    return axes


def frames(ax):
    return [
        (*patch.get_xy(), patch.get_width(), patch.get_height())
        for patch in ax.patches
        if not patch.get_fill()
    ]


def test_what_is_read_is_framed_by_row(panels):
    assert frames(panels[0]) == [(0, 0, 2, 1), (0, 2, 2, 1)]
    assert frames(panels[1]) == [(1, 2, 1, 1)]
    assert frames(panels[2]) == frames(panels[0])


def test_what_is_read_is_strong_and_the_rest_pale(panels):
    strong = [
        {patch.get_xy() for patch in ax.patches if patch.get_fill() and patch.get_alpha() == 1.0}
        for ax in panels
    ]
    assert strong[0] == {(0, 0), (1, 0), (0, 2), (1, 2)}
    assert strong[1] == {(1, 2)}


def test_above_stands_the_question_and_below_the_shape_of_the_answer(panels):
    texts = [[text.get_text() for text in ax.texts] for ax in panels]
    assert texts == [["ids", "(2, 2)", "0", "1", "2"], ["pair", "()"], ["mask", "(2, 2)"]]
