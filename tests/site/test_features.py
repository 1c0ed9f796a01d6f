"""What readers do with the site, opened as files: arrive, switch to dark, unfold."""

from playwright.sync_api import expect


def test_the_root_leads_to_the_book(site, open_page):
    with open_page(site / "index.html") as watch:
        watch.page.wait_for_url("**/book/intro.html")
        expect(watch.page.locator("article h1")).to_be_visible()
        assert not watch.problems


def test_the_reader_can_switch_to_dark(site, open_page):
    with open_page(site / "book" / "intro.html") as watch:
        page = watch.page
        page.wait_for_load_state()
        paper = "getComputedStyle(document.body).backgroundColor"
        before = page.evaluate(paper)
        page.locator(".theme-switch-button:visible").first.click()
        expect(page.locator("html")).to_have_attribute("data-theme", "dark")
        assert page.evaluate(paper) != before
        page.reload()
        expect(page.locator("html")).to_have_attribute("data-theme", "dark")


def test_folded_cells_open_with_the_keyboard(site, open_page):
    folded = next(
        path for path in sorted(site.glob("book/*.html")) if 'details class="fold"' in path.read_text()
    )
    with open_page(folded) as watch:
        handle = watch.page.locator("details.fold > summary").first
        assert handle.inner_text().startswith("Show")
        handle.focus()
        watch.page.keyboard.press("Enter")
        assert handle.inner_text().startswith("Hide")
        expect(watch.page.locator("details.fold pre").first).to_be_visible()


def test_a_wide_formula_can_be_scrolled_with_the_keyboard(site, open_page, tmp_path):
    with open_page(site / "book" / "03_custom_embedding.html", width=390) as watch:
        page = watch.page
        page.evaluate("window.MathJax?.startup?.promise")
        page.evaluate(
            "document.querySelector('article').insertAdjacentHTML('beforeend', "
            '\'<div class="math"><mjx-container><p style="width: 2000px">wide</p></mjx-container></div>\')'
        )
        page.set_viewport_size({"width": 380, "height": 900})
        expect(page.locator("div.math mjx-container").last).to_have_attribute("tabindex", "0")
