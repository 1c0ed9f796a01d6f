"""Ship MathJax with the site, so that formulas need no other host.

The package sphinx-mathjax-offline carries the whole of MathJax (24 MB); one file of it is enough, since it
draws formulas as SVG and needs no fonts. `mathjax_path` in `_config.yml` points to the copy.
"""

from __future__ import annotations

from importlib.metadata import distribution
from pathlib import Path
from typing import TYPE_CHECKING

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


def setup(app: Sphinx) -> None:
    """Copy MathJax before the pages are written."""
    app.connect("builder-inited", copy_mathjax)
