"""From installed libraries to paragraphs, in several processes at once.

Each process is started by `subprocess`, reads one batch of files and needs the standard library only. Other
than with `multiprocessing`, nothing of the caller is forked or imported again: not its threads, not its
notebook kernel, not an unguarded `__main__`.
"""

from __future__ import annotations

import gc
import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from embedding_layer.corpus.clean import paragraphs
from embedding_layer.corpus.sources import COMPILED, Library, compiled_docstrings, docstrings, files
from embedding_layer.corpus.tokens import tokenize

PROCESSES = 2
BATCH_BYTES = 4_000_000
"""How much source a process reads: about a second's work, many times what it takes to start."""

# `embedding_layer/__init__.py` would import torch: in a worker, bare modules stand in for the packages.
_WORKER = """
import sys, types
for name, folder in zip(("embedding_layer", "embedding_layer.corpus"), sys.argv[1:]):
    sys.modules[name] = types.ModuleType(name)
    sys.modules[name].__path__ = [folder]
from embedding_layer.corpus.extract import work
work()
"""

Documents = list[tuple[str, list[str]]]
"""File names, relative to the library, each with its paragraphs."""


def extract(libraries: Sequence[Library]) -> list[Documents]:
    """Read the documentation of libraries.

    Parameters
    ----------
    libraries : sequence of Library

    Returns
    -------
    list of Documents
        For each library its files in order, without those that hold no paragraph. A paragraph whose tokens
        came before in the same library is left out.
    """
    sources = [files(library) for library in libraries]
    found = iter(_read_all([path for paths in sources for path in paths]))
    return [
        _without_repeats([(_name(library, path), next(found)) for path in paths] + _compiled(library))
        for library, paths in zip(libraries, sources, strict=True)
    ]


def _name(library: Library, path: Path) -> str:
    return path.name if path == library.root else path.relative_to(library.root).as_posix()


def _compiled(library: Library) -> Documents:
    """Read the compiled modules; the name of such a file is its path without the platform's ending."""
    return [
        (
            module.partition(".")[2].replace(".", "/"),
            [text for docstring in compiled_docstrings(module) for text in paragraphs(docstring)],
        )
        for module in COMPILED.get(library.name, ())
    ]


def _without_repeats(documents: Documents) -> Documents:
    seen: set[str] = set()
    kept: Documents = []
    for name, texts in documents:
        new = []
        for text in texts:
            words = " ".join(tokenize(text))
            if words not in seen:
                seen.add(words)
                new.append(text)
        if new:
            kept.append((name, new))
    return kept


def _read_all(paths: Sequence[Path]) -> Iterator[list[str]]:
    """Yield the paragraphs of each file, in order."""
    from embedding_layer.progress import progress  # here, because a worker does without it

    batches = list(_batches(paths))
    if len(batches) <= 1:
        yield from map(read, paths)
        return
    with ThreadPoolExecutor(PROCESSES) as pool:
        for found in progress(pool.map(_read_elsewhere, batches), "Reading documentation", len(batches)):
            yield from found


def _batches(paths: Sequence[Path]) -> Iterator[list[Path]]:
    batch: list[Path] = []
    size = 0
    for path in paths:
        batch.append(path)
        size += path.stat().st_size
        if size >= BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _read_elsewhere(paths: Sequence[Path]) -> list[list[str]]:
    """Read files in another process; in this one, where no process can be started."""
    try:
        return _ask_worker(paths)
    except (OSError, ValueError, TypeError, subprocess.SubprocessError):  # TypeError: no `sys.executable`
        return [read(path) for path in paths]


def _ask_worker(paths: Sequence[Path]) -> list[list[str]]:
    here = Path(__file__).parent
    finished = subprocess.run(
        [sys.executable, "-I", "-S", "-c", _WORKER, str(here.parent), str(here)],
        input=json.dumps([str(path) for path in paths]).encode(),
        capture_output=True,
        check=True,
        timeout=120,
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),  # Windows would open a console
    )
    found = json.loads(finished.stdout)
    if len(found) != len(paths):
        raise ValueError(f"a worker was given {len(paths)} files and read {len(found)}")
    return found


def work() -> None:
    """Answer the list of paths on standard input with the list of their paragraphs on standard output."""
    gc.disable()  # syntax trees are large and without cycles: the collector would only go through them
    paths = json.loads(sys.stdin.buffer.read())
    sys.stdout.write(json.dumps([read(Path(path)) for path in paths]))


def read(path: Path) -> list[str]:
    """Return the paragraphs of one Python file."""
    return [text for docstring in docstrings(path.read_bytes()) for text in paragraphs(docstring)]
