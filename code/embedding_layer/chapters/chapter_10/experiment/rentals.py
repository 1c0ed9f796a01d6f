"""A planted rental company: what is known of an hour, and how a model of its rentals is trained."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from embedding_layer.training import Batches, predict, rmse, train


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


CLOCK = _words(
    "owl nightjar heron egret stork robin wren lark finch sparrow swift swallow kite hawk gull tern crane "
    "plover thrush starling magpie jay raven corncrake"
)
"""The bird of each hour, from midnight on. The company has lost this list; no model is shown it."""

STATIONS = _words(
    "abbey airport arena bakery bridge brewery canal castle cathedral cinema college courthouse dockyard "
    "embassy ferry garden gallery harbour hospital island library lighthouse market mill museum nursery "
    "observatory palace quarry racecourse stadium theatre university viaduct windmill zoo"
)

NOISE = 8.0
"""Rentals; how far the best possible prediction is off."""


class Rentals(NamedTuple):
    """A table of rentals: four columns of N entries, of which two hold names and two hold numbers."""

    station: list[str]
    hour: list[str]
    degrees: Tensor
    rentals: Tensor


def rentals(n: int, *, seed: int, one_peak: bool = False, world: int = 0) -> Rentals:
    """Draw rows of the company's table.

    A station has a level, a busiest hour of its own, and a height of that peak; warm days add to all.

    Parameters
    ----------
    n : int
        N, how many rows.
    seed : int
        Other seeds draw other rows of the same company.
    one_peak : bool
        All stations are busiest at the same hour instead, and by as much: hours and stations then simply add.
    world : int
        Another company: other levels and peaks.
    """
    company = torch.Generator().manual_seed(world)
    peak = 24 * torch.rand(len(STATIONS), generator=company)
    level = 40 + 15 * torch.randn(len(STATIONS), generator=company)
    height = 60 + 30 * torch.rand(len(STATIONS), generator=company)
    if one_peak:
        peak, height = peak.new_full((len(STATIONS),), 8.0), height.new_full((len(STATIONS),), 75.0)
    generator = torch.Generator().manual_seed(1000 * world + seed)
    s, h = (torch.randint(len(names), (n,), generator=generator) for names in (STATIONS, CLOCK))
    degrees = 15 + 8 * torch.randn(n, generator=generator)
    busy = torch.exp(2 * (torch.cos(2 * math.pi * (h - peak[s]) / 24) - 1))
    warm = 20 * torch.exp(-(((degrees - 20) / 10) ** 2))
    noise = NOISE * torch.randn(n, generator=generator)
    names = [STATIONS[i] for i in s.tolist()], [CLOCK[i] for i in h.tolist()]
    return Rentals(*names, degrees, level[s] + height[s] * busy + warm + noise)


class Part(NamedTuple):
    """A part of the table as a model wants it: ids, scaled numbers, and the scaled target."""

    station: Tensor
    hour: Tensor
    degrees: Tensor
    target: Tensor


def fit(
    model: nn.Module,
    part: Part,
    rate: float,
    *,
    steps: int = 600,
    seed: int = 0,
    after_step: Callable[[int, float], None] | None = None,
) -> nn.Module:
    """Train a model by AdamW on batches of 256 rows; the rate falls to zero. Return the model.

    Parameters
    ----------
    model : nn.Module
        Takes ids of stations, ids of hours and scaled degrees, and returns one number a row.
    part : Part
    rate : float
        The learning rate at the start.
    steps, seed : int
    after_step : callable or None
        As for `train`.
    """
    optimizer = torch.optim.AdamW(model.parameters(), lr=rate, weight_decay=0.1, fused=True)
    batches = Batches(*part, batch_size=256, steps=steps, seed=seed)

    def slower(step: int, loss: float) -> None:
        optimizer.param_groups[0]["lr"] = rate * (1 - step / steps)
        if after_step is not None:
            after_step(step, loss)

    train(lambda *row: F.mse_loss(model(*row[:3]), row[3]), batches, optimizer, after_step=slower)
    return model


def best_of(
    make: Callable[[], nn.Module],
    learn: Part,
    judge: Part,
    rates: Sequence[float],
    *,
    steps: int = 600,
    seed: int = 0,
) -> tuple[nn.Module, float]:
    """Train a model at each learning rate; return that with the smallest error on `judge`, and its rate."""
    runs = {}
    for rate in rates:
        torch.manual_seed(seed)
        model = fit(make(), learn, rate, steps=steps, seed=seed)
        runs[rate] = rmse(predict(model, *judge[:3]), judge.target), model
    rate = min(runs, key=lambda rate: runs[rate][0])
    return runs[rate][1], rate


def ring_order(points: Tensor) -> list[int]:
    """Return the rows of `points` `(V, 2)` in the order in which they stand around their middle."""
    x, y = (points - points.mean(dim=0)).T
    return torch.atan2(y, x).argsort().tolist()


def neighbours_kept(order: Sequence[int], hour_of: Sequence[int]) -> int:
    """Count the neighbours around a ring that are neighbours on the clock; all 24 if it is the clock.

    Parameters
    ----------
    order : sequence of int
        The ids around the ring.
    hour_of : sequence of int
        For each id the hour that it stands for.
    """
    pairs = zip(order, [*order[1:], order[0]], strict=True)
    return sum((hour_of[i] - hour_of[j]) % 24 in (1, 23) for i, j in pairs)


def turned(points: Tensor, hour_of: Sequence[int]) -> Tensor:
    """Return the rotation `(2, 2)`, a mirror if need be, that turns a ring as a clock is hung on a wall.

    Points have no top and no direction of their own. Nothing but the drawing knows the clock.
    """
    angle = 2 * math.pi * torch.tensor(hour_of) / 24
    clock = torch.stack([angle.sin(), angle.cos()], dim=1)
    left, _, right = torch.linalg.svd(points.T @ clock)
    return left @ right


def with_gaps(table: Rentals, *, busy: float = 95.0, share: float = 0.7, seed: int = 0) -> Rentals:
    """Lose the hour in a share of the rows with more than `busy` rentals; it becomes "<missing>"."""
    drawn = torch.rand(len(table.rentals), generator=torch.Generator().manual_seed(seed))
    lost = ((table.rentals > busy) & (drawn < share)).tolist()
    hours = ["<missing>" if gone else hour for gone, hour in zip(lost, table.hour, strict=True)]
    return table._replace(hour=hours)
