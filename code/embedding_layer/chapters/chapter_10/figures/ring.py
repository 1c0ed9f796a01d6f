"""The table of hours in the plane: names around a ring, and the way there, to scrub through."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from embedding_layer.figures.interactive import frame_slider, play_buttons
from embedding_layer.figures.style import PALETTE, SMALLEST_TEXT, plotly_template

if TYPE_CHECKING:
    from plotly.graph_objects import Figure


class Quarter(NamedTuple):
    """A quarter of the day: its name, a palette colour, and a marker in matplotlib and in plotly."""

    name: str
    colour: str
    marker: str
    symbol: str


QUARTERS = (
    Quarter("night", "purple", "o", "circle"),
    Quarter("morning", "amber", "s", "square"),
    Quarter("afternoon", "green", "^", "triangle-up"),
    Quarter("evening", "blue", "D", "diamond"),
)
"""Six hours each, from midnight on."""


def draw_ring(ax: Axes, points: ArrayLike, names: Sequence[str], *, limit: float | None = None) -> None:
    """Draw 24 rows as points, joined in the order of the clock, each with its name on the outer side.

    Parameters
    ----------
    ax : Axes
    points : array_like of shape `(24, 2)`
        In the order of the clock, from midnight on.
    names : sequence of 24 str
        Written outwards; none are written where the sequence is empty.
    limit : float or None
        Half the side of the square shown; None leaves room for the names.
    """
    points = _day(points)
    limit = limit or 1.8 * float(np.linalg.norm(points, axis=1).max())
    closed = np.vstack([points, points[:1]])
    ax.plot(*closed.T, color=PALETTE["grey"], linewidth=1, zorder=1)
    for number, quarter in enumerate(QUARTERS):
        own = points[6 * number : 6 * number + 6]
        style = {"color": PALETTE[quarter.colour], "markersize": 6, "label": quarter.name}
        ax.plot(own[:, 0], own[:, 1], quarter.marker, linestyle="", **style)
    for name, (x, y) in zip(names, points, strict=False):
        angle = math.degrees(math.atan2(y, x))
        left = abs(angle) > 90
        ax.annotate(
            name,
            (x, y),
            xytext=(8 * math.cos(math.radians(angle)), 8 * math.sin(math.radians(angle))),
            textcoords="offset points",
            rotation=angle + 180 if left else angle,
            rotation_mode="anchor",
            ha="right" if left else "left",
            va="center",
            fontsize=SMALLEST_TEXT,
        )
    ax.set(xlim=(-limit, limit), ylim=(-limit, limit), aspect="equal", xticks=[], yticks=[])
    for side in ("top", "right"):
        ax.spines[side].set_visible(True)


def animate_ring(frames: Mapping[int, ArrayLike], names: Sequence[str]) -> Figure:
    """Make an interactive figure of 24 rows on their way: a slider to scrub, buttons to play and pause.

    Parameters
    ----------
    frames : mapping of int to array_like of shape `(24, 2)`
        The points after so many steps, in the order of the clock, in the order to be shown.
    names : sequence of 24 str
        What hovering or tapping tells, with the hour; the hours themselves are written.

    Returns
    -------
    plotly Figure
        Show it with `show_plotly`.
    """
    import plotly.graph_objects as go  # here, because most chapters draw nothing interactive

    days = {step: _day(points).round(2) for step, points in frames.items()}
    limit = 1.15 * max(float(np.abs(points).max()) for points in days.values())

    def traces(points: np.ndarray, *, whole: bool) -> list[go.Scatter]:
        closed = np.vstack([points, points[:1]])
        drawn = [go.Scatter(x=closed[:, 0].tolist(), y=closed[:, 1].tolist())]
        for number in range(len(QUARTERS)):
            own = points[6 * number : 6 * number + 6]
            drawn.append(go.Scatter(x=own[:, 0].tolist(), y=own[:, 1].tolist()))
        if whole:  # a frame holds what changes and nothing else
            line = {"color": PALETTE["grey"], "width": 1}
            drawn[0].update(mode="lines", line=line, hoverinfo="skip", showlegend=False)
            for number, (trace, quarter) in enumerate(zip(drawn[1:], QUARTERS, strict=True)):
                hours = range(6 * number, 6 * number + 6)
                trace.update(
                    name=quarter.name,
                    mode="markers+text",
                    text=[str(hour) for hour in hours],
                    textposition="top center",
                    textfont={"color": PALETTE["ink"]},
                    hovertext=[f"{names[hour]}, {hour}:00" for hour in hours],
                    hoverinfo="text",
                    marker={"color": PALETTE[quarter.colour], "symbol": quarter.symbol, "size": 11},
                )
        return drawn

    figure = go.Figure(
        data=traces(next(iter(days.values())), whole=True),
        frames=[go.Frame(data=traces(points, whole=False), name=str(step)) for step, points in days.items()],
    )
    axis = {"range": [-limit, limit], "showticklabels": False, "ticks": "", "zeroline": False}
    figure.update_layout(
        template=plotly_template(),
        height=560,
        margin={"l": 8, "r": 8, "t": 8, "b": 8},
        xaxis={**axis, "fixedrange": True, "showgrid": False},
        yaxis={**axis, "fixedrange": True, "showgrid": False, "scaleanchor": "x"},
        legend={
            "orientation": "h",
            "x": 0,
            "y": -0.02,
            "yanchor": "top",
            "itemclick": False,
            "itemdoubleclick": False,
        },
        sliders=[frame_slider(list(days), prefix="step ", top=116)],
        updatemenus=[play_buttons(250, top=60)],
    )
    return figure


def _day(points: ArrayLike) -> np.ndarray:
    array = np.asarray(points, dtype=float)
    if array.shape != (24, 2):
        raise ValueError(f"points has shape {array.shape}; pass one pair of coordinates an hour, so (24, 2)")
    return array
