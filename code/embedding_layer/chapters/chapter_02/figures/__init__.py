"""The drawings of chapter 2."""

from embedding_layer.chapters.chapter_02.figures.memory import draw_memory
from embedding_layer.chapters.chapter_02.figures.products import draw_product
from embedding_layer.chapters.chapter_02.figures.scaling import draw_scaling
from embedding_layer.chapters.chapter_02.figures.text_to_tensor import draw_text_to_tensor
from embedding_layer.chapters.chapter_02.figures.word_counts import draw_word_counts

__all__ = [
    "draw_memory",
    "draw_product",
    "draw_scaling",
    "draw_text_to_tensor",
    "draw_word_counts",
]
