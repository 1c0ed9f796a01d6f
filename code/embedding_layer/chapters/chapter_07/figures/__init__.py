"""The drawings of chapter 7."""

from embedding_layer.chapters.chapter_07.figures.ledger import (
    draw_first_steps,
    draw_ledger,
    draw_moves,
    draw_strip,
    shares_of_largest,
)
from embedding_layer.chapters.chapter_07.figures.ledger_scrub import scrub_ledger

__all__ = [
    "draw_first_steps",
    "draw_ledger",
    "draw_moves",
    "draw_strip",
    "scrub_ledger",
    "shares_of_largest",
]
