"""How long something takes as it grows: measured points beside the lines that theory draws."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes

from embedding_layer.figures.style import PALETTE

LOOKS = {
    "product": {"color": PALETTE["vermillion"], "marker": "o"},
    "look-up": {"color": PALETTE["blue"], "marker": "s"},
}
"""How the two ways to fetch rows are drawn, here as everywhere in the book."""


def draw_scaling(
    ax: Axes,
    sizes: Sequence[int],
    seconds: Mapping[str, Sequence[float]],
    *,
    powers: Mapping[str, float],
    xlabel: str,
) -> None:
    """Draw seconds against size on logarithmic axes, each series beside a line of the expected slope.

    Parameters
    ----------
    ax : Axes
    sizes : sequence of int
    seconds : mapping of str to sequence of float
        For "product" and "look-up" one time a size; the name is written at the right end.
    powers : mapping of str to float
        The exponent `p` of the expected growth, seconds ~ size ** p. The dashed line has that slope, and its
        height is fitted to the points.
    xlabel : str
    """
    sizes = np.asarray(sizes, dtype=float)
    for name, times in seconds.items():
        look = LOOKS[name]
        microseconds = np.asarray(times) * 1e6
        ax.plot(sizes, microseconds, linestyle="none", markersize=7, **look)
        growth = sizes ** powers[name]
        expected = growth * np.exp(np.log(microseconds / growth).mean())
        ax.plot(sizes, expected, "--", color=look["color"], linewidth=1.5)
        ax.annotate(
            name,
            (sizes[-1], microseconds[-1]),
            (8, 0),
            textcoords="offset points",
            va="center",
            color=look["color"],
            fontweight="bold",
        )
    ax.set(xscale="log", yscale="log", xlabel=xlabel, ylabel="microseconds")
    ax.grid(True, which="major", linewidth=0.6)
