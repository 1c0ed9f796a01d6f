import pytest
from matplotlib.figure import Figure

from embedding_layer.chapters.chapter_06.figures.limits import draw_limit

BEFORE = [[3.0, 4.0], [0.2, 0.1], [-6.0, 8.0]]
AFTER = [[0.6, 0.8], [0.2, 0.1], [-6.0, 8.0]]


@pytest.fixture
def ax():
    ax = Figure().subplots()
    draw_limit(ax, BEFORE, AFTER, [0, 1], ["the", "bird", "cat"], max_norm=1.0)
    return ax


def dots(ax):
    """Return for every dot where it is, and whether it is filled."""
    found = [line for line in ax.lines if line.get_marker() == "o"]
    return [(*map(float, line.get_xydata()[0]), line.get_markerfacecolor() != "white") for line in found]


def test_rows_end_where_they_are_afterwards_filled_if_they_were_looked_up(ax):
    shown = dots(ax)
    assert (0.6, 0.8, True) in shown
    assert (0.2, 0.1, True) in shown
    assert (-6.0, 8.0, False) in shown


def test_where_a_row_was_before_is_shown_if_it_has_moved(ax):
    assert len(dots(ax)) == 4
    assert (3.0, 4.0, False) in dots(ax)
    arrows = [note for note in ax.texts if getattr(note, "arrow_patch", None)]
    assert [tuple(note.xyann) for note in arrows] == [(3.0, 4.0)]
    assert arrows[0].xy[0] < 3.0


def test_the_circle_has_the_limit_as_its_radius(ax):
    (circle,) = ax.patches
    assert (circle.center, circle.radius, circle.get_fill()) == ((0, 0), 1.0, False)
    assert "max_norm=1" in [text.get_text() for text in ax.texts]


def test_every_row_has_its_word_and_everything_is_in_view(ax):
    words = {text.get_text(): text.xy for text in ax.texts if text.get_text()}
    assert {"the", "bird", "cat"} <= set(words)
    (left, right), (bottom, top) = ax.get_xlim(), ax.get_ylim()
    for x, y in (*BEFORE, *AFTER, (1, 1), (-1, -1)):
        assert left < x < right
        assert bottom < y < top


def test_a_row_of_zeros_can_be_drawn():
    ax = Figure().subplots()
    draw_limit(ax, [[1.0, 1.0]], [[0.0, 0.0]], [0], ["the"], max_norm=0.0)
    assert (0.0, 0.0, True) in dots(ax)
