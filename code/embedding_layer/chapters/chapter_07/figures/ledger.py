"""The row ledger as strips: rows of the table against training steps, a cell for each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LogNorm
from matplotlib.ticker import FuncFormatter, NullLocator
from numpy.typing import ArrayLike

from embedding_layer.figures.style import PALETTE, SMALLEST_TEXT, STRENGTH_COLOURS, set_apart
from embedding_layer.optim.ledger import RowLedger

FAINTEST = 1e-3
"""Lengths below this share of the largest are drawn alike; those of exactly 0 are not drawn."""

STRONG = 0.02
"""From this share on a cell is so strong that a mark on it has the colour of the paper."""

STRIPS = ("gradient", "momentum", "moved")
"""What a ledger says of each row at each step, in the order in which it is drawn."""


def shares_of_largest(lengths: ArrayLike) -> np.ndarray:
    """Return lengths as shares of the largest, at least `FAINTEST`; NaN where the length is exactly 0."""
    lengths = np.asarray(lengths, dtype=float)
    largest = lengths.max(initial=0.0)
    if not largest:
        return np.full(lengths.shape, np.nan)
    return np.where(lengths > 0, np.maximum(lengths / largest, FAINTEST), np.nan)


def draw_strip(
    ax: Axes,
    lengths: ArrayLike,
    words: Sequence[str],
    *,
    marked: ArrayLike | None = None,
    mark_size: float = 4.0,
) -> ScalarMappable:
    """Draw one strip: a row for each word, a column for each step, counted from 1.

    Parameters
    ----------
    ax : Axes
    lengths : array_like of shape `(S, V)`
        Cells of exactly 0 stay empty; the others are the stronger the longer, on a logarithmic scale.
    words : sequence of V str
    marked : array_like of bool, shape `(S, V)`, or None
        Cells that get a cross.
    mark_size : float
        The size of the crosses in points.

    Returns
    -------
    ScalarMappable
        For a colour bar.

    Raises
    ------
    ValueError
        If there is not one column a word.
    """
    shares = shares_of_largest(lengths).T
    if shares.ndim != 2 or len(shares) != len(words):
        raise ValueError(
            f"the lengths have shape {np.shape(lengths)} for {len(words)} words; "
            "they need one row a step and one column a word"
        )
    steps = shares.shape[1]
    cells = ax.pcolormesh(
        np.arange(steps + 1) + 0.5,
        np.arange(len(words) + 1) - 0.5,
        np.ma.masked_invalid(shares),
        cmap=STRENGTH_COLOURS,
        norm=LogNorm(FAINTEST, 1),
        edgecolor=PALETTE["paper"],
        linewidth=0.6,
        rasterized=True,  # a path a cell would make six strips heavier than a page should be
    )
    if marked is not None:
        for strong in (False, True):
            row, step = np.nonzero(np.asarray(marked).T & ((np.nan_to_num(shares) >= STRONG) == strong))
            ax.plot(step + 1, row, "x", color=PALETTE["paper" if strong else "ink"], ms=mark_size, mew=1.2)
    for boundary in np.arange(len(words) + 1) - 0.5:
        ax.axhline(boundary, color="#D9DEE3", linewidth=0.8, zorder=2)
    ax.set(xlim=(0.5, steps + 0.5), ylim=(len(words) - 0.5, -0.5))
    ax.set_yticks(range(len(words)), words)
    ax.tick_params(axis="y", length=0)
    ax.set_xticks([step for step in range(1, steps + 1) if step == 1 or step % 8 == 0])
    ax.spines[["left", "bottom"]].set_visible(False)
    return cells


def draw_ledger(axes: Sequence[Axes], ledger: RowLedger, words: Sequence[str]) -> None:
    """Draw the three strips of one ledger: gradient, momentum, and how far the rows moved.

    Parameters
    ----------
    axes : three Axes, from top to bottom
    ledger : RowLedger
    words : sequence of V str
        The word of each row.
    """
    names = "gradient", "momentum, after the step", "moved in the step"
    for ax, strip, name in zip(axes, STRIPS, names, strict=True):
        marked = ledger.moved_without_gradient if strip == "moved" else None
        cells = draw_strip(ax, getattr(ledger, strip), words, marked=marked)
        ax.set_title(name, pad=4)
        ax.tick_params(axis="x", labelbottom=ax is axes[-1])
    axes[-1].set_xlabel("batch")
    set_apart(axes)
    _add_bar(cells, axes)


def draw_moves(axes: ArrayLike, ledgers: Mapping[str, RowLedger], words: Sequence[str]) -> None:
    """Draw how far the rows moved, a strip for each optimiser.

    Parameters
    ----------
    axes : array of Axes of shape `(rows, 2)`
        As many as there are ledgers.
    ledgers : mapping of str to RowLedger
        By the name of the optimiser, in the order to be drawn: left, right, next row.
    words : sequence of V str
    """
    axes = np.asarray(axes)
    for place, (ax, (name, ledger)) in enumerate(zip(axes.flat, ledgers.items(), strict=True)):
        cells = draw_strip(ax, ledger.moved, words, marked=ledger.moved_without_gradient, mark_size=3.4)
        ax.set_title(name, fontsize=11, pad=4)
        ax.tick_params(labelleft=place % 2 == 0, labelbottom=place >= axes.size - 2, labelsize=SMALLEST_TEXT)
    for ax in axes[-1]:
        ax.set_xlabel("batch")
    set_apart(list(axes.flat))
    _add_bar(cells, list(axes.flat))


def draw_first_steps(
    ax: Axes,
    at: Sequence[int],
    lengths: Mapping[str, Sequence[float]],
    *,
    formula: Sequence[float] | None = None,
) -> None:
    """Draw how long the first step of a row is, against the batch in which the row first appears.

    Parameters
    ----------
    ax : Axes
        Both scales become logarithmic.
    at : sequence of int
        The batches, counted from 1.
    lengths : mapping of str to sequence of float
        The measured lengths in learning rates, by the name of the optimiser.
    formula : sequence of float or None
        What a formula says they should be; drawn as a line behind the first one's marks.
    """
    if formula is not None:
        ax.plot(at, formula, color=PALETTE["grey"], linewidth=1.2, label="formula")
    looks = (("vermillion", "s", 8), ("ink", "+", 7), ("blue", "o", 6))
    for (name, values), (colour, marker, size) in zip(lengths.items(), looks, strict=False):
        ax.plot(at, values, marker, color=PALETTE[colour], label=name, markersize=size, linestyle="none")
    ax.axhline(1, color=PALETTE["grey"], linewidth=0.8, linestyle=":")
    ax.set(xscale="log", yscale="log", xlabel="batch in which the row first appears", ylabel="learning rates")
    ax.set_title("Length of a row's first step")
    ax.set_yticks([0.5, 1, 2, 3], ["½", "1", "2", "3"])
    ax.yaxis.set_minor_locator(NullLocator())
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    ax.legend(loc="upper left", fontsize=SMALLEST_TEXT)


def _add_bar(cells: ScalarMappable, axes: Sequence[Axes]) -> None:
    figure = axes[0].figure
    bar = figure.colorbar(cells, ax=axes, location="bottom", shrink=0.7, aspect=40, pad=0.02)
    bar.set_ticks([1e-3, 1e-2, 1e-1, 1], labels=["≤ 1/1000", "1/100", "1/10", "the largest"])
    bar.minorticks_off()
    bar.outline.set_visible(False)
    bar.ax.tick_params(labelsize=SMALLEST_TEXT)
    bar.set_label("empty: exactly 0      ×: moved without a gradient", fontsize=SMALLEST_TEXT)
