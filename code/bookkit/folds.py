"""Folded cells: what their handle says, in the language of the page.

`hide-cell`, `hide-input` and `hide-output` fold a cell, its code or its output; with the tag `solution`
beside `hide-cell` the handle speaks of a solution. myst-nb names every handle "Toggle hidden content" for
those who hear the page, whatever it shows; here the visible words are the name.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from docutils import nodes
from myst_nb.sphinx_ import HideCodeCellNode, HideInputCells
from sphinx.transforms.post_transforms import SphinxPostTransform

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.writers.html5 import HTML5Translator

# to show, to hide; the keys are what myst-nb puts for {type}
WORDS = {
    "en": {
        "content": ("Show the cell", "Hide the cell"),
        "source": ("Show the code", "Hide the code"),
        "output": ("Show the output", "Hide the output"),
        "outputs": ("Show the output", "Hide the output"),
        "solution": ("Show a solution", "Hide the solution"),
    },
    "ru": {
        "content": ("Показать ячейку", "Скрыть ячейку"),
        "source": ("Показать код", "Скрыть код"),
        "output": ("Показать вывод", "Скрыть вывод"),
        "outputs": ("Показать вывод", "Скрыть вывод"),
        "solution": ("Показать решение", "Скрыть решение"),
    },
}


def prompts(node: HideCodeCellNode, language: str) -> tuple[str, str]:
    """Return what the handle says while the cell is folded, and while it is open.

    A prompt set in the metadata of the cell (`mystnb: {code_prompt_show: …}`) is kept as it is.
    """
    words = WORDS.get(language, WORDS["en"])
    return words.get(node["prompt_show"], (node["prompt_show"], node["prompt_hide"]))


class NameSolutions(SphinxPostTransform):
    """Have the folded cells tagged `solution` called by that name, just before myst-nb folds them."""

    default_priority = HideInputCells.default_priority - 1
    formats = ("html",)

    def run(self, **kwargs: object) -> None:
        """Name the solutions of one page."""
        for cell in self.document.findall(nodes.container):
            if "tag_solution" in cell["classes"] and cell.get("prompt_show") == "{type}":
                cell["prompt_show"] = cell["prompt_hide"] = "solution"


def visit_fold(translator: HTML5Translator, node: HideCodeCellNode) -> None:
    """Open the fold and write its handle."""
    show, hide = prompts(node, translator.config.language)
    translator.body.append(
        f'<details class="fold">\n<summary><span class="collapsed">{escape(show)}</span>'
        f'<span class="expanded">{escape(hide)}</span></summary>\n'
    )


def depart_fold(translator: HTML5Translator, node: HideCodeCellNode) -> None:
    """Close the fold."""
    translator.body.append("</details>\n")


def setup(app: Sphinx) -> None:
    """Write folded cells this way in web pages."""
    app.add_post_transform(NameSolutions)
    app.add_node(HideCodeCellNode, override=True, html=(visit_fold, depart_fold))
