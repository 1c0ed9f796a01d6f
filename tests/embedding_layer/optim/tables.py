"""Small tables, gradients in every layout, and slow optimisers that go through a table row by row."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from embedding_layer.optim import RowAdagrad, RowAdam, RowOptimizer, RowSGD, RowWiseAdagrad

V, D, LR = 6, 3, 0.1

OPTIMIZERS: dict[str, tuple[type[RowOptimizer], dict]] = {
    "SGD": (RowSGD, {}),
    "momentum": (RowSGD, {"momentum": 0.9}),
    "Adagrad": (RowAdagrad, {"initial_accumulator_value": 0.1}),
    "row-wise Adagrad": (RowWiseAdagrad, {"initial_accumulator_value": 0.1}),
    "Adam": (RowAdam, {}),
    "Adam, steps counted": (RowAdam, {"bias_correction": "step"}),
}
every_optimizer = pytest.mark.parametrize(("make", "options"), OPTIMIZERS.values(), ids=OPTIMIZERS)
every_class = pytest.mark.parametrize("make", [RowSGD, RowAdagrad, RowWiseAdagrad, RowAdam])

LAYOUTS: dict[str, Callable[[Tensor], Tensor]] = {
    "sparse": lambda gradient: gradient,
    "coalesced": lambda gradient: gradient.coalesce(),
    "dense": lambda gradient: gradient.to_dense(),
}


def table(*shape: int, dtype: torch.dtype = torch.float32, seed: int = 0) -> nn.Parameter:
    """Return a parameter of random numbers, `(V, D)` unless told otherwise."""
    generator = torch.Generator().manual_seed(seed)
    return nn.Parameter(torch.randn(shape or (V, D), generator=generator, dtype=torch.float64).to(dtype))


def sparse(ids: Sequence[int], slopes: Tensor, rows: int = V) -> Tensor:
    """Return a sparse COO gradient as a look-up makes it: not coalesced."""
    indices = torch.tensor(ids, dtype=torch.int64)[None]
    return torch.sparse_coo_tensor(indices, slopes, (rows, *slopes.shape[1:]), check_invariants=True)


def gradients(
    steps: Sequence[Sequence[int]],
    tail: Sequence[int] = (D,),
    *,
    rows: int = V,
    dtype: torch.dtype = torch.float32,
    seed: int = 1,
) -> list[Tensor]:
    """Return a sparse gradient with random slopes for each list of ids."""
    generator = torch.Generator().manual_seed(seed)
    return [
        sparse(ids, torch.randn(len(ids), *tail, generator=generator, dtype=torch.float64).to(dtype), rows)
        for ids in steps
    ]


def walk(optimizer: torch.optim.Optimizer, parameter: nn.Parameter, steps: Sequence[Tensor | None]) -> Tensor:
    """Make one step with each gradient; return the parameter's numbers after all of them."""
    for gradient in steps:
        parameter.grad = gradient
        optimizer.step()
    return parameter.detach().clone()


def tensors(optimizer: torch.optim.Optimizer, parameter: nn.Parameter) -> dict[str, Tensor]:
    """Return copies of what an optimiser remembers about a parameter."""
    return {name: torch.as_tensor(value).clone() for name, value in optimizer.state[parameter].items()}


def slowly(
    make: type[RowOptimizer],
    weight: Tensor,
    steps: Sequence[Tensor],
    *,
    lr: float = LR,
    weight_decay: float = 0.0,
    maximize: bool = False,
    momentum: float = 0.0,
    initial_accumulator_value: float = 0.0,
    betas: tuple[float, float] = (0.9, 0.999),
    eps: float | None = None,
    bias_correction: str = "row",
) -> np.ndarray:
    """Return the table after these gradients, by the documented rules, one row after the other."""
    W = weight.detach().double().numpy().copy()
    shape = (len(W), *[1] * (W.ndim - 1)) if make is RowWiseAdagrad else W.shape
    speed, sums = np.zeros(W.shape), np.full(shape, initial_accumulator_value)
    first, second, count = np.zeros(W.shape), np.zeros(W.shape), np.zeros(len(W), dtype=int)
    eps = eps if eps is not None else {RowAdam: 1e-8}.get(make, 1e-10)
    for number, gradient in enumerate(steps, start=1):
        slopes: dict[int, np.ndarray] = {}
        for i, slope in zip(
            gradient._indices()[0].tolist(), gradient._values().double().numpy(), strict=True
        ):
            slopes[i] = slopes.get(i, 0.0) + slope
        for i, g in slopes.items():
            g = np.asarray(-g if maximize else g)
            count[i] += 1
            if make is RowSGD:
                speed[i] = momentum * speed[i] + g
                step = speed[i]
            elif make is RowAdam:
                first[i] = betas[0] * first[i] + (1 - betas[0]) * g
                second[i] = betas[1] * second[i] + (1 - betas[1]) * g**2
                t = int(count[i]) if bias_correction == "row" else number
                length = math.sqrt(1 - betas[1] ** t) / (1 - betas[0] ** t)
                step = length * first[i] / (np.sqrt(second[i]) + eps)
            else:
                sums[i] += np.sum(g**2) / max(1, g.size) if make is RowWiseAdagrad else g**2
                step = g / (np.sqrt(sums[i]) + eps)
            W[i] = W[i] - lr * step - lr * weight_decay * W[i]
    return W
