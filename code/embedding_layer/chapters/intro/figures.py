"""The whole idea in one picture: tokens, ids, rows of a table, vectors."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.patches import ConnectionPatch
from numpy.typing import ArrayLike

from embedding_layer.figures.style import PALETTE
from embedding_layer.figures.tables import draw_table, draw_tokens

COLOURS = tuple(PALETTE[name] for name in ("blue", "vermillion", "green", "purple", "amber", "sky"))
"""The frames of the tokens; one colour a distinct id."""


def draw_lookup(
    ax: Axes, tokens: Sequence[str], ids: Sequence[int], weight: ArrayLike, row_names: Sequence[str]
) -> None:
    """Draw a look-up from left to right: each token's id points at its row, the rows come out as vectors.

    Parameters
    ----------
    ax : Axes
        Emptied of its axes; y runs downwards.
    tokens, ids : sequences of the same length
        The text and its ids; at most six distinct ids can be told apart.
    weight : array_like of shape `(V, D)`
        The table, in NumPy.
    row_names : sequence of str
        The token of each row.
    """
    colour_of = {index: COLOURS[n % len(COLOURS)] for n, index in enumerate(dict.fromkeys(ids))}
    colours = [colour_of[index] for index in ids]
    columns, limit = weight.shape[1], 0.7 * float(abs(weight).max())  # a little stronger than life
    word_width, cell, gap = 3.0, 0.8, 0.25
    token_x, id_x = 0.0, word_width + 0.5
    table_x = id_x + 6.0
    vector_x = table_x + columns * cell + 2.6
    token_top = (len(weight) - (len(tokens) * (1 + gap) - gap)) / 2

    def middle(position: int) -> float:
        return token_top + position * (1 + gap) + 0.5

    draw_tokens(ax, tokens, at=(token_x, token_top), cell=(word_width, 1), gap=gap, colours=colours)
    draw_tokens(ax, [str(i) for i in ids], at=(id_x, token_top), cell=(1, 1), gap=gap, colours=colours)
    draw_table(
        ax,
        weight,
        at=(table_x, 0),
        cell=(cell, 1),
        labels=[f"{name}  {row}" for row, name in enumerate(row_names)],
        limit=limit,
        outline=colour_of,
        faded=[row for row in range(len(weight)) if row not in colour_of],
    )
    for position, (index, colour) in enumerate(zip(ids, colours, strict=True)):
        top = middle(position) - 0.5
        draw_table(
            ax,
            weight[[index]],
            at=(vector_x, top),
            cell=(cell, 1),
            limit=limit,
            outline={0: colour},
        )
        ends = (
            ((id_x + 1.1, middle(position)), (table_x - 2.25, index + 0.5)),
            ((table_x + columns * cell + 0.1, index + 0.5), (vector_x - 0.1, middle(position))),
        )
        for start, end in ends:
            ax.add_patch(
                ConnectionPatch(
                    start,
                    end,
                    "data",
                    "data",
                    arrowstyle="-|>",
                    color=colour,
                    linewidth=1.3,
                    mutation_scale=8,
                )
            )
    heads = (
        (token_x + word_width / 2, "tokens"),
        (id_x + 0.5, "ids"),
        (table_x + columns * cell / 2, "the table W"),
        (vector_x + columns * cell / 2, "vectors"),
    )
    top = min(0.0, token_top) - 0.4
    for x, word in heads:
        ax.text(x, top, word, ha="center", va="bottom", weight="bold")
    ax.set_xlim(token_x - 0.2, vector_x + columns * cell + 0.2)
    ax.set_ylim(max(len(weight), middle(len(tokens) - 1) + 0.5) + 0.3, top - 1.1)
    ax.axis("off")
