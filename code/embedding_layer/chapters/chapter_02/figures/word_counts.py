"""How often words occur: the counts by rank, and how much of a text the most frequent words make up."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from embedding_layer.figures.style import PALETTE


def draw_word_counts(
    top: Axes, bottom: Axes, counts: ArrayLike, *, min_counts: Sequence[int] = (), words: Sequence[str] = ()
) -> None:
    """Draw counts against rank on `top` and, on `bottom`, the share of the text that the first ranks cover.

    Parameters
    ----------
    top, bottom : Axes
        One above the other, with the same logarithmic axis of ranks.
    counts : array_like of int
        How often each word occurs, in any order.
    min_counts : sequence of int
        Thresholds to mark: where the counts fall below them and what share of the text is covered there.
    words : sequence of str
        The most frequent words, to name the first points.
    """
    counts = np.sort(np.asarray(counts))[::-1]
    ranks = np.arange(1, len(counts) + 1)
    covered = 100 * np.cumsum(counts) / counts.sum()
    blue, mark = PALETTE["blue"], PALETTE["purple"]
    top.plot(ranks, counts, color=blue)
    top.plot(ranks, counts[0] / ranks, "--", color=PALETTE["grey"], linewidth=1.2)
    place = min(100, len(counts))
    top.annotate(
        "count × rank = constant",
        (place, counts[0] / place),
        (-4, -14),
        textcoords="offset points",
        ha="right",
        va="top",
        color=PALETTE["grey"],
        fontsize=10.5,
    )
    for rank, word in enumerate(words, start=1):
        top.plot(rank, counts[rank - 1], "o", color=blue, markersize=5)
        top.annotate(word, (rank, counts[rank - 1]), (7, 1), textcoords="offset points", fontsize=10.5)
    bottom.plot(ranks, covered, color=blue)
    for threshold in min_counts:
        kept = int((counts >= threshold).sum())
        if kept:
            top.plot(kept, counts[kept - 1], "D", color=mark, markersize=6)
            bottom.plot(kept, covered[kept - 1], "D", color=mark, markersize=6)
            for axes, height, shift in ((top, counts[kept - 1], 9), (bottom, covered[kept - 1], -14)):
                axes.annotate(
                    f"{threshold} times",
                    (kept, height),
                    (6, shift),
                    textcoords="offset points",
                    color=mark,
                    fontsize=10.5,
                )
    top.set(xscale="log", yscale="log", ylabel="count")
    bottom.set(xscale="log", xlabel="rank of the word", ylabel="% of the text covered", ylim=(0, 105))
    for axes in (top, bottom):
        axes.grid(True, which="major", linewidth=0.6)
