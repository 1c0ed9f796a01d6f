"""A step in one pass: where it applies, a compiled kernel takes the place of a rule's PyTorch code."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

import numpy as np
import torch
from torch import Tensor, nn

from embedding_layer.checks import allowed_ids
from embedding_layer.progress import progress

SWITCH = "EMBEDDING_LAYER_FUSED"
"""The environment variable that switches the kernels off, for all optimisers of a program: `off`."""

DTYPES = (torch.float32, torch.float64)


@cache
def is_installed() -> bool:
    """Say whether there is Numba, which compiles the kernels."""
    return find_spec("numba") is not None


def is_switched_on() -> bool:
    """Say whether kernels may be used: Numba is there, and the environment does not forbid it."""
    return is_installed() and os.environ.get(SWITCH, "").lower() not in {"off", "0", "no", "false"}


def refuse_missing_rows(ids: Tensor, rows: int) -> None:
    """Refuse a gradient that names a row that a parameter of so many rows does not have (`IndexError`).

    PyTorch makes sparse tensors without looking at their indices unless it is asked to. On an accelerator,
    where looking would have to wait, nothing is refused.
    """
    if ids.numel() == 0 or ids.device.type != "cpu" or type(ids) is not Tensor:
        return
    if is_installed():
        good = kernels().are_rows(ids.contiguous().numpy(), rows)
    else:
        least, most = ids.aminmax()
        good = least >= 0 and most < rows
    if not good:
        bad = next(id_ for id_ in ids.tolist() if not 0 <= id_ < rows)
        raise IndexError(f"the gradient names row {bad}: {allowed_ids(rows)}; nothing was changed")


class FusedStep:
    """The kernel of a rule, and the memory of one parameter and its state as arrays.

    Making the arrays takes longer than a small step, so they are kept as long as the memory is the same.

    Parameters
    ----------
    name : str
        A function of `kernels`.
    tensors : sequence of Tensor, each of shape `(V, …)`
        The parameter, and what the rule remembers about it, in the order in which the kernel takes them; all
        of which `takes` is true.
    """

    def __init__(self, name: str, *tensors: Tensor) -> None:
        self.key = _key(tensors)
        self.tables = [_rows(tensor) for tensor in tensors]
        self.first = np.full(tensors[0].shape[0], -1, np.int32)
        self.after = np.empty(0, np.int32)
        self.kernel = _compiled(name, tensors[0].dtype)

    def fits(self, *tensors: Tensor) -> bool:
        """Say whether these tensors still lie where the arrays are."""
        return self.key == _key(tensors)

    def __call__(self, ids: Tensor, slopes: Tensor, *numbers: float) -> None:
        """Change the rows; the ids `(N,)` must have passed `refuse_missing_rows`."""
        count = ids.shape[0]
        if count == 0:
            return
        if len(self.after) < count:
            self.after = np.empty(count, np.int32)
        if slopes.dim() != 2:
            slopes = slopes.reshape(count, self.tables[0].shape[1])
        ids, slopes = ids.contiguous().numpy(), slopes.contiguous().numpy()
        self.kernel(*self.tables, ids, slopes, self.first, self.after, *numbers)


def takes(tensor: Tensor) -> bool:
    """Say whether a kernel can write to a tensor: one block of memory here, of numbers that it knows."""
    return (
        type(tensor) in (Tensor, nn.Parameter)
        and tensor.device.type == "cpu"
        and tensor.layout == torch.strided
        and tensor.dtype in DTYPES
        and tensor.is_contiguous()
    )


def _key(tensors: tuple[Tensor, ...]) -> list[tuple]:
    return [(tensor.data_ptr(), tensor.dtype, tensor.shape) for tensor in tensors]


def _rows(tensor: Tensor) -> np.ndarray:
    """Return the memory of a tensor `(V, …)` as an array `(V, D)`, D the numbers of a row."""
    return tensor.detach().view(tensor.shape[0], tensor.shape[1:].numel()).numpy()


@cache
def kernels() -> ModuleType:
    """Return the module of the kernels."""
    from embedding_layer.optim import kernels  # here, because Numba takes a while to import

    return kernels


def _compiled(name: str, dtype: torch.dtype) -> Callable[..., None]:
    """Return a kernel; where it must be compiled first, which takes seconds, one that says so meanwhile."""
    kernel = getattr(kernels(), name)
    folder = getattr(kernel.stats, "cache_path", None)
    number = str(dtype).removeprefix("torch.")
    if any(str(types[0].dtype) == number for types in kernel.signatures) or (
        folder and any(Path(folder).glob(f"*.{name}-*.nbi"))
    ):
        return kernel

    def announced(*arguments: object) -> None:
        for _ in progress([None], f"compiling the step ({name})"):
            kernel(*arguments)

    return announced
