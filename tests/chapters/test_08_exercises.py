import pytest
import torch

from embedding_layer.chapters.chapter_08 import exercises as check


@pytest.fixture
def verdict(capsys):
    def read(exercise, answer):
        exercise(answer)
        return capsys.readouterr().out

    return read


def placeholder(*_): ...


@pytest.mark.parametrize(
    "exercise",
    [check.stretch, check.same_map, check.columns_needed, check.own_experiment],
    ids=lambda part: part.__name__,
)
def test_the_placeholder_is_not_solved_yet(exercise, verdict):
    assert "not solved yet" in verdict(exercise, placeholder)


def says(verdict, exercise, answer, words):
    text = verdict(exercise, answer)
    assert text.startswith(f"{exercise.__name__}: not yet.")
    assert words in text


# --- stretch ------------------------------------------------------------------------------------------


def apart(weight, pairs):
    one, other = weight[pairs].unbind(dim=1)
    return (one - other).norm(dim=1)


def stretch(weight, pairs, lengths):
    return (apart(weight, pairs) - lengths).square().mean()


def by_cdist(weight, pairs, lengths):
    return torch.nn.functional.mse_loss(torch.cdist(weight, weight)[pairs[:, 0], pairs[:, 1]], lengths)


@pytest.mark.parametrize("answer", [stretch, by_cdist])
def test_stretch_solved(answer, verdict):
    assert verdict(check.stretch, answer).startswith("stretch: solved.")


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda w, p, n: (apart(w, p) - n).square().sum(), "added the squares up"),
        (lambda w, p, n: (apart(w, p) - n).mean(), "cancel"),
        (lambda w, p, n: (apart(w, p) - n).abs().mean(), "absolute misses"),
        (lambda w, p, n: (apart(w, p).square() - n).square().mean(), "take the root first"),
        (lambda w, p, n: stretch(w, p, n).detach(), "No gradient"),
        (lambda w, p, n: stretch(w, p, n).item(), "Return a tensor"),
        (lambda w, p, n: (apart(w, p) - n).square(), "A loss is one number"),
        (lambda w, p, n: stretch(w, p, n) + 1, "you return"),
    ],
)
def test_stretch_names_the_misconception(answer, words, verdict):
    says(verdict, check.stretch, answer, words)


# --- same_map -----------------------------------------------------------------------------------------


def by_distances(one, other):
    return bool((torch.cdist(one, one) - torch.cdist(other, other)).abs().max() < 1e-6)


def by_products(one, other):
    one, other = (table - table.mean(0) for table in (one, other))
    return torch.allclose(one @ one.T, other @ other.T)


@pytest.mark.parametrize("answer", [by_distances, by_products])
def test_same_map_solved(answer, verdict):
    assert verdict(check.same_map, answer).startswith("same_map: solved.")


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda one, other: torch.equal(one, other), "A shifted map"),
        (lambda one, other: torch.allclose(one - one.mean(0), other - other.mean(0)), "A turned map"),
        (lambda one, other: True, "One city was moved"),
        (lambda one, other: 1.0, "Return True or False"),
    ],
)
def test_same_map_names_the_misconception(answer, words, verdict):
    says(verdict, check.same_map, answer, words)


# --- columns_needed -----------------------------------------------------------------------------------


def by_cumsum(spectrum, share):
    held = spectrum.clamp(min=0).cumsum(0)
    return int((held < share * held[-1] - 1e-9).sum()) + 1


def by_loop(spectrum, share):
    values = [max(value, 0) for value in spectrum.tolist()]
    enough = (n for n in range(1, len(values) + 1) if sum(values[:n]) >= share * sum(values) - 1e-9)
    return next(enough)


@pytest.mark.parametrize("answer", [by_cumsum, by_loop])
def test_columns_needed_solved(answer, verdict):
    assert verdict(check.columns_needed, answer).startswith("columns_needed: solved.")


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda s, share: by_cumsum(s, share) - 1, "counting starts at 1"),
        (lambda s, share: int((s.cumsum(0) < share * s.sum() - 1e-9).sum()) + 1, "leave them out of the sum"),
        (lambda s, share: len(s), "you return 5"),
        (lambda s, share: 1.5, "Return a whole number"),
    ],
)
def test_columns_needed_names_the_misconception(answer, words, verdict):
    says(verdict, check.columns_needed, answer, words)


# --- own_experiment -----------------------------------------------------------------------------------


def measured(seed):
    noise = torch.randn(2, generator=torch.Generator().manual_seed(seed))
    return {"small": 10 + noise[0].item(), "large": 5 + noise[1].item()}


@pytest.mark.parametrize(
    "answer", [measured, lambda seed: {k: torch.tensor(v) for k, v in measured(seed).items()}]
)
def test_any_experiment_that_measures_is_accepted(answer, verdict):
    assert verdict(check.own_experiment, answer).startswith("own_experiment: solved. Your settings differ by")


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda seed: {"a": 1.0, "b": 2.0}, "Another seed changes no digit"),
        (lambda seed: {"a": seed}, "at least two settings"),
        (lambda seed: [1.0, 2.0], "Return a dictionary"),
        (lambda seed: {"a": seed, "b": float("nan")}, "diverged"),
        (lambda seed: {f"a{seed}": 1.0, "b": 2.0}, "differ from run to run"),
        (lambda seed: {"a": torch.rand(1).item(), "b": seed}, "The same seed gives other numbers"),
    ],
)
def test_an_experiment_that_is_none_is_told_why(answer, words, verdict):
    says(verdict, check.own_experiment, answer, words)
