"""The drawings of chapter 12."""

from embedding_layer.chapters.chapter_12.figures.costs import draw_stored
from embedding_layer.chapters.chapter_12.figures.roofline import Work, draw_floors, draw_roofline

__all__ = [
    "Work",
    "draw_floors",
    "draw_roofline",
    "draw_stored",
]
