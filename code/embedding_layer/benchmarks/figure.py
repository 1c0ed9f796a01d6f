"""The picture that the benchmark command stores beside its numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from matplotlib.figure import Figure

from embedding_layer.figures.curves import draw_curves

OURS = "CustomEmbedding"


def draw_benchmarks(figure: Figure, rows: Sequence[dict[str, Any]]) -> None:
    """Draw a panel for each benchmark that was run, for words (Zipf) and one thread.

    Parameters
    ----------
    figure : Figure
        Its axes are made here, one below the other.
    rows : sequence of dict
        The results, as `embedding_layer.measure` yields them.

    Raises
    ------
    ValueError
        If there is no row for words and one thread.
    """
    chosen = [row for row in rows if row["ids"] == "Zipf" and row["threads"] == 1]
    layer = [row for row in chosen if row["benchmark"] == "layer" and row["name"] == OURS]
    step = [row for row in chosen if row["benchmark"] == "step"]
    panels = [
        (layer, "pass", "ratio", f"{OURS} to nn.Embedding"),
        (step, "name", "microseconds", "microseconds a training step"),
    ]
    panels = [panel for panel in panels if panel[0]]
    if not panels:
        raise ValueError("there is nothing to draw: no result is for Zipf ids and one thread")
    parts = figure.subfigures(len(panels), 1, squeeze=False)[:, 0]  # each has a legend of its own
    for part, (found, key, value, label) in zip(parts, panels, strict=True):
        curves: dict[str, tuple[list[float], list[float]]] = {}
        for row in sorted(found, key=lambda row: row["vocab_size"]):
            sizes, values = curves.setdefault(row[key], ([], []))
            if row["vocab_size"] not in sizes:  # Adagrad is measured twice, as the baseline of two rules
                sizes.append(row["vocab_size"])
                values.append(row[value])
        draw_curves(part.subplots(), curves, xlabel="vocabulary size V", ylabel=label)
