"""Say what keeps a stored notebook from being a page of the book."""

from __future__ import annotations

import copy
from collections.abc import Iterator

import nbformat
from nbformat import NotebookNode

from bookkit.notebooks.normalising import forget_the_program, normalise


def problems(notebook: NotebookNode) -> Iterator[str]:
    """Name errors, cells that were not run, text on stderr, and what a run would have stored otherwise.

    What JupyterLab adds by saving a notebook is no problem.
    """
    stored, expected = copy.deepcopy(notebook), copy.deepcopy(notebook)
    forget_the_program(stored)
    normalise(expected)
    if nbformat.writes(expected) != nbformat.writes(stored):
        yield "is not as `make notebooks` leaves it (metadata, counts, or an output older than its cell)"
    for number, cell in enumerate(notebook.cells):
        if cell.cell_type != "code" or not cell.source.strip():
            continue
        tags = set(cell.metadata.get("tags", []))
        if cell.execution_count is None:
            yield f"cell {number} was never executed"
        for output in cell.outputs:
            if output.output_type == "error" and not tags & {"raises-exception", "nbval-raises-exception"}:
                yield f"cell {number} stores an error: {output.ename}: {output.evalue}"
            if output.get("name") == "stderr":
                yield f"cell {number} stores text from stderr: {output.text.strip()[:80]}"
