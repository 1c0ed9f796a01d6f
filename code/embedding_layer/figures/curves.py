"""Curves of measured costs on logarithmic axes: one look a curve, plain numbers, marked sizes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, LogLocator

from embedding_layer.figures.style import CYCLE, PALETTE, SMALLEST_TEXT

Curve = tuple[Sequence[float], Sequence[float]]
"""Sizes, and one time for each."""

MARKERS = ("o", "s", "^", "D", "v", "P", "X")
"""One marker a curve, in the order of the colours: told apart without colour, too."""

_DASHES = ((0, (5, 2)), (0, (1, 1.5)))


def look_of(number: int) -> dict[str, str]:
    """Return colour and marker of curve `number`, as options of `Axes.plot`."""
    return {"color": PALETTE[CYCLE[number % len(CYCLE)]], "marker": MARKERS[number % len(MARKERS)]}


def draw_curve(
    ax: Axes, number: int, name: str, sizes: Sequence[float], times: Sequence[float], *, hollow: bool = False
) -> None:
    """Draw one measured curve in the look of its number; a hollow one is dashed, and stands behind."""
    look = look_of(number)
    ax.plot(
        sizes,
        times,
        **look,
        markersize=7,
        linestyle="--" if hollow else "-",
        linewidth=1.2 if hollow else 2,
        markerfacecolor=PALETTE["paper"] if hollow else look["color"],
        label=name,
        zorder=2 if hollow else 3,
    )


def draw_curves(
    ax: Axes,
    curves: Mapping[str, Curve],
    *,
    predicted: Mapping[str, Curve] | None = None,
    marks: Mapping[str, float] | None = None,
    xlabel: str,
    ylabel: str = "microseconds",
    legend_columns: int = 2,
) -> None:
    """Draw times against a size on logarithmic axes, with a legend below.

    Parameters
    ----------
    ax : Axes
    curves : mapping of str to (sizes, times)
        What was measured: lines with markers.
    predicted : mapping of str to (sizes, times) or None
        What counted bytes say: dashed and dotted lines without markers.
    marks : mapping of str to float or None
        Sizes to point out: vertical lines with a name. Those outside of the curves' range are left out.
    xlabel, ylabel : str
    legend_columns : int
    """
    for number, (name, (sizes, times)) in enumerate(curves.items()):
        draw_curve(ax, number, name, sizes, times)
    for dash, (name, (sizes, times)) in zip(_DASHES, (predicted or {}).items(), strict=False):
        ax.plot(sizes, times, linestyle=dash, color=PALETTE["ink"], linewidth=1.6, label=name, zorder=1)
    use_log_axes(ax, sorted({size for sizes, _ in curves.values() for size in sizes}))
    low, high = ax.get_xlim()
    for name, size in (marks or {}).items():
        if low < size < high:
            mark_size(ax, size, name)
    ax.set(xlabel=xlabel, ylabel=ylabel)
    ax.figure.legend(loc="outside lower center", ncols=legend_columns, fontsize=SMALLEST_TEXT)


def use_log_axes(ax: Axes, ticks: Sequence[float] | None = None) -> None:
    """Make both axes logarithmic, with a grid and with numbers instead of powers of ten.

    Parameters
    ----------
    ax : Axes
        What is drawn in it already sets the limits.
    ticks : sequence of float or None
        Where to number the horizontal axis; None leaves that to matplotlib.
    """
    ax.set(xscale="log", yscale="log")
    if ticks is None:
        ax.xaxis.set_major_formatter(FuncFormatter(plain_number))
    else:
        ax.set_xticks(ticks, [plain_number(tick) for tick in ticks])
    ax.minorticks_off()
    low, high = ax.get_ylim()
    ax.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5) if high / low < 50 else (1,)))
    ax.yaxis.set_major_formatter(FuncFormatter(plain_number))
    ax.grid(True, linewidth=0.6)
    ax.set_axisbelow(True)


def mark_size(ax: Axes, size: float, name: str = "") -> None:
    """Draw a dotted vertical line at a size, with its name above the axes."""
    ax.axvline(size, color=PALETTE["grey"], linewidth=1, linestyle=":", zorder=1)
    ax.annotate(
        name,
        (size, 1),
        xycoords=("data", "axes fraction"),
        xytext=(0, 2),
        textcoords="offset points",
        ha="center",
        va="bottom",
        fontsize=SMALLEST_TEXT,
        color=PALETTE["grey"],
    )


def plain_number(value: float, _: int | None = None) -> str:
    """Write 0.1 as 0.1 and 10000 as 10,000; a formatter of ticks, too."""
    return f"{value:,.0f}" if value >= 1 else f"{value:g}"
