"""Leave out of the site what it cannot use: Thebe, which runs code on another host, and source maps."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from bookkit.static_files import is_html

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.config import Config


def remove_thebe(app: Sphinx, config: Config) -> None:
    """Disconnect sphinx-thebe, which Jupyter Book always loads, from every event; drop its style sheet."""
    for listeners in app.events.listeners.values():
        listeners[:] = [
            listener for listener in listeners if not listener.handler.__module__.startswith("sphinx_thebe")
        ]
    app.registry.css_files[:] = [entry for entry in app.registry.css_files if "thebe" not in entry[0]]


def remove_source_maps(app: Sphinx, exception: Exception | None) -> None:
    """Delete the source maps of the theme's scripts: 3.5 MB that no reader opens."""
    if exception is None and is_html(app):
        for path in (Path(app.outdir) / "_static").rglob("*.map"):
            path.unlink()


def setup(app: Sphinx) -> None:
    """Remove Thebe before anything runs, and source maps after everything has."""
    app.connect("config-inited", remove_thebe)
    app.connect("build-finished", remove_source_maps)
