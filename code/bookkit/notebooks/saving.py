"""A hook for JupyterLab: a chapter that is opened and saved is the same file, byte for byte.

`make lab` starts JupyterLab with it.
"""

from __future__ import annotations

from typing import Any

from nbformat import from_dict
from nbformat.validator import iter_validate

from bookkit.notebooks.normalising import forget_the_program


def before_saving(model: dict[str, Any], **kwargs: Any) -> None:
    """Remove what JupyterLab adds to a notebook; the server calls this before it writes a file.

    What is no valid notebook is saved as it is: nobody's work is lost, and `--check` names what is wrong.
    """
    content = model.get("content")
    if model.get("type") != "notebook" or not isinstance(content, dict) or content.get("nbformat") != 4:
        return
    if next(iter_validate(content), None) is None:
        notebook = from_dict(content)
        forget_the_program(notebook)
        model["content"] = notebook
