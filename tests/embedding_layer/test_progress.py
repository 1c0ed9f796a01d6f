import sys

import pytest

from embedding_layer import progress
from embedding_layer.progress import SWITCH


@pytest.fixture
def terminal(monkeypatch, capsys):
    """Stand somebody before a terminal, with the switch not set; return what it shows, when called."""
    monkeypatch.delenv(SWITCH, raising=False)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    return lambda: capsys.readouterr().err


def left_on_screen(text):
    """Return what a terminal still shows after `text`: a carriage return goes back and writes over."""
    screen = ""
    for part in text.split("\r"):
        screen = part + screen[len(part) :]
    return screen.strip()


def test_it_gives_what_the_iterable_gives():
    assert list(progress(range(5), "counting")) == [0, 1, 2, 3, 4]
    assert list(progress([], "nothing")) == []
    assert list(progress((c for c in "abc"), "letters", total=3)) == ["a", "b", "c"]


def test_a_terminal_shows_a_bar_with_its_words(terminal):
    bar = progress(range(3), "Reading files")
    next(bar)
    shown = terminal()
    assert "Reading files" in shown
    assert "/3" in shown


def test_total_says_how_many_where_the_iterable_cannot(terminal):
    next(progress(iter("abcde"), "letters", total=5))
    assert "/5" in terminal()


def test_nothing_stays_behind(terminal):
    list(progress(range(3), "Reading files"))
    assert left_on_screen(terminal()) == ""


@pytest.mark.parametrize("word", ["off", "OFF", "0", "no", "False"])
def test_the_switch_silences_it(terminal, monkeypatch, word):
    monkeypatch.setenv(SWITCH, word)
    assert list(progress(range(3), "Reading files")) == [0, 1, 2]
    assert terminal() == ""


@pytest.mark.parametrize("word", ["on", ""])
def test_other_words_do_not(terminal, monkeypatch, word):
    monkeypatch.setenv(SWITCH, word)
    list(progress(range(3), "Reading files"))
    assert "Reading files" in terminal()


def test_a_pipe_gets_nothing(monkeypatch, capsys):
    monkeypatch.delenv(SWITCH, raising=False)
    monkeypatch.delitem(sys.modules, "ipykernel", raising=False)
    list(progress(range(3), "Reading files"))
    assert capsys.readouterr().err == ""


def test_a_jupyter_kernel_shows_it_though_it_is_no_terminal(monkeypatch, capsys):
    monkeypatch.delenv(SWITCH, raising=False)
    monkeypatch.setitem(sys.modules, "ipykernel", object())
    list(progress(range(3), "Reading files"))
    assert "Reading files" in capsys.readouterr().err


def test_an_error_in_the_loop_wipes_the_bar_and_goes_on(terminal):
    def fail():
        for _ in progress(range(3), "Reading files"):
            raise RuntimeError("the loop's own")

    with pytest.raises(RuntimeError, match="the loop's own"):
        fail()
    assert left_on_screen(terminal()) == ""
