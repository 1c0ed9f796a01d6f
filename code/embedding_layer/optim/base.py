"""What the row-wise optimisers share: options, checks, and the loop over the parameters."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from embedding_layer.optim.rows import RowGradient, Scratch


class RowOptimizer(Optimizer, ABC):
    """An optimiser that reads and writes only the rows that have a gradient.

    Subclasses say in `update_rows` what happens to these rows.

    Parameters
    ----------
    params : iterable of parameters or of groups
        Tables, or anything else whose first axis counts rows.
    defaults : dict
        The options of a rule: `lr`, those of its own, and the three that all rules share, which follow.
    weight_decay : float
        Each step shrinks the rows that it touches by the factor 1 − lr · weight_decay, apart from the
        gradient (Loshchilov and Hutter, "Decoupled weight decay regularization", 2019). Other rows stay.
    maximize : bool
        Walk up the slopes instead of down.
    check_finite : bool
        Refuse gradients with infinite or missing numbers before anything is changed. It costs a pass over
        the gradients, and on an accelerator it waits for them.

    Raises
    ------
    ValueError
        If an option is out of range.
    TypeError
        If a parameter does not hold real floating-point numbers, or has no axis.
    """

    def __init__(self, params: Iterable[Any], defaults: dict[str, Any]) -> None:
        self.scratch = Scratch()
        super().__init__(params, defaults)

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Add a group of parameters with options of its own; check them."""
        super().add_param_group(param_group)
        try:
            self._check_group(self.param_groups[-1])
        except Exception:
            del self.param_groups[-1]
            raise

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Change every row that has a gradient; return what the closure returns, if there is one.

        All gradients are checked before the first row is changed.

        Raises
        ------
        RuntimeError
            If a gradient is neither dense nor sparse COO with one sparse axis.
        FloatingPointError
            With `check_finite`, if a gradient has an infinite number or NaN; the message names the row.
        """
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        work = [
            (group, parameter, self._rows_of(parameter, group))
            for group in self.param_groups
            for parameter in group["params"]
            if parameter.grad is not None
        ]
        for group, parameter, gradient in work:
            self.update_rows(parameter, gradient, group)
        return loss

    @abstractmethod
    def update_rows(self, parameter: Tensor, gradient: RowGradient, group: dict[str, Any]) -> None:
        """Change the rows of one parameter, of which there may be none; `group` holds the options."""

    def sum_repeated(self, gradient: RowGradient, parameter: Tensor) -> tuple[Tensor, Tensor]:
        """Return the touched rows once each, and the sum of the slopes of each, which may be overwritten."""
        last = self.scratch.block("last", len(parameter), parameter.new_empty(0), torch.int64)
        return gradient.sum_repeated(last, self.scratch.block("sums", len(gradient), gradient.slopes))

    def gather(self, name: str, table: Tensor, rows: Tensor) -> Tensor:
        """Return a copy of these rows of a table, in the scratch space under this name."""
        return torch.index_select(table, 0, rows, out=self.scratch.block(name, len(rows), table))

    def move_rows(
        self,
        parameter: Tensor,
        rows: Tensor,
        step: Tensor,
        group: dict[str, Any],
        length: Tensor | float = 1.0,
    ) -> None:
        """Subtract lr · length · step from these rows, after shrinking them; `step` is used up."""
        step.mul_(length * -float(group["lr"]))
        if group["weight_decay"]:
            shrink = -float(group["lr"]) * group["weight_decay"]
            step.add_(parameter.index_select(0, rows), alpha=shrink)
        # index_add_ has an alpha, and is three times slower with it than after a multiplication
        parameter.index_add_(0, rows, step)

    def state_of(self, parameter: Tensor, **shapes: tuple[int, ...]) -> dict[str, Tensor]:
        """Return the state of a parameter; at its first step, zeros of the given shapes."""
        state = self.state[parameter]
        for name, shape in shapes.items():
            if name not in state:
                state[name] = torch.zeros(shape, dtype=parameter.dtype, device=parameter.device)
        return state

    def _check_group(self, group: dict[str, Any]) -> None:
        for name in ("lr", "weight_decay"):
            check_number(name, group[name], low=0)
        for parameter in group["params"]:
            if not parameter.is_floating_point() or parameter.dim() == 0:
                raise TypeError(
                    f"{type(self).__name__} takes parameters of real floating-point numbers with one axis or "
                    f"more, got {parameter.dtype} of shape {tuple(parameter.shape)}"
                )

    def _rows_of(self, parameter: nn.Parameter, group: dict[str, Any]) -> RowGradient:
        gradient = parameter.grad
        _refuse_layout(gradient, type(self).__name__)
        rows = RowGradient(gradient)
        if group["check_finite"]:
            _refuse_not_finite(rows)
        if group["maximize"]:
            rows.slopes = -rows.slopes
        return rows

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        self.scratch = Scratch()


def check_number(name: str, value: float, *, low: float, below: float = math.inf) -> None:
    """Refuse an option that is no number (`TypeError`) or not `low` ≤ value < `below` (`ValueError`)."""
    try:
        in_range = low <= float(value) < below  # NaN is not
    except (TypeError, ValueError):
        raise TypeError(f"{name}={value!r}, but it must be a number") from None
    if not in_range:
        limit = f"at least {low}" + ("" if below == math.inf else f" and below {below}")
        raise ValueError(f"{name}={value}, but it must be a finite number, {limit}")


def _refuse_layout(gradient: Tensor, optimizer: str) -> None:
    if gradient.layout == torch.strided or (gradient.is_sparse and gradient.sparse_dim() == 1):
        return
    axes = f" with {gradient.sparse_dim()} sparse axes" if gradient.is_sparse else ""
    raise RuntimeError(
        f"a gradient of shape {tuple(gradient.shape)} has the layout {gradient.layout}{axes}; {optimizer} "
        "takes dense gradients, and sparse COO ones whose single sparse axis is the first, as the layer "
        "makes them with sparse=True"
    )


def _refuse_not_finite(gradient: RowGradient) -> None:
    finite = gradient.slopes.isfinite()
    bad = ~(finite if finite.dim() == 1 else finite.flatten(1).all(dim=1))
    if bad.any():
        row = gradient.ids[bad][0].item()
        raise FloatingPointError(
            f"the gradient of row {row} holds infinity or NaN ({int(bad.sum())} of {len(bad)} contributions "
            "do); nothing was changed. A smaller learning rate may help, or clipping"
        )
