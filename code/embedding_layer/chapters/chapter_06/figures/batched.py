"""A batch of tables as one tall table: what `vmap` does to a look-up."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from embedding_layer.figures.style import PALETTE
from embedding_layer.figures.tables import ARROW, draw_table

_GAP = 1.0
"""Between two tables of the batch, in rows."""


def draw_tall_table(ax: Axes, tables: ArrayLike, ids: ArrayLike) -> None:
    """Draw tables one above the other, each with its own ids, and beside them the same rows as one table.

    Parameters
    ----------
    ax : Axes
        Switched off, with its limits set.
    tables : array_like of shape `(B, V, D)`
    ids : array_like of int, shape `(B, T)`
        What is looked up in each table.
    """
    tables, ids = np.asarray(tables, dtype=float), np.asarray(ids)
    batch, rows, columns = tables.shape
    ink, limit = PALETTE["ink"], float(np.abs(tables).max())
    height = batch * (rows + _GAP) - _GAP
    left, right = 3.2, columns + 8.0
    drop = (height - batch * rows) / 2
    for b, (table, own) in enumerate(zip(tables, ids, strict=True)):
        top = b * (rows + _GAP)
        draw_table(
            ax,
            table,
            at=(left, top),
            limit=limit,
            labels=[str(row) for row in range(rows)],
            outline=dict.fromkeys(map(int, own), ink),
        )
        text = ", ".join(map(str, own))
        ax.text(left - 1.2, top + rows / 2, f"ids {text}", ha="right", va="center")
        shifted = ", ".join(str(i + b * rows) for i in own)
        ax.text(
            right + columns + 0.5,
            drop + (b + 0.5) * rows,
            f"ids {text}" + (f"\n+ {b} · {rows}\n= {shifted}" if b else "\nas they are"),
            ha="left",
            va="center",
        )
        ax.annotate(
            "",
            (right - 1.5, drop + (b + 0.5) * rows),
            (left + columns + 0.3, top + rows / 2),
            arrowprops=ARROW,
        )
    draw_table(
        ax,
        tables.reshape(batch * rows, columns),
        at=(right, drop),
        limit=limit,
        labels=[str(row) for row in range(batch * rows)],
        outline={int(i) + b * rows: ink for b, own in enumerate(ids) for i in own},
    )
    for b in range(1, batch):
        ends = [right - 0.25, right + columns + 0.25]  # seen where two frames meet, too
        ax.plot(ends, [drop + b * rows] * 2, color=ink, linewidth=1.0, linestyle=":", zorder=4)
    for x, name in ((left, f"{batch} tables of {rows} rows"), (right, f"one table of {batch * rows}")):
        ax.text(x + columns / 2, -0.6, name, ha="center", va="bottom", weight="bold")
    ax.set(xlim=(-1.2, right + columns + 5.2), ylim=(height + 0.3, -1.8))
    ax.axis("off")
