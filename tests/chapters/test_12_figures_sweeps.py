import matplotlib.pyplot as plt
import pytest

from embedding_layer.chapters.chapter_12.figures.sweeps import draw_sweep
from embedding_layer.measure.sweeps import Sweep
from embedding_layer.measure.timing import Timings

SWEEP = Sweep({10: Timings({"a": [1e-6], "b": [3e-6]}), 100: Timings({"a": [2e-6], "b": [4e-6]})})


@pytest.fixture
def ax():
    figure, ax = plt.subplots(layout="constrained")
    yield ax
    plt.close(figure)


def drawn(ax):
    return {
        line.get_label(): [list(line.get_xdata()), pytest.approx(list(line.get_ydata()))] for line in ax.lines
    }


def test_microseconds_of_each_function_and_of_the_prediction(ax):
    draw_sweep(ax, SWEEP, "size", predicted={"said": [5e-6, 6e-6]})
    sizes = [10, 100]
    assert drawn(ax) == {"a": [sizes, [1, 2]], "b": [sizes, [3, 4]], "said": [sizes, [5, 6]]}
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("size", "microseconds")


def test_nanoseconds_a_row_if_it_is_told_how_many_rows(ax):
    draw_sweep(ax, SWEEP, "size", predicted={}, rows=10)
    assert drawn(ax)["b"][1] == [300, 400]
    assert ax.get_ylabel() == "nanoseconds a row"


def test_sizes_are_pointed_out(ax):
    draw_sweep(ax, SWEEP, "size", predicted={}, marks={"here": 50, "outside": 5_000})
    assert {text.get_text() for text in ax.texts} == {"here"}
