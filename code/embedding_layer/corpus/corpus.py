"""The corpus of the book: the documentation inside the libraries that it is built on."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import overload

from embedding_layer.corpus import cache as store
from embedding_layer.corpus.extract import Documents, extract
from embedding_layer.corpus.sources import Library, locate
from embedding_layer.corpus.tokens import tokenize

LIBRARIES = ("numpy", "torch", "matplotlib")


@dataclass(frozen=True, slots=True)
class Paragraph:
    """One paragraph of documentation.

    Attributes
    ----------
    library : str
        The library it comes from, by the name that one imports.
    file : str
        The file it stands in, relative to the library's folder, with `/` on every system. Documentation of
        compiled code has the module's path without an ending, such as `random/mtrand`.
    text : str
        The paragraph on one line, free of markup, in its original case.
    tokens : tuple of str
        What `tokenize(text)` gives.
    """

    library: str
    file: str
    text: str
    tokens: tuple[str, ...]


@dataclass(frozen=True, repr=False)
class Corpus(Sequence[Paragraph]):
    """The paragraphs of some libraries, in the order of the libraries, their files and the text.

    Attributes
    ----------
    paragraphs : tuple of Paragraph
    versions : dict of str to str
        The version of each library. A build label is left out: torch 2.13.0+cpu and 2.13.0+cu130 hold the
        same text.
    """

    paragraphs: tuple[Paragraph, ...]
    versions: dict[str, str]

    def __len__(self) -> int:
        return len(self.paragraphs)

    def __iter__(self) -> Iterator[Paragraph]:
        return iter(self.paragraphs)

    @overload
    def __getitem__(self, index: int) -> Paragraph: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Paragraph, ...]: ...
    def __getitem__(self, index):
        return self.paragraphs[index]

    def tokens(self) -> Iterator[str]:
        """Iterate over all tokens in order, without marks between paragraphs."""
        return chain.from_iterable(paragraph.tokens for paragraph in self.paragraphs)

    @cached_property
    def n_tokens(self) -> int:
        """The number of tokens in all paragraphs together."""
        return sum(len(paragraph.tokens) for paragraph in self.paragraphs)

    def __repr__(self) -> str:
        libraries = ", ".join(f"{name} {version}" for name, version in self.versions.items())
        return f"Corpus({len(self):,} paragraphs, {self.n_tokens:,} tokens: {libraries})"


def load_corpus(libraries: Sequence[str] = LIBRARIES, *, cache: bool = True) -> Corpus:
    """Read the documentation of installed libraries as paragraphs of prose.

    The first time it is extracted from the libraries' source, which takes some seconds in two processes. Then
    it is kept, one file per library and version, in the user's cache folder, or in the folder that the
    environment variable `EMBEDDING_LAYER_CACHE` names.

    The same versions give the same paragraphs in the same order on every machine. Tests and bundled copies of
    other projects are left out. A paragraph whose tokens came before, in the same library or in one named
    earlier, is left out too.

    Parameters
    ----------
    libraries : sequence of str
        Installed libraries, by the names that one imports: ``("numpy", "scipy", "sklearn")``.
    cache : bool
        Whether to use the cache folder, for reading and for writing.

    Returns
    -------
    Corpus

    Raises
    ------
    ModuleNotFoundError
        If a library is not installed.
    TypeError
        If `libraries` is one string.
    ValueError
        If `libraries` is empty or names a library twice.
    """
    if isinstance(libraries, str):
        raise TypeError(f"libraries={libraries!r} is one string: write ({libraries!r},) for one library")
    names = tuple(libraries)
    if not names or len(set(names)) < len(names):
        raise ValueError(f"libraries={names!r}, but at least one is needed and each counts once")
    found = [locate(name) for name in names]
    documents: dict[Library, Documents | None] = {}
    for library in found:
        documents[library] = store.load(library) if cache else None
    missing = [library for library in found if documents[library] is None]
    for library, extracted in zip(missing, extract(missing), strict=True):
        documents[library] = extracted
        if cache:
            store.save(library, extracted)
    versions = {library.name: library.version.partition("+")[0] for library in found}
    with _collector_paused():
        return Corpus(tuple(_merged(documents)), versions)


def _merged(documents: dict[Library, Documents]) -> Iterator[Paragraph]:
    """Yield the paragraphs of all libraries, each text once; equal tokens share one string in memory."""
    seen: set[tuple[str, ...]] = set()
    known: dict[str, str] = {}
    for library, files in documents.items():
        for file, texts in files:
            for text in texts:
                tokens = tokenize(text)
                tokens = tuple(map(known.setdefault, tokens, tokens))
                if tokens not in seen:
                    seen.add(tokens)
                    yield Paragraph(library.name, file, text, tokens)


@contextmanager
def _collector_paused() -> Iterator[None]:
    """Pause the garbage collector: it would go through all objects again and again while many are made."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
