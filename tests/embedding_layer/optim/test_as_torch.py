"""Where the rules agree, the numbers are those of PyTorch's own optimisers."""

import pytest
import torch

from embedding_layer.optim import RowAdagrad, RowAdam, RowSGD

from .tables import LAYOUTS, LR, V, gradients, table, walk

# PyTorch's Adagrad makes sparse tensors without saying whether they shall be checked
pytestmark = pytest.mark.filterwarnings("ignore:Sparse invariant checks:UserWarning")

# Adam corrects the root before it adds eps, SparseAdam and ours afterwards: with this eps it is all the same
TINY = 1e-14

SOME_ROWS = [[0, 2, 0], [5], [2, 2, 2, 4], [0, 1], [], [3, 0, 3]]
ALL_ROWS = [[*range(V)], [*reversed(range(V)), 2, 2], [*range(V), 0]]

every_dtype = pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
every_layout = pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
upwards = pytest.mark.parametrize("maximize", [False, True])


def same_walk(ours, theirs, steps, their_steps=None, *, dtype=torch.float32, **tolerance):
    """Make both walks from one start; require the same end, and that it is another place than the start."""
    start, mine, yours = table(dtype=dtype), table(dtype=dtype), table(dtype=dtype)
    walk(ours(mine), mine, steps)
    walk(theirs(yours), yours, steps if their_steps is None else their_steps)
    if dtype == torch.bfloat16:
        tolerance = {"rtol": 0.05, "atol": 0.05}
    torch.testing.assert_close(mine, yours, **tolerance)
    assert not torch.equal(mine, start)


def densely(steps):
    return [gradient.to_dense() for gradient in steps]


@every_dtype
@every_layout
@upwards
def test_row_sgd_is_sgd(dtype, layout, maximize):
    steps = [layout(gradient) for gradient in gradients(SOME_ROWS, dtype=dtype)]
    same_walk(
        lambda p: RowSGD([p], lr=LR, maximize=maximize),
        lambda p: torch.optim.SGD([p], lr=LR, maximize=maximize),
        steps,
        dtype=dtype,
    )


@every_dtype
@every_layout
@upwards
def test_momentum_is_sgd_s_if_every_row_is_touched(dtype, layout, maximize):
    steps = gradients(ALL_ROWS, dtype=dtype)
    options = {"lr": LR, "momentum": 0.9, "maximize": maximize}
    same_walk(
        lambda p: RowSGD([p], **options),
        lambda p: torch.optim.SGD([p], **options),
        [layout(gradient) for gradient in steps],
        densely(steps),
        dtype=dtype,
    )


def test_momentum_is_not_sgd_s_if_a_row_is_left_out():
    steps, options = gradients(SOME_ROWS), {"lr": LR, "momentum": 0.9}
    mine, yours = table(), table()
    walk(RowSGD([mine], **options), mine, steps)
    walk(torch.optim.SGD([yours], **options), yours, densely(steps))
    assert not torch.allclose(mine[5], yours[5])  # touched once: torch's goes on, ours has stopped


@every_dtype
@every_layout
@pytest.mark.parametrize("start", [0.0, 0.5])
def test_row_adagrad_is_adagrad(dtype, layout, start):
    options = {"lr": LR, "initial_accumulator_value": start}
    same_walk(
        lambda p: RowAdagrad([p], **options),
        lambda p: torch.optim.Adagrad([p], **options),
        [layout(gradient) for gradient in gradients(SOME_ROWS, dtype=dtype)],
        dtype=dtype,
    )


@every_layout
def test_row_adagrad_is_adagrad_upwards(layout):
    steps = gradients(SOME_ROWS)
    same_walk(
        lambda p: RowAdagrad([p], lr=LR, maximize=True),
        lambda p: torch.optim.Adagrad([p], lr=LR, maximize=True),
        [layout(gradient) for gradient in steps],
        densely(steps),
    )


@every_dtype
@every_layout
@upwards
def test_row_adam_by_steps_is_sparse_adam(dtype, layout, maximize):
    steps = gradients(SOME_ROWS, dtype=dtype)  # an empty gradient counts as a step in both
    options = {"lr": LR, "maximize": maximize}
    same_walk(
        lambda p: RowAdam([p], bias_correction="step", **options),
        lambda p: torch.optim.SparseAdam([p], **options),
        [layout(gradient) for gradient in steps],
        steps,
        dtype=dtype,
    )


def test_row_adam_by_rows_is_not_sparse_adam():
    steps, mine, yours = gradients(SOME_ROWS), table(), table()
    walk(RowAdam([mine], lr=LR), mine, steps)
    walk(torch.optim.SparseAdam([yours], lr=LR), yours, steps)
    assert not torch.isclose(mine, yours, atol=0.01)[[1, 3, 5]].any()  # their first step was not the first


@every_dtype
@every_layout
@upwards
@pytest.mark.parametrize("correction", ["row", "step"])
def test_row_adam_is_adam_if_every_row_is_touched(dtype, layout, maximize, correction):
    steps = gradients(ALL_ROWS, dtype=dtype)
    options = {"lr": LR, "betas": (0.8, 0.95), "eps": TINY, "maximize": maximize}
    same_walk(
        lambda p: RowAdam([p], bias_correction=correction, **options),
        lambda p: torch.optim.Adam([p], **options),
        [layout(gradient) for gradient in steps],
        densely(steps),
        dtype=dtype,
    )


@every_dtype
@every_layout
@upwards
def test_row_adam_with_decay_is_adamw_if_every_row_is_touched(dtype, layout, maximize):
    steps = gradients(ALL_ROWS, dtype=dtype)
    options = {"lr": LR, "weight_decay": 0.3, "eps": TINY, "maximize": maximize}
    same_walk(
        lambda p: RowAdam([p], **options),
        lambda p: torch.optim.AdamW([p], **options),
        [layout(gradient) for gradient in steps],
        densely(steps),
        dtype=dtype,
    )


def test_row_adam_takes_beta_0():
    same_walk(
        lambda p: RowAdam([p], lr=LR, betas=(0.0, 0.0)),
        lambda p: torch.optim.Adam([p], lr=LR, betas=(0.0, 0.0)),
        densely(gradients(ALL_ROWS)),
    )


def test_after_many_updates_nothing_is_left_to_correct():
    steps = gradients([[0]], dtype=torch.float64) * 3000
    same_walk(
        lambda p: RowAdam([p], lr=1e-3),
        lambda p: torch.optim.SparseAdam([p], lr=1e-3),
        steps,
        dtype=torch.float64,
        rtol=1e-10,
        atol=1e-10,
    )
