from collections import Counter

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from embedding_layer.training.pairs import (
    SkipGramBatches,
    Stream,
    join_texts,
    keep_probabilities,
    noise_probabilities,
    skip_gram_pairs,
)

texts_of_ids = st.lists(st.lists(st.integers(0, 9), max_size=7), min_size=1, max_size=5).filter(any)


def by_loop(texts, window):
    return Counter(
        (text[i], text[j])
        for text in texts
        for i in range(len(text))
        for j in range(len(text))
        if 0 < abs(i - j) <= window
    )


def counted(pairs):
    return Counter(map(tuple, pairs.tolist()))


class TestPairs:
    @given(texts_of_ids, st.integers(1, 8))
    def test_are_those_of_two_loops(self, texts, window):
        assert counted(skip_gram_pairs(join_texts(texts), window)) == by_loop(texts, window)

    @given(texts_of_ids, st.integers(1, 4), st.integers(0, 9))
    def test_with_a_drawn_reach_are_some_of_them_and_all_direct_neighbours(self, texts, window, seed):
        generator = torch.Generator().manual_seed(seed)
        drawn = counted(skip_gram_pairs(join_texts(texts), window, generator=generator))
        assert drawn <= by_loop(texts, window)
        assert by_loop(texts, 1) <= drawn

    def test_far_words_are_seen_less_often_than_near_ones(self):
        stream = join_texts([[0, 1, 2]] * 3000)
        seen = counted(skip_gram_pairs(stream, 2, generator=torch.Generator().manual_seed(0)))
        assert seen[0, 1] == 3000
        assert seen[0, 2] / 3000 == pytest.approx(0.5, abs=0.05)

    @pytest.mark.parametrize(
        ("texts", "error", "message"),
        [
            ([], ValueError, "0 texts and no id in them"),
            ([[], []], ValueError, "2 texts and no id in them.*min_count"),
            ([["rows"]], TypeError, "the texts hold 'rows'.*vocabulary.encode"),
            ([[0.5]], TypeError, "hold 0.5"),
        ],
    )
    def test_texts_without_ids_are_refused(self, texts, error, message):
        with pytest.raises(error, match=message):
            join_texts(texts)

    def test_a_window_of_nothing_is_refused(self):
        with pytest.raises(ValueError, match="window=0"):
            skip_gram_pairs(join_texts([[1, 2]]), 0)


class TestProbabilities:
    def test_frequent_words_are_dropped_as_word2vec_does(self):
        keep = keep_probabilities(torch.tensor([900, 99, 1]), threshold=0.01)
        share = 0.9
        assert keep[0].item() == pytest.approx((share / 0.01) ** -0.5 + 0.01 / share)
        assert keep[2] == 1

    def test_noise_lies_between_equal_and_proportional(self):
        counts = torch.tensor([16, 1, 0])
        torch.testing.assert_close(noise_probabilities(counts), torch.tensor([8 / 9, 1 / 9, 0]).double())
        assert noise_probabilities(counts, power=0.0).tolist() == [0.5, 0.5, 0]

    @pytest.mark.parametrize("counts", [torch.tensor([]), torch.tensor([0, 0]), torch.tensor([2, -1])])
    def test_counts_of_nothing_are_refused(self, counts):
        with pytest.raises(ValueError, match="no word occurs"):
            noise_probabilities(counts)

    def test_a_threshold_of_zero_is_refused(self):
        with pytest.raises(ValueError, match="threshold=0"):
            keep_probabilities(torch.tensor([1]), 0)


class TestBatches:
    stream = join_texts([[0, 1, 2, 3]] * 40)

    def test_a_pass_without_dropping_holds_every_pair(self):
        batches = SkipGramBatches(self.stream, 4, window=1, batch_size=50, threshold=1.0)
        got = Counter()
        for centres, contexts, noise in batches:
            got += Counter(zip(centres.tolist(), contexts.tolist(), strict=True))
            assert noise.shape == (32,)
        assert got == by_loop([[0, 1, 2, 3]] * 40, 1)
        assert len(batches) == 5

    def test_the_same_seed_gives_the_same_batches_and_another_gives_others(self):
        one, again, other = (
            list(SkipGramBatches(self.stream, 4, passes=2, seed=seed, batch_size=64)) for seed in (1, 1, 2)
        )
        for first, second in zip(one, again, strict=True):
            assert all(torch.equal(*parts) for parts in zip(first, second, strict=True))
        assert not torch.equal(one[0][0], other[0][0])

    def test_noise_is_drawn_by_its_probability(self):
        batches = SkipGramBatches(self.stream, 5, shared=4000, threshold=1.0)
        noise = next(iter(batches))[2]
        assert noise.bincount(minlength=5)[4] == 0  # it does not occur
        assert noise.bincount(minlength=4)[:4].min() > 800

    @pytest.mark.parametrize(
        ("stream", "options", "error", "message"),
        [
            (join_texts([[0], [1]]), {}, ValueError, "2 tokens in 2 texts give no pair"),
            (join_texts([[0, 7]]), {}, IndexError, "id 7 is out of range.*4 rows"),
            (join_texts([[0, 1]]), {"passes": 0}, ValueError, "passes=0"),
            (join_texts([[0, 1]]), {"shared": 0}, ValueError, "shared=0"),
        ],
    )
    def test_refuses(self, stream, options, error, message):
        assert isinstance(stream, Stream)
        with pytest.raises(error, match=message):
            SkipGramBatches(stream, 4, **options)
