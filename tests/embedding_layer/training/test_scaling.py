import pytest
import torch

from embedding_layer.training import Scaler

VALUES = torch.tensor([1.0, 2, 3, 6])


def test_the_training_part_gets_mean_0_and_deviation_1():
    scaler = Scaler(VALUES)
    scaled = scaler(VALUES)
    assert scaled.mean().item() == pytest.approx(0, abs=1e-6)
    assert scaled.square().mean().item() == pytest.approx(1)
    torch.testing.assert_close(scaler.undo(scaled), VALUES)


def test_other_parts_are_scaled_alike():
    scaler = Scaler(VALUES)
    torch.testing.assert_close(scaler(VALUES[:1]), scaler(VALUES)[:1])


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (torch.tensor([]), "no values to scale"),
        (torch.tensor([3.0, 3, 3]), "all 3 values are 3: a constant column"),
        (torch.tensor([3.0]), "all 1 values are 3"),
        (torch.tensor([1.0, float("nan"), 2]), "1 of 3 values are missing or infinite, the first is nan at"),
        (torch.tensor([1.0, 2, float("-inf"), float("nan")]), "2 of 4 values .* -inf at position 2"),
    ],
)
def test_refuses_what_cannot_be_scaled(values, message):
    with pytest.raises(ValueError, match=message):
        Scaler(values)


def test_refuses_gaps_in_other_parts_too_and_ids_always():
    with pytest.raises(ValueError, match="leave these rows out"):
        Scaler(VALUES)(torch.tensor([float("inf")]))
    with pytest.raises(TypeError, match=r"torch.int64; only numbers are scaled: convert with .float\(\)"):
        Scaler(torch.tensor([1, 2]))
