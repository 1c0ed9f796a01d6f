"""What is not written yet stands in its place, greyed and marked as in preparation.

`planned_pages` in `_config.yml` lists parts and their pages that are still to come. They stand in the sidebar
among those that are written, and at the foot of the page that they will follow. Where a text mentions such a
chapter ("chapter 11") or links to it (`[sequences](11_sequences.ipynb)`), the words are marked. As soon as
`_toc.yml` names the page, all of this is gone.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from bs4 import BeautifulSoup, Tag
from docutils import nodes
from sphinx import addnodes
from sphinx.transforms import SphinxTransform

from bookkit.numbering import chapter_number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment
    from sphinx.writers.html5 import HTML5Translator

Part = tuple[str, list[str]]
"""The caption of a part, in the language of the sources, and the names of its pages."""

WORDS = {"en": "in preparation", "ru": "готовится"}
# "chapter 11", "chapters 9 and 11"; the last group holds the numbers
MENTIONS = {
    "en": re.compile(r"\b[Cc]hapters?\s(\d+(?:(?:–|,\s|,?\s(?:and|or|to)\s)\d+)*)"),
    "ru": re.compile(r"\b[Гг]лав\w*\s(\d+(?:(?:–|,\s|\s(?:и|или)\s)\d+)*)"),
}
UNMARKED = (nodes.title, nodes.literal, nodes.FixedTextElement, nodes.reference, nodes.math, nodes.raw)
"""Nodes in which a mention stays as it is."""


def contents(written: Sequence[Part], planned: Sequence[Part]) -> list[Part]:
    """Return the parts with what is planned in its place: chapters by number, other pages first in a part.

    Parameters
    ----------
    written, planned : sequence of Part
        What is there, in its order, and what is not.

    Returns
    -------
    list of Part
        All parts and their pages in order.
    """
    parts = list(written)
    for caption, pages in planned:
        place = next((i for i, (there, _) in enumerate(parts) if there == caption), None)
        if place is None:
            place = _place(_number(pages[0]), [_number(there[0]) for _, there in parts])
            parts.insert(place, (caption, []))
        parts[place] = caption, sorted([*pages, *parts[place][1]], key=_number)
    return parts


def _number(page: str) -> int:
    return chapter_number(page) or 0


def _place(number: int, others: list[int]) -> int:
    """Return where a part belongs that begins with this chapter; parts without numbers stand last."""
    if not number:
        return len(others)
    after = len(others) - next((i for i, other in enumerate(reversed(others)) if other), 0)
    return next((i for i, other in enumerate(others) if other > number), after)


class Plan:
    """What is planned and not there yet, in the language of the book.

    Parameters
    ----------
    env : BuildEnvironment
        The environment, with the pages that were found.
    """

    def __init__(self, env: BuildEnvironment) -> None:
        language = env.config.language
        self.titles: dict[str, str] = {}
        self.captions: dict[str, str] = {}
        self.parts: list[Part] = []
        for part in env.config.planned_pages:
            pages = [page for page in part["pages"] if page["file"] not in env.found_docs]
            if pages:
                self.parts.append((part["part"]["en"], [page["file"] for page in pages]))
                self.captions[part["part"]["en"]] = _in_language(part["part"], language)
            for page in pages:
                number, title = chapter_number(page["file"]), _in_language(page["title"], language)
                self.titles[page["file"]] = f"{number}. {title}" if number else title

    def contents(self, env: BuildEnvironment) -> list[Part]:
        """Return all parts of the book, with what is planned in its place."""
        trees = env.tocs[env.config.root_doc].findall(addnodes.toctree)
        written = [
            (tree["rawcaption"], [page for _, page in tree["entries"]])
            for tree in trees
            if tree.get("rawcaption")
        ]
        return contents(written, self.parts)


class MarkMentions(SphinxTransform):
    """Mark where a page mentions what is not written yet, or links to it."""

    default_priority = 701  # after translation (20), before MyST resolves links

    def apply(self, **kwargs: object) -> None:
        """Mark the mentions of one page."""
        planned = Plan(self.env).titles
        stems = {PurePosixPath(page).name for page in planned}
        for link in list(self.document.findall(addnodes.pending_xref)):
            if PurePosixPath(link["reftarget"].split("#")[0]).stem in stems:
                link.replace_self(Planned("", "", *link[0].children))
        numbers = {chapter_number(page) for page in planned} - {None}
        mention = MENTIONS.get(self.config.language, MENTIONS["en"])
        for text in list(self.document.findall(nodes.Text)):
            if numbers and not _inside(text, (*UNMARKED, Planned, addnodes.pending_xref)):
                parts = marked(text, mention, numbers)
                if len(parts) > 1:
                    text.parent.replace(text, parts)


class Planned(nodes.inline):
    """Words that mention what is not written yet."""


def marked(text: str, mention: re.Pattern, numbers: set[int]) -> list[nodes.Node]:
    """Return a text in pieces: those that mention a chapter with one of these numbers are marked.

    Of a mention of several chapters ("chapters 9 and 12") only the numbers are.
    """
    spans = []
    for found in mention.finditer(text):
        named = list(re.finditer(r"\d+", found[1]))
        if len(named) == 1:
            spans += [found.span()] * (int(found[1]) in numbers)
        else:
            shift = found.start(1)
            spans += [(shift + n.start(), shift + n.end()) for n in named if int(n[0]) in numbers]
    pieces: list[nodes.Node] = []
    end = 0
    for start, stop in spans:
        pieces += [nodes.Text(text[end:start]), Planned("", text[start:stop])]
        end = stop
    return [*pieces, nodes.Text(text[end:])]


def add_to_sidebar(soup: BeautifulSoup, plan: Plan, env: BuildEnvironment) -> None:
    """Put what is planned into the contents that the theme has made."""
    lists = iter(soup.select("p.caption + ul"))
    written = env.found_docs
    before: Tag | None = None
    for caption, pages in plan.contents(env):
        if any(page in written for page in pages):
            entries = next(lists)
        else:
            heading = soup.new_tag("p", attrs={"class": "caption", "role": "heading", "aria-level": "2"})
            heading.append(
                soup.new_tag("span", attrs={"class": "caption-text"}, string=plan.captions[caption])
            )
            entries = soup.new_tag("ul", attrs={"class": "nav bd-sidenav"})
            for new in (entries, heading):
                before.insert_after(new) if before else soup.insert(0, new)
        items = iter(entries.find_all("li", recursive=False))
        last: Tag | None = None
        for page in pages:
            item = next(items) if page in written else _item(soup, plan.titles[page], env.config.language)
            if item.parent is None:
                last.insert_after(item) if last else entries.insert(0, item)
            last = item
        before = entries


def _item(soup: BeautifulSoup, title: str, language: str) -> Tag:
    item = soup.new_tag("li", attrs={"class": "toctree-l1"})
    words = soup.new_tag("span", attrs={"class": "planned-page"}, string=f"{title} ")
    words.append(soup.new_tag("span", attrs={"class": "planned-word"}, string=word(language)))
    item.append(words)
    return item


def show_plan(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Complete the contents and the foot of a page as it is written."""
    plan = Plan(app.env)
    made = context.get("generate_toctree_html")
    if not plan.titles or made is None:
        return

    def generate_toctree_html(kind: str, **arguments: Any) -> BeautifulSoup | str:
        soup = made(kind, **arguments)
        if kind == "sidebar" and isinstance(soup, BeautifulSoup) and not soup.select(".planned-page"):
            add_to_sidebar(soup, plan, app.env)
        return soup

    context["generate_toctree_html"] = generate_toctree_html
    context["planned_word"] = word(app.config.language)
    context["planned_next"] = [plan.titles[page] for page in following(pagename, plan, app.env)]


def following(pagename: str, plan: Plan, env: BuildEnvironment) -> list[str]:
    """Return the planned pages that come between a page and the next one that is written."""
    order = [env.config.root_doc, *(page for _, pages in plan.contents(env) for page in pages)]
    after = order[order.index(pagename) + 1 :] if pagename in order else []
    end = next((i for i, page in enumerate(after) if page in env.found_docs), len(after))
    return after[:end]


def word(language: str) -> str:
    """Return "in preparation" in the language of the book."""
    return _in_language(WORDS, language)


def mark_again(
    app: Sphinx, env: BuildEnvironment, added: set[str], changed: set[str], removed: set[str]
) -> set[str]:
    """Have all pages read again when a planned one has arrived."""
    planned = {page["file"] for part in app.config.planned_pages for page in part["pages"]}
    return set(env.found_docs) if planned & (added | removed) else set()


def visit_planned(translator: HTML5Translator, node: Planned) -> None:
    """Open the marked words."""
    note = word(translator.config.language)
    translator.body.append(f'<span class="planned" title="{note}">')


def depart_planned(translator: HTML5Translator, node: Planned) -> None:
    """Say what the mark means to those who do not see it, and close it."""
    note = word(translator.config.language)
    translator.body.append(f'<span class="visually-hidden"> ({note})</span></span>')


def _in_language(words: dict[str, str], language: str) -> str:
    return words.get(language, words["en"])


def _inside(node: nodes.Node, kinds: tuple[type, ...]) -> bool:
    while node is not None:
        if isinstance(node, kinds):
            return True
        node = node.parent
    return False


def setup(app: Sphinx) -> None:
    """Mark mentions when a page is read, show the plan when it is written."""
    app.add_config_value("planned_pages", [], "env", [list])
    app.add_transform(MarkMentions)
    app.add_node(Planned, html=(visit_planned, depart_planned))
    app.connect("env-get-outdated", mark_again)
    app.connect("html-page-context", show_plan, priority=900)  # when the theme has its own functions
