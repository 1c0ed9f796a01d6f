"""A step in one pass: where a kernel can take it, it gives the numbers of the PyTorch code."""

import os
import subprocess
import sys

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from embedding_layer.optim import RowAdam, RowSGD, fused

from .tables import LAYOUTS, LR, OPTIMIZERS, V, every_optimizer, gradients, sparse, table, tensors, walk


@pytest.fixture
def taken(monkeypatch):
    """Collect the steps that kernels take."""
    steps = []
    call = fused.FusedStep.__call__
    monkeypatch.setattr(
        fused.FusedStep, "__call__", lambda step, *rest: steps.append(step) or call(step, *rest)
    )
    return steps


@st.composite
def walks(draw):
    """Draw a table's shape and format, an optimiser with options, and the ids and layouts of a few steps."""
    rows, tail = draw(st.integers(1, 7)), draw(st.sampled_from([(), (1,), (3,), (40,), (2, 2), (0,)]))
    make, options = draw(st.sampled_from(list(OPTIMIZERS.values())))
    more = {"weight_decay": draw(st.sampled_from([0.0, 0.2])), "maximize": draw(st.booleans())}
    steps = draw(st.lists(st.lists(st.integers(0, rows - 1), max_size=30), min_size=1, max_size=4))
    dtype = draw(st.sampled_from([torch.float32, torch.float64]))
    return rows, tail, make, options | more, steps, draw(st.sampled_from(list(LAYOUTS))), dtype


@given(walks(), st.integers(0, 2**31))
def test_the_kernels_give_the_numbers_of_the_pytorch_code(drawn, seed):
    rows, tail, make, options, ids, layout, dtype = drawn
    ends, memories = [], []
    for wanted in (None, False):
        parameter = table(rows, *tail, dtype=dtype, seed=seed)
        optimizer = make([parameter], lr=torch.tensor(LR), fused=wanted, **options)
        steps = gradients(ids, tail, rows=rows, dtype=dtype, seed=seed)
        ends.append(walk(optimizer, parameter, [LAYOUTS[layout](step) for step in steps]))
        memories.append(tensors(optimizer, parameter))
    tolerance = {"rtol": 1e-5, "atol": 1e-5} if dtype == torch.float32 else {"rtol": 1e-12, "atol": 1e-12}
    torch.testing.assert_close(*ends, **tolerance)
    torch.testing.assert_close(*memories, **tolerance)


@every_optimizer
def test_a_kernel_takes_plain_tables(make, options, taken):
    parameter = table()
    walk(make([parameter], lr=LR, **options), parameter, gradients([[0, 2], [], [1]]))
    assert len(taken) == 3


@every_optimizer
@pytest.mark.parametrize("how", ["argument", "environment"])
def test_it_can_be_switched_off(make, options, how, taken, monkeypatch):
    if how == "environment":
        monkeypatch.setenv(fused.SWITCH, "off")
    parameter = table()
    optimizer = make([parameter], lr=LR, fused=False if how == "argument" else None, **options)
    walk(optimizer, parameter, gradients([[0, 2]]))
    assert not taken
    assert not torch.equal(parameter, table())


@every_optimizer
def test_tables_that_a_kernel_cannot_take_go_the_other_way(make, options, taken):
    halves = table(dtype=torch.bfloat16)
    turned = torch.nn.Parameter(table(3, V).detach().T)
    for parameter, tail in ((halves, (3,)), (turned, (3,))):
        before = parameter.detach().clone()
        step = gradients([[0, 2, 0]], tail, dtype=parameter.dtype)
        walk(make([parameter], lr=LR, **options), parameter, step)
        assert not torch.equal(parameter, before)
    assert not taken


def test_without_numba_all_works_and_who_insists_is_told(monkeypatch, taken):
    monkeypatch.setattr(fused, "is_installed", lambda: False)
    parameter = table()
    walk(RowAdam([parameter], lr=LR), parameter, gradients([[0, 2]]))
    assert not taken
    assert not torch.equal(parameter, table())
    with pytest.raises(ModuleNotFoundError, match="fused=True, but the kernels need the package numba"):
        RowAdam([parameter], lr=LR, fused=True)


def test_numba_is_imported_at_the_first_step_only():
    code = "import sys, embedding_layer.optim; print(sorted({'numba', 'llvmlite'} & set(sys.modules)))"
    finished = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert finished.stdout == "[]\n"


@every_optimizer
@pytest.mark.parametrize("wanted", [None, False])
@pytest.mark.parametrize("bad", [-1, V])
def test_a_gradient_of_a_row_that_is_not_there_changes_nothing(make, options, wanted, bad):
    good, parameter = table(), table()
    optimizer = make([good, parameter], lr=LR, fused=wanted, **options)
    walk(optimizer, good, gradients([[0, 1]]))
    before, memory = good.detach().clone(), tensors(optimizer, good)
    good.grad = gradients([[0, 1]])[0]
    indices = torch.tensor([[0, bad]])
    parameter.grad = torch.sparse_coo_tensor(indices, torch.ones(2, 3), (V, 3), check_invariants=False)
    with pytest.raises(IndexError, match=f"the gradient names row {bad}: the table has 6 rows, so ids run"):
        optimizer.step()
    assert torch.equal(good, before)
    torch.testing.assert_close(tensors(optimizer, good), memory, rtol=0, atol=0)
    assert torch.equal(parameter, table())


def test_slopes_that_are_one_number_seen_through_strides_of_0():
    ours, plain = table(), table()
    slopes = torch.tensor(2.0).expand(3, 3)
    walk(RowAdam([ours], lr=LR), ours, [sparse([0, 4, 0], slopes)])
    walk(RowAdam([plain], lr=LR), plain, [sparse([0, 4, 0], slopes.contiguous())])
    assert torch.equal(ours, plain)


def test_memory_that_was_exchanged_is_noticed():
    ours, plain = table(), table()
    pairs = (ours, RowAdam([ours], lr=LR)), (plain, RowAdam([plain], lr=LR, fused=False))
    for parameter, optimizer in pairs:
        walk(optimizer, parameter, gradients([[0, 1]]))
        parameter.data = torch.ones(V, 3)
        state = optimizer.state[parameter]
        state["exp_avg"] = state["exp_avg"] * 2
        walk(optimizer, parameter, gradients([[0, 1]]))
    torch.testing.assert_close(ours, plain)


def test_autograd_hears_of_the_change():
    """Saved for a backward pass and changed meanwhile: that must be an error, not wrong numbers."""
    parameter = table()
    loss = parameter.square().sum()
    walk(RowSGD([parameter], lr=LR), parameter, gradients([[0]]))
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        loss.backward()


def test_what_is_compiled_is_found_again_by_the_next_process(tmp_path):
    code = """
import torch
from embedding_layer.optim import RowSGD, kernels
table = torch.nn.Parameter(torch.ones(3, 2))
table.grad = torch.sparse_coo_tensor([[0]], torch.ones(1, 2), (3, 2), check_invariants=True)
RowSGD([table], lr=0.5).step()
print(table[0].tolist(), sum(kernels.sgd.stats.cache_hits.values()))
"""
    outputs = [
        subprocess.run(
            [sys.executable, "-c", code],
            env=os.environ | {"EMBEDDING_LAYER_CACHE": str(tmp_path)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for _ in range(2)
    ]
    assert outputs == ["[0.5, 0.5] 0\n", "[0.5, 0.5] 1\n"]
