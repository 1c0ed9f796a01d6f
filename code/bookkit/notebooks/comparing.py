"""A pytest plugin: nbval compares numbers after `≈` not at all, and pictures by their look.

By itself nbval ignores PNG, and compares SVG and plotly's JSON to the last digit.
"""

from __future__ import annotations

from itertools import zip_longest

import pytest
from nbformat import NotebookNode
from nbval import plugin

from bookkit.notebooks.cells import TIMED_FIGURE, has_tag
from bookkit.notebooks.lines import mask
from bookkit.notebooks.pictures import KINDS, difference, pictures_of


class Cell(plugin.IPyNbCell):
    """A code cell; nbval has run it and asks whether its outputs are those that are stored."""

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
        for number, (new, old) in enumerate(zip_longest(drawn, stored, fillvalue={}), start=1):
            if found := difference(new, old):
                self.comparison_traceback.append(f"picture {number} looks different: {found}")
                same = False
        return same


def pytest_itemcollected(item: pytest.Item) -> None:
    """Have the cells that nbval collected compared by the class above."""
    if type(item) is plugin.IPyNbCell:
        item.__class__ = Cell
