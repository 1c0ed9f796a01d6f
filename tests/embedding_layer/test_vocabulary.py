from __future__ import annotations

import json
import os
import stat
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from embedding_layer import Vocabulary

SPECIALS = ("<pad>", "<unk>")
TEXT = ["the", "cat", "sat", "on", "the", "mat", "and", "the", "dog", "sat", "too"]

# No lone surrogates: no UTF-8 file can hold them.
words = st.text(st.characters(exclude_categories=["Cs"]), max_size=6).filter(lambda w: w not in SPECIALS)
texts = st.lists(words, min_size=1, max_size=40)


# --- building --------------------------------------------------------------------------------------------


def test_the_most_frequent_token_comes_first_and_equal_counts_are_ordered_by_token():
    vocabulary = Vocabulary.build(TEXT)
    assert list(vocabulary) == ["<pad>", "<unk>", "the", "sat", "and", "cat", "dog", "mat", "on", "too"]
    assert len(vocabulary) == 10


def test_tokens_below_min_count_become_unknown():
    vocabulary = Vocabulary.build(TEXT, min_count=2)
    assert list(vocabulary) == ["<pad>", "<unk>", "the", "sat"]
    assert vocabulary["cat"] == vocabulary.unk_id == 1
    assert "cat" not in vocabulary
    assert "the" in vocabulary


def test_max_size_counts_the_special_tokens():
    vocabulary = Vocabulary.build(TEXT, max_size=3)
    assert list(vocabulary) == ["<pad>", "<unk>", "the"]
    assert len(Vocabulary.build(TEXT, max_size=100)) == 10


def test_a_special_token_in_the_text_is_not_numbered_twice():
    vocabulary = Vocabulary.build(["<pad>", "a", "<unk>", "<pad>", "a"])
    assert list(vocabulary) == ["<pad>", "<unk>", "a"]


def test_other_specials_and_none_at_all():
    chosen = Vocabulary.build(["b", "a"], specials=["<s>", "?"], unk="?", pad=None)
    assert list(chosen) == ["<s>", "?", "a", "b"]
    assert chosen.encode(["zebra", "<s>"]) == [1, 0]
    assert chosen.pad_id is None
    bare = Vocabulary.build(["b", "a"], specials=(), unk=None, pad=None)
    assert list(bare) == ["a", "b"]
    assert bare.unk_id is None


def test_specials_may_be_any_iterable():
    vocabulary = Vocabulary.build(["a"], specials=iter(SPECIALS), max_size=3)
    assert list(vocabulary) == ["<pad>", "<unk>", "a"]


@given(texts, st.integers(1, 4), st.none() | st.integers(3, 10))
def test_build_against_counting_by_hand(tokens, min_count, max_size):
    counts = Counter(tokens)
    often = sorted((t for t in counts if counts[t] >= min_count), key=lambda t: (-counts[t], t))
    expected = often if max_size is None else often[: max_size - 2]
    if not expected:
        with pytest.raises(ValueError, match="no token occurs"):
            Vocabulary.build(tokens, min_count=min_count, max_size=max_size)
        return
    vocabulary = Vocabulary.build(tokens, min_count=min_count, max_size=max_size)
    assert list(vocabulary) == [*SPECIALS, *expected]
    assert max_size is None or len(vocabulary) <= max_size


@given(texts, st.randoms(use_true_random=False))
def test_the_order_of_the_text_does_not_change_the_ids(tokens, random):
    shuffled = list(tokens)
    random.shuffle(shuffled)
    assert Vocabulary.build(shuffled) == Vocabulary.build(iter(tokens))


@pytest.mark.parametrize(
    ("arguments", "options", "error", "message"),
    [
        ([], {}, ValueError, "the token list is empty"),
        (iter(()), {}, ValueError, "an iterator that was read before is empty"),
        (["a"], {"min_count": 0}, ValueError, "min_count=0, but a token must occur at least once"),
        (["a", "b", "a"], {"min_count": 3}, ValueError, r"the commonest, 'a', occurs 2 times"),
        (["<pad>"] * 9 + ["a"], {"min_count": 3}, ValueError, r"the commonest, 'a', occurs 1 times"),
        (["<pad>", "<unk>"], {}, ValueError, "nothing but special ones"),
        (
            ["a"],
            {"max_size": 2},
            ValueError,
            "max_size=2 leaves no room beside 2 special tokens; pass at least 3",
        ),
        (["a"], {"max_size": -1}, ValueError, "max_size=-1 leaves no room"),
        ("a text", {}, TypeError, r"tokens is one string \('a text'\)"),
        (b"a text", {}, TypeError, "tokens is one string"),
        (["a", 7], {}, TypeError, r"tokens\[1\] is 7 of type int"),
        (["a", None], {}, TypeError, r"tokens\[1\] is None of type NoneType"),
        (["a"], {"specials": "<pad>"}, TypeError, "specials is one string"),
        (["a"], {"specials": ["<pad>", 0]}, TypeError, r"specials\[1\] is 0 of type int"),
        (["a"], {"specials": ["<pad>"]}, ValueError, "unk='<unk>' is not among specials"),
        (["a"], {"specials": ["<unk>"]}, ValueError, "pad='<pad>' is not among specials"),
        (["a"], {"specials": ["<pad>", "<unk>", "<pad>"]}, ValueError, "specials holds '<pad>' 2 times"),
    ],
)
def test_build_refuses(arguments, options, error, message):
    with pytest.raises(error, match=message):
        Vocabulary.build(arguments, **options)


@pytest.mark.parametrize(
    ("tokens", "options", "error", "message"),
    [
        (["a", "b", "a"], {}, ValueError, "tokens holds 'a' 2 times; every token has one id"),
        (["a", "<unk>"], {}, ValueError, "'<unk>' is given as a special token and as an ordinary one"),
        ([], {"specials": (), "unk": None, "pad": None}, ValueError, "the vocabulary would be empty"),
        (["a"], {"unk": "?"}, ValueError, r"unk='\?' is not among specials=\['<pad>', '<unk>'\]"),
        ("abc", {}, TypeError, "tokens is one string"),
        ([["a"]], {}, TypeError, r"tokens\[0\] is \['a'\] of type list"),
    ],
)
def test_the_constructor_refuses(tokens, options, error, message):
    with pytest.raises(error, match=message):
        Vocabulary(tokens, **options)


def test_special_tokens_alone_are_a_vocabulary():
    assert list(Vocabulary([])) == ["<pad>", "<unk>"]


# --- looking things up -----------------------------------------------------------------------------------


@given(texts)
def test_known_tokens_survive_encoding_and_decoding(tokens):
    vocabulary = Vocabulary.build(tokens)
    ids = vocabulary.encode(tokens)
    assert vocabulary.decode(ids) == tokens
    assert all(2 <= i < len(vocabulary) for i in ids)


@given(texts)
def test_every_id_survives_decoding_and_encoding(tokens):
    vocabulary = Vocabulary.build(tokens)
    everything = list(range(len(vocabulary)))
    assert vocabulary.encode(vocabulary.decode(everything)) == everything
    assert [vocabulary[token] for token in vocabulary] == everything


@given(texts, texts)
def test_unknown_tokens_and_only_they_get_the_unknown_id(known, other):
    vocabulary = Vocabulary.build(known)
    decoded = vocabulary.decode(vocabulary.encode(other))
    assert decoded == [token if token in set(known) else "<unk>" for token in other]


@given(texts, st.integers(0, 60))
def test_a_length_cuts_or_fills_up(tokens, length):
    vocabulary = Vocabulary.build(tokens)
    ids, whole = vocabulary.encode(tokens, length=length), vocabulary.encode(tokens)
    assert len(ids) == length
    assert ids[: len(whole)] == whole[:length]
    assert set(ids[len(whole) :]) <= {vocabulary.pad_id}


def test_encoding_nothing_gives_nothing_or_padding():
    vocabulary = Vocabulary.build(TEXT)
    assert vocabulary.encode([]) == []
    assert vocabulary.encode([], length=2) == [0, 0]
    assert vocabulary.decode([]) == []


def test_without_an_unknown_token_unknown_words_are_refused():
    vocabulary = Vocabulary.build(["a"], specials=(), unk=None, pad=None)
    with pytest.raises(KeyError, match="'zebra' is not in this vocabulary of 1 tokens and it has no unknown"):
        vocabulary["zebra"]
    with pytest.raises(KeyError, match="zebra"):
        vocabulary.encode(["a", "zebra"])


def test_without_a_padding_token_only_padding_is_refused():
    vocabulary = Vocabulary.build(["a"], specials=["<unk>"], pad=None)
    assert vocabulary.encode(["a", "a"], length=2) == [1, 1]
    assert vocabulary.encode(["a", "a"], length=1) == [1]
    with pytest.raises(ValueError, match=r"2 tokens cannot be filled up to length=3: .* no padding token"):
        vocabulary.encode(["a", "a"], length=3)


@pytest.mark.parametrize(
    ("tokens", "length", "error", "message"),
    [
        ("the cat", None, TypeError, "tokens is one string"),
        (["the", 3], None, TypeError, r"tokens\[1\] is 3 of type int"),
        (["the"], -1, ValueError, "length=-1, but a sequence cannot have fewer than 0 tokens"),
    ],
)
def test_encode_refuses(tokens, length, error, message):
    with pytest.raises(error, match=message):
        Vocabulary.build(TEXT).encode(tokens, length=length)


@pytest.mark.parametrize("index", [2, np.int64(2), np.uint8(2), np.array(2), torch.tensor(2)])
def test_any_kind_of_integer_is_an_id(index):
    assert Vocabulary.build(TEXT).token(index) == "the"


def test_arrays_and_tensors_can_be_decoded():
    vocabulary = Vocabulary.build(TEXT)
    for ids in ([2, 3], np.array([2, 3]), torch.tensor([2, 3])):
        assert vocabulary.decode(ids) == ["the", "sat"]


@pytest.mark.parametrize(
    "index", [1.0, "the", None, True, np.True_, torch.tensor(True), np.float32(1), torch.tensor(1.0), [1]]
)
def test_what_is_no_integer_is_no_id(index):
    with pytest.raises(TypeError, match="an id must be an integer, got"):
        Vocabulary.build(TEXT).token(index)


@pytest.mark.parametrize("index", [-1, 10, np.int64(-1), 2**70])
def test_an_id_outside_the_table_is_refused(index):
    with pytest.raises(IndexError, match=rf"id {index} is out of range: .* has 10 tokens, so .* from 0 to 9"):
        Vocabulary.build(TEXT).token(index)


@pytest.mark.parametrize("token", [3, None, np.int64(3), b"the"])
def test_indexing_needs_a_token(token):
    with pytest.raises(TypeError, match=r"indexed by a token \(str\), .* use vocabulary.token\(id\)"):
        Vocabulary.build(TEXT)[token]


def test_equality_and_representation():
    first = Vocabulary(["a", "b"])
    assert first == Vocabulary(["a", "b"])
    assert first != Vocabulary(["b", "a"])
    assert first != Vocabulary(["<unk>", "a", "b"], specials=["<pad>"], unk=None)
    assert first != Vocabulary(["a", "b"], unk=None)
    assert first != Vocabulary(["a", "b"], pad=None)
    assert first != ["<pad>", "<unk>", "a", "b"]
    assert repr(first) == "Vocabulary(4 tokens, unk='<unk>', pad='<pad>')"
    with pytest.raises(TypeError, match="unhashable"):
        hash(first)


# --- saving and loading ----------------------------------------------------------------------------------


@given(texts, st.sampled_from([SPECIALS, ("<unk>",), ()]))
def test_what_is_saved_comes_back_the_same(tmp_path_factory, tokens, specials):
    path = tmp_path_factory.mktemp("vocabulary") / "words.json"
    unk, pad = ("<unk>" if "<unk>" in specials else None), ("<pad>" if "<pad>" in specials else None)
    vocabulary = Vocabulary.build(tokens, specials=specials, unk=unk, pad=pad)
    vocabulary.save(path)
    loaded = Vocabulary.load(path)
    assert loaded == vocabulary
    assert list(loaded) == list(vocabulary)
    assert loaded.encode(tokens) == vocabulary.encode(tokens)


def test_a_file_cut_off_anywhere_is_refused_and_never_a_wrong_vocabulary(tmp_path):
    path = tmp_path / "words.json"
    vocabulary = Vocabulary(["grün", "12", "}", "日本"])
    vocabulary.save(path)
    whole = path.read_bytes()
    for size in range(len(whole)):
        path.write_bytes(whole[:size])
        with pytest.raises(ValueError, match=r"words\.json"):
            Vocabulary.load(path)
    path.write_bytes(whole)
    assert Vocabulary.load(path) == vocabulary


def test_a_file_that_loses_a_byte_anywhere_is_refused_or_shows_in_a_single_token(tmp_path):
    path = tmp_path / "words.json"
    vocabulary = Vocabulary(["cat", "dog"])
    vocabulary.save(path)
    whole = path.read_bytes()
    for position in range(len(whole)):
        path.write_bytes(whole[:position] + whole[position + 1 :])
        try:
            loaded = Vocabulary.load(path)
        except ValueError:
            continue
        assert len(loaded) == len(vocabulary)
        assert sum(a != b for a, b in zip(loaded, vocabulary, strict=True)) <= 1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"version": 2}, "is of format version 2, this library reads version 1"),
        ({"version": None}, "is of format version None"),
        ({"format": "something else"}, "holds no saved vocabulary"),
        ({"size": 5}, "says it holds 5 tokens but holds 4"),
        ({"size": None}, "says it holds None tokens"),
        ({"tokens": ["a"]}, "says it holds 4 tokens but holds 3"),
        ({"tokens": ["a", "a"]}, "is damaged: tokens holds 'a' 2 times"),
        ({"tokens": ["a", 1]}, r"is damaged: tokens\[1\] is 1 of type int"),
        ({"tokens": "ab"}, "is damaged: tokens is one string"),
        ({"tokens": None}, "is damaged"),
        ({"specials": ["<unk>", "a"]}, "is damaged: 'a' is given as a special token"),
        ({"unk": 3}, "is damaged: unk=3 is not among"),
        ({"unk": ["<unk>"]}, "is damaged: unk="),
    ],
)
def test_a_file_that_contradicts_itself_is_refused(tmp_path, change, message):
    path = tmp_path / "words.json"
    Vocabulary(["a", "b"]).save(path)
    path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8")) | change), encoding="utf-8")
    with pytest.raises(ValueError, match=message):
        Vocabulary.load(path)


@pytest.mark.parametrize("entry", ["format", "version", "size", "specials", "unk", "pad", "tokens"])
def test_a_missing_entry_is_refused(tmp_path, entry):
    path = tmp_path / "words.json"
    Vocabulary(["a", "b"]).save(path)
    content = json.loads(path.read_text(encoding="utf-8"))
    del content[entry]
    path.write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(
        ValueError, match=f"no saved vocabulary|format version None|lacks the entry '{entry}'"
    ):
        Vocabulary.load(path)


@pytest.mark.parametrize("content", [b"", b"[]", b"null", b"3", b'"text"', b"\xff\xfe\x00", b"PK\x03\x04"])
def test_other_files_are_refused(tmp_path, content):
    path = tmp_path / "words.json"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"words\.json (is not complete JSON|holds no saved vocabulary)"):
        Vocabulary.load(path)


def test_a_missing_file_is_reported_as_missing(tmp_path):
    with pytest.raises(FileNotFoundError):
        Vocabulary.load(tmp_path / "none.json")


def test_saving_replaces_the_old_file_and_leaves_nothing_else(tmp_path):
    path = tmp_path / "words.json"
    Vocabulary(["old"]).save(path)
    Vocabulary(["new"]).save(str(path))
    assert Vocabulary.load(path) == Vocabulary(["new"])
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.skipif(os.name != "posix", reason="permissions of this kind are POSIX")
def test_a_saved_file_gets_the_usual_permissions(tmp_path):
    (tmp_path / "other").write_text("")
    Vocabulary(["a"]).save(tmp_path / "words.json")
    modes = {stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("other", "words.json")}
    assert len(modes) == 1


@pytest.mark.skipif(os.name != "posix", reason="links and permissions of this kind are POSIX")
def test_a_link_stays_a_link_and_a_private_file_private(tmp_path):
    target, link = tmp_path / "private.json", tmp_path / "words.json"
    Vocabulary(["old"]).save(target)
    target.chmod(0o600)
    link.symlink_to(target)
    Vocabulary(["new"]).save(link)
    assert link.is_symlink()
    assert Vocabulary.load(target) == Vocabulary(["new"])
    assert stat.S_IMODE(target.stat().st_mode) == 0o600


def test_threads_save_to_one_path(tmp_path):
    path = tmp_path / "words.json"
    vocabularies = [Vocabulary([f"{number} {i}" for i in range(500)]) for number in range(4)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda vocabulary: vocabulary.save(path), vocabularies * 30))
    assert Vocabulary.load(path) in vocabularies
    assert list(tmp_path.iterdir()) == [path]


def test_a_write_that_fails_leaves_the_old_file_and_no_other(tmp_path, monkeypatch):
    path = tmp_path / "words.json"
    old = Vocabulary(["old"])
    old.save(path)

    def fills_the_disk(content, file, **_):
        file.write('{"format": ')
        raise OSError("no space left on device")

    monkeypatch.setattr(json, "dump", fills_the_disk)
    with pytest.raises(OSError, match="no space left"):
        Vocabulary(["new"]).save(path)
    assert list(tmp_path.iterdir()) == [path]
    assert Vocabulary.load(path) == old


def test_an_interrupted_write_leaves_the_old_file_and_no_other(tmp_path, monkeypatch):
    path = tmp_path / "words.json"
    old = Vocabulary(["old"])
    old.save(path)

    def is_interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", is_interrupted)
    with pytest.raises(KeyboardInterrupt):
        Vocabulary(["new"]).save(path)
    assert list(tmp_path.iterdir()) == [path]
    assert Vocabulary.load(path) == old


def test_a_token_that_utf8_cannot_hold_is_refused_and_leaves_the_old_file(tmp_path):
    path = tmp_path / "words.json"
    old = Vocabulary(["old"])
    old.save(path)
    with pytest.raises(ValueError, match="surrogates not allowed"):
        Vocabulary(["\ud800"]).save(path)
    assert list(tmp_path.iterdir()) == [path]
    assert Vocabulary.load(path) == old


def test_saving_into_a_missing_folder_is_refused(tmp_path):
    with pytest.raises(FileNotFoundError):
        Vocabulary(["a"]).save(tmp_path / "none" / "words.json")


def test_an_unknown_token_is_asked_about_where_its_spelling_is_near():
    stations = Vocabulary(["harbour", "zoo", "mill"], specials=(), unk=None, pad=None)
    with pytest.raises(KeyError, match=r"did you mean 'harbour'\? If not, build it with unk"):
        stations["harbor"]
    with pytest.raises(KeyError, match="no unknown token; build it with unk"):
        stations["lighthouse"]
