import functools
from collections.abc import Callable
from importlib.util import module_from_spec, spec_from_file_location

import numpy as np
import pytest
import torch

from embedding_layer.chapters.feedback import Misconception, exercise, is_unsolved, require


@exercise
def double(answer):
    """Check a function that doubles."""
    require(answer(3) != 9, "You squared the number.")
    require(answer(3) == 6, "3 becomes 6.")
    return "Twice is twice."


@exercise
def number_seven(answer):
    if answer != 7:
        raise Misconception("It is 7.")


@exercise
def halve(answer: Callable[[int], np.ndarray]):
    """Check a function that returns an array; what it returns is watched."""
    require(np.array_equal(answer(4), [2, 2]), f"4 becomes [2, 2]; you say {answer(4)}.")
    require((np.asarray(answer(6), dtype=float) == [3, 3]).all(), "6 becomes [3, 3].")


@exercise
def change(answer: Callable[[list], None]):
    """Check a function that reverses a list and returns nothing."""
    given = [1, 2]
    answer(given)
    require(given == [2, 1], "It is not reversed.")


@exercise
def pair(answer: Callable[[int], tuple[int, int]]):
    require(answer(3) == (3, 3), "3 becomes (3, 3).")


@pytest.fixture
def says(capsys):
    def read(check, *answer):
        check(*answer)
        return capsys.readouterr().out

    return read


def test_a_right_answer_is_praised_with_what_the_check_adds(says):
    assert says(double, lambda x: 2 * x) == "double: solved. Twice is twice.\n"
    assert says(number_seven, 7) == "number_seven: solved.\n"


def test_a_wrong_answer_hears_its_misconception(says):
    assert says(double, lambda x: x**2) == "double: not yet. You squared the number.\n"
    assert says(number_seven, 8) == "number_seven: not yet. It is 7.\n"


def test_the_first_misconception_found_is_the_one_told(says):
    assert "squared" in says(double, lambda x: 9)


def test_a_placeholder_is_not_solved_yet(says):
    expected = "double: not solved yet. Replace the dots in the cell above, then run it again.\n"
    assert says(double, ...) == says(double) == expected


def test_an_error_is_told_and_does_not_stop_the_notebook(says):
    assert says(double, lambda x: 1 / 0).startswith("double: your code raised ZeroDivisionError")
    assert "TypeError" in says(double, 5)


def test_an_interrupt_does_stop_it():
    def interrupted(_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        double(interrupted)


@pytest.fixture
def code_of_reader(tmp_path):
    """Return a function that puts source code into a file of its own and imports it."""

    def load(source):
        path = tmp_path / "answer.py"
        path.write_text(source, encoding="utf-8")
        spec = spec_from_file_location("answer", path)
        module = module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    return load


def test_an_error_names_the_line_of_the_reader_s_function(says, code_of_reader):
    answer = code_of_reader("def answer(x):\n    y = [1]\n    return y[x]\n").answer
    assert (
        says(double, answer)
        == "double: your code raised IndexError at `return y[x]`: list index out of range\n"
    )


def test_an_error_deep_in_a_library_names_the_reader_s_line(says, code_of_reader):
    answer = code_of_reader("import json\n\ndef answer(x):\n    return json.loads('{')\n").answer
    assert "JSONDecodeError at `return json.loads('{')`" in says(double, answer)


def test_an_error_in_a_class_names_the_line_of_its_method(says, code_of_reader):
    answer = code_of_reader("class Answer:\n    def __init__(self, x):\n        self.y = x.nothing\n").Answer
    assert "AttributeError at `self.y = x.nothing`" in says(double, answer)


def test_an_error_in_a_class_method_names_its_line_too(says, code_of_reader):
    answer = code_of_reader(
        "class Answer:\n    @classmethod\n    def __class_getitem__(cls, x):\n        return x.nothing\n"
    ).Answer

    @exercise
    def item(answer):
        answer[3]

    assert "AttributeError at `return x.nothing`" in says(item, answer)


def test_an_error_outside_the_reader_s_code_names_no_line(says):
    assert says(double, "text") == "double: your code raised TypeError: 'str' object is not callable\n"


def test_a_check_keeps_its_name_and_description():
    assert double.__name__ == "double"
    assert double.__doc__ == "Check a function that doubles."


def test_require_is_silent_when_the_condition_holds():
    require(True, "never told")
    with pytest.raises(Misconception, match="told"):
        require(False, "told")


# --- what a function returns ---------------------------------------------------------------------------


def printing(x):
    print(x // 2)


def sometimes_returning(x):
    return np.array([2, 2]) if x == 4 else None


@pytest.mark.parametrize("answer", [printing, sometimes_returning, lambda x: [].append(x)])
def test_a_forgotten_return_is_told_as_such(says, answer):
    said = says(halve, answer)
    assert said.endswith(
        "halve: not yet. Your function returns None: it prints its result, or a `return` is missing.\n"
    )


def test_a_function_that_returns_nothing_need_not(says):
    assert says(change, lambda given: given.reverse()) == "change: solved.\n"
    assert says(change, lambda given: given.sort()) == "change: not yet. It is not reversed.\n"


def test_what_does_not_fit_is_no_error_of_the_reader_s_code(says):
    said = says(halve, lambda x: [2, 2] if x == 4 else {"half": x})
    assert said.startswith("halve: not yet. Your function returns a value of type dict that does not fit")
    assert "(TypeError: " in said


def test_an_error_in_a_later_call_is_one_of_the_reader_s_code(says):
    said = says(halve, lambda x: np.array([2, 2]) if x == 4 else 1 / 0)
    assert said.startswith("halve: your code raised ZeroDivisionError")


def test_wrong_parameters_are_named(says):
    def answer(x, y):
        return x + y

    assert says(halve, answer) == (
        "halve: not yet. The exercise calls your function with 1 argument, you define `answer(x, y)`: "
        "missing a required argument: 'y'.\n"
    )


def test_a_list_is_as_good_as_a_tuple(says):
    assert says(pair, lambda x: (x, x)) == says(pair, lambda x: [x, x]) == "pair: solved.\n"
    assert "not yet" in says(pair, lambda x: [x, x + 1])


@pytest.mark.parametrize("check", [double, halve])
def test_an_exit_does_not_end_the_notebook(says, check, code_of_reader):
    answer = code_of_reader("import sys\n\ndef answer(x):\n    sys.exit()\n").answer
    said = says(check, answer)
    assert "not yet. Your code ends the whole program at `sys.exit()`. Return a value instead." in said


# --- placeholders ------------------------------------------------------------------------------------


def dots(x): ...


def described_dots(x):
    """Say what it shall do."""
    ...  # noqa: PIE790 -- the case at hand


def passing(x):
    pass


def returning_dots(x):
    return ...


class Dots:
    def __init__(self, x): ...

    def forward(self, x):
        return x


class DotsInClassMethod:
    def __init__(self, x):
        self.x = x

    @classmethod
    def make(cls): ...


class DotsInStaticMethod:
    @staticmethod
    def make(): ...


class DotsInProperty:
    @property
    def size(self): ...


@pytest.mark.parametrize(
    "answer",
    [
        *(..., None, dots, described_dots, passing, returning_dots, lambda x: ...),
        *(Dots, DotsInClassMethod, DotsInStaticMethod, DotsInProperty),
        *([1, ...], (..., 2), {"a": ...}, [dots], {"a": {"b": None}}),
    ],
)
def test_placeholders_are_unsolved(answer):
    assert is_unsolved(answer)


def one_line(x):
    return x


def constant(x):
    return 0


def stores(x):
    x.y = 1


class Solved:
    size = None

    def forward(self, x):
        return x

    @classmethod
    def make(cls):
        return cls()


@pytest.mark.parametrize(
    "answer",
    [
        *(0, "", False, [], {}, np.zeros(3), torch.zeros(2, 2), one_line, constant, stores, Solved, int, len),
        *(functools.partial(one_line, 1), Solved()),
    ],
)
def test_answers_are_not_taken_for_placeholders(answer):
    assert not is_unsolved(answer)
