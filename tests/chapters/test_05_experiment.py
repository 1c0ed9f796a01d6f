import warnings

import pytest
import torch
from torch.autograd import grad

from embedding_layer.chapters.chapter_05 import experiment


def fail(words):
    raise RuntimeError(words)


@pytest.mark.parametrize(
    ("words", "first"),
    [
        ("Jacobian mismatch for input 0,\nnumerical:1", "Jacobian mismatch for input 0"),
        ("modified in place: it is at version 1. Hint: do not", "modified in place"),
        ("\none line", "one line"),
    ],
)
def test_a_complaint_is_what_an_error_says_up_to_the_first_colon_or_line_end(words, first):
    assert experiment.complaint(fail, words) == first


def test_who_only_warns_does_not_complain():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert experiment.complaint(warnings.warn, "single precision") == "no complaint"


def test_an_error_of_another_kind_is_not_hidden():
    with pytest.raises(ZeroDivisionError):
        experiment.complaint(lambda: 1 / 0)


def test_the_forms_of_a_gradient_are_timed_on_the_same_ids(monkeypatch):
    made = {}
    monkeypatch.setattr(experiment, "compare", lambda runs, **_: made.update(runs))
    experiment.time_backward(50, 200, 4)
    gradients = {form: run() for form, run in made.items()}
    assert {form: gradient.layout for form, gradient in gradients.items()} == {
        "dense": torch.strided,
        "sparse": torch.sparse_coo,
        "coalesced": torch.sparse_coo,
    }
    assert not gradients["sparse"].is_coalesced()
    assert gradients["coalesced"].is_coalesced()
    reached = [gradient.to_dense().any(dim=1) for gradient in gradients.values()]
    assert torch.equal(reached[0], reached[1])
    assert torch.equal(reached[0], reached[2])


def searched(table, steps, lr):
    """Search as chapter 5 does in one table: with whole sentences, and the mean of their vectors."""
    goal, scores = table[[0, 2, 4]].mean(dim=0), torch.zeros(len(table)).double().requires_grad_()
    for _ in range(steps):
        sentence = torch.stack([table[0], scores.softmax(dim=0) @ table, table[4]])
        (slope,) = grad((sentence.mean(dim=0) - goal).square().sum(), scores)
        scores = (scores - lr * slope).detach().requires_grad_()
    return scores.softmax(dim=0).detach()


def test_many_tables_are_searched_as_the_chapter_searches_one():
    drawn = torch.Generator().manual_seed(3)
    tables = torch.randint(-9, 10, (5, 6, 3), generator=drawn).double()
    shares, losses = experiment.search_tables(5, columns=3, steps=20, seed=3)
    torch.testing.assert_close(shares, torch.stack([searched(table, 20, 0.1) for table in tables]))
    assert losses.shape == (5,)


def test_without_a_step_all_rows_have_the_same_share():
    shares, _ = experiment.search_tables(2, columns=4, rows=8, steps=1, lr=0)
    torch.testing.assert_close(shares, torch.full((2, 8), 1 / 8).double())
