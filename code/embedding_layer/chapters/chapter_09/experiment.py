"""What chapter 9 computes beside its story: the exam that every table takes, and small trainings.

How the bounds of the chapter's claims were found: `python -m embedding_layer.chapters.chapter_09.peer` trains
with seven seeds and stores what it measures in `book/benchmarks/peers/words.json`. Each bound lies beyond the
worst of the seven by about as much as they differ among themselves.
The whole notebook was run with five more seeds, 11 to 15, in place of its own; all its assertions held.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from embedding_layer.chapters.chapter_09.relations import Analogy
from embedding_layer.optim import RowSGD
from embedding_layer.training import Interval, SkipGram, SkipGramBatches, interval_over_groups, train
from embedding_layer.training.pairs import Stream
from embedding_layer.vectors import offset, ranks
from embedding_layer.vocabulary import Vocabulary

DIMENSION, RATE, PASSES = 64, 0.07, 4
"""The chapter's setting. More passes give better vectors: 20 take some minutes."""


class Exam:
    """The questions, as ids, and how a table does on them.

    Parameters
    ----------
    pairs : mapping of str to list of pairs of str
        For each relation its pairs.
    questions : sequence of Analogy
    vocabulary : Vocabulary

    Raises
    ------
    ValueError
        If there is no pair or no question.
    """

    def __init__(
        self,
        pairs: Mapping[str, list[tuple[str, str]]],
        questions: Sequence[Analogy],
        vocabulary: Vocabulary,
    ) -> None:
        if not questions or not pairs:
            raise ValueError(
                f"an exam of {len(pairs)} relations and {len(questions)} analogies asks nothing; both come "
                "from relations.pairs_by_relation and relations.analogies"
            )
        self.relation_of_pair = [relation for relation, own in pairs.items() for _ in own]
        self.pairs = torch.tensor([vocabulary.encode(pair) for own in pairs.values() for pair in own])
        self.relation_of_question = [question.relation for question in questions]
        self.words = torch.tensor([vocabulary.encode(question[1:]) for question in questions])

    def take(self, weight: Tensor) -> Results:
        """Return the rank of the right answer to every question, by a table of shape `(V, D)`."""
        a, b, c, d = self.words.T
        asked = self.words[:, :3]
        queries = offset(weight, a, b, c)
        first, second = self.pairs.T
        return Results(
            ranks(weight, queries, d, exclude=asked),
            ranks(weight, queries, d),
            ranks(weight, weight[c], d, exclude=asked),
            ranks(weight, weight[first], second, exclude=first[:, None]),
        )

    def intervals(self, results: Results, top: int = 1) -> list[Interval]:
        """Return the share of right answers in the first `top` places, with its uncertainty.

        Whole relations are drawn again and again, since the questions of one relation are alike.
        """
        groups = [*[self.relation_of_question] * 3, self.relation_of_pair]
        return [
            interval_over_groups((places <= top).float(), group)
            for places, group in zip(results, groups, strict=True)
        ]


class Results(NamedTuple):
    """The place of the right answer, for every question; 1 is the best."""

    analogy: Tensor
    """b − a + c, the three words asked about left out."""
    unfiltered: Tensor
    """The same, with the three in the race."""
    c_alone: Tensor
    """The nearest neighbour of c, without a and b; nothing is subtracted or added."""
    neighbour: Tensor
    """For a pair: the second word among the neighbours of the first."""

    def top(self, places: int = 1) -> list[float]:
        """Return the share of right answers in the first places, for all four."""
        return [(own <= places).float().mean().item() for own in self]


def new_run(
    stream: Stream,
    vocab_size: int,
    *,
    dimension: int = DIMENSION,
    rate: float = RATE,
    seed: int = 1,
    **options,
) -> tuple[SkipGram, SkipGramBatches, torch.optim.Optimizer, torch.optim.lr_scheduler.LRScheduler]:
    """Return a new model, its batches, its optimiser, and the scheduler that lowers the rate to zero.

    `options` go to `SkipGramBatches`.
    """
    torch.manual_seed(seed)
    model = SkipGram(vocab_size, dimension)
    batches = SkipGramBatches(stream, vocab_size, seed=seed, **options)
    optimizer = RowSGD(model.parameters(), lr=rate)
    slower = torch.optim.lr_scheduler.LinearLR(optimizer, 1, 1e-3, total_iters=len(batches))
    return model, batches, optimizer, slower


def fit(stream: Stream, vocab_size: int, **options) -> Tensor:
    """Train with the options of `new_run` and return the table `(V, D)`."""
    model, batches, optimizer, slower = new_run(stream, vocab_size, **options)
    train(model, batches, optimizer, after_step=lambda *_: slower.step())
    return model.words.weight.detach()


class SmallTraining:
    """Trainings of a second or two, on the first part of the corpus: for the reader's own experiments.

    Parameters
    ----------
    stream : Stream
    vocab_size : int
    exam : Exam
    tokens : int
        How many tokens of the stream are used.
    """

    def __init__(self, stream: Stream, vocab_size: int, exam: Exam, tokens: int = 120_000) -> None:
        self.stream = Stream(stream.ids[-tokens:], stream.texts[-tokens:])
        self.vocab_size, self.exam = vocab_size, exam

    def score(self, *, seed: int, **changes) -> float:
        """Train with one seed and return the share of pairs whose second word is a neighbour of the first.

        It counts among the first 100. `changes` go to `new_run`: `window=5`, `dimension=16`, `rate=0.05`,
        `threshold=1e-4`, `power=1.0`, `passes=2`, `shared=16`, `batch_size=1024`.
        """
        options = {"passes": 2} | changes
        table = fit(self.stream, self.vocab_size, seed=seed, **options)
        return self.exam.take(table).top(100)[3]
