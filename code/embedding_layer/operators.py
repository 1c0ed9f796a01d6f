"""The kernels as operators, for the compiler: it sees what goes in and out, and leaves the inside alone.

Traced into, a look-up would become an index that wraps around at −1. As an operator it refuses bad ids,
compiled or not.
"""

from __future__ import annotations

import torch
from torch import Tensor

from embedding_layer import autograd, kernels


@torch.library.custom_op("embedding_layer::look_up", mutates_args=())
def look_up(
    weight: Tensor, ids: Tensor, vocab_size: int, padding_idx: int | None, by_freq: bool, sparse: bool
) -> Tensor:
    """Gather rows; see `autograd.LookUp`."""
    return kernels.take_rows(weight, ids)


@torch.library.custom_op("embedding_layer::add_up", mutates_args=())
def add_up(
    slopes: Tensor, ids: Tensor, rows: int, vocab_size: int, padding_idx: int | None, by_freq: bool
) -> Tensor:
    """Add slopes up; see `autograd.AddUp`."""
    return kernels.add_rows(slopes, ids, rows, vocab_size, padding_idx, by_freq)


@torch.library.custom_op("embedding_layer::shorten_rows_", mutates_args=("weight",))
def shorten_rows_(weight: Tensor, ids: Tensor, max_norm: float, norm_type: float) -> None:
    """Shorten long rows in the table; see `kernels.shorten_rows_`."""
    kernels.shorten_rows_(weight, ids, max_norm, norm_type)


@look_up.register_fake
def _(weight, ids, vocab_size, padding_idx, by_freq, sparse):
    return weight.new_empty(*ids.shape, weight.shape[1])


@add_up.register_fake
def _(slopes, ids, rows, vocab_size, padding_idx, by_freq):
    return slopes.new_empty(rows, slopes.shape[-1])


def _remember(ctx, inputs, output):
    ctx.rows, ids, *ctx.options = len(inputs[0]), *inputs[1:]
    ctx.save_for_backward(ids)


def _look_up_backward(ctx, slopes):
    (ids,) = ctx.saved_tensors
    *options, sparse = ctx.options
    gradient = autograd.sparse_gradient if sparse else add_up
    return gradient(slopes, ids, ctx.rows, *options), *[None] * 5


look_up.register_autograd(_look_up_backward, setup_context=_remember)
look_up.register_vmap(lambda *arguments: autograd._vmap_look_up(*arguments, call=look_up))
add_up.register_vmap(lambda *arguments: autograd._vmap_add_up(*arguments, call=add_up))
