"""Adam that leaves alone the rows that were not looked up."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor

from embedding_layer.optim.base import RowOptimizer, check_number
from embedding_layer.optim.rows import RowGradient

CORRECTIONS = ("row", "step")


class RowAdam(RowOptimizer):
    """Lazy Adam: the moments of a row decay, and the row moves, only when the row is touched.

    Adam's moments start at 0, so early on they are too small, by the factors 1 − β₁ᵗ and 1 − β₂ᵗ after t
    updates. Adam divides by these factors. Which t belongs to a row that is touched now and then? Its own:
    how often it was touched. That is exact, and the default. `torch.optim.SparseAdam` takes the number of all
    steps; the first step of a row that appears later is then too short or too long, in the end by the factor
    (1 − β₁)/√(1 − β₂), about three. `bias_correction="step"` does the same, number for number.

    Parameters
    ----------
    params : iterable of parameters or of groups
    lr : float
        The learning rate.
    betas : pair of float
        β₁ and β₂, from 0 to below 1: how much of the moments a touched row keeps.
    eps : float
        Added to the root of the second moment before it is corrected, as in `torch.optim.SparseAdam`;
        `torch.optim.Adam` corrects first.
    bias_correction : {"row", "step"}
        Whose updates are counted, see above.
    weight_decay, maximize, check_finite, fused
        See `RowOptimizer`.

    References
    ----------
    Kingma and Ba, "Adam: a method for stochastic optimization" (2015).
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        *,
        bias_correction: str = "row",
        weight_decay: float = 0.0,
        maximize: bool = False,
        check_finite: bool = False,
        fused: bool | None = None,
    ) -> None:
        options = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
            "bias_correction": bias_correction,
            "weight_decay": weight_decay,
            "maximize": maximize,
            "check_finite": check_finite,
            "fused": fused,
        }
        super().__init__(params, options)

    def update_rows(self, parameter: Tensor, gradient: RowGradient, group: dict[str, Any]) -> None:
        """Move both moments towards the gradient and its square, then take the step."""
        beta1, beta2 = map(float, group["betas"])
        by_row = group["bias_correction"] == "row"
        state = self.state_of(parameter, group)
        updates = state["step"]
        if not by_row:
            updates.add_(1)
        memory = [state["exp_avg"], state["exp_avg_sq"], updates if by_row else updates.view(1, 1)]
        if self.run_fused("adam", parameter, gradient, group, memory, by_row, beta1, beta2, group["eps"]):
            return
        rows, slopes = self.sum_repeated(gradient, parameter)

        first = self.gather("first", state["exp_avg"], rows).mul_(beta1).add_(slopes, alpha=1 - beta1)
        state["exp_avg"].index_copy_(0, rows, first)
        second = self.gather("second", state["exp_avg_sq"], rows).mul_(beta2)
        second.addcmul_(slopes, slopes, value=1 - beta2)
        state["exp_avg_sq"].index_copy_(0, rows, second)

        step = first.div_(second.sqrt_().add_(group["eps"]))
        if by_row:
            counts, updates = updates, updates.index_select(0, rows).add_(1)
            counts.index_copy_(0, rows, updates)
        updates = updates.to(torch.promote_types(updates.dtype, step.dtype))  # as precise as the table
        self.move_rows(parameter, rows, step, group, _step_lengths(updates, beta1, beta2).to(step.dtype))

    def state_shapes(self, parameter: Tensor, group: dict[str, Any]) -> dict[str, tuple[int, ...]]:
        """Return the shapes of both moments, and of the numbers of updates: one a row, or one for all."""
        shape = tuple(parameter.shape)
        counts = (len(parameter), *[1] * (parameter.dim() - 1)) if group["bias_correction"] == "row" else ()
        return {"step": counts, "exp_avg": shape, "exp_avg_sq": shape}

    def _check_rule(self, group: dict[str, Any]) -> None:
        if "amsgrad" in group:
            raise ValueError(
                "the saved options are those of torch.optim.Adam: Adam moves rows that have no gradient, "
                f"too, so its state would mean something else in {type(self).__name__}. Start without a "
                "state, or go on from torch.optim.SparseAdam's"
            )
        super()._check_rule(group)

    def adopt(self, parameter: Tensor, state: dict[str, Any]) -> None:
        """Make a tensor of the number of steps, which SparseAdam keeps as an int, on the parameter's device.

        `torch.optim.Optimizer` leaves what is named so where it was.
        """
        if "step" in state:
            state["step"] = torch.as_tensor(state["step"], dtype=torch.float32, device=parameter.device)

    def _check_options(self, group: dict[str, Any]) -> None:
        super()._check_options(group)
        try:
            beta1, beta2 = group["betas"]
        except (TypeError, ValueError):
            raise TypeError(f"betas={group['betas']!r}, but it must be a pair of numbers") from None
        for name, beta in (("betas[0]", beta1), ("betas[1]", beta2)):
            check_number(name, beta, low=0, below=1)
        check_number("eps", group["eps"], low=0)
        if group["bias_correction"] not in CORRECTIONS:
            raise ValueError(
                f"bias_correction={group['bias_correction']!r}, but it must be one of "
                f"{', '.join(map(repr, CORRECTIONS))}"
            )


def _step_lengths(updates: Tensor, beta1: float, beta2: float) -> Tensor:
    """Return √(1 − β₂ᵗ) / (1 − β₁ᵗ) for each number of updates t."""
    return _one_minus_power(beta2, updates).sqrt_().div_(_one_minus_power(beta1, updates))


def _one_minus_power(beta: float, exponent: Tensor) -> Tensor:
    """Return 1 − βᵗ, precise also where it is small."""
    return torch.expm1(exponent * math.log(beta)).neg_() if beta else torch.ones_like(exponent)
