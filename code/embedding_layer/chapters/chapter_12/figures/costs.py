"""Curves of costs: measured times against a size, and the lines that counted bytes predict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator

from embedding_layer.benchmarks.results import Results
from embedding_layer.figures.style import CYCLE, PALETTE

MARKERS = "os^Dv"
Curve = tuple[Sequence[float], Sequence[float]]
"""Sizes, and one time for each."""


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
        _draw_curve(ax, number, name, sizes, times)
    for dash, (name, (sizes, times)) in zip(
        ((0, (5, 2)), (0, (1, 1.5))), (predicted or {}).items(), strict=False
    ):
        ax.plot(sizes, times, linestyle=dash, color=PALETTE["ink"], linewidth=1.6, label=name, zorder=1)
    _dress(ax, sorted({size for sizes, _ in curves.values() for size in sizes}))
    low, high = ax.get_xlim()
    for name, size in (marks or {}).items():
        if low < size < high:
            ax.axvline(size, color=PALETTE["grey"], linewidth=1, linestyle=":")
            ax.annotate(
                name,
                (size, 1),
                xycoords=("data", "axes fraction"),
                xytext=(0, 2),
                textcoords="offset points",
                ha="center",
                va="bottom",
                fontsize=10,
                color=PALETTE["grey"],
            )
    ax.set(xlabel=xlabel, ylabel=ylabel)
    ax.figure.legend(loc="outside lower center", ncols=legend_columns, fontsize=10)


def draw_stored(
    figure: Figure, stored: Sequence[Results], conditions: Mapping[str, dict], now: Mapping[str, Curve]
) -> None:
    """Draw stored results, one panel a machine, and what was measured just now beside each of them.

    Parameters
    ----------
    figure : Figure
        Its axes are made here.
    stored : sequence of Results
    conditions : mapping of str to dict
        For each curve the columns that pick its rows, see `Results.curve`.
    now : mapping of str to (sizes, microseconds)
        The curves of this run, under the same names: hollow markers on dashed lines.

    Raises
    ------
    ValueError
        If there is nothing stored.
    ResultsError
        If a file lacks a curve.
    """
    if not stored:
        raise ValueError("there are no stored results to draw: read some with read_folder first")
    panels = figure.subplots(1, len(stored), sharey=True, squeeze=False)[0]
    for ax, results in zip(panels, stored, strict=True):
        for number, (name, columns) in enumerate(conditions.items()):
            curve = results.curve(**columns)
            _draw_curve(ax, number, name, list(curve), list(curve.values()))
            if name in now:
                _draw_curve(ax, number, f"{name}, this run", *now[name], hollow=True)
        _dress(ax, [1_000, 100_000] if len(stored) > 1 else [1_000, 10_000, 100_000, 1_000_000])
        ax.set_title(f"{_short(results.label)}\n{results.provenance['date']}", fontsize=10)
        ax.set_xlabel("vocabulary size V")
    panels[0].set_ylabel("microseconds")
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=2, fontsize=9)


def _draw_curve(
    ax: Axes, number: int, name: str, sizes: Sequence[float], times: Sequence[float], *, hollow: bool = False
) -> None:
    colour = PALETTE[CYCLE[number % len(CYCLE)]]
    ax.plot(
        sizes,
        times,
        marker=MARKERS[number % len(MARKERS)],
        color=colour,
        markersize=7,
        linestyle="--" if hollow else "-",
        linewidth=1.2 if hollow else 2,
        markerfacecolor=PALETTE["paper"] if hollow else colour,
        label=name,
        zorder=2 if hollow else 3,
    )


def _dress(ax: Axes, ticks: Sequence[float]) -> None:
    ax.set(xscale="log", yscale="log")
    ax.set_xticks(ticks, [f"{tick:,}" for tick in ticks])
    ax.minorticks_off()
    low, high = ax.get_ylim()
    ax.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5) if high / low < 50 else (1,)))
    ax.yaxis.set_major_formatter(_plain)
    ax.grid(True, linewidth=0.6)
    ax.set_axisbelow(True)


def _plain(value: float, _: int | None = None) -> str:
    """Write 0.1 as 0.1 and 10000 as 10,000."""
    return f"{value:,.0f}" if value >= 1 else f"{value:g}"


def _short(label: str, longest: int = 30) -> str:
    return label if len(label) <= longest else label[: longest - 1].rstrip() + "…"
