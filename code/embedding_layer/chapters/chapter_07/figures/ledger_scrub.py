"""The row ledger to scrub through: the strips of one optimiser at a time, uncovered batch by batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from embedding_layer.chapters.chapter_07.figures.ledger import FAINTEST, STRIPS, STRONG, shares_of_largest
from embedding_layer.figures.interactive import frame_slider, play_buttons
from embedding_layer.figures.style import PALETTE, plotly_template
from embedding_layer.optim.ledger import RowLedger

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

NAMES = ("gradient", "momentum, after the step", "moved (×: without a gradient)")
"""The headings of the strips, from top to bottom."""

TINT = 0.2
"""How much of blue the shortest length gets, as in `STRENGTH_COLOURS`; the rest is paper."""

HALF = np.log10(FAINTEST) / 2
LEAST = (np.log10(FAINTEST) - TINT * HALF) / (1 - TINT)
"""Where blue and paper stand on the scale of lengths: no cell is as short as paper."""

COLOURS = [[0, PALETTE["paper"]], [1 - HALF / LEAST, PALETTE["blue"]], [1, PALETTE["ink"]]]
"""The colours of `STRENGTH_COLOURS`, made of the palette's only, for which a dark page has its own."""

DIGITS = 3
CHANGING = (4, 5, 6, 7)
"""The traces that a frame changes, the words and the three covers; before them come strips and crosses."""

STRIP_HEIGHTS = ((0.69, 0.91), (0.41, 0.63), (0.13, 0.35))
LINE_HEIGHTS = (0.96, 1.0)
"""Where the strips and the line with the words of the batch begin and end: 0 is the bottom, 1 the top."""


def scrub_ledger(ledgers: Mapping[str, RowLedger], words: Sequence[str]) -> Figure:
    """Make an interactive figure of ledgers: a menu of optimisers, a slider of steps, buttons to play.

    What the slider has not reached yet lies under a cover. A frame holds the covers and the words of the
    batch, not the cells, so that the figure is small enough to be stored in a notebook.

    Parameters
    ----------
    ledgers : mapping of str to RowLedger
        By the name of the optimiser, all of the same steps and batches.
    words : sequence of V str
        The word of each row.

    Returns
    -------
    plotly Figure
        Show it with `embedding_layer.figures.interactive.show_plotly`.

    Raises
    ------
    ValueError
        If the ledgers differ in their steps or in their gradients' rows, or have not one column a word.
    """
    import plotly.graph_objects as go  # here, because most chapters draw nothing interactive

    batches = _batches(ledgers, words)
    steps = len(batches)
    shown = _contents(next(iter(ledgers.values())), words)
    cover = {"mode": "lines", "fill": "toself", "fillcolor": PALETTE["paper"], "opacity": 0.92}
    cover |= {"line": {"width": 1, "color": PALETTE["grey"]}, "hoverinfo": "skip"}

    figure = go.Figure()
    for number, strip in enumerate(STRIPS):
        figure.add_trace(
            go.Heatmap(
                **{name: shown[name][number] for name in ("x", "y", "z", "customdata")},
                yaxis=f"y{number + 1}",
                zmin=float(LEAST),
                zmax=0,
                colorscale=COLOURS,
                showscale=number == 2,
                colorbar=_bar(),
                xgap=1,
                ygap=1,
                hovertemplate=f"%{{y}}, batch %{{x}}<br>{strip}: %{{customdata}}<extra></extra>",
            )
        )
    line = {"width": 1.5, "color": shown["marker.line.color"][3]}
    crosses = {
        "mode": "markers",
        "marker": {"symbol": "x-thin", "size": 6, "line": line},
        "hoverinfo": "skip",
    }
    figure.add_trace(go.Scatter(x=shown["x"][3], y=shown["y"][3], yaxis="y3", **crosses))
    told = {"mode": "text", "textposition": "middle right", "hoverinfo": "skip", "cliponaxis": False}
    figure.add_trace(go.Scatter(x=[0.5], y=[0], text=[batches[-1]], yaxis="y4", **told))
    for number in (5, 6, 7):
        figure.add_trace(go.Scatter(**_corners(steps, steps), yaxis=f"y{number}", **cover))

    figure.frames = [
        go.Frame(
            name=str(step),
            data=[go.Scatter(text=[text]), *[go.Scatter(**_corners(step, steps))] * 3],
            traces=list(CHANGING),
        )
        for step, text in enumerate(["batch 0: nothing yet", *batches])
    ]
    x_axis = {"range": [0.5, steps + 0.5], "tickvals": [1, *range(8, steps + 1, 8)], "anchor": "y3"}
    figure.update_layout(
        template=plotly_template(),
        height=660,
        showlegend=False,
        margin={"l": 76, "r": 8, "t": 60, "b": 8},
        xaxis={**x_axis, "fixedrange": True, "showgrid": False, "zeroline": False},
        **_row_axes(words),
        annotations=_headings(),
        sliders=[frame_slider(range(steps + 1), prefix="batch ", active=steps, top=92, redraw=True)],
        updatemenus=[_menu(ledgers, words), play_buttons(400, top=48, redraw=True)],
    )
    return figure


def _batches(ledgers: Mapping[str, RowLedger], words: Sequence[str]) -> list[str]:
    """Return for every step the words that had a gradient, which must be the same in all ledgers."""
    if not ledgers:
        raise ValueError("there is no ledger to draw")
    had = [ledger.gradient != 0 for ledger in ledgers.values()]
    if any(not torch.equal(one, had[0]) for one in had):
        raise ValueError(
            "the ledgers were kept over other batches: at each step the same rows must have a gradient in all"
        )
    if had[0].shape[1] != len(words) or not len(had[0]):
        raise ValueError(
            f"the ledgers have {len(had[0])} steps and {had[0].shape[1]} rows for {len(words)} words"
        )
    return [
        f"batch {step}: {', '.join(words[i] for i in row.nonzero().flatten().tolist()) or 'no gradient'}"
        for step, row in enumerate(had[0], start=1)
    ]


def _contents(ledger: RowLedger, words: Sequence[str]) -> dict[str, list]:
    """Return what the three strips and the crosses show of a ledger: for each property a value a trace."""
    lengths = [getattr(ledger, strip).T.numpy() for strip in STRIPS]
    shares = [shares_of_largest(strip) for strip in lengths]
    row, step = np.nonzero(ledger.moved_without_gradient.T.numpy())
    strong = shares[2][row, step] >= STRONG
    return {
        "z": [*[_cells(np.log10(strip).round(2)) for strip in shares], None],
        "customdata": [*[_cells(_short(strip)) for strip in lengths], None],
        "x": [*[list(range(1, len(ledger) + 1))] * 3, (step + 1).tolist()],
        "y": [*[list(words)] * 3, [words[i] for i in row]],
        "marker.line.color": [None] * 3 + [[PALETTE["paper" if cell else "ink"] for cell in strong]],
    }


def _cells(values: np.ndarray) -> list[list[float | None]]:
    return [[None if np.isnan(value) else value for value in row] for row in values.tolist()]


def _short(values: np.ndarray) -> np.ndarray:
    """Round to as many digits as one wants to read."""
    return np.vectorize(lambda value: float(f"{value:.{DIGITS}g}"), otypes=[float])(values)


def _corners(step: int, steps: int) -> dict[str, list]:
    """Return the corners of a cover over the batches after this one; after the last, a line at the edge."""
    left, right = step + 0.5, steps + 0.5
    return {"x": [left, right, right, left, left], "y": [0, 0, 1, 1, 0]}


def _row_axes(words: Sequence[str]) -> dict[str, dict]:
    """Return the y axes: of the strips, of the line with the words of the batch, and of the covers."""
    still = {"fixedrange": True, "showgrid": False, "zeroline": False, "showline": False, "anchor": "x"}
    strip = {"range": [len(words) - 0.5, -0.5], "type": "category", "categoryarray": list(words)}
    strip |= {"tickfont": {"size": 12}, "ticks": "", "categoryorder": "array", "tickvals": list(words)}
    axes = {
        f"yaxis{number}": {**still, **strip, "domain": list(heights)}
        for number, heights in zip(("", 2, 3), STRIP_HEIGHTS, strict=True)
    }
    hidden = {**still, "visible": False}
    axes["yaxis4"] = {**hidden, "domain": list(LINE_HEIGHTS), "range": [-1, 1]}
    covers = zip((5, 6, 7), ("y", "y2", "y3"), strict=True)
    return axes | {f"yaxis{n}": {**hidden, "overlaying": under, "range": [0, 1]} for n, under in covers}


def _headings() -> list[dict]:
    look = {
        "xref": "paper",
        "yref": "paper",
        "x": 0,
        "xanchor": "left",
        "yanchor": "bottom",
        "showarrow": False,
    }
    return [
        {**look, "y": top, "text": f"<b>{name}</b>"}
        for (_, top), name in zip(STRIP_HEIGHTS, NAMES, strict=True)
    ]


def _bar() -> dict[str, Any]:
    return {
        "orientation": "h",
        "x": 0.5,
        "y": 0.055,
        "yanchor": "top",
        "len": 0.9,
        "thickness": 10,
        "outlinewidth": 0,
        "tickvals": [-3, -2, -1, 0],
        "ticktext": ["≤ 1/1000", "1/100", "1/10", "largest"],
        "title": {"text": ""},
    }


def _menu(ledgers: Mapping[str, RowLedger], words: Sequence[str]) -> dict[str, Any]:
    """Return the menu that puts another ledger under the same covers."""
    return {
        "name": "optimiser",
        "type": "dropdown",
        "x": 0,
        "xanchor": "left",
        "y": 1.0,
        "yanchor": "bottom",
        "pad": {"b": 14},
        "bordercolor": PALETTE["grey"],
        "buttons": [
            {"label": name, "method": "restyle", "args": [_contents(ledger, words), [0, 1, 2, 3]]}
            for name, ledger in ledgers.items()
        ],
    }
