import pytest
from matplotlib.figure import Figure

from embedding_layer.benchmarks.figure import draw_benchmarks


def row(benchmark, what, name, size, *, ids="Zipf", threads=1, ratio=1.0, microseconds=1.0):
    return {
        "benchmark": benchmark,
        "pass": what,
        "name": name,
        "vocab_size": size,
        "ids": ids,
        "threads": threads,
        "ratio": ratio,
        "microseconds": microseconds,
    }


def drawn(rows):
    figure = Figure()
    draw_benchmarks(figure, rows)
    return [
        {line.get_label(): (list(line.get_xdata()), list(line.get_ydata())) for line in ax.lines}
        for part in figure.subfigs
        for ax in part.axes
    ]


def test_a_panel_for_each_benchmark_with_the_sizes_in_order():
    rows = [
        row("layer", "sparse", "CustomEmbedding", 1000, ratio=1.5),
        row("layer", "sparse", "CustomEmbedding", 100, ratio=1.2),
        row("layer", "sparse", "nn.Embedding", 100),
        row("step", "Adam", "RowAdam", 100, microseconds=7.0),
        row("step", "Adam", "RowAdam", 1000, microseconds=8.0),
    ]
    layer, step = drawn(rows)
    assert layer == {"sparse": ([100, 1000], [1.2, 1.5])}
    assert step == {"RowAdam": ([100, 1000], [7.0, 8.0])}


def test_a_function_measured_twice_is_drawn_once():
    rows = [
        row("step", "Adagrad", "Adagrad", 100, microseconds=5.0),
        row("step", "row-wise Adagrad", "Adagrad", 100, microseconds=6.0),
    ]
    assert drawn(rows) == [{"Adagrad": ([100], [5.0])}]


def test_other_ids_and_thread_counts_are_left_out():
    rows = [row("step", "SGD", "SGD", 100, ids="uniform"), row("step", "SGD", "SGD", 100, threads=2)]
    with pytest.raises(ValueError, match="nothing to draw"):
        drawn(rows)
