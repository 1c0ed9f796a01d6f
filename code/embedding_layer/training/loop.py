"""A training loop: any model, any loss, any batches."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence

import torch
from torch import Tensor, nn

from embedding_layer.progress import progress


def train(
    loss: Callable[..., Tensor],
    batches: Iterable[Sequence[Tensor]],
    optimizer: torch.optim.Optimizer,
    *,
    after_step: Callable[[int, float], None] | None = None,
    description: str = "training",
) -> list[float]:
    """Make one optimiser step a batch and return the losses.

    The loop knows neither the model nor the task: `loss` does. For a classifier it is
    ``lambda ids, labels: F.cross_entropy(model(ids), labels)``.

    Parameters
    ----------
    loss : callable
        Gets the tensors of one batch and returns the scalar loss, with its graph.
    batches : iterable of sequences of Tensors
        Such as `embedding_layer.training.data.Batches`.
    optimizer : torch.optim.Optimizer
        Holds the parameters to be trained; what it does not hold stays as it is.
    after_step : callable or None
        Called with the number of steps made so far (1 after the first) and the loss before that step: to take
        snapshots, to change the learning rate.
    description : str
        The words before the progress bar.

    Returns
    -------
    list of float
        The loss of every batch, before its step.

    Raises
    ------
    ValueError
        If there is no batch, or `loss` does not return a scalar.
    RuntimeError
        If the loss depends on nothing that is trained.
    FloatingPointError
        If the loss is no longer a finite number; the message says at which step.
    """
    losses: list[float] = []
    for step, batch in enumerate(progress(batches, description), start=1):
        optimizer.zero_grad()
        value = loss(*batch)
        _check(value, step)
        value.backward()
        optimizer.step()
        losses.append(value.item())
        if after_step is not None:
            after_step(step, losses[-1])
    if not losses:
        raise ValueError("there is no batch to train on (an iterator that was used before is empty)")
    return losses


def predict(model: nn.Module, *inputs: Tensor, batch_size: int = 1024) -> Tensor:
    """Return the model's outputs for all rows, computed in pieces and without gradients.

    The model is put into evaluation mode for it, and each of its parts back into the mode that it was in:
    a part that you froze with `eval()` stays frozen.

    Parameters
    ----------
    model : nn.Module
        Takes one piece of each input.
    *inputs : Tensors with the same number N of rows
    batch_size : int
        Rows a piece: less needs less memory.

    Returns
    -------
    Tensor of shape `(N, ...)`

    Raises
    ------
    ValueError
        If there is no input, no row, or the inputs differ in the number of rows.
    """
    rows = {len(tensor) for tensor in inputs}
    if len(rows) != 1 or rows == {0}:
        raise ValueError(
            f"the inputs have {[len(tensor) for tensor in inputs]} rows; pass at least one input, "
            "all with the same number of rows and at least one"
        )
    modes = [(part, part.training) for part in model.modules()]
    model.eval()
    try:
        with torch.no_grad():
            pieces = zip(*(tensor.split(batch_size) for tensor in inputs), strict=True)
            return torch.cat([model(*piece) for piece in pieces])
    finally:
        for part, training in modes:
            part.training = training


def _check(value: Tensor, step: int) -> None:
    if value.numel() != 1:
        raise ValueError(
            f"the loss has shape {tuple(value.shape)}; a gradient step needs one number: "
            "take the mean or the sum"
        )
    if not value.requires_grad:
        raise RuntimeError(
            "the loss depends on no trainable parameter: is everything frozen, or was the output detached?"
        )
    if not math.isfinite(value.item()):
        raise FloatingPointError(
            f"the loss is {value.item()} at step {step}; a smaller learning rate may help"
        )
