"""Counting instead of training: how often words stand together, PPMI, and the table that its SVD gives.

Built in chapter 9. PPMI and its SVD as word vectors are described by Levy et al., "Improving distributional
similarity with lessons learned from word embeddings" (2015).
"""

from __future__ import annotations

import numpy as np
import torch
from scipy import sparse
from scipy.sparse.linalg import svds
from torch import Tensor

from embedding_layer.checks import check_size


def count_pairs(pairs: Tensor, vocab_size: int) -> sparse.csr_array:
    """Count how often each pair occurs.

    Parameters
    ----------
    pairs : Tensor of int64, shape `(P, 2)`
        Centre and context, as `skip_gram_pairs` returns them.
    vocab_size : int
        V.

    Returns
    -------
    sparse array of shape `(V, V)`
        Row: centre, column: context. Only pairs that occur take memory.

    Raises
    ------
    ValueError
        If there is no pair.
    """
    if len(pairs) == 0:
        raise ValueError(
            "there is no pair to count; texts of one word have no neighbours, so pass longer ones"
        )
    size = check_size(vocab_size, "vocab_size")
    centres, contexts = pairs.numpy().T
    counts = sparse.coo_array((np.ones(len(pairs)), (centres, contexts)), shape=(size, size))
    return counts.tocsr()  # adds up repeated pairs


def ppmi(counts: sparse.csr_array, *, power: float = 1.0) -> sparse.csr_array:
    """Return the positive pointwise mutual information of each pair.

    log(p(i, j) / (p(i) p(j))), the logarithm of how much more often two words stand together than they would
    by chance, and 0 where that is negative or the pair never occurs (Church and Hanks, 1990).

    Parameters
    ----------
    counts : sparse array of shape `(V, V)`
    power : float
        The counts of the contexts are raised to it; 0.75 makes rare contexts weigh less (Levy et al., 2015).

    Raises
    ------
    ValueError
        If nothing was counted.
    """
    if counts.sum() == 0:
        raise ValueError("the counts are all 0, so no word has company; count the pairs of a text first")
    found = counts.tocoo()
    row, column = found.coords
    centres, contexts = counts.sum(axis=1), counts.sum(axis=0) ** power
    chance = centres[row] * (contexts / contexts.sum())[column]
    values = np.log(found.data / chance).clip(min=0)
    result = sparse.coo_array((values, (row, column)), shape=counts.shape).tocsr()
    result.eliminate_zeros()
    return result


def squeeze(matrix: sparse.csr_array, embedding_dim: int, *, weight: float = 1.0) -> Tensor:
    """Return the best table of `embedding_dim` columns: the left factor of the truncated SVD.

    No other matrix of rank D is nearer to the given one (Eckart and Young, 1936).

    Parameters
    ----------
    matrix : sparse array of shape `(V, V)`
    embedding_dim : int
        D, less than V.
    weight : float
        The power of the singular values by which the columns are scaled; Levy et al. recommend 0 to 1.

    Returns
    -------
    Tensor of float32, shape `(V, D)`
        The columns in falling order of their singular values. Signs of columns are arbitrary; here the entry
        of each with the largest size is positive.

    Raises
    ------
    ValueError
        If D is not between 1 and V − 1.
    """
    if not 1 <= embedding_dim < len(np.atleast_1d(matrix.sum(axis=1))):
        raise ValueError(
            f"embedding_dim={embedding_dim}, but a matrix of {matrix.shape[0]} rows has 1 to "
            f"{matrix.shape[0] - 1} directions to choose from"
        )
    left, strengths, _ = svds(matrix, k=embedding_dim, random_state=0)
    order = np.argsort(-strengths)
    left, strengths = left[:, order], strengths[order]
    left *= np.sign(left[np.abs(left).argmax(axis=0), np.arange(embedding_dim)])
    return torch.from_numpy((left * strengths**weight).astype(np.float32))
