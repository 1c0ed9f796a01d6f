import pytest
import torch

from embedding_layer.chapters.chapter_04 import exercises as check


def said(capsys, exercise, answer=...):
    exercise(answer)
    return capsys.readouterr().out


@pytest.mark.parametrize(
    "exercise", [check.rows_with_gradient, check.sgd_step, check.votes, check.two_columns]
)
def test_a_placeholder_is_not_solved_yet(capsys, exercise):
    assert "not solved yet" in said(capsys, exercise)


def rows(ids, vocab_size):
    marked = torch.zeros(vocab_size, dtype=torch.bool)
    marked[ids] = True
    return marked


@pytest.mark.parametrize(
    "answer",
    [
        rows,
        lambda ids, vocab_size: torch.isin(torch.arange(vocab_size), ids),
        lambda ids, vocab_size: ids.flatten().bincount(minlength=vocab_size) > 0,
        lambda ids, vocab_size: torch.eye(vocab_size)[ids].view(-1, vocab_size).any(dim=0),
        lambda ids, vocab_size: torch.tensor([i in set(ids.flatten().tolist()) for i in range(vocab_size)]),
    ],
)
def test_rows_with_gradient_solved(capsys, answer):
    assert "rows_with_gradient: solved." in said(capsys, check.rows_with_gradient, answer)


def by_backward(ids, vocab_size):
    weight = torch.ones(vocab_size, 1, requires_grad=True)
    weight[ids].sum().backward()
    return weight.grad[:, 0] != 0


def by_grad(ids, vocab_size):
    weight = torch.ones(vocab_size, 1, requires_grad=True)
    return torch.autograd.grad(weight[ids].sum(), weight)[0][:, 0] != 0


def by_transform(ids, vocab_size):
    return torch.func.grad(lambda weight: weight[ids].sum())(torch.ones(vocab_size)) != 0


@pytest.mark.parametrize("answer", [by_backward, by_grad, by_transform])
def test_rows_with_gradient_without_autograd(capsys, answer):
    assert "You asked autograd" in said(capsys, check.rows_with_gradient, answer)
    assert answer(torch.tensor([1]), 3).tolist() == [False, True, False]  # and autograd works again


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (lambda ids, vocab_size: [True], "Return a tensor"),
        (lambda ids, vocab_size: rows(ids % 7, 7), "so 31 here"),
        (lambda ids, vocab_size: torch.arange(vocab_size) <= ids.max(), "you marked [0, 1, 2, 3]"),
        (lambda ids, vocab_size: ids.unique(), "listed the ids"),
        (lambda ids, vocab_size: ids.flatten().bincount(minlength=vocab_size), "You counted"),
        (lambda ids, vocab_size: rows(ids, vocab_size).float(), "torch.float32"),
        (lambda ids, vocab_size: torch.ones(vocab_size, dtype=torch.bool), "every row"),
        (lambda ids, vocab_size: ~rows(ids, vocab_size), "upside down"),
        (lambda ids, vocab_size: rows(ids.flatten()[:1], vocab_size), "get a gradient; you marked [3]"),
        (lambda ids, vocab_size: rows(ids, ids.max()), "your code raised IndexError"),
    ],
)
def test_rows_with_gradient_wrong(capsys, answer, message):
    out = said(capsys, check.rows_with_gradient, answer)
    assert message in out
    assert "solved." not in out


def step(weight, ids, gradients, lr):
    return weight.index_add(0, ids, gradients, alpha=-lr)


def step_in_a_loop(weight, ids, gradients, lr):
    stepped = weight.clone()
    for i, gradient in zip(ids.tolist(), gradients, strict=True):
        stepped[i] -= lr * gradient
    return stepped


def last_wins(weight, ids, gradients, lr):
    stepped = weight.clone()
    stepped[ids] -= lr * gradients
    return stepped


def averaged(weight, ids, gradients, lr):
    counts = ids.bincount(minlength=len(weight)).clamp(min=1)
    return step(weight, ids, gradients / counts[ids][:, None], lr)


def step_by_product(weight, ids, gradients, lr):
    return weight - lr * torch.eye(len(weight), dtype=weight.dtype)[ids].T @ gradients


@pytest.mark.parametrize("answer", [step, step_in_a_loop, step_by_product])
def test_sgd_step_solved(capsys, answer):
    assert "sgd_step: solved." in said(capsys, check.sgd_step, answer)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (last_wins, "the last wins"),
        (averaged, "You averaged"),
        (lambda w, ids, g, lr: w.index_add_(0, ids, g, alpha=-lr), "changed the table that you were given"),
        (lambda w, ids, g, lr: step(w, ids, g, lr)[ids], "whole table"),
        (lambda w, ids, g, lr: step(w, ids, g, -lr), "uphill"),
        (lambda w, ids, g, lr: step(w, ids, g, 1.0), "forgot the learning rate"),
        (lambda w, ids, g, lr: step(torch.zeros_like(w), ids, g, lr), "the change alone"),
        (lambda w, ids, g, lr: step(w, ids, g, lr) * 0.99, "must keep every bit"),
        (lambda w, ids, g, lr: step(w, ids, g, 2 * lr), "not where they should be"),
        (lambda w, ids, g, lr: step(w, ids, g, 0.25), "lr = 0.01"),
        (lambda w, ids, g, lr: step(w, ids, g.mul_(lr), 1.0), "changed the gradients"),
    ],
)
def test_sgd_step_wrong(capsys, answer, message):
    out = said(capsys, check.sgd_step, answer)
    assert message in out
    assert "solved." not in out


def without_two(weight, output):
    votes = output(weight)
    votes[[4, 6]] = 0
    return votes


@pytest.mark.parametrize(
    "answer",
    [
        lambda weight, output: output(weight),
        lambda weight, output: weight @ output.weight.T + output.bias,
        lambda weight, output: torch.stack([output(row) for row in weight]),
    ],
)
def test_votes_solved(capsys, answer):
    assert "votes: solved." in said(capsys, check.votes, answer)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (lambda weight, output: 3, "Return a tensor"),
        (lambda weight, output: output(weight).T, "on its side"),
        (lambda weight, output: output(weight).mean(0), "yours is (3,)"),
        (lambda weight, output: weight @ output.weight.T, "Without the bias"),
        (lambda weight, output: weight @ output.weight.T + output.bias / len(weight), "spread the bias"),
        (lambda weight, output: output(weight) * 2, "has the logits"),
        (without_two, "the rows [4, 6]"),
        (
            lambda weight, output: output(weight) if len(weight) == 9 else output(weight) + 1,
            "nn.Linear(2, 5)",
        ),
    ],
)
def test_votes_wrong(capsys, answer, message):
    out = said(capsys, check.votes, answer)
    assert message in out
    assert "solved." not in out


PICK = torch.tensor([[0.0, 1, 0], [0, 0, 1]], dtype=torch.float64)


def differences(votes):
    return votes[:, 1:] - votes[:, :1], PICK


def centred_svd(votes):
    left, sizes, right = torch.linalg.svd(votes - votes.mean(1, keepdim=True), full_matrices=False)
    return left[:, :2] * sizes[:2], right[:2]


def plain_svd(votes):
    left, sizes, right = torch.linalg.svd(votes, full_matrices=False)
    return left[:, :2] * sizes[:2], right[:2]


def as_a_list(votes):
    return list(differences(votes))


def other_pivot(votes):
    return votes[:, :2] - votes[:, 2:], torch.eye(2, 3, dtype=votes.dtype)


@pytest.mark.parametrize(
    "answer",
    [
        differences,
        centred_svd,
        as_a_list,
        other_pivot,
        lambda v: (differences(v)[0], PICK.float()),
    ],
)
def test_two_columns_solved(capsys, answer):
    assert "two_columns: solved." in said(capsys, check.two_columns, answer)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (plain_svd, "two strongest of three directions"),
        (lambda votes: differences(votes)[0], "Return two tensors"),
        (lambda votes: (votes, torch.eye(3)), "W should have the shape"),
        (lambda votes: (votes[:, 1:], PICK), "dropped the first class"),
        (lambda votes: (votes[:, 1:] - votes[:, :1], PICK[:, [1, 2, 0]]), "wrong columns"),
        (lambda votes: (votes[:, 1:] - votes[:, :1], PICK[:, [2, 0, 1]]), "wrong columns"),
        (lambda votes: (2 * (votes[:, 1:] - votes[:, :1]), PICK), "the votes give the probabilities"),
        (lambda votes: differences(votes.softmax(dim=1)), "the votes give the probabilities"),
        (lambda votes: differences(votes if len(votes) == 40 else -votes), "another one with 5 words"),
    ],
)
def test_two_columns_wrong(capsys, answer, message):
    out = said(capsys, check.two_columns, answer)
    assert message in out
    assert "solved." not in out
