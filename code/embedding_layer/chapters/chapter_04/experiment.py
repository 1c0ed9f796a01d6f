"""What chapter 4 computes beside its story: losses under changes, and which words to draw."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

Loss = Callable[[Tensor, Tensor], Tensor]
"""A loss of a table and ids."""


def losses_by_id(loss: Loss, weight: Tensor, ids: Tensor) -> list[float]:
    """Return the loss with each id of the table in turn at the first position of the first text."""
    losses = []
    for other in range(len(weight)):
        changed = ids.clone()
        changed[0, 0] = other
        losses.append(loss(weight, changed).item())
    return losses


def losses_by_number(
    loss: Loss, weight: Tensor, ids: Tensor, row: int, values: Sequence[float] | Tensor
) -> tuple[list[float], float]:
    """Return the loss with each value in turn as the first number of a row, and its slope as the table is."""
    losses = []
    for value in values:
        changed = weight.clone()
        changed[row, 0] = value
        losses.append(loss(changed, ids).item())
    table = weight.detach().clone().requires_grad_()
    (gradient,) = torch.autograd.grad(loss(table, ids), table)
    return losses, gradient[row, 0].item()


def words_to_draw(share: Tensor, total: Tensor, libraries: Sequence[str]) -> dict[str, list[int]]:
    """Choose words for a map: for each library the commonest that are at home there, and some of all.

    Parameters
    ----------
    share : Tensor of shape `(V, C)`
        For each word the share of its occurrences in each library.
    total : Tensor of shape `(V,)`
        How often it occurs at all; words that do not occur are not drawn.
    libraries : sequence of C str

    Returns
    -------
    dict of str to list of int
        At most 14 ids for each library, of words with three quarters of their occurrences there; then, under
        "all three", at most 12 of words with less than 42 % in any library. The commonest come first.
    """

    def commonest(chosen: Tensor, n: int) -> list[int]:
        found = (chosen & (total > 0)).nonzero().flatten()
        return found[total[found].argsort(descending=True, stable=True)[:n]].tolist()

    drawn = {name: commonest(share[:, c] >= 0.75, 14) for c, name in enumerate(libraries)}
    drawn["all three"] = commonest(share.amax(dim=1) < 0.42, 12)
    return drawn


def shared_openings(texts: Sequence[Sequence[str]], known: Tensor, asked: Tensor, length: int = 5) -> float:
    """Return the share of the texts asked about that begin with the same tokens as a known one."""
    openings = {tuple(texts[i][:length]) for i in known.tolist()}
    return sum(tuple(texts[i][:length]) in openings for i in asked.tolist()) / len(asked)
