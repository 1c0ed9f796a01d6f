"""References and captions that are words: where they lead, and what is warned of."""

import io
import re

import nbformat
import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace

PAGES = {
    "index.md": "# Book\n\n```{toctree}\n:numbered:\nchapter\n```\n\n"
    "```{toctree}\nglossary\nbibliography\napi\n```\n",
    "glossary.md": "# Glossary\n\n```{glossary}\ncache line\n  A piece of memory.\n```\n",
    "bibliography.md": "# Bibliography\n\n```{bibliography}\n```\n",
    "api.md": "# API\n\n```{py:class} house.Door\n```\n",
    "references.bib": (
        "@book{suits1957, author={Daniel B. Suits}, title={Dummy Variables}, publisher={P}, year={1957}}\n"
        "@book{two2001, author={Ada {\\'E}l{\\'e} and Bo Two}, title={Second}, publisher={P}, year={2001}}\n"
    ),
}
CONFIGURATION = {
    "extensions": ["myst_nb", "sphinxcontrib.bibtex", "bookkit.references", "bookkit.captions"],
    "bibtex_bibfiles": ["references.bib"],
    "myst_enable_extensions": ["dollarmath"],
    "nb_execution_mode": "off",
    "numfig": True,
    "math_numfig": True,
    "locale_dirs": ["locale"],
    "source_suffix": {".md": "myst-nb", ".ipynb": "myst-nb"},
}
EQUATION = "$$ x = 1 $$ (eq-one)"
CAPTION = "**Figure 1.1.** A *point*, as in [(1.1)](#eq-one)."
RIGHT = {
    "[Suits (1957)](bibliography.md#suits1957)": r'href="bibliography.html#id\d+" title="Daniel B',
    "[Élé and Two, 2001](bibliography.md#two2001)": r'href="bibliography.html#id\d+"',
    "[figure 1.1](#fig-point)": 'href="#fig-point"',
    "[the picture above](#fig-point)": 'href="#fig-point"',
    "[(1.1)](#eq-one)": 'href="#equation-eq-one"',
    "[cache lines](glossary.md#cache-line)": 'href="glossary.html#term-cache-line"',
    "[the door](api.md#house.Door)": 'href="api.html#house.Door"',
}
WRONG = {
    "[Suits (1957)](bibliography.md#suits)": "no work in references.bib has the key suits",
    "[Suits (1958)](bibliography.md#suits1957)": "'Suits (1958)' does not name suits1957, '1957'",
    "[Suit (1957)](bibliography.md#suits1957)": "'Suit (1957)' does not name suits1957, 'Suits'",
    "[figure 1.2](#fig-point)": "'figure 1.2': the number of fig-point is 1.1",
    "[figure 1.1](#fig-line)": "no figure has the label fig-line",
    "[(1.11)](#eq-one)": "'(1.11)': the number of eq-one is 1.1",
    "[(1.1)](#eq-two)": "no equation has the label eq-two",
    "[cache](glossary.md#cache)": "the glossary has no term cache ",
    "[a door](api.md#Door)": "the library's pages have no name Door",
}


@pytest.fixture
def build(tmp_path):
    """Return a function that builds a book of one chapter; it returns the page and the warnings."""

    def build(*texts, caption=CAPTION, translations=None):
        point = new_output("display_data", {"image/svg+xml": "<svg xmlns='http://www.w3.org/2000/svg'/>"})
        drawing = new_code_cell("draw()", execution_count=1, outputs=[point])
        drawing.metadata["mystnb"] = {"figure": {"name": "fig-point"}, "image": {"alt": "a point"}}
        texts = ["\n\n".join(["# Chapter", EQUATION]), drawing, caption, *texts]
        cells = [new_markdown_cell(text) if isinstance(text, str) else text for text in texts]
        for name, text in PAGES.items():
            (tmp_path / name).write_text(text, encoding="utf-8")
        notebook = new_notebook(cells=cells, metadata={"language_info": {"name": "python"}})
        nbformat.write(notebook, tmp_path / "chapter.ipynb")
        configuration = dict(CONFIGURATION)
        if translations:
            configuration["language"] = "ru"
            folder = tmp_path / "locale" / "ru" / "LC_MESSAGES"
            folder.mkdir(parents=True)
            catalog = Catalog(locale="ru")
            for message, translation in translations.items():
                catalog.add(message, translation)
            with (folder / "chapter.mo").open("wb") as file:
                write_mo(file, catalog)
        warnings, out = io.StringIO(), tmp_path / "out"
        with docutils_namespace():
            app = Sphinx(
                tmp_path, None, out, out / ".doctrees", "html", configuration, None, warnings, freshenv=True
            )
            app.config.nitpicky = True
            app.build()
        page = re.search(
            r"<section.*</section>", (out / "chapter.html").read_text(encoding="utf-8"), re.DOTALL
        )[0]
        return page, re.sub(r"\x1b\[[\d;]*m", "", warnings.getvalue())

    return build


def test_right_references_lead_to_what_they_name_in_the_author_s_words(build):
    page, warnings = build(*RIGHT)
    assert warnings == ""
    links = re.findall(r"<p>(<a .*?</a>)</p>", page)
    for (reference, pattern), link in zip(RIGHT.items(), links, strict=True):
        assert re.search(pattern, link)
        assert re.sub("<.*?>", "", link) == re.match(r"\[(.*)\]\(", reference)[1]


def test_wrong_references_are_warned_of(build):
    warnings = build(*WRONG)[1].splitlines()
    for reference, expected in WRONG.items():
        assert sum(expected in warning for warning in warnings) == 1, reference
    assert len(warnings) == len(WRONG)


def test_the_text_below_a_figure_is_its_caption(build):
    page, warnings = build("Prose.")
    assert warnings == ""
    caption = re.search(r"<figcaption>.*?</figcaption>", page, re.DOTALL)[0]
    assert re.sub("<.*?>|¶", "", caption).strip() == "Fig. 1.1 A point, as in (1.1)."
    assert 'href="#equation-eq-one"' in caption
    assert "Figure 1.1" not in page
    assert "<p>Prose.</p>" in page


@pytest.mark.parametrize(
    ("caption", "expected"),
    [
        ("A point.", "the figure fig-point has no caption"),
        ("**A point.** And more.", "the figure fig-point has no caption"),
        ("**Figure 2.1.** A point.", "'Figure 2.1.': the number of fig-point is 1.1"),
    ],
)
def test_a_caption_that_is_missing_or_misnumbered_is_warned_of(build, caption, expected):
    (warning,) = build(caption=caption)[1].splitlines()
    assert expected in warning
    assert "chapter" in warning


def test_a_translation_has_the_translator_s_words_and_the_same_checks(build):
    page, warnings = build(
        "See [cache lines](glossary.md#cache-line).",
        "See [figure 1.1](#fig-point).",
        translations={
            CAPTION: "**Рис. 1.1.** Точка.",
            "See [cache lines](glossary.md#cache-line).": "См. [строки кэша](glossary.md#cache-line).",
            "See [figure 1.1](#fig-point).": "См. [рис. 1.2](#fig-point).",
        },
    )
    assert 'href="glossary.html#term-cache-line"><span>строки кэша</span></a>' in page
    assert '<span class="caption-text">Точка.</span>' in page
    assert "'рис. 1.2': the number of fig-point is 1.1" in warnings
    assert len(warnings.splitlines()) == 1
