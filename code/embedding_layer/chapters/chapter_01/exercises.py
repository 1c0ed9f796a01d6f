"""Checks of the exercises in chapter 1, one-hot vectors."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from embedding_layer.chapters.feedback import exercise, require
from embedding_layer.measure.memory import peak_bytes
from embedding_layer.one_hot import one_hot


@exercise
def bytes_of_one_hot(answer: Callable[[int, int, int], int]) -> str:
    """Check a function `(batch, length, vocab_size) -> bytes` of float32 one-hot vectors."""
    B, T, V = 2, 3, 5
    got = answer(B, T, V)
    beliefs = {
        B * T * V: "That is how many numbers there are. A float32 takes 4 bytes.",
        32 * B * T * V: "You counted bits. A float32 has 32 bits, which are 4 bytes.",
        8 * B * T * V: "You took 8 bytes a number, as for float64 or int64. A float32 takes 4.",
        4
        * B
        * V: "You counted one token a sequence. There are batch × length tokens, each with its own vector.",
        4 * T * V: "You counted one sequence. There are batch × length tokens, each with its own vector.",
        4 * B * T: "That is one number a token. A one-hot vector has vocab_size numbers, and the zeros are "
        "stored, too.",
        8 * B * T: "That is what the ids take. A one-hot vector has vocab_size numbers a token.",
    }
    require(np.ndim(got) == 0, f"The memory is one number; you return {got!r}.")
    for value, belief in beliefs.items():
        require(got != value, belief)
    right = 4 * B * T * V
    require(got == right, f"{B} sequences of {T} tokens with V = {V} take {right} bytes; you say {got!r}.")
    B, T, V = 8, 1024, 50_257
    right = 4 * B * T * V
    require(
        answer(B, T, V) == right,
        f"It is right for a small batch, but for batch={B}, length={T}, vocab_size={V} it must be {right}.",
    )
    for drawn in np.random.default_rng().integers(2, 200, size=(3, 3)).tolist():
        require(
            answer(*drawn) == 4 * np.prod(drawn),
            "It is right for some sizes, but for batch={}, length={}, vocab_size={} it must be ".format(
                *drawn
            )
            + f"{4 * np.prod(drawn)}. Calculate with all three.",
        )
    return (
        f"With V = {V:,}, as in GPT-2, {B} sequences of {T:,} tokens take {right / 1e9:.2f} GB as one-hot "
        f"vectors; as ids, {8 * B * T:,} bytes."
    )


@exercise
def renumber(answer: Callable[[np.ndarray], np.ndarray]) -> str:
    """Check a function `labels -> ids` that numbers the words so that a line on the ids tells the labels."""
    for labels in ([1, 0, 1, 0, 1], [0, 1, 1, 0, 1, 0, 0], [1, 1, 0], [0, 1], [1, 0, 0, 1] * 5):
        labels = np.array(labels)
        words = len(labels)
        got = answer(labels.copy())
        require(
            not isinstance(got, Mapping),
            "You return a dictionary; asked is the list of the ids: entry k is the id of word k.",
        )
        ids = np.asarray(got)
        require(
            ids.shape == labels.shape,
            f"There are {words} words, so there must be {words} ids; yours have the shape {ids.shape}.",
        )
        require(
            sorted(ids.tolist()) == list(range(words)),
            f"For the labels {labels.tolist()} you give the ids {ids.tolist()}. A numbering gives every "
            f"word an id of its own, from 0 to {words - 1}: two words with one id would be the same word.",
        )
        ids = ids.astype(np.int64)
        in_order = labels[np.argsort(ids)]
        if np.count_nonzero(np.diff(in_order)) == 1:
            continue
        require(
            np.count_nonzero(np.diff(labels[ids])) != 1,
            f"For the labels {labels.tolist()} you give {ids.tolist()}. That is the list of the words in "
            "their new order: its entry 0 says which word comes first. Asked is the id of each word, which "
            "is the inverse of that list.",
        )
        require(
            False,
            f"For the labels {labels.tolist()} you give the ids {ids.tolist()}; in the order of these ids "
            f"the labels read {in_order.tolist()}. A line crosses one half only once, so the labels may "
            "change only once.",
        )
    return "But you needed the labels to do it, and another question would need another numbering."


@exercise
def bag(answer: Callable[[np.ndarray, int], np.ndarray]) -> str:
    """Check a function `(ids, vocab_size) -> counts` that sums one-hot vectors without making them."""
    ids, V = np.array([3, 1, 3, 3, 1]), 6
    right = one_hot(ids, V).sum(axis=0)
    got = answer(ids.copy(), V)
    require(
        not isinstance(got, Mapping),
        "You return a dictionary of the words that occur; asked are vocab_size counts, the zeros, too.",
    )
    got = np.asarray(got)
    require(
        got.shape != ids.shape,
        "You have a number for every token, a number for every word of the vocabulary is asked. Summed along "
        "its own axis, each one-hot vector gives 1.",
    )
    require(
        got.shape != (ids.max() + 1,),
        f"The result ends at the largest id of this text, {ids.max()}. It must have vocab_size = {V} numbers "
        "whichever words occur.",
    )
    require(got.shape == (V,), f"The result must have the shape {(V,)}, yours has {got.shape}.")
    require(
        not np.array_equal(got, right > 0),
        "Repeated words are lost: id 3 occurs three times, you count it once. counts[ids] += 1 reads all "
        "the places, adds 1 and writes them back, so the last write wins.",
    )
    require(
        not np.allclose(got, right / len(ids)),
        "You took the mean of the one-hot vectors, their sum is asked.",
    )
    require(
        np.array_equal(got, right),
        f"For the ids {ids.tolist()} the sum is {right.tolist()}, not {got.tolist()}.",
    )
    empty = np.asarray(answer(np.array([], dtype=np.int64), V))
    require(
        np.array_equal(empty, np.zeros(V)), f"A text without words must give {V} zeros, not {empty.tolist()}."
    )
    many = np.random.default_rng(0).integers(0, 5_000, size=2_000)
    took = peak_bytes(lambda: answer(many, 5_000))
    require(
        took < 4_000_000,
        f"The numbers are right, but on the way your code filled {took / 1e6:.0f} MB: it made the one-hot "
        "vectors. Count the ids instead.",
    )
    return "The order of the words is gone: a bag of words. Chapter 4 classifies texts with it."


@exercise
def binary(answer: Callable[[np.ndarray, int], np.ndarray]) -> str:
    """Check a function `(ids, bits) -> digits` that writes ids in base 2, the lowest digit first."""
    ids = np.arange(8)
    right = ids[:, None] // 2 ** np.arange(3) % 2
    got = np.asarray(answer(ids.copy(), 3))
    require(got.dtype.kind not in "US", "The digits must be numbers, yours are text.")
    require(
        got.shape == right.shape,
        f"{len(ids)} ids in 3 digits must give the shape {right.shape}, yours has {got.shape}.",
    )
    require(
        not np.array_equal(got, right[:, ::-1]),
        "Your digits are right and in the other direction: the lowest one must come first, so that id 1 is "
        "[1, 0, 0].",
    )
    wrong = ~(got == right).all(axis=1)
    require(
        not wrong.any(),
        f"id {wrong.argmax()} must be {right[wrong.argmax()].tolist()}, not {got[wrong.argmax()].tolist()}.",
    )
    large = np.array([255, 256, 99_999])
    right = large[:, None] // 2 ** np.arange(17) % 2
    got = np.asarray(answer(large.copy(), 17))
    require(
        np.array_equal(got, right),
        "It is right for small ids, but not for 256 and 99,999 in 17 digits: an 8-bit type ends at 255.",
    )
    grid = np.asarray(answer(ids.reshape(2, 4), 3))
    require(
        grid.shape == (2, 4, 3),
        "It is right for a list of ids; but ids of shape (2, 4) must give the shape (2, 4, 3), not "
        f"{grid.shape}.",
    )
    return (
        "17 numbers can tell 100,000 words apart. But now words 0 and 1 differ in one digit and words 0 and "
        "7 in three: a likeness that nobody meant is back."
    )
