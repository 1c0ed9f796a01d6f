from __future__ import annotations

import logging
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from embedding_layer.corpus import cache, load_corpus
from embedding_layer.corpus import corpus as corpus_module
from embedding_layer.corpus.sources import Library

LIBRARY = Library("tablelib", "1.0+cpu", Path("nowhere"))
DOCUMENTS = [("a.py", ["This is the text.", "It has an ellipsis… in it."]), ("b/c.py", ["And this is more."])]


@pytest.fixture
def installed(install) -> Callable[[], list[str]]:
    """A library in two versions; the fixture's value loads its corpus and gives the texts."""
    install("tablelib", {"a.py": '"""This is the text of version one."""'})
    return lambda: [paragraph.text for paragraph in load_corpus(("tablelib",))]


@pytest.fixture
def said(caplog: pytest.LogCaptureFixture) -> Callable[[], list[str]]:
    """Return a function that gives what was logged since its last call."""
    caplog.set_level(logging.INFO, logger=cache.__name__)

    def take() -> list[str]:
        messages = [record.getMessage() for record in caplog.records]
        caplog.clear()
        return messages

    return take


ONE = ["This is the text of version one."]
TWO = ["This is the text of version two."]


@pytest.fixture
def extractions(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Collect which libraries are read from source."""
    calls: list[list[str]] = []
    extract = corpus_module.extract
    monkeypatch.setattr(
        corpus_module, "extract", lambda found: calls.append([it.name for it in found]) or extract(found)
    )
    return calls


# --- what is kept ----------------------------------------------------------------------------------------


def test_what_is_saved_is_loaded():
    assert cache.load(LIBRARY) is None
    cache.save(LIBRARY, DOCUMENTS)
    assert cache.load(LIBRARY) == DOCUMENTS


def test_text_that_utf_8_cannot_hold_is_kept_too():
    cache.save(LIBRARY, [("a.py", ["a lone \ud800 surrogate"])])
    assert cache.load(LIBRARY) == [("a.py", ["a lone \ud800 surrogate"])]


def test_a_library_is_read_from_source_once(installed, extractions, cache_folder):
    assert installed() == installed() == ONE
    assert extractions == [["tablelib"], []]
    assert len(list(cache_folder.iterdir())) == 1


def test_each_library_is_kept_by_itself(installed, install, extractions):
    install("rowlib", {"a.py": '"""This is the text about rows."""'})
    installed()
    load_corpus(("rowlib", "tablelib"))
    load_corpus(("tablelib", "rowlib"))
    assert extractions == [["tablelib"], ["rowlib"], []]


def test_another_version_is_read_anew_and_the_first_is_kept(installed, install, extractions):
    installed()
    install("tablelib", {"a.py": '"""This is the text of version two."""'}, version="2.0")
    assert installed() == TWO
    install("tablelib", {"a.py": "raise RuntimeError"}, version="1.0")
    assert installed() == ONE
    assert extractions == [["tablelib"], ["tablelib"], []]


def test_other_rules_read_anew(installed, extractions, monkeypatch: pytest.MonkeyPatch):
    installed()
    monkeypatch.setattr(cache, "_rules", lambda: "other")
    installed()
    assert extractions == [["tablelib"], ["tablelib"]]


def test_the_rules_follow_their_source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    before = cache._rules()
    here = Path(cache.__file__).parent
    for name in cache.RULES:
        (tmp_path / name).write_text((here / name).read_text(encoding="utf-8"), encoding="utf-8")
    monkeypatch.setattr(cache, "__file__", str(tmp_path / "cache.py"))
    assert cache._rules.__wrapped__() == before
    for name in cache.RULES:
        with (tmp_path / name).open("a", encoding="utf-8") as file:
            file.write("# changed\n")
        after = cache._rules.__wrapped__()
        assert after != before
        before = after


def test_without_the_cache_nothing_is_read_from_it_or_written_to_it(installed, install, cache_folder):
    assert [it.text for it in load_corpus(("tablelib",), cache=False)] == ONE
    assert not cache_folder.exists()
    installed()
    install("tablelib", {"a.py": '"""This is the text of version two."""'}, version="1.0")
    assert installed() == ONE
    assert [it.text for it in load_corpus(("tablelib",), cache=False)] == TWO


# --- damage ----------------------------------------------------------------------------------------------


def test_any_damaged_byte_is_noticed(said):
    cache.save(LIBRARY, DOCUMENTS)
    path = cache.path_of(LIBRARY)
    content = path.read_bytes()
    for index in range(len(content)):
        path.write_bytes(content[:index] + bytes([content[index] ^ 1]) + content[index + 1 :])
        assert cache.load(LIBRARY) is None
        assert said() == [f"the corpus cache {path} is damaged and is built again"]


def test_any_truncation_and_any_extension_is_noticed(said):
    cache.save(LIBRARY, DOCUMENTS)
    path = cache.path_of(LIBRARY)
    content = path.read_bytes()
    for damaged in [*(content[:length] for length in range(len(content))), content + b"\0"]:
        path.write_bytes(damaged)
        assert cache.load(LIBRARY) is None
        assert said() == [f"the corpus cache {path} is damaged and is built again"]


def test_a_damaged_cache_is_built_again(installed, cache_folder, said):
    installed()
    (path,) = cache_folder.iterdir()
    good = path.read_bytes()
    path.write_bytes(good[:-1])
    assert installed() == ONE
    assert len(said()) == 1
    assert path.read_bytes() == good
    assert installed() == ONE
    assert said() == []


# --- a folder that cannot be written ---------------------------------------------------------------------


def test_where_the_folder_cannot_be_made_it_works_without(installed, cache_folder, extractions, said):
    cache_folder.write_text("a file stands where the folder should be")
    for _ in range(2):
        assert installed() == ONE
        (message,) = said()
        assert re.search("cannot be cached .* set EMBEDDING_LAYER_CACHE", message)
    assert extractions == [["tablelib"], ["tablelib"]]
    assert cache_folder.read_text() == "a file stands where the folder should be"


def test_a_reader_without_a_cache_sees_no_warning(run_python, tmp_path):
    """It would be one more output of a notebook, and nbval would refuse it."""
    (tmp_path / "file").touch()
    code = "from embedding_layer.corpus import load_corpus; print(len(load_corpus(('tqdm',))) > 0)"
    assert run_python(code, EMBEDDING_LAYER_CACHE=str(tmp_path / "file" / "cache")) == "True\n"


@pytest.mark.parametrize("function", ["replace", "mkdir", "open"])
def test_where_the_disk_refuses_nothing_half_written_stays(
    function: str, installed, cache_folder, said, monkeypatch: pytest.MonkeyPatch
):
    def refuse(*args, **kwargs):
        raise OSError(28, "No space left on device")

    target = {"replace": "os.replace", "mkdir": "pathlib.Path.mkdir", "open": "pathlib.Path.write_bytes"}[
        function
    ]
    with monkeypatch.context() as patch:
        patch.setattr(target, refuse)
        assert installed() == ONE
    assert "No space left on device" in said()[0]
    assert not cache_folder.exists() or not list(cache_folder.iterdir())
    assert installed() == ONE


# --- several processes -----------------------------------------------------------------------------------

WRITER = """
import sys, types
for name, folder in zip(("embedding_layer", "embedding_layer.corpus"), sys.argv[1:]):
    sys.modules[name] = types.ModuleType(name)
    sys.modules[name].__path__ = [folder]
from pathlib import Path
from embedding_layer.corpus import cache
from embedding_layer.corpus.sources import Library
library = Library("tablelib", "1.0", Path("nowhere"))
writer = int(sys.argv[3])
for turn in range(100):
    cache.save(library, [(f"{writer}.py", [f"{writer} wrote it"] * (1000 * writer))])
    (name, texts), = cache.load(library)
    assert set(texts) == {f"{name[0]} wrote it"} and len(texts) == 1000 * int(name[0]), (name, len(texts))
"""


def test_processes_that_write_at_once_leave_a_whole_file(cache_folder):
    """Three of them save and load in turns; a torn file fails its checksum and is no cache."""
    here = Path(cache.__file__).parent
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, str(here.parent), str(here), str(number)],
            stderr=subprocess.PIPE,
            text=True,
        )
        for number in (1, 2, 3)
    ]
    errors = [writer.communicate(timeout=120)[1] for writer in writers]
    assert errors == ["", "", ""]
    assert len(list(cache_folder.iterdir())) == 1
    assert cache.load(Library("tablelib", "1.0", Path("nowhere")))
