"""Checks for the exercises of chapter 5: the gradient of a look-up, padding, coalescing, bags, counts."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from embedding_layer.chapters.feedback import Misconception, exercise, require

_ASSIGNED = (
    "Id {id} occurs more than once, and only one of its shares has arrived. Writing by index, with = or with "
    "+=, writes such a row several times and the last write wins; the shares must add up."
)
_TURNED = (
    "The gradient is on its side: it has the shape of the table, (V, D) = ({rows}, {columns}), "
    "one row a token."
)


@exercise
def table_gradient(answer: Callable[[NDArray, NDArray, int], NDArray]) -> str:
    """Check `table_gradient(ids, slopes, vocab_size)` in NumPy, for ids of any shape."""
    rng = np.random.default_rng(0)
    batches = ([4, 1, 4, 0, 4], [[2, 2, 5], [5, 2, 0]], 3, [[[1, 6], [6, 1]], [[1, 1], [0, 6]]], [])
    for ids in map(np.array, batches):
        ids = ids.astype(np.int64)
        slopes = rng.integers(-9, 10, size=(*ids.shape, 2)).astype(float)
        given = ids.copy(), slopes.copy()
        got = answer(*given, 7)
        _require_table(got, np.ndarray, 7, 2, f"For ids of shape {ids.shape} you")
        require(
            np.array_equal(given[0], ids) and np.array_equal(given[1], slopes),
            "You changed the ids or the slopes that you were given; the caller still needs them.",
        )
        _compare(torch.from_numpy(got), torch.from_numpy(ids), torch.from_numpy(slopes), 7)
    return "Flatten or not, one rule: every share is added to the row that its id names."


@exercise
def padded_gradient(answer: Callable[[Tensor, Tensor, int, int | None], Tensor]) -> str:
    """Check `padded_gradient(ids, slopes, vocab_size, padding_idx)`, where `padding_idx` may be None."""
    generator = torch.Generator().manual_seed(0)
    ids = torch.tensor([[3, 1, 3, 0, 0], [1, 4, 0, 3, 3]])
    slopes = torch.randint(-9, 10, (2, 5, 3), generator=generator).double()
    for padding_idx in (3, 0, None):
        given = slopes.clone()
        got = answer(ids.clone(), given, 6, padding_idx)
        what = f"padding_idx={padding_idx}"
        require(
            not (isinstance(got, Tensor) and padding_idx is not None and got.shape == (5, 3)),
            "You took the padding row out of the gradient. It stays, with zeros in it: the gradient has the "
            "shape of the table.",
        )
        _require_table(got, Tensor, 6, 3, f"With {what} you")
        require(
            torch.equal(given, slopes),
            "You wrote zeros into the slopes that you were given. They belong to the caller, who may need "
            "them for other layers: work on a copy, or leave the shares out of the sum.",
        )
        whole = _add(ids, slopes, 6)
        if padding_idx is None:
            _compare(got, ids, slopes, 6)
            continue
        wanted = whole.clone()
        wanted[padding_idx] = 0
        require(
            padding_idx != 0 or not torch.equal(got, whole),
            "padding_idx=0 did nothing. 0 is a row like any other, but `if padding_idx:` takes it for no: "
            "ask `if padding_idx is not None`.",
        )
        require(
            not torch.equal(got, whole),
            f"With {what} row {padding_idx} still gets a gradient: {got[padding_idx].tolist()} "
            "instead of zeros.",
        )
        require(
            not torch.equal(got, whole - wanted),
            "That is upside down: only the padding row gets a gradient.",
        )
        by_place = slopes.clone()
        by_place[:, padding_idx] = 0
        first_place = slopes.flatten(0, 1).clone()
        first_place[padding_idx] = 0
        require(
            not any(
                torch.equal(got, _add(ids, other.reshape(slopes.shape), 6))
                for other in (by_place, first_place)
            ),
            f"You left out what stands at position {padding_idx}. Padding is the id {padding_idx}, "
            "wherever it stands.",
        )
        _compare(got, ids[ids != padding_idx], slopes[ids != padding_idx], 6)
    return "The forward pass knows nothing of it: the option lives in the backward pass alone."


@exercise
def coalesce(answer: Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]) -> str:
    """Check `coalesce(ids, values)`: every id once, in order, with the sum of its rows."""
    ids = torch.tensor([10**15, 5, 10**15, 7, 10**15, 5])
    values = torch.tensor([[1.0, 2], [30, 40], [5, 6], [-7, 8], [0, 100], [2, -3]])
    given = values.clone()
    try:
        got = answer(ids.clone(), given)
    except (RuntimeError, MemoryError) as error:
        if "alloc" in str(error) or isinstance(error, MemoryError):
            raise Misconception(
                "You made a table with a row for every id up to the largest, which is 10¹⁵ here: it does not "
                "fit in memory. The result has one row for every *different* id."
            ) from None
        raise
    require(
        isinstance(got, (tuple, list)) and len(got) == 2 and all(isinstance(part, Tensor) for part in got),
        "Return two tensors: the ids, and their rows.",
    )
    found, sums = got
    require(torch.equal(given, values), "You changed the values that you were given: add into a new tensor.")
    require(
        found.numel() != ids.numel(),
        "An id still occurs more than once. After coalescing each is there once, with the sum of its rows.",
    )
    wanted = torch.tensor([5, 7, 10**15])
    require(
        found.shape == wanted.shape and torch.equal(found.sort().values, wanted),
        f"The different ids are {wanted.tolist()}; you return {found.tolist()}.",
    )
    require(
        torch.equal(found, wanted),
        f"Every id is there once, but not in ascending order: {found.tolist()}. A coalesced list is sorted, "
        "so that two of them can be compared.",
    )
    require(
        sums.shape == (3, 2),
        f"Three ids need three rows of two numbers, shape (3, 2); you return the shape {tuple(sums.shape)}.",
    )
    place = torch.tensor([2, 0, 2, 1, 2, 0])
    total, count = _add(place, values, 3), place.bincount()[:, None]
    require(not torch.equal(sums, total / count), "You averaged the rows of a repeated id; they add up.")
    last = torch.stack([values[5], values[3], values[4]])
    first = torch.stack([values[1], values[3], values[0]])
    require(
        not any(torch.equal(sums, one) for one in (last, first)),
        "You kept one row of each id and lost the others: they add up.",
    )
    require(
        not torch.equal(sums.sort(dim=0).values, total.sort(dim=0).values) or torch.equal(sums, total),
        "The sums are right, but they stand beside the wrong ids: sorting the ids must move their rows, too.",
    )
    require(
        torch.equal(sums, total),
        f"Id 5 has the rows {values[1].tolist()} and {values[5].tolist()}, so the sum {total[0].tolist()}; "
        f"you return {sums[0].tolist()}.",
    )
    return "Coalescing is a scatter-add as well, into a table that has only the rows in use."


@exercise
def bag_gradient(answer: Callable[[Tensor, Tensor, int], Tensor]) -> str:
    """Check `bag_gradient(ids, slopes, vocab_size)`: ids `(B, T)`, one row of slopes a bag, `(B, D)`."""
    generator = torch.Generator().manual_seed(0)
    for ids in (
        torch.tensor([[3, 1, 3], [0, 1, 5]]),
        torch.tensor([[2, 2, 2, 2], [4, 0, 4, 2], [1, 1, 0, 2]]),
    ):
        (bags, length), rows = ids.shape, 6
        slopes = torch.randint(1, 10, (bags, 2), generator=generator).double()
        got = answer(ids.clone(), slopes.clone(), rows)
        _require_table(got, Tensor, rows, 2, "You")
        every = slopes[:, None].expand(bags, length, 2)
        wanted = _add(ids, every, rows)
        require(
            not torch.allclose(got, wanted / length),
            "You divided by the length of the bag. That belongs to a mean; in a sum every word gets the "
            "slopes of its bag whole.",
        )
        require(
            not torch.allclose(got, _add(ids[:, 0], slopes, rows)),
            "Only the first word of each bag gets something. All words of a bag are in its sum.",
        )
        once = torch.zeros_like(wanted)
        for bag, share in zip(ids, slopes, strict=True):
            once[bag.unique()] += share
        require(
            not torch.equal(got, once),
            "A word that stands twice in one bag is in the sum twice, so its row gets the slopes of the bag "
            "twice. `dW[bag] += …` adds them once.",
        )
        _compare(got, ids, every, rows)
    return "Summing copies the slopes to all words of a bag; then they are scattered as ever."


@exercise
def share_weights(answer: Callable[[Tensor], Tensor]) -> str:
    """Check `share_weights(ids)`: the factor that `scale_grad_by_freq` puts on the share of each position."""
    for ids in (torch.tensor([4, 1, 4, 4]), torch.tensor([[0, 2, 0], [2, 0, 5]])):
        got = answer(ids.clone())
        require(isinstance(got, Tensor), f"Return a tensor; you return a {type(got).__name__}.")
        count = ids.flatten().bincount()
        own = count[ids].double()
        require(
            got.shape != count.shape or got.shape == ids.shape,
            f"You return {len(count)} numbers, one a row of the table. Each position needs its own: "
            "look the numbers up by the ids.",
        )
        require(
            got.shape == ids.shape,
            f"The weights have the shape of the ids, {tuple(ids.shape)}; yours have {tuple(got.shape)}.",
        )
        got = got.double()
        within = [(text[:, None] == text).sum(dim=1) for text in ids.reshape(-1, ids.shape[-1])]
        mistakes = {
            "These are the counts. The share of a frequent id has to become smaller: divide by them.": own,
            "You divided by the number of positions, which is what a mean over the batch does. Divide each "
            "share by the count of its own id.": torch.full_like(own, ids.numel()).reciprocal(),
            "You divided by the number of different ids. Divide each share by the count of its own id.": (
                torch.full_like(own, ids.unique().numel()).reciprocal()
            ),
            "You divided by the share of the id in the batch, count / N; PyTorch divides by the count.": (
                ids.numel() / own
            ),
            "You counted within each text. The count is taken over the whole batch.": (
                torch.stack(within).reshape(ids.shape).double().reciprocal()
            ),
            "You divided by the square of the count: once is enough to turn a sum into a mean.": 1 / own**2,
        }
        for words, wrong in mistakes.items():
            require(not torch.allclose(got, wrong) or torch.allclose(got, 1 / own), words)
        require(
            torch.allclose(got, 1 / own),
            f"For the ids {ids.tolist()} the counts are {own.long().tolist()}; "
            f"you return {got.tolist()} instead of one over each.",
        )
    return "A scatter-add of ones counts, and a look-up brings the counts back to the positions."


def _add(ids: Tensor, slopes: Tensor, rows: int) -> Tensor:
    flat = slopes.reshape(ids.numel(), slopes.shape[-1])
    return slopes.new_zeros(rows, slopes.shape[-1]).index_add(0, ids.flatten(), flat)


def _require_table(got: object, kind: type, rows: int, columns: int, who: str) -> None:
    """Require an array or tensor of the table's shape."""
    name = "NumPy array" if kind is np.ndarray else "tensor"
    require(isinstance(got, kind), f"Return a {name}; you return a {type(got).__name__}.")
    require(tuple(got.shape) != (columns, rows), _TURNED.format(rows=rows, columns=columns))
    require(
        tuple(got.shape) == (rows, columns),
        f"{who} return the shape {tuple(got.shape)}. The gradient has the shape of the table: "
        f"(V, D) = ({rows}, {columns}).",
    )


def _compare(got: Tensor, ids: Tensor, slopes: Tensor, rows: int) -> None:
    """Require the sum of the shares in every row, and name the usual ways to miss it."""
    wanted = _add(ids, slopes, rows)
    if torch.allclose(got.to(wanted.dtype), wanted):
        return
    got, counts = got.to(wanted.dtype), ids.flatten().bincount(minlength=rows)
    repeated = int(counts.argmax())
    assigned = torch.zeros_like(wanted)
    assigned[ids.flatten()] = slopes.reshape(ids.numel(), -1)
    require(not torch.equal(got, assigned), _ASSIGNED.format(id=repeated))
    if ids.ndim > 1:
        by_text = torch.zeros_like(wanted)
        for some_ids, some_slopes in zip(ids, slopes, strict=True):
            by_text[some_ids] += some_slopes
        require(
            not torch.equal(got, by_text),
            "You went through the first axis of the ids and wrote `dW[row] += …`, which loses what repeats "
            f"within a row. Flatten first: ids of shape {tuple(ids.shape)} are {ids.numel()} positions.",
        )
    require(
        not torch.allclose(got, wanted / counts.clamp(min=1)[:, None]),
        "You averaged the shares of a repeated id; they add up.",
    )
    require(
        not torch.allclose(got, wanted / max(ids.numel(), 1)),
        "You divided by the number of positions. If the loss is a mean, the slopes hold that already.",
    )
    wrong = int((got != wanted).any(dim=1).nonzero()[0])
    raise Misconception(
        f"For the ids {ids.tolist()} row {wrong} should get {wanted[wrong].tolist()}, "
        f"the sum of {int(counts[wrong])} shares; yours gets {got[wrong].tolist()}."
    )
