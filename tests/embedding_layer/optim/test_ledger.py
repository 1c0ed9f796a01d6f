import pytest
import torch
from torch import nn

from embedding_layer import CustomEmbedding
from embedding_layer.optim import RowAdagrad, RowAdam, RowSGD
from embedding_layer.optim.ledger import RowLedger

V, D, LR = 5, 3, 0.1


def step(layer, optimizer, *ids):
    optimizer.zero_grad()
    layer(torch.tensor(ids)).sum().backward()
    optimizer.step()


def keep(make, *batches, sparse=False, **options):
    torch.manual_seed(0)
    layer = CustomEmbedding(V, D, sparse=sparse)
    optimizer = make(layer.parameters(), lr=LR, **options)
    with RowLedger(layer.weight, optimizer) as ledger:
        for ids in batches:
            step(layer, optimizer, *ids)
    return ledger


def rows(marks):
    return [row.nonzero().flatten().tolist() for row in marks]


@pytest.mark.parametrize("sparse", [False, True])
def test_sgd_moves_by_the_rate_times_the_gradient(sparse):
    ledger = keep(torch.optim.SGD, (0, 2), (2, 2), (4,), sparse=sparse)
    assert len(ledger) == 3
    length = D**0.5
    expected = torch.zeros(3, V, dtype=torch.float64)
    expected[0, [0, 2]] = expected[2, 4] = length
    expected[1, 2] = 2 * length  # looked up twice
    torch.testing.assert_close(ledger.gradient, expected)
    torch.testing.assert_close(ledger.moved, LR * expected, atol=1e-6, rtol=1e-5)
    assert not ledger.momentum.any()
    assert not ledger.moved_without_gradient.any()


@pytest.mark.parametrize("sparse", [False, True])
def test_momentum_goes_on_without_a_gradient(sparse):
    ledger = keep(torch.optim.SGD, (1,), (2,), (2,), sparse=sparse, momentum=0.5)
    length = D**0.5
    torch.testing.assert_close(ledger.momentum[:, 1], torch.tensor([1, 0.5, 0.25]).double() * length)
    assert rows(ledger.moved_without_gradient) == [[], [1], [1]]


@pytest.mark.parametrize(
    ("make", "sparse", "without_gradient"),
    [
        (torch.optim.Adam, False, [[], [0], [0, 1]]),
        (torch.optim.AdamW, False, [[1, 2, 3, 4], [0, 2, 3, 4], [0, 1, 3, 4]]),
        (torch.optim.SparseAdam, True, [[], [], []]),
        (RowAdam, True, [[], [], []]),
        (RowAdam, False, [[], [], []]),
        (RowSGD, True, [[], [], []]),
        (RowAdagrad, True, [[], [], []]),
    ],
)
def test_which_optimisers_move_rows_without_a_gradient(make, sparse, without_gradient):
    assert rows(keep(make, (0,), (1,), (2,), sparse=sparse).moved_without_gradient) == without_gradient


@pytest.mark.parametrize("make", [torch.optim.Adam, torch.optim.AdamW, RowAdam, torch.optim.SparseAdam])
def test_the_momentum_is_the_one_after_the_step(make):
    ledger = keep(make, (0,), (0,), sparse=make in (RowAdam, torch.optim.SparseAdam))
    expected = torch.tensor([0.1, 0.19]).double() * D**0.5
    torch.testing.assert_close(ledger.momentum[:, 0], expected, rtol=1e-5, atol=1e-6)


def test_it_sees_the_smallest_numbers():
    parameter = nn.Parameter(torch.zeros(2, 2))
    optimizer = torch.optim.SGD([parameter], lr=1.0)
    with RowLedger(parameter, optimizer) as ledger:
        parameter.grad = torch.tensor([[1e-40, 0], [0, 0]])
        optimizer.step()
    assert (ledger.gradient != 0).tolist() == [[True, False]]
    assert (ledger.moved != 0).tolist() == [[True, False]]


@pytest.mark.parametrize("shape", [(V,), (V, 2, 2)])
def test_tables_with_one_axis_and_with_three(shape):
    parameter = nn.Parameter(torch.ones(shape))
    optimizer = torch.optim.SGD([parameter], lr=1.0)
    with RowLedger(parameter, optimizer) as ledger:
        parameter.grad = torch.ones(shape)
        optimizer.step()
    torch.testing.assert_close(ledger.moved, torch.full((1, V), parameter[0].numel() ** 0.5).double())


def test_a_step_without_a_gradient_and_one_with_a_closure():
    parameter = nn.Parameter(torch.ones(V, 1))
    optimizer = torch.optim.SGD([parameter], lr=1.0)

    def closure():
        parameter.grad = torch.eye(V)[:, :1]
        return torch.tensor(0.0)

    with RowLedger(parameter, optimizer) as ledger:
        optimizer.step()
        optimizer.step(closure)
    assert rows(ledger.gradient) == rows(ledger.moved) == [[], [0]]
    assert not ledger.moved_without_gradient.any()


def test_what_happens_between_the_steps_is_no_move_of_the_optimiser():
    parameter = nn.Parameter(torch.ones(V, 1))
    optimizer = torch.optim.SGD([parameter], lr=1.0)
    with RowLedger(parameter, optimizer) as ledger:
        with torch.no_grad():
            parameter.zero_()
        optimizer.step()
    assert not ledger.moved.any()


def test_it_watches_from_enter_to_exit_and_keeps_its_lines():
    torch.manual_seed(0)
    layer = CustomEmbedding(V, D)
    optimizer = torch.optim.SGD(layer.parameters(), lr=LR)
    ledger = RowLedger(layer.weight, optimizer)
    step(layer, optimizer, 0)
    assert len(ledger) == 0
    assert ledger.moved.shape == ledger.moved_without_gradient.shape == (0, V)
    with ledger:
        step(layer, optimizer, 1)
    step(layer, optimizer, 2)
    assert rows(ledger.moved) == [[1]]


def test_an_error_in_the_loop_ends_the_watch():
    layer = CustomEmbedding(V, D)
    optimizer = torch.optim.SGD(layer.parameters(), lr=LR)
    ledger = RowLedger(layer.weight, optimizer)
    with pytest.raises(IndexError), ledger:
        step(layer, optimizer, V)
    step(layer, optimizer, 4)
    assert len(ledger) == 0


def test_a_table_that_the_optimiser_does_not_hold_is_refused():
    optimizer = torch.optim.SGD([nn.Parameter(torch.ones(2))], lr=LR)
    with pytest.raises(ValueError, match=r"the SGD does not hold this parameter of shape \(5, 3\)"):
        RowLedger(CustomEmbedding(V, D).weight, optimizer)
