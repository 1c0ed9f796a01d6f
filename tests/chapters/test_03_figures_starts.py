import matplotlib.pyplot as plt
import numpy as np
import pytest

from embedding_layer.chapters.chapter_03.figures.starts import draw_losses, draw_maps
from embedding_layer.figures.style import SMALLEST_TEXT


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def test_every_curve_and_level_is_drawn_and_named():
    curves = {"large": np.linspace(40, 17, 60), "small": np.linspace(6, 4, 60)}
    draw_losses(curves, {"ln V": 6.2, "best": 3.9})
    ax = plt.gca()
    large, small, *levels = ax.lines
    np.testing.assert_array_equal(large.get_ydata(), curves["large"])
    np.testing.assert_array_equal(small.get_ydata(), curves["small"])
    assert [line.get_ydata()[0] for line in levels] == [6.2, 3.9]
    assert [text.get_text() for text in ax.texts] == ["large", "small", "ln V", "best"]
    low, high = ax.get_ylim()
    assert low < 3.9
    assert high > 40


def test_each_map_shows_its_title_and_the_digits_of_the_kinds():
    table = np.random.default_rng(0).standard_normal((12, 4))
    kinds = np.arange(12) % 3
    draw_maps({"one": table, "two": -table}, kinds, each=2)
    figure = plt.gcf()
    titles = [ax.get_title("left") + ax.get_title("center") for ax in figure.axes]
    assert titles == ["one", "two"]
    for ax in figure.axes:
        assert [text.get_text() for text in ax.texts] == ["0", "0", "1", "1", "2", "2"]
        assert min(text.get_fontsize() for text in ax.texts) >= SMALLEST_TEXT
