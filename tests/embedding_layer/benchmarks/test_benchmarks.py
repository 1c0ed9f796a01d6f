import io
import json
import sys

import pytest
import torch

from embedding_layer.benchmarks import case
from embedding_layer.benchmarks.__main__ import main, print_tables
from embedding_layer.benchmarks.case import COUNT, Setting, threads
from embedding_layer.benchmarks.results import PROVENANCE
from embedding_layer.benchmarks.step import STATE_DIMS
from embedding_layer.benchmarks.targets import verdicts
from embedding_layer.measure.random_ids import uniform_ids, zipf_ids


@pytest.mark.parametrize("draw", [uniform_ids, zipf_ids])
def test_ids_are_those_of_the_table_and_the_same_for_a_seed(draw):
    ids = draw(5000, 37, seed=3)
    assert ids.dtype == torch.int64
    assert ids.shape == (5000,)
    assert ids.min() >= 0
    assert ids.max() < 37
    assert torch.equal(ids, draw(5000, 37, seed=3))
    assert not torch.equal(ids, draw(5000, 37, seed=4))


def test_zipf_s_most_frequent_id_occurs_as_often_as_it_should():
    size = 1000
    counts = zipf_ids(100_000, size).bincount(minlength=size).sort(descending=True).values
    total = (1 / torch.arange(1, size + 1)).sum()
    expected = 100_000 / torch.arange(1, 6) / total
    torch.testing.assert_close(counts[:5].float(), expected, rtol=0.05, atol=0)


def test_a_setting_draws_the_same_batches_again():
    setting = Setting(50, "Zipf", 1)
    first, again = setting.batches((64, 64)), setting.batches((64, 64))
    assert all(torch.equal(next(first), next(again)) for _ in range(case.BATCHES + 3))
    assert 1 <= setting.touched() <= 50
    assert len(next(Setting(50, "Zipf", 1, count=7).batches())) == 7


def test_threads_are_put_back():
    before = torch.get_num_threads()
    seen = []

    def fail():
        with threads(2):
            seen.append(torch.get_num_threads())
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert seen == [2]
    assert torch.get_num_threads() == before


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    file = tmp_path_factory.mktemp("results") / "cpu.json"
    assert main(["--sizes", "300", "900", "--repeats", "1", "--output", str(file)]) == 0
    assert file.with_suffix(".png").read_bytes().startswith(b"\x89PNG")
    return json.loads(file.read_text(encoding="utf-8"))


def test_a_run_stores_where_it_comes_from(stored):
    provenance = stored["provenance"]
    assert set(provenance) == set(PROVENANCE)
    assert provenance["device"] == "CPU"
    assert provenance["torch"] == torch.__version__.split("+")[0]
    assert provenance["command"].startswith("python -m embedding_layer.benchmarks --sizes 300 900")
    assert "/" not in provenance["command"]


def test_a_run_measures_every_pass_and_every_rule(stored):
    passes = {(row["benchmark"], row["pass"]) for row in stored["results"]}
    layer = {"forward", "forward with graph", "forward + backward", "sparse"}
    assert passes == {("layer", name) for name in layer} | {("step", rule) for rule in STATE_DIMS}
    for row in stored["results"]:
        assert row["microseconds"] > 0
        assert row["ratio"] > 0
        assert (row["ratio"] == 1) == (row["name"] == row["baseline"]) or row["name"] != row["baseline"]
        assert row["benchmark"] == "layer" or row["bound"] > 0


def test_the_tables_are_printed_where_only_ascii_can_be(stored, monkeypatch):
    written = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, encoding="ascii", write_through=True))
    print_tables(stored["results"])
    text = written.getvalue().decode()
    assert "layer: forward, 4,096 ids, 1 thread; microseconds (ratio to the first)" in text
    assert "V =       900 Zipf" in text
    assert "forward + backward, V <= 100,000" in text


def test_targets_are_judged_by_their_worst_row():
    def row(name, what, ratio, size=10_000, **more):
        settings = {"vocab_size": size, "ids": "Zipf", "count": COUNT, "microseconds": 1.0}
        return {"name": name, "pass": what, "ratio": ratio} | settings | more

    rows = [
        row("CustomEmbedding", "forward", 1.05),
        row("CustomEmbedding", "forward", 1.2),
        row("nn.Embedding", "forward", 9.0),
        row("CustomEmbedding", "forward + backward", 0.95, 1_000_000),
        row("RowSGD", "SGD", 0.9, microseconds=100.0, bound=50.0),
        row("RowSGD", "SGD", 0.9, 4_000_000, microseconds=300.0, bound=50.0),
        row("RowSGD", "SGD", 1.5, count=32),
        row("FBGEMM", "SGD", 0.9, 4_000_000, microseconds=150.0),
    ]
    found = {name: rest for name, *rest in verdicts(rows)}
    assert found["forward, to nn.Embedding"] == [1.10, 1.2, 1, 2]
    assert found["forward + backward, V > 100,000"] == [1.00, 0.95, 1, 1]
    assert "forward + backward, V <= 100,000" not in found
    assert found["step of RowSGD, to the memory bound, V <= 1,000,000"] == [3.0, 2.0, 1, 1]
    assert found["step of RowSGD, to the memory bound, V > 1,000,000"] == [4.0, 6.0, 0, 1]
    assert found["step on 32 and 256 ids, to PyTorch's of the same rule"] == [1.1, 1.5, 0, 1]
    assert found["growth of a step from V = 10,000 to 4,000,000"] == [2.5, 3.0, 0, 1]
    assert found["step to FBGEMM's of the same rule"] == [0.8, 2.0, 0, 1]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--repeats", "0"], "--repeats 0: at least one round"),
        (["--sizes", "0"], "--sizes 0: a table has at least one row"),
        (["--output", "no/such/folder/x.json"], "the folder does not exist"),
        (["layers"], "invalid choice"),
    ],
)
def test_a_command_that_cannot_be_run_is_refused_before_anything_is_measured(arguments, message, capsys):
    with pytest.raises(SystemExit):
        main(arguments)
    assert message in capsys.readouterr().err


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device here")
def test_a_device_that_is_not_there_is_named(capsys):
    with pytest.raises(SystemExit):
        main(["--device", "cuda"])
    assert "PyTorch finds no CUDA device" in capsys.readouterr().err
