"""The gate: which cells are refused, and what it says of them."""

from types import SimpleNamespace

import pytest

from bookkit.stored_outputs import StoredOutputError, find_problems, refuse_problems

ERROR = {"output_type": "error", "ename": "ZeroDivisionError", "evalue": "division by zero", "traceback": []}


def code(source="1 / 0", count=1, outputs=(), tags=()):
    return {
        "cell_type": "code",
        "source": source,
        "execution_count": count,
        "outputs": list(outputs),
        "metadata": {"tags": list(tags)},
    }


def problems(*cells):
    return list(find_problems({"cells": list(cells)}, "book/a.ipynb"))


def test_a_good_notebook_passes():
    text = {"cell_type": "markdown", "source": "1 / 0", "metadata": {}}
    stream = {"output_type": "stream", "name": "stdout", "text": "Error"}
    assert problems(text, code("print('Error')", outputs=[stream]), code("", None), code(" \n", None)) == []


def test_an_empty_notebook_passes():
    assert list(find_problems({}, "a")) == []


def test_a_stored_error_is_refused_by_name():
    text = {"cell_type": "markdown", "source": "words", "metadata": {}}
    (message,) = problems(text, code(["# divide\n", "1 / 0"], outputs=[ERROR]))
    assert message == (
        "book/a.ipynb, cell 2, which begins '# divide': "
        "it stores an error, ZeroDivisionError: division by zero"
    )


def test_an_error_after_other_outputs_is_refused():
    stream = {"output_type": "stream", "name": "stdout", "text": "so far"}
    assert len(problems(code(outputs=[stream, ERROR]))) == 1


@pytest.mark.parametrize("tag", ["raises-exception", "nbval-raises-exception"])
def test_an_error_that_is_meant_passes(tag):
    assert problems(code(outputs=[ERROR], tags=["hide-input", tag])) == []


def test_an_error_that_is_meant_but_did_not_come_is_refused():
    (message,) = problems(code("x = 1", tags=["raises-exception"]))
    assert "raised nothing" in message


def test_a_file_that_is_no_notebook_is_named_beside_the_others(tmp_path):
    for name, text in {"a": "<<<<<<< HEAD\n", "b": "", "c": '{"cells": []}'}.items():
        (tmp_path / f"{name}.ipynb").write_text(text)
    environment = SimpleNamespace(found_docs="abc", doc2path=lambda name: tmp_path / f"{name}.ipynb")
    with pytest.raises(StoredOutputError) as error:
        refuse_problems(SimpleNamespace(srcdir=tmp_path), environment, [])
    assert "a.ipynb holds the marker of a merge conflict" in str(error.value)
    assert "b.ipynb is empty" in str(error.value)
    assert "c.ipynb" not in str(error.value)


@pytest.mark.parametrize("tag", ["raises-exception", "hide-cell", "remove-cell", "nbval-skip"])
def test_a_cell_that_was_not_run_is_refused_whatever_its_tags(tag):
    (message,) = problems(code("x = 1", None, tags=[tag]))
    assert message == "book/a.ipynb, cell 1, which begins 'x = 1': it was not run"


def test_cells_without_metadata_are_judged_too():
    assert (
        len(problems({"cell_type": "code", "source": "1 / 0", "execution_count": 1, "outputs": [ERROR]})) == 1
    )
