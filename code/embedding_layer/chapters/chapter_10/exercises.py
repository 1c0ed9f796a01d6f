"""Checks for the exercises of chapter 10: ids of a column, cold riders, one look-up, the clock, a sweep."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from embedding_layer.chapters.feedback import Misconception, exercise, require


@exercise
def column_ids(answer: Callable[[Sequence[str | None], Sequence[str]], list[int]]) -> str:
    """Check `column_ids(values, known)`: 0 for a missing value, 1 for an unseen one, then the known ones."""
    known = ["zoo", "mill", "ferry"]
    values = ["mill", None, "zoo", "harbour", "ferry", "mill", "lighthouse", ""]
    wanted = [3, 0, 2, 1, 4, 3, 1, 1]
    given = list(known)
    got = _integers(answer(list(values), given))
    require(
        given == known, "You changed the list of known names. It was counted in training; leave it as it is."
    )
    require(
        len(got) == len(values),
        f"{len(values)} rows went in and {len(got)} ids came out. A row whose station is missing or new is "
        "still a row: it needs an id.",
    )
    require(
        max(got) <= 4,
        f"You gave out the id {max(got)}, but the table has 5 rows: 0 to 4. A name that training never saw "
        "has no row of its own, so all of them share row 1.",
    )
    require(
        got[1] != got[3],
        "Missing and unseen are the same to you. They are two different facts: nobody wrote a station down, "
        "or somebody wrote one that is new.",
    )
    require(
        min(got[0], got[2], got[4]) >= 2,
        "The known names start at 2, because 0 and 1 are taken; yours run into them.",
    )
    alphabetical = [
        2 + sorted(known).index(name) if name in known else own
        for name, own in zip(values, wanted, strict=True)
    ]
    require(
        got != alphabetical,
        "You sorted the names. Their ids follow the list that you are given, or a trained table would be "
        "read in another order than it was written.",
    )
    require(
        got == wanted,
        f"For {values} with {known} the ids are {wanted}; yours are {got}. An empty name is a name.",
    )
    require(
        _integers(answer([None, "b"], ["a", "b"])) == [0, 3],
        "It is right for these three stations, but not for the known names a and b.",
    )
    return "A missing value is a category, too, and what is new shares one row."


@exercise
def cold_rows(answer: Callable[[Tensor, Tensor, int, float], Tensor]) -> str:
    """Check `cold_rows(ids, residuals, count, strength)`: for each id its mean, pulled to 0 by `strength`."""
    ids = torch.tensor([0, 3, 3, 1, 3, 3, 1, 3, 3, 3, 3])
    residuals = torch.tensor([2.0, 1, 1, -3, 1, 1, -1, 1, 1, 1, 1], dtype=torch.float64)
    sums = torch.zeros(5, dtype=torch.float64).index_add_(0, ids, residuals)
    counts = ids.bincount(minlength=5)
    for strength in (2.0, 0.5):
        wanted = sums / (counts + strength)
        got = answer(ids.clone(), residuals.clone(), 5, strength)
        require(isinstance(got, Tensor), f"Return a tensor; you return a {type(got).__name__}.")
        require(
            got.shape == (5,),
            f"One number an id, so 5 here, those that never occur included; yours has the shape "
            f"{tuple(got.shape)}.",
        )
        require(
            not got.isnan().any(),
            "Ids 2 and 4 never occur, and 0 divided by 0 is no number. Who was never seen should get 0: with "
            "the strength below the line that comes out by itself.",
        )
        got = got.double()
        plain = sums / counts.clamp(min=1)
        require(
            not torch.allclose(got, plain),
            "That is the plain mean. It believes a rider who was seen once as much as one who was seen eight "
            "times.",
        )
        require(
            not torch.allclose(got, plain / (1 + strength)),
            "You shrink all ids by the same factor. One with many residuals needs less: the strength stands "
            "beside the count.",
        )
        require(
            not torch.allclose(got, sums / (1 + strength)),
            "You divide all sums by the same number. The count belongs below the line, too.",
        )
        require(
            torch.allclose(got, wanted, atol=1e-5),
            f"With strength {strength:g} and the residual 2 once, id 0 gets {wanted[0]:.3f}; yours is "
            f"{got[0]:.3f}. Add up what an id left, and divide by its count plus the strength.",
        )
    return "A rider seen once is believed a little, one seen often nearly wholly."


@exercise
def one_lookup(
    answer: Callable[[Tensor, Tensor, Tensor, Tensor], tuple[Tensor, Tensor]],
) -> str:
    """Check `one_lookup(taste, character, rider_adds, bike_adds)`: two tables whose dot product says all."""
    generator = torch.Generator().manual_seed(0)

    def normal(*shape: int) -> Tensor:
        return torch.randn(shape, generator=generator, dtype=torch.float64)

    for riders, bikes, D in ((7, 5, 3), (2, 6, 1)):
        given = normal(riders, D), normal(bikes, D), normal(riders, 1), normal(bikes, 1)
        taste, character, rider_adds, bike_adds = given
        got = answer(*(table.clone() for table in given))
        require(
            isinstance(got, tuple) and len(got) == 2 and all(isinstance(table, Tensor) for table in got),
            "Return two tables, that of the riders and that of the bikes.",
        )
        left, right = (table.double() for table in got)
        require(
            left.ndim == right.ndim == 2 and len(left) == riders and len(right) == bikes,
            f"The tables need one row a rider and one a bike, so {riders} and {bikes} here; yours have the "
            f"shapes {tuple(left.shape)} and {tuple(right.shape)}.",
        )
        require(
            left.shape[1] == right.shape[1],
            f"A dot product needs rows of one length; yours: {left.shape[1]} and {right.shape[1]} numbers.",
        )
        product, wanted = left @ right.T, taste @ character.T + rider_adds + bike_adds.T
        plain = taste @ character.T
        require(
            not torch.allclose(product, plain + rider_adds * bike_adds.T),
            "You put the two additions into one column, so they are multiplied. Each needs a column of its "
            "own, and a 1 to meet on the other side.",
        )
        require(
            not torch.allclose(product, plain),
            "The additions are lost: your product is that of the tastes alone.",
        )
        only = [plain + rider_adds, plain + bike_adds.T]
        require(
            not any(torch.allclose(product, one) for one in only),
            "One of the two additions is missing. Riders and bikes both have one.",
        )
        require(
            torch.allclose(product, wanted),
            f"For rider 0 and bike 0 the dot product should be {wanted[0, 0]:.3f}; yours is "
            f"{product[0, 0]:.3f}.",
        )
    return "Two columns more, and the biases are gone: a recommender is one look-up on each side."


@exercise
def read_clock(answer: Callable[[Tensor], list[int]]) -> str:
    """Check `read_clock(points)`: the rows of a noisy, shifted ring in the order around it."""
    generator = torch.Generator().manual_seed(1)
    for V, middle in ((24, (0.0, 0.0)), (24, (5.0, -3.0)), (9, (-2.0, 8.0))):
        true = torch.randperm(V, generator=generator)
        angle = 2 * math.pi * torch.arange(V) / V
        points = torch.empty(V, 2)
        points[true] = torch.stack([angle.cos(), angle.sin()], dim=1)
        points += 0.02 * torch.randn(V, 2, generator=generator) + torch.tensor(middle)
        got = _integers(answer(points.clone()))
        require(
            sorted(got) == list(range(V)),
            f"Each of the {V} rows comes once; you return {len(got)} entries, {len(set(got))} of them "
            "different.",
        )
        require(
            not _same_ring(_ranks(got), true.tolist()) or _same_ring(got, true.tolist()),
            "You return for each row its place. Asked are the rows, in the order of their places.",
        )
        by_one = [points[:, axis].argsort().tolist() for axis in (0, 1)]
        require(
            got not in by_one and got[::-1] not in by_one,
            "You sorted by one of the two coordinates. On a ring each value of it stands at two places.",
        )
        require(
            _same_ring(got, true.tolist()) or middle == (0.0, 0.0),
            "It works for a ring around zero, not for one that is shifted: angles are seen from its middle, "
            "so subtract the mean first.",
        )
        require(
            _same_ring(got, true.tolist()),
            "Neighbours in your list are not neighbours on the ring. Sort the angles, `torch.atan2(y, x)`.",
        )
    return "Where it starts and which way it runs, no table can tell you."


@exercise
def sweep(answer: dict) -> str:
    """Check a measurement: `{"errors": {size: [one error a seed, …], …}, "chosen": size}`."""
    if not isinstance(answer, dict) or set(answer) != {"errors", "chosen"}:
        raise Misconception('Make a dictionary with the keys "errors" and "chosen".')
    errors, chosen = answer["errors"], answer["chosen"]
    require(
        isinstance(errors, dict) and len(errors) >= 3,
        "Measure at least three sizes: with two you cannot see whether the best lies between or beyond.",
    )
    numbers = {size: [float(value) for value in values] for size, values in errors.items()}
    require(
        min(map(len, numbers.values())) >= 3,
        "One run a size cannot tell a better size from a luckier seed. Take at least three seeds a size.",
    )
    require(
        all(math.isfinite(value) for values in numbers.values() for value in values),
        "An error is missing or infinite. A run that diverged is a result, but no error to compare.",
    )
    require(
        any(len(set(values)) > 1 for values in numbers.values()),
        "The seeds of each size give the same error to the last digit. The seed does not reach the model: "
        "set it before the tables are made.",
    )
    require(chosen in numbers, f"You chose {chosen!r}, which you have not measured.")
    means = {size: sum(values) / len(values) for size, values in numbers.items()}
    best = min(means, key=means.get)
    spread = max(numbers[best]) - min(numbers[best])
    require(
        means[chosen] <= means[best] + spread,
        f"Size {best!r} has the smaller mean error, {means[best]:.3f} against {means[chosen]:.3f}, and the "
        f"seeds differ by {spread:.3f} only. Choose by what you have measured: small errors are good.",
    )
    if chosen != best:
        return (
            f"Size {best!r} is better by less than the seeds differ, so yours is a fair choice: the smaller "
            "of two that tie is cheaper."
        )
    return (
        f"You measured {len(numbers)} sizes, {min(map(len, numbers.values()))} seeds or more each, and chose."
    )


def _integers(got: object) -> list[int]:
    """Return what a reader gave back as a list of ints, be it a list, a tensor or an array."""
    try:
        values = got.tolist() if hasattr(got, "tolist") else list(got)
        if any(value != int(value) for value in values):
            raise ValueError
    except (TypeError, ValueError):
        raise Misconception(f"Return a list of integers, one an entry; you return {str(got)[:60]}.") from None
    return [int(value) for value in values]


def _ranks(order: Sequence[int]) -> list[int]:
    places = [0] * len(order)
    for place, row in enumerate(order):
        places[row] = place
    return places


def _same_ring(order: Sequence[int], true: Sequence[int]) -> bool:
    """Tell whether two orders are the same ring, whatever the start and the direction."""
    start = list(order).index(true[0])
    forth = [*order[start:], *order[:start]]
    back = [forth[0], *forth[:0:-1]]
    return list(true) in (forth, back)
