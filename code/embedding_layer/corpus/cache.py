"""Extracted documentation on disk, so that it is read from source once.

A file holds one library in one version. It starts with the SHA-256 of the rest, which is compressed JSON: any
damaged byte shows, and reading runs no code, as unpickling would. Without a cache that can be used everything
works, only slower. That is logged, not warned of: a warning would be an output of every notebook that reads.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import tempfile
import zlib
from functools import cache
from pathlib import Path

from embedding_layer.corpus.extract import Documents
from embedding_layer.corpus.sources import Library
from embedding_layer.files import FOLDER_VARIABLE, cache_folder

FORMAT = 1
"""The version of the files' layout."""

RULES = ("blocks.py", "clean.py", "extract.py", "sources.py", "tokens.py")
"""The modules that decide what is extracted: where one of them changes, the cache is built again."""

_LOG = logging.getLogger(__name__)
_DIGEST_SIZE = hashlib.sha256().digest_size


def path_of(library: Library) -> Path:
    """Return where a library's documentation is kept: the name tells its version and the rules'."""
    return cache_folder() / f"{library.name}-{library.version}-{_rules()}.corpus"


@cache
def _rules() -> str:
    here = Path(__file__).parent
    text = "".join((here / name).read_text(encoding="utf-8") for name in RULES)
    return f"{FORMAT}-{hashlib.sha256(text.encode()).hexdigest()[:12]}"


def load(library: Library) -> Documents | None:
    """Return a library's documentation, or None where it has to be read from source.

    A damaged file is logged and counts as none.
    """
    path = path_of(library)
    try:
        content = path.read_bytes()
    except OSError:
        return None
    digest, body = content[:_DIGEST_SIZE], content[_DIGEST_SIZE:]
    if hashlib.sha256(body).digest() != digest:
        _LOG.info("the corpus cache %s is damaged and is built again", path)
        return None
    return [(name, texts) for name, texts in json.loads(zlib.decompress(body))]


def save(library: Library, documents: Documents) -> None:
    """Keep a library's documentation for the next time.

    The file is written under another name in the same folder and then renamed, so that a process that reads
    meanwhile sees the old file or the new one, and of several that write the last one stays. A folder that
    cannot be written is logged.
    """
    path = path_of(library)
    body = zlib.compress(json.dumps(documents, separators=(",", ":")).encode())
    try:
        _write_at_once(path, hashlib.sha256(body).digest() + body)
    except OSError as error:
        _LOG.info(
            "the corpus cannot be cached in %s (%s), so it is read from source every time; "
            "set %s to a folder that you can write",
            path.parent,
            error.strerror or error,
            FOLDER_VARIABLE,
        )


def _write_at_once(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".part", delete=False) as file:
        temporary = Path(file.name)
    try:
        temporary.write_bytes(content)
        os.replace(temporary, path)
    except OSError:
        temporary.unlink(missing_ok=True)
        # Windows refuses to replace a file that another process is reading: then that process has a good one
        if not (os.name == "nt" and path.exists()):
            raise
