"""The embedding layer in PyTorch, in its simplest form."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class CustomEmbedding(nn.Module):
    """A trainable table of vectors: give it ids, it returns the rows.

    Parameters
    ----------
    vocab_size : int
        V, the number of rows: one a token.
    embedding_dim : int
        D, the length of a row.

    Attributes
    ----------
    weight : nn.Parameter of shape `(vocab_size, embedding_dim)`
        The table, drawn from N(0, 1) and optimised in training with the rest of the model.
    """

    def __init__(self, vocab_size: int, embedding_dim: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(vocab_size, embedding_dim))

    def forward(self, x: Tensor) -> Tensor:
        """Return the rows of the ids `x`: shape `(*x.shape, embedding_dim)`."""
        return self.weight[x]
