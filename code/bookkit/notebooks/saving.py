"""A hook for JupyterLab: a chapter that is opened and saved is the same file, byte for byte.

`make lab` starts JupyterLab with it.
"""

from __future__ import annotations

from typing import Any

import nbformat

from bookkit.notebooks.normalising import forget_the_program


def before_saving(model: dict[str, Any], **kwargs: Any) -> None:
    """Remove what JupyterLab adds to a notebook; the server calls this before it writes a file."""
    if model["type"] == "notebook" and model["content"]["nbformat"] == 4:
        notebook = nbformat.from_dict(model["content"])
        forget_the_program(notebook)
        model["content"] = notebook
