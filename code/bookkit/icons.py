"""Keep of the theme's icons those that the site shows.

The theme brings Font Awesome twice: as a script of 1.5 MB, which `static/webpack-macros.html` no longer
loads, and as 1,881 rules of its style sheet with fonts of 1 MB. The rules are enough. Of them, and of the
glyphs in the fonts, only those stay that some page, script or style sheet of the site names.
"""

from __future__ import annotations

import re
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from bookkit.static_files import is_html, write_bytes, write_text

if TYPE_CHECKING:
    from sphinx.application import Sphinx

STYLE_SHEET = "styles/pydata-sphinx-theme.css"
FONTS = "vendor/fontawesome/webfonts"
SCRIPT = "scripts/fontawesome.js"

NAME = re.compile(r"\bfa-[a-z0-9-]+")
RULE = re.compile(r'((?:\.fa-[a-z0-9-]+::?before,?)+)\{content:"([^"]+)"\}')
FACE = re.compile(r"src:url\(([^)]*/fa-[a-z0-9-]+)\.woff2\)[^;}]*")
PRIVATE_USE = re.compile("[\ue000-\uf8ff]")
ESCAPE = re.compile(r"\\([ef][0-9a-f]{3})\b")


def theme_path(name: str) -> Path:
    """Return the path of a static file of the theme, as installed; find_spec does not import the theme."""
    theme = Path(find_spec("pydata_sphinx_theme").origin).parent
    return theme / "theme" / "pydata_sphinx_theme" / "static" / name


def slim(css: str, names: set[str]) -> str:
    """Return the theme's style sheet with the icons in `names` only, and with fonts ending in `.woff`."""
    css = RULE.sub(lambda rule: rule[0] if names.intersection(NAME.findall(rule[1])) else "", css)
    return FACE.sub(r'src:url(\1.woff) format("woff")', css)


def glyphs(css: str) -> set[str]:
    """Return the characters that style sheets take from an icon font."""
    contents = "".join(content for _, content in RULE.findall(css))
    escaped = (chr(int(code, 16)) for code in ESCAPE.findall(css))
    return {*contents, *PRIVATE_USE.findall(css), *escaped}


def subset(font: Path, characters: set[str]) -> bytes:
    """Return a font, as WOFF, that holds only the given ones of its characters."""
    from fontTools.subset import Options, Subsetter, load_font  # here, because most commands need no fonts

    options = Options(layout_features=[])
    subsetter = Subsetter(options)
    subsetter.populate(text="".join(sorted(characters)))
    buffer = BytesIO()
    with load_font(str(font), options) as cut:
        subsetter.subset(cut)
        cut.flavor = "woff"
        cut.save(buffer)
    return buffer.getvalue()


def slim_icons(app: Sphinx, exception: Exception | None) -> None:
    """Write the slim style sheet and the slim fonts over the theme's; delete the script."""
    if exception is not None or not is_html(app):
        return
    site = Path(app.outdir)
    static = site / "_static"
    for path in static.glob(f"{SCRIPT}*"):
        path.unlink()
    sources = [*site.rglob("*.html"), *static.glob("scripts/*.js")]
    names = {name for path in sources for name in NAME.findall(path.read_text(encoding="utf-8"))}
    write_text(static / STYLE_SHEET, slim(theme_path(STYLE_SHEET).read_text(encoding="utf-8"), names))
    css = "".join(path.read_text(encoding="utf-8") for path in static.rglob("*.css"))
    for path in (static / FONTS).glob("*.*"):
        if path.suffix != ".woff":
            path.unlink()
    for font in theme_path(FONTS).glob("*.ttf"):
        write_bytes(static / FONTS / f"{font.stem}.woff", subset(font, glyphs(css)))


def setup(app: Sphinx) -> None:
    """Slim the icons when all pages and style sheets are there."""
    app.connect("build-finished", slim_icons)
