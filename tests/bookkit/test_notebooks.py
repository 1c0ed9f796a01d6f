"""The notebook runner: what it stores, what it keeps, what it refuses; nbval sees a corrupted output."""

import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

from bookkit import notebooks

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
    assert notebooks.main([str(path)]) == 0
    return path


def test_a_second_run_leaves_the_file_byte_for_byte(executed):
    before = executed.read_bytes()
    assert notebooks.main([str(executed)]) == 0
    assert executed.read_bytes() == before


def test_stored_outputs_are_normalised(executed):
    notebook = nbformat.read(executed, as_version=4)
    assert [cell.execution_count for cell in notebook.cells] == [1, 2, 3]
    assert outputs(executed)[0][0].text == "1\n2\n"
    assert notebook.metadata.language_info == {"name": "python"}
    assert not list(notebooks.problems(notebook))


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
    notebooks.refresh(path)
    text, black = stored()
    notebooks.refresh(path)
    assert stored() == (text.replace("x", "xx"), black)
    notebook = nbformat.read(path, as_version=4)
    notebook.cells[0].source += "  # changed"
    nbformat.write(notebook, path)
    notebooks.refresh(path)
    notebooks.refresh(path, fresh=True)
    assert stored()[1] != black


def test_volatile_outputs_are_kept_until_the_source_changes_or_fresh_is_asked_for(tmp_path):
    source = "import time\ntime.perf_counter_ns()"
    path = write(tmp_path / "a.ipynb", source, tags=["nbval-ignore-output"])
    notebooks.refresh(path)
    first = outputs(path)
    notebooks.refresh(path)
    assert outputs(path) == first
    notebooks.refresh(path, fresh=True)
    assert outputs(path) != first
    second = outputs(path)
    notebook = nbformat.read(path, as_version=4)
    notebook.cells[0].source += " + 1"
    nbformat.write(notebook, path)
    notebooks.refresh(path)
    assert outputs(path) != second


def test_a_picture_that_shows_something_else_is_stored(executed):
    notebook = nbformat.read(executed, as_version=4)
    old = notebook.cells[2].outputs[-1].data["image/png"]
    notebook.cells[2].source = DRAW.format(-3)
    nbformat.write(notebook, executed)
    notebooks.refresh(executed)
    assert outputs(executed)[2][-1].data["image/png"] != old


def test_a_failing_cell_leaves_the_file_as_it_was_and_is_named(tmp_path, capsys):
    path = write(tmp_path / "a.ipynb", "print('fine')", "1 / 0")
    before = path.read_bytes()
    assert notebooks.main([str(path)]) == 1
    assert path.read_bytes() == before
    message = capsys.readouterr().err
    assert "a.ipynb" in message
    assert "ZeroDivisionError" in message


@pytest.mark.parametrize(
    ("outputs", "count", "expected"),
    [
        (
            [new_output("error", ename="ValueError", evalue="no", traceback=[])],
            1,
            "stores an error: ValueError",
        ),
        ([new_output("stream", name="stderr", text="careful")], 1, "stderr: careful"),
        ([], None, "never executed"),
    ],
)
def test_problems_are_named(outputs, count, expected):
    cell = new_code_cell("x", outputs=outputs, execution_count=count)
    assert any(expected in problem for problem in notebooks.problems(new_notebook(cells=[cell])))


def test_an_expected_error_is_no_problem():
    cell = new_code_cell(
        "x", execution_count=1, outputs=[new_output("error", ename="E", evalue="", traceback=[])]
    )
    cell.metadata["tags"] = ["raises-exception"]
    assert not any("error" in problem for problem in notebooks.problems(new_notebook(cells=[cell])))


def test_nbval_fails_over_a_corrupted_output(tmp_path):
    path = write(tmp_path / "a.ipynb", "print('truth')")
    notebooks.refresh(path)
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--nbval", str(path)]
    root = Path(__file__).parents[2]
    assert subprocess.run(command, cwd=root, capture_output=True).returncode == 0
    path.write_text(path.read_text(encoding="utf-8").replace("truth\\n", "a lie\\n"), encoding="utf-8")
    failed = subprocess.run(command, cwd=root, capture_output=True, text=True)
    assert failed.returncode == 1
    assert "a lie" in failed.stdout
