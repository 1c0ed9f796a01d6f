import matplotlib.pyplot as plt
import numpy as np
import pytest

from embedding_layer.figures.curves import draw_curves, plain_number


@pytest.fixture
def figure():
    figure = plt.figure(layout="constrained")
    yield figure
    plt.close(figure)


CURVES = {"one": ([10, 100], [1.0, 2.0]), "two": ([10, 100], [3.0, 30.0])}


def legend(figure):
    (made,) = figure.legends
    return [text.get_text() for text in made.get_texts()]


def test_the_curves_hold_what_was_measured_and_differ_in_more_than_colour(figure):
    ax = figure.subplots()
    draw_curves(ax, CURVES, xlabel="V")
    for line, (sizes, times) in zip(ax.lines, CURVES.values(), strict=True):
        np.testing.assert_array_equal(line.get_xdata(), sizes)
        np.testing.assert_array_equal(line.get_ydata(), times)
    assert len({line.get_marker() for line in ax.lines}) == len(CURVES)
    assert legend(figure) == list(CURVES)
    assert (ax.get_xscale(), ax.get_yscale(), ax.get_xlabel()) == ("log", "log", "V")
    assert [tick.get_text() for tick in ax.get_xticklabels()] == ["10", "100"]


@pytest.mark.parametrize(("highest", "least"), [(9.0, 3), (9_000.0, 4)])
def test_short_axes_have_numbers_between_the_powers_of_ten_and_long_ones_only_those(figure, highest, least):
    ax = figure.subplots()
    draw_curves(ax, {"one": ([10, 100], [1.5, highest])}, xlabel="V")
    low, high = ax.get_ylim()
    ticks = [tick for tick in ax.get_yticks() if low <= tick <= high]
    assert len(ticks) >= least - 1
    assert all(f"{tick:.0e}"[0] in ("125" if highest < 10 else "1") for tick in ticks)


def test_predictions_are_lines_without_markers_each_with_dashes_of_its_own(figure):
    ax = figure.subplots()
    predicted = {"bytes": ([10, 100], [0.5, 0.6]), "more": ([10, 100], [0.7, 0.8])}
    draw_curves(ax, CURVES, predicted=predicted, xlabel="V")
    *_, first, second = ax.lines
    np.testing.assert_array_equal(first.get_ydata(), [0.5, 0.6])
    assert [line.get_marker() for line in (first, second)] == ["None", "None"]
    assert first.get_linestyle() == second.get_linestyle() == "--"  # what matplotlib calls any dashes
    assert first._dash_pattern != second._dash_pattern
    assert legend(figure) == [*CURVES, *predicted]


def test_only_marks_within_the_curves_are_drawn(figure):
    ax = figure.subplots()
    draw_curves(ax, CURVES, marks={"L1": 2, "L2": 40, "L3": 10_000}, xlabel="V")
    assert [text.get_text() for text in ax.texts] == ["L2"]
    assert list(ax.lines[-1].get_xdata()) == [40, 40]


@pytest.mark.parametrize(("value", "text"), [(0.1, "0.1"), (1, "1"), (12_000, "12,000")])
def test_numbers_on_the_axis_are_written_out(value, text):
    assert plain_number(value) == text
