"""Whether two pictures look the same: a stored one, and the one that a run has drawn.

A drawing is compared as SVG where it is stored so, whatever else is stored beside it. What floating-point
arithmetic does on another machine passes; another number, word or figure does not.
"""

from __future__ import annotations

import base64
from typing import Any
from xml.etree.ElementTree import ParseError

from nbformat import NotebookNode

from bookkit.notebooks.drawings import drawing_difference
from bookkit.notebooks.pixels import pixel_difference
from bookkit.notebooks.plots import plot_difference

SVG, PNG, PLOTLY = "image/svg+xml", "image/png", "application/vnd.plotly.v1+json"
KINDS = (SVG, PNG, PLOTLY)


def pictures_of(output: NotebookNode) -> dict[str, Any]:
    """Return the pictures in an output by their MIME type; an empty dictionary if there is none."""
    return {kind: data for kind, data in output.get("data", {}).items() if kind in KINDS}


def difference(new: dict[str, Any], old: dict[str, Any]) -> str:
    """Say how two pictures look different; an empty string if they look alike.

    Parameters
    ----------
    new, old : dict
        A picture in one or more forms, by MIME type.
    """
    if new.keys() != old.keys():
        return f"{', '.join(new) or 'nothing'} instead of {', '.join(old) or 'nothing'}"
    if new == old:
        return ""
    try:
        if SVG in new:
            return drawing_difference(new[SVG], old[SVG])
        if PNG in new:
            return pixel_difference(*(base64.b64decode(picture[PNG]) for picture in (new, old)))
        return plot_difference(new[PLOTLY], old[PLOTLY])
    except (ValueError, TypeError, OSError, ParseError) as error:  # one was damaged by hand or by a merge
        return f"one cannot be read as {', '.join(new)} ({error})"
