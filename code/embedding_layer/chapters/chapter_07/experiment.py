"""What chapter 7 trains and times: seven words on a timetable, late rows, the fourth word of a window."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from functools import cache
from itertools import islice
from types import MappingProxyType

import torch
from torch import Tensor, nn, optim
from torch.nn import functional as F

from embedding_layer.corpus import load_corpus
from embedding_layer.layer import CustomEmbedding
from embedding_layer.optim.ledger import RowLedger
from embedding_layer.training import Batches, train
from embedding_layer.vocabulary import Vocabulary

STEPS = 24

TIMETABLE: Mapping[str, range] = MappingProxyType(
    {
        "<pad>": range(1, STEPS + 1),
        "the": range(1, STEPS + 1),
        "cat": range(1, 9),
        "dog": range(4, STEPS + 1, 4),
        "okapi": range(3, 4),
        "bird": range(13, STEPS + 1),
        "yeti": range(0),
    }
)
"""In which batches a word stands; the batches are numbered from 1."""

WORDS = tuple(TIMETABLE)

OPTIMIZERS: Mapping[str, type[optim.Optimizer]] = MappingProxyType(
    {
        name: make
        for name, make in vars(optim).items()
        if isinstance(make, type) and make is not optim.Optimizer
    }
)
"""Whatever `torch.optim` holds, by name."""


def timetable() -> list[tuple[Tensor]]:
    """Return the ids of each batch of the timetable, as `train` wants them."""
    return [
        (torch.tensor([i for i, word in enumerate(WORDS) if step in TIMETABLE[word]]),)
        for step in range(1, STEPS + 1)
    ]


def takes_sparse(name: str, **options: float) -> bool:
    """Tell whether an optimiser of `torch.optim` steps a table whose gradient is sparse."""
    layer = CustomEmbedding(7, 4, sparse=True)
    layer(torch.tensor([1, 2])).sum().backward()
    optimizer = OPTIMIZERS[name](layer.parameters(), lr=0.1, **options)
    try:
        with warnings.catch_warnings(action="ignore"):
            optimizer.step(lambda: 0.0)  # L-BFGS asks for the loss
    except RuntimeError:
        return False
    return True


def first_steps(make: Callable[..., optim.Optimizer], *, sparse: bool, steps: int = 3000) -> Tensor:
    """Return how long the first step of each row is, in learning rates: row t comes in batch t only.

    Parameters
    ----------
    make : callable
        Makes the optimiser.
    sparse : bool
        Whether the gradients are sparse.
    steps : int
        How many batches, and rows.
    """
    layer = CustomEmbedding(steps + 1, 1, sparse=sparse)
    optimizer, before = make(layer.parameters(), lr=1.0), layer.weight.detach().clone()
    lengths = []
    for t in range(1, steps + 1):
        optimizer.zero_grad()
        layer(torch.tensor([0, t])).sum().backward()  # row 0 is in every batch
        optimizer.step()
        lengths.append((before[t] - layer.weight[t]).item())
    return torch.tensor(lengths)


class FourthWord(nn.Module):
    """Guess a word from the three before it: look up, put side by side, a linear layer."""

    def __init__(self, vocab_size: int, *, sparse: bool) -> None:
        super().__init__()
        self.embedding = CustomEmbedding(vocab_size, 16, sparse=sparse)
        self.output = nn.Linear(3 * 16, vocab_size)

    def forward(self, ids: Tensor) -> Tensor:
        """Return the logits `(B, V)` for ids `(B, 3)`."""
        return self.output(self.embedding(ids).flatten(1))


def fit(make: Callable[..., optim.Optimizer], lr: float, *, sparse: bool) -> tuple[float, float]:
    """Train `FourthWord` on the book's corpus, its table by one optimiser and the rest by plain Adam.

    Returns
    -------
    loss : float
        On windows that it was not trained on.
    share : float
        Of all moves of rows, those of rows without a gradient.
    """
    windows, vocab_size = _windows()
    learn, judge = windows[:25_000], windows[25_100:]
    torch.manual_seed(0)
    model = FourthWord(vocab_size, sparse=sparse)
    table = make(model.embedding.parameters(), lr=lr)
    rest = optim.Adam(model.output.parameters(), lr=0.003)

    def loss(windows: Tensor) -> Tensor:
        return F.cross_entropy(model(windows[:, :3]), windows[:, 3])

    def step_the_rest(*_: object) -> None:
        rest.step()
        rest.zero_grad()

    with RowLedger(model.embedding.weight, table) as ledger:
        train(loss, Batches(learn, batch_size=128, steps=150), table, after_step=step_the_rest)
    share = ledger.moved_without_gradient.sum() / (ledger.moved > 0).sum()
    with torch.no_grad():
        return loss(judge).item(), share.item()


def stepping(make: Callable[..., optim.Optimizer], vocab_size: int, *, sparse: bool) -> Callable[[], object]:
    """Return the step of an optimiser whose table has a gradient in the rows of 4,096 random ids."""
    parameter, ids = nn.Parameter(torch.zeros(vocab_size, 64)), torch.randint(vocab_size, (1, 4096))
    gradient = torch.sparse_coo_tensor(ids, torch.ones(4096, 64), (vocab_size, 64), check_invariants=True)
    parameter.grad = gradient if sparse else gradient.to_dense()
    return make([parameter], lr=0.1).step


@cache
def _windows() -> tuple[Tensor, int]:
    """Return four words in a row, as ids `(n, 4)`, and the vocabulary size."""
    tokens = list(islice(load_corpus().tokens(), 30_000))
    vocabulary = Vocabulary.build(tokens, min_count=3)
    return torch.tensor(vocabulary.encode(tokens)).unfold(0, 4, 1), len(vocabulary)
