import pytest
import torch
import torch.nn.functional as F
from torch import nn

from embedding_layer.training import predict, train
from embedding_layer.training.data import Batches


@pytest.fixture
def line():
    """Points on y = 3x - 1."""
    x = torch.linspace(-1, 1, 32).unsqueeze(1)
    return x, 3 * x - 1


def test_learns_a_line(line):
    torch.manual_seed(0)
    model = nn.Linear(1, 1)
    batches = Batches(*line, batch_size=8, steps=300)
    losses = train(lambda x, y: F.mse_loss(model(x), y), batches, torch.optim.SGD(model.parameters(), lr=0.3))
    assert len(losses) == 300
    assert losses[-1] < 1e-6 < losses[0]
    torch.testing.assert_close(model.weight.item(), 3.0, atol=1e-3, rtol=0)


def test_one_step_is_the_gradient_step_and_gradients_do_not_pile_up():
    number = torch.tensor(1.0, requires_grad=True)
    losses = train(
        lambda factor: factor * number, [[torch.tensor(2.0)]] * 3, torch.optim.SGD([number], lr=0.1)
    )
    assert number.item() == pytest.approx(1.0 - 3 * 0.1 * 2)
    assert losses == pytest.approx([2.0, 1.6, 1.2])


def test_leaves_alone_what_the_optimizer_does_not_hold(line):
    model = nn.Sequential(nn.Linear(1, 4), nn.Linear(4, 1))
    before = model[0].weight.detach().clone()
    train(
        lambda x, y: F.mse_loss(model(x), y),
        Batches(*line, batch_size=8),
        torch.optim.SGD(model[1].parameters(), lr=0.1),
    )
    assert torch.equal(model[0].weight, before)


def test_after_step_hears_of_every_step(line):
    model, heard = nn.Linear(1, 1), []
    losses = train(
        lambda x, y: F.mse_loss(model(x), y),
        Batches(*line, batch_size=8, steps=5),
        torch.optim.SGD(model.parameters(), lr=0.1),
        after_step=lambda step, loss: heard.append((step, loss)),
    )
    assert heard == list(enumerate(losses, start=1))


def test_refuses_what_cannot_be_trained():
    number = torch.tensor(1.0, requires_grad=True)
    optimizer = torch.optim.SGD([number], lr=0.1)
    batch = [(torch.ones(3),)]
    with pytest.raises(ValueError, match="no batch"):
        train(lambda x: number, [], optimizer)
    with pytest.raises(ValueError, match=r"shape \(3,\)"):
        train(lambda x: x * number, batch, optimizer)
    with pytest.raises(RuntimeError, match="frozen"):
        train(lambda x: x.sum(), batch, optimizer)
    with pytest.raises(FloatingPointError, match="nan at step 1"):
        train(lambda x: number * float("nan"), batch, optimizer)
    assert number.item() == 1.0


def test_predict_gives_all_rows_without_a_graph():
    model = nn.Linear(2, 3)
    x = torch.randn(10, 2)
    output = predict(model, x, batch_size=3)
    torch.testing.assert_close(output, model(x))
    assert not output.requires_grad


def test_predict_evaluates_and_restores_the_mode():
    model = nn.Dropout(0.5)
    x = torch.ones(1000)
    assert torch.equal(predict(model, x), x)
    assert model.training
    assert not torch.equal(model(x), x)
    model.eval()
    predict(model, x)
    assert not model.training


def test_predict_restores_the_mode_of_each_part():
    model = nn.Sequential(nn.Linear(2, 3), nn.Sequential(nn.BatchNorm1d(3).eval(), nn.Dropout()))
    before = model[1][0].running_mean.clone()
    for mode in (True, False):
        model.training = mode
        modes = [part.training for part in model.modules()]
        assert sorted(modes) == sorted([mode, True, True, False, True])
        predict(model, torch.ones(4, 2))
        assert [part.training for part in model.modules()] == modes
    model(torch.ones(4, 2))
    assert torch.equal(model[1][0].running_mean, before)


def test_predict_restores_the_modes_after_an_error():
    model = nn.Sequential(nn.Linear(2, 3), nn.Dropout().eval())
    with pytest.raises(RuntimeError):
        predict(model, torch.ones(4, 5))
    assert [part.training for part in model.modules()] == [True, True, False]


@pytest.mark.parametrize("inputs", [(), (torch.ones(0, 2),), (torch.ones(3, 2), torch.ones(2, 2))])
def test_predict_refuses(inputs):
    with pytest.raises(ValueError, match="at least one"):
        predict(nn.Linear(2, 3), *inputs)
