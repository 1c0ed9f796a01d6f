"""References that are words with a plain link, so that they read well in JupyterLab, too.

    [Suits (1957)](bibliography.md#suits1957)     a work: its key, the first surname and the year are checked
    [figure 2.1](#fig-02-product)                 a figure: label and number are checked
    [(2.1)](#eq-02-product)                       an equation: label and number are checked
    [cache lines](glossary.md#cache-line)         a term of the glossary, with hyphens for its spaces
    [`Vocabulary`](api.md#embedding_layer.Vocabulary)   a name in the library's pages

The words are the author's, on the page as in the notebook, and in a translation the translator's. Without a
number (`[the picture above](#fig-02-product)`) none is checked.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, ClassVar

from docutils import nodes
from pybtex.backends.plaintext import Backend
from sphinx import addnodes
from sphinx.domains import Domain
from sphinx.transforms import SphinxTransform
from sphinx.util import logging
from sphinx.util.nodes import make_refnode
from sphinxcontrib.bibtex.citation_target import CitationTarget
from sphinxcontrib.bibtex.roles import CitationRef

if TYPE_CHECKING:
    from collections.abc import Set

    from sphinx.application import Sphinx
    from sphinx.builders import Builder
    from sphinx.environment import BuildEnvironment

logger = logging.getLogger(__name__)

PAGES = {"bibliography": "work", "glossary": "term", "api": "name"}
"""What a fragment means after the name of one of these pages."""
LABELS = {"fig-": "figure", "eq-": "equation"}
"""What a label is that begins so."""
PLAIN_TEXT = Backend()
NUMBER = re.compile(r"\d+(?:\.\d+)*")


class FindReferences(SphinxTransform):
    """Find the links of these forms in a page that was read, translated or not, and note what it cites."""

    default_priority = 700  # after translation (20), before MyST resolves links to labels (879)

    def apply(self, **kwargs: object) -> None:
        """Replace the links of one page by references to be resolved when all pages are known."""
        for link in list(self.document.findall(nodes.reference)):
            label = link.get("refuri", "")[1:] if link.get("id_link") else ""
            kind = next((kind for start, kind in LABELS.items() if label.startswith(start)), None)
            if kind:
                link.replace_self(self.pending(kind, label, link))
        for link in list(self.document.findall(addnodes.pending_xref)):
            if link.get("reftype") == "myst" and link.get("refdomain") == "doc" and link.get("reftargetid"):
                kind = PAGES.get(PurePosixPath(link["reftarget"]).name)
                if kind:
                    link.replace_self(self.pending(kind, link["reftargetid"], link[0]))
                    if kind == "work":
                        self.cite(link["reftargetid"], link)

    def pending(self, kind: str, target: str, words: nodes.Element) -> addnodes.pending_xref:
        """Return a reference that keeps the words of the link."""
        found = addnodes.pending_xref(
            refdomain=Words.name, reftype=kind, reftarget=target, refdoc=self.env.docname, refwarn=True
        )
        found.source, found.line = words.source, words.line
        found += nodes.inline("", "", *(child.deepcopy() for child in words.children))
        return found

    def cite(self, key: str, link: nodes.Element) -> None:
        """Have the work listed in the bibliography."""
        citation = CitationRef(
            self.document.set_id(nodes.inline()), self.env.docname, link.line, [CitationTarget(key, "", "")]
        )
        self.env.get_domain("cite").citation_refs.append(citation)


class Words(Domain):
    """Resolves the references that `FindReferences` left."""

    name = "words"
    label = "References that read as words"
    dangling_warnings: ClassVar = {
        "work": "no work in references.bib has the key %(target)s",
        "figure": "no figure has the label %(target)s",
        "equation": "no equation has the label %(target)s",
        "term": "the glossary has no term %(target)s (lower case, hyphens for spaces)",
        "name": "the library's pages have no name %(target)s",
    }

    def resolve_xref(
        self,
        env: BuildEnvironment,
        fromdocname: str,
        builder: Builder,
        typ: str,
        target: str,
        node: addnodes.pending_xref,
        contnode: nodes.Element,
    ) -> nodes.reference | None:
        """Return the link, or None if there is nothing of that name, which Sphinx warns of."""
        found = getattr(self, f"find_{typ}")(target, node)
        if found is None:
            return None
        docname, anchor, title = found
        return make_refnode(builder, fromdocname, docname, anchor, contnode, title)

    def find_work(self, key: str, node: nodes.Element) -> tuple[str, str, str | None] | None:
        """Find an entry of the bibliography; warn of a wrong name or year."""
        for citation in self.env.get_domain("cite").citations:
            if citation.key == key:
                people = citation.entry.persons.get("author") or citation.entry.persons.get("editor") or []
                names = " ".join(str(part) for part in people[0].rich_last_names) if people else ""
                for expected in (names, citation.entry.fields.get("year", "")):
                    if expected not in node.astext():
                        logger.warning("%r does not name %s, %r", node.astext(), key, expected, location=node)
                title = citation.tooltip_entry and citation.tooltip_entry.text.render(PLAIN_TEXT)
                return citation.bibliography_key.docname, citation.citation_id, title
        return None

    def find_figure(self, label: str, node: nodes.Element) -> tuple[str, str, None] | None:
        """Find a figure; warn of a wrong number."""
        docname, anchor = self.env.get_domain("std").anonlabels.get(label, ("", ""))
        number = self.env.toc_fignumbers.get(docname, {}).get("figure", {}).get(anchor)
        if number is None:
            return None
        check_number(node.astext(), label, number, node)
        return docname, anchor, None

    def find_equation(self, label: str, node: nodes.Element) -> tuple[str, str, None] | None:
        """Find an equation; warn of a wrong number."""
        docname, number = self.env.get_domain("math").equations.get(label, ("", 0))
        if not docname:
            return None
        anchor = nodes.make_id(f"equation-{label}")
        numbers = self.env.toc_fignumbers.get(docname, {}).get("displaymath", {}).get(anchor, (number,))
        check_number(node.astext(), label, numbers, node)
        return docname, anchor, None

    def find_term(self, slug: str, node: nodes.Element) -> tuple[str, str, None] | None:
        """Find a term by its anchor, which stays the same in a translation."""
        for _, _, kind, docname, anchor, _ in self.env.get_domain("std").get_objects():
            if kind == "term" and anchor == f"term-{slug}":
                return docname, anchor, None
        return None

    def find_name(self, name: str, node: nodes.Element) -> tuple[str, str, None] | None:
        """Find a documented name of the library."""
        found = self.env.get_domain("py").objects.get(name)
        return (found.docname, found.node_id, None) if found else None

    def resolve_any_xref(self, *args: object) -> list[tuple[str, nodes.Element]]:
        """Return nothing: only links of these forms lead here."""
        return []

    def merge_domaindata(self, docnames: Set[str], otherdata: dict[str, object]) -> None:
        """Do nothing: there is no data."""


def check_number(words: str, label: str, number: tuple[int, ...], location: nodes.Element) -> None:
    """Warn if there is a number in the words, and it is another one.

    Parameters
    ----------
    words : str
        The words of a reference or of a caption: "figure 2.1".
    label : str
        The label of what is numbered.
    number : tuple of int
        Its number in the book, such as (2, 1).
    location : Element
        Where the words stand.
    """
    stated, right = NUMBER.search(words), ".".join(map(str, number))
    if stated and stated[0] != right:
        logger.warning("%r: the number of %s is %s", words, label, right, location=location)


def setup(app: Sphinx) -> None:
    """Find the references when a page is read, resolve them when it is written."""
    app.add_domain(Words)
    app.add_transform(FindReferences)
