"""Learning rates that fall with use: frequent rows soon take small steps, rare ones still take large ones."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor

from embedding_layer.optim.base import RowOptimizer, check_number
from embedding_layer.optim.rows import RowGradient


class RowAdagrad(RowOptimizer):
    """Adagrad: divide each number's step by the root of the sum of its squared gradients so far.

    A row without a gradient adds nothing to its sums, so the rule itself touches only the rows of the batch:
    this is `torch.optim.Adagrad` with `lr_decay=0`, on sparse gradients and on dense ones.

    Parameters
    ----------
    params : iterable of parameters or of groups
    lr : float
        The learning rate.
    initial_accumulator_value : float
        Where the sums start, at least 0.
    eps : float
        Added to the root, so that nothing is divided by 0.
    weight_decay, maximize, check_finite, fused
        See `RowOptimizer`.

    References
    ----------
    Duchi, Hazan and Singer, "Adaptive subgradient methods for online learning and stochastic
    optimization" (2011).
    """

    kernel = "adagrad"

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-2,
        *,
        initial_accumulator_value: float = 0.0,
        eps: float = 1e-10,
        weight_decay: float = 0.0,
        maximize: bool = False,
        check_finite: bool = False,
        fused: bool | None = None,
    ) -> None:
        options = {
            "lr": lr,
            "initial_accumulator_value": initial_accumulator_value,
            "eps": eps,
            "weight_decay": weight_decay,
            "maximize": maximize,
            "check_finite": check_finite,
            "fused": fused,
        }
        super().__init__(params, options)

    def update_rows(self, parameter: Tensor, gradient: RowGradient, group: dict[str, Any]) -> None:
        """Add the squares to the sums, then take the step."""
        sums = self._sums(parameter, group)
        if self.run_fused(self.kernel, parameter, gradient, group, [sums], group["eps"]):
            return
        rows, slopes = self.sum_repeated(gradient, parameter)
        sums.index_add_(0, rows, self._squares(slopes))
        root = self.gather("root", sums, rows).sqrt_().add_(group["eps"])
        if root.shape == slopes.shape:
            self.move_rows(parameter, rows, slopes.div_(root), group)
        else:
            self.move_rows(parameter, rows, slopes, group, root.reciprocal_())

    def _squares(self, slopes: Tensor) -> Tensor:
        return torch.mul(slopes, slopes, out=self.scratch.block("squares", len(slopes), slopes))

    def state_shapes(self, parameter: Tensor, group: dict[str, Any]) -> dict[str, tuple[int, ...]]:
        """Return the shape of the sums."""
        return {"sum": tuple(parameter.shape)}

    def adopt(self, parameter: Tensor, state: dict[str, Any]) -> None:
        """Drop the number of steps, which only `lr_decay` needs."""
        state.pop("step", None)

    def _sums(self, parameter: Tensor, group: dict[str, Any]) -> Tensor:
        if "sum" in self.state[parameter]:
            return self.state[parameter]["sum"]
        return self.state_of(parameter, group)["sum"].fill_(group["initial_accumulator_value"])

    def _check_options(self, group: dict[str, Any]) -> None:
        super()._check_options(group)
        for name in ("initial_accumulator_value", "eps"):
            check_number(name, group[name], low=0)


class RowWiseAdagrad(RowAdagrad):
    """Adagrad with one sum a row: the mean of the row's squared gradients is added to it.

    The state is D times smaller than the table; a row keeps the direction of its gradient.

    References
    ----------
    Mudigere et al., "Software-hardware co-design for fast and scalable training of deep learning
    recommendation models" (2022).
    """

    kernel = "row_wise_adagrad"

    def _squares(self, slopes: Tensor) -> Tensor:
        if slopes.dim() == 1:
            return super()._squares(slopes)
        axes = tuple(range(1, slopes.dim()))
        return (
            torch.linalg.vector_norm(slopes, dim=axes, keepdim=True)
            .square_()
            .div_(max(1, slopes.shape[1:].numel()))
        )

    def state_shapes(self, parameter: Tensor, group: dict[str, Any]) -> dict[str, tuple[int, ...]]:
        """Return the shape of the sums: one number a row."""
        return {"sum": (len(parameter), *[1] * (parameter.dim() - 1))}
