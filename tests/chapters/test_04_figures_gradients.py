import numpy as np
import pytest
from matplotlib.figure import Figure

from embedding_layer.chapters.chapter_04.figures.gradients import draw_gradient, draw_id_and_number

WORDS = ["a", "b", "c", "d"]


def texts_of(ax):
    return [text.get_text() for text in ax.texts]


def test_gradient_counts_the_tokens_of_each_row_and_joins_each_to_it():
    ax = Figure().subplots()
    gradient = np.array([[1.0, -1], [0, 0], [2, 0], [0, 0]])
    draw_gradient(ax, [["a", "c"], ["c", "a", "c"]], ["one", "two"], WORDS, gradient)
    shown = texts_of(ax)
    assert "2 add up" in shown
    assert "3 add up" in shown
    assert shown.count("0") == 2 + 2 * 2  # two rows without tokens, and the two numbers in each
    rows = [round(float(line.get_ydata()[-1]) / 1.3 - 0.5) for line in ax.lines]
    assert [WORDS[row] for row in rows] == ["a", "c", "c", "a", "c"]
    assert len({line.get_linestyle() for line in ax.lines}) == 2  # not by colour alone


def test_gradient_refuses_an_unknown_word():
    with pytest.raises(ValueError, match="'z' is not in list"):
        draw_gradient(Figure().subplots(), [["z"]], ["one"], WORDS, np.zeros((4, 2)))


def test_id_and_number_share_the_point_and_the_scale():
    axes = Figure().subplots(1, 2)
    values = np.linspace(-4, 4, 9)
    draw_id_and_number(axes, WORDS, [1.0, 2.0, 0.5, 1.5], 1, values, 2 - 0.25 * values, at=0.0, slope=-0.25)
    left, right = axes
    assert left.get_ylim() == right.get_ylim()
    marked = [line.get_xydata()[0].tolist() for line in (left.lines[-1], right.lines[-1])]
    assert marked == [[1, 2], [0, 2]]
    tangent = right.lines[1].get_xydata()
    assert np.diff(tangent[:, 1]) / np.diff(tangent[:, 0]) == pytest.approx(-0.25)
    assert left.lines[0].get_linestyle() == "None"  # dots only: nothing between two ids
    assert "slope −0.25" in texts_of(right)
