"""A table as the memory holds it: one long strip of numbers, row after row."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Polygon, Rectangle
from numpy.typing import ArrayLike

from embedding_layer.figures.style import PALETTE
from embedding_layer.figures.tables import draw_table


def draw_memory(ax: Axes, weight: ArrayLike, words: Sequence[str], *, index: int) -> None:
    """Draw a table and, below, the strip of bytes that holds it, with the offset of every row.

    Parameters
    ----------
    ax : Axes
        Its axes are switched off and its limits set.
    weight : array_like of shape `(V, D)`
        The offsets are those of its own data type.
    words : sequence of str
        The V words whose rows these are.
    index : int
        The row to follow from the table into the strip.
    """
    weight = np.asarray(weight)
    vocab_size, embedding_dim = weight.shape
    numbers = vocab_size * embedding_dim
    bytes_per_row = embedding_dim * weight.itemsize
    idle = [row for row in range(vocab_size) if row != index]
    limit, ink, frame = float(np.abs(weight).max()), PALETTE["ink"], PALETTE["blue"]

    left, wide = numbers * 0.36, 1.8
    draw_table(
        ax,
        weight,
        at=(left, 0),
        cell=(wide, 1),
        labels=words,
        limit=limit,
        faded=idle,
        outline={index: frame},
    )
    ax.text(left, -0.35, "the table", va="bottom", fontweight="bold")

    strip = vocab_size + 3.4
    for row in range(vocab_size):
        start = row * embedding_dim
        chosen = row == index
        draw_table(
            ax,
            weight[row][None],
            at=(start, strip),
            cell=(1, 1.4),
            limit=limit,
            faded=() if chosen else (0,),
            outline={0: frame} if chosen else None,
        )
        weight_of_font = "bold" if chosen else "normal"
        ax.text(start + embedding_dim / 2, strip - 0.25, words[row], ha="center", va="bottom", fontsize=10.5)
        ax.plot([start, start], [strip + 1.4, strip + 1.8], color=ink, linewidth=1, solid_capstyle="butt")
        ax.text(
            start,
            strip + 2.0,
            str(row * bytes_per_row),
            ha="center",
            va="top",
            fontsize=10.5,
            fontweight=weight_of_font,
        )
    ax.text(numbers, strip - 1.45, "the same numbers in memory", ha="right", va="bottom", fontweight="bold")
    start = index * embedding_dim
    ax.text(
        start,
        strip + 3.4,
        f"byte {index} × {embedding_dim} × {weight.itemsize} = {index * bytes_per_row}:"
        f" here the row of “{words[index]}” starts",
        va="top",
        fontsize=10.5,
    )
    ax.add_patch(
        Polygon(
            [
                (left, index + 1),
                (left + wide * embedding_dim, index + 1),
                (start + embedding_dim, strip),
                (start, strip),
            ],
            closed=True,
            facecolor=PALETTE["amber"],
            alpha=0.18,
            linewidth=0,
            zorder=0,
        )
    )
    under_the_table = Rectangle(
        (left, 0), wide * embedding_dim, vocab_size, facecolor=PALETTE["paper"], linewidth=0, zorder=0.5
    )
    ax.add_patch(
        under_the_table
    )  # the rows that take no part are drawn pale, and the band would shine through
    ax.set(xlim=(-0.8, numbers + 0.4), ylim=(strip + 4.8, -1.4))
    ax.axis("off")
