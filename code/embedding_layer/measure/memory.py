"""How much memory a call takes at its highest."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable

from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves


def peak_bytes(call: Callable[[], object]) -> int:
    """Return the bytes that a call had in use at its highest, beyond what was in use before.

    The function is called twice. Python tells what it and NumPy take; of PyTorch only the largest tensor
    counts.

    Parameters
    ----------
    call : callable without arguments
    """
    with _LargestTensor() as largest:
        call()  # before the tracing, for what the first call imports is none of the answer's memory
    traced = tracemalloc.is_tracing()
    if not traced:
        tracemalloc.start()
    try:
        tracemalloc.reset_peak()
        before = tracemalloc.get_traced_memory()[0]
        call()
        return max(tracemalloc.get_traced_memory()[1] - before, largest.bytes)
    finally:
        if not traced:
            tracemalloc.stop()


class _LargestTensor(TorchDispatchMode):
    """Notes how many bytes the largest new tensor takes; Python does not trace these. A view takes none."""

    def __init__(self) -> None:
        super().__init__()
        self.bytes = 0

    def __torch_dispatch__(self, function, types, arguments=(), keywords=None):
        result = function(*arguments, **(keywords or {}))
        given = {_storage(part) for part in tree_leaves((arguments, keywords)) if isinstance(part, Tensor)}
        tensors = [part for part in tree_leaves(result) if isinstance(part, Tensor)]
        sizes = [made.nbytes for made in tensors if _storage(made) not in given]
        self.bytes = max([self.bytes, *sizes])
        return result


def _storage(tensor: Tensor) -> int:
    return tensor.untyped_storage().data_ptr()
