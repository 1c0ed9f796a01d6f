import matplotlib.pyplot as plt
import pytest

from embedding_layer.chapters.chapter_12.figures.roofline import Work, draw_estimates, draw_roofline
from embedding_layer.figures.style import PALETTE

BUSY = Work("busy", flops=8_000, bytes=100, seconds=4e-6)
LAZY = Work("lazy", flops=50, bytes=200, seconds=2e-6)
IDLE = Work("idle", flops=0, bytes=400, seconds=3e-6)
BANDWIDTH, RATE = 1e9, 4e9  # the ridge is at 4 operations a byte


@pytest.fixture
def ax():
    figure, ax = plt.subplots(layout="constrained")
    yield ax
    plt.close(figure)


def points(ax, marker):
    return [(line.get_xdata()[0], line.get_ydata()[0]) for line in ax.lines if line.get_marker() == marker]


def test_intensity_and_rate_are_quotients():
    assert (BUSY.intensity, LAZY.intensity, IDLE.intensity) == (80, 0.25, 0)
    assert BUSY.rate == pytest.approx(2e9)


def test_each_lane_shows_both_estimates_and_what_was_measured(ax):
    draw_estimates(ax, [BUSY, LAZY, IDLE], bandwidth=BANDWIDTH, rate=RATE)
    assert points(ax, "s") == [pytest.approx(p) for p in ((0.1, 0), (0.2, 1), (0.4, 2))]
    assert points(ax, "^") == [pytest.approx(p) for p in ((2, 0), (0.0125, 1))]  # the idle one has none
    assert points(ax, "o") == [pytest.approx(p) for p in ((4, 0), (2, 1), (3, 2))]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["busy", "lazy", "idle"]
    assert ax.get_ylim()[0] > ax.get_ylim()[1]  # the first lane is at the top
    assert len(ax.figure.legends[0].get_texts()) == 3


def test_a_look_up_is_blue_and_work_with_operations_vermillion(ax):
    draw_estimates(ax, [BUSY, IDLE], bandwidth=BANDWIDTH, rate=RATE)
    dots = [line.get_color() for line in ax.lines if line.get_marker() == "o"]
    assert dots == [PALETTE["vermillion"], PALETTE["blue"]]


def test_the_roof_rises_with_the_bandwidth_up_to_the_ridge_and_is_flat_from_there(ax):
    draw_roofline(ax, [BUSY, LAZY], bandwidth=BANDWIDTH, rate=RATE)
    (left, ridge, right), heights = ax.lines[0].get_data()
    assert ridge == 4
    assert list(heights) == pytest.approx([left * 1, 4, 4])
    assert left < LAZY.intensity < BUSY.intensity < right


def test_works_are_points_at_their_intensity_and_rate(ax):
    draw_roofline(ax, [BUSY, LAZY], bandwidth=BANDWIDTH, rate=RATE)
    assert points(ax, "o") == [pytest.approx((80, 2))]
    assert points(ax, "s") == [pytest.approx((0.25, 0.025))]
    assert {"busy", "lazy"} <= {text.get_text() for text in ax.texts}
    low, high = ax.get_ylim()
    assert low < 0.025 < 4 < high


def test_work_without_operations_has_no_place_under_the_roof(ax):
    with pytest.raises(ValueError, match=r"\['idle'\] does no operations"):
        draw_roofline(ax, [BUSY, IDLE], bandwidth=BANDWIDTH, rate=RATE)
