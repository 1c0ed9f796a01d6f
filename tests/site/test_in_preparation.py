"""What is not written yet is marked as such, on every page, and the way on leads to what is there."""

import os
import re

import pytest
from bs4 import BeautifulSoup
from built_site import docnames, planned

NUMBERS = [int(found[1]) for page in planned() if (found := re.search(r"/(\d\d)_", page))]


@pytest.fixture(scope="module")
def pages(site):
    return {
        name: BeautifulSoup((site / f"{name}.html").read_text(encoding="utf-8"), "html.parser")
        for name in docnames()
    }


def test_the_contents_name_every_planned_page_without_a_link(pages):
    for name, page in pages.items():
        entries = page.select("nav.bd-links .planned-page")
        assert len(entries) == len(planned()), name
        assert not [entry for entry in entries if entry.find("a") or "in preparation" not in entry.text]


def test_chapters_stand_in_order_whether_written_or_not(pages):
    for page in pages.values():
        entries = [" ".join(entry.text.split()) for entry in page.select("nav.bd-links li")]
        numbers = [int(found[1]) for entry in entries if (found := re.match(r"(\d+)\. ", entry))]
        assert numbers == sorted(numbers)
        assert set(NUMBERS) <= set(numbers)


def test_no_mention_of_a_planned_chapter_is_unmarked(pages):
    mention = re.compile(rf"[Cc]hapter\s(?:{'|'.join(map(str, NUMBERS))})\b")
    for name, page in pages.items():
        article = page.find("article")
        for mark in article.select(".planned"):
            mark.extract()
        assert not mention.findall(article.text), name


def test_the_way_on_leads_to_the_next_page_that_is_written(pages):
    order = docnames()
    for name, page in pages.items():
        place = order.index(name)
        for link, neighbours in (
            ("a.left-prev", order[:place][-1:]),
            ("a.right-next", order[place + 1 :][:1]),
        ):
            targets = [os.path.normpath(f"{name}/../{a['href']}") for a in page.select(link)]
            assert targets == [f"{neighbour}.html" for neighbour in neighbours]


def test_the_foot_names_what_comes_in_between(pages):
    chapters = {int(found[1]): name for name in docnames() if (found := re.search(r"/(\d\d)_", name))}
    for number in NUMBERS:
        before = max(chapter for chapter in chapters if chapter < number)
        assert f"{number}. " in pages[chapters[before]].select_one(".prev-next-footer .planned-next").text
