import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from embedding_layer.chapters.chapter_06.figures.batched import draw_tall_table
from embedding_layer.figures import PALETTE

TABLES = np.arange(18.0).reshape(3, 3, 2) - 9
IDS = [[0, 2], [1, 1], [2, 0]]


@pytest.fixture
def ax():
    ax = Figure(figsize=(5.4, 4.2)).subplots()
    draw_tall_table(ax, TABLES, IDS)
    return ax


def sides(patches):
    """Split patches into those of the tables on the left and those of the tall table, from top to bottom."""
    middle = 7
    parts = ([p for p in patches if (p.get_x() < middle) == left] for left in (True, False))
    return [sorted(part, key=lambda p: (p.get_y(), p.get_x())) for part in parts]


def test_both_sides_show_the_same_cells_in_the_same_order(ax):
    left, right = sides([patch for patch in ax.patches if patch.get_fill()])
    assert len(left) == len(right) == TABLES.size
    assert [p.get_facecolor() for p in left] == [p.get_facecolor() for p in right]


def test_the_tall_table_has_no_gaps_and_the_tables_do(ax):
    left, right = (
        np.diff(sorted({p.get_y() for p in side})) for side in sides([p for p in ax.patches if p.get_fill()])
    )
    assert np.allclose(right, 1)
    assert np.allclose(left, [1, 1, 2, 1, 1, 2, 1, 1])


def test_the_same_rows_are_framed_on_both_sides(ax):
    ink = PALETTE["ink"].lower()
    frames = [p for p in ax.patches if not p.get_fill() and to_hex(p.get_edgecolor()) == ink]
    left, right = sides(frames)
    top = min(p.get_y() for p in ax.patches if p.get_x() > 7)
    assert [round(p.get_y() - top) for p in right] == [0, 2, 4, 6, 8]
    assert len(left) == len(right)


def test_the_ids_stand_beside_their_tables_and_shifted_beside_the_tall_one(ax):
    texts = [text.get_text() for text in ax.texts if text.get_text()]
    for words in ("ids 0, 2", "ids 1, 1", "ids 2, 0", "ids 0, 2\nas they are"):
        assert words in texts
    assert "ids 1, 1\n+ 1 · 3\n= 4, 4" in texts
    assert "ids 2, 0\n+ 2 · 3\n= 8, 6" in texts
    assert [text for text in texts if text.isdigit()] == ["0", "1", "2"] * 3 + [str(row) for row in range(9)]
    assert {"3 tables of 3 rows", "one table of 9"} <= set(texts)
