"""The layer and the row-wise optimisers on a GPU, where there is one."""

import pytest
import torch
from torch import nn

from embedding_layer import CustomEmbedding, detect_bad_ids
from embedding_layer.optim import RowAdagrad, RowAdam, RowSGD, RowWiseAdagrad

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device here")

V, D = 50, 8
OPTIONS = [
    {},
    {"sparse": True},
    {"padding_idx": 3},
    {"padding_idx": 3, "sparse": True},
    {"scale_grad_by_freq": True},
    {"max_norm": 1.0},
]


def some_ids(*, seed: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(V, (4, 9), generator=generator).cuda()


def dense(gradient: torch.Tensor) -> torch.Tensor:
    return gradient.to_dense() if gradient.is_sparse else gradient


@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16], ids=str)
def test_the_layer_is_nn_embedding_on_a_gpu_too(options, dtype):
    theirs = nn.Embedding(V, D, **options, device="cuda", dtype=dtype)
    ours = CustomEmbedding(V, D, **options, device="cuda", dtype=dtype)
    ours.load_state_dict(theirs.state_dict())
    ids = some_ids(seed=0)
    slopes = torch.randn(*ids.shape, D, device="cuda", dtype=dtype)
    vectors = [layer(ids) for layer in (ours, theirs)]
    for out in vectors:
        out.backward(slopes)
    tolerance = {torch.float32: 1e-6, torch.float64: 1e-14, torch.bfloat16: 3e-2}[dtype]
    exact = 0 if "max_norm" not in options else tolerance
    torch.testing.assert_close(*vectors, rtol=exact, atol=exact)
    mine, reference = dense(ours.weight.grad), dense(theirs.weight.grad)
    assert ours.weight.grad.is_sparse == theirs.weight.grad.is_sparse
    torch.testing.assert_close(mine, reference, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("bad", [-1, V])
def test_where_asked_bad_ids_are_named_before_the_device_is_lost(bad):
    layer = CustomEmbedding(V, D, device="cuda")
    with detect_bad_ids(), pytest.raises(IndexError, match=f"id {bad} at position 1"):
        layer(torch.tensor([0, bad], device="cuda"))
    assert layer(torch.tensor([0], device="cuda")).isfinite().all()


@pytest.mark.parametrize("rule", [RowSGD, RowAdagrad, RowWiseAdagrad, RowAdam])
@pytest.mark.parametrize("sparse", [False, True])
def test_a_row_wise_optimiser_moves_a_table_on_a_gpu_as_on_a_cpu(rule, sparse):
    start = torch.randn(V, D, dtype=torch.float64)
    tables = []
    for device in ("cpu", "cuda"):
        layer = CustomEmbedding.from_pretrained(start.clone().to(device), freeze=False, sparse=sparse)
        optimizer = rule(layer.parameters(), lr=0.1)
        for step in range(5):
            optimizer.zero_grad()
            layer(some_ids(seed=step).to(device)).square().sum().backward()
            optimizer.step()
        tables.append(layer.weight.detach().cpu())
    assert not torch.equal(tables[0], start)
    torch.testing.assert_close(*tables, rtol=1e-12, atol=1e-12)


def test_a_state_goes_from_a_gpu_to_a_cpu_and_on():
    tables = {device: nn.Parameter(torch.ones(V, D, device=device)) for device in ("cuda", "cpu")}
    first, second = (RowAdam([tables[device]], lr=0.1) for device in ("cuda", "cpu"))
    tables["cuda"].grad = torch.ones(V, D, device="cuda")
    first.step()
    second.load_state_dict(first.state_dict())
    assert all(value.device.type == "cpu" for value in second.state[tables["cpu"]].values())
