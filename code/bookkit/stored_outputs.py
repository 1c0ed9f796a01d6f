"""Refuse to build a site from notebooks that were not run, or that failed.

The site shows the outputs stored in the notebooks, so a failed or forgotten cell would reach the reader in
silence. Every notebook of the book is looked at on every build, not only those that changed.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sphinx.errors import SphinxError

from bookkit.notebooks.reading import NotebookError, load

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment

ERROR_TAGS = frozenset({"raises-exception", "nbval-raises-exception"})


class StoredOutputError(SphinxError):
    """Notebooks hold cells that must not be shown."""

    category = "Stored outputs"


def find_problems(notebook: dict[str, Any], name: str) -> Iterator[str]:
    """Yield one message for each cell that must not be shown.

    Parameters
    ----------
    notebook : dict
        The notebook as JSON (nbformat 4).
    name : str
        The path to name in the messages.

    Yields
    ------
    str
        Notebook, cell (counted from 1 over all cells), how the cell begins, and what is wrong with it.
    """
    for number, cell in enumerate(notebook.get("cells", []), start=1):
        source = "".join(cell.get("source", ""))
        if cell.get("cell_type") != "code" or not source.strip():
            continue
        where = f"{name}, cell {number}, which begins {source.strip().splitlines()[0][:60]!r}"
        if cell.get("execution_count") is None:
            yield f"{where}: it was not run"
        errors = [output for output in cell.get("outputs", []) if output.get("output_type") == "error"]
        if ERROR_TAGS.isdisjoint(cell.get("metadata", {}).get("tags", [])):
            for output in errors:
                yield f"{where}: it stores an error, {output.get('ename')}: {output.get('evalue')}"
        elif cell.get("execution_count") is not None and not errors:
            yield f"{where}: it is tagged as one that fails, but raised nothing"


def refuse_problems(app: Sphinx, env: BuildEnvironment, docnames: list[str]) -> None:
    """Stop the build if any notebook of the book holds a cell that must not be shown.

    Raises
    ------
    StoredOutputError
        With one line for each such cell, and what to do.
    """
    problems: list[str] = []
    for docname in sorted(env.found_docs):
        path = Path(env.doc2path(docname))
        if path.suffix == ".ipynb":
            name = path.relative_to(app.srcdir).as_posix()
            try:
                problems += find_problems(load(path), name)
            except NotebookError as error:
                problems.append(f"{name} {error}")
    if problems:
        raise StoredOutputError(
            "\n  ".join(["these cells must not be shown:", *problems])
            + "\nRun `make notebooks` to run all notebooks and store their outputs. "
            "If a cell is meant to fail, tag it raises-exception."
        )


def setup(app: Sphinx) -> None:
    """Look at the stored outputs before anything is read, on every build."""
    app.connect("env-before-read-docs", refuse_problems)
