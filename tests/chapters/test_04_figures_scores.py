import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from embedding_layer.chapters.chapter_04.figures.scores import (
    LOOKS,
    draw_bars,
    draw_by_rate,
    draw_intervals,
    draw_loss,
)
from embedding_layer.figures.style import PALETTE


@pytest.fixture
def ax():
    return Figure().subplots()


def test_loss_is_drawn_with_its_running_mean(ax):
    losses = np.linspace(2, 0, 100)
    draw_loss(ax, losses, chance=1.1)
    raw, mean, guessing = ax.lines
    assert raw.get_ydata().tolist() == losses.tolist()
    middle = np.interp(mean.get_xdata(), raw.get_xdata(), losses)
    assert mean.get_ydata() == pytest.approx(middle, abs=0.03)
    assert set(guessing.get_ydata()) == {1.1}


def test_by_rate_rings_the_best_rate_of_each_model(ax):
    draw_by_rate(ax, [0.01, 0.1, 1.0], {"trained": [0.5, 0.8, 0.7], "frozen": [0.9, 0.2, 0.1]}, chance=1 / 3)
    rings = [line.get_xydata()[0].tolist() for line in ax.lines if line.get_markerfacecolor() == "none"]
    assert rings == [[0.1, 80.0], [0.01, 90.0]]
    assert ax.get_xscale() == "log"


def test_by_rate_moves_names_apart(ax):
    draw_by_rate(ax, [0.01, 0.1], {"trained": [0.5, 0.80], "frozen": [0.9, 0.81], "one-hot": [0.9, 0.79]})
    heights = sorted(text.xy[1] for text in ax.texts)
    assert min(np.diff(heights)) >= 7
    assert [text.get_text() for text in sorted(ax.texts, key=lambda text: text.xy[1])] == [
        "one-hot",
        "trained",
        "frozen",
    ]


def test_intervals_show_mean_limits_and_seeds(ax):
    scores = {"trained": (0.5, 0.4, 0.7), "one-hot": (0.8, 0.75, 0.85)}
    draw_intervals(ax, scores, dots={"trained": [0.45, 0.55]}, chance=0.25)
    bar, mean, *seeds = ax.lines[:4]
    assert bar.get_xdata() == pytest.approx([40, 70])
    assert mean.get_xdata() == pytest.approx([50])
    assert [float(seed.get_xdata()[0]) for seed in seeds] == pytest.approx([45, 55])
    assert [label.get_text() for label in ax.get_yticklabels()] == ["trained", "one-hot"]
    assert {"50 %", "80 %", "guessing"} <= {text.get_text() for text in ax.texts}


def test_costs_are_to_scale_and_named(ax):
    draw_bars(
        ax, {"one-hot vectors": 32.1, "bag of words": 0.659, "look-up": 0.0983}, unit="MB", title="Memory"
    )
    assert [bar.get_width() for bar in ax.patches] == [32.1, 0.659, 0.0983]
    assert all(bar.get_x() == 0 for bar in ax.patches)
    assert [text.get_text() for text in ax.texts] == ["32 MB", "0.66 MB", "0.098 MB"]


def test_a_look_up_is_blue_and_what_stands_on_one_hot_vectors_vermillion(ax):
    draw_bars(ax, {"one-hot vectors": 3, "bag of words": 2, "look-up": 1}, unit="ms", title="Time")
    colours = [to_hex(bar.get_facecolor()).upper() for bar in ax.patches]
    assert colours == [PALETTE["vermillion"], PALETTE["vermillion"], PALETTE["blue"]]
    assert len({marker for _, marker in LOOKS.values()}) == 3  # not by colour alone
