"""Figures in the colours of a dark page: the same mixes, of other colours."""

import base64
import io
import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.colors import to_hex
from PIL import Image

from bookkit.palette import contrast, dark_theme, load_dark_palette, load_palette, mix
from bookkit.recolour import colours_of, recolour_png, recolour_svg, to_dark
from embedding_layer.figures.style import STRENGTH_COLOURS, TABLE_COLOURS

LIGHT, LINES = load_palette(), load_dark_palette()
DARK = LINES | {name: dark_theme(LIGHT, LINES)[name] for name in ("paper", "ink")}
RECOLOUR = to_dark()


def rgb(colour):
    return np.array([int(colour[place : place + 2], 16) for place in (1, 3, 5)])


def dark(colour):
    return to_hex(RECOLOUR([rgb(colour)])[0] / 255).upper()


@pytest.mark.parametrize("name", DARK)
def test_a_colour_of_the_palette_becomes_that_of_the_dark_page(name):
    assert dark(LIGHT[name]) == DARK[name].upper()


@given(name=st.sampled_from(sorted(LINES)), share=st.floats(0, 1))
def test_a_tint_becomes_the_same_tint(name, share):
    expected = mix(DARK["paper"], DARK[name], share)
    shown = RECOLOUR([rgb(mix(LIGHT["paper"], LIGHT[name], share))])[0]
    assert np.abs(shown.astype(int) - rgb(expected)).max() <= 6  # the palest tints are near to several lines


@given(name=st.sampled_from(sorted(LINES)), share=st.floats(0, 1))
def test_mixes_of_the_palette_are_told_from_other_colours(name, share):
    assert RECOLOUR.distance([rgb(mix(LIGHT[name], LIGHT["ink"], share))]).max() < 1.5
    assert RECOLOUR.distance([rgb("#FF00FF"), rgb("#FFFF00"), rgb("#440154")]).min() > 24


def ramps():
    for name in LINES:
        yield name, [mix(LIGHT["paper"], LIGHT[name], share) for share in np.linspace(0, 1, 41)]
    for name, scale, start, end in (
        ("strength", STRENGTH_COLOURS, 0, 1),
        ("below zero", TABLE_COLOURS, 0.5, 0),
        ("above zero", TABLE_COLOURS, 0.5, 1),
    ):
        yield name, [to_hex(scale(value)).upper() for value in np.linspace(start, end, 41)]


@pytest.mark.parametrize("ramp", dict(ramps()).values(), ids=dict(ramps()))
def test_a_scale_stands_out_more_and_more_in_both_themes(ramp):
    for paper, colours in ((LIGHT["paper"], ramp), (DARK["paper"], [dark(colour) for colour in ramp])):
        ratios = [contrast(paper, colour) for colour in colours]
        assert all(later >= earlier for earlier, later in itertools.pairwise(ratios))
        assert ratios[-1] > 1.5 * ratios[0]


def test_an_svg_is_recoloured_and_its_links_are_not():
    svg = '<svg width="9pt"><g style="fill: #0072b2; stroke: #ffffff"><use href="#0072b2"/></g></svg>'
    assert colours_of(svg) == ["#0072b2", "#ffffff"]
    ink, blue, paper = (DARK[name].lower() for name in ("ink", "blue", "paper"))
    assert recolour_svg(svg, RECOLOUR) == (
        f'<svg fill="{ink}" width="9pt">'
        f'<g style="fill: {blue}; stroke: {paper}"><use href="#0072b2"/></g></svg>'
    )


def png(*pixel):
    stream = io.BytesIO()
    Image.new("RGBA", (2, 3), pixel).save(stream, "png")
    return stream.getvalue()


def pixels(data):
    return {tuple(pixel) for pixel in np.array(Image.open(io.BytesIO(data))).reshape(-1, 4).tolist()}


def test_pixels_are_recoloured_and_stay_as_transparent():
    shown = recolour_png(png(*rgb(LIGHT["blue"]), 77), RECOLOUR)
    assert pixels(shown) == {(*rgb(DARK["blue"]), 77)}
    assert Image.open(io.BytesIO(shown)).size == (2, 3)


def test_pixels_in_an_svg_are_recoloured():
    data = base64.b64encode(png(*rgb(LIGHT["paper"]), 255)).decode()
    shown = recolour_svg(f'<image href="data:image/png;base64,{data}"/>', RECOLOUR)
    assert pixels(base64.b64decode(shown.split("base64,")[1].split('"')[0])) == {(*rgb(DARK["paper"]), 255)}
