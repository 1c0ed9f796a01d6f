"""Checks for the exercises of chapter 2: rows in memory, sums of rows, moving rows, buckets."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from embedding_layer.chapters.feedback import Misconception, exercise, require
from embedding_layer.measure import compare
from embedding_layer.measure.memory import peak_bytes
from embedding_layer.vocabulary import Vocabulary


@exercise
def row_from_bytes(answer: Callable[[bytes, int, int], NDArray]) -> str:
    """Check `row_from_bytes(buffer, row, embedding_dim)`: one float32 row out of a table's bytes."""
    weight = np.arange(1, 16, dtype=np.float32).reshape(5, 3) / 8
    buffer = weight.tobytes()
    for row in (2, 4, 0):
        got = np.asarray(answer(buffer, row, 3))
        if _same(got, weight[row]):
            continue
        numbers = weight.ravel()
        require(
            got.dtype.kind != "S",
            "These are the bytes themselves; np.frombuffer reads them as numbers.",
        )
        require(not _same(got, weight), "That is the whole table; the exercise asks for one row of it.")
        require(
            not _same(got, numbers[row * 3 :]),
            "You start at the right byte but read on to the end of the table: pass count=embedding_dim.",
        )
        require(
            not _same(got, np.frombuffer(buffer, np.float32, offset=4 * row, count=3)),
            "You step over `row` numbers, but every row before it has embedding_dim of them.",
        )
        require(
            not _same(got, np.frombuffer(buffer, np.float32, offset=3 * row, count=3)),
            "The offset counts bytes, not numbers: a float32 takes 4 bytes.",
        )
        require(
            not (row == 2 and _same(got, weight[4])),
            "You are twice as far as you should be: these numbers are float32, which takes 4 bytes, not 8.",
        )
        require(
            got.dtype != np.float64,
            "You read float64, which is what frombuffer assumes; these are float32: pass dtype=np.float32.",
        )
        require(False, f"Row {row} of the table is {weight[row].tolist()}, you returned {got.tolist()}.")
    wide = np.arange(40_000, dtype=np.float32).reshape(-1, 8)
    got = np.asarray(answer(wide.tobytes(), 3, 8))
    require(
        _same(got, wide[3]),
        f"It is right for rows of 3 numbers, but row 3 of a table with embedding_dim=8 is "
        f"{wide[3].tolist()}, you returned {got.tolist()}.",
    )
    _require_one_row(answer, wide)
    return f"Of the {len(buffer)} bytes you read 12. A table on disk can be read in the same way, row by row."


@exercise
def sum_of_rows(answer: Callable[[NDArray, NDArray], NDArray]) -> str:
    """Check `sum_of_rows(weight, ids)`: what the product of a text's word counts and the table gives."""
    weight = np.random.default_rng(0).normal(size=(8, 3)).round(2)
    ids = np.array([5, 2, 5, 5, 0])
    given, right = weight.copy(), np.bincount(ids, minlength=8) @ weight
    damaged = weight.copy()
    damaged[7] = np.nan
    got = np.asarray(answer(weight, ids), dtype=float)
    require(
        not _close(got, weight[np.unique(ids)].sum(axis=0)),
        "A word that occurs three times counts three times; you added each row once.",
    )
    require(not _close(got, right / len(ids)), "That is the mean; the product with counts gives the sum.")
    require(
        got.shape != (len(ids), 3),
        f"You return {len(ids)} rows, one a word: add them up to a single one, along axis 0.",
    )
    require(
        not _close(got, weight[ids].sum(axis=1)) and not _close(got, weight[ids].sum()),
        "You added the numbers inside the rows, too. Add row to row: the sum goes along axis 0.",
    )
    require(
        got.shape != (1, 3),
        "The numbers stand in a table of one row, shape (1, 3); asked are D numbers, shape (3,).",
    )
    require(_close(got, right), f"The product gives {right.tolist()}, you return {got.tolist()}.")
    require(
        _same(weight, given),
        "You changed the table. Read its rows; the next text needs them as they were.",
    )
    require(
        _close(answer(damaged, ids), right),
        "Right for whole tables. But with nan in a row that the text does not use, your answer is nan: you "
        "multiply unused rows by 0 instead of leaving them alone.",
    )
    empty = np.asarray(answer(weight, np.array([], dtype=np.int64)))
    require(
        _close(empty, np.zeros(3)),
        f"A text without words has the sum {[0.0] * 3}, you return {empty.tolist()}.",
    )
    _require_no_cost_of_vocabulary(answer)
    return "The counts are a bag of words, and V is not in the cost of their product any more."


@exercise
def move_rows(answer: Callable[[NDArray, Vocabulary, Vocabulary], NDArray]) -> str:
    """Check `move_rows(weight, old, new)`: the table for a new vocabulary, known words keeping their rows."""
    old = Vocabulary(["the", "cat", "sat", "dog"])
    new = Vocabulary(["dog", "zebra", "the", "sat", "on", "cat", "giraffe"])
    weight = np.arange(1, 13, dtype=np.float32).reshape(6, 2)
    given = weight.copy()
    got = np.asarray(answer(weight, old, new))
    require(_same(weight, given), "You changed the old table. Fill a new one: the old may still be in use.")
    require(
        got.shape != (6, 2),
        f"Your table has 6 rows like the old one, but the new vocabulary has {len(new)} tokens.",
    )
    require(got.shape == (9, 2), f"The table needs the shape (len(new), D) = (9, 2), yours has {got.shape}.")
    require(
        not _same(got[:6], weight),
        "The rows are still in their old places, but the words have new ids: row new[token] must hold "
        "what row old[token] held.",
    )
    unknown = weight[old["zebra"]]
    require(
        not (_same(got[new["zebra"]], unknown) and _same(got[new["giraffe"]], unknown)),
        "“zebra” and “giraffe” got the row of <unk>: old[token] gives unk_id for a word it does not know. "
        "Ask `token in old` first.",
    )
    for token in new:
        row = got[new[token]]
        expected = weight[old[token]] if token in old else np.zeros(2)
        what = "its old row" if token in old else "zeros, for it is new"
        require(
            _same(row, expected),
            f"{token!r} should have {what}, {expected.tolist()}, but has {row.tolist()}.",
        )
    require(
        got.dtype == weight.dtype,
        f"The old table is {weight.dtype}, yours is {got.dtype}: pass dtype=weight.dtype.",
    )
    moved = sum(token in old for token in new)
    fewer = Vocabulary(["cat", "dog"])
    weight = np.arange(1, 19, dtype=np.float64).reshape(6, 3)
    got = np.asarray(answer(weight.copy(), old, fewer))
    right = np.array([weight[old[token]] for token in fewer])
    require(
        got.shape == right.shape,
        f"It is right for D = 2, but a table with D = 3 for {len(fewer)} tokens needs the shape "
        f"{right.shape}, yours has {got.shape}.",
    )
    require(
        not (_same(got[2:], right[2:]) and not _same(got[fewer.unk_id], right[fewer.unk_id])),
        "“the” and “sat” are not in every new vocabulary. There new[token] is the id of <unk>, and you wrote "
        "their rows over its row. Ask `token in new` first.",
    )
    require(
        _same(got, right),
        f"It is right for one pair of vocabularies. From {old.tokens} to {fewer.tokens} the table should be "
        f"{right.tolist()}, yours is {got.tolist()}.",
    )
    return f"{moved} rows moved with their words, {len(new) - moved} are new."


@exercise
def encode_with_buckets(answer: Callable[[Sequence[str], Vocabulary, int], Sequence[int]]) -> str:
    """Check `encode_with_buckets(tokens, vocabulary, buckets)`: unknown words get ids by checksum."""
    vocabulary = Vocabulary(["the", "cat", "sat"])
    tokens = ["the", "zebra", "sat", "giraffe", "lion", "zebra", "cat"]
    buckets, size = 1000, len(vocabulary)
    got = [int(index) for index in answer(tokens, vocabulary, buckets)]
    right = _with_buckets(tokens, vocabulary, buckets)
    require(len(got) == len(tokens), f"There are {len(tokens)} tokens but you return {len(got)} ids.")
    known = [place for place, token in enumerate(tokens) if token in vocabulary]
    unknown = [place for place in range(len(tokens)) if place not in known]
    require(
        not all(got[place] == vocabulary.unk_id for place in unknown),
        "The unknown words still share the id of <unk>, which is what vocabulary[token] gives them: ask "
        "`token in vocabulary` first.",
    )
    for place in known:
        token = tokens[place]
        require(
            got[place] == vocabulary[token],
            f"{token!r} is known and keeps its id {vocabulary[token]}, you give it {got[place]}.",
        )
    require(
        any(got[place] != right[place] - size for place in unknown),
        "The buckets start at 0, on the rows of known words. They come after them: add len(vocabulary).",
    )
    require(
        all(size <= got[place] < size + buckets for place in unknown),
        f"With {buckets} buckets an unknown word needs an id from {size} to {size + buckets - 1}: "
        "len(vocabulary) + checksum % buckets.",
    )
    require(
        got == right,
        "The ids are in range but are not those of crc32. Python's own hash() of a string is another one at "
        "every start, so saved rows would go to other words: use crc32(token.encode()).",
    )
    few = [int(index) for index in answer(tokens, vocabulary, 1)]
    require(
        few == _with_buckets(tokens, vocabulary, 1), "With one bucket all unknown words must share its id."
    )
    larger = Vocabulary([*"abcdefgh", "the"])
    more = [int(index) for index in answer(tokens, larger, buckets)]
    require(
        more == _with_buckets(tokens, larger, buckets),
        f"It is right for a vocabulary of {size} tokens, not for one of {len(larger)}: the buckets start at "
        "len(vocabulary), whatever that is.",
    )
    return f"The table now needs {size} + {buckets} rows, and no word is ever refused."


def _require_one_row(answer: Callable[[bytes, int, int], NDArray], weight: NDArray) -> None:
    """Refuse an answer that reads more than the row, or makes an array of more than the row."""
    buffer, row, dim = weight.tobytes(), 2, weight.shape[1]
    too_much = (
        "The numbers are right, but you read the whole buffer to get them. It may be larger than your "
        "memory: pass count= and offset= and read one row."
    )
    base = answer(buffer, row, dim)
    while isinstance(base, np.ndarray):
        require(base.size <= dim, too_much)
        base = base.base
    require(peak_bytes(lambda: answer(buffer, row, dim)) < len(buffer) // 8, too_much)
    cut_off = buffer[:-2]  # no whole number of floats, as in a file that is still being written
    try:
        got = np.asarray(answer(cut_off, row, dim))
    except (ValueError, TypeError) as error:
        raise Misconception(f"{too_much} If the file's last row is cut off, it fails: {error}.") from error
    require(_same(got, weight[row]), too_much)


def _require_no_cost_of_vocabulary(answer: Callable[[NDArray, NDArray], NDArray]) -> None:
    """Refuse an answer whose memory or time grows with the rows that the text does not use."""
    many, few, ids = np.ones((100_000, 3)), np.ones((100, 3)), np.array([5, 2, 5, 99, 0])
    took = peak_bytes(lambda: answer(many, ids))
    require(
        took < len(many),
        f"The numbers are right, but with V = {len(many):,} your code filled {took:,} bytes on the way to "
        f"add {len(ids)} rows: you count over the whole vocabulary, or copy the table. Read the ids' rows.",
    )
    timings = compare({"many": lambda: answer(many, ids), "few": lambda: answer(few, ids)}, repeats=5)
    longer = timings.ratio("many", "few")
    require(
        longer < 20,
        f"The numbers are right, but with 1,000 times the vocabulary your code takes {longer:.0f} times as "
        "long for the same text: you go through all rows. Go through the ids.",
    )


def _with_buckets(tokens: Sequence[str], vocabulary: Vocabulary, buckets: int) -> list[int]:
    return [
        vocabulary[token] if token in vocabulary else len(vocabulary) + crc32(token.encode()) % buckets
        for token in tokens
    ]


def _same(got: NDArray, expected: NDArray) -> bool:
    return got.shape == expected.shape and bool((got == expected).all())


def _close(got: NDArray, expected: NDArray) -> bool:
    got, expected = np.asarray(got), np.asarray(expected)
    return got.shape == expected.shape and bool(np.allclose(got, expected))
