"""Postcards between cities, and models that learn from who writes to whom."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from embedding_layer.chapters.chapter_08.cities import all_pairs
from embedding_layer.chapters.chapter_08.experiment import fit, split_pairs, square
from embedding_layer.checks import check_size
from embedding_layer.layer import CustomEmbedding


class Postcards(NamedTuple):
    """How many postcards name each pair of cities, and what is hidden: the logarithm of the pair's rate."""

    pairs: Tensor
    counts: Tensor
    log_rate: Tensor

    def of_city(self, count: int) -> Tensor:
        """Return how many postcards name each of `count` cities."""
        return torch.zeros(count).index_add_(0, self.pairs.flatten(), self.counts.repeat_interleave(2))


def write_postcards(
    points: Tensor, cards: int, *, noise: float = 0.0, rarity: float = 0.0, seed: int = 0
) -> Postcards:
    """Write postcards from city to city, by a rule that knows the map.

    A pair of cities i and j stands on a card with a probability in proportion to
    `popularity[i] * popularity[j] * exp(2 * cosine)`, with the cosine of the angle between the two, seen from
    the middle of the Earth: neighbours write 55 times as often as cities that are farthest apart.

    Parameters
    ----------
    points : Tensor of shape `(V, 3)`
        Places on a globe of radius 1.
    cards : int
    noise : float
        The share of cards whose two cities are drawn without a look at the map, 0 to 1.
    rarity : float
        0 makes all cities equally popular. Otherwise the k-th city of a shuffled list has the popularity
        `k ** -rarity`.
    seed : int

    Raises
    ------
    ValueError
        If `cards` is less than 1, `noise` not between 0 and 1, or `rarity` negative.
    """
    if not 0 <= noise <= 1:
        raise ValueError(f"noise={noise}, but it is a share of the cards: 0 to 1")
    if not 0 <= rarity < float("inf"):
        raise ValueError(f"rarity={rarity}, but it must be 0, for equal popularity, or more")
    generator = torch.Generator().manual_seed(seed)
    pairs = all_pairs(len(points))
    popularity = torch.arange(1.0, len(points) + 1)[torch.randperm(len(points), generator=generator)]
    blind = popularity.pow(-rarity)[pairs].prod(dim=1)
    near = blind * (2 * points[pairs].prod(dim=1).sum(dim=1)).exp()
    rate = (1 - noise) * near / near.sum() + noise * blind / blind.sum()
    drawn = torch.multinomial(rate, check_size(cards, "cards"), replacement=True, generator=generator)
    return Postcards(pairs, drawn.bincount(minlength=len(pairs)).float(), rate.log())


class DotProduct(nn.Module):
    """Score a pair by the dot product of its two rows of one table, and by how popular each is."""

    def __init__(self, vocab_size: int, size: int) -> None:
        super().__init__()
        self.embedding = CustomEmbedding(vocab_size, size)
        self.popularity = CustomEmbedding(vocab_size, 1)
        self.base = nn.Parameter(torch.zeros(()))
        with torch.no_grad():
            self.embedding.weight *= 0.3
            self.popularity.weight.zero_()

    def forward(self, pairs: Tensor) -> Tensor:
        """Return the scores `(N,)` of pairs `(N, 2)`."""
        return (
            self.embedding(pairs).prod(dim=1).sum(dim=1) + self.popularity(pairs).sum(dim=(1, 2)) + self.base
        )


class OneHotLinear(nn.Module):
    """Score a pair by a linear layer on its two one-hot vectors, added up; it has no size to choose."""

    def __init__(self, vocab_size: int, size: int | None = None) -> None:
        super().__init__()
        self.layers = nn.Linear(vocab_size, 1)

    def forward(self, pairs: Tensor) -> Tensor:
        """Return the scores `(N,)` of pairs `(N, 2)`."""
        both = F.one_hot(pairs, next(self.parameters()).shape[1]).float().sum(dim=1)
        return self.layers(both).squeeze(1)


class OneHotMLP(OneHotLinear):
    """Score a pair by two layers with a ReLU between them, on the same one-hot vectors."""

    def __init__(self, vocab_size: int, size: int) -> None:
        super().__init__(vocab_size)
        self.layers = nn.Sequential(nn.Linear(vocab_size, size), nn.ReLU(), nn.Linear(size, 1))


def fit_counts(
    make: Callable[[], nn.Module],
    pairs: Tensor,
    counts: Tensor,
    *,
    steps: int = 300,
    lr: float = 0.1,
    decay: float = 0.0,
    seed: int = 0,
) -> nn.Module:
    """Train a new model whose score of a pair is the logarithm of the count to be expected.

    The loss is Poisson's, `exp(score) - count * score`: smallest where `exp(score)` is the mean count.
    """
    torch.manual_seed(seed)
    model = make()
    batches = [(pairs, counts)] * check_size(steps, "steps")
    fit(lambda p, n: F.poisson_nll_loss(model(p), n), batches, model.parameters(), lr=lr, decay=decay)
    return model


def table_from(postcards: Postcards, count: int, *, D: int = 3, steps: int = 300, seed: int = 0) -> Tensor:
    """Train a dot product on all postcards and return its table `(count, D)`."""
    model = fit_counts(
        lambda: DotProduct(count, D), postcards.pairs, postcards.counts, steps=steps, seed=seed
    )
    return model.embedding.weight.detach()


RATES, DECAYS = (0.01, 0.1), (0.0, 0.002, 0.02)
"""What is tried for every model: learning rates, and how strongly parameters are pulled to 0."""

SIZES = {DotProduct: (4, 8), OneHotLinear: (None,), OneHotMLP: (64, 256)}
"""Sizes that are tried: columns of the table, or the width of the hidden layer."""


class Tuned(NamedTuple):
    """The best of the settings that were tried."""

    size: int | None
    lr: float
    decay: float


def agreement(
    kind: type[nn.Module],
    points: Tensor,
    tuned: Tuned,
    *,
    part: str = "test",
    share: float = 0.2,
    cards: int = 100_000,
    steps: int = 300,
    seed: int = 0,
) -> float:
    """Train on some pairs; return how well the scores of others agree with their hidden rates.

    Parameters
    ----------
    kind : DotProduct, OneHotLinear or OneHotMLP
    points : Tensor of shape `(V, 3)`
    tuned : Tuned
        Size, learning rate and decay.
    part : str
        "validation", a tenth of the pairs, or "test", those that are neither trained on nor validation.
    share : float
        The share of the pairs that are trained on.
    cards, steps, seed : int

    Returns
    -------
    float
        The correlation of scores and logarithms of rates: 1 is perfect, 0 is guessing.
    """
    if part not in ("validation", "test"):
        raise ValueError(f"part={part!r}, but it must be 'validation' or 'test'")
    postcards = write_postcards(points, cards, seed=seed)
    counts, log_rate = (
        square(postcards.pairs, values, len(points)).float()
        for values in (postcards.counts, postcards.log_rate)
    )
    seen, validation, test = split_pairs(len(points), share, 0.1, seed=seed)
    model = fit_counts(
        lambda: kind(len(points), tuned.size),
        seen,
        counts[tuple(seen.T)],
        steps=steps,
        lr=tuned.lr,
        decay=tuned.decay,
        seed=seed,
    )
    asked = validation if part == "validation" else test
    with torch.no_grad():
        both = torch.stack([model(asked), log_rate[tuple(asked.T)]])
    return torch.corrcoef(both)[0, 1].item()


def tune(kind: type[nn.Module], points: Tensor, *, seed: int = 1000, **options: float) -> Tuned:
    """Try all sizes, rates and decays on validation pairs of postcards of its own; return the best."""
    tried = [Tuned(*choice) for choice in product(SIZES[kind], RATES, DECAYS)]
    return max(
        tried, key=lambda choice: agreement(kind, points, choice, part="validation", seed=seed, **options)
    )
