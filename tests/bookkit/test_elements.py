from types import SimpleNamespace

import pytest

from bookkit.elements import ELEMENTS, add_files, elements_in


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("<p>a word-projector</p>", []),
        ("<word-projectors>", []),
        ('<word-projector aria-label="a">', ["word-projector"]),
        ("<word-projector>\n</word-projector><word-projector>", ["word-projector"]),
    ],
)
def test_an_element_counts_only_as_a_tag(body, found):
    assert elements_in(body) == found


def test_only_a_page_with_an_element_gets_its_files():
    added = []
    app = SimpleNamespace(
        add_js_file=lambda name, **options: added.append((name, options)), add_css_file=added.append
    )
    add_files(app, "page", "page.html", {"body": "<p>text</p>"}, None)
    add_files(app, "genindex", "genindex.html", {}, None)
    assert added == []
    add_files(app, "page", "page.html", {"body": "<word-projector></word-projector>"}, None)
    assert added == [("word-projector.js", {"loading_method": "defer"}), "word-projector.css"]


def test_each_element_has_its_files(pytestconfig):
    for name in ELEMENTS:
        for ending in ("js", "css"):
            assert (pytestconfig.rootpath / "book" / "_static" / f"{name}.{ending}").is_file()
