"""Every page in both themes: text stands out from what is behind it."""

import re

import pytest
from built_site import PAGES
from page_states import axe_problems, open_folds, show, simplify_code

from bookkit.palette import TEXT_CONTRAST, contrast

CONTRAST = {"runOnly": ["color-contrast"]}

# each pair of text and background that occurs in code
CODE_COLOURS = """() => {
  const background = (element) => {
    const colour = getComputedStyle(element).backgroundColor;
    return colour.startsWith("rgba") && element.parentElement ? background(element.parentElement) : colour;
  };
  const pairs = new Set();
  for (const element of document.querySelectorAll("pre, pre span")) {
    pairs.add(`${getComputedStyle(element).color} on ${background(element)}`);
  }
  return [...pairs];
}"""


def readable(pair):
    """Tell whether the two colours, as in "rgb(0, 0, 0) on rgb(1, 2, 3)", stand out from each other."""
    text, background = re.findall(r"rgb\((\d+), (\d+), (\d+)\)", pair)
    return (
        contrast(*("#" + "".join(f"{int(c):02X}" for c in colour) for colour in (text, background)))
        >= TEXT_CONTRAST
    )


@pytest.mark.parametrize("name", PAGES)
def test_text_stands_out(site, open_page, name):
    problems = []
    with open_page(site / name) as watch:
        page = watch.page
        open_folds(page)
        for theme in ("light", "dark"):
            show(page, theme, 1280)
            assert page.evaluate("document.documentElement.dataset.theme") == theme
            problems += [f"{theme}: {pair}" for pair in page.evaluate(CODE_COLOURS) if not readable(pair)]
        simplify_code(page)
        # what is seen at one width only is seen in one theme
        for theme, width in (("light", 1280), ("dark", 390)):
            show(page, theme, width)
            problems += [f"{theme}: {problem}" for problem in axe_problems(page, CONTRAST)]
        assert not problems + watch.problems, "\n".join(["", *problems, *watch.problems])
