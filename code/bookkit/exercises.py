"""Give the texts of exercises ids of their own: sphinx-exercise names all of them alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

from docutils import nodes
from sphinx.transforms.post_transforms import SphinxPostTransform

if TYPE_CHECKING:
    from sphinx.application import Sphinx

SHARED_IDS = frozenset({"exercise-content", "solution-content"})


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


def setup(app: Sphinx) -> None:
    """Rename the ids before pages are written."""
    app.add_post_transform(SeparateIds)
