"""The row ledger: for every step and row of a table its gradient, its momentum, and how far it moved."""

from __future__ import annotations

from types import TracebackType
from typing import Any, Self

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

MEMORIES = ("momentum_buffer", "exp_avg")
"""Under these names `torch.optim` keeps the average of past gradients that a step follows."""


class RowLedger:
    """Watch an optimiser at work on a table, and write a line at each of its steps.

    Use it around a training loop, for any optimiser with a `torch.optim` state::

        with RowLedger(layer.weight, optimizer) as ledger:
            train(...)

    It copies the table at every step and keeps three numbers a row and step: made for small tables.

    Parameters
    ----------
    parameter : nn.Parameter of shape `(V, …)`
        The table.
    optimizer : torch.optim.Optimizer
        The one that steps it.

    Raises
    ------
    ValueError
        If the optimiser does not hold the parameter.
    """

    def __init__(self, parameter: nn.Parameter, optimizer: Optimizer) -> None:
        if not any(parameter is own for group in optimizer.param_groups for own in group["params"]):
            raise ValueError(
                f"the {type(optimizer).__name__} does not hold this parameter of shape "
                f"{tuple(parameter.shape)}: nothing would ever happen to it"
            )
        self.parameter = parameter
        self.optimizer = optimizer
        self._before = parameter.detach().clone()
        self._lines: list[tuple[Tensor, Tensor, Tensor]] = []
        self._hooks: list[Any] = []

    def __enter__(self) -> Self:
        """Begin to watch."""
        self._hooks = [
            self.optimizer.register_step_pre_hook(self._look),
            self.optimizer.register_step_post_hook(self._write),
        ]
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop watching; what was written stays."""
        for hook in self._hooks:
            hook.remove()

    def __len__(self) -> int:
        """Return how many steps were watched, S."""
        return len(self._lines)

    @property
    def gradient(self) -> Tensor:
        """The length of each row's gradient: float64, shape `(S, V)`, 0 for a row without."""
        return self._column(0)

    @property
    def momentum(self) -> Tensor:
        """The length of what is remembered of each row after the step: float64, shape `(S, V)`.

        All 0 for an optimiser that keeps no average of past gradients.
        """
        return self._column(1)

    @property
    def moved(self) -> Tensor:
        """How far each row moved in the step: float64, shape `(S, V)`, 0 only if no number changed."""
        return self._column(2)

    @property
    def moved_without_gradient(self) -> Tensor:
        """Where a row moved although its gradient was exactly zero: bool, shape `(S, V)`."""
        return (self.moved != 0) & (self.gradient == 0)

    def _column(self, which: int) -> Tensor:
        if not self._lines:
            return torch.zeros(0, len(self.parameter), dtype=torch.float64)
        return torch.stack([line[which] for line in self._lines])

    def _look(self, *_: object) -> None:
        self._before = self.parameter.detach().clone()

    def _write(self, *_: object) -> None:
        state = self.optimizer.state.get(self.parameter, {})
        memory = next((state[name] for name in MEMORIES if state.get(name) is not None), None)
        step = self.parameter.detach().double() - self._before.double()
        self._lines.append((self._lengths(self.parameter.grad), self._lengths(memory), self._lengths(step)))

    def _lengths(self, rows: Tensor | None) -> Tensor:
        """Return the length of each row; in float64, so that the smallest float32 is not squared to 0."""
        if rows is None:
            return torch.zeros(len(self.parameter), dtype=torch.float64)
        dense = rows.detach().to_dense() if rows.is_sparse else rows.detach()
        return dense.double().reshape(len(dense), -1).norm(dim=1).cpu()
