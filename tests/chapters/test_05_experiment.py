import warnings

import pytest
import torch

from embedding_layer.chapters.chapter_05 import experiment


def fail(words):
    raise RuntimeError(words)


@pytest.mark.parametrize(
    ("words", "first"),
    [
        ("Jacobian mismatch for input 0,\nnumerical:1", "Jacobian mismatch for input 0"),
        ("modified in place: it is at version 1. Hint: do not", "modified in place: it is at version 1"),
        ("one line", "one line"),
    ],
)
def test_a_complaint_is_the_first_sentence_of_an_error(words, first):
    assert experiment.complaint(fail, words) == first


def test_who_only_warns_does_not_complain():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert experiment.complaint(warnings.warn, "single precision") == "no complaint"


def test_an_error_of_another_kind_is_not_hidden():
    with pytest.raises(ZeroDivisionError):
        experiment.complaint(lambda: 1 / 0)


def test_the_forms_of_a_gradient_are_timed_with_the_layers_that_make_them(monkeypatch):
    made = {}
    monkeypatch.setattr(experiment, "compare", lambda runs, repeats: made.update(runs))
    experiment.time_backward(50, 20, 4)
    layouts = {}
    for form, run in made.items():
        run()
        layer = next(cell.cell_contents for cell in run.__closure__ if hasattr(cell.cell_contents, "weight"))
        layouts[form] = layer.weight.grad.layout
    assert layouts == {
        "dense": torch.strided,
        "sparse": torch.sparse_coo,
        "coalesced": torch.sparse_coo,
    }
    assert made["coalesced"]().is_coalesced()


def test_most_searches_find_the_word_and_not_all():
    found = [experiment.weight_found(seed) for seed in range(30)]
    assert 25 <= sum(weight > 0.5 for weight in found) < 30
    assert experiment.weight_found(0, steps=0) == pytest.approx(1 / 6)
