import struct
from collections import Counter
from zlib import crc32

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from embedding_layer import one_hot
from embedding_layer.chapters.chapter_02 import exercises as check

EXERCISES = [check.row_from_bytes, check.sum_of_rows, check.move_rows, check.encode_with_buckets]


@pytest.fixture
def verdict(capsys):
    def read(exercise, answer):
        exercise(answer)
        return capsys.readouterr().out

    return read


def placeholder(*_): ...


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda e: e.__name__)
def test_the_placeholder_is_not_solved_yet(exercise, verdict):
    assert verdict(exercise, placeholder) == (
        f"{exercise.__name__}: not solved yet. Replace the dots in the cell above, then run it again.\n"
    )


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda e: e.__name__)
def test_an_answer_that_returns_nothing_is_wrong(exercise, verdict):
    said = verdict(exercise, lambda *_: print(end=""))
    assert "solved." not in said.replace("not solved", "")
    assert "not yet." in said or "your code raised" in said


# --- row_from_bytes --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "answer",
    [
        lambda b, row, dim: np.frombuffer(b, np.float32, count=dim, offset=row * dim * 4),
        lambda b, row, dim: np.frombuffer(b[row * dim * 4 : (row + 1) * dim * 4], np.float32),
        lambda b, row, dim: np.frombuffer(memoryview(b)[row * dim * 4 :][: dim * 4], "<f4"),
        lambda b, row, dim: np.ndarray((dim,), np.float32, b, row * dim * 4),
        lambda b, row, dim: struct.unpack_from(f"{dim}f", b, row * dim * 4),
        lambda b, row, dim: [struct.unpack_from("f", b, 4 * (row * dim + k))[0] for k in range(dim)],
    ],
)
def test_a_row_read_by_its_address_is_right(answer, verdict):
    assert verdict(check.row_from_bytes, answer).startswith(
        "row_from_bytes: solved. Of the 60 bytes you read 12."
    )


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (lambda b, row, dim: b[row * dim * 4 : (row + 1) * dim * 4], "These are the bytes themselves"),
        (lambda b, row, dim: np.frombuffer(b, np.float32).reshape(-1, dim), "That is the whole table"),
        (lambda b, row, dim: np.frombuffer(b, np.float32, offset=row * dim * 4), "pass count=embedding_dim"),
        (
            lambda b, row, dim: np.frombuffer(b, np.float32, dim, row * 4),
            "every row before it has embedding_dim",
        ),
        (
            lambda b, row, dim: np.frombuffer(b, np.float32, dim, row * dim),
            "The offset counts bytes, not numbers",
        ),
        (lambda b, row, dim: np.frombuffer(b, count=dim, offset=row * dim * 4), "You read float64"),
        (
            lambda b, row, dim: np.frombuffer(b, np.float32, dim),
            "Row 2 of the table is [0.875, 1.0, 1.125], you",
        ),
        (lambda b, row, dim: np.frombuffer(b, np.float32, dim, row * dim * 8), "You are twice as far"),
        (
            lambda b, row, dim: np.frombuffer(b, np.float32, dim, row * dim * 40),
            "your code raised ValueError",
        ),
        (
            lambda b, row, dim: np.frombuffer(b, np.float32, 3, row * 12),
            "right for rows of 3 numbers, but row 3 of a table with embedding_dim=8",
        ),
        (
            lambda b, row, dim: np.frombuffer(b, np.float32).reshape(-1, dim)[row],
            "you read the whole buffer to get them",
        ),
        (
            lambda b, row, dim: np.frombuffer(b, np.float32, count=len(b) // 4)[row * dim :][:dim],
            "you read the whole buffer to get them",
        ),
        (
            lambda b, row, dim: np.frombuffer(b, np.float32).reshape(-1, dim)[row].copy(),
            "If the file's last row is cut off, it fails",
        ),
        (
            lambda b, row, dim: memoryview(b).cast("f")[row * dim : (row + 1) * dim],
            "If the file's last row is cut off, it fails",
        ),
        (
            lambda b, row, dim: np.frombuffer(b[row * dim * 4 :], np.float32, dim),
            "you read the whole buffer to get them",
        ),
        (
            lambda b, row, dim: struct.unpack(f"{len(b) // 4}f", b[: len(b) // 4 * 4])[row * dim :][:dim],
            "you read the whole buffer to get them",
        ),
    ],
)
def test_a_wrong_address_is_explained(answer, message, verdict):
    said = verdict(check.row_from_bytes, answer)
    assert message in said
    assert "solved" not in said


# --- sum_of_rows -----------------------------------------------------------------------------------------


def added_in_a_loop(weight, ids):
    total = np.zeros(weight.shape[1])
    for index in ids:
        total += weight[index]
    return total


def counted_first(weight, ids):
    words, counts = np.unique(ids, return_counts=True)
    return counts @ weight[words]


def in_pytorch(weight, ids):
    return F.embedding(torch.from_numpy(ids), torch.from_numpy(weight)).sum(dim=0)


@pytest.mark.parametrize(
    "answer",
    [
        lambda weight, ids: weight[ids].sum(axis=0),
        lambda weight, ids: weight.take(ids, axis=0).sum(axis=0).tolist(),
        added_in_a_loop,
        counted_first,
        in_pytorch,
    ],
)
def test_a_sum_of_looked_up_rows_is_right(answer, verdict):
    assert verdict(check.sum_of_rows, answer).startswith("sum_of_rows: solved. The counts are a bag of words")


def counted_over_the_vocabulary(weight, ids):
    counts = np.bincount(ids, minlength=len(weight))
    used = counts > 0
    return counts[used] @ weight[used]


def counted_in_pytorch(weight, ids):
    counts = torch.bincount(torch.from_numpy(ids), minlength=len(weight))
    used = counts.nonzero().squeeze(1)
    return counts[used].double() @ torch.from_numpy(weight)[used]


def through_all_rows(weight, ids):
    counts = Counter(ids.tolist())
    total = np.zeros(weight.shape[1])
    for index in range(len(weight)):
        if index in counts:
            total += counts[index] * weight[index]
    return total


def without_nan(weight, ids):
    return np.bincount(ids, minlength=len(weight)) @ np.nan_to_num(weight)


def into_the_table(weight, ids):
    weight[0] = weight[ids].sum(axis=0)
    return weight[0].copy()


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (counted_over_the_vocabulary, "you count over the whole vocabulary"),
        (counted_in_pytorch, "you count over the whole vocabulary"),
        (without_nan, "or copy the table"),
        (through_all_rows, "you go through all rows"),
        (into_the_table, "You changed the table"),
        (lambda weight, ids: weight[ids].sum(axis=0, keepdims=True), "a table of one row, shape (1, 3)"),
        (lambda weight, ids: weight[np.unique(ids)].sum(axis=0), "you added each row once"),
        (lambda weight, ids: weight[np.isin(np.arange(8), ids)].sum(axis=0), "you added each row once"),
        (lambda weight, ids: weight[ids].mean(axis=0), "That is the mean"),
        (lambda weight, ids: weight[ids], "You return 5 rows, one a word"),
        (lambda weight, ids: weight[ids].sum(axis=1), "the sum goes along axis 0"),
        (lambda weight, ids: weight[ids].sum(), "the sum goes along axis 0"),
        (lambda weight, ids: weight[ids].max(axis=0), "The product gives ["),
        (lambda weight, ids: np.bincount(ids, minlength=len(weight)) @ weight, "your answer is nan"),
        (lambda weight, ids: (one_hot(ids, len(weight)) @ weight).sum(axis=0), "your answer is nan"),
        (lambda weight, ids: sum(weight[i] for i in ids), "A text without words has the sum [0.0, 0.0, 0.0]"),
    ],
)
def test_a_wrong_sum_is_explained(answer, message, verdict):
    said = verdict(check.sum_of_rows, answer)
    assert message in said
    assert "solved" not in said


# --- move_rows -------------------------------------------------------------------------------------------


def moved(weight, old, new):
    table = np.zeros((len(new), weight.shape[1]), dtype=weight.dtype)
    for token in new:
        if token in old:
            table[new[token]] = weight[old[token]]
    return table


def moved_at_once(weight, old, new):
    known = [token for token in old if token in new]
    table = np.zeros((len(new), weight.shape[1]), dtype=weight.dtype)
    table[new.encode(known)] = weight[old.encode(known)]
    return table


def asked_the_old_for_new_words(weight, old, new):
    return weight[old.encode(list(new))]


def kept_the_places(weight, old, new):
    return np.vstack([weight, np.zeros((len(new) - len(old), weight.shape[1]), dtype=weight.dtype)])


def wrong_way_round(weight, old, new):
    table = np.zeros((len(new), weight.shape[1]), dtype=weight.dtype)
    for token in old:
        if token in new:
            table[old[token]] = weight[min(new[token], len(old) - 1)]
    return table


def in_place(weight, old, new):
    table = moved(weight, old, new)
    weight[:] = 0
    return table


def forgot_the_special_tokens(weight, old, new):
    table = moved(weight, old, new)
    table[:2] = 0
    return table


def over_the_unknown(weight, old, new):
    table = np.zeros((len(new), weight.shape[1]), dtype=weight.dtype)
    for token in old:
        table[new[token]] = weight[old[token]]
    return table


def of_two_columns(weight, old, new):
    return moved(weight[:, :2], old, new)


def by_stacking(weight, old, new):
    nothing = np.zeros_like(weight[0])
    return np.stack([weight[old[token]] if token in old else nothing for token in new])


def with_a_row_of_zeros(weight, old, new):
    longer = np.vstack([weight, np.zeros_like(weight[:1])])
    rows = dict(zip(old, range(len(old)), strict=True))
    return longer[[rows.get(token, -1) for token in new]]


@pytest.mark.parametrize("answer", [moved, moved_at_once, by_stacking, with_a_row_of_zeros])
def test_a_table_whose_rows_moved_with_their_words_is_right(answer, verdict):
    said = verdict(check.move_rows, answer)
    assert said == "move_rows: solved. 6 rows moved with their words, 3 are new.\n"


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (over_the_unknown, "you wrote their rows over its row. Ask `token in new` first"),
        (of_two_columns, "a table with D = 3 for 4 tokens needs the shape (4, 3), yours has (4, 2)"),
        (asked_the_old_for_new_words, "got the row of <unk>"),
        (kept_the_places, "The rows are still in their old places"),
        (wrong_way_round, "should have its old row"),
        (in_place, "You changed the old table"),
        (forgot_the_special_tokens, "'<pad>' should have its old row, [1.0, 2.0], but has [0.0, 0.0]"),
        (lambda weight, old, new: moved(weight, old, new) + 0.5, "'<pad>' should have its old row"),
        (lambda weight, old, new: weight, "has 6 rows like the old one, but the new vocabulary has 9 tokens"),
        (
            lambda weight, old, new: moved(weight, old, new).T,
            "shape (len(new), D) = (9, 2), yours has (2, 9)",
        ),
        (lambda weight, old, new: moved(weight.astype(float), old, new), "yours is float64: pass dtype"),
        (
            lambda weight, old, new: np.where(moved(weight, old, new) == 0, 0.1, moved(weight, old, new)),
            "'zebra' should have zeros, for it is new",
        ),
    ],
)
def test_a_wrong_table_is_explained(answer, message, verdict):
    said = verdict(check.move_rows, answer)
    assert message in said
    assert "solved" not in said


# --- encode_with_buckets ---------------------------------------------------------------------------------


def bucketed(tokens, vocabulary, buckets):
    first = len(vocabulary)
    return [vocabulary[t] if t in vocabulary else first + crc32(t.encode()) % buckets for t in tokens]


def by_hash(tokens, vocabulary, buckets):
    first = len(vocabulary)
    return [vocabulary[t] if t in vocabulary else first + hash(t) % buckets for t in tokens]


def from_zero(tokens, vocabulary, buckets):
    return [vocabulary[t] if t in vocabulary else crc32(t.encode()) % buckets for t in tokens]


def everything(tokens, vocabulary, buckets):
    return [len(vocabulary) + crc32(t.encode()) % buckets for t in tokens]


def without_modulo(tokens, vocabulary, buckets):
    return [vocabulary[t] if t in vocabulary else len(vocabulary) + crc32(t.encode()) for t in tokens]


def always_a_thousand(tokens, vocabulary, buckets):
    return bucketed(tokens, vocabulary, 1000)


@pytest.mark.parametrize(
    "answer",
    [
        bucketed,
        lambda *a: np.array(bucketed(*a)),
        lambda *a: iter(bucketed(*a)),
        lambda *a: torch.tensor(bucketed(*a)),
    ],
)
def test_ids_by_checksum_behind_the_vocabulary_are_right(answer, verdict):
    said = verdict(check.encode_with_buckets, answer)
    assert said == (
        "encode_with_buckets: solved. The table now needs 5 + 1000 rows, and no word is ever refused.\n"
    )


def behind_five_rows(tokens, vocabulary, buckets):
    return [vocabulary[t] if t in vocabulary else 5 + crc32(t.encode()) % buckets for t in tokens]


def one_after_the_other(tokens, vocabulary, buckets):
    unknown = list(dict.fromkeys(t for t in tokens if t not in vocabulary))
    first = len(vocabulary)
    return [vocabulary[t] if t in vocabulary else first + unknown.index(t) % buckets for t in tokens]


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (behind_five_rows, "right for a vocabulary of 5 tokens, not for one of 11"),
        (one_after_the_other, "The ids are in range but are not those of crc32"),
        (lambda tokens, vocabulary, buckets: vocabulary.encode(tokens), "still share the id of <unk>"),
        (by_hash, "Python's own hash() of a string is another one at every start"),
        (from_zero, "The buckets start at 0, on the rows of known words"),
        (everything, "'the' is known and keeps its id 2"),
        (without_modulo, "With 1000 buckets an unknown word needs an id from 5 to 1004"),
        (always_a_thousand, "With one bucket all unknown words must share its id"),
        (lambda *a: bucketed(*a)[:-1], "There are 7 tokens but you return 6 ids"),
    ],
)
def test_wrong_buckets_are_explained(answer, message, verdict):
    said = verdict(check.encode_with_buckets, answer)
    assert message in said
    assert "solved" not in said
