"""Checks for the exercises of chapter 7: which rows move, lazy Adam, freezing, growing, clipping."""

from __future__ import annotations

import copy
import math
import operator
from collections.abc import Callable, Mapping
from functools import partial

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from embedding_layer.chapters.feedback import Misconception, exercise, require
from embedding_layer.layer import CustomEmbedding
from embedding_layer.optim import RowAdam
from embedding_layer.optim.ledger import RowLedger

LR = 0.1
SCALE = 0.02
"""Of the numbers in the table of `add_rows`, as many models have it."""

TWO_BATCHES = ((0, 1, 2), (0, 2, 3))
"""The ids of the two batches in `which_rows`; 0 is the padding, and the table has six rows."""

OPTIMIZERS = {
    "SGD": torch.optim.SGD,
    "momentum": partial(torch.optim.SGD, momentum=0.9),
    "Adagrad": torch.optim.Adagrad,
    "Adam": torch.optim.Adam,
    "AdamW": torch.optim.AdamW,
    "SparseAdam": torch.optim.SparseAdam,
}


@exercise
def which_rows(answer: Mapping[str, set[int]]) -> str:
    """Check a dictionary from optimisers to the set of rows that move in the second step."""
    require(
        isinstance(answer, Mapping) and set(answer) == set(OPTIMIZERS),
        f"Keep the keys of the dictionary: {', '.join(OPTIMIZERS)}.",
    )
    for name in OPTIMIZERS:
        try:
            got = {operator.index(row) for row in answer[name]}
        except (TypeError, ValueError):
            raise Misconception(f"{name}: write a set of row numbers, such as {{1, 2}}.") from None
        _compare_rows(name, got, _moving(name))
    return (
        "Gradient, memory and decay each move rows of their own: the batch, what was in it before, and all."
    )


@exercise
def lazy_adam(answer: Callable[..., tuple[Tensor, Tensor, Tensor, int]]) -> str:
    """Check `lazy_adam(row, slope, m, v, t, lr)`: the row after its step, and its memory."""
    for scale, lr in ((1.0, LR), (1e-6, 3 * LR)):  # slopes so small that ε counts
        _follow_row(answer, scale, lr)
    return "Between two touches a row needs nothing done to it: that is what the word lazy means here."


@exercise
def freeze_rows(answer: Callable[[CustomEmbedding, Tensor], object]) -> str:
    """Check `freeze_rows(layer, ids)`: what the layer returns for these ids stays, whoever trains it."""
    ids, everything = torch.tensor([5, 0, 2]), torch.arange(7)
    for name in ("SGD", "Adam", "momentum", "AdamW"):
        for already_trained in (False, True):
            torch.manual_seed(7)
            layer = CustomEmbedding(7, 3)
            optimizer = OPTIMIZERS[name](layer.parameters(), lr=LR)
            if already_trained:
                _some_steps(layer, optimizer, everything)
            before = layer(everything).detach().clone()
            answer(layer, ids)
            if not already_trained:
                optimizer = OPTIMIZERS[name](layer.parameters(), lr=LR)
            _require_frozen(name, already_trained, layer, optimizer, before, ids, everything)
    return (
        "It holds under decay and under momentum that was there before, and no optimiser has to know of it."
    )


@exercise
def add_rows(answer: Callable[[CustomEmbedding, torch.optim.Optimizer, int], object]) -> str:
    """Check `add_rows(layer, optimizer, n)`: n new rows; the old ones and their memory as they were."""
    rows, columns, new = 5, 16, 4
    for name, make in {
        "momentum": OPTIMIZERS["momentum"],
        "Adam": torch.optim.Adam,
        "RowAdam": RowAdam,
    }.items():
        torch.manual_seed(7)
        layer, other = CustomEmbedding(rows, columns), nn.Linear(columns, 1)
        nn.init.normal_(layer.weight, std=SCALE)
        optimizer = make([*layer.parameters(), *other.parameters()], lr=SCALE / 100)
        for _ in range(3):
            optimizer.zero_grad()
            other(layer(torch.tensor([0, 1, 3, 1])).exp()).sum().backward()
            optimizer.step()
        twin, twins_optimizer, _ = copy.deepcopy((layer, optimizer, other))
        answer(layer, optimizer, new)
        _require_grown(layer, optimizer, twin, new)
        _require_scale(layer.weight[rows:].detach(), twin.weight.detach())
        _require_others(name, layer, optimizer, twin, twins_optimizer)
        _require_same_step(name, layer, optimizer, twin, twins_optimizer)
        before = layer.weight.detach().clone()
        _step_or_explain(name, layer, optimizer, torch.arange(rows, rows + new))
        require(
            bool((layer.weight[rows:] != before[rows:]).all()), "The new rows do not learn when looked up."
        )
    return "The table, its size, the optimiser's reference to it, and its memory: four things had to grow."


@exercise
def clip(answer: Callable[[list[nn.Parameter], float], Tensor]) -> str:
    """Check `clip(parameters, max_norm)`: like `clip_grad_norm_`, for sparse and dense gradients together."""
    for max_norm in (1.0, 0.05, 1000.0):
        ours, dense = (_model(sparse=sparse) for sparse in (True, False))
        starts = [parameter.grad.to_dense().clone() for parameter in dense if parameter.grad is not None]
        apart = [p.grad._values() if p.grad.is_sparse else p.grad for p in ours if p.grad is not None]
        counted_apart = nn.utils.get_total_norm([part.clone() for part in apart]).item()
        with _DenseWatch() as watch:
            total = answer(ours, max_norm)
        require(
            not watch.made_dense and all(p.grad.is_sparse for p in ours[:2]),  # the two tables
            "You made a sparse gradient dense. For a table of a million rows that is a million rows, to "
            "measure a few: the values of the coalesced gradient have the same length.",
        )
        wanted = nn.utils.clip_grad_norm_(dense, max_norm)
        require(
            isinstance(total, (float, Tensor)),
            f"Return the norm as it was before clipping; you return {total!r}.",
        )
        require(
            not math.isclose(float(total), counted_apart, rel_tol=1e-4),
            f"You measure {float(total):.3f}, but the gradient is {float(wanted):.3f} long. The row of an id "
            "that was looked up twice is listed twice, and you measured each by itself: coalesce first.",
        )
        require(
            math.isclose(float(total), float(wanted), rel_tol=1e-4),
            f"You measure {float(total):.3f}; all gradients together, as one long vector, measure "
            f"{float(wanted):.3f}.",
        )
        got = [parameter.grad.to_dense() for parameter in ours if parameter.grad is not None]
        goal = [parameter.grad for parameter in dense if parameter.grad is not None]
        _require_clipped(got, goal, starts, max_norm)
    return "One norm over all parameters, one factor for all, and repeated ids added up before either."


# --- which_rows ------------------------------------------------------------------------------------------


def _moving(name: str) -> set[int]:
    torch.manual_seed(7)
    layer = CustomEmbedding(6, 3, padding_idx=0, sparse=name == "SparseAdam")
    optimizer = OPTIMIZERS[name](layer.parameters(), lr=LR)
    with RowLedger(layer.weight, optimizer) as ledger:
        for ids in TWO_BATCHES:
            _some_steps(layer, optimizer, torch.tensor(ids), count=1)
    return set(ledger.moved[1].nonzero().flatten().tolist())


def _compare_rows(name: str, got: set[int], wanted: set[int]) -> None:
    memory = {
        "SGD": "SGD remembers nothing",
        "Adagrad": "Adagrad remembers squares, which shorten steps; they make none",
        "SparseAdam": "SparseAdam remembers row 1, but works only on the rows of the batch",
    }
    require(
        0 not in got,
        f"{name}: row 0 is the padding. It starts at zero and its gradient is zero, so nothing is remembered "
        "of it; and decay makes a row shorter, which zero cannot become.",
    )
    require({2, 3} <= got, f"{name}: rows 2 and 3 are in the batch, have a gradient, and so they move.")
    if name in memory:
        require(1 not in got, f"{name}: row 1 is not in the second batch. {memory[name]}.")
    else:
        require(
            1 in got,
            f"{name}: row 1 is not in the second batch, but it was in the first, and {name} remembers. What "
            "is remembered moves it, gradient or not.",
        )
    if name == "AdamW":
        require(
            {4, 5} <= got,
            "AdamW: its decay shrinks every row of the table at every step, those that nobody ever looked "
            "up, too.",
        )
    else:
        require(
            not {4, 5} & got,
            f"{name}: rows 4 and 5 were in no batch. There is no gradient, nothing to remember, and {name} "
            "does not shrink them.",
        )
    require(got == wanted, f"{name}: the rows {sorted(wanted)} move; you have {sorted(got)}.")


# --- lazy_adam -------------------------------------------------------------------------------------------


def _follow_row(answer: Callable[..., tuple[Tensor, Tensor, Tensor, int]], scale: float, lr: float) -> None:
    """Compare three touches of a row with the formula."""
    generator = torch.Generator().manual_seed(7)
    start = torch.randn(3, generator=generator, dtype=torch.float64)
    row, m, v, t = start.clone(), torch.zeros_like(start), torch.zeros_like(start), 0
    for _ in range(3):
        slope = scale * torch.randn(3, generator=generator, dtype=torch.float64)
        given = [tensor.clone() for tensor in (row, slope, m, v)]
        result = answer(row, slope, m, v, t, lr)
        require(
            isinstance(result, tuple) and len(result) == 4,
            "Return four things: the row, m, v and t.",
        )
        for name, tensor, before in zip(("row", "slope", "m", "v"), (row, slope, m, v), given, strict=True):
            require(
                torch.equal(tensor, before),
                f"You changed `{name}` in place, which the caller still needs: make new tensors.",
            )
        _require_step(result, row, slope, m, v, t, lr)
        row, m, v, t = result


def _require_step(
    result: tuple[Tensor, Tensor, Tensor, int],
    row: Tensor,
    slope: Tensor,
    m: Tensor,
    v: Tensor,
    t: int,
    lr: float,
) -> None:
    """Compare the memory first, then the step, and name the usual ways to miss them."""
    new_row, new_m, new_v, new_t = result
    require(new_t == t + 1, f"t counts the touches of this row: after {t} comes {t + 1}; you return {new_t}.")
    wanted_m, wanted_v = 0.9 * m + 0.1 * slope, 0.999 * v + 0.001 * slope**2
    near = partial(torch.allclose, rtol=1e-5, atol=0.0)
    require(near(new_m, wanted_m), "m is not right. It keeps 0.9 of itself and takes 0.1 of the slope.")
    require(
        not near(new_v, 0.999 * v + 0.001 * slope),
        "v averages the squares of the slopes; you put the slopes themselves in.",
    )
    require(
        near(new_v, wanted_v),
        "v is not right. It keeps 0.999 of itself and takes 0.001 of the squared slope.",
    )

    def step(m_factor: float, v_factor: float, *, inside: float = 0.0, outside: float = 1e-8) -> Tensor:
        return lr * (wanted_m / m_factor) / ((wanted_v / v_factor + inside).sqrt() + outside)

    first, second = 1 - 0.9**new_t, 1 - 0.999**new_t
    taken = row - new_row
    if near(taken, step(first, second)):
        return
    require(not near(taken, -step(first, second)), "You walk uphill: subtract the step.")
    require(
        not near(taken, step(1, 1)),
        "m and v start at zero and are too small at first: divide them by 1 − 0.9ᵗ and 1 − 0.999ᵗ. Without "
        "that the first step is about three times too long.",
    )
    require(not near(taken, step(first, 1)), "You corrected m; v is too small at first as well.")
    require(not near(taken, step(1, second)), "You corrected v; m is too small at first as well.")
    require(
        not near(taken, lr * (wanted_m / first) / (wanted_v / second + 1e-8)),
        "Divide by the root of v, not by v: slopes that are ten times as large should give the same step.",
    )
    require(
        not near(taken, step(first, second, inside=1e-8, outside=0.0)),
        "ε is added to the root of v, not to v: under the root it is as large as slopes of 0.0001.",
    )
    require(
        not near(taken, step(first, second, outside=0.0)),
        "Where is ε? Without it a slope of 0 divides 0 by 0.",
    )
    require(
        not near(taken * lr, LR * step(first, second)),
        f"The learning rate is an argument, here {lr:.1f}; your step takes {LR}.",
    )
    wanted = row - step(first, second)
    raise Misconception(f"At touch {new_t} the row should be {wanted.tolist()}; yours is {new_row.tolist()}.")


# --- freeze_rows -----------------------------------------------------------------------------------------


def _some_steps(
    layer: CustomEmbedding, optimizer: torch.optim.Optimizer, ids: Tensor, count: int = 3
) -> None:
    for _ in range(count):
        optimizer.zero_grad()
        layer(ids).exp().sum().backward()
        optimizer.step()


def _require_frozen(
    name: str,
    already_trained: bool,
    layer: CustomEmbedding,
    optimizer: torch.optim.Optimizer,
    before: Tensor,
    ids: Tensor,
    everything: Tensor,
) -> None:
    others = torch.tensor([1, 3, 4, 6])
    require(
        torch.equal(layer(everything), before),
        "The layer returns other numbers than before, although nothing was trained yet: freezing is keeping.",
    )
    require(
        any(parameter.requires_grad for parameter in layer.parameters()),
        "The whole table is frozen now: requires_grad belongs to a parameter, not to its rows.",
    )
    _some_steps(layer, optimizer, everything)
    after = layer(everything).detach()
    asked = torch.tensor([[2, 4], [1, 5]])
    require(
        torch.equal(layer(asked).detach(), after[asked]),
        f"layer(torch.tensor({asked.tolist()})) returns other vectors than the rows of these ids: a place in "
        "the batch is not an id.",
    )
    require(
        bool((after[others] != before[others]).any(dim=1).all()),
        f"Under {name} the rows {others.tolist()} no longer learn; only {ids.tolist()} were to be frozen.",
    )
    if torch.equal(after[ids], before[ids]):
        return
    how = "an optimiser that has been at work before" if already_trained else "a new optimiser"
    reasons = {
        "SGD": "Their gradient reached the optimiser, or you put back what had changed with the table: "
        "`detach()` shares memory, `clone()` does not.",
        "momentum": "What it remembers of earlier gradients moves the rows on, whatever is done to the "
        "gradients now.",
        "Adam": "What it remembers of earlier gradients moves the rows on, whatever is done to the gradients "
        "now.",
        "AdamW": "Its decay shrinks every row at every step and asks for no gradient.",
    }
    raise Misconception(f"Under {name}, with {how}, the frozen rows moved. {reasons[name]}")


# --- add_rows --------------------------------------------------------------------------------------------


def _require_grown(
    layer: CustomEmbedding, optimizer: torch.optim.Optimizer, twin: CustomEmbedding, new: int
) -> None:
    rows, columns = twin.weight.shape
    weight = layer.weight
    require(
        tuple(weight.shape) == (rows + new, columns),
        f"layer.weight has shape {tuple(weight.shape)}; with {new} rows more it is {(rows + new, columns)}.",
    )
    require(torch.equal(weight[:rows], twin.weight), "The old rows come first and keep their numbers.")
    require(
        isinstance(weight, nn.Parameter) and weight.is_leaf and weight.requires_grad,
        "layer.weight is no parameter that can be trained: wrap the longer table in nn.Parameter.",
    )
    require(
        layer.vocab_size == rows + new,
        f"layer.vocab_size is {layer.vocab_size}; it is printed and saved in places, so it has to grow, too.",
    )
    held = [parameter for group in optimizer.param_groups for parameter in group["params"]]
    require(
        any(parameter is weight for parameter in held),
        "The optimiser still steps the old table, which nobody looks up any more: put the new parameter into "
        "optimizer.param_groups. No error would ever tell you.",
    )
    require(
        not any(tuple(parameter.shape) == (rows, columns) for parameter in held),
        "The optimiser holds the old table beside the new one: replace it.",
    )
    require(len(held) == 3, "The optimiser had other parameters, too; they have to stay.")


def _require_scale(new: Tensor, old: Tensor) -> None:
    def size(rows: Tensor) -> float:
        return rows.square().mean().sqrt().item()

    require(size(new) > 0, "The new rows are zero, so all alike: draw them.")
    require(
        size(old) / 5 < size(new) < size(old) * 5,
        f"The numbers of the new rows are about {size(new):.2g} in size, those of the old ones "
        f"{size(old):.2g}. Draw them at the scale of the old ones, or they drown these in every product, or "
        "are drowned.",
    )


def _require_others(
    name: str,
    layer: CustomEmbedding,
    optimizer: torch.optim.Optimizer,
    twin: CustomEmbedding,
    twins_optimizer: torch.optim.Optimizer,
) -> None:
    """Compare the memory of the parameters beside the table with what it was."""

    def memories(held: torch.optim.Optimizer, table: Tensor) -> list[Mapping[str, Tensor]]:
        others = [p for group in held.param_groups for p in group["params"] if p is not table]
        return [held.state.get(p, {}) for p in others]

    mine, before = memories(optimizer, layer.weight), memories(twins_optimizer, twin.weight)
    for got, wanted in zip(mine, before, strict=True):
        require(
            got.keys() == wanted.keys() and all(torch.equal(got[key], wanted[key]) for key in wanted),
            f"{name}: what the optimiser remembers of the other parameters is gone or changed. Only the "
            "table's part of optimizer.state has to grow.",
        )
    held = [parameter for group in optimizer.param_groups for parameter in group["params"]]
    require(
        all(any(key is parameter for parameter in held) for key in optimizer.state),
        f"{name}: optimizer.state still has an entry for the old table, and optimizer.state_dict() fails "
        "over it: take it out.",
    )


def _require_same_step(
    name: str,
    layer: CustomEmbedding,
    optimizer: torch.optim.Optimizer,
    twin: CustomEmbedding,
    twins_optimizer: torch.optim.Optimizer,
) -> None:
    rows, ids = len(twin.weight), torch.tensor([1, 2])
    _step_or_explain(name, layer, optimizer, ids)
    _some_steps(twin, twins_optimizer, ids, count=1)
    require(
        torch.equal(layer.weight[:rows], twin.weight),
        f"{name}: the next step moves the old rows otherwise than it would have without the new ones. What "
        "the optimiser remembers, optimizer.state of the old parameter, has to come along.",
    )
    require(
        all(torch.isfinite(value).all() for value in optimizer.state[layer.weight].values()),
        f"{name}: what is remembered of the new rows is not finite; it should start at zero.",
    )


def _step_or_explain(
    name: str, layer: CustomEmbedding, optimizer: torch.optim.Optimizer, ids: Tensor
) -> None:
    try:
        _some_steps(layer, optimizer, ids, count=1)
    except (RuntimeError, IndexError, ValueError) as error:
        raise Misconception(
            f"{name}: the next step fails ({str(error).splitlines()[0]:.90}). What the optimiser remembers "
            "of the table still has the old number of rows."
        ) from None


# --- clip ------------------------------------------------------------------------------------------------


class _DenseWatch(TorchDispatchMode):
    """Notices when an operation turns a sparse tensor into a dense one of the same shape."""

    made_dense = False

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        """Call the operation and look at what went in and what came out."""
        result = function(*args, **(kwargs or {}))
        tensors = [leaf for leaf in tree_leaves((args, kwargs)) if isinstance(leaf, Tensor)]
        shapes = {tensor.shape for tensor in tensors if tensor.is_sparse}
        made = [leaf for leaf in tree_leaves(result) if isinstance(leaf, Tensor) and not leaf.is_sparse]
        self.made_dense |= any(tensor.shape in shapes for tensor in made)
        return result


def _model(*, sparse: bool) -> list[nn.Parameter]:
    """Return the parameters of a small model with gradients: two tables, a dense layer, one unused."""
    torch.manual_seed(7)
    tables = [nn.Embedding(9, 4, sparse=sparse), nn.Embedding(6, 4, sparse=sparse)]
    output, unused = nn.Linear(4, 2), nn.Linear(4, 1)
    ids = torch.tensor([7, 2, 7, 7]), torch.tensor([0, 0, 5, 0])
    vectors = tables[0](ids[0]) * torch.tensor([[3.0], [1], [2], [-1]]) + tables[1](ids[1])
    output(vectors).square().sum().backward()
    return [*nn.ModuleList([*tables, output, unused]).parameters()]


def _require_clipped(got: list[Tensor], goal: list[Tensor], starts: list[Tensor], max_norm: float) -> None:
    def equal(mine: list[Tensor], theirs: list[Tensor]) -> bool:
        return all(torch.allclose(a, b, rtol=1e-4) for a, b in zip(mine, theirs, strict=True))

    if equal(got, goal):
        return
    require(
        not equal(got, starts),
        f"The norm is above max_norm={max_norm}, but the gradients are as they were: multiply them in place.",
    )
    shorter = [start * min(1.0, max_norm / start.norm().item()) for start in starts]
    require(
        not equal(got, shorter),
        "You clipped each parameter by its own norm, which turns the step in another direction. There is one "
        "norm for all gradients together, and one factor.",
    )
    total = math.sqrt(sum(start.square().sum().item() for start in starts))
    stretched = [start * max_norm / total for start in starts]
    require(
        not equal(got, stretched),
        f"The norm is {total:.2f} and max_norm={max_norm}, and you made the gradients longer. The factor is "
        "at most 1.",
    )
    raise Misconception(
        f"With max_norm={max_norm} the gradients should be {min(1.0, max_norm / total):.4f} times as long as "
        "before, all of them."
    )
