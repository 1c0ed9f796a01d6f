import numpy as np
import pytest
from matplotlib.figure import Figure

from embedding_layer.chapters.chapter_05.figures.soft import draw_between

SHARES = np.linspace(0, 1, 11)


@pytest.fixture
def ax():
    ax = Figure().subplots()
    draw_between(ax, SHARES, 5 * (1 - SHARES) ** 2, ("dog", "cat"), slope=-10.0)
    return ax


def test_the_curve_the_tangent_and_the_two_ids(ax):
    curve, tangent, ends = ax.lines
    assert curve.get_ydata() == pytest.approx(5 * (1 - SHARES) ** 2)
    assert np.diff(tangent.get_ydata()) / np.diff(tangent.get_xdata()) == pytest.approx(-10)
    assert tangent.get_xydata()[0].tolist() == [0, 5]
    assert ends.get_xydata().tolist() == [[0, 5], [1, 0]]
    assert tangent.get_linestyle() == "--"  # not by colour alone


def test_the_ends_and_the_slope_are_named(ax):
    assert [text.get_text() for text in ax.texts] == ["id of “dog”", "id of “cat”", "slope −10.0"]
    assert ax.get_xlabel() == "share of “cat” in the mixture"
    assert min(text.get_fontsize() for text in ax.texts) >= 9
