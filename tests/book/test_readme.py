"""The README: its links lead somewhere, its code runs, its picture is the title page's."""

import re
from pathlib import Path

import pytest

from bookkit.readme import PICTURE, TITLE_PAGE, picture

ROOT = Path(__file__).parents[2]
TEXTS = ("README.md", "CONTRIBUTING.md")


@pytest.mark.parametrize("name", TEXTS)
def test_links_lead_to_files(name):
    text = re.sub(r"`[^`]*`", "", (ROOT / name).read_text(encoding="utf-8"))
    targets = re.findall(r"\]\(([^)#]+)", text)
    missing = [target for target in targets if not (ROOT / target).is_file()]
    assert not missing, f"{name} links to {', '.join(missing)}, which is not there: mend the link"


@pytest.mark.parametrize("name", TEXTS)
def test_commands_of_make_exist(name):
    named = set(re.findall(r"`?make ([a-z]+)", (ROOT / name).read_text(encoding="utf-8")))
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    words = {"sure", "it", "matplotlib"}
    assert named - words <= targets, f"{name} names make targets that are not in the Makefile"


def test_the_code_runs():
    names: dict = {}
    for block in re.findall(
        r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL
    ):
        exec(block, names)
    assert names["vectors"].shape == (6, 4)


def test_every_chapter_is_listed():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    for path in sorted((ROOT / "book").glob("[0-9][0-9]_*.ipynb")):
        assert f"(book/{path.name})" in text, f"add a link to book/{path.name} to the table in README.md"


def test_the_picture_is_that_of_the_title_page():
    drawn = picture(ROOT / TITLE_PAGE)
    assert drawn == (ROOT / PICTURE).read_bytes(), "the picture is old: run `python -m bookkit.readme`"
