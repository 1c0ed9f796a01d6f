import pytest
import torch
from torch import optim

from embedding_layer.chapters.chapter_07 import experiment
from embedding_layer.optim import RowAdam


def words_of(step):
    return [experiment.WORDS[i] for i in experiment.timetable()[step - 1][0]]


def test_the_timetable_is_the_one_of_the_text():
    assert len(experiment.timetable()) == 24
    assert words_of(1) == ["<pad>", "the", "cat"]
    assert words_of(3) == ["<pad>", "the", "cat", "okapi"]
    assert words_of(8) == ["<pad>", "the", "cat", "dog"]
    assert words_of(24) == ["<pad>", "the", "dog", "bird"]
    assert not any("yeti" in words_of(step) for step in range(1, 25))


@pytest.mark.parametrize(
    ("name", "options", "takes"),
    [("SGD", {}, True), ("SGD", {"weight_decay": 0.1}, False), ("LBFGS", {}, True), ("Adam", {}, False)],
)
def test_which_optimisers_take_sparse_gradients_is_tried(name, options, takes):
    assert experiment.takes_sparse(name, **options) is takes


def test_a_first_step_under_sgd_is_a_gradient_long():
    torch.testing.assert_close(experiment.first_steps(optim.SGD, sparse=True, steps=5), torch.ones(5))


def test_the_fourth_word_is_guessed_from_the_place_of_three():
    torch.manual_seed(0)
    model = experiment.FourthWord(9, sparse=False)
    logits = model(torch.tensor([[1, 2, 3], [3, 2, 1]]))
    assert logits.shape == (2, 9)
    assert not torch.allclose(logits[0], logits[1])


@pytest.mark.parametrize(("make", "sparse"), [(optim.Adam, False), (RowAdam, True)])
def test_a_timed_step_moves_the_rows_of_the_batch(make, sparse):
    torch.manual_seed(0)
    step = experiment.stepping(make, 20_000, sparse=sparse)
    (parameter,) = step.__self__.param_groups[0]["params"]
    step()
    moved = parameter.detach().any(dim=1)
    assert 3000 < moved.sum() <= 4096
    assert torch.equal(moved, parameter.grad.to_dense().any(dim=1))
