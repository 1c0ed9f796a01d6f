"""The look-up as a function, with every option of `torch.nn.functional.embedding`."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.compiler import is_compiling

from embedding_layer.layer import kernels, operators
from embedding_layer.layer.autograd import LookUp, apply_function
from embedding_layer.layer.refusals import check_padding_idx, refuse_wrong_table, refuse_wrong_type


def embedding(
    ids: Tensor,
    weight: Tensor,
    padding_idx: int | None = None,
    max_norm: float | None = None,
    norm_type: float = 2.0,
    scale_grad_by_freq: bool = False,
    sparse: bool = False,
) -> Tensor:
    """Return the rows of `weight` that the ids name, and let gradients flow back into them.

    Parameters
    ----------
    ids : Tensor of int64 or int32, any shape; or a nested tensor of them
    weight : Tensor of shape `(V, D)`
        The table, in any number format.
    padding_idx : int or None
        A row whose gradient stays zero; −1 is the last.
    max_norm : float or None
        Rows longer than this are shortened to it before they are looked up, in the table itself.
    norm_type : float
        The p of the norm that measures the length.
    scale_grad_by_freq : bool
        Divide each row's gradient by how often its id occurs among `ids`.
    sparse : bool
        Let the gradient be a sparse COO tensor with one entry an id instead of a whole table.

    Returns
    -------
    Tensor of shape `(*ids.shape, D)`

    Raises
    ------
    IdTypeError
        If the ids are not a tensor of int64 or int32.
    IdRangeError
        If an id is negative or not below V. (On an accelerator: inside `detect_bad_ids`.)
    OptionError
        If the table has no row `padding_idx`.
    SizeError
        If the table does not have two axes.
    RuntimeError
        If the table is complex and to be trained; in the backward pass, if both `sparse` and
        `scale_grad_by_freq` are set.

    References
    ----------
    The documentation of `torch.nn.functional.embedding`, whose behaviour this follows.
    """
    refuse_wrong_type(ids)
    refuse_wrong_table(weight)
    padding_idx = check_padding_idx(padding_idx, weight.shape[0])
    if ids.is_nested:
        return _each_part(ids, weight, padding_idx, max_norm, norm_type, scale_grad_by_freq, sparse)
    if max_norm is not None:
        with torch.no_grad():
            (operators if is_compiling() else kernels).shorten_rows_(weight, ids, max_norm, norm_type)
    options = weight.shape[0], padding_idx, scale_grad_by_freq, sparse
    if not is_compiling():
        return apply_function(LookUp, weight, ids, *options)
    if torch._C._are_functorch_transforms_active():
        return operators.look_up_in_transform(weight, ids, *options)
    return operators.look_up(weight, ids, *options)


def _each_part(ids: Tensor, weight: Tensor, *options: object) -> Tensor:
    """Look up a nested tensor, whose parts differ in length."""
    if ids.layout == torch.jagged:
        rows = embedding(ids.values(), weight, *options)
        return torch.nested.nested_tensor_from_jagged(rows, ids.offsets(), ids.lengths())
    return torch.nested.as_nested_tensor([embedding(part, weight, *options) for part in ids.unbind()])
