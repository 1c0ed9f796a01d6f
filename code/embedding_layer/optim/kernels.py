"""The rules as kernels: every row of a batch is read once, changed in the cache, and written once.

Numba compiles them at their first call. All take the same arrays: `weight` `(V, D)`; `ids` `(N,)` and
`slopes` `(N, D)`, what was looked up and its gradients; `first` `(V,)`, which holds −1 before and after, and
`after` `(N,)`, scratch space for the chains. No index is checked in here, and a bad one would corrupt memory:
`fused`, which calls them, lets none through.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from llvmlite import ir
from numba import config, njit, types
from numba.core import cgutils
from numba.extending import intrinsic

from embedding_layer.files import cache_folder

AHEAD = 12
"""How many ids ahead rows are asked for: about as many as memory delivers while one row is worked on."""

NUMBERS = 32
"""For how many numbers of a row to ask at once: two lines of 64 bytes, which memory delivers in pairs."""


def kernel(function: Callable, **options: Any) -> Callable:
    """Compile a function with Numba when it is first called; keep the machine code in the user's cache."""
    before, config.CACHE_DIR = config.CACHE_DIR, config.CACHE_DIR or str(cache_folder() / "kernels")
    try:
        return njit(nogil=True, error_model="numpy", cache=True, **options)(function)
    except RuntimeError:  # there is no folder to write to
        return njit(nogil=True, error_model="numpy", **options)(function)
    finally:
        config.CACHE_DIR = before


@intrinsic
def fetch(context, table, row):
    """Ask memory for a row of a table, and do not wait for it."""

    def generate(context, builder, signature, arguments):
        array = context.make_array(signature.args[0])(context, builder, arguments[0])
        columns = builder.extract_value(array.shape, 1)
        byte, word = ir.IntType(8).as_pointer(), ir.IntType(32)
        function = cgutils.get_or_insert_function(
            builder.module, ir.FunctionType(ir.VoidType(), [byte, word, word, word]), "llvm.prefetch.p0"
        )
        to_write, keep_long, data_not_code = word(1), word(3), word(1)
        start = builder.gep(array.data, [builder.mul(arguments[1], columns)])
        with cgutils.for_range_slice(builder, columns.type(0), columns, columns.type(NUMBERS)) as (column, _):
            address = builder.bitcast(builder.gep(start, [column]), byte)
            builder.call(function, [address, to_write, keep_long, data_not_code])
        return context.get_dummy_value()

    return types.void(table, types.intp), generate


@kernel
def are_rows(ids, count):
    """Say whether all ids are rows of a table of `count` rows."""
    good = True
    for id_ in ids:
        good &= (id_ >= 0) & (id_ < count)
    return good


@kernel
def chain(ids, first, after):
    """Chain the places of each id: `first[id]` is its first place, `after[place]` the next one, −1 ends."""
    for place in range(len(ids) - 1, -1, -1):
        row = np.uintp(ids[place])
        after[place] = first[row]
        first[row] = place


@partial(kernel, inline="always")  # a call per row would count the references to three arrays
def add_up(place, slopes, after, total):
    """Sum the slopes of the chain that begins at a place."""
    for d in range(len(total)):
        total[d] = slopes[place, d]
    place = after[place]
    while place >= 0:
        for d in range(len(total)):
            total[d] += slopes[place, d]
        place = after[place]


@partial(kernel, fastmath={"reassoc"})  # or the numbers are added one after the other, each waiting
def sum_of_squares(total):
    """Return the sum of the squares, added up in any order."""
    squares = total.dtype.type(0)
    for d in range(len(total)):
        squares += total[d] * total[d]
    return squares


@kernel
def sgd(weight, ids, slopes, first, after, lr, keep):
    """Step by lr times the gradient: `RowSGD`."""
    chain(ids, first, after)
    lr_, keep_ = weight.dtype.type(lr), weight.dtype.type(keep)
    total = np.empty(weight.shape[1], weight.dtype)
    for place in range(len(ids)):
        if place + AHEAD < len(ids):
            fetch(weight, ids[place + AHEAD])
        row = np.uintp(ids[place])
        if first[row] != place:  # its turn was at its first place
            continue
        first[row] = -1
        add_up(place, slopes, after, total)
        for d in range(len(total)):
            weight[row, d] = keep_ * weight[row, d] - lr_ * total[d]


@kernel
def sgd_with_momentum(weight, speed, ids, slopes, first, after, lr, keep, momentum):
    """Step by lr times the speed, which repeats a part of the last one: `RowSGD`."""
    chain(ids, first, after)
    number = weight.dtype.type
    lr_, keep_, momentum_ = number(lr), number(keep), number(momentum)
    total = np.empty(weight.shape[1], weight.dtype)
    for place in range(len(ids)):
        if place + AHEAD < len(ids):
            fetch(weight, ids[place + AHEAD])
            fetch(speed, ids[place + AHEAD])
        row = np.uintp(ids[place])
        if first[row] != place:
            continue
        first[row] = -1
        add_up(place, slopes, after, total)
        for d in range(len(total)):
            speed[row, d] = momentum_ * speed[row, d] + total[d]
            weight[row, d] = keep_ * weight[row, d] - lr_ * speed[row, d]


@kernel
def adagrad(weight, sums, ids, slopes, first, after, lr, keep, eps):
    """Divide each step by the root of the summed squares: `RowAdagrad`."""
    chain(ids, first, after)
    number = weight.dtype.type
    lr_, keep_, eps_ = number(lr), number(keep), number(eps)
    total = np.empty(weight.shape[1], weight.dtype)
    for place in range(len(ids)):
        if place + AHEAD < len(ids):
            fetch(weight, ids[place + AHEAD])
            fetch(sums, ids[place + AHEAD])
        row = np.uintp(ids[place])
        if first[row] != place:
            continue
        first[row] = -1
        add_up(place, slopes, after, total)
        for d in range(len(total)):
            sums[row, d] += total[d] * total[d]
            step = total[d] / (math.sqrt(sums[row, d]) + eps_)
            weight[row, d] = keep_ * weight[row, d] - lr_ * step


@kernel
def row_wise_adagrad(weight, sums, ids, slopes, first, after, lr, keep, eps):
    """Divide each row's step by the root of one sum, that of its mean squares; see `RowWiseAdagrad`."""
    chain(ids, first, after)
    number = weight.dtype.type
    keep_, columns = number(keep), number(max(1, weight.shape[1]))
    total = np.empty(weight.shape[1], weight.dtype)
    for place in range(len(ids)):
        if place + AHEAD < len(ids):
            fetch(weight, ids[place + AHEAD])
            fetch(sums, ids[place + AHEAD])
        row = np.uintp(ids[place])
        if first[row] != place:
            continue
        first[row] = -1
        add_up(place, slopes, after, total)
        sums[row, 0] += sum_of_squares(total) / columns
        length = number(lr / (math.sqrt(sums[row, 0]) + eps))
        for d in range(len(total)):
            weight[row, d] = keep_ * weight[row, d] - length * total[d]


@kernel
def correction(count, beta1, beta2):
    """Return √(1 − β₂ᵗ) / (1 − β₁ᵗ) after t updates, precise also where the powers are near 1."""
    grown1 = -math.expm1(count * math.log(beta1)) if beta1 > 0 else 1.0
    grown2 = -math.expm1(count * math.log(beta2)) if beta2 > 0 else 1.0
    return math.sqrt(grown2) / grown1


@kernel
def adam(weight, mean, square, updates, ids, slopes, first, after, lr, keep, by_row, beta1, beta2, eps):
    """Step by the mean gradient over the root of the mean square, both corrected; see `RowAdam`.

    Where `by_row`, `updates` `(V, 1)` counts each row's own; else it holds the number of steps, `(1, 1)`.
    """
    chain(ids, first, after)
    number = weight.dtype.type
    keep_, eps_ = number(keep), number(eps)
    keep1, keep2, take1, take2 = number(beta1), number(beta2), number(1 - beta1), number(1 - beta2)
    total = np.empty(weight.shape[1], weight.dtype)
    corrected, length = 0.0, number(0)
    for place in range(len(ids)):
        if place + AHEAD < len(ids):
            fetch(weight, ids[place + AHEAD])
            fetch(mean, ids[place + AHEAD])
            fetch(square, ids[place + AHEAD])
        row = np.uintp(ids[place])
        if first[row] != place:
            continue
        first[row] = -1
        add_up(place, slopes, after, total)
        if by_row:
            updates[row, 0] += 1
        count = float(updates[row if by_row else np.uintp(0), 0])
        if count != corrected:  # most rows of a batch have come equally often
            corrected = count
            length = number(lr * correction(count, beta1, beta2))
        for d in range(len(total)):
            mean[row, d] = keep1 * mean[row, d] + take1 * total[d]
            square[row, d] = keep2 * square[row, d] + take2 * total[d] * total[d]
            weight[row, d] = keep_ * weight[row, d] - length * mean[row, d] / (
                math.sqrt(square[row, d]) + eps_
            )
