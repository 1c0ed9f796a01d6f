"""What `nn.Embedding` does, as a list of small experiments that any layer class can be put through.

Each gets a layer class and returns what it saw: vectors, gradients, the table afterwards, names. Or the layer
raises, which is also something to see.
"""

from __future__ import annotations

import copy
import io
import pickle
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.func import functional_call, grad, jacfwd, jacrev, jvp, vmap
from torch.fx.experimental.proxy_tensor import make_fx
from torch.utils.checkpoint import checkpoint

LayerClass = Callable[..., nn.Module]
"""Called like `nn.Embedding`: the number of rows, the length of a row, then options."""

V, D = 7, 3
IDS = torch.tensor([[1, 2, 0], [2, 6, 2]])
"""Two texts of three ids; id 2 stands in them three times."""

BATCH = torch.tensor([[0, 1], [2, 2], [6, 0]])
"""Three examples of two ids."""


@dataclass(frozen=True)
class Comparison:
    """A small experiment.

    Attributes
    ----------
    group : str
        What it is about.
    name : str
        What is tried, in a few words.
    observe : callable
        Gets a layer class, returns what it saw.
    """

    group: str
    name: str
    observe: Callable[[LayerClass], object]


def _numbers(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def _slopes(vectors: Tensor) -> Tensor:
    """Return one slope for every looked-up number: whole and small, so that sums of them are exact."""
    generator = torch.Generator().manual_seed(1)
    return torch.randint(-4, 5, vectors.shape, generator=generator).to(vectors.dtype)


def _layer(make: LayerClass, *, scale: float = 1.0, **options: object) -> nn.Module:
    """Make a layer of V rows with the same numbers in every class."""
    layer = make(V, D, **options)
    layer.load_state_dict({"weight": scale * _numbers(V, D)})
    return layer


def _gradient(layer: nn.Module, ids: Tensor) -> Tensor | None:
    vectors = layer(ids)
    vectors.backward(_slopes(vectors))
    return layer.weight.grad


def _of_table(layer: nn.Module) -> Callable[[Tensor, Tensor], Tensor]:
    """Return the layer as a function of its table and the ids."""
    return lambda table, ids: functional_call(layer, {"weight": table}, (ids,))


# --- looking up ---------------------------------------------------------------------------------------

_LOOK_UP = {
    "a matrix of ids": lambda make: _layer(make)(IDS),
    "one id, without an axis": lambda make: _layer(make)(torch.tensor(3)),
    "no ids": lambda make: _layer(make)(IDS[:0]),
    "ids of three axes": lambda make: _layer(make)(IDS.view(3, 1, 2)),
    "int32 ids": lambda make: _layer(make)(IDS.int()),
    "expanded ids": lambda make: _layer(make)(torch.tensor([[4]]).expand(3, 2)),
    "memory layout for transposed ids": lambda make: _layer(make)(IDS.T),
    "a table in float64": lambda make: _layer(make).double()(IDS),
    "a table in bfloat16": lambda make: _layer(make).bfloat16()(IDS),
}


def _write_to_the_output(make: LayerClass) -> object:
    layer = _layer(make)
    with torch.no_grad():
        layer(torch.tensor(3)).fill_(9)
    return layer.weight


def _jagged_ids(make: LayerClass) -> object:
    parts = [torch.tensor([1, 2, 0]), torch.tensor([2])]
    vectors = _layer(make)(torch.nested.nested_tensor(parts, layout=torch.jagged))
    return vectors.is_nested, vectors.values().detach(), vectors.offsets()


_LOOK_UP |= {
    "the table after writing into the vector of one id": _write_to_the_output,
    "texts of different lengths (nested ids)": _jagged_ids,
}

# --- refusing -----------------------------------------------------------------------------------------


def _one_among_many(make: LayerClass) -> object:
    ids = torch.zeros(200_000, dtype=torch.int64)
    ids[123_456] = -1
    return _layer(make)(ids)


def _scaled_and_sparse(make: LayerClass) -> object:
    return _gradient(_layer(make, scale_grad_by_freq=True, sparse=True), IDS)


def _train_a_frozen_table(make: LayerClass) -> object:
    return _gradient(make(V, D, _freeze=True), IDS)


def _compiled_bad_id(make: LayerClass) -> object:
    """Take the steps that inductor takes before it writes code; no C++ compiler is needed for them."""
    torch._dynamo.reset()
    call = torch.compile(_layer(make), backend="aot_eager_decomp_partition", fullgraph=True)
    return call(torch.tensor([0, -1]))


_REFUSED = {
    "id −1": lambda make: _layer(make)(torch.tensor([0, -1])),
    "an id too large": lambda make: _layer(make)(torch.tensor([0, V])),
    "an id too large for rows of no numbers": lambda make: make(V, 0)(torch.tensor([0, V])),
    "one bad id among 200,000": _one_among_many,
    "a bad id, compiled": _compiled_bad_id,
    "a mask": lambda make: _layer(make)(torch.tensor([True] * V)),
    "uint8 ids": lambda make: _layer(make)(torch.ones(V, dtype=torch.uint8)),
    "int16 ids": lambda make: _layer(make)(IDS.to(torch.int16)),
    "float ids": lambda make: _layer(make)(IDS.float()),
    "a list": lambda make: _layer(make)([0, 1]),
    "a tuple": lambda make: _layer(make)((0, 1)),
    "a Python number": lambda make: _layer(make)(1),
    "a NumPy array": lambda make: _layer(make)(np.array([0, 1])),
    "None": lambda make: _layer(make)(None),
    "a slice": lambda make: _layer(make)(slice(0, 2)),
    "a negative size": lambda make: make(-1, D),
    "a size of 2.0": lambda make: make(2.0, D),
    "a size of True": lambda make: make(True, D),
    "padding_idx beyond the table": lambda make: make(V, D, padding_idx=V),
    "padding_idx=1.5": lambda make: make(V, D, padding_idx=1.5),
    "a table of another shape": lambda make: make(V, D, _weight=torch.zeros(D, V)),
    "from_pretrained of one axis": lambda make: make.from_pretrained(torch.zeros(V)),
    "frequency scaling of sparse gradients": _scaled_and_sparse,
    "a backward pass through a frozen table": _train_a_frozen_table,
}

# --- making -------------------------------------------------------------------------------------------


def _attributes(make: LayerClass) -> object:
    layer = make(V, D, 2, 0.5, 3.0, True, False)
    names = "num_embeddings embedding_dim padding_idx max_norm norm_type scale_grad_by_freq sparse"
    return [getattr(layer, name) for name in names.split()]


def _frozen(make: LayerClass) -> object:
    one, other = make.from_pretrained(_numbers(V, D)), make.from_pretrained(_numbers(V, D), freeze=False)
    return one.weight, one.weight.requires_grad, other.weight.requires_grad


def _shared(make: LayerClass) -> object:
    given = _numbers(V, D)
    layer = make.from_pretrained(given)
    given[0] = 9
    return layer.weight


def _started_again(make: LayerClass) -> object:
    layer = make(V, D, padding_idx=2)
    layer.reset_parameters()
    return layer.weight


_MADE = {
    "the first numbers, from one seed": lambda make: make(V, D).weight,
    "the first numbers, with padding": lambda make: make(V, D, padding_idx=2).weight,
    "padding_idx=0 starts at zero": lambda make: make(V, D, padding_idx=0).weight,
    "padding counted from the end": lambda make: make(V, D, padding_idx=-1).padding_idx,
    "a table of no rows": lambda make: make(0, D).weight,
    "sizes as NumPy integers": lambda make: make(np.int64(V), np.int32(D)).weight,
    "dtype=torch.float64": lambda make: make(V, D, dtype=torch.float64).weight,
    "device='meta'": lambda make: make(V, D, device="meta").weight,
    "the options' names and order": _attributes,
    "from_pretrained freezes": _frozen,
    "from_pretrained shares memory": _shared,
    "reset_parameters keeps the padding zero": _started_again,
    "what repr says of options": lambda make: make(
        V, D, padding_idx=2, max_norm=1.0, sparse=True
    ).extra_repr(),
    "made with num_embeddings=": lambda make: make(num_embeddings=V, embedding_dim=D).weight,
    "isinstance(layer, nn.Embedding)": lambda make: isinstance(make(V, D), nn.Embedding),
}

# --- gradients ----------------------------------------------------------------------------------------


def _gradient_with(**options: object) -> Callable[[LayerClass], object]:
    return lambda make: _gradient(_layer(make, **options), IDS)


def _second_derivative(make: LayerClass) -> object:
    layer = _layer(make)
    (first,) = torch.autograd.grad(layer(IDS).pow(3).sum(), layer.weight, create_graph=True)
    return torch.autograd.grad(first.square().sum(), layer.weight)


def _forward_mode(**options: object) -> Callable[[LayerClass], object]:
    def observe(make: LayerClass) -> object:
        look_up = _of_table(_layer(make, **options))
        return jvp(lambda table: look_up(table, IDS), (_numbers(V, D),), (_numbers(V, D, seed=2),))

    return observe


def _refilled(make: LayerClass) -> object:
    layer, ids = _layer(make, sparse=True), torch.tensor([1, 2, 3])
    layer(ids).square().sum().backward()
    ids.fill_(0)
    return layer.weight.grad


_GRADIENTS = {
    "repeated ids": _gradient_with(),
    "one id": lambda make: _gradient(_layer(make), torch.tensor(3)),
    "no ids, no slope": lambda make: _gradient(_layer(make), IDS[:0]),
    "padding": _gradient_with(padding_idx=2),
    "padding_idx=0": _gradient_with(padding_idx=0),
    "padding, counted from the end": _gradient_with(padding_idx=-1),
    "scaled by frequency": _gradient_with(scale_grad_by_freq=True),
    "scaled by frequency, with padding": _gradient_with(scale_grad_by_freq=True, padding_idx=1),
    "sparse": _gradient_with(sparse=True),
    "sparse, with padding": _gradient_with(sparse=True, padding_idx=2),
    "second derivatives": _second_derivative,
    "forward mode": _forward_mode(),
    "forward mode, which ignores padding": _forward_mode(padding_idx=2),
    "a sparse gradient after its ids were refilled": _refilled,
}

# --- max_norm -----------------------------------------------------------------------------------------


def _table_after(*, training: bool = True, **options: object) -> Callable[[LayerClass], object]:
    def observe(make: LayerClass) -> object:
        layer = _layer(make, scale=2, **options).train(training)
        with torch.no_grad():
            return layer(IDS), layer.weight

    return observe


def _shortened_then_refused(make: LayerClass) -> object:
    layer = _layer(make, scale=2, max_norm=0.5)
    try:
        layer(torch.tensor([0, 1, V]))
    except (IndexError, RuntimeError):
        return layer.weight
    return "not refused"


_MAX_NORM = {
    "the table afterwards": _table_after(max_norm=0.5),
    "in evaluation mode": _table_after(max_norm=0.5, training=False),
    "norm_type=1": _table_after(max_norm=0.5, norm_type=1.0),
    "max_norm=0.0": _table_after(max_norm=0.0),
    "short rows stay": _table_after(max_norm=50.0),
    "with padding": _table_after(max_norm=0.5, padding_idx=2),
    "the gradient": lambda make: _gradient(_layer(make, scale=2, max_norm=0.5), IDS),
    "the table after a bad id was refused": _shortened_then_refused,
}

# --- living -------------------------------------------------------------------------------------------


def _saved(value: object) -> object:
    buffer = io.BytesIO()
    torch.save(value, buffer)
    buffer.seek(0)
    return torch.load(buffer, weights_only=True)


def _handed_over(make: LayerClass) -> object:
    builtin = nn.Embedding(V, D)
    return str(builtin.load_state_dict(make(V, D).state_dict())), builtin(IDS)


def _taken_over(make: LayerClass) -> object:
    layer = make(V, D)
    return str(layer.load_state_dict(nn.Embedding(V, D).state_dict())), layer(IDS)


def _copied(how: Callable[[nn.Module], nn.Module]) -> Callable[[LayerClass], object]:
    def observe(make: LayerClass) -> object:
        layer = _layer(make)
        twin = how(layer)
        with torch.no_grad():
            layer.weight.zero_()
        return type(twin) is type(layer), twin(IDS)

    return observe


def _from_meta(make: LayerClass) -> object:
    layer = make(V, D, padding_idx=2, device="meta").to_empty(device="cpu")
    torch.manual_seed(0)
    layer.reset_parameters()
    return layer.weight


_LIFE = {
    "its state dict in nn.Embedding": _handed_over,
    "the state dict of nn.Embedding in it": _taken_over,
    "torch.save, and load with weights_only": lambda make: list(_saved(_layer(make).state_dict()).items()),
    "deepcopy": _copied(copy.deepcopy),
    "pickle": _copied(lambda layer: pickle.loads(pickle.dumps(layer))),
    "from the meta device to memory": _from_meta,
    "share_memory_": lambda make: make(V, D).share_memory().weight.is_shared(),
}

# --- transforming -------------------------------------------------------------------------------------


def _squares(layer: nn.Module) -> Callable[[Tensor, Tensor], Tensor]:
    look_up = _of_table(layer)
    return lambda table, ids: look_up(table, ids).square().sum()


def _gradient_over_tables_and_ids(**options: object) -> Callable[[LayerClass], object]:
    def observe(make: LayerClass) -> object:
        tables = _numbers(3, V, D).requires_grad_()
        vmap(_squares(_layer(make, **options)))(tables, BATCH).sum().backward()
        return tables.grad

    return observe


def _gradient_over_ids(**options: object) -> Callable[[LayerClass], object]:
    def observe(make: LayerClass) -> object:
        table = _numbers(V, D).requires_grad_()
        vmap(_squares(_layer(make, **options)), in_dims=(None, 0))(table, BATCH).sum().backward()
        return table.grad

    return observe


def _bad_id_for_the_second_table(make: LayerClass) -> object:
    return vmap(_of_table(_layer(make)))(_numbers(2, V, D), torch.tensor([[0, 1], [-1, 2]]))


def _jacobian(transform: Callable) -> Callable[[LayerClass], object]:
    def observe(make: LayerClass) -> object:
        look_up = _of_table(_layer(make))
        return transform(lambda table: look_up(table, IDS))(_numbers(V, D)).contiguous()

    return observe


def _traced(make: LayerClass) -> object:
    graph = make_fx(grad(_squares(_layer(make))), tracing_mode="symbolic")(_numbers(V, D), IDS)
    return graph(_numbers(V, D, seed=3), BATCH)


def _compiled(**options: object) -> Callable[[LayerClass], object]:
    def observe(make: LayerClass) -> object:
        torch._dynamo.reset()
        layer = _layer(make, **options)
        call = torch.compile(layer, backend="aot_eager", fullgraph=True)
        vectors = call(IDS)
        vectors.backward(_slopes(vectors))
        return vectors, layer.weight.grad, layer.weight

    return observe


def _exported(make: LayerClass) -> object:
    batch = ({0: torch.export.Dim("batch")},)
    program = torch.export.export(_layer(make), (BATCH,), dynamic_shapes=batch)
    return program.module()(torch.tensor([[5, 5], [0, 1], [2, 6], [4, 4]]))


def _autocast(make: LayerClass) -> object:
    with torch.autocast("cpu", dtype=torch.bfloat16):
        return _layer(make)(IDS)


def _checkpointed(make: LayerClass) -> object:
    layer = _layer(make)
    checkpoint(lambda ids: layer(ids).square(), IDS, use_reentrant=False).sum().backward()
    return layer.weight.grad


_TRANSFORMS = {
    "functional_call": lambda make: _of_table(_layer(make))(_numbers(V, D, seed=3), IDS),
    "vmap over ids": lambda make: vmap(_layer(make))(BATCH).contiguous(),
    "vmap over tables": lambda make: vmap(_of_table(_layer(make)), in_dims=(0, None))(
        _numbers(3, V, D), IDS
    ).contiguous(),
    "vmap over tables and ids": lambda make: vmap(_of_table(_layer(make)))(
        _numbers(3, V, D), BATCH
    ).contiguous(),
    "a gradient for each example": lambda make: vmap(grad(_squares(_layer(make))), in_dims=(None, 0))(
        _numbers(V, D), BATCH
    ),
    "gradients through vmap over tables and ids": _gradient_over_tables_and_ids(),
    "gradients through vmap over tables and ids, padding": _gradient_over_tables_and_ids(padding_idx=2),
    "gradients through vmap over ids, scaled by frequency": _gradient_over_ids(scale_grad_by_freq=True),
    "vmap over tables and ids, one of them −1": _bad_id_for_the_second_table,
    "jacrev": _jacobian(jacrev),
    "jacfwd": _jacobian(jacfwd),
    "make_fx": _traced,
    "torch.compile": _compiled(),
    "torch.compile, padding and max_norm": _compiled(padding_idx=2, max_norm=0.8),
    "torch.export, batch of any size": _exported,
    "autocast": _autocast,
    "activation checkpointing": _checkpointed,
}

COMPARISONS = tuple(
    Comparison(group, name, observe)
    for group, experiments in {
        "look-up": _LOOK_UP,
        "refused": _REFUSED,
        "made": _MADE,
        "gradient": _GRADIENTS,
        "max_norm": _MAX_NORM,
        "saved and copied": _LIFE,
        "transformed": _TRANSFORMS,
    }.items()
    for name, experiment in experiments.items()
    for observe in [experiment]
)
"""All experiments, group by group."""
