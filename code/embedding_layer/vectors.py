"""Reading a table of vectors: which rows are neighbours, how it looks flat, and how two tables compare."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import ArrayLike, NDArray
from torch import Tensor


class Neighbours(NamedTuple):
    """The nearest rows of some rows, and how near they are."""

    ids: Tensor
    cosines: Tensor


def nearest_rows(weight: Tensor, ids: Tensor, k: int = 10, *, among: Tensor | None = None) -> Neighbours:
    """Find for each row the `k` others at the smallest angle, the nearest first.

    Parameters
    ----------
    weight : Tensor of shape `(V, D)`
        The table; no gradient flows back into it.
    ids : Tensor of int64, any shape
        The rows whose neighbours are asked for. A row is not a neighbour of itself.
    k : int
        How many neighbours.
    among : Tensor of int64, shape `(M,)`, or None
        The rows that may be neighbours, each once; None allows all.

    Returns
    -------
    Neighbours
        `ids` and `cosines`, both of shape `(*ids.shape, k)`; of rows at the same angle, any may come first.

    Raises
    ------
    ValueError
        If `k` is less than 1, or more than there are other rows to choose from.
    """
    candidates = torch.arange(len(weight), device=weight.device) if among is None else among
    if not 1 <= k < len(candidates):
        raise ValueError(
            f"k={k}, but a row has 1 to {len(candidates) - 1} neighbours among {len(candidates)} candidates"
        )
    directions = F.normalize(weight.detach(), dim=1)
    cosines = directions[ids] @ directions[candidates].T
    cosines = cosines.masked_fill(ids.unsqueeze(-1) == candidates, -torch.inf)
    nearest = cosines.topk(k)
    return Neighbours(candidates[nearest.indices], nearest.values)


def flat_map(table: ArrayLike) -> NDArray[np.float64]:
    """Return the two coordinates in which the rows, made equally long, differ most.

    These are the first two principal components. Their signs are arbitrary; here the largest coordinate of
    each is positive, so that the same table gives the same map everywhere.

    Parameters
    ----------
    table : array_like of shape `(V, D)`
        At least two columns; no row may be zero.

    Returns
    -------
    ndarray of shape `(V, 2)`
    """
    rows = np.asarray(table, dtype=np.float64)
    rows = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    left, lengths, _ = np.linalg.svd(rows - rows.mean(axis=0), full_matrices=False)
    points = left[:, :2] * lengths[:2]
    largest = points[np.abs(points).argmax(axis=0), [0, 1]]
    return points * np.sign(largest)


def align(points: ArrayLike, target: ArrayLike, *, scale: bool = False) -> NDArray[np.float64]:
    """Shift and turn points, mirrored if need be, until they lie as near to their targets as they can.

    Two tables can agree in all distances and angles and yet share no number, since nothing in them says where
    up is. This finds the rotation that makes the sum of squared distances smallest (Schönemann, "A
    generalized solution of the orthogonal Procrustes problem", 1966).

    Parameters
    ----------
    points, target : array_like of shape `(N, D)`
        Row i of the one belongs to row i of the other.
    scale : bool
        Let the points be stretched by a common factor, too.

    Returns
    -------
    ndarray of shape `(N, D)`
        The points, moved.

    Raises
    ------
    ValueError
        If the two do not have the same shape with two axes.
    """
    points, target = (np.asarray(given, dtype=np.float64) for given in (points, target))
    if points.shape != target.shape or points.ndim != 2:
        raise ValueError(
            f"points has shape {points.shape} and target {target.shape}; row i of each is the same thing, so "
            "both need one shape (N, D)"
        )
    centred, middle = points - points.mean(axis=0), target.mean(axis=0)
    left, strengths, right = np.linalg.svd(centred.T @ (target - middle))
    factor = strengths.sum() / np.square(centred).sum() if scale else 1.0
    return factor * centred @ left @ right + middle
