import unittest

import pytest
import torch
from torch import nn

from embedding_layer.chapters.chapter_06 import exercises as check
from embedding_layer.chapters.chapter_06 import mutants


@pytest.fixture
def verdict(capsys):
    def read(exercise, answer):
        exercise(answer)
        return capsys.readouterr().out

    return read


def table_test(layer_class):
    layer, ids = layer_class(7, 3), torch.tensor([1, 4, 1])
    assert list(layer.state_dict()) == ["weight"]
    assert torch.equal(layer(ids), layer.weight[ids])
    assert not torch.equal(layer.weight, layer_class(7, 3).weight)
    before = layer.weight.detach().clone()
    layer(ids).sum().backward()
    torch.optim.SGD(layer.parameters(), lr=1.0).step()
    assert (layer.weight[ids] != before[ids]).all()


def gradient_test(layer_class):
    layer, ids, slopes = layer_class(7, 3), torch.tensor([[1, 6, 0], [6, 2, 6]]), torch.randn(2, 3, 3)
    layer(ids).backward(slopes)
    expected = torch.zeros(7, 3).index_add(0, ids.flatten(), slopes.flatten(0, 1))
    torch.testing.assert_close(layer.weight.grad, expected)


def padding_test(layer_class):
    ids = torch.arange(7).flip(0)
    for padding_idx in (2, 0, -1):
        layer = layer_class(7, 3, padding_idx)
        assert not layer.weight[padding_idx].any()
        with torch.no_grad():
            layer.weight[padding_idx] = 5
        assert torch.equal(layer(ids), layer.weight[ids])
        layer(ids).sum().backward()
        learns = layer.weight.grad.any(dim=1)
        assert learns.sum() == 6
        assert not learns[padding_idx]


def refusal_test(layer_class):
    layer = layer_class(7, 3)
    out_of_range = torch.tensor([[0, 1], [-1, 2]]), torch.tensor([[0, 7]])
    for bad in (*out_of_range, torch.tensor([True] * 7), torch.tensor([0.0, 1.9]), [0, 1]):
        with pytest.raises((IndexError, TypeError, RuntimeError)):
            layer(bad)


def max_norm_test(layer_class):
    before = torch.tensor([[3.0, 4.0], [0.1, 0.2], [6.0, 8.0], [0.3, 0.1]])
    for max_norm, norm_type in ((1.0, 2.0), (1.0, 1.0), (0.0, 2.0)):
        layer = layer_class(4, 2, None, max_norm, norm_type).eval()
        layer.load_state_dict({"weight": before})
        layer(torch.tensor([0, 1, 0]))
        expected = before.clone()
        for row in (0, 1):
            expected[row] *= min(1, max_norm / before[row].norm(norm_type).item())
        torch.testing.assert_close(layer.weight.detach(), expected, atol=1e-5, rtol=1e-5)


EXERCISES = {
    "table_test": (table_test, mutants.TABLE),
    "gradient_test": (gradient_test, mutants.GRADIENT),
    "padding_test": (padding_test, mutants.PADDING),
    "refusal_test": (refusal_test, mutants.REFUSALS),
    "max_norm_test": (max_norm_test, mutants.MAX_NORM),
}
every_exercise = pytest.mark.parametrize("name", EXERCISES)


def placeholder(layer_class): ...


def always_passes(layer_class):
    layer_class(7, 3)


def always_fails(layer_class):
    assert layer_class(7, 3).weight.shape == (3, 7), "transposed"


@every_exercise
def test_the_placeholder_is_not_solved_yet(name, verdict):
    assert "not solved yet" in verdict(getattr(check, name), placeholder)


@every_exercise
def test_a_good_test_solves_it(name, verdict):
    test, broken = EXERCISES[name]
    assert verdict(getattr(check, name), test) == (
        f"{name}: solved. All {len(broken)} broken layers are caught, and the right ones pass.\n"
    )


@pytest.mark.parametrize(
    ("name", "survivor"),
    [(name, layer) for name, (_, broken) in EXERCISES.items() for layer in broken],
    ids=lambda part: getattr(part, "__name__", part),
)
def test_each_survivor_is_named_by_its_fault(name, survivor, verdict):
    test, broken = EXERCISES[name]

    def lenient(layer_class):
        if not issubclass(layer_class, survivor):
            test(layer_class)

    words = verdict(getattr(check, name), lenient)
    caught = f"Your test catches {len(broken) - 1} of {len(broken)} broken layers. These pass:"
    assert words.startswith(f"{name}: not yet. {caught}\n  - It")
    assert words.count("\n  - ") == 1
    assert " ".join(survivor.__doc__.split()) in words


@every_exercise
def test_a_test_that_always_passes_is_told_so(name, verdict):
    words = verdict(getattr(check, name), always_passes)
    assert "broken layers pass your test, as the right ones do" in words
    assert "has to raise an exception" in words


@every_exercise
def test_a_test_that_always_fails_is_told_so(name, verdict):
    words = verdict(getattr(check, name), always_fails)
    assert words.startswith(
        f"{name}: not yet. Your test fails at "
        '`assert layer_class(7, 3).weight.shape == (3, 7), "transposed"` for nn.Embedding, which is right: '
        "AssertionError: transposed."
    )
    assert "says nothing about broken ones" in words


def returns_a_bool(layer_class):
    return layer_class(7, 3).weight.requires_grad


def by_our_keyword(layer_class):
    assert layer_class(vocab_size=7, embedding_dim=3).weight.requires_grad


def by_luck(layer_class):
    assert torch.rand(1) < 0.4


def by_name(layer_class):
    assert layer_class.__name__ in ("Embedding", "CustomEmbedding")


def with_a_typo(layer_class):
    layer_clas(7, 3)  # noqa: F821


def fails_for_ours(layer_class):
    assert not hasattr(layer_class(7, 3), "vocab_size")


def of_pytest(layer_class):
    with pytest.raises(ValueError):  # noqa: PT011
        layer_class(7, 3)


def exits(layer_class):
    raise SystemExit


def without_an_argument():
    assert True


@pytest.mark.parametrize(
    ("test", "words"),
    [
        (exits, "Your test ends the whole program"),
        (without_an_argument, "called with one argument, the layer class; it does not take it"),
        (7, "A test is a function that gets a layer class; this is of type int"),
        (returns_a_bool, "returns True. A test returns nothing"),
        (by_our_keyword, "hand them over by position"),
        (by_luck, "Your test fails at `assert torch.rand(1) < 0.4` for"),
        (by_name, "for nn.Embedding, which is right"),
        (with_a_typo, "NameError: name 'layer_clas' is not defined"),
        (fails_for_ours, "for the library's CustomEmbedding, which is right"),
        (of_pytest, "DID NOT RAISE"),
    ],
    ids=lambda part: getattr(part, "__name__", None),
)
def test_a_test_that_is_no_test(test, words, verdict):
    assert words in verdict(check.table_test, test)


def test_a_test_that_catches_by_luck_is_told_so(verdict):
    def four_ids_at_random(layer_class):
        layer, ids, slopes = layer_class(7, 3), torch.randint(7, (4,)), torch.randn(4, 3)
        layer(ids).backward(slopes)
        expected = torch.zeros(7, 3).index_add(0, ids, slopes)
        torch.testing.assert_close(layer.weight.grad, expected)

    words = verdict(check.gradient_test, four_ids_at_random)
    assert "catches 4 of 6" in words
    assert words.count("what your test draws at random decides") == 2


def test_a_test_leaves_gradients_as_they_were(verdict):
    def without_gradients(layer_class):
        torch.set_grad_enabled(False)

    verdict(check.table_test, without_gradients)
    assert torch.is_grad_enabled()


def unusual_table_test(layer_class):
    layer, other, ids = layer_class(7, 3), nn.Embedding(7, 3), torch.tensor([1, 4])
    assert layer.weight is not layer_class(7, 3).weight
    other.load_state_dict(layer.state_dict())
    before = layer(ids).detach()
    assert torch.equal(other(ids), before)
    optimiser = torch.optim.Adam(layer.parameters())
    layer(ids).sum().backward()
    optimiser.step()
    assert not torch.equal(layer(ids), before)


def unusual_gradient_test(layer_class):
    layer, ids = layer_class(7, 3, dtype=torch.float64), torch.tensor([[1, 6, 0], [6, 2, 6]])

    def look_up(weight):
        return torch.func.functional_call(layer, {"weight": weight}, (ids,))

    torch.autograd.gradcheck(look_up, (layer.weight,))


def unusual_padding_test(layer_class):
    ids = torch.tensor([[5, 0, 3], [1, 5, 6]])
    for padding_idx in (0, 3, -2):
        layers = layer_class(7, 3, padding_idx=padding_idx), nn.Embedding(7, 3, padding_idx=padding_idx)
        assert not layers[0].weight[padding_idx].any()
        nn.init.normal_(layers[1].weight)
        layers[0].load_state_dict(layers[1].state_dict())
        vectors = [layer(ids) for layer in layers]
        assert torch.equal(*vectors)
        for found in vectors:
            found.square().sum().backward()
        torch.testing.assert_close(*(layer.weight.grad for layer in layers))


class UnusualRefusalTest:
    def __call__(self, layer_class):
        case, layer = unittest.TestCase(), layer_class(7, 3)
        out_of_range = torch.tensor([[0, -1]]), torch.tensor([0, 7])
        for bad in (*out_of_range, torch.ones(7, dtype=torch.bool), torch.tensor([1.9]), [0, 1]):
            case.assertRaises((IndexError, TypeError, RuntimeError), layer, bad)  # noqa: PT027


def unusual_max_norm_test(layer_class):
    ids = torch.arange(4)
    for max_norm, norm_type, training in ((1.0, 2.0, True), (0.0, 2.0, False), (1.0, 1.0, False)):
        layer = layer_class(7, 3, max_norm=max_norm, norm_type=norm_type).train(training)
        nn.init.uniform_(layer.weight, 0.3, 0.9)
        layer.weight.data[0] /= 10
        expected = layer.weight.detach().clone()
        nn.functional.embedding(ids, expected, max_norm=max_norm, norm_type=norm_type)
        layer(ids)
        torch.testing.assert_close(layer.weight.detach(), expected)


@pytest.mark.parametrize(
    ("name", "test"),
    [
        ("table_test", unusual_table_test),
        ("gradient_test", unusual_gradient_test),
        ("padding_test", unusual_padding_test),
        ("refusal_test", UnusualRefusalTest()),
        ("max_norm_test", unusual_max_norm_test),
    ],
    ids=lambda part: part if isinstance(part, str) else "",
)
def test_an_unusual_good_test_solves_it(name, test, verdict):
    assert f"{name}: solved." in verdict(getattr(check, name), test)


def test_several_survivors_are_listed_one_a_line(verdict):
    def only_the_keys(layer_class):
        assert list(layer_class(7, 3).state_dict()) == ["weight"]

    words = verdict(check.table_test, only_the_keys)
    assert "catches 2 of 6" in words
    assert len(words.splitlines()) == 1 + 4


def one_id_too_large(layer_class):
    try:
        layer_class(7, 3)(torch.tensor([7]))
    except IndexError:
        return
    raise AssertionError


def only_the_first_padding(layer_class):
    layer = layer_class(7, 3, padding_idx=0)
    layer(torch.arange(7)).sum().backward()
    assert not layer.weight.grad[0].any()


def only_zeros(layer_class):
    for padding_idx in (2, 0, -1):
        assert not layer_class(7, 3, padding_idx)(torch.tensor([padding_idx % 7])).any()


def only_vectors(layer_class):
    vectors = layer_class(7, 3, max_norm=0.1)(torch.arange(7))
    assert (vectors.norm(dim=1) < 0.1001).all()


def only_slopes_of_one(layer_class):
    layer = layer_class(7, 3)
    layer(torch.tensor([1, 1, 2])).sum().backward()
    assert layer.weight.grad[1].tolist() == [2, 2, 2]


def only_moves(layer_class):
    layer = layer_class(7, 3)
    before = layer.weight.detach().clone()
    layer(torch.tensor([1])).sum().backward()
    torch.optim.SGD(layer.parameters(), lr=1.0).step()
    assert not torch.equal(layer.weight, before)


@pytest.mark.parametrize(
    ("name", "test", "words"),
    [
        ("table_test", only_moves, "catches 4 of 6"),
        ("gradient_test", only_slopes_of_one, "catches 4 of 6"),
        ("padding_test", only_the_first_padding, "catches 2 of 6"),
        ("padding_test", only_zeros, "catches 2 of 6"),
        ("refusal_test", one_id_too_large, "catches 2 of 7"),
        ("max_norm_test", only_vectors, "All 6 broken layers pass"),
    ],
    ids=lambda part: getattr(part, "__name__", ""),
)
def test_a_test_that_looks_at_half_of_it(name, test, words, verdict):
    assert words in verdict(getattr(check, name), test)


def test_an_interrupted_test_stops():
    def interrupted(layer_class):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        check.table_test(interrupted)


@pytest.mark.parametrize(
    "layer",
    [layer for _, broken in EXERCISES.values() for layer in broken if layer is not mutants.DrawnInForward],
    ids=lambda layer: layer.__name__,
)
def test_a_mutant_looks_up_good_ids_as_it_should(layer):
    made, ids = layer(7, 3), torch.tensor([[1, 2, 0], [6, 2, 6]])
    assert torch.equal(made(ids), made.weight[ids])


def test_the_faults_are_told_apart():
    faults = [layer.__doc__ for _, broken in EXERCISES.values() for layer in broken]
    assert len(set(faults)) == len(faults) == 31
    assert all(fault.startswith("It") for fault in faults)
