"""The drawings of chapter 6."""

from embedding_layer.chapters.chapter_06.figures.batched import draw_tall_table
from embedding_layer.chapters.chapter_06.figures.brackets import cells_read, draw_brackets
from embedding_layer.chapters.chapter_06.figures.limits import draw_limit
from embedding_layer.chapters.chapter_06.figures.parity import draw_parity

__all__ = [
    "cells_read",
    "draw_brackets",
    "draw_limit",
    "draw_parity",
    "draw_tall_table",
]
