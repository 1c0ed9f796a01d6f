"""The colours of the site: readable in both themes, and written nowhere but in the palette."""

import re
from pathlib import Path

import pytest

from bookkit import palette

ROOT = Path(__file__).parents[2]
ASSETS = ROOT / "book" / "_static"
COLOURS = palette.load_palette()
DARK = palette.load_dark_palette()
THEMES = {"light": palette.light_theme(COLOURS), "dark": palette.dark_theme(COLOURS, DARK)}
ACCENTS = [name for name in COLOURS if name not in ("paper", "ink")]


def test_contrast_at_its_ends():
    assert palette.contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert palette.contrast("#123456", "#123456") == pytest.approx(1)


def test_contrast_of_a_known_pair():
    assert palette.contrast("#767676", "#FFFFFF") == pytest.approx(4.54, abs=0.005)  # the lightest AA grey


def test_mixing_two_colours():
    assert palette.mix("#000000", "#FFFFFF", 0) == "#000000"
    assert palette.mix("#000000", "#FFFFFF", 1) == "#FFFFFF"
    assert palette.mix("#204060", "#406080", 0.5) == "#305070"


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("name", ["ink", *ACCENTS])
def test_text_can_be_read_wherever_it_stands(theme, name):
    colours = THEMES[theme]
    backgrounds = [
        "paper",
        "surface",
        *([f"{name}-tint"] if name != "ink" else [f"{a}-tint" for a in ACCENTS]),
    ]
    for background in backgrounds:
        assert palette.contrast(colours[name], colours[background]) >= 4.5, background


@pytest.mark.parametrize(("theme", "stored"), [("light", COLOURS), ("dark", DARK)], ids=["light", "dark"])
@pytest.mark.parametrize("name", ACCENTS)
def test_a_colour_that_can_be_read_is_left_alone(theme, stored, name):
    colours = THEMES[theme]
    worst = min(palette.contrast(stored[name], colours[b]) for b in ("paper", "surface", f"{name}-tint"))
    assert (colours[name] == stored[name]) == (worst >= 4.5)


def test_accents_stay_apart_in_each_theme():
    for colours in THEMES.values():
        assert len({colours[name] for name in ACCENTS}) == len(ACCENTS)


def test_an_impossible_colour_is_refused():
    with pytest.raises(ValueError, match=r"#808080 cannot be made readable on #777777 .* change the palette"):
        palette.readable("#808080", "#808080", ["#777777"])


def test_the_style_sheet_declares_everything_for_both_themes():
    css = palette.style_sheet(COLOURS, DARK)
    light, dark = css.split('html[data-theme="dark"]')
    for name, colour in COLOURS.items():
        assert f"--el-figure-{name}: {colour};" in light
        assert f"--el-{name}: {THEMES['light'][name]};" in light
        assert f"--el-{name}: {THEMES['dark'][name]};" in dark


@pytest.mark.parametrize("path", sorted([*ASSETS.glob("*.css"), *ASSETS.glob("*.js")]), ids=lambda p: p.name)
def test_no_colour_is_written_in_the_assets(path):
    text = path.read_text(encoding="utf-8").replace("rgba(0,0,0,0)", "")
    assert not re.findall(r"#[0-9a-fA-F]{3,8}\b|\b(?:rgb|hsl|oklch)a?\(", text)


@pytest.mark.parametrize("path", sorted(ASSETS.glob("*.css")), ids=lambda p: p.name)
def test_the_style_sheet_uses_only_declared_colours(path):
    used = set(re.findall(r"var\(--el-([\w-]+)\)", path.read_text(encoding="utf-8")))
    assert used <= set(THEMES["light"])


def test_the_script_knows_every_colour_of_the_figures():
    text = (ASSETS / "plotly-figure.js").read_text(encoding="utf-8")
    names = re.search(r"const names = \[(.*?)\]", text).group(1)
    assert re.findall(r"\w+", names) == list(COLOURS)


@pytest.mark.parametrize("name", ["logo.svg", "favicon.svg"])
def test_the_logo_wears_the_palette(name):
    used = re.findall(r"#[0-9A-Fa-f]{6}", (ASSETS / name).read_text(encoding="utf-8"))
    assert used
    assert set(used) <= set(COLOURS.values())
