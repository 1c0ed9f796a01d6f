import numpy as np
import pytest
import torch

from embedding_layer.training.evaluation import interval_over_groups, rmse


def test_the_mean_is_the_mean_and_lies_inside():
    values = np.random.default_rng(0).random(200)
    interval = interval_over_groups(values, [i // 10 for i in range(200)])
    assert interval.mean == pytest.approx(values.mean())
    assert interval.low < interval.mean < interval.high


def test_it_is_about_as_wide_as_theory_says_for_groups_of_one():
    values = np.random.default_rng(0).normal(size=2000)
    interval = interval_over_groups(values, range(2000))
    expected = 2 * 1.96 * values.std() / np.sqrt(2000)
    assert interval.high - interval.low == pytest.approx(expected, rel=0.1)


def test_examples_that_are_alike_make_it_wider():
    values = np.repeat(np.random.default_rng(0).integers(0, 2, 100), 20)
    by_file = interval_over_groups(values, [i // 20 for i in range(2000)])
    by_example = interval_over_groups(values, range(2000))
    assert by_file.high - by_file.low > 3 * (by_example.high - by_example.low)


def test_higher_confidence_is_wider():
    values = np.random.default_rng(0).random(300)
    groups = [i // 3 for i in range(300)]
    narrow, wide = (interval_over_groups(values, groups, confidence=c) for c in (0.5, 0.99))
    assert wide.low < narrow.low < narrow.high < wide.high


@pytest.mark.parametrize(
    ("values", "groups", "options", "message"),
    [
        ([], [], {}, "at least one example"),
        ([1, 0], ["a"], {}, "1 groups"),
        ([[1, 0]], ["a"], {}, r"shape \(1, 2\)"),
        ([1, 0], ["a", "a"], {}, "at least two"),
        ([1, 0], ["a", "b"], {"confidence": 95}, "between 0 and 1"),
        ([1, 0], ["a", "b"], {"resamples": 0}, "resamples=0"),
    ],
)
def test_refuses(values, groups, options, message):
    with pytest.raises(ValueError, match=message):
        interval_over_groups(values, groups, **options)


@pytest.mark.parametrize("make", [list, np.array, torch.tensor])
def test_groups_count_by_value_and_all_nan_are_one(make):
    values = np.random.default_rng(0).random(60)
    numbers = [float(i // 10) for i in range(60)]
    expected = interval_over_groups(values, numbers)
    missing = [float("nan") if number == 2 else number for number in numbers]
    assert interval_over_groups(values, make(missing)) == expected


def test_rmse_is_the_length_of_the_usual_error():
    assert rmse(torch.tensor([1.0, 5]), torch.tensor([4.0, 1])) == pytest.approx(12.5**0.5)


@pytest.mark.parametrize(
    ("predicted", "targets", "message"),
    [
        (torch.zeros(3, 1), torch.zeros(3), r"shape \(3, 1\) and targets \(3,\).*squeeze"),
        (torch.zeros(0), torch.zeros(0), "no example to judge by"),
        (torch.tensor([1.0, torch.nan]), torch.zeros(2), "1 of 2 numbers in predicted .* diverged"),
        (torch.zeros(2), torch.tensor([torch.inf, torch.inf]), "2 of 2 numbers in targets"),
    ],
)
def test_rmse_refuses_what_would_flatter_or_mean_nothing(predicted, targets, message):
    with pytest.raises(ValueError, match=message):
        rmse(predicted, targets)
