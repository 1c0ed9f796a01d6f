"""Times against a size, and beside them what counted bytes say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes

from embedding_layer.figures.curves import draw_curves
from embedding_layer.measure.sweeps import Sweep


def draw_sweep(
    ax: Axes,
    sweep: Sweep,
    xlabel: str,
    *,
    predicted: Mapping[str, Sequence[float]],
    marks: Mapping[str, float] | None = None,
    rows: int | None = None,
) -> None:
    """Draw what a sweep has measured against its sizes, and predictions as lines without marks.

    Parameters
    ----------
    ax : Axes
    sweep : Sweep
    xlabel : str
        What the sizes are.
    predicted : mapping of str to sequence of float
        Seconds at each size of the sweep.
    marks : mapping of str to float or None
        Sizes to point out.
    rows : int or None
        How many rows a call looks up: draws nanoseconds a row; microseconds a call unless given.
    """
    scale = 1e6 if rows is None else 1e9 / rows
    draw_curves(
        ax,
        {name: (sweep.sizes, [scale * time for time in sweep.seconds(name)]) for name in sweep.names},
        predicted={
            name: (sweep.sizes, [scale * time for time in times]) for name, times in predicted.items()
        },
        marks=marks,
        xlabel=xlabel,
        ylabel="microseconds" if rows is None else "nanoseconds a row",
    )
