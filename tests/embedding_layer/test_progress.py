import sys
from types import SimpleNamespace

import pytest

from embedding_layer import progress
from embedding_layer.progress import SWITCH


@pytest.fixture
def terminal(monkeypatch, capsys):
    """Stand somebody before a terminal, with the switch not set; return what it shows, when called."""
    monkeypatch.delenv(SWITCH, raising=False)
    monkeypatch.setattr(sys.modules["embedding_layer.progress"], "_in_terminal", lambda: True)
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


@pytest.fixture
def kernel(monkeypatch):
    """Stand in a Jupyter kernel; return the list of outputs, each with all that it showed in turn."""
    outputs = []

    def display(data, *, raw, display_id):
        shown = [data]
        outputs.append(shown)
        return SimpleNamespace(update=lambda data, *, raw: shown.append(data))

    monkeypatch.delenv(SWITCH, raising=False)
    monkeypatch.setitem(sys.modules, "ipykernel", object())
    monkeypatch.setattr("IPython.get_ipython", lambda: SimpleNamespace(kernel=object()))
    monkeypatch.setattr("IPython.display.display", display)
    return outputs


def test_a_jupyter_kernel_shows_it_in_an_output_that_is_empty_at_the_end(kernel, capsys):
    for _ in progress(range(2), "Reading files"):
        ((*_, shown),) = kernel
        assert "Reading files" in shown["text/plain"]
    assert kernel[0][-1] == {}
    assert capsys.readouterr() == ("", "")


def test_a_bar_within_a_bar_has_an_output_of_its_own(kernel):
    for _ in progress(range(2), "outer"):
        list(progress(range(2), "inner"))
    assert len(kernel) == 3
    assert all(shown[-1] == {} for shown in kernel)


def test_a_kernel_s_library_without_a_kernel_is_no_kernel(kernel, monkeypatch, capsys):
    monkeypatch.setattr("IPython.get_ipython", lambda: None)
    list(progress(range(3), "Reading files"))
    assert kernel == []
    assert capsys.readouterr().err == ""


def test_an_error_in_the_loop_wipes_the_bar_and_goes_on(terminal):
    def fail():
        for _ in progress(range(3), "Reading files"):
            raise RuntimeError("the loop's own")

    with pytest.raises(RuntimeError, match="the loop's own"):
        fail()
    assert left_on_screen(terminal()) == ""
