"""The life of a layer: made, started, saved, loaded, copied, moved, shared, wrapped, trained."""

import copy
import io
import pickle
from multiprocessing.reduction import ForkingPickler

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils import parametrizations, parametrize, prune, skip_init

from .twins import (
    IDS,
    LAYER,
    ORACLE,
    D,
    V,
    every_option,
    gradient,
    random_table,
    same,
    slopes_for,
    twins,
)

FLOATS = [torch.float64, torch.float32, torch.float16, torch.bfloat16]


PADDINGS = [{}, {"padding_idx": 2}, {"padding_idx": 0}, {"padding_idx": -1}]


def saved_and_loaded(value, **options):
    buffer = io.BytesIO()
    torch.save(value, buffer)
    buffer.seek(0)
    return torch.load(buffer, **options)


# --- what it is ---------------------------------------------------------------------------------------


def test_it_is_known_as_an_nn_embedding_and_has_every_method_of_its_own():
    assert isinstance(LAYER(V, D), nn.Embedding)
    methods = {name for name, part in vars(nn.Embedding).items() if callable(getattr(part, "__func__", part))}
    assert methods <= set(vars(LAYER))


THEIRS = {
    "aten::embedding",
    "aten::embedding_backward",
    "aten::embedding_dense_backward",
    "aten::embedding_sparse_backward",
    "aten::embedding_renorm_",
    "aten::_embedding_bag",
    "aten::embedding_bag",
}


def calls(function):
    with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CPU]) as profile:
        function()
    return {event.key for event in profile.key_averages()}


@every_option
def test_it_does_its_own_work(options):
    def work(layer):
        layer(IDS).square().sum().backward()
        with torch.no_grad():
            layer(IDS)

    pair = twins(**options)
    assert THEIRS & calls(lambda: work(pair.builtin))  # so the profiler would see them
    assert not THEIRS & calls(lambda: work(pair.ours))


def test_it_calls_no_function_of_theirs(monkeypatch):
    def forbidden(*arguments, **options):
        raise AssertionError("the layer leaves its work to PyTorch's")

    for place, name in [
        (F, "embedding"),
        (torch, "embedding"),
        (torch, "embedding_renorm_"),
        (F, "embedding_bag"),
    ]:
        monkeypatch.setattr(place, name, forbidden)
    for options in ({}, {"sparse": True}, {"max_norm": 1.0, "padding_idx": 0}):
        layer = LAYER(V, D, **options)
        layer(IDS).sum().backward()


def test_one_parameter_and_no_buffer():
    pair = twins()
    for layer in pair:
        assert [name for name, _ in layer.named_parameters()] == ["weight"]
        assert list(layer.named_buffers()) == []
        assert list(layer.children()) == []
        assert list(layer.state_dict()) == ["weight"]
        assert type(layer.weight) is nn.Parameter
        assert layer.weight.is_leaf
        assert layer.training


# --- made ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [None, *FLOATS, torch.complex64], ids=str)
@pytest.mark.parametrize(
    "options", [{}, {"padding_idx": 2}, {"padding_idx": 0}, {"padding_idx": -1}], ids=str
)
def test_it_starts_from_the_same_numbers(options, dtype):
    tables, states = [], []
    for cls in (LAYER, ORACLE):
        torch.manual_seed(3)
        tables.append(cls(V, D, dtype=dtype, **options).weight)
        states.append(torch.get_rng_state())
    same(*tables)
    assert torch.equal(*states)


def test_it_starts_from_a_standard_normal_distribution():
    torch.manual_seed(0)
    table = LAYER(1000, 64).weight
    assert abs(table.mean()) < 0.02
    assert abs(table.std() - 1) < 0.02


def test_the_default_dtype_and_device_are_heeded():
    torch.set_default_dtype(torch.float64)
    try:
        assert LAYER(V, D).weight.dtype == ORACLE(V, D).weight.dtype == torch.float64
    finally:
        torch.set_default_dtype(torch.float32)
    with torch.device("meta"):
        assert LAYER(V, D).weight.is_meta
    assert LAYER(V, D, device="meta", dtype=torch.bfloat16).weight.dtype == torch.bfloat16
    assert LAYER(V, D, device=torch.device("cpu")).weight.device.type == "cpu"


@pytest.mark.parametrize("freeze", [False, True])
def test_a_drawn_table_may_start_frozen(freeze):
    for cls in (LAYER, ORACLE):
        assert cls(V, D, _freeze=freeze).weight.requires_grad is not freeze


@pytest.mark.parametrize(
    "options", [{}, {"padding_idx": 2}, {"padding_idx": 0}, {"padding_idx": -1}], ids=str
)
def test_starting_anew(options):
    pair = twins(**options)
    for layer in pair:
        parameter = layer.weight
        torch.manual_seed(4)
        assert layer.reset_parameters() is None
        assert layer.weight is parameter
        assert layer.weight.requires_grad
        assert layer.weight.is_leaf
    same(pair.ours.weight, pair.builtin.weight)
    if options:
        assert not pair.ours.weight[options["padding_idx"]].any()


def test_a_frozen_table_starts_anew():
    pair = twins(freeze=True, padding_idx=1)
    for layer in pair:
        torch.manual_seed(4)
        layer.reset_parameters()
    same(pair.ours.weight, pair.builtin.weight)


def test_a_given_table_is_taken_as_it_is():
    for cls in (LAYER, ORACLE):
        table = random_table(V, D)
        layer = cls(V, D, padding_idx=2, _weight=table, dtype=torch.float64, device="meta")
        assert layer.weight.data_ptr() == table.data_ptr()
        assert layer.weight.dtype == torch.float32
        assert layer.weight[2].any()
        assert layer.weight.requires_grad


@pytest.mark.parametrize("freeze", [False, True])
def test_a_given_parameter(freeze):
    for cls in (LAYER, ORACLE):
        table = nn.Parameter(random_table(V, D))
        layer = cls(V, D, _weight=table, _freeze=freeze)
        assert layer.weight.requires_grad is not freeze
        assert table.requires_grad
        assert layer.weight.data_ptr() == table.data_ptr()
        assert (layer.weight is table) is False


def test_a_given_table_with_a_history():
    for cls in (LAYER, ORACLE):
        table = random_table(V, D).requires_grad_() * 2
        layer = cls(V, D, _weight=table)
        assert layer.weight.is_leaf
        assert torch.equal(layer.weight, table)


@pytest.mark.parametrize("freeze", [None, True, False])
@every_option
def test_from_pretrained(options, freeze):
    arguments = options if freeze is None else {**options, "freeze": freeze}
    ours, builtin = (cls.from_pretrained(random_table(V, D), **arguments) for cls in (LAYER, ORACLE))
    assert type(ours) is LAYER
    same(ours.weight, builtin.weight)
    assert ours.weight.requires_grad is (freeze is False)
    assert repr(ours) == repr(builtin).replace("Embedding(", f"{LAYER.__name__}(", 1)
    same(ours(IDS), builtin(IDS), exact="max_norm" not in options)
    if freeze is False:
        same(gradient(ours, IDS), gradient(builtin, IDS), exact=not options.get("scale_grad_by_freq"))


def test_from_pretrained_by_position():
    arguments = (random_table(V, D), False, 1, 5.0, 1.0, True, False)
    ours, builtin = (cls.from_pretrained(*arguments) for cls in (LAYER, ORACLE))
    assert ours.extra_repr() == builtin.extra_repr()
    assert ours.weight.requires_grad


def test_from_pretrained_shares_the_table():
    for cls in (LAYER, ORACLE):
        table = random_table(V, D)
        layer = cls.from_pretrained(table, padding_idx=2)
        assert layer.weight.data_ptr() == table.data_ptr()
        assert table[2].any()
        table.zero_()
        assert not layer(IDS).any()


@pytest.mark.parametrize("dtype", [*FLOATS, torch.complex64, torch.int64], ids=str)
def test_from_pretrained_keeps_the_dtype(dtype):
    for cls in (LAYER, ORACLE):
        assert cls.from_pretrained((3 * random_table(V, D)).to(dtype))(IDS).dtype == dtype


@pytest.mark.parametrize("shape", [(0, D), (V, 0), (1, 1)], ids=str)
def test_from_pretrained_of_odd_sizes(shape):
    ours, builtin = (cls.from_pretrained(random_table(*shape)) for cls in (LAYER, ORACLE))
    assert ours.extra_repr() == builtin.extra_repr()
    same(ours(IDS[:0]), builtin(IDS[:0]))


def test_from_pretrained_makes_the_subclass_it_is_called_on():
    class Mine(LAYER):
        pass

    assert type(Mine.from_pretrained(random_table(V, D))) is Mine


def test_skip_init():
    for cls in (LAYER, ORACLE):
        torch.manual_seed(0)
        before = torch.get_rng_state()
        layer = skip_init(cls, V, D, padding_idx=1, dtype=torch.float64)
        assert torch.equal(torch.get_rng_state(), before)
        assert layer.weight.device.type == "cpu"
        assert layer.weight.dtype == torch.float64
        assert layer.weight.shape == (V, D)
        assert layer.padding_idx == 1
        assert layer(IDS).shape == (2, 3, D)


@every_option
def test_from_meta_to_memory(options):
    layers = []
    for cls in (LAYER, ORACLE):
        layer = cls(V, D, device="meta", **options)
        assert layer.weight.is_meta
        assert layer(IDS.to("meta")).is_meta
        assert layer.to_empty(device="cpu") is layer
        torch.manual_seed(5)
        layer.reset_parameters()
        layers.append(layer)
    same(layers[0].weight, layers[1].weight)
    same(layers[0](IDS), layers[1](IDS), exact="max_norm" not in options)


def test_from_meta_by_loading():
    for cls in (LAYER, ORACLE):
        layer = cls(V, D, device="meta")
        layer.load_state_dict({"weight": random_table(V, D)}, assign=True)
        assert type(layer.weight) is nn.Parameter
        assert layer.weight.requires_grad
        assert torch.equal(layer(IDS), random_table(V, D)[IDS])


# --- saved, loaded, copied ----------------------------------------------------------------------------


@pytest.mark.parametrize("assign", [False, True])
@every_option
def test_state_goes_both_ways(options, assign):
    ours, builtin = LAYER(V, D, **options), ORACLE(V, D, **options)
    report = builtin.load_state_dict(ours.state_dict(), assign=assign)
    assert not report.missing_keys
    assert not report.unexpected_keys
    assert torch.equal(builtin.weight, ours.weight)
    other = ORACLE(V, D, **options)
    ours.load_state_dict(other.state_dict(), assign=assign)
    assert torch.equal(ours.weight, other.weight)
    same(ours(IDS), other(IDS), exact="max_norm" not in options)


def test_loading_does_not_zero_the_padding_row():
    pair = twins(padding_idx=2)
    for layer in pair:
        layer.load_state_dict({"weight": torch.ones(V, D)})
        assert layer.weight[2].all()


def test_state_of_a_model_goes_both_ways():
    def model(cls):
        return nn.ModuleDict({"word": cls(V, D), "rest": nn.Linear(D, 2)})

    ours, builtin = model(LAYER), model(ORACLE)
    assert list(ours.state_dict()) == list(builtin.state_dict())
    ours.load_state_dict(builtin.state_dict())
    assert torch.equal(ours["word"].weight, builtin["word"].weight)


@pytest.mark.parametrize("shape", [(V + 1, D), (V, D + 1), (V,)], ids=str)
def test_state_of_another_shape_is_not_loaded(shape):
    for layer in twins():
        with pytest.raises(RuntimeError, match="size mismatch for weight"):
            layer.load_state_dict({"weight": torch.zeros(shape)})


@pytest.mark.parametrize(
    "state", [{}, {"weight": torch.zeros(V, D), "bias": torch.zeros(1)}], ids=["less", "more"]
)
def test_state_that_lacks_or_exceeds_is_not_loaded(state):
    for layer in twins():
        with pytest.raises(RuntimeError, match="key"):
            layer.load_state_dict(state)


@every_option
def test_a_saved_state(options):
    layer = LAYER(V, D, **options)
    state = saved_and_loaded(layer.state_dict(), weights_only=True)
    assert list(state) == ["weight"]
    for cls in (LAYER, ORACLE):
        loaded = cls(V, D, **options)
        loaded.load_state_dict(state)
        assert torch.equal(loaded.weight, layer.weight)


def attributes(layer):
    return {name: value for name, value in vars(layer).items() if not name.startswith("_")}


COPIES = {
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "pickle": lambda layer: pickle.loads(pickle.dumps(layer)),
    "pickle_0": lambda layer: pickle.loads(pickle.dumps(layer, protocol=2)),
    "torch_save": lambda layer: saved_and_loaded(layer, weights_only=False),
}


@every_option
@pytest.mark.parametrize("make", COPIES.values(), ids=COPIES)
def test_copies(make, options):
    pair = twins(**options)
    pair.ours(IDS).sum().backward()
    copied = make(pair.ours)
    assert type(copied) is LAYER
    assert attributes(copied) == attributes(pair.ours)
    assert repr(copied) == repr(pair.ours)
    assert torch.equal(copied.weight, pair.ours.weight)
    assert copied.weight.requires_grad
    same(copied(IDS), pair.builtin(IDS), exact="max_norm" not in options)
    same(gradient(copied, IDS), gradient(pair.builtin, IDS), exact=not options.get("scale_grad_by_freq"))


@pytest.mark.parametrize("name", [name for name in COPIES if name != "copy"])
def test_copies_are_on_their_own(name):
    layer = LAYER(V, D)
    copied = COPIES[name](layer)
    with torch.no_grad():
        copied.weight.zero_()
    copied.padding_idx = 1
    assert layer.weight.all()
    assert layer.padding_idx is None


def test_a_saved_layer_refers_to_no_more_classes_than_pytorch_s():
    """So it loads with `weights_only=True` as soon as the class itself is allowed."""
    needed = []
    for layer in twins(padding_idx=1):
        buffer = io.BytesIO()
        torch.save(layer, buffer)
        buffer.seek(0)
        needed.append(set(torch.serialization.get_unsafe_globals_in_checkpoint(buffer)))
    own, theirs = (f"{cls.__module__}.{cls.__qualname__}" for cls in (LAYER, ORACLE))
    assert needed[0] - {own} <= needed[1] - {theirs}


# --- moved, shared ------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", FLOATS, ids=str)
def test_to_another_dtype(dtype):
    pair = twins(padding_idx=2)
    for layer in pair:
        assert layer.to(dtype) is layer
    same(pair.ours.weight, pair.builtin.weight)
    same(pair.ours(IDS), pair.builtin(IDS))
    same(gradient(pair.ours, IDS), gradient(pair.builtin, IDS))
    pair.ours.half().bfloat16().double().float()
    assert pair.ours(IDS).dtype == torch.float32


def test_ids_are_not_cast_with_the_layer():
    layer = LAYER(V, D).half()
    assert layer(IDS.int()).dtype == torch.float16


def test_to_another_device():
    layer = LAYER(V, D).to("meta")
    assert layer.weight.is_meta
    with pytest.raises(NotImplementedError):
        layer.to("cpu")


def test_shared_memory():
    for layer in (*twins(), nn.Sequential(LAYER(V, D))):
        weight = next(layer.parameters())
        assert not weight.is_shared()
        assert layer.share_memory() is layer
        assert weight.is_shared()
        assert layer(IDS).shape == (2, 3, D)
        layer(IDS).sum().backward()
        with torch.no_grad():
            weight.share_memory_().zero_()
        assert not layer(IDS).any()
    other = ForkingPickler.loads(ForkingPickler.dumps(twins().ours.share_memory()))
    assert other.weight.is_shared()


def test_apply_and_named_modules():
    model = nn.Sequential(LAYER(V, D), nn.Linear(D, D))
    seen = []
    model.apply(lambda module: seen.append(type(module)))
    assert seen == [LAYER, nn.Linear, nn.Sequential]


def test_tied_tables():
    pair = twins()
    for layer in pair:
        output = nn.Linear(D, V, bias=False)
        output.weight = layer.weight
        model = nn.Sequential(layer, output)
        assert len(list(model.parameters())) == 1
        model(IDS).logsumexp(-1).sum().backward()
    same(pair.ours.weight.grad, pair.builtin.weight.grad, exact=False)


# --- wrapped ------------------------------------------------------------------------------------------


class Doubled(nn.Module):
    def forward(self, table):
        return 2 * table


@every_option
def test_a_parametrised_table(options):
    pair = twins(**options)
    for layer in pair:
        parametrize.register_parametrization(layer, "weight", Doubled())
        layer(IDS).square().sum().backward()
    same(pair.ours(IDS), pair.builtin(IDS), exact=False)
    ours, builtin = (layer.parametrizations.weight.original for layer in pair)
    same(ours, builtin)
    same(ours.grad, builtin.grad, exact=False)
    for layer in pair:
        with parametrize.cached():
            layer(IDS)
        parametrize.remove_parametrizations(layer, "weight")
    same(pair.ours.weight, pair.builtin.weight, exact=False)
    same(pair.ours(IDS), pair.builtin(IDS), exact=False)


@pytest.mark.parametrize("name", ["weight_norm", "orthogonal", "spectral_norm"])
def test_pytorch_s_parametrisations(name):
    pair = twins()
    for layer in pair:
        torch.manual_seed(0)
        getattr(parametrizations, name)(layer)
        layer(IDS).square().sum().backward()
    same(pair.ours(IDS), pair.builtin(IDS), exact=False)
    for ours, builtin in zip(pair.ours.parameters(), pair.builtin.parameters(), strict=True):
        same(ours, builtin)
        same(ours.grad, builtin.grad, exact=False)


def test_pruning():
    pair = twins()
    for layer in pair:
        torch.manual_seed(0)
        prune.random_unstructured(layer, "weight", amount=0.5)
        layer(IDS).square().sum().backward()
    same(pair.ours(IDS), pair.builtin(IDS))
    same(pair.ours.weight_orig.grad, pair.builtin.weight_orig.grad, exact=False)


def test_subclasses():
    class Scaled(LAYER):
        def __init__(self, *arguments, scale=2.0, **options):
            super().__init__(*arguments, **options)
            self.scale = scale

        def forward(self, ids):
            return super().forward(ids) * self.scale

    layer = Scaled(V, D, padding_idx=1, scale=3.0)
    assert torch.equal(layer(IDS), 3 * layer.weight[IDS])
    assert repr(layer) == f"Scaled({V}, {D}, padding_idx=1)"


def test_a_subclass_that_starts_otherwise():
    class Small(LAYER):
        def reset_parameters(self):
            nn.init.constant_(self.weight, 0.5)

    class SmallBuiltin(ORACLE):
        def reset_parameters(self):
            nn.init.constant_(self.weight, 0.5)

    same(Small(V, D, padding_idx=0).weight, SmallBuiltin(V, D, padding_idx=0).weight)


# --- hooks --------------------------------------------------------------------------------------------


def test_forward_hooks():
    layer = LAYER(V, D)
    layer.register_forward_pre_hook(lambda module, arguments: (arguments[0] + 1,))
    layer.register_forward_hook(lambda module, arguments, vectors: vectors * 2)
    assert torch.equal(layer(torch.tensor([0, 1])), 2 * layer.weight[[1, 2]])


@pytest.mark.filterwarnings("ignore:Full backward hook is firing:UserWarning")
def test_backward_hooks():
    pair = twins()
    seen = []
    for layer in pair:
        layer.register_full_backward_hook(lambda module, inputs, outputs: seen.append((inputs, outputs)))
        layer.register_full_backward_pre_hook(lambda module, outputs: (outputs[0] * 2,))
        layer(IDS).sum().backward()
    assert seen[0][0] == seen[1][0] == (None,)
    assert torch.equal(seen[0][1][0], seen[1][1][0])
    same(pair.ours.weight.grad, pair.builtin.weight.grad)


@every_option
def test_hooks_on_the_table_s_gradient(options):
    pair = twins(**options)
    seen = []
    for layer in pair:
        layer.weight.register_hook(lambda rows: rows * 3)
        layer.weight.register_post_accumulate_grad_hook(lambda weight: seen.append(weight.grad))
        vectors = layer(IDS)
        vectors.backward(slopes_for(vectors))
    same(seen[0], seen[1], exact=not options.get("scale_grad_by_freq"))
    assert seen[0] is pair.ours.weight.grad


def test_hooks_on_the_vectors():
    pair = twins()
    seen = []
    for layer in pair:
        vectors = layer(IDS)
        vectors.retain_grad()
        vectors.register_hook(lambda slopes: seen.append(slopes.clone()) or slopes * 2)
        vectors.square().sum().backward()
        seen.append(vectors.grad)
    assert torch.equal(seen[0], seen[2])
    assert torch.equal(seen[1], seen[3])
    same(pair.ours.weight.grad, pair.builtin.weight.grad, exact=False)


# --- trained ------------------------------------------------------------------------------------------

OPTIMISERS = {
    "SGD": lambda p: torch.optim.SGD(p, lr=0.1),
    "momentum": lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9),
    "Adagrad": lambda p: torch.optim.Adagrad(p, lr=0.1),
    "Adam": lambda p: torch.optim.Adam(p, lr=0.1),
    "AdamW": lambda p: torch.optim.AdamW(p, lr=0.1, weight_decay=0.1),
    "RMSprop": lambda p: torch.optim.RMSprop(p, lr=0.1),
}
SPARSE_OPTIMISERS = {
    **{name: OPTIMISERS[name] for name in ("SGD", "momentum", "Adagrad")},
    "SparseAdam": lambda p: torch.optim.SparseAdam(p, lr=0.1),
}


def train(layer, optimiser, steps=12):
    """Return the losses of a little training: each id's vector is to point to a place of its own."""
    targets = random_table(V, D, seed=8)
    losses = []
    for step in range(steps):
        ids = torch.tensor([[step % V, 2, 2], [(5 * step) % V, 0, (step + 1) % V]])
        optimiser.zero_grad()
        loss = (layer(ids) - targets[ids]).square().mean()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    return losses


@pytest.mark.parametrize("make", OPTIMISERS.values(), ids=OPTIMISERS)
@pytest.mark.parametrize(
    "options", [{}, {"padding_idx": 2}, {"scale_grad_by_freq": True}, {"max_norm": 1.0}], ids=str
)
def test_training_takes_the_same_course(options, make):
    pair = twins(**options)
    ours, builtin = (train(layer, make(layer.parameters())) for layer in pair)
    assert ours == pytest.approx(builtin, rel=1e-4)
    torch.testing.assert_close(pair.ours.weight, pair.builtin.weight, rtol=1e-3, atol=1e-4)


@pytest.mark.filterwarnings("ignore:Sparse invariant checks:UserWarning")  # Adagrad makes sparse tensors
@pytest.mark.parametrize("make", SPARSE_OPTIMISERS.values(), ids=SPARSE_OPTIMISERS)
@pytest.mark.parametrize("options", [{}, {"padding_idx": 2}, {"max_norm": 1.0}], ids=str)
def test_training_with_sparse_gradients_takes_the_same_course(options, make):
    pair = twins(sparse=True, **options)
    ours, builtin = (train(layer, make(layer.parameters())) for layer in pair)
    assert ours == pytest.approx(builtin, rel=1e-4)
    torch.testing.assert_close(pair.ours.weight, pair.builtin.weight, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("make", [OPTIMISERS["Adam"], OPTIMISERS["AdamW"], OPTIMISERS["RMSprop"]])
def test_optimisers_that_take_no_sparse_gradients(make):
    for layer in twins(sparse=True):
        with pytest.raises(RuntimeError, match="sparse gradients"):
            train(layer, make(layer.parameters()))


def test_clipping_dense_gradients():
    pair = twins()
    norms = []
    for layer in pair:
        layer(IDS).square().sum().backward()
        norms.append(nn.utils.clip_grad_norm_(layer.parameters(), 0.1))
    torch.testing.assert_close(*norms)
    same(pair.ours.weight.grad, pair.builtin.weight.grad, exact=False)


def test_zeroing_gradients():
    for sparse in (False, True):
        pair = twins(sparse=sparse)
        for layer in pair:
            layer(IDS).sum().backward()
            layer.zero_grad(set_to_none=False)
            assert not layer.weight.grad.to_dense().any()
            layer(IDS).sum().backward()
        same(pair.ours.weight.grad, pair.builtin.weight.grad)


class Model(nn.Module):
    """A model written for `nn.Embedding`, for the layer to be swapped into."""

    def __init__(self, cls):
        super().__init__()
        torch.manual_seed(0)
        self.words = cls(V, 8, padding_idx=0)
        self.places = cls(4, 8)
        self.read = nn.GRU(self.words.embedding_dim, 8, batch_first=True)
        self.judge = nn.Linear(8, self.words.num_embeddings)

    def forward(self, ids):
        vectors = self.words(ids) + self.places(torch.arange(ids.shape[1], device=ids.device))
        states, _ = self.read(vectors * (ids != self.words.padding_idx).unsqueeze(-1))
        return self.judge(states)


def test_a_model_with_the_layer_swapped_in():
    losses = []
    for cls in (LAYER, ORACLE):
        model = Model(cls)
        optimiser = torch.optim.Adam(model.parameters(), lr=0.01)
        generator = torch.Generator().manual_seed(1)
        losses.append([])
        for _ in range(15):
            ids = torch.randint(V, (5, 4), generator=generator)
            loss = F.cross_entropy(model(ids)[:, :-1].flatten(0, 1), ids[:, 1:].flatten(), ignore_index=0)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            losses[-1].append(loss.item())
    assert losses[0] == pytest.approx(losses[1], rel=1e-5)
    assert losses[0][-1] < losses[0][0]
