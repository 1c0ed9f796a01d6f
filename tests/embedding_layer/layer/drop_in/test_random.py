"""Every option and input drawn at random: all that can be observed, there and back, is compared."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

import pytest
import torch
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st
from torch import Tensor
from torch.func import functional_call, grad, jvp, vmap

from .twins import attempt, random_table, same, torch_s_own_warnings, twins

pytestmark = [
    torch_s_own_warnings,
    pytest.mark.filterwarnings("ignore:grad and param do not obey the gradient layout contract:UserWarning"),
    pytest.mark.filterwarnings("ignore:Casting complex values to real:UserWarning"),  # a 0-norm of one column
]
quick = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

FLOATS = [torch.float32, torch.float64, torch.bfloat16, torch.float16]


@dataclass
class Case:
    """A drawn table with options, drawn ids, and the slopes to send back."""

    table: Tensor
    options: dict[str, Any]
    ids: Tensor
    slopes: Tensor
    mode: str

    @property
    def exact(self) -> bool:
        """Tell whether the two layers must agree to the bit: where neither divides."""
        return "max_norm" not in self.options

    @property
    def exact_gradient(self) -> bool:
        return not self.options.get("scale_grad_by_freq")


@st.composite
def layouts(draw, shape, make):
    """Draw a memory layout, and return what `make` gives for a shape in that layout."""
    kind = draw(st.sampled_from(["contiguous", "turned", "spaced", "expanded", "offset"]))
    if kind == "turned":
        axes = draw(st.permutations(range(len(shape))))
        back = [axes.index(axis) for axis in range(len(shape))]
        return make([shape[axis] for axis in axes]).permute(back)
    if kind == "spaced" and shape:
        return make([*shape[:-1], 2 * shape[-1]])[..., ::2]
    if kind == "expanded" and shape:
        axis = draw(st.integers(0, len(shape) - 1))
        return make([1 if i == axis else size for i, size in enumerate(shape)]).expand(shape)
    if kind == "offset" and shape:
        return make([shape[0] + 2, *shape[1:]])[2:]
    return make(shape)


@st.composite
def all_options(draw, vocab_size, width):
    options: dict[str, Any] = {}
    if vocab_size and draw(st.booleans()):
        options["padding_idx"] = draw(st.integers(-vocab_size, vocab_size - 1))
    if draw(st.integers(0, 2)) == 0:
        options["max_norm"] = draw(st.sampled_from([0.0, 0.3, 1.0, 2, 100.0, float("inf")]))
        largest = [float("inf")] if width else []  # rows of no columns have no largest element
        options["norm_type"] = draw(st.sampled_from([2.0, 1.0, 0.5, 3, 0.0, *largest]))
    options["scale_grad_by_freq"] = draw(st.booleans())
    options["sparse"] = draw(st.booleans())
    options["freeze"] = draw(st.integers(0, 4)) == 0
    return options


@st.composite
def cases(draw, dtypes=(*FLOATS, torch.complex64), bad=False):
    vocab_size, width = draw(st.integers(0, 8)), draw(st.integers(0, 5))
    dtype = draw(st.sampled_from(dtypes))
    seed = draw(st.integers(0, 9))
    table = draw(layouts([vocab_size, width], lambda shape: 2 * random_table(*shape, dtype=dtype, seed=seed)))
    options = draw(all_options(vocab_size, width))
    if "max_norm" in options:
        table = table.clone(
            memory_format=torch.preserve_format
        )  # writing to rows that share memory is no use

    shape = draw(st.lists(st.integers(0, 4), max_size=3))
    if vocab_size == 0:
        shape = [0, *shape]  # there is nothing to look up
    generator = torch.Generator().manual_seed(draw(st.integers(0, 99)))
    low, high = (-2, vocab_size + 2) if bad else (0, max(vocab_size, 1))
    if draw(st.booleans()) and not bad:
        high = min(high, 2)  # so that ids repeat
    id_dtype = draw(st.sampled_from([torch.int64, torch.int32]))
    ids = draw(
        layouts(shape, lambda shape: torch.randint(low, high, shape, generator=generator, dtype=id_dtype))
    )
    slopes = draw(
        layouts([*shape, width], lambda shape: torch.randint(-4, 5, shape, generator=generator).to(dtype))
    )
    mode = draw(st.sampled_from(["grad", "grad", "grad", "no_grad", "inference"]))
    return Case(table, options, ids, slopes, mode)


def call(layer, case):
    mode = {"grad": nullcontext, "no_grad": torch.no_grad, "inference": torch.inference_mode}[case.mode]
    with mode():
        return layer(case.ids)


def back(layer, vectors, case):
    vectors.backward(case.slopes)
    return layer.weight.grad


@settings(quick, max_examples=1500)
@given(cases())
def test_everything_that_can_be_observed(case):
    pair = twins(case.table, **case.options)
    given_ids = case.ids.clone()
    ours, builtin = (attempt(call, layer, case) for layer in pair)
    assert torch.equal(case.ids, given_ids)
    if builtin.error is not None:  # a complex table that could be trained
        event("refused in forward")
        assert isinstance(ours.error, type(builtin.error)), ours
        return
    assert ours.error is None, ours
    same(ours.value, builtin.value, exact=case.exact)
    same(pair.ours.weight, pair.builtin.weight, exact=case.exact)
    assert not ours.value._is_view()
    assert ours.value.is_inference() == builtin.value.is_inference()

    ours = attempt(back, pair.ours, ours.value, case)
    if case.ids.dim() == 0 and case.options["sparse"] and "padding_idx" in case.options:
        event("a single id, with padding and sparse")  # PyTorch's backward takes it only as a vector
        pair.builtin.max_norm = None  # has had its effect
        case.ids, case.slopes = case.ids.view(1), case.slopes.unsqueeze(0)
        builtin = attempt(call, pair.builtin, case)
    builtin = attempt(back, pair.builtin, builtin.value, case)
    if builtin.error is not None:
        event("refused in backward")
        assert isinstance(ours.error, type(builtin.error)), ours
        return
    assert ours.error is None, ours
    event("sparse gradient" if builtin.value.is_sparse else "dense gradient")
    same(ours.value, builtin.value, exact=case.exact_gradient)
    if builtin.value.is_sparse:
        assert ours.value._nnz() <= builtin.value._nnz() or case.table.numel() == 0
        assert not shares_memory(ours.value._indices(), case.ids)
    same(pair.ours.weight, pair.builtin.weight, exact=case.exact)


def shares_memory(one, other):
    return (
        bool(one.numel() and other.numel())
        and one.untyped_storage().data_ptr() == other.untyped_storage().data_ptr()
    )


@settings(quick, max_examples=400)
@given(cases(dtypes=FLOATS, bad=True))
def test_bad_ids_are_refused_and_nothing_is_written(case):
    vocab_size = len(case.table)
    pair = twins(case.table, **case.options)
    wrong = ((case.ids < 0) | (case.ids >= vocab_size)).nonzero()
    outcome = attempt(call, pair.ours, case)
    if len(wrong) == 0:
        event("all ids are good")
        same(outcome.value, call(pair.builtin, case), exact=case.exact)
        return
    event("a bad id")
    assert isinstance(outcome.error, IndexError), outcome
    first = tuple(wrong[0].tolist())
    message = str(outcome.error)
    assert str(case.ids[first].item()) in message
    assert str(first) in message or len(first) < 2
    assert len(first) != 1 or str(first[0]) in message
    assert vocab_size == 0 or f"0 to {vocab_size - 1}" in message
    assert torch.equal(pair.ours.weight, pair.builtin.weight)  # which was not called


@settings(quick, max_examples=200)
@given(cases(dtypes=[torch.float64]), st.data())
def test_several_calls_and_one_way_back(case, data):
    """Other ids, options changed in between, and the gradients added up."""
    case.mode = "grad"
    case.options["freeze"] = False
    pair = twins(case.table, **case.options)
    vocab_size = len(case.table)
    for _ in range(data.draw(st.integers(1, 3))):
        ids = data.draw(st.lists(st.integers(0, max(vocab_size - 1, 0)), max_size=5)) if vocab_size else []
        sparse, scaled = data.draw(st.sampled_from([(False, False), (True, False), (False, True)]))
        padding_idx = data.draw(st.none() | st.integers(-vocab_size, vocab_size - 1)) if vocab_size else None
        max_norm = data.draw(st.none() | st.sampled_from([0.5, 0.0, 2.0]))
        for layer in pair:
            layer.sparse, layer.scale_grad_by_freq = sparse, scaled
            layer.padding_idx, layer.max_norm, layer.norm_type = padding_idx, max_norm, 2.0
            layer(torch.tensor(ids, dtype=torch.int64)).square().sum().backward()
    same(pair.ours.weight, pair.builtin.weight, exact=False)
    same(pair.ours.weight.grad, pair.builtin.weight.grad, exact=False)
    assert pair.ours.extra_repr() == pair.builtin.extra_repr()


@settings(quick, max_examples=200)
@given(cases(dtypes=[torch.float64]))
def test_the_gradient_of_the_gradient(case):
    """Of the dense layer: for empty ids, and for padding alone, PyTorch's has none."""
    case.options |= {"freeze": False, "sparse": False}
    pair = twins(case.table, **case.options)
    results = []
    for layer in pair:
        slopes = case.slopes.clone().requires_grad_()
        (rows,) = torch.autograd.grad(layer(case.ids), layer.weight, slopes, create_graph=True)
        weights = random_table(*rows.shape, dtype=torch.float64, seed=3)
        results.append((rows.detach(), attempt(torch.autograd.grad, (rows * weights).sum(), slopes)))
    same(results[0][0], results[1][0], exact=case.exact_gradient)
    ours, builtin = (second for _, second in results)
    if builtin.error is None:
        same(ours.value[0], builtin.value[0], strides=False)
    else:
        assert case.ids.numel() == 0 or case.table.shape[1] == 0


@settings(quick, max_examples=200)
@given(cases(dtypes=[torch.float64]), st.sampled_from(["ids", "table", "both"]), st.integers(1, 3), st.data())
def test_under_transforms(case, mapped, batch, data):
    """`vmap`, per-sample gradients and forward mode, with drawn axes."""
    for name in ("max_norm", "norm_type", "freeze"):
        case.options.pop(name, None)
    case.options["sparse"] = False
    if len(case.table) == 0:
        return
    pair = twins(case.table, **case.options)
    table, ids = case.table.clone(), case.ids
    axes = [None, None]
    if mapped != "ids":
        axes[0] = data.draw(st.integers(0, 2))
        table = torch.stack([table * (1 + i) for i in range(batch)], axes[0])
    if mapped != "table":
        axes[1] = data.draw(st.integers(0, ids.dim()))
        ids = torch.stack([(ids + i) % len(case.table) for i in range(batch)], axes[1])
    axes = tuple(axes)

    def look_up(layer):
        return lambda table, ids: functional_call(layer, {"weight": table}, (ids,))

    ours, builtin = (vmap(look_up(layer), in_dims=axes)(table, ids) for layer in pair)
    same(ours, builtin, strides=False)

    def squares(layer):
        return lambda table, ids: look_up(layer)(table, ids).square().sum()

    if case.ids.numel():
        ours, builtin = (vmap(grad(squares(layer)), in_dims=axes)(table, ids) for layer in pair)
        same(ours, builtin, exact=False, strides=False)

    def pushed(layer):
        return lambda table, ids: jvp(lambda table: look_up(layer)(table, ids), (table,), (table.cos(),))[1]

    ours, builtin = (vmap(pushed(layer), in_dims=axes)(table, ids) for layer in pair)
    same(ours, builtin, strides=False)
