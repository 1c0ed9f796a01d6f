"""Where the library keeps files on disk, and how it writes them: whole or not at all."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO

from platformdirs import user_cache_dir

FOLDER_VARIABLE = "EMBEDDING_LAYER_CACHE"
"""The environment variable that moves the cache: what took time to make, the corpus and compiled kernels."""


def cache_folder() -> Path:
    """Return the cache folder: `EMBEDDING_LAYER_CACHE` if it is set, else the user's cache folder."""
    chosen = os.environ.get(FOLDER_VARIABLE)
    return Path(chosen).expanduser() if chosen else Path(user_cache_dir("embedding-layer", appauthor=False))


@contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[TextIO]:
    """Open a file to be written as UTF-8, which takes the place of `path` when all is written.

    Where the writing fails or is interrupted, the old file stays and nothing else is left. Of several that
    write at once, threads or processes, the last one stays. A symbolic link stays a link, and the file that
    it points to is replaced. A file that was there keeps its permissions.

    Parameters
    ----------
    path : str or path
        The file to be replaced, or made where there is none.

    Yields
    ------
    text file
    """
    path = Path(os.path.realpath(path))
    temporary = path.with_name(f"{path.name}.{secrets.token_hex(8)}.tmp")
    try:
        with open(temporary, "x", encoding="utf-8") as file:
            with suppress(FileNotFoundError):
                shutil.copymode(path, temporary)  # before anything is written that not everybody may read
            yield file
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
