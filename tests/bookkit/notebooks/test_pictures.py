"""Pictures: which look alike."""

import base64
import io
import json

import matplotlib as mpl
import numpy as np
import plotly.graph_objects as go
import pytest
from matplotlib.figure import Figure

from bookkit.notebooks.pictures import PLOTLY, PNG, SVG, difference

X = np.linspace(0, 6, 400)
NOISE = 1e-3 * np.sin(40 * X)
HEATS = np.linspace(0, 1, 20).reshape(4, 5)


def draw(kind, *, y=None, words="0.83", heats=HEATS, bars=3.0, size=6):
    figure = Figure(figsize=(5.4, 3.2), dpi=144)
    left, right = figure.subplots(1, 2)
    left.plot(X, y := SINE if y is None else y)
    left.scatter([1, 3], [0.2, bars / 10], s=size**2)
    left.text(2, 0, words)
    right.imshow(heats, cmap="Blues", vmin=0, vmax=1)
    right.scatter(X / 2, y, s=4, rasterized=True)
    file = io.BytesIO()
    with mpl.rc_context({"svg.hashsalt": "book", "svg.fonttype": "path"}):
        figure.savefig(file, format=kind, metadata={"Date": None} if kind == "svg" else None)
    data = file.getvalue()
    return {SVG: data.decode()} if kind == "svg" else {PNG: base64.b64encode(data).decode()}


def plot(*, y=(1.0, 2.0, 4.0), words="a", height=300):
    figure = go.Figure(go.Scatter(y=np.array(y), name=words), layout={"height": height})
    figure.add_heatmap(z=[[0, 1], [2, y[1]]])
    return {PLOTLY: json.loads(figure.to_json())}


SINE = np.sin(X)


@pytest.mark.parametrize("kind", ["svg", "png"])
@pytest.mark.parametrize(
    "change", [{}, {"y": SINE + NOISE}, {"heats": HEATS + 1e-3}, {"bars": 3.005}], ids=str
)
def test_noise_passes(kind, change):
    assert difference(draw(kind, **{"y": SINE} | change), draw(kind, y=SINE)) == ""


@pytest.mark.parametrize("kind", ["svg", "png"])
@pytest.mark.parametrize(
    "change",
    [
        {"y": np.cos(X)},
        {"y": 1.05 * SINE},
        {"words": "0.88"},
        {"words": "0.38"},
        {"bars": 4.0},
        {"heats": HEATS.T.reshape(4, 5)},
        {"heats": HEATS - 0.1 * (HEATS > 0.9)},
        {"size": 8},
    ],
    ids=lambda change: ", ".join(change),
)
def test_another_curve_number_tint_or_mark_does_not(kind, change):
    assert difference(draw(kind, **{"y": SINE} | change), draw(kind, y=SINE))


def test_a_drawing_is_judged_as_svg_whatever_lies_beside():
    svg, png = draw("svg", y=SINE), draw("png", y=SINE)
    assert difference(svg | png, svg | draw("png", words="x")) == ""
    assert difference(draw("svg", y=SINE, words="x") | png, svg | png)


def test_a_line_with_other_corners_that_runs_the_same_way_passes():
    path = '<svg xmlns="http://www.w3.org/2000/svg"><path d="M 0 0 L {} L 50 0"/></svg>'.format
    assert difference({SVG: path("20 0.2 L 30 0.4")}, {SVG: path("25 0")}) == ""
    assert "path" in difference({SVG: path("20 0.2 L 30 9")}, {SVG: path("25 0")})


def test_words_may_turn_by_a_degree():
    word = '<svg><use transform="translate(20 30) rotate({}) scale(0.1 -0.1)" href="#a"/></svg>'.format
    assert difference({SVG: word(-272.1)}, {SVG: word(-271.8)}) == ""
    assert "transform" in difference({SVG: word(-274)}, {SVG: word(-271.8)})


def test_names_that_only_connect_elements_do_not_matter():
    mark = '<svg><defs><path id="{0}"/></defs><use href="#{0}" style="clip-path: url(#{0})"/></svg>'.format
    assert difference({SVG: mark("m1")}, {SVG: mark("m2")}) == ""


def test_plotly_figures_are_compared_by_their_range():
    assert difference(plot(y=(1.0, 2.005, 4.0)), plot()) == ""
    for changed in (plot(y=(1.0, 2.1, 4.0)), plot(y=(1.0, 2.0)), plot(words="b"), plot(height=310)):
        assert difference(changed, plot())


def test_whole_numbers_are_compared_as_numbers():
    assert (
        difference({PLOTLY: {"x": [1.0, 2, None], "on": True}}, {PLOTLY: {"x": [1, 2.0, None], "on": True}})
        == ""
    )


def test_a_picture_of_another_kind_or_size_is_another_picture():
    assert "instead of image/png" in difference(draw("svg", y=SINE), draw("png", y=SINE))
    assert "nothing" in difference({}, draw("png", y=SINE))
    small = io.BytesIO()
    Figure(figsize=(2, 2)).savefig(small)
    assert "pixels" in difference({PNG: base64.b64encode(small.getvalue()).decode()}, draw("png", y=SINE))
