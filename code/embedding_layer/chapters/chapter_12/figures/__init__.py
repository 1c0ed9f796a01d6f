"""The drawings of chapter 12."""

from embedding_layer.chapters.chapter_12.figures.costs import draw_stored
from embedding_layer.chapters.chapter_12.figures.roofline import Work, draw_estimates, draw_roofline
from embedding_layer.chapters.chapter_12.figures.sweeps import draw_sweep

__all__ = [
    "Work",
    "draw_estimates",
    "draw_roofline",
    "draw_stored",
    "draw_sweep",
]
