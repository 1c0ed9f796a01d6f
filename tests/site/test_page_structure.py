"""Every page, narrow and wide: nothing wider than the page, and a structure that can be heard."""

import pytest
from built_site import PAGES
from page_states import axe_problems, open_folds, show, simplify_code

RULES = {"rules": {"label-content-name-mismatch": {"enabled": True}, "color-contrast": {"enabled": False}}}

OVERFLOWS = """() => {
  const boxes = ["html", "body", "#main-content", ".bd-article-container", ".bd-article"];
  return boxes.filter((selector) => {
    const box = document.querySelector(selector);
    return box && box.scrollWidth > box.clientWidth + 1;
  });
}"""


@pytest.mark.parametrize("name", PAGES)
def test_a_page_fits_and_can_be_heard(site, open_page, name):
    problems = []
    with open_page(site / name) as watch:
        open_folds(watch.page)
        simplify_code(watch.page)
        for width in (1280, 390):
            show(watch.page, "light", width)
            found = [f"{selector} is too wide" for selector in watch.page.evaluate(OVERFLOWS)]
            problems += [f"{width} px: {problem}" for problem in found + axe_problems(watch.page, RULES)]
        assert not problems + watch.problems, "\n".join(["", *problems, *watch.problems])
