"""Reports by users of other optimisers, tried on ours: rounding, overflow, states of others."""

import copy
import math

import pytest
import torch
from torch import nn

from embedding_layer.optim import RowAdagrad, RowAdam, RowSGD, RowWiseAdagrad

from .tables import LR, D, V, every_class, every_optimizer, gradients, sparse, table, tensors, walk

both_ways = pytest.mark.parametrize("fused", [None, False])

# PyTorch's Adagrad makes sparse tensors without saying whether they shall be checked
pytestmark = pytest.mark.filterwarnings("ignore:Sparse invariant checks:UserWarning")


# --- rounding -------------------------------------------------------------------------------------------


@both_ways
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_a_word_that_occurs_3_342_times_moves(fused, dtype):
    count, batch = 3342, 33_420
    slope = 1e-3 if dtype == torch.float32 else 1.0
    parameter = nn.Parameter(torch.ones(V, D, dtype=dtype))
    steps = [sparse([0] * count, torch.full((count, D), slope / batch * 10, dtype=dtype))]
    walk(RowSGD([parameter], lr=LR, fused=fused), parameter, steps)
    moved = 1 - parameter[0].detach().float()
    expected = torch.full((D,), LR * slope * 10 * count / batch)
    torch.testing.assert_close(moved, expected, rtol=0.1, atol=0)


@both_ways
def test_with_both_betas_0_a_small_slope_after_a_large_one_steps_by_lr(fused):
    parameter = nn.Parameter(torch.zeros(V, D))
    optimizer = RowAdam([parameter], lr=LR, betas=(0.0, 0.0), fused=fused)
    walk(optimizer, parameter, [sparse([0], torch.ones(1, D)), sparse([0], torch.full((1, D), 1e-5))])
    torch.testing.assert_close(parameter[0].detach(), torch.full((D,), -2 * LR), rtol=2e-3, atol=0)


@every_class
def test_sums_that_overflow_are_not_finite(make):
    parameter = table(dtype=torch.float16)
    optimizer = make([parameter], lr=LR, check_finite=True)
    slopes = torch.full((2, D), 40_000.0, dtype=torch.float16)
    parameter.grad = sparse([1, 1], slopes)
    with pytest.raises(FloatingPointError, match="the gradient of row 1 adds up to infinity"):
        optimizer.step()
    assert torch.equal(parameter, table(dtype=torch.float16))


def test_a_scheduler_that_drives_an_option_out_of_range_is_stopped_before_anything_moves():
    parameter = table()
    optimizer = RowAdam([parameter], lr=LR)
    walk(optimizer, parameter, gradients([[0]]))
    before, memory = parameter.detach().clone(), tensors(optimizer, parameter)
    for name, value in (("betas", (1.0, 0.999)), ("lr", math.nan), ("eps", -1.0)):
        kept = optimizer.param_groups[0][name]
        optimizer.param_groups[0][name] = value
        with pytest.raises(ValueError, match=name):
            walk(optimizer, parameter, gradients([[0]]))
        optimizer.param_groups[0][name] = kept
    assert torch.equal(parameter, before)
    torch.testing.assert_close(tensors(optimizer, parameter), memory, rtol=0, atol=0)


# --- tables of other kinds --------------------------------------------------------------------------------


@every_class
def test_a_table_without_numbers_gets_a_state_and_no_error(make):
    parameter = nn.Parameter(torch.ones(V, D, device="meta"))
    parameter.grad = torch.ones(V, D, device="meta")
    optimizer = make([parameter], lr=LR)
    optimizer.step()
    shapes = optimizer.state_shapes(parameter, optimizer.param_groups[0])
    assert {name: tuple(value.shape) for name, value in optimizer.state[parameter].items()} == shapes
    assert all(value.is_meta for value in optimizer.state[parameter].values())


@every_class
def test_a_sharded_table_is_refused_with_a_way_out(make):
    class Sharded(torch.Tensor):
        """Like a DTensor, it says what it wraps."""

        def __tensor_flatten__(self):
            return [], None

        @staticmethod
        def __tensor_unflatten__(*_):
            raise NotImplementedError

    sharded = torch.ones(V, D).as_subclass(Sharded).requires_grad_()
    with pytest.raises(
        TypeError, match=f"{make.__name__} takes plain tensors, got a Sharded, .*ignored_params"
    ):
        make([sharded], lr=LR)


# --- states of other parameters -------------------------------------------------------------------------


WITH_STATE = pytest.mark.parametrize(
    ("make", "options"),
    [
        (RowSGD, {"momentum": 0.9}),
        (RowAdagrad, {}),
        (RowWiseAdagrad, {}),
        (RowAdam, {}),
        (RowAdam, {"bias_correction": "step"}),
    ],
    ids=str,
)


@WITH_STATE
def test_states_in_another_order_are_refused_when_they_are_loaded(make, options):
    tables = [table(6, D), table(4, D)]
    optimizer = make(tables, lr=LR, **options)
    for parameter in tables:
        parameter.grad = gradients([[0, 1]], rows=len(parameter))[0]
    optimizer.step()
    turned = make(tables[::-1], lr=0.5, **options)
    with pytest.raises(ValueError, match=r"of shape \(6, .*\) for a parameter of shape \(4, 3\)"):
        turned.load_state_dict(optimizer.state_dict())
    assert not turned.state
    assert turned.param_groups[0]["lr"] == 0.5


@WITH_STATE
def test_a_state_put_there_by_hand_is_refused_at_the_step(make, options):
    tables = [table(), table()]
    optimizer = make(tables, lr=LR, **options)
    for parameter in tables:
        parameter.grad = gradients([[0, 1]])[0]
    optimizer.step()
    before = tables[0].detach().clone()
    name = next(iter(optimizer.state_shapes(tables[1], optimizer.param_groups[0])))
    optimizer.state[tables[1]][name] = torch.zeros(V + 1, D)
    with pytest.raises(ValueError, match=f"{name!r} of shape \\(7, 3\\)"):
        optimizer.step()
    assert torch.equal(tables[0], before)


# --- states of PyTorch's optimisers ---------------------------------------------------------------------

TWINS = {
    "SGD": (torch.optim.SGD, {}, RowSGD, {}),
    "Adagrad": (torch.optim.Adagrad, {"initial_accumulator_value": 0.1}, RowAdagrad, {}),
    "SparseAdam": (torch.optim.SparseAdam, {"betas": (0.8, 0.9)}, RowAdam, {"bias_correction": "step"}),
}
FIRST, LATER = [[0, 2, 0], [5, 1], [2]], [[3, 2], [0, 0], [5, 4, 3]]


@both_ways
@pytest.mark.parametrize(("theirs", "options", "ours", "ours_options"), TWINS.values(), ids=TWINS)
def test_a_run_goes_on_with_the_state_of_pytorch_s_optimiser(theirs, options, ours, ours_options, fused):
    parameter = table()
    optimizer = theirs([parameter], lr=LR, **options)
    walk(optimizer, parameter, gradients(FIRST))
    taken_over = nn.Parameter(parameter.detach().clone())
    other = ours([taken_over], lr=9.0, fused=fused, check_finite=True, **ours_options)
    other.load_state_dict(copy.deepcopy(optimizer.state_dict()))
    assert other.param_groups[0]["lr"] == LR
    assert other.param_groups[0]["check_finite"]
    end = walk(other, taken_over, gradients(LATER, seed=2))
    torch.testing.assert_close(end, walk(optimizer, parameter, gradients(LATER, seed=2)))


@pytest.mark.parametrize(
    ("theirs", "options", "ours", "words"),
    [
        (torch.optim.SGD, {"momentum": 0.9}, RowSGD, "momentum=0.9"),
        (torch.optim.SGD, {"momentum": 0.9, "nesterov": True}, RowSGD, "momentum=0.9|nesterov"),
        (torch.optim.SGD, {"weight_decay": 0.1}, RowSGD, "weight_decay=0.1"),
        (torch.optim.Adagrad, {"lr_decay": 0.1}, RowAdagrad, "lr_decay=0.1"),
        (torch.optim.Adagrad, {}, RowWiseAdagrad, r"'sum' of shape \(6, 3\)"),
        (torch.optim.Adam, {}, RowAdam, "Adam moves rows"),
        (torch.optim.AdamW, {}, RowAdam, "Adam moves rows"),
        (torch.optim.SparseAdam, {}, RowAdam, r"'step' of shape \(\)"),
        (torch.optim.SGD, {}, RowAdam, "lack 'betas'"),
        (RowSGD, {}, RowAdam, "lack 'betas'"),
        (RowAdam, {}, RowSGD, "lack 'momentum'"),
    ],
)
def test_the_state_of_another_rule_is_refused(theirs, options, ours, words):
    parameter = table()
    optimizer = theirs([parameter], lr=LR, **options)
    step = gradients([[0, 2]])[0]
    is_dense = theirs in (torch.optim.Adam, torch.optim.AdamW) or "weight_decay" in options
    walk(optimizer, parameter, [step.to_dense() if is_dense else step])
    other = ours([table()], lr=0.5)
    with pytest.raises(ValueError, match=words):
        other.load_state_dict(optimizer.state_dict())
    assert not other.state
    assert other.param_groups[0]["lr"] == 0.5


@every_optimizer
def test_a_state_from_before_there_was_an_option_is_taken(make, options):
    parameter = table()
    optimizer = make([parameter], lr=LR, **options)
    walk(optimizer, parameter, gradients(FIRST))
    saved = optimizer.state_dict()
    del saved["param_groups"][0]["fused"]
    other = make([table()], lr=LR, fused=False, **options)
    other.load_state_dict(saved)
    assert other.param_groups[0]["fused"] is False
