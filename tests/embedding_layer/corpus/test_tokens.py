from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from embedding_layer.corpus import tokenize


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("", []),
        ("Returns the Sum.", ["returns", "the", "sum"]),
        ("np.zeros_like(x)", ["np", "zeros_like", "x"]),
        ("float32 and conv2d", ["float32", "and", "conv2d"]),
        ("__init__, _private", ["__init__", "_private"]),
        ("2d 1e-3 42", ["d", "e"]),
        ("don't re-use", ["don", "t", "re", "use"]),
        ("naïve", ["na", "ve"]),
        ("a…b\tc\nd", ["a", "b", "c", "d"]),
    ],
)
def test_examples(text: str, tokens: list[str]):
    assert tokenize(text) == tokens


@given(st.text())
def test_every_token_is_a_lower_case_identifier_that_stands_in_the_text(text: str):
    for token in tokenize(text):
        assert re.fullmatch("[a-z_][a-z0-9_]*", token)
        assert token in text.lower()


@given(st.text())
def test_every_ascii_letter_and_underscore_is_in_a_token(text: str):
    letters = [letter for letter in text.lower() if re.fullmatch("[a-z_]", letter)]
    assert [letter for letter in "".join(tokenize(text)) if not letter.isdigit()] == letters


@given(st.text(), st.text())
def test_a_blank_or_a_dot_between_two_texts_keeps_their_tokens_apart(left: str, right: str):
    assert tokenize(f"{left} {right}") == tokenize(left) + tokenize(right)
    assert tokenize(f"{left}.{right}") == tokenize(left) + tokenize(right)


@given(st.text())
def test_tokens_of_tokens_are_the_tokens(text: str):
    assert tokenize(" ".join(tokenize(text))) == tokenize(text)
