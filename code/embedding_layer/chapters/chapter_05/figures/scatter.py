"""The gradient of a look-up in two pictures: wires that run backwards, and a transposed one-hot matrix."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike, NDArray

from embedding_layer.figures.style import PALETTE, set_apart
from embedding_layer.figures.tables import draw_table

_GAP = 0.7
"""Between two texts of a batch, in cells."""

_PALE = 1.7
"""The strongest colour stands for so many times the largest number: digits stay readable on every cell."""


def draw_scatter(
    axes: Sequence[Axes],
    weight: ArrayLike,
    ids: ArrayLike,
    slopes: ArrayLike,
    words: Sequence[str],
    follow: int,
) -> None:
    """Draw a look-up and, below it, the way back: the same wires, where a row adds what arrives.

    Parameters
    ----------
    axes : two Axes
        The upper for the look-up, the lower for its gradient. They are switched off and their limits set.
    weight : array_like of shape `(V, D)`
    ids : array_like of int, shape `(B, T)`
    slopes : array_like of shape `(B, T, D)`
        The derivative of the loss with respect to every number that was looked up.
    words : sequence of V str
        The word of each row.
    follow : int
        The id whose wires and rows are drawn strong.
    """
    weight, ids, slopes = np.asarray(weight, dtype=float), np.asarray(ids), np.asarray(slopes, dtype=float)
    forward, backward = axes
    _draw_wires(forward, weight, weight[ids], ids, words, follow, back=False)
    _draw_wires(backward, _add_up(ids, slopes, len(weight)), slopes, ids, words, follow, back=True)
    for ax, title, left, right in (
        (forward, "Forward: rows are copied", "table W", "vectors W[ids]"),
        (backward, "Backward: what comes back adds up", "gradient of W", "slopes G"),
    ):
        columns, far = weight.shape[1], _right_of(weight.shape[1])
        ax.set_title(title, pad=4)
        for x, name in ((columns / 2, left), (far + columns / 2, right)):
            ax.text(x, -0.3, name, ha="center", va="bottom", weight="bold")
    set_apart(axes)


def draw_transposed(
    ax: Axes, ids: ArrayLike, slopes: ArrayLike, vocab_size: int, words: Sequence[str], follow: int
) -> None:
    """Draw the transposed one-hot vectors times the slopes, which is the gradient of the table.

    Parameters
    ----------
    ax : Axes
        Switched off, with its limits set.
    ids : array_like of int, shape `(N,)`
    slopes : array_like of shape `(N, D)`
    vocab_size : int
        V, the number of rows.
    words : sequence of V str
    follow : int
        The id whose row is framed, with the slopes that its ones pick.
    """
    ids, slopes = np.asarray(ids), np.asarray(slopes, dtype=float)
    count, columns = slopes.shape
    transposed = (np.arange(vocab_size)[:, None] == ids).astype(float)
    gradient, ink = transposed @ slopes, PALETTE["ink"]
    limit = _PALE * float(max(np.abs(slopes).max(), np.abs(gradient).max()))
    slopes_at = count + 1.4
    result_at = slopes_at + columns + 1.4
    drop = (count - vocab_size) / 2  # the three blocks are centred on one line
    draw_table(
        ax,
        transposed,
        at=(0, drop),
        labels=words,
        limit=_PALE,
        numbers=".0f",
        outline={follow: ink},
    )
    picked = {int(place): ink for place in np.flatnonzero(ids == follow)}
    draw_table(ax, slopes, at=(slopes_at, 0), limit=limit, numbers=".0f", outline=picked)
    draw_table(
        ax,
        gradient,
        at=(result_at, drop),
        labels=words,
        label_side="right",
        limit=limit,
        numbers=".0f",
        outline={follow: ink},
    )
    top, bottom = min(drop, 0.0), max(drop + vocab_size, count)
    for x, sign in ((slopes_at - 0.7, "×"), (result_at - 0.7, "=")):
        ax.text(x, count / 2, sign, ha="center", va="center", fontsize=15)
    for x, name in (
        (count / 2, "one-hot, transposed"),
        (slopes_at + columns / 2, "slopes G"),
        (result_at + columns / 2, "gradient of W"),
    ):
        ax.text(x, top - 0.3, name, ha="center", va="bottom", weight="bold")
    for place, i in enumerate(ids):
        ax.text(
            place + 0.5, bottom + 0.2, words[i], ha="right", va="top", rotation=45, rotation_mode="anchor"
        )
    ax.set(xlim=(-2.2, result_at + columns + 2.2), ylim=(bottom + 1.7, top - 1.2))
    ax.axis("off")


def _add_up(ids: NDArray, slopes: NDArray, rows: int) -> NDArray:
    gradient = np.zeros((rows, slopes.shape[-1]))
    np.add.at(gradient, ids, slopes)
    return gradient


def _right_of(columns: int) -> float:
    return columns + 4.6


def _draw_wires(
    ax: Axes,
    table: NDArray,
    vectors: NDArray,
    ids: NDArray,
    words: Sequence[str],
    follow: int,
    *,
    back: bool,
) -> None:
    """Draw the table left, the vectors right, and a wire for every position."""
    (rows, columns), (batch, length) = table.shape, ids.shape
    height = batch * length + (batch - 1) * _GAP
    drop, far = (height - rows) / 2, _right_of(columns)
    ink, grey = PALETTE["ink"], PALETTE["grey"]
    used = np.bincount(ids.ravel(), minlength=rows)
    look = {"limit": _PALE * float(max(np.abs(table).max(), np.abs(vectors).max())), "numbers": ".0f"}
    draw_table(ax, table, at=(0, drop), labels=words, outline={follow: ink}, **look)
    for text, members in enumerate(ids):
        top = text * (length + _GAP)
        draw_table(
            ax,
            vectors[text],
            at=(far, top),
            labels=[words[i] for i in members],
            label_side="right",
            outline={place: ink for place, i in enumerate(members) if i == follow},
            **look,
        )
        for place, i in enumerate(members):
            ends = [(columns + 0.15, drop + i + 0.5), (far - 0.15, top + place + 0.5)]
            if back:
                ends.reverse()
                if used[i] > 1:  # room for the plus sign where wires meet
                    ends[1] = (columns + 0.85, drop + i + 0.5)
            strong = i == follow
            ax.annotate(
                "",
                ends[1],
                ends[0],
                arrowprops={
                    "arrowstyle": "-|>",
                    "color": ink if strong else grey,
                    "linewidth": 2.2 if strong else 1.1,
                    "shrinkA": 0,
                    "shrinkB": 0,
                },
            )
    if back:
        for row in np.flatnonzero(used > 1):
            y = drop + row + 0.5
            ax.plot(columns + 0.5, y, "o", color="white", markeredgecolor=ink, markersize=12, zorder=4)
            ax.text(columns + 0.5, y, "+", ha="center", va="center_baseline", weight="bold", zorder=5)
    ax.set(xlim=(-2.3, far + columns + 2.3), ylim=(height + 0.1, -1.2))
    ax.axis("off")
