import json
from collections import Counter
from pathlib import Path

import pytest
import torch

from embedding_layer import Vocabulary
from embedding_layer.chapters.chapter_09 import experiment, peer, relations
from embedding_layer.chapters.chapter_09.search import UnknownWordError, WordSearch
from embedding_layer.training import join_texts

WORDS = ["columns", "left", "max", "min", "rows", "x", "xmax", "xmin", "y", "ymax", "ymin"]
PAIRS = {
    "x and y": [("x", "y"), ("xmin", "ymin"), ("xmax", "ymax")],
    "largest": [("min", "max"), ("xmin", "xmax")],
}
STORED = Path(__file__).parents[2] / "book" / "benchmarks" / "peers" / "words.json"


@pytest.fixture
def vocabulary():
    return Vocabulary(WORDS, specials=(), unk=None, pad=None)


@pytest.fixture
def exam(vocabulary):
    return experiment.Exam(PAIRS, relations.analogies(PAIRS), vocabulary)


class TestRelations:
    @pytest.mark.parametrize(
        ("relation", "name", "partner"),
        [
            ("hyperbolic", "arcsin", "arcsinh"),
            ("hyperbolic", "sinh", "sinh"),
            ("inverse function", "tanh", "arctanh"),
            ("inverse transform", "rfft2", "irfft2"),
            ("real transform", "ifft", "irfft"),
            ("x and y", "set_xlim", "set_ylim"),
            ("x and y", "max", "max"),
            ("smallest and largest", "minimum", "maximum"),
            ("smallest and largest", "terminal", "terminal"),
            ("without sign", "int8", "uint8"),
            ("twice the bits", "float32", "float64"),
            ("row and column", "rows", "columns"),
            ("row and column", "nrows", "ncols"),
            ("in and out", "in_features", "out_features"),
            ("in and out", "inner", "inner"),
            ("in place", "copy", "copy_"),
            ("in place", "shape", "shape"),
            ("plural", "class", "class"),
        ],
    )
    def test_a_rule_makes_the_second_name_or_leaves_the_first_alone(self, relation, name, partner):
        assert relations.RULES[relation](name) == partner

    def test_names_are_those_of_attributes_functions_and_parameters(self):
        assert {"zeros_like", "conv2d", "set_xlim", "in_features", "keepdims"} <= relations.library_names()
        assert "yeti" not in relations.library_names()

    def test_a_pair_needs_both_names_and_five_occurrences_of_each(self):
        counts = Counter(dict.fromkeys(("min", "max", "argmin", "argmax", "sin", "sinh", "minimum"), 5))
        counts["sinh"] = 4
        found = relations.pairs_by_relation(counts)
        assert found["smallest and largest"] == [("argmin", "argmax"), ("min", "max")]
        assert "hyperbolic" not in found

    def test_text_on_something_else_is_refused(self):
        with pytest.raises(ValueError, match="of 1 words with counts, none"):
            relations.pairs_by_relation({"okapi": 9})

    def test_an_analogy_has_four_words(self):
        made = relations.analogies(PAIRS)
        assert all(len({*question[1:]}) == 4 for question in made)
        assert len([question for question in made if question.relation == "x and y"]) == 6
        assert made == relations.analogies(PAIRS)


class TestExam:
    def test_a_perfect_table_has_all_right(self, exam, vocabulary):
        table = torch.zeros(len(vocabulary), 5)
        for column, pair in enumerate(pair for pairs in PAIRS.values() for pair in pairs):
            table[vocabulary.encode(pair), column] = 1.0
        results = exam.take(torch.cat([table, 0.001 * torch.eye(len(vocabulary))], dim=1))
        assert results.top(2)[3] == 1  # `xmin` has two partners

    def test_equal_rows_and_one_hot_rows_score_nothing(self, exam, vocabulary):
        for table in (torch.ones(len(vocabulary), 4), torch.eye(len(vocabulary))):
            results = exam.take(table)
            assert results.top(1) == [0, 0, 0, 0]
            assert all(share == 0 for share in results.top(5)[2:])

    def test_broken_numbers_are_refused(self, exam, vocabulary):
        with pytest.raises(ValueError, match="row 0 is not finite"):
            exam.take(torch.full((len(vocabulary), 3), torch.nan))

    def test_intervals_hold_the_mean(self, exam, vocabulary):
        results = exam.take(torch.randn(len(vocabulary), 4, generator=torch.Generator().manual_seed(1)))
        for share, interval in zip(results.top(3), exam.intervals(results, 3), strict=True):
            assert interval.mean == pytest.approx(share)
            assert interval.low <= interval.mean <= interval.high

    def test_an_exam_without_questions_is_refused(self, vocabulary):
        with pytest.raises(ValueError, match="0 relations and 0 analogies"):
            experiment.Exam({}, [], vocabulary)


def test_words_with_the_same_company_come_together():
    generator = torch.Generator().manual_seed(0)
    texts = []
    for text in torch.randint(5, (1500, 6), generator=generator).tolist():
        side = len(texts) % 2  # words 0 to 4 stand among themselves, so do 5 to 9
        texts.append([word + 5 * side for word in text])
    options = {"dimension": 8, "passes": 4, "threshold": 1.0, "batch_size": 32}
    table = experiment.fit(join_texts(texts), 10, **options, seed=1)
    unit = torch.nn.functional.normalize(table, dim=1)
    cosines = unit @ unit.T
    assert cosines[:5, :5].mean() > cosines[:5, 5:].mean() + 0.5
    assert torch.equal(table, experiment.fit(join_texts(texts), 10, **options, seed=1))


def test_a_small_training_gives_a_share_and_hears_changes(exam):
    stream = join_texts([[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 0] * 9] * 8)
    small = experiment.SmallTraining(stream, len(WORDS), exam, tokens=300)
    assert 0 <= small.score(seed=1, dimension=4) <= 1
    with pytest.raises(ValueError, match="window=0"):
        small.score(seed=1, window=0)


class TestSearch:
    @pytest.fixture
    def box(self, vocabulary):
        table = torch.randn(len(WORDS), 6, generator=torch.Generator().manual_seed(0))
        table[vocabulary["columns"]] = table[vocabulary["rows"]] + 0.1
        return WordSearch(vocabulary, table, Counter(dict.fromkeys(WORDS, 7)) | {"okapi": 2})

    def test_finds_words_and_not_the_word_itself(self, box):
        assert box.nearest("rows", 1) == ["columns"]
        assert "rows" not in box.nearest("rows", 10)

    def test_the_asked_words_are_left_out_unless_wanted(self, box):
        assert {"x", "y", "xmin"}.isdisjoint(box.analogy("x", "y", "xmin", 8))
        assert {"y", "xmin"} & {*box.analogy("x", "y", "xmin", 3, with_the_asked=True)}

    @pytest.mark.parametrize(
        ("word", "message"),
        [
            ("colums", "'colums' does not occur in the corpus; near it: columns"),
            ("okapi", "'okapi' occurs only 2 times in the corpus, and a word needs 7 for a row"),
            ("zzzz", "none is spelled alike"),
        ],
    )
    def test_a_word_without_a_row_is_explained(self, box, word, message):
        with pytest.raises(UnknownWordError) as caught:
            box.nearest(word)
        assert message in str(caught.value)

    def test_a_table_of_another_size_is_refused(self, vocabulary):
        with pytest.raises(ValueError, match="3 rows, the vocabulary 11 tokens"):
            WordSearch(vocabulary, torch.ones(3, 2), Counter())


class TestPeer:
    def test_the_stored_comparison_is_even_handed(self):
        content = peer.load(STORED)
        assert len(peer.passes_of(content)) == 2
        for passes in peer.passes_of(content):
            ours, theirs = (peer.rows_of(content, name, passes) for name in (peer.OURS, peer.PEER))
            assert [row["seed"] for row in ours] == [row["seed"] for row in theirs]
            assert peer.TUNING_SEED not in {row["seed"] for row in ours}
        assert len(peer.rows_of(content, peer.OURS, experiment.PASSES)) >= 5
        assert {row["rate"] for row in peer.rows_of(content, peer.OURS)} == {experiment.RATE}

    def test_a_comparison_is_a_ratio_a_difference_and_a_spread(self):
        def row(name, seconds, score):
            return {"name": name, "passes": 4, "seconds": seconds, "analogy_10": score, "neighbour_10": score}

        rows = [
            row(peer.OURS, 6, 0.5),
            row(peer.OURS, 6, 0.7),
            row(peer.PEER, 4, 0.5),
            row(peer.PEER, 2, 0.6),
        ]
        slower, difference, spread = peer.compare({"rows": rows}, 4)
        assert slower == 2
        assert difference == pytest.approx(0.05)
        assert spread == pytest.approx(0.2)

    @pytest.mark.parametrize(
        ("text", "message"),
        [("{", "not a whole"), ('{"rows": [1]}', "provenance"), ('{"rows": [], "provenance": {}}', "lacks")],
    )
    def test_a_damaged_file_is_refused(self, tmp_path, text, message):
        path = tmp_path / "words.json"
        path.write_text(text)
        with pytest.raises(ValueError, match=message):
            peer.load(path)

    def test_the_stored_provenance_is_whole(self):
        assert set(peer.PROVENANCE) <= set(json.loads(STORED.read_text())["provenance"])
