"""Pictures of how a table learns: where a slope exists, and which rows receive one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from numpy.typing import ArrayLike

from embedding_layer.figures.style import PALETTE, SMALLEST_TEXT
from embedding_layer.figures.tables import draw_table, draw_tokens

TEXT_COLOURS = ("purple", "green", "amber", "sky")
"""One colour a text of the batch."""


def draw_id_and_number(
    axes: Sequence[Axes],
    words: Sequence[str],
    loss_by_id: ArrayLike,
    chosen: int,
    values: ArrayLike,
    loss_by_value: ArrayLike,
    at: float,
    slope: float,
) -> None:
    """Draw the loss against an id, which has no slope, and against a number of the table, which has one.

    Parameters
    ----------
    axes : two Axes
        The left for the id, the right for the number.
    words : sequence of V str
        The word of each id.
    loss_by_id : array_like of V numbers
        The loss with id 0, 1, … at one position.
    chosen : int
        The id that stands there.
    values, loss_by_value : array_like of the same length
        The curve: the loss if the number were another one.
    at : float
        The number that the table holds.
    slope : float
        The derivative there.
    """
    by_id, values, by_value = np.asarray(loss_by_id), np.asarray(values), np.asarray(loss_by_value)
    here, marked = float(by_id[chosen]), {"color": PALETTE["purple"], "markersize": 9}
    bottom, top = by_id.min() - 0.1, by_id.max() + 0.15

    left, right = axes
    left.vlines(np.arange(len(by_id)), bottom, by_id, color="#D9DEE3", linewidth=1)
    left.plot(by_id, "o", color=PALETTE["grey"], markersize=6)
    left.plot(chosen, here, "o", **marked)
    left.set_xticks(np.arange(len(by_id)), words, rotation=60, ha="right", rotation_mode="anchor")
    left.set(title="Another id: dots", ylabel="loss", ylim=(bottom, top))

    ends = np.array([at - 2.0, at + 2.0])
    right.plot(values, by_value, color=PALETTE["blue"])
    right.plot(ends, here + slope * (ends - at), "--", color=PALETTE["purple"], linewidth=1.5)
    right.plot(at, here, "o", **marked)
    right.annotate(
        f"slope {slope:+.2f}".replace("-", "−"), (at, here), xytext=(10, 8), textcoords="offset points"
    )
    right.set(
        title="Another number: a curve", xlabel=f"first number of row “{words[chosen]}”", ylim=(bottom, top)
    )
    right.tick_params(labelleft=False)


def draw_gradient(
    ax: Axes,
    texts: Sequence[Sequence[str]],
    names: Sequence[str],
    words: Sequence[str],
    gradient: ArrayLike,
) -> None:
    """Draw a batch of texts, the rows they point at, and the gradient of the table.

    Every token is joined to its row. Rows that no token points at are hollow: their gradient is zero. Beside
    each row stands how many tokens add to it.

    Parameters
    ----------
    ax : Axes
        Its axes are switched off and its limits set.
    texts : sequence of sequences of str
        The tokens of each text, all of them in `words`.
    names : sequence of str
        What to write above each text, its label for instance.
    words : sequence of V str
        The word of each row.
    gradient : array_like of shape `(V, D)`
    """
    gradient = np.asarray(gradient, dtype=float)
    row_height, token_height, left, right = 1.3, 1.05, 3.3, 8.6
    height = len(words) * row_height
    limit = float(np.abs(gradient).max()) or 1.0
    counts = np.zeros(len(words), dtype=int)
    spacing = 0.12
    block = max(map(len, texts)) * (token_height + spacing) + 0.9
    top = (height - len(texts) * block + 0.9) / 2
    for number, (text, name) in enumerate(zip(texts, names, strict=True)):
        colour = PALETTE[TEXT_COLOURS[number % len(TEXT_COLOURS)]]
        y = top + number * block
        ax.text(left / 2, y - 0.12, name, ha="center", va="bottom", color=colour, weight="bold")
        draw_tokens(ax, text, at=(0, y), cell=(left, token_height), gap=spacing, colours=[colour] * len(text))
        for place, word in enumerate(text):
            row = list(words).index(word)
            counts[row] += 1
            start = y + place * (token_height + spacing) + token_height / 2
            ax.plot(
                [left, right - 2.1],
                [start, (row + 0.5) * row_height],
                color=colour,
                linewidth=1.4,
                linestyle="-" if number % 2 == 0 else (0, (4, 1.5)),
            )
    for row, word in enumerate(words):
        y = (row + 0.5) * row_height
        taken = counts[row] > 0
        ax.text(right - 0.2, y, word, ha="right", va="center", color=PALETTE["ink" if taken else "grey"])
        note = f"{counts[row]} add up" if counts[row] > 1 else str(counts[row])
        ax.text(
            right + gradient.shape[1] * 1.9 + 0.3,
            y,
            note,
            ha="left",
            va="center",
            color=PALETTE["ink" if taken else "grey"],
            weight="bold" if counts[row] > 1 else "normal",
        )
    draw_table(ax, gradient, at=(right, 0), cell=(1.9, row_height), limit=limit, numbers="+.2f")
    for row in np.flatnonzero(counts == 0):
        _hollow(ax, (right, row * row_height), gradient.shape[1], (1.9, row_height))
    ax.text(right + gradient.shape[1] * 0.95, -0.3, "gradient of W", ha="center", va="bottom", weight="bold")
    ax.text(right + gradient.shape[1] * 1.9 + 0.3, -0.3, "tokens", ha="left", va="bottom", weight="bold")
    ax.set(xlim=(-0.1, right + gradient.shape[1] * 1.9 + 3.4), ylim=(height + 0.1, min(top, 0) - 1.1))
    ax.axis("off")


def _hollow(ax: Axes, corner: tuple[float, float], columns: int, cell: tuple[float, float]) -> None:
    for column in range(columns):
        x = corner[0] + column * cell[0]
        ax.add_patch(
            Rectangle((x, corner[1]), *cell, facecolor=PALETTE["paper"], edgecolor="#D9DEE3", zorder=4)
        )
        ax.text(
            x + cell[0] / 2,
            corner[1] + cell[1] / 2,
            "0",
            ha="center",
            va="center",
            color=PALETTE["grey"],
            fontsize=SMALLEST_TEXT,
            zorder=5,
        )
