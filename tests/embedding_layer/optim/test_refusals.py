"""Bad options, parameters and gradients get an error that says what was given, and change nothing."""

import math

import pytest
import torch
from torch import nn

from embedding_layer.optim import RowAdagrad, RowAdam, RowOptimizer, RowSGD, RowWiseAdagrad

from .tables import LR, D, V, every_class, every_optimizer, gradients, sparse, table, tensors, walk

NAN, INF = math.nan, math.inf


@every_class
@pytest.mark.parametrize("name", ["lr", "weight_decay"])
@pytest.mark.parametrize("value", [-0.1, NAN, INF, torch.tensor(-1.0)], ids=str)
def test_rates_and_decays_are_finite_and_not_negative(make, name, value):
    with pytest.raises(ValueError, match=rf"{name}=.*must be a finite number, at least 0"):
        make([table()], **{name: value})


@every_class
@pytest.mark.parametrize("value", ["fast", None, [0.1, 0.2], torch.tensor([0.1, 0.2])], ids=str)
def test_a_rate_is_a_number(make, value):
    with pytest.raises(TypeError, match=r"lr=.*, but it must be a number"):
        make([table()], lr=value)


@pytest.mark.parametrize(
    ("make", "options", "words"),
    [
        (RowSGD, {"momentum": -0.1}, "momentum=-0.1, .* at least 0 and below 1"),
        (RowSGD, {"momentum": 1.0}, "momentum=1.0"),
        (RowSGD, {"momentum": NAN}, "momentum=nan"),
        (RowAdam, {"betas": (-0.1, 0.9)}, r"betas\[0\]=-0.1, .* at least 0 and below 1"),
        (RowAdam, {"betas": (0.9, 1.0)}, r"betas\[1\]=1.0"),
        (RowAdam, {"betas": (NAN, 0.9)}, r"betas\[0\]=nan"),
        (RowAdam, {"eps": -1e-8}, "eps=-1e-08"),
        (RowAdam, {"eps": NAN}, "eps=nan"),
        (RowAdam, {"bias_correction": "table"}, "bias_correction='table', .* one of 'row', 'step'"),
        (RowAdam, {"bias_correction": None}, "bias_correction=None"),
        (RowAdagrad, {"eps": -1.0}, "eps=-1.0"),
        (RowAdagrad, {"initial_accumulator_value": -0.5}, "initial_accumulator_value=-0.5"),
        (RowWiseAdagrad, {"initial_accumulator_value": NAN}, "initial_accumulator_value=nan"),
        (RowWiseAdagrad, {"eps": INF}, "eps=inf"),
    ],
)
def test_options_out_of_range_are_named(make, options, words):
    with pytest.raises(ValueError, match=words):
        make([table()], **options)
    with pytest.raises(ValueError, match=words):
        make([{"params": [table()], **options}])


@pytest.mark.parametrize("betas", [0.9, (0.9,), (0.9, 0.99, 0.999), None], ids=str)
def test_betas_are_a_pair(betas):
    with pytest.raises(TypeError, match=r"betas=.*a pair of numbers"):
        RowAdam([table()], betas=betas)


@every_class
@pytest.mark.parametrize(
    ("tensor", "words"),
    [
        (torch.ones(V, D, dtype=torch.int64), r"torch.int64 of shape \(6, 3\)"),
        (torch.ones(V, D, dtype=torch.complex64), "torch.complex64"),
        (torch.ones(V, dtype=torch.bool), "torch.bool"),
        (torch.tensor(1.0), r"torch.float32 of shape \(\)"),
    ],
    ids=["integer", "complex", "bool", "0-d"],
)
def test_parameters_are_real_and_have_rows(make, tensor, words):
    with pytest.raises(TypeError, match=f"{make.__name__} takes parameters of real .* got {words}"):
        make([tensor])


def test_the_base_class_has_no_rule():
    with pytest.raises(TypeError, match="update_rows"):
        RowOptimizer([table()], {"lr": LR, "weight_decay": 0.0, "maximize": False, "check_finite": False})


def one_bad_layout():
    """Return a parameter whose gradient names single numbers, not rows."""
    parameter = table()
    torch.gather(parameter, 1, torch.tensor([[0], [1]]), sparse_grad=True).sum().backward()
    assert parameter.grad.sparse_dim() == 2
    return parameter


@every_optimizer
def test_a_gradient_of_single_numbers_is_refused_before_anything_moves(make, options):
    good, bad = table(), one_bad_layout()
    optimizer = make([good, bad], lr=LR, **options)
    good.grad = gradients([[0]])[0]
    with pytest.raises(
        RuntimeError, match=rf"torch.sparse_coo with 2 sparse axes; {make.__name__} takes dense"
    ):
        optimizer.step()
    assert torch.equal(good, table())
    assert not optimizer.state[good]


@every_class
@pytest.mark.filterwarnings("ignore:Sparse CSR tensor support is in beta:UserWarning")
def test_a_compressed_gradient_is_refused(make):
    class Pretender(nn.Parameter):
        """PyTorch lets no dense parameter have such a gradient; a subclass may."""

        grad = torch.ones(V, D).to_sparse_csr()

    parameter = Pretender(torch.ones(V, D))
    optimizer = make([parameter], lr=LR)
    with pytest.raises(RuntimeError, match=r"the layout torch\.sparse_csr; "):
        optimizer.step()


# --- gradients that are not finite ------------------------------------------------------------------------


@every_optimizer
@pytest.mark.parametrize("value", [NAN, INF, -INF], ids=str)
@pytest.mark.parametrize("is_sparse", [True, False])
def test_check_finite_names_the_row_and_changes_nothing(make, options, value, is_sparse):
    tables = [table(), table(seed=1), table(seed=2)]
    optimizer = make(tables, lr=LR, weight_decay=0.1, check_finite=True, **options)
    for number in range(2):
        for parameter in tables:
            parameter.grad = gradients([[0, 3, 0]], seed=number)[0]
        optimizer.step()
    before = [parameter.detach().clone() for parameter in tables]
    memory = [tensors(optimizer, parameter) for parameter in tables]

    slopes = torch.ones(3, D)
    slopes[1, 2] = value
    bad = sparse([0, 4, 1], slopes)
    tables[-1].grad = bad if is_sparse else bad.to_dense()
    with pytest.raises(
        FloatingPointError, match=r"row 4 holds infinity or NaN \(1 of 3 .* nothing was changed"
    ):
        optimizer.step()
    for parameter, weights, remembered in zip(tables, before, memory, strict=True):
        assert torch.equal(parameter, weights)
        now = tensors(optimizer, parameter)
        assert now.keys() == remembered.keys()
        assert all(torch.equal(now[name], remembered[name]) for name in now)


@pytest.mark.parametrize("tail", [(), (2, 2)], ids=str)
def test_check_finite_counts_the_bad_contributions(tail):
    parameter = table(V, *tail)
    slopes = torch.ones(4, *tail)
    slopes[2:] = NAN
    optimizer = RowSGD([parameter], lr=LR, check_finite=True)
    with pytest.raises(FloatingPointError, match=r"row 5 .*\(2 of 4 contributions"):
        walk(optimizer, parameter, [sparse([0, 1, 5, 5], slopes)])
    walk(optimizer, parameter, [sparse([], torch.empty(0, *tail))])


@every_optimizer
def test_it_changes_nothing_about_good_gradients(make, options):
    checked, plain = table(), table()
    walk(make([checked], lr=LR, check_finite=True, **options), checked, gradients([[0, 2], [5, 5]]))
    walk(make([plain], lr=LR, **options), plain, gradients([[0, 2], [5, 5]]))
    assert torch.equal(checked, plain)


@every_class
def test_unchecked_a_bad_row_stays_alone(make):
    parameter = table()
    slopes = torch.ones(3, D)
    slopes[1] = NAN
    walk(make([parameter], lr=LR), parameter, [sparse([0, 4, 1], slopes)])
    assert parameter[4].isnan().all()
    assert parameter[[0, 1, 2, 3, 5]].isfinite().all()
