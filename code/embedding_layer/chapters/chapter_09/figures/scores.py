"""Scores: over the training, of several tables side by side, and of a search that does not read all rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter

from embedding_layer.figures.curves import look_of, plain_number


def draw_learning(ax: Axes, passes: Sequence[float], shares: Mapping[str, Sequence[float]]) -> None:
    """Draw how the scores of a table rise while it is trained.

    Parameters
    ----------
    ax : Axes
    passes : sequence of float
        How many passes have been made.
    shares : mapping of str to sequence of float
        For each score its share of right answers, 0 to 1, after so many passes.
    """
    for number, (name, values) in enumerate(shares.items()):
        ax.plot(passes, np.multiply(values, 100), label=name, **look_of(number))
    ax.set(xlabel="passes through the corpus", ylabel="right answers, %", ylim=(0, 100))
    _legend_above(ax)


def draw_scores(ax: Axes, intervals: Mapping[str, Sequence], columns: Sequence[str]) -> None:
    """Draw the scores of several tables, each as a mark with a line for its uncertainty.

    Parameters
    ----------
    ax : Axes
    intervals : mapping of str to sequence of Interval
        For each table its scores, one a column.
    columns : sequence of str
        What is scored; the first stands at the top.
    """
    step = 0.8 / len(intervals)
    for number, (name, own) in enumerate(intervals.items()):
        look = look_of(number)
        heights = np.arange(len(columns)) + step * (number - (len(intervals) - 1) / 2)
        for height, score in zip(heights, own, strict=True):
            ax.plot([100 * score.low, 100 * score.high], [height] * 2, color=look["color"], linewidth=2)
        means = [100 * score.mean for score in own]
        ax.plot(means, heights, look.get("marker", "o"), color=look["color"], label=name, markersize=7)
    ax.set_yticks(range(len(columns)), columns)
    ax.set(xlabel="right answers, %", xlim=(-3, 100), ylim=(len(columns) - 0.4, -0.6))
    _legend_above(ax)


def draw_recall(ax: Axes, read: Sequence[float], recalls: Mapping[str, Sequence[float]]) -> None:
    """Draw how much of the true neighbours a search finds, by how much of the table it reads.

    Parameters
    ----------
    ax : Axes
    read : sequence of float
        Shares of the cells that are read, 0 to 1.
    recalls : mapping of str to sequence of float
        For each table the share of its true neighbours that are found.
    """
    for number, (name, values) in enumerate(recalls.items()):
        ax.plot(np.multiply(read, 100), np.multiply(values, 100), label=name, **look_of(number))
    ax.set(xlabel="cells read, %", ylabel="true neighbours found, %", xscale="log", ylim=(0, 103))
    ax.xaxis.set_major_formatter(FuncFormatter(plain_number))
    _legend_above(ax)


def _legend_above(ax: Axes) -> None:
    """Put the legend on one line above the axes, where no curve runs."""
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=3, borderaxespad=0, columnspacing=1.2)
