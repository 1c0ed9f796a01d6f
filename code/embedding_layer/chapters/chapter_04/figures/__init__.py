"""The drawings of chapter 4."""

from embedding_layer.chapters.chapter_04.figures.gradients import draw_gradient, draw_id_and_number
from embedding_layer.chapters.chapter_04.figures.scores import (
    draw_bars,
    draw_by_rate,
    draw_intervals,
    draw_loss,
)
from embedding_layer.chapters.chapter_04.figures.words import (
    Look,
    animate_words,
    draw_words,
    looks_of,
)

__all__ = [
    "Look",
    "animate_words",
    "draw_bars",
    "draw_by_rate",
    "draw_gradient",
    "draw_id_and_number",
    "draw_intervals",
    "draw_loss",
    "draw_words",
    "looks_of",
]
