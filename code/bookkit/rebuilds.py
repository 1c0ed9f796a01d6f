"""Make a second build as strict and as fresh as the first.

Sphinx rebuilds a page when its source changes. It overlooks the style sheets and scripts of the site and the
code of this extension, and it forgets the warnings of a build that failed because of them: run again, the
same command would succeed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from bookkit.palette import PALETTE_PATH

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.config import Config

CODE = Path(__file__).parent


def digest(paths: Iterable[Path]) -> str:
    """Return a digest of the names and contents of `paths`; folders count with all files in them."""
    total = hashlib.sha256()
    for path in paths:
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if file.is_file():
                total.update(file.name.encode() + b"\0" + file.read_bytes())
    return total.hexdigest()


def note_digests(app: Sphinx, config: Config) -> None:
    """Make the assets and this extension part of the configuration, whose changes Sphinx notices."""
    root = Path(app.confdir)
    folders = [root / name for name in (*config.html_static_path, *config.templates_path)]
    config.bookkit_assets = digest([PALETTE_PATH, *folders])
    config.bookkit_code = digest(sorted(CODE.glob("*.py")))


def forget_if_warned(app: Sphinx, exception: Exception | None) -> None:
    """Delete the saved environment of a build that warnings made fail, so that the next one warns again.

    Without `--keep-going` a warning is an exception, and then Sphinx does so itself.
    """
    if exception is None and app.keep_going and app._warncount:
        (Path(app.doctreedir) / "environment.pickle").unlink(missing_ok=True)


def setup(app: Sphinx) -> None:
    """Rebuild all pages when assets change, read all again when this extension changes or a build failed."""
    app.add_config_value("bookkit_assets", "", "html", [str])
    app.add_config_value("bookkit_code", "", "env", [str])
    app.connect("config-inited", note_digests)
    app.connect("build-finished", forget_if_warned)
