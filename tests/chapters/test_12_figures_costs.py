from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pytest

from embedding_layer.benchmarks.results import Results, ResultsError
from embedding_layer.chapters.chapter_12.figures import costs
from embedding_layer.chapters.chapter_12.figures.costs import draw_curves, draw_stored


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


def stored(name, times, device="CPU"):
    rows = [{"name": "a", "vocab_size": size, "microseconds": time} for size, time in times.items()]
    provenance = {"device": device, "processor": "Abacus 2000", "date": "1999-12-31"}
    return Results(Path(name), provenance, rows)


def test_each_machine_has_a_panel_and_this_run_is_in_all_of_them(figure):
    files = [stored("cpu.json", {1_000: 5.0, 10_000: 6.0}), stored("gpu.json", {1_000: 2.0}, "Tensorizer 9")]
    draw_stored(figure, files, {"A": {"name": "a"}}, {"A": ([1_000, 10_000], [8.0, 9.0])})
    assert [ax.get_title() for ax in figure.axes] == ["Abacus 2000\n1999-12-31", "Tensorizer 9\n1999-12-31"]
    for ax, kept in zip(figure.axes, ([5, 6], [2]), strict=True):
        before, now = ax.lines
        assert list(before.get_ydata()) == kept
        assert list(now.get_ydata()) == [8, 9]
        assert (before.get_linestyle(), now.get_linestyle()) == ("-", "--")
        assert before.get_markerfacecolor() != now.get_markerfacecolor()
    assert legend(figure) == ["A", "A, this run"]
    assert figure.axes[0].get_shared_y_axes().joined(*figure.axes)


def test_a_curve_that_this_run_did_not_measure_is_drawn_alone(figure):
    draw_stored(figure, [stored("cpu.json", {1_000: 5.0})], {"A": {"name": "a"}}, {})
    assert len(figure.axes[0].lines) == 1


def test_a_long_name_of_a_machine_is_cut(figure):
    draw_stored(figure, [stored("gpu.json", {1_000: 5.0}, "An accelerator with a very long name")], {}, {})
    title = figure.axes[0].get_title().split("\n")[0]
    assert title.endswith("…")
    assert len(title) <= 30


def test_nothing_stored_and_a_missing_curve_are_refused(figure):
    with pytest.raises(ValueError, match="read_folder"):
        draw_stored(figure, [], {}, {})
    with pytest.raises(ResultsError, match="has no row with name = 'b'"):
        draw_stored(figure, [stored("cpu.json", {1_000: 5.0})], {"B": {"name": "b"}}, {})


@pytest.mark.parametrize(("value", "text"), [(0.1, "0.1"), (1, "1"), (12_000, "12,000")])
def test_numbers_on_the_axis_are_written_out(value, text):
    assert costs._plain(value) == text
