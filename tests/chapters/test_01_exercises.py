import tracemalloc
from collections import Counter

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from embedding_layer import one_hot
from embedding_layer.chapters.chapter_01 import exercises as check


@pytest.fixture
def verdict(capsys):
    def read(exercise, answer):
        exercise(answer)
        return capsys.readouterr().out

    return read


def placeholder(*_): ...


def lost_repeats(ids, vocab_size):
    counts = np.zeros(vocab_size)
    counts[ids] += 1
    return counts


def added_one_by_one(ids, vocab_size):
    counts = [0] * vocab_size
    for index in ids:
        counts[index] += 1
    return counts


def new_ids(labels):
    ids = np.empty_like(labels)
    ids[np.argsort(labels, kind="stable")] = np.arange(len(labels))
    return ids


def strings_of_digits(ids, bits):
    return np.array([list(format(i, f"0{bits}b")[::-1]) for i in ids])


def eight_bits(ids, bits):
    return np.unpackbits(
        np.asarray(ids, dtype=np.int64).astype(np.uint8)[..., None], axis=-1, bitorder="little"
    )[..., :bits]


def shifted(ids, bits):
    return (ids[..., None] >> np.arange(bits)) & 1


EXERCISES = [check.bytes_of_one_hot, check.renumber, check.bag, check.binary]


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda e: e.__name__)
def test_the_placeholder_is_not_solved_yet(exercise, verdict):
    assert "not solved yet" in verdict(exercise, placeholder)


@pytest.mark.parametrize(
    ("exercise", "answer", "adds"),
    [
        (
            check.bytes_of_one_hot,
            lambda b, t, v: 4 * b * t * v,
            "1.65 GB as one-hot vectors; as ids, 65,536 bytes",
        ),
        (check.bytes_of_one_hot, lambda b, t, v: one_hot([0], v).nbytes * b * t, "GPT-2"),
        (check.renumber, new_ids, "you needed the labels"),
        (check.renumber, lambda labels: np.argsort(np.argsort(labels, kind="stable")), "another numbering"),
        (check.renumber, lambda labels: new_ids(1 - labels).tolist(), "another numbering"),
        (check.bag, lambda ids, v: np.bincount(ids, minlength=v), "bag of words"),
        (check.bag, added_one_by_one, "bag of words"),
        (check.bag, lambda ids, v: torch.tensor(ids).bincount(minlength=v), "bag of words"),
        (check.binary, shifted, "17 numbers"),
        (check.binary, lambda ids, bits: shifted(ids, bits).astype(np.float32), "17 numbers"),
        (check.binary, lambda ids, bits: shifted(ids, bits).astype(bool).tolist(), "17 numbers"),
        (check.bytes_of_one_hot, lambda b, t, v: 4.0 * b * t * v, "GPT-2"),
        (check.renumber, lambda labels: new_ids(labels) * 1.0, "another numbering"),
    ],
)
def test_a_right_answer_is_solved(exercise, answer, adds, verdict):
    said = verdict(exercise, answer)
    assert said.startswith(f"{exercise.__name__}: solved.")
    assert adds in said


@pytest.mark.parametrize(
    ("exercise", "answer", "misconception"),
    [
        (check.bytes_of_one_hot, lambda b, t, v: b * t * v, "how many numbers"),
        (check.bytes_of_one_hot, lambda b, t, v: 32 * b * t * v, "You counted bits"),
        (check.bytes_of_one_hot, lambda b, t, v: 8 * b * t * v, "8 bytes a number"),
        (check.bytes_of_one_hot, lambda b, t, v: 4 * b * v, "one token a sequence"),
        (check.bytes_of_one_hot, lambda b, t, v: 4 * t * v, "one sequence"),
        (check.bytes_of_one_hot, lambda b, t, v: 4 * b * t, "one number a token"),
        (check.bytes_of_one_hot, lambda b, t, v: 8 * b * t, "what the ids take"),
        (check.bytes_of_one_hot, lambda b, t, v: 7, "take 120 bytes; you say 7"),
        (check.bytes_of_one_hot, lambda b, t, v: 120, "it must be 1646821376"),
        (check.bytes_of_one_hot, lambda b, t, v: 120 if v == 5 else 1646821376, "Calculate with all three"),
        (check.bytes_of_one_hot, lambda b, t, v: [4 * b * t * v], "The memory is one number"),
        (check.bytes_of_one_hot, lambda b, t, v: [].append(4 * b * t * v), "a `return` is missing"),
        (check.renumber, lambda labels: labels, "two words with one id"),
        (check.renumber, lambda labels: np.argsort(labels, kind="stable"), "the inverse of that list"),
        (check.renumber, lambda labels: np.arange(len(labels)), "A line crosses one half only once"),
        (check.renumber, lambda labels: np.arange(len(labels)) + 1, "from 0 to 4"),
        (check.renumber, lambda labels: new_ids(labels)[1:], "yours have the shape (4,)"),
        (check.renumber, lambda labels: dict(enumerate(new_ids(labels))), "You return a dictionary"),
        (check.renumber, lambda labels: np.arange(len(labels)) * 1.0, "A line crosses one half only once"),
        (check.bag, lost_repeats, "the last write wins"),
        (check.bag, lambda ids, v: one_hot(ids, v).max(axis=0), "Repeated words are lost"),
        (check.bag, lambda ids, v: one_hot(ids, v).sum(axis=-1), "every word of the vocabulary"),
        (check.bag, lambda ids, v: one_hot(ids, v).mean(axis=0), "You took the mean"),
        (check.bag, lambda ids, v: one_hot(ids, v).sum(axis=0), "it made the one-hot vectors"),
        (check.bag, lambda ids, v: one_hot(ids, v, bool).sum(axis=0), "it made the one-hot vectors"),
        (check.bag, lambda ids, v: np.bincount(ids), "must have vocab_size = 6 numbers"),
        (check.bag, lambda ids, v: np.zeros(v), "the sum is [0.0, 2.0, 0.0, 3.0, 0.0, 0.0]"),
        (check.bag, lambda ids, v: torch.eye(v)[ids].sum(0), "it made the one-hot vectors"),
        (check.bag, lambda ids, v: F.one_hot(torch.tensor(ids), v).sum(0), "it made the one-hot vectors"),
        (check.bag, lambda ids, v: Counter(ids.tolist()), "the zeros, too"),
        (check.bag, lambda ids, v: np.zeros(2), "must have the shape (6,)"),
        (
            check.bag,
            lambda ids, v: np.bincount(ids, minlength=v) if len(ids) else np.ones(v),
            "A text without words",
        ),
        (check.binary, lambda ids, bits: shifted(ids, bits)[..., ::-1], "in the other direction"),
        (check.binary, strings_of_digits, "yours are text"),
        (check.binary, eight_bits, "an 8-bit type ends at 255"),
        (check.binary, lambda ids, bits: one_hot(ids, 8), "must give the shape (8, 3)"),
        (check.binary, lambda ids, bits: 0 * shifted(ids, bits), "id 1 must be [1, 0, 0]"),
        (
            check.binary,
            lambda ids, bits: np.array([[i >> b & 1 for b in range(bits)] for i in ids.ravel()]),
            "must give the shape (2, 4, 3)",
        ),
    ],
)
def test_a_wrong_answer_hears_its_misconception(exercise, answer, misconception, verdict):
    said = verdict(exercise, answer)
    assert said.startswith(f"{exercise.__name__}: not yet.")
    assert misconception in said


def test_memory_is_measured_while_somebody_else_traces_it(verdict):
    tracemalloc.start()
    try:
        assert "solved" in verdict(check.bag, lambda ids, v: np.bincount(ids, minlength=v))
        assert tracemalloc.is_tracing()
    finally:
        tracemalloc.stop()
