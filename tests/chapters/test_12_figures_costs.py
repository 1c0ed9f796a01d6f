from pathlib import Path

import matplotlib.pyplot as plt
import pytest

from embedding_layer.benchmarks.results import Results, ResultsError
from embedding_layer.chapters.chapter_12.figures.costs import draw_stored


@pytest.fixture
def figure():
    figure = plt.figure(layout="constrained")
    yield figure
    plt.close(figure)


def legend(figure):
    (made,) = figure.legends
    return [text.get_text() for text in made.get_texts()]


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
    assert legend(figure) == ["A", "this run"]
    assert figure.axes[0].get_shared_y_axes().joined(*figure.axes)


def test_a_curve_that_this_run_did_not_measure_is_drawn_alone(figure):
    draw_stored(figure, [stored("cpu.json", {1_000: 5.0})], {"A": {"name": "a"}}, {})
    assert len(figure.axes[0].lines) == 1
    assert legend(figure) == ["A"]


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
