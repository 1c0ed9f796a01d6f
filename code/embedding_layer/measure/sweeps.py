"""The same functions timed at several sizes: what a curve of costs is made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from embedding_layer.measure.timing import Timings, compare


@dataclass(frozen=True)
class Sweep:
    """Timings of the same functions, size by size.

    Attributes
    ----------
    timings : dict of int to Timings
        For every size the timings of all functions, in the order in which the sizes were measured.
    """

    timings: dict[int, Timings]

    @property
    def sizes(self) -> list[int]:
        """The sizes, in the order in which they were measured."""
        return list(self.timings)

    @property
    def names(self) -> list[str]:
        """The names of the functions."""
        return list(next(iter(self.timings.values())).seconds)

    def seconds(self, name: str) -> list[float]:
        """Return a function's median seconds a call, size by size."""
        return [timings.median(name) for timings in self.timings.values()]

    def microseconds(self, name: str) -> list[float]:
        """Return a function's median microseconds a call, size by size."""
        return [1e6 * seconds for seconds in self.seconds(name)]

    def ratio(self, size: int, name: str, baseline: str) -> float:
        """Return how many times longer `name` takes than `baseline` at this size; see `Timings.ratio`."""
        return self.timings[size].ratio(name, baseline)

    def growth(self, name: str, smaller: int, larger: int) -> float:
        """Return how many times longer a function takes at the larger size than at the smaller one.

        These were measured at different moments, so a busy machine disturbs this more than a `ratio`.
        """
        return self.timings[larger].median(name) / self.timings[smaller].median(name)


def sweep(
    make: Callable[[int], Mapping[str, Callable[[], object]]], sizes: Sequence[int], **options: Any
) -> Sweep:
    """Time the functions that `make` returns for each of the sizes, one size after the other.

    Parameters
    ----------
    make : callable
        Takes a size and returns named functions without arguments, under the same names at every size. What
        they hold on to (tables, gradients) is let go before the next size.
    sizes : sequence of int
    **options
        Passed on to `compare`.

    Raises
    ------
    ValueError
        If there are no sizes, or the names differ from size to size.
    """
    if not sizes:
        raise ValueError("there is nothing to sweep over: pass at least one size")
    timings: dict[int, Timings] = {}
    for size in sizes:
        timings[size] = compare(make(size), **options)
        names, before = list(timings[size].seconds), list(timings[sizes[0]].seconds)
        if names != before:
            raise ValueError(
                f"at size {size} the functions are {names}, at size {sizes[0]} they were {before}: a curve "
                "needs the same names at every size"
            )
    return Sweep(timings)
