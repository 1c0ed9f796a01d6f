"""Stored results of the benchmarks, and what was measured just now beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from embedding_layer.benchmarks.results import Results
from embedding_layer.figures.curves import Curve, draw_curve, use_log_axes
from embedding_layer.figures.style import PALETTE, SMALLEST_TEXT


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
        The curves of this run, under the same names: hollow markers on dashed lines, one entry in the legend.

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
            draw_curve(ax, number, name, list(curve), list(curve.values()))
            if name in now:
                draw_curve(ax, number, f"_{name}", *now[name], hollow=True)  # not in the legend by itself
        use_log_axes(ax, [1_000, 100_000] if len(stored) > 1 else [1_000, 10_000, 100_000, 1_000_000])
        ax.set_title(f"{_short(results.label)}\n{results.provenance['date']}", fontsize=SMALLEST_TEXT)
        ax.set_xlabel("vocabulary size V")
    panels[0].set_ylabel("microseconds")
    handles, _ = panels[0].get_legend_handles_labels()
    if now:
        look = {"marker": "o", "markerfacecolor": PALETTE["paper"], "markersize": 7}
        handles.append(Line2D([], [], color=PALETTE["grey"], linestyle="--", label="this run", **look))
    figure.legend(handles=handles, loc="outside lower center", ncols=2, fontsize=SMALLEST_TEXT)


def _short(label: str, longest: int = 30) -> str:
    return label if len(label) <= longest else label[: longest - 1].rstrip() + "…"
