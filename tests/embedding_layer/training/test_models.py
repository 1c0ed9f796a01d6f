from pathlib import Path

import nbformat
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from embedding_layer import CustomEmbedding
from embedding_layer.training.models import BagOfWords, MeanOfEmbeddings, SkipGram, masked_mean

CHAPTER = Path(__file__).parents[3] / "book" / "04_training.ipynb"
texts = st.lists(st.lists(st.integers(1, 8), min_size=1, max_size=6), min_size=1, max_size=4)


def padded(rows, length=6):
    return torch.tensor([row + [0] * (length - len(row)) for row in rows])


@given(texts)
def test_masked_mean_is_the_mean_of_what_is_there(rows):
    table = torch.randn(9, 3, generator=torch.Generator().manual_seed(0))
    ids = padded(rows)
    means = masked_mean(table[ids], ids != 0)
    torch.testing.assert_close(means, torch.stack([table[row].mean(0) for row in rows]))


def test_masked_mean_of_nothing_is_zero_and_has_a_gradient():
    vectors = torch.randn(2, 3, 4, requires_grad=True)
    means = masked_mean(vectors, torch.tensor([[False] * 3, [True] * 3]))
    means.sum().backward()
    assert torch.equal(means[0], torch.zeros(4))
    assert torch.equal(vectors.grad[0], torch.zeros(3, 4))


def test_masked_mean_refuses_a_mask_of_another_shape():
    with pytest.raises(ValueError, match=r"\(2, 3, 4\) and mask \(2, 4\)"):
        masked_mean(torch.ones(2, 3, 4), torch.ones(2, 4, dtype=torch.bool))


@given(texts, st.integers(0, 5))
def test_padding_changes_nothing(rows, more):
    ids = padded(rows)
    for model in (MeanOfEmbeddings(9, 3, 2), BagOfWords(9, 2)):
        torch.testing.assert_close(model(F.pad(ids, (0, more))), model(ids))


@given(texts)
def test_a_mean_of_embeddings_is_a_bag_of_words_with_the_product_as_weights(rows):
    embedding, bag = MeanOfEmbeddings(9, 3, 2), BagOfWords(9, 2)
    with torch.no_grad():
        bag.output.weight.copy_((embedding.embedding.weight @ embedding.output.weight.T).T)
        bag.output.bias.copy_(embedding.output.bias)
    ids = padded(rows)
    torch.testing.assert_close(bag(ids), embedding(ids))


@given(texts)
def test_a_bag_of_words_is_the_mean_of_one_hot_vectors(rows):
    ids = padded(rows)
    means = masked_mean(F.one_hot(ids, 9).float(), ids != 0)
    torch.testing.assert_close(BagOfWords(9, 2).shares(ids), means)


def test_another_padding_id():
    ids = torch.tensor([[3, 8, 8]])
    for model in (MeanOfEmbeddings(9, 3, 2, pad_id=8), BagOfWords(9, 2, pad_id=8)):
        torch.testing.assert_close(model(ids), model(ids[:, :1]))


def test_the_chapter_s_class_is_the_library_s():
    cells = [cell.source for cell in nbformat.read(CHAPTER, as_version=4).cells if cell.cell_type == "code"]
    (source,) = (cell for cell in cells if cell.startswith("class MeanOfEmbeddings"))
    names = {"nn": nn, "CustomEmbedding": CustomEmbedding, "masked_mean": masked_mean}
    exec(source, names)
    torch.manual_seed(0)
    chapters = names["MeanOfEmbeddings"](9, 3, 2)
    torch.manual_seed(0)
    ours = MeanOfEmbeddings(9, 3, 2)
    ids = torch.tensor([[1, 2, 2, 0], [8, 0, 0, 0]])
    assert chapters.state_dict().keys() == ours.state_dict().keys()
    assert torch.equal(chapters(ids), ours(ids))


class TestSkipGram:
    def model(self, **options):
        model = SkipGram(9, 4, **options).double()
        torch.nn.init.normal_(model.words.weight)
        torch.nn.init.normal_(model.contexts.weight)
        return model

    def test_the_loss_is_the_sum_of_the_pairs(self):
        model = self.model(negatives=3)
        centres, contexts, noise = torch.tensor([1, 2]), torch.tensor([3, 4]), torch.tensor([5, 6, 5])
        W, C = model.words.weight, model.contexts.weight
        expected = sum(
            -(W[i] @ C[j]).sigmoid().log() - (-C[noise] @ W[i]).sigmoid().log().sum()
            for i, j in zip(centres, contexts, strict=True)
        )
        torch.testing.assert_close(model(centres, contexts, noise), expected)

    def test_shared_noise_weighs_as_much_as_k_words(self):
        model = self.model(negatives=2)
        pair = torch.tensor([1]), torch.tensor([3])
        torch.testing.assert_close(model(*pair, torch.tensor([5, 6])), model(*pair, torch.tensor([5, 6] * 8)))

    @pytest.mark.parametrize("sparse", [True, False])
    def test_only_rows_in_the_batch_get_slopes(self, sparse):
        model = self.model(sparse=sparse)
        model(torch.tensor([1, 1]), torch.tensor([3, 4]), torch.tensor([5])).backward()
        words, contexts = (table.weight.grad for table in (model.words, model.contexts))
        assert words.is_sparse == sparse
        assert words.to_dense().any(dim=1).nonzero().flatten().tolist() == [1]
        assert contexts.to_dense().any(dim=1).nonzero().flatten().tolist() == [3, 4, 5]
