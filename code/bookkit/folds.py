"""What is folded until the reader asks for it: cells, and boxes such as hints and answers.

`hide-cell`, `hide-input` and `hide-output` fold a cell, its code or its output; a second tag gives the handle
better words: `solution`, `imports`, `prediction`. myst-nb names every handle "Toggle hidden content" for
those who hear the page, whatever it shows; here the visible words are the name.

Boxes with the class `dropdown` are folds of the browser's own, too: they need no script, and find-in-page and
links open them.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from docutils import nodes
from myst_nb.sphinx_ import HideCodeCellNode, HideInputCells
from sphinx.locale import admonitionlabels
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
        "imports": ("Show the imports", "Hide the imports"),
        "prediction": ("Show the answer", "Hide the answer"),
    },
    "ru": {
        "content": ("Показать ячейку", "Скрыть ячейку"),
        "source": ("Показать код", "Скрыть код"),
        "output": ("Показать вывод", "Скрыть вывод"),
        "outputs": ("Показать вывод", "Скрыть вывод"),
        "solution": ("Показать решение", "Скрыть решение"),
        "imports": ("Показать импорт", "Скрыть импорт"),
        "prediction": ("Показать ответ", "Скрыть ответ"),
    },
}
NAMED_BY_TAG = ("solution", "imports", "prediction")


def prompts(node: HideCodeCellNode, language: str) -> tuple[str, str]:
    """Return what the handle says while the cell is folded, and while it is open.

    A prompt set in the metadata of the cell (`mystnb: {code_prompt_show: …}`) is kept as it is.
    """
    words = WORDS.get(language, WORDS["en"])
    return words.get(node["prompt_show"], (node["prompt_show"], node["prompt_hide"]))


class NameFolds(SphinxPostTransform):
    """Have folded cells called by their tags, just before myst-nb folds them."""

    default_priority = HideInputCells.default_priority - 1
    formats = ("html",)

    def run(self, **kwargs: object) -> None:
        """Name the folds of one page."""
        for cell in self.document.findall(nodes.container):
            if cell.get("prompt_show") == "{type}":
                names = [name for name in NAMED_BY_TAG if f"tag_{name}" in cell["classes"]]
                cell["prompt_show"] = cell["prompt_hide"] = names[0] if names else "{type}"


class Box(nodes.Element):
    """A folded box: its title, and what it holds."""


class FoldBoxes(SphinxPostTransform):
    """Make boxes with the class `dropdown` into folds."""

    default_priority = 200
    formats = ("html",)

    def run(self, **kwargs: object) -> None:
        """Fold the boxes of one page."""
        for node in list(self.document.findall(nodes.Admonition)):
            if "dropdown" in node["classes"]:
                kind = node.tagname  # admonition, or hint, note, tip, …
                title = [] if kind == "admonition" else [nodes.title("", admonitionlabels[kind])]
                box = Box("", *title, *node.children, **node.attributes)
                box["classes"] = [kind, *(name for name in node["classes"] if name != "dropdown")]
                node.parent.replace(node, box)  # replace_self would bring all classes back


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


def visit_box(translator: HTML5Translator, node: Box) -> None:
    """Open the box and write its title as the handle."""
    title, *content = node.children
    translator.body.append(translator.starttag(node, "details", CLASS="admonition"))
    translator.body.append('<summary class="admonition-title">')
    for child in title.children:
        child.walkabout(translator)
    translator.body.append("</summary>\n")
    for child in content:
        child.walkabout(translator)
    translator.body.append("</details>\n")
    raise nodes.SkipNode


def setup(app: Sphinx) -> None:
    """Write folds this way in web pages."""
    app.add_post_transform(NameFolds)
    app.add_post_transform(FoldBoxes)
    app.add_node(Box, html=(visit_box, None))
    app.add_node(HideCodeCellNode, override=True, html=(visit_fold, depart_fold))
