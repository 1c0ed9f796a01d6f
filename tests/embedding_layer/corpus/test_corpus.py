from __future__ import annotations

import gc
import json
import re
from collections import Counter
from importlib import metadata
from pathlib import Path

import pytest

from embedding_layer.corpus import LIBRARIES, Corpus, Paragraph, load_corpus, tokenize

# --- small libraries -------------------------------------------------------------------------------------


@pytest.fixture
def two_libraries(install) -> Corpus:
    install(
        "tablelib",
        {
            "b.py": '"""This is in file B."""',
            "a.py": '"""This is in both libraries.\n\nThis is in FILE `a`."""\nx = 1\n"this is IN file A"',
        },
        version="1.0+cpu",
    )
    install(
        "rowlib", {"sub/c.py": '"""This is: in both libraries!\n\nThis is in rows only."""'}, version="2.0"
    )
    return load_corpus(("tablelib", "rowlib"))


def test_paragraphs_come_in_order_and_each_text_once(two_libraries: Corpus):
    assert [(it.library, it.file, it.text) for it in two_libraries] == [
        ("tablelib", "a.py", "This is in both libraries."),
        ("tablelib", "a.py", "This is in FILE a."),
        ("tablelib", "b.py", "This is in file B."),
        ("rowlib", "sub/c.py", "This is in rows only."),
    ]


def test_the_order_of_the_libraries_is_kept(two_libraries: Corpus):
    turned = load_corpus(("rowlib", "tablelib"))
    assert [it.library for it in turned] == ["rowlib", "rowlib", "tablelib", "tablelib"]
    assert list(turned.versions) == ["rowlib", "tablelib"]


def test_a_corpus_is_a_sequence_of_paragraphs(two_libraries: Corpus):
    assert len(two_libraries) == 4
    assert two_libraries[0] == Paragraph(
        "tablelib", "a.py", "This is in both libraries.", ("this", "is", "in", "both", "libraries")
    )
    assert two_libraries[-1].file == "sub/c.py"
    assert two_libraries[1:3] == two_libraries.paragraphs[1:3]
    assert two_libraries[2] in two_libraries
    with pytest.raises(IndexError):
        two_libraries[4]


def test_tokens_of_all_paragraphs_in_order(two_libraries: Corpus):
    text = "This is in both libraries. This is in FILE a. This is in file B. This is in rows only."
    assert list(two_libraries.tokens()) == tokenize(text)
    assert two_libraries.n_tokens == 20


def test_versions_leave_build_labels_out(two_libraries: Corpus):
    assert two_libraries.versions == {"tablelib": "1.0", "rowlib": "2.0"}
    assert repr(two_libraries) == "Corpus(4 paragraphs, 20 tokens: tablelib 1.0, rowlib 2.0)"


def test_paragraphs_cannot_be_changed(two_libraries: Corpus):
    with pytest.raises(AttributeError):
        two_libraries[0].text = "another"
    with pytest.raises(AttributeError):
        two_libraries.paragraphs = ()


def test_a_library_without_text_gives_an_empty_corpus(install):
    install("emptylib", {})
    corpus = load_corpus(("emptylib",))
    assert (len(corpus), corpus.n_tokens, list(corpus.tokens())) == (0, 0, [])


@pytest.mark.parametrize(
    ("libraries", "error", "message"),
    [
        ("numpy", TypeError, r"write \('numpy',\)"),
        ((), ValueError, "at least one"),
        (("numpy", "numpy"), ValueError, "each counts once"),
        (("numpy", "nosuchlibrary"), ModuleNotFoundError, "pip install nosuchlibrary"),
    ],
)
def test_what_is_no_choice_of_libraries_is_refused(libraries, error, message, cache_folder):
    with pytest.raises(error, match=message):
        load_corpus(libraries)
    assert not cache_folder.exists()


@pytest.mark.parametrize("enabled", [True, False])
def test_the_garbage_collector_is_left_as_it_was(two_libraries: Corpus, enabled: bool):
    try:
        if not enabled:
            gc.disable()
        load_corpus(("tablelib",))
        assert gc.isenabled() is enabled
    finally:
        gc.enable()


# --- the book's libraries --------------------------------------------------------------------------------

REPORT = """
import hashlib, json, sys, time
import torch
from embedding_layer.corpus import load_corpus
libraries = sys.argv[1].split(",")
start = time.perf_counter()
corpus = load_corpus(libraries, cache=sys.argv[2] == "cached")
seconds = time.perf_counter() - start
digests = {name: hashlib.sha256() for name in libraries}
for it in corpus:
    digests[it.library].update(repr((it.file, it.text, it.tokens)).encode())
print(json.dumps([seconds, {name: digest.hexdigest() for name, digest in digests.items()}]))
"""


@pytest.fixture(scope="module")
def book_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("book-cache")


@pytest.fixture(scope="module")
def cold(book_cache: Path, run_python) -> tuple[float, dict[str, str]]:
    """Extract the book's corpus in a fresh process: the seconds, and a digest for each library."""
    environment = {"EMBEDDING_LAYER_CACHE": str(book_cache), "PYTHONHASHSEED": "1"}
    return json.loads(run_python(REPORT, ",".join(LIBRARIES), "cached", **environment))


@pytest.fixture
def book(cold: tuple, book_cache: Path, monkeypatch: pytest.MonkeyPatch) -> Corpus:
    monkeypatch.setenv("EMBEDDING_LAYER_CACHE", str(book_cache))
    return load_corpus()


def test_a_second_process_loads_the_same_from_the_cache_and_far_faster(cold, book_cache: Path, run_python):
    environment = {"EMBEDDING_LAYER_CACHE": str(book_cache), "PYTHONHASHSEED": "2"}
    seconds, digests = json.loads(run_python(REPORT, ",".join(LIBRARIES), "cached", **environment))
    assert digests == cold[1]
    assert seconds < cold[0] / 4


def test_another_process_in_other_circumstances_extracts_the_same(cold, tmp_path: Path, run_python):
    circumstances = {"PYTHONHASHSEED": "3", "PYTHONOPTIMIZE": "2", "LC_ALL": "C", "TZ": "Asia/Tokyo"}
    code = "import numpy, matplotlib\n" + REPORT  # what was imported before does not matter either
    _, digests = json.loads(run_python(code, "numpy", "uncached", cwd=tmp_path, **circumstances))
    assert digests["numpy"] == cold[1]["numpy"]
    assert not list(tmp_path.iterdir())


def test_the_book_has_a_corpus_of_the_size_it_counts_on(book: Corpus):
    assert book.versions == {name: metadata.version(name).partition("+")[0] for name in LIBRARIES}
    assert 800_000 < book.n_tokens < 1_200_000
    counts = Counter(book.tokens())
    assert 6_500 < sum(count >= 5 for count in counts.values()) < 9_500
    for name, count in Counter(it.library for it in book).items():
        assert count > 5_000, name
    for word in ("zeros", "zeros_like", "ones", "ones_like", "rows", "columns", "left", "right", "embedding"):
        assert counts[word] >= 5, word


def test_every_paragraph_of_the_book_is_clean(book: Corpus):
    seen = set()
    for it in book:
        assert it.tokens == tuple(tokenize(it.text))
        assert len(it.tokens) >= 4
        assert it.text == " ".join(it.text.split())
        assert ">>>" not in it.text
        assert not it.file.startswith("/")
        assert it.tokens not in seen
        seen.add(it.tokens)
    marked = [it for it in book if re.search(r"``|:\w+:`|\\frac|https?://\w|^\.\. |-----", it.text)]
    assert len(marked) < len(book) / 500


def test_equal_tokens_share_one_string(book: Corpus):
    assert len({id(token) for token in book.tokens()}) == len(set(book.tokens()))


def test_documentation_of_compiled_code_is_there(book: Corpus):
    texts = {it.text: it for it in book}
    assert texts["Add arguments element-wise."].file == "_core/_multiarray_umath"  # a ufunc, at run time
    assert (
        texts["Computes the absolute value of each element in input."].file == "_torch_docs.py"
    )  # by a call
    assert any(it.file == "random/_generator" for it in book)


def test_tests_and_bundled_projects_are_not_there(book: Corpus):
    folders = {folder for it in book for folder in it.file.split("/")[:-1]}
    assert not folders & {"tests", "testing", "_vendor", "distutils"}
