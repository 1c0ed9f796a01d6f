"""What every chapter keeps to, read from the stored notebooks; nbval runs them."""

import re
from pathlib import Path

import nbformat
import pytest
import torch

from embedding_layer import CustomEmbedding

BOOK = Path(__file__).parents[2] / "book"
NOTEBOOKS = sorted(BOOK.glob("*.ipynb"))
LABELS = re.compile(r"#(fig|eq|ex|sec)-|(bibliography|glossary|api)\.md#")
"""Targets that have a label of their own, or an entry."""
CHAPTERS = [path for path in NOTEBOOKS if path.name[0].isdigit()]

SOURCE_FORM = """\
class CustomEmbedding(nn.Module):
    def __init__(self, vocab_size, embedding_dim):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(vocab_size, embedding_dim))

    def forward(self, x):
        return self.weight[x]
"""


def read(path):
    return nbformat.read(path, as_version=4)


def code_cells(path):
    return [cell for cell in read(path).cells if cell.cell_type == "code"]


def tags(cell):
    return cell.metadata.get("tags", [])


def by_name(path):
    return path.stem


def test_every_chapter_is_in_the_contents_and_every_notebook_there_exists():
    listed = set(
        re.findall(r"- file: book/(\d\d_\w+)", (BOOK.parent / "_toc.yml").read_text(encoding="utf-8"))
    )
    there = {path.stem for path in CHAPTERS}
    assert listed == there, (
        f"_toc.yml lists {sorted(listed - there) or 'nothing'} that is not in book/, and lacks "
        f"{sorted(there - listed) or 'nothing'} that is"
    )


def test_chapter_three_shows_the_source_form_and_it_is_the_library_s_layer():
    (source,) = (
        cell.source
        for cell in code_cells(BOOK / "03_custom_embedding.ipynb")
        if "class CustomEmbedding" in cell.source
    )
    assert SOURCE_FORM.rstrip() in source
    names = {}
    exec(source, names)
    torch.manual_seed(0)
    shown = names["CustomEmbedding"](5, 4)
    torch.manual_seed(0)
    ours = CustomEmbedding(5, 4)
    ids = torch.tensor([[0, 4, 4], [1, 2, 0]])
    slopes = torch.arange(24.0).view(2, 3, 4)
    for layer in (shown, ours):
        layer(ids).backward(slopes)
    assert torch.equal(shown(ids), ours(ids))
    assert torch.equal(shown.weight.grad, ours.weight.grad)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=by_name)
def test_nbval_is_strict(path):
    cells = code_cells(path)
    assert not any("nbval-skip" in tags(cell) for cell in cells)
    ignored = sum("nbval-ignore-output" in tags(cell) for cell in cells)
    assert ignored <= len(cells) / 10


@pytest.mark.parametrize("path", NOTEBOOKS, ids=by_name)
def test_every_picture_has_a_caption_a_name_and_alternative_text(path):
    cells = read(path).cells
    for cell, below in zip(cells, [*cells[1:], None], strict=True):
        drawn = {kind for output in cell.get("outputs", []) for kind in output.get("data", {})}
        if drawn & {"image/png", "image/svg+xml", "application/vnd.plotly.v1+json"}:
            figure, image = (cell.metadata.get("mystnb", {}).get(key, {}) for key in ("figure", "image"))
            captioned = below is not None and below.source.startswith("**Figure ")
            assert figure.get("caption") or captioned, (
                f"{cell.id} draws: begin the cell below with the caption, **Figure 2.1.** What one sees."
            )
            assert figure.get("name", "").startswith("fig-"), f"{cell.id} draws: name it fig-NN-name"
            assert len(image.get("alt", "")) > 40, f"{cell.id} draws: say in `alt` what one sees"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=by_name)
def test_the_text_can_be_translated_and_read_in_jupyterlab(path):
    allowed = {"admonition", "exercise", "hint", "figure", "note", "tip", "warning", "important"}
    for cell in read(path).cells:
        if cell.cell_type == "markdown":
            assert set(re.findall(r"^:{3,}\{([\w-]+)\}", cell.source, re.MULTILINE)) <= allowed
            assert not re.search(r"\[\^", cell.source), "no footnotes"
            slugs = [
                target
                for target in re.findall(r"\]\(([^)\s]*#[^)\s]*)", cell.source)
                if not LABELS.match(target)
            ]
            assert not slugs, f"{cell.id} links to the slug of a heading, {slugs[0]}: give it a label"
            assert not re.search(r"</?[a-z]+[ >]", re.sub(r"`[^`]*`|\$[^$]*\$", "", cell.source)), (
                "no raw HTML"
            )


@pytest.mark.parametrize("path", CHAPTERS, ids=by_name)
def test_a_chapter_has_its_exercises_and_their_solutions_pass(path):
    cells = read(path).cells
    texts = [cell for cell in cells if cell.cell_type == "markdown" and ":::{exercise}" in cell.source]
    outputs = ["".join(o.get("text", "") for o in cell.get("outputs", [])) for cell in cells]
    unsolved = [text for text in outputs if "not solved yet" in text]
    solutions = [cell for cell in cells if cell.cell_type == "code" and "solution" in tags(cell)]
    solved = [cell for cell in solutions if any(": solved." in o.get("text", "") for o in cell.outputs)]
    assert 3 <= len(texts) <= 5
    assert len(unsolved) == len(texts)
    assert len(solved) == len(texts)
    assert all("hide-cell" in tags(cell) and cell.metadata.jupyter.source_hidden for cell in solutions)


@pytest.mark.parametrize("path", CHAPTERS, ids=by_name)
def test_a_chapter_has_its_sections(path):
    text = "\n".join(cell.source for cell in read(path).cells if cell.cell_type == "markdown")
    headings = re.findall(r"^## (.+)$", text, re.MULTILINE)
    for heading in ("Pitfalls", "Summary", "Exercises", "Further reading"):
        assert heading in headings
    assert re.search(r"you will learn", text, re.IGNORECASE)
    assert re.search(r"you need", text, re.IGNORECASE)
    assert len(re.findall(r"^# ", re.sub(r"```.*?```", "", text, flags=re.DOTALL), re.MULTILINE)) == 1
