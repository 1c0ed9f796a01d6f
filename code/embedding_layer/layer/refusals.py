"""What an embedding layer refuses, and in which words: what was given, what is allowed, what to do.

Each exception is also of the kind that `nn.Embedding` raises in the same place, so that code which catches
the one goes on working with the other; and each message ends in PyTorch's words for it, so that who searches
for these finds the other.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor

from embedding_layer.checks import allowed_ids, at, check_integer, shorten

ID_DTYPES = (torch.int64, torch.int32)
"""The number formats that ids may have."""


class IdTypeError(TypeError, RuntimeError):
    """The ids are no tensor, or not integers of 32 or 64 bits (PyTorch: `TypeError`, `RuntimeError`)."""


class IdRangeError(IndexError, RuntimeError):
    """An id is negative or not below the number of rows (PyTorch: `IndexError`, at times `RuntimeError`)."""


class OptionError(ValueError, AssertionError):
    """An option does not fit the table (PyTorch: `AssertionError`)."""


class SizeError(ValueError, RuntimeError):
    """A table cannot have this size (PyTorch: `RuntimeError`)."""


def refuse_wrong_type(ids: object) -> None:
    """Refuse what cannot be ids, whatever the table: anything but a tensor of int64 or int32.

    Raises
    ------
    IdTypeError
        For lists, tuples, numbers and arrays; for masks, floats, and integers of another width.
    """
    if not isinstance(ids, Tensor):
        raise IdTypeError(
            f"ids must be a tensor of integers, got {shorten(ids)} of type {type(ids).__name__}; "
            "torch.tensor(ids) makes one of a list, a tuple or a number"
            + in_pytorch(f"embedding(): argument 'indices' (position 2) must be Tensor, not {_class(ids)}")
        )
    if ids.dtype not in ID_DTYPES:
        raise IdTypeError(
            f"ids must be int64 or int32, got a tensor of {_name(ids.dtype)}; {_instead(ids.dtype)}"
            + in_pytorch(
                "Expected tensor for argument #1 'indices' to have one of the following scalar types: "
                "Long, Int"
            )
        )


def refuse_out_of_range(ids: Tensor, vocab_size: int) -> None:
    """Refuse ids that a table of `vocab_size` rows does not have.

    Looking is not free: on an accelerator the program waits until the ids are there.

    Parameters
    ----------
    ids : Tensor of int64 or int32, any shape
    vocab_size : int
        V, the number of rows.

    Raises
    ------
    IdRangeError
        If an id is negative or not below V; the message names the first such id, its position, and how many
        there are.
    """
    bad = (ids < 0) | (ids >= vocab_size)
    count = int(bad.sum())
    if count:
        position = tuple(bad.nonzero()[0].tolist())
        others = f" ({count - 1:,} more of {ids.numel():,} are out of range, too)" if count > 1 else ""
        raise IdRangeError(
            f"id {ids[position].item()}{at(position)} is out of range: {allowed_ids(vocab_size)}{others}"
            + in_pytorch("index out of range in self")
        )


def check_table_size(size: object, name: str) -> int:
    """Return a number of rows or columns as an int; like `nn.Embedding`, allow 0.

    Raises
    ------
    TypeError
        If `size` is not an integer.
    SizeError
        If it is negative.
    """
    number = check_integer(size, name)
    if number < 0:
        raise SizeError(
            f"{name}={number}, but a table cannot have fewer than 0 rows or columns"
            + in_pytorch(f"Trying to create tensor with negative dimension {number}")
        )
    return number


def check_padding_idx(padding_idx: int | None, vocab_size: int) -> int | None:
    """Return the padding id, counted from the start; −1 is the last row.

    Raises
    ------
    TypeError
        If it is not an integer.
    OptionError
        If the table has no such row.
    """
    if padding_idx is None:
        return None
    number = check_integer(padding_idx, "padding_idx", wanted="an integer or None")
    if number == 0 == vocab_size:  # nn.Embedding lets this one pass: an empty table, padded at 0
        return 0
    if not -vocab_size <= number < vocab_size:
        raise OptionError(
            f"padding_idx={number} is no row of the table: there are {vocab_size} rows, "
            f"so it must lie from {-vocab_size} to {vocab_size - 1}"
            + in_pytorch("Padding_idx must be within num_embeddings")
        )
    return number % vocab_size


def check_weight_shape(weight: Tensor, vocab_size: int, embedding_dim: int) -> None:
    """Refuse a table of another shape than `(vocab_size, embedding_dim)` (`OptionError`)."""
    if tuple(weight.shape) != (vocab_size, embedding_dim):
        raise OptionError(
            f"_weight has shape {tuple(weight.shape)}, but vocab_size={vocab_size} and "
            f"embedding_dim={embedding_dim} ask for {(vocab_size, embedding_dim)}"
            + in_pytorch("Shape of weight does not match num_embeddings and embedding_dim")
        )


def refuse_wrong_table(weight: Tensor) -> None:
    """Refuse a table that cannot be looked up in, or not be trained as it is to be.

    Raises
    ------
    SizeError
        If it does not have two axes.
    RuntimeError
        If it holds complex numbers and is to be trained; `nn.Embedding` does not train them either.
    """
    if weight.dim() != 2:
        raise SizeError(
            f"weight has shape {tuple(weight.shape)}; a table has two axes, (vocab_size, embedding_dim)"
            + in_pytorch("'weight' must be 2-D")
        )
    if weight.is_complex() and weight.requires_grad and torch.is_grad_enabled():
        raise RuntimeError(
            f"a table of complex numbers ({_name(weight.dtype)}) can be looked up in, not trained: freeze it "
            "with requires_grad_(False), or keep real and imaginary part as two real tables"
            + in_pytorch(
                "embedding does not support automatic differentiation for outputs with complex dtype"
            )
        )


def in_pytorch(words: str) -> str:
    """Return the end of a message: what `nn.Embedding` says in the same place."""
    return f" (PyTorch: {words})"


@contextmanager
def detect_bad_ids() -> Iterator[None]:
    """Within this context every look-up checks its ids first, on every device.

    On the CPU a bad id is always refused, at no extra cost: the look-up itself finds it. A GPU works while
    the program goes on, and learns of a bad id too late to say which: all that is left is a "device-side
    assert triggered" at some later line, and a process that must be restarted. In here the ids are checked
    before the rows are gathered. The program has to wait for that at every look-up: it is for debugging.
    """
    global _detecting
    before, _detecting = _detecting, True
    try:
        yield
    finally:
        _detecting = before


def is_detecting() -> bool:
    """Tell whether the program is inside `detect_bad_ids`."""
    return _detecting


_detecting = False


def _instead(dtype: torch.dtype) -> str:
    if dtype == torch.bool:
        return (
            "a mask selects rows, it does not number them: mask.nonzero() gives the ids of those it selects"
        )
    if dtype.is_floating_point or dtype.is_complex:
        return "an id counts rows, it measures nothing: ids.long() converts, if the values are whole numbers"
    mask = " (as an index, PyTorch would read uint8 as a mask)" if dtype == torch.uint8 else ""
    return f"ids.long() converts{mask}"


def _class(value: object) -> str:
    """Name a class as PyTorch does."""
    kind = type(value)
    return kind.__name__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__name__}"


def _name(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")
