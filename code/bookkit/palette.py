"""The colours of the site, computed from the one palette that the figures use, too.

A colour that suits a thick line is often too light for text. For each theme every colour is therefore moved
towards black or white, in small steps, until text in it stands out from the page by the ratio that WCAG 2
asks for (level AA, https://www.w3.org/TR/WCAG22/#contrast-minimum). The style sheet and the scripts of the
site know colours only by the names of these properties.
"""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from bookkit.static_files import is_html, static_path, write_text

if TYPE_CHECKING:
    from sphinx.application import Sphinx

# find_spec does not import the library, which would import torch
PALETTE_PATH = Path(find_spec("embedding_layer").origin).parent / "figures" / "palette.json"

TEXT_CONTRAST = 4.5
BLACK = "#000000"
STEP = 0.02
TINT = 0.1

Colours = dict[str, str]


def mix(colour: str, other: str, share: float) -> str:
    """Return `colour` with `share` (0 to 1) of `other` mixed in; colours are written #RRGGBB."""
    pairs = zip(_channels(colour), _channels(other), strict=True)
    return "#" + "".join(f"{round((1 - share) * a + share * b):02X}" for a, b in pairs)


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours, from 1 to 21, as WCAG 2 defines it."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def readable(colour: str, towards: str, backgrounds: list[str]) -> str:
    """Move `colour` towards another one until text in it can be read on each of `backgrounds`."""
    share = 0.0
    result = colour
    while min(contrast(result, background) for background in backgrounds) < TEXT_CONTRAST:
        share += STEP
        if share > 1:
            raise ValueError(
                f"{colour} cannot be made readable on {', '.join(backgrounds)} by mixing in {towards}; "
                "change the palette"
            )
        result = mix(colour, towards, share)
    return result


def load_palette() -> Colours:
    """Return the palette of the figures: names to colours, without the order of the lines."""
    return {name: colour for name, colour in _stored().items() if isinstance(colour, str)}


def load_dark_palette() -> Colours:
    """Return what the line colours become on dark pages."""
    return _stored()["dark"]


def _stored() -> dict:
    return json.loads(PALETTE_PATH.read_text(encoding="utf-8"))


def light_theme(palette: Colours) -> Colours:
    """Return the colours of light pages: dark ink on the palette's own paper."""
    ink, paper = palette["ink"], palette["paper"]
    accents = {name: colour for name, colour in palette.items() if name not in ("paper", "ink")}
    return _theme(accents, paper=paper, surface=mix(paper, ink, 0.04), ink=ink, towards=BLACK)


def dark_theme(palette: Colours, accents: Colours) -> Colours:
    """Return the colours of dark pages: the palette's ink, darkened, is the paper; `accents` stand on it."""
    ink, paper = palette["ink"], palette["paper"]
    return _theme(
        accents,
        paper=mix(ink, BLACK, 0.44),
        surface=mix(ink, BLACK, 0.2),
        ink=mix(paper, ink, 0.1),
        towards=paper,
    )


def style_sheet(palette: Colours, dark: Colours) -> str:
    """Return CSS that declares the figures' colours and those of both themes as custom properties."""
    figure = {f"figure-{name}": colour for name, colour in palette.items()}
    return "\n".join(
        [
            "/* Computed from palette.json by bookkit.palette: change the colours there. */",
            _rule(":root", figure),
            _rule(":root", light_theme(palette)),
            "@media screen {",  # paper is light
            _rule('html[data-theme="dark"]', dark_theme(palette, dark)),
            "}",
        ]
    )


def write_style_sheet(app: Sphinx) -> None:
    """Write palette.css into the built site."""
    if is_html(app):
        write_text(static_path(app, "palette.css"), style_sheet(load_palette(), load_dark_palette()))


def setup(app: Sphinx) -> None:
    """Write the colours before the pages are written, so that their links carry the right checksum."""
    app.connect("builder-inited", write_style_sheet)


def _theme(accents: Colours, *, paper: str, surface: str, ink: str, towards: str) -> Colours:
    neutral = {
        "paper": paper,
        "surface": surface,
        "line": mix(paper, ink, 0.18),
        "ink": ink,
    }
    tints = {f"{name}-tint": mix(paper, colour, TINT) for name, colour in accents.items()}
    text = {
        name: readable(colour, towards, [paper, surface, tints[f"{name}-tint"]])
        for name, colour in accents.items()
    }
    return neutral | text | tints


def _rule(selector: str, colours: Colours) -> str:
    lines = [f"  --el-{name}: {colour};" for name, colour in colours.items()]
    return "\n".join([f"{selector} {{", *lines, "}"])


def _channels(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _luminance(colour: str) -> float:
    linear = [
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4
        for c in (channel / 255 for channel in _channels(colour))
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
