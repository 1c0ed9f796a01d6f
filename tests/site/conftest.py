"""The built site, and one browser for all its tests."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from built_site import SITE, stale_sources
from playwright.sync_api import Browser, Page, expect, sync_playwright

from bookkit.browser import FLAGS, find_or_install


@pytest.fixture(scope="session")
def site() -> Path:
    """Return the folder of the built site; fail if there is none, or an old one."""
    if not SITE.is_dir():
        pytest.fail("the site is not built: run `make book` first", pytrace=False)
    if stale := stale_sources():
        pytest.fail(f"the site is older than {', '.join(stale)}: run `make book` first", pytrace=False)
    return SITE


expect.set_options(timeout=20_000)  # a busy machine is no failure


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Start the browser, which must be there or be installed."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_or_install(), args=list(FLAGS))
        yield browser
        browser.close()


class Watch:
    """A page that notes what must not happen on it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.problems: list[str] = []
        self.requests: list[str] = []
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.problems.append(f"script error: {error}"))
        page.on("request", self._request)
        page.on("requestfailed", lambda request: self.problems.append(f"failed request: {request.url}"))

    def _console(self, message) -> None:
        if message.type == "error":
            self.problems.append(f"console: {message.text}")

    def _request(self, request) -> None:
        self.requests.append(request.url)
        if not request.url.startswith(("file:", "data:", "blob:", "http://127.0.0.1:")):
            self.problems.append(f"request to another host: {request.url}")


@pytest.fixture
def open_page(browser):
    """Return a context manager that opens a file or an address in a fresh profile, and watches it."""

    @contextmanager
    def open_(
        page: Path | str, *, query: str = "", theme: str = "light", width: int = 1280
    ) -> Iterator[Watch]:
        context = browser.new_context(color_scheme=theme, viewport={"width": width, "height": 900})
        context.set_default_timeout(20_000)
        watch = Watch(context.new_page())
        try:
            watch.page.goto((page if isinstance(page, str) else page.as_uri()) + query)
            yield watch
        finally:
            context.close()

    return open_
