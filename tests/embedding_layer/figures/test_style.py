import json
import re
import sys
from importlib.resources import files
from itertools import combinations

import matplotlib as mpl
import matplotlib.pyplot as plt
import nbformat
import numpy as np
import plotly.graph_objects as go
import pytest
from matplotlib.colors import to_rgb
from nbclient import NotebookClient

from embedding_layer import figures
from embedding_layer.figures.style import (
    CYCLE,
    DARK,
    PALETTE,
    SMALLEST_TEXT,
    TABLE_COLOURS,
    plotly_template,
    set_apart,
    use_style,
)

# What the three kinds of dichromats see: matrices on linear RGB for complete loss of one cone type, from
# Machado, Oliveira and Fernandes, "A Physiologically-based Model for Simulation of Color Vision Deficiency",
# IEEE Transactions on Visualization and Computer Graphics 15 (2009), severity 1.0.
SIMULATIONS = {
    "normal": np.eye(3),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "tritanopia": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
    ),
}


def linear(colour):
    channels = np.array(to_rgb(colour))
    return np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)


def luminance(colour):
    return linear(colour) @ [0.2126, 0.7152, 0.0722]


def contrast(one, other):
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def lab(rgb):
    """Return CIE L*a*b* (white D65) of linear RGB."""
    to_xyz = [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    ratio = np.array(to_xyz) @ np.clip(rgb, 0, 1) / [0.9505, 1.0, 1.089]
    f = np.where(ratio > 0.008856, np.cbrt(ratio), 7.787 * ratio + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.fixture(autouse=True)
def untouched_settings():
    with mpl.rc_context():
        yield
    plt.close("all")


def test_every_colour_is_six_hexadecimal_digits():
    colours = [*PALETTE.values(), *DARK.values()]
    assert all(re.fullmatch(r"#[0-9A-F]{6}", colour) for colour in colours)


def test_the_palette_is_the_file_and_cannot_be_changed():
    stored = json.loads((files(figures) / "palette.json").read_text(encoding="utf-8"))
    assert {**PALETTE, "cycle": list(CYCLE), "dark": {**DARK}} == stored
    with pytest.raises(TypeError):
        PALETTE["blue"] = "#000000"


def test_line_colours_are_names_of_the_palette_without_repeats():
    assert set(CYCLE) <= set(PALETTE)
    assert len(set(CYCLE)) == len(CYCLE)


def test_every_line_colour_has_its_dark_one():
    assert sorted(DARK) == sorted(CYCLE)


@pytest.mark.parametrize("colours", [PALETTE, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("sight", SIMULATIONS)
def test_all_line_colours_differ_for_every_kind_of_sight(sight, colours):
    seen = {name: lab(SIMULATIONS[sight] @ linear(colours[name])) for name in CYCLE}
    distance, *pair = min((np.linalg.norm(seen[a] - seen[b]), a, b) for a, b in combinations(CYCLE, 2))
    assert distance > 15, pair  # CIELAB 1976; about 2 is the least an eye notices side by side


def test_text_is_readable_and_lines_are_visible_on_paper():
    paper = PALETTE["paper"]
    assert contrast(PALETTE["ink"], paper) > 7
    assert contrast(PALETTE["grey"], paper) > 4.5
    assert all(contrast(PALETTE[name], paper) > 3 for name in CYCLE[:4])


def test_a_table_is_vermillion_below_zero_pale_at_zero_blue_above():
    assert TABLE_COLOURS(0.0)[:3] == pytest.approx(to_rgb(PALETTE["vermillion"]), abs=0.01)
    assert TABLE_COLOURS(1.0)[:3] == pytest.approx(to_rgb(PALETTE["blue"]), abs=0.01)
    assert min(TABLE_COLOURS(0.5)[:3]) > 0.95


def test_use_style_sets_phone_sizes_white_paper_and_the_palette():
    use_style()
    figure, ax = plt.subplots()
    lines = [ax.plot([0, 1])[0].get_color() for _ in CYCLE]
    assert tuple(figure.get_size_inches()) == (5.4, 3.2)
    assert figure.get_facecolor() == ax.get_facecolor() == (1, 1, 1, 1)
    assert lines == [PALETTE[name] for name in CYCLE]
    sizes = [text.get_fontsize() for text in (*ax.get_xticklabels(), ax.xaxis.label, ax.title)]
    assert min(sizes) >= SMALLEST_TEXT


def test_the_smallest_text_is_10_pixels_on_a_phone():
    use_style()
    width_in_points = 72 * mpl.rcParams["figure.figsize"][0]
    assert SMALLEST_TEXT * 380 / width_in_points >= 10  # a figure is as wide as the phone, but for its edges


DRAW = """
import matplotlib.pyplot as plt
from embedding_layer import figures
figures.use_style()
figure, ax = plt.subplots()
ax.plot([0, 1], label="$x^2$")
ax.scatter([0, 1], [1, 0], rasterized=True)
ax.legend()
display(figure)
"""


def stored_figures():
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(DRAW)])
    NotebookClient(notebook, kernel_name="python3", extra_arguments=["--log-level=ERROR"]).execute()
    return [output.data for output in notebook.cells[0].outputs if "image/svg+xml" in output.get("data", {})]


def test_a_notebook_stores_svg_and_png_the_same_in_every_run():
    (displayed, flushed), (again, _) = stored_figures(), stored_figures()
    assert displayed == again
    assert displayed["image/png"]
    for svg in (displayed["image/svg+xml"], flushed["image/svg+xml"]):
        assert "<text" not in svg
        assert "<dc:date>" not in svg


def test_outside_a_notebook_there_is_no_backend_to_tell(monkeypatch):
    monkeypatch.setitem(sys.modules, "IPython", None)
    use_style()


def room_around_a_title(prepare):
    """Return the room above the title of a panel that stands below another, and the room below it."""
    use_style()
    figure, (upper, lower) = plt.subplots(2, 1, sharex=True)
    lower.set_title("named")
    prepare((upper, lower))
    figure.canvas.draw()
    title, panels = lower.title.get_window_extent(), [ax.get_window_extent() for ax in (upper, lower)]
    plt.close(figure)
    return panels[0].y0 - title.y1, title.y0 - panels[1].y1


def test_panels_that_are_set_apart_leave_more_room_above_a_title_and_as_much_below():
    (above, below), (usual_above, usual_below) = map(room_around_a_title, (set_apart, lambda axes: None))
    assert above > usual_above + 15
    assert below == pytest.approx(usual_below)


def test_the_plotly_template_has_the_same_colours_and_is_valid():
    template = plotly_template()
    assert list(template.layout.colorway) == [PALETTE[name] for name in CYCLE]
    figure = go.Figure(go.Scatter(y=[1, 2]), layout={"template": template})
    assert figure.layout.template.layout.font.color == PALETTE["ink"]
