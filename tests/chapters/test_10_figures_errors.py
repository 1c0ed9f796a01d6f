import pytest
from matplotlib.figure import Figure

from embedding_layer.chapters.chapter_10.figures.errors import draw_errors, draw_remedies, draw_shares


def test_draw_errors_draws_a_line_a_model_and_the_noise():
    ax = Figure().subplots()
    draw_errors(
        ax, [1, 2, 4], {"six": [3, 2, 1], "six, with decay": [3, 2, 2]}, floor=0.5, xlabel="D", ylabel="e"
    )
    six, decayed, floor = ax.lines
    assert six.get_xydata().tolist() == [[1, 3], [2, 2], [4, 1]]
    assert (six.get_linestyle(), decayed.get_linestyle()) == ("-", "--")
    assert six.get_marker() != decayed.get_marker()
    assert floor.get_ydata() == [0.5, 0.5]
    assert [label.get_text() for label in ax.get_xticklabels()] == ["1", "2", "4"]
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["six", "six, with decay"]


def test_draw_shares_counts_from_one_and_shows_what_was_before():
    ax = Figure().subplots()
    draw_shares(ax, [0.7, 0.3], against=[0.5, 0.5], xlabel="rounds", ylabel="share")
    assert [bar.get_height() for bar in ax.patches] == [0.7, 0.3]
    assert [label.get_text() for label in ax.get_xticklabels()] == ["1", "2"]
    assert len(ax.get_legend().get_texts()) == 2
    alone = Figure().subplots()
    draw_shares(alone, [2.0], xlabel="", ylabel="")
    assert alone.get_legend() is None


def test_draw_remedies_writes_every_change_with_its_sign():
    ax = Figure().subplots()
    changes = {"decay": {"once": -0.05, "all": 0.01}, "bucket": {"once": -0.3, "all": -0.12}}
    draw_remedies(ax, changes)
    texts = {text.get_text() for text in ax.texts}
    assert {"-0.05", "+0.01", "-0.30", "-0.12", "decay", "bucket", "once", "all"} <= texts
    better, worse = ax.patches[0].get_facecolor(), ax.patches[1].get_facecolor()
    assert better[2] > better[0]  # blue
    assert worse[0] > worse[2]  # vermillion
    assert ax.get_ylim() == pytest.approx((2, -0.9))
