"""Pictures of tokens and tables: cells of colour, one row a vector."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Normalize
from matplotlib.patches import Rectangle
from numpy.typing import ArrayLike

from embedding_layer.figures.style import PALETTE, SMALLEST_TEXT, TABLE_COLOURS

STRONG = 0.8
"""From this share of the strongest colour on, numbers in a cell are written in paper instead of ink."""

ARROW = {"arrowstyle": "-|>", "color": PALETTE["ink"], "linewidth": 1.5, "mutation_scale": 14}
"""How an arrow from one table to the next looks, as `arrowprops` of `Axes.annotate`."""


def draw_table(
    ax: Axes,
    values: ArrayLike,
    *,
    at: tuple[float, float] = (0.0, 0.0),
    cell: tuple[float, float] = (1.0, 1.0),
    limit: float | None = None,
    labels: Sequence[str] | None = None,
    label_side: str = "left",
    numbers: str | None = None,
    outline: Mapping[int, str] | None = None,
    faded: Sequence[int] = (),
) -> None:
    """Draw an array of shape `(rows, columns)` as coloured cells, row 0 on top.

    Parameters
    ----------
    ax : Axes
        Drawn in data coordinates, y downwards: call `ax.invert_yaxis()` or set the limits so.
    values : array_like of shape `(rows, columns)`
    at : (x, y)
        The upper left corner.
    cell : (width, height)
        The size of a cell.
    limit : float or None
        The value with the strongest colour; None takes the largest absolute value.
    labels : sequence of str or None
        A word beside each row.
    label_side : {"left", "right"}
    numbers : str or None
        A format such as ".1f" to print the values in the cells; None prints none.
    outline : mapping of row to colour, or None
        Rows to frame.
    faded : sequence of int
        Rows to draw pale, because they take no part; their numbers can still be read.
    """
    values = np.asarray(values, dtype=float)
    rows, columns = values.shape
    limit = limit or float(np.abs(values).max()) or 1.0
    shade = Normalize(-limit, limit)
    (x0, y0), (width, height) = at, cell
    for row in range(rows):
        pale = row in faded
        for column in range(columns):
            corner = (x0 + column * width, y0 + row * height)
            colour = TABLE_COLOURS(shade(values[row, column]))
            ax.add_patch(
                Rectangle(
                    corner,
                    width,
                    height,
                    facecolor=colour,
                    edgecolor=PALETTE["paper"],
                    linewidth=1,
                    alpha=0.2 if pale else 1.0,
                )
            )
            if numbers is not None:
                strong = not pale and abs(values[row, column]) > STRONG * limit
                ax.text(
                    corner[0] + width / 2,
                    corner[1] + height / 2,
                    format(values[row, column], numbers),
                    ha="center",
                    va="center",
                    fontsize=SMALLEST_TEXT,
                    color=PALETTE["paper" if strong else "ink"],
                    alpha=0.75 if pale else 1.0,
                )
        if labels is not None:
            left = label_side == "left"
            ax.text(
                x0 - 0.25 * width if left else x0 + columns * width + 0.25 * width,
                y0 + (row + 0.5) * height,
                labels[row],
                ha="right" if left else "left",
                va="center",
                alpha=0.75 if pale else 1.0,
            )
    for row, colour in (outline or {}).items():
        ax.add_patch(
            Rectangle(
                (x0, y0 + row * height),
                columns * width,
                height,
                fill=False,
                edgecolor=colour,
                linewidth=2.5,
                zorder=3,
            )
        )


def draw_tokens(
    ax: Axes,
    words: Sequence[str],
    *,
    at: tuple[float, float] = (0.0, 0.0),
    cell: tuple[float, float] = (2.0, 1.0),
    gap: float = 0.25,
    colours: Sequence[str] | None = None,
) -> None:
    """Draw words in a column of boxes, the first on top; `colours` gives each its frame."""
    (x0, y0), (width, height) = at, cell
    for row, word in enumerate(words):
        colour = colours[row] if colours is not None else PALETTE["grey"]
        ax.add_patch(
            Rectangle(
                (x0, y0 + row * (height + gap)),
                width,
                height,
                facecolor=PALETTE["paper"],
                edgecolor=colour,
                linewidth=2,
            )
        )
        ax.text(x0 + width / 2, y0 + row * (height + gap) + height / 2, word, ha="center", va="center")
