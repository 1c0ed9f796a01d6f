"""Twins: the same table in `nn.Embedding` and in ours, and the comparisons that every test makes.

The class under test is named here and nowhere else.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import pytest
import torch
from torch import Tensor, nn

from embedding_layer import CustomEmbedding

LAYER = CustomEmbedding
ORACLE = nn.Embedding

V, D = 7, 3
IDS = torch.tensor([[1, 2, 0], [2, 6, 2]])  # two rows of them, with an id that occurs three times

# every option alone, and together what can be together: scaled gradients cannot be sparse in PyTorch
OPTIONS = {
    "plain": {},
    "padding": {"padding_idx": 2},
    "padding_0": {"padding_idx": 0},
    "padding_last": {"padding_idx": -1},
    "scaled": {"scale_grad_by_freq": True},
    "scaled_padding": {"scale_grad_by_freq": True, "padding_idx": 2},
    "sparse": {"sparse": True},
    "sparse_padding": {"sparse": True, "padding_idx": 2},
    "sparse_padding_0": {"sparse": True, "padding_idx": 0},
    "max_norm": {"max_norm": 0.8},
    "max_norm_0": {"max_norm": 0.0},
    "max_norm_1": {"max_norm": 0.8, "norm_type": 1.0},
    "max_norm_padding": {"max_norm": 0.8, "padding_idx": 2},
    "max_norm_sparse": {"max_norm": 0.8, "sparse": True},
    "max_norm_scaled": {"max_norm": 0.8, "scale_grad_by_freq": True},
    "all_dense": {"max_norm": 0.8, "norm_type": 3.0, "padding_idx": 2, "scale_grad_by_freq": True},
    "all_sparse": {"max_norm": 0.8, "norm_type": 3.0, "padding_idx": 2, "sparse": True},
}
DENSE = {name: options for name, options in OPTIONS.items() if not options.get("sparse")}
STILL = {name: options for name, options in OPTIONS.items() if "max_norm" not in options}  # writes no weights

every_option = pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
every_dense_option = pytest.mark.parametrize("options", DENSE.values(), ids=DENSE)
every_still_option = pytest.mark.parametrize("options", STILL.values(), ids=STILL)
every_still_dense_option = pytest.mark.parametrize(
    "options", [DENSE[name] for name in DENSE if name in STILL], ids=[name for name in DENSE if name in STILL]
)

# PyTorch warns of its own use of TorchScript when forward mode or inductor first runs
torch_s_own_warnings = pytest.mark.filterwarnings("ignore:.torch.jit:DeprecationWarning")


class Twins(NamedTuple):
    """The same table twice."""

    ours: nn.Module
    builtin: nn.Module


def random_table(*shape: int, dtype: torch.dtype = torch.float32, seed: int = 0) -> Tensor:
    """Return the same random numbers for the same seed, whatever else was drawn."""
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64).to(dtype)


def like(tensor: Tensor) -> Tensor:
    """Return a copy of a tensor with its strides: those of a transposed one, or gaps between its columns."""
    if 0 in tensor.stride():
        return tensor.detach().clone()
    length = sum((size - 1) * stride for size, stride in zip(tensor.shape, tensor.stride(), strict=True)) + 1
    storage = torch.zeros(max(length, 0) if tensor.numel() else 0, dtype=tensor.dtype)
    return storage.as_strided(tensor.shape, tensor.stride()).copy_(tensor.detach())


def twins(weight: Tensor | None = None, *, freeze: bool = False, **options: Any) -> Twins:
    """Build both layers with equal tables, each its own; without `weight` they are random, V rows of D."""
    if weight is None:
        weight = random_table(V, D)
    return Twins(
        *(cls(*weight.shape, _weight=like(weight), _freeze=freeze, **options) for cls in (LAYER, ORACLE))
    )


def same(got: Tensor, expected: Tensor, *, exact: bool = True, strides: bool = True) -> None:
    """Compare all that can be seen of two tensors but their history; `exact` to the bit, else to rounding."""
    assert type(got) is type(expected)
    for property_ in ("shape", "dtype", "device", "layout", "requires_grad", "is_leaf"):
        assert getattr(got, property_) == getattr(expected, property_), property_
    got, expected = got.detach(), expected.detach()
    if expected.layout == torch.sparse_coo:
        assert got.sparse_dim() == expected.sparse_dim()
        assert got.dense_dim() == expected.dense_dim()
        if expected.numel() == 0:  # rows of no columns: how many of them there are means nothing
            return
        got, expected = got.coalesce(), expected.coalesce()
        assert torch.equal(got.indices(), expected.indices())
        got, expected = got.values(), expected.values()
    elif strides:
        assert got.stride() == expected.stride()
    if expected.is_meta or expected.numel() == 0:
        return
    eps = 0.0
    if not exact and (expected.is_floating_point() or expected.is_complex()):
        eps = 8 * torch.finfo(expected.dtype).eps
    largest = expected.abs().nan_to_num(posinf=1.0).max().item() if eps else 0.0
    torch.testing.assert_close(got, expected, rtol=eps, atol=eps * max(largest, 1.0), equal_nan=True)


@dataclass
class Outcome:
    """What a call gave: a value, or the exception it raised."""

    value: Any = None
    error: BaseException | None = None


def attempt(function: Callable[..., Any], *arguments: Any) -> Outcome:
    """Call a function and return what it gave, or what it raised."""
    try:
        return Outcome(value=function(*arguments))
    except Exception as error:
        return Outcome(error=error)


def slopes_for(vectors: Tensor, seed: int = 1) -> Tensor:
    """Return a gradient of small whole numbers: sums of them are exact, in whatever order they are added."""
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(-4, 5, vectors.shape, generator=generator).to(vectors.dtype)


def gradient(layer: nn.Module, ids: Tensor, slopes: Tensor | None = None) -> Tensor | None:
    """Send `slopes` back through the layer and return its weight's gradient, which starts from none."""
    layer.weight.grad = None
    vectors = layer(ids)
    vectors.backward(slopes_for(vectors) if slopes is None else slopes)
    return layer.weight.grad
