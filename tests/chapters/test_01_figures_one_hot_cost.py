import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch

from embedding_layer.chapters.chapter_01.figures.one_hot_cost import Costs, draw_one_hot_costs, measure_costs


@pytest.fixture
def axes():
    figure, axes = plt.subplots(3, 1, sharex=True)
    yield axes
    plt.close(figure)


def test_counts_are_what_theory_says_and_times_are_times():
    threads = torch.get_num_threads()
    costs = measure_costs([50, 200], n_ids=8, dim=4)
    assert (costs.n_ids, costs.dim) == (8, 4)
    assert costs.sizes.tolist() == [50, 200]
    assert costs.bytes.tolist() == [4 * 8 * 50, 4 * 8 * 200]
    assert costs.flops.tolist() == [2 * 8 * 50 * 4, 2 * 8 * 200 * 4]
    assert (costs.seconds > 0).all()
    assert (costs.pick_seconds > 0).all()
    assert torch.get_num_threads() == threads


def test_the_product_takes_longer_with_a_larger_vocabulary():
    costs = measure_costs([1_000, 100_000])
    assert costs.seconds[1] > 10 * costs.seconds[0]


def test_the_panels_hold_the_measured_points_and_the_lines_of_theory(axes):
    sizes = np.array([10, 100])
    costs = Costs(sizes, 2, 3, 8 * sizes, 12 * sizes, np.array([2e-6, 2e-5]), np.array([1e-6, 1e-6]))
    draw_one_hot_costs(axes, costs, mark=(50, "here"))
    for ax, measured, floor in zip(
        axes, (costs.bytes, costs.flops, costs.seconds), (16, 12, 1e-6), strict=True
    ):
        theory, points, needed, mark = ax.lines
        np.testing.assert_allclose(points.get_ydata(), measured)
        np.testing.assert_allclose(theory.get_ydata(), measured)  # these points lie on the line
        np.testing.assert_allclose(needed.get_ydata(), floor)
        assert mark.get_xdata()[0] == 50
        assert (ax.get_xscale(), ax.get_yscale()) == ("log", "log")
    assert "here" in [text.get_text() for text in axes[0].texts]


def test_the_line_for_the_time_is_in_proportion_to_v_whatever_was_measured(axes):
    sizes = np.array([10, 100, 1000])
    seconds = np.array([3e-6, 1e-5, 4e-4])
    draw_one_hot_costs(axes, Costs(sizes, 2, 3, sizes, sizes, seconds, seconds))
    line = axes[2].lines[0].get_ydata()
    np.testing.assert_allclose(line / line[0], [1, 10, 100])
    assert np.prod(line) == pytest.approx(np.prod(seconds))  # through the middle of the points
