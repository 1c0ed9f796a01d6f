import numpy as np
import pytest
import torch
from matplotlib.figure import Figure

from embedding_layer import CustomEmbedding
from embedding_layer.chapters.chapter_07.figures.ledger import (
    FAINTEST,
    STRONG,
    draw_first_steps,
    draw_ledger,
    draw_moves,
    draw_strip,
    shares_of_largest,
)
from embedding_layer.figures.style import PALETTE
from embedding_layer.optim.ledger import RowLedger

WORDS = ["the", "cat", "yeti"]
LENGTHS = np.array([[1.0, 0.0, 0.0], [10.0, 0.5, 0.0], [1.0, 0.0001, 0.0], [1.0, 0.0, 0.0]])  # (S, V)


def ledger(make=torch.optim.Adam, batches=((0, 1), (0,), (0,))):
    torch.manual_seed(0)
    layer = CustomEmbedding(3, 2)
    optimizer = make(layer.parameters(), lr=0.1)
    with RowLedger(layer.weight, optimizer) as kept:
        for ids in batches:
            optimizer.zero_grad()
            layer(torch.tensor(ids)).sum().backward()
            optimizer.step()
    return kept


def crosses(ax):
    """Return the marked cells as (step, row), each with the colour of its mark."""
    return {
        (round(x), round(y)): line.get_color()
        for line in ax.lines
        if line.get_marker() == "x"
        for x, y in line.get_xydata()
    }


def title(ax):
    return ax.get_title(loc="left") or ax.get_title(loc="center")  # the book's style writes it on the left


def test_shares_leave_out_what_is_exactly_zero():
    shares = shares_of_largest(LENGTHS)
    assert np.isnan(shares).tolist() == (LENGTHS == 0).tolist()
    assert shares[1].tolist()[:2] == [1, 0.05]
    assert shares[2, 1] == FAINTEST  # 1/100,000 is drawn like 1/1,000, but it is drawn
    assert np.isnan(shares_of_largest(np.zeros((2, 3)))).all()


def test_a_strip_has_a_row_for_each_word_and_a_column_for_each_step():
    ax = Figure().subplots()
    cells = draw_strip(ax, LENGTHS, WORDS)
    drawn = cells.get_array()
    assert drawn.shape == (3, 4)
    assert np.ma.getmaskarray(drawn).tolist() == (LENGTHS.T == 0).tolist()
    assert drawn.compressed() == pytest.approx([0.1, 1, 0.1, 0.1, 0.05, FAINTEST])
    assert [label.get_text() for label in ax.get_yticklabels()] == WORDS
    assert ax.get_xlim() == (0.5, 4.5)
    assert ax.get_ylim() == (2.5, -0.5)  # the first word on top


def test_marks_are_paper_on_strong_cells_and_ink_on_pale_ones():
    ax = Figure().subplots()
    marked = np.zeros((4, 3), dtype=bool)
    marked[1, 0] = marked[1, 1] = marked[2, 1] = marked[0, 2] = True
    draw_strip(ax, LENGTHS, WORDS, marked=marked)
    paper, ink = PALETTE["paper"], PALETTE["ink"]
    assert crosses(ax) == {(2, 0): paper, (2, 1): paper, (3, 1): ink, (1, 2): ink}
    assert FAINTEST < STRONG < 0.05


@pytest.mark.parametrize("lengths", [LENGTHS.T, LENGTHS[0]])
def test_a_strip_needs_one_column_a_word(lengths):
    with pytest.raises(ValueError, match="3 words; they need one row a step and one column a word"):
        draw_strip(Figure().subplots(), lengths, WORDS)


def test_a_ledger_is_three_strips_and_only_moves_are_marked():
    axes = Figure().subplots(3)
    draw_ledger(axes, ledger(), WORDS)
    assert [title(ax) for ax in axes] == [
        "gradient",
        "momentum, after the step",
        "moved in the step",
    ]
    assert [set(crosses(ax)) for ax in axes] == [set(), set(), {(2, 1), (3, 1)}]  # cat, after its batch
    filled = [~np.ma.getmaskarray(ax.collections[0].get_array()) for ax in axes]
    assert filled[0].tolist() == [[True] * 3, [True, False, False], [False] * 3]
    assert filled[1].tolist() == filled[2].tolist() == [[True] * 3, [True] * 3, [False] * 3]


def test_the_bar_explains_the_cells_in_words():
    figure = Figure()
    draw_ledger(figure.subplots(3), ledger(), WORDS)
    bar = figure.axes[-1]
    assert "empty: exactly 0" in bar.get_xlabel()
    assert "×: moved without a gradient" in bar.get_xlabel()
    assert [label.get_text() for label in bar.get_xticklabels()][-1] == "the largest"


def test_moves_are_a_strip_for_each_optimiser():
    axes = Figure().subplots(1, 2)
    ledgers = {make.__name__: ledger(make) for make in (torch.optim.SGD, torch.optim.AdamW)}
    draw_moves(axes.reshape(1, 2), ledgers, WORDS)
    assert [title(ax) for ax in axes] == ["SGD", "AdamW"]
    assert set(crosses(axes[0])) == set()
    assert set(crosses(axes[1])) == {(1, 2), (2, 1), (2, 2), (3, 1), (3, 2)}


def test_moves_need_a_panel_for_each_ledger():
    with pytest.raises(ValueError, match="zip"):
        draw_moves(Figure().subplots(2, 2), {"SGD": ledger()}, WORDS)


def test_first_steps_are_marks_on_a_line():
    ax = Figure().subplots()
    lengths = {"SparseAdam": [1, 0.5, 3.0], "Adam": [1, 0.5, 3.0], "RowAdam": [1, 1, 1]}
    draw_first_steps(ax, [1, 10, 1000], lengths, formula=[1, 0.48, 3.1])
    drawn = {line.get_label(): line for line in ax.lines}
    for name, values in lengths.items():
        assert drawn[name].get_xydata().tolist() == [[1, values[0]], [10, values[1]], [1000, values[2]]]
    assert len({drawn[name].get_marker() for name in lengths}) == 3  # told apart without colour
    assert drawn["formula"].get_ydata().tolist() == [1, 0.48, 3.1]
    assert (ax.get_xscale(), ax.get_yscale()) == ("log", "log")
