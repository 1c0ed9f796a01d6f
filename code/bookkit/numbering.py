"""A chapter's number is the one in its file's name: `12_speed` is chapter 12, whatever comes before it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from docutils import nodes
from sphinx_external_toc.collectors import TocTreeCollectorWithStyles as Collector

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment

CHAPTER = re.compile(r"(?:^|/)(\d\d)_[^/]*$")


def chapter_number(docname: str) -> int | None:
    """Return the number that a document's name begins with, or None."""
    found = CHAPTER.search(docname)
    return int(found[1]) if found else None


def renumber(env: BuildEnvironment) -> None:
    """Put the numbers of the file names first in all section numbers of the chapters."""
    for docname, numbers in env.toc_secnumbers.items():
        chapter = chapter_number(docname)
        if chapter is None:
            continue
        env.toc_secnumbers[docname] = {
            anchor: (chapter, *number[1:]) if number else number for anchor, number in numbers.items()
        }
        for holder in (env.titles[docname], *env.tocs[docname].findall(nodes.reference)):
            if holder.get("secnumber"):
                holder["secnumber"] = [chapter, *holder["secnumber"][1:]]


def setup(app: Sphinx) -> None:
    """Let the numbers be put right after they are given, and before figures and equations take theirs."""
    app.connect("builder-inited", _wrap)


def _wrap(app: Sphinx) -> None:
    given = Collector.assign_section_numbers
    if getattr(given, "by_name", False):
        return

    def assign_section_numbers(self: Collector, env: BuildEnvironment) -> list[str]:
        before = env.toc_secnumbers
        given(self, env)
        renumber(env)
        return [name for name, numbers in env.toc_secnumbers.items() if numbers != before.get(name)]

    assign_section_numbers.by_name = True
    Collector.assign_section_numbers = assign_section_numbers
