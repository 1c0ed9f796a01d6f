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
_CHANGED = "You changed the {what} that you were given; the caller still needs them. Work on a copy."


@exercise
def table_gradient(answer: Callable[[NDArray, NDArray, int], NDArray]) -> str:
    """Check `table_gradient(ids, slopes, vocab_size)` in NumPy, for ids of any shape."""
    rng = np.random.default_rng(0)
    batches = ([4, 1, 4, 0, 4], [[2, 2, 5], [5, 2, 0]], 3, [[[1, 6], [6, 1]], [[1, 1], [0, 6]]], [])
    for number, ids in enumerate(map(np.array, batches)):
        ids, rows, columns = ids.astype(np.int64), 7 + number, 2 + number % 2
        slopes = rng.integers(-9, 10, size=(*ids.shape, columns)) / 2
        given = ids.copy(), slopes.copy()
        got = answer(*given, rows)
        _require_table(got, np.ndarray, rows, columns, f"For ids of shape {ids.shape} you")
        require(
            np.array_equal(given[0], ids) and np.array_equal(given[1], slopes),
            _CHANGED.format(what="ids or the slopes"),
        )
        _compare(torch.from_numpy(np.array(got)), torch.from_numpy(ids), torch.from_numpy(slopes), rows)
    return "Flatten or not, one rule: every share is added to the row that its id names."


@exercise
def padded_gradient(answer: Callable[[Tensor, Tensor, int, int | None], Tensor]) -> str:
    """Check `padded_gradient(ids, slopes, vocab_size, padding_idx)`, where `padding_idx` may be None."""
    generator = torch.Generator().manual_seed(0)
    ids = torch.tensor([[3, 1, 3, 0, 0], [1, 4, 0, 3, 3]])
    for rows, columns, padding_idx in ((6, 3, 3), (9, 2, 0), (6, 3, None)):
        slopes = torch.randint(-9, 10, (2, 5, columns), generator=generator).double() / 2
        given = ids.clone(), slopes.clone()
        got = answer(*given, rows, padding_idx)
        what = f"padding_idx={padding_idx}"
        require(
            not (isinstance(got, Tensor) and padding_idx is not None and got.shape == (rows - 1, columns)),
            "You took the padding row out of the gradient. It stays, with zeros in it: the gradient has the "
            "shape of the table.",
        )
        _require_table(got, Tensor, rows, columns, f"With {what} you")
        require(torch.equal(given[0], ids), _CHANGED.format(what="ids"))
        require(
            torch.equal(given[1], slopes),
            "You wrote zeros into the slopes that you were given. They belong to the caller, who may need "
            "them for other layers: work on a copy, or leave the shares out of the sum.",
        )
        if padding_idx is None:
            _compare(got, ids, slopes, rows)
            continue
        whole = _add(ids, slopes, rows)
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
                torch.equal(got, _add(ids, other.reshape(slopes.shape), rows))
                for other in (by_place, first_place)
            ),
            f"You left out what stands at position {padding_idx}. Padding is the id {padding_idx}, "
            "wherever it stands.",
        )
        _compare(got, ids[ids != padding_idx], slopes[ids != padding_idx], rows)
    return "The forward pass knows nothing of it: the option lives in the backward pass alone."


@exercise
def coalesce(answer: Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]) -> str:
    """Check `coalesce(ids, values)`: every id once, in order, with the sum of its rows."""
    for ids, values in (
        ([10**15, 5, 10**15, 7, 10**15, 5], [[1, 2], [30, 40], [5, 6], [-7, 8], [0, 100], [2.5, -3.5]]),
        ([3, 1, 3, 3], [[1, 2, 3.5], [4, 5, 6], [7, 8, 9], [-1, 0, 1]]),
        ([8, 2], [[1, 2], [3, 4]]),
    ):
        _check_coalesced(answer, torch.tensor(ids), torch.tensor(values, dtype=torch.float32))
    return "Coalescing is a scatter-add as well, into a table that has only the rows in use."


@exercise
def bag_gradient(answer: Callable[[Tensor, Tensor, int], Tensor]) -> str:
    """Check `bag_gradient(ids, slopes, vocab_size)`: ids `(B, T)`, one row of slopes a bag, `(B, D)`."""
    generator = torch.Generator().manual_seed(0)
    for ids, rows, columns in (
        (torch.tensor([[3, 3, 1], [0, 1, 5]]), 6, 2),
        (torch.tensor([[2, 2, 2, 2], [4, 0, 4, 2], [1, 1, 0, 2]]), 7, 3),
    ):
        bags, length = ids.shape
        slopes = torch.randint(1, 10, (bags, columns), generator=generator).double() / 2
        given = ids.clone(), slopes.clone()
        got = answer(*given, rows)
        _require_table(got, Tensor, rows, columns, "You")
        require(
            torch.equal(given[0], ids) and torch.equal(given[1], slopes),
            _CHANGED.format(what="ids or the slopes"),
        )
        every = slopes[:, None].expand(bags, length, columns)
        wanted = _add(ids, every, rows)
        require(
            not torch.allclose(got.to(wanted.dtype), wanted / length),
            "You divided by the length of the bag. That belongs to a mean; in a sum every word gets the "
            "slopes of its bag whole.",
        )
        require(
            not torch.allclose(got.to(wanted.dtype), _add(ids[:, 0], slopes, rows)),
            "Only the first word of each bag gets something. All words of a bag are in its sum.",
        )
        require(
            not torch.equal(got, _add(ids, slopes.repeat(length, 1), rows)),
            "The words got the slopes of other bags: `repeat` goes through all bags and begins again, where "
            "the ids stay with one bag for all of its words.",
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
        given = ids.clone()
        got = answer(given)
        require(isinstance(got, Tensor), f"Return a tensor; you return a {type(got).__name__}.")
        require(torch.equal(given, ids), _CHANGED.format(what="ids"))
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


def _check_coalesced(
    answer: Callable[[Tensor, Tensor], tuple[Tensor, Tensor]], ids: Tensor, values: Tensor
) -> None:
    """Require the different ids in order, and beside each the sum of its rows."""
    given = ids.clone(), values.clone()
    try:
        got = answer(*given)
    except (RuntimeError, MemoryError) as error:
        if "alloc" in str(error) or isinstance(error, MemoryError):
            raise Misconception(
                f"You made a table with a row for every id up to the largest, here {ids.max():,}: that does "
                "not fit in memory. The result has one row for every *different* id."
            ) from None
        raise
    require(
        isinstance(got, tuple) and len(got) == 2 and all(isinstance(part, Tensor) for part in got),
        "Return two tensors: the ids, and their rows.",
    )
    found, sums = got
    require(torch.equal(given[0], ids), _CHANGED.format(what="ids"))
    require(
        torch.equal(given[1], values), "You changed the values that you were given: add into a new tensor."
    )
    wanted, place, count = ids.unique(return_inverse=True, return_counts=True)
    require(
        found.numel() == wanted.numel() or found.numel() != ids.numel(),
        "An id still occurs more than once. After coalescing each is there once, with the sum of its rows.",
    )
    require(
        found.shape == wanted.shape and torch.equal(found.sort().values, wanted),
        f"The different ids are {wanted.tolist()}; you return {found.tolist()}.",
    )
    require(
        torch.equal(found, wanted),
        f"Every id is there once, but not in ascending order: {found.tolist()}. A coalesced list is sorted, "
        "so that two of them can be compared.",
    )
    shape = len(wanted), values.shape[1]
    require(
        sums.shape == shape,
        f"{shape[0]} ids need {shape[0]} rows of {shape[1]} numbers, shape {shape}; you return the shape "
        f"{tuple(sums.shape)}.",
    )
    sums, total = sums.to(values.dtype), _add(place, values, len(wanted))
    if torch.allclose(sums, total):
        return
    require(
        not torch.allclose(sums, total / count[:, None]),
        "You averaged the rows of a repeated id; they add up.",
    )
    places = [(place == row).nonzero().flatten() for row in range(len(wanted))]
    for which in (0, -1):
        require(
            not torch.equal(sums, values[torch.stack([some[which] for some in places])]),
            "You kept one row of each id and lost the others: they add up.",
        )
    require(
        not torch.equal(sums.sort(dim=0).values, total.sort(dim=0).values),
        "The sums are right, but they stand beside the wrong ids: sorting the ids must move their rows, too.",
    )
    row = int((~torch.isclose(sums, total)).any(dim=1).nonzero()[0])
    raise Misconception(
        f"Id {wanted[row]} has the rows {values[places[row]].tolist()}, so the sum {total[row].tolist()}; "
        f"you return {sums[row].tolist()}."
    )


def _add(ids: Tensor, slopes: Tensor, rows: int) -> Tensor:
    flat = slopes.reshape(ids.numel(), slopes.shape[-1])
    return slopes.new_zeros(rows, slopes.shape[-1]).index_add(0, ids.flatten(), flat)


def _require_table(got: object, kind: type, rows: int, columns: int, who: str) -> None:
    """Require an array or tensor of the table's shape, of numbers that may be fractions."""
    name = "NumPy array" if kind is np.ndarray else "tensor"
    require(isinstance(got, kind), f"Return a {name}; you return a {type(got).__name__}.")
    require(tuple(got.shape) != (columns, rows), _TURNED.format(rows=rows, columns=columns))
    require(
        tuple(got.shape) == (rows, columns),
        f"{who} return the shape {tuple(got.shape)}. The gradient has the shape of the table: "
        f"(V, D) = ({rows}, {columns}).",
    )
    fractions = got.dtype.kind == "f" if kind is np.ndarray else got.is_floating_point()
    require(
        fractions or not got.any(),  # np.bincount makes whole zeros of an empty batch
        f"Your gradient is made of {got.dtype}; slopes are fractions, so make zeros of the slopes' type.",
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
