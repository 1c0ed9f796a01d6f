import math

import pytest
import torch
from torch import nn

from embedding_layer import CustomEmbedding
from embedding_layer.chapters.chapter_03.experiment import (
    Trained,
    draw_pairs,
    first_loss,
    kinds_of,
    share_of_own_kind,
    train_from,
    untrained,
)

V, D = 40, 16


class Model(nn.Module):
    def __init__(self, vocab_size, embedding_dim):
        super().__init__()
        self.embedding = CustomEmbedding(vocab_size, embedding_dim)
        self.output = nn.Linear(embedding_dim, vocab_size)

    def forward(self, x):
        return self.output(self.embedding(x))


def test_a_token_is_followed_by_any_token_of_the_next_kind():
    torch.manual_seed(0)
    first, following = draw_pairs(V, 5000)
    kinds = kinds_of(V)
    assert torch.equal(kinds[following], (kinds[first] + 1) % 10)
    for drawn in (first, following):
        assert drawn.bincount(minlength=V).min() > 5000 / V / 2


def test_the_share_of_own_kind_is_read_off_the_nearest_rows():
    kinds = kinds_of(V)
    sorted_by_kind = torch.eye(10)[kinds] + 0.01 * torch.arange(V)[:, None]
    assert share_of_own_kind(sorted_by_kind) == 1
    of_the_next_kind = torch.eye(20)[torch.arange(V) // 2]  # each token beside its neighbour
    assert share_of_own_kind(of_the_next_kind) == 0


@pytest.mark.parametrize("std", [1, 0.02])
def test_a_model_starts_from_the_table_asked_for_and_is_the_same_each_time(std):
    first, second = (untrained(Model, 500, 40, std=std) for _ in range(2))
    assert first.embedding.weight.std().item() == pytest.approx(std, rel=0.05)
    assert torch.equal(first.embedding.weight, second.embedding.weight)
    assert torch.equal(first.output.weight, second.output.weight)


def test_the_first_loss_of_a_model_that_guesses_evenly_is_the_logarithm_of_v():
    assert first_loss(Model, V, D, std=0) == pytest.approx(math.log(V), abs=0.1)
    assert first_loss(Model, V, D, std=20) > 10


def test_a_run_in_a_line_shows_its_numbers_as_approximate():
    run = Trained([39.04, 20.0, 14.86], torch.zeros(2, 2), 0.016, 0.102)
    assert str(run) == "loss ≈ 39.0 to ≈ 14.9, moved ≈   2%, same kind ≈  10%"


def test_training_lowers_the_loss_and_finds_the_kinds():
    run = train_from(Model, V, D, std=0.02, rate=0.01, steps=150)
    assert len(run.losses) == 150
    assert run.losses[0] == pytest.approx(math.log(V), abs=0.3)
    assert run.losses[-1] < math.log(V / 10) + 0.4
    assert run.own_kind > 0.9
    assert run.moved > 1


def test_what_has_moved_is_a_share_of_the_start():
    still = train_from(Model, V, D, std=1, rate=0, steps=1)
    assert still.moved == 0
    step = train_from(Model, V, D, std=1, rate=0.001, steps=1)
    assert step.moved == pytest.approx(0.001, rel=0.1)  # Adam's first step is as long as the rate
    assert torch.equal(untrained(Model, V, D, std=1).embedding.weight, still.table)
