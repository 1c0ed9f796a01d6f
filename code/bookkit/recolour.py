"""Figures in the colours of a dark page.

Every colour of a figure is a mix of the palette's paper, its ink and one line colour: a tint, a grey, a step
of a scale from paper to blue. The dark figure is made of the same mixes of the dark page's colours. So what
stands out stands out in both, and a scale that rises in one rises in the other.
"""

from __future__ import annotations

import base64
import io
import re

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PIL import Image

from bookkit.palette import Colours, dark_theme, load_dark_palette, load_palette

INK_COST = 30.0
"""Levels of 255 that a mix may be farther away, if it is without ink and the nearest one is all ink."""

# in the styles that matplotlib writes; not in links, such as `href="#m0a1b2c3d4e"`
_COLOUR = re.compile(r"(?<=: )#[0-9a-f]{6}\b")
_PIXELS = re.compile(r'(?<="data:image/png;base64,)[^"]+')


class Recolour:
    """The way from the colours of one page to those of another.

    Parameters
    ----------
    paper, ink : (str, str)
        What they are here and there, as #RRGGBB.
    accents : mapping of str to str
        The line colours here, and what each becomes.
    """

    def __init__(self, paper: tuple[str, str], ink: tuple[str, str], accents: Colours) -> None:
        triangles = [(paper, ink, accent) for accent in accents.items()]
        self._from, self._to = (
            np.array([[channels(pair[side]) for pair in corners] for corners in triangles]) for side in (0, 1)
        )

    def __call__(self, colours: ArrayLike) -> NDArray[np.uint8]:
        """Return colours of shape `(n, 3)`, 0 to 255, as they are there."""
        shares, nearest, _ = self._mix(colours)
        there = np.einsum("nc,nck->nk", shares, self._to[nearest])
        return there.round().astype(np.uint8)

    def distance(self, colours: ArrayLike) -> NDArray[np.float64]:
        """Return how far colours of shape `(n, 3)` are from any mix of paper, ink and one line colour."""
        return self._mix(colours)[2]

    def _mix(self, colours: ArrayLike) -> tuple[NDArray, NDArray, NDArray]:
        """Return for each colour the shares of the nearest mix, its line colour, and the distance."""
        colours = np.asarray(colours, dtype=float)
        shares = np.stack([_shares(colours, triangle) for triangle in self._from])
        distances = np.linalg.norm(np.einsum("tnc,tck->tnk", shares, self._from) - colours, axis=2)
        # sky with ink looks as blue with paper does: tints are common, so the mix with less ink is meant
        nearest = (distances + INK_COST * shares[..., 1]).argmin(axis=0)
        each = np.arange(len(colours))
        return shares[nearest, each], nearest, distances.min(axis=0)


def channels(colour: str) -> list[int]:
    """Return red, green and blue of a colour written #RRGGBB, 0 to 255."""
    return [int(colour[place : place + 2], 16) for place in (1, 3, 5)]


def to_dark() -> Recolour:
    """Return the way from the figures' own colours to those of the dark page."""
    light, dark = load_palette(), load_dark_palette()
    page = dark_theme(light, dark)
    accents = {light[name]: colour for name, colour in dark.items()}
    return Recolour((light["paper"], page["paper"]), (light["ink"], page["ink"]), accents)


def colours_of(svg: str) -> list[str]:
    """Return the colours that an SVG of matplotlib names, without repeats."""
    return sorted(set(_COLOUR.findall(svg)))


def recolour_svg(svg: str, recolour: Recolour) -> str:
    """Return an SVG of matplotlib in other colours, the pixels in it included."""
    names = colours_of(svg)
    new = dict(zip(names, recolour([channels(name) for name in names]), strict=True)) if names else {}
    svg = _COLOUR.sub(lambda match: _name(new[match[0]]), svg)
    svg = _PIXELS.sub(
        lambda match: base64.b64encode(recolour_png(base64.b64decode(match[0]), recolour)).decode(), svg
    )
    black = _name(recolour([[0, 0, 0]])[0])  # what has no colour is black
    return re.sub(r"<svg\b", f'<svg fill="{black}"', svg, count=1)


def recolour_png(png: bytes, recolour: Recolour) -> bytes:
    """Return a PNG in other colours, as transparent as it was."""
    pixels = np.array(Image.open(io.BytesIO(png)).convert("RGBA"))
    colours, places = np.unique(pixels[..., :3].reshape(-1, 3), axis=0, return_inverse=True)
    pixels[..., :3] = recolour(colours)[places].reshape(pixels[..., :3].shape)
    result = io.BytesIO()
    Image.fromarray(pixels).save(result, "png", optimize=True)
    return result.getvalue()


def _shares(colours: NDArray, triangle: NDArray) -> NDArray:
    """Return for each colour the shares of three corners whose mix is the nearest point of their triangle."""
    origin, *ends = triangle
    sides = np.stack([end - origin for end in ends])
    inner = (colours - origin) @ np.linalg.pinv(sides)
    inner = np.column_stack([1 - inner.sum(axis=1), inner])
    best = np.where((inner >= 0).all(axis=1), 0.0, np.inf)
    shares = np.where(best[:, None] == 0, inner, 0)
    for start, end in ((0, 1), (0, 2), (1, 2)):  # outside, the nearest point is on an edge
        edge = triangle[end] - triangle[start]
        along = np.clip((colours - triangle[start]) @ edge / (edge @ edge), 0, 1)
        distance = np.linalg.norm(triangle[start] + along[:, None] * edge - colours, axis=1)
        closer = distance < best
        best = np.where(closer, distance, best)
        on_edge = np.zeros((len(colours), 3))
        on_edge[:, start], on_edge[:, end] = 1 - along, along
        shares = np.where(closer[:, None], on_edge, shares)
    return shares


def _name(colour: ArrayLike) -> str:
    return "#" + "".join(f"{channel:02x}" for channel in colour)
