"""What is folded opens with the keyboard and without scripts, and what checks of exercises say is seen."""

from pathlib import Path

import pytest
from built_site import docnames

from bookkit.exercises import KINDS
from bookkit.palette import load_dark_palette, load_palette, style_sheet

STATIC = Path(__file__).parents[2] / "book" / "_static"
CHAPTERS = [name for name in docnames() if name.split("/")[-1][0].isdigit()]


@pytest.mark.parametrize("name", CHAPTERS)
def test_folds_need_no_script(site, browser, name):
    page = browser.new_page(java_script_enabled=False)
    page.goto((site / f"{name}.html").as_uri())
    for fold in page.locator("article details").all():
        handle, content = fold.locator("> summary"), fold.locator("> :not(summary)").first
        assert handle.inner_text().strip()
        assert not content.is_visible()
        handle.press("Enter")
        assert content.is_visible()
    page.close()


def test_verdicts_are_told_apart_without_colour(browser, tmp_path):
    (tmp_path / "palette.css").write_text(style_sheet(load_palette(), load_dark_palette()))
    kinds = sorted(set(KINDS.values()))
    outputs = "".join(f'<div class="output stream verdict {kind}"><pre>{kind}</pre></div>' for kind in kinds)
    (tmp_path / "page.html").write_text(
        f'<html data-theme="light"><link rel="stylesheet" href="palette.css">'
        f'<link rel="stylesheet" href="{(STATIC / "exercises.css").as_uri()}">'
        f'<div class="bd-article"><div class="cell_output">{outputs}</div></div></html>'
    )
    page = browser.new_page()
    page.goto((tmp_path / "page.html").as_uri())
    looks = page.locator(".verdict").evaluate_all(
        """outputs => outputs.map((output) => {
          const box = getComputedStyle(output), mark = getComputedStyle(output, "::before");
          return [mark.content, mark.color, box.borderLeftStyle];
        })"""
    )
    page.close()
    marks, colours, _ = (set(column) for column in zip(*looks, strict=True))
    assert len(marks) == len(colours) == len(kinds)
    assert not any(mark in ("none", "normal") for mark in marks)
