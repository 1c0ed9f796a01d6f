import math
import statistics

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from embedding_layer.chapters.chapter_12 import exercises as check


@pytest.fixture
def verdict(capsys):
    def read(exercise, answer):
        exercise(answer)
        return capsys.readouterr().out

    return read


def placeholder(*_): ...


EXERCISES = [check.count_bytes, check.predict, check.crossover, check.fair, check.bag_mean]


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda part: part.__name__)
def test_the_placeholder_is_not_solved_yet(exercise, verdict):
    assert "not solved yet" in verdict(exercise, placeholder)


def says(verdict, exercise, answer, words):
    text = verdict(exercise, answer)
    assert text.startswith(f"{exercise.__name__}: not yet.")
    assert words in text


# --- count_bytes -----------------------------------------------------------------------------------------


def counted(N, U, V, D, *, forward=None, backward=None, step=None):
    row = 4 * D
    return (
        8 * N + U * row + N * row if forward is None else forward,
        8 * N + N * row + V * row + 2 * U * row if backward is None else backward,
        8 * N + N * row + 2 * U * row if step is None else step,
    )


def test_count_bytes_solved(verdict):
    assert verdict(check.count_bytes, counted).startswith("count_bytes: solved. Only the dense")


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (lambda N, U, V, D: {"forward": (U + N) * 4 * D}, "the ids are read, too"),
        (lambda N, U, V, D: {"forward": (U + N) * D}, "counted numbers"),
        (lambda N, U, V, D: {"forward": 4 * N + (U + N) * 4 * D}, "takes 8 bytes, not 4"),
        (lambda N, U, V, D: {"forward": 8 * N + 2 * N * 4 * D}, "U rows are read, not N"),
        (lambda N, U, V, D: {"forward": 8 * N + 2 * U * 4 * D}, "every id gets a copy"),
        (lambda N, U, V, D: {"forward": 8 * N + U * 4 * D}, "are also written"),
        (lambda N, U, V, D: {"forward": 8 * N + N * 4 * D}, "one of the two is missing"),
        (lambda N, U, V, D: {"forward": 8 * N + (V + N) * 4 * D}, "not the whole table"),
        (lambda N, U, V, D: {"forward": 1}, "you count 1"),
        (lambda N, U, V, D: {"backward": 8 * N + (N + 2 * U) * 4 * D}, "set to zero: V rows"),
        (lambda N, U, V, D: {"backward": 8 * N + (V + 2 * U) * 4 * D}, "slopes of the N vectors"),
        (lambda N, U, V, D: {"backward": 8 * N + (N + V + U) * 4 * D}, "reads it and writes it"),
        (lambda N, U, V, D: {"backward": 8 * N + (N + V) * 4 * D}, "that is missing"),
        (lambda N, U, V, D: {"backward": 8 * N + (N + 2 * V + 2 * U) * 4 * D}, "only written"),
        (lambda N, U, V, D: {"backward": 8 * N + (3 * N + V) * 4 * D}, "count U, not N"),
        (lambda N, U, V, D: {"step": 8 * N + 2 * U * 4 * D}, "reads the slopes"),
        (lambda N, U, V, D: {"step": 8 * N + (N + U) * 4 * D}, "twice U rows"),
        (lambda N, U, V, D: {"step": 8 * N + N * 4 * D}, "rows of the table move"),
        (lambda N, U, V, D: {"step": 8 * N + (N + 2 * V) * 4 * D}, "leaves all rows alone"),
        (lambda N, U, V, D: {"step": 8 * N + 3 * N * 4 * D}, "moves once"),
    ],
)
def test_count_bytes_names_the_misconception(wrong, words, verdict):
    says(verdict, check.count_bytes, lambda *sizes: counted(*sizes, **wrong(*sizes)), words)


def test_count_bytes_wants_three_numbers(verdict):
    says(verdict, check.count_bytes, lambda N, U, V, D: 8 * N, "Return three numbers")
    says(verdict, check.count_bytes, lambda *sizes: (*counted(*sizes)[:2], "many"), "Return three numbers")


# --- predict ---------------------------------------------------------------------------------------------


def prices(narrow, wide, D):
    return narrow[1], wide[1] * (8 + 8 * D) / (8 + 8 * wide[0])


def predicted(N, narrow, wide, D):
    return max(prices(narrow, wide, D))


def by_visit_and_bandwidth(N, narrow, wide, D):
    visit, bandwidth = narrow[1] / N, N * (8 + 8 * wide[0]) / wide[1]
    return np.float64(N * max(visit, (8 + 8 * D) / bandwidth))


def on_a_line(N, a, b, D):
    return a[1] + (b[1] - a[1]) * (D - a[0]) / (b[0] - a[0])


@pytest.mark.parametrize("answer", [predicted, by_visit_and_bandwidth])
def test_predict_solved(answer, verdict):
    assert verdict(check.predict, answer).startswith("predict: solved. Waiting and moving")


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (lambda N, a, b, D: sum(prices(a, b, D)), "you add the visits and the bytes"),
        (lambda N, a, b, D: min(prices(a, b, D)), "has to be visited"),
        (on_a_line, "a straight line through both"),
        (lambda N, a, b, D: prices(a, b, D)[1], "has to be visited"),
        (lambda N, a, b, D: prices(a, b, D)[0], "Wide rows cost their bytes"),
        (lambda N, a, b, D: max(a[1], b[1] * D / b[0]), "an id is read, too"),
        (lambda N, a, b, D: max(a[1], b[1] * (2 + D) / (2 + b[0])), "read and written"),
        (lambda N, a, b, D: predicted(N, a, b, D) / N, "the time of one row"),
        (lambda N, a, b, D: predicted(N, a, b, D) * N, "of N rows already"),
        (lambda N, a, b, D: predicted(N, a, b, D) * 1e6, "microseconds"),
        (lambda N, a, b, D: 1.0, "you say 1"),
        (lambda N, a, b, D: (1.0, 2.0), "Return a number of seconds"),
    ],
)
def test_predict_names_the_misconception(wrong, words, verdict):
    says(verdict, check.predict, wrong, words)


# --- crossover -------------------------------------------------------------------------------------------


def line(small, large):
    (V1, t1), (V2, t2) = small, large
    per_row = (t2 - t1) / (V2 - V1)
    return t1 - per_row * V1, per_row


def solved_crossover(small, large, row_wise):
    fixed, per_row = line(small, large)
    return max(1, int((row_wise - fixed) / per_row) + 1)


def by_bisection(small, large, row_wise):
    fixed, per_row = line(small, large)
    below, above = 0, 2**20
    while above - below > 1:
        middle = (below + above) // 2
        below, above = (below, middle) if fixed + per_row * middle > row_wise else (middle, above)
    return float(above)


@pytest.mark.parametrize("answer", [solved_crossover, by_bisection])
def test_crossover_solved(answer, verdict):
    assert verdict(check.crossover, answer).startswith("crossover: solved. Below it")


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (lambda a, b, row: int(row / (a[1] / a[0])) + 1, "need not pass through the origin"),
        (lambda a, b, row: int(row / (b[1] / b[0])) + 1, "need not pass through the origin"),
        (lambda a, b, row: solved_crossover(a, b, row) - 1 or 1, "not slower yet"),
        (lambda a, b, row: int((row - line(a, b)[0]) / line(a, b)[1]) + 1, "then the answer is 1"),
        (lambda a, b, row: (row - line(a, b)[0]) / line(a, b)[1] + 0.25, "whole number"),
        (lambda a, b, row: max(1, math.ceil((row - line(a, b)[0]) / line(a, b)[1])), "not slower yet"),
        (lambda a, b, row: max(1, round((row - line(a, b)[0]) / line(a, b)[1] + 0.5)), "not slower yet"),
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


def first_round_thrown_away(functions, repeats, clock):
    rounds = []
    for number in range(repeats + 1):
        names = list(functions) if number % 2 else list(functions)[::-1]
        seconds = {}
        for name in names:
            start = clock()
            functions[name]()
            seconds[name] = clock() - start
        rounds.append(seconds)
    return {name: np.median([seconds[name] for seconds in rounds[1:]]) for name in functions}


@pytest.mark.parametrize("answer", [measured(), first_round_thrown_away])
def test_fair_solved(answer, verdict):
    assert verdict(check.fair, answer).startswith("fair: solved. Warm up")


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
        (measured(middle=lambda times: sorted(times)[len(times) // 2]), "two are in the middle"),
        (measured(middle=statistics.median_low), "two are in the middle"),
        (measured(middle=lambda times: statistics.mean(sorted(times)[1:-1] or times)), "their median is 3"),
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


def flat(texts):
    return torch.tensor([i for text in texts for i in text], dtype=torch.long)


def begins_of(texts):
    lengths = torch.tensor([len(text) for text in texts])
    return lengths.cumsum(0) - lengths


def bag(*, offsets=None, mode="mean", more=()):
    def bag_mean(weight, texts):
        lengths = torch.tensor([len(text) for text in texts])
        begins = begins_of(texts) if offsets is None else offsets(lengths)
        return F.embedding_bag(
            flat(texts), weight, torch.cat([begins, torch.tensor(more, dtype=torch.int64)]), mode=mode
        )

    return bag_mean


def with_last_offset(weight, texts):
    ends = torch.tensor([0] + [len(text) for text in texts]).cumsum(0)
    return F.embedding_bag(flat(texts), weight, ends, mode="mean", include_last_offset=True)


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


def as_a_layer(weight, texts):
    return nn.EmbeddingBag.from_pretrained(weight, mode="mean")(flat(texts), begins_of(texts))


def with_shares(weight, texts):
    shares = torch.tensor([1 / len(text) for text in texts for _ in text], dtype=weight.dtype)
    return F.embedding_bag(flat(texts), weight, begins_of(texts), mode="sum", per_sample_weights=shares)


def by_one_hot(weight, texts):
    rows = F.one_hot(flat(texts), len(weight)).to(weight.dtype)
    owner = torch.tensor([n for n, text in enumerate(texts) for _ in text], dtype=torch.long)
    sums = F.one_hot(owner, len(texts)).to(weight.dtype).T @ rows @ weight
    return sums / torch.tensor([max(1, len(text)) for text in texts])[:, None]


def one_hot_one_at_a_time(weight, texts):
    means = []
    for text in texts:
        mean = torch.zeros_like(weight[0])
        for i in text:
            vector = torch.zeros(len(weight), dtype=weight.dtype)
            vector[i] = 1 / len(text)
            mean = mean + vector @ weight
        means.append(mean)
    return torch.stack(means)


def bag_of_rows_fetched_by_one_hot(weight, texts):
    rows = F.one_hot(flat(texts), len(weight)).to(weight.dtype) @ weight
    return F.embedding_bag(torch.arange(len(rows)), rows, begins_of(texts), mode="mean")


def one_hot_as_weights_of_a_bag(weight, texts):
    V = len(weight)
    shares = torch.stack([F.one_hot(flat([t]), V).sum(0).to(weight.dtype) / max(1, len(t)) for t in texts])
    every = torch.arange(V).repeat(len(texts), 1)
    return F.embedding_bag(every, weight, mode="sum", per_sample_weights=shares)


def float_ids_if_all_are_empty(weight, texts):
    ids = torch.tensor([i for text in texts for i in text])
    return F.embedding_bag(ids, weight, begins_of(texts), mode="mean")


def no_number_if_all_are_empty(weight, texts):
    return bag()(weight, texts) if any(texts) else torch.full((len(texts), weight.shape[1]), torch.nan)


def without_a_last_empty_text(weight, texts):
    last = max((n for n, text in enumerate(texts) if text), default=0) + 1
    out = bag()(weight, texts[:last])
    return torch.cat([out, out[-1:].expand(len(texts) - last, -1)])


@pytest.mark.parametrize("answer", [bag(), with_last_offset, as_a_layer, with_shares])
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
        (by_one_hot, "no single bag made them"),
        (one_hot_one_at_a_time, "no single bag made them"),
        (bag_of_rows_fetched_by_one_hot, "another table than `weight`"),
        (one_hot_as_weights_of_a_bag, "visits 36 rows"),
        (float_ids_if_all_are_empty, "ids need dtype=torch.long"),
        (no_number_if_all_are_empty, "two vectors of zeros"),
        (without_a_last_empty_text, "An empty text should give zeros"),
        (without_empty_texts, "An empty text should give zeros"),
        (lambda weight, texts: weight[:3], "(4, 4), yours is (3, 4)"),
        (lambda weight, texts: 1.0, "Return a tensor"),
    ],
)
def test_bag_mean_names_the_misconception(answer, words, verdict):
    says(verdict, check.bag_mean, answer, words)


def test_bag_mean_reports_an_error_in_the_reader_s_code(verdict):
    ends = bag(offsets=lambda lengths: lengths.cumsum(0))  # where the texts end: the first offset is not 0
    assert "your code raised" in verdict(check.bag_mean, ends)
