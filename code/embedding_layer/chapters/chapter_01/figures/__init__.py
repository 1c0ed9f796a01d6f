"""The drawings of chapter 1."""

from embedding_layer.chapters.chapter_01.figures.one_hot_cost import Costs, draw_one_hot_costs, measure_costs
from embedding_layer.chapters.chapter_01.figures.word_codes import (
    draw_corners,
    draw_distances,
    draw_numbering,
    draw_ones,
)

__all__ = [
    "Costs",
    "draw_corners",
    "draw_distances",
    "draw_numbering",
    "draw_one_hot_costs",
    "draw_ones",
    "measure_costs",
]
