"""Whether two plotly figures look the same.

Numbers may differ by 0.3 % of the range of their array, which is one or two pixels of a figure. Words,
colours and the number of points may not differ.
"""

from __future__ import annotations

import base64
from typing import Any

import numpy as np

RANGE = 0.003
"""How far two numbers may lie apart, as a share of the range of their array (of a lone number: of itself)."""


def plot_difference(new: Any, old: Any, where: str = "the figure") -> str:
    """Say how two plotly figures look different; an empty string if they look alike."""
    numbers, stored = _numbers(new), _numbers(old)
    if numbers is not None and stored is not None:
        if numbers.shape != stored.shape:
            return f"{where}: {numbers.size} numbers instead of {stored.size}"
        play = RANGE * max(np.ptp(stored[np.isfinite(stored)]), 0) if np.isfinite(stored).any() else 0
        same = np.allclose(
            numbers, stored, rtol=RANGE if stored.size == 1 else 0, atol=play + 1e-9, equal_nan=True
        )
        return "" if same else f"{where}: other numbers"
    if isinstance(new, dict) and isinstance(old, dict):
        if new.keys() != old.keys():
            return f"{where}: {', '.join(new)} instead of {', '.join(old)}"
        return next(filter(None, (plot_difference(new[key], old[key], f"{where}, {key}") for key in new)), "")
    if isinstance(new, list) and isinstance(old, list):
        if len(new) != len(old):
            return f"{where}: {len(new)} items instead of {len(old)}"
        pairs = enumerate(zip(new, old, strict=True))
        return next(filter(None, (plot_difference(*pair, f"{where}, {n}") for n, pair in pairs)), "")
    return "" if new == old else f"{where}: {new!r} instead of {old!r}"


def _numbers(value: Any) -> np.ndarray | None:
    """Return a number, or lists or plotly's bytes of numbers, as an array; None for what is no number."""
    if isinstance(value, dict) and value.keys() >= {"bdata", "dtype"}:
        return np.frombuffer(base64.b64decode(value["bdata"]), value["dtype"]).astype(float)
    if isinstance(value, bool) or value in (None, [], ""):
        return None
    flat = np.asarray(value, dtype=object) if isinstance(value, int | float | list) else None
    if flat is None or not all(
        v is None or (isinstance(v, int | float) and not isinstance(v, bool)) for v in flat.flat
    ):
        return None
    return flat.astype(float)
