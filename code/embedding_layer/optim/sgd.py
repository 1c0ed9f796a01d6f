"""Gradient descent on the rows that were looked up, with momentum that waits for them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor

from embedding_layer.optim.base import RowOptimizer, check_number
from embedding_layer.optim.rows import RowGradient


class RowSGD(RowOptimizer):
    """Stochastic gradient descent: every touched row takes a step of lr times its gradient.

    Without momentum this is `torch.optim.SGD`. With momentum the speed of a row decays when the row is
    touched, not at every step: a row that is not looked up neither moves nor slows down.

    Parameters
    ----------
    params : iterable of parameters or of groups
    lr : float
        The learning rate.
    momentum : float
        From 0 to below 1: how much of its last step a row repeats.
    weight_decay, maximize, check_finite
        See `RowOptimizer`.
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        momentum: float = 0.0,
        *,
        weight_decay: float = 0.0,
        maximize: bool = False,
        check_finite: bool = False,
    ) -> None:
        options = {
            "lr": lr,
            "momentum": momentum,
            "weight_decay": weight_decay,
            "maximize": maximize,
            "check_finite": check_finite,
        }
        super().__init__(params, options)

    def update_rows(self, parameter: Tensor, gradient: RowGradient, group: dict[str, Any]) -> None:
        """Take the step; without momentum and decay, repeated ids need not even be added up first."""
        momentum = group["momentum"]
        if not momentum and not group["weight_decay"]:
            step = self.scratch.block("step", len(gradient), gradient.slopes)
            # index_add_ has an alpha, and is three times slower with it than after a multiplication
            parameter.index_add_(0, gradient.ids, torch.mul(gradient.slopes, -float(group["lr"]), out=step))
            return
        rows, step = self.sum_repeated(gradient, parameter)
        if momentum:
            speed = self.state_of(parameter, momentum_buffer=parameter.shape)["momentum_buffer"]
            old = self.gather("old", speed, rows)
            speed.index_add_(
                0,
                rows,
                torch.add(step, old, alpha=momentum - 1, out=self.scratch.block("change", len(rows), old)),
            )
            step.add_(old, alpha=momentum)
        self.move_rows(parameter, rows, step, group)

    def _check_group(self, group: dict[str, Any]) -> None:
        super()._check_group(group)
        check_number("momentum", group["momentum"], low=0, below=1)
