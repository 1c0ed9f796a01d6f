"""Errors against a size, bars of shares, and what each remedy changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from embedding_layer.figures.curves import draw_curve, plain_number
from embedding_layer.figures.style import PALETTE, SMALLEST_TEXT
from embedding_layer.figures.tables import draw_table


def draw_errors(
    ax: Axes,
    sizes: Sequence[float],
    errors: Mapping[str, Sequence[float]],
    *,
    floor: float,
    xlabel: str,
    ylabel: str,
) -> None:
    """Draw errors against a size, a line a model, above the line of the best possible error.

    Parameters
    ----------
    ax : Axes
    sizes : sequence of float
        Drawn on a logarithmic axis.
    errors : mapping of str to sequence of float
        For each model an error a size.
    floor : float
        The noise that was planted.
    xlabel, ylabel : str
    """
    for number, (name, values) in enumerate(errors.items()):
        draw_curve(ax, number, name, sizes, values, hollow=name.endswith("decay"))
    ax.axhline(floor, color=PALETTE["grey"], linewidth=1, linestyle=":")
    ax.annotate(
        "noise",
        (1, floor),
        xycoords=("axes fraction", "data"),
        xytext=(0, 3),
        textcoords="offset points",
        ha="right",
        fontsize=SMALLEST_TEXT,
        color=PALETTE["grey"],
    )
    ax.set_xscale("log")
    ax.set_xticks(list(sizes), [plain_number(size) for size in sizes])
    ax.minorticks_off()
    ax.set(xlabel=xlabel, ylabel=ylabel)
    ax.legend(fontsize=SMALLEST_TEXT)


def draw_shares(
    ax: Axes, values: ArrayLike, *, against: ArrayLike | None = None, xlabel: str, ylabel: str
) -> None:
    """Draw numbered amounts as bars, from 1 on, with small lines for what they were at the start."""
    values = np.asarray(values, dtype=float)
    places = np.arange(1, len(values) + 1)
    ax.bar(places, values, color=PALETTE["blue"], label="after training")
    if against is not None:
        ax.hlines(against, places - 0.4, places + 0.4, color=PALETTE["vermillion"], label="before")
        ax.legend(fontsize=SMALLEST_TEXT)
    ax.set_xticks(places, [str(place) for place in places])
    ax.set(xlabel=xlabel, ylabel=ylabel)


def draw_remedies(ax: Axes, changes: Mapping[str, Mapping[str, float]]) -> None:
    """Draw what each remedy changed for each group of riders: a table of numbers, coloured by sign.

    Parameters
    ----------
    ax : Axes
    changes : mapping of str to mapping of str to float
        For each remedy and each group the change of the error; negative is better.
    """
    remedies, groups = list(changes), list(next(iter(changes.values())))
    values = np.array([[changes[remedy][group] for group in groups] for remedy in remedies])
    draw_table(ax, -values, cell=(1.5, 1.0), limit=0.35, labels=remedies)
    for row, column in np.ndindex(values.shape):
        place = (1.5 * column + 0.75, row + 0.5)
        strong = abs(values[row, column]) > 0.28
        ax.text(
            *place,
            f"{values[row, column]:+.2f}",
            ha="center",
            va="center",
            fontsize=SMALLEST_TEXT,
            color=PALETTE["paper"] if strong else PALETTE["ink"],
        )
    for column, group in enumerate(groups):
        ax.text(1.5 * column + 0.75, -0.2, group, ha="center", va="bottom", fontsize=SMALLEST_TEXT)
    ax.set(xlim=(-3.6, 1.5 * len(groups)), ylim=(len(remedies), -0.9))
    ax.axis("off")
