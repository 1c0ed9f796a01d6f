"""Save the title page's figure as the picture of README.md: `python -m bookkit.readme`."""

from __future__ import annotations

import io
from pathlib import Path

import nbformat

TITLE_PAGE = Path("book/intro.ipynb")
PICTURE = Path("book/_static/lookup.svg")


def picture(title_page: Path) -> bytes:
    """Run the title page up to the cell that draws the figure, and return the figure as SVG."""
    import matplotlib.pyplot as plt  # here, because importing it is slow

    cells = nbformat.read(title_page, as_version=4).cells
    sources = [cell.source for cell in cells if cell.cell_type == "code"]
    drawing = next(number for number, source in enumerate(sources) if "draw_lookup(" in source)
    with plt.rc_context():
        names: dict = {}
        for source in sources[: drawing + 1]:
            exec(source, names)
        file = io.BytesIO()
        names["fig"].savefig(file, format="svg", metadata={"Date": None})
        plt.close(names["fig"])
    return file.getvalue()


if __name__ == "__main__":
    PICTURE.write_bytes(picture(TITLE_PAGE))
