"""Run a notebook."""

from __future__ import annotations

import os
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbformat import NotebookNode

from bookkit.notebooks.cells import code_cells
from bookkit.notebooks.normalising import KERNEL

KERNEL_ENVIRONMENT = {"EMBEDDING_LAYER_PROGRESS": "off", "OMP_NUM_THREADS": "1"}
"""No bars in stored outputs, and one thread, as in the tests: timings are then least disturbed."""
SECONDS_PER_CELL = 300


def execute(path: Path) -> NotebookNode:
    """Run a notebook top to bottom in a fresh kernel, in its own folder, and return it with its outputs.

    Raises
    ------
    CellExecutionError
        If a cell fails that is not tagged `raises-exception`.
    """
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
