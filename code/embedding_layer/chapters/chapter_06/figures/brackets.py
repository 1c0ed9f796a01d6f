"""What a pair of brackets reads: the cells of a table that an index picks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from torch import Tensor

from embedding_layer.figures.style import PALETTE
from embedding_layer.figures.tables import draw_table


def draw_brackets(axes: Sequence[Axes], weight: Tensor, questions: Mapping[str, object]) -> None:
    """Draw the table once for every index, with the cells that `weight[x]` reads framed and the rest pale.

    Parameters
    ----------
    axes : sequence of Axes
        One for each question; switched off, with their limits set.
    weight : Tensor of shape `(V, D)`
    questions : mapping of str to object
        What to put into the brackets, by what to write above. Below stands the shape of what comes out.
    """
    rows, columns = weight.shape
    limit = float(weight.abs().max())
    for ax, (name, x) in zip(axes, questions.items(), strict=True):
        read = cells_read(x, rows, columns)
        draw_table(ax, weight.numpy(), limit=limit, faded=range(rows))
        for row, column in np.argwhere(read):
            draw_table(ax, weight[row : row + 1, column : column + 1].numpy(), at=(column, row), limit=limit)
        _frame(ax, read)
        shape = tuple(weight[x].shape)
        ax.text(columns / 2, -0.35, name, ha="center", va="bottom")
        ax.text(columns / 2, rows + 0.3, f"{shape}", ha="center", va="top", weight="bold")
        ax.set(xlim=(-1.0, columns + 0.2), ylim=(rows + 1.2, -2.1), aspect="equal")
        ax.axis("off")
    for row in range(rows):
        axes[0].text(-0.3, row + 0.5, str(row), ha="right", va="center")


def cells_read(x: object, rows: int, columns: int) -> np.ndarray:
    """Return a boolean array `(rows, columns)`: true where `table[x]` reads."""
    numbered = torch.arange(rows * columns).view(rows, columns)
    read = np.zeros(rows * columns, dtype=bool)
    read[numbered[x].flatten().numpy()] = True
    return read.reshape(rows, columns)


def _frame(ax: Axes, read: np.ndarray) -> None:
    """Frame each row's cells that are read: a whole row, or the one cell."""
    for row, cells in enumerate(read):
        if cells.any():
            first, last = np.flatnonzero(cells)[[0, -1]]
            ax.add_patch(
                Rectangle(
                    (first, row),
                    last - first + 1,
                    1,
                    fill=False,
                    edgecolor=PALETTE["ink"],
                    linewidth=2.0,
                    zorder=3,
                )
            )
