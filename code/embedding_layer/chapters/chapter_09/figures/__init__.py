"""The drawings of chapter 9."""

from embedding_layer.chapters.chapter_09.figures.maps import draw_pairs
from embedding_layer.chapters.chapter_09.figures.projector import projector, projector_words
from embedding_layer.chapters.chapter_09.figures.scores import draw_learning, draw_recall, draw_scores

__all__ = ["draw_learning", "draw_pairs", "draw_recall", "draw_scores", "projector", "projector_words"]
