import math

import pytest
import torch
from torch import nn

from embedding_layer import CustomEmbedding
from embedding_layer.chapters.chapter_10.experiment import ratings, rentals, sums


def test_a_company_has_its_names_and_stays_the_same_in_all_parts():
    assert (len(set(rentals.CLOCK)), len(set(rentals.STATIONS))) == (24, 36)
    one, two = (rentals.rentals(30_000, seed=seed) for seed in (0, 1))
    assert not torch.equal(one.rentals, two.rentals)
    means = [
        torch.tensor([t.rentals[[n == name for n in t.station]].mean() for name in rentals.STATIONS])
        for t in (one, two)
    ]
    assert torch.corrcoef(torch.stack(means))[0, 1] > 0.97


def busiest(table, station=None):
    """Return the hour with the highest mean."""
    means = []
    for bird in rentals.CLOCK:
        own = [h == bird and station in (None, s) for s, h in zip(table.station, table.hour, strict=True)]
        means.append(table.rentals[own].mean())
    return int(torch.stack(means).argmax())


def test_stations_peak_at_hours_of_their_own_or_all_at_eight():
    own = rentals.rentals(40_000, seed=0)
    assert len({busiest(own, station) for station in rentals.STATIONS[:6]}) > 2
    alike = rentals.rentals(40_000, seed=0, one_peak=True)
    assert {busiest(alike, station) for station in rentals.STATIONS[:3]} <= {7, 8, 9}


def test_fit_is_the_same_every_time_and_its_rate_falls_to_zero():
    part = rentals.Part(*torch.randint(3, (2, 50)), torch.randn(50), torch.randn(50))

    class Sum(nn.Module):
        def __init__(self):
            super().__init__()
            self.row = CustomEmbedding(3, 1)

        def forward(self, station, hour, degrees):
            return self.row(station)[:, 0] + self.row(hour)[:, 0]

    def run():
        torch.manual_seed(1)
        model, steps = Sum(), []
        rentals.fit(model, part, 0.1, steps=20, after_step=lambda step, loss: steps.append(step))
        assert steps == list(range(1, 21))
        return model.row.weight

    assert torch.equal(run(), run())
    _, rate = rentals.best_of(Sum, part, part, (1e-6, 0.1), steps=20)
    assert rate == 0.1


def test_a_ring_is_read_in_order_wherever_it_is_and_however_it_is_turned():
    hour_of = torch.randperm(24, generator=torch.Generator().manual_seed(0)).tolist()
    angle = 2 * math.pi * torch.tensor(hour_of) / 24
    points = torch.stack([(0.7 - angle).cos(), (0.7 - angle).sin()], dim=1)  # a mirrored clock
    order = rentals.ring_order(points + 5)
    assert rentals.neighbours_kept(order, hour_of) == 24
    on_the_wall = points @ rentals.turned(points, hour_of)
    assert on_the_wall[hour_of.index(0)].tolist() == pytest.approx([0, 1], abs=1e-5)
    assert on_the_wall[hour_of.index(3)].tolist() == pytest.approx([0.5**0.5] * 2, abs=1e-5)


def test_neighbours_of_another_order_are_not_kept():
    assert rentals.neighbours_kept([*range(0, 24, 2), *range(1, 24, 2)], range(24)) == 1  # 22 and 1 are not
    assert rentals.neighbours_kept(list(range(24)), range(24)) == 24


def test_gaps_are_in_busy_rows_only():
    table = rentals.rentals(2000, seed=0)
    gaps = rentals.with_gaps(table)
    lost = torch.tensor([hour == "<missing>" for hour in gaps.hour])
    assert table.rentals[lost].min() > 95
    assert 0.5 < lost.sum() / (table.rentals > 95).sum() < 0.9
    assert [h for h, gone in zip(gaps.hour, lost, strict=True) if not gone] == [
        h for h, gone in zip(table.hour, lost, strict=True) if not gone
    ]


def test_ratings_never_repeat_a_pair_and_some_riders_rate_more():
    parts = ratings.ratings((4000, 1000), riders=2000, bikes=20, popularity=0.8)
    assert [len(part.points) for part in parts] == [4000, 1000]
    pairs = torch.cat([part.rider * 20 + part.bike for part in parts])
    assert len(pairs.unique()) == 5000
    counts = parts[0].rider.bincount(minlength=2000)
    assert counts[:20].float().mean() > 10 * counts[1000:].float().mean()
    even = ratings.ratings((30_000,))[0].rider.bincount()
    assert even.tolist() == [100] * 300


def test_numbered_gives_rows_to_those_seen_often_and_zero_to_all_others():
    first = ratings.Ratings(torch.tensor([7, 7, 3, 9, 9]), torch.zeros(5), torch.zeros(5))
    other = first._replace(rider=torch.tensor([3, 7, 8, 9, 50]))
    parts, count = ratings.numbered([first, other], at_least=2)
    assert count == 3
    assert parts[0].rider.tolist() == [1, 1, 0, 2, 2]
    assert parts[1].rider.tolist() == [0, 1, 0, 2, 0]
    assert ratings.numbered([first, other])[1] == 4


class Additions(nn.Module):
    def __init__(self):
        super().__init__()
        self.rider = CustomEmbedding(5, 1)
        self.rider.weight.data.zero_()

    def forward(self, rider, bike):
        return self.rider(rider)[:, 0]


RATED = ratings.Ratings(
    torch.tensor([1, 2, 2, 3]).repeat(25),
    torch.zeros(100, dtype=torch.int64),
    torch.tensor([1.0, 2, 2, -3]).repeat(25),
)


def test_fit_trains_the_rows_in_the_batches_and_no_others():
    model = Additions()
    ratings.fit(model, RATED, decay=1.0, steps=50)
    assert model.rider.weight[[0, 4]].tolist() == [[0], [0]]
    assert (model.rider.weight[1:4].abs() > 0.1).all()
    dropped = Additions()
    ratings.fit(dropped, RATED, dropout=0.5, steps=50)
    assert dropped.rider.weight[0] != 0  # the row of those who come later


def test_an_early_stop_leaves_the_model_where_it_was_best():
    judge = RATED._replace(points=RATED.points / 4)
    model = Additions()
    errors = ratings.fit(model, RATED, judge=judge, rate=0.01, steps=300)
    assert len(errors) == 6
    assert errors[-1] > min(errors)
    counts = torch.full((100,), 2)
    assert ratings.errors_by_count(model, judge, counts)["all"] == pytest.approx(min(errors))


def test_errors_are_told_by_group_and_empty_groups_are_left_out():
    counts = torch.tensor([0, 1, 12, 12]).repeat(25)
    errors = ratings.errors_by_count(Additions(), RATED, counts)
    assert errors == pytest.approx({"never": 1, "once": 2, "10 or more": 6.5**0.5, "all": 4.5**0.5})


def test_all_sums_are_dealt_once():
    parts = sums.all_sums(7, (30, 10, 9))
    pairs = torch.cat([part.pairs for part in parts])
    assert len(pairs.unique(dim=0)) == 49
    assert all(torch.equal(part.pairs.sum(1) % 7, part.sums) for part in parts)
    with pytest.raises(RuntimeError):
        sums.all_sums(7, (30, 10))


def test_waves_of_a_table_are_told_by_their_rounds():
    angle = 2 * math.pi * torch.arange(23) / 23
    table = torch.stack([(3 * angle).cos(), (3 * angle).sin(), 0.5 + 0 * angle, (5 * angle).cos()], dim=1)
    shares = sums.wave_shares(table)
    assert len(shares) == 11
    assert shares[[2, 4]].tolist() == pytest.approx([2 / 3, 1 / 3], abs=1e-6)


def test_fit_learns_the_sums_of_a_small_clock():
    class Adder(nn.Module):
        def __init__(self):
            super().__init__()
            self.number = CustomEmbedding(5, 8)
            self.rest = nn.Sequential(nn.Linear(16, 32), nn.ReLU(), nn.Linear(32, 5))

        def forward(self, pairs):
            return self.rest(self.number(pairs).flatten(1))

    torch.manual_seed(0)
    (learn,) = sums.all_sums(5, (25,))
    model = Adder()
    before = sums.right(model, learn)
    losses = sums.fit(model, learn, decay=0.01, steps=100)
    assert losses[-1] < 0.5 * losses[0]
    assert sums.right(model, learn) > before
