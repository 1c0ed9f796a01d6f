"""What the machine can do: its arithmetic, its bandwidth and its caches."""

import itertools
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from embedding_layer.measure import machine
from embedding_layer.measure.machine import cache_sizes, copy_bandwidth, product_rate


def test_the_rate_counts_2_n_cubed_operations_in_the_fastest_product(monkeypatch):
    seconds = itertools.chain([0.001], [0.5, 0.25, 0.4])  # the first warms up and does not count
    monkeypatch.setattr(machine, "_time_product", lambda *_: next(seconds))
    assert product_rate(10, repeats=3) == 2_000 / 0.25


def test_the_rate_of_this_machine_is_a_possible_one():
    assert 1e8 < product_rate(128, repeats=3) < 1e14


@pytest.mark.parametrize("options", [{"size": 0}, {"repeats": 0}])
def test_an_impossible_product_is_refused(options):
    with pytest.raises(ValueError, match=f"{next(iter(options))}=0"):
        product_rate(**({"size": 4} | options))


def write_cache(folder, index, level, kind, size):
    cache = folder / f"index{index}"
    cache.mkdir()
    for name, text in (("level", level), ("type", kind), ("size", size)):
        if text is not None:
            (cache / name).write_text(f"{text}\n")


def test_caches_are_read_by_level_and_the_one_for_instructions_is_left_out(tmp_path):
    write_cache(tmp_path, 0, 3, "Unified", "32M")
    write_cache(tmp_path, 1, 1, "Instruction", "64K")
    write_cache(tmp_path, 2, 1, "Data", "48K")
    write_cache(tmp_path, 3, 2, "Unified", "1024K")
    assert list(cache_sizes(tmp_path).items()) == [("L1", 48 * 1024), ("L2", 2**20), ("L3", 2**25)]


def test_a_cache_of_unknown_size_is_left_out(tmp_path):
    write_cache(tmp_path, 0, 1, "Data", None)
    write_cache(tmp_path, 1, 2, "Unified", "")
    write_cache(tmp_path, 2, 3, "Unified", "many")
    write_cache(tmp_path, 3, "x", "Unified", "8M")
    assert cache_sizes(tmp_path) == {}


def test_a_system_that_does_not_tell_has_no_known_caches(tmp_path):
    assert cache_sizes(tmp_path / "missing") == {}


def test_the_bandwidth_counts_a_byte_read_and_a_byte_written_in_the_fastest_copy(monkeypatch):
    seconds = itertools.chain([0.001], [0.5, 0.25, 0.4])  # the first warms up and does not count
    monkeypatch.setattr(machine, "_time_copy", lambda *_: next(seconds))
    assert copy_bandwidth(2, repeats=3) == 2 * 2 * 2**20 / 0.25


def test_the_bandwidth_of_this_machine_is_a_possible_one():
    assert 1e8 < copy_bandwidth(16, repeats=3) < 1e13


@pytest.mark.parametrize(
    ("before", "after", "found"), [(2**20, 2**26, "2 MiB"), (2**26, 2**26, "4 KiB"), (None, None, None)]
)
def test_the_size_of_pages_is_told_by_what_a_tensor_gets(before, after, found, monkeypatch):
    bytes_ = iter([before, after])
    monkeypatch.setattr(machine, "_huge_bytes", lambda: next(bytes_))
    assert machine.page_size() == found


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux tells of its pages")
def test_large_pages_are_had_by_asking_for_them():
    code = "from embedding_layer.measure.machine import page_size; print(page_size())"
    told = Path("/sys/kernel/mm/transparent_hugepage/enabled")
    if "[madvise]" not in (told.read_text() if told.exists() else ""):
        pytest.skip("this machine does not leave the choice of pages to programs")
    for asked, size in (("0", "4 KiB"), ("1", "2 MiB")):
        environment = os.environ | {"THP_MEM_ALLOC_ENABLE": asked}
        run = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, check=True)
        assert run.stdout.decode().strip() == size


@pytest.mark.parametrize("given", [None, 2])
def test_the_number_of_threads_is_put_back(given, monkeypatch):
    before, seen = torch.get_num_threads(), []
    monkeypatch.setattr(machine, "_time_copy", lambda *_: seen.append(torch.get_num_threads()) or 1.0)
    copy_bandwidth(1, repeats=1, threads=given)
    assert seen == [given or before] * 2
    assert torch.get_num_threads() == before


@pytest.mark.parametrize("options", [{"mebibytes": 0}, {"repeats": 0}, {"threads": 0}])
def test_impossible_measurements_are_refused(options):
    with pytest.raises(ValueError, match=f"{next(iter(options))}=0"):
        copy_bandwidth(**({"mebibytes": 1} | options))
