"""Drawing: one palette, one style, and the pictures that several chapters need."""

from embedding_layer.figures.style import PALETTE, TABLE_COLOURS, plotly_template, use_style
from embedding_layer.figures.tables import draw_table, draw_tokens

__all__ = ["PALETTE", "TABLE_COLOURS", "draw_table", "draw_tokens", "plotly_template", "use_style"]
