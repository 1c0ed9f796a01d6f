"""What the checks of exercises say is recognised by its words; tests/site/test_folds.py looks at it."""

import pytest

from bookkit.exercises import verdict
from embedding_layer.chapters.feedback import exercise, require


@exercise
def doubled(answer):
    require(answer(2) != 2, "That is the number itself,\nnot twice the number.")
    require(answer(2) == 4, "Twice 2 is 4.")


ANSWERS = {
    "unsolved": [..., lambda number: ...],
    "not-yet": [lambda number: number, lambda number: 5, lambda number: number / 0],
    "solved": [lambda number: 2 * number],
}


@pytest.mark.parametrize(("kind", "answer"), [(kind, one) for kind, some in ANSWERS.items() for one in some])
def test_every_verdict_is_recognised(kind, answer, capsys):
    doubled(answer)
    assert verdict(capsys.readouterr().out) == kind


@pytest.mark.parametrize("text", ["", "solved\n", "Solved: no\n", "a text: solved", "unsolved: 3"])
def test_other_outputs_are_no_verdicts(text):
    assert verdict(text) is None
