"""Broken layers: each has one fault, which its docstring names. A good test tells them from the right ones.

They are grouped by what is broken. What belongs to the group and is not the fault is right, so that a test
has to look for the fault; options of other groups may be missing.
"""
# ruff: noqa: D102 -- a class says what its method does wrong

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.autograd import Function

from embedding_layer.layer import CustomEmbedding
from embedding_layer.layer.functional import embedding
from embedding_layer.layer.kernels import shorten_rows_

# --- the table ----------------------------------------------------------------------------------------


class PlainTensor(CustomEmbedding):
    """Its table is a plain tensor, no nn.Parameter: an optimiser never hears of it, and nobody saves it."""

    def __init__(self, *arguments: object, **options: object) -> None:
        super().__init__(*arguments, **options)
        table = self.weight.detach()
        del self.weight
        self.weight = table


class Buffer(CustomEmbedding):
    """Its table is a buffer: it is saved and loaded like a parameter, but not trained."""

    def __init__(self, *arguments: object, **options: object) -> None:
        super().__init__(*arguments, **options)
        table = self.weight.detach()
        del self.weight
        self.register_buffer("weight", table)


class DrawnInForward(CustomEmbedding):
    """It draws a new table in every call, beside the one that it shows as its weight."""

    def forward(self, x: Tensor) -> Tensor:
        return embedding(x, torch.randn_like(self.weight))


class Detached(CustomEmbedding):
    """It looks up in a detached table: the vectors are right, and no gradient finds its way back."""

    def forward(self, x: Tensor) -> Tensor:
        return embedding(x, self.weight.detach())


class OneForAll(CustomEmbedding):
    """It shares one table with all layers of its size: training the one changes the others."""

    def __init__(self, *arguments: object, **options: object) -> None:
        super().__init__(*arguments, **options)
        tables = type(self).__dict__.get("tables")
        if tables is None:
            tables = {}
            type(self).tables = tables
        self.weight = tables.setdefault(self.weight.shape, self.weight)


class OtherName(CustomEmbedding):
    """It files its table as 'table': the state dict of an nn.Embedding, says 'weight' and does not load."""

    def __init__(self, *arguments: object, **options: object) -> None:
        super().__init__(*arguments, **options)
        self.table = self._parameters.pop("weight")

    @property
    def weight(self) -> nn.Parameter:
        """Return the table under its usual name."""
        return self.table


# --- the gradient -------------------------------------------------------------------------------------


class _Wrong(Function):
    """A look-up whose backward pass is handed in."""

    @staticmethod
    def forward(ctx, weight, ids, backward):
        ctx.save_for_backward(ids)
        ctx.rows, ctx.way_back = len(weight), backward
        return weight[ids]

    @staticmethod
    def backward(ctx, slopes):
        (ids,) = ctx.saved_tensors
        flat = slopes.reshape(ids.numel(), -1)
        return ctx.way_back(ids.reshape(-1), flat, flat.new_zeros(ctx.rows, flat.shape[1])), None, None


class _WrongGradient(CustomEmbedding):
    def forward(self, x: Tensor) -> Tensor:
        return _Wrong.apply(self.weight, x, self.way_back)


class Assigns(_WrongGradient):
    """It writes the gradient with = instead of +=: of a repeated id only one share is left."""

    @staticmethod
    def way_back(ids: Tensor, slopes: Tensor, table: Tensor) -> Tensor:
        table[ids] = slopes
        return table


class Averages(_WrongGradient):
    """It averages the shares of a repeated id instead of adding them."""

    @staticmethod
    def way_back(ids: Tensor, slopes: Tensor, table: Tensor) -> Tensor:
        counts = ids.bincount(minlength=len(table)).clamp(min=1)[:, None]
        return table.index_add(0, ids, slopes) / counts


class NextRow(_WrongGradient):
    """It adds each share to the row after the right one: off by one, and the last row's go to the first."""

    @staticmethod
    def way_back(ids: Tensor, slopes: Tensor, table: Tensor) -> Tensor:
        return table.index_add(0, (ids + 1) % len(table), slopes)


class ForgetsTheLast(_WrongGradient):
    """It forgets the share of the last position."""

    @staticmethod
    def way_back(ids: Tensor, slopes: Tensor, table: Tensor) -> Tensor:
        return table.index_add(0, ids[:-1], slopes[:-1])


class FirstColumn(_WrongGradient):
    """It gives all numbers of a row the slope of the first."""

    @staticmethod
    def way_back(ids: Tensor, slopes: Tensor, table: Tensor) -> Tensor:
        return table.index_add(0, ids, slopes[:, :1].expand_as(slopes))


class DoublesTheGradient(_WrongGradient):
    """It returns twice the gradient."""

    @staticmethod
    def way_back(ids: Tensor, slopes: Tensor, table: Tensor) -> Tensor:
        return 2 * table.index_add(0, ids, slopes)


# --- padding ------------------------------------------------------------------------------------------


class LearnsPadding(CustomEmbedding):
    """It forgets padding in the backward pass: the row starts at zero, and then learns like any other."""

    def forward(self, x: Tensor) -> Tensor:
        return embedding(x, self.weight)


class StartsAnywhere(CustomEmbedding):
    """Its padding row starts at random numbers, and stays there, since it gets no gradient."""

    def reset_parameters(self) -> None:
        nn.init.normal_(self.weight)


class FalsyPadding(CustomEmbedding):
    """It asks `if padding_idx:`, and 0 counts as no: with padding_idx=0 there is no padding."""

    def __init__(self, vocab_size: int, embedding_dim: int, padding_idx: int | None = None, *rest, **options):
        super().__init__(vocab_size, embedding_dim, padding_idx or None, *rest, **options)


class NotFromTheEnd(CustomEmbedding):
    """It does not count a negative padding_idx from the end: with −1 no row is kept from learning."""

    def __init__(self, vocab_size: int, embedding_dim: int, padding_idx: int | None = None, *rest, **options):
        super().__init__(vocab_size, embedding_dim, padding_idx, *rest, **options)
        self.padding_idx = padding_idx

    def forward(self, x: Tensor) -> Tensor:
        found = self.padding_idx if self.padding_idx is not None and self.padding_idx >= 0 else None
        return embedding(x, self.weight, found)


class ErasesTheOutput(CustomEmbedding):
    """It returns zeros for padding, whatever the row holds. nn.Embedding returns the row."""

    def forward(self, x: Tensor) -> Tensor:
        vectors = embedding(x, self.weight, self.padding_idx)
        return vectors if self.padding_idx is None else vectors * (x != self.padding_idx).unsqueeze(-1)


class PadsByPosition(CustomEmbedding):
    """It keeps the position padding_idx from learning, not the id."""

    def forward(self, x: Tensor) -> Tensor:
        vectors = embedding(x, self.weight)
        if self.padding_idx is None or self.padding_idx >= x.numel():
            return vectors
        flat = vectors.reshape(-1, vectors.shape[-1])
        learns = torch.arange(len(flat)).unsqueeze(1) != self.padding_idx
        return torch.where(learns, flat, flat.detach()).view_as(vectors)


# --- refusals -----------------------------------------------------------------------------------------


class Clamps(CustomEmbedding):
    """It clamps ids into the range: a bad id gets the first or the last row, and nobody hears of it."""

    def forward(self, x: Tensor) -> Tensor:
        return embedding(x.clamp(0, self.vocab_size - 1), self.weight)


class Wraps(CustomEmbedding):
    """It counts negative ids from the end, as `weight[x]` does."""

    def forward(self, x: Tensor) -> Tensor:
        return embedding(torch.where(x < 0, x + self.vocab_size, x), self.weight)


class ZerosForBadIds(CustomEmbedding):
    """It returns zeros for an id that is too large; a negative one it refuses."""

    def forward(self, x: Tensor) -> Tensor:
        known = x < self.vocab_size
        return embedding(torch.where(known, x, 0), self.weight) * known.unsqueeze(-1)


class LooksAtTheFirst(CustomEmbedding):
    """It checks the first id of a batch and trusts the others."""

    def forward(self, x: Tensor) -> Tensor:
        if x.numel():
            embedding(x.flatten()[:1], self.weight)
        return self.weight[x]


class TakesMasks(CustomEmbedding):
    """It takes a mask, and returns the rows that are marked true."""

    def forward(self, x: Tensor) -> Tensor:
        return embedding(x.nonzero().squeeze(1) if x.dtype == torch.bool else x, self.weight)


class CutsFloats(CustomEmbedding):
    """It takes floats and cuts them to whole numbers: 1.9 is looked up as 1."""

    def forward(self, x: Tensor) -> Tensor:
        return embedding(x.long() if x.is_floating_point() else x, self.weight)


class TakesLists(CustomEmbedding):
    """It makes a tensor of a list instead of refusing it."""

    def forward(self, x: object) -> Tensor:
        return embedding(torch.tensor(x) if isinstance(x, list) else x, self.weight)


# --- max_norm -----------------------------------------------------------------------------------------


class _WrongLimit(CustomEmbedding):
    """A layer whose way to shorten rows is handed in."""

    def forward(self, x: Tensor) -> Tensor:
        if self.max_norm is not None:
            with torch.no_grad():
                self.shorten(x)
        return embedding(x, self.weight)


class LimitsTheOutput(CustomEmbedding):
    """It shortens the vectors that it returns and leaves the table as it was."""

    def forward(self, x: Tensor) -> Tensor:
        vectors = embedding(x, self.weight)
        if self.max_norm is None:
            return vectors
        norms = vectors.norm(self.norm_type, dim=-1, keepdim=True)
        return torch.where(norms > self.max_norm, vectors * self.max_norm / (norms + 1e-7), vectors)


class LimitsAllRows(_WrongLimit):
    """It shortens all long rows of the table, also those that nobody looked up."""

    def shorten(self, x: Tensor) -> None:
        shorten_rows_(self.weight, torch.arange(self.vocab_size), self.max_norm, self.norm_type)


class StretchesShortRows(_WrongLimit):
    """It sets every row that is looked up to the length max_norm: short rows become longer."""

    def shorten(self, x: Tensor) -> None:
        rows = self.weight[x.flatten()]
        scale = self.max_norm / (rows.norm(self.norm_type, dim=1, keepdim=True) + 1e-7)
        self.weight[x.flatten()] = rows * scale


class FalsyNorm(_WrongLimit):
    """It asks `if max_norm:`, and 0.0 counts as no: the rows keep their length instead of shrinking to 0."""

    def shorten(self, x: Tensor) -> None:
        if self.max_norm:
            shorten_rows_(self.weight, x, self.max_norm, self.norm_type)


class LimitsInTraining(_WrongLimit):
    """It leaves the table alone in evaluation mode. nn.Embedding knows no modes."""

    def shorten(self, x: Tensor) -> None:
        if self.training:
            shorten_rows_(self.weight, x, self.max_norm, self.norm_type)


class AlwaysTwo(_WrongLimit):
    """It ignores norm_type and measures every row by the root of its squares."""

    def shorten(self, x: Tensor) -> None:
        shorten_rows_(self.weight, x, self.max_norm, 2.0)


TABLE = (PlainTensor, Buffer, DrawnInForward, Detached, OneForAll, OtherName)
GRADIENT = (Assigns, Averages, NextRow, ForgetsTheLast, FirstColumn, DoublesTheGradient)
PADDING = (LearnsPadding, StartsAnywhere, FalsyPadding, NotFromTheEnd, ErasesTheOutput, PadsByPosition)
REFUSALS = (Clamps, Wraps, ZerosForBadIds, LooksAtTheFirst, TakesMasks, CutsFloats, TakesLists)
MAX_NORM = (
    LimitsTheOutput,
    LimitsAllRows,
    StretchesShortRows,
    FalsyNorm,
    LimitsInTraining,
    AlwaysTwo,
)
