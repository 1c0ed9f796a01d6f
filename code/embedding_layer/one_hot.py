"""One-hot vectors in NumPy: what an embedding layer replaces."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from embedding_layer.checks import check_ids, check_size


def one_hot(ids: ArrayLike, vocab_size: int, dtype: DTypeLike = np.float32) -> NDArray:
    """Turn every id into a vector of `vocab_size` numbers: all 0, except a single 1 at the id's place.

    Parameters
    ----------
    ids : array_like of int, any shape
        Token ids from 0 to `vocab_size - 1`.
    vocab_size : int
        V, the length of each vector.
    dtype : data-type
        The type of the result; float32 as in a model.

    Returns
    -------
    ndarray of shape `(*ids.shape, vocab_size)`

    Raises
    ------
    TypeError
        If the ids or `vocab_size` are not integers.
    ValueError
        If `vocab_size` is less than 1.
    IndexError
        If an id is negative or not below `vocab_size`.
    """
    vocab_size = check_size(vocab_size, "vocab_size")
    ids = check_ids(ids, vocab_size)
    vectors = np.zeros((*ids.shape, vocab_size), dtype=dtype)
    np.put_along_axis(vectors, ids[..., None], 1, axis=-1)
    return vectors
