import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from embedding_layer.files import FOLDER_VARIABLE, cache_folder, replacing

posix = pytest.mark.skipif(os.name != "posix", reason="links and permissions of this kind are POSIX")


def write(path, text):
    with replacing(path) as file:
        file.write(text)


def test_a_file_is_made_or_replaced_and_nothing_else_is_left(tmp_path):
    path = tmp_path / "file.txt"
    for text in ("old, and long", "µ"):
        write(path, text)
        assert path.read_text(encoding="utf-8") == text
        assert list(tmp_path.iterdir()) == [path]


def test_until_all_is_written_the_old_file_is_read(tmp_path):
    path = tmp_path / "file.txt"
    write(path, "old")
    with replacing(path) as file:
        file.write("new")
        file.flush()
        assert path.read_text(encoding="utf-8") == "old"
    assert path.read_text(encoding="utf-8") == "new"


@pytest.mark.parametrize("error", [OSError, KeyboardInterrupt])
def test_a_failure_leaves_the_old_file_and_no_other(tmp_path, error):
    path = tmp_path / "file.txt"
    write(path, "old")

    def fail():
        with replacing(path) as file:
            file.write("half")
            raise error

    with pytest.raises(error):
        fail()
    assert path.read_text(encoding="utf-8") == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_many_threads_write_to_one_path(tmp_path):
    path = tmp_path / "file.txt"
    texts = [f"{number} " * 2000 for number in range(120)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda text: write(path, text), texts))  # list raises what a thread raised
    assert path.read_text(encoding="utf-8") in texts
    assert list(tmp_path.iterdir()) == [path]


@posix
@pytest.mark.parametrize("there", [True, False], ids=["a file", "nothing"])
def test_a_link_stays_a_link_and_its_target_is_written(tmp_path, there):
    target, link = tmp_path / "elsewhere" / "target.txt", tmp_path / "link.txt"
    target.parent.mkdir()
    if there:
        target.write_text("old", encoding="utf-8")
    link.symlink_to(target)
    write(link, "new")
    assert link.is_symlink()
    assert target.read_text(encoding="utf-8") == "new"


@posix
@pytest.mark.parametrize("mode", [0o600, 0o664])
def test_a_file_keeps_its_permissions(tmp_path, mode):
    path = tmp_path / "file.txt"
    path.write_text("old", encoding="utf-8")
    path.chmod(mode)
    with replacing(path):
        parts = [stat.S_IMODE(other.stat().st_mode) for other in tmp_path.iterdir()]
        assert parts == [mode, mode]
    assert stat.S_IMODE(path.stat().st_mode) == mode


def test_a_folder_that_is_not_there_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        write(tmp_path / "none" / "file.txt", "new")


def test_an_environment_variable_moves_the_cache(monkeypatch, tmp_path):
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "elsewhere"))
    assert cache_folder() == tmp_path / "elsewhere"
    monkeypatch.setenv(FOLDER_VARIABLE, "~/in-home")
    assert cache_folder() == Path.home() / "in-home"
    monkeypatch.setenv(FOLDER_VARIABLE, "")
    unset = cache_folder()
    monkeypatch.delenv(FOLDER_VARIABLE)
    assert cache_folder() == unset
    assert unset.is_absolute()
    assert "embedding-layer" in unset.parts
