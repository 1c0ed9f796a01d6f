"""How fast this machine computes, when nothing keeps it waiting."""

from __future__ import annotations

from time import perf_counter

import torch

from embedding_layer.checks import check_size


def product_rate(size: int = 1024, *, repeats: int = 7) -> float:
    """Measure how many floating-point operations a second a product of two float32 matrices reaches.

    A large product uses every number it fetches `size` times, so the arithmetic is what takes the time. The
    fastest repeat counts, because what disturbs a product only ever makes it slower.

    Parameters
    ----------
    size : int
        Both matrices have the shape `(size, size)`.
    repeats : int
        How many products to time, after one that warms up.

    Returns
    -------
    float
        Operations a second, on as many threads as PyTorch uses: a product takes 2·size³ of them.

    Raises
    ------
    ValueError
        If a number is less than 1.
    """
    left, right = torch.ones(2, check_size(size, "size"), size)
    out = torch.empty_like(left)
    seconds = [_time_product(left, right, out) for _ in range(check_size(repeats, "repeats") + 1)]
    return 2 * size**3 / min(seconds[1:])


def _time_product(left: torch.Tensor, right: torch.Tensor, out: torch.Tensor) -> float:
    start = perf_counter()
    torch.mm(left, right, out=out)
    return perf_counter() - start
