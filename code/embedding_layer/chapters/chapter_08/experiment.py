"""What chapter 8 trains on distances, and what their spectrum says."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from embedding_layer.chapters.chapter_08.cities import EARTH, all_pairs, tunnel_km
from embedding_layer.checks import check_size
from embedding_layer.layer import CustomEmbedding
from embedding_layer.training import train


class Setting(NamedTuple):
    """How long the chapter's experiments run."""

    steps: int
    seeds: range


SHORT = Setting(steps=300, seeds=range(3))
LONG = Setting(steps=1000, seeds=range(10))
"""The setting of the stored outputs, and one for readers with ten minutes."""


def fit(
    loss: Callable[..., Tensor],
    batches: Sequence[Iterable[Tensor]],
    parameters: Iterable[nn.Parameter],
    *,
    lr: float = 0.1,
    decay: float = 0.0,
) -> list[float]:
    """Train by Adam at a rate that falls in a straight line to 0; return the losses.

    Parameters
    ----------
    loss, batches
        As for `embedding_layer.train`; `batches` must know its length.
    parameters : iterable of nn.Parameter
    lr : float
        The rate of the first step.
    decay : float
        How strongly all parameters are pulled to 0.
    """
    optimizer = torch.optim.Adam(parameters, lr=lr, weight_decay=decay)
    falling = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.0, total_iters=len(batches))
    return train(loss, batches, optimizer, after_step=lambda step, loss: falling.step())


def stretch(table: CustomEmbedding, pairs: Tensor, lengths: Tensor) -> Tensor:
    """Return the chapter's loss: the mean square by which rows of pairs `(N, 2)` miss their distances."""
    one, other = table(pairs).unbind(dim=1)
    return ((one - other).norm(dim=1) - lengths).square().mean()


def fit_distances(
    pairs: Tensor, lengths: Tensor, vocab_size: int, *, D: int = 3, steps: int = 300, seed: int = 0
) -> CustomEmbedding:
    """Train a new table on distances, all of them in every step.

    Parameters
    ----------
    pairs : Tensor of int64, shape `(N, 2)`
    lengths : Tensor of shape `(N,)`
        The distance between the rows of each pair.
    vocab_size, D : int
        The shape of the table.
    steps, seed : int

    Returns
    -------
    CustomEmbedding
    """
    torch.manual_seed(seed)
    table = CustomEmbedding(vocab_size, D)
    batches = [(pairs, lengths)] * check_size(steps, "steps")
    fit(lambda *batch: stretch(table, *batch), batches, table.parameters())
    return table


def noisy_batches(
    pairs: Tensor, lengths: Tensor, *, steps: int = 2000, size: int = 64, noise: float = 0.1, seed: int = 0
) -> list[tuple[Tensor, Tensor]]:
    """Draw batches of pairs, each distance measured anew: off by a normal share with this deviation."""
    generator = torch.Generator().manual_seed(seed)
    batches = []
    for _ in range(check_size(steps, "steps")):
        drawn = torch.randint(len(pairs), (check_size(size, "size"),), generator=generator)
        off = 1 + noise * torch.randn(size, generator=generator)
        batches.append((pairs[drawn], lengths[drawn] * off))
    return batches


def unseen_km(points: Tensor, share: float, *, D: int = 3, steps: int = 300, seed: int = 0) -> float:
    """Train on a share of the tunnels and return by how many kilometres the others are missed on average."""
    seen, unseen = split_pairs(len(points), share, seed=seed)
    lengths = tunnel_km(points, seen) / EARTH
    table = fit_distances(seen, lengths, len(points), D=D, steps=steps, seed=seed)
    with torch.no_grad():
        return (tunnel_km(table.weight, unseen) - tunnel_km(points, unseen)).abs().mean().item()


def split_pairs(count: int, *shares: float, seed: int = 0) -> list[Tensor]:
    """Deal all pairs of `count` things at random into parts with these shares, and the rest.

    Raises
    ------
    ValueError
        If a share is not between 0 and 1, the shares leave no rest, or a part would be empty.
    """
    pairs = all_pairs(check_size(count, "count"))
    ends = [round(end * len(pairs)) for end in np.cumsum([*shares, 1 - sum(shares)])]
    sizes = np.diff([0, *ends])
    if not all(0 < share < 1 for share in shares) or (sizes < 1).any():
        raise ValueError(
            f"the shares {shares} of {len(pairs)} pairs make parts of {sizes.tolist()} pairs; "
            "each share is a number between 0 and 1, and every part, the rest too, needs a pair"
        )
    order = torch.randperm(len(pairs), generator=torch.Generator().manual_seed(seed))
    return list(pairs[order].split(sizes.tolist()))


def square(pairs: Tensor, values: Tensor, count: int, diagonal: float = 0.0) -> Tensor:
    """Write the values of pairs `(N, 2)` into a symmetric matrix `(count, count)`."""
    matrix = torch.full((count, count), diagonal, dtype=torch.float64)
    matrix[pairs[:, 0], pairs[:, 1]] = matrix[pairs[:, 1], pairs[:, 0]] = values.double()
    return matrix


def spectrum(distances: Tensor) -> Tensor:
    """Return how far things with these distances spread in each direction, the largest first.

    This is classical scaling (Torgerson, "Multidimensional scaling: I. Theory and method", 1952): squared
    distances, made products by taking row and column means away. Its eigenvalues are sums of squares along
    perpendicular directions, so as many are positive as the things need columns. Negative ones say that no
    flat space holds these distances.

    Parameters
    ----------
    distances : Tensor of shape `(V, V)`

    Returns
    -------
    Tensor of float64, shape `(V,)`

    Raises
    ------
    ValueError
        If the matrix is not square and symmetric with a diagonal of zeros, or holds what is no distance.
    """
    given = distances.double()
    if given.ndim != 2 or given.shape[0] != given.shape[1]:
        raise ValueError(f"distances has shape {tuple(given.shape)}, but it must be square, (V, V)")
    if not torch.isfinite(given).all() or (given < 0).any():
        raise ValueError("distances holds a number that is negative or not finite, so no distance")
    if not torch.allclose(given, given.T) or given.diagonal().any():
        raise ValueError(
            "distances must be the same there and back, and 0 from each thing to itself; "
            "are these one half of the matrix, or similarities?"
        )
    return torch.linalg.eigvalsh(centre(-0.5 * given.square())).flip(0)


def centre(matrix: Tensor) -> Tensor:
    """Take from a matrix its row means and its column means."""
    return matrix - matrix.mean(0) - matrix.mean(1, keepdim=True) + matrix.mean()
