"""Maps of words: rows of a table with two columns as points in the plane, still and moving."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from embedding_layer.figures.interactive import frame_slider, play_buttons
from embedding_layer.figures.style import PALETTE, SMALLEST_TEXT, plotly_template

if TYPE_CHECKING:
    from plotly.graph_objects import Figure


class Look(NamedTuple):
    """How the words of one group are drawn: a palette colour, and a marker in matplotlib and in plotly."""

    colour: str
    marker: str
    symbol: str


LOOKS = (
    Look("purple", "o", "circle"),
    Look("amber", "s", "square"),
    Look("green", "^", "triangle-up"),
    Look("grey", "x", "x-thin-open"),
)
"""One look a group, in order."""

MAP_POINTS = 150
"""Typographic points across a still map, half a figure wide."""

NARROWEST = 330
"""Pixels across the interactive map on a phone."""


def draw_words(
    ax: Axes,
    points: ArrayLike,
    words: Sequence[str],
    groups: Sequence[str],
    *,
    named: Sequence[str] = (),
    limit: float | None = None,
) -> None:
    """Draw words as points, each group with its own colour and marker.

    Parameters
    ----------
    ax : Axes
    points : array_like of shape `(N, 2)`
    words : sequence of N str
    groups : sequence of N str
        The group of each word; groups get their looks in the order of their first word.
    named : sequence of str
        The words to write beside their points.
    limit : float or None
        Half the side of the square shown; None takes the farthest point.
    """
    points = _points(points, words, groups)
    limit = limit or 1.08 * float(np.abs(points).max())
    for group, look in looks_of(groups).items():
        own = points[[g == group for g in groups]]
        style = {"color": PALETTE[look.colour], "markersize": 6, "alpha": 0.8, "label": group}
        ax.plot(own[:, 0], own[:, 1], look.marker, **style)
    for word, (x, y) in zip(words, points, strict=True):
        if word in named:
            right, up = _free_corner(word, np.array([x, y]), points, 2 * limit / MAP_POINTS)
            ax.annotate(
                word,
                (x, y),
                xytext=(5 * right, 4 * up),
                textcoords="offset points",
                fontsize=SMALLEST_TEXT,
                ha="left" if right > 0 else "right",
                va="bottom" if up > 0 else "top",
            )
    ax.set(xlim=(-limit, limit), ylim=(-limit, limit), aspect="equal", xticks=[], yticks=[])
    for side in ("top", "right"):
        ax.spines[side].set_visible(True)


def looks_of(groups: Sequence[str]) -> dict[str, Look]:
    """Return the look of every group, in the order in which the groups first occur."""
    names = list(dict.fromkeys(groups))
    if len(names) > len(LOOKS):
        raise ValueError(f"there are {len(names)} groups, but only {len(LOOKS)} looks that can be told apart")
    return dict(zip(names, LOOKS, strict=False))


def animate_words(
    frames: Mapping[int, ArrayLike],
    words: Sequence[str],
    groups: Sequence[str],
    *,
    named: Sequence[str] = (),
) -> Figure:
    """Make an interactive figure of words that move: a slider to scrub, buttons to play and pause.

    It is small enough to be stored in a notebook (two decimals a coordinate) and readable on a phone.

    Parameters
    ----------
    frames : mapping of int to array_like of shape `(N, 2)`
        The points after so many steps, in the order to be shown.
    words, groups : sequences of N str
        As for `draw_words`.
    named : sequence of str
        The words to write, each from the frame on in which there is room for it until the end; all words
        appear on hovering or tapping.

    Returns
    -------
    plotly Figure
        Show it with `show_plotly`.
    """
    import plotly.graph_objects as go  # here, because most chapters draw nothing interactive

    tables = {step: _points(points, words, groups) for step, points in frames.items()}
    limit = 1.12 * max(float(np.abs(points).max()) for points in tables.values())
    looks = looks_of(groups)
    members = {group: [i for i, own in enumerate(groups) if own == group] for group in looks}
    written = _written(tables, words, [word for word in words if word in named], limit)

    def traces(step: int, *, whole: bool) -> list[go.Scatter]:
        drawn, points = [], tables[step]
        for group, look in looks.items():
            own = members[group]
            place = {
                "x": points[own, 0].round(2).tolist(),
                "y": points[own, 1].round(2).tolist(),
                "text": [words[i] if words[i] in written[step] else "" for i in own],
            }
            if not whole:  # a frame holds what changes and nothing else
                drawn.append(go.Scatter(**place))
                continue
            drawn.append(
                go.Scatter(
                    **place,
                    name=group,
                    mode="markers+text",
                    textposition="top center",
                    textfont={"color": PALETTE["ink"]},
                    hovertext=[words[i] for i in own],
                    hoverinfo="text+name",
                    marker={
                        "color": PALETTE[look.colour],
                        "symbol": look.symbol,
                        "size": 11,
                        "line": {"width": 2 if "open" in look.symbol else 0, "color": PALETTE[look.colour]},
                    },
                )
            )
        return drawn

    figure = go.Figure(
        data=traces(next(iter(tables)), whole=True),
        frames=[go.Frame(data=traces(step, whole=False), name=str(step)) for step in tables],
    )
    axis = {"range": [-limit, limit], "showticklabels": False, "ticks": "", "zeroline": True}
    figure.update_layout(
        template=plotly_template(),
        height=560,
        margin={"l": 8, "r": 8, "t": 8, "b": 8},
        xaxis={**axis, "fixedrange": True},
        yaxis={**axis, "fixedrange": True, "scaleanchor": "x"},
        legend={
            "orientation": "h",
            "x": 0,
            "y": -0.02,
            "yanchor": "top",
            "itemclick": False,
            "itemdoubleclick": False,
        },
        sliders=[frame_slider(list(tables), prefix="step ", top=116)],
        updatemenus=[play_buttons(250, top=60)],
    )
    return figure


def _free_corner(word: str, point: np.ndarray, points: np.ndarray, unit: float) -> tuple[int, int]:
    """Choose on which side of a point its word covers the fewest other points; `unit` is a point of type."""
    width, height = 6.5 * len(word) + 10, 20.0

    def covered(corner: tuple[int, int]) -> int:
        ahead = (points - point) / unit * corner  # to the word's side and up, in points of type
        inside = (ahead > 0).all(axis=1) & (ahead < (width, height)).all(axis=1)
        return int(inside.sum())

    return min([(1, 1), (-1, 1), (1, -1), (-1, -1)], key=covered)


def _written(
    tables: Mapping[int, np.ndarray], words: Sequence[str], named: Sequence[str], limit: float
) -> dict[int, set[str]]:
    """Choose for each frame the names to write: those that stay clear of all others from there to the end."""
    pixel = 2 * limit / NARROWEST
    size = {word: np.array([8.5 * len(word) + 6, 20.0]) * pixel for word in named}
    clear, written = set(named), {}
    for step in reversed(tables):
        place = {word: tables[step][words.index(word)] for word in named}
        clear = {
            word
            for word in clear
            if all(
                (np.abs(place[word] - place[other]) > (size[word] + size[other]) / 2).any()
                for other in named
                if other != word
            )
        }
        written[step] = set(clear)
    return written


def _points(points: ArrayLike, words: Sequence[str], groups: Sequence[str]) -> np.ndarray:
    array = np.asarray(points, dtype=float)
    if array.shape != (len(words), 2) or len(groups) != len(words):
        raise ValueError(
            f"points has shape {array.shape} for {len(words)} words and {len(groups)} groups; "
            "pass one pair of coordinates and one group a word"
        )
    return array
