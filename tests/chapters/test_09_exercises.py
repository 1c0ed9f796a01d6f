import numpy as np
import pytest
import torch

from embedding_layer.chapters.chapter_09 import exercises as check


def said(capsys, exercise, answer=...):
    exercise(answer)
    return capsys.readouterr().out


ALL = [check.window_pairs, check.ppmi, check.gradients, check.worst_rank, check.own_experiment]


@pytest.mark.parametrize("exercise", ALL)
def test_a_placeholder_is_not_solved_yet(capsys, exercise):
    assert "not solved yet" in said(capsys, exercise)


def pairs(text, window, ahead_only=False, reach=1, with_self=False):
    return [
        (text[i], text[j])
        for i in range(len(text))
        for j in range(0 if not ahead_only else i + 1, len(text))
        if abs(i - j) < window + reach and (i != j or with_self)
    ]


def by_shifting(text, window):
    for d in range(1, window + 1):
        yield from zip(text[d:], text, strict=False)
        yield from zip(text, text[d:], strict=False)


@pytest.mark.parametrize("answer", [pairs, by_shifting, lambda t, w: [list(p) for p in pairs(t, w)]])
def test_pairs_solved(capsys, answer):
    assert "window_pairs: solved." in said(capsys, check.window_pairs, answer)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda t, w: pairs(t, w, with_self=True), "not its own company"),
        (lambda t, w: pairs(t, w, ahead_only=True), "ahead only"),
        (lambda t, w: pairs(t, w, reach=0), "one place too early"),
        (lambda t, w: set(pairs(t, w)), "no set"),
        (lambda t, w: pairs(t, w)[1:], "is missing"),
    ],
)
def test_pairs_wrong(capsys, answer, words):
    out = said(capsys, check.window_pairs, answer)
    assert words in out
    assert "solved." not in out


def ppmi(counts, cut=True, both=True, log=np.log):
    share = counts / counts.sum()
    chance = share.sum(1, keepdims=True) * (share.sum(0, keepdims=True) if both else 1)
    with np.errstate(divide="ignore"):
        value = log(share / chance)
    return np.maximum(value, 0) if cut else value


def ppmi_by_loop(counts):
    total, table = counts.sum(), np.zeros_like(counts)
    for i, j in np.argwhere(counts > 0):
        table[i, j] = max(0, np.log(counts[i, j] * total / counts[i].sum() / counts[:, j].sum()))
    return table


@pytest.mark.parametrize("answer", [ppmi, ppmi_by_loop])
def test_ppmi_solved(capsys, answer):
    assert "ppmi: solved." in said(capsys, check.ppmi, answer)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda c: ppmi(c, cut=False), "without the P"),
        (lambda c: ppmi(c, both=False), "centre's share only"),
        (lambda c: ppmi(c, log=np.log2), "base 2"),
        (lambda c: ppmi(c)[:3], "shape should stay"),
    ],
)
def test_ppmi_wrong(capsys, answer, words):
    assert words in said(capsys, check.ppmi, answer)


def gradients(u, v, noise, label=1.0, mean=False):
    real, fake = (u @ v).sigmoid() - label, (noise @ u).sigmoid() / (len(noise) if mean else 1)
    return real * v + fake @ noise, real * u, fake[:, None] * u


def gradients_by_autograd(u, v, noise):
    for part in (u, v, noise):
        part.requires_grad_()
    loss = -torch.nn.functional.logsigmoid(u @ v) - torch.nn.functional.logsigmoid(-noise @ u).sum()
    return torch.autograd.grad(loss, (u, v, noise))


@pytest.mark.parametrize("answer", [gradients, gradients_by_autograd])
def test_gradients_solved(capsys, answer):
    assert "gradients: solved." in said(capsys, check.gradients, answer)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda u, v, n: gradients(u, v, n, label=0.0), "like noise"),
        (lambda u, v, n: gradients(u, v, n, mean=True), "averaged over the noise"),
        (lambda u, v, n: tuple(-g for g in gradients(u, v, n)), "minus the slopes"),
        (lambda u, v, n: (((u @ v).sigmoid() - 1) * v, *gradients(u, v, n)[1:]), "knows only v"),
        (lambda u, v, n: gradients(u, v, n)[:2], "three tensors"),
    ],
)
def test_gradients_wrong(capsys, answer, words):
    assert words in said(capsys, check.gradients, answer)


def rank(scores, target):
    if not scores.isfinite().all():
        raise ValueError("the scores are not finite")
    return (scores >= scores[target]).sum()


def rank_by_sorting(scores, target):
    if not torch.isfinite(scores).all():
        raise ValueError("diverged")
    return max(i for i, s in enumerate(sorted(scores.tolist(), reverse=True), 1) if s == scores[target])


@pytest.mark.parametrize("answer", [rank, rank_by_sorting])
def test_rank_solved(capsys, answer):
    assert "worst_rank: solved." in said(capsys, check.worst_rank, answer)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda s, t: 1 + (s > s[t]).sum(), "ties in favour"),
        (lambda s, t: (s > s[t]).sum(), "counted from 1"),
        (lambda s, t: (s >= s[t]).sum(), "a diverged table would win"),
    ],
)
def test_rank_wrong(capsys, answer, words):
    assert words in said(capsys, check.worst_rank, answer)


BETTER = {"changed": "window", "scores": {2: [0.3, 0.32, 0.31], 5: [0.4, 0.42, 0.41]}, "verdict": "higher"}


@pytest.mark.parametrize(
    "answer",
    [
        BETTER,
        BETTER | {"scores": {2: [0.3, 0.4, 0.35], 5: [0.31, 0.41, 0.33]}, "verdict": "cannot tell"},
        BETTER
        | {"scores": {8: (0.5, 0.52, 0.51), 4: (0.4, 0.4, 0.41), 2: (0.1, 0.2, 0.1)}, "verdict": "lower"},
    ],
)
def test_any_measured_answer_is_solved(capsys, answer):
    assert "own_experiment: solved." in said(capsys, check.own_experiment, answer)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"scores": {2: [0.3], 5: [0.4]}}, "from luck"),
        ({"scores": {2: [0.3, 0.3, 0.3], 5: [0.4, 0.4, 0.4]}}, "same seed"),
        ({"scores": {2: [0.3, 0.4, 0.35], 5: [0.31, 0.41, 0.39]}}, "their runs overlap"),
        ({"verdict": "lower"}, "other way round"),
        ({"verdict": "cannot tell"}, "That you can tell"),
        ({"verdict": "good"}, "`verdict` is one of"),
        ({"scores": {2: [0.3, 0.31, 0.32]}}, "two settings"),
        ({"scores": {2: [30, 31, 32], 5: [40, 41, 42]}}, "from 0 to 1"),
    ],
)
def test_what_was_not_measured_is_not_solved(capsys, change, words):
    assert words in said(capsys, check.own_experiment, BETTER | change)
