"""Ids in every shape and layout that a caller may have them in."""

from __future__ import annotations

import torch
from torch import Tensor


def _numbers(*shape: int) -> Tensor:
    """Return ids below 7 that repeat: 0, 3, 6, 2, 5, 1, 4, 0, …"""
    count = int(torch.tensor(shape).prod()) if shape else 1
    return (3 * torch.arange(count) % 7).view(shape)


LAYOUTS = {
    "scalar": lambda: torch.tensor(3),
    "scalar_of_a_vector": lambda: torch.arange(7)[4],
    "one": lambda: torch.tensor([5]),
    "one_by_one": lambda: torch.tensor([[5]]),
    "vector": lambda: _numbers(6),
    "matrix": lambda: _numbers(2, 5),
    "column": lambda: _numbers(5, 1),
    "row": lambda: _numbers(1, 5),
    "repeated": lambda: torch.tensor([2, 2, 2, 2]),
    "three_axes": lambda: _numbers(2, 3, 4),
    "five_axes": lambda: _numbers(2, 1, 3, 2, 2),
    "empty": lambda: _numbers(0),
    "empty_rows": lambda: _numbers(0, 4),
    "empty_columns": lambda: _numbers(4, 0),
    "empty_middle": lambda: _numbers(2, 0, 3),
    "empty_transposed": lambda: _numbers(4, 0, 2).transpose(0, 2),
    "transposed": lambda: _numbers(2, 5).t(),
    "permuted": lambda: _numbers(2, 3, 4).permute(2, 0, 1),
    "every_second": lambda: _numbers(12)[::2],
    "every_second_column": lambda: _numbers(4, 6)[:, ::2],
    "tail": lambda: _numbers(9)[4:],
    "flipped": lambda: _numbers(2, 5).flip(1),
    "expanded_scalar": lambda: torch.tensor(4).expand(3, 2),
    "expanded_row": lambda: _numbers(5).expand(3, 5),
    "expanded_column": lambda: _numbers(3, 1).expand(3, 4),
    "long_expanded": lambda: _numbers(1, 512).expand(7, 512),  # "discontiguous" in PyTorch's own module_db
    "windows": lambda: _numbers(7).unfold(0, 3, 1),
    "channels_last": lambda: _numbers(2, 3, 2, 2).to(memory_format=torch.channels_last),
}
