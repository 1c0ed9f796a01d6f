"""A tiny book, built as the real one is, with the real configuration: what is refused, what comes out."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import plotly.graph_objects as go
import pytest
import yaml
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from bookkit.palette import load_dark_palette

ROOT = Path(__file__).parents[2]
JUPYTER_BOOK = Path(sys.executable).with_name("jupyter-book")
COMMAND = [JUPYTER_BOOK, "build", ".", "--nitpick", "--warningiserror", "--keep-going"]

TOC = """format: jb-book
root: book/intro
parts:
  - {caption: One, numbered: 2, chapters: [{file: book/chapter}]}
  - {caption: Part IV — At scale, numbered: 2, chapters: [{file: book/12_later}]}
"""
PLANNED = [
    {"part": {"en": part, "ru": part}, "pages": [{"file": file, "title": {"en": title, "ru": title}}]}
    for part, file, title in [
        ("Part III — Learnt", "book/08_geometry", "Geometry"),
        ("Part III — Learnt", "book/11_sequences", "Sequences"),
        ("Part IV — At scale", "book/13_memory", "Memory"),
        ("Part V — In the wild", "book/15_in_the_wild", "In the wild"),
    ]
]
LATER = r"""# A later chapter

## Its section

$$ x = 1 $$ (eq-later)

See {eq}`eq-later`, chapter 1 and [sequences](11_sequences.ipynb), and in chapters 12 and 13.
"""
INTRO = r"""# The Tiny Book

It has words {cite}`one`, and {py:class}`torch.Tensor`.

```{bibliography}
```
"""
REFERENCES = """
@book{one, author={Ada One}, title={First}, publisher={P}, year={2001}}
@book{two, author={Bo Two}, title={Second}, publisher={P}, year={2002}}
"""
EXERCISES = "## Exercises\n" + "".join(
    f":::{{exercise}}\n:label: {name}\n\nHow many? {{cite}}`two`\n:::\n\n" for name in ("ex-a", "ex-b")
)

BOXES = """:::{admonition} Answer $x$
:class: dropdown
Two.
:::

:::{hint}
:class: dropdown
Count.
:::
"""
DRAWING = {
    "image/svg+xml": '<svg xmlns="http://www.w3.org/2000/svg" width="144pt" height="72pt">'
    '<rect width="9" height="9" style="fill: #0072b2"/></svg>',
    "image/png": "",
}


def cell(source, outputs=(), tags=(), **metadata):
    made = new_code_cell(source, execution_count=1, outputs=list(outputs))
    made.metadata.update(metadata)
    if tags:
        made.metadata["tags"] = list(tags)
    return made


def notebook():
    figure = json.loads(go.Figure(go.Scatter(y=[1, 2])).to_json())
    output = new_output("display_data", {"application/vnd.plotly.v1+json": figure})
    printed = new_output("stream", name="stdout", text="2\n")
    error = new_output("error", ename="ValueError", evalue="meant", traceback=["ValueError: meant"])
    made = new_notebook(
        cells=[
            new_markdown_cell("# A chapter\n\nIt has a figure."),
            cell("figure", [output], mystnb={"figure": {"caption": "A line.", "name": "fig-line"}}),
            cell("print(2)", [printed], tags=["hide-input"]),
            new_markdown_cell(EXERCISES),
            cell("print(2)", [printed], tags=["hide-cell", "solution"]),
            cell("print(2)", [printed], tags=["hide-cell"]),
            cell("raise ValueError('meant')", [error], tags=["raises-exception"]),
            cell("drawing", [new_output("display_data", DRAWING)], mystnb={"image": {"alt": "A square."}}),
            cell("import math", tags=["imports", "hide-input"]),
            cell("print(2)", [printed], tags=["prediction", "hide-output"]),
            new_markdown_cell(BOXES),
        ]
    )
    made.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return made


class Book:
    """A book in a folder of its own."""

    def __init__(self, folder):
        self.folder = folder
        self.html = folder / "_build" / "html"
        self.chapter = folder / "book" / "chapter.ipynb"
        config = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
        config["sphinx"]["config"]["planned_pages"] = PLANNED
        (folder / "_config.yml").write_text(yaml.safe_dump(config, allow_unicode=True), encoding="utf-8")
        for name in ("_static", "_templates"):
            shutil.copytree(ROOT / "book" / name, folder / "book" / name)
        (folder / "_toc.yml").write_text(TOC)
        (folder / "book" / "intro.md").write_text(INTRO)
        (folder / "book" / "12_later.md").write_text(LATER)
        (folder / "book" / "references.bib").write_text(REFERENCES)
        self.write(notebook())

    def write(self, made):
        self.chapter.write_text(json.dumps(made), encoding="utf-8")

    def build(self):
        done = subprocess.run(COMMAND, cwd=self.folder, capture_output=True, text=True, check=False)
        # Jupyter Book breaks and colours what it prints
        return done.returncode, re.sub(r"\x1b\[[\d;]*m", "", done.stdout + done.stderr)

    def page(self, name):
        return (self.html / name).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    book = Book(tmp_path_factory.mktemp("tiny"))
    status, text = book.build()
    assert status == 0, text
    return book


@pytest.fixture
def restored(book):
    """Return the built book; put its sources back after the test."""
    sources = {path: path.read_bytes() for path in book.folder.glob("book/**/*") if path.is_file()}
    yield book
    for path, content in sources.items():
        if path.read_bytes() != content:
            path.write_bytes(content)


def test_mathjax_is_the_site_s_own_and_only_where_there_are_formulas(book):
    assert 'src="../_static/mathjax/tex-chtml-full.js' in book.page("book/12_later.html")
    assert (book.html / "_static" / "mathjax" / "tex-chtml-full.js").stat().st_size > 1_000_000
    assert "MathJax" not in book.page("book/intro.html"), "though it lists pages with formulas"


def test_thebe_and_source_maps_are_gone(book):
    assert "thebe" not in book.page("book/chapter.html").lower()
    names = [path.name for path in book.html.rglob("*")]
    assert not [name for name in names if "thebe" in name or name.endswith(".map")]


def test_nothing_is_loaded_from_another_host(book):
    for path in book.html.rglob("*.html"):
        assert not re.findall(
            r'(?:src|<link[^>]*href)="(?:https?:)?//[^"]*"', path.read_text(encoding="utf-8")
        )


def test_the_figure_is_in_the_page_and_its_scripts_are_in_the_site(book):
    html = book.page("book/chapter.html")
    assert 'role="group" aria-label="A line."' in html
    assert "plotly-figure.js" in html
    assert "plotly-figure.js" not in book.page("book/intro.html")
    assert (book.html / "_static" / "plotly.min.js").is_file()


def test_a_drawing_comes_in_the_colours_of_both_themes(book):
    images = re.findall(r'<img alt="A square."[^>]*>', book.page("book/chapter.html"))
    assert [re.search(r'class="(.*?)"', image)[1] for image in images] == ["light-figure", "dark-figure"]
    assert all('width="220"' in image and 'height="110"' in image for image in images)
    light, dark = ((book.html / "book" / re.search(r'src="(.*?)"', image)[1]).read_text() for image in images)
    assert "#0072b2" in light
    assert "#0072b2" not in dark
    assert load_dark_palette()["blue"].lower() in dark


def test_chapters_are_numbered_by_their_files(book):
    later, intro = book.page("book/12_later.html"), book.page("book/intro.html")
    assert re.findall(r'<span class="section-number">([\d.]+) ', later)[:2] == ["12.", "12.1."]
    assert '<span class="section-number">1. ' in book.page("book/chapter.html")
    assert "(12.1)" in later
    assert re.search(r"12\. A later chapter", re.sub("<.*?>", "", intro))


def text(html):
    return " ".join(re.sub("<.*?>", "", html).split())


def sidebar(html):
    return text(re.search(r'<nav class="bd-links.*?</nav>', html, re.DOTALL)[0])


def marks(html):
    return [
        text(mark)
        for mark in re.findall(r'<span class="planned" title="in preparation">.*?</span></span>', html)
    ]


def test_what_is_planned_is_greyed_in_its_place_and_marked_where_it_is_mentioned(book):
    later = book.page("book/12_later.html")
    contents = sidebar(later)
    places = [
        contents.index(words)
        for words in ("A chapter", "8. Geometry in preparation", "12. A later", "15. In")
    ]
    assert places == sorted(places)
    assert marks(later) == ["sequences (in preparation)", "13 (in preparation)"]
    assert "In preparation: 13. Memory" in text(later)
    assert "In preparation: 8. Geometry · 11. Sequences" in text(book.page("book/chapter.html"))


def test_what_was_planned_and_arrives_is_marked_no_more(book):
    contents, arrived = book.folder / "_toc.yml", book.folder / "book" / "13_memory.md"
    try:
        contents.write_text(
            TOC.replace("{file: book/12_later}", "{file: book/12_later}, {file: book/13_memory}")
        )
        arrived.write_text("# Memory\n\nIt is here.\n")
        status, output = book.build()
        assert status == 0, output
        later = book.page("book/12_later.html")
        for html in (later, book.page("book/chapter.html")):
            assert "13. Memory" in sidebar(html)
            assert "13. Memory in preparation" not in sidebar(html)
        assert marks(later) == ["sequences (in preparation)"]
        assert 'href="13_memory.html" title="next page"' in " ".join(later.split())
    finally:
        contents.write_text(TOC)
        arrived.unlink()
    assert book.build()[0] == 0


def test_folded_cells_say_what_they_hide(book):
    handles = re.findall(r'<span class="collapsed">(.*?)</span>', book.page("book/chapter.html"))
    assert handles == [
        "Show the code",
        "Show a solution",
        "Show the cell",
        "Show the imports",
        "Show the answer",
    ]


def test_boxes_fold_without_a_script(book):
    html = book.page("book/chapter.html")
    handle = r'<summary class="admonition-title">(.*?)</summary>'
    boxes = re.findall(rf'<details class="(.*?)">\s*{handle}\s*<p>(.*?)</p>\s*</details>', html)
    assert [(classes, words) for classes, _, words in boxes] == [
        ("admonition", "Two."),
        ("hint admonition", "Count."),
    ]
    assert [re.sub("<.*?>", "", title) for _, title, _ in boxes] == [r"Answer \(x\)", "Hint"]
    assert "togglebutton" not in html


def test_exercises_have_ids_of_their_own(book):
    ids = re.findall(r' id="([^"]*)"', book.page("book/chapter.html"))
    assert {"ex-a", "ex-b"} <= set(ids)
    assert len(ids) == len(set(ids))


def test_the_bibliography_is_one_list(book):
    html = book.page("book/intro.html")
    assert html.count('role="list"') == 1
    assert html.count('role="listitem"') == 2
    assert "doc-biblioentry" not in html


def test_the_palette_comes_with_the_site(book):
    assert "--el-figure-blue" in (book.html / "_static" / "palette.css").read_text()
    html = book.page("book/intro.html")
    assert html.index("_static/palette.css") < html.index("_static/theme.css")


def test_the_root_and_the_heads(book):
    assert "url=book/intro.html" in book.page("index.html")
    assert '<meta name="description" content="It has a figure."' in book.page("book/chapter.html")


def test_a_build_with_nothing_to_do_does_nothing(book):
    status, text = book.build()
    assert status == 0
    assert "no targets are out of date" in text


def test_an_error_that_is_meant_is_shown(book):
    assert "ValueError: meant" in re.sub("<.*?>", "", book.page("book/chapter.html"))


def test_bad_cells_are_refused_though_the_page_looks_unchanged(restored):
    before = restored.chapter.stat()
    made = notebook()
    made.cells[2].outputs = [new_output("error", ename="ValueError", evalue="no row", traceback=[])]
    made.cells[4].execution_count = None
    restored.write(made)
    os.utime(restored.chapter, ns=(before.st_atime_ns, before.st_mtime_ns))
    status, text = restored.build()
    assert status != 0
    where = "book/chapter.ipynb, cell {}, which begins 'print(2)': "
    assert where.format(3) + "it stores an error, ValueError: no row" in text
    assert where.format(5) + "it was not run" in text
    assert "make notebooks" in text


def test_a_warning_fails_the_build_until_it_is_mended(restored):
    links = "{doc}`nowhere` {py:class}`embedding_layer.nobody`"
    (restored.folder / "book" / "intro.md").write_text(f"{INTRO}\n{links}\n")
    for _ in range(2):
        status, text = restored.build()
        assert status != 0
        assert "nowhere" in text
        assert "embedding_layer.nobody" in text


def test_a_changed_style_sheet_reaches_the_site(restored):
    sheet = restored.folder / "book" / "_static" / "text.css"
    sheet.write_text(sheet.read_text() + "\n/* changed */\n")
    status, text = restored.build()
    assert status == 0, text
    assert "/* changed */" in (restored.html / "_static" / "text.css").read_text()
