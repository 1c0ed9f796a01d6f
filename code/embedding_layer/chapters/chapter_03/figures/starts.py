"""What the first numbers of a table do to training: loss curves, and maps of the tables they end in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from numpy.typing import ArrayLike

from embedding_layer.figures.style import PALETTE, SMALLEST_TEXT
from embedding_layer.vectors import flat_map

DIGIT_COLOURS = ("blue", "vermillion", "green", "purple", "grey", "ink")
"""Strong enough for small digits."""
CURVE_COLOURS = ("purple", "green", "vermillion", "ink")


def draw_losses(curves: Mapping[str, Sequence[float]], levels: Mapping[str, float]) -> None:
    """Draw one loss curve a start on a logarithmic scale, with horizontal lines to judge them by.

    Parameters
    ----------
    curves : mapping of str to sequence of float
        The loss (nats) of every training step, by the name to write at the curve.
    levels : mapping of str to float
        Losses that mean something, by what they mean.
    """
    _, ax = plt.subplots()
    for (name, losses), colour in zip(curves.items(), CURVE_COLOURS, strict=False):
        ax.plot(losses, color=PALETTE[colour])
        at = round(0.45 * len(losses))
        ax.annotate(
            name,
            (at, max(losses[at : 2 * at])),
            (0, 8),
            textcoords="offset points",
            color=PALETTE[colour],
            weight="bold",
        )
    end = max(len(losses) for losses in curves.values())
    for name, level in levels.items():
        ax.axhline(level, color=PALETTE["grey"], linewidth=1, linestyle="--", zorder=1)
        ax.annotate(
            name,
            (end, level),
            (0, -4),
            textcoords="offset points",
            ha="right",
            va="top",
            color=PALETTE["grey"],
        )
    ax.set_ylim(0.8 * min(levels.values()), None)
    ax.set_yscale("log")
    ticks = [4, 6, 10, 20, 40]
    ax.set_yticks(ticks, [str(tick) for tick in ticks])
    ax.minorticks_off()
    ax.set(xlabel="training step", ylabel="loss (nats)", xlim=(0, end))


def draw_maps(tables: Mapping[str, ArrayLike], kinds: ArrayLike, *, each: int = 10) -> None:
    """Draw tables as flat maps side by side, every token as the number of its kind.

    Parameters
    ----------
    tables : mapping of str to array_like of shape `(V, D)`
        By the title to write above.
    kinds : array_like of V int
        The kind of each token; it is the digit drawn, and picks the colour.
    each : int
        How many tokens of each kind to draw.
    """
    kinds = np.asarray(kinds)
    shown = np.concatenate([np.flatnonzero(kinds == kind)[:each] for kind in np.unique(kinds)])
    _, axes = plt.subplots(1, len(tables), figsize=(5.4, 3.1))
    for ax, (title, table) in zip(np.atleast_1d(axes), tables.items(), strict=True):
        points = flat_map(table)[shown]
        for (x, y), kind in zip(points, kinds[shown], strict=True):
            colour = PALETTE[DIGIT_COLOURS[kind % len(DIGIT_COLOURS)]]
            ax.text(
                x,
                y,
                str(kind),
                color=colour,
                fontsize=SMALLEST_TEXT,
                ha="center",
                va="center",
                weight="bold",
            )
        reach = 1.1 * np.abs(points).max()
        ax.set(xlim=(-reach, reach), ylim=(-reach, reach), aspect="equal", xticks=[], yticks=[])
        ax.spines[["top", "right"]].set_visible(True)
        ax.set_title(title)
