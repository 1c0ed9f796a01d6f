"""The small pieces of the extension, each on its own."""

import os
from types import SimpleNamespace

import pytest
from docutils import nodes
from docutils.utils import new_document
from myst_nb.sphinx_ import HideCodeCellNode

from bookkit import folds, head, landing, mathjax, rebuilds, static_files


def test_write_text_leaves_a_file_that_is_right(tmp_path):
    path = tmp_path / "a.css"
    static_files.write_text(path, "x")
    os.utime(path, (1, 1))
    static_files.write_text(path, "x")
    assert path.stat().st_mtime == 1
    static_files.write_text(path, "y")
    assert path.read_text() == "y"


def test_copy_file_copies_what_changed_only(tmp_path):
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_text("one")
    static_files.copy_file(source, target)
    target.write_text("two")
    os.utime(target, ns=(source.stat().st_atime_ns, source.stat().st_mtime_ns))
    static_files.copy_file(source, target)
    assert target.read_text() == "two"
    source.write_text("three")
    static_files.copy_file(source, target)
    assert target.read_text() == "three"


def test_mathjax_brings_its_fonts_along():
    script = mathjax.with_fonts(mathjax.source(mathjax.SCRIPT).read_text(encoding="utf-8"))
    assert script.count("data:font/woff;base64,") == 14
    left_out = {name.split("-")[0] for name in mathjax.FONT.findall(script)}
    assert left_out == set(mathjax.UNUSED_FONTS)


def test_a_package_without_mathjax_is_named():
    with pytest.raises(FileNotFoundError, match=r"sphinx-mathjax-offline has no mathjax/none\.js"):
        mathjax.source("mathjax/none.js")


def test_formulas_are_found_in_the_text_and_on_their_own():
    assert not mathjax.has_formulas(None)
    assert not mathjax.has_formulas(page("no formula"))
    for formula in (nodes.math(text="V"), nodes.math_block(text="V")):
        document = page("a formula follows")
        document += formula
        assert mathjax.has_formulas(document)


def test_the_landing_page_leads_on():
    html = landing.page("A & B", "book/intro.html", "en")
    assert '<html lang="en">' in html
    assert "<title>A &amp; B</title>" in html
    assert 'content="0; url=book/intro.html"' in html
    assert '<a href="book/intro.html">' in html


def page(*paragraphs):
    document = new_document("page")
    section = nodes.section()
    section += nodes.title(text="Title")
    note = nodes.note()
    note += nodes.paragraph(text="a note comes first")
    section += note
    for text in paragraphs:
        section += nodes.paragraph(text=text)
    document += section
    return document


def test_the_description_is_the_first_paragraph_of_the_text():
    assert head.describe(page("First\nof all.", "Second.")) == "First of all."
    assert head.describe(page()) == ""


def test_a_long_description_is_cut_at_a_word():
    description = head.describe(page("word " * 100))
    assert len(description) <= 160
    assert description.endswith("word …")


def complete(**given):
    context = {"metatags": "", "title": "Glossary", "docstitle": "The Book"} | given
    doctree = context.pop("doctree")
    head.complete_head(None, "page", "page.html", context, doctree)
    return context


def test_the_head_gets_a_description():
    context = complete(doctree=page('Say "hello" & <b>'))
    assert 'name="description" content="Say &quot;hello&quot; &amp; &lt;b&gt;"' in context["metatags"]
    assert context["docstitle"] == "The Book"


def test_a_page_without_text_is_described_by_its_title():
    assert 'content="Glossary – The Book"' in complete(doctree=page())["metatags"]


def test_an_author_s_description_stays():
    mine = '<meta name="description" content="mine">'
    assert complete(doctree=page("Text."), metatags=mine)["metatags"] == mine


def test_pages_without_a_source_get_none():
    assert complete(doctree=None)["metatags"] == ""


def test_the_title_of_the_book_is_said_once():
    assert complete(doctree=page("Text."), title="The Book")["docstitle"] == ""


@pytest.mark.parametrize("language", folds.WORDS)
def test_every_kind_of_fold_has_words(language):
    assert folds.WORDS[language].keys() == folds.WORDS["en"].keys()
    for kind, words in folds.WORDS[language].items():
        assert folds.prompts(HideCodeCellNode(prompt_show=kind, prompt_hide=kind), language) == words


def test_an_unknown_language_gets_english():
    node = HideCodeCellNode(prompt_show="source", prompt_hide="source")
    assert folds.prompts(node, "fr") == ("Show the code", "Hide the code")


def test_a_prompt_of_the_author_s_own_stays():
    node = HideCodeCellNode(prompt_show="Show a hint", prompt_hide="Hide it")
    assert folds.prompts(node, "en") == ("Show a hint", "Hide it")


def test_the_digest_follows_contents_and_names(tmp_path):
    folder = tmp_path / "static"
    (folder / "deep").mkdir(parents=True)
    (folder / "deep" / "a.css").write_text("1")
    first = rebuilds.digest([folder])
    assert rebuilds.digest([folder]) == first
    (folder / "deep" / "a.css").write_text("2")
    second = rebuilds.digest([folder])
    (folder / "deep" / "a.css").rename(folder / "deep" / "b.css")
    assert len({first, second, rebuilds.digest([folder])}) == 3


@pytest.mark.parametrize(
    ("strict", "warnings", "kept"), [(True, 1, False), (True, 0, True), (False, 1, True)]
)
def test_a_build_that_warnings_made_fail_is_forgotten(tmp_path, strict, warnings, kept):
    (tmp_path / "environment.pickle").touch()
    app = SimpleNamespace(keep_going=strict, _warncount=warnings, doctreedir=tmp_path)
    rebuilds.forget_if_warned(app, None)
    assert (tmp_path / "environment.pickle").exists() == kept
