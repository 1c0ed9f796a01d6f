"""The embedding layer: a table of vectors and a look-up."""

from __future__ import annotations

from typing import Self

import torch
import torch.fx
from torch import Tensor, nn
from torch.jit import is_scripting
from torch.nn import functional

from embedding_layer.layer.functional import embedding
from embedding_layer.layer.refusals import (
    OptionError,
    check_padding_idx,
    check_table_size,
    check_weight_shape,
    in_pytorch,
)

torch.fx.wrap("embedding")  # a symbolic trace shows one node for the look-up, as it does for nn.Embedding


class CustomEmbedding(nn.Embedding):
    """A trainable table of vectors: give it ids, it returns the rows.

    A drop-in for `torch.nn.Embedding`: the same options, vectors and gradients, and the same `state_dict`.
    What differs is listed in the notes below. It says that it is an `nn.Embedding`, because programs ask for
    the class: `DistributedDataParallel` to learn which gradients are sparse, the plans of tensor parallelism,
    initialisations, groups of parameters. The class lends its name and nothing else: every method of it is
    written anew here.

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
    num_embeddings : int or None
        Another name for `vocab_size`.

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

    Notes
    -----
    Three things differ from `nn.Embedding` on purpose: a bad id is named in the error, and a refused batch
    leaves the table as it was; the sizes have this book's names, beside PyTorch's; and a sparse gradient does
    not share memory with the ids. Within `vmap`, padding and frequencies are those of a loop.

    Others come from what PyTorch knows only of its own:

    - `torch.ao.quantization` replaces layers whose class is exactly `nn.Embedding`, and leaves this one as it
      is. Hand the table over first, as below.
    - In TorchScript (`torch.jit`) and within `torch.func.functionalize` this layer hands the work over to
      PyTorch's own operator, which they know. So bad ids are refused in PyTorch's words there.
    - A program of `torch.export` loads only where this library is imported, unless it has gone through
      `embedding_layer.layer.operators.to_aten`.

    Examples
    --------
    The same table in PyTorch's class, for quantisation::

        nn.Embedding.from_pretrained(layer.weight.detach(), padding_idx=layer.padding_idx)
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

    __jit_unused_properties__ = ("num_embeddings",)

    def __init__(
        self,
        vocab_size: int | None = None,
        embedding_dim: int | None = None,
        padding_idx: int | None = None,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        sparse: bool = False,
        _weight: Tensor | None = None,
        _freeze: bool = False,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
        *,
        num_embeddings: int | None = None,
    ) -> None:
        nn.Module.__init__(self)  # not that of nn.Embedding, which would make a table, too
        vocab_size = _one_of(vocab_size, num_embeddings, "vocab_size", "num_embeddings")
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

    def forward(self, x: Tensor | None = None, input: Tensor | None = None) -> Tensor:
        """Return the rows of the ids `x`: shape `(*x.shape, embedding_dim)`. The source form: `weight[x]`.

        `input` is the name that `nn.Embedding` has for `x`.

        Raises
        ------
        IdTypeError, IdRangeError
            See `embedding_layer.layer.functional.embedding`.
        """
        if is_scripting():
            ids = x if x is not None else input
            assert ids is not None
            return functional.embedding(
                ids,
                self.weight,
                self.padding_idx,
                self.max_norm,
                self.norm_type,
                self.scale_grad_by_freq,
                self.sparse,
            )
        if input is not None:
            x = _one_of(x, input, "x", "input")
        weight = self._parameters.get("weight")  # nn.Module finds it, too, but only after a long search
        return embedding(
            x,
            self.weight if weight is None else weight,
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
                + in_pytorch("Embeddings parameter is expected to be 2-dimensional")
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


def _one_of(ours: object, theirs: object, our_name: str, their_name: str) -> object:
    """Return what was given under one of two names."""
    if theirs is None or isinstance(theirs, torch.fx.Proxy):  # torch.fx fills in everything
        return ours
    if ours is not None:
        raise TypeError(f"{our_name} and {their_name} are two names of the same thing; give one of them")
    return theirs
