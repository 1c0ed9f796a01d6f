"""Ship MathJax with the site, so that formulas need no other host.

The package sphinx-mathjax-offline carries the whole of MathJax (24 MB); one file of it is enough, since it
draws formulas as SVG and needs no fonts. `mathjax_path` in `_config.yml` points to the copy. Sphinx has it
loaded by each page with a formula, and by those that list such a page; here the second kind does without.
"""

from __future__ import annotations

from importlib.metadata import distribution
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docutils import nodes

from bookkit.static_files import copy_file, is_html, static_path

if TYPE_CHECKING:
    from sphinx.application import Sphinx

PACKAGE = "sphinx-mathjax-offline"
SCRIPT = "mathjax/tex-svg-full.js"


def source() -> Path:
    """Return the path of the MathJax script in the installed package.

    Raises
    ------
    FileNotFoundError
        If the package no longer has the file.
    """
    path = Path(distribution(PACKAGE).locate_file(PACKAGE)) / "static" / SCRIPT
    if not path.is_file():
        raise FileNotFoundError(f"{PACKAGE} has no {SCRIPT}; install the versions in requirements.txt")
    return path


def copy_mathjax(app: Sphinx) -> None:
    """Copy MathJax into the built site."""
    if is_html(app):
        copy_file(source(), static_path(app, SCRIPT))


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
    """Copy MathJax before the pages are written, and see who loads it after Sphinx has."""
    app.connect("builder-inited", copy_mathjax)
    app.connect("html-page-context", spare_pages_without_formulas, priority=900)
