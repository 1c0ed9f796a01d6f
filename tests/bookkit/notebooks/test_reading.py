"""Files that are no notebooks of the book: what is wrong, in words, and what to do."""

import json
import re
import subprocess
import sys

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from bookkit.notebooks.__main__ import main
from bookkit.notebooks.checking import problems_of_file
from bookkit.notebooks.normalising import normalise
from bookkit.notebooks.reading import NotebookError, read
from bookkit.notebooks.storing import store, text_of

NOTEBOOK = new_notebook(cells=[new_code_cell("1", id="a"), new_code_cell("2", id="b")])
for cell in NOTEBOOK.cells:
    cell.execution_count = 1
normalise(NOTEBOOK)
TEXT = text_of(NOTEBOOK)

UNREADABLE = {
    "empty": (" \n", "is empty"),
    "not JSON": (TEXT[:-9], "is not JSON: .* line"),
    "too deep": ("[" * 100_000, "is not JSON"),
    "a list": ("[1]", "a list instead of an object"),
    "a conflict": (TEXT.replace(' "cells"', '<<<<<<< HEAD\n "cells"'), "merge conflict in line 2"),
    "a byte-order mark": ("\ufeff" + TEXT, "byte-order mark"),
    "UTF-16": (TEXT.encode("utf-16"), "is not UTF-8: byte 0xff in line 1"),
    "Latin-1": (TEXT.replace('"1"', '"é"').encode("latin-1"), "is not UTF-8: byte 0xe9 in line"),
    "no version": ("{}", "format None.None"),
    "format 3": ('{"nbformat": 3, "nbformat_minor": 0}', "format 3.0"),
    "format 4.4": (TEXT.replace('minor": 5', 'minor": 4'), "format 4.4, .* whose cells have ids"),
    "no id": (TEXT.replace('"id": "a",', ""), r"\['cells'\]\[0\]: 'id' is a required property"),
    "one id twice": (TEXT.replace('"id": "b"', '"id": "a"'), "2 cells with the id 'a'"),
}


def written(path, content):
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.mark.parametrize("kind", UNREADABLE)
def test_what_is_no_notebook_is_refused_in_words(kind, tmp_path):
    content, words = UNREADABLE[kind]
    with pytest.raises(NotebookError, match=words):
        read(written(tmp_path / "a.ipynb", content))


def test_what_is_no_file_of_a_notebook_is_refused_in_words(tmp_path):
    for name, words in {"": "is a folder", "a.ipynb": "does not exist", "a.md": "must end in .ipynb"}.items():
        with pytest.raises(NotebookError, match=words):
            read(tmp_path / name)


def test_the_command_in_the_message_upgrades_a_notebook_without_ids(tmp_path):
    old = json.loads(TEXT) | {"nbformat_minor": 4}
    for cell in old["cells"]:
        del cell["id"]
    path = written(tmp_path / "a.ipynb", json.dumps(old))
    with pytest.raises(NotebookError) as error:
        read(path)
    script = re.search(r'python -c "(.*)"', str(error.value))[1]
    subprocess.run([sys.executable, "-c", script], check=True)
    assert [cell.source for cell in read(path).cells] == ["1", "2"]


@pytest.mark.parametrize(
    "change",
    [
        lambda text: json.dumps(json.loads(text), indent=2) + "\n",
        lambda text: text.replace("\n", "\r\n"),
        lambda text: text.rstrip(),
        lambda text: text.replace('"id": "a"', '"id": "c",\n   "id": "a"'),
    ],
    ids=["indented", "other line ends", "no last line end", "a key twice"],
)
def test_a_file_that_the_next_run_would_write_otherwise_is_a_problem(change, tmp_path):
    path = written(tmp_path / "a.ipynb", TEXT)
    assert list(problems_of_file(path)) == []
    (problem,) = problems_of_file(written(path, change(TEXT)))
    assert "not written as `make notebooks` writes it" in problem
    store(read(path), path)
    assert list(problems_of_file(path)) == []


def test_each_file_is_judged_and_named_whatever_is_wrong_with_the_others(tmp_path, capsys):
    files = [str(written(tmp_path / f"{kind}.ipynb", content)) for kind, (content, _) in UNREADABLE.items()]
    good = str(written(tmp_path / "good.ipynb", TEXT.replace('"outputs": []', '"outputs": [ ]')))
    assert main(["--check", *files, good]) == 1
    lines = capsys.readouterr().err.splitlines()
    assert [line.split(".ipynb")[0] for line in lines[:-1]] == [f[:-6] for f in [*files, good]]
    assert lines[-1].startswith(f"{len(files) + 1} of {len(files) + 1} notebooks failed: ")


def test_a_file_is_replaced_whole_or_stays(tmp_path, monkeypatch):
    path = written(tmp_path / "a.ipynb", TEXT)
    monkeypatch.setattr("os.replace", lambda *_: (_ for _ in ()).throw(OSError("disk full")))
    store(NOTEBOOK, path)  # the same bytes: nothing to write
    with pytest.raises(OSError, match="disk full"):
        store(nbformat.v4.new_notebook(), path)
    assert [p.read_text() for p in tmp_path.iterdir()] == [TEXT]
