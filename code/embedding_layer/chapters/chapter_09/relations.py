"""Questions that the libraries themselves answer: pairs of names that differ by a rule, and their analogies.

Nobody chose the pairs. A rule such as "put `arc` in front" is applied to every name that NumPy, PyTorch and
Matplotlib define, and a pair counts where both names exist and both occur often enough in the corpus.
"""

from __future__ import annotations

import importlib
import inspect
import random
import re
import warnings
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from itertools import permutations
from types import ModuleType
from typing import NamedTuple

import torch

MODULES = (
    *("numpy", "numpy.fft", "numpy.linalg", "numpy.random", "numpy.ma", "numpy.polynomial", "numpy.lib"),
    *("torch", "torch.nn", "torch.nn.functional", "torch.nn.init", "torch.fft", "torch.linalg"),
    *("torch.special", "torch.optim", "torch.optim.lr_scheduler", "torch.distributions"),
    *("matplotlib", "matplotlib.pyplot", "matplotlib.axes", "matplotlib.axis", "matplotlib.figure"),
    *("matplotlib.artist", "matplotlib.text", "matplotlib.lines", "matplotlib.patches", "matplotlib.colors"),
    *("matplotlib.ticker", "matplotlib.transforms", "matplotlib.collections", "matplotlib.legend"),
)
"""Where names are looked for."""

MIN_COUNT = 5
"""Both words of a pair occur at least this often."""
LARGEST_RELATION, PER_RELATION = 12, 20
"""Pairs of a relation, the commonest first, and analogies made of them: no relation outweighs the others."""


class Analogy(NamedTuple):
    """a is to b as c is to d, by a relation."""

    relation: str
    a: str
    b: str
    c: str
    d: str


def _replace(pattern: str, by: str) -> Callable[[str], str]:
    return lambda name: re.sub(pattern, by, name, count=1)


def _wider(name: str) -> str:
    match = re.fullmatch(r"(u?int|float|complex)(\d+)", name)
    return f"{match[1]}{2 * int(match[2])}" if match else name


def _column(name: str) -> str:
    return re.sub("row", "column" if name in {"row", "rows"} else "col", name, count=1)


def _in_place(name: str) -> str:
    return f"{name}_" if hasattr(torch.Tensor, f"{name}_") else name


RULES: Mapping[str, Callable[[str], str]] = {
    "hyperbolic": _replace(r"^((?:arc)?(?:sin|cos|tan))$", r"\1h"),
    "inverse function": _replace(r"^((?:sin|cos|tan)h?)$", r"arc\1"),
    "inverse transform": _replace(r"^([rh]?fft(?:2|n|shift)?)$", r"i\1"),
    "real transform": _replace(r"^(i?)(fft(?:2|n)?)$", r"\1r\2"),
    "one and two axes": _replace(r"1d$", "2d"),
    "two and three axes": _replace(r"2d$", "3d"),
    "x and y": _replace(r"(^|_)x(?=[a-z0-9]*$)", r"\1y"),
    "smallest and largest": _replace(r"(^|_|arg|[avxyf])min(imum)?$", r"\1max\2"),
    "without sign": _replace(r"^(int\d+)$", r"u\1"),
    "twice the bits": _wider,
    "in and out": _replace(r"^in(?=put|_)", "out"),
    "row and column": _column,
    "height and width": _replace(r"^height", "width"),
    "edge and face": _replace(r"^edge", "face"),
    "zeros and ones": _replace(r"^zeros", "ones"),
    "like another": _replace(r"^(zeros|ones|empty|full|rand|randn|randint)$", r"\1_like"),
    "ignoring nan": _replace(r"^(\w+)$", r"nan\1"),
    "where it is": _replace(r"^(\w{3,})$", r"arg\1"),
    "undone": _replace(r"^(\w{3,})$", r"un\1"),
    "in place": _in_place,
    "plural": _replace(r"^(\w{3,}[a-rt-z])$", r"\1s"),
}
"""For each relation what makes the second name of a pair from the first. A name left alone has no second."""


@cache
def library_names() -> frozenset[str]:
    """Return the names that the libraries define, in lower case.

    Modules, functions and classes, the attributes of classes, and the names of parameters.
    """
    names: set[str] = set()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # old names warn when they are asked for
        for name in MODULES:
            names.update(_names_in(importlib.import_module(name)))
    return frozenset(name.lower() for name in names if not name.startswith("__"))


def pairs_by_relation(counts: Mapping[str, int]) -> dict[str, list[tuple[str, str]]]:
    """Return for each relation its pairs of names, those first whose rarer word is commonest.

    Parameters
    ----------
    counts : mapping of str to int
        How often each word occurs in the corpus; a word that is not in it does not.

    Returns
    -------
    dict of str to list of pairs
        Relations with fewer than two pairs, of which no analogy can be made, are left out.

    Raises
    ------
    ValueError
        If no relation is left: the corpus does not talk about these libraries.
    """
    known = {name for name in library_names() if counts.get(name, 0) >= MIN_COUNT}
    found = {}
    for relation, rule in RULES.items():
        pairs = [(name, rule(name)) for name in known if rule(name) != name and rule(name) in known]
        pairs.sort(key=lambda pair: (-min(counts[pair[0]], counts[pair[1]]), pair))
        if len(pairs) > 1:
            found[relation] = pairs[:LARGEST_RELATION]
    if not found:
        raise ValueError(
            f"of {len(counts)} words with counts, none are the two names of a pair: count the words of the "
            "libraries' documentation, for example Counter(load_corpus().tokens())"
        )
    return found


def analogies(pairs: Mapping[str, list[tuple[str, str]]], *, seed: int = 0) -> list[Analogy]:
    """Make analogies of all pairs of pairs with four different words, at most `PER_RELATION` a relation."""
    questions = []
    for relation, own in pairs.items():
        whole = [(*first, *second) for first, second in permutations(own, 2) if len({*first, *second}) == 4]
        random.Random(seed).shuffle(whole)
        questions += [Analogy(relation, *words) for words in whole[:PER_RELATION]]
    return questions


def _names_in(module: ModuleType) -> Iterator[str]:
    home = module.__name__.partition(".")[0]
    for name in dir(module):
        yield name
        value = getattr(module, name, None)
        if inspect.isclass(value) and (value.__module__ or "").startswith(home):
            yield from dir(value)
        if callable(value):
            try:
                yield from inspect.signature(value).parameters
            except (TypeError, ValueError):  # compiled functions that do not tell
                continue
