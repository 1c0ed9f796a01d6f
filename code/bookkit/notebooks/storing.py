"""Write a notebook to its file: always in the same way, and whole or not at all."""

from __future__ import annotations

from pathlib import Path

from nbformat import NotebookNode, v4

from embedding_layer.files import replacing


def text_of(notebook: NotebookNode) -> str:
    """Return the text of a notebook's file. Two notebooks that hold the same have the same text."""
    return v4.writes(notebook) + "\n"


def store(notebook: NotebookNode, path: Path) -> None:
    """Replace the file, unless it would stay the same, byte for byte."""
    text = text_of(notebook)
    if not path.exists() or path.read_bytes() != text.encode():
        with replacing(path) as file:
            file.write(text)
