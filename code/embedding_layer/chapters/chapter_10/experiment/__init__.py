"""What chapter 10 plants and trains: a rental company, its riders, and sums on a clock face."""

from embedding_layer.chapters.chapter_10.experiment import ratings, rentals, sums

__all__ = ["ratings", "rentals", "sums"]
