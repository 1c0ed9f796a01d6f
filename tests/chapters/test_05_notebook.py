"""The autograd rule that chapter 5 builds and the library's: whatever the ids, they give the same."""

from pathlib import Path

import nbformat
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.autograd import Function, grad

from embedding_layer.layer.functional import embedding

NOTEBOOK = Path(__file__).parents[2] / "book" / "05_gradients.ipynb"
V, D = 5, 3


def cell(name):
    (source,) = (c.source for c in nbformat.read(NOTEBOOK, as_version=4).cells if c.id == name)
    return source


@pytest.fixture(scope="module")
def chapter():
    """Return what the cells define in which the chapter builds its rules."""
    defined = {"Function": Function}
    rule, _ = cell("c05-padding").split("\n\n\n")
    for source in (cell("c05-scatter-add"), cell("c05-rule"), rule):
        exec(source, defined)
    return defined


def derivatives(look_up, ids):
    """Return the vectors, the gradient of a loss that bends, and how that changes along a direction."""
    drawn = torch.Generator().manual_seed(0)
    table, direction = (torch.randn(V, D, generator=drawn, dtype=torch.float64) for _ in range(2))
    table.requires_grad_()
    vectors = look_up(table, ids)
    (first,) = grad(vectors.sin().sum(), table, create_graph=True)
    (second,) = grad((first * direction).sum(), table)
    return vectors, first, second


@settings(deadline=None, max_examples=50)
@given(
    shape=st.lists(st.integers(0, 3), max_size=3),
    numbers=st.lists(st.integers(0, V - 1), min_size=27, max_size=27),
    padding_idx=st.sampled_from([None, 0]),
)
def test_the_rules_of_the_chapter_give_what_the_library_gives(chapter, shape, numbers, padding_idx):
    ids = torch.tensor(numbers[: torch.Size(shape).numel()], dtype=torch.int64).view(shape)
    rule = chapter["LookUp" if padding_idx is None else "PaddedLookUp"]
    yours = derivatives(rule.apply, ids)
    ours = derivatives(lambda table, ids: embedding(ids, table, padding_idx), ids)
    for one, other in zip(yours, ours, strict=True):
        torch.testing.assert_close(one, other)
