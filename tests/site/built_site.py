"""Where the built site is, and which pages it must have."""

from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]
SITE = ROOT / "_build" / "html"
SUFFIXES = (".ipynb", ".md")


def docnames() -> list[str]:
    """Return the pages of the book in the order of the table of contents."""
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
    chapters = [chapter for part in toc["parts"] for chapter in part["chapters"]]
    pages = [page for chapter in chapters for page in (chapter, *chapter.get("sections", []))]
    return [toc["root"], *(page["file"] for page in pages)]


def planned() -> list[str]:
    """Return the pages that are not written yet."""
    config = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    parts = config["sphinx"]["config"]["planned_pages"]
    return [page["file"] for part in parts for page in part["pages"] if page["file"] not in docnames()]


PAGES = [*(f"{name}.html" for name in docnames()), "search.html"]


def stale_sources() -> list[str]:
    """Return what was changed since the site was built from it."""
    assets = (ROOT / "book" / "_static").iterdir()
    copies = {path: SITE / "_static" / path.name for path in assets}
    for name in docnames():
        source = next(path for suffix in SUFFIXES if (path := ROOT / f"{name}{suffix}").is_file())
        copies[source] = SITE / "_sources" / source.relative_to(ROOT)
    return [
        source.relative_to(ROOT).as_posix()
        for source, copy in copies.items()
        if not copy.is_file() or copy.read_bytes() != source.read_bytes()
    ]
