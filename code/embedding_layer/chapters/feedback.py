"""What an exercise check says: not solved yet, what is misunderstood, or solved."""

from __future__ import annotations

import dis
import functools
import inspect
import traceback
from collections.abc import Callable, Iterator
from types import FunctionType


class Misconception(Exception):  # noqa: N818 -- it names what the reader believes, not an error of the program
    """What a wrong answer shows the reader to believe, and why it is not so."""


def exercise(check: Callable[[object], object]) -> Callable[[object], None]:
    """Turn a check into an exercise: it prints one verdict and never raises over a wrong answer.

    The check gets the reader's answer. It returns a sentence to add to the praise (or None) if the answer is
    right and raises `Misconception` if it is wrong. The placeholder `...` is reported as not solved yet.
    """
    name = check.__name__

    @functools.wraps(check)
    def verdict(answer: object = ...) -> None:
        if is_unsolved(answer):
            print(f"{name}: not solved yet. Replace the dots in the cell above, then run it again.")
            return
        try:
            more = check(answer)
        except Misconception as misconception:
            print(f"{name}: not yet. {misconception}")
        except Exception as error:
            print(f"{name}: your code raised {type(error).__name__}{_line(error, answer)}: {error}")
        else:
            print(f"{name}: solved." + (f" {more}" if more else ""))

    return verdict


def is_unsolved(answer: object) -> bool:
    """Tell whether the answer still holds the placeholder `...`.

    True for the placeholder itself, for a function whose body is the placeholder, for a class with such a
    method, and for a list, tuple or dictionary with a placeholder in it.
    """
    if answer is ... or answer is None:
        return True
    if isinstance(answer, FunctionType):
        return _is_empty(answer)
    if inspect.isclass(answer):
        return any(_is_empty(function) for function in _functions(answer))
    if isinstance(answer, dict):
        return any(is_unsolved(part) for part in answer.values())
    if isinstance(answer, (list, tuple)):
        return any(is_unsolved(part) for part in answer)
    return False


def require(condition: bool, misconception: str) -> None:
    """Raise `Misconception` with these words unless the condition holds."""
    if not condition:
        raise Misconception(misconception)


def _functions(written: type) -> Iterator[FunctionType]:
    """Yield the functions in a class body, those of class methods, static methods and properties, too."""
    for part in vars(written).values():
        function = getattr(part, "__func__", getattr(part, "fget", part))
        if isinstance(function, FunctionType):
            yield function


def _is_empty(function: FunctionType) -> bool:
    does_nothing = {"RESUME", "NOP", "LOAD_CONST", "RETURN_VALUE", "RETURN_CONST"}
    steps = list(dis.get_instructions(function))
    constants = {step.argval for step in steps if step.opname in {"LOAD_CONST", "RETURN_CONST"}}
    return {step.opname for step in steps} <= does_nothing and constants <= {None, ...}


def _line(error: BaseException, answer: object) -> str:
    """Say where in the reader's own code it happened, if it did happen there."""
    code = getattr(answer, "__code__", None)
    files = {code.co_filename} if code else set()
    if inspect.isclass(answer):
        files = {function.__code__.co_filename for function in _functions(answer)}
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if frame.filename in files and frame.line:
            return f" at `{frame.line.strip()}`"
    return ""
