"""Tables of more than a megabyte, for which a layer may have quicker ways: they must do the same."""

import copy
import pickle

import pytest
import torch
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.func import functional_call, grad, vmap
from torch.fx.experimental.proxy_tensor import make_fx

from .twins import gradient, random_table, same, torch_s_own_warnings, twins

pytestmark = torch_s_own_warnings
ROWS, WIDTH = 6000, 96  # more than two megabytes in float32
TABLE = random_table(ROWS, WIDTH)
IDS = torch.randint(ROWS, (8, 50), generator=torch.Generator().manual_seed(0)).square() % ROWS
PADDING = IDS[0, 0].item()

every_way = pytest.mark.parametrize(
    "options",
    [
        {},
        {"padding_idx": PADDING},
        {"scale_grad_by_freq": True},
        {"scale_grad_by_freq": True, "padding_idx": PADDING},
        {"sparse": True, "padding_idx": PADDING},
        {"max_norm": 5.0},
    ],
    ids=["plain", "padding", "scaled", "scaled_padding", "sparse_padding", "max_norm"],
)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16], ids=str)
@every_way
def test_vectors_and_gradients(options, dtype):
    pair = twins(TABLE.to(dtype), **options)
    same(pair.ours(IDS), pair.builtin(IDS), exact="max_norm" not in options)
    same(gradient(pair.ours, IDS), gradient(pair.builtin, IDS), exact="scale_grad_by_freq" not in options)
    same(pair.ours.weight, pair.builtin.weight, exact="max_norm" not in options)


def test_gradients_add_up():
    pair = twins(TABLE)
    for layer in pair:
        for ids in (IDS, IDS[:2], IDS[0, 0]):
            layer(ids).sum().backward()
    same(pair.ours.weight.grad, pair.builtin.weight.grad)


def test_rows_that_were_not_looked_up_are_zero():
    rows = gradient(twins(TABLE).ours, IDS, torch.ones(8, 50, WIDTH))
    counts = torch.bincount(IDS.flatten(), minlength=ROWS).float()
    assert torch.equal(rows, counts.unsqueeze(1).expand(ROWS, WIDTH))


def test_the_gradient_is_a_tensor_like_any_other():
    rows = gradient(twins(TABLE).ours, IDS)
    for same_again in (copy.deepcopy(rows), pickle.loads(pickle.dumps(rows)), rows.clone()):
        assert torch.equal(same_again, rows)
    before = rows.clone()
    assert torch.equal(rows.mul_(2).add_(1), 2 * before + 1)
    assert rows.share_memory_().is_shared()
    assert torch.equal(rows, 2 * before + 1)


def test_an_optimiser_steps():
    pair = twins(TABLE)
    for layer in pair:
        optimiser = torch.optim.Adam(layer.parameters(), lr=0.1)
        for _ in range(2):
            optimiser.zero_grad()
            layer(IDS).square().sum().backward()
            optimiser.step()
    same(pair.ours.weight, pair.builtin.weight, exact=False)


@pytest.mark.parametrize("padding_idx", [None, PADDING])
def test_transforms(padding_idx):
    pair = twins(TABLE, padding_idx=padding_idx)

    def squares(layer):
        return lambda table, ids: functional_call(layer, {"weight": table}, (ids,)).square().sum()

    ours, builtin = (grad(squares(layer))(TABLE, IDS) for layer in pair)
    same(ours, builtin, exact=False)
    ours, builtin = (vmap(grad(squares(layer)), in_dims=(None, 0))(TABLE, IDS[:3]) for layer in pair)
    same(ours, builtin, exact=False, strides=False)
    ours, builtin = (make_fx(grad(squares(layer)))(TABLE, IDS)(TABLE, IDS.flip(0)) for layer in pair)
    same(ours, builtin, exact=False)


def test_second_derivatives():
    products = []
    for layer in twins(TABLE.double()):
        (rows,) = torch.autograd.grad(layer(IDS).pow(3).sum(), layer.weight, create_graph=True)
        products += torch.autograd.grad(rows.square().sum(), layer.weight)
    same(*products, exact=False)


def test_compiled():
    pair = twins(TABLE, padding_idx=PADDING)
    torch._dynamo.reset()
    torch.compile(pair.ours, fullgraph=True, backend="aot_eager")(IDS).square().sum().backward()
    pair.builtin(IDS).square().sum().backward()
    same(pair.ours.weight.grad, pair.builtin.weight.grad, exact=False)


def test_without_numbers():
    layer = twins(TABLE).ours.to("meta")
    layer(IDS.to("meta")).sum().backward()
    assert layer.weight.grad.is_meta
    with FakeTensorMode() as mode:
        table = mode.from_tensor(TABLE).requires_grad_()
        vectors = functional_call(layer, {"weight": table}, (mode.from_tensor(IDS),))
        vectors.sum().backward()
        assert type(table.grad) is type(vectors)
        assert table.grad.shape == (ROWS, WIDTH)


def test_deterministic_algorithms_and_anomaly_mode():
    torch.use_deterministic_algorithms(True)
    try:
        with torch.autograd.set_detect_anomaly(True):
            pair = twins(TABLE)
            same(gradient(pair.ours, IDS), gradient(pair.builtin, IDS))
    finally:
        torch.use_deterministic_algorithms(False)


@pytest.mark.parametrize("bad", [-1, ROWS])
def test_a_bad_id_is_named(bad):
    ids = IDS.clone()
    ids[7, 49] = bad
    for options in ({}, {"max_norm": 1.0}, {"sparse": True}):
        layer = twins(TABLE, **options).ours
        with pytest.raises(IndexError) as caught:
            layer(ids)
        for word in (str(bad), "(7, 49)", f"0 to {ROWS - 1}"):
            assert word in str(caught.value)
        assert torch.equal(layer.weight, TABLE)
