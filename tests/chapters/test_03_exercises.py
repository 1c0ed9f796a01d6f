import math

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from embedding_layer import CustomEmbedding
from embedding_layer.chapters.chapter_03 import exercises as check


@pytest.fixture
def verdict(capsys):
    torch.manual_seed(0)

    def read(exercise, answer):
        exercise(answer)
        return capsys.readouterr().out

    return read


def placeholder(*_): ...


class PlaceholderClass(nn.Module):
    def __init__(self, vocab_size, embedding_dim): ...

    def forward(self, x): ...


@pytest.mark.parametrize(
    ("exercise", "answer"),
    [
        (check.small_embedding, PlaceholderClass),
        (check.from_weights, placeholder),
        (check.unit_rows, placeholder),
        (check.tie, placeholder),
    ],
    ids=lambda part: part.__name__,
)
def test_the_placeholder_is_not_solved_yet(exercise, answer, verdict):
    assert "not solved yet" in verdict(exercise, answer)


# --- small_embedding -----------------------------------------------------------------------------------


def small(make, *, name="weight", forward=None):
    """Return a class whose table is `make(V, D)`."""

    class Small(nn.Module):
        def __init__(self, vocab_size, embedding_dim):
            super().__init__()
            setattr(self, name, make(vocab_size, embedding_dim))

        def forward(self, x):
            return forward(self, x) if forward else getattr(self, name)[x]

    return Small


def good_table(vocab_size, embedding_dim):
    return nn.Parameter(torch.randn(vocab_size, embedding_dim) * 0.02)


def seeded_table(vocab_size, embedding_dim):
    return nn.Parameter(
        0.02 * torch.randn(vocab_size, embedding_dim, generator=torch.Generator().manual_seed(0))
    )


class SmallFromTheChapters(CustomEmbedding):
    def __init__(self, vocab_size, embedding_dim):
        super().__init__(vocab_size, embedding_dim)
        nn.init.normal_(self.weight, std=0.02)


class NoModule:
    def __init__(self, vocab_size, embedding_dim):
        self.weight = good_table(vocab_size, embedding_dim)


class ScaledInForward(CustomEmbedding):
    def forward(self, x):
        return self.weight[x] * 0.02


class TwoParameters(CustomEmbedding):
    def __init__(self, vocab_size, embedding_dim):
        super().__init__(vocab_size, embedding_dim)
        self.scale = nn.Parameter(torch.tensor(0.02))


class NothingAssigned(nn.Module):
    def __init__(self, vocab_size, embedding_dim):
        super().__init__()

    def forward(self, x):
        return x


@pytest.mark.parametrize(
    "answer",
    [
        small(good_table),
        small(lambda v, d: nn.Parameter(torch.empty(v, d).normal_(std=0.02))),
        small(lambda v, d: nn.Parameter(nn.init.normal_(torch.empty(v, d), std=0.02))),
        small(good_table, forward=lambda self, x: F.embedding(x, self.weight)),
        small(lambda v, d: nn.Parameter(nn.init.trunc_normal_(torch.empty(v, d), std=0.02))),
        small(good_table, forward=lambda self, x: F.one_hot(x, 500).float() @ self.weight),
        SmallFromTheChapters,
    ],
)
def test_small_embedding_solved(answer, verdict):
    assert verdict(check.small_embedding, answer).startswith("small_embedding: solved. Scale first")


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (small(lambda v, d: nn.Parameter(torch.randn(v, d)) * 0.02), "`weight` is a plain tensor"),
        (small(lambda v, d: torch.randn(v, d) * 0.02), "`weight` is a plain tensor"),
        (NothingAssigned, "assign the table to `self.weight`"),
        (NoModule, "no nn.Module"),
        (small(good_table, name="table"), "named 'weight'"),
        (TwoParameters, "['weight', 'scale']"),
        (small(lambda v, d: good_table(d, v)), "transposed"),
        (small(lambda v, d: good_table(v, d + 1)), "(500, 41)"),
        (small(lambda v, d: good_table(v, d).requires_grad_(False)), "frozen"),
        (CustomEmbedding, "numbers of N(0, 1)"),
        (ScaledInForward, "in the table itself"),
        (small(lambda v, d: nn.Parameter(torch.randn(v, d) * 0.02**0.5)), "not as its square"),
        (small(lambda v, d: nn.Parameter(torch.randn(v, d) * 0.02**2)), "applied twice"),
        (small(lambda v, d: nn.Parameter(torch.rand(v, d) * 0.02)), "torch.rand draws from 0 to 1"),
        (small(lambda v, d: nn.Parameter(torch.rand(v, d) * 0.04 - 0.02)), "uniform"),
        (small(lambda v, d: nn.Parameter(torch.randn(v, d) * 0.03)), "is 0.03, not 0.02"),
        (small(seeded_table), "must not choose the seed"),
        (small(lambda v, d: nn.Parameter(good_table(1, d).repeat(v, 1))), "repeats a row or a column"),
        (small(lambda v, d: nn.Parameter(good_table(v, 1).repeat(1, d))), "repeats a row or a column"),
        (small(good_table, forward=lambda self, x: self.weight[x] * 0.02), "does not return the rows"),
        (small(good_table, forward=lambda self, x: self.weight.T), "does not return the rows"),
        (small(good_table, forward=lambda self, x: None), "returns no tensor"),
        (small(good_table, forward=lambda self, x: self.weight[x].detach()), "no gradient comes back"),
        (small(good_table, forward=lambda self, x: self.weight.data[x]), "no gradient comes back"),
    ],
)
def test_small_embedding_names_the_misconception(answer, words, verdict):
    text = verdict(check.small_embedding, answer)
    assert text.startswith("small_embedding: not yet.")
    assert words in text


# --- from_weights ----------------------------------------------------------------------------------------


def made_with(parameter):
    def from_weights(vectors):
        layer = CustomEmbedding(*vectors.shape)
        layer.weight = parameter(vectors)
        return layer

    return from_weights


def loaded(vectors):
    layer = CustomEmbedding(*vectors.shape)
    layer.load_state_dict({"weight": vectors})
    return layer


def copied_in_place(vectors):
    layer = CustomEmbedding(*vectors.shape)
    with torch.no_grad():
        layer.weight.copy_(vectors)
    return layer


def never_put_in(vectors):
    return CustomEmbedding(*vectors.shape)


def data_of(vectors):
    layer = CustomEmbedding(*vectors.shape)
    layer.weight.data = vectors
    return layer


def forgot_no_grad(vectors):
    layer = CustomEmbedding(*vectors.shape)
    layer.weight.copy_(vectors)
    return layer


def plain_attribute(vectors):
    layer = CustomEmbedding(*vectors.shape)
    del layer.weight
    layer.weight = vectors.clone()
    return layer


def looks_up_elsewhere(vectors):
    layer = loaded(vectors)
    layer.forward = lambda x: vectors[x]
    return layer


def looks_up_twice_as_much(vectors):
    layer = loaded(vectors)
    layer.forward = lambda x: 2 * layer.weight[x]
    return layer


def looks_up_detached(vectors):
    layer = loaded(vectors)
    layer.forward = lambda x: layer.weight.detach()[x]
    return layer


def asks_for_a_gradient(vectors):
    return loaded(vectors.requires_grad_().detach())


def always_seven_by_three(vectors):
    layer = CustomEmbedding(7, 3)
    layer.weight.data.copy_(vectors)
    return layer


def own_class(vectors):
    class FromVectors(nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = nn.Parameter(torch.tensor(vectors.tolist()))

        def forward(self, x):
            return self.weight[x]

    return FromVectors()


@pytest.mark.parametrize(
    "answer", [loaded, copied_in_place, made_with(lambda v: nn.Parameter(v.clone())), own_class]
)
def test_from_weights_solved(answer, verdict):
    assert verdict(check.from_weights, answer).startswith("from_weights: solved. The layer has the numbers")


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (made_with(nn.Parameter), "shares its memory"),
        (data_of, "shares its memory"),
        (never_put_in, "does not hold the given vectors"),
        (made_with(lambda v: nn.Parameter(v.clone(), requires_grad=False)), "frozen"),
        (made_with(lambda v: nn.Parameter(v.T.clone())), "transposed"),
        (plain_attribute, "plain tensor"),
        (lambda vectors: nn.Parameter(vectors.clone()), "not a layer"),
        (looks_up_elsewhere, "its own table"),
        (looks_up_twice_as_much, "its own table"),
        (made_with(lambda v: nn.Parameter(v.double())), "keep their format"),
        (asks_for_a_gradient, "asks for a gradient now"),
        (looks_up_detached, "no gradient comes back"),
        (
            lambda vectors: nn.Embedding.from_pretrained(vectors.clone(), freeze=False),
            "PyTorch's nn.Embedding",
        ),
    ],
)
def test_from_weights_names_the_misconception(answer, words, verdict):
    text = verdict(check.from_weights, answer)
    assert text.startswith("from_weights: not yet.")
    assert words in text


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (made_with(torch.clone), "at `layer.weight = parameter(vectors)`: cannot assign"),
        (always_seven_by_three, "at `layer.weight.data.copy_(vectors)`: The size of tensor a (3)"),
        (forgot_no_grad, "at `layer.weight.copy_(vectors)`: a leaf Variable that requires grad"),
    ],
)
def test_from_weights_shows_the_line_that_failed(answer, words, verdict):
    assert words in verdict(check.from_weights, answer)


# --- unit_rows -------------------------------------------------------------------------------------------


def normal(std):
    return lambda weight: nn.init.normal_(weight, std=std(*weight.shape))


def without_record(change):
    def unit_rows(weight):
        with torch.no_grad():
            change(weight)

    return unit_rows


def short_and_long(weight):
    weight.normal_(std=weight.shape[1] ** -0.5)
    weight[::2] *= 0.5
    weight[1::2] *= 1.5


def new_memory(weight):
    weight.data = torch.randn(weight.shape) / weight.shape[1] ** 0.5


def chooses_the_seed(weight):
    torch.manual_seed(0)
    nn.init.normal_(weight, std=weight.shape[1] ** -0.5)


def one_random_place(weight):
    weight.zero_()
    weight[torch.arange(len(weight)), torch.randint(weight.shape[1], (len(weight),))] = 1


def freezes(weight):
    weight.requires_grad_(False)
    weight.normal_(std=weight.shape[1] ** -0.5)


@pytest.mark.parametrize(
    "answer",
    [
        normal(lambda v, d: d**-0.5),
        without_record(lambda w: w.copy_(F.normalize(torch.randn_like(w), dim=1))),
        without_record(lambda w: w.uniform_(-1, 1).mul_(math.sqrt(3 / w.shape[1]))),
        without_record(lambda w: w.copy_(torch.randn_like(w).sign() / math.sqrt(w.shape[1]))),
    ],
)
def test_unit_rows_solved(answer, verdict):
    assert verdict(check.unit_rows, answer).startswith("unit_rows: solved. Standard deviation 1/√D")


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda weight: torch.randn(weight.shape), "as it was"),
        (normal(lambda v, d: 1), "left at 1"),
        (normal(lambda v, d: 1 / d), "1/D is the variance"),
        (normal(lambda v, d: 0.02), "with a fixed 0.02"),
        (nn.init.xavier_normal_, "divides by V"),
        (nn.init.xavier_uniform_, "divides by V"),
        (normal(lambda v, d: v**-0.5), "long on average, not 1"),
        (normal(lambda v, d: 0.25), "long on average, not 1"),
        (without_record(lambda w: w.copy_(F.normalize(torch.rand_like(w), dim=1))), "same corner"),
        (without_record(lambda w: w.fill_(w.shape[1] ** -0.5)), "all rows are equal"),
        (freezes, "frozen"),
        (normal(lambda v, d: 0.5 * d**-0.5), "long on average, not 1"),
        (without_record(short_and_long), "on average only"),
        (new_memory, "another memory"),
        (chooses_the_seed, "must not choose the seed"),
        (without_record(one_random_place), "same corner"),
    ],
)
def test_unit_rows_names_the_misconception(answer, words, verdict):
    text = verdict(check.unit_rows, answer)
    assert text.startswith("unit_rows: not yet.")
    assert words in text


# --- tie -------------------------------------------------------------------------------------------------


def shared(embedding, head):
    head.weight = embedding.weight


def other_way_round(embedding, head):
    embedding.weight = head.weight


def copied(embedding, head):
    head.load_state_dict({"weight": embedding.weight})


def second_parameter(embedding, head):
    head.weight = nn.Parameter(embedding.weight)


def same_data(embedding, head):
    head.weight.data = embedding.weight.data


def transposed(embedding, head):
    head.weight = nn.Parameter(embedding.weight.T)


def nothing(embedding, head):
    return head.weight is embedding.weight


def registered(embedding, head):
    head.register_parameter("weight", embedding.weight)


def numbers_first(embedding, head):
    with torch.no_grad():
        head.weight.copy_(embedding.weight)
    embedding.weight = head.weight


def frozen(embedding, head):
    head.weight = embedding.weight.requires_grad_(False)


def emptied(embedding, head):
    head.weight = embedding.weight = None


def plain_tensor(embedding, head):
    del head.weight
    head.weight = embedding.weight.detach()


def new_head(embedding, head):
    head = nn.Linear(4, 6, bias=False)
    head.weight = embedding.weight


@pytest.mark.parametrize("answer", [shared, registered, numbers_first])
def test_tie_solved(answer, verdict):
    assert verdict(check.tie, answer).startswith("tie: solved. One parameter")


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (other_way_round, "the table lost its numbers"),
        (copied, "a copy of the table"),
        (second_parameter, "second parameter over the same memory"),
        (same_data, "second parameter over the same memory"),
        (transposed, "no transpose"),
        (nothing, "a parameter of its own"),
        (new_head, "a parameter of its own"),
        (frozen, "frozen now"),
        (emptied, "no parameter any more"),
        (plain_tensor, "no parameter any more"),
    ],
)
def test_tie_names_the_misconception(answer, words, verdict):
    text = verdict(check.tie, answer)
    assert text.startswith("tie: not yet.")
    assert words in text


def test_what_tie_claims_about_a_second_parameter_is_true():
    embedding, head = CustomEmbedding(6, 4), nn.Linear(4, 6, bias=False)
    second_parameter(embedding, head)
    head(embedding(torch.tensor([0, 1]))).square().sum().backward()
    assert len(list(nn.ModuleList([embedding, head]).parameters())) == 2
    assert not torch.equal(embedding.weight.grad, head.weight.grad)
