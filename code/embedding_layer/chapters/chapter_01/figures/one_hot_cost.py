"""What the first layer of a model costs when its input is one-hot: counted, timed and drawn against V."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from matplotlib.axes import Axes
from numpy.typing import NDArray
from torch.utils.flop_counter import FlopCounterMode

from embedding_layer.figures.curves import mark_size
from embedding_layer.figures.style import PALETTE
from embedding_layer.measure import compare
from embedding_layer.one_hot import one_hot


@dataclass(frozen=True)
class Costs:
    """The cost of `one_hot(ids) @ W` for several vocabulary sizes, and of picking the same rows.

    Attributes
    ----------
    sizes : ndarray of int
        The vocabulary sizes V; all other attributes have one entry for each.
    n_ids, dim : int
        N, the number of ids, and D, the number of columns of W.
    bytes : ndarray of int
        What the one-hot vectors take in memory, in float32.
    flops : ndarray of int
        Floating-point operations of the product, as PyTorch counts them.
    seconds : ndarray of float
        The fastest of several runs of the product on one thread.
    pick_seconds : ndarray of float
        The same for `W[ids]`.
    """

    sizes: NDArray[np.int64]
    n_ids: int
    dim: int
    bytes: NDArray[np.int64]
    flops: NDArray[np.int64]
    seconds: NDArray[np.float64]
    pick_seconds: NDArray[np.float64]


def measure_costs(sizes: Sequence[int], *, n_ids: int = 64, dim: int = 64, seed: int = 0) -> Costs:
    """Measure what one-hot inputs cost for the vocabulary sizes given, with PyTorch on one thread."""
    generator = torch.Generator().manual_seed(seed)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        rows = [_measure(size, n_ids, dim, generator) for size in sizes]
    finally:
        torch.set_num_threads(threads)
    return Costs(np.array(sizes), n_ids, dim, *(np.array(column) for column in zip(*rows, strict=True)))


def _measure(
    vocab_size: int, n_ids: int, dim: int, generator: torch.Generator
) -> tuple[int, int, float, float]:
    ids = torch.randint(vocab_size, (n_ids,), generator=generator)
    weight = torch.randn(vocab_size, dim, generator=generator)
    vectors = torch.from_numpy(one_hot(ids, vocab_size))
    with FlopCounterMode(display=False) as counter:
        product = vectors @ weight
    torch.testing.assert_close(product, weight[ids])
    timings = compare({"product": lambda: vectors @ weight, "pick": lambda: weight[ids]})
    return (
        vectors.nbytes,
        counter.get_total_flops(),
        min(timings.seconds["product"]),
        min(timings.seconds["pick"]),
    )


def draw_one_hot_costs(axes: Sequence[Axes], costs: Costs, *, mark: tuple[int, str] | None = None) -> None:
    """Draw bytes, operations and time against V in three panels that share their horizontal axis.

    Parameters
    ----------
    axes : three Axes
        One below the other.
    costs : Costs
    mark : (V, text) or None
        A vocabulary size to point out.
    """
    V, N, D = costs.sizes, costs.n_ids, costs.dim
    per_row = float(
        np.exp(np.mean(np.log(costs.seconds / V)))
    )  # a line of slope 1 through the points' middle
    panels = (
        ("Memory (bytes)", costs.bytes, 4 * N * V, "4·N·V", np.full(len(V), 8 * N), "the ids: 8·N"),
        (
            "Operations",
            costs.flops,
            2 * N * V * D,
            "2·N·V·D",
            np.full(len(V), 2 * N * D),
            "not by zero: 2·N·D",
        ),
        (
            "Time (seconds)",
            costs.seconds,
            per_row * V,
            "proportional to V",
            costs.pick_seconds,
            "same result, as in chapter 2",
        ),
    )
    for ax, (title, measured, line, formula, floor, floor_name) in zip(axes, panels, strict=True):
        ax.plot(V, line, color=PALETTE["vermillion"], linewidth=1.5)
        ax.plot(V, measured, "o", color=PALETTE["vermillion"], markersize=6)
        ax.plot(V, floor, "s--", color=PALETTE["blue"], markersize=4, linewidth=1.5)
        ax.set(xscale="log", yscale="log", title=title)
        low, high = min(floor.min(), measured.min()), measured.max()
        ax.set_ylim(low / 3, high * 3)
        ax.text(0.03, 0.95, formula, color=PALETTE["vermillion"], va="top", transform=ax.transAxes)
        ax.text(V[-1], floor.max() * 1.8, floor_name, color=PALETTE["blue"], ha="right", va="bottom")
        ax.grid(True, linewidth=0.6)
        ax.set_axisbelow(True)
        if mark is not None:
            mark_size(ax, mark[0], mark[1] if ax is axes[0] else "")
    axes[-1].set_xlabel("vocabulary size V")
    axes[-1].xaxis.set_major_formatter("{x:,.0f}")
