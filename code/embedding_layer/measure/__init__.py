"""Timing side by side, and the benchmarks of the book: `python -m embedding_layer.measure`."""

from embedding_layer.measure.timing import Timings, compare

__all__ = ["Timings", "compare"]
