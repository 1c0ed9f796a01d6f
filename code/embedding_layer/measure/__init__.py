"""Tools that any reader may use: timing side by side, sweeps, ids to measure with, the machine."""

from embedding_layer.measure.timing import Timings, compare

__all__ = ["Timings", "compare"]
