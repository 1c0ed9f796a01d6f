"""Code of 76 columns and outputs fit beside the contents; on a phone, code scrolls with the keyboard, too."""

import pytest
from built_site import docnames

CHAPTERS = [name for name in docnames() if name.split("/")[-1][0].isdigit()]
WIDE = """() => {
  document.querySelectorAll("details").forEach((details) => { details.open = true; });
  return [...document.querySelectorAll(".cell pre")]
    .filter((pre) => pre.scrollWidth > pre.clientWidth)
    .map((pre) => [pre.textContent, Boolean(pre.closest(".cell_output"))]);
}"""


@pytest.mark.parametrize("name", CHAPTERS)
def test_code_of_76_columns_and_all_outputs_fit(site, open_page, name):
    with open_page(site / f"{name}.html", width=1280) as watch:
        wide = watch.page.evaluate(WIDE)
    assert not wide, "lines of 76 columns are cut off: see code.css"


def test_code_scrolls_with_the_keyboard_on_a_phone(site, open_page):
    with open_page(site / f"{CHAPTERS[0]}.html", width=390) as watch:
        code = watch.page.locator(".cell_input pre")
        wide = next(pre for pre in code.all() if pre.evaluate("pre => pre.scrollWidth > pre.clientWidth"))
        wide.evaluate("pre => { pre.closest('details')?.setAttribute('open', ''); pre.focus(); }")
        for _ in range(3):
            watch.page.keyboard.press("ArrowRight")
        watch.page.wait_for_function("document.activeElement.scrollLeft > 0")
