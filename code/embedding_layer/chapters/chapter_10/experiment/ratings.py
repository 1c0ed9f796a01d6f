"""Planted riders who rate bikes: who likes what, and how tables of both are trained."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from embedding_layer.optim import RowAdam
from embedding_layer.training import Batches, drop_ids, predict, rmse, train

NOISE = 0.8
"""Points; how far the best possible prediction is off."""

GROUPS: Mapping[str, tuple[int, int]] = MappingProxyType(
    {"never": (0, 0), "once": (1, 1), "2 to 9": (2, 9), "10 or more": (10, 10**9)}
)
"""How often a rider was seen in training: the least and the most."""


class Ratings(NamedTuple):
    """N ratings: who, what, and how many points."""

    rider: Tensor
    bike: Tensor
    points: Tensor


def ratings(
    sizes: Sequence[int],
    *,
    riders: int = 300,
    bikes: int = 100,
    rank: int = 3,
    popularity: float = 0.0,
    seed: int = 0,
) -> list[Ratings]:
    """Draw ratings, no pair of rider and bike twice, and deal them into parts.

    A rating is a level, what the rider and the bike add to it, how well a taste of `rank` numbers suits a
    bike's character, and noise.

    Parameters
    ----------
    sizes : sequence of int
        How many ratings each part gets.
    riders, bikes : int
    rank : int
        How many numbers a taste has.
    popularity : float
        0 draws all riders alike; with 0.8 rider i is drawn in proportion to 1 / i^0.8, so that a few rate a
        lot and most once or never.
    seed : int
    """
    generator = torch.Generator().manual_seed(seed)

    def normal(*shape: int) -> Tensor:
        return torch.randn(shape, generator=generator)

    rider_adds, bike_adds = 0.8 * normal(riders), 0.8 * normal(bikes)
    taste, character = normal(riders, rank), normal(bikes, rank) / rank**0.5
    active = torch.arange(1, riders + 1).float() ** -popularity
    keys = torch.rand(riders, bikes, generator=generator).log() / active[:, None]
    pairs = keys.flatten().topk(sum(sizes)).indices  # a weighted draw without repeats
    pairs = pairs[torch.randperm(len(pairs), generator=generator)]
    r, i = pairs // bikes, pairs % bikes
    points = 6 + rider_adds[r] + bike_adds[i] + (taste[r] * character[i]).sum(1) + NOISE * normal(len(pairs))
    parts = (column.split(list(sizes)) for column in (r, i, points))
    return [Ratings(*part) for part in zip(*parts, strict=True)]


def numbered(parts: Sequence[Ratings], *, at_least: int = 1) -> tuple[list[Ratings], int]:
    """Give riders with at least so many ratings in the first part the ids 1, 2, …, and all others the id 0.

    Returns
    -------
    parts : list of Ratings
    count : int
        The rows that a table of riders needs.
    """
    counts = parts[0].rider.bincount(minlength=1 + max(int(part.rider.max()) for part in parts))
    ids = (counts >= at_least).cumsum(0) * (counts >= at_least)
    return [part._replace(rider=ids[part.rider]) for part in parts], int(ids.max()) + 1


def fit(
    model: nn.Module,
    part: Ratings,
    *,
    judge: Ratings | None = None,
    rate: float = 0.1,
    decay: float = 0.0,
    dropout: float = 0.0,
    steps: int = 600,
    seed: int = 0,
) -> list[float]:
    """Train tables of riders and bikes on batches of 512; return the error on `judge` after every 50 steps.

    `decay` shrinks the riders' and bikes' rows that are in a batch, and no others. With `judge` the model is
    left as it was when its error there was smallest: an early stop. Without, it is trained to the end.

    Parameters
    ----------
    model : nn.Module
        Takes ids of riders and of bikes.
    part : Ratings
    judge : Ratings or None
    rate : float
        The learning rate at the start; it falls to zero.
    decay : float
        The weight decay of the tables.
    dropout : float
        The share of riders' ids that are replaced by 0.
    steps, seed : int
    """
    tables = [table for table in model.parameters() if table.numel()]
    optimizer = RowAdam(tables, lr=rate, weight_decay=decay)
    chance = torch.Generator().manual_seed(seed)
    errors, best = [], {}

    def loss(rider: Tensor, bike: Tensor, points: Tensor) -> Tensor:
        return F.mse_loss(model(drop_ids(rider, dropout, 0, generator=chance), bike), points)

    def watch(step: int, _: float) -> None:
        optimizer.param_groups[0]["lr"] = rate * (1 - step / steps)
        if judge is not None and step % 50 == 0:
            errors.append(rmse(predict(model, *judge[:2]), judge.points))
            if errors[-1] == min(errors):
                best.update({name: value.clone() for name, value in model.state_dict().items()})

    train(loss, Batches(*part, batch_size=512, steps=steps, seed=seed), optimizer, after_step=watch)
    if best:
        model.load_state_dict(best)
    return errors


def errors_by_count(model: nn.Module, part: Ratings, counts: Tensor) -> dict[str, float]:
    """Return the error on the riders of each of the `GROUPS` that has any, and on all.

    Parameters
    ----------
    model : nn.Module
    part : Ratings
    counts : Tensor of int, shape `(N,)`
        How often the rider of each rating was seen in training.
    """
    predicted = predict(model, *part[:2])
    errors = {}
    for name, (least, most) in GROUPS.items():
        own = (counts >= least) & (counts <= most)
        if own.any():
            errors[name] = rmse(predicted[own], part.points[own])
    return {**errors, "all": rmse(predicted, part.points)}
