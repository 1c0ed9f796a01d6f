"""Run comparisons on layer classes, judge what comes out, and keep the verdicts as a table."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from embedding_layer.parity.comparisons import COMPARISONS, Comparison, LayerClass

SAME, DIFFERS, REFUSES_DIFFERENTLY = "same", "differs", "refuses differently"


@dataclass(frozen=True)
class ParityTable:
    """The verdicts: one row a comparison, one column a layer class.

    In a notebook it shows itself as a table; `print` writes it in columns.

    Attributes
    ----------
    layers : tuple of str
        The names of the columns.
    rows : tuple of (Comparison, tuple of str)
        A comparison, and the verdict of each layer: "same", "differs" or "refuses differently".
    """

    layers: tuple[str, ...]
    rows: tuple[tuple[Comparison, tuple[str, ...]], ...]

    def count(self, layer: str, verdict: str) -> int:
        """Return how many comparisons gave a layer this verdict."""
        return len(self.where(layer, verdict))

    def where(self, layer: str, *verdicts: str) -> list[str]:
        """Return the names of the comparisons that gave a layer one of these verdicts.

        Raises
        ------
        ValueError
            If the table has no such column.
        """
        if layer not in self.layers:
            raise ValueError(f"there is no column {layer!r}; the columns are {list(self.layers)}")
        column = self.layers.index(layer)
        return [row.name for row, found in self.rows if found[column] in verdicts]

    def __str__(self) -> str:
        lines = [("", *self.layers)]
        for group, row, found in self._grouped():
            lines += [(group,)] if group else []
            lines.append((f"  {row.name}", *found))
        widths = [max(len(line[i]) for line in lines if len(line) > i) for i in range(len(lines[0]))]
        return "\n".join(
            "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=False)).rstrip()
            for line in lines
        )

    __repr__ = __str__

    def _repr_markdown_(self) -> str:
        """Return the table as Jupyter shows it; verdicts other than "same" are set in bold."""
        names = (f"`{name}`" for name in self.layers)
        lines = [("comparison", *names), ("---",) * (1 + len(self.layers))]
        for group, row, found in self._grouped():
            if group:
                lines.append((f"*{group}*", *("" for _ in found)))
            lines.append((row.name, *(one if one == SAME else f"**{one}**" for one in found)))
        return "\n".join(f"| {' | '.join(line)} |" for line in lines)

    def _grouped(self) -> Iterable[tuple[str, Comparison, tuple[str, ...]]]:
        """Yield the rows, each group's first with the name of the group."""
        before = ""
        for row, found in self.rows:
            yield "" if row.group == before else row.group, row, found
            before = row.group


def against_nn_embedding(
    layers: Mapping[str, LayerClass],
    comparisons: Iterable[Comparison] | None = None,
) -> ParityTable:
    """Compare layer classes with `nn.Embedding`, which is always right here.

    A comparison makes a layer, uses it, and returns what it saw. Two that return equal things are the "same";
    numbers may differ by rounding, but not in shape, strides, format or layout. Two that raise are the "same"
    if the layer's exception is also of the class that `nn.Embedding` raised, so that code which catches the
    one catches the other; if not, the layer "refuses differently". All else "differs".

    Parameters
    ----------
    layers : mapping of str to layer class
        By the name of the column. A class is called like `nn.Embedding`, the sizes first.
    comparisons : iterable of Comparison or None
        What is tried; None tries all of `COMPARISONS`.

    Raises
    ------
    ValueError
        If there is no layer to compare.
    """
    if not layers:
        raise ValueError("there is nothing to compare: pass at least one named layer class")
    rows = []
    for comparison in COMPARISONS if comparisons is None else comparisons:
        expected = _watch(comparison.observe, nn.Embedding)
        found = (_watch(comparison.observe, layer) for layer in layers.values())
        rows.append((comparison, tuple(_judge(expected, outcome) for outcome in found)))
    return ParityTable(tuple(layers), tuple(rows))


@dataclass(frozen=True)
class _Outcome:
    """What a comparison returned, or the exception that it raised."""

    value: object = None
    error: Exception | None = None


def _watch(observe: Callable[[LayerClass], object], layer: LayerClass) -> _Outcome:
    """Run a comparison from a fixed seed, without leaving traces in the caller's random numbers."""
    with torch.random.fork_rng(devices=[]), _quiet():
        torch.manual_seed(0)
        try:
            return _Outcome(value=observe(layer))
        except Exception as error:
            return _Outcome(error=error)


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep to ourselves what PyTorch says of its own inside: half of this is meant to go wrong."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings(action="ignore"):
            yield
    finally:
        logging.disable(before)


def _judge(expected: _Outcome, found: _Outcome) -> str:
    if expected.error is not None and found.error is not None:
        return SAME if isinstance(found.error, type(expected.error)) else REFUSES_DIFFERENTLY
    if expected.error is None and found.error is None and _equal(expected.value, found.value):
        return SAME
    return DIFFERS


def _equal(one: object, other: object) -> bool:
    if isinstance(one, Tensor) and isinstance(other, Tensor):
        return _equal_tensors(one, other)
    if isinstance(one, (tuple, list)) and isinstance(other, (tuple, list)):
        return len(one) == len(other) and all(map(_equal, one, other))
    return type(one) is type(other) and one == other


def _equal_tensors(one: Tensor, other: Tensor) -> bool:
    """Compare all that a user can see; the numbers to rounding."""
    seen = ("shape", "dtype", "device", "layout", "requires_grad")
    if any(getattr(one, name) != getattr(other, name) for name in seen):
        return False
    if one.layout == torch.strided and one.stride() != other.stride():
        return False
    if one.is_meta:
        return True
    one, other = one.detach().to_dense(), other.detach().to_dense()
    return torch.allclose(one, other, rtol=1e-5, atol=1e-6, equal_nan=True)
