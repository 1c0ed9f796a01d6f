"""The book's face in figures: the palette, the matplotlib style and the plotly template made from it.

Drawings are stored as SVG, which stays sharp on every screen, with a PNG beside it for programs that show no
SVG of a notebook that they do not trust. Figures use the colours of the palette and mixes of one of them with
paper and ink: then the book can show them in the colours of a dark page, too.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from importlib.resources import files
from types import MappingProxyType
from typing import TYPE_CHECKING

import matplotlib as mpl
from cycler import cycler
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap

if TYPE_CHECKING:
    from plotly.graph_objects.layout import Template

_DATA = json.loads((files(__package__) / "palette.json").read_text(encoding="utf-8"))

CYCLE = tuple(_DATA.pop("cycle"))
"""Names of the line colours, in the order in which they are used."""

DARK = MappingProxyType(_DATA.pop("dark"))
"""What the line colours become on a dark page."""

PALETTE = MappingProxyType(_DATA)
"""The book's colours by name; told apart in the common kinds of colour blindness, too."""

_TINT = "#CCE3F0"  # a fifth of blue

TABLE_COLOURS = LinearSegmentedColormap.from_list(
    "table", [PALETTE["vermillion"], "#F7F7F7", PALETTE["blue"]]
)
"""Colours of the numbers in a table: negative vermillion, zero near paper, positive blue."""

STRENGTH_COLOURS = LinearSegmentedColormap.from_list("strength", [_TINT, PALETTE["blue"], PALETTE["ink"]])
"""Colours of amounts: a little is a tint of blue, more is blue, the most is ink."""


SMALLEST_TEXT = 10.5
"""Points; in a figure of the standard width this is 10 pixels on a phone of 390."""


def use_style() -> None:
    """Draw matplotlib figures in the book's style from here on, sized to be read on a phone, too.

    Notebooks then store figures as SVG and PNG; elsewhere nothing changes but matplotlib's settings. The same
    figure gives the same bytes in every run. An SVG of many thousand marks is large: draw those marks with
    `rasterized=True`, and only they become pixels.
    """
    ink = PALETTE["ink"]
    mpl.rcParams.update(
        {
            "figure.figsize": (5.4, 3.2),
            "figure.dpi": 144,
            "figure.constrained_layout.use": True,
            "figure.facecolor": PALETTE["paper"],
            "savefig.facecolor": PALETTE["paper"],
            "axes.facecolor": PALETTE["paper"],
            "svg.fonttype": "path",  # the same letters wherever it is shown
            "svg.hashsalt": "embedding-layer",  # the same ids in every run
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
    _store_vectors()


def set_apart(axes: Sequence[Axes]) -> None:
    """Leave more room above a panel's title than below it, so that it belongs to the panel that it names."""
    engine = axes[0].figure.get_layout_engine()
    if engine is not None:
        engine.set(h_pad=0.11)


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


def _store_vectors() -> None:
    """Have the kernel of a notebook store figures as SVG and PNG; do nothing where there is no kernel."""
    ipython = sys.modules.get("IPython")  # loaded wherever there is a kernel
    shell = ipython.get_ipython() if ipython else None
    if shell is None:
        return
    from matplotlib_inline.config import InlineBackend  # here, because it comes with the kernel

    backend = InlineBackend.instance(parent=shell)
    backend.print_figure_kwargs = {
        **backend.print_figure_kwargs,
        "metadata": {"Date": None, "Creator": None},  # the date would change every run
    }
    backend.figure_formats = {"svg", "png"}
