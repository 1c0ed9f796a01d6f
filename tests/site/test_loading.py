"""What each page loads when it is opened over a slow line, and that nothing jumps meanwhile."""

import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from built_site import PAGES
from server import Handler, served

PAUSE = 0.15
"""Seconds until the rest of a page arrives, and each picture and font."""
LATE = (".png", ".svg", ".woff")

MATHJAX, PLOTLY = "tex-chtml-full.js", "plotly.min.js"
LIMIT = 2_600_000
"""Bytes, uncompressed, of all that a page loads but the script for moving figures."""
WITHOUT_FORMULAS = 1_200_000

SEARCHED = {"search-texts.js": 900_000, "searchindex.js": 300_000}
"""Bytes of what the search page looks through: the text of the whole book, which grows with it."""

SHIFT = 0.05
"""How much of the screen may jump, as "cumulative layout shift": https://web.dev/articles/cls."""
MEASURE_SHIFT = """async () => {
  await window.MathJax?.startup?.promise;
  let total = 0;
  const causes = [];
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      total += entry.value;
      causes.push(...entry.sources.map((source) => source.node?.parentElement?.outerHTML.slice(0, 80)));
    }
  }).observe({ type: "layout-shift", buffered: true });
  await new Promise((done) => { setTimeout(done, 100); });
  return { total, causes };
}"""


class SlowLine(Handler):
    """Sends the text of a page first, and after a pause what follows it."""

    def copyfile(self, source, outputfile) -> None:
        content = source.read()
        path = urlsplit(self.path).path
        first = content.find(b"</article>") if path.endswith(".html") else 0
        outputfile.write(content[:first])
        outputfile.flush()
        if path.endswith((".html", *LATE)):
            time.sleep(PAUSE)
        outputfile.write(content[first:])


@pytest.fixture(scope="module")
def address(site) -> Iterator[str]:
    """Serve the site over the slow line, and return where."""
    with served(site, SlowLine) as address:
        yield address


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("name", PAGES)
def test_a_page_loads_little_and_nothing_jumps(site, address, open_page, name, width):
    with open_page(f"{address}/{name}", width=width) as watch:
        shift = watch.page.evaluate(MEASURE_SHIFT)
        has_formulas = watch.page.locator("mjx-container, .math").count() > 0
        has_figures = watch.page.locator(".plotly-figure").count() > 0

    loaded = {Path(path).name: (site / path).stat().st_size for path in map(path_of, watch.requests)}
    assert (MATHJAX in loaded) == has_formulas
    assert has_figures or PLOTLY not in loaded
    loaded.pop(PLOTLY, None)
    for searched, most in SEARCHED.items():
        assert loaded.pop(searched, 0) <= most, f"{searched} holds more than a book of fifteen chapters needs"
    limit = LIMIT if has_formulas else WITHOUT_FORMULAS
    assert sum(loaded.values()) <= limit, (
        f"too heavy: {sorted(loaded.items(), key=lambda item: -item[1])[:8]}"
    )
    assert shift["total"] < SHIFT, f"reserve a place for what moved these: {shift['causes']}"


def path_of(url: str) -> str:
    return unquote(urlsplit(url).path).lstrip("/")
