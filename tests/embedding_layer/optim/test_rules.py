"""What PyTorch has no optimiser for is compared with slow ones, on inputs drawn at random."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from embedding_layer.optim import RowAdam, RowSGD, RowWiseAdagrad

from .tables import LAYOUTS, LR, OPTIMIZERS, V, gradients, slowly, sparse, table, walk


@st.composite
def walks(draw):
    """Draw the shape of a table, an optimiser with options, and the ids of a few steps."""
    rows = draw(st.integers(1, 7))
    tail = draw(st.sampled_from([(), (1,), (3,), (2, 2), (0,)]))
    make, options = draw(st.sampled_from(list(OPTIMIZERS.values())))
    options = {
        "weight_decay": draw(st.sampled_from([0.0, 0.2])),
        "maximize": draw(st.booleans()),
        **options,
    }
    steps = draw(st.lists(st.lists(st.integers(0, rows - 1), max_size=9), min_size=1, max_size=5))
    layouts = draw(st.lists(st.sampled_from(list(LAYOUTS)), min_size=len(steps), max_size=len(steps)))
    return rows, tail, make, options, steps, layouts, draw(st.integers(0, 2**31))


@given(walks())
def test_every_rule_on_every_walk(drawn):
    rows, tail, make, options, ids, layouts, seed = drawn
    steps = gradients(ids, tail, rows=rows, dtype=torch.float64, seed=seed)
    parameter = table(rows, *tail, dtype=torch.float64, seed=seed)
    expected = slowly(make, parameter, steps, **options)
    given_steps = [LAYOUTS[layout](step) for layout, step in zip(layouts, steps, strict=True)]
    got = walk(make([parameter], lr=LR, **options), parameter, given_steps)
    np.testing.assert_allclose(got.numpy(), expected, rtol=1e-9, atol=1e-9)


def test_momentum_waits_for_its_row():
    parameter = nn_ones()
    slope = torch.ones(1, 2)
    optimizer = RowSGD([parameter], lr=1.0, momentum=0.5)
    walk(optimizer, parameter, [sparse([0], slope)])
    assert parameter[0].tolist() == [0, 0]
    walk(optimizer, parameter, [sparse([1], slope)] * 10)
    assert parameter[0].tolist() == [0, 0]  # it has not moved on
    walk(optimizer, parameter, [sparse([0], slope)])
    assert parameter[0].tolist() == [-1.5, -1.5]  # nor slowed down: 1 + half of the step before


def nn_ones():
    return torch.nn.Parameter(torch.ones(V, 2))


@pytest.mark.parametrize("before", [0, 1, 5, 200])
def test_the_first_step_of_a_row_is_lr_long_however_late_it_comes(before):
    parameter = torch.nn.Parameter(torch.zeros(V, 2))
    optimizer = RowAdam([parameter], lr=LR)
    walk(optimizer, parameter, [sparse([0], torch.randn(1, 2))] * before)
    walk(optimizer, parameter, [sparse([3], torch.tensor([[7.0, -0.02]]))])
    torch.testing.assert_close(parameter[3].detach(), torch.tensor([-LR, LR]))


def test_with_all_steps_counted_it_is_about_three_times_too_long():
    parameter = torch.nn.Parameter(torch.zeros(V, 2))
    optimizer = RowAdam([parameter], lr=LR, bias_correction="step")
    walk(optimizer, parameter, [sparse([0], torch.randn(1, 2))] * 10_000)
    walk(optimizer, parameter, [sparse([3], torch.tensor([[7.0, -0.02]]))])
    too_long = (1 - 0.9) / (1 - 0.999) ** 0.5
    torch.testing.assert_close(parameter[3].detach(), torch.tensor([-LR, LR]) * too_long, rtol=1e-3, atol=0)
    assert 3 < too_long < 3.3


def test_row_wise_adagrad_keeps_the_direction_of_the_gradient():
    parameter = torch.nn.Parameter(torch.zeros(V, 3))
    slope = torch.tensor([[3.0, -4.0, 0.0]])
    walk(RowWiseAdagrad([parameter], lr=1.0), parameter, [sparse([2], slope)])
    torch.testing.assert_close(parameter[2].detach(), -slope[0] / (25 / 3) ** 0.5)


def test_float64_tables_are_stepped_in_float64():
    steps = gradients([[0, 1], [1], [1, 2]], dtype=torch.float64)
    parameter = table(dtype=torch.float64)
    expected = slowly(RowAdam, parameter, steps)
    got = walk(RowAdam([parameter], lr=LR), parameter, steps)
    np.testing.assert_allclose(got.numpy(), expected, rtol=1e-13, atol=1e-13)
