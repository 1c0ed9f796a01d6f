"""The embedding layer: a table of vectors and a look-up."""

from __future__ import annotations

from typing import Self

import torch
import torch.fx
from torch import Tensor, nn

from embedding_layer.layer.functional import embedding
from embedding_layer.layer.refusals import (
    OptionError,
    check_padding_idx,
    check_table_size,
    check_weight_shape,
)

torch.fx.wrap("embedding")  # a symbolic trace shows one node for the look-up, as it does for nn.Embedding


class CustomEmbedding(nn.Module):
    """A trainable table of vectors: give it ids, it returns the rows.

    A drop-in for `torch.nn.Embedding`: the same options, vectors and gradients, and the same `state_dict`.
    Three things differ on purpose: a bad id is named in the error, the sizes have this book's names (the
    attribute `num_embeddings` is there, too), and a sparse gradient does not share memory with the ids.

    Parameters
    ----------
    vocab_size : int
        V, the number of rows: one a token.
    embedding_dim : int
        D, the length of a row.
    padding_idx : int or None
        The id of the padding token, counted from the end if negative. Its row starts at zero and gets no
        gradient.
    max_norm : float or None
        Rows longer than this are shortened in the table when they are looked up.
    norm_type : float
        The p of the norm that measures a row's length.
    scale_grad_by_freq : bool
        Divide each row's gradient by how often its id occurs in the call.
    sparse : bool
        Let `weight.grad` be a sparse COO tensor: only rows that were looked up.
    device, dtype
        Where the table lies, and its number format.

    Attributes
    ----------
    weight : nn.Parameter of shape `(vocab_size, embedding_dim)`
        The table, drawn from N(0, 1) and optimised in training with the rest of the model.

    Raises
    ------
    TypeError
        If a size or `padding_idx` is not an integer.
    SizeError
        If a size is negative.
    OptionError
        If `padding_idx` is no row of the table, or `_weight` has another shape than the sizes ask for.
    """

    __constants__ = (
        "num_embeddings",
        "embedding_dim",
        "padding_idx",
        "max_norm",
        "norm_type",
        "scale_grad_by_freq",
        "sparse",
    )

    def __init__(
        self,
        vocab_size: int,
        embedding_dim: int,
        padding_idx: int | None = None,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        sparse: bool = False,
        _weight: Tensor | None = None,
        _freeze: bool = False,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__()
        self.vocab_size = check_table_size(vocab_size, "vocab_size")
        self.embedding_dim = check_table_size(embedding_dim, "embedding_dim")
        self.padding_idx = check_padding_idx(padding_idx, self.vocab_size)
        self.max_norm = max_norm
        self.norm_type = norm_type
        self.scale_grad_by_freq = scale_grad_by_freq
        self.sparse = sparse
        if _weight is None:
            empty = torch.empty(self.vocab_size, self.embedding_dim, device=device, dtype=dtype)
            self.weight = nn.Parameter(empty, requires_grad=not _freeze)
            self.reset_parameters()
        else:
            check_weight_shape(_weight, self.vocab_size, self.embedding_dim)
            self.weight = nn.Parameter(_weight, requires_grad=not _freeze)

    def forward(self, x: Tensor) -> Tensor:
        """Return the rows of the ids `x`: shape `(*x.shape, embedding_dim)`. The source form: `weight[x]`.

        Raises
        ------
        IdTypeError, IdRangeError
            See `embedding_layer.layer.functional.embedding`.
        """
        return embedding(
            x,
            self.weight,
            self.padding_idx,
            self.max_norm,
            self.norm_type,
            self.scale_grad_by_freq,
            self.sparse,
        )

    def reset_parameters(self) -> None:
        """Draw the table anew from N(0, 1); the padding row is zero."""
        nn.init.normal_(self.weight)
        self._fill_padding_idx_with_zero()

    def _fill_padding_idx_with_zero(self) -> None:
        if self.padding_idx is not None:
            with torch.no_grad():
                self.weight[self.padding_idx].zero_()

    @classmethod
    def from_pretrained(
        cls,
        embeddings: Tensor,
        freeze: bool = True,
        padding_idx: int | None = None,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        sparse: bool = False,
    ) -> Self:
        """Make a layer whose table is `embeddings`, not a copy of it. It is frozen unless you say otherwise.

        Raises
        ------
        OptionError
            If `embeddings` does not have two axes.
        """
        if embeddings.dim() != 2:
            raise OptionError(
                f"embeddings has shape {tuple(embeddings.shape)}; "
                "a table has two axes, (vocab_size, embedding_dim)"
            )
        options = padding_idx, max_norm, norm_type, scale_grad_by_freq, sparse
        return cls(*embeddings.shape, *options, _weight=embeddings, _freeze=freeze)

    @property
    def num_embeddings(self) -> int:
        """V under the name that `nn.Embedding` uses."""
        return self.vocab_size

    @num_embeddings.setter
    def num_embeddings(self, vocab_size: int) -> None:
        self.vocab_size = vocab_size

    def extra_repr(self) -> str:
        """Return the sizes, and the options that are not at their defaults."""
        changed = {
            "padding_idx": self.padding_idx is not None,
            "max_norm": self.max_norm is not None,
            "norm_type": self.norm_type != 2,
            "scale_grad_by_freq": self.scale_grad_by_freq is not False,
        }
        options = [f"{name}={getattr(self, name)}" for name, differs in changed.items() if differs]
        if self.sparse is not False:
            options.append("sparse=True")
        return ", ".join([str(self.vocab_size), str(self.embedding_dim), *options])
