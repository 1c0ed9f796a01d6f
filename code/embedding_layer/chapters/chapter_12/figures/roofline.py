"""What a machine allows, and what is reached: estimates of a time, and a roof over a rate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from embedding_layer.figures.style import PALETTE, SMALLEST_TEXT


@dataclass(frozen=True)
class Work:
    """A piece of work: what it has to do, and how long it took.

    Attributes
    ----------
    name : str
    flops : int
        Floating-point operations.
    bytes : int
        Bytes read and written, as counted.
    seconds : float
        As measured.
    """

    name: str
    flops: int
    bytes: int
    seconds: float

    @property
    def intensity(self) -> float:
        """Operations for each byte moved."""
        return self.flops / self.bytes

    @property
    def rate(self) -> float:
        """Operations a second, as measured."""
        return self.flops / self.seconds


def draw_estimates(ax: Axes, works: Sequence[Work], *, bandwidth: float, rate: float) -> None:
    """Draw, for each work, the time its bytes take, the time its operations take, and the time it took.

    Parameters
    ----------
    ax : Axes
    works : sequence of Work
        One lane each, the first at the top. Work without operations has no estimate for them.
    bandwidth : float
        Bytes a second.
    rate : float
        Operations a second.
    """
    hollow = {"color": PALETTE["ink"], "markerfacecolor": PALETTE["paper"], "markeredgewidth": 1.6}
    styles = {
        "bytes / bandwidth": {"marker": "s"} | hollow,
        "operations / rate": {"marker": "^"} | hollow,
        "measured": {"marker": "o", "color": PALETTE["grey"]},
    }
    for lane, work in enumerate(works):
        times = [work.bytes / bandwidth * 1e6, work.flops / rate * 1e6, work.seconds * 1e6]
        shown = [time for time in times if time > 0]
        ax.plot([min(shown), max(shown)], [lane, lane], color="#D9DEE3", linewidth=4, zorder=1)
        colour = PALETTE["vermillion" if work.flops else "blue"]
        for time, style in zip(
            times, (*list(styles.values())[:2], {"marker": "o", "color": colour}), strict=True
        ):
            if time > 0:
                ax.plot(time, lane, linestyle="none", markersize=9, zorder=3, **style)
    ax.set_yticks(range(len(works)), [work.name for work in works])
    ax.set(xscale="log", xlabel="microseconds", ylim=(len(works) - 0.5, -0.5))
    ax.xaxis.set_major_formatter("{x:,.0f}")
    ax.grid(True, axis="x", linewidth=0.6)
    ax.set_axisbelow(True)
    handles = [Line2D([], [], linestyle="none", markersize=9, label=k, **v) for k, v in styles.items()]
    ax.figure.legend(handles=handles, loc="outside lower center", ncols=3, fontsize=SMALLEST_TEXT)


def draw_roofline(ax: Axes, works: Sequence[Work], *, bandwidth: float, rate: float) -> None:
    """Draw operations a second against operations a byte, under the roof that the machine sets.

    Parameters
    ----------
    ax : Axes
    works : sequence of Work
        Each with at least one operation.
    bandwidth : float
        Bytes a second: the slope of the roof's left part.
    rate : float
        Operations a second: the height of its right part.

    Raises
    ------
    ValueError
        If a work has no operations: it has no place on a logarithmic axis.

    References
    ----------
    Williams, Waterman and Patterson, "Roofline: an insightful visual performance model for multicore
    architectures" (2009).
    """
    if idle := [work.name for work in works if work.flops == 0]:
        raise ValueError(f"{idle} does no operations, and 0 has no place on a logarithmic axis; leave it out")
    ridge = rate / bandwidth
    left = min([work.intensity for work in works] + [ridge]) / 4
    right = max([work.intensity for work in works] + [ridge]) * 4
    x = np.array([left, ridge, right])
    ax.plot(x, np.minimum(x * bandwidth, rate) / 1e9, color=PALETTE["ink"], linewidth=2)
    bottom = min([work.rate for work in works] + [left * bandwidth]) / 1e9 / 3
    ax.set(xscale="log", yscale="log", xlim=(left, right), ylim=(bottom, rate / 1e9 * 5))
    ax.annotate(
        f"memory: {bandwidth / 1e9:.0f} GB a second",
        (ridge / 2, rate / 2e9),
        xytext=(-8, 4),
        textcoords="offset points",
        ha="right",
        fontsize=SMALLEST_TEXT,
    )
    ax.annotate(
        f"arithmetic: {rate / 1e9:.0f} billion a second",
        (right, rate / 1e9),
        xytext=(0, 6),
        textcoords="offset points",
        ha="right",
        fontsize=SMALLEST_TEXT,
    )
    for work, marker, colour in zip(
        works, "os^Dv", ("vermillion", "blue", "green", "purple", "amber"), strict=False
    ):
        ax.plot(work.intensity, work.rate / 1e9, marker, color=PALETTE[colour], markersize=9)
        ax.annotate(
            work.name,
            (work.intensity, work.rate / 1e9),
            xytext=(0, -9),
            textcoords="offset points",
            ha="right" if work.intensity > ridge else "left",
            va="top",
            color=PALETTE[colour],
            fontweight="bold",
            fontsize=SMALLEST_TEXT,
        )
    ax.set(xlabel="operations for each byte moved", ylabel="billion operations\na second")
    ax.xaxis.set_major_formatter("{x:g}")
    ax.yaxis.set_major_formatter("{x:g}")
    ax.grid(True, linewidth=0.6)
    ax.set_axisbelow(True)
