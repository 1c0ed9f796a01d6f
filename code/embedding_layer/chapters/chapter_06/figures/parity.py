"""A table of verdicts at a glance: one small square a comparison."""

from __future__ import annotations

from itertools import groupby

from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Polygon, Rectangle

from embedding_layer.figures.style import PALETTE
from embedding_layer.parity import DIFFERS, REFUSES_DIFFERENTLY, SAME, ParityTable

_SIDE = 0.8
"""Of a square; the squares of a strip stand 1 apart."""
_STRIP = 1.25
"""From one strip of a group to the next: a line of text fits."""


def draw_parity(ax: Axes, table: ParityTable) -> None:
    """Draw a strip of squares for each group and layer: full for the same, empty where it differs.

    A square that is half full stands for a layer that refuses what `nn.Embedding` refuses, but with an
    exception of another kind.

    Parameters
    ----------
    ax : Axes
        Switched off, with its limits set.
    table : ParityTable
    """
    y, widest = 0.0, 0
    for group, members in groupby(table.rows, key=lambda row: row[0].group):
        verdicts = [found for _, found in members]
        widest = max(widest, len(verdicts))
        middle = y + _STRIP * (len(table.layers) - 1) / 2 + 0.5
        ax.text(-8.6, middle, group, ha="right", va="center", weight="bold")
        for column, layer in enumerate(table.layers):
            ax.text(-0.6, y + 0.5, layer, ha="right", va="center", fontsize=10.5, family="monospace")
            for place, found in enumerate(verdicts):
                _square(ax, place, y, found[column])
            y += _STRIP
        y += 0.8
    marks = {SAME: "full", REFUSES_DIFFERENTLY: "left", DIFFERS: "none"}
    handles = [
        Line2D(
            [],
            [],
            marker="s",
            linestyle="",
            markersize=9,
            fillstyle=fill,
            color=PALETTE["blue"] if name == SAME else PALETTE["purple"],
            markerfacecoloralt="white",
            label=name,
        )
        for name, fill in marks.items()
    ]
    ax.legend(handles=handles, loc="upper center", bbox_to_anchor=(0.5, 0.0), ncols=3, fontsize=10.5)
    ax.set(xlim=(-19, widest + 0.2), ylim=(y, -0.5), aspect="equal")
    ax.axis("off")


def _square(ax: Axes, x: float, y: float, verdict: str) -> None:
    y += (1 - _SIDE) / 2
    colour = PALETTE["blue"] if verdict == SAME else PALETTE["purple"]
    face = colour if verdict == SAME else "white"
    ax.add_patch(Rectangle((x, y), _SIDE, _SIDE, facecolor=face, edgecolor=colour, linewidth=1.4))
    if verdict == REFUSES_DIFFERENTLY:
        half = [(x, y), (x, y + _SIDE), (x + _SIDE / 2, y + _SIDE), (x + _SIDE / 2, y)]
        ax.add_patch(Polygon(half, facecolor=colour, edgecolor="none"))
