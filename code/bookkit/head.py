"""The head of each page: its title, and the description that search engines and link previews show."""

from __future__ import annotations

import textwrap
from html import escape
from typing import TYPE_CHECKING, Any

from docutils import nodes

if TYPE_CHECKING:
    from sphinx.application import Sphinx

LENGTH = 160


def describe(doctree: nodes.document) -> str:
    """Return the first paragraph of a page as plain text, cut at a word to 160 characters; empty if none."""
    paragraph = next(
        (node for node in doctree.findall(nodes.paragraph) if isinstance(node.parent, nodes.section)), None
    )
    text = "" if paragraph is None else " ".join(paragraph.astext().split())
    return textwrap.shorten(text, LENGTH, placeholder=" …")


def complete_head(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Add the description, unless the author of the page wrote one; say the title of the book only once."""
    title, book = context.get("title", ""), context["docstitle"]
    if doctree is not None and 'name="description"' not in context["metatags"]:
        description = describe(doctree) or f"{title} – {book}"
        context["metatags"] += f'<meta name="description" content="{escape(description)}" />'
    if title == book:
        context["docstitle"] = ""


def setup(app: Sphinx) -> None:
    """Complete the head of each page as it is written."""
    app.connect("html-page-context", complete_head)
