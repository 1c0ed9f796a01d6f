"""Where the layer goes without its library: TorchScript, `torch.func.functionalize`, exported programs."""

import io
import subprocess
import sys

import pytest
import torch
from torch import nn
from torch.func import functional_call, functionalize, grad, vmap

from embedding_layer.layer.operators import to_aten

from .twins import (
    DENSE,
    IDS,
    LAYER,
    STILL,
    D,
    V,
    attempt,
    every_option,
    every_still_option,
    random_table,
    same,
    slopes_for,
    torch_s_own_warnings,
    twins,
)

pytestmark = [
    torch_s_own_warnings,
    pytest.mark.filterwarnings("ignore::torch.jit.TracerWarning"),  # of a size, in nn.Embedding as well
    pytest.mark.filterwarnings("ignore:.*LeafSpec.*is deprecated:FutureWarning"),  # PyTorch's export uses it
]
MORE_IDS = torch.tensor([[0, 6, 6], [1, 2, 3], [4, 2, 2], [5, 5, 0]])
BATCHES = ({0: torch.export.Dim("batch")},)


def exact_for(options):
    return "max_norm" not in options


def same_vectors_and_gradient(make, pair, options):
    """Compare what becomes of both layers, on a batch that was not there when it was made."""
    vectors = [make(layer)(MORE_IDS) for layer in pair]
    same(*vectors, exact=exact_for(options))
    for made in vectors:
        made.backward(slopes_for(made))
    same(*(layer.weight.grad for layer in pair), exact=not options.get("scale_grad_by_freq"))
    same(*(layer.weight for layer in pair), exact=exact_for(options))


# --- TorchScript --------------------------------------------------------------------------------------


@every_option
@pytest.mark.parametrize("make", [lambda layer: torch.jit.trace(layer, IDS), torch.jit.script],
                         ids=["trace", "script"])  # fmt: skip
def test_torchscript(make, options):
    same_vectors_and_gradient(make, twins(5 * random_table(V, D), **options), options)


@pytest.mark.parametrize("ids", [torch.tensor(3), IDS[0], IDS[None], IDS[:0], IDS.int()], ids=str)
def test_torchscript_with_ids_of_every_shape(ids):
    pair = twins()
    for call in (torch.jit.trace(pair.ours, ids), torch.jit.script(pair.ours)):
        same(call(ids), pair.builtin(ids))


@pytest.mark.parametrize("bad", [-1, V])
def test_torchscript_refuses_a_bad_id(bad):
    for layer in twins():
        for call in (torch.jit.trace(layer, IDS), torch.jit.script(layer)):
            assert attempt(call, torch.tensor([[0, bad, 1]])).error is not None


def test_a_scripted_layer_takes_ids_by_either_name_and_none_for_none():
    layer = twins().ours
    call = torch.jit.script(layer)
    assert torch.equal(call(input=IDS), layer(IDS))
    assert torch.equal(call(x=IDS), layer(IDS))
    assert attempt(call).error is not None


@pytest.mark.parametrize("make", [lambda model: torch.jit.trace(model, IDS), torch.jit.script],
                         ids=["trace", "script"])  # fmt: skip
def test_a_model_in_torchscript_is_saved_and_loaded(make):
    model = nn.Sequential(LAYER(V, D, padding_idx=0), nn.Linear(D, 2))
    buffer = io.BytesIO()
    torch.jit.save(make(model), buffer)
    buffer.seek(0)
    assert torch.equal(torch.jit.load(buffer)(MORE_IDS), model(MORE_IDS))


# --- functionalize ------------------------------------------------------------------------------------


@every_still_option
def test_functionalize(options):
    same_vectors_and_gradient(functionalize, twins(**options), options)


@pytest.mark.parametrize("options", [DENSE[name] for name in DENSE if name in STILL], ids=str)
def test_functionalize_around_other_transforms(options):
    def slopes(layer):
        def loss(table, ids):
            return functional_call(layer, {"weight": table}, (ids,)).square().sum()

        return vmap(grad(loss), in_dims=(None, 0))

    pair, table = twins(**options), random_table(V, D)
    expected = [slopes(pair.builtin)(table, ids[None])[0] for ids in MORE_IDS]
    found = functionalize(slopes(pair.ours))(table, MORE_IDS)
    same(found, torch.stack(expected), exact=False, strides=False)


def test_functionalize_and_max_norm():
    """The one writes nothing in place, the other does: PyTorch refuses, with its layer and with ours."""
    for layer in twins(max_norm=0.5):
        with pytest.raises(RuntimeError, match="mutating a non-functional tensor"):
            functionalize(layer)(IDS)


# --- exported programs --------------------------------------------------------------------------------


@every_still_option
@pytest.mark.parametrize("decomposed", [False, True])
def test_an_exported_program_in_pytorch_s_own_operators(decomposed, options):
    pair = twins(**options)
    program = torch.export.export(pair.ours, (IDS,), dynamic_shapes=BATCHES)
    program = to_aten(program.run_decompositions() if decomposed else program)
    names = {str(node.target) for node in program.graph.nodes if node.op == "call_function"}
    assert names
    assert all(name.startswith("aten.") for name in names)
    module = program.module()
    same(module(MORE_IDS), pair.builtin(MORE_IDS))
    for bad in (-1, V):
        with pytest.raises(IndexError, match="index out of range in self"):
            module(torch.tensor([[0, 0, bad]]))


def test_it_loads_where_the_library_is_not(tmp_path):
    torch.manual_seed(0)
    model = nn.Sequential(LAYER(V, D, padding_idx=0, scale_grad_by_freq=True), nn.Linear(D, 2))
    torch.export.save(to_aten(torch.export.export(model, (IDS,))), tmp_path / "model.pt2")
    torch.save((IDS, model(IDS).detach()), tmp_path / "expected.pt")
    program = (
        "import sys, torch\n"
        "ids, expected = torch.load('expected.pt')\n"
        "assert torch.equal(torch.export.load('model.pt2').module()(ids), expected)\n"
        "assert 'embedding_layer' not in sys.modules\n"
    )
    found = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode == 0, found.stderr


@pytest.mark.parametrize("decomposed", [False, True])
def test_a_program_that_shortens_rows_is_refused_and_the_way_out_works(decomposed):
    layer = LAYER(V, D, max_norm=0.5)
    program = torch.export.export(layer, (IDS,))
    with pytest.raises(ValueError, match=r"layer\.max_norm = None, export again"):
        to_aten(program.run_decompositions() if decomposed else program)
    expected = layer(IDS).detach()
    layer(torch.arange(layer.vocab_size))
    layer.max_norm = None
    same(to_aten(torch.export.export(layer, (IDS,))).module()(IDS).detach(), expected, exact=False)
