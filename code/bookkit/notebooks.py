"""Execute the notebooks and store normalised outputs: `python -m bookkit.notebooks [--check] FILES`.

A re-run changes nothing in git: metadata is reduced to what the book uses; outputs that cannot be stable
(cells tagged `nbval-ignore-output`, or `timed-figure` if they draw what was timed) and pictures that look the
same are kept as they were, unless the cell's source has changed or `--fresh` asks for new ones.
"""

from __future__ import annotations

import argparse
import base64
import copy
import hashlib
import io
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import nbformat
import numpy as np
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbformat import NotebookNode
from PIL import Image

CELL_METADATA = ("jupyter", "mystnb", "stored_for", "tags")
KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
VOLATILE = "nbval-ignore-output"
TIMED_FIGURE = "timed-figure"
"""The tag of cells that draw what was timed: their text is compared, their picture is kept."""
KERNEL_ENVIRONMENT = {"EMBEDDING_LAYER_PROGRESS": "off", "OMP_NUM_THREADS": "1"}
"""No bars in stored outputs, and one thread, as in the tests: timings are then least disturbed."""
SECONDS_PER_CELL = 300
GREY_LEVELS = 2.0
"""Two pictures whose pixels differ by less than this on average (of 255) count as the same."""


def execute(path: Path) -> NotebookNode:
    """Run a notebook top to bottom in a fresh kernel, in its own folder, and return it with its outputs."""
    notebook = nbformat.read(path, as_version=4)
    for cell in code_cells(notebook):
        cell.outputs, cell.execution_count = [], None
    client = NotebookClient(
        notebook,
        timeout=SECONDS_PER_CELL,
        kernel_name=KERNEL["name"],
        record_timing=False,
        coalesce_streams=True,
        extra_arguments=["--log-level=ERROR"],  # nothing of the kernel's own among the chapters' names
        resources={"metadata": {"path": str(path.parent)}},
    )
    client.execute(env=os.environ | KERNEL_ENVIRONMENT)
    return notebook


def normalise(notebook: NotebookNode) -> None:
    """Remove from a notebook whatever a re-run may change without the chapter having changed."""
    notebook.metadata = NotebookNode(
        kernelspec=NotebookNode(KERNEL), language_info=NotebookNode(name="python")
    )
    for cell in notebook.cells:
        cell.metadata = NotebookNode(
            {key: cell.metadata[key] for key in CELL_METADATA if cell.metadata.get(key)}
        )
    for number, cell in enumerate(code_cells(notebook), start=1):
        cell.execution_count = number if cell.source.strip() else None
        if _has_tag(cell, VOLATILE) or _has_tag(cell, TIMED_FIGURE):
            cell.metadata.stored_for = fingerprint(cell)
        for output in cell.outputs:
            if "metadata" in output:
                output.metadata = NotebookNode()
            if output.output_type == "execute_result":
                output.execution_count = cell.execution_count


def keep_unchanged_outputs(new: NotebookNode, old: NotebookNode) -> None:
    """Put back the stored outputs that differ only by chance: timings, and pixels nobody can see."""
    stored = {cell.id: cell for cell in code_cells(old)}
    for cell in code_cells(new):
        before = stored.get(cell.id)
        if before is None or not before.outputs:
            continue
        same_source = before.metadata.get("stored_for") == fingerprint(cell)
        if _has_tag(cell, VOLATILE):
            if same_source:
                cell.outputs = before.outputs
        elif len(before.outputs) == len(cell.outputs):
            whatever_it_shows = same_source and _has_tag(cell, TIMED_FIGURE)
            for output, earlier in zip(cell.outputs, before.outputs, strict=True):
                _keep_picture(output, earlier, whatever_it_shows=whatever_it_shows)


def problems(notebook: NotebookNode) -> Iterator[str]:
    """Say what keeps a stored notebook from being a page: errors, cells not run, stderr, stray metadata."""
    expected = copy.deepcopy(notebook)
    normalise(expected)
    if nbformat.writes(expected) != nbformat.writes(notebook):
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


def fingerprint(cell: NotebookNode) -> str:
    """Return a short hash of the cell's source; stored beside an output that is kept, it tells its age."""
    return hashlib.sha256(cell.source.encode()).hexdigest()[:8]


def code_cells(notebook: NotebookNode) -> list[NotebookNode]:
    """Return the code cells of a notebook, in order."""
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def refresh(path: Path, *, fresh: bool = False) -> None:
    """Execute one notebook and store it; if a cell fails, the file stays as it was."""
    old = nbformat.read(path, as_version=4)
    new = execute(path)
    normalise(new)
    if not fresh:
        keep_unchanged_outputs(new, old)
    content = nbformat.writes(new) + "\n"
    if content != path.read_text(encoding="utf-8"):
        temporary = path.with_suffix(".tmp")
        temporary.write_text(content, encoding="utf-8")
        temporary.replace(path)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m bookkit.notebooks", description=__doc__.split("\n")[0])
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument(
        "--check", action="store_true", help="execute nothing, only say what is not normalised"
    )
    parser.add_argument("--fresh", action="store_true", help="store new timings and pictures, too")
    options = parser.parse_args(arguments)
    failed = 0
    for path in options.files:
        if options.check:
            found = list(problems(nbformat.read(path, as_version=4)))
        else:
            print(path, flush=True)
            try:
                refresh(path, fresh=options.fresh)
                found = list(problems(nbformat.read(path, as_version=4)))
            except CellExecutionError as error:
                found = [f"stays as it was, because a cell fails:\n{error}"]
        for problem in found:
            print(f"{path} {problem}", file=sys.stderr)
        failed += bool(found)
    return 1 if failed else 0


def _has_tag(cell: NotebookNode, tag: str) -> bool:
    return tag in cell.metadata.get("tags", [])


def _keep_picture(output: NotebookNode, earlier: NotebookNode, *, whatever_it_shows: bool) -> None:
    new, old = (o.get("data", {}).get("image/png") for o in (output, earlier))
    if new and old and new != old and (whatever_it_shows or _look_alike(new, old)):
        output.data["image/png"] = old


def _look_alike(first: str, second: str) -> bool:
    one, other = (
        np.asarray(Image.open(io.BytesIO(base64.b64decode(p))).convert("RGB")) for p in (first, second)
    )
    return one.shape == other.shape and float(np.abs(one.astype(int) - other).mean()) < GREY_LEVELS


if __name__ == "__main__":
    sys.exit(main())
