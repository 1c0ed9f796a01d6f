"""Every page of the book in a real browser: narrow and wide, light and dark, opened as a file."""

import re
from pathlib import Path

import axe_playwright_python
import pytest
from built_site import PAGES

from bookkit.palette import TEXT_CONTRAST, contrast

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
# preload would fetch the style sheets again, which a browser refuses for files
QUIET = {"preload": False, "resultTypes": ["violations"]}
RULES = {"label-content-name-mismatch": {"enabled": True}, "color-contrast": {"enabled": False}}
STRUCTURE = QUIET | {"rules": RULES}
COLOURS = QUIET | {"runOnly": ["color-contrast"]}

# Colours change with the theme, structure with the width. axe takes seconds: it looks where they change, and
# leaves the thousands of words of code to CODE_COLOURS.
APPEARANCES = (
    ("light", 1280, (STRUCTURE, COLOURS)),
    ("light", 390, (STRUCTURE,)),
    ("dark", 390, (COLOURS,)),
    ("dark", 1280, ()),
)

# markup that was meant to become something, and what notebooks print by accident
RAW_TEXT = re.compile(r":::|\{[a-z][a-z:_-]*\}`|\$\$|\\begin\{|^\s*\[\^", re.MULTILINE)
RAW_OUTPUT = re.compile(r"<Figure size|<matplotlib\.|<Axes|\[<|<IPython\.| at 0x[0-9a-f]")

READY = """async () => {
  await window.MathJax?.startup?.promise;
  const images = [...document.images];
  images.forEach((image) => { image.loading = "eager"; });
  await Promise.all(images.map((image) => image.decode().catch(() => null)));
  document.querySelectorAll("details").forEach((details) => { details.open = true; });
  document.querySelectorAll(".toggle-hidden .toggle-button").forEach((button) => button.click());
}"""

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

OVERFLOWS = """() => {
  const boxes = ["html", "body", "#main-content", ".bd-article-container", ".bd-article"];
  return boxes.filter((selector) => {
    const box = document.querySelector(selector);
    return box && box.scrollWidth > box.clientWidth + 1;
  });
}"""

RUN_AXE = """(options) => {
  const context = options.runOnly ? { exclude: [["pre"]] } : document;
  return axe.run(context, options).then((results) => results.violations);
}"""

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


def settle(page) -> None:
    """Wait until the page has reacted to a change: scripts and the style have had two frames, and time."""
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    page.wait_for_timeout(350)  # the theme reacts to a new width after 300 ms


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
    page.evaluate(READY)
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


def readable(pair):
    """Tell whether the two colours, as in "rgb(0, 0, 0) on rgb(1, 2, 3)", stand out from each other."""
    text, background = re.findall(r"rgb\((\d+), (\d+), (\d+)\)", pair)
    return (
        contrast(*("#" + "".join(f"{int(c):02X}" for c in colour) for colour in (text, background)))
        >= TEXT_CONTRAST
    )


def check_appearance(page, theme, width, axe_runs):
    page.emulate_media(color_scheme=theme)
    page.set_viewport_size({"width": width, "height": 900})
    settle(page)
    where = f"{theme}, {width} px"
    problems = [f"{where}: {selector} is too wide" for selector in page.evaluate(OVERFLOWS)]
    if page.evaluate("document.documentElement.dataset.theme") != theme:
        problems.append(f"{where}: the page has another theme")
    problems += [f"{where}: code in {pair}" for pair in page.evaluate(CODE_COLOURS) if not readable(pair)]
    for violation in (found for options in axe_runs for found in page.evaluate(RUN_AXE, options)):
        places = "; ".join(node["html"][:120] for node in violation["nodes"][:3])
        problems.append(f"{where}: axe {violation['id']} ({violation['impact']}): {places}")
    return problems


@pytest.mark.parametrize("name", PAGES)
def test_page(site, open_page, name):
    with open_page(site / name) as watch:
        problems = check_content(watch.page)
        watch.page.evaluate(AXE)
        for appearance in APPEARANCES:
            problems += check_appearance(watch.page, *appearance)
        assert not problems + watch.problems, "\n".join(["", *problems, *watch.problems])
