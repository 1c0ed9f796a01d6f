"""Say what keeps a stored notebook from being a page of the book."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path

from nbformat import NotebookNode
from nbval.plugin import comment_markers, metadata_tags

from bookkit.notebooks.cells import RAISES, VOLATILE, fails, label
from bookkit.notebooks.normalising import forget_the_program, normalise
from bookkit.notebooks.reading import read
from bookkit.notebooks.storing import text_of

REFUSED = {"skip-execution", *metadata_tags} - {RAISES, VOLATILE}
"""Tags by which nbclient or nbval would leave a cell out, or compare it in another way."""


def problems_of_file(path: Path) -> Iterator[str]:
    """Name what keeps a file from being a page of the book, down to its bytes.

    Raises
    ------
    NotebookError
        If it cannot be read.
    """
    notebook = read(path)
    if path.read_bytes() != text_of(notebook).encode(errors="surrogatepass"):
        yield "is not written as `make notebooks` writes it (indentation, order, line ends, a key twice)"
    yield from problems(notebook)


def problems(notebook: NotebookNode) -> Iterator[str]:
    """Name errors, cells that were not run, text on stderr, and what a run would have stored otherwise.

    What JupyterLab adds by saving a notebook is no problem.
    """
    stored, expected = copy.deepcopy(notebook), copy.deepcopy(notebook)
    forget_the_program(stored)
    normalise(expected)
    if text_of(expected) != text_of(stored):
        yield "is not as `make notebooks` leaves it (metadata, counts, or an output older than its cell)"
    yield from left_out(notebook)
    for number, cell in enumerate(notebook.cells):
        if cell.cell_type != "code" or not cell.source.strip():
            continue
        tags = set(cell.metadata.get("tags", []))
        if cell.execution_count is None:
            yield f"cell {number} was never executed"
        elif RAISES in tags and not fails(cell.outputs):
            yield f"{label(number, cell)} is tagged {RAISES}, but raises nothing: correct one of the two"
        for output in cell.outputs:
            if output.output_type == "error" and RAISES not in tags:
                yield f"cell {number} stores an error: {output.ename}: {output.evalue}"
            if output.get("name") == "stderr":
                yield f"cell {number} stores text from stderr: {output.text.strip()[:80]}"


def left_out(notebook: NotebookNode) -> Iterator[str]:
    """Name the cells that a tag or a comment takes out of what is run or compared."""
    for number, cell in enumerate(notebook.cells):
        comments = (line.strip() for line in cell.source.splitlines() if line.strip().startswith("#"))
        found = REFUSED.intersection(cell.metadata.get("tags", []))
        if cell.cell_type == "code":
            found |= {line for line in comments if line.lstrip("#").strip() in comment_markers}
        for mark in sorted(found):
            yield (
                f"{label(number, cell)} has the mark {mark}, but each cell is run and compared: remove it; "
                f"an error that is meant is tagged {RAISES}, an output that varies {VOLATILE}"
            )
