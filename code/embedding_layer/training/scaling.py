"""Bringing numbers to a common size: a column of a table, or what a model is to predict."""

from __future__ import annotations

import torch
from torch import Tensor


class Scaler:
    """Shift and stretch numbers so that those of the training part have mean 0 and standard deviation 1.

    Parameters
    ----------
    values : Tensor of floats, shape `(N,)`
        The column in the training part; other parts are scaled by its mean and deviation, too.

    Raises
    ------
    TypeError
        If the values are not floating-point numbers.
    ValueError
        If there are no values, if one of them is missing or infinite, or if all are the same.
    """

    def __init__(self, values: Tensor) -> None:
        _check_finite(values, "values")
        if values.numel() == 0:
            raise ValueError("there are no values to scale; pass the column of at least two examples")
        self.mean, self.deviation = values.mean(), values.std(correction=0)
        if not self.deviation > 0:
            raise ValueError(
                f"all {values.numel()} values are {values.flatten()[0].item():g}: a constant column tells "
                "nothing apart, and nothing can be learnt to predict it; leave it out, or collect other rows"
            )

    def __call__(self, values: Tensor) -> Tensor:
        """Return the values scaled; missing and infinite ones are refused with a `ValueError`."""
        _check_finite(values, "values")
        return (values - self.mean) / self.deviation

    def undo(self, scaled: Tensor) -> Tensor:
        """Return scaled values, a model's outputs for instance, in the units of the column."""
        return scaled * self.deviation + self.mean


def _check_finite(values: Tensor, name: str) -> None:
    if not values.is_floating_point():
        raise TypeError(f"{name} holds {values.dtype}; only numbers are scaled: convert with .float()")
    bad = ~torch.isfinite(values)
    if bad.any():
        place = bad.nonzero()[0].tolist()
        raise ValueError(
            f"{bad.sum().item()} of {values.numel()} {name} are missing or infinite, the first is "
            f"{values[tuple(place)].item()} at position {place[0]}; leave these rows out, or fill them and "
            "say in a column of its own which rows were filled"
        )
