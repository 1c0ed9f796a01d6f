"""What a program may do with an optimiser: groups, saving, copying, closures, schedulers, hooks."""

import copy
import pickle

import pytest
import torch
from torch import nn
from torch.optim.lr_scheduler import LambdaLR, ReduceLROnPlateau, StepLR

from embedding_layer import CustomEmbedding
from embedding_layer.optim import RowAdagrad, RowAdam, RowSGD, RowWiseAdagrad

from .tables import LR, OPTIMIZERS, D, V, every_class, every_optimizer, gradients, table, tensors, walk

FIRST, LATER = [[0, 2, 0], [5, 1], [2]], [[3, 2], [0, 0], [5, 4, 3]]


def started(make, options, **more):
    """Return a table and its optimiser after some steps."""
    parameter = table()
    optimizer = make([parameter], lr=LR, weight_decay=0.1, **options, **more)
    walk(optimizer, parameter, gradients(FIRST))
    return parameter, optimizer


# --- saving and copying ----------------------------------------------------------------------------------


@every_optimizer
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16], ids=str)
def test_training_resumes_to_the_last_bit(make, options, dtype, tmp_path):
    parameter = table(dtype=dtype)
    optimizer = make([parameter], lr=LR, weight_decay=0.1, **options)
    walk(optimizer, parameter, gradients(FIRST, dtype=dtype))
    torch.save({"table": parameter.detach(), "optimizer": optimizer.state_dict()}, tmp_path / "saved.pt")
    uninterrupted = walk(optimizer, parameter, gradients(LATER, dtype=dtype, seed=2))

    saved = torch.load(tmp_path / "saved.pt", weights_only=True)
    again = nn.Parameter(saved["table"])
    other = make([again], lr=999.0)
    other.load_state_dict(saved["optimizer"])
    resumed = walk(other, again, gradients(LATER, dtype=dtype, seed=2))
    assert torch.equal(resumed, uninterrupted)
    remembered = tensors(optimizer, parameter)
    for name, value in tensors(other, again).items():
        assert value.dtype == remembered[name].dtype
        assert torch.equal(value, remembered[name])


@pytest.mark.parametrize(
    ("make", "options"), [pair for pair in OPTIMIZERS.values() if pair != (RowSGD, {})], ids=str
)
def test_a_restart_without_the_memory_is_another_walk(make, options):
    parameter, optimizer = started(make, options)
    forgetful = nn.Parameter(parameter.detach().clone())
    walk(optimizer, parameter, gradients(LATER, seed=2))
    walk(make([forgetful], lr=LR, weight_decay=0.1, **options), forgetful, gradients(LATER, seed=2))
    assert not torch.equal(parameter, forgetful)


@every_optimizer
def test_the_state_dict_holds_the_memory_and_nothing_of_the_scratch_space(make, options):
    _, optimizer = started(make, options)
    expected = {
        RowSGD: {"momentum_buffer"} if options else set(),
        RowAdagrad: {"sum"},
        RowWiseAdagrad: {"sum"},
        RowAdam: {"step", "exp_avg", "exp_avg_sq"},
    }[make]
    saved = optimizer.state_dict()
    assert set(saved) == {"state", "param_groups"}
    assert set(saved["state"].get(0, {})) == expected


def test_the_row_wise_sum_is_one_number_a_row():
    _, optimizer = started(RowWiseAdagrad, {})
    assert optimizer.state_dict()["state"][0]["sum"].shape == (V, 1)


@every_optimizer
@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda pair: pickle.loads(pickle.dumps(pair))])
def test_a_copy_goes_its_own_way_in_the_same_steps(make, options, duplicate):
    parameter, optimizer = started(make, options)
    twin, twins_optimizer = duplicate((parameter, optimizer))
    assert twins_optimizer.param_groups[0]["params"][0] is twin
    before = parameter.detach().clone()
    end = walk(twins_optimizer, twin, gradients(LATER, seed=2))
    assert torch.equal(parameter, before)
    assert torch.equal(walk(optimizer, parameter, gradients(LATER, seed=2)), end)


@every_class
def test_it_says_what_it_is(make):
    assert repr(make([table()], lr=0.25)).startswith(f"{make.__name__} (")
    assert "lr: 0.25" in repr(make([table()], lr=0.25))


# --- groups ----------------------------------------------------------------------------------------------


@every_optimizer
def test_groups_have_options_of_their_own(make, options):
    fast, slow = table(), table()
    optimizer = make(
        [{"params": [fast]}, {"params": [slow], "lr": 0.01, "weight_decay": 0.5}], lr=LR, **options
    )
    lone_fast, lone_slow = table(), table()
    walk(make([lone_fast], lr=LR, **options), lone_fast, gradients(FIRST))
    walk(make([lone_slow], lr=0.01, weight_decay=0.5, **options), lone_slow, gradients(FIRST))
    for step in gradients(FIRST):
        fast.grad = slow.grad = step
        optimizer.step()
    assert torch.equal(fast, lone_fast)
    assert torch.equal(slow, lone_slow)
    assert not torch.equal(fast, slow)


@every_class
def test_a_group_may_come_later_and_a_bad_one_leaves_no_trace(make):
    one, two = table(), table(seed=1)
    optimizer = make([one], lr=LR)
    with pytest.raises(ValueError, match="lr=-1"):
        optimizer.add_param_group({"params": [two], "lr": -1.0})
    assert len(optimizer.param_groups) == 1
    optimizer.add_param_group({"params": [two], "lr": 0.5})
    one.grad = two.grad = gradients([[0]])[0]
    optimizer.step()
    assert not torch.equal(two, table(seed=1))


@every_class
def test_named_parameters(make):
    layer = CustomEmbedding(V, D)
    optimizer = make(layer.named_parameters(), lr=LR)
    assert optimizer.state_dict()["param_groups"][0]["param_names"] == ["weight"]


@every_class
def test_zero_grad(make):
    parameter = table()
    optimizer = make([parameter], lr=LR)
    parameter.grad = gradients([[0]])[0]
    optimizer.zero_grad()
    assert parameter.grad is None


# --- closures, rates, hooks -------------------------------------------------------------------------------


@every_class
def test_a_closure_is_called_with_gradients_on_and_its_loss_returned(make):
    parameter = table()
    optimizer = make([parameter], lr=LR)
    called = []

    def closure():
        optimizer.zero_grad()
        loss = parameter[[0, 2]].square().sum()
        loss.backward()
        called.append(torch.is_grad_enabled())
        return loss

    with torch.no_grad():
        loss = optimizer.step(closure)
    assert called == [True]
    assert loss.item() == table()[[0, 2]].square().sum().item()
    assert not torch.equal(parameter, table())
    assert make([parameter], lr=LR).step() is None


@every_optimizer
def test_a_scheduler_sets_the_rate(make, options):
    parameter, by_hand = table(), table()
    optimizer, other = make([parameter], lr=LR, **options), make([by_hand], lr=LR, **options)
    scheduler = StepLR(optimizer, step_size=1, gamma=0.5)
    for number, step in enumerate(gradients(FIRST + LATER)):
        parameter.grad = by_hand.grad = step
        other.param_groups[0]["lr"] = LR * 0.5**number
        optimizer.step()
        other.step()
        scheduler.step()
    assert torch.equal(parameter, by_hand)


@pytest.mark.parametrize("kind", [lambda o: LambdaLR(o, lambda n: 1 / (n + 1)), ReduceLROnPlateau])
def test_other_schedulers_accept_the_optimisers(kind):
    optimizer = RowAdam([table()], lr=LR)
    scheduler = kind(optimizer)
    optimizer.step()
    scheduler.step(*([1.0] if kind is ReduceLROnPlateau else []))


@every_optimizer
def test_the_rate_may_be_a_tensor(make, options):
    parameter, plain = table(), table()
    walk(make([parameter], lr=torch.tensor(LR), weight_decay=0.1, **options), parameter, gradients(FIRST))
    walk(make([plain], lr=LR, weight_decay=0.1, **options), plain, gradients(FIRST))
    torch.testing.assert_close(parameter, plain)


@every_optimizer
def test_a_rate_of_0_moves_nothing(make, options):
    parameter = table()
    walk(make([parameter], lr=0.0, weight_decay=0.5, **options), parameter, gradients(FIRST))
    assert torch.equal(parameter, table())


@every_class
def test_hooks_before_and_after_the_step(make):
    parameter, seen = table(), []
    optimizer = make([parameter], lr=LR)
    optimizer.register_step_pre_hook(lambda *_: seen.append(torch.equal(parameter, table())))
    optimizer.register_step_post_hook(lambda *_: seen.append(torch.equal(parameter, table())))
    walk(optimizer, parameter, gradients([[0]]))
    assert seen == [True, False]


@every_class
def test_it_works_in_a_training_loop(make):
    torch.manual_seed(0)
    layer = CustomEmbedding(V, D, sparse=True)
    optimizer = make(layer.parameters(), lr=0.3)
    goal, losses = torch.randn(V, D), []
    for _ in range(60):
        ids = torch.randint(V, (4,))
        optimizer.zero_grad()
        loss = (layer(ids) - goal[ids]).square().mean()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert sum(losses[-10:]) < 0.3 * sum(losses[:10])


def test_where_results_must_repeat_they_do():
    torch.use_deterministic_algorithms(True)
    try:
        ends = [walk(RowAdam([p], lr=LR), p, gradients(FIRST)) for p in (table(), table())]
    finally:
        torch.use_deterministic_algorithms(False)
    assert torch.equal(*ends)
