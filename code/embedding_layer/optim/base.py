"""What the row-wise optimisers share: options, checks, and the loop over the parameters."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.utils._python_dispatch import is_traceable_wrapper_subclass

from embedding_layer.optim import fused
from embedding_layer.optim.rows import RowGradient, Scratch

SHARED = {"weight_decay", "maximize", "check_finite", "fused"}
"""Options of every rule, which say nothing about what its state means."""

HOW_NOT_WHAT = {"foreach", "fused", "differentiable", "capturable"}
"""Options of PyTorch's optimisers that say how a step is computed, and change no number."""


class RowOptimizer(Optimizer, ABC):
    """An optimiser that reads and writes only the rows that have a gradient.

    Subclasses say in `update_rows` what happens to these rows.

    Parameters
    ----------
    params : iterable of parameters or of groups
        Tables, or anything else whose first axis counts rows.
    defaults : dict
        The options of a rule: `lr`, those of its own, and the four that all rules share, which follow.
    weight_decay : float
        Each step shrinks the rows that it touches by the factor 1 − lr · weight_decay, apart from the
        gradient (Loshchilov and Hutter, "Decoupled weight decay regularization", 2019). Other rows stay.
    maximize : bool
        Walk up the slopes instead of down.
    check_finite : bool
        Refuse gradients with infinite or missing numbers before anything is changed, those of each look-up
        and the sums of each row. It costs two passes over the gradients, and on an accelerator it waits for
        them.
    fused : bool or None
        Whether a kernel that Numba compiles takes each step in one pass. None: where it can, that is on the
        CPU, for float32 and float64, where Numba is installed and the environment variable
        `EMBEDDING_LAYER_FUSED` is not `off` when the optimiser is made. False: never. True: as None, but
        without Numba it is an error.
        The numbers are those of the PyTorch code up to rounding.

    Raises
    ------
    ValueError
        If an option is out of range.
    ModuleNotFoundError
        If `fused=True` and Numba is not installed.
    TypeError
        If a parameter does not hold real floating-point numbers, has no axis, or is a wrapper of other
        tensors, as sharded parameters are.
    """

    differing: frozenset[str] = frozenset({"weight_decay"})
    """Options that PyTorch's optimiser of the same rule has, too, and means otherwise unless they are 0."""

    def __init__(self, params: Iterable[Any], defaults: dict[str, Any]) -> None:
        self.scratch = Scratch()
        self._kernels_are_on = fused.is_switched_on()
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

        All options, states and gradients are checked before the first row is changed.

        Raises
        ------
        RuntimeError
            If a gradient is neither dense nor sparse COO with one sparse axis.
        IndexError
            If a sparse gradient names a row that its parameter does not have.
        ValueError
            If an option is out of range since it was changed, or a state does not fit its parameter.
        FloatingPointError
            With `check_finite`, if a gradient has an infinite number or NaN; the message names the row.
        """
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            self._check_options(group)
        work = [
            (group, parameter, self._rows_of(parameter, group))
            for group in self.param_groups
            for parameter in group["params"]
            if parameter.grad is not None and not self._is_without_numbers(parameter, group)
        ]
        for group, parameter, gradient in work:
            self.update_rows(parameter, gradient, group)
        return loss

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over options and state: those of an optimiser of this rule, or of PyTorch's where it agrees.

        PyTorch's counterpart agrees where both would go on with the same numbers: `SGD` without momentum,
        `Adagrad` without `lr_decay`, both without their weight decay, which is of another kind; and
        `SparseAdam`, with `bias_correction="step"`. Options that the loaded groups lack stay as they are.

        Raises
        ------
        ValueError
            If the state is that of another rule, or does not fit the shapes of the parameters. Nothing is
            changed.
        """
        before = {name: self.__dict__[name] for name in ("state", "param_groups")}
        for group in state_dict["param_groups"]:
            self._check_rule(group)
        super().load_state_dict(state_dict)
        try:
            for group, old in zip(self.param_groups, before["param_groups"], strict=True):
                for name, value in old.items():
                    group.setdefault(name, value)
                self._check_options(group)
                for parameter in group["params"]:
                    if parameter in self.state:
                        self.adopt(parameter, self.state[parameter])
                        self._check_state(parameter, group)
        except Exception:
            self.__dict__.update(before)
            raise

    @abstractmethod
    def update_rows(self, parameter: Tensor, gradient: RowGradient, group: dict[str, Any]) -> None:
        """Change the rows of one parameter, of which there may be none; `group` holds the options."""

    def state_shapes(self, parameter: Tensor, group: dict[str, Any]) -> dict[str, tuple[int, ...]]:
        """Return what the rule remembers about a parameter: the name and the shape of each tensor."""
        return {}

    def adopt(self, parameter: Tensor, state: dict[str, Any]) -> None:
        """Turn the loaded state of a parameter, which may be PyTorch's for the same rule, into ours."""

    def run_fused(
        self,
        kernel: str,
        parameter: Tensor,
        gradient: RowGradient,
        group: dict[str, Any],
        state: list[Tensor],
        *numbers: float,
    ) -> bool:
        """Let a kernel take the step, if it can; return whether it has.

        Parameters
        ----------
        kernel : str
            A function of `kernels`.
        parameter, gradient, group
            As given to `update_rows`.
        state : list of Tensor
            What the rule remembers, in the order in which the kernel takes it.
        *numbers : float
            The kernel's own options; the rate and the decay come before them.
        """
        slopes = gradient.slopes
        if not self._kernels_are_on or group.get("fused") is False or type(slopes) is not Tensor:
            return False
        if torch.compiler.is_compiling():
            return False
        step = self.scratch.fused_steps.get(parameter)
        if step is None or not step.fits(parameter, *state):
            if not all(map(fused.takes, (parameter, *state))):
                return False
            step = self.scratch.fused_steps[parameter] = fused.FusedStep(kernel, parameter, *state)
        if slopes.dtype != parameter.dtype:
            return False
        lr = float(group["lr"])
        step(gradient.ids, slopes, lr, 1 - lr * float(group["weight_decay"]), *map(float, numbers))
        torch.autograd.graph.increment_version([parameter, *state])
        return True

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

    def state_of(self, parameter: Tensor, group: dict[str, Any]) -> dict[str, Tensor]:
        """Return the state of a parameter; at its first step, zeros of the shapes of `state_shapes`."""
        state = self.state[parameter]
        for name, shape in self.state_shapes(parameter, group).items():
            if name not in state:
                # under this name torch.optim leaves a state in its own number format
                dtype = torch.float32 if name == "step" else parameter.dtype
                state[name] = torch.zeros(shape, dtype=dtype, device=parameter.device)
        return state

    def _check_options(self, group: dict[str, Any]) -> None:
        """Refuse options out of range; rules add their own."""
        for name in ("lr", "weight_decay"):
            check_number(name, group[name], low=0)

    def _check_group(self, group: dict[str, Any]) -> None:
        self._check_options(group)
        if group.get("fused") and not fused.is_installed():
            raise ModuleNotFoundError(
                "fused=True, but the kernels need the package numba, which is not installed: install it, or "
                "leave fused out to step with PyTorch's code"
            )
        for parameter in group["params"]:
            if not parameter.is_floating_point() or parameter.dim() == 0:
                raise TypeError(
                    f"{type(self).__name__} takes parameters of real floating-point numbers with one axis or "
                    f"more, got {parameter.dtype} of shape {tuple(parameter.shape)}"
                )
            if is_traceable_wrapper_subclass(parameter):
                raise TypeError(
                    f"{type(self).__name__} takes plain tensors, got a {type(parameter).__name__}, whose "
                    "rows may lie in several processes; keep the table out of `fully_shard` (by its "
                    "`ignored_params`), or step it with an optimiser of torch.optim"
                )

    def _check_rule(self, group: dict[str, Any]) -> None:
        """Refuse a saved group of another rule."""
        own = type(self).__name__
        needed = {"lr", *self.defaults} - SHARED - {"bias_correction"}  # which PyTorch does not know
        missing = sorted(needed - set(group))
        if missing:
            raise ValueError(
                f"the saved options lack {missing[0]!r}, which {own} needs: they belong to another rule. "
                f"Load them with the optimiser that saved them, or start {own} without a state"
            )
        if "check_finite" in group:  # saved by one of ours
            return
        known = {*self.defaults, *HOW_NOT_WHAT, "params", "param_names", "initial_lr"} - self.differing
        other = sorted(
            name for name in group if name not in known and group[name] is not False and group[name]
        )
        if other:
            raise ValueError(
                f"the saved options hold {other[0]}={group[other[0]]!r}, with which PyTorch's optimiser "
                f"follows another rule than {own}: its state would mean something else here. Start {own} "
                "without a state"
            )

    def _check_state(self, parameter: Tensor, group: dict[str, Any]) -> None:
        state = self.state.get(parameter, {})
        for name, shape in self.state_shapes(parameter, group).items():
            if name in state and tuple(state[name].shape) != tuple(shape):
                raise ValueError(
                    f"{type(self).__name__} holds {name!r} of shape {tuple(state[name].shape)} for a "
                    f"parameter of shape {tuple(parameter.shape)}, for which it must be {tuple(shape)}; was "
                    "the state of another parameter loaded, or saved in another order? Nothing was changed"
                )

    def _is_without_numbers(self, parameter: Tensor, group: dict[str, Any]) -> bool:
        """Say whether a parameter is a mere shape, on the meta device; all it gets from a step is a state."""
        if parameter.is_meta:
            self.state_of(parameter, group)
        return parameter.is_meta

    def _rows_of(self, parameter: nn.Parameter, group: dict[str, Any]) -> RowGradient:
        self._check_state(parameter, group)
        gradient = parameter.grad
        _refuse_layout(gradient, type(self).__name__)
        rows = RowGradient(gradient)
        if gradient.is_sparse:
            fused.refuse_missing_rows(rows.ids, parameter.shape[0])
        if group["check_finite"]:
            _refuse_not_finite(rows)
            rows = rows.merged(len(parameter))
            _refuse_not_finite(rows, "adds up to")
        if group["maximize"]:
            rows.slopes = -rows.slopes
        return rows

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        self.scratch = Scratch()
        self._kernels_are_on = fused.is_switched_on()
        for group in self.param_groups:  # a copy may have been pickled before there was an option
            for name, value in self.defaults.items():
                group.setdefault(name, value)


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


def _refuse_not_finite(gradient: RowGradient, verb: str = "holds") -> None:
    finite = gradient.slopes.isfinite()
    bad = ~(finite if finite.dim() == 1 else finite.flatten(1).all(dim=1))
    if bad.any():
        row = gradient.ids[bad][0].item()
        raise FloatingPointError(
            f"the gradient of row {row} {verb} infinity or NaN ({int(bad.sum())} of {len(bad)} contributions "
            "do); nothing was changed. A smaller learning rate may help, or clipping"
        )
