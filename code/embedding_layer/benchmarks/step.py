"""A whole training step measured: forward, backward and the optimiser, row-wise ones and PyTorch's own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import torch
from torch import nn

from embedding_layer.benchmarks.case import BATCHES, EMBEDDING_DIM, Setting, measure
from embedding_layer.layer import CustomEmbedding
from embedding_layer.measure.traffic import bytes_moved
from embedding_layer.optim import RowAdagrad, RowAdam, RowSGD, RowWiseAdagrad

LARGEST_DENSE = 1_000_000
"""Up to this many rows dense Adam is measured, too, in its fastest form; beyond, a step takes a second."""

STATE_DIMS = {"SGD": 0, "Adagrad": EMBEDDING_DIM, "row-wise Adagrad": 1, "Adam": 2 * EMBEDDING_DIM}
"""Numbers of state a row, rule by rule."""

OURS = (RowSGD, RowAdagrad, RowWiseAdagrad, RowAdam)
"""The rules that step our layer; PyTorch's step its own."""

PARTS = ("forward", "sparse backward", "row step")


def measure_step(setting: Setting, bandwidth: float, *, repeats: int = 9) -> Iterator[dict[str, Any]]:
    """Measure a training step under each rule.

    Parameters
    ----------
    setting : Setting
    bandwidth : float
        Bytes per second that this machine moves; for the bound.
    repeats : int

    Yields
    ------
    dict
        A row for each function: see `case.measure`. The ratios are those to PyTorch's optimiser of the same
        rule on the sparse gradients of an `nn.Embedding`. `bound` is the time in µs that moving the bytes of
        the touched rows takes at least.
    """
    touched = setting.touched()
    for rule, baseline, functions in _rules(setting):
        sizes = {"count": setting.count, "distinct": round(touched), "embedding_dim": EMBEDDING_DIM}
        moved = sum(bytes_moved(part, state_dim=STATE_DIMS[rule], **sizes) for part in PARTS)
        more = {"bound": moved / bandwidth * 1e6, "touched": touched}
        yield from measure(setting, "step", rule, functions, baseline, repeats=repeats, **more)


def _rules(setting: Setting) -> Iterator[tuple[str, str, dict[str, Callable[[], None]]]]:
    """Yield rule, baseline and steps, one rule at a time, so that not all tables are there at once."""
    fused = _fbgemm(setting)
    sgd, adagrad, adam = torch.optim.SGD, torch.optim.Adagrad, torch.optim.SparseAdam
    yield "SGD", "SGD", {"SGD": _step(sgd, setting), "RowSGD": _step(RowSGD, setting), **fused("SGD")}
    own = {"Adagrad": _step(adagrad, setting), "RowAdagrad": _step(RowAdagrad, setting)}
    yield "Adagrad", "Adagrad", own | fused("ADAGRAD")
    own = {"Adagrad": own["Adagrad"], "RowWiseAdagrad": _step(RowWiseAdagrad, setting)}
    yield "row-wise Adagrad", "Adagrad", own | fused("ROWWISE_ADAGRAD")
    own = {"SparseAdam": _step(adam, setting), "RowAdam": _step(RowAdam, setting)}
    if setting.vocab_size <= LARGEST_DENSE:
        own["dense Adam"] = _step(partial(torch.optim.Adam, fused=True), setting, sparse=False)
    yield "Adam", "SparseAdam", own


@torch.sparse.check_sparse_tensor_invariants(enable=False)  # as where they are timed
def _step(
    optimizer: Callable[..., torch.optim.Optimizer], setting: Setting, *, sparse: bool = True
) -> Callable[[], None]:
    kind = CustomEmbedding if optimizer in OURS else nn.Embedding
    layer = kind(setting.vocab_size, EMBEDDING_DIM, sparse=sparse, device=setting.device)
    rule = optimizer(layer.parameters(), lr=1e-3)
    batches = setting.batches()
    slopes = torch.randn(setting.count, EMBEDDING_DIM, device=setting.device)

    def step() -> None:
        rule.zero_grad()
        layer(next(batches)).backward(slopes)
        rule.step()

    if sparse:  # or the memory of a row's state arrives when the row is first touched, while time is taken
        for _ in range(BATCHES):
            step()
    return step


def _fbgemm(setting: Setting) -> Callable[[str], dict[str, Callable[[], None]]]:
    """Return a maker of fused steps by the package fbgemm-gpu-cpu; it makes nothing where that is missing."""
    try:
        import fbgemm_gpu.split_table_batched_embeddings_ops_training as fbgemm
    except (ImportError, OSError):
        return lambda rule: {}
    if setting.device != "cpu":
        return lambda rule: {}

    def fused(rule: str) -> dict[str, Callable[[], None]]:
        table = fbgemm.SplitTableBatchedEmbeddingBagsCodegen(
            [(setting.vocab_size, EMBEDDING_DIM, fbgemm.EmbeddingLocation.HOST, fbgemm.ComputeDevice.CPU)],
            optimizer=getattr(fbgemm.OptimType, f"EXACT_{rule}"),
            learning_rate=1e-3,
        )
        batches = setting.batches()
        offsets, slopes = torch.arange(setting.count + 1), torch.randn(setting.count, EMBEDDING_DIM)

        def step() -> None:
            table(next(batches), offsets).backward(slopes)

        for _ in range(BATCHES):
            step()
        return {"FBGEMM": step}

    return fused
