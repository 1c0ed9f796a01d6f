import json

import numpy as np
import pytest
import torch
from matplotlib.colors import to_rgb

from embedding_layer import CustomEmbedding
from embedding_layer.chapters.chapter_07.figures.ledger import FAINTEST
from embedding_layer.chapters.chapter_07.figures.ledger_scrub import CHANGING, COLOURS, LEAST, scrub_ledger
from embedding_layer.figures.style import PALETTE, STRENGTH_COLOURS
from embedding_layer.optim import RowAdam
from embedding_layer.optim.ledger import RowLedger

WORDS = ["<pad>", "the", "cat", "yeti"]
BATCHES = [(1, 2), (1,), (0,), (1,)]  # the padding gets no gradient
MAKES = {"SGD": torch.optim.SGD, "AdamW": torch.optim.AdamW, "RowAdam": RowAdam}


def ledger(make, batches=BATCHES):
    torch.manual_seed(0)
    layer = CustomEmbedding(4, 2, padding_idx=0)
    optimizer = make(layer.parameters(), lr=0.1)
    with RowLedger(layer.weight, optimizer) as kept:
        for ids in batches:
            optimizer.zero_grad()
            layer(torch.tensor(ids)).sum().backward()
            optimizer.step()
    return kept


@pytest.fixture(scope="module")
def ledgers():
    return {name: ledger(make) for name, make in MAKES.items()}


@pytest.fixture(scope="module")
def figure(ledgers):
    """The figure as the notebook stores it."""
    return json.loads(scrub_ledger(ledgers, WORDS).to_json())


def filled(cells):
    return [[cell is not None for cell in row] for row in cells]


def shown(figure, name=None):
    """Return what the strips and crosses show at first, or after a choice from the menu."""
    keys = ("x", "y", "z", "customdata")
    strips = [{key: trace.get(key) for key in keys} for trace in figure["data"][:4]]
    if name is None:
        return strips
    (button,) = [b for b in figure["layout"]["updatemenus"][0]["buttons"] if b["label"] == name]
    changes, traces = button["args"]
    assert button["method"] == "restyle"
    assert traces == [0, 1, 2, 3]
    assert all(len(values) == 4 for values in changes.values())  # one for each trace
    return [{key: changes[key][trace] for key in keys} for trace in range(4)]


@pytest.mark.parametrize("name", [None, *MAKES])
def test_the_strips_hold_the_ledger_that_was_chosen(figure, ledgers, name):
    kept = ledgers[name or "SGD"]
    strips = shown(figure, name)
    for strip, lengths in zip(strips, (kept.gradient, kept.momentum, kept.moved), strict=False):
        assert strip["x"] == [1, 2, 3, 4]
        assert strip["y"] == WORDS
        assert filled(strip["z"]) == (lengths.T != 0).tolist()
        assert np.array(strip["customdata"]) == pytest.approx(lengths.T.numpy(), rel=5e-3)
        levels = [cell for row in strip["z"] for cell in row if cell is not None]
        assert not levels or max(levels) == 0  # the largest
    crosses = {(step, WORDS.index(word)) for step, word in zip(strips[3]["x"], strips[3]["y"], strict=True)}
    assert crosses == {(step + 1, row) for step, row in kept.moved_without_gradient.nonzero().tolist()}


def test_some_rows_are_marked_and_some_are_not(figure):
    assert shown(figure, "SGD")[3]["x"] == shown(figure, "RowAdam")[3]["x"] == []
    assert sorted(set(shown(figure, "AdamW")[3]["y"])) == ["cat", "the", "yeti"]  # a padding of zeros stays


def test_the_slider_reaches_every_batch_and_starts_at_the_last(figure):
    (slider,) = figure["layout"]["sliders"]
    names = [frame["name"] for frame in figure["frames"]]
    assert names == ["0", "1", "2", "3", "4"]
    assert [step["args"][0] for step in slider["steps"]] == [[name] for name in names]
    assert all(step["method"] == "animate" for step in slider["steps"])
    assert slider["active"] == 4


def test_a_frame_covers_the_batches_that_are_still_to_come(figure):
    for step, frame in enumerate(figure["frames"]):
        assert frame["traces"] == list(CHANGING)
        _, *covers = frame["data"]
        assert len(covers) == 3
        for cover in covers:
            assert (min(cover["x"]), max(cover["x"])) == (step + 0.5, 4.5)
    last = figure["frames"][-1]["data"]
    for trace, drawn in zip(last, [figure["data"][number] for number in CHANGING], strict=True):
        assert all(drawn[key] == value for key, value in trace.items() if key != "type")


def test_the_covers_lie_over_the_three_strips_and_nothing_else(figure):
    layout = figure["layout"]
    covers = [figure["data"][number] for number in CHANGING[1:]]
    assert [layout[f"yaxis{cover['yaxis'][1:]}"]["overlaying"] for cover in covers] == ["y", "y2", "y3"]
    assert all(cover["fillcolor"] == PALETTE["paper"] for cover in covers)  # dark pages have their own


def test_a_frame_says_in_words_who_had_a_gradient(figure):
    told = [frame["data"][0]["text"] for frame in figure["frames"]]
    assert told == [
        ["batch 0: nothing yet"],
        ["batch 1: the, cat"],
        ["batch 2: the"],
        ["batch 3: no gradient"],
        ["batch 4: the"],
    ]


def test_the_strips_are_named_and_stand_apart(figure):
    layout = figure["layout"]
    texts = " ".join(note["text"] for note in layout["annotations"])
    for word in ("gradient", "momentum", "moved", "×: without a gradient"):
        assert word in texts
    heights = [layout[axis]["domain"] for axis in ("yaxis3", "yaxis2", "yaxis")]
    flat = [end for height in heights for end in height]
    assert flat == sorted(flat)
    assert all(layout[axis]["tickvals"] == WORDS for axis in ("yaxis", "yaxis2", "yaxis3"))


def test_play_and_pause(figure):
    menu, buttons = figure["layout"]["updatemenus"]
    assert menu["type"] == "dropdown"
    play, pause = buttons["buttons"]
    assert play["args"][0] is None  # all frames
    assert play["args"][1]["fromcurrent"]
    assert pause["args"][0] == [None]


def test_it_is_small_enough_to_store():
    many = [f"w{i}" for i in range(8)]

    def long():
        layer = CustomEmbedding(8, 4)
        optimizer = torch.optim.AdamW(layer.parameters(), lr=0.1)
        with RowLedger(layer.weight, optimizer) as kept:
            for _ in range(30):
                optimizer.zero_grad()
                layer(torch.tensor([0, 1])).sin().sum().backward()
                optimizer.step()
        return kept

    assert len(scrub_ledger({name: long() for name in "abcdef"}, many).to_json()) < 200_000


def test_refusals(ledgers):
    with pytest.raises(ValueError, match="no ledger"):
        scrub_ledger({}, WORDS)
    with pytest.raises(ValueError, match="4 rows for 3 words"):
        scrub_ledger(ledgers, WORDS[:3])
    other = ledger(torch.optim.SGD, [(1,), (1,), (2,), (1,)])
    with pytest.raises(ValueError, match="other batches"):
        scrub_ledger({**ledgers, "other": other}, WORDS)
    with pytest.raises(ValueError, match="other batches"):
        scrub_ledger({**ledgers, "shorter": ledger(torch.optim.SGD, BATCHES[:2])}, WORDS)
    with pytest.raises(ValueError, match="0 steps"):
        scrub_ledger({"none": ledger(torch.optim.SGD, [])}, WORDS)


def test_lengths_have_the_colours_of_strength_whose_shades_a_dark_page_knows():
    places, colours = zip(*COLOURS, strict=True)
    assert set(colours) <= set(PALETTE.values())
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        place = 1 - np.log10(FAINTEST) * (1 - share) / LEAST
        mixed = [np.interp(place, places, channel) for channel in zip(*map(to_rgb, colours), strict=True)]
        assert np.allclose(mixed, STRENGTH_COLOURS(share)[:3], atol=0.01)
