"""The product of a one-hot vector and a table, written out term by term."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from embedding_layer.figures.style import PALETTE
from embedding_layer.figures.tables import draw_table


def draw_product(ax: Axes, index: int, weight: ArrayLike, words: Sequence[str]) -> None:
    """Draw `one_hot(index) @ weight` as a sum of V rows, of which V - 1 are zero.

    From left to right: the one-hot vector as a column beside the table, the table, each row times its entry;
    below, the sum of those, which is row `index` again. What the product makes is framed in vermillion, what
    a look-up would read in blue.

    Parameters
    ----------
    ax : Axes
        Its axes are switched off and its limits set.
    index : int
        The id.
    weight : array_like of shape `(V, D)`
        Small enough to print every number.
    words : sequence of str
        The V words whose rows these are.
    """
    weight = np.asarray(weight, dtype=float)
    vocab_size, embedding_dim = weight.shape
    vector = np.eye(vocab_size)[index]
    terms = vector[:, None] * weight + 0.0  # + 0.0 turns -0.0 into 0.0
    idle = [row for row in range(vocab_size) if row != index]
    product, look_up = PALETTE["vermillion"], PALETTE["blue"]
    limit = float(np.abs(weight).max())
    look = {"limit": limit, "numbers": ".1f", "faded": idle}

    table_at, terms_at = 2.1, 2.1 + embedding_dim + 1.3
    draw_table(
        ax, vector[:, None], labels=words, limit=4.0, numbers=".0f", faded=idle, outline={index: product}
    )
    draw_table(ax, weight, at=(table_at, 0), outline={index: look_up}, **look)
    draw_table(ax, terms, at=(terms_at, 0), outline={index: product}, **look)
    below = vocab_size + 0.9
    result = {"limit": limit, "numbers": ".1f", "outline": {0: product}}
    draw_table(ax, terms.sum(axis=0)[None], at=(terms_at, below), **result)

    middle = index + 0.5
    for x, sign in ((table_at - 0.55, "×"), (terms_at - 0.65, "=")):
        ax.text(x, middle, sign, ha="center", va="center", fontsize=15)
    for x, title in (
        (0.5, "one-hot"),
        (table_at + embedding_dim / 2, "table W"),
        (terms_at + embedding_dim / 2, "entry × row"),
    ):
        ax.text(x, -0.35, title, ha="center", va="bottom", fontweight="bold")
    for column in range(embedding_dim):
        x = terms_at + column + 0.5
        ax.annotate(
            "",
            (x, below - 0.05),
            (x, vocab_size + 0.1),
            arrowprops={"arrowstyle": "->", "color": PALETTE["ink"]},
        )
    ax.text(
        terms_at - 0.4,
        below + 0.5,
        f"sum of all rows\n= the row of “{words[index]}”",
        ha="right",
        va="center",
    )
    ax.set(xlim=(-2.1, terms_at + embedding_dim + 0.1), ylim=(below + 1.15, -1.2))
    ax.axis("off")
