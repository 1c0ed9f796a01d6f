"""The notebook runner: what it stores, what it keeps, what it refuses."""

import nbformat
import psutil
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from bookkit.notebooks.__main__ import main, refresh
from bookkit.notebooks.normalising import KERNEL
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


def kernels():
    """Return the kernels that this process has started and that still run."""
    running = psutil.Process().children(recursive=True)
    return [process for process in running if "ipykernel_launcher" in " ".join(process.cmdline())]


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


FAULTY = {  # how a cell goes wrong: its source, its tags, and what is said of it
    "fails": ("1 / 0", [], "a.ipynb cell 0 (1 / 0) fails:"),
    "dies": ("import os; os._exit(1)", [], "cell 0 (import os; os._exit(1)) the kernel died"),
    "is slow": ("while True: pass", [], "cell 0 (while True: pass) takes longer than 2 s"),
    "raises nothing": (
        "1",
        ["raises-exception"],
        "cell 0 (1) is tagged raises-exception, but raises nothing",
    ),
    "is skipped": ("1", ["skip-execution"], "cell 0 (1) has the mark skip-execution"),
    "is not compared": ("# NBVAL_SKIP", [], "has the mark # NBVAL_SKIP"),
    "warns": ("import sys; print('careful', file=sys.stderr)", [], "text from stderr: careful"),
}


@pytest.mark.parametrize("kind", FAULTY)
def test_a_faulty_cell_is_named_its_file_stays_and_the_next_notebook_runs(
    kind, tmp_path, monkeypatch, capsys
):
    source, tags, words = FAULTY[kind]
    path = write(tmp_path / "a.ipynb", source, tags=tags)
    good = write(tmp_path / "b.ipynb", "print('fine')")
    before = path.read_bytes()
    monkeypatch.setattr("bookkit.notebooks.execution.SECONDS_PER_CELL", 2)
    assert main([str(path), str(good)]) == 1
    message = capsys.readouterr().err
    assert words in message
    assert f"1 of 2 notebooks failed: {path}" in message
    assert path.read_bytes() == before
    assert outputs(good)[0][0].text == "fine\n"
    assert kernels() == []


def test_ctrl_c_ends_the_run_and_the_kernel(tmp_path, monkeypatch):
    def press(*_):
        assert len(kernels()) == 1
        raise KeyboardInterrupt

    monkeypatch.setattr("nbclient.NotebookClient.execute_cell", press)
    with pytest.raises(KeyboardInterrupt):
        main([str(write(tmp_path / "a.ipynb", "1"))])
    assert kernels() == []


def test_the_size_in_which_a_picture_is_shown_is_kept_and_a_new_size_is_stored(tmp_path):
    show = (
        "from IPython.display import Image\nfrom matplotlib.figure import Figure\nimport io\n"
        "Figure().savefig(f := io.BytesIO())\nImage(f.getvalue(), width={})"
    )
    path = write(tmp_path / "a.ipynb", show.format(100))
    for width in (100, 200):
        notebook = nbformat.read(path, as_version=4)
        notebook.cells[0].source = show.format(width)
        nbformat.write(notebook, path)
        refresh(path)
        assert outputs(path)[0][0].metadata == {"image/png": {"width": width}}
    assert main(["--check", str(path)]) == 0


def test_a_stored_picture_that_was_damaged_is_replaced(executed):
    text = executed.read_text()
    notebook = nbformat.read(executed, as_version=4)
    notebook.cells[2].outputs[-1].data["image/png"] = "no picture"
    nbformat.write(notebook, executed)
    refresh(executed)
    assert executed.read_text() == text


def test_a_kernel_that_does_not_start_is_named(executed, monkeypatch, capsys):
    monkeypatch.setitem(KERNEL, "name", "no-such-kernel")
    assert main([str(executed)]) == 1
    assert "no cell was run: the kernel died or did not start (No such kernel" in capsys.readouterr().err
