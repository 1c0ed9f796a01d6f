"""How cells are named and tagged, and how old their outputs are."""

from __future__ import annotations

import hashlib

from nbformat import NotebookNode

VOLATILE = "nbval-ignore-output"
"""The tag of cells whose outputs are neither compared nor stored again."""
TIMED_FIGURE = "timed-figure"
"""The tag of cells that draw what was timed: their text is compared, their picture is kept."""
RAISES = "raises-exception"
"""The tag of cells that fail on purpose; one that does not fail is refused."""


def code_cells(notebook: NotebookNode) -> list[NotebookNode]:
    """Return the code cells of a notebook, in order."""
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def has_tag(cell: NotebookNode, tag: str) -> bool:
    """Tell whether a cell carries a tag."""
    return tag in cell.metadata.get("tags", [])


def label(number: int, cell: NotebookNode) -> str:
    """Return what a message calls a cell: its place, from 0, and how it begins."""
    begin = next(iter(cell.source.strip().splitlines()), "")
    return f"cell {number} ({begin[:40]})"


def fails(outputs: list[NotebookNode]) -> bool:
    """Tell whether an error is among a cell's outputs."""
    return any(output.output_type == "error" for output in outputs)


def fingerprint(cell: NotebookNode) -> str:
    """Return a short hash of the cell's source; stored beside an output that is kept, it tells its age."""
    return hashlib.sha256(cell.source.encode()).hexdigest()[:8]
