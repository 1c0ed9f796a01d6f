"""Remove from a notebook whatever may change without the chapter having changed."""

from __future__ import annotations

from typing import Any

from nbformat import NotebookNode, from_dict

from bookkit.notebooks.cells import TIMED_FIGURE, VOLATILE, code_cells, fingerprint, has_tag
from bookkit.notebooks.lines import ABOUT, printed
from bookkit.notebooks.streams import merged

CELL_METADATA = ("jupyter", "mystnb", "stored_for", "tags")
"""What the book uses; timings of the run, selections, scrolling and the like go."""
OUTPUT_METADATA = ("alt", "height", "isolated", "needs_background", "unconfined", "width")
"""What says how an output is shown, for all its forms or for one."""
KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}


def normalise(notebook: NotebookNode) -> None:
    """Make of a notebook that was run what is stored: counts from 1, only metadata that the book uses."""
    forget_the_program(notebook)
    notebook.metadata = NotebookNode(
        kernelspec=NotebookNode(KERNEL), language_info=NotebookNode(name="python")
    )
    for cell in notebook.cells:
        cell.metadata = NotebookNode(
            {key: cell.metadata[key] for key in CELL_METADATA if cell.metadata.get(key)}
        )
    for number, cell in enumerate(code_cells(notebook), start=1):
        ran = cell.source.strip() and cell.execution_count is not None
        cell.execution_count = number if ran else None
        cell.outputs = [
            output for output in merged(cell.outputs) if output.get("data") != {}
        ]  # emptied progress bars
        cell.metadata.pop("stored_for", None)
        if keeps_outputs(cell):
            cell.metadata.stored_for = fingerprint(cell)
        for output in cell.outputs:
            if "metadata" in output:
                output.metadata = shown_as(output)
            if output.output_type == "execute_result":
                output.execution_count = cell.execution_count


def shown_as(output: NotebookNode) -> NotebookNode:
    """Return the metadata of an output that say how it is shown, such as the size of a picture."""
    metadata = {key: value for key, value in output.get("metadata", {}).items() if key in OUTPUT_METADATA}
    for kind in output.get("data", {}):
        of_kind = output.get("metadata", {}).get(kind)
        if isinstance(of_kind, dict):
            metadata[kind] = {key: value for key, value in of_kind.items() if key in OUTPUT_METADATA}
    return from_dict({key: value for key, value in metadata.items() if value not in ({}, None)})


def keeps_outputs(cell: NotebookNode) -> bool:
    """Tell whether a run may leave outputs of the cell as they were, so that their age must be known."""
    return (
        has_tag(cell, VOLATILE)
        or has_tag(cell, TIMED_FIGURE)
        or any(ABOUT in printed(output) for output in cell.outputs)
    )


def forget_the_program(notebook: NotebookNode) -> None:
    """Remove what JupyterLab adds when it saves a notebook that nobody touched.

    It describes the kernel's Python, says twice that an output is hidden, and writes the number 1.0 as 1.
    """
    language = notebook.metadata.get("language_info", {})
    if "name" in language:
        notebook.metadata.language_info = NotebookNode(name=language["name"])
    for cell in code_cells(notebook):
        cell.metadata.pop("collapsed", None)
        for output in cell.outputs:
            for kind, content in output.get("data", {}).items():
                output.data[kind] = _numbers_as_in_javascript(content)
            if "metadata" in output:
                output.metadata = _numbers_as_in_javascript(output.metadata)


def _numbers_as_in_javascript(content: Any) -> Any:
    if isinstance(content, dict):
        return type(content)({key: _numbers_as_in_javascript(value) for key, value in content.items()})
    if isinstance(content, list):
        return [_numbers_as_in_javascript(value) for value in content]
    if isinstance(content, float) and content.is_integer() and abs(content) < 2**53:
        return int(content)
    return content
