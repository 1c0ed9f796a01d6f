"""Whether two PNG files look the same, with one pixel of play.

Edges may move by a pixel, and letters be smoothed in another way. A changed digit has a stroke where
there was none; a changed tint shows on a whole area.
"""

from __future__ import annotations

import io

import numpy as np
from PIL import Image
from scipy import ndimage

EDGE, EDGE_PIXELS = 96, 4
"""A strong difference, in grey levels of 255, and how many pixels make one: a stroke of a digit has more."""
TINT, TINT_PIXELS = 16, 64
"""A faint difference, and how many pixels make one: a cell of a coloured table has more."""


def pixel_difference(new: bytes, old: bytes) -> str:
    """Say how two PNG files look different; an empty string if they look alike."""
    one, other = (np.asarray(Image.open(io.BytesIO(png)).convert("RGB")).astype(int) for png in (new, old))
    if one.shape != other.shape:
        return f"{one.shape[1]} × {one.shape[0]} pixels instead of {other.shape[1]} × {other.shape[0]}"
    off = np.maximum(_beyond_neighbours(one, other), _beyond_neighbours(other, one))
    strong, faint = int((off > EDGE).sum()), int((off > TINT).sum())
    if strong >= EDGE_PIXELS or faint >= TINT_PIXELS:
        return f"{faint} pixels are not where they were, {strong} of them by far"
    return ""


def _beyond_neighbours(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Return how far each pixel is outside of what the other picture has there or one pixel beside."""
    low, high = (f(other, size=(3, 3, 1)) for f in (ndimage.minimum_filter, ndimage.maximum_filter))
    return np.maximum(np.maximum(low - one, one - high), 0).max(axis=2)
