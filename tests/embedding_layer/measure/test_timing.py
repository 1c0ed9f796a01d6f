import itertools

import pytest

from embedding_layer.measure import Timings, compare, timing


@pytest.fixture
def clock(monkeypatch):
    """Replace the clock by one that only moves when a function says so: `clock.pass_by(seconds)`."""

    class Clock:
        now = 0.0

        def pass_by(self, seconds):
            self.now += seconds

    clock = Clock()
    monkeypatch.setattr(timing, "perf_counter", lambda: clock.now)
    return clock


def test_the_median_is_not_moved_by_one_bad_moment():
    assert Timings({"a": [2.0, 100.0, 1.0]}).median("a") == 2.0


def test_the_ratio_is_the_median_of_ratios_and_no_ratio_of_medians():
    timings = Timings({"slow": [4.0, 6.0, 80.0], "fast": [1.0, 3.0, 2.0]})
    assert timings.ratio("slow", "fast") == 4.0  # of 4, 2, 40; the medians alone would say 6 / 2
    assert timings.ratio("fast", "slow") == 0.25
    assert timings.ratio("fast", "fast") == 1.0


def test_a_name_that_was_not_timed_is_a_key_error():
    with pytest.raises(KeyError, match="fats"):
        Timings({"fast": [1.0]}).median("fats")


def test_compare_measures_seconds_per_call(clock):
    timings = compare({"long": lambda: clock.pass_by(0.5), "short": lambda: clock.pass_by(0.001)}, repeats=3)
    assert timings.seconds["long"] == pytest.approx([0.5] * 3)
    assert timings.seconds["short"] == pytest.approx([0.001] * 3)
    assert timings.ratio("long", "short") == pytest.approx(500)


def test_the_rounds_are_interleaved(clock):
    order = []

    def named(name):
        def function():
            order.append(name)
            clock.pass_by(1.0)

        return function

    compare({"a": named("a"), "b": named("b")}, repeats=3)
    assert order[-6:] == ["a", "b"] * 3


def test_a_fast_function_is_called_until_it_fills_the_time(clock):
    calls = []

    def fast():
        calls.append(1)
        clock.pass_by(0.001)

    compare({"fast": fast}, repeats=4, min_seconds=0.01)
    assert len(calls) == 2 + 4 * 10  # one to warm up, one to learn the pace, then ten a round


def test_the_first_call_does_not_count(clock):
    durations = [100.0]

    def slow_at_first():
        clock.pass_by(durations.pop() if durations else 1.0)

    assert compare({"f": slow_at_first}, repeats=3).seconds["f"] == [1.0, 1.0, 1.0]


def test_another_clock_counts_where_it_is_given():
    seconds = itertools.count()
    timings = compare({"a": lambda: None}, repeats=2, min_seconds=0, clock=lambda: float(next(seconds)))
    assert timings.seconds == {"a": [1.0, 1.0]}


def test_more_work_takes_longer():
    timings = compare({"much": lambda: sum(range(20_000)), "little": lambda: sum(range(200))}, repeats=5)
    assert timings.ratio("much", "little") > 5


def test_nothing_to_time_is_refused():
    with pytest.raises(ValueError, match="at least one named function"):
        compare({})


@pytest.mark.parametrize("repeats", [0, -1])
def test_no_rounds_are_refused(repeats):
    with pytest.raises(ValueError, match=f"repeats={repeats}"):
        compare({"f": int}, repeats=repeats)


def test_an_error_of_a_function_is_not_hidden():
    with pytest.raises(ZeroDivisionError):
        compare({"f": lambda: 1 / 0})


def test_the_clock_is_read_when_the_work_is_finished(clock):
    started = []

    def finish():
        clock.pass_by(len(started))
        started.clear()

    timings = compare({"late": lambda: started.append(1)}, repeats=3, min_seconds=2.0, finish=finish)
    assert timings.seconds["late"] == pytest.approx([1.0] * 3)
