"""Figures of the notebooks in both themes: beside each stands the same drawing in the colours of a dark page.

The style sheet shows the one or the other, and on paper the light one: this needs no script and no filter.
Width and height stand in the page, so that nothing moves when the picture arrives.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from docutils import nodes
from PIL import Image
from sphinx.transforms.post_transforms import SphinxPostTransform

from bookkit.recolour import Recolour, recolour_png, recolour_svg, to_dark

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.writers.html5 import HTML5Translator

PIXELS_PER_INCH = 110
"""At this size letters of 11 points are as large as the text around them."""
PHONE = 380
"""The width of a figure on a phone 390 pixels wide, in CSS pixels."""
PNG_DOTS_PER_INCH = 144
"""What `figures.use_style` sets."""
PRIORITY = 10
"""After myst-nb has chosen the picture (4)."""


class ThemedImage(nodes.image):
    """A picture for light or for dark pages only."""


def size(picture: Path) -> tuple[int, int]:
    """Return width and height of a stored picture on the page, in CSS pixels."""
    if picture.suffix == ".svg":
        head = picture.read_text(encoding="utf-8")[:2000]
        inches = [float(re.search(rf'\b{side}="([\d.]+)pt"', head)[1]) / 72 for side in ("width", "height")]
    else:
        inches = [pixels / PNG_DOTS_PER_INCH for pixels in Image.open(picture).size]
    return round(inches[0] * PIXELS_PER_INCH), round(inches[1] * PIXELS_PER_INCH)


def write_dark(picture: Path, recolour: Recolour) -> Path:
    """Write the dark version of a picture beside it, and return its path."""
    target = picture.with_suffix(f".dark{picture.suffix}")
    if picture.suffix == ".svg":
        target.write_text(recolour_svg(picture.read_text(encoding="utf-8"), recolour), encoding="utf-8")
    else:
        target.write_bytes(recolour_png(picture.read_bytes(), recolour))
    return target


class AddDarkFigures(SphinxPostTransform):
    """Put a dark version after each picture that a cell has drawn."""

    default_priority = PRIORITY
    formats = ("html",)

    def run(self, **kwargs: object) -> None:
        """Write the dark pictures of one page, and refer to them."""
        if self.app.builder.name == "epub":  # whose reader colours the page, if anybody does
            return
        recolour = to_dark()
        for image in list(self.document.findall(nodes.image)):
            picture = Path(self.env.srcdir, image["uri"])
            if picture.suffix not in (".svg", ".png") or "jupyter_execute" not in picture.parts:
                continue
            dark = write_dark(picture, recolour)
            uri = Path(image["uri"]).with_name(dark.name).as_posix()
            self.env.images.add_file(self.env.docname, uri)
            pair = []
            for theme, source in (("light", image["uri"]), ("dark", uri)):
                # not `width` and `height`, with which Sphinx would put a link around it
                options = {"uri": source, "candidates": {"*": source}, "pixels": size(picture)}
                options["classes"] = [*image["classes"], f"{theme}-figure"]
                pair.append(ThemedImage(**image.attributes | options))
            place = image.parent.index(image)
            image.parent[place : place + 1] = pair


def visit_themed_image(translator: HTML5Translator, node: ThemedImage) -> None:
    """Write the picture; the hidden one of a pair is never loaded."""
    name = translator.builder.images[node["uri"]]
    width, height = (str(pixels) for pixels in node["pixels"])
    translator.body.append(
        translator.emptytag(
            node,
            "img",
            "\n",
            src=f"{translator.builder.imgpath}/{name}",
            alt=node.get("alt", ""),
            width=width,
            height=height,
            loading="lazy",
        )
    )


def depart_themed_image(translator: HTML5Translator, node: ThemedImage) -> None:
    """Do nothing: the element is empty."""


def setup(app: Sphinx) -> None:
    """Show the figures of notebooks in both themes."""
    app.add_node(ThemedImage, html=(visit_themed_image, depart_themed_image))
    app.add_post_transform(AddDarkFigures)
