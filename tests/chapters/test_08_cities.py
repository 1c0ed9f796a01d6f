import math

import numpy as np
import pytest
import torch

from embedding_layer.chapters.chapter_08 import cities

WORLD = cities.load_cities()


def kilometres(measure, one, other):
    return measure(WORLD.points, WORLD.find(one, other)[None])[0].item()


@pytest.mark.parametrize(
    ("one", "other", "over_ground"),
    [
        ("Paris", "Rome", 1106),
        ("London", "New York", 5570),
        ("Tokyo", "Sydney", 7823),
        ("Cairo", "Nairobi", 3530),
    ],
)
def test_known_distances_come_out(one, other, over_ground):
    assert kilometres(cities.flight_km, one, other) == pytest.approx(over_ground, rel=0.01)


def test_a_tunnel_is_shorter_than_the_way_over_the_ground_and_no_longer_than_the_globe_is_wide():
    pairs = cities.all_pairs(len(WORLD.names))
    tunnel, ground = cities.tunnel_km(WORLD.points, pairs), cities.flight_km(WORLD.points, pairs)
    assert (tunnel < ground).all()
    assert tunnel.max() < 2 * cities.EARTH
    assert ground.max() < math.pi * cities.EARTH


def test_places_lie_on_the_globe_and_are_seen_where_they_are():
    torch.testing.assert_close(WORLD.points.norm(dim=1), torch.ones(len(WORLD.points)))
    north, east = cities.latitude_longitude(
        cities.on_globe(torch.tensor([48.86]), torch.tensor([2.35])).numpy()
    )
    np.testing.assert_allclose([north[0], east[0]], [48.86, 2.35], atol=1e-4)


def test_an_unknown_city_is_told_which_are_near():
    with pytest.raises(KeyError, match="'Lodnon' is not among the 75 cities; did you mean London"):
        WORLD.find("Lodnon")
    with pytest.raises(KeyError, match="`names` lists those that are"):
        WORLD.find("Xqzj")


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (["name,continent,latitude"], "has no column longitude"),
        (["name,continent,latitude,longitude", "A,Asia,1,2"], "lists 1 cities"),
        (["name,continent,latitude,longitude", "A,Asia,1,2", "A,Asia,3,4"], "lists A twice; row 2"),
        (["name,continent,latitude,longitude", "A,Asia,1,2", "B,Asia,91,4"], "latitude of B, row 2, is '91'"),
        (["name,continent,latitude,longitude", "A,Asia,1,2", "B,Asia,x,4"], "latitude of B, row 2, is 'x'"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused(lines, words, tmp_path):
    file = tmp_path / "cities.csv"
    file.write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(ValueError, match=words):
        cities.load_cities(file)


@pytest.mark.parametrize("mirror", [1.0, -1.0])
def test_a_table_that_is_turned_shifted_or_mirrored_is_laid_over_its_places(mirror):
    turn = torch.linalg.qr(torch.randn(3, 3, generator=torch.Generator().manual_seed(0))).Q
    table = (WORLD.points * torch.tensor([mirror, 1, 1])) @ turn + 2
    assert cities.error_km(table, WORLD.points) < 0.1
    wide = torch.cat([table, torch.zeros(len(table), 2)], dim=1)
    assert cities.error_km(wide, WORLD.points) < 0.1
    assert cities.error_km(2 * table, WORLD.points, scale=True) < 0.1
    assert cities.error_km(2 * table, WORLD.points) > 1000


def test_mirrors_are_told_apart():
    other = WORLD.points * torch.tensor([-1.0, 1, 1])
    assert not cities.is_mirrored(WORLD.points, WORLD.points)
    assert cities.is_mirrored(other, WORLD.points)


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda table: table[:5], "needs one row a place"),
        (lambda table: torch.where(table > 0.9, torch.nan, table), "the training has diverged"),
    ],
)
def test_what_cannot_be_measured_is_refused(spoil, words):
    with pytest.raises(ValueError, match=words):
        cities.error_km(spoil(WORLD.points), WORLD.points)
