"""What counts as an id: the checks that every NumPy look-up of this library shares."""

from __future__ import annotations

import operator

import numpy as np
from numpy.typing import ArrayLike, NDArray


def check_size(size: int, name: str) -> int:
    """Return `size` as an int; refuse what is not an integer (`TypeError`) or less than 1 (`ValueError`)."""
    try:
        if isinstance(size, (bool, np.bool_)):
            raise TypeError
        number = operator.index(size)
    except TypeError:
        raise TypeError(f"{name} must be an integer, got {size!r} of type {type(size).__name__}") from None
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
        position = tuple(int(i) for i in np.argwhere(bad)[0])
        where = f" at position {position if len(position) > 1 else position[0]}" if position else ""
        raise IndexError(
            f"id {array[position]}{where} is out of range: there are {vocab_size} rows, "
            f"so ids run from 0 to {vocab_size - 1}"
        )
    return array.astype(np.int64, copy=False)
