"""Keep stored outputs that a new run changed only by chance, so that it changes nothing in git."""

from __future__ import annotations

from nbformat import NotebookNode

from bookkit.notebooks.cells import TIMED_FIGURE, VOLATILE, code_cells, fingerprint, has_tag
from bookkit.notebooks.lines import keep_lines
from bookkit.notebooks.pictures import difference, pictures_of


def keep_unchanged_outputs(new: NotebookNode, old: NotebookNode) -> None:
    """Put back the stored outputs that differ only by chance.

    These are pictures that look the same, and, unless the cell's source has changed, all outputs of cells
    tagged `nbval-ignore-output`, the pictures of cells tagged `timed-figure`, and the numbers after `≈`.

    Parameters
    ----------
    new : NotebookNode
        The notebook after the run, normalised; changed in place.
    old : NotebookNode
        The notebook as it was stored.
    """
    stored = {cell.id: cell for cell in code_cells(old)}
    for cell in code_cells(new):
        before = stored.get(cell.id)
        if before is None or not before.outputs:
            continue
        same_source = before.metadata.get("stored_for") == fingerprint(cell)
        if has_tag(cell, VOLATILE):
            if same_source:
                cell.outputs = before.outputs
        elif len(before.outputs) == len(cell.outputs):
            timed = same_source and has_tag(cell, TIMED_FIGURE)
            for output, earlier in zip(cell.outputs, before.outputs, strict=True):
                if same_source:
                    _keep_numbers(output, earlier)
                _keep_pictures(output, earlier, whatever_they_show=timed)


def _keep_numbers(output: NotebookNode, earlier: NotebookNode) -> None:
    if "text" in output and "text" in earlier:
        output.text = keep_lines(output.text, earlier.text)
    new, old = (o.get("data", {}).get("text/plain", "") for o in (output, earlier))
    if new and old:
        output.data["text/plain"] = keep_lines(new, old)


def _keep_pictures(output: NotebookNode, earlier: NotebookNode, *, whatever_they_show: bool) -> None:
    new, old = pictures_of(output), pictures_of(earlier)
    if new.keys() == old.keys() and (whatever_they_show or not difference(new, old)):
        output.get("data", {}).update(old)
        if old and whatever_they_show:
            output.metadata = earlier.metadata  # the kept picture has its own size
