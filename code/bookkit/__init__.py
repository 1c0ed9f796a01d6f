"""What builds the site: a Sphinx extension made of small pieces. No chapter imports it.

Each piece is a module with its own `setup`; this one only sets them up in turn.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sphinx.application import Sphinx

__version__ = "0.1.0"


def setup(app: Sphinx) -> dict[str, Any]:
    """Set up every piece of the site.

    Parameters
    ----------
    app : Sphinx
        The application that builds the book.

    Returns
    -------
    dict
        The version, and that the pieces may run in parallel builds.
    """
    # imported here, so that `python -m bookkit.browser` needs no Sphinx
    from bookkit import (
        bibliography,
        captions,
        elements,
        exercises,
        figures,
        folds,
        head,
        icons,
        landing,
        mathjax,
        numbering,
        palette,
        planned,
        plotly_renderer,
        rebuilds,
        references,
        search,
        slimming,
        stored_outputs,
    )

    for piece in (
        stored_outputs,
        rebuilds,
        numbering,
        references,
        planned,
        captions,
        palette,
        figures,
        mathjax,
        plotly_renderer,
        elements,
        folds,
        exercises,
        bibliography,
        head,
        landing,
        search,
        slimming,
        icons,
    ):
        piece.setup(app)
    return {"version": __version__, "parallel_read_safe": True, "parallel_write_safe": True}
