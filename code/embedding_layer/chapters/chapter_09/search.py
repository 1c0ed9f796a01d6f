"""A search box over word vectors: ask with words, get words, and hear what is wrong with a word."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches

import torch
from torch import Tensor

from embedding_layer.vectors import nearest_to, offset
from embedding_layer.vocabulary import Vocabulary


class UnknownWordError(KeyError):
    """A word without a row: why it has none, and which words come near in spelling."""

    def __str__(self) -> str:
        return self.args[0]


class WordSearch:
    """Find the nearest words, by the cosine.

    Parameters
    ----------
    vocabulary : Vocabulary
    weight : Tensor of shape `(V, D)`
        Row i belongs to the token with id i.
    counts : mapping of str to int
        How often every word of the corpus occurs, those too that have no row.

    Raises
    ------
    ValueError
        If the table does not have one row a token.
    """

    def __init__(self, vocabulary: Vocabulary, weight: Tensor, counts: Mapping[str, int]) -> None:
        if len(weight) != len(vocabulary):
            raise ValueError(
                f"the table has {len(weight)} rows, the vocabulary {len(vocabulary)} tokens; row i belongs "
                "to "
                "token i, so they must agree"
            )
        self.vocabulary, self.weight, self.counts = vocabulary, weight.detach(), counts
        self.rarest = min(counts.get(word, 0) for word in vocabulary)

    def id_of(self, word: str) -> int:
        """Return the id of a word.

        Raises
        ------
        UnknownWordError
            If it has no row. The message says so of a word that is too rare, and suggests near spellings.
        """
        if word in self.vocabulary:
            return self.vocabulary[word]
        times = self.counts.get(word, 0)
        reason = (
            f"{word!r} occurs only {times} times in the corpus, and a word needs {self.rarest} for a row"
            if times
            else f"{word!r} does not occur in the corpus"
        )
        near = get_close_matches(word, self.vocabulary.tokens, n=3, cutoff=0.75)
        raise UnknownWordError(
            f"{reason}; " + (f"near it: {', '.join(near)}" if near else "none is spelled alike")
        )

    def nearest(self, word: str, k: int = 10) -> list[str]:
        """Return the `k` words nearest to a word, without itself."""
        own = torch.tensor([[self.id_of(word)]])
        found = nearest_to(self.weight, self.weight[own[0]], k, exclude=own)
        return self.vocabulary.decode(found.ids[0].tolist())

    def analogy(self, a: str, b: str, c: str, k: int = 1, *, with_the_asked: bool = False) -> list[str]:
        """Return the `k` best answers to "a is to b as c is to …"; the three are left out unless wanted."""
        asked = torch.tensor([[self.id_of(word) for word in (a, b, c)]])
        exclude = None if with_the_asked else asked
        found = nearest_to(self.weight, offset(self.weight, *asked.T), k, exclude=exclude)
        return self.vocabulary.decode(found.ids[0].tolist())
