import math

import numpy as np
import pytest
from matplotlib.figure import Figure

from embedding_layer.chapters.chapter_10.figures.ring import QUARTERS, animate_ring, draw_ring

ANGLE = 2 * math.pi * np.arange(24) / 24
CLOCK = np.column_stack([np.sin(ANGLE), np.cos(ANGLE)])
NAMES = [f"bird{hour}" for hour in range(24)]


def test_quarters_differ_by_marker_not_by_colour_alone():
    for part in ("name", "colour", "marker", "symbol"):
        assert len({getattr(quarter, part) for quarter in QUARTERS}) == 4


def test_draw_ring_joins_the_hours_and_marks_the_quarters():
    ax = Figure().subplots()
    draw_ring(ax, CLOCK, NAMES)
    line, *quarters = ax.lines
    assert line.get_xydata() == pytest.approx(np.vstack([CLOCK, CLOCK[:1]]))
    assert {q.get_label(): len(q.get_xydata()) for q in quarters} == {q.name: 6 for q in QUARTERS}
    assert quarters[1].get_xydata() == pytest.approx(CLOCK[6:12])
    assert [text.get_text() for text in ax.texts] == NAMES
    assert ax.get_xlim() == ax.get_ylim()


def test_names_stand_outwards_and_are_never_upside_down():
    ax = Figure().subplots()
    draw_ring(ax, CLOCK, NAMES)
    for text, (x, y) in zip(ax.texts, CLOCK, strict=True):
        assert np.dot(text.xyann, (x, y)) > 0
        assert not 90.1 < text.get_rotation() < 269.9
        assert text.get_ha() == ("right" if x < -1e-9 else "left") or abs(x) < 1e-9


def test_without_names_none_are_written():
    ax = Figure().subplots()
    draw_ring(ax, CLOCK, [], limit=3)
    assert not ax.texts
    assert ax.get_xlim() == (-3, 3)


@pytest.fixture
def animation():
    return animate_ring({0: 0.1 * CLOCK, 10: CLOCK, 30: 2 * CLOCK}, NAMES)


def test_the_slider_reaches_every_frame_and_the_frames_hold_their_moment(animation):
    (slider,) = animation.layout.sliders
    assert [step.label for step in slider.steps] == [frame.name for frame in animation.frames]
    for factor, frame in zip((0.1, 1, 2), animation.frames, strict=True):
        line, *quarters = frame.data
        drawn = np.column_stack([line.x, line.y])
        assert drawn == pytest.approx(factor * np.vstack([CLOCK, CLOCK[:1]]), abs=0.006)
        marks = np.concatenate([np.column_stack([q.x, q.y]) for q in quarters])
        assert marks == pytest.approx(factor * CLOCK, abs=0.006)


def test_the_axes_stand_still_hours_are_written_and_birds_are_told(animation):
    low, high = animation.layout.xaxis.range
    assert low < -2
    assert high > 2
    _, *quarters = animation.data
    assert [hour for q in quarters for hour in q.text] == [str(hour) for hour in range(24)]
    assert quarters[1].hovertext[0] == "bird6, 6:00"
    assert len(animation.layout.updatemenus[0].buttons) == 2


def test_it_is_small_enough_to_store():
    frames = {step: np.random.default_rng(step).normal(size=(24, 2)) for step in range(30)}
    assert len(animate_ring(frames, NAMES).to_json()) < 100_000


@pytest.mark.parametrize("points", [CLOCK[:23], CLOCK.T, np.zeros((24, 3))])
def test_refuses_what_is_not_a_day(points):
    with pytest.raises(ValueError, match="one pair of coordinates an hour"):
        draw_ring(Figure().subplots(), points, NAMES)
