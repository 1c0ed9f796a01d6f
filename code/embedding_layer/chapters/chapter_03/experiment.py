"""What the first numbers of a table do to training: a language with a secret, and a model that learns it.

Every token is of one of ten kinds, and a token of one kind is followed by any token of the next, each as
likely as the others. A table that has understood this puts tokens of the same kind side by side.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from embedding_layer.training.loop import train
from embedding_layer.vectors import nearest_rows

KINDS = 10
PAIRS = 128
"""How many pairs of tokens a step of training sees."""


class Trained(NamedTuple):
    """What training has made of a model."""

    losses: list[float]
    """The loss (nats) of every step, before that step."""
    table: Tensor
    """The table `(V, D)` after the last step."""
    moved: float
    """How far all numbers of the table have moved together, as a share of the length they started with."""
    own_kind: float
    """The share of tokens whose nearest row, by angle, belongs to a token of the same kind."""

    def __str__(self) -> str:
        """Return the run in a line, all its numbers after `≈`."""
        losses = f"loss ≈ {self.losses[0]:4.1f} to ≈ {self.losses[-1]:4.1f}"
        return f"{losses}, moved ≈ {self.moved:4.0%}, same kind ≈ {self.own_kind:4.0%}"


def kinds_of(vocab_size: int) -> Tensor:
    """Return the kind of each token, int64 of shape `(V,)`."""
    return torch.arange(vocab_size) % KINDS


def draw_pairs(vocab_size: int, count: int) -> tuple[Tensor, Tensor]:
    """Draw tokens, and for each one that may follow it.

    Parameters
    ----------
    vocab_size : int
        V, a multiple of the number of kinds.
    count : int
        How many pairs.

    Returns
    -------
    tuple of two int64 Tensors of shape `(count,)`
    """
    first = torch.randint(vocab_size, (count,))
    member = torch.randint(vocab_size // KINDS, (count,))
    return first, member * KINDS + (kinds_of(vocab_size)[first] + 1) % KINDS


def share_of_own_kind(table: Tensor) -> float:
    """Return the share of rows whose nearest row is of the same kind; by chance, one in ten is."""
    kinds = kinds_of(len(table))
    nearest = nearest_rows(table, torch.arange(len(table)), k=1).ids[:, 0]
    return (kinds[nearest] == kinds).float().mean().item()


def untrained(
    make: Callable[[int, int], nn.Module], vocab_size: int, embedding_dim: int, *, std: float
) -> nn.Module:
    """Make a model from seed 0 and draw its table from the normal distribution N(0, std²).

    Parameters
    ----------
    make : callable
        Gets V and D; returns a model whose table is `model.embedding.weight`.
    vocab_size, embedding_dim : int
        V and D.
    std : float
        The standard deviation of the table's first numbers.
    """
    torch.manual_seed(0)
    model = make(vocab_size, embedding_dim)
    nn.init.normal_(model.embedding.weight, std=std)
    return model


def first_loss(
    make: Callable[[int, int], nn.Module], vocab_size: int, embedding_dim: int, *, std: float
) -> float:
    """Return the loss (nats) over 2,000 pairs before any training; the arguments are those of `untrained`."""
    model = untrained(make, vocab_size, embedding_dim, std=std)
    first, following = draw_pairs(vocab_size, 2000)
    with torch.no_grad():
        return F.cross_entropy(model(first), following).item()


def train_from(
    make: Callable[[int, int], nn.Module],
    vocab_size: int,
    embedding_dim: int,
    *,
    std: float,
    rate: float = 0.001,
    steps: int = 240,
) -> Trained:
    """Train a model on the language, with Adam, from a table drawn from N(0, std²).

    Parameters
    ----------
    make : callable
        Gets V and D; returns a model that maps ids `(N,)` to a score for each token, `(N, V)`, and whose
        table is `model.embedding.weight`.
    vocab_size, embedding_dim : int
        V, a multiple of the number of kinds, and D.
    std : float
        The standard deviation of the table's first numbers.
    rate : float
        Adam's learning rate.
    steps : int
        How many steps of training.
    """
    model = untrained(make, vocab_size, embedding_dim, std=std)
    table = model.embedding.weight.detach()
    start = table.clone()

    def batches() -> Iterator[tuple[Tensor, Tensor]]:
        for _ in range(steps):
            yield draw_pairs(vocab_size, PAIRS)

    losses = train(
        lambda first, following: F.cross_entropy(model(first), following),
        batches(),
        torch.optim.Adam(model.parameters(), lr=rate),
    )
    moved = ((table - start).norm() / start.norm()).item()
    return Trained(losses, table, moved, share_of_own_kind(table))
