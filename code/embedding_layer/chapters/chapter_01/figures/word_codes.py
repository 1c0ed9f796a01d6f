"""Pictures of how a word can be written in numbers: its id, a one-hot vector, a place learned from data."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.patches import Polygon, Rectangle
from numpy.typing import ArrayLike

from embedding_layer.figures.style import PALETTE, SMALLEST_TEXT

_FAR = LinearSegmentedColormap.from_list("far", [PALETTE["blue"], "#F7F7F7"])


def draw_ones(ax: Axes, words: Sequence[str], ids: Sequence[int], vocab_size: int) -> None:
    """Draw the one-hot vectors of a text, a bar for each: as long as the vector, with a mark at its only 1.

    Parameters
    ----------
    ax : Axes
    words, ids : sequences of the same length
    vocab_size : int
        V, the length of every vector.
    """
    for row, (word, index) in enumerate(zip(words, ids, strict=True)):
        ax.add_patch(Rectangle((0, row - 0.36), vocab_size, 0.72, facecolor="#E8ECEF"))
        ax.plot(index + 0.5, row, "s", color=PALETTE["vermillion"], markersize=6, clip_on=False)
        ax.annotate(
            f"1 at {index:,}",
            (index, row),
            xytext=(9, 0),
            textcoords="offset points",
            va="center",
            fontsize=SMALLEST_TEXT,
        )
        ax.annotate(word, (0, row), xytext=(-9, 0), textcoords="offset points", ha="right", va="center")
    ax.set(xlim=(0, vocab_size), ylim=(len(words) - 0.5, -0.6))
    ax.set(xticks=[0, vocab_size - 1], yticks=[], xlabel="position in the vector")
    ax.xaxis.set_major_formatter("{x:,.0f}")
    ax.spines[["left", "bottom"]].set_visible(False)


def draw_numbering(ax: Axes, words: Sequence[str], labels: ArrayLike) -> None:
    """Draw words on a line, numbered in the order given, and the straight line that fits their labels best.

    Parameters
    ----------
    ax : Axes
    words : sequence of str
        The word with id 0 first.
    labels : array_like of 0 and 1
        What the line should say about each word: above one half for 1, else 0. A cross marks a word about
        which it says the wrong thing.
    """
    labels = np.asarray(labels, dtype=float)
    ids = np.arange(len(words))
    slope, start = np.polyfit(ids, labels, 1)
    right = (slope * ids + start > 0.5) == (labels == 1)
    ends = np.array([-0.4, len(words) - 0.4])
    ax.axhline(0.5, color=PALETTE["grey"], linewidth=1, linestyle=":")
    ax.plot(ends, slope * ends + start, color=PALETTE["blue"])
    ax.plot(ids[right], labels[right], "o", color=PALETTE["blue"], markersize=10, zorder=3)
    ax.plot(ids[~right], labels[~right], "X", color=PALETTE["vermillion"], markersize=11, zorder=3)
    for index in ids[~right]:
        ax.annotate(
            "wrong",
            (index, labels[index]),
            xytext=(10, 0),
            textcoords="offset points",
            va="center",
            color=PALETTE["vermillion"],
        )
    ax.set(xlim=(-0.4, len(words) - 0.4), ylim=(-0.25, 1.25), xticks=ids, yticks=[0, 0.5, 1])
    ax.tick_params(axis="x", length=0)
    ax.set_xticklabels([f"{index}\n{word}" for index, word in enumerate(words)])
    ax.set_yticklabels(["no", "one half", "yes"])


def draw_corners(ax: Axes, words: Sequence[str]) -> None:
    """Draw the one-hot vectors of three words as arrows in space, and the distances between their tips.

    Seen along the diagonal, the three axes stand at 120 degrees and the triangle of the tips appears as it
    is: all sides equal.
    """
    angles = np.deg2rad([90, 210, 330])
    tips = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    ax.add_patch(Polygon(tips, facecolor="#E5F0F7", edgecolor=PALETTE["blue"], linewidth=2.5, linestyle="--"))
    codes = ("1, 0, 0", "0, 1, 0", "0, 0, 1")
    places = ({"ha": "center", "va": "bottom"}, {"ha": "center", "va": "top"}, {"ha": "center", "va": "top"})
    for tip, word, code, place in zip(tips, words, codes, places, strict=True):
        ax.annotate(
            "", tip, (0, 0), arrowprops={"arrowstyle": "-|>", "color": PALETTE["ink"], "linewidth": 2}
        )
        ax.text(*(1.08 * tip), f"{word}\n({code})", **place)
    for first, second in ((0, 1), (1, 2), (2, 0)):
        middle = (tips[first] + tips[second]) / 2
        ax.text(*(1.32 * middle), "√2", color=PALETTE["blue"], ha="center", va="center", fontsize=13)
    ax.set(xlim=(-1.5, 1.5), ylim=(-0.95, 1.4), aspect="equal")
    ax.axis("off")


def draw_distances(ax: Axes, distances: ArrayLike, words: Sequence[str], *, labels: bool = True) -> None:
    """Draw a table of distances as a square: near is full blue, the largest distance pale.

    Parameters
    ----------
    ax : Axes
    distances : array_like of shape `(n, n)`
    words : sequence of str, length n
        Written at the left, if `labels`.
    """
    distances = np.asarray(distances)
    ax.imshow(distances / distances.max(), cmap=_FAR, vmin=0, vmax=1)
    edges = np.arange(len(words) - 1) + 0.5
    ax.vlines(edges, -0.5, len(words) - 0.5, color="white", linewidth=0.8)
    ax.hlines(edges, -0.5, len(words) - 0.5, color="white", linewidth=0.8)
    ax.set_xticks([])
    ax.set_yticks(range(len(words)) if labels else [], words if labels else [], fontsize=SMALLEST_TEXT)
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
