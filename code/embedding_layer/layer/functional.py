"""The look-up as a function, with every option of `torch.nn.functional.embedding`."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch._C import _are_functorch_transforms_active as in_transform
from torch._C import _get_tracing_state as tracing_state
from torch._C._dynamo.eval_frame import _FrameAction as FrameAction
from torch._C._dynamo.eval_frame import _FrameExecStrategy as FrameExecStrategy
from torch._C._dynamo.eval_frame import set_code_exec_strategy
from torch._C._functorch import TransformType
from torch.compiler import is_compiling
from torch.nn import functional

from embedding_layer.layer import kernels, operators
from embedding_layer.layer.autograd import look_up
from embedding_layer.layer.refusals import ID_DTYPES, check_padding_idx, refuse_wrong_table, refuse_wrong_type


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
    if type(ids) is not Tensor or ids.dtype not in ID_DTYPES:
        refuse_wrong_type(ids)
    if weight.dim() != 2 or weight.is_complex():
        refuse_wrong_table(weight)
    compiling = is_compiling()
    if not compiling and (tracing_state() is not None or (in_transform() and _is_functionalising())):
        return functional.embedding(ids, weight, padding_idx, max_norm, norm_type, scale_grad_by_freq, sparse)
    if padding_idx is not None:
        padding_idx = check_padding_idx(padding_idx, weight.shape[0])
    if ids.is_nested:
        return _each_part(ids, weight, padding_idx, max_norm, norm_type, scale_grad_by_freq, sparse)
    if max_norm is not None:
        with torch.no_grad():
            (operators if compiling else kernels).shorten_rows_(weight, ids, max_norm, norm_type)
    if not compiling:
        return look_up(weight, ids, padding_idx, scale_grad_by_freq, sparse)
    options = weight.shape[0], padding_idx, scale_grad_by_freq, sparse
    if in_transform():
        return operators.look_up_in_transform(weight, ids, *options)
    return operators.look_up(weight, ids, *options)


def _each_part(ids: Tensor, weight: Tensor, *options: object) -> Tensor:
    """Look up a nested tensor, whose parts differ in length."""
    if ids.layout == torch.jagged:
        rows = embedding(ids.values(), weight, *options)
        return torch.nested.nested_tensor_from_jagged(rows, ids.offsets(), ids.lengths())
    return torch.nested.as_nested_tensor([embedding(part, weight, *options) for part in ids.unbind()])


def _is_functionalising() -> bool:
    """Tell whether `torch.func.functionalize` is at work, which has no rule for a `Function`."""
    levels = torch._C._functorch.get_interpreter_stack()
    return any(level.key() == TransformType.Functionalize for level in levels)


def _leave_uncompiled(*functions: Callable[..., object]) -> None:
    """Let the compiler run these functions, and all that they call, as they are.

    Where it cannot compile a function, it takes those that are called inside for itself. It must not take
    these: it would trace into the rules, and make of the look-up an index that wraps around at −1. The
    decorator `torch.compiler.disable` does the same, at 1 µs a call and a second an import.
    """
    leave = FrameExecStrategy(FrameAction.SKIP, FrameAction.SKIP)
    for function in functions:
        set_code_exec_strategy(function.__code__, leave)


_leave_uncompiled(look_up, kernels.shorten_rows_)
