"""The class at the end of chapter 6 and the library's: whatever is done with them, they do the same."""

import ast
import copy
import pickle
import shutil
import sys
from pathlib import Path
from types import ModuleType

import nbformat
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from embedding_layer import CustomEmbedding
from embedding_layer.layer.functional import embedding
from embedding_layer.parity import against_nn_embedding

BOOK = Path(__file__).parents[2] / "book"
NOTEBOOK = "06_drop_in.ipynb"


def cell(name, chapter=NOTEBOOK):
    (source,) = (c.source for c in nbformat.read(BOOK / chapter, as_version=4).cells if c.id == name)
    return source


def parts(source, *kinds):
    """Return the statements of these kinds, as source."""
    return "\n".join(ast.unparse(node) for node in ast.parse(source).body if isinstance(node, kinds))


BUILDING = (
    *("source", "typed", "checked", "padded-start", "padded", "rule", "function", "function-check"),
    *("class-sizes", "class-table", "class-options", "class-look-up", "class"),
)
"""The cells, in order, in which the chapter builds its function and its class."""


@pytest.fixture(scope="module")
def chapter():
    """Return a module with the chapter's imports and what its cells define; pickle has to find it."""
    module = ModuleType("chapter_06")
    sys.modules[module.__name__] = module
    module.__dict__["__name__"] = module.__name__
    exec(parts(cell("c06-setup"), ast.Import, ast.ImportFrom), module.__dict__)
    module.few, module.table = torch.tensor([[0, 1]]), torch.zeros(2, 1)
    for name in BUILDING:
        exec(cell(f"c06-{name}"), module.__dict__)
    yield module
    del sys.modules[module.__name__]


@pytest.fixture(scope="module")
def layers(chapter):
    assert not issubclass(chapter.DropIn, (CustomEmbedding, nn.Embedding))
    return chapter.DropIn, CustomEmbedding


def seen(function, *arguments, **named):
    """Return what a call gave, or the kind of its error and its words."""
    try:
        return function(*arguments, **named)
    except Exception as error:
        return type(error), str(error)


def same(one, other):
    assert type(one) is type(other)
    if not isinstance(one, torch.Tensor):
        assert one == other
        return
    for name in ("shape", "dtype", "layout", "requires_grad"):
        assert getattr(one, name) == getattr(other, name)
    if one.layout == torch.strided:
        assert one.stride() == other.stride()
    torch.testing.assert_close(
        one.detach().to_dense(), other.detach().to_dense(), rtol=0, atol=0, equal_nan=True
    )


V, D = 7, 3
OPTIONS = st.fixed_dictionaries(
    {},
    optional={
        "padding_idx": st.sampled_from([None, 0, 2, -1, -V]),
        "max_norm": st.sampled_from([None, 0.0, 0.5, 2.0]),
        "norm_type": st.sampled_from([1.0, 2.0, 3.0, float("inf")]),
        "scale_grad_by_freq": st.booleans(),
        "sparse": st.booleans(),
        "_freeze": st.booleans(),
        "dtype": st.sampled_from([torch.float64, torch.float32, torch.bfloat16]),
    },
)
SHAPES = st.lists(st.integers(0, 3), max_size=3)


@st.composite
def ids(draw):
    shape = draw(SHAPES)
    dtype = draw(st.sampled_from([torch.int64, torch.int32]))
    lowest, highest = draw(st.sampled_from([(0, V - 1), (0, V - 1), (-2, V + 1)]))
    numbers = draw(st.lists(st.integers(lowest, highest), min_size=27, max_size=27))
    count = torch.Size(shape).numel()
    made = torch.tensor(numbers[:count], dtype=dtype).view(shape)
    return made.transpose(0, -1) if len(shape) > 1 and draw(st.booleans()) else made


def life(layer_class, ids, options, mode):
    """Return all that happens to a layer: its start, its vectors, its gradient, its table afterwards."""
    torch.manual_seed(0)
    layer = layer_class(V, D, **options)
    start = layer.weight.detach().clone()
    with mode():
        vectors = seen(layer, ids)
    found = [start, layer.extra_repr(), layer.padding_idx, vectors]
    if isinstance(vectors, torch.Tensor) and vectors.requires_grad:
        generator = torch.Generator().manual_seed(1)
        slopes = torch.randint(-4, 5, vectors.shape, generator=generator).to(vectors.dtype)
        found += [seen(vectors.backward, slopes), layer.weight.grad]
    return [*found, layer.weight]


@settings(deadline=None, max_examples=200)
@given(ids=ids(), options=OPTIONS, mode=st.sampled_from([torch.enable_grad, torch.no_grad]))
def test_the_layers_do_the_same_with_any_ids_and_options(layers, ids, options, mode):
    yours, ours = (life(layer, ids.clone(), options, mode) for layer in layers)
    assert len(yours) == len(ours)
    for one, other in zip(yours, ours, strict=True):
        same(one, other)


@pytest.mark.parametrize(
    "bad",
    [
        [0, 1],
        (0, 1),
        1,
        None,
        "1",
        slice(0, 2),
        torch.tensor([0.0]),
        torch.tensor([True] * V),
        torch.ones(2).byte(),
    ],
    ids=repr,
)
def test_the_layers_refuse_the_same_in_the_same_words(layers, bad):
    yours, ours = (seen(layer(V, D), bad) for layer in layers)
    assert isinstance(ours, tuple)
    same(yours, ours)


@pytest.mark.parametrize(
    ("sizes", "options"),
    [
        ((0, D), {}),
        ((V, 0), {}),
        ((-1, D), {}),
        ((V, -1), {}),
        ((2.0, D), {}),
        ((V, True), {}),
        ((V, "3"), {}),
        ((V, D), {"padding_idx": V}),
        ((V, D), {"padding_idx": -V - 1}),
        ((V, D), {"padding_idx": 1.5}),
        ((V, D), {"_weight": torch.zeros(D, V)}),
        ((V, D), {"_weight": torch.zeros(V)}),
        ((V, D), {"_weight": torch.ones(V, D), "padding_idx": 2}),
        ((V, D), {"device": "meta"}),
        ((V, D), {"padding": 1}),
    ],
    ids=str,
)
def test_the_layers_are_made_alike(layers, sizes, options):
    torch.manual_seed(0)
    yours = seen(layers[0], *sizes, **options)
    torch.manual_seed(0)
    ours = seen(layers[1], *sizes, **options)
    if isinstance(ours, tuple):
        same(yours[0], ours[0])
        assert yours[1].replace("DropIn", "CustomEmbedding") == ours[1]
    else:
        assert yours.extra_repr() == ours.extra_repr()
        assert yours.weight.device == ours.weight.device
        if ours.weight.device.type == "cpu":
            same(yours.weight, ours.weight)


def test_a_size_that_is_missing_is_refused(layers):
    for layer in layers:
        with pytest.raises(TypeError, match="embedding_dim"):
            layer(V)


def test_the_attributes_are_the_same(layers):
    names = "vocab_size num_embeddings embedding_dim padding_idx max_norm norm_type scale_grad_by_freq sparse"
    yours, ours = (layer(V, D, -1, 0.5, 1.0, True, True) for layer in layers)
    for name in names.split():
        same(getattr(yours, name), getattr(ours, name))


@pytest.mark.parametrize("options", [(), (False,), (True, 2, 0.5, 1.0, True, False)], ids=str)
def test_the_layers_take_vectors_alike(layers, options):
    given = torch.arange(21.0).view(V, D)
    yours, ours = (layer.from_pretrained(given, *options) for layer in layers)
    assert yours.extra_repr() == ours.extra_repr()
    same(yours.weight, ours.weight)
    assert yours.weight.data_ptr() == ours.weight.data_ptr() == given.data_ptr()
    for shape in ((V,), (V, D, 1)):
        kinds = [seen(layer.from_pretrained, torch.zeros(shape))[0] for layer in layers]
        assert kinds[0] is kinds[1]


def test_the_drop_in_is_copied_saved_and_moved_as_nn_embedding_is(layers):
    for make, other in (layers, reversed(layers)):
        layer, twin = make(V, D, padding_idx=1), other(V, D)
        twin.load_state_dict(layer.state_dict())
        for taken in (twin, copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):
            assert torch.equal(taken.weight, layer.weight)
        torch.manual_seed(3)
        layer.reset_parameters()
        assert not layer.weight[1].any()


def test_the_layers_differ_from_nn_embedding_in_the_same_places(layers):
    found = against_nn_embedding({"yours": layers[0], "ours": layers[1]})
    assert [row.name for row, (yours, ours) in found.rows if yours != ours] == [
        "made with num_embeddings=",
        "isinstance(layer, nn.Embedding)",
    ]  # as the chapter says of the library's


@settings(deadline=None, max_examples=60)
@given(ids=ids(), padding_idx=st.sampled_from([None, 0, 2]), max_norm=st.sampled_from([None, 0.0, 0.5]))
def test_the_function_of_the_chapter_is_the_library_s(chapter, ids, padding_idx, max_norm):
    found = []
    for look_up in (chapter.embed, embedding):
        table = torch.randn(V, D, generator=torch.Generator().manual_seed(0)).requires_grad_()
        vectors = seen(look_up, ids, table, padding_idx, max_norm, 2.0, False, False)
        if isinstance(vectors, torch.Tensor):
            vectors.square().sum().backward()
        found.append((vectors, table.grad, table))
    for one, other in zip(*found, strict=True):
        same(one, other)


def test_the_chapter_begins_with_the_class_of_chapter_3():
    begins = cell("c06-source")
    source = begins[: begins.index("\n\n\n")]
    third = nbformat.read(BOOK / "03_custom_embedding.ipynb", as_version=4)
    assert source.startswith("class CustomEmbedding(nn.Module):")
    assert any(source in other.source for other in third.cells if other.cell_type == "code")


@pytest.mark.skipif(not (shutil.which("g++") or shutil.which("clang++")), reason="there is no C++ compiler")
@pytest.mark.filterwarnings("ignore:.torch.jit:DeprecationWarning")
def test_what_the_chapter_says_of_inductor_holds_to_the_end(layers):
    import torch._inductor.config

    table, bad = torch.randn(5, 4), torch.tensor([0, -1])
    torch._dynamo.reset()
    with torch._inductor.config.patch(compile_threads=1):
        selected = torch.compile(lambda x: table.index_select(0, x), fullgraph=True)
        assert torch.equal(selected(bad)[1], table[-1])
        for layer in layers:
            with pytest.raises(IndexError, match="id -1 at position 1"), torch.no_grad():
                torch.compile(layer(5, 4), fullgraph=True)(bad)
    torch._dynamo.reset()
