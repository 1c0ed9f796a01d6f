"""The drawings of chapter 5."""

from embedding_layer.chapters.chapter_05.figures.scatter import draw_scatter, draw_transposed
from embedding_layer.chapters.chapter_05.figures.soft import draw_between
from embedding_layer.chapters.chapter_05.figures.sparse import draw_gradient_costs, draw_sparse

__all__ = [
    "draw_between",
    "draw_gradient_costs",
    "draw_scatter",
    "draw_sparse",
    "draw_transposed",
]
