"""Pictures of measured scores: while training, against a setting, with their uncertainty."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from embedding_layer.figures.style import PALETTE

LOOKS = {
    "trained": ("blue", "o"),
    "look-up": ("blue", "o"),
    "frozen": ("grey", "s"),
    "one-hot": ("vermillion", "^"),
    "one-hot vectors": ("vermillion", "^"),
    "bag of words": ("vermillion", "^"),
}
"""Colour and marker of each model: a trained look-up is blue, what stands on one-hot vectors vermillion."""


def draw_loss(ax: Axes, losses: Sequence[float], *, chance: float | None = None) -> None:
    """Draw the loss of every batch: pale as it is, and as a running mean over about a twentieth of the steps.

    Parameters
    ----------
    ax : Axes
    losses : sequence of float
    chance : float or None
        The loss of guessing.
    """
    losses = np.asarray(losses, dtype=float)
    steps = np.arange(1, len(losses) + 1)
    width = max(1, len(losses) // 20)
    mean = np.convolve(losses, np.ones(width) / width, mode="valid")
    ax.plot(steps, losses, color=PALETTE["blue"], linewidth=1, alpha=0.35)
    ax.plot(steps[width // 2 :][: len(mean)], mean, color=PALETTE["blue"])
    if chance is not None:
        ax.axhline(chance, color=PALETTE["grey"], linewidth=1, linestyle=":")
        ax.text(steps[-1], chance, "guessing", color=PALETTE["grey"], ha="right", va="bottom")
    ax.set(xlabel="step", ylabel="loss", xlim=(0, steps[-1]))
    ax.set_ylim(bottom=0)


def draw_by_rate(
    ax: Axes, rates: Sequence[float], scores: Mapping[str, Sequence[float]], *, chance: float | None = None
) -> None:
    """Draw a score against the learning rate, a line a model, and ring the best rate of each.

    Parameters
    ----------
    ax : Axes
    rates : sequence of float
        Drawn on a logarithmic axis.
    scores : mapping of str to sequence of float
        For each model of `LOOKS` a score a rate, as a share: 0.8 is drawn as 80 %.
    chance : float or None
        The score of guessing, as a share.
    """
    for name, values in scores.items():
        percent = 100 * np.asarray(values)
        colour, marker = _look(name)
        best = int(percent.argmax())
        ax.plot(rates, percent, color=colour, marker=marker, markersize=6)
        ax.plot(
            rates[best],
            percent[best],
            "o",
            markersize=15,
            markerfacecolor="none",
            color=colour,
            markeredgewidth=2,
        )
    _name_lines(ax, rates[-1], {name: 100 * values[-1] for name, values in scores.items()})
    if chance is not None:
        ax.axhline(100 * chance, color=PALETTE["grey"], linewidth=1, linestyle=":")
        ax.text(rates[0], 100 * chance + 1, "guessing", color=PALETTE["grey"], va="bottom")
    ax.set_xscale("log")
    ax.set_xticks(list(rates), [f"{rate:g}" for rate in rates])
    ax.minorticks_off()
    ax.set(xlabel="learning rate", ylabel="right answers, %", ylim=(0, 100))


def draw_intervals(
    ax: Axes,
    scores: Mapping[str, tuple[float, float, float]],
    *,
    dots: Mapping[str, ArrayLike] | None = None,
    chance: float | None = None,
) -> None:
    """Draw for each model its score with the interval around it, one above the other.

    Parameters
    ----------
    ax : Axes
    scores : mapping of str to (mean, low, high)
        As shares, for models of `LOOKS`; the first on top.
    dots : mapping of str to array_like, or None
        Single results behind the mean, of other seeds for instance.
    chance : float or None
        The score of guessing, as a share.
    """
    for place, (name, (mean, low, high)) in enumerate(scores.items()):
        colour, marker = _look(name)
        ax.plot([100 * low, 100 * high], [place, place], color=colour, linewidth=6, alpha=0.35)
        ax.plot(
            100 * mean,
            place,
            marker,
            color=colour,
            markersize=9,
            markeredgecolor=PALETTE["paper"],
        )
        for dot in np.asarray((dots or {}).get(name, ())):
            ax.plot(100 * dot, place - 0.25, "|", color=colour, markersize=9)
        ax.text(100 * high + 1.5, place, f"{100 * mean:.0f} %", ha="left", va="center")
    if chance is not None:
        ax.axvline(100 * chance, color=PALETTE["grey"], linewidth=1, linestyle=":")
        ax.text(100 * chance - 1, -0.45, "guessing", ha="right", va="center", color=PALETTE["grey"])
    ax.set_yticks(range(len(scores)), list(scores), weight="bold")
    for tick, name in zip(ax.get_yticklabels(), scores, strict=True):
        tick.set_color(_look(name)[0])
    ax.tick_params(left=False)
    ax.spines["left"].set_visible(False)
    ax.set(xlim=(0, 100), ylim=(len(scores) - 0.5, -0.7), xlabel="right answers on the test part, %")


def draw_bars(ax: Axes, costs: Mapping[str, float], *, unit: str, title: str) -> None:
    """Draw the costs of models of `LOOKS` as bars to scale, each with its value in the unit given."""
    names = list(costs)
    places = range(len(names))
    bars = ax.barh(places, list(costs.values()), color=[_look(name)[0] for name in names])
    ax.bar_label(bars, [f"{_short(costs[name])} {unit}" for name in names], padding=4)
    ax.set_yticks(places, names)
    ax.invert_yaxis()
    ax.set(xlim=(0, 1.25 * max(costs.values())), xticks=[], title=title)
    ax.tick_params(left=False)
    ax.spines["bottom"].set_visible(False)


def _look(name: str) -> tuple[str, str]:
    colour, marker = LOOKS[name]
    return PALETTE[colour], marker


def _short(value: float) -> str:
    """Write a positive number with two significant digits, without an exponent."""
    digits = max(0, 1 - math.floor(math.log10(value)))
    return f"{value:.{digits}f}"


def _name_lines(ax: Axes, x: float, ends: Mapping[str, float], gap: float = 7.0) -> None:
    """Write each line's name at its right end, moved apart where two ends are close."""
    previous = -np.inf
    for name, y in sorted(ends.items(), key=lambda end: end[1]):
        previous = max(y, previous + gap)
        ax.annotate(
            name,
            (x, previous),
            xytext=(8, 0),
            textcoords="offset points",
            color=_look(name)[0],
            weight="bold",
            va="center",
            annotation_clip=False,
        )
