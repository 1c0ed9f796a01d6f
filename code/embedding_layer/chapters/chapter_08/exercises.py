"""Checks for the exercises of chapter 8: a loss, mirror images, a number of columns, an open experiment."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from embedding_layer.chapters.feedback import exercise, require


@exercise
def stretch(answer: Callable[[Tensor, Tensor, Tensor], Tensor]) -> str:
    """Check `stretch(weight, pairs, lengths)`: the mean squared miss of distances, with a gradient."""
    weight = torch.tensor([[0.0, 0], [3, 4], [0, 1], [6, 8]], requires_grad=True)
    pairs, lengths = torch.tensor([[0, 1], [2, 0], [1, 3]]), torch.tensor([4.0, 3.0, 5.0])
    got = answer(weight, pairs, lengths)
    require(isinstance(got, Tensor), f"Return a tensor, so that it has a gradient; this is a {_kind(got)}.")
    require(got.dim() == 0, f"A loss is one number; you return the shape {tuple(got.shape)}. Take the mean.")
    missed = torch.tensor([1.0, -2.0, 0.0])  # the rows are 5, 1 and 5 apart
    mistakes = {
        "You added the squares up. Their mean does not grow with the batch.": missed.square().sum(),
        "You left the squares out: misses of opposite sign cancel.": missed.mean(),
        "You took absolute misses. The chapter squares them.": missed.abs().mean(),
        "You compared squared distances with lengths: take the root first.": (
            torch.tensor([25.0, 1, 25]) - lengths
        )
        .square()
        .mean(),
    }
    right = missed.square().mean()
    for words, wrong in mistakes.items():
        require(not torch.allclose(got.detach(), wrong) or torch.allclose(got.detach(), right), words)
    require(
        torch.allclose(got.detach(), right, atol=1e-5),
        f"Rows that are 5, 1 and 5 apart should be 4, 3 and 5 apart: that is {right:.3f}; "
        f"you return {got.item():.3f}.",
    )
    require(
        got.requires_grad,
        "No gradient comes back to the table: did you detach it, or leave PyTorch on the way?",
    )
    got.backward()
    require(
        weight.grad is not None and bool(weight.grad[:3].any()),
        "No gradient comes back to the table: did you detach it, or leave PyTorch on the way?",
    )
    return "Nothing in it knows a coordinate. Distances alone pull the rows into place."


@exercise
def same_map(answer: Callable[[Tensor, Tensor], bool]) -> str:
    """Check `same_map(one, other)`: whether tables differ by shifts, turns and mirror images alone."""
    generator = torch.Generator().manual_seed(0)
    table = torch.randn(6, 3, generator=generator, dtype=torch.float64)
    turn = torch.linalg.qr(torch.randn(3, 3, generator=generator, dtype=torch.float64)).Q
    mirror = torch.diag(torch.tensor([-1.0, 1, 1], dtype=torch.float64))
    moved = table.clone()
    moved[2] += 0.5
    cases = [
        (table, True, "A table is the same map as itself."),
        (table + 3, True, "A shifted map is the same map: no distance has changed."),
        (table @ turn, True, "A turned map is the same map: no distance has changed."),
        (table @ mirror, True, "A mirrored map has the same distances, so they cannot tell it apart."),
        (moved, False, "One city was moved, and you did not notice."),
        (2 * table, False, "A map of twice the size has other distances."),
        (table[[1, 0, 2, 3, 4, 5]], False, "Two cities have changed places: row i belongs to row i."),
    ]
    for other, same, words in cases:
        got = answer(table.clone(), other.clone())
        require(
            isinstance(got, (bool, Tensor)) or type(got).__name__ == "bool_",
            f"Return True or False; this is a {_kind(got)}.",
        )
        require(bool(got) == same, words)
    return "Compare what distances can see, and the rest takes care of itself."


@exercise
def columns_needed(answer: Callable[[Tensor, float], int]) -> str:
    """Check `columns_needed(spectrum, share)`: how many leading values hold a share of the positive sum."""
    cases = [
        ([6.0, 3, 1, 0, 0], 0.5, 1),
        ([6.0, 3, 1, 0, 0], 0.9, 2),
        ([6.0, 3, 1, 0, 0], 0.95, 3),
        ([5.0, 5, -1, -4], 0.9, 2),
        ([2.0, 2, 2, 2], 1.0, 4),
    ]
    for values, share, wanted in cases:
        given = torch.tensor(values, dtype=torch.float64)
        got = answer(given.clone(), share)
        require(
            (not isinstance(got, bool) and isinstance(got, (int, Tensor))) or hasattr(got, "__index__"),
            f"Return a whole number; this is a {_kind(got)}.",
        )
        got = int(got)
        require(
            not (min(values) < 0 and got != wanted),
            f"{values} has negative values. No column can hold them: leave them out of the sum.",
        )
        require(
            got != wanted - 1,
            f"Of {values} the first {got} do not yet hold {share:.0%} of the sum; counting starts at 1.",
        )
        require(got == wanted, f"Of {values} the first {wanted} hold {share:.0%}; you return {got}.")
    return "Read off a spectrum, D is a measurement and no rule of thumb."


@exercise
def own_experiment(answer: Callable[[int], dict[str, float]]) -> str:
    """Check an open experiment `run(seed)`: a number for each of two settings or more, measured anew."""
    first, again, other = answer(0), answer(0), answer(1)
    require(isinstance(first, dict), f"Return a dictionary, setting: number; this is a {_kind(first)}.")
    require(len(first) >= 2, "Compare at least two settings: one number alone says nothing.")
    require(
        set(first) == set(again) == set(other),
        "The settings differ from run to run; measure the same ones with every seed.",
    )
    numbers = [float(value) for found in (first, other) for value in found.values()]
    require(
        all(math.isfinite(number) for number in numbers),
        "A number is infinite or missing: this run has diverged. A smaller learning rate may help.",
    )
    require(
        all(math.isclose(float(first[key]), float(again[key]), rel_tol=1e-3) for key in first),
        "The same seed gives other numbers: seed everything that is drawn, so that others can repeat it.",
    )
    require(
        any(float(first[key]) != float(other[key]) for key in first),
        "Another seed changes no digit. Use the seed for what is drawn; one run alone may be luck.",
    )
    apart = max(abs(float(first[key]) - float(other[key])) for key in first)
    spread = max(map(float, first.values())) - min(map(float, first.values()))
    return (
        f"Your settings differ by {spread:.3g}, two seeds by {apart:.3g}: believe the first if it is "
        "much the larger, over more seeds than two."
    )


def _kind(value: object) -> str:
    return "value of type " + type(value).__name__
