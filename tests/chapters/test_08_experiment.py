import pytest
import torch

from embedding_layer.chapters.chapter_08 import cities, experiment, postcards

WORLD = cities.load_cities()
POINTS, V = WORLD.points, len(WORLD.points)
PAIRS = cities.all_pairs(V)
LENGTHS = cities.tunnel_km(POINTS, PAIRS) / cities.EARTH


@pytest.mark.parametrize("seed", [20, 21])
def test_distances_place_every_city(seed):
    table = experiment.fit_distances(PAIRS, LENGTHS, V, seed=seed)
    assert cities.error_km(table.weight, POINTS) < 20
    flat = experiment.fit_distances(PAIRS, LENGTHS, V, D=2, seed=seed)
    assert experiment.stretch(flat, PAIRS, LENGTHS) > 0.01


def test_few_pairs_do_not_tell_the_others_and_many_do():
    assert experiment.unseen_km(POINTS, 0.05, seed=20) > 1000
    assert experiment.unseen_km(POINTS, 0.8, seed=20) < 50


def test_noise_is_of_the_size_that_is_asked_for_and_new_in_every_batch():
    batches = experiment.noisy_batches(PAIRS, LENGTHS, steps=50, size=200, noise=0.1, seed=1)
    place = {tuple(pair): i for i, pair in enumerate(PAIRS.tolist())}
    off = torch.cat(
        [given / LENGTHS[[place[tuple(p)] for p in drawn.tolist()]] - 1 for drawn, given in batches]
    )
    assert len(batches) == 50
    assert off.std().item() == pytest.approx(0.1, rel=0.05)
    assert off.mean().abs() < 0.01


def test_every_pair_is_dealt_once():
    parts = experiment.split_pairs(10, 0.2, 0.3, seed=3)
    assert [len(part) for part in parts] == [9, 13, 23]
    assert len({tuple(pair) for part in parts for pair in part.tolist()}) == 45


@pytest.mark.parametrize("shares", [(0.0,), (1.0,), (0.6, 0.5), (-0.1,), (0.001,)])
def test_shares_that_leave_a_part_empty_are_refused(shares):
    with pytest.raises(ValueError, match="every part, the rest too, needs a pair"):
        experiment.split_pairs(10, *shares)


def test_the_spectrum_counts_the_directions_of_places():
    for columns in (1, 2, 5):
        places = torch.randn(12, columns, generator=torch.Generator().manual_seed(0)).double()
        values = experiment.spectrum(torch.cdist(places, places, compute_mode="donot_use_mm_for_euclid_dist"))
        assert (values > 1e-8).sum() == columns
        spread = torch.linalg.svdvals(places - places.mean(0)).square()
        torch.testing.assert_close(values[:columns], spread)


@pytest.mark.parametrize(
    ("matrix", "words"),
    [
        (torch.zeros(2, 3), "must be square"),
        (torch.tensor([[0.0, 1], [2, 0]]), "the same there and back"),
        (torch.tensor([[1.0, 1], [1, 1]]), "0 from each thing to itself"),
        (torch.tensor([[0.0, -1], [-1, 0]]), "no distance"),
        (torch.tensor([[0.0, torch.nan], [torch.nan, 0]]), "no distance"),
    ],
)
def test_what_holds_no_distances_has_no_spectrum(matrix, words):
    with pytest.raises(ValueError, match=words):
        experiment.spectrum(matrix)


# --- postcards ----------------------------------------------------------------------------------------


def test_neighbours_write_more_often_and_blind_cards_do_not_care():
    order = POINTS[PAIRS].prod(dim=1).sum(dim=1).argsort()
    near, far = order[-300:], order[:300]
    for noise, least, most in ((0.0, 10, 100), (1.0, 0.8, 1.25)):
        counts = postcards.write_postcards(POINTS, 100_000, noise=noise, seed=4).counts
        assert least < counts[near].sum() / counts[far].sum() < most
        assert counts.sum() == 100_000


def test_rarity_makes_some_cities_rare():
    for rarity in (0.0, 1.5):
        named = postcards.write_postcards(POINTS, 50_000, rarity=rarity, seed=2).of_city(V)
        assert named.sum() == 100_000
        assert (named.min() / named.max() > 0.2) == (rarity == 0)


@pytest.mark.parametrize(
    ("options", "words"),
    [({"noise": 1.5}, "noise=1.5"), ({"rarity": -1}, "rarity=-1"), ({"cards": 0}, "cards")],
)
def test_postcards_that_cannot_be_written_are_refused(options, words):
    with pytest.raises(ValueError, match=words):
        postcards.write_postcards(POINTS, **({"cards": 10} | options))


def test_counts_are_enough_for_a_map_and_two_columns_are_not():
    sack = postcards.write_postcards(POINTS, 100_000, seed=30)
    for D, least, most in ((3, 0, 500), (2, 1500, 5000)):
        weight = postcards.table_from(sack, V, D=D, seed=30)
        assert least < cities.error_km(weight, POINTS, scale=True) < most


def test_rivals_are_asked_about_pairs_that_they_have_not_seen():
    choice = postcards.Tuned(3, 0.1, 0.02)
    dot = postcards.agreement(postcards.DotProduct, POINTS, choice, seed=31)
    linear = postcards.agreement(postcards.OneHotLinear, POINTS, postcards.Tuned(None, 0.01, 0.0), seed=31)
    assert linear < 0.6 < 0.8 < dot
    with pytest.raises(ValueError, match="'validation' or 'test'"):
        postcards.agreement(postcards.DotProduct, POINTS, choice, part="training")
