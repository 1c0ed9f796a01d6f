"""What a search finds, and the sentence it quotes, on pages opened as files and on those of a server."""

import re
from urllib.parse import quote

import pytest
from playwright.sync_api import expect
from server import served


@pytest.fixture(scope="module", params=["file", "http"])
def address(site, request):
    """Return where the site is, as files and on a server."""
    if request.param == "file":
        yield site.as_uri()
    else:
        with served(site) as address:
            yield address


@pytest.fixture
def search(address, open_page):
    """Return a function that searches, and returns for each result its title, target, quotation and marks."""

    def search(query):
        with open_page(f"{address}/search.html?q={quote(query)}") as watch:
            expect(watch.page.locator("#search-results")).to_contain_text("earch")
            expect(watch.page.locator(".search-summary")).not_to_be_empty()
            results = watch.page.locator("#search-results li").evaluate_all(
                """items => items.map((item) => ({
                  title: item.querySelector("a").textContent,
                  target: item.querySelector("a").getAttribute("href"),
                  quotation: item.querySelector(".context")?.textContent ?? "",
                  marks: [...item.querySelectorAll("mark")].map((mark) => mark.textContent.toLowerCase()),
                }))"""
            )
            assert not watch.problems
        return results

    return search


def test_each_result_quotes_a_sentence_with_the_word(search):
    results = search("padding")
    assert len(results) > 5
    for result in results:
        assert result["title"]
        assert any(word.startswith("pad") for word in result["marks"]), result
        assert len(result["quotation"]) <= 230
    (glossary,) = (result for result in results if result["title"] == "Glossary")
    assert glossary["quotation"].startswith("padding token: A special token")
    assert glossary["target"] == "book/glossary.html#term-padding-token"


def test_the_sentence_holds_all_the_words_and_no_result_comes_twice(search):
    results = search("weight decay")
    found = next(result for result in results if result["target"].startswith("book/07_optimizers.html"))
    assert {"weight", "decay"} <= set(found["marks"])
    places = [(result["target"], result["quotation"]) for result in results]
    assert len(set(places)) == len(places)


def test_names_are_found_in_the_chapters_and_in_the_library_s_pages(search):
    targets = [result["target"] for result in search("CustomEmbedding")]
    assert any(target.startswith("book/03_custom_embedding.html") for target in targets)
    assert "book/api/layer.html#embedding_layer.CustomEmbedding" in targets


def test_nothing_is_found_where_there_is_nothing(search, address, open_page):
    assert search("xyzzyplugh") == []
    with open_page(f"{address}/search.html?q=xyzzyplugh") as watch:
        expect(watch.page.locator("#search-results")).to_contain_text("did not match any documents")


def test_markup_in_a_query_is_only_text(search):
    assert search("<img src=x onerror=alert(1)>") == []


def test_a_result_leads_to_the_place(address, open_page):
    with open_page(f"{address}/search.html?q=padding") as watch:
        watch.page.locator("#search-results a", has_text="Glossary").click()
        watch.page.wait_for_url("**/book/glossary.html*#term-padding-token")
        expect(watch.page.locator("#term-padding-token")).to_be_in_viewport()
        assert not watch.problems


def test_search_from_a_chapter_with_the_keyboard(address, open_page):
    with open_page(f"{address}/book/intro.html") as watch:
        watch.page.wait_for_load_state()
        watch.page.keyboard.press("Control+k")
        watch.page.keyboard.type("padding")
        watch.page.keyboard.press("Enter")
        watch.page.wait_for_url(re.compile(r"search\.html\?q=padding"))
        expect(watch.page.locator("#search-results mark").first).to_be_visible()
        assert not watch.problems
