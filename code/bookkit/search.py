"""The text of all pages as a script of the search page, so that results can quote it.

Sphinx's search fetches each page that it found, which browsers refuse for pages opened as files; and it
does not look for the place. `search-results.js` quotes from this script the sentence that holds the words.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

from bs4 import BeautifulSoup, NavigableString, Tag

from bookkit.static_files import is_html, static_path, write_text

if TYPE_CHECKING:
    from sphinx.application import Sphinx

TEXTS_SCRIPT = "search-texts.js"

UNSAID = (
    "script, style, noscript, svg, summary, .headerlink, .visually-hidden, .caption-number, .tag_solution"
)
"""What is not part of a page's text."""
HEADINGS = {"h1", "h2", "h3", "h4", "h5", "h6"}
BLOCKS = {"p", "li", "dt", "dd", "tr", "pre", "figcaption", "div", "section", "table", "ul", "ol", "dl"}
FORMULA = re.compile(r"\\[()\[\]]")

Passage = tuple[str, str]
"""An anchor, and the text that follows it until the next one: each paragraph, or line of code, is a line."""


def passages(article: Tag) -> list[Passage]:
    """Return the text of a page in passages, without its headings.

    Parameters
    ----------
    article : Tag
        The element that holds the text; what is not said is taken out of it.
    """
    for element in article.select(UNSAID):
        element.decompose()
    found: list[tuple[str, list[str]]] = [("", [])]

    def read(element: Tag, is_code: bool) -> None:
        if element.get("id"):
            found.append((element["id"], []))
        ends = ["\n"] * (element.name in BLOCKS)
        found[-1][1].extend(ends)
        for child in element.children:
            if type(child) is NavigableString:
                found[-1][1].append(child if is_code else re.sub(r"\s+", " ", child))
            elif isinstance(child, Tag) and child.name not in HEADINGS:
                read(child, is_code or child.name == "pre")
        found[-1][1].extend(ends)

    read(article, False)
    return [(anchor, text) for anchor, pieces in found if (text := _tidy("".join(pieces)))]


def _tidy(text: str) -> str:
    """Return the lines that hold words, without what MathJax needs around formulas."""
    lines = (" ".join(FORMULA.sub("", line).split()) for line in text.splitlines())
    return "\n".join(line for line in lines if re.search(r"\w", line))


def script(site: Path, docnames: list[str]) -> str:
    """Return the script that hands over the passages of the pages of a built site."""
    texts = {}
    for name in docnames:
        soup = BeautifulSoup((site / f"{name}.html").read_text(encoding="utf-8"), "html.parser")
        texts[name] = passages(soup.find("article"))
    return f"const PASSAGES = {json.dumps(texts, ensure_ascii=False, separators=(',', ':'))};\n"


def write_texts(app: Sphinx, exception: Exception | None) -> None:
    """Write the script when all pages are there."""
    if exception is None and is_html(app):
        write_text(static_path(app, TEXTS_SCRIPT), script(Path(app.outdir), sorted(app.env.found_docs)))


def setup(app: Sphinx) -> None:
    """Write the texts after the pages."""
    app.connect("build-finished", write_texts)
