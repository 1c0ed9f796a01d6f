import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_hex

from embedding_layer.chapters.chapter_03.figures.anatomy import draw_layer
from embedding_layer.figures import PALETTE
from embedding_layer.figures.style import SMALLEST_TEXT, use_style

WORDS = ["the", "bird", "cat"]
WEIGHT = np.array([[1.0, -2.0], [0.5, 0.0], [3.0, 0.1]])
IDS = np.array([[0, 1], [0, 2]])


@pytest.fixture
def ax():
    with plt.rc_context():
        use_style()
        draw_layer(WEIGHT, IDS, WORDS, follow=0)
        yield plt.gca()
    plt.close()


def test_ids_table_and_output_are_drawn_with_their_names_and_shapes(ax):
    texts = [text.get_text() for text in ax.texts]
    assert {"x", "self.weight", "self.weight[x]", "(2, 2)", "(3, 2)", "(2, 2, 2)"} <= set(texts)
    assert [t for t in texts if t in {"0", "1", "2"}] == ["0", "1", "0", "2"]


def test_the_output_repeats_the_rows_of_the_ids_in_their_order(ax):
    texts = [text.get_text() for text in ax.texts]
    assert [t for t in texts if t in WORDS] == ["the", "bird", "cat", "the", "bird", "the", "cat"]
    numbers = [t for t in texts if "." in t and t[-1].isdigit()]
    expected = [format(value, ".1f") for row in [*WEIGHT, *WEIGHT[IDS.ravel()]] for value in row]
    assert numbers == expected


def test_the_followed_id_is_framed_everywhere(ax):
    ink = PALETTE["ink"].lower()
    framed = [p for p in ax.patches if p.get_linewidth() == 2.5 and to_hex(p.get_edgecolor()) == ink]
    assert len(framed) == 2 + 1 + 2  # twice in x, once in the table, twice in the output


def test_text_is_large_enough_for_a_phone(ax):
    assert min(text.get_fontsize() for text in ax.texts if text.get_text()) >= SMALLEST_TEXT
