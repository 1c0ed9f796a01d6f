from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from embedding_layer.corpus import extract as module
from embedding_layer.corpus.extract import extract
from embedding_layer.corpus.sources import Library

NAMES = ("one", "two", "three", "four", "five")
EXPECTED = [(f"{name}.py", [f"This is part {name} of the library — in full."]) for name in sorted(NAMES)]
EXPECTED[0][1].append("This text is in every part.")


@pytest.fixture
def library(tmp_path: Path) -> Library:
    for name in NAMES:
        docstring = f'"""This is part {name} of the library — in full.\n\nThis text is in every part."""'
        (tmp_path / f"{name}.py").write_text(docstring, encoding="utf-8")
    (tmp_path / "silent.py").write_text("silent = True", encoding="utf-8")
    return Library("tablelib", "1.0", tmp_path)


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> list[subprocess.CompletedProcess]:
    """Cut the work into batches of one file, and collect what the workers answer."""
    answers: list[subprocess.CompletedProcess] = []
    run = subprocess.run

    def recording_run(*args, **kwargs):
        answers.append(run(*args, **kwargs))
        return answers[-1]

    monkeypatch.setattr(module, "BATCH_BYTES", 1)
    monkeypatch.setattr(subprocess, "run", recording_run)
    return answers


def test_a_small_library_is_read_in_this_process(library: Library, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(subprocess, "run", lambda *args, **kwargs: pytest.fail("a process was started"))
    assert extract([library]) == [EXPECTED]


def test_workers_read_the_same_in_the_same_order(library: Library, answers: list):
    assert extract([library]) == [EXPECTED]
    assert len(answers) == len(NAMES) + 1
    assert all(json.loads(answer.stdout) is not None and not answer.stderr for answer in answers)


def test_a_worker_imports_neither_torch_nor_anything_else_installed(
    library: Library, monkeypatch: pytest.MonkeyPatch
):
    report = "print(json.dumps([sorted({'torch', 'numpy', 'tqdm', 'platformdirs'} & set(sys.modules))]))"
    worker = module._WORKER.replace("work()", f"import json\n{report}")
    monkeypatch.setattr(module, "_WORKER", worker)
    assert module._ask_worker([library.root / "one.py"]) == [[]]


@pytest.mark.parametrize(
    "worker",
    ["import sys; sys.exit(1)", "raise RuntimeError", "print('no JSON')", "print('[]')", "print(1)", ""],
)
def test_where_a_worker_fails_its_files_are_read_here(
    worker: str, library: Library, answers: list, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(module, "_WORKER", worker)
    assert extract([library]) == [EXPECTED]


@pytest.mark.parametrize("executable", ["", None, "/no/such/python"])
def test_where_no_process_can_be_started_all_is_read_here(
    executable: str | None, library: Library, answers: list, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(sys, "executable", executable)
    assert extract([library]) == [EXPECTED]
    assert not answers


def test_several_libraries_are_kept_apart(tmp_path: Path, answers: list):
    libraries = []
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.py").write_text('"""This is in both of the libraries."""')
        (tmp_path / name / "b.py").write_text(f'"""This is in the {name} library only."""')
        libraries.append(Library(name, "1.0", tmp_path / name))
    assert extract(libraries) == [
        [("a.py", ["This is in both of the libraries."]), ("b.py", [f"This is in the {name} library only."])]
        for name in ("first", "second")
    ]


def test_nothing_to_do_is_nothing():
    assert extract([]) == []
