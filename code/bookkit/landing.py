"""The page at the root of the site: it leads to the first page of the book, without a script."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from bookkit.static_files import is_html, write_text

if TYPE_CHECKING:
    from sphinx.application import Sphinx


def page(title: str, target: str, language: str) -> str:
    """Return the HTML of a page that leads on to `target`, a relative address."""
    title, target = escape(title), escape(target)
    return (
        f'<!DOCTYPE html>\n<html lang="{escape(language)}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<title>{title}</title>\n<meta http-equiv="refresh" content="0; url={target}">\n'
        f'<link rel="canonical" href="{target}">\n</head>\n<body>\n'
        f'<main><h1>{title}</h1><p><a href="{target}">{target}</a></p></main>\n</body>\n</html>\n'
    )


def write_landing_page(app: Sphinx, exception: Exception | None) -> None:
    """Write index.html at the root of the built site, unless the book has a page there."""
    root = app.config.root_doc
    if exception is None and is_html(app) and root != "index":
        target = app.builder.get_target_uri(root)
        text = page(app.config.html_title, target, app.config.language)
        write_text(Path(app.outdir) / "index.html", text)


def setup(app: Sphinx) -> None:
    """Write the page when all others are there."""
    app.connect("build-finished", write_landing_page)
