from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def cache_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache folder for every test: none reads or writes the user's own."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("EMBEDDING_LAYER_CACHE", str(folder))
    return folder


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """Return a function that installs a library made of a few files, as pip would, on the import path."""
    site = tmp_path / "site"
    site.mkdir()
    monkeypatch.syspath_prepend(str(site))

    def install(name: str, files: dict[str, str], version: str = "1.0") -> Path:
        for file, content in ({"__init__.py": ""} | files).items():
            path = site / name / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content, encoding="utf-8")
        for old in site.glob(f"{name}-*.dist-info/METADATA"):
            old.unlink()
            old.parent.rmdir()
        metadata = site / f"{name}-{version}.dist-info" / "METADATA"
        metadata.parent.mkdir()
        metadata.write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n", encoding="utf-8")
        return site / name

    return install


@pytest.fixture(scope="session")
def run_python() -> Callable[..., str]:
    """Return a function that runs code in a fresh interpreter, warnings as errors, and gives its output."""

    def run(code: str, *arguments: str, cwd: Path | None = None, **environment: str) -> str:
        finished = subprocess.run(
            [sys.executable, "-W", "error", "-c", code, *arguments],
            env=os.environ | environment,
            cwd=cwd,
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert (finished.returncode, finished.stderr) == (0, "")
        return finished.stdout

    return run
