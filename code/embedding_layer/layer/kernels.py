"""What the layer does with numbers: gather rows, add slopes up, shorten long rows. No derivatives yet."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from embedding_layer.layer.refusals import in_pytorch, is_detecting, refuse_out_of_range

MMAP_THRESHOLD = 32 * 2**20
"""Bytes beyond which the C library takes memory fresh from the system, which clears it when it is touched."""

SMALL_TABLE = 2**20
"""Bytes below which it makes no difference who clears."""

_unsafe_view = torch.ops.aten._unsafe_view.default

_NUMPY = {torch.float32: np.float32, torch.float64: np.float64}


def take_rows(weight: Tensor, ids: Tensor) -> Tensor:
    """Gather: return the rows of the ids, shape `(*ids.shape, D)`.

    Raises
    ------
    IdRangeError
        If the table does not have an id. `index_select` finds it on the way, so the check costs nothing.
    """
    if is_detecting():
        refuse_out_of_range(ids, len(weight))
    try:
        if ids.dim() == 1:
            return weight.index_select(0, ids)
        rows = weight.index_select(0, ids.reshape(-1))
    except (IndexError, RuntimeError):
        refuse_out_of_range(ids, len(weight))
        raise
    # the same numbers in another shape, and no view: users may write to what the layer returns
    shape = *ids.shape, weight.shape[1]
    if _is_plain(rows) and not rows.requires_grad:
        return rows.resize_(*shape)  # PyTorch reads several arguments in half the time of a tuple
    return _unsafe_view(rows, shape)


def add_rows(
    slopes: Tensor, ids: Tensor, rows: int, vocab_size: int, padding_idx: int | None, by_freq: bool
) -> Tensor:
    """Scatter-add: sum the slopes `(*ids.shape, D)` of each id up in a table `(rows, D)` of zeros.

    The table may be several tables of `vocab_size` rows, one on top of the other; each has its padding row.
    """
    flat, slopes = ids.reshape(-1), slopes.reshape(ids.numel(), slopes.shape[-1])
    if by_freq:
        slopes = (slopes * one_over_counts(flat, rows, slopes)).to(slopes.dtype)
    # the slopes of a sum are one number, seen through strides of 0; index_add_ is slow on those
    table = _zeros(rows, slopes).index_add_(0, flat, slopes.contiguous())
    if padding_idx is not None:
        table[padding_idx::vocab_size].zero_()
    return table


def sparse_rows(slopes: Tensor, ids: Tensor, rows: int, padding_idx: int | None) -> Tensor:
    """Return the sum of `add_rows` before adding: a sparse COO tensor `(rows, D)` with one entry an id.

    The ids are copied. `nn.Embedding` puts the caller's own tensor into the gradient: refill it before the
    optimiser's step, and that step moves other rows.
    """
    flat, slopes = ids.reshape(-1), slopes.reshape(ids.numel(), slopes.shape[-1])
    if padding_idx is not None:
        kept = flat != padding_idx
        flat, slopes = flat[kept], slopes[kept]
    indices = flat.unsqueeze(0).to(torch.int64, copy=True)
    return torch.sparse_coo_tensor(indices, slopes, (rows, slopes.shape[1]), check_invariants=False)


def shorten_rows_(weight: Tensor, ids: Tensor, max_norm: float, norm_type: float) -> None:
    """Shorten, in the table, the rows of the ids that are longer than `max_norm`; leave all others alone.

    A row named twice is written twice, with the same numbers: the ids need not be unique.
    """
    if not (weight.is_floating_point() or weight.is_complex()):
        raise RuntimeError(
            f"max_norm shortens rows, but {weight.dtype} cannot hold the shorter ones; use floats"
            + in_pytorch("norm(): input dtype should be either floating point or complex")
        )
    weight = weight.detach()  # the same memory; neither autograd nor forward mode follow into it
    rows = take_rows(weight, ids).view(ids.numel(), weight.shape[1])
    precise = rows.to(torch.promote_types(rows.dtype, torch.float32))
    sizes = precise.abs() if precise.is_complex() else precise
    norms = torch.linalg.vector_norm(sizes, norm_type, dim=1, keepdim=True)
    norms = norms.to(rows.real.dtype).to(norms.dtype)  # PyTorch compares the norm in the table's own format
    scale = torch.where(norms > max_norm, max_norm / (norms + 1e-7), 1.0)
    weight.index_copy_(0, ids.reshape(-1).long(), (precise * scale).to(rows.dtype))


def one_over_counts(flat: Tensor, rows: int, like: Tensor) -> Tensor:
    """Return for each of N ids 1 over how often it occurs: a column `(N, 1)`, as precise as `like`."""
    ones = torch.ones_like(flat, dtype=torch.promote_types(like.real.dtype, torch.float32))
    counts = ones.new_zeros(rows).index_add_(0, flat, ones)
    return counts.index_select(0, flat).reciprocal().unsqueeze(1)


def _zeros(rows: int, like: Tensor) -> Tensor:
    """Return zeros of shape `(rows, D)`; many of them in memory that the system clears when it is touched.

    A batch touches few rows. Clearing all the others, page by page, would take longer than the adding.
    """
    shape = rows, like.shape[1]
    # several threads of PyTorch clear used memory faster than the C library does
    limit = SMALL_TABLE if torch.get_num_threads() == 1 else MMAP_THRESHOLD
    if rows * shape[1] * like.itemsize > limit and like.dtype in _NUMPY and _is_plain(like):
        return torch.from_numpy(np.zeros(shape, _NUMPY[like.dtype]))
    return like.new_zeros(shape)


def _is_plain(tensor: Tensor) -> bool:
    """Tell whether this is real memory of the CPU: not faked, traced, or one of a batch."""
    return (
        type(tensor) is Tensor
        and tensor.is_cpu
        and not torch._C._len_torch_dispatch_stack()
        and not torch._C._functorch.is_legacy_batchedtensor(tensor)
    )
