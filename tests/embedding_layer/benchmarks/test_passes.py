"""That the benchmarks measure what their names say: a stand-in runs every function that would be timed."""

import itertools

import pytest
import torch
from torch import nn

from embedding_layer.benchmarks import layer as layer_benchmark
from embedding_layer.benchmarks import step as step_benchmark
from embedding_layer.benchmarks.case import BATCHES, Setting
from embedding_layer.layer import CustomEmbedding

SETTING = Setting(300, "Zipf", 1)


@pytest.fixture
def measured(monkeypatch):
    """Collect what each pass was asked to time, and what that returned, instead of timing it."""
    seen = {}

    def look(setting, benchmark, what, functions, baseline, *, repeats, **more):
        with torch.sparse.check_sparse_tensor_invariants(enable=False):  # as where they are timed
            seen[what] = {name: (function, function()) for name, function in functions.items()}, more
        return iter(())

    for module in (layer_benchmark, step_benchmark):
        monkeypatch.setattr(module, "measure", look)
    return seen


def table_of(function):
    """Return the table that a timed function moves gradients into."""
    return next(
        cell.cell_contents
        for cell in function.__closure__
        if getattr(cell.cell_contents, "is_leaf", False) and cell.cell_contents.requires_grad
    )


def test_only_the_forward_pass_is_timed_without_a_graph(measured):
    list(layer_benchmark.measure_layer(SETTING, repeats=1))
    for what, graph in (("forward", False), ("forward with graph", True)):
        functions, _ = measured[what]
        assert {rows.requires_grad for _, rows in functions.values()} == {graph}


def test_the_sparse_pass_makes_sparse_gradients_and_the_dense_one_dense(measured):
    list(layer_benchmark.measure_layer(SETTING, repeats=1))
    for what, sparse in (("forward + backward", False), ("sparse", True)):
        functions, _ = measured[what]
        assert {table_of(function).grad.is_sparse for function, _ in functions.values()} == {sparse}


def test_batches_take_turns_so_that_their_rows_do_not_stay_in_the_caches():
    drawn = list(itertools.islice(SETTING.batches(), BATCHES))
    assert BATCHES >= 32
    assert all(not torch.equal(one, other) for one, other in itertools.pairwise(drawn))


def test_a_rule_of_pytorch_steps_pytorch_s_layer_and_ours_steps_ours(measured):
    list(step_benchmark.measure_step(SETTING, 1e10, repeats=1))
    functions, _ = measured["SGD"]
    kinds = {
        name: {type(cell.cell_contents) for cell in function.__closure__} & {nn.Embedding, CustomEmbedding}
        for name, (function, _) in functions.items()
        if name != "FBGEMM"
    }
    assert kinds == {"SGD": {nn.Embedding}, "RowSGD": {CustomEmbedding}}


def test_the_bound_counts_each_row_once_however_often_it_occurs(measured):
    bounds = {}
    for ids in ("uniform", "Zipf"):
        list(step_benchmark.measure_step(Setting(100_000, ids, 1), 1e10, repeats=1))
        bounds[ids] = {what: more["bound"] for what, (_, more) in measured.items()}
    for rule, bound in bounds["Zipf"].items():
        assert bound < 0.8 * bounds["uniform"][rule]
