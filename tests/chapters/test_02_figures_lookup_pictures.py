import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from embedding_layer.chapters.chapter_02.figures.memory import draw_memory
from embedding_layer.chapters.chapter_02.figures.products import draw_product
from embedding_layer.chapters.chapter_02.figures.scaling import draw_scaling
from embedding_layer.chapters.chapter_02.figures.text_to_tensor import draw_text_to_tensor
from embedding_layer.chapters.chapter_02.figures.word_counts import draw_word_counts
from embedding_layer.figures.style import PALETTE, SMALLEST_TEXT, use_style

WEIGHT = np.array([[0.5, -1.0], [2.0, 0.2], [-0.3, 0.7]])
WORDS = ["one", "two", "three"]


@pytest.fixture
def figure():
    return Figure(figsize=(6, 4))


def texts(ax):
    return [text.get_text() for text in ax.texts if text.get_text()]


def frames(ax):
    colours = [to_hex(p.get_edgecolor()).upper() for p in ax.patches if p.get_linewidth() == 2.5]
    return [name for colour in colours for name in ("blue", "vermillion") if PALETTE[name] == colour]


def place(ax, words):
    return next(text.get_position() for text in ax.texts if text.get_text() == words)


def test_every_text_can_be_read_on_a_phone(figure):
    use_style()
    axes = figure.subplots(3, 2).ravel()
    draw_product(axes[0], 1, WEIGHT, WORDS)
    draw_memory(axes[1], WEIGHT, WORDS, index=1)
    draw_scaling(axes[2], [1, 10], {"product": [1, 2]}, powers={"product": 1}, xlabel="V")
    draw_word_counts(axes[3], axes[4], [5, 2, 1], min_counts=(2,), words=["the"])
    draw_text_to_tensor(axes[5], [WORDS], [[0, 1, 2]], WEIGHT[None])
    assert min(text.get_fontsize() for ax in axes for text in ax.texts) >= SMALLEST_TEXT


@pytest.mark.parametrize("index", [0, 1, 2])
def test_a_product_shows_the_row_three_times_and_zeros_elsewhere(figure, index):
    ax = figure.subplots()
    draw_product(ax, index, WEIGHT, WORDS)
    shown = texts(ax)
    row = [format(number, ".1f") for number in WEIGHT[index]]
    assert [shown.count(number) for number in row] == [3, 3]  # in the table, among the terms, in the sum
    assert shown.count("0.0") == 4
    assert "-0.0" not in shown
    assert [shown.count(entry) for entry in "01"] == [2, 1]
    assert any(f"“{WORDS[index]}”" in text for text in shown)


@pytest.mark.parametrize(("dtype", "offsets"), [(np.float32, [0, 8, 16]), (np.float64, [0, 16, 32])])
def test_memory_shows_where_each_row_starts(figure, dtype, offsets):
    ax = figure.subplots()
    weight = WEIGHT.astype(dtype)
    draw_memory(ax, weight, WORDS, index=2)
    shown = texts(ax)
    assert [text for text in shown if text.isdigit()] == [str(offset) for offset in offsets]
    assert f"byte 2 × 2 × {weight.itemsize} = {offsets[2]}: here the row of “three” starts" in shown
    assert [place(ax, str(offset))[0] for offset in offsets] == [0, 2, 4]


def test_scaling_draws_the_measured_points_and_the_expected_slope(figure):
    ax = figure.subplots()
    seconds = {"product": [1e-6, 1e-5, 1e-4], "look-up": [2e-6, 1e-6, 2e-6]}
    draw_scaling(ax, [10, 100, 1000], seconds, powers={"product": 1, "look-up": 0}, xlabel="size")
    points, line, other_points, other_line = (np.asarray(drawn.get_ydata()) for drawn in ax.lines)
    np.testing.assert_allclose(points, [1, 10, 100])
    np.testing.assert_allclose(line, points)
    np.testing.assert_allclose(other_points, [2, 1, 2])
    np.testing.assert_allclose(other_line, [4 ** (1 / 3)] * 3)
    assert (ax.get_xscale(), ax.get_yscale()) == ("log", "log")
    assert texts(ax) == ["product", "look-up"]


def test_the_product_is_vermillion_and_the_look_up_blue(figure):
    cost, product, memory = figure.subplots(3)
    times = {"look-up": [1, 1], "product": [1, 10]}
    draw_scaling(cost, [1, 10], times, powers={"product": 1, "look-up": 0}, xlabel="V")
    colours = [PALETTE["blue"], PALETTE["blue"], PALETTE["vermillion"], PALETTE["vermillion"]]
    assert [line.get_color() for line in cost.lines] == colours
    draw_product(product, 1, WEIGHT, WORDS)
    draw_memory(memory, WEIGHT, WORDS, index=1)
    assert frames(product) == ["vermillion", "blue", "vermillion", "vermillion"]  # vector, table, term, sum
    assert frames(memory) == ["blue", "blue"]


def test_word_counts_are_ranked_and_the_text_is_covered(figure):
    top, bottom = figure.subplots(2)
    draw_word_counts(top, bottom, [1, 6, 2, 1], min_counts=(2, 100), words=["the"])
    np.testing.assert_array_equal(top.lines[0].get_ydata(), [6, 2, 1, 1])
    np.testing.assert_allclose(top.lines[1].get_ydata(), [6, 3, 2, 1.5])
    np.testing.assert_allclose(bottom.lines[0].get_ydata(), [60, 80, 90, 100])
    assert bottom.lines[1].get_xydata().tolist() == [[2, 80]]
    assert texts(top) == ["count × rank = constant", "the", "2 times"]  # no word occurs 100 times
    assert texts(bottom) == ["2 times"]


def test_text_to_tensor_pairs_tokens_with_ids_and_pales_the_padding(figure):
    ax = figure.subplots()
    ids = np.array([[4, 9], [7, 0]])
    draw_text_to_tensor(ax, [["a", "b"], ["c", "<pad>"]], ids, np.ones((2, 2, 3)), pad_id=0)
    shown = texts(ax)
    assert shown.count("tokens") == shown.count("ids") == shown.count("rows") == 2
    for token, index in (("a", "4"), ("b", "9"), ("c", "7"), ("<pad>", "0")):
        assert place(ax, token)[0] == place(ax, index)[0]
    pale = {text.get_text() for text in ax.texts if text.get_color() == PALETTE["grey"]}
    assert pale == {"<pad>", "0"}
    cells = [patch for patch in ax.patches if patch.get_edgecolor()[:3] == (1, 1, 1)]
    assert len(cells) == 2 * 2 * 3
    assert sum(patch.get_alpha() < 1 for patch in cells) == 3


def test_without_a_padding_id_nothing_is_pale(figure):
    ax = figure.subplots()
    draw_text_to_tensor(ax, [["a", "b"]], [[0, 1]], np.ones((1, 2, 3)))
    assert all(text.get_color() != PALETTE["grey"] for text in ax.texts)
