import json

import numpy as np
import pytest
from matplotlib.figure import Figure

from embedding_layer.chapters.chapter_08.cities import latitude_longitude, load_cities
from embedding_layer.chapters.chapter_08.figures import animate_world, draw_errors, draw_spectra, draw_world
from embedding_layer.chapters.chapter_08.figures.world import LOOKS

WORLD = load_cities()
POINTS = WORLD.points.numpy()


def test_continents_differ_by_marker_not_by_colour_alone():
    assert set(WORLD.continents) == set(LOOKS)
    for part in range(3):
        assert len({look[part] for look in LOOKS.values()}) == len(LOOKS)


def test_every_city_stands_on_the_map_at_its_place():
    ax = Figure().subplots()
    draw_world(ax, POINTS, WORLD, named=["Paris"], missed=False)
    drawn = np.concatenate([line.get_xydata() for line in ax.lines])
    north, east = latitude_longitude(POINTS)
    assert sorted(map(tuple, drawn.round(4))) == sorted(map(tuple, np.stack([east, north], 1).round(4)))
    assert [text.get_text() for text in ax.texts] == ["Paris"]


def test_a_line_leads_to_where_a_city_is_but_not_around_the_world():
    ax = Figure().subplots()
    draw_world(ax, POINTS * [1, -1, 1], WORLD)  # the mirrored world: east is west
    lines = [line for line in ax.lines if len(line.get_xdata()) == 2 and line.get_linestyle() == "-"]
    assert 0 < len(lines) < len(WORLD.names)
    assert all(abs(np.diff(line.get_xdata())[0]) < 180 for line in lines)


@pytest.fixture(scope="module")
def animation():
    return animate_world({0: POINTS[::-1], 9: POINTS}, WORLD, turns=4)


def test_the_slider_goes_through_the_training_and_once_around_the_globe(animation):
    names = [frame.name for frame in animation.frames]
    assert names == ["step 0", "step 9", *(f"turned by {90 * k}°" for k in (1, 2, 3, 4))]
    (slider,) = animation.layout.sliders
    assert [step.label for step in slider.steps] == names


def test_a_mark_on_the_far_side_is_hollow_and_after_half_a_turn_it_is_not(animation):
    def hollow(frame):
        return [
            shape.endswith("-open") for trace in frame.data[: len(LOOKS)] for shape in trace.marker.symbol
        ]

    start, half, whole = (hollow(animation.frames[k]) for k in (1, 3, 5))
    assert start == whole
    assert any(start)
    assert sum(a != b for a, b in zip(start, half, strict=True)) > 50


def test_the_figure_is_small_enough_for_a_page(animation):
    assert len(json.dumps(animation.to_plotly_json(), default=list)) < 200_000


def test_errors_show_every_seed_and_the_middle_one():
    ax = Figure().subplots()
    draw_errors(ax, [1, 2], {"a": [[3, 1, 2], [6, 5, 4]]}, xlabel="x")
    line, *seeds = ax.lines
    assert line.get_ydata().tolist() == [2, 5]
    assert [marks.get_ydata().tolist() for marks in seeds] == [[3, 1, 2], [6, 5, 4]]


def test_spectra_are_drawn_as_shares_of_their_largest():
    ax = Figure().subplots()
    draw_spectra(ax, {"a": [4.0, 2, 1], "b": [8.0, 2, -4]}, first=3)
    assert [bar.get_height() for bar in ax.patches] == [1, 0.5, 0.25, 1, 0.25, -0.5]
