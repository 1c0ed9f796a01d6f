"""From labelled sequences to batches: pad, split, balance, shuffle."""

from __future__ import annotations

import math
import random
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterator, Sequence

import numpy as np
import torch
from torch import Tensor

from embedding_layer.checks import allowed_ids, check_integer, check_size, shorten


def pad_ids(
    sequences: Sequence[Sequence[int]],
    *,
    pad_id: int = 0,
    length: int | None = None,
    vocab_size: int | None = None,
) -> Tensor:
    """Put sequences of different lengths into one tensor of ids, filled up at the end.

    Parameters
    ----------
    sequences : sequence of sequences of int
        The ids of N texts; a text may be empty.
    pad_id : int
        The id to fill up with.
    length : int or None
        T, the number of columns: longer texts are cut, shorter ones filled. None takes the longest text.
    vocab_size : int or None
        V; where it is given, ids that are too large are refused here instead of in the layer.

    Returns
    -------
    Tensor of int64, shape `(N, T)`

    Raises
    ------
    ValueError
        If there is no sequence, or `length` is less than 1.
    TypeError
        If an id is not an integer.
    IndexError
        If an id or `pad_id` is negative, or not below `vocab_size`.
    """
    if len(sequences) == 0:
        raise ValueError("there is no sequence to pad; pass the ids of at least one text")
    if length is None:
        length = max(1, max(len(sequence) for sequence in sequences))
    length = check_size(length, "length")
    pad_id = check_integer(pad_id, "pad_id")
    if pad_id < 0 or (vocab_size is not None and pad_id >= vocab_size):
        raise IndexError(f"pad_id={pad_id} is out of range: {_range(vocab_size)}")
    rows = torch.full((len(sequences), length), pad_id, dtype=torch.int64)
    for number, sequence in enumerate(sequences):
        part = _integers(sequence[:length], number)
        rows[number, : len(part)] = part
    _refuse_bad_ids(rows, vocab_size)
    return rows


def split_by_group(
    groups: Sequence[Hashable],
    shares: Sequence[float],
    *,
    stratify: Sequence[Hashable] | None = None,
    seed: int = 0,
) -> tuple[Tensor, ...]:
    """Deal examples into parts so that no group is torn apart.

    Examples of one group (paragraphs of one file, sessions of one user) resemble each other. If some of them
    train a model and the others test it, the test is too easy. The groups are shuffled and each goes to the
    part that lacks most of its share; the last ones go to parts that are still empty, so with as many groups
    as parts none stays empty.

    Parameters
    ----------
    groups : sequence of hashable
        For each of the N examples the group it belongs to. All NaN are one group, and one stratum.
    shares : sequence of float
        The size of each part as a share of all examples; they add up to 1. Groups stay whole, so the sizes
        come out near the shares, not exactly.
    stratify : sequence of hashable or None
        For each example its stratum (its label, say): every stratum is dealt by itself, so that each part
        gets its share of it.
    seed : int
        Other seeds give other splits.

    Returns
    -------
    tuple of Tensors of int64
        For each part the positions of its examples, in increasing order.

    Raises
    ------
    ValueError
        If there are no examples, if the shares are not positive or do not add up to 1, if a group belongs to
        two strata, or if a part would come out empty; that takes fewer groups than parts in every stratum.
    """
    if len(groups) == 0:
        raise ValueError("there are no examples to split; pass the group of at least one")
    if len(shares) == 0 or min(shares) <= 0 or abs(sum(shares) - 1) > 1e-6:
        raise ValueError(
            f"shares={list(shares)}, but each must be above 0 and together they must make 1, as (0.8, 0.2) do"
        )
    if stratify is not None and len(stratify) != len(groups):
        raise ValueError(f"{len(stratify)} strata for {len(groups)} examples; each example needs one")
    groups = as_keys(groups)
    strata = [None] * len(groups) if stratify is None else as_keys(stratify)
    _refuse_torn_groups(groups, strata)
    sizes = defaultdict(Counter)
    for group, stratum in zip(groups, strata, strict=True):
        sizes[stratum][group] += 1
    parts: list[set[Hashable]] = [set() for _ in shares]
    for in_stratum in sizes.values():
        for part, dealt in zip(parts, _deal(in_stratum, shares, seed), strict=True):
            part |= dealt
    for number, part in enumerate(parts):
        if not part:
            raise ValueError(
                f"part {number} (share {shares[number]}) would be empty: there are only {len(set(groups))} "
                "groups; take fewer parts or more even shares, or smaller groups"
            )
    return tuple(torch.tensor([i for i, group in enumerate(groups) if group in part]) for part in parts)


def balanced(labels: Tensor, *, per_class: int | None = None, seed: int = 0) -> Tensor:
    """Choose examples so that every label occurs equally often.

    Parameters
    ----------
    labels : Tensor of int, shape `(N,)`
    per_class : int or None
        How many examples of each label; None takes as many as the rarest label has.
    seed : int
        Other seeds choose other examples of the commoner labels.

    Returns
    -------
    Tensor of int64
        The positions of the chosen examples, in increasing order.

    Raises
    ------
    ValueError
        If there are no labels, if one is NaN, or if there are fewer than `per_class` examples of one of them.
    """
    if labels.numel() == 0:
        raise ValueError("there are no labels to balance")
    if (labels != labels).any():
        raise ValueError(
            f"label {(labels != labels).nonzero()[0].item()} is NaN, which is no label; leave such examples "
            "out first, for example with labels[~labels.isnan()]"
        )
    values, counts = labels.unique(return_counts=True)
    rarest = int(counts.argmin())
    wanted = int(counts[rarest]) if per_class is None else check_size(per_class, "per_class")
    if wanted > counts[rarest]:
        raise ValueError(
            f"per_class={wanted}, but label {values[rarest].item()} occurs only {counts[rarest].item()} "
            "times; ask for fewer, or pass None for as many as there are"
        )
    generator = torch.Generator().manual_seed(seed)
    chosen = []
    for value in values:
        places = (labels == value).nonzero().flatten().cpu()
        chosen.append(places[torch.randperm(len(places), generator=generator)[:wanted]])
    return torch.cat(chosen).sort().values


def drop_ids(ids: Tensor, share: float, unk_id: int, *, generator: torch.Generator | None = None) -> Tensor:
    """Replace some ids by that of the unknown token, so that its row is trained and others less leant on.

    For training only; the row of `unk_id` then stands for every id that comes later and is not in the table.
    The method is the word dropout of Iyyer et al., "Deep unordered composition rivals syntactic methods for
    text classification" (2015), with a row in the place of the gap.

    Parameters
    ----------
    ids : Tensor of int, any shape
    share : float
        Each id is replaced with this probability, from 0 up to but not including 1.
    unk_id : int
        The id that replaces.
    generator : torch.Generator or None
        None draws from PyTorch's own.

    Returns
    -------
    Tensor of int, the shape and dtype of `ids`
        A new tensor.

    Raises
    ------
    ValueError
        If `share` is not such a probability.
    """
    if not 0 <= share < 1:
        raise ValueError(f"share={share}, but it is the probability to lose an id: 0, or more but below 1")
    drawn = torch.rand(ids.shape, generator=generator).to(ids.device)
    return torch.where(drawn < share, unk_id, ids)


class Batches:
    """Go through examples in random order, a batch at a time.

    When all examples have been seen they are shuffled again. Going through the same `Batches` twice gives the
    same batches in the same order, so that models can be compared on equal terms.

    Parameters
    ----------
    *tensors : Tensors with the same number N of rows
        Inputs and targets; a batch holds the same rows of each.
    batch_size : int
        B, rows a batch; the last batch of a pass may hold fewer.
    steps : int or None
        How many batches; None makes one pass through all examples.
    seed : int
        Other seeds shuffle in another order.

    Raises
    ------
    ValueError
        If there is no tensor, no row, or the tensors differ in the number of rows; if `batch_size` or `steps`
        is less than 1.
    """

    def __init__(self, *tensors: Tensor, batch_size: int, steps: int | None = None, seed: int = 0) -> None:
        if not tensors:
            raise ValueError("pass at least one tensor to take batches from")
        rows = [len(tensor) for tensor in tensors]
        if len(set(rows)) > 1:
            raise ValueError(
                f"the tensors have {rows} rows; row i of each belongs to example i, so they must agree"
            )
        if rows[0] == 0:
            raise ValueError("the tensors have no rows, so there is no batch to take")
        self.tensors = tensors
        self.batch_size = check_size(batch_size, "batch_size")
        self.seed = seed
        one_pass = -(-rows[0] // self.batch_size)
        self.steps = one_pass if steps is None else check_size(steps, "steps")

    def __len__(self) -> int:
        return self.steps

    def __iter__(self) -> Iterator[tuple[Tensor, ...]]:
        generator = torch.Generator().manual_seed(self.seed)
        rows = len(self.tensors[0])
        start, order = rows, torch.empty(0)
        for _ in range(self.steps):
            if start >= rows:
                start, order = 0, torch.randperm(rows, generator=generator)
            chosen = order[start : start + self.batch_size]
            yield tuple(tensor[chosen] for tensor in self.tensors)
            start += self.batch_size


def _integers(sequence: Sequence[int], number: int) -> Tensor:
    if len(sequence) == 0:
        return torch.empty(0, dtype=torch.int64)  # an empty list has no type of its own
    try:
        part = torch.as_tensor(sequence)
    except (TypeError, ValueError):
        raise TypeError(
            f"sequence {number} is no list of integers: {shorten(sequence, 60)}; turn tokens into ids first, "
            "for example with vocabulary.encode(tokens)"
        ) from None
    if part.is_floating_point() or part.is_complex() or part.dtype == torch.bool:
        raise TypeError(f"sequence {number} holds {part.dtype} values, but ids must be integers")
    return part


def _range(vocab_size: int | None) -> str:
    return "ids start at 0" if vocab_size is None else allowed_ids(vocab_size)


def _refuse_bad_ids(ids: Tensor, vocab_size: int | None) -> None:
    bad = ids < 0 if vocab_size is None else (ids < 0) | (ids >= vocab_size)
    if bad.any():
        row, column = bad.nonzero()[0].tolist()
        raise IndexError(
            f"id {ids[row, column].item()} at position {column} of sequence {row} is out of range: "
            f"{_range(vocab_size)}"
        )


def as_keys(values: Sequence[Hashable]) -> list[Hashable]:
    """Return values that are equal keys where the given ones mean the same.

    Two tensors of one number are never equal keys, the numbers are. Two NaN are not equal either: all of
    them become the same one.
    """
    values = values.tolist() if isinstance(values, Tensor | np.ndarray) else values
    return [value if value == value else math.nan for value in values]


def _deal(sizes: Counter[Hashable], shares: Sequence[float], seed: int) -> list[set[Hashable]]:
    names = list(sizes)
    random.Random(seed).shuffle(names)
    lacking = [share * sizes.total() for share in shares]
    parts: list[set[Hashable]] = [set() for _ in shares]
    for left, name in zip(range(len(names), 0, -1), names, strict=True):
        empty = [number for number, part in enumerate(parts) if not part]
        open_parts = empty if len(empty) >= left else range(len(parts))  # a giant group may outweigh several
        neediest = max(open_parts, key=lacking.__getitem__)
        parts[neediest].add(name)
        lacking[neediest] -= sizes[name]
    return parts


def _refuse_torn_groups(groups: Sequence[Hashable], strata: Sequence[Hashable]) -> None:
    found = defaultdict(set)
    for group, stratum in zip(groups, strata, strict=True):
        found[group].add(stratum)
    for group, own in found.items():
        if len(own) > 1:
            raise ValueError(
                f"group {group!r} lies in {len(own)} strata, so it cannot be dealt whole; "
                "stratify by something that is the same within a group, or not at all"
            )
