import math

import pytest
import torch

from embedding_layer.chapters.chapter_10 import exercises as check


def said(capsys, exercise, answer=...):
    exercise(answer)
    return capsys.readouterr().out


@pytest.mark.parametrize(
    "exercise", [check.column_ids, check.cold_rows, check.one_lookup, check.read_clock, check.sweep]
)
def test_a_placeholder_is_not_solved_yet(capsys, exercise):
    assert "not solved yet" in said(capsys, exercise)


def encode(values, known):
    return [0 if value is None else known.index(value) + 2 if value in known else 1 for value in values]


@pytest.mark.parametrize(
    "answer",
    [
        encode,
        lambda values, known: torch.tensor(encode(values, known)),
        lambda values, known: [{None: 0, **{n: i for i, n in enumerate(known, 2)}}.get(v, 1) for v in values],
    ],
)
def test_column_ids_solved(capsys, answer):
    assert "column_ids: solved." in said(capsys, check.column_ids, answer)


def growing(values, known):
    for value in values:
        if value is not None and value not in known:
            known.append(value)
    return encode(values, known)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (lambda values, known: encode([v for v in values if v in known], known), "is still a row"),
        (growing, "You changed the list"),
        (lambda values, known: growing(values, list(known)), "no row of its own"),
        (lambda values, known: [max(i, 1) for i in encode(values, known)], "Missing and unseen are the same"),
        (lambda values, known: [i - (i > 1) for i in encode(values, known)], "start at 2"),
        (lambda values, known: encode(values, sorted(known)), "You sorted the names"),
        (
            lambda values, known: [i * bool(v) for i, v in zip(encode(values, known), values, strict=True)],
            "is a name",
        ),
        (lambda values, known: encode(values, ["zoo", "mill", "ferry"]), "known names a and b"),
        (lambda values, known: 3, "Return a list of integers"),
        (lambda values, known: [0.5] * len(values), "Return a list of integers"),
    ],
)
def test_column_ids_wrong(capsys, answer, message):
    out = said(capsys, check.column_ids, answer)
    assert message in out
    assert "solved." not in out


def added(ids, residuals, count):
    return torch.zeros(count, dtype=residuals.dtype).index_add(0, ids, residuals)


def pulled(ids, residuals, count, strength):
    return added(ids, residuals, count) / (ids.bincount(minlength=count) + strength)


def in_a_loop(ids, residuals, count, strength):
    return torch.stack([residuals[ids == i].sum() / ((ids == i).sum() + strength) for i in range(count)])


def as_a_ridge(ids, residuals, count, strength):
    X = torch.eye(count, dtype=residuals.dtype)[ids]
    return torch.linalg.solve(X.T @ X + strength * torch.eye(count, dtype=X.dtype), X.T @ residuals)


@pytest.mark.parametrize("answer", [pulled, in_a_loop, as_a_ridge])
def test_cold_rows_solved(capsys, answer):
    assert "cold_rows: solved." in said(capsys, check.cold_rows, answer)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (lambda i, r, n, s: added(i, r, n) / i.bincount(minlength=n), "0 divided by 0"),
        (lambda i, r, n, s: added(i, r, n) / i.bincount(minlength=n).clamp(min=1), "the plain mean"),
        (
            lambda i, r, n, s: added(i, r, n) / i.bincount(minlength=n).clamp(min=1) / (1 + s),
            "by the same factor",
        ),
        (lambda i, r, n, s: added(i, r, n) / (1 + s), "The count belongs below the line"),
        (lambda i, r, n, s: pulled(i, r, n, s)[i.unique()], "those that never occur included"),
        (lambda i, r, n, s: pulled(i, r, n, s * s), "With strength 2"),
        (lambda i, r, n, s: pulled(i, r, n, 2.0), "With strength 0.5"),
        (lambda i, r, n, s: pulled(i, r, n, s).tolist(), "Return a tensor"),
    ],
)
def test_cold_rows_wrong(capsys, answer, message):
    out = said(capsys, check.cold_rows, answer)
    assert message in out
    assert "solved." not in out


def two_more_columns(taste, character, b, c):
    return torch.cat([taste, b, torch.ones_like(b)], 1), torch.cat([character, torch.ones_like(c), c], 1)


def turned(*tables):
    left, right = two_more_columns(*tables)
    mix = torch.eye(left.shape[1], dtype=left.dtype) + 0.3
    return [left @ mix, right @ torch.linalg.inv(mix).T]


def one_in_all(taste, character, b, c):
    return taste @ character.T + b + c.T, torch.eye(len(c), dtype=c.dtype)


@pytest.mark.parametrize("answer", [two_more_columns, turned, one_in_all])
def test_one_lookup_solved(capsys, answer):
    assert "one_lookup: solved." in said(capsys, check.one_lookup, answer)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (lambda p, q, b, c: (torch.cat([p, b], 1), torch.cat([q, c], 1)), "they are multiplied"),
        (lambda p, q, b, c: (p, q), "The additions are lost"),
        (
            lambda p, q, b, c: (torch.cat([p, b], 1), torch.cat([q, torch.ones_like(c)], 1)),
            "One of the two additions is missing",
        ),
        (lambda p, q, b, c: (torch.cat([p, b], 1), q), "rows of one length"),
        (lambda p, q, b, c: tuple(t.T for t in two_more_columns(p, q, b, c)), "one row a rider"),
        (lambda p, q, b, c: two_more_columns(p, q, b, 2 * c), "For rider 0 and bike 0"),
        (lambda p, q, b, c: p, "Return two tables"),
    ],
)
def test_one_lookup_wrong(capsys, answer, message):
    out = said(capsys, check.one_lookup, answer)
    assert message in out
    assert "solved." not in out


def by_angle(points):
    x, y = (points - points.mean(dim=0)).T
    return torch.atan2(y, x).argsort()


def by_walking(points):
    """Go to the nearest point that was not visited, again and again."""
    order = [0]
    while len(order) < len(points):
        far = torch.cdist(points[order[-1:]], points)[0]
        far[order] = math.inf
        order.append(int(far.argmin()))
    return order


@pytest.mark.parametrize(
    "answer", [by_angle, by_walking, lambda points: by_angle(points).flip(0).roll(5).tolist()]
)
def test_read_clock_solved(capsys, answer):
    assert "read_clock: solved." in said(capsys, check.read_clock, answer)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (lambda points: points[:, 0].argsort().tolist(), "one of the two coordinates"),
        (lambda points: torch.atan2(points[:, 1], points[:, 0]).argsort().tolist(), "one that is shifted"),
        (lambda points: by_angle(points).argsort().tolist(), "for each row its place"),
        (lambda points: by_angle(points).tolist()[1:], "Each of the 24 rows comes once"),
        (lambda points: list(range(len(points))), "are not neighbours on the ring"),
        (lambda points: (points[:, 0] / 9).tolist(), "Return a list of integers"),
    ],
)
def test_read_clock_wrong(capsys, answer, message):
    out = said(capsys, check.read_clock, answer)
    assert message in out
    assert "solved." not in out


ERRORS = {1: [1.2, 1.3, 1.1], 2: [0.9, 1.0, 0.95], 4: [0.94, 0.97, 1.1]}


@pytest.mark.parametrize(
    "answer",
    [
        {"errors": ERRORS, "chosen": 2},
        {"errors": ERRORS, "chosen": 4},  # within what the seeds differ
        {"errors": {"wide": [1, 2, 3], "narrow": (2, 3, 4), "none": [5, 5, 6, 7]}, "chosen": "wide"},
    ],
)
def test_sweep_accepts_what_was_measured(capsys, answer):
    assert "sweep: solved." in said(capsys, check.sweep, answer)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ({"errors": {1: [1, 2, 3], 2: [1, 2, 3]}, "chosen": 1}, "at least three sizes"),
        ({"errors": {1: [1.0], 2: [2.0], 4: [3.0]}, "chosen": 1}, "a luckier seed"),
        ({"errors": {1: [1.0] * 3, 2: [2.0] * 3, 4: [3.0] * 3}, "chosen": 1}, "does not reach the model"),
        ({"errors": ERRORS, "chosen": 1}, "has the smaller mean error"),
        ({"errors": ERRORS, "chosen": 3}, "you have not measured"),
        ({"errors": {**ERRORS, 8: [1, math.nan, 2]}, "chosen": 2}, "missing or infinite"),
        ([1, 2], "Make a dictionary"),
    ],
)
def test_sweep_wrong(capsys, answer, message):
    out = said(capsys, check.sweep, answer)
    assert message in out
    assert "solved." not in out
