"""Chapters on paper: light, numbered, without navigation, nothing cut off."""

import pytest
from built_site import docnames

CHAPTERS = [name for name in docnames() if name.split("/")[-1][0].isdigit()]
PAPER = """() => {
  const seen = (selector) => [...document.querySelectorAll(selector)].filter((box) => box.checkVisibility());
  const cut = (box) => box.scrollWidth > box.clientWidth + 1;
  return {
    cut: seen(".bd-article pre").filter(cut).map((pre) => pre.textContent.slice(0, 60)),
    around: seen(".bd-header-article, .bd-sidebar-primary, .prev-next-area, button").length,
    dark: seen("img.dark-figure").length,
    solutions: seen(".tag_solution").length,
    ink: getComputedStyle(document.body).color,
    number: seen("h1 .section-number").length,
  };
}"""


@pytest.mark.parametrize("name", CHAPTERS)
def test_a_chapter_on_paper(site, open_page, name):
    with open_page(site / f"{name}.html", theme="dark", width=700) as watch:
        watch.page.emulate_media(media="print", color_scheme="dark")
        paper = watch.page.evaluate(PAPER)
    assert paper == {
        "cut": [],
        "around": 0,
        "dark": 0,
        "solutions": 0,
        "ink": "rgb(31, 41, 51)",
        "number": 1,
    }
