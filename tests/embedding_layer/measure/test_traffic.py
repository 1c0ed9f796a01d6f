import pytest

from embedding_layer.measure.traffic import PARTS, bytes_moved

SIZES = {"count": 100, "distinct": 70, "embedding_dim": 8, "vocab_size": 5_000}
IDS, SLOPES, ROWS, TABLE = 100 * 8, 100 * 8 * 4, 70 * 8 * 4, 5_000 * 8 * 4


@pytest.mark.parametrize(
    ("part", "counted"),
    [
        ("forward", IDS + ROWS + SLOPES),
        ("dense backward", IDS + SLOPES + TABLE + 2 * ROWS),
        ("sparse backward", 2 * IDS),
        ("row step", IDS + SLOPES + 2 * ROWS),
        ("dense step", 3 * TABLE),
    ],
)
def test_bytes_are_counted_by_hand(part, counted):
    assert bytes_moved(part, **SIZES) == counted


@pytest.mark.parametrize(("part", "rows"), [("row step", 70), ("dense step", 5_000)])
def test_the_state_of_an_optimiser_is_read_and_written(part, rows):
    more = bytes_moved(part, **SIZES, state_dim=16) - bytes_moved(part, **SIZES)
    assert more == 2 * rows * 16 * 4


def test_only_the_dense_parts_grow_with_the_vocabulary():
    larger = SIZES | {"vocab_size": 10_000}
    grows = {part for part in PARTS if bytes_moved(part, **larger) > bytes_moved(part, **SIZES)}
    assert grows == {"dense backward", "dense step"}


def test_half_precision_halves_all_but_the_ids():
    for part in PARTS:
        ids = {"sparse backward": 2 * IDS, "dense step": 0}.get(part, IDS)
        half = bytes_moved(part, **SIZES, state_dim=3, itemsize=2)
        assert 2 * (half - ids) == bytes_moved(part, **SIZES, state_dim=3) - ids


def test_all_ids_are_different_unless_said_otherwise():
    assert bytes_moved("forward", count=10, embedding_dim=4) == bytes_moved(
        "forward", count=10, embedding_dim=4, distinct=10
    )


@pytest.mark.parametrize(
    ("part", "changes", "words"),
    [
        ("backward", {}, "'dense backward', 'sparse backward'"),
        ("dense step", {"vocab_size": None}, "pass vocab_size"),
        ("forward", {"distinct": 101}, "only count=100 ids"),
        ("forward", {"distinct": None, "vocab_size": 50}, "pass distinct"),
        ("forward", {"count": 0}, "count=0"),
        ("forward", {"embedding_dim": 0}, "embedding_dim=0"),
        ("forward", {"itemsize": 0}, "itemsize=0"),
        ("row step", {"state_dim": -1}, "state_dim=-1"),
    ],
)
def test_bad_numbers_are_refused(part, changes, words):
    with pytest.raises(ValueError, match=words):
        bytes_moved(part, **(SIZES | changes))
