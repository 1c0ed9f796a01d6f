"""What chapter 6 asks of layers, and the runs in which they stand against `nn.Embedding`."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from itertools import islice
from types import MappingProxyType
from unittest.mock import patch

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from embedding_layer.corpus import load_corpus
from embedding_layer.measure import compare
from embedding_layer.training import Batches
from embedding_layer.training import train as train_model
from embedding_layer.vocabulary import Vocabulary

RUNS: Mapping[str, tuple[Callable[..., torch.optim.Optimizer], dict[str, object]]] = MappingProxyType(
    {
        "SGD": (partial(torch.optim.SGD, lr=1.0), {}),
        "momentum, padding": (partial(torch.optim.SGD, lr=0.1, momentum=0.9), {"padding_idx": 1}),
        "Adam, scaled": (partial(torch.optim.Adam, lr=0.01), {"scale_grad_by_freq": True}),
        "AdamW, max_norm": (partial(torch.optim.AdamW, lr=0.01), {"max_norm": 1.0}),
        "Adagrad": (partial(torch.optim.Adagrad, lr=0.1), {}),
        "SparseAdam, sparse": (partial(torch.optim.SparseAdam, lr=0.01), {"sparse": True}),
    }
)
"""Optimisers and options of the layer with which the swap is tried, by name."""


def ask(layer: Callable[[object], Tensor], x: object) -> str:
    """Return the shape that a layer returns for `x`, or the name of its error."""
    try:
        with warnings.catch_warnings(action="ignore"):
            return str(tuple(layer(x).shape))
    except (IndexError, RuntimeError, TypeError) as error:
        return type(error).__name__


def refusal(call: Callable[..., object], *arguments: object) -> str:
    """Return the kind of the error that a call ends in, and the first line of its words.

    Raises
    ------
    ValueError
        If the call ends in no error.
    """
    try:
        call(*arguments)
    except (AssertionError, IndexError, RuntimeError, TypeError) as error:
        return f"{type(error).__name__}: {str(error).splitlines()[0]}"
    raise ValueError("the call was not refused")


def twins(layer_class: type[nn.Module], *arguments: object) -> tuple[nn.Module, nn.Embedding]:
    """Return a layer of this class and an `nn.Embedding`, made with the same arguments, with equal tables."""
    ours, theirs = layer_class(*arguments), nn.Embedding(*arguments)
    theirs.load_state_dict(ours.state_dict())
    return ours, theirs


def gradient(layer: nn.Module, ids: Tensor) -> Tensor:
    """Return the gradient of the table after a look-up whose slopes are all different."""
    layer.weight.grad = None
    layer(ids).sin().sum().backward()
    return layer.weight.grad


def vmap_gradient(
    look_up: Callable[..., Tensor], weight: Tensor, ids: Tensor, axis: int | None, **options: object
) -> Tensor:
    """Return the gradient of a sum over a batch of look-ups, made by one `vmap`.

    Parameters
    ----------
    look_up : callable
        `torch.nn.functional.embedding`, or what is compared with it.
    weight : Tensor of shape `(B, V, D)`, or `(V, D)` if `axis` is None
    ids : Tensor of shape `(B, T)`
    axis : int or None
        Which axis of `weight` counts the tables; None if there is one table for all.
    """
    weight = weight.clone().requires_grad_()
    call = torch.vmap(lambda table, own: look_up(own, table, **options), in_dims=(axis, 0))
    call(weight, ids).square().sum().backward()
    return weight.grad


def loop_gradient(weight: Tensor, ids: Tensor, axis: int | None, **options: object) -> Tensor:
    """Return what `vmap_gradient` should: the same sum in a loop over the examples, one call each."""
    weight = weight.clone().requires_grad_()
    for number, own in enumerate(ids):
        table = weight if axis is None else weight.select(axis, number)
        F.embedding(own, table, **options).square().sum().backward()
    return weight.grad


def rows_unlike_loop(
    look_up: Callable[..., Tensor], weight: Tensor, ids: Tensor, axis: int | None, **options: object
) -> int:
    """Return in how many rows `vmap_gradient` differs from `loop_gradient`."""
    found = vmap_gradient(look_up, weight, ids, axis, **options)
    return int((~torch.isclose(found, loop_gradient(weight, ids, axis, **options))).any(dim=-1).sum())


def time_ratio(layer_class: type[nn.Module], V: int, N: int, train: bool = True, repeats: int = 21) -> float:
    """Return how many times longer a layer takes than `nn.Embedding`, with N ids and V rows of 64 numbers.

    What is timed is a step of SGD; with `train=False` a look-up without gradients.
    """
    ids, slopes = torch.randint(V, (N,)), torch.ones(N, 64)

    def step(layer: nn.Module, optimiser: torch.optim.Optimizer) -> None:
        with torch.set_grad_enabled(train):
            vectors = layer(ids)
        if train:
            optimiser.zero_grad()
            vectors.backward(slopes)
            optimiser.step()

    layers = {"ours": layer_class(V, 64), "theirs": nn.Embedding(V, 64)}
    steps = {
        name: partial(step, layer, torch.optim.SGD(layer.parameters())) for name, layer in layers.items()
    }
    return compare(steps, repeats=repeats).ratio("ours", "theirs")


def five_words() -> tuple[Tensor, int]:
    """Return the runs of five words at the beginning of the corpus, as ids, and the vocabulary's size."""
    tokens = list(islice(load_corpus().tokens(), 20_000))
    vocabulary = Vocabulary.build(tokens, min_count=3)
    return torch.tensor(vocabulary.encode(tokens)).unfold(0, 5, 1), len(vocabulary)


@contextmanager
def as_nn_embedding(layer_class: type[nn.Module]) -> Iterator[None]:
    """Let the name `nn.Embedding` mean another class within this context."""
    with patch.object(nn, "Embedding", layer_class):
        yield


def losses(model: nn.Module, words: Tensor, optimiser: Callable[..., torch.optim.Optimizer]) -> Tensor:
    """Return the losses of 40 steps in which a model learns to guess the last of five words.

    A table with sparse gradients is trained alone: `SparseAdam` does not take other gradients.
    """
    batches = Batches(words[:, :-1], words[:, -1], batch_size=128, steps=40)
    trained = model.embedding if model.embedding.sparse else model
    found = train_model(
        lambda ids, word: F.cross_entropy(model(ids), word), batches, optimiser(trained.parameters())
    )
    return torch.tensor(found)
