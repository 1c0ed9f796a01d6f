"""Addition on a clock face: its table of sums, a model that learns it, and what waves a table holds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from embedding_layer.training import train


class Sums(NamedTuple):
    """Pairs of numbers `(N, 2)` and their sums `(N,)`, modulo something."""

    pairs: Tensor
    sums: Tensor


def all_sums(modulus: int, sizes: Sequence[int], *, seed: int = 0) -> list[Sums]:
    """Deal all pairs below `modulus`, with their sums, into parts of these sizes."""
    numbers = torch.arange(modulus)
    pairs = torch.cartesian_prod(numbers, numbers)
    order = torch.randperm(len(pairs), generator=torch.Generator().manual_seed(seed))
    sums = pairs.sum(1) % modulus
    return [Sums(pairs[part], sums[part]) for part in order.split(list(sizes))]


def fit(
    model: nn.Module, learn: Sums, *, rate: float = 0.01, decay: float = 3.0, steps: int = 1000
) -> list[float]:
    """Train on all known sums at once, by AdamW; return the losses."""
    optimizer = torch.optim.AdamW(model.parameters(), lr=rate, weight_decay=decay, fused=True)
    return train(lambda *pair: F.cross_entropy(model(pair[0]), pair[1]), [learn] * steps, optimizer)


def right(model: nn.Module, part: Sums) -> float:
    """Return the share of sums that a model gets right."""
    with torch.no_grad():
        return (model(part.pairs).argmax(1) == part.sums).float().mean().item()


def wave_shares(weight: Tensor) -> Tensor:
    """Return how much of a table is waves of 1, 2, … rounds over its rows; the shares add up to 1.

    Parameters
    ----------
    weight : Tensor of shape `(V, D)`
        An odd number of rows; its mean row is left out.
    """
    strength = torch.fft.rfft(weight.detach().double(), dim=0)[1:].abs().square().sum(1)
    return strength / strength.sum()
