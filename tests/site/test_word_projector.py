"""The script of the projector, on a page of its own: choosing, searching, turning, languages, no script."""

import re
import shutil

import pytest
import torch
from built_site import ROOT
from playwright.sync_api import expect

from bookkit.palette import load_dark_palette, load_palette, style_sheet
from embedding_layer.chapters.chapter_09.figures import projector

WORDS = ["rows", "columns", "left", "right", "tensor", "array", "legend", "axis", "sum", "mean"]
GROUPS = ["numpy", "torch", "several"]


def element_html():
    weight = torch.randn(len(WORDS), 6, generator=torch.Generator().manual_seed(0))
    homes = [i % len(GROUPS) for i in range(len(WORDS))]
    return projector(
        weight, torch.arange(len(WORDS)), WORDS, homes, GROUPS, chosen="rows", label="a map of words"
    ).data


@pytest.fixture
def write_page(tmp_path):
    """Return a function that writes a page with the element and what it loads."""

    def write(*, language="en", with_script=True):
        (tmp_path / "palette.css").write_text(style_sheet(load_palette(), load_dark_palette()))
        for name in ("word-projector.css", "word-projector.js"):
            shutil.copy(ROOT / "book" / "_static" / name, tmp_path)
        script = '<script defer src="word-projector.js"></script>' if with_script else ""
        path = tmp_path / "page.html"
        path.write_text(
            f'<!DOCTYPE html><html lang="{language}" data-theme="light"><head><meta charset="utf-8">'
            '<meta name="viewport" content="width=device-width"><title>words</title>'
            '<link rel="icon" href="data:,"><link rel="stylesheet" href="palette.css">'
            f'<link rel="stylesheet" href="word-projector.css">{script}</head>'
            f"<body>{element_html()}</body></html>",
            encoding="utf-8",
        )
        return path

    return write


def status(page):
    return page.get_by_role("status")


def test_the_chosen_word_and_its_neighbours_are_said(write_page, open_page):
    with open_page(write_page()) as watch:
        expect(status(watch.page)).to_contain_text("rows (numpy). Nearest:")
        near = watch.page.get_by_role("list", name="Nearest").get_by_role("button")
        assert near.count() == 8
        other = near.first.inner_text()
        near.first.click()
        expect(status(watch.page)).to_contain_text(f"{other} (")
        expect(near.first).to_be_focused()
        assert not watch.problems


def test_a_word_is_found_by_typing_and_a_misspelled_one_gets_suggestions(write_page, open_page):
    with open_page(write_page()) as watch:
        search = watch.page.get_by_role("combobox", name="Find a word")
        search.fill("Tensor ")
        search.press("Enter")
        expect(status(watch.page)).to_contain_text("tensor (torch)")
        search.fill("colums")
        search.press("Enter")
        expect(status(watch.page)).to_contain_text(
            "“colums” is not among these words. Near it in spelling: columns"
        )
        search.fill("zzzzzzzz")
        search.press("Enter")
        assert status(watch.page).inner_text().endswith("among these words.")
        assert not watch.problems


def test_arrow_keys_go_from_word_to_word_and_back(write_page, open_page):
    with open_page(write_page()) as watch:
        page = watch.page
        stage = page.locator(".wp-map")
        stage.focus()
        said = {status(page).inner_text()}
        for key in ("ArrowRight", "ArrowLeft", "ArrowUp", "ArrowDown"):
            for _ in range(3):
                stage.press(key)
                said.add(status(page).inner_text())
        assert len(said) > 3
        assert page.evaluate("scrollY") == 0
        assert not watch.problems


def test_a_click_chooses_the_word_under_it(write_page, open_page):
    with open_page(write_page()) as watch:
        page = watch.page
        places = page.evaluate("document.querySelector('word-projector').places")
        page.locator(".wp-map").click(position=dict(zip("xy", places[5], strict=True)))
        expect(status(page)).to_contain_text("array (several)")


def pixels(page):
    return page.evaluate("document.querySelector('.wp-map').toDataURL()")


def test_three_dimensions_can_be_turned_by_buttons_keys_and_dragging(write_page, open_page):
    with open_page(write_page()) as watch:
        page = watch.page
        pictures = [pixels(page)]
        assert page.get_by_role("button", name="turn left").count() == 0
        page.get_by_label("3-D").check()
        pictures.append(pixels(page))
        page.get_by_role("button", name="turn left").click()
        pictures.append(pixels(page))
        page.locator(".wp-map").press("d")
        page.locator(".wp-map").press("w")
        pictures.append(pixels(page))
        box = page.locator(".wp-map").bounding_box()
        middle = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        before = status(page).inner_text()
        page.mouse.move(*middle)
        page.mouse.down()
        page.mouse.move(middle[0] + 80, middle[1] + 20, steps=4)
        page.mouse.up()
        pictures.append(pixels(page))
        assert len(set(pictures)) == 5
        assert status(page).inner_text() == before  # dragging chooses nothing
        assert not watch.problems


def test_zoom_and_groups_change_the_picture(write_page, open_page):
    with open_page(write_page()) as watch:
        page = watch.page
        pictures = [pixels(page)]
        page.get_by_role("button", name="zoom in").click()
        pictures.append(pixels(page))
        page.locator(".wp-map").press("-")
        assert pixels(page) == pictures[0]
        page.get_by_label("torch").uncheck()
        pictures.append(pixels(page))
        page.evaluate("document.documentElement.dataset.theme = 'dark'")
        page.wait_for_timeout(200)
        pictures.append(pixels(page))
        assert len(set(pictures)) == 4


def test_a_hidden_group_is_not_reached_by_keys(write_page, open_page):
    with open_page(write_page()) as watch:
        page = watch.page
        page.get_by_label("torch").uncheck()
        page.get_by_label("several").uncheck()
        for key in ("ArrowRight", "ArrowLeft", "ArrowUp", "ArrowDown") * 4:
            page.locator(".wp-map").press(key)
            assert "(numpy)" in status(page).inner_text()


def test_the_table_holds_all_words_with_their_neighbours(write_page, open_page):
    with open_page(write_page()) as watch:
        page = watch.page
        page.get_by_text("All words as a table").click()
        rows = page.get_by_role("row")
        expect(rows).to_have_count(len(WORDS) + 1)
        assert page.get_by_role("rowheader").all_inner_texts() == WORDS
        assert rows.nth(1).get_by_role("cell").all_inner_texts()[0] == "numpy"
        assert page.get_by_role("region", name="All words as a table").get_attribute("tabindex") == "0"


def test_it_speaks_the_language_of_the_page(write_page, open_page):
    with open_page(write_page(language="ru")) as watch:
        expect(status(watch.page)).to_contain_text("rows (numpy). Ближайшие:")
        assert watch.page.get_by_text("Найти слово").count() == 1
        assert "Find" not in watch.page.locator("word-projector").inner_text()


def test_both_languages_have_the_same_texts(write_page):
    script = (write_page().parent / "word-projector.js").read_text()
    english, russian = (re.search(rf"    {code}: {{(.*?)\n    }},", script, re.S)[1] for code in ("en", "ru"))
    names = [re.findall(r"(?:^|[ ,{])(\w+): (?=[\"(])", text) for text in (english, russian)]
    assert names[0] == names[1]
    assert len(names[0]) >= 12


def test_without_a_script_the_neighbours_stand_there(write_page, open_page):
    with open_page(write_page(with_script=False)) as watch:
        expect(watch.page.get_by_text("The nearest to rows:")).to_be_visible()


@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_is_wider_than_the_page(width, write_page, open_page):
    with open_page(write_page(), width=width) as watch:
        watch.page.get_by_label("3-D").check()
        assert watch.page.evaluate("document.documentElement.scrollWidth") <= width
        assert watch.page.locator(".wp-map").bounding_box()["height"] > 250
