import math

import pytest
import torch
import torch.nn.utils.parametrize as parametrize
from torch import nn

from embedding_layer.chapters.chapter_07 import exercises as check
from embedding_layer.optim import RowAdam


@pytest.fixture
def verdict(capsys):
    torch.manual_seed(0)

    def read(exercise, answer):
        exercise(answer)
        return capsys.readouterr().out

    return read


def placeholder(*_): ...


RIGHT = {
    "SGD": {2, 3},
    "momentum": {1, 2, 3},
    "Adagrad": {2, 3},
    "Adam": {1, 2, 3},
    "AdamW": {1, 2, 3, 4, 5},
    "SparseAdam": {2, 3},
}


@pytest.mark.parametrize(
    ("exercise", "answer"),
    [
        (check.which_rows, dict.fromkeys(RIGHT, ...)),
        (check.which_rows, {**RIGHT, "Adam": ...}),
        (check.lazy_adam, placeholder),
        (check.freeze_rows, placeholder),
        (check.add_rows, placeholder),
        (check.clip, placeholder),
    ],
)
def test_the_placeholder_is_not_solved_yet(exercise, answer, verdict):
    assert "not solved yet" in verdict(exercise, answer)


# --- which_rows ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "kind",
    [
        set,
        sorted,
        tuple,
        frozenset,
        lambda rows: dict.fromkeys(rows).keys(),
        lambda rows: torch.tensor(sorted(rows)),
    ],
)
def test_which_rows_solved(kind, verdict):
    text = verdict(check.which_rows, {name: kind(rows) for name, rows in RIGHT.items()})
    assert text.startswith("which_rows: solved. Gradient, memory and decay")


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"SGD": {0, 2, 3}}, "SGD: row 0 is the padding"),
        ({"AdamW": {0, 1, 2, 3, 4, 5}}, "AdamW: row 0 is the padding"),
        ({"SGD": {3}}, "SGD: rows 2 and 3 are in the batch"),
        ({"SGD": {1, 2, 3}}, "SGD remembers nothing"),
        ({"Adagrad": {1, 2, 3}}, "Adagrad remembers squares"),
        ({"SparseAdam": {1, 2, 3}}, "works only on the rows of the batch"),
        ({"momentum": {2, 3}}, "momentum remembers"),
        ({"Adam": {2, 3}}, "Adam remembers"),
        ({"AdamW": {2, 3, 4, 5}}, "AdamW remembers"),
        ({"AdamW": {1, 2, 3}}, "its decay shrinks every row"),
        ({"AdamW": {1, 2, 3, 4}}, "its decay shrinks every row"),
        ({"Adam": {1, 2, 3, 4, 5}}, "Adam: rows 4 and 5 were in no batch"),
        ({"SGD": {2, 3, 5}}, "SGD: rows 4 and 5 were in no batch"),
        ({"SGD": {2, 3, 6}}, "SGD: the rows [2, 3] move"),
        ({"SGD": 2}, "write a set of row numbers"),
        ({"SGD": {2.7, 3}}, "write a set of row numbers"),
        ({"RMSprop": {2}}, "Keep the keys"),
    ],
)
def test_which_rows_names_the_misconception(wrong, words, verdict):
    text = verdict(check.which_rows, {**RIGHT, **wrong})
    assert text.startswith("which_rows: not yet.")
    assert words in text


def test_which_rows_wants_a_dictionary(verdict):
    assert "Keep the keys" in verdict(check.which_rows, [{1}])


# --- lazy_adam -------------------------------------------------------------------------------------------


def adam(
    *,
    count=lambda t: t + 1,
    first=lambda m, slope: 0.9 * m + 0.1 * slope,
    second=lambda v, slope: 0.999 * v + 0.001 * slope**2,
    corrections=lambda t: (1 - 0.9**t, 1 - 0.999**t),
    root=torch.sqrt,
    epsilon=1e-8,
    rate=lambda lr: lr,
    sign=-1,
):
    def lazy_adam(row, slope, m, v, t, lr):
        t, m, v = count(t), first(m, slope), second(v, slope)
        one, two = corrections(max(t, 1))
        return row + sign * rate(lr) * (m / one) / (root(v / two) + epsilon), m, v, t

    return lazy_adam


def in_place(row, slope, m, v, t, lr):
    m.mul_(0.9).add_(slope, alpha=0.1)
    return adam()(row, slope, m, v, t, lr)


def row_in_place(row, slope, m, v, t, lr):
    new, *memory = adam()(row, slope, m, v, t, lr)
    row.copy_(new)
    return row, *memory


def as_a_list(*args):
    return list(adam(first=lambda m, slope: m.lerp(slope, 0.1))(*args))


@pytest.mark.parametrize("answer", [adam(), as_a_list])
def test_lazy_adam_solved(answer, verdict):
    assert verdict(check.lazy_adam, answer).startswith("lazy_adam: solved. Between two touches")


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (adam(count=lambda t: t), "after 0 comes 1; you return 0"),
        (adam(first=lambda m, slope: 0.1 * m + 0.9 * slope), "m is not right"),
        (adam(first=lambda m, slope: 0.9 * m + slope), "m is not right"),
        (adam(second=lambda v, slope: 0.999 * v + 0.001 * slope), "averages the squares"),
        (adam(second=lambda v, slope: 0.9 * v + 0.1 * slope**2), "v is not right"),
        (adam(sign=1), "uphill"),
        (adam(corrections=lambda t: (1, 1)), "about three times too long"),
        (adam(corrections=lambda t: (1 - 0.9**t, 1)), "You corrected m"),
        (adam(corrections=lambda t: (1, 1 - 0.999**t)), "You corrected v"),
        (adam(root=lambda v: v), "Divide by the root"),
        (adam(root=lambda v: (v + 1e-8).sqrt(), epsilon=0), "ε is added to the root"),
        (adam(epsilon=0), "Where is ε?"),
        (adam(rate=lambda lr: 0.1), "The learning rate is an argument"),
        (adam(corrections=lambda t: (2, 1)), "At touch 1 the row should be"),
        (in_place, "You changed `m` in place"),
        (row_in_place, "You changed `row` in place"),
        (lambda row, slope, m, v, t, lr: row, "Return four things"),
    ],
)
def test_lazy_adam_names_the_misconception(answer, words, verdict):
    text = verdict(check.lazy_adam, answer)
    assert text.startswith("lazy_adam: not yet.")
    assert words in text


def test_lazy_adam_is_the_rule_of_the_library():
    generator = torch.Generator().manual_seed(1)
    theirs = nn.Parameter(torch.zeros(1, 3, dtype=torch.float64))
    optimizer = RowAdam([theirs], lr=0.1)
    row, m, v, t = theirs.detach()[0].clone(), *torch.zeros(2, 3, dtype=torch.float64), 0
    for _ in range(3):
        slope = torch.randn(3, generator=generator, dtype=torch.float64)
        row, m, v, t = adam()(row, slope, m, v, t, 0.1)
        theirs.grad = slope[None]
        optimizer.step()
    torch.testing.assert_close(theirs.detach()[0], row, atol=1e-6, rtol=1e-5)


# --- freeze_rows -----------------------------------------------------------------------------------------


def put_back(copy):
    def freeze_rows(layer, ids):
        kept = copy(layer.weight, ids)

        def restore(layer, inputs):
            with torch.no_grad():
                layer.weight[ids] = kept

        layer.register_forward_pre_hook(restore)

    return freeze_rows


class Mixed(nn.Module):
    def __init__(self, weight, ids):
        super().__init__()
        self.ids = ids
        self.register_buffer("kept", weight[ids].detach().clone())

    def forward(self, weight):
        return weight.index_copy(0, self.ids, self.kept)


def parametrized(layer, ids):
    parametrize.register_parametrization(layer, "weight", Mixed(layer.weight, ids))


def masked(layer, ids):
    mask = torch.ones(len(layer.weight), 1).index_fill(0, ids, 0)
    layer.weight.register_hook(lambda gradient: gradient * mask)


def nothing(layer, ids):
    return layer(ids)


def whole(layer, ids):
    layer.weight.requires_grad_(False)


def put_back_whole_table(layer, ids):
    kept = layer.weight.detach().clone()

    def restore(layer, inputs):
        with torch.no_grad():
            layer.weight.copy_(kept)

    layer.register_forward_pre_hook(restore)


def zeros(layer, ids):
    with torch.no_grad():
        layer.weight[ids] = 0


def alias(layer, ids):
    kept = layer.weight.detach()

    def restore(layer, inputs):
        with torch.no_grad():
            layer.weight[ids] = kept[ids]

    layer.register_forward_pre_hook(restore)


def by_place(layer, ids):
    kept = layer.weight[ids].detach()

    def replace(layer, inputs, vectors):
        return (
            vectors.index_copy(0, ids[ids < len(vectors)], kept[ids < len(vectors)])
            if len(vectors) > 2
            else vectors
        )

    layer.register_forward_hook(replace)


def by_id(layer, ids):
    kept = layer.weight.detach().clone()
    layer.register_forward_hook(
        lambda layer, inputs, vectors: torch.where(
            torch.isin(inputs[0], ids)[..., None], kept[inputs[0]], vectors
        )
    )


@pytest.mark.parametrize(
    "answer",
    [by_id, put_back(lambda w, ids: w[ids].detach()), put_back(lambda w, ids: w.data[ids]), parametrized],
)
def test_freeze_rows_solved(answer, verdict):
    assert verdict(check.freeze_rows, answer).startswith("freeze_rows: solved. It holds under decay")


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (nothing, "Under SGD, with a new optimiser, the frozen rows moved. Their gradient reached"),
        (alias, "`detach()` shares memory, `clone()` does not"),
        (masked, "Under Adam, with an optimiser that has been at work before"),
        (masked, "What it remembers of earlier gradients moves the rows on"),
        (whole, "requires_grad belongs to a parameter"),
        (put_back_whole_table, "[1, 3, 4, 6] no longer learn"),
        (zeros, "freezing is keeping"),
        (by_place, "a place in the batch is not an id"),
    ],
)
def test_freeze_rows_names_the_misconception(answer, words, verdict):
    text = verdict(check.freeze_rows, answer)
    assert text.startswith("freeze_rows: not yet.")
    assert words in text


def test_a_mask_that_forgets_the_memory_still_fails_under_decay(verdict, monkeypatch):
    monkeypatch.setattr(check, "OPTIMIZERS", {**check.OPTIMIZERS, "Adam": torch.optim.SGD})
    monkeypatch.setitem(check.OPTIMIZERS, "momentum", torch.optim.SGD)
    text = verdict(check.freeze_rows, masked)
    assert "Under AdamW, with a new optimiser" in text
    assert "Its decay shrinks every row" in text


# --- add_rows --------------------------------------------------------------------------------------------


def grow(
    *,
    table=lambda old, n: torch.cat([old.detach(), old.std().item() * torch.randn(n, old.shape[1])]),
    wrap=nn.Parameter,
    size=lambda rows, n: rows + n,
    group=lambda params, old, new: [new if p is old else p for p in params],
    memory=lambda value, n: torch.cat([value, value.new_zeros(n, *value.shape[1:])]),
):
    def add_rows(layer, optimizer, n):
        old, rows = layer.weight, len(layer.weight)
        new = wrap(table(old, n))
        if not isinstance(new, nn.Parameter):
            del layer.weight
        layer.weight, layer.vocab_size = new, size(rows, n)
        for one in optimizer.param_groups:
            one["params"] = group(one["params"], old, new)
        state = optimizer.state.pop(old, {})
        if memory is not None:
            grown = {k: memory(v, n) if v.shape[:1] == (rows,) else v for k, v in state.items()}
            optimizer.state[new] = grown

    return add_rows


def new_rows_are_the_mean(old, n):
    return torch.cat([old.detach(), old.detach().mean(dim=0).expand(n, -1)])


def in_the_same_parameter(layer, optimizer, n):
    weight, rows = layer.weight, len(layer.weight)
    new = weight.data.std() * torch.randn(n, weight.shape[1])
    weight.grad, weight.data, layer.vocab_size = None, torch.cat([weight.data, new]), rows + n
    for name, value in optimizer.state[weight].items():
        if value.shape[:1] == (rows,):
            optimizer.state[weight][name] = torch.cat([value, value.new_zeros(n, *value.shape[1:])])


@pytest.mark.parametrize("answer", [grow(), grow(table=new_rows_are_the_mean), in_the_same_parameter])
def test_add_rows_solved(answer, verdict):
    assert verdict(check.add_rows, answer).startswith("add_rows: solved. The table, its size")


def forget_the_others(layer, optimizer, n):
    old = layer.weight
    memory = optimizer.state[old]
    optimizer.state.clear()
    optimizer.state[old] = memory
    grow()(layer, optimizer, n)


def leave_the_old_entry(layer, optimizer, n):
    old, memory = layer.weight, dict(optimizer.state[layer.weight])
    grow()(layer, optimizer, n)
    optimizer.state[old] = memory


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (grow(table=lambda old, n: old.detach().clone()), "has shape (5, 16)"),
        (grow(table=lambda old, n: torch.cat([torch.randn(n, 16), old.detach()])), "The old rows come first"),
        (grow(table=lambda old, n: torch.randn(len(old) + n, 16)), "The old rows come first"),
        (grow(wrap=lambda table: table), "no parameter that can be trained"),
        (grow(wrap=lambda table: nn.Parameter(table, requires_grad=False)), "no parameter that can be"),
        (grow(size=lambda rows, n: rows), "layer.vocab_size is 5"),
        (grow(group=lambda params, old, new: params), "still steps the old table"),
        (grow(group=lambda params, old, new: [*params, new]), "the old table beside the new one"),
        (grow(group=lambda params, old, new: [new]), "had other parameters"),
        (grow(table=lambda old, n: torch.cat([old.detach(), torch.randn(n, 16)])), "at the scale of the old"),
        (grow(table=lambda old, n: torch.cat([old.detach(), torch.zeros(n, 16)])), "The new rows are zero"),
        (forget_the_others, "of the other parameters is gone"),
        (leave_the_old_entry, "an entry for the old table"),
        (grow(memory=None), "has to come along"),
        (grow(memory=lambda value, n: value), "still has the old number of rows"),
        (
            grow(memory=lambda value, n: value.new_zeros(len(value) + n, *value.shape[1:])),
            "has to come along",
        ),
        (
            grow(memory=lambda v, n: torch.cat([v, v.new_full((n, *v.shape[1:]), math.nan)])),
            "what is remembered of the new rows is not finite",
        ),
    ],
)
def test_add_rows_names_the_misconception(answer, words, verdict):
    text = verdict(check.add_rows, answer)
    assert text.startswith("add_rows: not yet.")
    assert words in text


def test_add_rows_tries_an_optimiser_that_counts_by_rows(verdict):
    def all_but_the_counts(layer, optimizer, n):
        grow()(layer, optimizer, n)
        if isinstance(optimizer, RowAdam):
            optimizer.state[layer.weight]["step"] = optimizer.state[layer.weight]["step"][:-n]

    assert "RowAdam: the next step fails" in verdict(check.add_rows, all_but_the_counts)


# --- clip ------------------------------------------------------------------------------------------------


def clipping(
    *,
    coalesce=True,
    total=nn.utils.get_total_norm,
    factor=lambda max_norm, total: min(1.0, max_norm / (float(total) + 1e-6)),
    result=lambda total: total,
):
    def clip(parameters, max_norm):
        parts = []
        for parameter in parameters:
            if parameter.grad is None:
                continue
            if parameter.grad.is_sparse and coalesce:
                parameter.grad = parameter.grad.coalesce()
            parts.append(parameter.grad._values() if parameter.grad.is_sparse else parameter.grad)
        norm = total(parts)
        for part in parts:
            part.mul_(factor(max_norm, norm))
        return result(norm)

    return clip


def each_by_itself(parameters, max_norm):
    norms = []
    for parameter in parameters:
        if parameter.grad is not None:
            norms.append(parameter.grad.norm())
            parameter.grad = parameter.grad * min(1.0, max_norm / norms[-1].item())
    return torch.stack(norms).norm()


def with_torch_s_own(parameters, max_norm):
    for parameter in parameters:
        if parameter.grad is not None and parameter.grad.is_sparse:
            parameter.grad = parameter.grad.coalesce()
    grads = [p.grad for p in parameters if p.grad is not None]
    total = nn.utils.get_total_norm([g.values() if g.is_sparse else g for g in grads])
    nn.utils.clip_grads_with_norm_(parameters, max_norm, total)
    return total


def norm_by_to_dense(parameters, max_norm):
    grads = [parameter.grad for parameter in parameters if parameter.grad is not None]
    total = torch.stack([grad.to_dense().norm() for grad in grads]).norm()
    for grad in grads:
        grad.mul_(min(1.0, max_norm / float(total)))
    return total


def all_to_dense(parameters, max_norm):
    for parameter in parameters:
        if parameter.grad is not None:
            parameter.grad = parameter.grad.to_dense()
    return nn.utils.clip_grad_norm_(parameters, max_norm)


def onto_zeros(parameters, max_norm):
    grads = [parameter.grad for parameter in parameters if parameter.grad is not None]
    total = torch.stack([(torch.zeros(grad.shape) + grad).norm() for grad in grads]).norm()
    for grad in grads:
        grad.mul_(min(1.0, max_norm / float(total)))
    return total


def norm_of_the_sparse(parameters, max_norm):
    grads = [parameter.grad for parameter in parameters if parameter.grad is not None]
    total = torch.stack([grad.norm() for grad in grads]).norm()
    for grad in grads:
        grad.mul_(min(1.0, max_norm / float(total)))
    return total


@pytest.mark.parametrize("answer", [clipping(), clipping(result=float), with_torch_s_own, norm_of_the_sparse])
def test_clip_solved(answer, verdict):
    assert verdict(check.clip, answer).startswith("clip: solved. One norm over all parameters")


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (clipping(coalesce=False), "coalesce first"),
        (clipping(total=lambda parts: max(part.norm() for part in parts)), "as one long vector"),
        (clipping(result=lambda total: "done"), "Return the norm"),
        (clipping(factor=lambda max_norm, total: 1.0), "as they were"),
        (clipping(factor=lambda max_norm, total: max_norm / float(total)), "made the gradients longer"),
        (clipping(factor=lambda max_norm, total: 0.5), "times as long as before"),
        (each_by_itself, "by its own norm"),
        (norm_by_to_dense, "You made a sparse gradient dense"),
        (all_to_dense, "You made a sparse gradient dense"),
        (onto_zeros, "You made a sparse gradient dense"),
    ],
)
def test_clip_names_the_misconception(answer, words, verdict):
    text = verdict(check.clip, answer)
    assert text.startswith("clip: not yet.")
    assert words in text
