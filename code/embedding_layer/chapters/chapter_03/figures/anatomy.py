"""The embedding layer as a picture: ids go in, rows of the table come out."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from numpy.typing import ArrayLike

from embedding_layer.figures.style import PALETTE
from embedding_layer.figures.tables import ARROW, draw_table

CELL = (1.3, 1.0)
"""Width and height of a number's cell."""


def draw_layer(weight: ArrayLike, ids: ArrayLike, words: Sequence[str], follow: int) -> None:
    """Draw a batch of ids, the table and, below, the vectors that come out, with their names in the class.

    Parameters
    ----------
    weight : array_like of shape `(V, D)`
    ids : array_like of int, shape `(B, T)`
    words : sequence of V str
        The word of each row.
    follow : int
        The id to frame wherever it appears: in the batch, in the table, in the output.
    """
    weight, ids = np.asarray(weight), np.asarray(ids)
    (rows, columns), (batch, length) = weight.shape, ids.shape
    wide, apart = CELL[0] * columns, 2.8  # a table, and what lies between two of them: words
    table_x, table_y, ids_y = length + 4.2, 0.0, (rows - batch) / 2
    out_y = rows + 3.0
    right = max(table_x + wide, batch * (wide + apart)) - 0.3
    _, ax = plt.subplots(figsize=(5.4, 4.3))

    _draw_ids(ax, ids, ids_y, follow)
    style = {"cell": CELL, "limit": float(np.abs(weight).max()), "numbers": ".1f"}
    frame = {follow: PALETTE["ink"]}
    draw_table(ax, weight, at=(table_x, table_y), labels=words, outline=frame, **style)
    middle, below = rows / 2, table_x + wide / 2
    for sentence, members in enumerate(ids):
        x = sentence * (wide + apart)
        draw_table(
            ax,
            weight[members],
            at=(x, out_y),
            labels=[words[i] for i in members],
            label_side="right",
            outline={t: PALETTE["ink"] for t, i in enumerate(members) if i == follow},
            **style,
        )
        tip = np.clip(below, x, x + wide)  # the nearest point above the group
        tail = np.clip(tip, table_x + 0.6, table_x + wide - 0.6)
        ax.annotate("", (tip, out_y - 0.3), (tail, rows + 0.2), arrowprops=ARROW)

    ax.annotate("", (table_x - 2.5, middle), (length + 0.2, middle), arrowprops=ARROW)
    for x, y, name, shape in (
        (length / 2, ids_y, "x", f"{ids.shape}"),
        (below, table_y, "self.weight", f"{weight.shape}"),
        (wide / 2, out_y, "self.weight[x]", f"{(*ids.shape, columns)}"),
    ):
        ax.text(x, y - 1.2, name, ha="center", family="monospace", weight="bold")
        ax.text(x, y - 0.4, shape, ha="center", family="monospace")
    ax.set(xlim=(-0.1, right), ylim=(out_y + length + 0.1, -2), aspect="equal")
    ax.axis("off")


def _draw_ids(ax: Axes, ids: np.ndarray, y0: float, follow: int) -> None:
    for (row, column), value in np.ndenumerate(ids):
        framed = value == follow
        ax.add_patch(
            Rectangle(
                (column, y0 + row),
                1,
                1,
                facecolor="white",
                edgecolor=PALETTE["ink"] if framed else PALETTE["grey"],
                linewidth=2.5 if framed else 1,
                zorder=3 if framed else 2,
            )
        )
        ax.text(column + 0.5, y0 + row + 0.5, str(value), ha="center", va="center", zorder=4)
