import numpy as np
import pytest
import torch

from embedding_layer.training.cooccurrence import count_pairs, ppmi, squeeze
from embedding_layer.training.pairs import join_texts, skip_gram_pairs

PAIRS = torch.tensor([[0, 1], [1, 0], [0, 1], [1, 0], [2, 2], [0, 2], [2, 0]])


def test_pairs_are_counted():
    assert count_pairs(PAIRS, 4).toarray().tolist() == [
        [0, 2, 1, 0],
        [2, 0, 0, 0],
        [1, 0, 1, 0],
        [0, 0, 0, 0],
    ]


@pytest.mark.parametrize("power", [1.0, 0.75])
def test_ppmi_is_the_formula(power):
    counts = count_pairs(PAIRS, 3).toarray()
    contexts = counts.sum(0) ** power
    with np.errstate(divide="ignore"):
        expected = np.log(counts / counts.sum(1, keepdims=True) / (contexts / contexts.sum()))
    np.testing.assert_allclose(ppmi(count_pairs(PAIRS, 3), power=power).toarray(), np.maximum(expected, 0))


def test_a_squeezed_table_is_the_best_of_its_rank():
    random = np.random.default_rng(0).integers(0, 5, (400, 2))
    table = ppmi(count_pairs(torch.from_numpy(random), 5))
    dense = table.toarray()
    left, strengths, right = np.linalg.svd(dense)
    squeezed = squeeze(table, 2).numpy()
    np.testing.assert_allclose(np.abs(squeezed), np.abs(left[:, :2] * strengths[:2]), atol=1e-5)
    assert np.all(squeezed.max(axis=0) >= -squeezed.min(axis=0))
    best = (left[:, :2] * strengths[:2]) @ right[:2]
    assert np.linalg.norm(dense - best) ** 2 == pytest.approx((strengths[2:] ** 2).sum())


def test_words_with_the_same_company_get_the_same_row():
    texts = [[0, 2, 3], [1, 2, 3]] * 9 + [[4, 5, 6]] * 9  # 0 and 1 stand before the same words
    table = squeeze(ppmi(count_pairs(skip_gram_pairs(join_texts(texts), 2), 7)), 3)
    torch.testing.assert_close(table[0], table[1], atol=1e-5, rtol=1e-5)
    assert torch.cosine_similarity(table[0], table[4], dim=0).abs() < 1e-3


@pytest.mark.parametrize("D", [0, 4])
def test_too_many_columns_are_refused(D):
    with pytest.raises(ValueError, match=f"embedding_dim={D}.*1 to 3"):
        squeeze(count_pairs(PAIRS, 4), D)


def test_nothing_to_count_is_refused():
    empty = torch.empty(0, 2, dtype=torch.int64)
    with pytest.raises(ValueError, match="no pair to count"):
        count_pairs(empty, 3)
    with pytest.raises(ValueError, match="no word has company"):
        ppmi(count_pairs(PAIRS, 3) * 0)
