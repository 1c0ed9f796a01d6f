"""How many bytes a look-up, a gradient and a step have to move."""

from __future__ import annotations

from embedding_layer.checks import check_size

ID_BYTES = 8
"""An id is an int64."""

PARTS = ("forward", "dense backward", "sparse backward", "row step", "dense step")
"""The parts of a training step whose bytes are counted."""


def bytes_moved(
    part: str,
    *,
    count: int,
    embedding_dim: int,
    distinct: int | None = None,
    vocab_size: int | None = None,
    state_dim: int = 0,
    itemsize: int = 4,
) -> int:
    """Count the bytes that a part of a training step has to read and write at least once.

    With N ids, U different ones among them, D numbers of b bytes a row, and S numbers of optimiser state:

    ================== ======================= =============================================
    part               reads                   writes
    ================== ======================= =============================================
    "forward"          8·N + U·D·b             N·D·b
    "dense backward"   8·N + N·D·b + U·D·b     V·D·b to clear the table, U·D·b to add
    "sparse backward"  8·N                     8·N; the slopes are passed on as they are
    "row step"         8·N + N·D·b + U·(D+S)·b U·(D+S)·b
    "dense step"       V·D·b + V·(D+S)·b       V·(D+S)·b
    ================== ======================= =============================================

    It is a lower bound: scratch space, a row that is fetched again, and the rest of a cache line are not in
    it. Nor is it saved by a cache: a row that is still in one need not come from memory at all.

    Parameters
    ----------
    part : str
        One of `PARTS`.
    count : int
        N, how many ids are looked up.
    embedding_dim : int
        D.
    distinct : int or None
        U, how many of the ids are different; all of them unless given.
    vocab_size : int or None
        V; needed for the parts that touch the whole table.
    state_dim : int
        S, how many numbers an optimiser keeps for a row: 0 for SGD, D for Adagrad, 2·D for Adam, 1 for
        row-wise Adagrad.
    itemsize : int
        b, the bytes of a number: 4 for float32.

    Raises
    ------
    ValueError
        If the part is unknown, `vocab_size` is missing where it is needed, `state_dim` is negative, another
        number is less than 1, or `distinct` is more than `count` or `vocab_size` allows.
    """
    if part not in PARTS:
        raise ValueError(f"part={part!r}, but it must be one of {', '.join(map(repr, PARTS))}")
    if vocab_size is None and part.startswith("dense"):
        raise ValueError(f"{part!r} touches the whole table: pass vocab_size")
    if state_dim < 0:
        raise ValueError(f"state_dim={state_dim}, but it counts numbers and cannot be negative")
    N = check_size(count, "count")
    U = N if distinct is None else check_size(distinct, "distinct")
    V = U if vocab_size is None else check_size(vocab_size, "vocab_size")
    if U > N:
        raise ValueError(f"distinct={U}, but there are only count={N} ids")
    if U > V:
        raise ValueError(f"{U} different ids do not fit a table with vocab_size={V} rows: pass distinct")
    row = check_size(embedding_dim, "embedding_dim") * check_size(itemsize, "itemsize")
    state = state_dim * itemsize
    return {
        "forward": ID_BYTES * N + U * row + N * row,
        "dense backward": ID_BYTES * N + N * row + V * row + 2 * U * row,
        "sparse backward": 2 * ID_BYTES * N,
        "row step": ID_BYTES * N + N * row + 2 * U * (row + state),
        "dense step": V * row + 2 * V * (row + state),
    }[part]
