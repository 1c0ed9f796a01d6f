"""Printed text: pieces put together, overwritten lines gone, in time that grows with the text only."""

import time

from nbformat.v4 import new_output

from bookkit.notebooks.lines import mask
from bookkit.notebooks.streams import merged


def printed(text, name="stdout"):
    return new_output("stream", name=name, text=text)


def test_a_stream_is_one_piece_and_other_outputs_keep_their_order():
    shown = new_output("display_data", {"text/plain": "x"})
    found = merged([printed("a\n"), printed("e", "stderr"), shown, printed("b")])
    assert found == [printed("a\nb"), printed("e", "stderr"), shown]


def test_a_line_that_was_overwritten_is_gone():
    (bar, end) = merged([printed("one\n 10%\r100"), printed("%\rdone\n"), new_output("display_data")])
    assert bar.text == "one\ndone\n"
    assert end.output_type == "display_data"
    assert merged([printed("kept\r\n")])[0].text == "kept\r\n"


def test_a_long_line_costs_its_length_and_not_its_square():
    text = "0123456789" * 30_000  # nbclient's expression takes minutes
    start = time.thread_time()
    assert merged([printed(text)])[0].text == text
    assert mask("≈" + " " * len(text) + "x").endswith("x")
    assert mask(f"≈ {text}") == "≈ #"
    assert time.thread_time() - start < 2
