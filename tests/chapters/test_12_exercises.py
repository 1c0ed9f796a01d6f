import statistics

import pytest
import torch
import torch.nn.functional as F

from embedding_layer.chapters.chapter_12 import exercises as check


@pytest.fixture
def verdict(capsys):
    def read(exercise, answer):
        exercise(answer)
        return capsys.readouterr().out

    return read


def placeholder(*_): ...


EXERCISES = [check.count_bytes, check.prices, check.crossover, check.fair, check.bag_mean]


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda part: part.__name__)
def test_the_placeholder_is_not_solved_yet(exercise, verdict):
    assert "not solved yet" in verdict(exercise, placeholder)


def says(verdict, exercise, answer, words):
    text = verdict(exercise, answer)
    assert text.startswith(f"{exercise.__name__}: not yet.")
    assert words in text


# --- count_bytes -----------------------------------------------------------------------------------------


def counted(N, R, V, D, *, forward=None, backward=None, step=None):
    row = 4 * D
    return (
        8 * N + R * row + N * row if forward is None else forward,
        8 * N + N * row + V * row + 2 * R * row if backward is None else backward,
        8 * N + N * row + 2 * R * row if step is None else step,
    )


def test_count_bytes_solved(verdict):
    assert verdict(check.count_bytes, counted).startswith("count_bytes: solved. Only the dense")


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (lambda N, R, V, D: {"forward": (R + N) * 4 * D}, "the ids are read, too"),
        (lambda N, R, V, D: {"forward": (R + N) * D}, "counted numbers"),
        (lambda N, R, V, D: {"forward": 4 * N + (R + N) * 4 * D}, "takes 8 bytes, not 4"),
        (lambda N, R, V, D: {"forward": 8 * N + 2 * N * 4 * D}, "R rows are read, not N"),
        (lambda N, R, V, D: {"forward": 8 * N + 2 * R * 4 * D}, "every id gets a copy"),
        (lambda N, R, V, D: {"forward": 8 * N + R * 4 * D}, "are also written"),
        (lambda N, R, V, D: {"forward": 8 * N + N * 4 * D}, "one of the two is missing"),
        (lambda N, R, V, D: {"forward": 8 * N + (V + N) * 4 * D}, "not the whole table"),
        (lambda N, R, V, D: {"forward": 1}, "you count 1"),
        (lambda N, R, V, D: {"backward": 8 * N + (N + 2 * R) * 4 * D}, "set to zero: V rows"),
        (lambda N, R, V, D: {"backward": 8 * N + (V + 2 * R) * 4 * D}, "slopes of the N vectors"),
        (lambda N, R, V, D: {"backward": 8 * N + (N + V + R) * 4 * D}, "reads it and writes it"),
        (lambda N, R, V, D: {"backward": 8 * N + (N + V) * 4 * D}, "that is missing"),
        (lambda N, R, V, D: {"backward": 8 * N + (N + 2 * V + 2 * R) * 4 * D}, "only written"),
        (lambda N, R, V, D: {"backward": 8 * N + (3 * N + V) * 4 * D}, "count R, not N"),
        (lambda N, R, V, D: {"step": 8 * N + 2 * R * 4 * D}, "reads the slopes"),
        (lambda N, R, V, D: {"step": 8 * N + (N + R) * 4 * D}, "twice R rows"),
        (lambda N, R, V, D: {"step": 8 * N + N * 4 * D}, "rows of the table move"),
        (lambda N, R, V, D: {"step": 8 * N + (N + 2 * V) * 4 * D}, "leaves all rows alone"),
        (lambda N, R, V, D: {"step": 8 * N + 3 * N * 4 * D}, "moves once"),
    ],
)
def test_count_bytes_names_the_misconception(wrong, words, verdict):
    says(verdict, check.count_bytes, lambda *sizes: counted(*sizes, **wrong(*sizes)), words)


def test_count_bytes_wants_three_numbers(verdict):
    says(verdict, check.count_bytes, lambda N, R, V, D: 8 * N, "Return three numbers")
    says(verdict, check.count_bytes, lambda *sizes: (*counted(*sizes)[:2], "many"), "Return three numbers")


# --- prices ----------------------------------------------------------------------------------------------


def solved_prices(N, narrow, wide):
    (D1, t1), (D2, t2) = narrow, wide
    bandwidth = 8 * N * (D2 - D1) / (t2 - t1)
    return t1 / N - (8 + 8 * D1) / bandwidth, bandwidth


def test_prices_solved(verdict):
    assert verdict(check.prices, solved_prices).startswith("prices: solved. Two measurements")


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (lambda N, a, b: solved_prices(N, a, b)[::-1], "wrong order"),
        (lambda N, a, b: (0.0, N * (8 + 8 * b[0]) / b[1]), "in which they cancel"),
        (lambda N, a, b: (0.0, N * (8 + 8 * a[0]) / a[1]), "in which they cancel"),
        (lambda N, a, b: (0.0, 4 * N * (b[0] - a[0]) / (b[1] - a[1])), "read and written"),
        (lambda N, a, b: (0.0, 2 * N * (b[0] - a[0]) / (b[1] - a[1])), "counts numbers, not bytes"),
        (lambda N, a, b: (0.0, 8 * (b[0] - a[0]) / (b[1] - a[1])), "for N ids, not for one"),
        (lambda N, a, b: (0.0, 1.0), "you say 1"),
        (lambda N, a, b: (N * solved_prices(N, a, b)[0], solved_prices(N, a, b)[1]), "divide by N"),
        (lambda N, a, b: (a[1] / N, solved_prices(N, a, b)[1]), "all of the narrow time"),
        (lambda N, a, b: (1.0, solved_prices(N, a, b)[1]), "A visit costs 30.0 ns"),
        (lambda N, a, b: solved_prices(N, a, b)[0], "Return two numbers"),
    ],
)
def test_prices_names_the_misconception(wrong, words, verdict):
    says(verdict, check.prices, wrong, words)


# --- crossover -------------------------------------------------------------------------------------------


def line(small, large):
    (V1, t1), (V2, t2) = small, large
    per_row = (t2 - t1) / (V2 - V1)
    return t1 - per_row * V1, per_row


def solved_crossover(small, large, row_wise):
    fixed, per_row = line(small, large)
    return max(1, int((row_wise - fixed) / per_row) + 1)


def test_crossover_solved(verdict):
    assert verdict(check.crossover, solved_crossover).startswith("crossover: solved. Below it")


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (lambda a, b, row: int(row / (a[1] / a[0])) + 1, "need not pass through the origin"),
        (lambda a, b, row: int(row / (b[1] / b[0])) + 1, "need not pass through the origin"),
        (lambda a, b, row: solved_crossover(a, b, row) - 1 or 1, "not slower yet"),
        (lambda a, b, row: int((row - line(a, b)[0]) / line(a, b)[1]) + 1, "then the answer is 1"),
        (lambda a, b, row: (row - line(a, b)[0]) / line(a, b)[1] + 0.25, "whole number"),
        (lambda a, b, row: solved_crossover(a, b, row) + 5, "you say"),
        (lambda a, b, row: "many", "Return a number of rows"),
    ],
)
def test_crossover_names_the_misconception(wrong, words, verdict):
    says(verdict, check.crossover, wrong, words)


# --- fair ------------------------------------------------------------------------------------------------


def measured(*, warm=True, turns=True, middle=statistics.median, own_clock=False, extra=0):
    def fair(functions, repeats, clock):
        spent = {name: [] for name in functions}
        if own_clock:
            clock = iter(range(10_000)).__next__
        if warm:
            for function in functions.values():
                function()
        names, rounds = list(functions), range(repeats + extra)
        order = (
            [name for _ in rounds for name in names] if turns else [name for name in names for _ in rounds]
        )
        for name in order:
            start = clock()
            functions[name]()
            spent[name].append(clock() - start)
        return {name: middle(times) for name, times in spent.items()}

    return fair


def first_call_among_the_timed(functions, repeats, clock):
    return measured(warm=False, extra=1)(functions, repeats, clock)


def test_fair_solved(verdict):
    assert verdict(check.fair, measured()).startswith("fair: solved. Warm up")


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (measured(warm=False), "You timed the first call"),
        (first_call_among_the_timed, "You timed the first call"),
        (measured(turns=False), "all calls of one function"),
        (measured(middle=statistics.mean), "You report the mean"),
        (measured(middle=min), "the fastest call"),
        (measured(middle=sum), "the sum of all calls"),
        (measured(middle=lambda times: times[-1]), "the last call alone"),
        (measured(middle=max), "their median is 3"),
        (measured(middle=list), "not a list"),
        (measured(own_clock=True), "never read the clock"),
        (measured(extra=1), "should run six times"),
        (lambda functions, repeats, clock: clock(), "Return a dictionary"),
        (lambda functions, repeats, clock: {"a": clock()}, "Return a dictionary"),
        (lambda functions, repeats, clock: dict.fromkeys(functions, clock() + 7.0), "right before a call"),
    ],
)
def test_fair_names_the_misconception(answer, words, verdict):
    says(verdict, check.fair, answer, words)


def test_fair_notices_functions_that_do_not_take_turns(verdict):
    def in_a_jumble(functions, repeats, clock):
        if repeats == 1:
            return measured()(functions, repeats, clock)
        for name in "aabbabababab":
            functions[name]()
        clock()
        return {"a": 3.0, "b": 6.0}

    says(verdict, check.fair, in_a_jumble, "should take turns")


# --- bag_mean --------------------------------------------------------------------------------------------


def bag(*, offsets=None, mode="mean", more=()):
    def bag_mean(weight, texts):
        lengths = torch.tensor([len(text) for text in texts])
        ids = torch.tensor([i for text in texts for i in text])
        begins = (lengths.cumsum(0) - lengths) if offsets is None else offsets(lengths)
        return F.embedding_bag(
            ids, weight, torch.cat([begins, torch.tensor(more, dtype=torch.int64)]), mode=mode
        )

    return bag_mean


def with_last_offset(weight, texts):
    ids = torch.tensor([i for text in texts for i in text])
    ends = torch.tensor([0] + [len(text) for text in texts]).cumsum(0)
    return F.embedding_bag(ids, weight, ends, mode="mean", include_last_offset=True)


def by_loop(weight, texts):
    return torch.stack([weight[text].mean(0) for text in texts])


def one_bag_a_text(weight, texts):
    return torch.cat([F.embedding_bag(torch.tensor([text]), weight, mode="mean") for text in texts])


def padded(weight, texts):
    longest = max(map(len, texts))
    return weight[torch.tensor([text + [0] * (longest - len(text)) for text in texts])].mean(1)


def without_empty_texts(weight, texts):
    out = bag()(weight, [text for text in texts if text])
    return torch.cat([out, out[:1].expand(len(texts) - len(out), -1)])


@pytest.mark.parametrize("answer", [bag(), with_last_offset])
def test_bag_mean_solved(answer, verdict):
    assert verdict(check.bag_mean, answer).startswith("bag_mean: solved. One long list")


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (bag(mode="sum"), "These are sums"),
        (bag(mode="max"), "the largest numbers"),
        (bag(more=(9,)), "one bag too many"),
        (bag(offsets=lambda lengths: torch.cat([torch.tensor([0]), lengths[:-1]]).sort().values), "begin"),
        (padded, "the padding went into the mean"),
        (by_loop, "no single bag made them"),
        (one_bag_a_text, "no single bag made them"),
        (without_empty_texts, "An empty text between two others"),
        (lambda weight, texts: weight[:3], "(4, 4), yours is (3, 4)"),
        (lambda weight, texts: 1.0, "Return a tensor"),
    ],
)
def test_bag_mean_names_the_misconception(answer, words, verdict):
    says(verdict, check.bag_mean, answer, words)


def test_bag_mean_reports_an_error_in_the_reader_s_code(verdict):
    ends = bag(offsets=lambda lengths: lengths.cumsum(0))  # where the texts end: the first offset is not 0
    assert "your code raised" in verdict(check.bag_mean, ends)
