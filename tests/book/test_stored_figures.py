"""The drawings stored in the notebooks: sharp, light, readable on phones, in colours that dark pages have."""

import re
from pathlib import Path

import nbformat
import pytest

from bookkit.figures import PHONE, PIXELS_PER_INCH
from bookkit.recolour import channels, colours_of, to_dark

BOOK = Path(__file__).parents[2] / "book"
LARGEST = 300_000  # bytes
SMALLEST = 10.0  # CSS pixels
NEAR = 24  # levels of 255: two line colours one behind the other are no mix of one


def drawings():
    """Yield the name of each drawn figure and its stored formats."""
    for path in sorted(BOOK.glob("*.ipynb")):
        for number, cell in enumerate(nbformat.read(path, as_version=4).cells):
            for output in cell.get("outputs", []):
                if "image/png" in output.get("data", {}):
                    name = cell.metadata.get("mystnb", {}).get("figure", {}).get("name", f"cell {number}")
                    yield pytest.param(output.data.get("image/svg+xml"), id=f"{path.stem} {name}")


def text_sizes(svg):
    """Return what matplotlib wrote in a drawing, and how large it is on a phone, in CSS pixels."""
    width = float(re.search(r'<svg\b[^>]*\bwidth="([\d.]+)pt"', svg)[1]) / 72
    scale = min(PIXELS_PER_INCH, PHONE / width) / 72
    texts = re.findall(r'<g id="text_\d+">\s*<!-- (.*?) -->.*?scale\(([\d.]+) -', svg, re.DOTALL)
    return {text: 100 * float(size) * scale for text, size in texts}


@pytest.mark.parametrize("svg", list(drawings()))
def test_a_stored_drawing(svg):
    assert svg, "stored without SVG: draw it after `figures.use_style()`, then run `make notebooks`"
    assert len(svg) < LARGEST, "too large: draw its many marks with `rasterized=True`"
    small = {text: round(size, 1) for text, size in text_sizes(svg).items() if size < SMALLEST}
    assert not small, "too small on a phone: figures at most 5.4 inches wide, texts at least SMALLEST_TEXT"
    colours = colours_of(svg)
    distances = to_dark().distance([channels(colour) for colour in colours])
    foreign = [colour for colour, distance in zip(colours, distances, strict=True) if distance > NEAR]
    assert not foreign, "use colours of PALETTE, and mixes of one of them with paper and ink"


def test_sizes_of_text_are_read_from_the_drawing():
    svg = (
        '<svg width="360pt">\n<g id="text_1">\n <!-- word -->\n'
        ' <g transform="translate(1 2) rotate(-90) scale(0.11 -0.11)"/></g>'
    )
    assert text_sizes(svg) == pytest.approx({"word": 11 / 72 * PHONE / 5})
