"""How long a chapter's cells are, what they print and where they ask, as CONTRIBUTING.md says."""

import re
import statistics
from pathlib import Path

import nbformat
import pytest

BOOK = Path(__file__).parents[2] / "book"
CHAPTERS = sorted(BOOK.glob("[0-9][0-9]_*.ipynb"))

LONGEST, LONGEST_IMPORTS, MEDIAN = 12, 25, 5
"""Lines of a code cell, empty ones not counted; ruff gives every imported name a line of its own."""

on_every_chapter = pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)


def cells_of(path, kind):
    return [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == kind]


def tags(cell):
    return set(cell.metadata.get("tags", []))


def lines_of(cell):
    return sum(bool(line.strip()) for line in cell.source.splitlines())


def printed(cell):
    """Return the lines of text that a cell leaves."""
    texts = [output.get("text") or output.get("data", {}).get("text/plain", "") for output in cell.outputs]
    return [line for text in texts for line in text.splitlines()]


@on_every_chapter
def test_cells_are_short(path):
    cells = cells_of(path, "code")
    for cell in cells:
        limit = LONGEST_IMPORTS if "imports" in tags(cell) else LONGEST
        assert lines_of(cell) <= limit, (
            f"{cell.id} has {lines_of(cell)} lines, {limit} at most: split it, or move what is not the idea "
            "into the chapter's room"
        )
    median = statistics.median(map(lines_of, cells))
    assert median <= MEDIAN, (
        f"half of the cells are longer than {median} lines, {MEDIAN} at most: shorten them"
    )


@on_every_chapter
def test_the_imports_are_one_folded_cell_at_the_top(path):
    first, *others = cells_of(path, "code")
    assert {"imports", "hide-input"} <= tags(first), "tag the first code cell: imports, hide-input"
    assert not any("imports" in tags(cell) for cell in others), "import in the first code cell only"


@on_every_chapter
def test_the_front_matter_is_two_lists(path):
    text = "\n".join(cell.source for cell in cells_of(path, "markdown"))
    for title in ("You will learn", "You need"):
        assert re.search(rf"\*\*{title}\*\*\n\n- ", text), f"begin with **{title}** and a list below it"


@on_every_chapter
def test_three_or_four_times_the_reader_predicts_and_the_answer_is_folded(path):
    cells = nbformat.read(path, as_version=4).cells
    asking = [index for index, cell in enumerate(cells) if "**Predict:**" in cell.source]
    answering = [index for index, cell in enumerate(cells) if "prediction" in tags(cell)]
    assert answering == [index + 1 for index in asking], (
        "the cell after a **Predict:** answers it and has the tags prediction, hide-output; no other cell has"
    )
    assert 3 <= len(asking) <= 4, f"{len(asking)} predictions; three or four keep the reader awake"
    for index in answering:
        assert "hide-output" in tags(cells[index]), f"fold the answer of {cells[index].id}: hide-output"


@on_every_chapter
def test_numbers_are_printed_not_verdicts(path):
    for cell in cells_of(path, "code"):
        if "truth-value" not in tags(cell):
            verdicts = [line for line in printed(cell) if re.search(r"\b(True|False)\W*$", line)]
            assert not verdicts, (
                f"{cell.id} prints {verdicts[0]!r}: print the number after ≈ and assert its bound, or give "
                "the cell the tag truth-value if the reader needs the truth value itself"
            )


@on_every_chapter
def test_a_solution_is_folded_in_jupyterlab_too(path):
    for cell in cells_of(path, "code"):
        if "solution" in tags(cell):
            folded = cell.metadata.get("jupyter", {})
            assert "hide-cell" in tags(cell), f"solution {cell.id} needs the tag hide-cell"
            assert folded.get("source_hidden"), f"solution {cell.id} needs jupyter.source_hidden: true"
            assert folded.get("outputs_hidden"), f"solution {cell.id} needs jupyter.outputs_hidden: true"
