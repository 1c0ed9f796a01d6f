"""The drawings of chapter 10."""

from embedding_layer.chapters.chapter_10.figures.errors import draw_errors, draw_remedies, draw_shares
from embedding_layer.chapters.chapter_10.figures.ring import animate_ring, draw_ring

__all__ = ["animate_ring", "draw_errors", "draw_remedies", "draw_ring", "draw_shares"]
