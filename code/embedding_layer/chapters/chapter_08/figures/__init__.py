"""The drawings of chapter 8."""

from embedding_layer.chapters.chapter_08.figures.measures import draw_errors, draw_spectra
from embedding_layer.chapters.chapter_08.figures.world import animate_world, draw_world

__all__ = ["animate_world", "draw_errors", "draw_spectra", "draw_world"]
