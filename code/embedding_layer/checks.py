"""What counts as an integer, a size and an id: checks that all rooms share, with their messages."""

from __future__ import annotations

import operator

import numpy as np
from numpy.typing import ArrayLike, NDArray


def check_integer(value: object, name: str, *, wanted: str = "an integer", remedy: str = "") -> int:
    """Return `value` as an int, whatever integer type it has.

    Parameters
    ----------
    value : object
        A bool is refused though Python counts with it, and so is an entry of a mask, of torch too.
    name : str
        What the message calls it.
    wanted : str
        What the message asks for.
    remedy : str
        What to do instead; put at the end of the message.

    Raises
    ------
    TypeError
        If it is not an integer.
    """
    try:
        if str(getattr(value, "dtype", type(value).__name__)).endswith("bool"):
            raise TypeError
        return operator.index(value)
    except TypeError:
        raise TypeError(
            f"{name} must be {wanted}, got {shorten(value)} of type {type(value).__name__}"
            + (f"; {remedy}" if remedy else "")
        ) from None


def check_size(size: object, name: str) -> int:
    """Return `size` as an int; refuse what is not an integer (`TypeError`) or less than 1 (`ValueError`)."""
    number = check_integer(size, name)
    if number < 1:
        raise ValueError(f"{name}={number}, but it must be at least 1")
    return number


def check_ids(ids: ArrayLike, vocab_size: int) -> NDArray[np.int64]:
    """Return `ids` as an int64 array; refuse what cannot be ids of a table with `vocab_size` rows.

    Parameters
    ----------
    ids : array_like of int, any shape (empty too)
    vocab_size : int
        The number of rows, so ids run from 0 to `vocab_size - 1`.

    Raises
    ------
    TypeError
        If the ids are floats, booleans or anything else that is not an integer.
    IndexError
        If an id is negative or too large; the message names the id and its position.
    """
    array = np.asarray(ids)
    if array.size == 0 and array.dtype == np.float64 and not isinstance(ids, np.ndarray):
        array = array.astype(np.int64)  # an empty list has no type of its own; NumPy calls it float
    if array.dtype == np.bool_:
        raise TypeError(
            "ids must be integers, got bool; a mask selects rows, it does not number them: "
            "np.flatnonzero(mask) gives the ids of the rows that it selects"
        )
    if not np.issubdtype(array.dtype, np.integer):
        raise TypeError(
            f"ids must be integers, got {array.dtype}; an id counts rows, it measures nothing: "
            "convert with .astype(np.int64) if the values are whole numbers"
        )
    bad = (array < 0) | (array >= vocab_size)
    if bad.any():
        position = tuple(np.argwhere(bad)[0].tolist())
        raise IndexError(
            f"id {array[position]}{at(position)} is out of range: {allowed_ids(vocab_size, 'there are')}"
        )
    return array.astype(np.int64, copy=False)


def at(position: tuple[int, ...]) -> str:
    """Say where an id stands: " at position 3", " at position (0, 2)", or nothing for an id that is alone."""
    return f" at position {position if len(position) > 1 else position[0]}" if position else ""


def allowed_ids(count: int, owner: str = "the table has", things: str = "rows") -> str:
    """Say which ids there are, as the end of a message: "the table has 6 rows, so ids run from 0 to 5"."""
    if count == 0:
        return f"{owner} no {things} at all"
    return f"{owner} {count} {things}, so ids run from 0 to {count - 1}"


def shorten(value: object, length: int = 40) -> str:
    """Write a value on one line, cut to `length` characters."""
    text = " ".join(repr(value).split())
    return text if len(text) <= length else text[: length - 1] + "…"
