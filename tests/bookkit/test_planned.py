"""What is planned stands in its place until it is written."""

from pathlib import Path

import pytest
import yaml
from docutils import nodes

from bookkit.planned import MENTIONS, Planned, contents, marked, word

ROOT = Path(__file__).parents[2]
PLANNED = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))["sphinx"]["config"][
    "planned_pages"
]
PAGES = [page for part in PLANNED for page in part["pages"]]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page["file"])
def test_nothing_that_is_written_is_planned(page):
    there = list((ROOT / "book").glob(Path(page["file"]).name + ".*"))
    assert not there, f"{there[0].name} is written: delete its line below planned_pages in _config.yml"


def test_titles_and_parts_are_named_in_every_language():
    for names in (*(part["part"] for part in PLANNED), *(page["title"] for page in PAGES)):
        assert set(names) == set(MENTIONS), names


def test_planned_chapters_stand_by_number_and_other_pages_first():
    written = [("I", ["01_a", "04_b"]), ("IV", ["12_c"]), ("Reference", ["glossary"])]
    planned = [
        ("I", ["02_d"]),
        ("III", ["08_e"]),
        ("IV", ["13_f"]),
        ("V", ["15_g"]),
        ("Reference", ["questions"]),
    ]
    assert contents(written, planned) == [
        ("I", ["01_a", "02_d", "04_b"]),
        ("III", ["08_e"]),
        ("IV", ["12_c", "13_f"]),
        ("V", ["15_g"]),
        ("Reference", ["questions", "glossary"]),
    ]


def test_without_a_plan_nothing_changes():
    written = [("I", ["02_a", "01_b"]), ("Reference", ["glossary"])]
    assert contents(written, []) == written


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("en", "In chapter 11, and chapter 12.", ["chapter 11"]),
        ("en", "Chapters 9, 12 and 13 follow.", ["9", "13"]),
        ("en", "Chapter 1 has 11 rows, chapter 111 none.", []),
        ("ru", "Об этом глава 9, а в главах 12 и 13 иное.", ["глава 9", "13"]),
    ],
)
def test_mentions_of_planned_chapters_are_marked(language, text, expected):
    pieces = marked(text, MENTIONS[language], {9, 11, 13})
    assert [piece.astext() for piece in pieces if isinstance(piece, Planned)] == expected
    assert "".join(piece.astext() for piece in pieces) == text
    assert all(isinstance(piece, nodes.Text | Planned) for piece in pieces)


def test_a_language_without_words_of_its_own_gets_the_english_ones():
    assert word("ru") == "готовится"
    assert word("eo") == "in preparation"
