"""What the interactive figures share: how they are shown, their slider, and the buttons to play and pause."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from plotly.graph_objects import Figure


def show_plotly(figure: Figure) -> None:
    """Show an interactive figure as plotly's JSON alone; JupyterLab and the built pages draw it offline."""
    figure.show(renderer="plotly_mimetype")


def frame_slider(
    frames: Sequence[int], *, prefix: str, active: int = 0, top: int, redraw: bool = False
) -> dict[str, Any]:
    """Return a slider that shows one frame a step.

    Parameters
    ----------
    frames : sequence of int
        The names of the frames, in order.
    prefix : str
        What stands before the name of the frame that is shown.
    active : int
        The position at the start.
    top : int
        How far below the drawing it stands, in pixels.
    redraw : bool
        Draw the whole figure at each step, as heatmaps need it; points move without.
    """
    return {
        "active": active,
        "x": 0.0,
        "len": 1.0,
        "y": 0,
        "yanchor": "top",
        "pad": {"t": top, "b": 8, "l": 8, "r": 8},
        "minorticklen": 0,
        "currentvalue": {"prefix": prefix, "font": {"size": 15}},
        "steps": [
            {"label": str(frame), "method": "animate", "args": _move([str(frame)], 0, redraw)}
            for frame in frames
        ],
    }


def play_buttons(milliseconds: int, *, top: int, redraw: bool = False) -> dict[str, Any]:
    """Return two buttons: play from here on, so long a frame, and pause; for `top` and `redraw` see above."""
    play = _move(None, milliseconds, redraw)
    play[1]["fromcurrent"] = True
    return {
        "type": "buttons",
        "direction": "left",
        "x": 0.0,
        "xanchor": "left",
        "y": 0,
        "yanchor": "top",
        "pad": {"t": top, "l": 8},
        "showactive": False,
        "font": {"size": 16},
        "buttons": [
            {"label": "▶ play", "method": "animate", "args": play},
            {"label": "❚❚ pause", "method": "animate", "args": _move([None], 0, redraw)},
        ],
    }


def _move(frames: list | None, milliseconds: int, redraw: bool) -> list:
    """Return the arguments that show these frames, or all of them, so long each."""
    glide = {"duration": 0} if redraw else {"duration": milliseconds, "easing": "linear"}
    frame = {"duration": milliseconds, "redraw": redraw}
    return [frames, {"mode": "immediate", "frame": frame, "transition": glide}]
