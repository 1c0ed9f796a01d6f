import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from embedding_layer.chapters.chapter_06.figures.parity import draw_parity
from embedding_layer.figures import PALETTE
from embedding_layer.parity import DIFFERS, REFUSES_DIFFERENTLY, SAME, Comparison, ParityTable

ROWS = (
    ("looking", (SAME, SAME)),
    ("looking", (DIFFERS, SAME)),
    ("looking", (REFUSES_DIFFERENTLY, SAME)),
    ("moving", (DIFFERS, DIFFERS)),
)
TABLE = ParityTable(
    ("theirs", "ours"), tuple((Comparison(group, "name", lambda layer: None), found) for group, found in ROWS)
)


@pytest.fixture
def ax():
    ax = Figure().subplots()
    draw_parity(ax, TABLE)
    return ax


def squares(ax):
    """Return the strips from top to bottom: for every square whether it is full, half or empty."""
    boxes = [p for p in ax.patches if hasattr(p, "get_width")]
    halves = {tuple(p.get_xy()[0]) for p in ax.patches if not hasattr(p, "get_width")}
    strips = {}
    for box in sorted(boxes, key=lambda p: (p.get_y(), p.get_x())):
        full = "empty" if box.get_facecolor() == (1.0, 1.0, 1.0, 1.0) else "full"
        strips.setdefault(box.get_y(), []).append("half" if box.get_xy() in halves else full)
    return list(strips.values())


def test_one_square_a_comparison_told_apart_by_how_full_it_is(ax):
    assert squares(ax) == [["full", "empty", "half"], ["full"] * 3, ["empty"], ["empty"]]


def test_what_differs_is_outlined_in_another_colour(ax):
    boxes = [p for p in ax.patches if hasattr(p, "get_width")]
    full = {to_hex(p.get_edgecolor()) for p in boxes if p.get_facecolor() == p.get_edgecolor()}
    others = {to_hex(p.get_edgecolor()) for p in boxes if p.get_facecolor() != p.get_edgecolor()}
    assert (full, others) == ({PALETTE["blue"].lower()}, {PALETTE["purple"].lower()})


def test_groups_and_layers_are_named(ax):
    texts = [text.get_text() for text in ax.texts]
    assert texts == ["looking", "theirs", "ours", "moving", "theirs", "ours"]


def test_the_legend_names_the_verdicts(ax):
    legend = ax.get_legend()
    assert [text.get_text() for text in legend.get_texts()] == [SAME, REFUSES_DIFFERENTLY, DIFFERS]
    assert [line.get_fillstyle() for line in legend.get_lines()] == ["full", "left", "none"]
