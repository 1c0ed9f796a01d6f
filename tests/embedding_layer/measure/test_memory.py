import numpy as np
import pytest
import torch

from embedding_layer.measure.memory import peak_bytes

MEGABYTE = 1_000_000


@pytest.mark.parametrize(
    "call",
    [
        lambda: np.zeros(MEGABYTE, dtype=np.int8),
        lambda: bytes(MEGABYTE),
        lambda: torch.zeros(MEGABYTE, dtype=torch.int8),
        lambda: np.zeros(MEGABYTE, dtype=np.int8).sum(),  # let go before the end
    ],
    ids=["NumPy", "Python", "PyTorch", "in between"],
)
def test_the_highest_use_is_counted(call):
    assert MEGABYTE <= peak_bytes(call) < 1.1 * MEGABYTE


def test_what_was_there_before_is_not_counted():
    block = np.ones(MEGABYTE)
    assert peak_bytes(lambda: block[:10].sum()) < 10_000
    assert peak_bytes(lambda: torch.from_numpy(block).view(10, -1)[3]) < 10_000


def test_an_error_ends_the_tracing():
    with pytest.raises(ZeroDivisionError):
        peak_bytes(lambda: 1 // 0)
    assert peak_bytes(int) < 10_000
