"""What each page loads when it is opened, and that nothing jumps meanwhile, in a real browser."""

from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from built_site import PAGES

MATHJAX, PLOTLY = "tex-svg-full.js", "plotly.min.js"
REST = 1_200_000
"""Bytes, uncompressed, of all that a page loads but the scripts for formulas and for moving figures."""


@pytest.mark.parametrize("name", PAGES)
def test_a_page_loads_little_and_formulas_and_figures_only_their_own_scripts(site, open_page, name):
    with open_page(site / name) as watch:
        watch.page.wait_for_load_state("networkidle")
        loaded = {path.name: path.stat().st_size for path in map(path_of, watch.requests)}
        has_formulas = watch.page.locator("mjx-container, .math").count() > 0
        has_figures = watch.page.locator(".plotly-figure").count() > 0
    assert (MATHJAX in loaded) == has_formulas
    assert has_figures or PLOTLY not in loaded
    rest = {file: size for file, size in loaded.items() if file not in (MATHJAX, PLOTLY)}
    assert sum(rest.values()) <= REST, f"too heavy: {sorted(rest.items(), key=lambda item: -item[1])[:8]}"


def path_of(address: str) -> Path:
    return Path(unquote(urlsplit(address).path))
