"""Run a notebook."""

from __future__ import annotations

import copy
import os
from pathlib import Path

from jupyter_client.kernelspec import NoSuchKernel
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError
from nbformat import NotebookNode

from bookkit.notebooks.cells import code_cells, label
from bookkit.notebooks.normalising import KERNEL
from bookkit.notebooks.reading import NotebookError

KERNEL_ENVIRONMENT = {"EMBEDDING_LAYER_PROGRESS": "off", "OMP_NUM_THREADS": "1"}
"""No bars in stored outputs, and one thread, as in the tests: timings are then least disturbed."""
SECONDS_PER_CELL = 300


def execute(notebook: NotebookNode, folder: Path) -> NotebookNode:
    """Run a notebook top to bottom in a fresh kernel, in a folder, and return a copy with its outputs.

    However the run ends, its kernel ends with it.

    Raises
    ------
    NotebookError
        If a cell fails that is not tagged `raises-exception`, or takes longer than `SECONDS_PER_CELL`, or
        if the kernel dies or does not start.
    """
    notebook = copy.deepcopy(notebook)
    for cell in code_cells(notebook):
        cell.outputs, cell.execution_count = [], None
    client = NotebookClient(
        notebook,
        timeout=SECONDS_PER_CELL,
        iopub_timeout=SECONDS_PER_CELL,
        raise_on_iopub_timeout=True,  # else outputs that come late are lost in silence
        kernel_name=KERNEL["name"],
        record_timing=False,
        extra_arguments=["--log-level=ERROR"],  # nothing of the kernel's own among the chapters' names
        resources={"metadata": {"path": str(folder)}},
    )
    where = "no cell was run:"
    try:
        # not client.execute(): that goes on after Ctrl-C with a dead kernel, and forgets where it was
        with client.setup_kernel(env=os.environ | KERNEL_ENVIRONMENT):
            for number, cell in enumerate(notebook.cells):
                where = label(number, cell)
                client.execute_cell(cell, number)
    except CellExecutionError as error:
        raise NotebookError(f"{where} fails:\n{error}") from error
    except CellTimeoutError as error:
        raise NotebookError(f"{where} takes longer than {SECONDS_PER_CELL} s") from error
    except (RuntimeError, NoSuchKernel) as error:
        raise NotebookError(f"{where} the kernel died or did not start ({error})") from error
    return notebook
