from collections import Counter
from decimal import Decimal

import numpy as np
import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st

from embedding_layer.training.data import Batches, balanced, drop_ids, pad_ids, split_by_group

sequences = st.lists(st.lists(st.integers(1, 9), max_size=6), min_size=1, max_size=8)


class TestPadIds:
    @given(sequences)
    def test_keeps_every_id_and_fills_the_rest(self, texts):
        ids = pad_ids(texts)
        assert ids.shape == (len(texts), max(1, *map(len, texts), 1))
        assert ids.dtype == torch.int64
        for row, text in zip(ids.tolist(), texts, strict=True):
            assert row == text + [0] * (len(row) - len(text))

    @given(sequences, st.integers(1, 8))
    def test_cuts_and_fills_to_a_length(self, texts, length):
        ids = pad_ids(texts, length=length, pad_id=7)
        assert ids.tolist() == [(text + [7] * length)[:length] for text in texts]

    def test_takes_tensors_too(self):
        assert pad_ids([torch.tensor([1, 2]), torch.tensor([3])]).tolist() == [[1, 2], [3, 0]]

    @pytest.mark.parametrize(
        ("texts", "options", "error", "message"),
        [
            ([], {}, ValueError, "at least one text"),
            ([[1]], {"length": 0}, ValueError, "length=0"),
            ([[1], [0.5]], {}, TypeError, "sequence 1 holds torch.float32"),
            ([[True]], {}, TypeError, "torch.bool"),
            ([["the", "bird"]], {}, TypeError, "vocabulary.encode"),
            ([[1, 2], [3, -1]], {}, IndexError, "id -1 at position 1 of sequence 1.*start at 0"),
            ([[1, 5]], {"vocab_size": 5}, IndexError, "id 5 at position 1 of sequence 0.*from 0 to 4"),
            ([[1]], {"pad_id": -1}, IndexError, "pad_id=-1"),
            ([[1]], {"pad_id": 1.5}, TypeError, "pad_id must be an integer, got 1.5"),
            ([[1]], {"pad_id": True}, TypeError, "pad_id must be an integer, got True"),
            ([[1]], {"pad_id": 3, "vocab_size": 3}, IndexError, "pad_id=3.*from 0 to 2"),
        ],
    )
    def test_refuses(self, texts, options, error, message):
        with pytest.raises(error, match=message):
            pad_ids(texts, **options)


class TestSplitByGroup:
    @given(st.lists(st.integers(0, 30), min_size=60, max_size=120), st.integers(0, 5))
    def test_every_example_is_in_one_part_and_no_group_is_torn(self, groups, seed):
        try:
            parts = split_by_group(groups, (0.6, 0.2, 0.2), seed=seed)
        except ValueError:
            assert len(set(groups)) < 3  # too few groups to fill three parts
            return
        assert all(map(len, parts))
        assert sorted(torch.cat(parts).tolist()) == list(range(len(groups)))
        owners = [{groups[i] for i in part} for part in parts]
        assert sum(map(len, owners)) == len(set(groups))

    def test_a_giant_group_leaves_no_part_empty(self):
        groups = [*range(9), *[9] * 50]  # every seed puts the giant at another turn
        for seed in range(20):
            assert all(map(len, split_by_group(groups, (0.6, 0.2, 0.2), seed=seed)))

    def test_sizes_come_near_the_shares(self):
        groups = [i // 3 for i in range(900)]
        sizes = [len(part) for part in split_by_group(groups, (0.6, 0.3, 0.1))]
        assert sizes == pytest.approx([540, 270, 90], abs=6)

    def test_every_stratum_gets_its_shares(self):
        strata = [0] * 800 + [1] * 200
        groups = [f"{stratum}/{i // 4}" for i, stratum in enumerate(strata)]
        for part, share in zip(
            split_by_group(groups, (0.75, 0.25), stratify=strata), (0.75, 0.25), strict=True
        ):
            counts = torch.tensor(strata)[part].bincount().tolist()
            assert counts == pytest.approx([800 * share, 200 * share], abs=8)

    def test_tensors_count_by_value(self):
        groups = torch.tensor([0, 0, 1, 1, 2, 2, 3, 3])
        first, second = split_by_group(groups, (0.5, 0.5), stratify=torch.zeros(8))
        assert not set(groups[first].tolist()) & set(groups[second].tolist())

    NAN = float("nan")
    STRATA = (0, 0, 0, 0, NAN, NAN, 1, 1)

    @pytest.mark.parametrize(
        "strata",
        [
            STRATA,
            [float(f"{value}") for value in STRATA],  # each NaN an object of its own
            torch.tensor(STRATA),
            np.array(STRATA),
            [Decimal(value) for value in STRATA],
        ],
        ids=["one NaN", "several NaN", "tensor", "array", "Decimal"],
    )
    def test_all_nan_are_one_stratum(self, strata):
        first, second = split_by_group(list("abcdefgh"), (0.5, 0.5), stratify=strata)
        assert sorted([*first.tolist(), *second.tolist()]) == list(range(8))
        for part in (first, second):
            assert [sum("aaaabbcc"[i] == letter for i in part.tolist()) for letter in "abc"] == [2, 1, 1]

    @pytest.mark.parametrize("make", [list, torch.tensor, np.array])
    def test_all_nan_are_one_group(self, make):
        groups = make([0.0, float("nan"), 1.0, float("nan"), 2.0, float("nan")])
        parts = [part.tolist() for part in split_by_group(groups, (0.5, 0.5))]
        assert sorted(i for part in parts for i in part) == list(range(6))
        assert any({1, 3, 5} <= set(part) for part in parts)

    @given(
        st.lists(st.tuples(st.integers(0, 5), st.sampled_from([0.0, 1.0, float("nan")])), min_size=2),
        st.integers(0, 3),
    )
    def test_every_example_is_dealt_once(self, examples, seed):
        groups = [f"{number} {stratum}" for number, stratum in examples]
        assume(max(Counter(group.split()[1] for group in set(groups)).values()) > 1)
        strata = torch.tensor([stratum for _, stratum in examples])
        parts = split_by_group(groups, (0.7, 0.3), stratify=strata, seed=seed)
        assert sorted(torch.cat(parts).tolist()) == list(range(len(examples)))
        first, second = ({groups[i] for i in part} for part in parts)
        assert not first & second

    def test_seed_decides(self):
        groups = [i // 2 for i in range(100)]
        first, again = (split_by_group(groups, (0.5, 0.5), seed=1) for _ in range(2))
        assert all(torch.equal(a, b) for a, b in zip(first, again, strict=True))
        assert not torch.equal(first[0], split_by_group(groups, (0.5, 0.5), seed=2)[0])

    @pytest.mark.parametrize(
        ("groups", "shares", "stratify", "message"),
        [
            ([], (0.5, 0.5), None, "no examples"),
            ("abcd", (0.5, 0.6), None, "together they must make 1"),
            ("abcd", (1.5, -0.5), None, "above 0"),
            ("abcd", (), None, "together they must make 1"),
            ("abcd", (0.5, 0.5), [0], "1 strata for 4 examples"),
            ("aab", (0.5, 0.5), [0, 1, 1], "group 'a' lies in 2 strata"),
            ("aaaa", (0.5, 0.5), None, "part 1 .* would be empty: there are only 1 groups"),
        ],
    )
    def test_refuses(self, groups, shares, stratify, message):
        with pytest.raises(ValueError, match=message):
            split_by_group(groups, shares, stratify=stratify)


class TestBalanced:
    def test_takes_as_many_of_each_as_the_rarest_has(self):
        labels = torch.tensor([0] * 50 + [1] * 7 + [2] * 20)
        chosen = balanced(labels)
        assert labels[chosen].bincount().tolist() == [7, 7, 7]
        assert torch.equal(chosen, chosen.unique())

    def test_takes_as_many_as_asked(self):
        labels = torch.tensor([3, 5] * 10)
        assert labels[balanced(labels, per_class=4)].unique(return_counts=True)[1].tolist() == [4, 4]

    def test_seed_decides(self):
        labels = torch.tensor([0] * 50 + [1] * 5)
        assert torch.equal(balanced(labels, seed=1), balanced(labels, seed=1))
        assert not torch.equal(balanced(labels, seed=1), balanced(labels, seed=2))

    def test_refuses(self):
        with pytest.raises(ValueError, match="no labels"):
            balanced(torch.tensor([], dtype=torch.int64))
        with pytest.raises(ValueError, match="label 1 is NaN"):
            balanced(torch.tensor([0.0, float("nan"), 0.0]))
        with pytest.raises(ValueError, match="label 1 occurs only 2 times"):
            balanced(torch.tensor([0, 0, 0, 1, 1]), per_class=3)


class TestBatches:
    @given(st.integers(1, 30), st.integers(1, 8))
    def test_one_pass_takes_every_row_once(self, rows, batch_size):
        numbers = torch.arange(rows)
        batches = Batches(numbers, numbers * 10, batch_size=batch_size)
        seen = [(a, b) for a, b in batches]
        assert len(seen) == len(batches)
        assert sorted(torch.cat([a for a, _ in seen]).tolist()) == numbers.tolist()
        assert all(torch.equal(b, a * 10) for a, b in seen)
        assert all(len(a) == batch_size for a, _ in seen[:-1])

    def test_shuffles_again_after_each_pass(self):
        first, second = torch.cat([a for (a,) in Batches(torch.arange(50), batch_size=10, steps=10)]).split(
            50
        )
        assert sorted(first.tolist()) == sorted(second.tolist())
        assert not torch.equal(first, second)

    def test_the_same_order_every_time(self):
        batches = Batches(torch.arange(50), batch_size=7, steps=12, seed=3)
        once, again = ([a.tolist() for (a,) in batches] for _ in range(2))
        assert once == again
        assert once != [a.tolist() for (a,) in Batches(torch.arange(50), batch_size=7, steps=12, seed=4)]

    @pytest.mark.parametrize(
        ("tensors", "options", "error", "message"),
        [
            ((), {"batch_size": 1}, ValueError, "at least one tensor"),
            ((torch.ones(3), torch.ones(2)), {"batch_size": 1}, ValueError, r"\[3, 2\] rows"),
            ((torch.ones(0),), {"batch_size": 1}, ValueError, "no rows"),
            ((torch.ones(3),), {"batch_size": 0}, ValueError, "batch_size=0"),
            ((torch.ones(3),), {"batch_size": 1, "steps": 0}, ValueError, "steps=0"),
            ((torch.ones(3),), {"batch_size": 1.5}, TypeError, "batch_size must be an integer"),
        ],
    )
    def test_refuses(self, tensors, options, error, message):
        with pytest.raises(error, match=message):
            Batches(*tensors, **options)


class TestDropIds:
    ids = torch.arange(1, 4001).reshape(2, 2000)

    def test_replaces_about_a_share_and_leaves_the_others(self):
        dropped = drop_ids(self.ids, 0.3, 0, generator=torch.Generator().manual_seed(0))
        gone = dropped == 0
        assert 0.25 < gone.float().mean() < 0.35
        assert torch.equal(dropped[~gone], self.ids[~gone])
        assert dropped.dtype == self.ids.dtype
        assert (self.ids > 0).all()  # a new tensor

    def test_the_same_generator_drops_the_same(self):
        one, two = (drop_ids(self.ids, 0.5, 7, generator=torch.Generator().manual_seed(1)) for _ in range(2))
        assert torch.equal(one, two)

    def test_a_share_of_zero_drops_nothing(self):
        assert torch.equal(drop_ids(self.ids, 0.0, 0), self.ids)

    @pytest.mark.parametrize("share", [-0.1, 1.0, float("nan")])
    def test_refuses_what_is_no_share(self, share):
        with pytest.raises(ValueError, match="0, or more but below 1"):
            drop_ids(self.ids, share, 0)
