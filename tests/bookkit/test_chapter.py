import re
import runpy
import shutil
from pathlib import Path

import nbformat
import pytest

from bookkit.chapter import ChapterError, main, start_chapter

ROOT = Path(__file__).parents[2]


@pytest.fixture
def project(tmp_path):
    """Return a project with a table of contents and one chapter."""
    (tmp_path / "book").mkdir()
    (tmp_path / "book" / "01_one_hot.ipynb").write_text("{}", encoding="utf-8")
    shutil.copy(ROOT / "_toc.yml", tmp_path)
    return tmp_path


def test_a_new_chapter_has_all_its_parts_and_a_line_in_the_contents(project):
    files = start_chapter(project, 16, "new_ideas")
    assert [path.relative_to(project).as_posix() for path in files] == [
        "book/16_new_ideas.ipynb",
        "code/embedding_layer/chapters/chapter_16/__init__.py",
        "code/embedding_layer/chapters/chapter_16/figures.py",
        "code/embedding_layer/chapters/chapter_16/exercises.py",
        "tests/chapters/test_16_figures.py",
        "tests/chapters/test_16_exercises.py",
    ]
    for path in files:
        assert not re.search(r"NN|NUMBER|TITLE", path.read_text(encoding="utf-8"))
    before = (ROOT / "_toc.yml").read_text(encoding="utf-8").splitlines()
    after = (project / "_toc.yml").read_text(encoding="utf-8").splitlines()
    assert [line for line in after if line not in before] == ["      - file: book/16_new_ideas"]


def test_the_template_s_solution_solves_its_exercise(project, capsys):
    notebook, _, _, exercises, *_ = start_chapter(project, 16, "new_ideas")
    names = runpy.run_path(str(exercises))
    cells = {cell.id: cell for cell in nbformat.read(notebook, as_version=4).cells}
    for kind, expected in (("ex", "not solved yet"), ("solution", "solved.")):
        source = cells[f"c16-{kind}-counts"].source
        written = {"check": type("check", (), {"count_ids": staticmethod(names["count_ids"])})}
        exec(re.sub(r"^from .*$", "", source, flags=re.MULTILINE), written)
        assert expected in capsys.readouterr().out


@pytest.mark.parametrize(
    ("number", "name", "words"),
    [
        (0, "new", "take 1 to 99"),
        (100, "new", "take 1 to 99"),
        (16, "New Ideas", "lower-case letters joined by underscores"),
        (16, "", "lower-case letters joined by underscores"),
        (16, "../../new", "lower-case letters joined by underscores"),
        (16, "long" * 99, "at most 40 characters"),
        (1, "again", "chapter 1 is 01_one_hot.ipynb: take another number"),
    ],
)
def test_what_cannot_be_a_chapter_is_refused_and_nothing_is_written(project, number, name, words):
    before = sorted(project.rglob("*"))
    with pytest.raises(ChapterError, match=words):
        start_chapter(project, number, name)
    assert sorted(project.rglob("*")) == before


def test_a_file_that_is_there_is_never_overwritten(project):
    own = project / "tests" / "chapters" / "test_16_figures.py"
    own.parent.mkdir(parents=True)
    own.write_text("mine", encoding="utf-8")
    with pytest.raises(ChapterError, match="is already there"):
        start_chapter(project, 16, "new")
    assert own.read_text(encoding="utf-8") == "mine"
    assert not list((project / "book").glob("16_*"))


def test_the_command_says_what_it_made_or_why_not(project, monkeypatch, capsys):
    monkeypatch.chdir(project)
    assert main(["16", "new"]) == 0
    assert "book/16_new.ipynb" in capsys.readouterr().out
    assert main(["16", "other"]) == 1
    assert "take another number" in capsys.readouterr().err


def test_a_folder_that_is_not_the_project_s_is_refused(tmp_path):
    with pytest.raises(ChapterError, match="holds no _toc"):
        start_chapter(tmp_path, 16, "new")


def test_what_cannot_be_written_whole_is_not_written_at_all(project):
    (project / "tests").write_text("a file where a folder should be", encoding="utf-8")
    with pytest.raises(ChapterError, match="nothing was made"):
        start_chapter(project, 16, "new")
    assert not [path for path in project.rglob("*16*") if path.is_file()]


@pytest.mark.parametrize("arguments", [[], ["16"], ["x", "new"], ["", ""], ["16", "new", "ideas"]])
def test_a_command_that_says_something_else_is_answered_with_an_example(arguments, capsys):
    with pytest.raises(SystemExit):
        main(arguments)
    assert "make chapter number=16 name=compression" in capsys.readouterr().err
