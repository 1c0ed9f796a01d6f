import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_hex

from embedding_layer.chapters.chapter_01.figures.word_codes import (
    draw_corners,
    draw_distances,
    draw_numbering,
    draw_ones,
)
from embedding_layer.figures import PALETTE


@pytest.fixture
def ax():
    figure, ax = plt.subplots()
    yield ax
    plt.close(figure)


def texts(ax):
    return [text.get_text() for text in ax.texts]


def test_every_vector_has_its_length_and_its_one(ax):
    draw_ones(ax, ["a", "rare", "a"], [3, 1_234, 3], 2_000)
    assert [patch.get_width() for patch in ax.patches] == [2_000] * 3
    assert [(float(line.get_xdata()[0]), line.get_ydata()[0]) for line in ax.lines] == [
        (3.5, 0),
        (1_234.5, 1),
        (3.5, 2),
    ]
    assert texts(ax) == ["1 at 3", "a", "1 at 1,234", "rare", "1 at 3", "a"]
    assert ax.yaxis_inverted()  # the first word on top


def test_words_and_ids_must_belong_together(ax):
    with pytest.raises(ValueError, match="zip"):
        draw_ones(ax, ["a", "b"], [0], 5)


@pytest.mark.parametrize(
    ("labels", "wrong"),
    [([1, 0, 1, 0, 1], [1, 3]), ([1, 1, 1, 0, 0], []), ([0, 0, 1, 1, 1], [])],
)
def test_a_numbering_shows_the_fitted_line_and_the_words_it_gets_wrong(ax, labels, wrong):
    draw_numbering(ax, list("abcde"), labels)
    half, fit, right, crosses = ax.lines
    assert list(half.get_ydata()) == [0.5, 0.5]
    slope, start = np.polyfit(range(5), labels, 1)
    np.testing.assert_allclose(fit.get_ydata(), slope * fit.get_xdata() + start)
    assert crosses.get_xdata().tolist() == wrong
    assert crosses.get_marker() != right.get_marker()
    assert sorted([*right.get_xdata().tolist(), *wrong]) == [0, 1, 2, 3, 4]
    assert texts(ax) == ["wrong"] * len(wrong)
    assert [label.get_text() for label in ax.get_xticklabels()] == ["0\na", "1\nb", "2\nc", "3\nd", "4\ne"]


def test_the_corners_are_equally_far_apart(ax):
    draw_corners(ax, ["cat", "dog", "tensor"])
    (triangle,) = ax.patches
    corners = triangle.get_xy()[:3]
    sides = np.linalg.norm(corners - np.roll(corners, 1, axis=0), axis=1)
    np.testing.assert_allclose(sides, np.sqrt(3))
    assert texts(ax).count("√2") == 3
    assert "tensor\n(0, 0, 1)" in texts(ax)


def test_near_is_full_blue_and_the_largest_distance_pale(ax):
    draw_distances(ax, [[0, 3], [3, 0]], ["cat", "dog"])
    (image,) = ax.images
    np.testing.assert_array_equal(image.get_array(), [[0, 1], [1, 0]])
    assert to_hex(image.cmap(0.0)) == PALETTE["blue"].lower()
    assert to_hex(image.cmap(1.0)) == "#f7f7f7"
    assert [label.get_text() for label in ax.get_yticklabels()] == ["cat", "dog"]


def test_distances_without_labels(ax):
    draw_distances(ax, np.eye(3), ["a", "b", "c"], labels=False)
    assert not ax.get_yticklabels()
