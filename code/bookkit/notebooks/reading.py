"""Read a notebook from its file, or say what is wrong with the file and what to do."""

from __future__ import annotations

import codecs
import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

from nbformat import NotebookNode, v4
from nbformat.validator import better_validation_error, iter_validate

FORMAT = (4, 5)
"""The first format whose cells have ids; outputs are kept and cells are found again by them."""
UPGRADE = "import nbformat as n; n.write(n.v4.upgrade(n.read({name!r}, 4)), {name!r})"
_CONFLICT = re.compile(r"^(?:<{7}|\|{7}|={7}|>{7})(?: |$)", re.MULTILINE)


class NotebookError(ValueError):
    """A notebook that cannot be read, run or stored. The message goes on where the file's name ends."""


def read(path: Path) -> NotebookNode:
    """Return a notebook of this book, as it is in the file: nothing is repaired.

    Raises
    ------
    NotebookError
        If the file is no notebook of format 4.5, or if two cells share an id.
    """
    found = load(path)
    version = found.get("nbformat"), found.get("nbformat_minor")
    if version != FORMAT:
        raise NotebookError(
            f"is of notebook format {version[0]}.{version[1]}, but the book's are of 4.5, whose cells have "
            f'ids: .venv/bin/python -c "{UPGRADE.format(name=path.as_posix())}"'
        )
    for fault in iter_validate(found, version=4, version_minor=5):
        error = better_validation_error(fault, 4, 5)
        place = "".join(f"[{key!r}]" for key in error.relative_path) or "the whole"
        raise NotebookError(
            f"is no valid notebook, at {place}: {error.message[:200]}; correct it, or restore it from git"
        )
    for name, times in Counter(cell["id"] for cell in found["cells"]).items():
        if times > 1:
            raise NotebookError(f"has {times} cells with the id {name!r}: give each an id of its own")
    return v4.to_notebook(found)


def load(path: Path) -> dict[str, Any]:
    """Return the JSON object in a notebook's file.

    Raises
    ------
    NotebookError
        If there is none: no file, no text, no JSON, or the two sides of a merge.
    """
    text = _text(path)
    try:
        found = json.loads(text)
    except (json.JSONDecodeError, RecursionError) as error:
        if marker := _CONFLICT.search(text):
            line = text.count("\n", 0, marker.start()) + 1
            raise NotebookError(
                f"holds the marker of a merge conflict in line {line}: take one side whole "
                "(git checkout --ours or --theirs), then run `make notebooks`"
            ) from error
        raise NotebookError(f"is not JSON: {error}; restore it from git") from error
    if not isinstance(found, dict):
        raise NotebookError(f"holds JSON, but no notebook: a {type(found).__name__} instead of an object")
    return found


def _text(path: Path) -> str:
    """Return the text of a file named as a notebook is."""
    if path.is_dir():
        raise NotebookError(f"is a folder: name the notebooks in it, as in {path.as_posix()}/*.ipynb")
    if path.suffix != ".ipynb":
        raise NotebookError("is not named as a notebook is: the name must end in .ipynb")
    try:
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise NotebookError("does not exist: is the name right, and the folder?") from error
    except OSError as error:
        raise NotebookError(f"cannot be read: {error.strerror}") from error
    if data.startswith(codecs.BOM_UTF8):
        raise NotebookError("begins with a byte-order mark: save it as UTF-8 without one")
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise NotebookError(
            f"is not UTF-8: byte 0x{data[error.start]:02x} in line {line}; save it as UTF-8"
        ) from error
    if not text.strip():
        raise NotebookError("is empty: restore it from git, or start a chapter with `make chapter`")
    return text
