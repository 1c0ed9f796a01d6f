"""What chapter 12 times: batches that are dealt out, look-ups of several kinds, and the bytes of a step."""

from __future__ import annotations

import inspect
import itertools
import mmap
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from time import perf_counter

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode

from embedding_layer.benchmarks.results import Results
from embedding_layer.layer import CustomEmbedding
from embedding_layer.measure.random_ids import uniform_ids, zipf_ids
from embedding_layer.measure.timing import compare
from embedding_layer.measure.traffic import bytes_moved

COUNT = 4096
"""N, the ids in a batch of the chapter, unless it says otherwise."""

EMBEDDING_DIM = 64
"""D, the numbers in a row, unless it says otherwise."""

_STORED = {
    "benchmark": "layer",
    "ids": "uniform",
    "threads": 1,
    "embedding_dim": EMBEDDING_DIM,
    "count": COUNT,
}

STORED_CURVES = {
    "nn.Embedding": _STORED | {"pass": "forward + backward", "name": "nn.Embedding"},
    "CustomEmbedding": _STORED | {"pass": "forward + backward", "name": "CustomEmbedding"},
    "CustomEmbedding, sparse": _STORED | {"pass": "sparse", "name": "CustomEmbedding"},
}
"""Which rows of a stored file of results are which curve; see `Results.curve`."""


def batch_dealer(
    vocab_size: int,
    draw: Callable[[int, int], Tensor] = uniform_ids,
    *,
    count: int = COUNT,
    batches: int = 64,
) -> Callable[[], Tensor]:
    """Return a function that deals out another batch at each call, and after the last the first again.

    Parameters
    ----------
    vocab_size : int
    draw : callable
        Takes how many ids to draw, and the vocabulary size.
    count, batches : int
    """
    return itertools.cycle(draw(count * batches, vocab_size).split(count)).__next__


def neighbours(count: int, vocab_size: int) -> Tensor:
    """Return ids that lie side by side: 0, 1, 2 and so on, and after the last row the first again."""
    return torch.arange(count) % vocab_size


def look_ups_by_kind(vocab_size: int) -> dict[str, Callable[[], Tensor]]:
    """Return look-ups in one table: of ids drawn evenly, of words, and of neighbours."""
    table = torch.randn(vocab_size, EMBEDDING_DIM)
    kinds = {"uniform": uniform_ids, "Zipf": zipf_ids, "neighbours": neighbours}
    return {name: _look_up(table, batch_dealer(vocab_size, draw)) for name, draw in kinds.items()}


def sparse_ratio(vocab_size: int, count: int, *, repeats: int = 15) -> float:
    """Return how many times as long as `nn.Embedding` ours takes for a look-up and its sparse gradient."""
    runs = {}
    for kind in (nn.Embedding, CustomEmbedding):
        layer = kind(vocab_size, EMBEDDING_DIM, sparse=True)
        runs[kind.__name__] = partial(
            _there_and_back,
            layer,
            batch_dealer(vocab_size, count=count, batches=16),
            torch.ones(count, EMBEDDING_DIM),
        )
    return compare(runs, repeats=repeats).ratio("CustomEmbedding", "Embedding")


def copies_of(block: Tensor) -> dict[str, Callable[[], Tensor]]:
    """Return copies of a block, 1 MiB a call: to another place at each call, and always to one place.

    Together the places are as large as the block.
    """
    pieces = block.view(-1).split(2**18)
    places = torch.zeros_like(block).view(-1).split(2**18)
    return {"other places": _copy(pieces, places), "one place": _copy(pieces, places[:1])}


def look_ups_by_width(block: Tensor, width: int) -> dict[str, Callable[[], Tensor]]:
    """Return look-ups of scattered rows and of neighbours, with the block cut into rows of this width.

    The results go to memory that is kept, so that nothing but the rows is timed.
    """
    table = block.view(-1, width)
    kinds = {"scattered": uniform_ids, "neighbours": neighbours}
    # many batches, or the lines of narrow rows would all stay in a cache
    return {
        name: _look_up_into(table, batch_dealer(len(table), draw, batches=256))
        for name, draw in kinds.items()
    }


def scattered_look_ups(block: Tensor, widths: Sequence[int]) -> dict[int, Callable[[], Tensor]]:
    """Return look-ups of scattered rows of several widths, by the width."""
    return {width: look_ups_by_width(block, width)["scattered"] for width in widths}


def look_ups_by_precision(
    block: Tensor, widths: Sequence[int]
) -> dict[tuple[str, int], Callable[[], Tensor]]:
    """Return look-ups of scattered rows, by precision and width: of the block, and of a copy in bfloat16."""
    tables = {"float32": block, "bfloat16": block.bfloat16()}
    return {
        (name, width): look_ups_by_width(table, width)["scattered"]
        for width in widths
        for name, table in tables.items()
    }


def new_memory(numbers: int, *, large_pages: bool) -> Tensor:
    """Return so many float32 zeros that nobody has touched, in 2 MiB pages or not, where Linux is asked.

    Other systems choose by themselves, and so does a Linux that does not leave the choice to programs.
    """
    if not hasattr(mmap, "MADV_HUGEPAGE"):
        return torch.from_numpy(np.zeros(numbers, np.float32))
    memory = mmap.mmap(-1, 4 * numbers, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    with suppress(OSError):
        memory.madvise(mmap.MADV_HUGEPAGE if large_pages else mmap.MADV_NOHUGEPAGE)
    return torch.frombuffer(memory, dtype=torch.float32)


def look_ups_by_page(vocab_size: int) -> dict[str, Callable[[], Tensor]]:
    """Return look-ups of scattered rows in two tables: one in 4 KiB pages, one in 2 MiB pages."""
    look_ups = {}
    for name, large in {"4 KiB": False, "2 MiB": True}.items():
        table = new_memory(vocab_size * EMBEDDING_DIM, large_pages=large).view(vocab_size, EMBEDDING_DIM)
        look_ups[name] = _look_up_into(table.normal_(), batch_dealer(vocab_size))
    return look_ups


def step_ratios(results: Results, name: str, count: int) -> tuple[float, float]:
    """Return the least and the largest ratio of a step of ours to PyTorch's, over all tables.

    Parameters
    ----------
    results : Results
    name : str
        One of the book's optimisers.
    count : int
        The ids of a batch.
    """
    ratios = [row["ratio"] for row in results.select(benchmark="step", name=name, count=count)]
    return min(ratios), max(ratios)


def step_bytes(vocab_size: int) -> tuple[int, int]:
    """Count the bytes of a training step with Adam on a batch of words: dense, and row-wise."""
    words = {
        "count": COUNT,
        "distinct": len(zipf_ids(COUNT, vocab_size).unique()),
        "embedding_dim": EMBEDDING_DIM,
        "vocab_size": vocab_size,
        "state_dim": 2 * EMBEDDING_DIM,
    }
    dense, rows = (
        sum(bytes_moved(part, **words) for part in ("forward", *parts))
        for parts in (("dense backward", "dense step"), ("sparse backward", "row step"))
    )
    return dense, rows


class Passes(TorchDispatchMode):
    """Count the operations of PyTorch that read or write at least so many numbers.

    Parameters
    ----------
    numbers : int
        Below it, an operation does not count.

    Attributes
    ----------
    count : int
    """

    def __init__(self, numbers: int) -> None:
        super().__init__()
        self.numbers, self.count = numbers, 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        """Let the operation happen, and count it unless it only looks at memory in another way."""
        result = func(*args, **(kwargs or {}))
        tensors = [value for value in (*args, *(kwargs or {}).values(), result) if isinstance(value, Tensor)]
        if not func.is_view and max((tensor.numel() for tensor in tensors), default=0) >= self.numbers:
            self.count += 1
        return result


def source_of(kernel: Callable) -> str:
    """Return the Python code of a kernel, without its decorator."""
    return inspect.getsource(kernel.py_func).partition("\n")[2].rstrip()


def seconds_to_compile(kernel: Callable) -> float:
    """Compile a kernel of Adagrad anew and run it on one row; return the seconds of that first call."""
    from numba import njit

    row, one = np.ones((1, EMBEDDING_DIM), np.float32), np.zeros(1, np.int32)
    fresh = njit(kernel.py_func)
    start = perf_counter()
    fresh(row, row.copy(), np.zeros(1, np.int64), row.copy(), one - 1, one, 0.1, 1.0, 1e-10)
    return perf_counter() - start


def _look_up(table: Tensor, deal: Callable[[], Tensor]) -> Callable[[], Tensor]:
    return lambda: table.index_select(0, deal())


def _look_up_into(table: Tensor, deal: Callable[[], Tensor]) -> Callable[[], Tensor]:
    kept = table.new_empty(COUNT, table.shape[1])
    return lambda: torch.index_select(table, 0, deal(), out=kept)


def _there_and_back(layer: nn.Module, deal: Callable[[], Tensor], slopes: Tensor) -> None:
    layer.weight.grad = None
    layer(deal()).backward(slopes)


def _copy(sources: Sequence[Tensor], targets: Sequence[Tensor]) -> Callable[[], Tensor]:
    source, target = (itertools.cycle(parts).__next__ for parts in (sources, targets))
    return lambda: target().copy_(source())
