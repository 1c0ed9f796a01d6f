"""Which rows are touched: those with a gradient, once each, and no others to the last bit."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from embedding_layer import CustomEmbedding
from embedding_layer.optim import RowAdam, RowSGD

from .tables import LAYOUTS, LR, D, V, every_optimizer, gradients, sparse, table, tensors, walk

every_layout = pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
decays = pytest.mark.parametrize("weight_decay", [0.0, 0.5])


@every_optimizer
@every_layout
@decays
@pytest.mark.parametrize("tail", [(), (D,), (2, 3)], ids=str)
def test_the_other_rows_stay_bit_for_bit(make, options, layout, weight_decay, tail):
    parameter = table(V, *tail)
    optimizer = make([parameter], lr=LR, weight_decay=weight_decay, **options)
    walk(optimizer, parameter, [layout(step) for step in gradients([[*range(V)], [1, 3, 1]], tail)])
    before, memory = parameter.detach().clone(), tensors(optimizer, parameter)

    walk(optimizer, parameter, [layout(step) for step in gradients([[4, 2, 4]] * 3, tail, seed=2)])
    touched, others = [2, 4], [0, 1, 3, 5]
    assert torch.equal(parameter[others], before[others])
    assert (parameter[touched] != before[touched]).all()
    for name, now in tensors(optimizer, parameter).items():
        if now.dim():
            assert torch.equal(now[others], memory[name][others]), name
            assert (now[touched] != memory[name][touched]).all(), name


@every_optimizer
@decays
def test_all_layouts_give_the_same(make, options, weight_decay):
    ends = []
    for layout in LAYOUTS.values():
        parameter = table()
        optimizer = make([parameter], lr=LR, weight_decay=weight_decay, **options)
        steps = gradients([[0, 2, 0, 0], [5], [2, 4, 2], [0]])
        ends.append(walk(optimizer, parameter, [layout(step) for step in steps]))
    torch.testing.assert_close(ends[0], ends[1])
    torch.testing.assert_close(ends[0], ends[2])


@every_optimizer
@decays
def test_repeated_ids_are_one_touch_with_the_sum_of_their_slopes(make, options, weight_decay):
    apart, together = table(), table()
    slopes = torch.tensor([[1.0, 2, 3], [-4, 1, 0.5], [0.5, -1, 2]])
    options = {**options, "lr": LR, "weight_decay": weight_decay}
    walk(make([apart], **options), apart, [sparse([4, 1, 4], slopes)] * 2)
    walk(
        make([together], **options),
        together,
        [sparse([1, 4], torch.stack([slopes[1], slopes[0] + slopes[2]]))] * 2,
    )
    torch.testing.assert_close(apart, together)


@every_optimizer
def test_shuffled_ids_give_the_same(make, options):
    ids, slopes = torch.randint(V, (200,), generator=torch.Generator().manual_seed(0)), torch.randn(200, D)
    order, ends = torch.randperm(200), []
    for some_ids, some_slopes in ((ids, slopes), (ids[order], slopes[order])):
        parameter = table()
        optimizer = make([parameter], lr=LR, **options)
        ends.append(walk(optimizer, parameter, [sparse(some_ids.tolist(), some_slopes)] * 2))
    torch.testing.assert_close(*ends, rtol=1e-4, atol=1e-5)


@every_optimizer
@every_layout
@pytest.mark.parametrize("maximize", [False, True])
@decays
def test_the_gradient_itself_is_left_alone(make, options, layout, maximize, weight_decay):
    (gradient,) = [layout(step) for step in gradients([[0, 2, 0]])]
    before = gradient.clone()
    parameter = table()
    optimizer = make([parameter], lr=LR, maximize=maximize, weight_decay=weight_decay, **options)
    walk(optimizer, parameter, [gradient, gradient])
    assert parameter.grad is gradient
    if gradient.is_sparse:
        assert torch.equal(gradient._indices(), before._indices())
        assert torch.equal(gradient._values(), before._values())
    else:
        assert torch.equal(gradient, before)


@every_optimizer
def test_slopes_that_share_memory_are_read_only(make, options):
    slope = torch.ones(1, 1)
    parameter = table()
    walk(make([parameter], lr=LR, **options), parameter, [sparse([0, 2, 0], slope.expand(3, D))] * 2)
    assert slope.item() == 1
    other = table()
    walk(make([other], lr=LR, **options), other, [sparse([0, 2, 0], torch.ones(3, D))] * 2)
    assert torch.equal(parameter, other)


@every_optimizer
def test_no_ids_and_no_gradient_move_nothing(make, options):
    parameter, untouched = table(), table()
    optimizer = make([parameter, untouched], lr=LR, weight_decay=0.5, **options)
    walk(optimizer, parameter, [sparse([], torch.empty(0, D)), torch.zeros(V, D), None])
    assert torch.equal(parameter, table())
    assert torch.equal(untouched, table())
    assert not optimizer.state[untouched]


@every_optimizer
def test_of_a_dense_gradient_rows_of_zeros_do_not_count(make, options):
    parameter = table()
    gradient = torch.zeros(V, D)
    gradient[3, 1] = 1  # one number suffices, and the others of this row decay
    walk(make([parameter], lr=LR, weight_decay=0.5, **options), parameter, [gradient])
    moved = parameter != table()
    assert moved[3].all()
    assert not moved[[0, 1, 2, 4, 5]].any()


@every_optimizer
def test_a_table_that_is_not_contiguous(make, options):
    turned, straight = nn.Parameter(table(D, V).detach().T), nn.Parameter(table(D, V).detach().T.contiguous())
    assert not turned.is_contiguous()
    for parameter in (turned, straight):
        optimizer = make([parameter], lr=LR, weight_decay=0.1, **options)
        walk(optimizer, parameter, gradients([[0, 1, 0], [1, 5]]))
    torch.testing.assert_close(turned, straight)


@every_optimizer
def test_padding_stays_at_zero(make, options):
    layer = CustomEmbedding(V, D, padding_idx=0, sparse=True)
    optimizer = make(layer.parameters(), lr=LR, weight_decay=0.5, **options)
    for _ in range(3):
        optimizer.zero_grad()
        layer(torch.tensor([0, 2, 0, 5])).square().sum().backward()
        optimizer.step()
    assert not layer.weight[0].any()


@every_optimizer
def test_several_tables_of_different_shapes_are_stepped_as_if_alone(make, options):
    shapes = [(V, D), (3, D), (V,), (4, 2, 2), (9, D)]
    ids = [[[0, 2, 0], [1]], [[2, 2], [0, 1]], [[5], [5, 5]], [[3, 1], [1]], [[8, 0, 8], [4]]]
    alone, together = [table(*s) for s in shapes], [table(*s) for s in shapes]
    all_steps = [gradients(i, s[1:], rows=s[0]) for i, s in zip(ids, shapes, strict=True)]
    for parameter, steps in zip(alone, all_steps, strict=True):
        walk(make([parameter], lr=LR, **options), parameter, steps)
    optimizer = make(together, lr=LR, **options)
    for number in range(2):
        for parameter, steps in zip(together, all_steps, strict=True):
            parameter.grad = steps[number]
        optimizer.step()
    for one, other in zip(alone, together, strict=True):
        assert torch.equal(one, other)


@pytest.mark.parametrize("is_sparse", [False, True])
def test_tied_parameters_get_one_step_for_the_sum_of_both_uses(is_sparse):
    ids, ends = torch.tensor([1, 4, 1]), []
    for make in (RowAdam, torch.optim.Adam):
        embedding, head = nn.Embedding(V, D, sparse=is_sparse), nn.Linear(D, V, bias=False)
        head.weight = embedding.weight
        embedding.load_state_dict({"weight": table()})
        parameters = list(nn.ModuleList([embedding, head]).parameters())
        assert len(parameters) == 1
        optimizer = make(parameters, lr=LR, eps=1e-14)  # Adam adds it at another place
        for _ in range(3):
            optimizer.zero_grad()
            F.cross_entropy(head(embedding(ids)), torch.tensor([0, 5, 2])).backward()
            assert not embedding.weight.grad.is_sparse  # the head's share is dense
            optimizer.step()
        ends.append(embedding.weight.detach())
    torch.testing.assert_close(*ends)


@every_optimizer
def test_the_layer_s_own_gradients_dense_and_sparse(make, options):
    ends = []
    for is_sparse in (False, True):
        layer = CustomEmbedding(V, D, sparse=is_sparse)
        layer.load_state_dict({"weight": table()})
        optimizer = make(layer.parameters(), lr=LR, **options)
        for ids in (torch.tensor([[1, 4], [1, 0]]), torch.tensor(5), torch.tensor([0, 0, 5])):
            optimizer.zero_grad()
            layer(ids).sin().sum().backward()
            assert layer.weight.grad.is_sparse is is_sparse
            optimizer.step()
        ends.append(layer.weight.detach())
    torch.testing.assert_close(*ends)


def test_a_graph_that_needs_the_old_numbers_notices_the_step():
    parameter = table()
    loss = parameter.square().sum()
    optimizer = RowSGD([parameter], lr=LR)
    walk(optimizer, parameter, gradients([[0]]))
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        loss.backward()


@every_optimizer
def test_gradients_that_have_a_graph_of_their_own(make, options):
    parameter = table()
    optimizer = make([parameter], lr=LR, **options)
    (gradient,) = torch.autograd.grad(parameter.pow(3).sum(), parameter, create_graph=True)
    walk(optimizer, parameter, [gradient])
    assert not parameter.detach().equal(table().detach())
    assert not any(value.requires_grad for value in tensors(optimizer, parameter).values())
