"""Cities on a globe and on a flat map, still and moving."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike, NDArray

from embedding_layer.chapters.chapter_08.cities import Cities, latitude_longitude
from embedding_layer.figures.interactive import frame_slider, play_buttons
from embedding_layer.figures.style import PALETTE, SMALLEST_TEXT, plotly_template

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

LOOKS = {
    "Africa": ("vermillion", "s", "square"),
    "Asia": ("blue", "o", "circle"),
    "Europe": ("green", "^", "triangle-up"),
    "North America": ("purple", "D", "diamond"),
    "South America": ("amber", "v", "triangle-down"),
    "Oceania": ("grey", "P", "cross"),
}
"""A palette colour, and a marker in matplotlib and in plotly, for each continent."""


def draw_world(
    ax: Axes, table: ArrayLike, world: Cities, *, named: Sequence[str] = (), missed: bool = True
) -> None:
    """Draw where the rows of a table lie on a flat map, with lines to where the cities are.

    Parameters
    ----------
    ax : Axes
    table : array_like of shape `(V, 3)`
        Already laid over the places; see `lay_over`.
    world : Cities
    named : sequence of str
        Cities to write beside their marks.
    missed : bool
        Draw a grey line from each mark to the true place.
    """
    table = np.asarray(table, dtype=float)
    north, east = latitude_longitude(table)
    true_north, true_east = latitude_longitude(world.points.numpy())
    if missed:
        for x, y, to_x, to_y in zip(east, north, true_east, true_north, strict=True):
            if abs(x - to_x) < 180:  # a line across the edge of the map would lead around the world
                ax.plot([x, to_x], [y, to_y], color=PALETTE["grey"], linewidth=1, zorder=1)
    for continent in dict.fromkeys(world.continents):
        colour, marker, _ = LOOKS[continent]
        own = [own == continent for own in world.continents]
        style = {"color": PALETTE[colour], "markersize": 4, "label": continent}
        ax.plot(east[own], north[own], marker, **style, linestyle="", zorder=2)
    for name in named:
        at = world.names.index(name)
        ax.annotate(
            name,
            (east[at], north[at]),
            (5, 6),
            textcoords="offset points",
            fontsize=SMALLEST_TEXT,
            zorder=3,
        )
    ax.set(xlim=(-180, 180), ylim=(-65, 85), xlabel="degrees east", ylabel="degrees north")
    ax.set_xticks([-180, -90, 0, 90, 180])
    ax.set_yticks([-45, 0, 45])
    ax.grid(alpha=0.3)


def animate_world(frames: Mapping[int, ArrayLike], world: Cities, *, turns: int = 12) -> Figure:
    """Make an interactive figure: a globe, a flat map below it, and one slider for both.

    The slider goes through the training, and then turns the globe once around. On the globe, marks on the far
    side are hollow. It is small enough to be stored in a notebook and readable on a phone.

    Parameters
    ----------
    frames : mapping of int to array_like of shape `(V, 3)`
        The rows after so many steps, laid over the places, in the order to be shown.
    world : Cities
    turns : int
        Steps of the slider for one turn of the globe.

    Returns
    -------
    plotly Figure
        Show it with `show_plotly`.
    """
    import plotly.graph_objects as go  # here, because most chapters draw nothing interactive
    from plotly.subplots import make_subplots

    tables = {f"step {step}": (np.asarray(table, dtype=float), 0.0) for step, table in frames.items()}
    last = next(reversed(tables.values()))[0]
    for turn in range(1, turns + 1):
        degrees = 360 * turn // turns
        tables[f"turned by {degrees}°"] = last, float(degrees)
    members = {
        continent: [i for i, own in enumerate(world.continents) if own == continent]
        for continent in dict.fromkeys(world.continents)
    }

    def traces(name: str, *, whole: bool) -> list[go.Scatter]:
        table, degrees = tables[name]
        across, up, ahead = _seen_from(table, degrees)
        north, east = latitude_longitude(table)
        drawn = []
        for flat in (False, True):
            x, y = (east, north) if flat else (across, up)
            for continent, own in members.items():
                colour, _, symbol = LOOKS[continent]
                shapes = [symbol if flat or ahead[i] >= 0 else f"{symbol}-open" for i in own]
                place = {
                    "x": x[own].round(1 if flat else 3).tolist(),
                    "y": y[own].round(1 if flat else 3).tolist(),
                    "marker": {"symbol": shapes},
                }
                if whole:
                    place |= {
                        "mode": "markers",
                        "name": continent,
                        "legendgroup": continent,
                        "showlegend": flat,
                        "hovertext": [world.names[i] for i in own],
                        "hoverinfo": "text",
                        "marker": {"symbol": shapes, "color": PALETTE[colour], "size": 9},
                        "xaxis": "x2" if flat else "x",
                        "yaxis": "y2" if flat else "y",
                    }
                drawn.append(go.Scatter(**place))
        return drawn

    figure = make_subplots(rows=2, cols=1, row_heights=[0.58, 0.42], vertical_spacing=0.05)
    first = next(iter(tables))
    outline = np.linspace(0, 2 * np.pi, 73)
    for trace in traces(first, whole=True):
        figure.add_trace(trace)
    figure.add_trace(
        go.Scatter(
            x=np.cos(outline).round(3).tolist(),
            y=np.sin(outline).round(3).tolist(),
            mode="lines",
            line={"color": PALETTE["grey"], "width": 1},
            hoverinfo="skip",
            showlegend=False,
        )
    )
    moving = list(range(2 * len(members)))
    figure.frames = [go.Frame(data=traces(name, whole=False), name=name, traces=moving) for name in tables]
    plain = {"showticklabels": False, "ticks": "", "zeroline": False, "fixedrange": True}
    figure.update_layout(
        template=plotly_template(),
        height=760,
        margin={"l": 8, "r": 8, "t": 8, "b": 8},
        xaxis={**plain, "range": [-1.5, 1.5]},
        yaxis={**plain, "range": [-1.5, 1.5], "scaleanchor": "x"},
        xaxis2={**plain, "range": [-185, 185], "zeroline": True},
        yaxis2={**plain, "range": [-92, 92], "zeroline": True},
        legend={
            "orientation": "h",
            "x": 0,
            "y": -0.02,
            "yanchor": "top",
            "itemclick": False,
            "itemdoubleclick": False,
        },
        sliders=[frame_slider(list(tables), prefix="", top=150, redraw=True)],
        updatemenus=[play_buttons(250, top=94, redraw=True)],
    )
    return figure


def _seen_from(table: NDArray, degrees: float) -> tuple[NDArray, NDArray, NDArray]:
    """Return where a viewer in front of the globe sees the rows: to the right, up, and towards the viewer.

    At 0 degrees the viewer stands over the meridian 15° east, a little north of the equator.
    """
    east = np.radians(15 + degrees)
    x, y, z = table.T
    ahead, across = x * np.cos(east) + y * np.sin(east), y * np.cos(east) - x * np.sin(east)
    tilt = np.radians(20)
    return across, z * np.cos(tilt) - ahead * np.sin(tilt), ahead * np.cos(tilt) + z * np.sin(tilt)
