"""The point of it all: a step does not grow dearer with the table, apart from what the memory takes."""

import torch

from embedding_layer import compare
from embedding_layer.optim import RowAdam

from .tables import sparse


def step_on(rows):
    parameter = torch.nn.Parameter(torch.zeros(rows, 16))
    ids = torch.randint(rows, (4096,), generator=torch.Generator().manual_seed(0))
    parameter.grad = sparse(ids.tolist(), torch.ones(4096, 16), rows)
    return RowAdam([parameter], lr=0.1).step


def test_a_hundred_times_the_rows_are_not_a_hundred_times_the_time():
    timings = compare({"small": step_on(10_000), "large": step_on(1_000_000)}, repeats=11)
    assert timings.ratio("large", "small") < 6
