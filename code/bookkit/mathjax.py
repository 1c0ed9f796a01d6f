"""Ship MathJax with the site, so that formulas need no other host.

The package sphinx-mathjax-offline carries the whole of MathJax (24 MB); one script of it is enough, with the
fonts that the book's formulas need put into it, for not every browser loads fonts for pages opened as files.
`mathjax_path` in `_config.yml` points to it. Sphinx has it loaded by each page with a formula, and by those
that list such a page; here the second kind does without.
"""

from __future__ import annotations

import re
from base64 import b64encode
from importlib.metadata import distribution
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docutils import nodes

from bookkit.static_files import is_html, static_path, write_text

if TYPE_CHECKING:
    from sphinx.application import Sphinx

PACKAGE = "sphinx-mathjax-offline"
SCRIPT = "mathjax/tex-chtml-full.js"
FONTS = "mathjax/output/chtml/fonts/woff-v2"
UNUSED_FONTS = ("Fraktur", "SansSerif", "Script", "Vector")
"""Beginnings of the names of the fonts left out: no formula of the book is set in them."""
FONT = re.compile(r"%%URL%%/MathJax_([\w-]+)\.woff")


def source(name: str) -> Path:
    """Return the path of one of MathJax's files in the installed package.

    Raises
    ------
    FileNotFoundError
        If the package no longer has the file.
    """
    path = Path(distribution(PACKAGE).locate_file(PACKAGE)) / "static" / name
    if not path.is_file():
        raise FileNotFoundError(f"{PACKAGE} has no {name}; install the versions in requirements.txt")
    return path


def with_fonts(script: str) -> str:
    """Return MathJax's script with the fonts in place of their addresses, but for those left out."""

    def font(address: re.Match) -> str:
        if address[1].startswith(UNUSED_FONTS):
            return address[0]
        content = source(f"{FONTS}/MathJax_{address[1]}.woff").read_bytes()
        return f"data:font/woff;base64,{b64encode(content).decode()}"

    return FONT.sub(font, script)


def write_mathjax(app: Sphinx) -> None:
    """Write MathJax into the built site."""
    if is_html(app):
        write_text(static_path(app, SCRIPT), with_fonts(source(SCRIPT).read_text(encoding="utf-8")))


def has_formulas(doctree: nodes.document | None) -> bool:
    """Tell whether a page has formulas; one without a source has none."""
    kinds = (nodes.math, nodes.math_block)
    return doctree is not None and any(isinstance(node, kinds) for node in doctree.findall())


def spare_pages_without_formulas(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Take MathJax and its settings off the page unless it has formulas."""
    if not has_formulas(doctree):
        context["script_files"][:] = [
            script
            for script in context["script_files"]
            if "mathjax" not in f"{script.filename} {script.attributes.get('body')}".lower()
        ]


def setup(app: Sphinx) -> None:
    """Write MathJax before the pages, and see who loads it after Sphinx has."""
    app.connect("builder-inited", write_mathjax)
    app.connect("html-page-context", spare_pages_without_formulas, priority=900)
