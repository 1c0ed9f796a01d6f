"""Gradient descent on the rows that were looked up, with momentum that waits for them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from torch import Tensor

from embedding_layer.optim.base import RowOptimizer, check_number
from embedding_layer.optim.rows import RowGradient


class RowSGD(RowOptimizer):
    """Stochastic gradient descent: every touched row takes a step of lr times its gradient.

    Without momentum this is `torch.optim.SGD`, but for the rounding: the slopes of a row that was looked up
    more than once are added up first. `torch.optim.SGD` rounds each of them into the table, so that many
    small ones may come to nothing.

    With momentum the speed of a row decays when the row is touched, not at every step: a row that is not
    looked up neither moves nor slows down.

    Parameters
    ----------
    params : iterable of parameters or of groups
    lr : float
        The learning rate.
    momentum : float
        From 0 to below 1: how much of its last step a row repeats.
    weight_decay, maximize, check_finite, fused
        See `RowOptimizer`.
    """

    differing = RowOptimizer.differing | {"momentum"}

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        momentum: float = 0.0,
        *,
        weight_decay: float = 0.0,
        maximize: bool = False,
        check_finite: bool = False,
        fused: bool | None = None,
    ) -> None:
        options = {
            "lr": lr,
            "momentum": momentum,
            "weight_decay": weight_decay,
            "maximize": maximize,
            "check_finite": check_finite,
            "fused": fused,
        }
        super().__init__(params, options)

    def update_rows(self, parameter: Tensor, gradient: RowGradient, group: dict[str, Any]) -> None:
        """Take the step with the sum of each row, lest small slopes be rounded away one by one."""
        momentum = group["momentum"]
        if momentum:
            speed = self.state_of(parameter, group)["momentum_buffer"]
            done = self.run_fused("sgd_with_momentum", parameter, gradient, group, [speed], momentum)
        else:
            done = self.run_fused("sgd", parameter, gradient, group, [])
        if done:
            return
        rows, step = self.sum_repeated(gradient, parameter)
        if momentum:
            step.add_(self.gather("old", speed, rows), alpha=momentum)
            speed.index_copy_(0, rows, step)
        self.move_rows(parameter, rows, step, group)

    def state_shapes(self, parameter: Tensor, group: dict[str, Any]) -> dict[str, tuple[int, ...]]:
        """Return the shape of the speeds, which there are with momentum only."""
        return {"momentum_buffer": tuple(parameter.shape)} if group["momentum"] else {}

    def adopt(self, parameter: Tensor, state: dict[str, Any]) -> None:
        """Drop the empty speed of an optimiser without momentum."""
        if state.get("momentum_buffer", ...) is None:
            del state["momentum_buffer"]

    def _check_options(self, group: dict[str, Any]) -> None:
        super()._check_options(group)
        check_number("momentum", group["momentum"], low=0, below=1)
