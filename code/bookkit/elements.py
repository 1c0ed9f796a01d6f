"""Interactive elements of our own: a page that has one gets its script and its style, other pages do not.

A cell emits the element as HTML, with its data in it. The element `word-projector` is drawn by
`word-projector.js` and `word-projector.css` of the static files; without a script its fallback stays.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from docutils import nodes
    from sphinx.application import Sphinx

ELEMENTS = ("word-projector",)
"""The names of the elements, which are those of their files."""


def elements_in(body: str) -> list[str]:
    """Return the names of the elements that a page's HTML has, each once."""
    return [name for name in ELEMENTS if re.search(rf"<{name}[\s>]", body)]


def add_files(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Add the files of the elements that a page has."""
    for name in elements_in(context.get("body", "")):
        app.add_js_file(f"{name}.js", loading_method="defer")
        app.add_css_file(f"{name}.css")


def setup(app: Sphinx) -> None:
    """Look at every page before it is written."""
    app.connect("html-page-context", add_files)
