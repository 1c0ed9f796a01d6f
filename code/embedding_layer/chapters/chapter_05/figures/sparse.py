"""Sparse gradients: what they hold, and what they cost beside dense ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from embedding_layer.figures.curves import draw_curve, mark_size, use_log_axes
from embedding_layer.figures.style import PALETTE, SMALLEST_TEXT, set_apart
from embedding_layer.figures.tables import draw_table


def draw_sparse(ax: Axes, ids: ArrayLike, slopes: ArrayLike, vocab_size: int) -> None:
    """Draw one gradient in three forms: dense, as ids with their rows, and coalesced.

    Parameters
    ----------
    ax : Axes
        Switched off, with its limits set.
    ids : array_like of int, shape `(N,)`
    slopes : array_like of shape `(N, D)`
        What each position sends back.
    vocab_size : int
        V, the number of rows of the dense form.
    """
    ids, slopes = np.asarray(ids), np.asarray(slopes, dtype=float)
    columns = slopes.shape[1]
    dense = np.zeros((vocab_size, columns))
    np.add.at(dense, ids, slopes)
    found = np.unique(ids)
    repeated = {int(i) for i in found if np.count_nonzero(ids == i) > 1}
    limit = 1.7 * float(max(np.abs(dense).max(), np.abs(slopes).max()))  # pale, so that digits stay readable
    look = {"limit": limit, "numbers": ".0f"}
    listed_at, merged_at = columns + 3.6, 2 * columns + 7.2

    draw_table(
        ax,
        dense,
        labels=[str(row) for row in range(vocab_size)],
        outline=dict.fromkeys(repeated, PALETTE["ink"]),
        **look,
    )
    for x, some_ids, rows in ((listed_at, ids, slopes), (merged_at, found, dense[found])):
        frame = {place: PALETTE["ink"] for place, i in enumerate(some_ids) if int(i) in repeated}
        draw_table(ax, rows, at=(x, 0), labels=[str(i) for i in some_ids], outline=frame, **look)
        ax.text(x - 0.25, -0.3, "ids", ha="right", va="bottom")
        ax.text(x + columns / 2, -0.3, "values", ha="center", va="bottom")
    ax.text(-0.25, -0.3, "row", ha="right", va="bottom")
    for x, name in ((0, "dense"), (listed_at, "sparse"), (merged_at, "coalesced")):
        ax.text(x + columns / 2 - 0.5, -1.2, name, ha="center", va="bottom", weight="bold")
    numbers = vocab_size * columns, len(ids) * (columns + 1), len(found) * (columns + 1)
    bottoms = vocab_size, len(ids), len(found)
    for x, y, held in zip((0, listed_at, merged_at), bottoms, numbers, strict=True):
        ax.text(x + columns / 2 - 0.5, y + 0.25, f"{held} numbers", ha="center", va="top")
    ax.set(xlim=(-1.6, merged_at + columns + 0.2), ylim=(vocab_size + 1.2, -2.2))
    ax.axis("off")


def draw_gradient_costs(
    axes: Sequence[Axes],
    sizes: Sequence[int],
    megabytes: Mapping[str, Sequence[float]],
    milliseconds: Mapping[str, Sequence[float]],
    *,
    positions: int,
) -> None:
    """Draw what gradients take in memory and time, against the number of rows of the table.

    Parameters
    ----------
    axes : two Axes
        The upper for memory, the lower for time. All scales are logarithmic.
    sizes : sequence of int
        V.
    megabytes, milliseconds : mapping of str to sequence of float
        One number a size, by the name of the form; a form keeps its look in both panels.
    positions : int
        N, how many ids the batch has: marked, because there the table has as many rows as the batch.
    """
    names = list(dict.fromkeys([*megabytes, *milliseconds]))
    for ax, series, unit in zip(axes, (megabytes, milliseconds), ("MB", "milliseconds"), strict=True):
        for name, values in series.items():
            draw_curve(ax, names.index(name), name, sizes, values)
        use_log_axes(ax)
        mark_size(ax, positions)
        ax.set_ylabel(unit)
        ax.legend(loc="upper left", fontsize=SMALLEST_TEXT)
    upper, lower = axes
    upper.set_title("Memory of the gradient")
    lower.set_title("Time, there and back")
    set_apart(axes)
    lower.set_xlabel("rows of the table, V")
    upper.annotate(
        f"V = N = {positions:,}",
        (positions, 0.02),
        (5, 0),
        xycoords=upper.get_xaxis_transform(),
        textcoords="offset points",
        color=PALETTE["grey"],
        va="bottom",
    )
