"""The kernels as operators, for the compiler: it sees what goes in and out, and leaves the inside alone.

Traced into, a look-up would become an index that wraps around at −1. As an operator it refuses bad ids,
compiled or not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor
from torch.fx import GraphModule

from embedding_layer.layer import autograd, kernels
from embedding_layer.layer.refusals import refuse_out_of_range

if TYPE_CHECKING:
    from torch.export import ExportedProgram  # not at run time: importing it takes long


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


@torch.library.custom_op("embedding_layer::checked", mutates_args=())
def checked(ids: Tensor, vocab_size: int) -> Tensor:
    """Return a copy of the ids; refuse those that the table does not have."""
    refuse_out_of_range(ids, vocab_size)
    return ids.clone()


checked.register_fake(lambda ids, vocab_size: torch.empty_like(ids))
checked.register_vmap(lambda info, in_dims, ids, vocab_size: (checked(ids, vocab_size), in_dims[0]))


def look_up_in_transform(
    weight: Tensor, ids: Tensor, vocab_size: int, padding_idx: int | None, by_freq: bool, sparse: bool
) -> Tensor:
    """Gather rows where the compiler meets `torch.func`, which can then derive PyTorch's own operators only.

    Where the gradient shall be another than that of the rows, it is given to a difference that is zero.
    """
    ids = checked(ids, vocab_size)
    # the ids are good, so brackets are safe; of index_select inductor derives a wrong Jacobian
    rows = weight[ids]
    if by_freq:
        shares = kernels.one_over_counts(ids.reshape(-1), vocab_size, rows).view(*ids.shape, 1)
        rows = rows.detach() + ((rows - rows.detach()) * shares).to(rows.dtype)
    if padding_idx is not None:
        rows = torch.where((ids == padding_idx).unsqueeze(-1), rows.detach(), rows)
    return rows


def to_aten(program: ExportedProgram) -> ExportedProgram:
    """Return an exported program in which PyTorch's own operator stands in the place of ours.

    A program of `torch.export` that uses the layer names the operators of this module, so it loads only where
    this library is imported. What this returns, saved with `torch.export.save`, loads anywhere.

    Parameters
    ----------
    program : torch.export.ExportedProgram

    Raises
    ------
    ValueError
        If the layer was exported with `max_norm`: that writes in the table, and such a program cannot do it.
    """
    shortening = torch.ops.embedding_layer.shorten_rows_.default
    graphs = [part.graph for part in program.graph_module.modules() if isinstance(part, GraphModule)]
    if any(shortening in (node.target, *node.args) for graph in graphs for node in graph.nodes):
        raise ValueError(
            "the program shortens rows in the table (max_norm), which cannot be written in PyTorch's own "
            "operators: shorten all rows once, layer(torch.arange(layer.vocab_size)), then set "
            "layer.max_norm = None, export again, and the vectors are the same"
        )
    return program.run_decompositions({torch.ops.embedding_layer.look_up.default: _look_up_in_aten})


def _look_up_in_aten(weight, ids, vocab_size, padding_idx, by_freq, sparse):
    return torch.embedding(weight, ids, -1 if padding_idx is None else padding_idx, by_freq, sparse)
