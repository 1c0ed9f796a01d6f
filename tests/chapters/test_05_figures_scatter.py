import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from embedding_layer.chapters.chapter_05.figures.scatter import draw_scatter, draw_transposed
from embedding_layer.figures import PALETTE

WORDS = ["the", "bird", "cat", "dog"]
WEIGHT = np.array([[7.0, 3], [-4, 2], [5, -6], [8, 9]])
IDS = np.array([[0, 1], [0, 2]])
SLOPES = np.array([[[1.0, 5], [3, -2]], [[-5, 4], [6, 0]]])
GRADIENT = [[-4, 9], [3, -2], [6, 0], [0, 0]]


@pytest.fixture
def panels():
    axes = Figure(figsize=(6, 6)).subplots(2, 1)
    draw_scatter(axes, WEIGHT, IDS, SLOPES, WORDS, follow=0)
    return axes


def numbers_of(ax):
    texts = [text.get_text() for text in ax.texts]
    return [int(text) for text in texts if text.lstrip("-").isdigit()]


def wires_of(ax):
    """Return for every wire where it starts and where it ends."""
    return [
        (note.xyann, note.xy, note.arrow_patch) for note in ax.texts if getattr(note, "arrow_patch", None)
    ]


def framed(ax):
    ink = PALETTE["ink"].lower()
    return sum(p.get_linewidth() == 2.5 and to_hex(p.get_edgecolor()) == ink for p in ax.patches)


def test_forward_shows_the_table_and_copies_of_its_rows(panels):
    assert numbers_of(panels[0]) == [*WEIGHT.ravel(), *WEIGHT[IDS].ravel()]


def test_backward_shows_the_slopes_and_their_sums(panels):
    assert numbers_of(panels[1]) == [*np.ravel(GRADIENT), *SLOPES.ravel()]


def test_both_panels_have_a_wire_for_every_position_in_opposite_directions(panels):
    ahead, back = (wires_of(ax) for ax in panels)
    assert len(ahead) == len(back) == IDS.size
    assert all(start[0] < end[0] for start, end, _ in ahead)
    assert all(start[0] > end[0] for start, end, _ in back)
    for (start, end, _), (back_start, back_end, _) in zip(ahead, back, strict=True):
        assert start[1] == back_end[1]  # the same row
        assert end == back_start  # the same position


def test_the_followed_wires_are_thick_not_only_dark(panels):
    for ax in panels:
        widths = [patch.get_linewidth() for _, _, patch in wires_of(ax)]
        assert widths[0] == widths[2] > 1.5 * max(widths[1], widths[3])
        assert framed(ax) == 1 + 2  # one row of the table, two positions


def test_a_plus_stands_only_where_wires_meet_and_only_on_the_way_back(panels):
    plus = [[text for text in ax.texts if text.get_text() == "+"] for ax in panels]
    assert [len(found) for found in plus] == [0, 1]
    row_of_the = next(text for text in panels[1].texts if text.get_text() == "the")
    assert plus[1][0].get_position()[1] == row_of_the.get_position()[1]


def test_the_product_shows_the_turned_matrix_the_slopes_and_the_gradient():
    ax = Figure().subplots()
    draw_transposed(ax, IDS.ravel(), SLOPES.reshape(4, 2), 4, WORDS, follow=0)
    turned = [[1, 0, 1, 0], [0, 1, 0, 0], [0, 0, 0, 1], [0, 0, 0, 0]]
    assert numbers_of(ax) == [*np.ravel(turned), *SLOPES.ravel(), *np.ravel(GRADIENT)]
    assert framed(ax) == 1 + 2 + 1  # the row of ones, the two rows of slopes that they pick, the sum
    assert {"×", "="} <= {text.get_text() for text in ax.texts}
    below = [text.get_text() for text in ax.texts if text.get_rotation()]
    assert below == ["the", "bird", "the", "cat"]


def test_the_product_centres_its_blocks_when_rows_and_positions_differ():
    ax = Figure().subplots()
    draw_transposed(ax, [1, 1], [[1.0], [2.0]], 4, WORDS, follow=1)
    assert numbers_of(ax) == [0, 0, 1, 1, 0, 0, 0, 0, 1, 2, 0, 3, 0, 0]
    cells = {text.get_text(): text.get_position()[1] for text in ax.texts}
    assert cells["×"] == cells["="] == 1.0


def test_text_is_large_enough_for_a_phone(panels):
    for ax in panels:
        assert min(text.get_fontsize() for text in ax.texts if text.get_text()) >= 9
