"""`torch.compile`: whole graphs only, with each backend; no more recompilations than for `nn.Embedding`.

Inductor writes and builds C++ code, which takes seconds: it gets few tests, the others the breadth.
"""

import pytest
import torch
import torch._inductor.config
from torch import nn
from torch._dynamo.testing import CompileCounterWithBackend
from torch.func import functional_call, grad, vmap

from .ids import LAYOUTS
from .twins import (
    IDS,
    LAYER,
    OPTIONS,
    ORACLE,
    D,
    V,
    attempt,
    every_dense_option,
    every_option,
    every_still_dense_option,
    gradient,
    random_table,
    same,
    slopes_for,
    torch_s_own_warnings,
    twins,
)

pytestmark = torch_s_own_warnings
SPARSE = {name: options for name, options in OPTIONS.items() if options.get("sparse")}
quick_backends = pytest.mark.parametrize("backend", ["eager", "aot_eager"])
every_backend = pytest.mark.parametrize("backend", ["eager", "aot_eager", "inductor"])


@pytest.fixture(autouse=True)
def fresh():
    """Forget what was compiled before, and compile in this process."""
    torch._dynamo.reset()
    with torch._inductor.config.patch(compile_threads=1):
        yield
    torch._dynamo.reset()


def compiled(layer, backend="aot_eager", **options):
    return torch.compile(layer, fullgraph=True, backend=backend, **options)


def exact_for(options):
    return "max_norm" not in options


def step(layer, call, ids):
    """Return the vectors, and the gradient of a sum over them; `call` is the layer or what became of it."""
    layer.weight.grad = None
    vectors = call(ids)
    vectors.backward(slopes_for(vectors))
    return vectors, layer.weight.grad


@every_dense_option
@quick_backends
def test_forward_and_backward(backend, options):
    pair = twins(**options)
    call = compiled(pair.ours, backend)
    for ids in (IDS, IDS + 1 - IDS // 6, IDS[:1].expand(4, 3)):
        (ours, ours_grad), (builtin, builtin_grad) = (
            step(pair.ours, call, ids),
            step(pair.builtin, pair.builtin, ids),
        )
        same(ours, builtin, exact=exact_for(options))
        same(ours_grad, builtin_grad, exact=not options.get("scale_grad_by_freq"))
        same(pair.ours.weight, pair.builtin.weight, exact=exact_for(options))


@pytest.mark.parametrize("options", SPARSE.values(), ids=SPARSE)
@quick_backends
def test_forward_and_backward_with_sparse_gradients(backend, options):
    """With aot_eager PyTorch fails where there is padding, and makes the gradient dense with `max_norm`."""
    pair, theirs = twins(**options), twins(**options).builtin
    expected = attempt(step, theirs, compiled(theirs, backend), IDS)
    torch._dynamo.reset()
    ours = attempt(step, pair.ours, compiled(pair.ours, backend), IDS)
    if ours.error is None:
        vectors, rows = step(pair.builtin, pair.builtin, IDS)
        same(ours.value[0], vectors, exact=exact_for(options))
        assert ours.value[1].is_sparse or not expected.value[1].is_sparse
        same(ours.value[1].to_dense(), rows.to_dense())
    else:
        assert expected.error is not None, ours.error


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"padding_idx": 0, "scale_grad_by_freq": True},
        {"sparse": True},
        {"max_norm": 0.8, "padding_idx": 2},
    ],
    ids=str,
)
def test_forward_and_backward_with_inductor(options):
    pair = twins(**options)
    call = compiled(pair.ours, "inductor")
    for ids in (IDS, IDS[:1].expand(4, 3)):
        ours, builtin = call(ids), pair.builtin(ids)
        same(ours, builtin, exact=exact_for(options))
        for vectors, layer in ((ours, pair.ours), (builtin, pair.builtin)):
            layer.weight.grad = None
            vectors.square().sum().backward()
        same(pair.ours.weight.grad, pair.builtin.weight.grad, exact=False)
        same(pair.ours.weight, pair.builtin.weight, exact=exact_for(options))
    for bad in (-1, V):
        before = pair.ours.weight.detach().clone()
        for mode in (torch.enable_grad, torch.no_grad):
            with mode(), pytest.raises((IndexError, RuntimeError)):
                call(torch.tensor([[0, 1, bad]]))
        assert torch.equal(pair.ours.weight, before)


@every_option
@pytest.mark.parametrize(("mode", "backend"), [(torch.no_grad, "aot_eager"), (torch.inference_mode, "eager")])
def test_without_gradients(mode, backend, options):
    pair = twins(**options)
    call = compiled(pair.ours, backend)
    with mode():
        same(call(IDS), pair.builtin(IDS), exact=exact_for(options))
    same(pair.ours.weight, pair.builtin.weight, exact=exact_for(options))


@pytest.mark.parametrize("name", LAYOUTS)
def test_ids_of_every_layout(name):
    ids = LAYOUTS[name]()
    pair = twins()
    ours, builtin = compiled(pair.ours)(ids), pair.builtin(ids)
    same(ours, builtin)
    for vectors in (ours, builtin):
        vectors.backward(slopes_for(vectors))
    same(pair.ours.weight.grad, pair.builtin.weight.grad)


@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16, torch.float16], ids=str)
@pytest.mark.parametrize("id_dtype", [torch.int64, torch.int32], ids=str)
def test_dtypes(id_dtype, dtype):
    pair = twins(random_table(V, D, dtype=dtype))
    call = compiled(pair.ours)
    same(call(IDS.to(id_dtype)), pair.builtin(IDS.to(id_dtype)))
    call(IDS.to(id_dtype)).backward(slopes_for(pair.builtin(IDS)))
    same(pair.ours.weight.grad, gradient(pair.builtin, IDS))


# --- refusals -----------------------------------------------------------------------------------------


@quick_backends
@pytest.mark.parametrize("bad", [-1, V])
@pytest.mark.parametrize("options", [{}, {"sparse": True}, {"padding_idx": 2}, {"max_norm": 0.5}], ids=str)
def test_a_bad_id_is_refused(options, bad, backend):
    layer = twins(**options).ours
    before = layer.weight.detach().clone()
    call = compiled(layer, backend)
    call(torch.zeros(1, 3, dtype=torch.int64))
    before = layer.weight.detach().clone()
    for mode in (torch.enable_grad, torch.no_grad):
        with mode(), pytest.raises(IndexError) as caught:
            call(torch.tensor([[0, 1, bad]]))
        assert str(bad) in str(caught.value)
        assert f"0 to {V - 1}" in str(caught.value)
    assert torch.equal(layer.weight, before)


@quick_backends
@pytest.mark.parametrize("dtype", [torch.float32, torch.bool, torch.uint8, torch.int16], ids=str)
def test_what_is_no_ids_is_refused(dtype, backend):
    ids = torch.tensor([0, 1]).to(dtype)
    for layer in twins():
        with pytest.raises((TypeError, RuntimeError)):
            compiled(layer, backend)(ids)


@quick_backends
@pytest.mark.parametrize("ids", [[0, 1], (0, 1), 1, None], ids=repr)
def test_what_is_no_tensor_is_refused(ids, backend):
    for layer in twins():
        with pytest.raises((TypeError, RuntimeError)):
            compiled(layer, backend)(ids)


def test_scaled_sparse_gradients_are_refused():
    for layer in twins(sparse=True, scale_grad_by_freq=True):
        with pytest.raises(RuntimeError):
            compiled(layer)(IDS).sum().backward()


# --- broken graphs ------------------------------------------------------------------------------------

# where a graph goes on after a break, PyTorch looks at the .grad of the vectors, and warns of itself
broken_graph = pytest.mark.filterwarnings("ignore:The .grad attribute of a Tensor:UserWarning")


def with_breaks(layer):
    """Return a function whose graph breaks before the look-up and after it."""

    def call(ids):
        torch._dynamo.graph_break()
        vectors = layer(ids)
        torch._dynamo.graph_break()
        return vectors * 1

    return call


AROUND = {"the layer alone": lambda layer: layer, "between breaks": with_breaks}
around = pytest.mark.parametrize("wrap", AROUND.values(), ids=AROUND)


@broken_graph
@around
@every_option
@quick_backends
def test_without_fullgraph(backend, options, wrap):
    pair = twins(**options)
    call = torch.compile(wrap(pair.ours), backend=backend)
    for ids in (IDS, IDS[:1].expand(4, 3)):
        (ours, ours_grad), (builtin, builtin_grad) = (
            step(pair.ours, call, ids),
            step(pair.builtin, pair.builtin, ids),
        )
        same(ours, builtin, exact=exact_for(options))
        same(ours_grad, builtin_grad, exact=not options.get("scale_grad_by_freq"))
        same(pair.ours.weight, pair.builtin.weight, exact=exact_for(options))


@broken_graph
@around
def test_sparse_gradients_with_padding_and_inductor(wrap):
    pair = twins(sparse=True, padding_idx=0)
    call = torch.compile(wrap(pair.ours), backend="inductor")
    same(step(pair.ours, call, IDS)[1], step(pair.builtin, pair.builtin, IDS)[1])
    with pytest.raises(IndexError):
        call(torch.tensor([[0, -1, 1]]))


@broken_graph
@pytest.mark.parametrize("bad", [-1, V])
@pytest.mark.parametrize("options", [{}, {"sparse": True, "padding_idx": 2}, {"max_norm": 0.5}], ids=str)
def test_a_bad_id_is_refused_where_compiling_was_given_up(options, bad):
    """After too many compilations the compiler leaves a function to Python, and looks at those inside it."""
    layer = twins(**options).ours
    call = torch.compile(with_breaks(layer), backend="inductor")
    with torch._dynamo.config.patch(recompile_limit=1):
        for size in (2, 3, 4):
            call(torch.zeros(size, size + 1, dtype=torch.int64))
            layer.train(not layer.training)
        before = layer.weight.detach().clone()
        for mode in (torch.enable_grad, torch.no_grad):
            with mode(), pytest.raises(IndexError, match=f"id {bad} at position 1"):
                call(torch.tensor([0, bad]))
    assert torch.equal(layer.weight, before)


# --- recompilations -----------------------------------------------------------------------------------


def graphs(cls, sizes, *, options=None, backward=True, dynamic=None):
    """Return how many graphs were compiled for batches of these sizes."""
    counter = CompileCounterWithBackend("aot_eager")
    torch._dynamo.reset()
    layer = cls(V, D, **(options or {}))
    call = torch.compile(layer, fullgraph=True, backend=counter, dynamic=dynamic)
    for size in sizes:
        ids = torch.arange(size[0] * size[1]).view(size) % V
        if backward:
            call(ids).sum().backward()
        else:
            with torch.no_grad():
                call(ids)
    return counter.frame_count


SIZES = [(2, 3), (3, 3), (4, 3), (9, 3), (2, 3), (5, 7), (64, 9)]


@pytest.mark.parametrize("backward", [True, False], ids=["training", "inference"])
@pytest.mark.parametrize("options", [{}, {"padding_idx": 0}, {"sparse": True}, {"max_norm": 0.5}], ids=str)
def test_no_more_graphs_than_for_nn_embedding(options, backward):
    ours, builtin = (graphs(cls, SIZES, options=options, backward=backward) for cls in (LAYER, ORACLE))
    assert ours <= builtin
    assert ours <= 3


def test_no_more_graphs_than_for_nn_embedding_where_sizes_are_called_dynamic():
    ours, builtin = (graphs(cls, SIZES, dynamic=True) for cls in (LAYER, ORACLE))
    assert ours <= builtin <= 2


def test_a_marked_batch_needs_one_graph():
    counter = CompileCounterWithBackend("aot_eager")
    call = torch.compile(LAYER(V, D), fullgraph=True, backend=counter)
    for size in (2, 3, 17, 64):
        ids = torch.arange(size) % V
        torch._dynamo.mark_dynamic(ids, 0)
        call(ids).sum().backward()
    assert counter.frame_count == 1


def test_training_steps_need_one_graph():
    """A table that an optimiser moves, and gradients that come and go, are no reason to compile anew."""
    for sparse in (False, True):
        counter = CompileCounterWithBackend("aot_eager")
        layer = LAYER(V, D, sparse=sparse)
        call = torch.compile(layer, fullgraph=True, backend=counter)
        optimiser = torch.optim.SGD(layer.parameters(), lr=0.1)
        for _ in range(4):
            optimiser.zero_grad()
            call(IDS).square().sum().backward()
            optimiser.step()
        assert counter.frame_count == 1


# --- in models ----------------------------------------------------------------------------------------


@every_backend
def test_a_model_in_training(backend):
    losses = []
    for cls in (LAYER, ORACLE):
        torch.manual_seed(0)
        model = nn.Sequential(cls(V, D, padding_idx=0), nn.Linear(D, V))
        call = compiled(model, backend if cls is LAYER else "eager")
        optimiser = torch.optim.SGD(model.parameters(), lr=0.1)
        losses.append([])
        for _ in range(4):
            loss = nn.functional.cross_entropy(call(IDS).flatten(0, 1), IDS.flatten())
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            losses[-1].append(loss.item())
    assert losses[0] == pytest.approx(losses[1], rel=1e-4)


@quick_backends
def test_layers_with_other_options_in_one_graph(backend):
    class Both(nn.Module):
        def __init__(self, cls):
            super().__init__()
            self.one = cls(V, D, 1, _weight=random_table(V, D))
            self.two = cls.from_pretrained(
                random_table(V, D, seed=1), padding_idx=0, scale_grad_by_freq=True, freeze=False
            )

        def forward(self, ids):
            return self.one(ids) * self.two(ids.flip(0))

    ours, builtin = Both(LAYER), Both(ORACLE)
    same(compiled(ours, backend)(IDS), builtin(IDS))
    compiled(ours, backend)(IDS).sum().backward()
    builtin(IDS).sum().backward()
    same(ours.one.weight.grad, builtin.one.weight.grad, exact=False)
    same(ours.two.weight.grad, builtin.two.weight.grad, exact=False)


def test_options_set_later_count():
    pair = twins()
    call = compiled(pair.ours)
    for value in (None, 1, 0):
        for layer in pair:
            layer.padding_idx = value
        call(IDS).backward(slopes_for(pair.builtin(IDS)))
        same(pair.ours.weight.grad, gradient(pair.builtin, IDS))
        pair.ours.weight.grad = None


@quick_backends
@every_still_dense_option
def test_transforms_inside(options, backend):
    results = []
    ids = torch.tensor([[0, 1, 2], [2, 2, 5]])
    for layer in twins(**options):

        def per_sample(table, ids, layer=layer):
            loss = grad(lambda table, ids: functional_call(layer, {"weight": table}, (ids,)).square().sum())
            return vmap(loss, in_dims=(None, 0))(table, ids)

        call = compiled(per_sample, backend) if not results else per_sample
        results.append(call(random_table(V, D), ids))
    same(*results, exact=False, strides=False)


@quick_backends
def test_forward_mode_inside(backend):
    results = []
    for layer in twins():

        def pushed(table, tangent, layer=layer):
            return torch.func.jvp(
                lambda table: functional_call(layer, {"weight": table}, (IDS,)), (table,), (tangent,)
            )[1]

        call = compiled(pushed, backend) if not results else pushed
        results.append(call(random_table(V, D), random_table(V, D, seed=1)))
    same(*results)


@quick_backends
def test_jagged_ids(backend):
    ids = torch.nested.nested_tensor([torch.tensor([1, 2, 0]), torch.tensor([2])], layout=torch.jagged)
    pair = twins()
    ours = compiled(pair.ours, backend)(ids)
    assert ours.is_nested
    same(ours.values().detach(), pair.builtin(ids).values().detach())


def test_autocast_inside():
    pair = twins()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        same(compiled(pair.ours)(IDS), pair.builtin(IDS))


def test_a_frozen_table():
    pair = twins(freeze=True)
    same(compiled(pair.ours)(IDS), pair.builtin(IDS))


def test_made_and_used_in_the_graph():
    def make(table, ids):
        return functional_call(layer, {"weight": table * 2}, (ids,)).sum()

    layer = LAYER(V, D)
    table = random_table(V, D).requires_grad_()
    compiled(make)(table, IDS).backward()
    expected = torch.bincount(IDS.flatten(), minlength=V).float().mul(2).unsqueeze(1).expand(V, D)
    assert torch.equal(table.grad, expected)
