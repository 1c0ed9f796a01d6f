import json

import numpy as np
import pytest
from matplotlib.figure import Figure

from embedding_layer.chapters.chapter_04.figures.words import (
    LOOKS,
    animate_words,
    draw_words,
    looks_of,
)
from embedding_layer.figures.interactive import show_plotly

WORDS = ["ndarray", "tensor", "axes", "dtype"]
GROUPS = ["numpy", "torch", "matplotlib", "numpy"]
POINTS = np.array([[0.0, 1], [2, -3], [1, 1], [0.5, 0.5]])


def test_groups_differ_by_marker_not_by_colour_alone():
    for part in ("colour", "marker", "symbol"):
        assert len({getattr(look, part) for look in LOOKS}) == len(LOOKS)
    assert list(looks_of(GROUPS)) == ["numpy", "torch", "matplotlib"]
    with pytest.raises(ValueError, match="5 groups"):
        looks_of("abcde")


def test_draw_words_puts_every_point_in_its_group():
    ax = Figure().subplots()
    draw_words(ax, POINTS, WORDS, GROUPS, named=["axes"])
    drawn = {line.get_label(): line.get_xydata().tolist() for line in ax.lines}
    assert drawn == {"numpy": [[0, 1], [0.5, 0.5]], "torch": [[2, -3]], "matplotlib": [[1, 1]]}
    assert [text.get_text() for text in ax.texts] == ["axes"]
    assert ax.get_xlim() == ax.get_ylim() == pytest.approx((-3.24, 3.24))


def test_a_name_stands_where_it_covers_no_other_point():
    ax = Figure().subplots()
    points = np.array([[0.0, 0], [0.2, 0.1], [-0.2, 0.1], [0.2, -0.1], [3, 3]])
    draw_words(ax, points, ["one", *"abcd"], ["a"] * 5, named=["one"])
    (name,) = ax.texts
    assert (name.get_ha(), name.get_va()) == ("right", "top")


@pytest.fixture
def animation():
    return animate_words({0: POINTS, 10: POINTS * 2, 30: POINTS * 3}, WORDS, GROUPS, named=["tensor"])


def test_the_slider_reaches_every_frame(animation):
    (slider,) = animation.layout.sliders
    names = [frame.name for frame in animation.frames]
    assert names == ["0", "10", "30"]
    assert [step.label for step in slider.steps] == names
    assert [list(step.args[0]) for step in slider.steps] == [[name] for name in names]
    assert all(step.method == "animate" for step in slider.steps)


def test_every_frame_holds_the_points_of_its_moment_in_the_order_of_the_traces(animation):
    for factor, frame in zip((1, 2, 3), animation.frames, strict=True):
        for trace, moved in zip(animation.data, frame.data, strict=True):
            own = POINTS[[group == trace.name for group in GROUPS]] * factor
            assert np.column_stack([moved.x, moved.y]) == pytest.approx(own)
    first = [np.column_stack([trace.x, trace.y]).tolist() for trace in animation.data]
    assert first == [np.column_stack([trace.x, trace.y]).tolist() for trace in animation.frames[0].data]


def test_the_axes_stand_still_and_hold_all_frames(animation):
    for axis in (animation.layout.xaxis, animation.layout.yaxis):
        low, high = axis.range
        assert low < -9
        assert high > 9


def test_names_and_hover_words(animation):
    shown = [text for trace in animation.data for text in trace.text if text]
    assert shown == ["tensor"]
    assert sorted(word for trace in animation.data for word in trace.hovertext) == sorted(WORDS)


def test_names_that_overlap_wait_until_there_is_room():
    start, end = np.array([[0.0, 0], [0.1, 0], [3, 3]]), np.array([[-3.0, 0], [3, 0], [3, 3]])
    frames = {0: start, 1: end / 2, 2: end}
    figure = animate_words(frames, ["one", "two", "three"], ["a"] * 3, named=["one", "two", "three"])
    written = [list(frame.data[0].text) for frame in figure.frames]
    assert written == [["", "", "three"], ["one", "two", "three"], ["one", "two", "three"]]
    assert list(figure.data[0].text) == written[0]


def test_play_and_pause(animation):
    (menu,) = animation.layout.updatemenus
    play, pause = menu.buttons
    assert play.args[0] is None  # all frames
    assert play.args[1]["fromcurrent"]
    assert list(pause.args[0]) == [None]


def test_it_is_small_enough_to_store():
    generator = np.random.default_rng(0)
    frames = {step: generator.normal(size=(60, 2)) for step in range(25)}
    figure = animate_words(frames, [f"word{i}" for i in range(60)], ["a", "b", "c"] * 20)
    assert len(figure.to_json()) < 100_000
    coordinates = [x for frame in json.loads(figure.to_json())["frames"] for x in frame["data"][0]["x"]]
    assert coordinates == [round(x, 2) for x in coordinates]


def test_show_stores_plotly_json_alone(animation, monkeypatch):
    shown = []
    monkeypatch.setattr("plotly.io._renderers.ipython_display.display", lambda data, **_: shown.append(data))
    show_plotly(animation)
    assert [list(data) for data in shown] == [["application/vnd.plotly.v1+json"]]


@pytest.mark.parametrize(
    ("points", "groups"), [(POINTS[:3], GROUPS), (POINTS, GROUPS[:2]), (POINTS.T, GROUPS)]
)
def test_refuses_points_that_do_not_belong_to_the_words(points, groups):
    with pytest.raises(ValueError, match="one pair of coordinates and one group a word"):
        draw_words(Figure().subplots(), points, WORDS, groups)
