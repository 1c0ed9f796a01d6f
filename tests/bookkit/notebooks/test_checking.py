"""What is wrong with a stored notebook, and what JupyterLab may add to it."""

import json

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

from bookkit.notebooks.checking import problems
from bookkit.notebooks.normalising import normalise
from bookkit.notebooks.saving import before_saving


def notebook(*outputs, source="x", count=1, **metadata):
    cell = new_code_cell(source, outputs=list(outputs), execution_count=count, id="a", metadata=metadata)
    return new_notebook(cells=[cell])


def plot(*numbers):
    return new_output("display_data", {"application/vnd.plotly.v1+json": {"data": [{"x": list(numbers)}]}})


@pytest.fixture
def stored():
    """Return a notebook as a run leaves it."""
    made = notebook(plot(1.0, -0.0, 2.5), jupyter={"outputs_hidden": True, "source_hidden": True})
    normalise(made)
    return made


@pytest.fixture
def saved(stored):
    """Return the same notebook as JupyterLab saves it."""
    made = nbformat.from_dict(json.loads(json.dumps(stored)))
    made.metadata.language_info = {"name": "python", "version": "3.13.1", "mimetype": "text/x-python"}
    made.cells[0].metadata["collapsed"] = True
    made.cells[0].outputs[0].data["application/vnd.plotly.v1+json"]["data"] = [{"x": [1, 0, 2.5]}]
    return made


def test_what_a_run_leaves_is_no_problem(stored):
    assert list(problems(stored)) == []


def test_what_jupyterlab_adds_is_no_problem(saved):
    assert list(problems(saved)) == []


def test_jupyterlab_started_by_make_lab_saves_the_same_bytes(stored, saved):
    model = {"type": "notebook", "content": saved}
    before_saving(model=model, path="a.ipynb", contents_manager=None)
    assert nbformat.writes(model["content"]) == nbformat.writes(stored)


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("file", "text"),
        ("notebook", None),
        ("notebook", {}),
        ("notebook", {"nbformat": 3, "nbformat_minor": 0}),
        (
            "notebook",
            {"nbformat": 4, "nbformat_minor": 5, "metadata": {"language_info": None}, "cells": [{}]},
        ),
    ],
)
def test_other_files_and_what_is_no_valid_notebook_are_saved_as_they_are(kind, content):
    model = {"type": kind, "content": content}
    before_saving(model=model)
    assert model == {"type": kind, "content": content}


@pytest.mark.parametrize(
    "metadata",
    [
        {"execution": {"iopub.execute_input": "2026-01-01T00:00:00Z"}},
        {"ExecuteTime": {"start_time": "2026-01-01T00:00:00Z"}},
        {"scrolled": True},
        {"tags": []},
    ],
)
def test_timings_and_other_stray_metadata_are_removed_and_minded(metadata):
    made = notebook(**metadata)
    assert any("not as `make notebooks` leaves it" in problem for problem in problems(made))
    normalise(made)
    assert made.cells[0].metadata == {}


def test_an_emptied_progress_bar_is_removed():
    made = notebook(new_output("display_data", {}), new_output("stream", name="stdout", text="done"))
    normalise(made)
    (output,) = made.cells[0].outputs
    assert output.text == "done"


@pytest.mark.parametrize(
    ("text", "tags"), [("≈ 3", []), ("3", ["nbval-ignore-output"]), ("3", ["timed-figure"])]
)
def test_an_output_that_may_be_kept_is_minded_when_it_is_older_than_its_cell(text, tags):
    made = notebook(new_output("stream", name="stdout", text=text), tags=tags)
    normalise(made)
    assert list(problems(made)) == []
    made.cells[0].source += "  # changed"
    assert any("older than its cell" in problem for problem in problems(made))


@pytest.mark.parametrize(
    ("output", "count", "expected"),
    [
        (
            new_output("error", ename="ValueError", evalue="no", traceback=[]),
            1,
            "cell 0 stores an error: ValueError: no",
        ),
        (new_output("stream", name="stderr", text="careful"), 1, "cell 0 stores text from stderr: careful"),
        (new_output("stream", name="stdout", text="fine"), None, "cell 0 was never executed"),
    ],
)
def test_problems_are_named(output, count, expected):
    assert expected in list(problems(notebook(output, count=count)))


def test_an_expected_error_is_no_problem():
    made = notebook(new_output("error", ename="E", evalue="", traceback=[]), tags=["raises-exception"])
    normalise(made)
    assert list(problems(made)) == []


def test_an_expected_error_that_does_not_come_is_a_problem():
    made = notebook(tags=["raises-exception"])
    normalise(made)
    assert list(problems(made)) == [
        "cell 0 (x) is tagged raises-exception, but raises nothing: correct one of the two"
    ]


@pytest.mark.parametrize("tag", ["skip-execution", "nbval-skip", "nbval-raises-exception"])
def test_a_tag_that_takes_a_cell_out_of_the_run_is_refused_and_no_count_is_made_up(tag):
    made = notebook(tags=[tag], count=None)
    normalise(made)
    assert made.cells[0].execution_count is None
    assert any(f"has the mark {tag}" in problem for problem in problems(made))


def test_how_an_output_is_shown_is_kept_with_numbers_as_jupyterlab_writes_them():
    shown = {"image/png": {"width": 200, "odd": 1}, "isolated": True, "image/jpeg": {"width": 9}, "odd": 1}
    made = notebook(new_output("display_data", {"image/png": "AAAA"}, metadata=shown))
    normalise(made)
    assert made.cells[0].outputs[0].metadata == {"image/png": {"width": 200}, "isolated": True}
