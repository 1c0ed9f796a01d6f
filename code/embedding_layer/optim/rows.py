"""Which rows a gradient touches, and with which slopes."""

from __future__ import annotations

from copy import copy
from typing import Any

import torch
from torch import Tensor


class RowGradient:
    """The gradient of a table as a list of rows, from whichever layout autograd has made.

    Parameters
    ----------
    gradient : Tensor of shape `(V, …)`, dense or sparse COO with one sparse axis
        Of a dense gradient the rows count that are not zero.

    Attributes
    ----------
    ids : Tensor of int64, shape `(N,)`
        The rows, in any order; one that was looked up twice may stand here twice.
    slopes : Tensor of shape `(N, …)`
        What each of them contributes; the slopes of one row add up. This may be the gradient's own memory.
    """

    def __init__(self, gradient: Tensor) -> None:
        if gradient.is_sparse:
            self.ids, self.slopes = gradient._indices()[0], gradient._values()
        else:
            touched = gradient != 0
            self.ids = (touched if touched.dim() == 1 else touched.flatten(1).any(1)).nonzero().squeeze(1)
            self.slopes = gradient.index_select(0, self.ids)

    def __len__(self) -> int:
        return len(self.ids)

    def merged(self, count: int) -> RowGradient:
        """Return the gradient with each row once, in memory of its own; `count` is V."""
        merged = copy(self)
        last = self.ids.new_empty(count)
        merged.ids, merged.slopes = self.sum_repeated(last, torch.empty_like(self.slopes))
        return merged

    def sum_repeated(self, last: Tensor, sums: Tensor) -> tuple[Tensor, Tensor]:
        """Return the rows once each, in any order, and the sum of the slopes of each.

        Sorting the ids would do, as `coalesce` does. This is quicker: every occurrence writes its own number
        to the place of its row. The one that is written last stays there, and stands for all.

        Parameters
        ----------
        last : Tensor of int64, shape `(V,)`
            Scratch space; what it holds before and after does not matter.
        sums : Tensor of the shape of `slopes`
            Where to put the sums. Numbers of 16 bits are added up in 32, and rounded once.
        """
        occurrence = torch.arange(len(self), device=self.ids.device)
        representative = last.scatter_(0, self.ids, occurrence).gather(0, self.ids)
        represents = representative == occurrence
        rows = self.ids.index_select(0, represents.nonzero().squeeze(1))
        position = represents.cumsum(0).sub_(1).index_select(0, representative)
        sums, slopes = sums[: len(rows)], self.slopes.contiguous()
        if slopes.itemsize >= 4:
            return rows, sums.zero_().index_add_(0, position, slopes)
        precise = torch.zeros_like(sums, dtype=torch.float32).index_add_(0, position, slopes.float())
        return rows, sums.copy_(precise)


class Scratch:
    """Memory that an optimiser keeps from step to step for its intermediate results.

    Fresh memory is slow: the system clears it page by page when it is first written, and that can take longer
    than the arithmetic of a step. Nothing in here outlives a step, so nothing of it is saved.
    """

    def __init__(self) -> None:
        self.fused_steps: dict[Tensor, Any] = {}
        self._blocks: dict[tuple, Tensor] = {}

    def block(self, name: str, count: int, like: Tensor, dtype: torch.dtype | None = None) -> Tensor:
        """Return memory for `count` rows like those of `like`; it holds what its last use has left."""
        key = name, like.shape[1:], dtype or like.dtype, like.device
        block = self._blocks.get(key)
        if block is None or len(block) < count:
            block = self._blocks[key] = like.new_empty(count, *like.shape[1:], dtype=dtype)
        return block[:count]
