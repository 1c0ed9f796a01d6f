from pathlib import Path

import pytest
import torch

from embedding_layer.benchmarks.results import Results
from embedding_layer.chapters.chapter_12 import experiment
from embedding_layer.layer import CustomEmbedding
from embedding_layer.measure import Timings
from embedding_layer.measure.random_ids import uniform_ids, zipf_ids
from embedding_layer.optim import kernels


def test_another_batch_at_each_call_and_after_the_last_the_first():
    deal = experiment.batch_dealer(1_000, count=5, batches=3)
    dealt = [deal() for _ in range(4)]
    assert torch.equal(torch.cat(dealt[:3]), uniform_ids(15, 1_000))
    assert torch.equal(dealt[3], dealt[0])


def test_neighbours_lie_side_by_side_and_begin_anew_after_the_last_row():
    assert experiment.neighbours(7, 5).tolist() == [0, 1, 2, 3, 4, 0, 1]


def test_all_kinds_of_look_ups_fetch_a_batch_of_rows():
    for look_up in experiment.look_ups_by_kind(100).values():
        assert look_up().shape == (experiment.COUNT, experiment.EMBEDDING_DIM)


def test_a_copy_goes_to_another_place_or_always_to_one():
    block = torch.arange(2.0**20)
    copies = experiment.copies_of(block)
    places = {name: [copy() for _ in range(5)] for name, copy in copies.items()}
    assert len({place.data_ptr() for place in places["other places"]}) == 4
    assert len({place.data_ptr() for place in places["one place"]}) == 1
    assert torch.equal(torch.cat(places["other places"][:4]), block)


@pytest.mark.parametrize("width", [1, 4])
def test_a_block_is_cut_into_rows_of_any_width_and_looked_up(width):
    block = torch.arange(4.0 * experiment.COUNT)
    table = block.view(-1, width)
    look_ups = experiment.look_ups_by_width(block, width)
    assert torch.equal(look_ups["neighbours"](), table[experiment.neighbours(experiment.COUNT, len(table))])
    assert torch.equal(look_ups["scattered"](), table[experiment.batch_dealer(len(table), batches=256)()])
    assert torch.equal(
        experiment.scattered_look_ups(block, [width])[width](),
        experiment.look_ups_by_width(block, width)["scattered"](),
    )


def test_precisions_differ_in_bytes_and_not_in_what_is_looked_up():
    block = torch.arange(64.0).repeat(experiment.COUNT // 16)  # whole numbers that bfloat16 has, too
    look_ups = experiment.look_ups_by_precision(block, [4])
    whole, half = (look_ups[name, 4]() for name in ("float32", "bfloat16"))
    assert half.dtype == torch.bfloat16
    assert torch.equal(whole, half.float())


def test_a_step_with_adam_moves_the_table_or_the_rows_of_the_batch():
    N, V, D = experiment.COUNT, 10_000, experiment.EMBEDDING_DIM
    U = len(zipf_ids(N, V).unique())
    forward, backward = 8 * N + 4 * (U + N) * D, 8 * N + 4 * N * D + 4 * V * D + 8 * U * D
    rows = 2 * 8 * N + 8 * N + 4 * N * D + 24 * U * D
    assert experiment.step_bytes(V) == (forward + backward + 28 * V * D, forward + rows)


def test_passes_counts_what_goes_through_many_numbers():
    numbers = torch.ones(10, 10)
    with experiment.Passes(100) as passes:
        numbers.view(5, 20)  # a look at the same memory
        numbers[:5].exp()  # too few
        numbers.mul_(2)
        numbers.sum()
    assert passes.count == 2


def test_the_source_of_a_kernel_is_plain_python():
    source = experiment.source_of(kernels.adagrad)
    assert source.startswith("def adagrad(")
    assert max(map(len, source.splitlines())) <= 76, "a page cuts longer lines off"


@pytest.mark.parametrize("large", [False, True])
def test_new_memory_is_a_tensor_of_zeros(large):
    memory = experiment.new_memory(2**20, large_pages=large)
    assert memory.shape == (2**20,)
    assert not memory.any()
    memory.fill_(1)
    assert memory.sum() == 2**20


def test_look_ups_by_page_are_of_tables_of_the_same_size():
    look_ups = experiment.look_ups_by_page(500)
    assert [look_up().shape for look_up in look_ups.values()] == [(4096, 64)] * 2
    assert len({look_up().data_ptr() for look_up in look_ups.values()}) == 2


def test_the_ratios_of_steps_are_picked_by_optimiser_and_batch():
    rows = [
        {"benchmark": "step", "name": name, "count": count, "ratio": ratio}
        for name, count, ratio in [("RowSGD", 32, 1.5), ("RowSGD", 32, 1.2), ("RowSGD", 9, 8), ("SGD", 32, 1)]
    ]
    assert experiment.step_ratios(Results(Path(), {}, rows), "RowSGD", 32) == (1.2, 1.5)


def test_the_sparse_ratio_is_ours_to_pytorch_s(monkeypatch):
    seen = {}

    def look(runs, *, repeats):
        seen.update({name: run.args[0] for name, run in runs.items()})
        for run in runs.values():
            run()
        return Timings({"CustomEmbedding": [3.0], "Embedding": [2.0]})

    monkeypatch.setattr(experiment, "compare", look)
    assert experiment.sparse_ratio(50, 7) == 1.5
    assert all(layer.weight.grad.is_sparse for layer in seen.values())
    assert {name: type(layer) for name, layer in seen.items()} == {
        "Embedding": torch.nn.Embedding,
        "CustomEmbedding": CustomEmbedding,
    }


def test_compiling_takes_a_while():
    assert experiment.seconds_to_compile(kernels.adagrad) > 0.01
