from __future__ import annotations

from textwrap import indent

import pytest
from hypothesis import given
from hypothesis import strategies as st

from embedding_layer.corpus import tokenize
from embedding_layer.corpus.clean import MIN_TOKENS, is_prose, paragraphs, plain_text


def clean(docstring: str) -> list[str]:
    return list(paragraphs(docstring))


# --- paragraphs ------------------------------------------------------------------------------------------


def test_paragraphs_end_at_blank_lines_and_their_lines_are_joined():
    assert clean(
        """Count the rows of a
        small table.

        An empty table has none
        of them.
        """
    ) == ["Count the rows of a small table.", "An empty table has none of them."]


def test_list_items_are_paragraphs_without_their_marks():
    assert clean(
        """
        - the first of the items,
          which goes on here
        * the second of the items
        3. the third of the items
        """
    ) == [
        "the first of the items, which goes on here",
        "the second of the items",
        "the third of the items",
    ]


def test_numpy_sections_become_entries_with_name_type_and_meaning():
    assert clean(
        """
        Parameters
        ----------
        rows, columns : int, optional
            How many of each there are.
            By default one.
        *args
            What is passed on to the table.

        Returns
        -------
        ndarray
            The filled table, row by row.
        """
    ) == [
        "rows, columns (int, optional): How many of each there are. By default one.",
        "*args: What is passed on to the table.",
        "ndarray: The filled table, row by row.",
    ]


def test_google_sections_become_entries_too():
    assert clean(
        """
        Args:
            rows (int): how many rows there are
            columns (:class:`int`, optional): how many columns
                there are
            fill: the value in every cell

        Returns:
            A table that is filled.
        """
    ) == [
        "rows (int): how many rows there are",
        "columns (int, optional): how many columns there are",
        "fill: the value in every cell",
        "A table that is filled.",
    ]


def test_sphinx_fields_keep_descriptions_and_drop_types():
    assert clean(
        """
        :param rows: how many rows there are
        :type rows: a whole number or nothing at all
        :returns: a table that is filled
        :rtype: a table or nothing at all
        """
    ) == ["rows: how many rows there are", "a table that is filled"]


def test_a_role_at_the_start_of_a_line_is_not_a_field():
    assert clean(":func:`fill` is what to call for a filled table.") == [
        "fill is what to call for a filled table."
    ]


def test_references_go_and_see_also_keeps_what_is_said_of_a_name():
    assert clean(
        """
        Fill the table with ones.

        See Also
        --------
        zeros : Fill the table with zeros, which is
            what it holds when it is new.
        empty : Make a table of a given size.
        rows, columns

        References
        ----------
        The author of it, a book about the tables.

        Notes
        -----
        The table is not copied.
        """
    ) == [
        "Fill the table with ones.",
        "zeros: Fill the table with zeros, which is what it holds when it is new.",
        "empty: Make a table of a given size.",
        "The table is not copied.",
    ]


# --- what goes -------------------------------------------------------------------------------------------

BEFORE = "This is the text before."
AFTER = "This is the text after."


@pytest.mark.parametrize(
    "block",
    [
        pytest.param(">>> the = a + 1  # is it in the text?\n... the + a\n2 is a result", id="doctest"),
        pytest.param("```python\nthe = a if it is not None\n\nthe = a\n```", id="fenced"),
        pytest.param(
            ".. code-block:: python\n\n    the = a for a in the list\n\n    it is not in the text",
            id="code-block",
        ),
        pytest.param(".. math:: the = a\n    \\cdot it is not", id="math"),
        pytest.param("$$\nthe = a if it is\n$$", id="dollars"),
        pytest.param("$$the = a if it is not$$", id="dollars on a line"),
        pytest.param(".. versionadded:: 1.0\n   It is new in the table.", id="versionadded"),
        pytest.param(
            ".. deprecated:: 1.0\n   It is not to be used.\n\n   Use the other one.", id="deprecated"
        ),
        pytest.param(".. image:: a-table-of-the-text.png\n   :alt: this is a table of it", id="image"),
        pytest.param(".. This is a comment on it.", id="comment"),
        pytest.param(".. [1] The author of it, a book of tables.", id="citation"),
        pytest.param(".. _the_target_of_a_link:", id="target"),
        pytest.param(
            "===== =======\nthis  is the\n===== =======\nfirst and a row\n===== =======", id="simple table"
        ),
        pytest.param("+------+-----+\n| this | is a table |\n+------+-----+", id="grid table"),
        pytest.param("What it is for the reader\n-------------------------", id="heading"),
        pytest.param("What it is for the reader\n~~~~~~~~~~~~~~~~~~~~~~~~~", id="heading with tildes"),
        pytest.param("## What it is for the reader", id="Markdown heading"),
        pytest.param("fill(the, a, *, if_it_is=None, out=None) -> Table", id="signature with result"),
        pytest.param("fill(the, a,\n     is_it=None)", id="signature on two lines"),
        pytest.param("@decorate(it)\ndef fill(the, a):\n    return the if a else None", id="code"),
        pytest.param("from the.table import is_it, a, an", id="import"),
        pytest.param("{the_note_on_it}", id="placeholder"),
        pytest.param("%(the:kwdoc)s", id="old placeholder"),
        pytest.param("It is so", id="too short"),
        pytest.param("alpha, beta, gamma, delta, epsilon", id="list of names"),
        pytest.param("the[a] = {is: it} + [not] * {for}; /* of */", id="symbols"),
    ],
)
def test_what_is_no_prose_is_taken_out_and_nothing_around_it(block: str):
    assert clean(f"{BEFORE}\n\n{block}\n\n{AFTER}") == [BEFORE, AFTER]


def test_a_literal_block_goes_and_the_sentence_before_it_stays():
    assert clean(f"Here is how it is called::\n\n    the = a if it is\n\n    the = a\n\n{AFTER}") == [
        "Here is how it is called:",
        AFTER,
    ]


@pytest.mark.parametrize("name", ["note", "warning", "Note", "seealso"])
def test_the_body_of_an_admonition_stays(name: str):
    assert clean(f".. {name}:: Rows are counted\n    from zero on.\n\n    So are the columns.") == [
        "Rows are counted from zero on.",
        "So are the columns.",
    ]


def test_of_an_object_directive_the_description_stays():
    assert clean(".. function:: fill(the, a)\n\n    Fill the table with it.") == ["Fill the table with it."]


def test_a_short_sentence_needs_no_glue_words():
    assert is_prose("Sorts rows by size.")
    assert not is_prose("rows columns sorts size")


# --- inline markup ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("marked", "plain"),
    [
        ("a ``literal * here`` stays", "a literal * here stays"),
        ("**bold** and *slanted* words", "bold and slanted words"),
        ("pass *args and **kwargs on", "pass *args and **kwargs on"),
        ("2 * 3 * 4", "2 * 3 * 4"),
        (":func:`fill` it", "fill it"),
        (":class:`~table.core.Table` it", "Table it"),
        (":meth:`.Table.fill` it", "Table.fill it"),
        (":class:`!Table` it", "Table it"),
        (":py:func:`how to fill <table.fill>` it", "how to fill it"),
        ("several `Table`\\s of it", "several Tables of it"),
        ("see `the manual <https://example.org/a>`_ first", "see the manual first"),
        ("see [the manual](https://example.org/a) first", "see the manual first"),
        ("see https://example.org/a?b=c first", "see first"),
        ("as shown in [1]_, [Knuth-97]_.", "as shown in,."),
        ("of size :math:`(N, C)` each", "of size (N, C) each"),
        (r"of size :math:`\frac{N}{C}` each", "of size … each"),
        (r"of size $\frac{N}{C}$ each", "of size … each"),
        ("a {placeholder} or %(another)s in ${TEXT}", "a or in"),
        ("a {key: value} mapping", "a {key: value} mapping"),
        (r"an escaped \*star\*", "an escaped *star*"),
        ("a broken :attr:weight` role", "a broken weight role"),
        ("  many \n blanks , here ", "many blanks, here"),
    ],
)
def test_inline_markup(marked: str, plain: str):
    assert plain_text(marked) == plain


# --- properties ------------------------------------------------------------------------------------------

words = st.sampled_from(["the", "a", "of", "table", "row", "is", "filled", "with", "value", "Column"])
sentences = st.lists(words, min_size=6, max_size=9).map(lambda words: f"The table is {' '.join(words)}.")
lines = st.sampled_from(
    [
        "", "", "The table of it is filled.", "rows : int", "    How many there are of it.", "Args:", "Notes",
        "    a (int): is it", "-----", "See Also", "--------", ".. note::", "    It is a note.", ".. math::",
        "    a", "::", "```", ">>> a", "- an item of the list", "- ", ":param a: it is", "$$", "=== ===",
        "| a |", "``", "*", ":", "..", ".. x",
    ]
)  # fmt: skip
docstrings = st.one_of(st.text(), st.lists(lines, max_size=12).map("\n".join))


@given(st.lists(sentences, min_size=1, max_size=5))
def test_plain_sentences_come_out_as_they_are(texts: list[str]):
    assert clean("\n\n".join(texts)) == texts


@given(docstrings)
def test_whatever_goes_in_paragraphs_of_one_line_come_out(docstring: str):
    for text in paragraphs(docstring):
        assert text == " ".join(text.split())
        assert len(tokenize(text)) >= MIN_TOKENS


@given(st.lists(lines, max_size=12).map("\n".join), st.integers(0, 3))
def test_how_deep_a_docstring_is_indented_does_not_matter(docstring: str, depth: int):
    assert clean("\n" + indent(docstring, "    " * depth)) == clean("\n" + docstring)
