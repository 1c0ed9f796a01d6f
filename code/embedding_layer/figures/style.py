"""The book's face in figures: the palette, the matplotlib style and the plotly template made from it."""

from __future__ import annotations

import json
from importlib.resources import files
from types import MappingProxyType
from typing import TYPE_CHECKING

import matplotlib as mpl
from cycler import cycler
from matplotlib.colors import LinearSegmentedColormap

if TYPE_CHECKING:
    from plotly.graph_objects.layout import Template

_DATA = json.loads((files(__package__) / "palette.json").read_text(encoding="utf-8"))

CYCLE = tuple(_DATA.pop("cycle"))
"""Names of the line colours, in the order in which they are used."""

PALETTE = MappingProxyType(_DATA)
"""The book's colours by name; told apart in the common kinds of colour blindness, too."""

TABLE_COLOURS = LinearSegmentedColormap.from_list(
    "table", [PALETTE["vermillion"], "#F7F7F7", PALETTE["blue"]]
)
"""Colours of the numbers in a table: negative vermillion, zero near white, positive blue."""


def use_style() -> None:
    """Draw matplotlib figures in the book's style from here on, sized to be read on a phone, too."""
    ink = PALETTE["ink"]
    mpl.rcParams.update(
        {
            "figure.figsize": (6.0, 3.4),
            "figure.dpi": 144,
            "figure.constrained_layout.use": True,
            "figure.facecolor": PALETTE["paper"],
            "savefig.facecolor": PALETTE["paper"],
            "axes.facecolor": PALETTE["paper"],
            "font.size": 11,
            "axes.titlesize": 12,
            "axes.titleweight": "bold",
            "axes.titlelocation": "left",
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.edgecolor": ink,
            "axes.labelcolor": ink,
            "text.color": ink,
            "xtick.color": ink,
            "ytick.color": ink,
            "axes.prop_cycle": cycler(color=[PALETTE[name] for name in CYCLE]),
            "axes.grid": False,
            "grid.color": "#D9DEE3",
            "lines.linewidth": 2.0,
            "legend.frameon": False,
        }
    )


def plotly_template() -> Template:
    """Return the plotly template with the book's colours and fonts; the page supplies light or dark."""
    import plotly.graph_objects as go  # here, because most chapters draw nothing interactive

    axis = {
        "gridcolor": "#D9DEE3",
        "zerolinecolor": "#D9DEE3",
        "linecolor": PALETTE["ink"],
        "ticks": "outside",
    }
    layout = {
        "colorway": [PALETTE[name] for name in CYCLE],
        "font": {"family": "system-ui, sans-serif", "size": 14, "color": PALETTE["ink"]},
        "paper_bgcolor": PALETTE["paper"],
        "plot_bgcolor": PALETTE["paper"],
        "xaxis": axis,
        "yaxis": axis,
        "margin": {"l": 48, "r": 16, "t": 48, "b": 48},
    }
    return go.layout.Template(layout=layout)
