"""Put files into the static folder of the built site, without touching those that are already right."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sphinx.application import Sphinx


def is_html(app: Sphinx) -> bool:
    """Tell whether the running build writes web pages."""
    return app.builder.format == "html"


def static_path(app: Sphinx, name: str) -> Path:
    """Return the path of `name` in the static folder of the built site; make its folder."""
    path = Path(app.outdir) / "_static" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def write_text(path: Path, text: str) -> None:
    """Write `text` to `path`, unless it is there already."""
    if not path.is_file() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")


def write_bytes(path: Path, content: bytes) -> None:
    """Write `content` to `path`, unless it is there already."""
    if not path.is_file() or path.read_bytes() != content:
        path.write_bytes(content)


def copy_file(source: Path, target: Path) -> None:
    """Copy `source` to `target`, unless size and time say that it is there already."""
    there = target.stat() if target.is_file() else None
    here = source.stat()
    if there is None or (there.st_size, there.st_mtime_ns) != (here.st_size, here.st_mtime_ns):
        shutil.copy2(source, target)
