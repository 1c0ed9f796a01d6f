"""The built files: every link is alive, nothing comes from another host, nothing is dead weight."""

from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from built_site import PAGES

LOADING_ATTRIBUTES = {
    "script": "src",
    "img": "src",
    "link": "href",
    "source": "src",
    "iframe": "src",
    "use": "href",
}


class Document(HTMLParser):
    """Ids, links and loaded files of one page."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.loads: list[str] = []
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attributes):
        values = {name: value or "" for name, value in attributes}
        self.elements.append((tag, values))
        if "id" in values:
            self.ids.append(values["id"])
        if tag == "a" and "href" in values:
            self.links.append(values["href"])
        if (attribute := LOADING_ATTRIBUTES.get(tag)) in values:
            self.loads.append(values[attribute])

    def meta(self, name):
        return [v.get("content") for tag, v in self.elements if tag == "meta" and v.get("name") == name]


@pytest.fixture(scope="module")
def documents(site):
    return {path: Document(path) for path in sorted(site.rglob("*.html")) if "_static" not in path.parts}


def test_the_pages_are_those_of_the_table_of_contents(site, documents):
    assert {path.relative_to(site).as_posix() for path in documents} == {*PAGES, "index.html"}


def test_every_internal_link_and_anchor_is_alive(site, documents):
    dead = []
    for path, document in documents.items():
        for link in [*document.links, *document.loads]:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            anchor = unquote(parts.fragment)
            if not target.is_file() or (anchor and anchor not in documents[target].ids):
                dead.append(f"{path.relative_to(site)} → {link}")
    assert not dead


def test_no_page_loads_anything_from_another_host(site, documents):
    outside = [
        f"{path.relative_to(site)} → {address}"
        for path, document in documents.items()
        for address in document.loads
        if urlsplit(address).netloc
    ]
    assert not outside


def test_ids_are_unique(site, documents):
    for path, document in documents.items():
        repeated = {name for name in document.ids if document.ids.count(name) > 1}
        assert not repeated, path.relative_to(site)


@pytest.mark.parametrize("name", PAGES)
def test_the_head_says_what_the_page_is(site, documents, name):
    path = site / name
    document = documents[path]
    text = path.read_text(encoding="utf-8")
    assert '<html lang="en"' in text
    assert "The Embedding Layer</title>" in text
    assert all(
        content.startswith("width=device-width, initial-scale=1") for content in document.meta("viewport")
    )
    assert document.meta("viewport")
    icons = [v["href"] for tag, v in document.elements if tag == "link" and v.get("rel") == "icon"]
    assert [Path(icon).name.split("?")[0] for icon in icons] == ["favicon.svg"]
    if name != "search.html":
        (description,) = document.meta("description")
        assert 10 <= len(description) <= 160


def test_nothing_is_left_of_thebe_and_launch_buttons(site):
    for path in site.rglob("*.html"):
        text = path.read_text(encoding="utf-8").lower()
        for word in ("thebe", "binder", "unpkg", "jsdelivr", "cdn."):
            assert word not in text, f"{word} in {path.relative_to(site)}"


def test_no_page_tells_when_it_was_built(site):
    for path in site.rglob("*.html"):
        assert "last updated" not in path.read_text(encoding="utf-8").lower()


def test_the_site_carries_no_dead_weight(site):
    names = [path.name for path in site.rglob("*")]
    assert not [name for name in names if name.endswith(".map")]
    assert not [name for name in names if "thebe" in name or name.startswith("fontawesome.js")]
    mathjax = list((site / "_static" / "mathjax").iterdir())
    assert [path.name for path in mathjax] == ["tex-chtml-full.js"]
    has_figures = any('class="plotly-figure"' in path.read_text() for path in site.glob("book/*.html"))
    assert (site / "_static" / "plotly.min.js").is_file() == has_figures


def test_every_interactive_figure_has_a_name(documents):
    for document in documents.values():
        for _, values in document.elements:
            if values.get("class") == "plotly-figure":
                assert values["role"] == "group"
                assert values["aria-label"].strip()
