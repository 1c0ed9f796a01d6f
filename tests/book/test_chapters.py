"""What every chapter keeps to, read from the stored notebooks; nbval runs them."""

import re
from pathlib import Path

import nbformat
import pytest
import torch

from embedding_layer import CustomEmbedding

BOOK = Path(__file__).parents[2] / "book"
NOTEBOOKS = sorted(BOOK.glob("*.ipynb"))
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


def test_the_chapters_are_there():
    assert [path.stem for path in CHAPTERS] == [
        "01_one_hot",
        "02_lookup_table",
        "03_custom_embedding",
        "04_training",
        "05_gradients",
        "06_drop_in",
        "07_optimizers",
        "12_speed",
    ]


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
    for cell in code_cells(path):
        drawn = {kind for output in cell.outputs for kind in output.get("data", {})}
        if drawn & {"image/png", "image/svg+xml", "application/vnd.plotly.v1+json"}:
            figure, image = (cell.metadata.get("mystnb", {}).get(key, {}) for key in ("figure", "image"))
            assert figure.get("caption")
            assert figure.get("name", "").startswith("fig-")
            assert len(image.get("alt", "")) > 40


@pytest.mark.parametrize("path", NOTEBOOKS, ids=by_name)
def test_the_text_can_be_translated_and_read_in_jupyterlab(path):
    allowed = {"admonition", "exercise", "hint", "figure", "note", "tip", "warning", "important"}
    for cell in read(path).cells:
        if cell.cell_type == "markdown":
            assert set(re.findall(r"^:{3,}\{([\w-]+)\}", cell.source, re.MULTILINE)) <= allowed
            assert not re.search(r"\[\^", cell.source), "no footnotes"
            assert not re.search(r"\]\([^)\s]*#", cell.source), "no links to heading slugs"
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
