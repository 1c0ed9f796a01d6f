"""Printed lines: which are the same, which are kept."""

import pytest

from bookkit.notebooks.lines import keep_lines, mask


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("took ≈ 12.5 µs", "took ≈ 0.9 ms"),
        ("took ≈   3 times as long", "took ≈ 12 times as long"),
        ("≈ 0.83 (0.80 to 0.86)", "≈ 0.8 (0.79 to 0.81)"),
        ("≈ −0.1 and 1,000", "≈ 1.5e-07 and 2"),
        ("table ≈ 1.5 MB", "table ≈ 900 kB"),
    ],
)
def test_numbers_after_about_are_masked(one, other):
    assert mask(one) == mask(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("took ≈ 3 times as long", "took ≈ 3 times as much"),
        ("took ≈ 3 times as long", "takes ≈ 3 times as long"),
        ("V = 10: ≈ 3", "V = 20: ≈ 3"),
        ("≈ 3 in float32", "≈ 3 in float16"),
        ("≈ 3", "≈ nan"),
        ("≈ 3\n4", "≈ 3\n5"),
        ("took 3", "took 4"),
    ],
)
def test_all_else_is_compared(one, other):
    assert mask(one) != mask(other)


def test_each_line_is_kept_that_differs_in_a_masked_number_only():
    old = "V = 10: ≈ 3 µs\nV = 20: ≈ 4 µs\ndone: 1\n"
    new = "begin\nV = 10: ≈ 5 µs\nV = 30: ≈ 6 µs\ndone: 2\n"
    assert keep_lines(new, old) == "begin\nV = 10: ≈ 3 µs\nV = 30: ≈ 6 µs\ndone: 2\n"


def test_lines_that_are_the_same_but_for_their_numbers_keep_their_order():
    assert keep_lines("≈ 7\n≈ 8\n≈ 9\n", "≈ 1\n≈ 2\n") == "≈ 1\n≈ 2\n≈ 9\n"
