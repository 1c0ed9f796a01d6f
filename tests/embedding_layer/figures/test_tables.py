import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_hex, to_rgb
from matplotlib.patches import Rectangle

from bookkit.palette import contrast
from bookkit.recolour import to_dark
from embedding_layer.figures import PALETTE, TABLE_COLOURS, draw_table, draw_tokens
from embedding_layer.figures.style import SMALLEST_TEXT


@pytest.fixture
def ax():
    figure, ax = plt.subplots()
    yield ax
    plt.close(figure)


def boxes(ax):
    return [patch for patch in ax.patches if isinstance(patch, Rectangle)]


def texts(ax):
    return [text.get_text() for text in ax.texts]


def test_one_cell_a_number_row_0_on_top(ax):
    draw_table(ax, [[1, 2, 3], [4, 5, 6]], at=(10, 20), cell=(2, 1))
    assert [box.get_xy() for box in boxes(ax)] == [(x, y) for y in (20, 21) for x in (10, 12, 14)]
    assert {(box.get_width(), box.get_height()) for box in boxes(ax)} == {(2, 1)}


def test_the_strongest_colour_belongs_to_the_largest_size(ax):
    draw_table(ax, [[-4.0, 0.0, 2.0]])
    expected = [to_hex(TABLE_COLOURS(share)) for share in (0.0, 0.5, 0.75)]
    assert [to_hex(box.get_facecolor()) for box in boxes(ax)] == expected


def test_a_limit_makes_two_tables_comparable(ax):
    draw_table(ax, [[1.0]], limit=4.0)
    assert to_hex(boxes(ax)[0].get_facecolor()) == to_hex(TABLE_COLOURS(0.625))


def test_a_table_of_zeros_is_pale(ax):
    draw_table(ax, np.zeros((2, 2)))
    assert {to_hex(box.get_facecolor()) for box in boxes(ax)} == {to_hex(TABLE_COLOURS(0.5))}


def test_numbers_are_printed_in_the_format_given_and_in_the_middle(ax):
    draw_table(ax, [[1.26, -0.5]], numbers=".1f")
    assert texts(ax) == ["1.3", "-0.5"]
    assert [text.get_position() for text in ax.texts] == [(0.5, 0.5), (1.5, 0.5)]
    assert min(text.get_fontsize() for text in ax.texts) >= SMALLEST_TEXT


def test_numbers_on_strong_colours_are_paper(ax):
    draw_table(ax, [[3.0, -3.0, 0.1]], numbers=".1f")
    assert [text.get_color() for text in ax.texts] == [PALETTE["paper"], PALETTE["paper"], PALETTE["ink"]]


@pytest.mark.parametrize(("side", "x", "alignment"), [("left", -0.25, "right"), ("right", 2.25, "left")])
def test_labels_stand_beside_their_rows(ax, side, x, alignment):
    draw_table(ax, [[1, 2], [3, 4]], labels=["cat", "bird"], label_side=side)
    assert texts(ax) == ["cat", "bird"]
    assert [text.get_position() for text in ax.texts] == [(x, 0.5), (x, 1.5)]
    assert {text.get_ha() for text in ax.texts} == {alignment}


def test_an_outline_frames_a_whole_row(ax):
    draw_table(ax, [[1, 2], [3, 4]], at=(5, 7), outline={1: PALETTE["ink"]})
    frame = boxes(ax)[-1]
    assert (frame.get_xy(), frame.get_width(), frame.get_height()) == ((5, 8), 2, 1)
    assert not frame.get_fill()
    assert to_hex(frame.get_edgecolor()) == PALETTE["ink"].lower()


def test_faded_rows_are_paler_than_the_others(ax):
    draw_table(ax, [[1], [2], [3]], labels=["a", "b", "c"], faded=[0, 2])
    first, second, third = (box.get_alpha() for box in boxes(ax))
    assert first == third < second
    a, b, _ = (text.get_alpha() for text in ax.texts)
    assert a < b


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("faded", [(), (0,)])
def test_numbers_can_be_read_in_every_cell_in_both_themes(ax, theme, faded):
    values = np.linspace(-1, 1, 201)
    draw_table(ax, [values], numbers=".1f", faded=faded)
    shown = to_dark() if theme == "dark" else np.asarray
    ratios = []
    for box, text in zip(boxes(ax), ax.texts, strict=True):
        colours = [PALETTE["paper"], box.get_facecolor(), text.get_color()]
        paper, cell, letter = shown([255 * np.array(to_rgb(colour)) for colour in colours]) / 255
        cell = paper + box.get_alpha() * (cell - paper)
        letter = cell + text.get_alpha() * (letter - cell)
        ratios.append(contrast(to_hex(cell).upper(), to_hex(letter).upper()))
    assert min(ratios) > (4.5 if faded else 3), values[np.argmin(ratios)]


def test_tokens_stand_in_a_column_with_their_colours(ax):
    draw_tokens(ax, ["the", "bird"], at=(1, 2), cell=(2, 1), gap=0.5, colours=["#112233", "#445566"])
    assert texts(ax) == ["the", "bird"]
    assert [box.get_xy() for box in boxes(ax)] == [(1, 2), (1, 3.5)]
    assert [to_hex(box.get_edgecolor()) for box in boxes(ax)] == ["#112233", "#445566"]


def test_tokens_without_colours_are_grey(ax):
    draw_tokens(ax, ["the"])
    assert to_hex(boxes(ax)[0].get_edgecolor()) == PALETTE["grey"].lower()
