"""What an exercise check says: not solved yet, what is misunderstood, or solved."""

from __future__ import annotations

import dis
import functools
import inspect
import traceback
from collections.abc import Callable, Iterator
from types import FunctionType, NoneType
from typing import get_args, get_origin, get_type_hints

FORGOTTEN_RETURN = "Your function returns None: it prints its result, or a `return` is missing."


class Misconception(Exception):  # noqa: N818 -- it names what the reader believes, not an error of the program
    """What a wrong answer shows the reader to believe, and why it is not so."""


def exercise(check: Callable[[object], object]) -> Callable[[object], None]:
    """Turn a check into an exercise: it prints one verdict and never raises over a wrong answer.

    The check gets the reader's answer. It returns a sentence to add to the praise (or None) if the answer is
    right and raises `Misconception` if it is wrong. The placeholder `...` is reported as not solved yet.

    A check that declares what the function returns, such as `answer: Callable[[int], int]`, need not ask
    whether it can be called as the exercise says, nor whether it returns anything; where the check declares a
    tuple, a list is as good.
    """
    name = check.__name__
    value = _value_asked(check)

    @functools.wraps(check)
    def verdict(answer: object = ...) -> None:
        if is_unsolved(answer):
            print(f"{name}: not solved yet. Replace the dots in the cell above, then run it again.")
            return
        returned: list[object] = []
        watch = value is not None and isinstance(answer, FunctionType)
        try:
            more = check(_watched(answer, returned, value) if watch else answer)
        except Misconception as misconception:
            print(f"{name}: not yet. {FORGOTTEN_RETURN if _nothing(returned) else misconception}")
        except (Exception, SystemExit) as error:
            print(f"{name}: {_told(error, answer, returned)}")
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


def _value_asked(check: Callable[[object], object]) -> object:
    """Return the type that a check declares for what the answer returns; None if it declares none."""
    hints = [hint for name, hint in get_type_hints(check).items() if name != "return"]
    if not hints or get_origin(hints[0]) is not Callable:
        return None
    value = get_args(hints[0])[-1]
    return None if value in (NoneType, object) else value


def _watched(function: FunctionType, returned: list[object], value: object) -> Callable[..., object]:
    """Return the function with a memory: `returned` holds what its last call gave, nothing if that failed."""
    wants_tuple = get_origin(value) is tuple
    signature = inspect.signature(function)

    @functools.wraps(function)
    def watched(*args: object, **kwargs: object) -> object:
        returned.clear()
        try:
            signature.bind(*args, **kwargs)
        except TypeError as error:
            count = len(args) + len(kwargs)
            raise Misconception(
                f"The exercise calls your function with {count} argument{'s' * (count != 1)}, you define "
                f"`{function.__name__}{signature}`: {error}."
            ) from None
        result = function(*args, **kwargs)
        returned.append(result)
        return tuple(result) if wants_tuple and isinstance(result, list) else result

    return watched


def _nothing(returned: list[object]) -> bool:
    return bool(returned) and returned[0] is None


def _told(error: BaseException, answer: object, returned: list[object]) -> str:
    """Put an error into words: in the reader's code, or over what that code has returned."""
    if isinstance(error, SystemExit):
        return f"not yet. Your code ends the whole program{_line(error, answer)}. Return a value instead."
    kind = type(error).__name__
    if _nothing(returned):
        return f"not yet. {FORGOTTEN_RETURN}"
    if returned:
        return (
            f"not yet. Your function returns a value of type {type(returned[0]).__name__} that does not fit "
            f"what is asked ({kind}: {error})."
        )
    return f"your code raised {kind}{_line(error, answer)}: {error}"


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
