"""Is this layer like `nn.Embedding`? Named comparisons, run on both, and a table of the verdicts."""

from embedding_layer.parity.comparisons import COMPARISONS
from embedding_layer.parity.table import (
    DIFFERS,
    REFUSES_DIFFERENTLY,
    SAME,
    Comparison,
    ParityTable,
    against_nn_embedding,
)

__all__ = [
    "COMPARISONS",
    "DIFFERS",
    "REFUSES_DIFFERENTLY",
    "SAME",
    "Comparison",
    "ParityTable",
    "against_nn_embedding",
]
