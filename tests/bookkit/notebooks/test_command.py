"""The notebook runner: what it stores, what it keeps, what it refuses."""

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from bookkit.notebooks.__main__ import main, refresh
from bookkit.notebooks.pictures import PLOTLY

DRAW = "import matplotlib.pyplot as plt\nplt.plot([1, 2, {}]);"


def write(path, *sources, tags=()):
    cells = [new_code_cell(source, id=f"cell-{n}") for n, source in enumerate(sources)]
    for cell in cells:
        cell.metadata["tags"] = list(tags)
    notebook = new_notebook(cells=cells)
    nbformat.write(notebook, path)
    return path


def outputs(path):
    return [cell.outputs for cell in nbformat.read(path, as_version=4).cells]


@pytest.fixture(scope="module")
def executed(tmp_path_factory):
    path = write(tmp_path_factory.mktemp("book") / "a.ipynb", "print(1)\nprint(2)", "6 * 7", DRAW.format(3))
    assert main([str(path)]) == 0
    return path


def test_a_second_run_leaves_the_file_byte_for_byte(executed):
    before = executed.read_bytes()
    assert main([str(executed)]) == 0
    assert executed.read_bytes() == before


def test_stored_outputs_are_normalised(executed):
    notebook = nbformat.read(executed, as_version=4)
    assert [cell.execution_count for cell in notebook.cells] == [1, 2, 3]
    assert outputs(executed)[0][0].text == "1\n2\n"
    assert main(["--check", str(executed)]) == 0


def test_the_picture_of_something_timed_is_kept_but_not_what_is_printed_beside_it(tmp_path):
    source = (
        "from pathlib import Path\nimport matplotlib.pyplot as plt\n"
        "runs = Path('runs')\nruns.write_text(runs.read_text() + 'x' if runs.exists() else 'x')\n"
        "print(runs.read_text())\nplt.gca().set_facecolor('black' if len(runs.read_text()) % 2 else 'white')"
    )

    def stored():
        printed, *_, drawn = outputs(path)[0]
        return printed.text, drawn.data["image/png"]

    path = write(tmp_path / "a.ipynb", source, tags=["timed-figure"])
    refresh(path)
    text, black = stored()
    refresh(path)
    assert stored() == (text.replace("x", "xx"), black)
    notebook = nbformat.read(path, as_version=4)
    notebook.cells[0].source += "  # changed"
    nbformat.write(notebook, path)
    refresh(path)
    refresh(path, fresh=True)
    assert stored()[1] != black


def test_volatile_outputs_are_kept_until_the_source_changes_or_fresh_is_asked_for(tmp_path):
    source = "import time\ntime.perf_counter_ns()"
    path = write(tmp_path / "a.ipynb", source, tags=["nbval-ignore-output"])
    refresh(path)
    first = outputs(path)
    refresh(path)
    assert outputs(path) == first
    refresh(path, fresh=True)
    assert outputs(path) != first
    second = outputs(path)
    notebook = nbformat.read(path, as_version=4)
    notebook.cells[0].source += " + 1"
    nbformat.write(notebook, path)
    refresh(path)
    assert outputs(path) != second


def test_a_picture_that_shows_something_else_is_stored(executed):
    notebook = nbformat.read(executed, as_version=4)
    old = notebook.cells[2].outputs[-1].data["image/png"]
    notebook.cells[2].source = DRAW.format(-3)
    nbformat.write(notebook, executed)
    refresh(executed)
    assert outputs(executed)[2][-1].data["image/png"] != old


def test_a_failing_cell_leaves_the_file_as_it_was_and_is_named(tmp_path, capsys):
    path = write(tmp_path / "a.ipynb", "print('fine')", "1 / 0")
    before = path.read_bytes()
    assert main([str(path)]) == 1
    assert path.read_bytes() == before
    message = capsys.readouterr().err
    assert "a.ipynb" in message
    assert "ZeroDivisionError" in message


def test_a_line_that_differs_after_about_only_is_kept_until_the_source_changes(tmp_path):
    source = "import time\nprint('took ≈', time.perf_counter_ns())\nprint('done')"
    path = write(tmp_path / "a.ipynb", source)
    refresh(path)
    before = path.read_bytes()
    refresh(path)
    assert path.read_bytes() == before
    refresh(path, fresh=True)
    assert path.read_bytes() != before
    notebook = nbformat.read(path, as_version=4)
    notebook.cells[0].source += "  # changed"
    nbformat.write(notebook, path)
    text = outputs(path)[0][0].text
    refresh(path)
    assert outputs(path)[0][0].text != text


def test_a_kept_picture_is_stored_with_the_numbers_that_jupyterlab_writes(tmp_path):
    path = write(tmp_path / "a.ipynb", f"display({{'{PLOTLY}': {{'x': [3.0, 2.5]}}}}, raw=True)")
    refresh(path)
    text = path.read_text()
    path.write_text(text.replace(" 3,", " 3.0,"))
    assert path.read_text() != text
    refresh(path)
    assert path.read_text() == text
