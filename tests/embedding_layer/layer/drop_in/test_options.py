"""The options: attributes, defaults, what they are set to later, and `max_norm`, which writes the table."""

import inspect
import itertools

import pytest
import torch
from torch import nn
from torch.func import functional_call

from .ids import LAYOUTS
from .twins import (
    IDS,
    LAYER,
    OPTIONS,
    ORACLE,
    D,
    V,
    attempt,
    every_option,
    gradient,
    random_table,
    same,
    slopes_for,
    twins,
)

ATTRIBUTES = [
    "num_embeddings",
    "embedding_dim",
    "padding_idx",
    "max_norm",
    "norm_type",
    "scale_grad_by_freq",
    "sparse",
    "training",
]

# --- attributes ---------------------------------------------------------------------------------------


def test_the_constructor_s_arguments():
    expected = inspect.signature(nn.Embedding).parameters.values()
    *ours, other_name = inspect.signature(LAYER).parameters.values()
    assert [p.name for p in ours][:2] == ["vocab_size", "embedding_dim"]
    assert [(p.name, p.default) for p in ours][2:] == [(p.name, p.default) for p in expected][2:]
    assert {p.kind for p in ours} == {inspect.Parameter.POSITIONAL_OR_KEYWORD}
    assert other_name.name == "num_embeddings"
    assert other_name.kind == inspect.Parameter.KEYWORD_ONLY


@every_option
def test_the_arguments_under_their_names_in_pytorch(options):
    pair = [cls(num_embeddings=V, embedding_dim=D, **options) for cls in (LAYER, ORACLE)]
    ours, builtin = pair
    ours.load_state_dict(builtin.state_dict())
    assert ours.extra_repr() == builtin.extra_repr()
    same(ours(input=IDS), builtin(input=IDS), exact="max_norm" not in options)
    assert torch.equal(ours(x=IDS), ours(IDS))


def test_one_thing_under_two_names_is_refused():
    with pytest.raises(TypeError, match="vocab_size and num_embeddings are two names of the same thing"):
        LAYER(V, D, num_embeddings=V)
    for arguments, options in (((IDS, IDS), {}), ((IDS,), {"input": IDS}), ((), {"x": IDS, "input": IDS})):
        with pytest.raises(TypeError, match="x and input are two names of the same thing"):
            LAYER(V, D)(*arguments, **options)


def test_from_pretrained_s_arguments():
    expected = inspect.signature(nn.Embedding.from_pretrained).parameters.values()
    ours = inspect.signature(LAYER.from_pretrained).parameters.values()
    assert [(p.name, p.default) for p in ours] == [(p.name, p.default) for p in expected]


def test_the_arguments_by_position():
    table = random_table(V, D)
    for cls in (LAYER, ORACLE):
        layer = cls(V, D, 1, 0.5, 1.0, True, True, table, True, None, None)
        assert [getattr(layer, name) for name in ATTRIBUTES] == [V, D, 1, 0.5, 1.0, True, True, True]
        assert not layer.weight.requires_grad


@every_option
def test_attributes(options):
    pair = twins(**options)
    for name in ATTRIBUTES:
        ours, builtin = getattr(pair.ours, name), getattr(pair.builtin, name)
        assert ours == builtin, name
        assert type(ours) is type(builtin), name
    assert pair.ours.vocab_size == V


def test_the_size_goes_by_two_names():
    layer = LAYER(V, D)
    assert layer.vocab_size == layer.num_embeddings == V
    layer.num_embeddings = 11
    assert layer.vocab_size == layer.num_embeddings == 11
    assert repr(layer) == f"{LAYER.__name__}(11, {D})"
    layer.vocab_size = 12
    assert layer.vocab_size == layer.num_embeddings == 12
    assert repr(layer) == f"{LAYER.__name__}(12, {D})"


def test_the_size_may_be_set_by_a_subclass_before_the_table_is_made():
    class Larger(LAYER):
        def __init__(self, vocab_size, embedding_dim):
            super().__init__(vocab_size + 2, embedding_dim)

    assert Larger(V, D).num_embeddings == Larger(V, D).weight.shape[0] == V + 2


def test_a_resized_table():
    """As libraries do it that add tokens: a new table, then the new size."""
    pair = twins()
    for layer in pair:
        layer.weight = nn.Parameter(random_table(V + 3, D))
        layer.num_embeddings = V + 3
    same(pair.ours(torch.tensor([V + 2])), pair.builtin(torch.tensor([V + 2])))
    assert pair.ours.extra_repr() == pair.builtin.extra_repr()


@pytest.mark.parametrize(
    "options",
    [
        *OPTIONS.values(),
        {"norm_type": 1.0},
        {"norm_type": 2},
        {"max_norm": 1},
        {"max_norm": float("inf"), "norm_type": float("inf")},
        {"scale_grad_by_freq": 1, "sparse": 1},
        {"scale_grad_by_freq": None, "sparse": 0},
        {"padding_idx": -V},
        {"freeze": True},
    ],
    ids=str,
)
def test_the_representation(options):
    pair = twins(**options)
    assert pair.ours.extra_repr() == pair.builtin.extra_repr()
    assert repr(pair.ours) == repr(pair.builtin).replace("Embedding(", f"{LAYER.__name__}(", 1)
    assert str(nn.Sequential(pair.ours)) == f"Sequential(\n  (0): {pair.ours!r}\n)"


def test_the_representation_shows_what_was_set_later():
    pair = twins()
    for layer in pair:
        layer.padding_idx, layer.max_norm, layer.norm_type = 0, 0.0, 1.0
        layer.scale_grad_by_freq = layer.sparse = True
    assert pair.ours.extra_repr() == pair.builtin.extra_repr()


@pytest.mark.parametrize("sparse", [False, True])
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("padding_idx", 0),
        ("padding_idx", 2),
        ("padding_idx", -1),
        ("max_norm", 0.5),
        ("max_norm", 0.0),
        ("scale_grad_by_freq", True),
        ("sparse", True),
    ],
)
def test_options_set_later_count_from_the_next_call(name, value, sparse):
    if (name, sparse) == ("scale_grad_by_freq", True):
        value = False  # scaled gradients cannot be sparse
    pair = twins(sparse=sparse)
    for layer in pair:
        layer(IDS)
        setattr(layer, name, value)
    same(pair.ours(IDS), pair.builtin(IDS), exact=name != "max_norm")
    same(gradient(pair.ours, IDS), gradient(pair.builtin, IDS), exact=name != "scale_grad_by_freq")
    same(pair.ours.weight, pair.builtin.weight, exact=name != "max_norm")


def test_a_padding_row_set_later_from_the_end_counts_in_the_gradient_of_the_gradient():
    pair = twins()
    back = []
    for layer in pair:
        layer.padding_idx = -1
        slopes = torch.ones(2, 3, D, requires_grad=True)
        (rows,) = torch.autograd.grad(layer(IDS), layer.weight, slopes, create_graph=True)
        back += torch.autograd.grad(rows.sum(), slopes)
    same(*back)
    assert not back[0][1, 1].any()


@pytest.mark.parametrize("name", ["padding_idx", "max_norm"])
def test_options_taken_back_count_no_more(name):
    pair = twins(padding_idx=2, max_norm=0.5)
    for layer in pair:
        setattr(layer, name, None)
    same(pair.ours(IDS), pair.builtin(IDS), exact=False)
    same(gradient(pair.ours, IDS), gradient(pair.builtin, IDS))
    same(pair.ours.weight, pair.builtin.weight, exact=False)


def test_norm_type_set_later():
    pair = twins(max_norm=0.5)
    for layer in pair:
        layer.norm_type = 1.0
        layer(IDS)
    same(pair.ours.weight, pair.builtin.weight, exact=False)


def test_options_in_every_combination():
    """All that PyTorch allows, and the refusal of what it does not: scaled sparse gradients."""
    choices = itertools.product(
        [None, 0, 2, -1], [None, 0.0, 0.7], [1.0, 2.0], [False, True], [False, True], [False, True]
    )
    for padding_idx, max_norm, norm_type, scale_grad_by_freq, sparse, freeze in choices:
        pair = twins(
            padding_idx=padding_idx,
            max_norm=max_norm,
            norm_type=norm_type,
            scale_grad_by_freq=scale_grad_by_freq,
            sparse=sparse,
            freeze=freeze,
        )
        same(pair.ours(IDS), pair.builtin(IDS), exact=max_norm is None)
        same(pair.ours.weight, pair.builtin.weight, exact=max_norm is None)
        ours, builtin = (attempt(gradient, layer, IDS) for layer in pair)
        assert type(ours.error) is type(builtin.error)
        if builtin.error is None:
            same(ours.value, builtin.value, exact=not scale_grad_by_freq)


# --- falsy values are values --------------------------------------------------------------------------


def test_padding_row_0_is_a_padding_row():
    layer = LAYER(V, D, padding_idx=0)
    assert layer.padding_idx == 0
    assert not layer.weight[0].any()
    assert "padding_idx=0" in layer.extra_repr()
    assert not gradient(layer, torch.tensor([0, 0, 1]))[0].any()


@pytest.mark.parametrize("max_norm", [0, 0.0, -0.0])
def test_max_norm_0_is_a_norm(max_norm):
    pair = twins(max_norm=max_norm)
    same(pair.ours(IDS), pair.builtin(IDS))
    same(pair.ours.weight, pair.builtin.weight)
    assert not pair.ours.weight[IDS.unique()].any()
    assert pair.ours.weight[3].any()


# --- max_norm -----------------------------------------------------------------------------------------

NORM_TYPES = [2.0, 1.0, 3.0, 0.5, 1.5, 0.0, -1.0, -2.0, float("inf"), float("-inf"), 2, 1]


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.float16, torch.bfloat16], ids=str)
@pytest.mark.parametrize("max_norm", [0.5, 1.0, 0.0, 5.0, 100.0, 1, float("inf")])
@pytest.mark.parametrize("norm_type", NORM_TYPES)
def test_rows_are_shortened_to_the_norm(norm_type, max_norm, dtype):
    pair = twins(3 * random_table(V, D, dtype=dtype), max_norm=max_norm, norm_type=norm_type)
    before = pair.ours.weight.detach().clone()
    same(pair.ours(IDS), pair.builtin(IDS), exact=False)
    same(pair.ours.weight, pair.builtin.weight, exact=False)
    untouched = [row for row in range(V) if row not in IDS]
    assert torch.equal(pair.ours.weight[untouched], before[untouched])
    left = (pair.builtin.weight == before).all(dim=1)  # rows that were short enough already
    assert torch.equal(pair.ours.weight[left], before[left])


@pytest.mark.parametrize("max_norm", [-1.0, float("nan"), float("-inf")])
@pytest.mark.parametrize("norm_type", [2.0, 1.0, float("nan")])
def test_norms_that_make_no_sense_do_what_they_do(norm_type, max_norm):
    pair = twins(max_norm=max_norm, norm_type=norm_type)
    same(pair.ours(IDS), pair.builtin(IDS), exact=False)
    same(pair.ours.weight, pair.builtin.weight, exact=False)


@pytest.mark.parametrize("value", [0.0, -0.0, float("nan"), float("inf"), 1e38, 1e-38, 1e-45])
@pytest.mark.parametrize("max_norm", [0.0, 1.0])
def test_rows_of_special_numbers(value, max_norm):
    table = random_table(V, D)
    table[1] = value
    table[2, 0] = value
    pair = twins(table, max_norm=max_norm)
    same(pair.ours(IDS), pair.builtin(IDS), exact=False)
    same(pair.ours.weight, pair.builtin.weight, exact=False)


def test_a_row_of_just_the_norm_is_left_alone():
    table = torch.tensor([[3.0, 4.0], [6.0, 8.0], [0.3, 0.4]], dtype=torch.float64)
    pair = twins(table, max_norm=5.0)
    for layer in pair:
        layer(torch.tensor([0, 1, 2]))
    assert torch.equal(pair.ours.weight[[0, 2]], table[[0, 2]])
    same(pair.ours.weight, pair.builtin.weight, exact=False)


@pytest.mark.parametrize(
    "ids", [torch.tensor([1, 1, 1]), torch.tensor([[1], [1]]), torch.tensor(1).expand(5)]
)
@pytest.mark.parametrize("max_norm", [0.5, -0.5])
def test_a_repeated_id_shortens_its_row_once(ids, max_norm):
    pair = twins(max_norm=max_norm)
    same(pair.ours(ids), pair.builtin(ids), exact=False)
    same(pair.ours.weight, pair.builtin.weight, exact=False)


@pytest.mark.parametrize("name", LAYOUTS)
def test_only_the_rows_in_the_batch_are_shortened(name):
    ids = LAYOUTS[name]()
    pair = twins(max_norm=0.1)
    before = pair.ours.weight.detach().clone()
    same(pair.ours(ids), pair.builtin(ids), exact=False)
    same(pair.ours.weight, pair.builtin.weight, exact=False)
    changed = (pair.ours.weight != before).any(dim=1).nonzero().flatten()
    assert torch.equal(changed, ids.unique())


def test_the_padding_row_is_shortened_too():
    pair = twins(padding_idx=2, max_norm=0.1)
    for layer in pair:
        layer(torch.tensor([2]))
        assert layer.weight[2].norm() < 0.11
    same(pair.ours.weight, pair.builtin.weight, exact=False)


def test_the_vectors_are_those_of_the_shortened_table():
    layer = twins(max_norm=0.1).ours
    assert torch.equal(layer(IDS), layer.weight[IDS])


@pytest.mark.parametrize("frozen", [False, True])
@pytest.mark.parametrize("mode", [torch.enable_grad, torch.no_grad, torch.inference_mode])
@pytest.mark.parametrize("training", [True, False])
def test_the_table_is_written_in_every_mode(mode, frozen, training):
    pair = twins(max_norm=0.1, freeze=frozen)
    before = pair.ours.weight
    storage = before.data_ptr()
    for layer in pair:
        layer.train(training)
        with mode():
            layer(IDS)
    assert pair.ours.weight is before
    assert before.data_ptr() == storage
    same(pair.ours.weight, pair.builtin.weight, exact=False)
    assert (before[IDS.unique()].norm(dim=1) < 0.11).all()


def test_shortening_is_no_part_of_the_graph():
    pair = twins(5 * random_table(V, D), max_norm=1.0)
    same(gradient(pair.ours, IDS), gradient(pair.builtin, IDS))
    assert pair.ours.weight.is_leaf
    assert pair.ours.weight.grad_fn is None


@pytest.fixture
def warned_always():
    """Let PyTorch repeat its warnings, of which it gives some but once; here they are errors."""
    torch.set_warn_always(True)
    yield
    torch.set_warn_always(False)


@pytest.mark.usefixtures("warned_always")
@pytest.mark.parametrize("norm_type", [2.0, 1.0, 0.0, float("inf")])
@pytest.mark.parametrize("dtype", [torch.complex64, torch.complex128], ids=str)
def test_frozen_complex_rows_are_shortened(dtype, norm_type):
    table = (random_table(V, D) + 1j * random_table(V, D, seed=1)).to(dtype)
    pair = twins(table, max_norm=0.5, norm_type=norm_type, freeze=True)
    same(pair.ours(IDS), pair.builtin(IDS), exact=False)
    same(pair.ours.weight, pair.builtin.weight, exact=False)


def test_integers_have_no_norm():
    pair = twins(torch.arange(V * D).view(V, D), max_norm=0.5, freeze=True)
    for layer in pair:
        with pytest.raises(RuntimeError):
            layer(IDS)


@pytest.mark.parametrize(
    "table", [random_table(D, V).t(), random_table(V, 2 * D)[:, ::2], random_table(V, 0)]
)
def test_tables_of_other_layouts_are_shortened(table):
    pair = twins(table, max_norm=0.5)
    same(pair.ours(IDS), pair.builtin(IDS), exact=False)
    same(pair.ours.weight, pair.builtin.weight, exact=False)


def test_a_shared_table_is_written_for_all_who_share_it():
    table = 5 * random_table(V, D)
    layer = LAYER.from_pretrained(table, max_norm=1.0)
    layer(IDS)
    assert (table[IDS.unique()].norm(dim=1) < 1.01).all()
    assert torch.equal(table, layer.weight)


def test_two_calls_before_backward():
    pair = twins(max_norm=0.5)
    for layer in pair:
        (layer(IDS).square().sum() + layer(IDS + 0).sum() + layer(torch.tensor([3])).sum()).backward()
    same(pair.ours.weight.grad, pair.builtin.weight.grad, exact=False)


def test_a_table_used_before_it_is_written_is_noticed():
    """Else the gradient would be that of another table. PyTorch's documentation says to clone."""
    for layer in twins(5 * random_table(V, D), max_norm=1.0):
        square = layer.weight.square().sum()
        loss = square + layer(IDS).sum()
        with pytest.raises(RuntimeError, match="modified by an inplace operation"):
            loss.backward()


def test_a_table_cloned_before_it_is_written():
    """The example in the documentation of `nn.Embedding`."""
    pair = twins(max_norm=1.0)
    other = random_table(4, D, seed=7)
    for layer in pair:
        first = layer.weight.clone() @ other.t()
        second = layer(torch.tensor([1, 2])) @ other.t()
        (first.unsqueeze(0) + second.unsqueeze(1)).sigmoid().prod().backward()
    same(pair.ours.weight.grad, pair.builtin.weight.grad, exact=False)


def test_a_table_used_after_it_was_written():
    pair = twins(max_norm=0.5)
    for layer in pair:
        vectors = layer(IDS)
        (layer.weight.square().sum() + vectors.sum()).backward()
    same(pair.ours.weight.grad, pair.builtin.weight.grad, exact=False)


@pytest.mark.parametrize("trainable", [False, True])
def test_a_borrowed_table_is_written(trainable):
    pair = twins(max_norm=0.5)
    tables = []
    for layer in pair:
        tables.append((4 * random_table(V, D, seed=2)).requires_grad_(trainable))
        own = layer.weight.detach().clone()
        vectors = functional_call(layer, {"weight": tables[-1]}, IDS)
        assert torch.equal(layer.weight, own)
        if trainable:
            vectors.backward(slopes_for(vectors))
    same(*tables, exact=False)
    if trainable:
        same(tables[0].grad, tables[1].grad)


def test_norms_hold_through_training():
    pair = twins(max_norm=1.0)
    optimisers = [torch.optim.SGD(layer.parameters(), lr=0.5) for layer in pair]
    for step in range(10):
        ids = torch.tensor([step % V, (3 * step) % V, 2])
        for layer, optimiser in zip(pair, optimisers, strict=True):
            optimiser.zero_grad()
            layer(ids).pow(2).sum().neg().backward()
            optimiser.step()
    same(pair.ours.weight, pair.builtin.weight, exact=False)
