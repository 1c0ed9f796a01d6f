"""Rows with two numbers as arrows, and the circle that `max_norm` lets them not leave."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Circle
from numpy.typing import ArrayLike

from embedding_layer.figures.style import PALETTE


def draw_limit(
    ax: Axes,
    before: ArrayLike,
    after: ArrayLike,
    looked_up: Collection[int],
    words: Sequence[str],
    max_norm: float,
) -> None:
    """Draw where the rows of a table end, before and after a look-up with `max_norm`.

    Parameters
    ----------
    ax : Axes
    before, after : array_like of shape `(V, 2)`
    looked_up : collection of int
        The ids of the batch: their rows are filled dots, all others rings.
    words : sequence of V str
    max_norm : float
        The radius of the circle.
    """
    before, after = np.asarray(before, dtype=float), np.asarray(after, dtype=float)
    ink, grey, blue = PALETTE["ink"], PALETTE["grey"], PALETTE["blue"]
    ax.add_patch(Circle((0, 0), max_norm, fill=False, edgecolor=ink, linewidth=1.2, linestyle="--"))
    ax.plot(0, 0, "+", color=ink, markersize=10)
    for row, (start, end) in enumerate(zip(before, after, strict=True)):
        used = row in looked_up
        colour = blue if used else grey
        ax.plot([0, end[0]], [0, end[1]], color=colour, linewidth=2.2 if used else 1.2, zorder=2)
        ax.plot(*end, "o", color=colour, markersize=8, markerfacecolor=colour if used else "white", zorder=4)
        if not np.allclose(start, end, atol=1e-3):
            ax.plot(*start, "o", color=blue, markersize=6, markerfacecolor="white", alpha=0.7, zorder=3)
            ax.annotate(
                "",
                end,
                start,
                arrowprops={"arrowstyle": "-|>", "color": blue, "linewidth": 1.2, "shrinkA": 4, "shrinkB": 7},
            )
        farther = start if np.linalg.norm(start) > np.linalg.norm(end) else end
        offset = farther / (np.linalg.norm(farther) or 1.0)
        ax.annotate(
            words[row],
            farther,
            xytext=(9 * offset[0], 9 * offset[1]),
            textcoords="offset points",
            ha="left" if offset[0] > 0.3 else "right" if offset[0] < -0.3 else "center",
            va="bottom" if offset[1] > 0.3 else "top" if offset[1] < -0.3 else "center",
            color=ink,
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.5},
        )
    ax.annotate(
        f"max_norm={max_norm:g}",
        (max_norm * np.cos(-0.9), max_norm * np.sin(-0.9)),
        xytext=(6, -6),
        textcoords="offset points",
        va="top",
        family="monospace",
        fontsize=10.5,
    )
    ends = np.concatenate([before, after, [[-max_norm, -max_norm], [max_norm, max_norm]]])
    low, high = ends.min(axis=0), ends.max(axis=0)
    margin = 0.16 * (high - low).max()
    ax.set(xlim=(low[0] - margin, high[0] + margin), ylim=(low[1] - margin, high[1] + margin))
    ax.set(aspect="equal", xticks=[], yticks=[])
    ax.spines[["top", "right"]].set_visible(True)
