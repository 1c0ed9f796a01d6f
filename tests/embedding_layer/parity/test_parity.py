import logging
from collections import Counter

import pytest
import torch
from torch import nn

from embedding_layer import CustomEmbedding
from embedding_layer.chapters.chapter_06 import mutants
from embedding_layer.parity import (
    COMPARISONS,
    DIFFERS,
    REFUSES_DIFFERENTLY,
    SAME,
    Comparison,
    against_nn_embedding,
)
from embedding_layer.parity.table import _watch

ON_PURPOSE = [
    "padding_idx=1.5",
    "a sparse gradient after its ids were refilled",
    "the table after a bad id was refused",
    "gradients through vmap over tables and ids, padding",
    "gradients through vmap over ids, scaled by frequency",
    "vmap over tables and ids, one of them −1",
]
QUICK = [comparison for comparison in COMPARISONS if comparison.group != "transformed"]


@pytest.fixture(scope="module")
def table():
    return against_nn_embedding({"ours": CustomEmbedding, "builtin": nn.Embedding})


def test_nn_embedding_is_like_itself_and_ours_is_but_for_what_is_on_purpose(table):
    assert table.where("builtin", DIFFERS, REFUSES_DIFFERENTLY) == []
    assert table.where("ours", DIFFERS, REFUSES_DIFFERENTLY) == ON_PURPOSE


def test_the_comparisons_have_names_of_their_own():
    assert len(COMPARISONS) > 80
    assert Counter(comparison.name for comparison in COMPARISONS).most_common(1)[0][1] == 1


@pytest.mark.parametrize("comparison", COMPARISONS, ids=lambda comparison: comparison.name)
def test_nn_embedding_raises_where_it_is_to_refuse_and_nowhere_else(comparison):
    error = _watch(comparison.observe, nn.Embedding).error
    assert (error is not None) == (comparison.group == "refused"), error


BROKEN = [
    layer
    for group in (mutants.TABLE, mutants.GRADIENT, mutants.PADDING, mutants.REFUSALS, mutants.MAX_NORM)
    for layer in group
]


@pytest.mark.parametrize("layer", BROKEN, ids=lambda layer: layer.__name__)
def test_a_broken_layer_is_found_out(layer):
    found = against_nn_embedding({"broken": layer}, QUICK)
    assert set(found.where("broken", DIFFERS, REFUSES_DIFFERENTLY)) - set(ON_PURPOSE)


class EightLines(nn.Module):
    def __init__(self, vocab_size, embedding_dim):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(vocab_size, embedding_dim))

    def forward(self, x):
        return self.weight[x]


def test_the_eight_lines_differ_where_the_book_says():
    found = against_nn_embedding({"eight": EightLines}, QUICK)
    for name in (
        "a matrix of ids",
        "repeated ids",
        "a size of 2.0",
        "deepcopy",
        "the first numbers, from one seed",
    ):
        assert name in found.where("eight", SAME)
    for name in ("id −1", "a mask", "uint8 ids", "a tuple", "padding_idx=0", "max_norm=0.0", "None"):
        assert name in found.where("eight", DIFFERS)
    for name in ("int16 ids", "float ids"):
        assert name in found.where("eight", REFUSES_DIFFERENTLY)


# --- the judge ----------------------------------------------------------------------------------------


def judged(for_builtin, for_other):
    """Return the verdict on two observations: values, or exceptions to raise."""

    def observe(layer):
        seen = for_builtin if layer is nn.Embedding else for_other
        if isinstance(seen, Exception):
            raise seen
        return seen

    found = against_nn_embedding({"other": CustomEmbedding}, [Comparison("group", "name", observe)])
    return found.rows[0][1][0]


class BothError(IndexError, RuntimeError):
    pass


ROW = torch.tensor([[1.0, 2.0]])
SPARSE = torch.sparse_coo_tensor([[0, 1, 0]], torch.tensor([1.0, 2.0, 3.0]), (3,), check_invariants=True)
COALESCED = torch.sparse_coo_tensor([[0, 1]], torch.tensor([4.0, 2.0]), (3,), check_invariants=True)


@pytest.mark.parametrize(
    ("builtin", "other", "verdict"),
    [
        (ROW, ROW.clone(), SAME),
        (ROW, ROW + 1e-7, SAME),
        (ROW, ROW + 1e-3, DIFFERS),
        (ROW, ROW[0], DIFFERS),
        (ROW, ROW.double(), DIFFERS),
        (ROW, ROW.clone().requires_grad_(), DIFFERS),
        (ROW, ROW.to("meta"), DIFFERS),
        (ROW.expand(2, 2), ROW.expand(2, 2).contiguous(), DIFFERS),
        (ROW * torch.nan, ROW * torch.nan, SAME),
        (ROW.to("meta"), ROW.to("meta"), SAME),
        (SPARSE, COALESCED, SAME),
        (SPARSE, 2 * COALESCED, DIFFERS),
        (SPARSE, COALESCED.to_dense(), DIFFERS),
        ((ROW, 1), [ROW, 1], SAME),
        ((ROW, 1), (ROW, 2), DIFFERS),
        ((ROW, 1), (ROW,), DIFFERS),
        (1, 1.0, DIFFERS),
        (None, None, SAME),
        (None, ROW, DIFFERS),
        ("text", "text", SAME),
        (IndexError(), IndexError("other words"), SAME),
        (IndexError(), BothError(), SAME),
        (RuntimeError(), BothError(), SAME),
        (BothError(), IndexError(), REFUSES_DIFFERENTLY),
        (IndexError(), TypeError(), REFUSES_DIFFERENTLY),
        (IndexError(), ROW, DIFFERS),
        (ROW, IndexError(), DIFFERS),
    ],
)
def test_the_verdict(builtin, other, verdict):
    assert judged(builtin, other) == verdict


def test_each_layer_gets_the_same_random_numbers_and_the_caller_s_stay_as_they_were():
    draw = Comparison("group", "name", lambda layer: torch.rand(3))
    torch.manual_seed(5)
    expected = torch.rand(2)
    torch.manual_seed(5)
    assert against_nn_embedding({"ours": CustomEmbedding}, [draw]).count("ours", SAME) == 1
    assert torch.equal(torch.rand(2), expected)


def test_it_is_quiet_and_leaves_logging_as_it_was(capfd):
    before = logging.root.manager.disable
    against_nn_embedding({"eight": EightLines})
    assert capfd.readouterr() == ("", "")
    assert logging.root.manager.disable == before


# --- the table ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def small():
    def observe(names):
        return lambda layer: layer.__name__ if layer.__name__ in names else "Embedding"

    comparisons = [
        Comparison("looking", "one", observe([])),
        Comparison("looking", "two", observe(["CustomEmbedding"])),
        Comparison("moving", "three", observe(["CustomEmbedding", "EightLines"])),
    ]
    return against_nn_embedding({"ours": CustomEmbedding, "eight": EightLines}, comparisons)


def test_counts_and_places(small):
    assert small.count("ours", DIFFERS) == 2
    assert small.count("eight", SAME) == 2
    assert small.where("ours", DIFFERS) == ["two", "three"]
    assert small.where("eight", SAME, DIFFERS) == ["one", "two", "three"]
    assert small.where("eight", REFUSES_DIFFERENTLY) == []


def test_an_unknown_column_is_refused(small):
    with pytest.raises(ValueError, match=r"no column 'theirs'; the columns are \['ours', 'eight'\]"):
        small.where("theirs", SAME)


def test_nothing_to_compare_is_refused():
    with pytest.raises(ValueError, match="nothing to compare"):
        against_nn_embedding({})


def test_as_text(small):
    assert str(small).splitlines() == [
        "         ours     eight",
        "looking",
        "  one    same     same",
        "  two    differs  same",
        "moving",
        "  three  differs  differs",
    ]
    assert repr(small) == str(small)


def test_as_markdown(small):
    assert small._repr_markdown_().splitlines() == [
        "| comparison | `ours` | `eight` |",
        "| --- | --- | --- |",
        "| *looking* |  |  |",
        "| one | same | same |",
        "| two | **differs** | same |",
        "| *moving* |  |  |",
        "| three | **differs** | **differs** |",
    ]
