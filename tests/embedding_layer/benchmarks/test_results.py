import json

import pytest

from embedding_layer.benchmarks.results import COLUMNS, PROVENANCE, ResultsError, read_folder, read_results

ROW = {
    "benchmark": "layer",
    "pass": "forward",
    "ids": "uniform",
    "vocab_size": 1_000,
    "embedding_dim": 64,
    "count": 4_096,
    "threads": 1,
    "name": "nn.Embedding",
    "microseconds": 30,
    "ratio": 1.0,
}
CPU = {key: f"some {key}" for key in PROVENANCE} | {"device": "CPU", "processor": "Abacus 2000", "threads": 2}


def row(**changes):
    return ROW | {name.rstrip("_"): value for name, value in changes.items()}


def store(path, rows=(ROW,), provenance=CPU):
    path.write_text(json.dumps({"provenance": provenance, "results": list(rows)}), encoding="utf-8")
    return path


def test_a_file_is_read_with_its_provenance_and_what_else_its_rows_hold(tmp_path):
    results = read_results(store(tmp_path / "cpu.json", [row(bound=12.5)]))
    assert results.provenance == CPU
    assert results.rows == [ROW | {"bound": 12.5}]
    assert results.path == tmp_path / "cpu.json"


@pytest.mark.parametrize(
    ("device", "label"), [("CPU", "Abacus 2000"), ("cpu", "Abacus 2000"), ("Tensorizer 9", "Tensorizer 9")]
)
def test_the_label_names_what_was_measured(tmp_path, device, label):
    assert read_results(store(tmp_path / "a.json", provenance=CPU | {"device": device})).label == label


def test_a_folder_is_read_in_the_order_of_the_names_and_only_its_json(tmp_path):
    store(tmp_path / "gpu.json")
    store(tmp_path / "cpu.json")
    (tmp_path / "notes.txt").write_text("no results")
    assert [results.path.name for results in read_folder(tmp_path)] == ["cpu.json", "gpu.json"]


def test_rows_are_picked_by_their_columns(tmp_path):
    rows = [row(name="a", vocab_size=10), row(name="b", vocab_size=10), row(name="a", vocab_size=20)]
    results = read_results(store(tmp_path / "a.json", rows))
    assert results.select(name="a") == [rows[0], rows[2]]
    assert results.select(name="a", vocab_size=20, pass_="forward") == [rows[2]]
    assert results.select(pass_="backward") == []
    assert results.select() == rows


def test_a_curve_is_sorted_by_vocabulary_size(tmp_path):
    rows = [row(vocab_size=20, microseconds=7), row(vocab_size=10, microseconds=4.5)]
    results = read_results(store(tmp_path / "a.json", rows))
    assert list(results.curve(pass_="forward").items()) == [(10, 4.5), (20, 7.0)]


def test_a_curve_that_is_not_there_or_not_one_is_refused(tmp_path):
    results = read_results(store(tmp_path / "a.json", [row(threads=1), row(threads=2)]))
    with pytest.raises(ResultsError, match=r"a\.json has no row with pass = 'step', name = 'x'"):
        results.curve(pass_="step", name="x")
    with pytest.raises(ResultsError, match=r"several rows with pass = 'forward' .* name more columns"):
        results.curve(pass_="forward")
    with pytest.raises(ResultsError, match="several rows with no conditions"):
        results.curve()


def test_a_missing_file_or_an_empty_folder_says_how_to_make_one(tmp_path):
    for folder in (tmp_path, tmp_path / "missing"):
        with pytest.raises(
            ResultsError, match=r"no results in .* python -m embedding_layer\.benchmarks --output"
        ):
            read_folder(folder)
    with pytest.raises(ResultsError, match=r"no file .*cpu\.json; make it: python -m"):
        read_results(tmp_path / "cpu.json")
    with pytest.raises(ResultsError, match="cannot be read"):
        read_results(tmp_path)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", r"not JSON \(line 1"),
        ('{"provenance": {},\n "resu', r"not JSON \(line 2"),  # cut off while it was written
        ("[]", "a list instead of an object"),
        ("{}", "“provenance” is missing"),
        ('{"provenance": [], "results": []}', "“provenance” is missing, or no dict"),
        (json.dumps({"provenance": CPU}), "“results” is missing"),
        (json.dumps({"provenance": CPU, "results": {}}), "“results” is missing, or no list"),
        (json.dumps({"provenance": CPU, "results": []}), "has no results"),
        (json.dumps({"provenance": CPU, "results": [ROW, 3]}), "result 1 is a int instead of an object"),
    ],
)
def test_a_damaged_file_is_refused(tmp_path, text, words):
    (tmp_path / "cpu.json").write_text(text, encoding="utf-8")
    with pytest.raises(ResultsError, match=rf"cpu\.json is damaged: .*{words}.*Delete it, or make it again"):
        read_results(tmp_path / "cpu.json")


def test_a_file_that_is_no_text_is_refused(tmp_path):
    (tmp_path / "cpu.json").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ResultsError, match="cannot be read"):
        read_results(tmp_path / "cpu.json")


@pytest.mark.parametrize("key", PROVENANCE)
def test_provenance_is_whole(tmp_path, key):
    missing = {name: value for name, value in CPU.items() if name != key}
    for provenance in (missing, CPU | {key: ""}):
        with pytest.raises(ResultsError, match=f"does not tell {key}"):
            read_results(store(tmp_path / "a.json", provenance=provenance))


@pytest.mark.parametrize("column", COLUMNS)
def test_every_row_has_every_column_and_of_the_right_type(tmp_path, column):
    without = {name: value for name, value in ROW.items() if name != column}
    with pytest.raises(ResultsError, match=f"result 0 has no “{column}”"):
        read_results(store(tmp_path / "a.json", [without]))
    with pytest.raises(ResultsError, match=rf"result 1 has the {column} \[\], which is a list"):
        read_results(store(tmp_path / "a.json", [ROW, row(**{column: []})]))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"microseconds": float("nan")}, "microseconds nan, but it must be more than 0"),
        ({"microseconds": float("inf")}, "microseconds inf"),
        ({"microseconds": 0}, "microseconds 0,"),
        ({"ratio": -1.0}, "ratio -1.0"),
        ({"vocab_size": 0}, "vocab_size 0"),
        ({"vocab_size": 1.5}, "vocab_size 1.5, which is a float"),
        ({"threads": True}, "threads True, which is a bool"),
    ],
)
def test_numbers_that_nobody_can_have_measured_are_refused(tmp_path, changes, words):
    with pytest.raises(ResultsError, match=words):
        read_results(store(tmp_path / "a.json", [row(**changes)]))
