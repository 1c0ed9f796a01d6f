"""Replace a file as a whole: whoever reads meanwhile sees the old content or the new one, never a part."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO


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
