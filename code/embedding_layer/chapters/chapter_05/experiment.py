"""What chapter 5 tries out: what an error says, how long gradients take, how often a search finds a word."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable
from time import perf_counter, thread_time

import torch
from torch import Tensor, nn
from torch.autograd import grad

from embedding_layer.measure.timing import Timings, compare

FORMS = ("dense", "sparse", "coalesced")
"""The forms of a gradient that `time_backward` times."""

CLOCK = perf_counter if sys.platform == "win32" else thread_time
"""Leaves out the work of other programs, except where such a clock ticks too seldom."""

RIGHT = 2
"""The row that `search_tables` looks for: that of "cat"."""


def complaint(call: Callable[..., object], *arguments: object) -> str:
    """Return what the error says that a call ends in, up to the first colon or line end, or "no complaint".

    Warnings are swallowed, and so are no other errors than `IndexError` and `RuntimeError`.
    """
    with warnings.catch_warnings(action="ignore"):
        try:
            call(*arguments)
        except (IndexError, RuntimeError) as error:
            return str(error).strip().splitlines()[0].split(": ")[0].rstrip(",:")
    return "no complaint"


def time_backward(vocab_size: int, count: int, embedding_dim: int, *, repeats: int = 7) -> Timings:
    """Time the look-up of random ids, a loss and the way back, for each of `FORMS`, by `CLOCK`.

    Parameters
    ----------
    vocab_size, count, embedding_dim : int
        V, the number of ids N, and D.
    repeats : int
        How many rounds; the medians are taken over them.
    """
    ids = torch.randint(vocab_size, (count,))
    runs = {form: _there_and_back(nn.Embedding(vocab_size, embedding_dim), ids, form) for form in FORMS}
    return compare(runs, repeats=repeats, clock=CLOCK)


def search_tables(
    count: int, *, columns: int, rows: int = 6, steps: int = 300, lr: float = 0.1, seed: int = 0
) -> tuple[Tensor, Tensor]:
    """Search for the middle word of a sentence in many random tables, with the slopes of soft look-ups.

    The numbers are whole, from -9 to 9. In each table the loss is the squared distance between two mean
    vectors: that of the rows 0, `RIGHT` and 4, and that of the rows 0 and 4 with a mixture of all rows. Its
    shares start equal, and gradient descent changes the scores behind them.

    Parameters
    ----------
    count, rows, columns : int
        How many tables, and their shape.
    steps, lr : int and float
        Of the gradient descent.
    seed : int

    Returns
    -------
    shares : Tensor of shape `(count, rows)`
        The mixture that each search ends with.
    losses : Tensor of shape `(count,)`
        Before the last step.
    """
    generator = torch.Generator().manual_seed(seed)
    tables = torch.randint(-9, 10, (count, rows, columns), generator=generator).double()
    scores = torch.zeros(count, rows, dtype=torch.float64, requires_grad=True)
    for _ in range(steps):
        mixtures = (scores.softmax(dim=1)[:, None] @ tables)[:, 0]
        losses = ((mixtures - tables[:, RIGHT]) / 3).square().sum(dim=1)  # rows 0 and 4 are in both means
        (slopes,) = grad(losses.sum(), scores)
        with torch.no_grad():
            scores -= lr * slopes
    return scores.softmax(dim=1).detach(), losses.detach()


def _there_and_back(layer: nn.Embedding, ids: Tensor, form: str) -> Callable[[], Tensor]:
    layer.sparse = form != "dense"

    def run() -> Tensor:
        layer.weight.grad = None
        layer(ids).square().sum().backward()
        return layer.weight.grad.coalesce() if form == "coalesced" else layer.weight.grad

    return run
