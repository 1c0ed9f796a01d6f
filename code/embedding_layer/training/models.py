"""Small models around the table: what a text is, from the ids of its words."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from embedding_layer.layer import CustomEmbedding


def masked_mean(vectors: Tensor, mask: Tensor) -> Tensor:
    """Average the vectors of a sequence, leaving out the positions where the mask is False.

    Parameters
    ----------
    vectors : Tensor of shape `(..., T, D)`
    mask : Tensor of bool, shape `(..., T)`
        True where a token is, False where padding is.

    Returns
    -------
    Tensor of shape `(..., D)`
        Zeros for a sequence of padding only.

    Raises
    ------
    ValueError
        If the shapes do not belong together.
    """
    if vectors.shape[:-1] != mask.shape:
        raise ValueError(
            f"vectors has shape {tuple(vectors.shape)} and mask {tuple(mask.shape)}; "
            "the mask needs the same shape without the last axis"
        )
    keep = mask.unsqueeze(-1).to(vectors.dtype)
    return (vectors * keep).sum(-2) / keep.sum(-2).clamp(min=1)


class MeanOfEmbeddings(nn.Module):
    """Classify a text by the mean of its words' vectors; table and linear layer are trained together.

    The model of Joulin et al., "Bag of tricks for efficient text classification" (2017), without n-grams.

    Parameters
    ----------
    vocab_size, embedding_dim : int
        V and D, the shape of the table.
    classes : int
        C, how many labels there are.
    pad_id : int
        The id whose rows are left out of the mean.
    """

    def __init__(self, vocab_size: int, embedding_dim: int, classes: int, *, pad_id: int = 0) -> None:
        super().__init__()
        self.pad_id = pad_id
        self.embedding = CustomEmbedding(vocab_size, embedding_dim)
        self.output = nn.Linear(embedding_dim, classes)

    def forward(self, ids: Tensor) -> Tensor:
        """Return the logits `(B, C)` of the texts `ids` `(B, T)`."""
        return self.output(masked_mean(self.embedding(ids), ids != self.pad_id))


class BagOfWords(nn.Module):
    """Classify a text by a linear layer on the mean of its words' one-hot vectors.

    The mean is written down at once: for each text V numbers, the share of every token. The one-hot vectors,
    `(B, T, V)`, are never built.

    Parameters
    ----------
    vocab_size : int
        V, the length of a one-hot vector.
    classes : int
        C, how many labels there are.
    pad_id : int
        The id that is left out.
    """

    def __init__(self, vocab_size: int, classes: int, *, pad_id: int = 0) -> None:
        super().__init__()
        self.pad_id = pad_id
        self.output = nn.Linear(vocab_size, classes)

    def shares(self, ids: Tensor) -> Tensor:
        """Return for each text the share of every token among its tokens: `(B, T)` ids to `(B, V)`."""
        keep = (ids != self.pad_id).to(self.output.weight.dtype)
        counts = keep.new_zeros(len(ids), self.output.in_features).scatter_add_(1, ids, keep)
        return counts / keep.sum(1, keepdim=True).clamp(min=1)

    def forward(self, ids: Tensor) -> Tensor:
        """Return the logits `(B, C)` of the texts `ids` `(B, T)`."""
        return self.output(self.shares(ids))


class SkipGram(nn.Module):
    """Skip-gram with negative sampling: two tables, trained to tell a word's real company from noise.

    The model of Mikolov et al., "Distributed representations of words and phrases and their compositionality"
    (2013). Built in chapter 9. The rows of `words` start near zero, those of `contexts` at zero.

    Parameters
    ----------
    vocab_size, embedding_dim : int
        V and D, the shape of both tables.
    negatives : float
        K, how many noise words each real pair weighs up against.
    sparse : bool
        Whether the gradients list only the rows that were looked up, see `CustomEmbedding`.
    """

    def __init__(
        self, vocab_size: int, embedding_dim: int, *, negatives: float = 5, sparse: bool = True
    ) -> None:
        super().__init__()
        self.negatives = negatives
        self.words = CustomEmbedding(vocab_size, embedding_dim, sparse=sparse)
        self.contexts = CustomEmbedding(vocab_size, embedding_dim, sparse=sparse)
        nn.init.uniform_(self.words.weight, -0.5 / embedding_dim, 0.5 / embedding_dim)
        nn.init.zeros_(self.contexts.weight)

    def forward(self, centres: Tensor, contexts: Tensor, noise: Tensor) -> Tensor:
        """Return the loss of a batch, summed over its pairs.

        The sum, and not the mean: then a step of plain gradient descent moves the rows of a pair as far as if
        the pair came alone, whatever the size of the batch.

        Parameters
        ----------
        centres, contexts : Tensors of int64, shape `(B,)`
            Words that stood together.
        noise : Tensor of int64, shape `(S,)`
            Drawn words, shared by all pairs of the batch, and each weighted by K / S.
        """
        word = self.words(centres)  # (B, D)
        others = self.contexts(torch.cat([contexts, noise]))  # one look-up, so one gradient
        real = (word * others[: len(contexts)]).sum(dim=1)  # (B,)
        fake = word @ others[len(contexts) :].T  # (B, S)
        missed = -F.logsigmoid(real).sum()
        fooled = -F.logsigmoid(-fake).sum()
        return missed + self.negatives / len(noise) * fooled
