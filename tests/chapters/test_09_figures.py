import json
import re

import pytest
import torch
from matplotlib.figure import Figure

from embedding_layer.chapters.chapter_09.figures import (
    draw_learning,
    draw_pairs,
    draw_recall,
    draw_scores,
    projector,
    projector_words,
)
from embedding_layer.training import Interval


def axes():
    return Figure().subplots()


def test_learning_is_drawn_in_percent():
    ax = axes()
    draw_learning(ax, [0, 1, 4], {"first": [0, 0.1, 0.3], "first 10": [0, 0.5, 0.7]})
    assert [line.get_ydata().tolist() for line in ax.lines] == [[0, 10, 30], [0, 50, 70]]
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["first", "first 10"]


def test_recall_is_drawn_against_what_is_read():
    ax = axes()
    draw_recall(ax, [0.01, 0.1], {"with structure": [0.5, 1.0]})
    (line,) = ax.lines
    assert line.get_xdata().tolist() == [1, 10]
    assert line.get_ydata().tolist() == [50, 100]


def test_a_score_is_a_mark_on_the_line_of_its_interval():
    ax = axes()
    draw_scores(ax, {"one": [Interval(0.5, 0.4, 0.7)], "other": [Interval(0.2, 0.1, 0.3)]}, ["neighbour"])
    lines = [line.get_xdata() for line in ax.lines]
    assert [round(float(x), 6) for x in lines[0]] == [40, 70]
    assert [float(x) for x in lines[1]] == [50]
    heights = {float(line.get_ydata()[0]) for line in ax.lines}
    assert len(heights) == 2  # two tables do not cover each other
    assert ax.get_yticklabels()[0].get_text() == "neighbour"


def test_a_line_joins_the_words_of_a_pair():
    ax = axes()
    pairs = [("min", "max"), ("sin", "sinh")]
    draw_pairs(ax, torch.randn(4, 5, generator=torch.Generator().manual_seed(0)), pairs)
    assert {text.get_text() for text in ax.texts} == {"min", "max", "sin", "sinh"}
    joins = [line for line in ax.lines if len(line.get_xdata()) == 2]
    marks = [line for line in ax.lines if len(line.get_xdata()) == 1]
    assert (len(joins), len(marks)) == (2, 4)


def test_the_projector_shows_the_commonest_words_with_their_homes():
    counts = torch.tensor([5, 9, 1, 7])
    share = torch.tensor([[0.5, 0.5], [1.0, 0.0], [0.0, 1.0], [0.3, 0.7]])
    ids, homes = projector_words(counts, share, words=3)
    assert ids.tolist() == [1, 3, 0]
    assert homes.tolist() == [0, 1, 2]  # 2: at home in several


@pytest.fixture
def element():
    weight = torch.randn(30, 6, generator=torch.Generator().manual_seed(0))
    ids = torch.arange(29, 9, -1)
    words = [f"word{i}" for i in ids.tolist()]
    words[3] = "</script>"
    return (
        weight,
        ids,
        projector(weight, ids, words, [0] * 20, ["numpy"], chosen="word27", label="a map").data,
    )


def test_the_projector_holds_true_neighbours_among_the_words_shown(element):
    weight, ids, html = element
    data = json.loads(re.search(r'json">(.*?)</script>', html)[1])
    assert data["chosen"] == 2
    unit = torch.nn.functional.normalize(weight[ids], dim=1)
    cosines = (unit @ unit.T).fill_diagonal_(-9)
    assert data["near"] == cosines.topk(8).indices.tolist()
    assert max(abs(x) for point in data["points"] for x in point) == 1000
    assert data["words"][3] == "</script>"


def test_the_projector_says_without_a_script_what_it_shows(element):
    html = element[2]
    assert 'aria-label="a map"' in html
    assert html.count("<script") == html.count("</script>") == 1
    assert "The nearest to <em>word27</em>: word" in html
