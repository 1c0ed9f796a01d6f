"""A flat map of pairs: each pair of words joined by a line."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from embedding_layer.figures import PALETTE
from embedding_layer.figures.style import SMALLEST_TEXT
from embedding_layer.vectors import flat_map


def draw_pairs(ax: Axes, table: ArrayLike, pairs: Sequence[tuple[str, str]]) -> None:
    """Draw the words of some pairs where they differ most, a line from the first word to the second.

    Parameters
    ----------
    ax : Axes
    table : array_like of shape `(2 P, D)`
        The rows of the first words, then those of the second.
    pairs : sequence of P pairs of str
    """
    points = flat_map(table)
    firsts, seconds = points[: len(pairs)], points[len(pairs) :]
    for words, *ends in zip(pairs, firsts, seconds, strict=True):
        ax.plot(*zip(*ends, strict=True), color=PALETTE["grey"], linewidth=1.2)
        upper = int(ends[1][1] > ends[0][1])
        for number, (colour, marker) in enumerate((("blue", "o"), ("vermillion", "s"))):
            x, y = ends[number]
            ax.plot(x, y, marker, color=PALETTE[colour], markersize=6)
            ax.annotate(
                words[number],
                (x, y),
                xytext=(-6 if x < 0 else 6, 3 if number == upper else -3),  # so that partners do not collide
                textcoords="offset points",
                ha="right" if x < 0 else "left",
                va="bottom" if number == upper else "top",
                fontsize=SMALLEST_TEXT,
            )
    ax.set(xticks=[], yticks=[])
    ax.margins(0.32, 0.08)
    for side in ("top", "right"):
        ax.spines[side].set_visible(True)
