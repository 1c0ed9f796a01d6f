"""Optimisers that touch only the rows that were looked up: the cost of a step does not grow with the table.

Each is a `torch.optim.Optimizer` for parameters whose first axis counts rows. Give the layer `sparse=True`,
so that its gradient lists the rows that were looked up.
"""

from embedding_layer.optim.adagrad import RowAdagrad, RowWiseAdagrad
from embedding_layer.optim.adam import RowAdam
from embedding_layer.optim.base import RowOptimizer
from embedding_layer.optim.sgd import RowSGD

__all__ = ["RowAdagrad", "RowAdam", "RowOptimizer", "RowSGD", "RowWiseAdagrad"]
