"""Reading a table of vectors: which rows are neighbours, how it looks flat, and how two tables compare.

Analogies, ranks and the index of cells are built in chapter 9.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

MEASURES = ("cosine", "dot", "euclidean")


class Found(NamedTuple):
    """Rows that were found, the best first, and their scores: the larger, the nearer."""

    ids: Tensor
    scores: Tensor


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


def scores(queries: Tensor, weight: Tensor, measure: str = "cosine") -> Tensor:
    """Score every row of a table against every query; the larger, the nearer.

    Parameters
    ----------
    queries : Tensor of shape `(..., D)`
        Any vectors; they need not be rows.
    weight : Tensor of shape `(V, D)`
    measure : {"cosine", "dot", "euclidean"}
        The cosine of the angle, the dot product, or minus the distance.

    Returns
    -------
    Tensor of shape `(..., V)`

    Raises
    ------
    ValueError
        If the measure is another one, or the vectors differ in length.
    """
    if measure not in MEASURES:
        raise ValueError(f"measure={measure!r}, but it must be one of {', '.join(map(repr, MEASURES))}")
    if queries.shape[-1] != weight.shape[-1]:
        raise ValueError(
            f"the queries have {queries.shape[-1]} numbers each, the rows {weight.shape[-1]}; only vectors "
            "of one length can be compared"
        )
    queries, weight = queries.detach(), weight.detach()
    if measure == "euclidean":
        return -torch.cdist(queries.view(-1, weight.shape[1]), weight).view(*queries.shape[:-1], -1)
    if measure == "cosine":
        queries, weight = F.normalize(queries, dim=-1), F.normalize(weight, dim=1)
    return queries @ weight.T


def nearest_to(
    weight: Tensor, queries: Tensor, k: int = 10, *, measure: str = "cosine", exclude: Tensor | None = None
) -> Found:
    """Find the `k` rows nearest to each query vector. It is the way back from a vector to a token.

    A query that is a row of the table finds itself first, unless you exclude it.

    Parameters
    ----------
    weight : Tensor of shape `(V, D)`
    queries : Tensor of shape `(Q, D)`
    k : int
    measure : {"cosine", "dot", "euclidean"}
    exclude : Tensor of int64, shape `(Q, E)`, or None
        For each query the rows that may not be found.

    Returns
    -------
    Found
        `ids` and `scores`, both of shape `(Q, k)`; of rows with the same score, any may come first.

    Raises
    ------
    ValueError
        If there are fewer than `k` rows to be found.
    """
    left = len(weight) - (0 if exclude is None else exclude.shape[-1])
    if not 1 <= k <= left:
        raise ValueError(f"k={k}, but there are 1 to {left} rows to be found")
    found = scores(queries, weight, measure)
    if exclude is not None:
        found = found.scatter(-1, exclude, -torch.inf)
    best = found.topk(k)
    return Found(best.indices, best.values)


def ranks(weight: Tensor, queries: Tensor, targets: Tensor, *, exclude: Tensor | None = None) -> Tensor:
    """Return the place of each target among all rows, by cosine; 1 is the best.

    Ties count against the target: of ten rows with the same score it takes the tenth place. So a table of
    equal rows, which knows nothing, scores nothing.

    Parameters
    ----------
    weight : Tensor of shape `(V, D)`
    queries : Tensor of shape `(Q, D)`
    targets : Tensor of int64, shape `(Q,)`
        For each query the row that should be found.
    exclude : Tensor of int64, shape `(Q, E)`, or None
        Rows that do not count; a target among them stays in the race.

    Returns
    -------
    Tensor of int64, shape `(Q,)`

    Raises
    ------
    ValueError
        If a row or a query is not finite: every comparison with NaN is false, so nothing would be ahead of
        the target and it would always win. Or if there is no query.
    """
    if len(targets) == 0:
        raise ValueError("there is no query to rank; an empty list of questions has no score")
    for name, table in (("row", weight), ("query", queries)):
        broken = ~table.isfinite().all(dim=1)
        if broken.any():
            raise ValueError(
                f"{name} {broken.nonzero()[0].item()} is not finite ({int(broken.sum())} of {len(table)} are "
                "not): the training has diverged, and a score would mean nothing. Train with a smaller "
                "learning rate"
            )
    found = scores(queries, weight)
    own = found.gather(1, targets[:, None])
    rivals = found.scatter(1, targets[:, None], -torch.inf)
    if exclude is not None:
        rivals = rivals.scatter(1, exclude, -torch.inf)
    return 1 + (rivals >= own).sum(dim=1)


def offset(weight: Tensor, a: Tensor, b: Tensor, c: Tensor) -> Tensor:
    """Return the queries of the analogies "a is to b as c is to …": b − a + c of rows made equally long.

    The method of Mikolov et al., "Linguistic regularities in continuous space word representations" (2013).

    Parameters
    ----------
    weight : Tensor of shape `(V, D)`
    a, b, c : Tensors of int64, shape `(Q,)`

    Returns
    -------
    Tensor of shape `(Q, D)`
    """
    rows = F.normalize(weight.detach(), dim=1)
    return rows[b] - rows[a] + rows[c]


class CellIndex:
    """Search a large table without reading all of it: rows are sorted into cells, and few cells are read.

    An inverted file (Jégou et al., "Product quantization for nearest neighbor search", 2011, there with
    compressed rows): k-means finds the centres of the cells; a query looks into the cells whose centres are
    nearest to it. What lies in other cells is missed. Similarity is the cosine.

    Parameters
    ----------
    weight : Tensor of shape `(V, D)`
    cells : int
        How many; the square root of V is a good start.
    rounds : int
        Rounds of k-means, on at most 64 rows a cell.
    seed : int

    Raises
    ------
    ValueError
        If there are no cells, or fewer rows than cells.
    """

    def __init__(self, weight: Tensor, cells: int, *, rounds: int = 5, seed: int = 0) -> None:
        if not 1 <= cells <= len(weight):
            raise ValueError(f"cells={cells}, but {len(weight)} rows can fill 1 to {len(weight)} cells")
        rows = F.normalize(weight.detach(), dim=1)
        order = torch.randperm(len(rows), generator=torch.Generator().manual_seed(seed))
        sample = rows[order[: 64 * cells]]
        self.centres = sample[:cells].clone()
        for _ in range(rounds):
            nearest = (sample @ self.centres.T).argmax(dim=1)
            sums = torch.zeros_like(self.centres).index_add_(0, nearest, sample)
            alone = (nearest.bincount(minlength=cells) == 0)[:, None]
            self.centres = F.normalize(torch.where(alone, self.centres, sums), dim=1)
        cell = torch.cat([(part @ self.centres.T).argmax(dim=1) for part in rows.split(16384)])
        self.ids = cell.argsort(stable=True)  # the rows of one cell lie side by side
        self.rows = rows[self.ids]
        self.starts = [0, *cell.bincount(minlength=cells).cumsum(0).tolist()]

    def search(self, query: Tensor, k: int = 10, *, probes: int = 8) -> Found:
        """Find `k` rows near to one query of shape `(D,)`, in the `probes` cells nearest to it.

        Fewer than `k` are found where these cells hold fewer rows.

        Raises
        ------
        ValueError
            If `probes` or `k` is less than 1, or there are fewer cells than `probes`.
        """
        if not 1 <= probes <= len(self.centres) or k < 1:
            raise ValueError(
                f"probes={probes}, k={k}, but there are 1 to {len(self.centres)} cells, and k is 1 or more"
            )
        query = F.normalize(query.detach(), dim=0)
        near = (self.centres @ query).topk(probes).indices.tolist()
        spans = [slice(self.starts[cell], self.starts[cell + 1]) for cell in near]
        found = torch.cat([self.rows[span] @ query for span in spans])
        best = found.topk(min(k, len(found)))
        return Found(torch.cat([self.ids[span] for span in spans])[best.indices], best.values)


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
