"""Printed text as a reader sees it: each stream of a cell in one piece, overwritten lines gone."""

from __future__ import annotations

import re

from nbformat import NotebookNode

_OVERWRITTEN = re.compile(r"^.*\r(?=[^\n])", re.MULTILINE)
"""A line up to its last carriage return. Without `^`, as in nbclient, a line costs its length squared."""


def merged(outputs: list[NotebookNode]) -> list[NotebookNode]:
    """Return the outputs of a cell with all pieces of a stream put together where its first one is."""
    pieces: dict[str, list[str]] = {}
    for output in outputs:
        if output.output_type == "stream":
            pieces.setdefault(output.name, []).append(output.text)
    kept = []
    for output in outputs:
        if output.output_type == "stream":
            if output.name not in pieces:
                continue
            output.text = _OVERWRITTEN.sub("", "".join(pieces.pop(output.name)))
        kept.append(output)
    return kept
