import numpy as np
import pytest
import torch
import torch.nn.functional as F

from embedding_layer.chapters.chapter_05 import exercises as check


@pytest.fixture
def verdict(capsys):
    def read(exercise, answer):
        exercise(answer)
        return capsys.readouterr().out

    return read


def placeholder(*_): ...


@pytest.mark.parametrize(
    "exercise",
    [check.table_gradient, check.padded_gradient, check.coalesce, check.bag_gradient, check.share_weights],
    ids=lambda part: part.__name__,
)
def test_the_placeholder_is_not_solved_yet(exercise, verdict):
    assert "not solved yet" in verdict(exercise, placeholder)


def scatter_add(slopes, ids, rows):
    flat = slopes.reshape(ids.numel(), slopes.shape[-1])
    return slopes.new_zeros(rows, slopes.shape[-1]).index_add(0, ids.flatten(), flat)


def says(verdict, exercise, answer, words):
    text = verdict(exercise, answer)
    assert text.startswith(f"{exercise.__name__}: not yet.")
    assert words in text


# --- table_gradient --------------------------------------------------------------------------------------


def by_add_at(ids, slopes, vocab_size):
    gradient = np.zeros((vocab_size, slopes.shape[-1]))
    np.add.at(gradient, ids, slopes)
    return gradient


def by_loop(ids, slopes, vocab_size):
    gradient = np.zeros((vocab_size, slopes.shape[-1]))
    for place in np.ndindex(ids.shape):
        gradient[ids[place]] += slopes[place]
    return gradient


def by_product(ids, slopes, vocab_size):
    flat = ids.reshape(-1)
    return np.eye(vocab_size)[flat].T @ slopes.reshape(len(flat), slopes.shape[-1])


def assigned(ids, slopes, vocab_size):
    gradient = np.zeros((vocab_size, slopes.shape[-1]))
    gradient[ids] = slopes
    return gradient


def plus_equal(ids, slopes, vocab_size):
    gradient = np.zeros((vocab_size, slopes.shape[-1]))
    gradient[ids] += slopes
    return gradient


def text_by_text(ids, slopes, vocab_size):
    gradient = np.zeros((vocab_size, slopes.shape[-1]))
    for some_ids, some_slopes in zip(np.atleast_1d(ids), slopes, strict=True):
        gradient[some_ids] += some_slopes
    return gradient


def averaged(ids, slopes, vocab_size):
    counts = np.bincount(ids.ravel(), minlength=vocab_size)
    return by_add_at(ids, slopes, vocab_size) / np.maximum(counts, 1)[:, None]


def over_positions(ids, slopes, vocab_size):
    return by_add_at(ids, slopes, vocab_size) / max(ids.size, 1)


def changes_slopes(ids, slopes, vocab_size):
    gradient = by_add_at(ids, slopes, vocab_size)
    slopes *= 0
    return gradient


def downhill(ids, slopes, vocab_size):
    return -by_add_at(ids, slopes, vocab_size)


def by_bincount(ids, slopes, vocab_size):
    flat, columns = ids.ravel(), np.moveaxis(slopes, -1, 0).reshape(slopes.shape[-1], ids.size)
    return np.array([np.bincount(flat, column, vocab_size) for column in columns]).T


def back_to_front(ids, slopes, vocab_size):
    return by_add_at(vocab_size - 1 - ids, slopes, vocab_size)[::-1]  # its rows lie in memory in reverse


def whole_numbers(ids, slopes, vocab_size):
    gradient = np.zeros((vocab_size, slopes.shape[-1]), dtype=int)
    for place in np.ndindex(ids.shape):
        gradient[ids[place]] = gradient[ids[place]] + slopes[place]
    return gradient


def two_columns(ids, slopes, vocab_size):
    gradient = np.zeros((vocab_size, 2))
    np.add.at(gradient, ids, slopes[..., :2])
    return gradient


def no_return(ids, slopes, vocab_size):
    by_add_at(ids, slopes, vocab_size)


def changes_ids(ids, slopes, vocab_size):
    gradient = by_add_at(ids, slopes, vocab_size)
    ids *= 0
    return gradient


@pytest.mark.parametrize("answer", [by_add_at, by_loop, by_product, by_bincount, back_to_front])
def test_table_gradient_solved(answer, verdict):
    assert verdict(check.table_gradient, answer).startswith("table_gradient: solved. Flatten or not")


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (assigned, "Id 4 occurs more than once"),
        (plus_equal, "the last write wins"),
        (text_by_text, "Flatten first: ids of shape (2, 3) are 6 positions"),
        (averaged, "You averaged"),
        (over_positions, "the slopes hold that already"),
        (changes_slopes, "You changed the ids or the slopes"),
        (changes_ids, "You changed the ids or the slopes"),
        (whole_numbers, "Your gradient is made of int64; slopes are fractions"),
        (two_columns, "return the shape (8, 2)"),
        (lambda ids, slopes, rows: by_add_at(ids, slopes, 7), "return the shape (7, 3)"),
        (no_return, "Your function returns None"),
        (downhill, "For the ids [4, 1, 4, 0, 4] row 0 should get"),
        (lambda ids, slopes, rows: by_add_at(ids, slopes, rows).T, "on its side"),
        (lambda ids, slopes, rows: slopes, "return the shape (5, 2)"),
        (lambda ids, slopes, rows: by_add_at(ids, slopes, rows).tolist(), "you return a list"),
        (lambda ids, slopes, rows: torch.zeros(rows, 2), "Return a NumPy array; you return a Tensor"),
    ],
)
def test_table_gradient_names_the_misconception(answer, words, verdict):
    says(verdict, check.table_gradient, answer, words)


def only_one_axis(ids, slopes, vocab_size):
    gradient = np.zeros((vocab_size, slopes.shape[-1]))
    for i, share in zip(ids, slopes, strict=True):
        gradient[i] += share
    return gradient


def test_table_gradient_shows_the_line_that_a_shape_broke(verdict):
    def no_single_id(ids, slopes, vocab_size):
        return by_loop(ids, slopes, vocab_size) if ids.ndim else only_one_axis(ids, slopes, vocab_size)

    def of_three(ids, slopes, vocab_size):
        for i in ids:
            assert i < vocab_size
        return by_loop(ids, slopes, vocab_size)

    assert "your code raised TypeError" in verdict(check.table_gradient, no_single_id)
    assert "at `assert i < vocab_size`" in verdict(check.table_gradient, of_three)


# --- padded_gradient -------------------------------------------------------------------------------------


def zero_the_row(ids, slopes, vocab_size, padding_idx):
    gradient = scatter_add(slopes, ids, vocab_size)
    if padding_idx is not None:
        gradient[padding_idx] = 0
    return gradient


def leave_out(ids, slopes, vocab_size, padding_idx):
    if padding_idx is not None:
        ids, slopes = ids[ids != padding_idx], slopes[ids != padding_idx]
    return scatter_add(slopes, ids, vocab_size)


def ask_torch(ids, slopes, vocab_size, padding_idx):
    weight = torch.zeros(vocab_size, slopes.shape[-1], dtype=slopes.dtype, requires_grad=True)
    (F.embedding(ids, weight, padding_idx=padding_idx) * slopes).sum().backward()
    return weight.grad


def falsy(ids, slopes, vocab_size, padding_idx):
    return zero_the_row(ids, slopes, vocab_size, padding_idx or None)


def forgotten(ids, slopes, vocab_size, padding_idx):
    return scatter_add(slopes, ids, vocab_size)


def always_zero(ids, slopes, vocab_size, padding_idx):
    return zero_the_row(ids, slopes, vocab_size, padding_idx or 0)


def upside_down(ids, slopes, vocab_size, padding_idx):
    if padding_idx is None:
        return scatter_add(slopes, ids, vocab_size)
    return scatter_add(slopes * (ids == padding_idx)[..., None], ids, vocab_size)


def row_removed(ids, slopes, vocab_size, padding_idx):
    gradient = scatter_add(slopes, ids, vocab_size)
    keep = torch.arange(vocab_size) != (-1 if padding_idx is None else padding_idx)
    return gradient[keep]


def by_position(ids, slopes, vocab_size, padding_idx):
    slopes = slopes.clone()
    if padding_idx is not None:
        slopes[:, padding_idx] = 0
    return scatter_add(slopes, ids, vocab_size)


def by_flat_position(ids, slopes, vocab_size, padding_idx):
    slopes = slopes.flatten(0, 1).clone()
    if padding_idx is not None:
        slopes[padding_idx] = 0
    return scatter_add(slopes, ids, vocab_size)


def spoils_the_slopes(ids, slopes, vocab_size, padding_idx):
    if padding_idx is not None:
        slopes[ids == padding_idx] = 0
    return scatter_add(slopes, ids, vocab_size)


def assigned_rows(ids, slopes, vocab_size, padding_idx):
    gradient = slopes.new_zeros(vocab_size, slopes.shape[-1])
    gradient[ids.flatten()] = slopes.flatten(0, 1)
    if padding_idx is not None:
        gradient[padding_idx] = 0
    return gradient


def marked_ids(ids, slopes, vocab_size, padding_idx):
    ids[ids == (-1 if padding_idx is None else padding_idx)] = vocab_size
    return scatter_add(slopes, ids, vocab_size + 1)[:vocab_size]


def one_row_more(ids, slopes, vocab_size, padding_idx):
    return marked_ids(ids.clone(), slopes, vocab_size, padding_idx)


@pytest.mark.parametrize("answer", [zero_the_row, leave_out, ask_torch, one_row_more])
def test_padded_gradient_solved(answer, verdict):
    assert verdict(check.padded_gradient, answer).startswith("padded_gradient: solved. The forward pass")


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (falsy, "padding_idx=0 did nothing"),
        (forgotten, "With padding_idx=3 row 3 still gets a gradient"),
        (always_zero, "row 0 should get"),
        (upside_down, "upside down"),
        (row_removed, "took the padding row out"),
        (by_position, "what stands at position 3"),
        (by_flat_position, "what stands at position 3"),
        (spoils_the_slopes, "wrote zeros into the slopes"),
        (marked_ids, "You changed the ids"),
        (
            lambda ids, slopes, rows, pad: zero_the_row(ids, slopes, 6, pad),
            "With padding_idx=0 you return the",
        ),
        (lambda ids, slopes, rows, pad: zero_the_row(ids, slopes, rows, pad).int(), "made of torch.int32"),
        (assigned_rows, "occurs more than once"),
        (lambda ids, slopes, rows, pad: zero_the_row(ids, slopes, rows, pad).T, "on its side"),
        (lambda ids, slopes, rows, pad: slopes, "With padding_idx=3 you return the shape (2, 5, 3)"),
        (lambda ids, slopes, rows, pad: 0, "Return a tensor; you return a int"),
    ],
)
def test_padded_gradient_names_the_misconception(answer, words, verdict):
    says(verdict, check.padded_gradient, answer, words)


# --- coalesce --------------------------------------------------------------------------------------------


def by_unique(ids, values):
    found, place = ids.unique(return_inverse=True)
    return found, scatter_add(values, place, len(found))


def by_dictionary(ids, values):
    sums = {}
    for i, row in zip(ids.tolist(), values, strict=True):
        sums[i] = sums.get(i, 0) + row
    return torch.tensor(sorted(sums)), torch.stack([sums[i] for i in sorted(sums)])


def in_double(ids, values):
    found, sums = by_unique(ids, values.double())
    return found, sums


def by_torch(ids, values):
    size = 10**15 + 1, values.shape[1]
    merged = torch.sparse_coo_tensor(ids[None], values, size, check_invariants=False).coalesce()
    return [merged.indices()[0], merged.values()]  # a list is as good as a tuple


def unsorted(ids, values):
    sums = {}
    for i, row in zip(ids.tolist(), values, strict=True):
        sums[i] = sums.get(i, 0) + row
    return torch.tensor(list(sums)), torch.stack(list(sums.values()))


def rows_left_behind(ids, values):
    found, sums = unsorted(ids, values)
    return found.sort().values, sums


def kept(which):
    def coalesce(ids, values):
        found = ids.unique()
        places = [(ids == i).nonzero().flatten()[which] for i in found]
        return found, values[torch.stack(places)]

    return coalesce


def mean_rows(ids, values):
    found, place = ids.unique(return_inverse=True)
    return found, scatter_add(values, place, len(found)) / place.bincount()[:, None]


def dense(ids, values):
    table = torch.zeros(int(ids.max()) + 1, values.shape[1])
    table.index_add_(0, ids, values)
    found = ids.unique()
    return found, table[found]


def only_sorted(ids, values):
    order = ids.argsort(stable=True)
    return ids[order], values[order]


def in_place(ids, values):
    found, sums = by_unique(ids, values)
    values[: len(sums)] = sums
    return found, values[: len(sums)]


def first_and_last(ids, values):
    found, place = ids.unique(return_inverse=True)
    ends = [(place == row).nonzero().flatten()[[0, -1]].unique() for row in range(len(found))]
    return found, torch.stack([values[some].sum(dim=0) for some in ends])


def two_columns_only(ids, values):
    found, sums = by_unique(ids, values[:, :2])
    return found, sums


def sorts_the_ids(ids, values):
    found, sums = by_unique(ids, values)
    ids.copy_(ids.sort().values)
    return found, sums


def wrong_sums(ids, values):
    found, sums = by_unique(ids, values)
    return found, sums + 1


@pytest.mark.parametrize("answer", [by_unique, by_dictionary, in_double, by_torch])
def test_coalesce_solved(answer, verdict):
    assert verdict(check.coalesce, answer).startswith("coalesce: solved. Coalescing is a scatter-add")


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (unsorted, "not in ascending order"),
        (rows_left_behind, "beside the wrong ids"),
        (kept(0), "kept one row of each id"),
        (kept(-1), "kept one row of each id"),
        (mean_rows, "You averaged"),
        (dense, "does not fit in memory"),
        (only_sorted, "still occurs more than once"),
        (in_place, "You changed the values"),
        (wrong_sums, "so the sum [32.5, 36.5]; you return [33.5, 37.5]"),
        (first_and_last, "Id 1000000000000000 has the rows [[1.0, 2.0], [5.0, 6.0], [0.0, 100.0]], so"),
        (two_columns_only, "2 ids need 2 rows of 3 numbers"),
        (sorts_the_ids, "You changed the ids"),
        (lambda ids, values: (ids.unique().tolist(), values.tolist()), "Return two tensors"),
        (lambda ids, values: ids.unique(), "Return two tensors"),
        (lambda ids, values: (ids.unique()[:2], values[:2]), "The different ids are"),
        (lambda ids, values: (ids.unique(), values), "the shape (6, 2)"),
    ],
)
def test_coalesce_names_the_misconception(answer, words, verdict):
    says(verdict, check.coalesce, answer, words)


def test_an_error_that_is_not_about_memory_is_shown_as_it_is(verdict):
    def broken(ids, values):
        raise RuntimeError("something else")

    assert "your code raised RuntimeError" in verdict(check.coalesce, broken)


# --- bag_gradient ----------------------------------------------------------------------------------------


def expanded(ids, slopes, vocab_size):
    return scatter_add(slopes[:, None].expand(*ids.shape, slopes.shape[-1]), ids, vocab_size)


def ask_torch_for_bags(ids, slopes, vocab_size):
    weight = torch.zeros(vocab_size, slopes.shape[-1], dtype=slopes.dtype, requires_grad=True)
    (F.embedding_bag(ids, weight, mode="sum") * slopes).sum().backward()
    return weight.grad


def counted(ids, slopes, vocab_size):
    counts = F.one_hot(ids, vocab_size).sum(dim=1).to(slopes.dtype)
    return counts.T @ slopes


def bag_mean(ids, slopes, vocab_size):
    return expanded(ids, slopes, vocab_size) / ids.shape[1]


def first_word(ids, slopes, vocab_size):
    return scatter_add(slopes, ids[:, 0], vocab_size)


def bag_by_bag(ids, slopes, vocab_size):
    gradient = slopes.new_zeros(vocab_size, slopes.shape[-1])
    for bag, share in zip(ids, slopes, strict=True):
        gradient[bag] += share
    return gradient


def bag_assigned(ids, slopes, vocab_size):
    gradient = slopes.new_zeros(vocab_size, slopes.shape[-1])
    for bag, share in zip(ids, slopes, strict=True):
        gradient[bag] = share
    return gradient


def word_by_word(ids, slopes, vocab_size):
    gradient = slopes.new_zeros(vocab_size, slopes.shape[-1])
    for column in ids.T:
        gradient.index_add_(0, column, slopes)
    return gradient.float()


def repeated_by_bag(ids, slopes, vocab_size):
    return scatter_add(slopes.repeat(ids.shape[1], 1), ids, vocab_size)


def spoils_the_bags(ids, slopes, vocab_size):
    gradient = expanded(ids, slopes, vocab_size)
    slopes.zero_()
    return gradient


@pytest.mark.parametrize("answer", [expanded, ask_torch_for_bags, counted, word_by_word])
def test_bag_gradient_solved(answer, verdict):
    assert verdict(check.bag_gradient, answer).startswith("bag_gradient: solved. Summing copies")


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (bag_mean, "divided by the length of the bag"),
        (first_word, "Only the first word"),
        (bag_by_bag, "adds them once"),
        (repeated_by_bag, "The words got the slopes of other bags"),
        (spoils_the_bags, "You changed the ids or the slopes"),
        (lambda ids, slopes, rows: expanded(ids, slopes, 6), "You return the shape (6, 3)"),
        (bag_assigned, "occurs more than once"),
        (lambda ids, slopes, rows: expanded(ids, slopes, rows).T, "on its side"),
        (lambda ids, slopes, rows: slopes, "You return the shape (2, 2)"),
        (lambda ids, slopes, rows: expanded(ids, slopes, rows) + 1, "row 0 should get"),
    ],
)
def test_bag_gradient_names_the_misconception(answer, words, verdict):
    says(verdict, check.bag_gradient, answer, words)


# --- share_weights ---------------------------------------------------------------------------------------


def one_over_count(ids):
    return 1 / ids.flatten().bincount()[ids]


def counted_by_comparing(ids):
    return (ids[..., None] == ids.flatten()).sum(dim=-1).double().reciprocal()


def within_texts(ids):
    texts = ids.reshape(-1, ids.shape[-1])
    return torch.stack([1 / (text[:, None] == text).sum(dim=1) for text in texts]).reshape(ids.shape)


def by_unique_counts(ids):
    _, place, counts = ids.unique(return_inverse=True, return_counts=True)
    return counts.float().pow(-1).gather(0, place.flatten()).view_as(ids)


def numbers_the_ids(ids):
    ids.copy_(ids.unique(return_inverse=True)[1])
    return one_over_count(ids)


@pytest.mark.parametrize("answer", [one_over_count, counted_by_comparing, by_unique_counts])
def test_share_weights_solved(answer, verdict):
    assert verdict(check.share_weights, answer).startswith("share_weights: solved. A scatter-add of ones")


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda ids: ids.flatten().bincount()[ids], "These are the counts"),
        (lambda ids: torch.full(ids.shape, 1 / ids.numel()), "the number of positions"),
        (lambda ids: torch.full(ids.shape, 1 / len(ids.unique())), "number of different ids"),
        (lambda ids: ids.numel() * one_over_count(ids), "count / N"),
        (lambda ids: one_over_count(ids) ** 2, "square of the count"),
        (within_texts, "counted within each text"),
        (numbers_the_ids, "You changed the ids"),
        (lambda ids: 1 // ids.flatten().bincount()[ids], "instead of one over each"),
        (lambda ids: torch.ones(ids.shape) * 3.5, "instead of one over each"),
        (lambda ids: one_over_count(ids).flatten()[:2], "have the shape of the ids"),
        (lambda ids: one_over_count(ids).tolist(), "you return a list"),
        (lambda ids: 1 / ids.flatten().bincount(minlength=1).clamp(min=1), "Each position needs its own"),
    ],
)
def test_share_weights_names_the_misconception(answer, words, verdict):
    says(verdict, check.share_weights, answer, words)


def test_the_weights_give_what_the_option_gives():
    ids = torch.tensor([[0, 2, 0], [2, 0, 5]])
    slopes = torch.randn(2, 3, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    weight = torch.zeros(6, 4, dtype=torch.float64, requires_grad=True)
    (F.embedding(ids, weight, scale_grad_by_freq=True) * slopes).sum().backward()
    ours = scatter_add(slopes * one_over_count(ids)[..., None], ids, 6)
    torch.testing.assert_close(ours, weight.grad, atol=1e-6, rtol=1e-6)
