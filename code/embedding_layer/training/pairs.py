"""Which words stand beside which: pairs for skip-gram, how often to keep a word, and noise to tell apart.

Built in chapter 9. The method is that of Mikolov et al., "Distributed representations of words and phrases
and their compositionality" (2013).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from embedding_layer.checks import check_size, shorten


class Stream(NamedTuple):
    """Texts laid end to end: the ids of all tokens, and for each the number of its text, both `(N,)`."""

    ids: Tensor
    texts: Tensor


def join_texts(texts: Sequence[Sequence[int]]) -> Stream:
    """Lay the ids of many texts end to end, and keep in mind where each text ends.

    Parameters
    ----------
    texts : sequence of sequences of int
        A text may be empty.

    Raises
    ------
    ValueError
        If there is no id in any text.
    TypeError
        If an id is no integer.
    """
    flat = [index for text in texts for index in text]
    if not flat:
        raise ValueError(
            f"there are {len(texts)} texts and no id in them, so there is nothing to learn from; pass the "
            "ids of at least one text (was min_count too high, or an iterator read before?)"
        )
    ids = torch.tensor(flat) if not isinstance(flat[0], str) else None
    if ids is None or ids.dtype != torch.int64:
        raise TypeError(
            f"the texts hold {shorten(flat[0])}, but ids must be integers: make them with "
            "vocabulary.encode(tokens)"
        )
    lengths = torch.tensor([len(text) for text in texts])
    return Stream(ids, torch.arange(len(lengths)).repeat_interleave(lengths))


def skip_gram_pairs(stream: Stream, window: int, *, generator: torch.Generator | None = None) -> Tensor:
    """Return every pair of a word and a word at most `window` places away in the same text.

    Parameters
    ----------
    stream : Stream
    window : int
        How far a word looks to either side.
    generator : torch.Generator or None
        With a generator each word looks 1 to `window` places far, drawn anew for each occurrence, so that
        near words count more, as in word2vec. None: all look `window` places far, and nothing is drawn.

    Returns
    -------
    Tensor of int64, shape `(P, 2)`
        Centre and context, ordered by their distance; none if no text has two words.

    Raises
    ------
    ValueError
        If `window` is less than 1.
    """
    ids, texts = stream
    window = check_size(window, "window")
    reach = torch.full((len(ids),), window)
    if generator is not None:
        reach = torch.randint(1, window + 1, (len(ids),), generator=generator)
    pairs = []
    for distance in range(1, min(window, len(ids) - 1) + 1):
        left, right = slice(None, -distance), slice(distance, None)
        together = texts[left] == texts[right]
        for centre, context in ((left, right), (right, left)):
            seen = together & (reach[centre] >= distance)
            pairs.append(torch.stack([ids[centre][seen], ids[context][seen]], dim=1))
    return torch.cat(pairs) if pairs else torch.empty(0, 2, dtype=torch.int64)


def keep_probabilities(counts: Tensor, threshold: float = 1e-3) -> Tensor:
    r"""Return for each word the probability that one occurrence of it is kept.

    A word that makes up the share f of all tokens is kept with the probability √(t/f) + t/f, at most 1. That
    is what word2vec does; its paper has another formula, 1 − √(t/f) for dropping.

    Parameters
    ----------
    counts : Tensor of shape `(V,)`
        How often each word occurs.
    threshold : float
        t. Words rarer than about 2.6 t are always kept.

    Raises
    ------
    ValueError
        If `threshold` is not above 0, or no word occurs.
    """
    if not threshold > 0:
        raise ValueError(f"threshold={threshold}, but it is a share of all tokens, above 0, such as 1e-3")
    ratio = threshold / _shares(counts).clamp(min=1e-12)
    return (ratio.sqrt() + ratio).clamp(max=1)


def noise_probabilities(counts: Tensor, power: float = 0.75) -> Tensor:
    """Return for each word the probability to be drawn as noise: its count to a power, divided by the sum.

    Parameters
    ----------
    counts : Tensor of shape `(V,)`
    power : float
        1 draws words as often as they occur, 0 all words alike; the paper's 3/4 lies between.

    Raises
    ------
    ValueError
        If no word occurs, or a count is negative.
    """
    return _shares(_shares(counts).pow(power) * (counts > 0))


class SkipGramBatches:
    """Go through a corpus and yield batches of centres, contexts and noise, for `SkipGram`.

    Each pass draws anew which occurrences are kept, how far each word looks, and the order of the pairs.
    Going through the same object twice gives the same batches.

    The noise is shared: all pairs of a batch are told apart from the same `shared` words. That gives the same
    expected gradient as drawing for each pair apart, and turns thousands of look-ups into one matrix product.

    Parameters
    ----------
    stream : Stream
    vocab_size : int
        V.
    window : int
        The largest distance, see `skip_gram_pairs`.
    batch_size : int
        B, pairs a batch.
    shared : int
        How many noise words a batch has.
    passes : int
        How often to go through the corpus. The number of batches is that of the first pass, so many times.
    threshold, power : float
        See `keep_probabilities` and `noise_probabilities`.
    seed : int

    Raises
    ------
    ValueError
        If no pair can be made, or a number is out of range.
    IndexError
        If an id is not below `vocab_size`.
    """

    def __init__(
        self,
        stream: Stream,
        vocab_size: int,
        *,
        window: int = 2,
        batch_size: int = 1024,
        shared: int = 32,
        passes: int = 1,
        threshold: float = 1e-3,
        power: float = 0.75,
        seed: int = 0,
    ) -> None:
        if stream.ids.max() >= vocab_size:
            raise IndexError(f"id {stream.ids.max()} is out of range: the table has {vocab_size} rows")
        passes = check_size(passes, "passes")
        counts = stream.ids.bincount(minlength=check_size(vocab_size, "vocab_size"))
        self.stream, self.window, self.seed = stream, check_size(window, "window"), seed
        self.batch_size, self.shared = check_size(batch_size, "batch_size"), check_size(shared, "shared")
        self.keep = keep_probabilities(counts, threshold)
        self.noise = noise_probabilities(counts, power)
        first = len(self._draw_pairs(torch.Generator().manual_seed(seed)))
        if first == 0:
            raise ValueError(
                f"{len(stream.ids)} tokens in {stream.texts[-1] + 1} texts give no pair: texts of one word "
                "have no neighbours. Pass longer texts, or a higher threshold so that more words are kept"
            )
        self.steps = -(-first // self.batch_size) * passes

    def __len__(self) -> int:
        return self.steps

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
        generator = torch.Generator().manual_seed(self.seed)
        steps_of_noise = self.noise.cumsum(0)
        last = len(self.noise) - 1
        pairs, start = self._draw_pairs(generator), 0
        for _ in range(self.steps):
            if start >= len(pairs):
                pairs, start = self._draw_pairs(generator), 0
            batch = pairs[start : start + self.batch_size]
            drawn = torch.rand(self.shared, generator=generator, dtype=torch.float64)
            noise = torch.searchsorted(steps_of_noise, drawn, right=True).clamp_(max=last)
            yield batch[:, 0].contiguous(), batch[:, 1].contiguous(), noise
            start += self.batch_size

    def _draw_pairs(self, generator: torch.Generator) -> Tensor:
        ids, texts = self.stream
        kept = torch.rand(len(ids), generator=generator) < self.keep[ids]
        pairs = skip_gram_pairs(Stream(ids[kept], texts[kept]), self.window, generator=generator)
        return pairs[torch.randperm(len(pairs), generator=generator)]


def _shares(counts: Tensor) -> Tensor:
    if counts.numel() == 0 or (counts < 0).any() or not counts.sum() > 0:
        raise ValueError(
            "the counts say that no word occurs (or one less than never); pass how often each word occurs, "
            "for example ids.bincount(minlength=vocab_size)"
        )
    return counts.double() / counts.sum()
