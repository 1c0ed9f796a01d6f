from functools import partial

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from embedding_layer import CustomEmbedding, compare


@st.composite
def tables_and_ids(draw):
    """Draw a layer and ids of 0 to 3 axes, some of them empty, many of them repeated."""
    vocab_size, embedding_dim = draw(st.integers(1, 7)), draw(st.integers(1, 5))
    shape = draw(st.lists(st.integers(0, 4), max_size=3))
    torch.manual_seed(draw(st.integers(0, 2**16)))
    layer = CustomEmbedding(vocab_size, embedding_dim)
    return layer, torch.randint(vocab_size, shape)


def backward(layer, inputs, slopes):
    """Send `slopes` back through the layer and return the gradient of its weight."""
    (layer(inputs) * slopes).sum().backward()
    return layer.weight.grad


@settings(deadline=None)  # PyTorch's first call takes longer than the others
@given(tables_and_ids())
def test_vectors_and_gradient_are_those_of_nn_embedding(layer_and_ids):
    layer, ids = layer_and_ids
    builtin = nn.Embedding(*layer.weight.shape)
    builtin.load_state_dict(layer.state_dict())
    vectors = layer(ids)
    assert vectors.shape == (*ids.shape, layer.weight.shape[1])
    assert torch.equal(vectors, builtin(ids))
    slopes = torch.randn_like(vectors)
    torch.testing.assert_close(backward(layer, ids, slopes), backward(builtin, ids, slopes))


@settings(deadline=None)  # PyTorch's first call takes longer than the others
@given(tables_and_ids())
def test_vectors_and_gradient_are_those_of_a_linear_layer_on_one_hot_vectors(layer_and_ids):
    layer, ids = layer_and_ids
    vocab_size, embedding_dim = layer.weight.shape
    linear = nn.Linear(vocab_size, embedding_dim, bias=False)
    linear.load_state_dict({"weight": layer.weight.detach().T})
    one_hot = F.one_hot(ids, vocab_size).float()
    torch.testing.assert_close(layer(ids), linear(one_hot))
    slopes = torch.randn_like(layer(ids))
    torch.testing.assert_close(backward(layer, ids, slopes), backward(linear, one_hot, slopes).T)


def test_repeated_ids_add_up():
    layer = CustomEmbedding(3, 2)
    slopes = torch.tensor([[1.0, 2.0], [10.0, 20.0], [100.0, 200.0]])
    gradient = backward(layer, torch.tensor([1, 1, 0]), slopes)
    assert gradient.tolist() == [[100, 200], [11, 22], [0, 0]]


def test_the_gradient_is_the_numerical_one():
    table = CustomEmbedding(4, 3).double().weight
    ids = torch.tensor([[0, 2], [2, 2]])

    def look_up(weight):
        layer = CustomEmbedding(4, 3)
        return torch.func.functional_call(layer, {"weight": weight}, ids)

    assert torch.autograd.gradcheck(look_up, table)


def test_one_trainable_parameter_of_the_table_s_shape():
    layer = CustomEmbedding(5, 4)
    ((name, weight),) = layer.named_parameters()
    assert name == "weight"
    assert weight.shape == (5, 4)
    assert weight.is_leaf
    assert weight.requires_grad
    assert not list(layer.buffers())


def test_it_starts_from_the_numbers_that_randn_draws():
    torch.manual_seed(3)
    expected = torch.randn(5, 4)
    torch.manual_seed(3)
    assert torch.equal(CustomEmbedding(5, 4).weight, expected)


def test_the_state_dict_survives_a_file(tmp_path):
    layer, restored = CustomEmbedding(5, 4), CustomEmbedding(5, 4)
    torch.save(layer.state_dict(), tmp_path / "table.pt")
    restored.load_state_dict(torch.load(tmp_path / "table.pt", weights_only=True))
    assert list(layer.state_dict()) == ["weight"]
    assert torch.equal(restored.weight, layer.weight)


@pytest.mark.parametrize("shape", [(6, 4), (5, 3), (4, 5)])
def test_a_table_of_another_shape_is_not_loaded(shape):
    with pytest.raises(RuntimeError, match="size mismatch for weight"):
        CustomEmbedding(*shape).load_state_dict(CustomEmbedding(5, 4).state_dict())


@pytest.mark.parametrize("dtype", [torch.float64, torch.float16, torch.bfloat16])
def test_the_table_follows_the_module_to_another_dtype(dtype):
    layer = CustomEmbedding(5, 4)
    expected = layer.weight.detach().to(dtype)
    assert layer.to(dtype) is layer
    vectors = layer(torch.tensor([4, 0]))
    assert vectors.dtype == dtype
    assert torch.equal(vectors, expected[[4, 0]])


def test_the_table_follows_the_module_to_another_device():
    layer = CustomEmbedding(5, 4).to("meta")
    vectors = layer(torch.zeros(2, 3, dtype=torch.int64, device="meta"))
    assert layer.weight.device.type == vectors.device.type == "meta"
    assert vectors.shape == (2, 3, 4)


def test_an_optimiser_moves_only_the_rows_that_got_a_gradient():
    layer = CustomEmbedding(5, 4)
    before = layer.weight.detach().clone()
    layer(torch.tensor([1, 3])).sum().backward()
    torch.optim.SGD(layer.parameters(), lr=0.1).step()
    moved = (layer.weight != before).any(dim=1)
    assert moved.tolist() == [False, True, False, True, False]


@pytest.mark.parametrize("ids", [[5], [0, 9]])
def test_an_id_beyond_the_table_is_refused(ids):
    with pytest.raises(IndexError, match="out of range: the table has 5 rows"):
        CustomEmbedding(5, 4)(torch.tensor(ids))


def test_a_symbolic_trace_has_one_node_for_the_look_up():
    layer = CustomEmbedding(5, 4, padding_idx=1)
    model = torch.nn.Sequential(layer, torch.nn.Linear(4, 2))
    traced = torch.fx.symbolic_trace(model)
    ids = torch.tensor([[1, 2], [0, 4]])
    assert torch.equal(traced(ids), model(ids))
    assert [node.op for node in traced.graph.nodes].count("call_function") == 1


def test_it_takes_no_multiple_of_the_time_of_nn_embedding():
    """Loose bounds, for a busy machine; the benchmark command measures closely."""
    ids = torch.randint(300_000, (4096,))
    layers = {"ours": CustomEmbedding(300_000, 64), "builtin": nn.Embedding(300_000, 64)}

    def forward(layer):
        with torch.no_grad():
            layer(ids)

    def forward_and_backward(layer):
        layer.weight.grad = None
        layer(ids).sum().backward()

    for work, limit in ((forward, 3), (forward_and_backward, 2)):
        timings = compare({name: partial(work, layer) for name, layer in layers.items()}, repeats=9)
        assert timings.ratio("ours", "builtin") < limit
