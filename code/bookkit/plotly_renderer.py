"""Show the plotly figures stored in notebooks, without another host.

plotly stores a figure as JSON (application/vnd.plotly.v1+json), which myst-nb drops. The renderer writes the
JSON into the page, and `plotly-figure.js` draws it with plotly's own script, which is copied into the site
only if some page has a figure, and loaded only when a figure comes near.
"""

from __future__ import annotations

import json
import re
from html import escape
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from docutils import nodes

from bookkit.static_files import copy_file, is_html, static_path

if TYPE_CHECKING:
    from myst_nb.core.render import MimeData, NbElementRenderer
    from sphinx.application import Sphinx

MIME_TYPE = "application/vnd.plotly.v1+json"
DRAWING_SCRIPT = "plotly-figure.js"
PLOTLY_SCRIPT = "plotly.min.js"
DEFAULT_HEIGHT = 450  # pixels; plotly's own
CONTROLS_HEIGHT = 40  # pixels; the row of the slider, below the figure

NO_SCRIPT = {
    "en": "This figure is drawn by a script, and scripts are off in this browser.",
    "ru": "Этот рисунок строит скрипт, а скрипты в браузере выключены.",
}


def label(cell_metadata: dict[str, Any]) -> str:
    """Return the words that stand for the figure: the cell's alternative text, or else its caption.

    Parameters
    ----------
    cell_metadata : dict
        The metadata of the cell; both are under `mystnb`.

    Returns
    -------
    str
        Plain text without markup; empty if the cell has neither.
    """
    mystnb = cell_metadata.get("mystnb", {})
    text = mystnb.get("image", {}).get("alt") or mystnb.get("figure", {}).get("caption") or ""
    text = re.sub(r"\{[\w:]+\}(?=`)", "", text)  # roles
    return " ".join(re.sub(r"[*`$]", "", text).split())


def figure_html(figure: dict[str, Any], name: str, language: str) -> str:
    """Return the HTML of one figure.

    Parameters
    ----------
    figure : dict
        Data, layout and frames, as plotly stores them.
    name : str
        What the figure shows, for those who do not see it.
    language : str
        Language code of the page.

    Returns
    -------
    str
        A group that holds the JSON; `plotly-figure.js` draws into it.
    """
    layout = figure.get("layout", {})
    height = layout.get("height") or DEFAULT_HEIGHT
    if layout.get("sliders"):
        height += CONTROLS_HEIGHT
    # a "<" in the JSON could end the script element or start a comment
    data = json.dumps(figure, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
    message = escape(NO_SCRIPT.get(language, NO_SCRIPT["en"]))
    return (
        f'<div class="plotly-figure" role="group" aria-label="{escape(name)}" '
        f'style="min-height: {height:g}px">'
        f'<script type="application/json">{data}</script>'
        f"<noscript><p>{message}</p></noscript></div>"
    )


class PlotlyRenderer:
    """Render plotly's stored figures; myst-nb finds this class by its entry point."""

    mime_priority_overrides: ClassVar = [("*", MIME_TYPE, 1)]

    @staticmethod
    def handle_mime(renderer: NbElementRenderer, data: MimeData, inline: bool) -> list[nodes.Element] | None:
        """Return the figure as one node of raw HTML, or None if the output is no plotly figure."""
        if inline or data.mime_type != MIME_TYPE:
            return None
        name = label(data.cell_metadata)
        if not name:
            renderer.logger.warning(
                f"the plotly figure of cell {data.cell_index + 1} has no words: set mystnb.image.alt or "
                "mystnb.figure.caption in the metadata of the cell",
                subtype="plotly",
                line=data.line,
            )
        renderer.add_js_file(DRAWING_SCRIPT, DRAWING_SCRIPT, {"defer": "defer"})
        language = renderer.renderer.sphinx_env.config.language
        return [nodes.raw("", figure_html(data.content, name, language), format="html", classes=["output"])]


def has_figures(app: Sphinx) -> bool:
    """Tell whether any page of the book has a plotly figure."""
    documents = getattr(app.env, "nb_metadata", {}).values()
    return any(DRAWING_SCRIPT in document.get("js_files", {}) for document in documents)


def copy_plotly(app: Sphinx, exception: Exception | None) -> None:
    """Copy plotly's script into the built site if a page needs it; take it out if none does."""
    if exception is None and is_html(app):
        target = static_path(app, PLOTLY_SCRIPT)
        if has_figures(app):
            # find_spec does not import plotly
            copy_file(Path(find_spec("plotly").origin).parent / "package_data" / PLOTLY_SCRIPT, target)
        else:
            target.unlink(missing_ok=True)


def setup(app: Sphinx) -> None:
    """Copy plotly's script when all pages are known."""
    app.connect("build-finished", copy_plotly)
