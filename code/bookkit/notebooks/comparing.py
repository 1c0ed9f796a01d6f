"""A pytest plugin: nbval compares numbers after `≈` not at all, and pictures by their look.

By itself nbval ignores PNG and how large a picture is shown, compares SVG and plotly's JSON to the last
digit, is content when an error that is expected does not come, and waits long for a kernel that is dead.
"""

from __future__ import annotations

import time
from itertools import zip_longest
from queue import Empty

import pytest
from nbformat import NotebookNode
from nbval import plugin
from nbval.kernel import RunningKernel

from bookkit.notebooks.cells import RAISES, TIMED_FIGURE, fails, has_tag
from bookkit.notebooks.lines import mask
from bookkit.notebooks.normalising import shown_as
from bookkit.notebooks.pictures import KINDS, difference, pictures_of

BEFORE, SHOWN = 200, 2_000
"""How many characters of two unequal texts are shown before their first difference, and in all."""


class Kernel(RunningKernel):
    """A kernel whose death ends the waiting for it."""

    def get_message(self, stream: str, timeout: float) -> dict:
        """Return a message of the kernel; `queue.Empty` if there is none in time."""
        end = time.monotonic() + timeout
        while True:
            try:
                return super().get_message(stream, timeout=min(1, max(end - time.monotonic(), 0)))
            except Empty:
                if not self.is_alive():
                    raise RuntimeError("the kernel died in this cell") from None
                if time.monotonic() >= end:
                    raise


class Cell(plugin.IPyNbCell):
    """A code cell; nbval has run it and asks whether its outputs are those that are stored."""

    def setup(self) -> None:
        """Watch the kernel."""
        super().setup()
        self.parent.kernel.__class__ = Kernel

    def runtest(self) -> None:
        """Run the cell; one that is tagged `raises-exception` must fail."""
        super().runtest()
        if has_tag(self.cell, RAISES) and not fails(self.test_outputs):
            self.raise_cell_error(f"The cell is tagged {RAISES}, but raised nothing")

    def sanitize(self, s: object) -> object:
        """Return what is compared of an output."""
        sanitised = super().sanitize(s)
        return mask(sanitised) if isinstance(sanitised, str) else sanitised

    def compare_outputs(
        self, test: list[NotebookNode], ref: list[NotebookNode], skip_compare: tuple[str, ...] | None = None
    ) -> bool:
        """Tell whether the outputs agree; `comparison_traceback` says where not."""
        skipped = (*(skip_compare or self.parent.skip_compare), *KINDS)
        same = super().compare_outputs(test, ref, skipped)
        drawn, stored = ([p for p in map(pictures_of, outputs) if p] for outputs in (test, ref))
        if has_tag(self.cell, TIMED_FIGURE):
            drawn, stored = ([dict.fromkeys(picture) for picture in pictures] for pictures in (drawn, stored))
        elif (new := [shown_as(o) for o in test]) != (old := [shown_as(o) for o in ref]):
            self.comparison_traceback.append(f"shown in another way: {new} instead of {old}")
            same = False
        for number, (new, old) in enumerate(zip_longest(drawn, stored, fillvalue={}), start=1):
            if found := difference(new, old):
                self.comparison_traceback.append(f"picture {number} looks different: {found}")
                same = False
        return same

    def format_output_compare(self, key: str, left: object, right: object) -> None:
        """Show where two outputs differ: of long texts only the place, for all of them would take hours."""
        if isinstance(left, str) and isinstance(right, str):
            pairs = enumerate(zip(left, right, strict=False))
            equal = next((i for i, (one, other) in pairs if one != other), min(len(left), len(right)))
            start = max(equal - BEFORE, 0)
            if start or max(len(left), len(right)) > SHOWN:
                left, right = (text[start : start + SHOWN] for text in (left, right))
        super().format_output_compare(key, left, right)


def pytest_itemcollected(item: pytest.Item) -> None:
    """Have the cells that nbval collected compared by the class above."""
    if type(item) is plugin.IPyNbCell:
        item.__class__ = Cell
