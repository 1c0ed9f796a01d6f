"""What was aimed at, and whether it was reached: judged from the results of a run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from embedding_layer.benchmarks.case import COUNT

Row = dict[str, Any]


@dataclass(frozen=True)
class Target:
    """A bound on a number that belongs to certain rows of the results.

    Attributes
    ----------
    name : str
        What it says, in words.
    applies : callable
        Tells of a row whether it is judged.
    value : callable
        The number of a row that must not exceed `limit`.
    limit : float
    """

    name: str
    applies: Callable[[Row], bool]
    value: Callable[[Row], float]
    limit: float


def _ratio(row: Row) -> float:
    return row["ratio"]


def _to_bound(row: Row) -> float:
    return row["microseconds"] / row["bound"]


def _of(name: str, what: str, largest: int | None = None, smallest: int = 0) -> Callable[[Row], bool]:
    def applies(row: Row) -> bool:
        size = row["vocab_size"]
        fits = row["name"] == name and row["pass"] == what and smallest <= size <= (largest or size)
        return fits and row["count"] == COUNT

    return applies


def _is_small_step(row: Row) -> bool:
    return row["name"] in RULES and row["count"] < COUNT


OURS = "CustomEmbedding"
RULES = {"RowSGD": "SGD", "RowAdagrad": "Adagrad", "RowWiseAdagrad": "row-wise Adagrad", "RowAdam": "Adam"}
"""The book's optimisers, and the rule that each follows."""
TARGETS = (
    Target("forward, to nn.Embedding", _of(OURS, "forward"), _ratio, 1.10),
    Target("forward with graph, to nn.Embedding", _of(OURS, "forward with graph"), _ratio, 1.10),
    Target("forward + backward, V <= 100,000", _of(OURS, "forward + backward", 100_000), _ratio, 0.90),
    Target("forward + backward, V > 100,000", _of(OURS, "forward + backward", None, 100_001), _ratio, 1.00),
    Target("forward + backward, sparse", _of(OURS, "sparse"), _ratio, 1.00),
    Target("step of RowSGD, to SGD", _of("RowSGD", "SGD"), _ratio, 0.90),
    Target("step of RowAdagrad, to Adagrad", _of("RowAdagrad", "Adagrad"), _ratio, 0.35),
    Target("step of RowWiseAdagrad, to Adagrad", _of("RowWiseAdagrad", "row-wise Adagrad"), _ratio, 0.35),
    Target("step of RowAdam, to SparseAdam", _of("RowAdam", "Adam"), _ratio, 0.35),
    Target("step on 32 and 256 ids, to PyTorch's of the same rule", _is_small_step, _ratio, 1.10),
    *(
        Target(f"step of {name}, to the memory bound, {sizes}", _of(name, rule, *limits), _to_bound, times)
        for name, rule in RULES.items()
        for sizes, limits, times in (
            ("V <= 1,000,000", (1_000_000,), 3.0),
            ("V > 1,000,000", (None, 1_000_001), 4.0),
        )
    ),
)


def verdicts(rows: list[Row]) -> Iterator[tuple[str, float, float, int, int]]:
    """Yield for each target its name, its limit, the worst value, how many rows reach it, and of how many.

    Targets of which the run has no rows are left out.
    """
    for target in TARGETS:
        values = [target.value(row) for row in rows if target.applies(row)]
        if values:
            yield target.name, target.limit, max(values), sum(v <= target.limit for v in values), len(values)
    yield from _beside(rows, "growth of a step from V = 10,000 to 4,000,000", 2.5, _growth(rows))
    yield from _beside(rows, "step to FBGEMM's of the same rule", 0.8, _to_fused(rows))


def _beside(
    rows: list[Row], name: str, limit: float, values: list[float]
) -> Iterator[tuple[str, float, float, int, int]]:
    if values:
        yield name, limit, max(values), sum(value <= limit for value in values), len(values)


def _times(rows: list[Row]) -> dict[tuple[str, str, str, int], float]:
    full = [row for row in rows if row["count"] == COUNT]
    return {(row["name"], row["pass"], row["ids"], row["vocab_size"]): row["microseconds"] for row in full}


def _growth(rows: list[Row]) -> list[float]:
    times = _times(rows)
    return [
        time / times[name, rule, ids, 10_000]
        for (name, rule, ids, size), time in times.items()
        if name in RULES and size == 4_000_000 and (name, rule, ids, 10_000) in times
    ]


def _to_fused(rows: list[Row]) -> list[float]:
    times = _times(rows)
    return [
        times[name, rule, ids, size] / fused
        for (label, rule, ids, size), fused in times.items()
        if label == "FBGEMM"
        for name in RULES
        if (name, rule, ids, size) in times
    ]
