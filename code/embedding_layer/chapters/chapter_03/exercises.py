"""Checks for the exercises of chapter 3: the layer in eight lines."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor, nn

from embedding_layer.chapters.feedback import Misconception, exercise, require
from embedding_layer.layer import CustomEmbedding


@exercise
def small_embedding(answer: object) -> str:
    """Check a class like `CustomEmbedding` whose table starts at a standard deviation of 0.02."""
    vocab_size, embedding_dim = 500, 40
    layer = answer(vocab_size, embedding_dim)
    require(
        isinstance(layer, nn.Module),
        f"SmallEmbedding(500, 40) made a {type(layer).__name__}, which is no nn.Module: write "
        "`class SmallEmbedding(nn.Module)`.",
    )
    weight = _only_parameter(layer, (vocab_size, embedding_dim))
    values = weight.detach()
    _require_spread(values)
    require(
        not (torch.equal(values[0], values[1]) or torch.equal(values[:, 0], values[:, 1])),
        "The table repeats a row or a column. Draw V · D numbers, one for each place.",
    )
    require(
        not torch.equal(weight, answer(vocab_size, embedding_dim).weight),
        "Two layers start with the same numbers. A layer must not choose the seed: the program does.",
    )
    ids = torch.tensor([[3, 1, 3], [0, 499, 2]])
    vectors = layer(ids)
    require(isinstance(vectors, Tensor), "The layer returns no tensor: does `forward` return the rows?")
    require(
        vectors.shape == (2, 3, embedding_dim) and torch.equal(vectors, weight[ids]),
        "The layer does not return the rows of its own table. Set the scale once, in `__init__`, "
        "and let `forward` return `self.weight[x]`.",
    )
    _require_gradient(vectors, weight)
    return "Scale first, then wrap: the optimiser has to find the parameter itself."


@exercise
def from_weights(answer: object) -> str:
    """Check a function that makes a layer out of given vectors `(V, D)`."""
    for vocab_size, embedding_dim in ((7, 3), (2, 5)):
        _require_layer_of(answer, torch.randn(vocab_size, embedding_dim))
    return "The layer has the numbers, and a memory of its own."


@exercise
def unit_rows(answer: object) -> str:
    """Check a function that fills a table so that its rows are about 1 long, for any V and D."""
    for vocab_size, embedding_dim in ((200, 16), (200, 512), (20_000, 64)):
        weight = nn.Parameter(torch.full((vocab_size, embedding_dim), 7.0))
        memory = weight.data_ptr()
        answer(weight)
        _require_unit_rows(weight)
        require(
            weight.data_ptr() == memory,
            "The numbers are right, but they lie in another memory, which a state dict taken before does not "
            "see. Fill the tensor that is there instead of setting `.data`.",
        )
        values = weight.detach().clone()
        answer(weight)
        require(
            not torch.equal(weight.detach(), values),
            "A second call draws the same numbers. A function must not choose the seed: the program does.",
        )
    return "Standard deviation 1/√D: length 1 at every D, and V plays no part."


@exercise
def tie(answer: object) -> str:
    """Check a function that lets `head`, an `nn.Linear(D, V)`, use the table of `embedding`."""
    vocab_size, embedding_dim = 6, 4
    embedding = CustomEmbedding(vocab_size, embedding_dim)
    head = nn.Linear(embedding_dim, vocab_size, bias=False)
    table, start = embedding.weight, embedding.weight.detach().clone()
    answer(embedding, head)
    for name, module in (("embedding", embedding), ("head", head)):
        require(
            isinstance(module.weight, nn.Parameter),
            f"{name}.weight is no parameter any more but {type(module.weight).__name__}.",
        )
        require(module.weight.requires_grad, f"{name}.weight is frozen now: it must still be trained.")
    if head.weight is embedding.weight:
        require(
            torch.equal(embedding.weight.detach(), start),
            "They share one parameter, but the table lost its numbers: the rows must stay, "
            "so hand the table's parameter to the head, not the other way round.",
        )
        return "One parameter, two names: `parameters()` counts it once, and both uses add to its gradient."
    require(
        tuple(head.weight.shape) == (vocab_size, embedding_dim),
        f"head.weight has shape {tuple(head.weight.shape)} now. nn.Linear(D, V) keeps its weight as "
        "(out, in) = (V, D), the table's own shape: no transpose.",
    )
    require(
        head.weight.data_ptr() != table.data_ptr(),
        "The numbers are shared, but head.weight is a second parameter over the same memory: each keeps "
        "a gradient of its own, and an optimiser steps both. Let both names mean the same parameter.",
    )
    require(
        not torch.equal(head.weight.detach(), start),
        "The head has a copy of the table: equal now, apart after the first training step.",
    )
    raise Misconception("head.weight is still a parameter of its own, with other numbers than the table.")


def _require_layer_of(answer: Callable[[Tensor], nn.Module], vectors: Tensor) -> None:
    """Require that the answer makes a layer out of these vectors and leaves them alone."""
    given = vectors.clone()
    layer = answer(given)
    require(
        isinstance(layer, nn.Module),
        f"The function returns a {type(layer).__name__}, not a layer: return the CustomEmbedding.",
    )
    require(
        type(layer) is not nn.Embedding,
        "The function returns PyTorch's nn.Embedding: make a CustomEmbedding, the class of this chapter.",
    )
    weight = _only_parameter(layer, tuple(vectors.shape))
    require(
        torch.equal(weight.detach(), vectors),
        "The table does not hold the given vectors. Making the layer draws random numbers; "
        "they have to be replaced.",
    )
    require(
        weight.dtype == vectors.dtype,
        f"The vectors came as {vectors.dtype} and the table is {weight.dtype}: keep their format.",
    )
    require(
        not given.requires_grad,
        "The caller's tensor asks for a gradient now. Leave it as it was, and let the layer have a parameter "
        "of its own.",
    )
    with torch.no_grad():
        weight.zero_()
    require(
        torch.equal(given, vectors),
        "The layer shares its memory with the caller's tensor: setting the table to 0 set the given vectors "
        "to 0, too, and so would training change them. Copy them.",
    )
    with torch.no_grad():
        weight.copy_(vectors + 1)
    ids = torch.tensor([len(vectors) - 1, 0])
    found = layer(ids)
    require(torch.equal(found, weight[ids]), "The layer does not look up in its own table.")
    _require_gradient(found, weight)


def _only_parameter(layer: nn.Module, shape: tuple[int, int]) -> nn.Parameter:
    """Return the layer's parameter `weight`; explain what is wrong if that is not all it has."""
    found = dict(layer.named_parameters())
    if not found:
        plain = [name for name, value in vars(layer).items() if isinstance(value, Tensor)]
        raise Misconception(
            f"The layer has no parameters, so nothing will be trained: `{plain[0]}` is a plain tensor. "
            "The result of arithmetic with a parameter is no parameter: nn.Parameter(…) must come last."
            if plain
            else "The layer has no parameters, so nothing will be trained: assign the table to `self.weight`."
        )
    require(
        list(found) == ["weight"],
        f"The layer's parameters are {list(found)}; it needs one, named 'weight', so that its state_dict "
        "fits nn.Embedding.",
    )
    weight = found["weight"]
    require(
        tuple(weight.shape) != shape[::-1],
        f"The table has shape {tuple(weight.shape)}: transposed. One row a token: {shape}.",
    )
    require(
        tuple(weight.shape) == shape,
        f"The table has shape {tuple(weight.shape)}; one row a token makes it {shape}.",
    )
    require(
        weight.requires_grad, "The table is frozen (requires_grad is False): training leaves it as it is."
    )
    return weight


def _require_gradient(vectors: Tensor, weight: nn.Parameter) -> None:
    """Require that a gradient of the vectors reaches the table."""
    if vectors.requires_grad:
        vectors.sum().backward()
    require(
        weight.grad is not None,
        "The vectors are right, but no gradient comes back to the table, so nothing will be trained: "
        "`forward` must index the parameter itself, without detach(), .data or torch.no_grad().",
    )


def _require_spread(weight: Tensor) -> None:
    """Require N(0, 0.02²), and name the usual ways to miss it."""
    spread = weight.std().item()
    mistakes = {
        1.0: "these are the numbers of N(0, 1), which you were to make small in the table itself",
        math.sqrt(0.02): "0.02 is meant as the standard deviation, not as its square, the variance",
        0.02**2: "the scale was applied twice, or 0.02 was squared",
    }
    for wrong, why in mistakes.items():
        require(not math.isclose(spread, wrong, rel_tol=0.1), f"The spread is {spread:.2g}: {why}.")
    require(
        abs(weight.mean().item()) < 0.002,
        f"The numbers' mean is {weight.mean():.2g}, not 0: torch.rand draws from 0 to 1, randn around 0.",
    )
    require(
        weight.abs().max().item() > 0.0201,
        "No number is larger than 0.02: that is a uniform draw between bounds. "
        "N(0, 0.02²) has 0.02 as its standard deviation, and a third of its numbers lie beyond.",
    )
    require(
        math.isclose(spread, 0.02, rel_tol=0.1),
        f"The numbers' standard deviation is {spread:.2g}, not 0.02.",
    )


def _require_unit_rows(weight: nn.Parameter) -> None:
    """Require random rows of length about 1, and name the usual ways to miss it."""
    (vocab_size, embedding_dim), values = weight.shape, weight.detach()
    where = f"At V = {vocab_size:,}, D = {embedding_dim}"
    require(
        not bool((values == 7).all()),
        "The table is as it was: the function has to change it in place, "
        "for example with nn.init.normal_, or with weight.normal_ under torch.no_grad().",
    )
    require(
        weight.requires_grad, "The table is frozen now (requires_grad is False); it must still be trained."
    )
    require(
        not bool((values == values[0]).all()), f"{where} all rows are equal: no token differs from another."
    )
    lengths = values.norm(dim=1)
    length = lengths.mean().item()
    mistakes = {
        math.sqrt(embedding_dim): "the standard deviation was left at 1",
        1
        / math.sqrt(embedding_dim): "1/D is the variance that is needed; the standard deviation is its root",
        0.02 * math.sqrt(embedding_dim): "with a fixed 0.02 the length still grows with √D",
        math.sqrt(2 * embedding_dim / (vocab_size + embedding_dim)): (
            "a bound made for matrix products divides by V, too, but a look-up sums over nothing"
        ),
    }
    if not 0.9 < length < 1.1:
        for wrong, why in mistakes.items():
            require(
                not math.isclose(length, wrong, rel_tol=0.05), f"{where} a row is {length:.2g} long: {why}."
            )
        raise Misconception(f"{where} a row is {length:.2g} long on average, not 1.")
    require(
        lengths.std().item() < 0.3,
        f"{where} the rows are 1 long on average only: the shortest {lengths.min():.2g}, "
        f"the longest {lengths.max():.2g}.",
    )
    require(
        abs(values.mean().item()) < 0.1 / math.sqrt(embedding_dim),
        f"{where} the rows are 1 long, but their mean is not 0: they all point into the same corner.",
    )
