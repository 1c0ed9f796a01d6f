"""The look-up measured: ours, PyTorch's, and indexing, forward and with the gradient."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor, nn

from embedding_layer.benchmarks.case import COUNT, EMBEDDING_DIM, Setting, measure
from embedding_layer.layer import CustomEmbedding

BUILTIN, OURS = "nn.Embedding", "CustomEmbedding"


def measure_layer(setting: Setting, *, repeats: int = 15) -> Iterator[dict[str, Any]]:
    """Measure forward (for inference and with a graph), forward + backward, and sparse gradients.

    Yields
    ------
    dict
        A row for each function: see `case.measure`. The ratios are those to `nn.Embedding`.
    """
    builtin, ours = (_layer(kind, setting) for kind in (nn.Embedding, CustomEmbedding))
    # a table each, or the second to look up the same rows would find them in the cache
    indexed, selected = (nn.Parameter(builtin.weight.detach().clone()) for _ in range(2))
    look_ups = {
        BUILTIN: builtin,
        OURS: ours,
        "weight[x]": lambda ids: indexed[ids],
        "index_select": lambda ids: selected.index_select(0, ids),
    }
    rest = {"baseline": BUILTIN, "repeats": repeats}
    with torch.no_grad():
        yield from measure(setting, "layer", "forward", _forward(look_ups, setting), **rest)
    yield from measure(setting, "layer", "forward with graph", _forward(look_ups, setting), **rest)
    weights = {BUILTIN: builtin.weight, OURS: ours.weight, "weight[x]": indexed, "index_select": selected}
    both = {name: _backward(look_up, weights[name], setting) for name, look_up in look_ups.items()}
    yield from measure(setting, "layer", "forward + backward", both, **rest)
    sparse = {
        name: _layer(kind, setting, sparse=True)
        for name, kind in ((BUILTIN, nn.Embedding), (OURS, CustomEmbedding))
    }
    both = {name: _backward(layer, layer.weight, setting) for name, layer in sparse.items()}
    yield from measure(setting, "layer", "sparse", both, **rest)


def _layer(kind: type[nn.Module], setting: Setting, **options: Any) -> nn.Module:
    return kind(setting.vocab_size, EMBEDDING_DIM, device=setting.device, **options)


def _forward(look_ups: dict[str, Callable[[Tensor], Tensor]], setting: Setting) -> dict[str, Callable]:
    def function(look_up: Callable[[Tensor], Tensor]) -> Callable[[], Tensor]:
        batches = setting.batches()
        return lambda: look_up(next(batches))

    return {name: function(look_up) for name, look_up in look_ups.items()}


def _backward(look_up: Callable[[Tensor], Tensor], weight: Tensor, setting: Setting) -> Callable[[], None]:
    batches = setting.batches()
    slopes = torch.randn(COUNT, EMBEDDING_DIM, device=setting.device)

    def forward_and_backward() -> None:
        weight.grad = None
        look_up(next(batches)).backward(slopes)

    return forward_and_backward
