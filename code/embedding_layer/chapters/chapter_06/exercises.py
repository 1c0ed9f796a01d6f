"""Checks for the exercises of chapter 6: the reader writes tests, and broken layers try to pass them."""

from __future__ import annotations

import inspect
import traceback
from collections.abc import Callable, Sequence

import torch
from torch import nn

from embedding_layer.chapters.chapter_06 import mutants
from embedding_layer.chapters.feedback import Misconception, exercise, require
from embedding_layer.layer import CustomEmbedding

LayerTest = Callable[[type[nn.Module]], None]
"""Gets a layer class and raises an exception if layers of that class are broken."""

SEEDS = range(10)
"""A test that leaves it to chance whether it passes, or whether it catches a broken layer, is found out."""

_NAMES = {nn.Embedding: "nn.Embedding", CustomEmbedding: "the library's CustomEmbedding"}


@exercise
def table_test(answer: LayerTest) -> str:
    """Check a test that tells whether a layer has a table of its own that is trained and saved."""
    return _hunt(answer, mutants.TABLE)


@exercise
def gradient_test(answer: LayerTest) -> str:
    """Check a test of the gradient of a look-up."""
    return _hunt(answer, mutants.GRADIENT)


@exercise
def padding_test(answer: LayerTest) -> str:
    """Check a test of `padding_idx`."""
    return _hunt(answer, mutants.PADDING)


@exercise
def refusal_test(answer: LayerTest) -> str:
    """Check a test that bad ids, and what is no ids, are refused."""
    return _hunt(answer, mutants.REFUSALS)


@exercise
def max_norm_test(answer: LayerTest) -> str:
    """Check a test of `max_norm`."""
    return _hunt(answer, mutants.MAX_NORM)


def _hunt(test: LayerTest, broken: Sequence[type[nn.Module]]) -> str:
    """Run a test on the right layers and on the broken ones; say which of these survive it, and why."""
    _require_test(test)
    for seed in SEEDS:
        for layer in _NAMES:
            _require_pass(test, layer, seed)
    passed = {layer: sum(_run(test, layer, seed) is None for seed in SEEDS) for layer in broken}
    survivors = [layer for layer, times in passed.items() if times]
    require(
        len(survivors) < len(broken) or min(passed.values()) < len(SEEDS),
        f"All {len(broken)} broken layers pass your test, as the right ones do. A test has to raise an "
        "exception where something is wrong: use `assert`, or `torch.testing.assert_close`.",
    )
    caught = len(broken) - len(survivors)
    require(
        not survivors,
        f"Your test catches {caught} of {len(broken)} broken layers. These pass:"
        + "".join(f"\n  - {_fault(layer, passed[layer])}" for layer in survivors),
    )
    return f"All {caught} broken layers are caught, and the right ones pass."


def _fault(layer: type[nn.Module], times: int) -> str:
    """Say what is wrong with a broken layer, and whether it passed by luck."""
    luck = f" (It passes in {times} of {len(SEEDS)} runs: what your test draws at random decides.)"
    return " ".join(layer.__doc__.split()) + luck * (times < len(SEEDS))


def _require_test(test: LayerTest) -> None:
    """Require something that can be called with a layer class."""
    require(
        callable(test),
        f"A test is a function that gets a layer class; this is of type {type(test).__name__}.",
    )
    try:
        inspect.signature(test).bind(nn.Embedding)
    except TypeError as error:
        raise Misconception(
            f"Your test is called with one argument, the layer class; it does not take it: {error}."
        ) from None


def _require_pass(test: LayerTest, layer: type[nn.Module], seed: int) -> None:
    error = _run(test, layer, seed)
    if error is None:
        return
    said = str(error).strip().splitlines()
    what = type(error).__name__ + (f": {said[0]}" if said else "")
    hint = " The two call their sizes by different names: hand them over by position." * ("keyword" in what)
    raise Misconception(
        f"Your test fails{_where(error, test)} for {_NAMES[layer]}, which is right: {what}. "
        f"A test that right layers fail says nothing about broken ones.{hint}"
    )


def _run(test: LayerTest, layer: type[nn.Module], seed: int) -> BaseException | None:
    """Return the exception that the test raises for a layer; names of classes shall not give them away."""
    disguised = type("Layer", (layer,), {})
    with torch.random.fork_rng(devices=[]), torch.enable_grad():
        torch.manual_seed(seed)
        try:
            verdict = test(disguised)
        except KeyboardInterrupt:
            raise
        except SystemExit:
            raise Misconception(
                "Your test ends the whole program. A test raises an exception, as `assert` does, and whoever "
                "runs it can go on."
            ) from None
        except BaseException as error:  # pytest's own failures are no Exception
            return error
    require(
        verdict is None,
        f"Your test returns {verdict!r}. A test returns nothing: it raises an exception if something is "
        "wrong, as `assert` does.",
    )
    return None


def _where(error: BaseException, test: LayerTest) -> str:
    """Say at which line of the reader's test it happened."""
    code = getattr(test, "__code__", None)
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if code is not None and frame.filename == code.co_filename and frame.line:
            return f" at `{frame.line.strip()}`"
    return ""
