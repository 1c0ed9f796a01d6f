"""Ids to measure with: evenly spread over the table, or spread as words are."""

from __future__ import annotations

import torch
from torch import Tensor

from embedding_layer.checks import check_size


def uniform_ids(count: int, vocab_size: int, *, seed: int = 0) -> Tensor:
    """Draw `count` ids, every id of the vocabulary equally likely."""
    return torch.randint(check_size(vocab_size, "vocab_size"), (count,), generator=_generator(seed))


def zipf_ids(count: int, vocab_size: int, *, seed: int = 0) -> Tensor:
    """Draw `count` ids as words occur: the k-th most frequent with a probability in proportion to 1/k.

    Which ids are frequent is shuffled, so that frequent rows lie scattered over the table. It is the same for
    every seed, so that they stay frequent from batch to batch.

    References
    ----------
    Zipf, "Human Behavior and the Principle of Least Effort" (1949).
    """
    generator = _generator(seed)
    total = (1 / torch.arange(1, check_size(vocab_size, "vocab_size") + 1, dtype=torch.float64)).cumsum(0)
    drawn = torch.rand(count, dtype=torch.float64, generator=generator) * total[-1]
    rank = torch.searchsorted(total, drawn).clamp_(max=vocab_size - 1)
    return torch.randperm(vocab_size, generator=_generator(SHUFFLE))[rank]


SHUFFLE = 1949
"""The seed that decides which ids are frequent."""

DISTRIBUTIONS = {"uniform": uniform_ids, "Zipf": zipf_ids}


def _generator(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)
