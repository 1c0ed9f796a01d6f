"""Between two ids: what a soft look-up sees where a hard one sees nothing."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from embedding_layer.figures.style import PALETTE


def draw_between(
    ax: Axes, shares: ArrayLike, losses: ArrayLike, words: tuple[str, str], slope: float
) -> None:
    """Draw the loss of mixtures of two rows, with the two ids as its ends and the slope at the first.

    Parameters
    ----------
    ax : Axes
    shares : array_like of N numbers from 0 to 1
        The share of the second row in the mixture.
    losses : array_like of N numbers
        The loss of each mixture; the first and the last belong to the two ids themselves.
    words : two str
        The words of the two ids.
    slope : float
        The derivative of the loss with respect to the share, at share 0.
    """
    shares, losses = np.asarray(shares, dtype=float), np.asarray(losses, dtype=float)
    ends = losses[[0, -1]]
    reach = np.array([0.0, 0.6])
    ax.plot(shares, losses, color=PALETTE["blue"])
    ax.plot(reach, ends[0] + slope * reach, "--", color=PALETTE["vermillion"], linewidth=1.5)
    ax.plot([0, 1], ends, "o", color=PALETTE["ink"], markersize=9)
    for x, y, word, side in ((0, ends[0], words[0], 1), (1, ends[1], words[1], -1)):
        ax.annotate(
            f"id of “{word}”",
            (x, y),
            (10 * side, 8 if side > 0 else 16),
            textcoords="offset points",
            ha="left" if side > 0 else "right",
            weight="bold",
        )
    ax.annotate(
        f"slope {slope:+.1f}".replace("-", "−"),
        (reach[1], ends[0] + slope * reach[1]),
        (6, 0),
        textcoords="offset points",
        va="center",
        color=PALETTE["vermillion"],
    )
    ax.set(xlabel=f"share of “{words[1]}” in the mixture", ylabel="loss", xlim=(-0.05, 1.05))
