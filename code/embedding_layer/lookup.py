"""An embedding table in NumPy: rows, and a look-up."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from embedding_layer.checks import check_ids


class LookupTable:
    """A weight table `W` of shape `(V, D)` whose rows are picked by id.

    This is all that the forward pass of an embedding layer does. `CustomEmbedding` adds what training needs.

    Parameters
    ----------
    weight : array_like of shape `(V, D)`
        One row a token. The table keeps this array, it does not copy it.

    Raises
    ------
    ValueError
        If `weight` does not have two axes, or no row.
    """

    def __init__(self, weight: ArrayLike) -> None:
        self.weight = np.asarray(weight)
        if self.weight.ndim != 2 or self.weight.shape[0] == 0:
            raise ValueError(
                f"weight has shape {self.weight.shape}; a table has two axes, "
                "(vocab_size, embedding_dim), and at least one row"
            )

    @classmethod
    def random(cls, vocab_size: int, embedding_dim: int, *, seed: int = 0) -> LookupTable:
        """Make a table of float32 numbers drawn from N(0, 1), the same ones for the same seed."""
        generator = np.random.default_rng(seed)
        return cls(generator.standard_normal((vocab_size, embedding_dim), dtype=np.float32))

    @property
    def vocab_size(self) -> int:
        """V, the number of rows."""
        return self.weight.shape[0]

    @property
    def embedding_dim(self) -> int:
        """D, the length of a row."""
        return self.weight.shape[1]

    def __call__(self, ids: ArrayLike) -> NDArray:
        """Return the rows of `ids`: shape `(*ids.shape, D)`, a copy.

        Raises
        ------
        TypeError
            If the ids are not integers.
        IndexError
            If an id is negative or not below V.
        """
        ids = check_ids(ids, self.vocab_size)
        if self.weight.flags.c_contiguous:
            return self.weight.take(ids, axis=0)
        # `take` would first copy a table of any other layout whole, at every call
        return self.weight[ids.ravel()].reshape(*ids.shape, self.embedding_dim)

    def __repr__(self) -> str:
        return f"LookupTable(vocab_size={self.vocab_size}, embedding_dim={self.embedding_dim})"
