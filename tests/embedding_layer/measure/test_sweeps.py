import pytest

from embedding_layer.measure import sweeps
from embedding_layer.measure.sweeps import Sweep, sweep
from embedding_layer.measure.timing import Timings

MADE = Sweep(
    {
        10: Timings({"slow": [4e-6, 2e-6, 9e-6], "fast": [2e-6, 1e-6, 2e-6]}),
        20: Timings({"slow": [8e-6, 8e-6, 8e-6], "fast": [1e-6, 1e-6, 1e-6]}),
    }
)


def test_a_curve_is_made_of_medians():
    assert MADE.sizes == [10, 20]
    assert MADE.names == ["slow", "fast"]
    assert MADE.seconds("slow") == [4e-6, 8e-6]
    assert MADE.microseconds("fast") == pytest.approx([2, 1])


def test_a_ratio_is_taken_within_a_size_and_a_growth_between_two():
    assert MADE.ratio(10, "slow", "fast") == pytest.approx(2)  # of 2, 2 and 4.5
    assert MADE.ratio(20, "slow", "fast") == pytest.approx(8)
    assert MADE.growth("slow", 10, 20) == pytest.approx(2)
    assert MADE.growth("fast", 10, 20) == pytest.approx(0.5)


def test_every_size_is_measured_with_functions_of_its_own(monkeypatch):
    asked = []

    def compare(functions, **options):
        asked.append(options)
        return Timings({name: [function()] for name, function in functions.items()})

    monkeypatch.setattr(sweeps, "compare", compare)
    made = sweep(lambda size: {"a": lambda: float(size)}, [3, 7], repeats=2)
    assert made.seconds("a") == [3, 7]
    assert asked == [{"repeats": 2}] * 2


def test_real_functions_take_time():
    made = sweep(lambda size: {"count": lambda: sum(range(size))}, [10, 10_000], repeats=3)
    assert made.growth("count", 10, 10_000) > 10


def test_nothing_to_sweep_over_is_refused():
    with pytest.raises(ValueError, match="at least one size"):
        sweep(lambda size: {"a": lambda: None}, [])


def test_other_names_at_another_size_are_refused():
    with pytest.raises(ValueError, match=r"at size 2 the functions are \['f2'\], at size 1 .* \['f1'\]"):
        sweep(lambda size: {f"f{size}": lambda: None}, [1, 2], repeats=1)
