"""Exercises: ids of their own, which sphinx-exercise gives to none, and a look for what their checks say."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from docutils import nodes
from sphinx.transforms.post_transforms import SphinxPostTransform

if TYPE_CHECKING:
    from sphinx.application import Sphinx

SHARED_IDS = frozenset({"exercise-content", "solution-content"})

# as `embedding_layer.chapters.feedback` words them
KINDS = {
    "not solved yet": "unsolved",
    "not yet": "not-yet",
    "your code raised": "not-yet",
    "solved": "solved",
}
VERDICT = re.compile(rf"\w+: ({'|'.join(KINDS)})\b")


class SeparateIds(SphinxPostTransform):
    """Put the label of the exercise before the id of its text."""

    default_priority = 500
    formats = ("html",)

    def run(self, **kwargs: object) -> None:
        """Rename the shared ids of one page."""
        for section in self.document.findall(nodes.section):
            label = section.parent.get("label") if section.parent is not None else None
            if label and SHARED_IDS.intersection(section["ids"]):
                section["ids"] = [f"{label}-{name}" for name in section["ids"]]


def verdict(text: str) -> str | None:
    """Return what a check says in an output: "unsolved", "not-yet" or "solved"; None if it is no check's."""
    found = VERDICT.match(text)
    return KINDS[found[1]] if found else None


class MarkVerdicts(SphinxPostTransform):
    """Give outputs in which a check speaks the classes `verdict` and what it says."""

    default_priority = 500
    formats = ("html",)

    def run(self, **kwargs: object) -> None:
        """Mark the verdicts of one page."""
        for output in self.document.findall(nodes.literal_block):
            if "output" in output["classes"] and (kind := verdict(output.astext())):
                output["classes"] += ["verdict", kind]


def setup(app: Sphinx) -> None:
    """Rename the ids and mark the verdicts before pages are written."""
    app.add_post_transform(SeparateIds)
    app.add_post_transform(MarkVerdicts)
