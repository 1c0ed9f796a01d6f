"""How good is a model, and how sure is that? Errors, and intervals for examples that come in groups."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor

from embedding_layer.checks import check_size
from embedding_layer.training.data import as_keys


def rmse(predicted: Tensor, targets: Tensor) -> float:
    """Return the root of the mean squared error, in the units of the targets.

    Parameters
    ----------
    predicted, targets : Tensors of the same shape
        One number an example.

    Raises
    ------
    ValueError
        If the shapes differ (PyTorch would compare every example with every other), if there is no example,
        or if a number is missing or infinite.
    """
    if predicted.shape != targets.shape:
        raise ValueError(
            f"predicted has shape {tuple(predicted.shape)} and targets {tuple(targets.shape)}; "
            "both need one number an example: a last axis of length 1 goes away with .squeeze(-1)"
        )
    if targets.numel() == 0:
        raise ValueError("there is no example to judge by; this part of the data is empty")
    for name, values in (("predicted", predicted), ("targets", targets)):
        bad = ~torch.isfinite(values)
        if bad.any():
            raise ValueError(
                f"{bad.sum().item()} of {values.numel()} numbers in {name} are missing or infinite; a score "
                "of such numbers means nothing: has the training diverged?"
            )
    return (predicted - targets).square().mean().sqrt().item()


class Interval(NamedTuple):
    """A mean and the range in which it would lie, most of the time, with other groups."""

    mean: float
    low: float
    high: float


def interval_over_groups(
    values: ArrayLike,
    groups: Sequence[Hashable],
    *,
    confidence: float = 0.95,
    resamples: int = 2000,
    seed: int = 0,
) -> Interval:
    """Return the mean of `values` with its uncertainty, by drawing whole groups again and again.

    Examples of one group are alike, so drawing single examples would make the interval too narrow. This is
    the cluster bootstrap with percentile limits (Efron and Tibshirani, "An Introduction to the
    Bootstrap", 1993).

    Parameters
    ----------
    values : array_like of N numbers
        One score an example: 1 for a right answer and 0 for a wrong one, or the difference of two models.
    groups : sequence of N hashable
        The group of each example, the file of a paragraph for instance. All NaN are one group.
    confidence : float
        The share of the resampled means between the limits.
    resamples : int
        How often to draw.
    seed : int

    Raises
    ------
    ValueError
        If there is no value, not one group for each, fewer than two groups, or `confidence` is not between 0
        and 1.
    """
    scores = np.asarray(values, dtype=np.float64)
    if scores.ndim != 1 or scores.size == 0 or len(groups) != scores.size:
        raise ValueError(
            f"values has shape {scores.shape} and there are {len(groups)} groups; "
            "pass one number and one group an example, and at least one example"
        )
    if not 0 < confidence < 1:
        raise ValueError(f"confidence={confidence}, but it is a share between 0 and 1, such as 0.95")
    groups = as_keys(groups)
    number = {group: i for i, group in enumerate(dict.fromkeys(groups))}
    if len(number) < 2:
        raise ValueError("all examples belong to one group; the spread between groups needs at least two")
    member = np.array([number[group] for group in groups])
    sums, sizes = np.bincount(member, scores), np.bincount(member)
    generator = np.random.default_rng(seed)
    drawn = generator.integers(len(number), size=(check_size(resamples, "resamples"), len(number)))
    means = sums[drawn].sum(1) / sizes[drawn].sum(1)
    low, high = np.quantile(means, [(1 - confidence) / 2, (1 + confidence) / 2])
    return Interval(float(scores.mean()), float(low), float(high))
