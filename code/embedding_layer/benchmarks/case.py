"""What a benchmark is made of: a setting, the functions to compare in it, and a result for each."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import cycle
from time import perf_counter, thread_time
from typing import Any

import torch
from torch import Tensor

from embedding_layer.measure.random_ids import DISTRIBUTIONS
from embedding_layer.measure.timing import compare

EMBEDDING_DIM = 64
COUNT = 4096
BATCHES = 64
"""How many batches take turns: so many that the rows of all of them do not fit the caches."""


@dataclass(frozen=True)
class Setting:
    """Where and on what functions are compared.

    Attributes
    ----------
    vocab_size : int
        V, the rows of the table.
    ids : str
        A key of `tokens.DISTRIBUTIONS`.
    threads : int
    device : str
        As PyTorch names it: "cpu", "cuda".
    count : int
        N, the ids of a batch.
    """

    vocab_size: int
    ids: str
    threads: int
    device: str = "cpu"
    count: int = COUNT

    def batches(self, shape: tuple[int, ...] | None = None) -> Iterator[Tensor]:
        """Return endless batches of ids: the same ones in every iterator."""
        draw = DISTRIBUTIONS[self.ids]
        drawn = [draw(self.count, self.vocab_size, seed=seed) for seed in range(BATCHES)]
        return cycle([ids.view(shape or ids.shape).to(self.device) for ids in drawn])

    def touched(self) -> float:
        """Return how many different rows a batch names, on average."""
        batches = self.batches()
        return sum(next(batches).unique().numel() for _ in range(BATCHES)) / BATCHES


def measure(
    setting: Setting,
    benchmark: str,
    what: str,
    functions: Mapping[str, Callable[[], object]],
    baseline: str,
    *,
    repeats: int,
    **more: Any,
) -> list[dict[str, Any]]:
    """Compare functions in a setting; return the median time of each and its ratio to the baseline.

    What runs on one thread is timed by what that thread has worked: other work on the machine counts less.
    """
    alone = setting.device == "cpu" and setting.threads == 1
    finish = torch.cuda.synchronize if setting.device.startswith("cuda") else None
    clock = thread_time if alone else perf_counter
    # torch.optim.Adagrad makes sparse tensors unchecked, and warns of it unless one opts out of the checks
    with threads(setting.threads), torch.sparse.check_sparse_tensor_invariants(enable=False):
        timings = compare(functions, repeats=repeats, min_seconds=0.005, finish=finish, clock=clock)
    return [
        {
            "benchmark": benchmark,
            "pass": what,
            "ids": setting.ids,
            "vocab_size": setting.vocab_size,
            "embedding_dim": EMBEDDING_DIM,
            "count": setting.count,
            "threads": setting.threads,
            "name": name,
            "baseline": baseline,
            "microseconds": timings.median(name) * 1e6,
            "ratio": timings.ratio(name, baseline),
            **more,
        }
        for name in functions
    ]


@contextmanager
def threads(count: int) -> Iterator[None]:
    """Let PyTorch use so many threads, and afterwards as many as before."""
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def thread_counts() -> tuple[int, ...]:
    """Return 1, and 2 where there are two cores to run them."""
    return (1, 2) if (os.cpu_count() or 1) > 1 else (1,)
