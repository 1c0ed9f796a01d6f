"""The script that draws plotly figures, on a page of its own: slider, button, themes, languages, failure."""

import shutil
from importlib.util import find_spec
from pathlib import Path

import pytest
from built_site import ROOT
from playwright.sync_api import expect
from server import served

from bookkit.palette import load_dark_palette, load_palette, style_sheet
from bookkit.plotly_renderer import figure_html

PALETTE = load_palette()
PLOTLY = Path(find_spec("plotly").origin).parent / "package_data" / "plotly.min.js"


def scatter(*points, colour=PALETTE["ink"]):
    return {"type": "scatter", "x": list(points), "y": list(points), "marker": {"color": colour}}


def step(name):
    return {"method": "animate", "label": name, "args": [[name], {"mode": "immediate"}]}


MOVING = {
    "data": [scatter(0, 1)],
    "layout": {
        "height": 300,
        "width": 900,
        "sliders": [{"currentvalue": {"prefix": "epoch "}, "steps": [step(name) for name in "abc"]}],
        "updatemenus": [{"buttons": [{"method": "animate", "label": "Go", "args": [None]}]}],
    },
    "frames": [{"name": name, "data": [scatter(k, k + 1)]} for k, name in enumerate("abc")],
}


@pytest.fixture
def write_page(tmp_path):
    """Return a function that writes a page with one figure far below the fold, and all it loads."""

    def write(figure, *, language="en", with_plotly=True):
        (tmp_path / "palette.css").write_text(style_sheet(PALETTE, load_dark_palette()))
        for name in ("plotly-figure.css", "plotly-figure.js"):
            shutil.copy(ROOT / "book" / "_static" / name, tmp_path)
        if with_plotly:
            (tmp_path / "plotly.min.js").symlink_to(PLOTLY)
        path = tmp_path / "page.html"
        path.write_text(
            f'<!DOCTYPE html><html lang="{language}" data-theme="light"><head><meta charset="utf-8">'
            '<meta name="viewport" content="width=device-width"><title>figure</title>'
            '<link rel="icon" href="data:,">'
            '<link rel="stylesheet" href="palette.css"><link rel="stylesheet" href="plotly-figure.css">'
            '<script defer src="plotly-figure.js"></script></head><body><p style="height: 3000px">far</p>'
            f"{figure_html(figure, 'two points', language)}</body></html>",
            encoding="utf-8",
        )
        return path

    return write


def scroll_to_figure(page):
    page.locator(".plotly-figure").scroll_into_view_if_needed()
    expect(page.locator(".plotly-figure .main-svg").first).to_be_visible()


def first_x(page):
    return page.evaluate("document.querySelector('.js-plotly-plot').data[0].x[0]")


def test_plotly_is_loaded_when_the_figure_comes_near(write_page, open_page):
    with served(write_page(MOVING).parent) as address, open_page(f"{address}/page.html") as watch:
        watch.page.wait_for_timeout(300)
        assert watch.page.evaluate("typeof Plotly") == "undefined"
        scroll_to_figure(watch.page)
        assert watch.page.evaluate("typeof Plotly") == "object"
        assert not watch.problems


def test_the_slider_moves_the_figure(write_page, open_page):
    with open_page(write_page(MOVING)) as watch:
        page = watch.page
        scroll_to_figure(page)
        slider = page.get_by_role("slider", name="epoch")
        expect(slider).to_have_attribute("aria-valuetext", "epoch a")
        slider.press("ArrowRight")
        expect(slider).to_have_attribute("aria-valuetext", "epoch b")
        page.wait_for_function("document.querySelector('.js-plotly-plot').data[0].x[0] === 1")
        assert page.locator(".plotly-figure output").inner_text() == "epoch b"
        assert page.locator(".slider-container, .updatemenu-button").count() == 0
        assert not watch.problems


CHOICE = {
    "data": [scatter(0, 1)],
    "layout": {
        "height": 300,
        "updatemenus": [
            {
                "name": "table",
                "buttons": [
                    {"method": "restyle", "label": name, "args": [{"x": [[k, k + 1]]}, [0]]}
                    for k, name in enumerate(("first", "second"))
                ],
            }
        ],
    },
}


@pytest.mark.parametrize("figure", [CHOICE, MOVING | CHOICE], ids=["still", "moving"])
def test_a_menu_is_a_list_to_choose_from_and_survives_a_change_of_theme(figure, write_page, open_page):
    with open_page(write_page(figure)) as watch:
        page = watch.page
        scroll_to_figure(page)
        menu = page.get_by_role("combobox", name="table")
        menu.select_option("second")
        page.wait_for_function("document.querySelector('.js-plotly-plot').data[0].x[0] === 1")
        page.evaluate("document.querySelector('.js-plotly-plot').data[0].x = [5, 6]")
        page.evaluate("document.documentElement.dataset.theme = 'dark'")
        page.wait_for_function("document.querySelector('.js-plotly-plot').data[0].x[0] === 1")
        assert menu.input_value() == "1"
        assert page.locator(".updatemenu-button").count() == 0
        assert not watch.problems


def test_play_runs_to_the_last_frame_and_stops(write_page, open_page):
    with open_page(write_page(MOVING)) as watch:
        page = watch.page
        scroll_to_figure(page)
        page.get_by_role("button", name="Play").click()
        expect(page.get_by_role("button", name="Pause")).to_be_visible()
        page.wait_for_function("document.querySelector('.js-plotly-plot').data[0].x[0] === 2")
        expect(page.get_by_role("button", name="Play")).to_be_visible()
        assert not watch.problems


def test_a_figure_without_frames_has_no_controls(write_page, open_page):
    still = {"data": [scatter(0, 1)], "layout": {}}
    with open_page(write_page(still)) as watch:
        scroll_to_figure(watch.page)
        assert watch.page.locator(".plotly-controls").count() == 0
        assert not watch.problems


def test_a_dark_page_gets_its_own_shades_and_keeps_the_frame(write_page, open_page):
    with open_page(write_page(MOVING)) as watch:
        page = watch.page
        scroll_to_figure(page)
        colour = "document.querySelector('.js-plotly-plot').data[0].marker.color"
        assert page.evaluate(colour) == PALETTE["ink"]
        page.get_by_role("slider").press("ArrowRight")
        page.evaluate("document.documentElement.dataset.theme = 'dark'")
        page.wait_for_function(f"{colour} !== '{PALETTE['ink']}'")
        page.wait_for_function("document.querySelector('.js-plotly-plot').data[0].x[0] === 1")
        page.evaluate("document.documentElement.dataset.theme = 'light'")
        page.wait_for_function(f"{colour} === '{PALETTE['ink']}'")
        assert not watch.problems


def test_the_figure_fits_a_phone(write_page, open_page):
    with open_page(write_page(MOVING), width=390) as watch:
        scroll_to_figure(watch.page)
        assert watch.page.evaluate("document.documentElement.scrollWidth") <= 390
        assert watch.page.locator(".main-svg").first.bounding_box()["width"] > 300


def test_the_words_are_those_of_the_page(write_page, open_page):
    with open_page(write_page(MOVING, language="ru")) as watch:
        scroll_to_figure(watch.page)
        expect(watch.page.get_by_role("button", name="Пуск")).to_be_visible()


def test_the_figure_says_when_its_script_is_missing(write_page, open_page):
    with open_page(write_page(MOVING, with_plotly=False)) as watch:
        watch.page.locator(".plotly-figure").scroll_into_view_if_needed()
        expect(watch.page.locator(".plotly-message")).to_contain_text("its script did not load")


def test_first_frame_is_the_stored_one(write_page, open_page):
    with open_page(write_page(MOVING)) as watch:
        scroll_to_figure(watch.page)
        assert first_x(watch.page) == 0


# how many drawings are there when the listeners have returned, and the promises that they fulfilled
PRINT = """() => new Promise((done) => {
  addEventListener("afterprint", () => done(document.querySelectorAll(".plotly-figure .main-svg").length));
  dispatchEvent(new Event("beforeprint"));
  Promise.resolve().then(() => setTimeout(() => dispatchEvent(new Event("afterprint")), 0));
})"""


def test_a_figure_that_was_never_near_is_printed_from_a_server(write_page, open_page):
    with served(write_page(MOVING).parent) as address, open_page(f"{address}/page.html") as watch:
        watch.page.wait_for_load_state()
        assert watch.page.evaluate(PRINT) > 0
        assert not watch.problems


def test_a_figure_that_was_never_near_is_printed_from_a_file(write_page, open_page):
    with open_page(write_page(MOVING)) as watch:
        watch.page.wait_for_function("window.Plotly")
        assert watch.page.evaluate(PRINT) > 0
        assert not watch.problems


def test_without_plotly_the_words_for_the_figure_are_printed(write_page, open_page):
    style = (ROOT / "book" / "_static" / "print.css").read_text()
    with open_page(write_page(MOVING, with_plotly=False)) as watch:
        watch.page.add_style_tag(content=style)
        watch.page.emulate_media(media="print")
        words = "getComputedStyle(document.querySelector('.plotly-figure'), '::before').content"
        assert watch.page.evaluate(words) == '"two points"'


def test_the_pdf_of_a_page_holds_the_figure(write_page, open_page):
    with served(write_page(MOVING).parent) as address, open_page(f"{address}/page.html") as watch:
        watch.page.wait_for_load_state()
        watch.page.pdf()
        assert watch.page.locator(".plotly-figure .main-svg").count() > 0
