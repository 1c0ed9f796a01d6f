"""The icons that are kept: rules of the style sheet, and glyphs of the font."""

from io import BytesIO

from fontTools.ttLib import TTFont

from bookkit import icons

CSS = (
    '.fa-bars:before,.fa-navicon:before{content:"\uf0c9"}.fa-plus:before{content:"+"}.fa-moon::before{content:"\uf186"}'
    '@font-face{src:url(../fonts/fa-solid-900.woff2) format("woff2"),url(x.ttf) format("truetype")}'
    ':root{--pst-icon-bell:"\uf0f3"}.fa-solid{font-weight:900}'
)


def test_icons_that_are_named_stay_and_all_else_does():
    assert icons.slim(CSS, {"fa-navicon", "fa-plus"}) == (
        '.fa-bars:before,.fa-navicon:before{content:"\uf0c9"}.fa-plus:before{content:"+"}'
        '@font-face{src:url(../fonts/fa-solid-900.woff) format("woff")}'
        ':root{--pst-icon-bell:"\uf0f3"}.fa-solid{font-weight:900}'
    )


def test_glyphs_come_from_rules_properties_and_escapes():
    kept = icons.slim(CSS, {"fa-plus"}) + '.box::after { content: "\\f19d"; } .rest { content: "\\201c"; }'
    assert icons.glyphs(kept) == {"+", "\uf0f3", "\uf19d"}


def test_the_theme_is_as_expected():
    css = icons.theme_path(icons.STYLE_SHEET).read_text(encoding="utf-8")
    assert len(icons.RULE.findall(css)) > 1_500
    assert len(icons.FACE.findall(css)) == css.count("@font-face") == 3
    assert icons.theme_path(icons.SCRIPT).is_file()


def test_the_font_holds_what_is_asked_for_and_no_more():
    font = icons.theme_path(f"{icons.FONTS}/fa-solid-900.ttf")
    cut = icons.subset(font, {"\uf0c9", "+"})
    assert set(TTFont(BytesIO(cut)).getBestCmap()) == {0xF0C9, ord("+")}
    assert len(cut) < 3_000
    assert cut == icons.subset(font, {"\uf0c9", "+"})
