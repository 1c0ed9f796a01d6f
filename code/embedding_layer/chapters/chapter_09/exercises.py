"""Checks for the exercises of chapter 9: pairs, PPMI, gradients, a rank, and an experiment of one's own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from embedding_layer.chapters.feedback import exercise, require

VERDICTS = ("higher", "lower", "cannot tell")


@exercise
def window_pairs(answer: Callable[[list[str], int], Iterable]) -> str:
    """Check `window_pairs(text, window)`: every pair of a word and a word near it."""
    texts = [
        (["rows", "of", "a", "big", "matrix"], 2),
        (["to", "be", "or", "not", "to", "be"], 1),
        (["yeti"], 3),
    ]
    for text, window in [*texts, (["a", "b", "c", "d", "e"], 7)]:
        places = range(len(text))
        wanted = Counter((text[i], text[j]) for i in places for j in places if 0 < abs(i - j) <= window)
        got = Counter(tuple(pair) for pair in answer(list(text), window))
        asked = f"For the text {' '.join(text)!r} and window {window}"
        with_self = wanted + Counter((word, word) for word in text)
        one_way = Counter((text[i], text[j]) for i in places for j in places if 0 < j - i <= window)
        short = Counter((text[i], text[j]) for i in places for j in places if 0 < abs(i - j) < window)
        require(
            got != with_self,
            f"{asked}: a word is not its own company. Leave out the place where it stands, and only that "
            "place.",
        )
        require(
            got != one_way or got == wanted,
            f"{asked}: you look ahead only. The company stands on both sides, so each pair occurs both ways.",
        )
        require(
            got != short or got == wanted,
            f"{asked}: you stop one place too early. `range` leaves out its end.",
        )
        require(
            set(got) != set(wanted) or got == wanted,
            f"{asked}: the right pairs, but not as often as they occur. A pair that stands there twice "
            "counts "
            "twice: no set, no dictionary.",
        )
        missing, extra = wanted - got, got - wanted
        require(not missing, f"{asked}: {next(iter(missing), None)} is missing.")
        require(not extra, f"{asked}: {next(iter(extra), None)} does not belong there, or not so often.")
    return "A text of n words has about 2 · n · window pairs: this is all that skip-gram ever sees of it."


@exercise
def ppmi(answer: Callable[[np.ndarray], np.ndarray]) -> str:
    """Check `ppmi(counts)`: from a matrix of counts to positive pointwise mutual information."""
    generator = np.random.default_rng(0)
    for counts in (generator.integers(1, 30, (5, 5)), generator.poisson(1.2, (6, 6)) + np.eye(6, dtype=int)):
        counts = counts.astype(float)
        given = counts.copy()
        with np.errstate(divide="ignore", invalid="ignore"):
            got = np.asarray(answer(given))
            share = counts / counts.sum()
            rows, columns = share.sum(1, keepdims=True), share.sum(0, keepdims=True)
            pmi = np.log(share / (rows * columns))
            conditional = np.log(share / rows)
        wanted = np.maximum(pmi, 0)
        require(np.array_equal(given, counts), "You changed the counts that you were given: work on a copy.")
        require(got.shape == counts.shape, f"The shape should stay {counts.shape}; yours is {got.shape}.")
        require(
            not np.allclose(got, pmi) or np.allclose(pmi, wanted),
            "That is PMI without the P: negative values, and −∞ for pairs that never occur. Nothing below "
            "0 is kept.",
        )
        require(
            not np.allclose(got, np.maximum(conditional, 0)) and not np.allclose(got, conditional),
            "You divided by the centre's share only. A frequent context such as “the” is then large for all "
            "words; divide by both shares.",
        )
        require(
            not np.allclose(got, wanted / np.log(2)),
            "Right, but with the logarithm to base 2. The chapter, and torch, use the natural one.",
        )
        require(
            np.isfinite(got).all(),
            "There are infinite or missing numbers left, from log 0: a pair that never occurs gets 0.",
        )
        require(np.allclose(got, wanted), "The values are not log(p(i, j) / (p(i) p(j))), cut off at 0.")
    return "One logarithm turns “how often” into “how much more often than by chance”."


@exercise
def gradients(answer: Callable[[Tensor, Tensor, Tensor], tuple[Tensor, Tensor, Tensor]]) -> str:
    """Check `gradients(u, v, noise)`: the slopes of one pair's loss."""
    generator = torch.Generator().manual_seed(0)
    for D, K in ((4, 3), (2, 1), (5, 6)):
        u, v = torch.randn(2, D, generator=generator, dtype=torch.float64)
        noise = torch.randn(K, D, generator=generator, dtype=torch.float64)
        leaves = [part.clone().requires_grad_() for part in (u, v, noise)]
        loss = -F.logsigmoid(leaves[0] @ leaves[1]) - F.logsigmoid(-leaves[2] @ leaves[0]).sum()
        wanted = torch.autograd.grad(loss, leaves)
        got = answer(u.clone(), v.clone(), noise.clone())
        require(
            isinstance(got, tuple) and len(got) == 3 and all(isinstance(part, Tensor) for part in got),
            "Return three tensors: the slopes of u, of v, and of the noise rows.",
        )
        shapes = [tuple(part.shape) for part in got]
        require(
            shapes == [(D,), (D,), (K, D)],
            f"A gradient has the shape of what it belongs to: {[(D,), (D,), (K, D)]}, yours are {shapes}.",
        )

        def same(parts: Iterable[Tensor], got: tuple[Tensor, ...] = got) -> bool:
            return all(torch.allclose(own.to(one.dtype), one) for own, one in zip(got, parts, strict=True))

        require(
            not same([-part for part in wanted]), "You step downhill already: these are minus the slopes."
        )
        real, fake = (u @ v).sigmoid(), (noise @ u).sigmoid()
        require(
            not same([real * v + fake @ noise, real * u, fake[:, None] * u]),
            "You treat the real pair like noise: its label is 1, so its error is σ(u·v) − 1, what the "
            "model said "
            "minus what it should have said.",
        )
        require(
            K == 1 or not same([(real - 1) * v + fake @ noise / K, (real - 1) * u, fake[:, None] * u / K]),
            "You averaged over the noise. The loss of a pair is a sum over its K noise words.",
        )
        require(
            K == 1 or not torch.allclose(got[0], (real - 1) * v),
            "The row of u is pulled by v and pushed by every noise row; your slope of u knows only v.",
        )
        require(same(wanted), "Not yet these slopes; compare them with autograd on a small example.")
    return "Every error is a number between −1 and 1, and it moves a row along the other row of its pair."


@exercise
def worst_rank(answer: Callable[[Tensor, int], int]) -> str:
    """Check `worst_rank(scores, target)`: the place of the target, ties against it, broken scores refused."""
    cases = [
        ([0.1, 0.9, 0.5], 2, 2),
        ([0.1, 0.9, 0.5], 1, 1),
        ([0.3, 0.3, 0.3, 0.1], 1, 3),
        ([0.0] * 5, 0, 5),
    ]
    for values, target, wanted in cases:
        got = int(answer(torch.tensor(values), target))
        asked = f"For the scores {values} and target {target}"
        above = sum(value > values[target] for value in values)
        require(
            got != wanted - 1 or values.count(values[target]) > 1,
            f"{asked} you say {got}. Places are counted from 1: nobody is ahead of the first.",
        )
        require(
            got != above + 1 or got == wanted,
            f"{asked} you say {got}: ties in favour of the target. Then a table of equal rows wins "
            "everything.",
        )
        require(got == wanted, f"{asked} the place is {wanted}; you say {got}.")
    for broken in ([float("nan"), 0.2, 0.1], [0.2, float("nan"), 0.1], [0.2, 0.3, float("inf")]):
        for target in range(3):
            try:
                got = answer(torch.tensor(broken), target)
            except ValueError:
                continue
            require(
                False,
                f"For the scores {broken} you return {got}. A comparison with nan is always false, so a "
                "diverged table would win: raise a ValueError for scores that are not finite.",
            )
    return "This one function decides whether an evaluation can be flattered."


@exercise
def own_experiment(answer: Mapping[str, object]) -> str:
    """Check a measured comparison: two settings or more, several seeds each, and a verdict that fits them."""
    require(isinstance(answer, Mapping), f"Give a dictionary; this is a {type(answer).__name__}.")
    missing = {"changed", "scores", "verdict"} - set(answer)
    require(not missing, f"The dictionary lacks {', '.join(map(repr, sorted(missing)))}.")
    scores, verdict = answer["scores"], answer["verdict"]
    require(
        isinstance(scores, Mapping) and len(scores) >= 2,
        "`scores` maps each setting to its list of scores, and a comparison needs two settings at least.",
    )
    lists = [np.asarray(list(own), dtype=float) for own in scores.values()]
    require(
        min(map(len, lists)) >= 3,
        "With one or two runs a setting you cannot tell the setting from luck. Take three seeds or more "
        "for each.",
    )
    require(
        all(np.isfinite(own).all() and (own >= 0).all() and (own <= 1).all() for own in lists),
        "A score here is a share of right answers, from 0 to 1; one of yours is not.",
    )
    require(
        any(len(set(own.tolist())) > 1 for own in lists),
        "All runs of a setting have the same score to the last digit: was it the same seed again and again?",
    )
    require(
        verdict in VERDICTS, f"`verdict` is one of {', '.join(map(repr, VERDICTS))}; yours is {verdict!r}."
    )
    first, last = lists[0], lists[-1]
    gap = last.mean() - first.mean()
    apart = gap > 0 and last.min() > first.max(), gap < 0 and last.max() < first.min()
    spread = max(np.ptp(first), np.ptp(last))
    if verdict == "cannot tell":
        require(
            not any(apart) or abs(gap) < 2 * spread,
            f"Every run of the one setting beats every run of the other, and the means differ by "
            f"{abs(gap):.3f}, "
            f"more than twice what the seeds do ({spread:.3f}). That you can tell.",
        )
        return (
            f"The means differ by {abs(gap):.3f}, seeds of one setting by up to {spread:.3f}: an honest "
            f"answer."
        )
    require(
        apart[VERDICTS.index(str(verdict))],
        f"You say that the last setting scores {verdict} than the first, but their runs overlap, or it is "
        "the "
        f"other way round: {np.round(first, 3).tolist()} against {np.round(last, 3).tolist()}.",
    )
    return (
        f"{answer['changed']}: no run of the one setting reaches any of the other, over {len(first)} seeds."
    )
