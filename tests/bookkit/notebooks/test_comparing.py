"""What nbval finds, with the plugin and the settings of this project, in notebooks that were altered."""

import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from bookkit.notebooks.__main__ import refresh

ROOT = Path(__file__).parents[3]
SETUP = """\
import matplotlib.pyplot as plt
import time
%config InlineBackend.figure_formats = ["svg", "png"]
plt.rcParams["svg.hashsalt"] = "book"
def draw(*y):
    plt.figure(figsize=(2, 1))
    plt.plot(y)
    plt.title(f"{y[-1]:.0f}")"""
COUNTED = "took = time.perf_counter()\nassert took > 0\nprint(f'took ≈ {took:.3f} s in all')"


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    """Return a notebook that was run: it sets up, prints, draws twice, draws a timing, and fails."""
    path = tmp_path_factory.mktemp("book") / "a.ipynb"
    cells = [new_code_cell(source) for source in (SETUP, COUNTED, "draw(1, 2)", "draw(2, 1)")]
    cells.append(new_code_cell("draw(time.perf_counter())", metadata={"tags": ["timed-figure"]}))
    cells.append(new_code_cell("1 / 0", metadata={"tags": ["raises-exception"]}))
    nbformat.write(new_notebook(cells=cells), path)
    refresh(path)
    return nbformat.read(path, as_version=4)


def replace(old, new):
    def alter(cells):
        output = cells[1].outputs[0]
        assert old in output.text
        output.text = output.text.replace(old, new)

    return alter


def pictures(cell):
    return next(output.data for output in cell.outputs if "image/png" in output.get("data", {}))


def change_nothing_that_counts(cells):
    cells[1].outputs[0].text = "took ≈ 12 ms in all\n"
    pictures(cells[4]).update(pictures(cells[2]))


def break_a_bound(cells):
    cells[1].source = cells[1].source.replace("> 0", "< 0")


def swap_pictures(cells):
    one, other = pictures(cells[2]), pictures(cells[3])
    saved = dict(one)
    one.update(other)
    other.update(saved)


def leave_a_picture_stale(cells):
    cells[2].source = "draw(1, 3)"


def edit_a_number_in_a_picture(cells):
    data = pictures(cells[2])
    *_, title = re.findall(r'href="#DejaVuSans-[^"]*"', data["image/svg+xml"])
    before, after = data["image/svg+xml"].rsplit(title, 1)
    other = next(glyph for glyph in re.findall(r'href="#DejaVuSans-[^"]*"', before) if glyph != title)
    data["image/svg+xml"] = before + other + after


def remove_a_picture(cells):
    del cells[2].outputs[-1]


def show_a_picture_larger(cells):
    cells[2].outputs[-1].metadata = {"image/png": {"width": 900}}


def mend_what_is_meant_to_fail(cells):
    cells[5].update(source="pass", outputs=[])


def kill_the_kernel(cells):
    cells[5].source = "import os; os._exit(1)"


def print_a_long_line(cells):
    cells[1].source = "print('x' * 300_000)"
    cells[1].outputs[0].text = "x" * 299_999 + "y\n"


EXPECTED = {  # what is altered: the cells that fail, and what is said of the first of them
    change_nothing_that_counts: ([], ""),
    replace("took", "takes"): ([1], "takes"),
    replace("in all", "in vain"): ([1], "in vain"),
    break_a_bound: ([1], "AssertionError"),
    swap_pictures: ([2, 3], "picture 1 looks different"),
    leave_a_picture_stale: ([2], "picture 1 looks different"),
    edit_a_number_in_a_picture: ([2], "picture 1 looks different"),
    remove_a_picture: ([2], "Unexpected output fields"),
    show_a_picture_larger: ([2], "shown in another way"),
    mend_what_is_meant_to_fail: ([5], "raised nothing"),
    kill_the_kernel: ([5], "the kernel died in this cell"),
    print_a_long_line: ([1], "xxxy"),
}


@pytest.fixture(scope="module")
def verdicts(stored, tmp_path_factory):
    """Return, for each alteration, which cells fail in nbval and what it says of each."""
    folder = tmp_path_factory.mktemp("altered")
    for number, alter in enumerate(EXPECTED):
        notebook = nbformat.from_dict(stored)
        alter(notebook.cells)
        nbformat.write(notebook, folder / f"{number:02}.ipynb")
    command = [sys.executable, "-m", "pytest", "-c", ROOT / "pyproject.toml", "-p", "no:cacheprovider"]
    report = folder / "report.xml"
    subprocess.run([*command, f"--junitxml={report}", "--nbval", folder], capture_output=True, check=False)
    found = [{} for _ in EXPECTED]
    cases = ElementTree.parse(report).iter("testcase")
    for number, case in enumerate(cases):
        failure = case.find("failure")
        if failure is not None:
            found[number // len(stored.cells)][number % len(stored.cells)] = failure.text
    assert number + 1 == len(EXPECTED) * len(stored.cells)
    return found


@pytest.mark.parametrize("number", range(len(EXPECTED)))
def test_nbval_fails_where_something_that_counts_was_altered(verdicts, number):
    cells, said = list(EXPECTED.values())[number]
    assert list(verdicts[number]) == cells
    assert all(said in text for text in verdicts[number].values())
