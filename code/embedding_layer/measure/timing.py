"""Timing side by side: what is compared runs interleaved, so that a busy moment hits all alike."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from time import perf_counter


@dataclass(frozen=True)
class Timings:
    """Seconds a call of each function took, repeat by repeat.

    Attributes
    ----------
    seconds : dict of str to list of float
        For every name the seconds per call, in the order of the repeats.
    """

    seconds: dict[str, list[float]]

    def median(self, name: str) -> float:
        """Return the median seconds per call of one function."""
        return statistics.median(self.seconds[name])

    def ratio(self, name: str, baseline: str) -> float:
        """Return how many times longer `name` takes than `baseline`: the median over the repeats' ratios.

        The two ran one after the other in each repeat, so a ratio within a repeat is less disturbed by other
        work on the machine than the medians are.
        """
        pairs = zip(self.seconds[name], self.seconds[baseline], strict=True)
        return statistics.median(mine / theirs for mine, theirs in pairs)


def compare(
    functions: Mapping[str, Callable[[], object]],
    *,
    repeats: int = 31,
    min_seconds: float = 0.001,
    finish: Callable[[], object] | None = None,
    clock: Callable[[], float] | None = None,
) -> Timings:
    """Time functions against each other in one process.

    Every function is called once to warm up and to learn how many calls fill `min_seconds`; then each repeat
    times all of them in turn.

    Parameters
    ----------
    functions : mapping of str to callable without arguments
    repeats : int
        How many rounds; the medians are taken over them.
    min_seconds : float
        A fast function is called as often in a row as it takes to fill this time, so that the clock's
        resolution does not matter.
    finish : callable or None
        Waits for what the functions have started, as `torch.cuda.synchronize` does; called before the clock
        is read.
    clock : callable or None
        Returns seconds; `time.perf_counter` unless given. `time.thread_time` counts those that this thread
        was at work: it leaves out the waiting for a processor, and the work of other threads.

    Raises
    ------
    ValueError
        If there is nothing to time, or `repeats` is less than 1.
    """
    if not functions:
        raise ValueError("there is nothing to time: pass at least one named function")
    if repeats < 1:
        raise ValueError(f"repeats={repeats}, but at least one round is needed")
    how = finish or _nothing, clock or perf_counter
    calls = {name: _calls_to_fill(min_seconds, function, *how) for name, function in functions.items()}
    seconds: dict[str, list[float]] = {name: [] for name in functions}
    for _ in range(repeats):
        for name, function in functions.items():
            seconds[name].append(_time(function, calls[name], *how))
    return Timings(seconds)


def _calls_to_fill(
    min_seconds: float,
    function: Callable[[], object],
    wait: Callable[[], object],
    clock: Callable[[], float],
) -> int:
    function()  # the first call pays for what the others find ready: caches, memory, lazy set-up
    once = _time(function, 1, wait, clock)
    return max(1, round(min_seconds / max(once, 1e-9)))


def _time(
    function: Callable[[], object], calls: int, wait: Callable[[], object], clock: Callable[[], float]
) -> float:
    wait()
    start = clock()
    for _ in range(calls):
        function()
    wait()
    return (clock() - start) / calls


def _nothing() -> None:
    """Wait for nothing: on the CPU a function has finished when it returns."""
