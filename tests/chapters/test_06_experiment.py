"""What chapter 6 asks of layers, asked of layers whose answers are known."""

import pytest
import torch
from torch import nn

from embedding_layer import CustomEmbedding
from embedding_layer.chapters.chapter_06 import experiment, mutants

IDS = torch.tensor([[0, 2], [3, 3], [1, 0]])


def test_an_answer_is_a_shape_or_the_name_of_the_error():
    layer = nn.Embedding(5, 4)
    assert experiment.ask(layer, IDS) == "(3, 2, 4)"
    assert experiment.ask(layer, torch.tensor(5)) == "IndexError"
    assert experiment.ask(layer, [1]) == "TypeError"


def test_a_refusal_is_told_with_its_kind_and_its_first_line():
    assert experiment.refusal(nn.Embedding(5, 4), torch.tensor(5)) == "IndexError: index out of range in self"
    with pytest.raises(ValueError, match="not refused"):
        experiment.refusal(nn.Embedding(5, 4), IDS)


def test_twins_have_equal_tables_of_their_own():
    ours, theirs = experiment.twins(CustomEmbedding, 5, 4, 0)
    assert torch.equal(ours.weight, theirs.weight)
    assert ours.weight is not theirs.weight
    assert ours.padding_idx == theirs.padding_idx == 0


def test_a_gradient_tells_broken_layers_apart():
    ours, theirs = experiment.twins(CustomEmbedding, 5, 4)
    torch.testing.assert_close(experiment.gradient(ours, IDS), experiment.gradient(theirs, IDS))
    for broken in mutants.GRADIENT:
        wrong, theirs = experiment.twins(broken, 5, 4)
        found = experiment.gradient(wrong, IDS)
        assert not torch.allclose(found, experiment.gradient(theirs, IDS))


def test_rows_unlike_the_loop_are_counted():
    tables = torch.randn(3, 4, 3, generator=torch.Generator().manual_seed(0))
    assert experiment.rows_unlike_loop(nn.functional.embedding, tables, IDS, 0) == 0

    def doubled(ids, weight):
        return 2 * nn.functional.embedding(ids, weight)

    assert experiment.rows_unlike_loop(doubled, tables, IDS, 0) == 5
    assert experiment.rows_unlike_loop(doubled, tables[0], IDS, None) == 4


def test_a_slow_layer_takes_longer():
    class Slow(nn.Embedding):
        def forward(self, ids):
            for _ in range(20):
                vectors = super().forward(ids)
            return vectors

    assert experiment.time_ratio(Slow, V=100, N=64, train=False, repeats=5) > 5


def test_the_name_means_another_class_only_within_the_context():
    before = nn.Embedding
    with experiment.as_nn_embedding(CustomEmbedding):
        assert nn.Embedding is CustomEmbedding
    assert nn.Embedding is before


def test_the_runs_cover_every_option_that_changes_a_step():
    options = {name for _, given in experiment.RUNS.values() for name in given}
    assert options == {"padding_idx", "max_norm", "scale_grad_by_freq", "sparse"}


def test_a_wrong_layer_has_other_losses():
    words = torch.randint(9, (500, 5), generator=torch.Generator().manual_seed(0))

    def run(layer_class):
        torch.manual_seed(0)
        model = nn.Sequential()
        model.embedding = layer_class(9, 4)
        model.rest = nn.Sequential(nn.Flatten(), nn.Linear(16, 9))
        return experiment.losses(model, words, experiment.RUNS["SGD"][0])

    right = run(nn.Embedding)
    assert len(right) == 40
    torch.testing.assert_close(run(CustomEmbedding), right)
    wrong = run(mutants.DoublesTheGradient)
    assert torch.equal(wrong[0], right[0])
    assert not torch.allclose(wrong, right)
