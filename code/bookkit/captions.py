"""Captions that stand below the figure as text, so that they can be read in JupyterLab, too.

The cell that draws has a label in its metadata (`mystnb: {figure: {name: fig-02-product}}`). The paragraph
that follows it is the caption and begins with the number in bold: `**Figure 2.1.** The product …`. On the
page the number is the one that Sphinx gives; a wrong one in the notebook is warned of.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from docutils import nodes
from sphinx.transforms import SphinxTransform
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging

from bookkit.references import NUMBER, check_number

if TYPE_CHECKING:
    from sphinx.application import Sphinx

logger = logging.getLogger(__name__)
STATED = "stated_number"


class TakeCaptions(SphinxTransform):
    """Move each caption from below the cell into the figure."""

    default_priority = 30  # just after translation (20), before figures are numbered and labels noted

    def apply(self, **kwargs: object) -> None:
        """Give the figures of one page their captions."""
        for figure in list(self.document.findall(nodes.figure)):
            cell = enclosing_cell(figure)
            if cell is None or any(isinstance(child, nodes.caption) for child in figure):
                continue
            text = cell.next_node(descend=False, siblings=True)
            stated, words = split_number(text)
            if not stated:
                logger.warning(
                    "the figure %s has no caption: below its cell, write **Figure 2.1.** and what it shows",
                    *figure["names"],
                    location=(self.env.docname, None),
                )
                continue
            figure[STATED] = stated
            caption = nodes.caption(text.rawsource, "", *words)
            caption.source, caption.line = text.source, text.line
            text.parent.remove(text)
            figure += caption


class CheckNumbers(SphinxPostTransform):
    """Warn of captions that state another number than their figure has."""

    default_priority = 8

    def run(self, **kwargs: object) -> None:
        """Compare the numbers of one page."""
        numbers = self.env.toc_fignumbers.get(self.env.docname, {}).get("figure", {})
        for figure in self.document.findall(nodes.figure):
            if STATED in figure and figure["ids"]:
                check_number(figure[STATED], figure["names"][0], numbers.get(figure["ids"][0], ()), figure)


def enclosing_cell(node: nodes.Node) -> nodes.container | None:
    """Return the code cell that a node of the page belongs to, or None."""
    while node is not None:
        if isinstance(node, nodes.container) and node.get("nb_element") == "cell_code":
            return node
        node = node.parent
    return None


def split_number(node: nodes.Node | None) -> tuple[str, list[nodes.Node]]:
    """Return what a paragraph says in bold at its beginning, if it has a number, and the rest of it.

    Returns
    -------
    str, list of Node
        ("Figure 2.1.", the nodes that follow); ("", []) if the node is no caption.
    """
    if not isinstance(node, nodes.paragraph):
        return "", []
    number, *words = [child for child in node if child.astext()]  # MyST begins with an empty text
    if not (isinstance(number, nodes.strong) and NUMBER.search(number.astext()) and words):
        return "", []
    if isinstance(words[0], nodes.Text):
        words[0] = nodes.Text(words[0].lstrip())
    return number.astext(), words


def setup(app: Sphinx) -> None:
    """Take the captions when a page is read, check the numbers when it is written."""
    app.add_transform(TakeCaptions)
    app.add_post_transform(CheckNumbers)
