"""The renderer of plotly figures: valid HTML whatever the data, a name for each, plotly only where needed."""

import json
from html.parser import HTMLParser
from types import SimpleNamespace

import plotly.graph_objects as go
import pytest
from docutils import nodes
from hypothesis import given
from hypothesis import strategies as st

from bookkit import plotly_renderer
from bookkit.plotly_renderer import MIME_TYPE, PlotlyRenderer, figure_html, label


class Reader(HTMLParser):
    def __init__(self, html):
        super().__init__()
        self.attributes, self.scripts, self.stack = {}, [], []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.stack.append(tag)
        self.attributes.setdefault(tag, dict(attributes))

    def handle_endtag(self, tag):
        assert self.stack.pop() == tag

    def handle_data(self, data):
        if self.stack and self.stack[-1] == "script":
            self.scripts.append(data)


def cell(alt=None, caption=None):
    return {
        "mystnb": {"image": {"alt": alt} if alt else {}, "figure": {"caption": caption} if caption else {}}
    }


def render(figure, metadata, mime_type=MIME_TYPE, inline=False, language="en"):
    warnings, scripts = [], []
    renderer = SimpleNamespace(
        logger=SimpleNamespace(warning=lambda text, **_: warnings.append(text)),
        add_js_file=lambda *arguments: scripts.append(arguments),
        renderer=SimpleNamespace(sphinx_env=SimpleNamespace(config=SimpleNamespace(language=language))),
    )
    data = SimpleNamespace(
        mime_type=mime_type, content=figure, cell_metadata=metadata, cell_index=4, line=1, output_metadata={}
    )
    return PlotlyRenderer.handle_mime(renderer, data, inline), warnings, scripts


@given(st.recursive(st.text() | st.none() | st.integers(), lambda inner: st.lists(inner), max_leaves=5))
def test_the_data_come_back_whole(value):
    figure = {"data": [value], "layout": {}}
    reader = Reader(figure_html(figure, "name", "en"))
    assert json.loads("".join(reader.scripts)) == figure
    assert reader.stack == []


@pytest.mark.parametrize(
    "text", ["</script><script>alert(1)</script>", "<!--<script>", "]]>", "a\u2028b", "Ж"]
)
def test_no_text_of_a_figure_ends_the_script(text):
    html = figure_html({"data": [], "layout": {"title": text}}, "name", "en")
    reader = Reader(html)
    assert len(reader.scripts) == 1
    assert json.loads(reader.scripts[0])["layout"]["title"] == text


def test_a_real_figure_comes_back_whole():
    figure = json.loads(go.Figure(go.Scatter(x=[1, 2], y=[3, None])).to_json())
    assert json.loads(Reader(figure_html(figure, "n", "en")).scripts[0]) == figure


def test_the_figure_is_a_named_group():
    attributes = Reader(figure_html({"layout": {"height": 300}}, 'the "row" <1>', "en")).attributes["div"]
    assert attributes["role"] == "group"
    assert attributes["aria-label"] == 'the "row" <1>'
    assert "300px" in attributes["style"]


def test_room_is_kept_for_a_figure_without_a_height():
    assert "min-height: 450px" in figure_html({}, "n", "en")
    assert "min-height: 450px" in figure_html({"layout": {"height": None}}, "n", "en")
    assert "min-height: 240px" in figure_html({"layout": {"height": 200, "sliders": [{}]}}, "n", "en")


def test_without_scripts_the_page_says_why_in_its_language():
    assert "scripts are off" in figure_html({}, "n", "en")
    assert "скрипты" in figure_html({}, "n", "ru")
    assert "scripts are off" in figure_html({}, "n", "fr")


def test_the_name_is_the_alternative_text_or_else_the_caption():
    assert label(cell(alt="Two lines", caption="See *this*")) == "Two lines"
    assert (
        label(cell(caption="The *table* `W` at $V = 3$,\nafter {ref}`here`"))
        == "The table W at V = 3, after here"
    )
    assert label({}) == ""


def test_the_renderer_takes_plotly_figures_only():
    assert render({}, cell(alt="n"), mime_type="image/png")[0] is None
    assert render({}, cell(alt="n"), inline=True)[0] is None


def test_the_renderer_asks_for_the_drawing_script():
    (node,), warnings, scripts = render({"data": []}, cell(alt="n"))
    assert isinstance(node, nodes.raw)
    assert node["format"] == "html"
    assert scripts == [("plotly-figure.js", "plotly-figure.js", {"defer": "defer"})]
    assert warnings == []


def test_a_figure_without_words_is_warned_about():
    _, (warning,), _ = render({"data": []}, {})
    assert "cell 5" in warning
    assert "mystnb.image.alt" in warning


def app_with(tmp_path, *pages):
    env = SimpleNamespace(nb_metadata={str(k): page for k, page in enumerate(pages)})
    builder = SimpleNamespace(format="html")
    return SimpleNamespace(env=env, builder=builder, outdir=tmp_path)


def test_plotly_is_copied_when_a_page_has_a_figure_and_removed_when_none_has(tmp_path):
    target = tmp_path / "_static" / "plotly.min.js"
    with_figure = {"js_files": {plotly_renderer.DRAWING_SCRIPT: ("", {})}}
    plotly_renderer.copy_plotly(app_with(tmp_path, {}), None)
    assert not target.exists()
    plotly_renderer.copy_plotly(app_with(tmp_path, {}, with_figure), None)
    assert target.stat().st_size > 1_000_000
    plotly_renderer.copy_plotly(app_with(tmp_path, {}), None)
    assert not target.exists()


def test_a_failed_build_copies_nothing(tmp_path):
    page = {"js_files": {plotly_renderer.DRAWING_SCRIPT: ("", {})}}
    plotly_renderer.copy_plotly(app_with(tmp_path, page), RuntimeError())
    assert list(tmp_path.iterdir()) == []
