"""What cells are tagged with, and how old their outputs are."""

from __future__ import annotations

import hashlib

from nbformat import NotebookNode

VOLATILE = "nbval-ignore-output"
"""The tag of cells whose outputs are neither compared nor stored again."""
TIMED_FIGURE = "timed-figure"
"""The tag of cells that draw what was timed: their text is compared, their picture is kept."""


def code_cells(notebook: NotebookNode) -> list[NotebookNode]:
    """Return the code cells of a notebook, in order."""
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def has_tag(cell: NotebookNode, tag: str) -> bool:
    """Tell whether a cell carries a tag."""
    return tag in cell.metadata.get("tags", [])


def fingerprint(cell: NotebookNode) -> str:
    """Return a short hash of the cell's source; stored beside an output that is kept, it tells its age."""
    return hashlib.sha256(cell.source.encode()).hexdigest()[:8]
