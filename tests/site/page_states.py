"""How the tests bring a page into the state that they look at, and ask axe about it."""

from pathlib import Path

import axe_playwright_python

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
# preload would fetch the style sheets again, which a browser refuses for files
QUIET = {"preload": False, "resultTypes": ["violations"]}

READY = """async () => {
  await window.MathJax?.startup?.promise;
  const images = [...document.images];
  images.forEach((image) => { image.loading = "eager"; });
  await Promise.all(images.map((image) => image.decode().catch(() => null)));
  document.querySelectorAll("details").forEach((details) => { details.open = true; });
  document.querySelectorAll(".toggle-hidden .toggle-button").forEach((button) => button.click());
}"""

RUN_AXE = """(options) => axe.run(options).then((results) => results.violations)"""


def open_folds(page) -> None:
    """Wait until formulas and pictures are there, and open what is folded."""
    page.evaluate(READY)


def show(page, theme: str, width: int) -> None:
    """Show the page in a theme and at a width, and wait until it has reacted."""
    page.emulate_media(color_scheme=theme)
    if page.viewport_size["width"] != width:
        page.set_viewport_size({"width": width, "height": 900})
        page.wait_for_timeout(350)  # the theme reacts after 300 ms
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    page.wait_for_function("!document.getAnimations().some((one) => one instanceof CSSTransition)")


def simplify_code(page) -> None:
    """Take the colours out of code: axe looks at each element, and most of a page's are words of code."""
    page.evaluate("document.querySelectorAll('pre').forEach((pre) => { pre.textContent = pre.textContent; })")


def axe_problems(page, options: dict) -> list[str]:
    """Return what axe finds on the page as it is."""
    if not page.evaluate("typeof axe === 'object'"):
        page.evaluate(AXE)
    problems = []
    for violation in page.evaluate(RUN_AXE, QUIET | options):
        places = "; ".join(node["html"][:120] for node in violation["nodes"][:3])
        problems.append(f"axe {violation['id']} ({violation['impact']}): {places}")
    return problems
