"""What was measured: errors against what was changed, and spectra, which tell how many columns are needed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from embedding_layer.figures.curves import look_of
from embedding_layer.figures.style import PALETTE


def draw_errors(
    ax: Axes,
    settings: Sequence[float],
    errors: Mapping[str, Sequence[Sequence[float]]],
    *,
    xlabel: str,
    ylabel: str = "kilometres",
) -> None:
    """Draw errors against a setting: a mark for each seed, and a line through the medians.

    Parameters
    ----------
    ax : Axes
    settings : sequence of N numbers
    errors : mapping of str to N sequences of float
        For each curve, at each setting, one number a seed.
    xlabel, ylabel : str
    """
    for number, (name, found) in enumerate(errors.items()):
        look = look_of(number)
        middles = [sorted(seeds)[len(seeds) // 2] for seeds in found]
        ax.plot(settings, middles, color=look["color"], label=name)
        for x, seeds in zip(settings, found, strict=True):
            ax.plot([x] * len(seeds), seeds, look["marker"], color=look["color"], markersize=5, alpha=0.7)
    ax.set(xlabel=xlabel, ylabel=ylabel)
    if len(errors) > 1:
        ax.legend()


def draw_spectra(ax: Axes, spectra: Mapping[str, ArrayLike], *, first: int = 8, needed: int = 3) -> None:
    """Draw the leading parts of spectra side by side, each as shares of its largest.

    Parameters
    ----------
    ax : Axes
    spectra : mapping of str to array_like
        Values in falling order.
    first : int
        How many of each are drawn.
    needed : int
        After so many a dotted line is drawn.
    """
    width = 0.8 / len(spectra)
    for number, (name, values) in enumerate(spectra.items()):
        shares = [float(value) / float(values[0]) for value in values[:first]]
        places = [i + 1 + (number - (len(spectra) - 1) / 2) * width for i in range(len(shares))]
        bars = ax.bar(places, shares, width, color=look_of(number)["color"], label=name)
        for bar in bars:
            bar.set_hatch(("", "//", "..")[number % 3])
            bar.set_edgecolor(PALETTE["paper"])
    ax.axvline(needed + 0.5, color=PALETTE["grey"], linestyle=":")
    ax.set(xlabel="direction", ylabel="share of the largest", xticks=range(1, first + 1))
    ax.legend()
