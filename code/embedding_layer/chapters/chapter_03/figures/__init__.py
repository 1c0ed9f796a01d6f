"""The drawings of chapter 3."""

from embedding_layer.chapters.chapter_03.figures.anatomy import draw_layer
from embedding_layer.chapters.chapter_03.figures.starts import draw_losses, draw_maps

__all__ = [
    "draw_layer",
    "draw_losses",
    "draw_maps",
]
