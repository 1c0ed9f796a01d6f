"""Checks for the exercises of chapter 4: rows with a gradient, a step, votes, two columns."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from unittest import mock

import torch
from torch import Tensor, nn

from embedding_layer.chapters.feedback import Misconception, exercise, require


@exercise
def rows_with_gradient(answer: Callable[[Tensor, int], Tensor]) -> str:
    """Check `rows_with_gradient(ids, vocab_size)`: for each row whether a batch reaches it."""
    batches = [(torch.tensor([3, 1, 3]), 7), (torch.tensor([[0, 6], [2, 0]]), 7), (torch.tensor(5), 7)]
    batches.append((torch.randint(30, (2, 2, 3)), 31))
    for ids, V in batches:
        with _no_autograd():
            got = answer(ids.clone(), V)
        require(isinstance(got, Tensor), f"Return a tensor; you return a {type(got).__name__}.")
        expected = torch.zeros(V, dtype=torch.bool)
        expected[ids] = True
        require(
            got.shape == (V,),
            f"The answer has one entry a row of the table, so {V} here; yours has the shape "
            f"{tuple(got.shape)}. You may have listed the ids instead of marking their rows.",
        )
        counts = torch.bincount(ids.flatten(), minlength=V)
        require(
            got.dtype == torch.bool or not torch.equal(got.long(), counts),
            "You counted how often each row is looked up. The question is only whether: compare with 0.",
        )
        require(got.dtype == torch.bool, f"The entries should be True or False; yours are {got.dtype}.")
        require(
            not got.all(),
            "You marked every row. `weight.grad` has entries for all rows, but zeros where no id points.",
        )
        require(
            not torch.equal(got, ~expected),
            "That is upside down: True belongs to the rows that are in the batch.",
        )
        require(
            torch.equal(got, expected),
            f"For the ids {ids.tolist()} the rows {expected.nonzero().flatten().tolist()} get a gradient; "
            f"you marked {got.nonzero().flatten().tolist()}.",
        )
    return "The ids alone decide which rows can learn from a batch; what they learn is the model's affair."


@exercise
def sgd_step(answer: Callable[[Tensor, Tensor, Tensor, float], Tensor]) -> str:
    """Check `sgd_step(weight, ids, token_gradients, lr)`: the table after one step."""
    generator = torch.Generator().manual_seed(0)
    weight = torch.randn(6, 2, generator=generator, dtype=torch.float64)
    ids = torch.tensor([4, 1, 4, 0, 4])
    gradients = torch.randn(5, 2, generator=generator, dtype=torch.float64)
    lr = 0.25
    change = torch.zeros_like(weight).index_add_(0, ids, gradients)
    given, shares = weight.clone(), gradients.clone()
    got = answer(given, ids.clone(), shares, lr)
    require(
        torch.equal(given, weight),
        "You changed the table that you were given. Step on a copy: `weight.clone()`.",
    )
    require(torch.equal(shares, gradients), "You changed the gradients that you were given: multiply a copy.")
    require(
        isinstance(got, Tensor) and got.shape == weight.shape,
        f"Return the whole table after the step, of shape {tuple(weight.shape)}.",
    )
    last_wins = weight.clone()
    last_wins[ids] -= lr * gradients
    counts = torch.bincount(ids, minlength=6).clamp(min=1)[:, None]
    require(
        not torch.allclose(got, last_wins),
        "Id 4 occurs three times, but its row has moved only once. `weight[ids] -= …` reads the row, "
        "subtracts and writes it back, once an occurrence, and the last wins. The three shares must add up.",
    )
    require(
        not torch.allclose(got, weight - lr * change / counts),
        "You averaged the shares of a repeated id; they add up.",
    )
    require(not torch.allclose(got, weight + lr * change), "You step uphill: the gradient is subtracted.")
    require(not torch.allclose(got, weight - change), "You forgot the learning rate.")
    require(not torch.allclose(got, -lr * change), "That is the change alone; add it to the table.")
    untouched = [2, 3, 5]
    require(
        torch.equal(got[untouched], weight[untouched]),
        f"Rows {untouched} are not in the batch and must keep every bit.",
    )
    require(torch.allclose(got, weight - lr * change), "The rows in the batch are not where they should be.")
    for N, V, D in ((1, 3, 4), (20, 9, 1)):
        weight, gradients = torch.randn(V, D), torch.randn(N, D)
        ids, lr = torch.randint(V, (N,)), 0.01 * N
        wanted = weight - lr * torch.zeros_like(weight).index_add_(0, ids, gradients)
        got = answer(weight.clone(), ids.clone(), gradients.clone(), lr)
        require(
            isinstance(got, Tensor) and got.shape == wanted.shape and torch.allclose(got, wanted, atol=1e-5),
            f"It is right for the first table, but not for one of shape {(V, D)} with N = {N} and "
            f"lr = {lr:g}. Calculate with all that you are given.",
        )
    return "Reading is by row, writing is by adding: chapter 5 builds the backward pass on that."


@exercise
def votes(answer: Callable[[Tensor, nn.Linear], Tensor]) -> str:
    """Check `votes(weight, output)`: a table whose plain mean over a text gives the logits."""
    generator = torch.Generator().manual_seed(1)
    weight = torch.randn(9, 4, generator=generator)
    output = nn.Linear(4, 3)
    with torch.no_grad():
        output.weight.copy_(torch.randn(3, 4, generator=generator))
        output.bias.copy_(torch.tensor([2.0, -1.0, 0.5]))
        got = answer(weight, output)
        require(isinstance(got, Tensor), f"Return a tensor; you return a {type(got).__name__}.")
        require(
            got.shape != (3, 9),
            "The table is on its side: one row a word, one column a class, so the shape (V, C).",
        )
        require(got.shape == (9, 3), f"The shape should be (V, C) = (9, 3), yours is {tuple(got.shape)}.")
        product = weight @ output.weight.T
        require(
            not torch.allclose(got, product),
            "Without the bias the mean of the votes is not yet the logits. Each word may carry the whole "
            "bias: the mean of equal numbers is that number.",
        )
        require(
            not torch.allclose(got, product + output.bias / 9),
            "You spread the bias over the vocabulary. A mean divides by the number of words, so every word "
            "carries the whole bias.",
        )
        for text in ([0], [3, 3, 8], [1, 2, 5, 7]):
            logits = output(weight[text].mean(0))
            require(
                torch.allclose(got[text].mean(0), logits, atol=1e-5),
                f"The text {text} has the logits {_round(logits)}, the mean of its votes is "
                f"{_round(got[text].mean(0))}.",
            )
        wrong = [i for i in range(9) if not torch.allclose(got[i], output(weight[i]), atol=1e-5)]
        require(not wrong, f"A text may be a single word; the rows {wrong} are not its logits then.")
        other, table = nn.Linear(2, 5), torch.randn(6, 2)
        got = answer(table, other)
        require(
            isinstance(got, Tensor)
            and got.shape == (6, 5)
            and torch.allclose(got, table @ other.weight.T + other.bias, atol=1e-5),
            "It is right for the first layer, but not for nn.Linear(2, 5) and a table of 6 rows.",
        )
    return (
        "One line: push the whole table through the linear layer. A trained model becomes a look-up of votes."
    )


@exercise
def two_columns(answer: Callable[[Tensor], tuple[Tensor, Tensor]]) -> str:
    """Check `two_columns(votes)`: a bag of words for three classes as an embedding with D = 2."""
    table = torch.randn(40, 3, generator=torch.Generator().manual_seed(2), dtype=torch.float64) * 2
    got = answer(table.clone())
    require(
        isinstance(got, tuple) and len(got) == 2 and all(isinstance(part, Tensor) for part in got),
        "Return two tensors, (W, A).",
    )
    W, A = got
    require(
        W.shape == (40, 2) and A.shape == (2, 3),
        f"W should have the shape (V, 2) = (40, 2) and A (2, 3); "
        f"yours have {tuple(W.shape)} and {tuple(A.shape)}.",
    )
    W, A = W.to(table.dtype), A.to(table.dtype)
    texts = torch.randint(40, (50, 7), generator=torch.Generator().manual_seed(3))
    wanted = table[texts].mean(1).softmax(1)
    mine = (W[texts].mean(1) @ A).softmax(1)
    left, sizes, right = torch.linalg.svd(table, full_matrices=False)
    cut = (left[:, :2] * sizes[:2]) @ right[:2]
    require(
        not torch.allclose(W @ A, cut),
        "You kept the two strongest of three directions and lost the third. None needs to be lost: first "
        "take away from each row a number that softmax does not notice.",
    )
    require(
        not torch.allclose(mine, table[texts].mean(1)[:, [1, 2, 0]].softmax(1))
        and not torch.allclose(mine, table[texts].mean(1)[:, [2, 0, 1]].softmax(1)),
        "The probabilities are right but stand in the wrong columns: check the order of the classes in A.",
    )
    without_first = torch.cat([torch.zeros(40, 1, dtype=table.dtype), table[:, 1:]], dim=1)
    require(
        not torch.allclose(mine, without_first[texts].mean(1).softmax(1)),
        "You dropped the first class's votes. Subtract them from the other two before you leave them out.",
    )
    require(
        torch.allclose(mine, wanted, atol=1e-6),
        f"For the text {texts[0].tolist()} the votes give the probabilities {_round(wanted[0])}, yours are "
        f"{_round(mine[0])}.",
    )
    table = torch.randn(5, 3, dtype=torch.float64)
    W, A = (part.to(table.dtype) for part in answer(table.clone()))
    require(
        W.shape == (5, 2) and torch.allclose((W @ A).softmax(1), table.softmax(1), atol=1e-6),
        "It is right for the first table of votes, but not for another one with 5 words.",
    )
    return "C classes need C − 1 columns under a mean and a linear layer. More columns make no richer model."


@contextmanager
def _no_autograd() -> Iterator[None]:
    """Refuse every backward pass inside; `backward` and `grad` end in the same function of PyTorch."""

    def refuse(*_: object, **__: object) -> None:
        raise Misconception(
            "You asked autograd. It knows, of course; but the ids alone tell which rows take part."
        )

    with mock.patch.object(torch.autograd, "_engine_run_backward", refuse):
        yield


def _round(values: Tensor) -> list[float]:
    return [round(value, 2) for value in values.tolist()]
