import numpy as np
import pytest
from matplotlib.figure import Figure

from embedding_layer.chapters.chapter_05.figures.sparse import draw_gradient_costs, draw_sparse

IDS = [7, 2, 7]
SLOPES = np.array([[1, 2], [30, 40], [5, -9]])


def test_the_three_forms_hold_the_same_gradient():
    ax = Figure().subplots()
    draw_sparse(ax, IDS, SLOPES, vocab_size=9)
    numbers = [int(text) for text in (t.get_text() for t in ax.texts) if text.lstrip("-").isdigit()]
    dense = np.zeros((9, 3), dtype=int)
    dense[:, 0] = range(9)
    dense[2, 1:], dense[7, 1:] = [30, 40], [6, -7]
    listed = [[7, 1, 2], [2, 30, 40], [7, 5, -9]]
    merged = [[2, 30, 40], [7, 6, -7]]
    rows = sorted([*dense.tolist(), *listed, *merged])
    shown = sorted([label, *values] for *values, label in np.reshape(numbers, (-1, 3)).tolist())
    assert shown == rows


def test_the_forms_are_named_and_what_they_store_is_counted():
    ax = Figure().subplots()
    draw_sparse(ax, IDS, SLOPES, vocab_size=9)
    texts = [text.get_text() for text in ax.texts]
    assert [text for text in texts if text in {"dense", "sparse", "coalesced"}] == [
        "dense",
        "sparse",
        "coalesced",
    ]
    assert [text for text in texts if text.endswith("numbers")] == ["18 numbers", "9 numbers", "6 numbers"]
    assert min(text.get_fontsize() for text in ax.texts) >= 9


def test_a_repeated_id_is_framed_in_every_form():
    ax = Figure().subplots()
    draw_sparse(ax, IDS, SLOPES, vocab_size=9)
    assert sum(patch.get_linewidth() == 2.5 for patch in ax.patches) == 1 + 2 + 1


@pytest.fixture
def panels():
    axes = Figure().subplots(2, 1)
    megabytes = {"dense": [1.0, 10.0], "sparse": [2.0, 2.0]}
    milliseconds = {"dense": [3.0, 30.0], "sparse": [1.0, 1.5], "coalesced": [4.0, 5.0]}
    draw_gradient_costs(axes, [100, 1000], megabytes, milliseconds, positions=256)
    return axes


def series_of(ax):
    named = {text.get_text() for text in ax.get_legend().get_texts()}
    return {line.get_label(): line for line in ax.lines if line.get_label() in named}


def test_costs_are_drawn_as_given_and_named(panels):
    memory, time = (
        {name: line.get_ydata().tolist() for name, line in series_of(ax).items()} for ax in panels
    )
    assert memory == {"dense": [1.0, 10.0], "sparse": [2.0, 2.0]}
    assert time == {"dense": [3.0, 30.0], "sparse": [1.0, 1.5], "coalesced": [4.0, 5.0]}
    assert [ax.get_ylabel() for ax in panels] == ["MB", "milliseconds"]


def test_a_form_looks_alike_in_both_panels_and_unlike_the_others_without_colour(panels):
    above, below = (series_of(ax) for ax in panels)
    looks = {name: (line.get_marker(), line.get_linestyle()) for name, line in below.items()}
    assert len(set(looks.values())) == 3
    assert all(looks[name] == (line.get_marker(), line.get_linestyle()) for name, line in above.items())


def test_the_size_of_the_batch_is_marked_in_both_panels(panels):
    for ax in panels:
        assert any(set(np.atleast_1d(line.get_xdata())) == {256} for line in ax.lines)
    assert "V = N = 256" in [text.get_text() for text in panels[0].texts]


def test_axes_count_in_plain_numbers(panels):
    assert panels[1].xaxis.get_major_formatter()(10_000) == "10,000"
    assert panels[0].yaxis.get_major_formatter()(0.1) == "0.1"
