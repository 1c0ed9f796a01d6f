"""The projector: trained words as an element that the page draws, turns and searches."""

from __future__ import annotations

import json
from collections.abc import Sequence
from html import escape

import numpy as np
import torch
from IPython.display import HTML
from torch import Tensor

from embedding_layer.vectors import nearest_rows

LARGEST = 1000
"""Coordinates are stored as whole numbers up to this one."""


def projector_words(counts: Tensor, share: Tensor, *, words: int = 1200) -> tuple[Tensor, Tensor]:
    """Choose the words to show, the commonest, and the library where each is at home.

    Parameters
    ----------
    counts : Tensor of shape `(V,)`
    share : Tensor of shape `(V, C)`
        For each word the share of its occurrences in each library.
    words : int

    Returns
    -------
    tuple of two Tensors of int64
        The ids, the commonest first, and for each the number of a library, or C if it has less than 60 % of
        its occurrences in any of them.
    """
    chosen = counts.argsort(descending=True, stable=True)[:words]
    home = torch.where(share.amax(1) >= 0.6, share.argmax(1), share.shape[1])
    return chosen, home[chosen]


def projector(
    weight: Tensor,
    ids: Tensor,
    words: Sequence[str],
    homes: Sequence[int],
    groups: Sequence[str],
    *,
    chosen: str,
    label: str,
) -> HTML:
    """Return the element with its data: three coordinates a word, and its neighbours among those shown.

    The coordinates are the first three principal components of the rows, made equally long; the neighbours
    are those of the whole rows.

    Parameters
    ----------
    weight : Tensor of shape `(V, D)`
    ids : Tensor of int64, shape `(N,)`
        The rows to show.
    words : sequence of N str
    homes : sequence of N int
        For each word the number of its group.
    groups : sequence of str
    chosen : str
        The word that is chosen at first.
    label : str
        What the element shows, for those who do not see it.
    """
    rows = torch.nn.functional.normalize(weight.detach()[ids].double(), dim=1).numpy()
    rows = rows - rows.mean(axis=0)
    left, lengths, _ = np.linalg.svd(rows, full_matrices=False)
    points = left[:, :3] * lengths[:3]
    points = (LARGEST * points / np.abs(points).max()).round().astype(int)
    place = torch.full((len(weight),), -1)
    place[ids] = torch.arange(len(ids))
    near = place[nearest_rows(weight, ids, 8, among=ids).ids]
    data = {
        "groups": list(groups),
        "words": list(words),
        "homes": list(map(int, homes)),
        "points": points.tolist(),
        "near": near.tolist(),
        "chosen": list(words).index(chosen),
    }
    text = json.dumps(data, separators=(",", ":")).replace("<", "\\u003c")
    fallback = ", ".join(words[i] for i in near[data["chosen"]].tolist())
    return HTML(
        f'<word-projector aria-label="{escape(label)}"><script type="application/json">{text}</script>'
        f"<p>The built page draws {len(ids)} words here, to be turned and searched. The nearest to "
        f"<em>{escape(chosen)}</em>: {escape(fallback)}.</p></word-projector>"
    )
