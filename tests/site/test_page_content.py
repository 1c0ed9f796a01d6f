"""What stands on every page: no raw markup, formulas that are set, pictures and figures that are drawn."""

import re

import pytest
from built_site import PAGES
from page_states import open_folds

# markup that was meant to become something, and what notebooks print by accident
RAW_TEXT = re.compile(r":::|\{[a-z][a-z:_-]*\}`|\$\$|\\begin\{|^\s*\[\^", re.MULTILINE)
RAW_OUTPUT = re.compile(r"<Figure size|<matplotlib\.|<Axes|\[<|<IPython\.| at 0x[0-9a-f]")

FACTS = """() => {
  const all = (selector) => [...document.querySelectorAll(selector)];
  const raw = "pre, code, script, style, noscript, mjx-container";
  const texts = [];
  const walker = document.createTreeWalker(document.querySelector("main"), NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    if (!walker.currentNode.parentElement.closest(raw)) texts.push(walker.currentNode.data);
  }
  const untypeset = (box) => !box.querySelector("mjx-container");
  const shapeless = (icon) => !/^"."$/.test(getComputedStyle(icon, "::before").content);
  const broken = (image) => !image.complete || !image.naturalWidth;
  return {
    text: texts.join(" "),
    outputs: all(".cell_output pre").map((pre) => pre.textContent).join("\\n"),
    rawMath: all("span.math, div.math").filter(untypeset).map((box) => box.textContent),
    // MathJax writes what it does not understand as an error, and commands that it does not know in red
    mathErrors: all("mjx-merror, mjx-container [style*=red]").map((error) => error.outerHTML),
    // letters of the fonts that bookkit.mathjax leaves out
    fontless: all("mjx-c:is([class*=TEX-FR], [class*=TEX-SC], [class*=TEX-SS], [class*=TEX-V])").length,
    missingIcons: all("[class*=fa-]").filter(shapeless).map((icon) => icon.outerHTML),
    brokenImages: all("img").filter(broken).map((image) => image.src),
    // the logo beside the title of the book says nothing that the title does not
    namelessImages: all("main img").filter((image) => !image.alt.trim()).map((image) => image.src),
    figures: all(".plotly-figure").length,
  };
}"""


def draw_figures(page, count):
    problems = []
    for number in range(count):
        figure = page.locator(".plotly-figure").nth(number)
        figure.scroll_into_view_if_needed()
        figure.locator(".main-svg, .plotly-message").first.wait_for()
        if figure.locator(".plotly-message").count():
            problems.append(f"figure {number + 1} was not drawn: {figure.inner_text()}")
    return problems


def check_content(page):
    open_folds(page)
    facts = page.evaluate(FACTS)
    problems = [f"raw markup: {text!r}" for text in RAW_TEXT.findall(facts["text"])]
    problems += [f"raw output: {text!r}" for text in RAW_OUTPUT.findall(facts["outputs"])]
    problems += [f"math that is not typeset: {text!r}" for text in facts["rawMath"]]
    problems += [f"error in math: {text[:200]!r}" for text in facts["mathErrors"]]
    problems += ["letters without a font: see UNUSED_FONTS in bookkit.mathjax"] * bool(facts["fontless"])
    problems += [f"icon without a shape: {icon}" for icon in facts["missingIcons"]]
    problems += [f"image that does not load: {source}" for source in facts["brokenImages"]]
    problems += [f"image without alternative text: {source}" for source in facts["namelessImages"]]
    return problems + draw_figures(page, facts["figures"])


@pytest.mark.parametrize("name", PAGES)
def test_all_that_stands_on_a_page_is_shown(site, open_page, name):
    with open_page(site / name) as watch:
        problems = check_content(watch.page)
        assert not problems + watch.problems, "\n".join(["", *problems, *watch.problems])
