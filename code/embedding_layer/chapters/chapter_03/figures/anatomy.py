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


def draw_layer(weight: ArrayLike, ids: ArrayLike, words: Sequence[str], follow: int) -> None:
    """Draw a batch of ids, the table and the vectors that come out, with the names they have in the class.

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
    gap = 0.7
    height = batch * length + (batch - 1) * gap
    table_x, out_x = length + 3.3, length + columns + 4.8
    _, ax = plt.subplots(figsize=(5.4, 3.4))

    _draw_ids(ax, ids, (height - batch) / 2, follow)
    table_y = (height - rows) / 2
    frame = {follow: PALETTE["ink"]}
    style = {"limit": float(np.abs(weight).max()), "numbers": ".1f"}
    draw_table(ax, weight, at=(table_x, table_y), labels=words, outline=frame, **style)
    for sentence, members in enumerate(ids):
        draw_table(
            ax,
            weight[members],
            at=(out_x, sentence * (length + gap)),
            labels=[words[i] for i in members],
            label_side="right",
            outline={t: PALETTE["ink"] for t, i in enumerate(members) if i == follow},
            **style,
        )

    middle = height / 2
    ax.annotate("", (table_x - 1.9, middle), (length + 0.2, middle), arrowprops=ARROW)
    ax.annotate("", (out_x - 0.2, middle), (table_x + columns + 0.2, middle), arrowprops=ARROW)
    for x, name, shape in (
        (length / 2, "x", f"{ids.shape}"),
        (table_x + columns / 2, "self.weight", f"{weight.shape}"),
        (out_x + columns / 2, "self.weight[x]", f"{(*ids.shape, columns)}"),
    ):
        ax.text(x, height + 0.85, name, ha="center", family="monospace", weight="bold")
        ax.text(x, height + 1.6, shape, ha="center", family="monospace")
    ax.set(xlim=(-0.1, out_x + columns + 1.9), ylim=(height + 1.8, -0.2), aspect="equal")
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
