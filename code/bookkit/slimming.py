"""Leave out of the site what it does not use.

Jupyter Book always loads Thebe, which runs code on another host, and scripts that fold boxes, which
`bookkit.folds` does without. The theme brings source maps.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from bookkit.static_files import is_html

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.config import Config


UNUSED = {"sphinx_thebe": "thebe", "sphinx_togglebutton": "toggle"}
"""Extensions, and what their style sheets and scripts have in their names or in themselves."""


def remove_unused(app: Sphinx, config: Config) -> None:
    """Disconnect the extensions that are not used from every event; drop their style sheets and scripts."""
    for listeners in app.events.listeners.values():
        listeners[:] = [
            listener for listener in listeners if listener.handler.__module__.split(".")[0] not in UNUSED
        ]
    for files in (app.registry.css_files, app.registry.js_files):
        files[:] = [entry for entry in files if not any(word in str(entry) for word in UNUSED.values())]


def remove_source_maps(app: Sphinx, exception: Exception | None) -> None:
    """Delete the source maps of the theme's scripts: 3.5 MB that no reader opens."""
    if exception is None and is_html(app):
        for path in (Path(app.outdir) / "_static").rglob("*.map"):
            path.unlink()


def setup(app: Sphinx) -> None:
    """Remove extensions before anything runs, and source maps after everything has."""
    app.connect("config-inited", remove_unused, priority=900)  # when they have added their scripts
    app.connect("build-finished", remove_source_maps)
