"""The derivative of a look-up: what was gathered on the way forward is added up on the way back.

`LookUp` and `AddUp` are linear and transposes of each other, so each is the backward pass of the other, and
there are derivatives of every order. Both have rules for forward mode and for `vmap`: a batch of tables is
one tall table, in which the ids of table b start at b·V. `look_up` takes the shortest way that will do.
"""

from __future__ import annotations

import torch
from torch import Tensor, is_grad_enabled
from torch._C import _are_functorch_transforms_active as in_transform
from torch.autograd import Function, forward_ad

from embedding_layer.layer.kernels import add_rows, sparse_rows, take_rows
from embedding_layer.layer.refusals import IdRangeError, in_pytorch, refuse_out_of_range

FEW_IDS, FEW_NUMBERS = 2**12, 2**20
"""Up to so many ids, and numbers in the table, the derivative that PyTorch has of `index_select` is faster.

It is written in C++: nothing of it waits for Python. With more ids it loses on slopes that stand for several
ids at once, as those of a mean do; with more numbers it loses time on clearing a gradient full of zeros.
"""


class LookUp(Function):
    """Gather the rows of `ids` from `weight`, which is one table of `vocab_size` rows or several, stacked."""

    @staticmethod
    def forward(weight, ids, vocab_size, padding_idx, by_freq, sparse):
        return take_rows(weight, ids)

    @staticmethod
    def setup_context(ctx, inputs, output):
        weight, ids, *options = inputs
        ctx.options = weight.shape[0], *options
        ctx.save_for_backward(ids)
        ctx.save_for_forward(ids)

    @staticmethod
    def backward(ctx, slopes):
        (ids,) = ctx.saved_tensors
        *options, sparse = ctx.options
        if sparse:
            return sparse_gradient(slopes, ids, *options), *[None] * 5
        return apply_function(AddUp, slopes, ids, *options), *[None] * 5

    @staticmethod
    def jvp(ctx, tangent, *_):
        (ids,) = ctx.saved_tensors
        # as in PyTorch, forward mode is blind to the options: the tangent of the padding row is not zero
        return apply_function(LookUp, tangent, ids, *ctx.options[1:])

    @staticmethod
    def vmap(info, in_dims, weight, ids, vocab_size, padding_idx, by_freq, sparse):
        options = vocab_size, padding_idx, by_freq, sparse
        if in_dims[0] is None and not by_freq:
            return LookUp.apply(weight, ids.movedim(in_dims[1], 0), *options), 0
        tables = _batched(weight, in_dims[0], info.batch_size)
        ids = _batched(ids, in_dims[1], info.batch_size)
        try:
            return LookUp.apply(tables.flatten(0, 1), _shifted(ids, tables.shape[1]), *options), 0
        except IdRangeError:
            refuse_out_of_range(ids, tables.shape[1])
            raise


class PlainLookUp(Function):
    """`LookUp` with one option, and without rules for `torch.func` and forward mode: it costs less."""

    @staticmethod
    def forward(ctx, weight, ids, sparse):
        ctx.rows, ctx.sparse = weight.size(0), sparse
        ctx.save_for_backward(ids)
        return take_rows(weight, ids)

    @staticmethod
    def backward(ctx, slopes):
        (ids,) = ctx.saved_tensors
        if ctx.sparse:
            return sparse_rows(slopes, ids, ctx.rows, None), None, None
        return apply_function(AddUp, slopes, ids, ctx.rows, ctx.rows, None, False), None, None


class AddUp(Function):
    """Add the slopes of each id up in a table of `rows` rows: the transpose of `LookUp`."""

    @staticmethod
    def forward(slopes, ids, rows, vocab_size, padding_idx, by_freq):
        return add_rows(slopes, ids, rows, vocab_size, padding_idx, by_freq)

    @staticmethod
    def setup_context(ctx, inputs, output):
        _, ids, *ctx.options = inputs
        ctx.save_for_backward(ids)
        ctx.save_for_forward(ids)

    @staticmethod
    def backward(ctx, tables):
        (ids,) = ctx.saved_tensors
        _, vocab_size, padding_idx, _ = ctx.options
        # not divided by frequencies: the second derivative passes `LookUp.backward` again, which does that
        slopes = apply_function(LookUp, tables, ids, vocab_size, None, False, False)
        if padding_idx is not None:
            slopes = slopes.masked_fill((ids % vocab_size == padding_idx).unsqueeze(-1), 0)
        return slopes, *[None] * 5

    @staticmethod
    def jvp(ctx, tangent, *_):
        (ids,) = ctx.saved_tensors
        return apply_function(AddUp, tangent, ids, *ctx.options)

    @staticmethod
    def vmap(info, in_dims, slopes, ids, rows, vocab_size, padding_idx, by_freq):
        slopes = _batched(slopes, in_dims[0], info.batch_size)
        ids = _shifted(_batched(ids, in_dims[1], info.batch_size), rows)
        tall = AddUp.apply(slopes, ids, info.batch_size * rows, vocab_size, padding_idx, by_freq)
        return tall.unflatten(0, (info.batch_size, rows)), 0


def look_up(weight: Tensor, ids: Tensor, padding_idx: int | None, by_freq: bool, sparse: bool) -> Tensor:
    """Gather rows, in the cheapest of the ways that prepare what is needed; see `LookUp`."""
    if padding_idx is not None or by_freq or forward_ad._current_level >= 0 or in_transform():
        return apply_function(LookUp, weight, ids, weight.shape[0], padding_idx, by_freq, sparse)
    if not (weight.requires_grad and is_grad_enabled()):
        return take_rows(weight, ids)
    few = weight.numel() <= FEW_NUMBERS and ids.numel() <= FEW_IDS
    if few and not sparse and ids.is_contiguous():  # or it would keep a flat copy of the ids
        return take_rows(weight, ids)  # `index_select` brings its derivative along
    return _apply_plain(weight, ids, sparse)


_apply_plain = super(Function, PlainLookUp).apply  # see `apply_function`


def apply_function(function: type[Function], *arguments: object) -> Tensor:
    """Call `function.apply`, at less than its cost where less is needed.

    Without a gradient to prepare, its forward alone will do. Otherwise, and outside of `torch.func`, the
    method of the base class does the same, minus filling in arguments that nobody left out: 3 µs, not 15.
    """
    if in_transform():
        return function.apply(*arguments)
    differentiable = is_grad_enabled() and arguments[0].requires_grad
    if differentiable or forward_ad._current_level >= 0:
        return super(Function, function).apply(*arguments)
    return function.forward(*arguments)


def sparse_gradient(
    slopes: Tensor, ids: Tensor, rows: int, vocab_size: int, padding_idx: int | None, by_freq: bool
) -> Tensor:
    """Return the gradient of a look-up as a sparse tensor; refuse to scale what has not been added up."""
    if by_freq:
        raise RuntimeError(
            "scale_grad_by_freq=True does not go with sparse=True: a sparse gradient keeps the occurrences "
            "of an id apart, so there is no sum to divide; leave one of the two out"
            + in_pytorch("embedding_backward: scale_grad_by_freq not supported with sparse gradients")
        )
    return sparse_rows(slopes, ids, rows, padding_idx)


def _batched(tensor: Tensor, dim: int | None, size: int) -> Tensor:
    """Bring the batch axis to the front; make one where there is none."""
    return tensor.expand(size, *tensor.shape) if dim is None else tensor.movedim(dim, 0)


def _shifted(ids: Tensor, rows: int) -> Tensor:
    """Let the ids of table b start at b·rows; point those that the table does not have at no row at all."""
    first = torch.arange(len(ids), device=ids.device).view(-1, *[1] * (ids.dim() - 1)) * rows
    return torch.where((ids >= 0) & (ids < rows), ids + first, -1)
