"""The way of a text into a tensor: tokens, ids, rows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from numpy.typing import ArrayLike

from embedding_layer.figures.style import PALETTE
from embedding_layer.figures.tables import draw_table


def draw_text_to_tensor(
    ax: Axes,
    tokens: Sequence[Sequence[str]],
    ids: ArrayLike,
    vectors: ArrayLike,
    *,
    pad_id: int | None = None,
) -> None:
    """Draw each text of a batch as a row of tokens, above their ids, above their vectors as columns.

    Parameters
    ----------
    ax : Axes
        Its axes are switched off and its limits set.
    tokens : B sequences of T str
    ids : array_like of int, shape `(B, T)`
    vectors : array_like of shape `(B, T, D)`
    pad_id : int or None
        Tokens with this id are drawn in grey, and their vectors pale.
    """
    ids, vectors = np.asarray(ids), np.asarray(vectors, dtype=float)
    batch, length, embedding_dim = vectors.shape
    limit = float(np.abs(vectors).max())
    step, high = 2.3, 0.62
    block = 3.4 + embedding_dim * high
    for text in range(batch):
        y = text * block
        for label, at in (
            ("tokens", y + 0.5),
            ("ids", y + 1.8),
            ("rows", y + 2.6 + embedding_dim * high / 2),
        ):
            ax.text(-0.5, at, label, ha="right", va="center", fontweight="bold")
        for place in range(length):
            x = place * step
            pale = ids[text, place] == pad_id
            ink = PALETTE["grey" if pale else "ink"]
            edge = PALETTE["grey" if pale else "blue"]
            ax.add_patch(
                Rectangle((x, y), step - 0.2, 1, facecolor=PALETTE["paper"], edgecolor=edge, linewidth=1.5)
            )
            middle = x + (step - 0.2) / 2
            ax.text(middle, y + 0.5, tokens[text][place], ha="center", va="center", fontsize=10.5, color=ink)
            ax.text(middle, y + 1.8, str(ids[text, place]), ha="center", va="center", color=ink)
            for low, top in ((y + 1.08, y + 1.42), (y + 2.12, y + 2.5)):
                ax.annotate(
                    "", (middle, top), (middle, low), arrowprops={"arrowstyle": "->", "color": PALETTE["ink"]}
                )
            draw_table(
                ax,
                vectors[text, place][:, None],
                at=(middle - 0.5, y + 2.6),
                cell=(1.0, high),
                limit=limit,
                faded=range(embedding_dim) if pale else (),
            )
    ax.set(xlim=(-2.9, length * step), ylim=(batch * block - 0.6, -0.3))
    ax.axis("off")
