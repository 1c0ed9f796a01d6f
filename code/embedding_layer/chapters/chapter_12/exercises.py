"""Checks for the exercises of chapter 12: counting bytes, a prediction, a crossover, a fair clock, a bag."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Mapping
from numbers import Real

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from embedding_layer.chapters.feedback import Misconception, exercise, require
from embedding_layer.measure.traffic import bytes_moved

PARTS = {
    "forward": "the forward pass",
    "dense backward": "the dense backward pass",
    "row step": "the row-wise step",
}


@exercise
def count_bytes(answer: Callable[[int, int, int, int], tuple[int, int, int]]) -> str:
    """Check `count_bytes(N, U, V, D)`: the bytes of a forward, a dense backward and a row-wise SGD step."""
    for N, U, V, D in ((1_000, 700, 50_000, 16), (64, 64, 900, 3)):
        got = answer(N, U, V, D)
        require(
            isinstance(got, tuple) and len(got) == 3 and all(isinstance(part, Real) for part in got),
            "Return three numbers: the bytes of the forward pass, the dense backward pass and the step.",
        )
        for mine, (part, words) in zip(got, PARTS.items(), strict=True):
            _judge_count(part, words, float(mine), N, U, V, D)
    return "Only the dense backward pass knows V, and it knows nothing else, once V is large."


def _judge_count(part: str, words: str, mine: float, N: int, U: int, V: int, D: int) -> None:
    row, ids = 4 * D, 8 * N
    right = bytes_moved(part, count=N, distinct=U, vocab_size=V, embedding_dim=D)
    # what each wrong number shows the reader to believe; what only this part allows is named before the rest
    beliefs = {
        (right - ids) / 4: "you counted numbers; a float32 takes 4 bytes, an id 8",
        right - ids: f"the ids are read, too: 8 bytes each, {ids:,} together",
        right - ids / 2: "an id is an int64 and takes 8 bytes, not 4",
    }
    if part == "forward":
        beliefs |= {
            ids + 2 * N * row: "a row that several ids name comes from memory once: U rows are read, not N",
            ids + 2 * U * row: "U rows are read, but N are written: every id gets a copy of its row",
            ids + U * row: "the vectors are also written: N rows of 4·D bytes go out",
            ids + N * row: "U rows are read and N are written; one of the two is missing",
            ids + V * row + N * row: "the look-up reads the rows that are named, not the whole table",
        }
    elif part == "dense backward":
        beliefs |= {
            right - V * row: "before anything is added, the whole table of gradients is set to zero: V rows",
            right - N * row: "the slopes of the N vectors come in and have to be read",
            right - U * row: "adding to a row reads it and writes it: U rows twice",
            right - 2 * U * row: "after clearing, the U touched rows are read and written: that is missing",
            right + V * row: "the table of gradients is only written when it is cleared, not read",
            right - 2 * U * row + 2 * N * row: "rows that are touched twice can stay near: count U, not N",
        }
    else:
        beliefs |= {
            right - N * row: "the step reads the slopes of the N vectors, too",
            right - U * row: "a row that moves is read and written: twice U rows",
            right - 2 * U * row: "the rows of the table move: U of them are read and written",
            ids + N * row + 2 * V * row: "a row-wise step leaves all rows alone but the U in the batch",
            right - 2 * U * row + 2 * N * row: "a row in the batch three times moves once: U rows, not N",
        }
    numbers = f"N={N:,}, U={U:,}, V={V:,}, D={D}"
    for wrong, why in beliefs.items():
        require(mine == right or mine != wrong, f"With {numbers}, {words}: {why}.")
    require(
        mine == right,
        f"With {numbers}, {words} moves {right:,} bytes; you count {mine:,.0f}.",
    )


@exercise
def predict(
    answer: Callable[[int, tuple[int, float], tuple[int, float], int], float],
) -> str:
    """Check `predict(N, narrow, wide, D)`: the seconds that N scattered rows of width D take."""
    for N, narrow, wide, widths in (
        (4_096, (1, 120e-6), (512, 1_200e-6), (2, 16, 64, 128, 700)),
        (1_000, (4, 8e-6), (100, 160e-6), (1, 8, 50)),
    ):
        for D in widths:
            got = answer(N, narrow, wide, D)
            require(
                isinstance(got, Real) and not isinstance(got, bool),
                f"Return a number of seconds; you return a {type(got).__name__}.",
            )
            _judge_prediction(float(got), N, narrow, wide, D)
    return "Waiting and moving go on at the same time, so the longer of the two is what you pay."


def _judge_prediction(
    mine: float, N: int, narrow: tuple[int, float], wide: tuple[int, float], D: int
) -> None:
    (D1, t1), (D2, t2) = narrow, wide
    visits, moving = t1, t2 * (8 + 8 * D) / (8 + 8 * D2)
    right = max(visits, moving)
    beliefs = {
        visits + moving: "you add the visits and the bytes. While one row arrives, the next have been asked "
        "for: the larger of the two counts",
        t1
        + (t2 - t1) * (D - D1) / (D2 - D1): "you draw a straight line through both measurements. That adds "
        "the two prices; by (12.3) the larger one counts",
        moving: "you count the bytes alone. However narrow a row is, it has to be visited",
        visits: "you count the visits alone. Wide rows cost their bytes",
        max(visits, t2 * D / D2): "an id is read, too: 8 bytes beside the 8·D of the row",
        max(visits, t2 * (8 + 4 * D) / (8 + 4 * D2)): "a row is read and written, 4·D bytes each time",
        right / N: "that is the time of one row; N rows are asked for",
        right * N: "the measured times are those of N rows already",
        right * 1e6: "those are microseconds; return seconds",
    }
    question = f"With N={N:,}, {narrow=}, {wide=} and D={D}"
    for wrong, why in beliefs.items():
        require(_near(mine, right) or not _near(mine, wrong), f"{question}: {why}.")
    require(_near(mine, right), f"{question} it is {right:.4g} seconds; you say {mine:.4g}.")


@exercise
def crossover(answer: Callable[[tuple[int, float], tuple[int, float], float], int]) -> str:
    """Check `crossover(small, large, row_wise)`: the smallest V at which a dense step costs more."""
    cases = (
        ((1_000, 500e-6), (101_000, 8_500e-6), 1_302.9e-6),
        ((2_000, 0.25), (10_000, 1.25), 0.7501),  # through the origin
        ((1_000, 600e-6), (11_000, 1_600e-6), 400e-6),  # costs more at every V
        ((1_024, 2.0), (3_072, 4.0), 3.0),  # at 2,048 rows both take the same
    )
    for (V1, t1), (V2, t2), row_wise in cases:
        per_row = (t2 - t1) / (V2 - V1)
        fixed = t1 - per_row * V1
        exact = (row_wise - fixed) / per_row
        right = max(1, math.floor(exact) + 1)
        got = answer((V1, t1), (V2, t2), row_wise)
        require(
            isinstance(got, Real) and not isinstance(got, bool),
            f"Return a number of rows; you return a {type(got).__name__}.",
        )
        require(
            float(got).is_integer(),
            f"You return {got}; a table has a whole number of rows.",
        )
        require(
            got == right or got < 1 or got not in _through_origin(t1 / V1, t2 / V2, row_wise),
            "You let the dense cost be in proportion to V. It also has a part that is there at every V: "
            "draw the line through both points, it need not pass through the origin.",
        )
        require(
            got >= 1,
            f"You return {int(got)}. Here the dense step is slower even at one row: then the answer is 1.",
        )
        require(
            got != right - 1,
            f"You return {int(got):,}. There the dense step is not slower yet; the next V is the first.",
        )
        require(
            got == right,
            f"Through ({V1:,} rows, {t1 * 1e6:,.0f} µs) and ({V2:,} rows, {t2 * 1e6:,.0f} µs), and with "
            f"{row_wise * 1e6:,.0f} µs for the row-wise step, the answer is {right:,}; you say {int(got):,}.",
        )
    return "Below it the dense step wins: a few large operations beat many small ones."


def _through_origin(first: float, second: float, row_wise: float) -> set[int]:
    """Return the answers of those who take one of the points and a line from the origin."""
    return {number for slope in (first, second) for number in (row_wise // slope, row_wise // slope + 1)}


class Machine:
    """A computer in which time passes only when a function runs, and as the check wants it to."""

    def __init__(self, cost: Callable[[str, int, int], float]) -> None:
        self.now = 0.0
        self.order: list[str] = []
        self.cost = cost
        self.read = False

    def clock(self) -> float:
        """Return the time."""
        self.read = True
        return self.now

    def function(self, name: str) -> Callable[[], None]:
        """Return a function that takes `cost(name, n, k)`: its own n-th call, and the k-th of all."""

        def run() -> None:
            own, all_calls = self.order.count(name), len(self.order)
            self.order.append(name)
            self.now += self.cost(name, own, all_calls)

        return run


@exercise
def fair(
    answer: Callable[[Mapping[str, Callable[[], None]], int, Callable[[], float]], dict[str, float]],
) -> str:
    """Check `fair(functions, repeats, clock)` on a machine with a cold start, hiccups and a busy half."""

    def ask(cost: Callable[[str, int, int], float], names: str, repeats: int) -> tuple[Machine, dict]:
        machine = Machine(cost)
        got = answer({name: machine.function(name) for name in names}, repeats, machine.clock)
        require(
            isinstance(got, dict) and set(got) == set(names),
            "Return a dictionary: for each name of a function its seconds.",
        )
        require(machine.read, "You never read the clock that you were given: call `clock()`.")
        require(
            all(isinstance(seconds, Real) for seconds in got.values()),
            "Return one number for each function, not a list.",
        )
        return machine, got

    machine, got = ask(lambda name, own, _: 50.0 if own == 0 else 1.0, "ab", 1)
    require(
        max(got.values()) not in {50.0, 25.5, 51.0},
        "You timed the first call, which pays for what later calls find ready. Call each function once "
        "before you start the clock.",
    )
    require(
        got == {"a": 1.0, "b": 1.0},
        f"With one repeat, and 1 second a call, you report {got}. Read the clock right before a call, and "
        "right after it.",
    )

    spent = {"a": [0, 5, 1, 90, 3, 2], "b": [0, 10, 2, 180, 6, 4]}
    machine, got = ask(lambda name, own, _: float(spent[name][own % 6]), "ab", 5)
    require(
        sorted(machine.order) == sorted("ab" * 6),
        f"With repeats=5 each function should run six times, the warm-up included; yours ran "
        f"{machine.order.count('a')} and {machine.order.count('b')} times.",
    )
    timed = "".join(machine.order[2:])
    require(
        timed not in {"aaaaabbbbb", "bbbbbaaaaa", "aaaabbbbbb", "bbbbaaaaaa"},
        "You time all calls of one function, then all of the other. If the machine gets busy in between, "
        "only the second looks slow. In each repeat, time every function once.",
    )
    require(
        all(set(machine.order[start : start + 2]) == {"a", "b"} for start in range(0, 12, 2)),
        f"The functions should take turns; yours ran in the order {''.join(machine.order)}.",
    )
    for name in "ab":
        _judge_middle(name, spent[name][1:], got[name])
    # of an even number of calls the median is half-way between the two in the middle
    spent = {"a": [0, 9, 1, 90, 2, 4, 3], "b": [0, 6, 8, 180, 18, 2, 4]}
    machine, got = ask(lambda name, own, _: float(spent[name][own % 7]), "ab", 6)
    for name in "ab":
        _judge_middle(name, spent[name][1:], got[name])
    return "Warm up, take turns, report the median: `compare` does the same."


def _judge_middle(name: str, real: list[int], mine: float) -> None:
    beliefs = {
        statistics.mean(real): "You report the mean. One hiccup of the machine is in it for good; the "
        "median does not notice.",
        float(min(real)): "You report the fastest call. Report the median: the call in the middle.",
        float(sum(real)): "You report the sum of all calls; report one call, the median.",
        float(real[-1]): "You report the last call alone; report the median of all.",
        **dict.fromkeys(
            (statistics.median_low(real), statistics.median_high(real)),
            f"Of {len(real)} calls two are in the middle, and you report one of them. The median is half-way "
            "between the two.",
        ),
    }
    median = statistics.median(real)
    for wrong, why in beliefs.items():
        require(mine == median or mine != wrong, why)
    require(
        mine == median,
        f"The calls of {name!r} took {real} seconds; their median is {median}, and you report {mine:g}.",
    )


@exercise
def bag_mean(answer: Callable[[Tensor, list[list[int]]], Tensor]) -> str:
    """Check `bag_mean(weight, texts)`: gather-then-mean for texts of several lengths, as one bag."""
    weight = torch.randn(9, 4, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    texts = [[3, 1], [8], [2, 2, 5, 0], [7, 4, 1]]
    wanted = torch.stack([weight[text].mean(0) for text in texts])
    with _Recorder() as recorder:
        got = answer(weight.clone(), [list(text) for text in texts])
    require(isinstance(got, Tensor), f"Return a tensor; you return a {type(got).__name__}.")
    require(
        got.shape != (len(texts) + 1, 4),
        "You have one bag too many, an empty one at the end: `offsets` holds where each text begins, and "
        "nothing else, unless you say include_last_offset=True.",
    )
    require(
        got.shape == wanted.shape,
        f"The shape should be (B, D) = {tuple(wanted.shape)}, yours is {tuple(got.shape)}.",
    )
    sums = torch.stack([weight[text].sum(0) for text in texts])
    require(not torch.allclose(got, sums), "These are sums. Ask for mode='mean'.")
    largest = torch.stack([weight[text].amax(0) for text in texts])
    require(not torch.allclose(got, largest), "These are the largest numbers. Ask for mode='mean'.")
    longest = max(map(len, texts))
    padded = torch.stack([weight[text + [0] * (longest - len(text))].mean(0) for text in texts])
    require(
        not torch.allclose(got, padded),
        "You padded the texts to one length, and the padding went into the mean. With offsets nothing is "
        "padded.",
    )
    require(
        torch.allclose(got, wanted),
        f"The mean of text 0, {texts[0]}, should be {_round(wanted[0])}; yours is {_round(got[0])}. Where "
        "does each text begin in the long list of ids? The first at 0, the next where the first ends.",
    )
    require(
        len(recorder.bags) == 1,
        "The means are right, but no single bag made them: put all ids into one long tensor, and pass it to "
        "`F.embedding_bag` with the offsets, once.",
    )
    table, ids = recorder.bags[0]
    require(
        table.shape == weight.shape and torch.equal(table, weight),
        "The means are right, but your bag reads another table than `weight`, so the rows were fetched "
        "before. Give it the table: it fetches the rows itself.",
    )
    require(
        sorted(ids.tolist()) == sorted(i for text in texts for i in text),
        f"The means are right, but your bag visits {ids.numel()} rows, and the texts have "
        f"{sum(map(len, texts))} ids. Give it the ids: one-hot vectors, or zeros as weights, visit rows for "
        "nothing.",
    )
    some = [[], [1], [], [2, 3], []]
    zeros = torch.zeros_like(weight[0])
    nothing = answer(weight.clone(), some)
    require(
        nothing.shape == (5, 4)
        and torch.allclose(nothing, torch.stack([zeros, weight[1], zeros, weight[[2, 3]].mean(0), zeros])),
        "An empty text should give zeros wherever it stands, and leave the others as they are: two offsets "
        "may be equal, and the last may be the number of all ids.",
    )
    try:
        nothing = answer(weight.clone(), [[], []])
    except (RuntimeError, IndexError) as error:
        raise Misconception(
            f"Texts that are all empty, [[], []], should give zeros; your code raises "
            f"{type(error).__name__}: {error}. `torch.tensor([])` holds float32: ids need dtype=torch.long."
        ) from error
    require(
        nothing.shape == (2, 4) and not nothing.any(),
        f"Texts that are all empty, [[], []], should give two vectors of zeros; yours are {nothing}.",
    )
    return (
        "One long list of ids and the places where the texts begin: no padding, and no (B, T, D) in between."
    )


class _Recorder(TorchDispatchMode):
    """Notes for each bag that is made inside it the table and the ids."""

    def __init__(self) -> None:
        super().__init__()
        self.bags: list[tuple[Tensor, Tensor]] = []

    def __torch_dispatch__(self, function, types, arguments=(), keywords=None):
        if "embedding_bag" in str(function):
            self.bags.append((arguments[0].detach(), arguments[1]))
        return function(*arguments, **(keywords or {}))


def _near(mine: float, wanted: float) -> bool:
    return math.isclose(mine, wanted, rel_tol=1e-6)


def _round(values: Tensor) -> list[float]:
    return [round(value, 2) for value in values.tolist()]
