"""Run the book's benchmarks: `python -m embedding_layer.benchmarks [layer|step] [--output results.json]`."""

from __future__ import annotations

import argparse
import json
import platform
import sys
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import torch
from matplotlib import rc_context
from matplotlib.figure import Figure

from embedding_layer import figures
from embedding_layer.benchmarks.case import COUNT, Setting, thread_counts, threads
from embedding_layer.benchmarks.figure import draw_benchmarks
from embedding_layer.benchmarks.layer import measure_layer
from embedding_layer.benchmarks.step import measure_step
from embedding_layer.benchmarks.targets import verdicts
from embedding_layer.files import replacing
from embedding_layer.measure.machine import copy_bandwidth, page_size
from embedding_layer.measure.random_ids import DISTRIBUTIONS
from embedding_layer.progress import progress

SMALL = {256: (10_000,), 32: (10_000,)}
"""The small batches, and the table that takes them: one will do, since such a step's cost is its calls."""

SIZES = {"layer": (1_000, 10_000, 100_000, 1_000_000), "step": (10_000, 100_000, 1_000_000, 4_000_000)}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m embedding_layer.benchmarks",
        description="Compare the layer and the optimisers with PyTorch's own, on this machine.",
    )
    parser.add_argument("what", nargs="*", choices=[*SIZES, []], help="layer, step; both if left out")
    parser.add_argument("--device", default="cpu", help="cpu (default) or cuda")
    parser.add_argument("--output", type=Path, help="store the results as JSON, and a figure beside it")
    parser.add_argument("--sizes", type=int, nargs="+", metavar="V", help="table sizes instead of the usual")
    parser.add_argument("--repeats", type=int, default=11, help="rounds of which the median counts")
    options = parser.parse_args(arguments)
    if problem := _refusal(options):
        parser.error(problem)
    rows = list(_run(options.what or list(SIZES), options))
    print_tables(rows)
    if options.output:
        given = sys.argv[1:] if arguments is None else arguments
        named = [options.output.name if word == str(options.output) else word for word in given]
        store(rows, options, ["python -m embedding_layer.benchmarks", *named])
    return 0


def print_tables(rows: list[dict[str, Any]]) -> None:
    """Print every measured number, then what was aimed at and whether it was reached.

    In ASCII only: a console that knows no other letters would end the run at the first one.
    """
    groups: dict[tuple, list[dict[str, Any]]] = {}
    for row in rows:
        key = row["benchmark"], row["pass"], row["count"], row["threads"]
        groups.setdefault(key, []).append(row)
    for (benchmark, what, count, cores), group in groups.items():
        with_threads = f"{cores} thread{'s' if cores > 1 else ''}"
        print(f"\n{benchmark}: {what}, {count:,} ids, {with_threads}; microseconds (ratio to the first)")
        for (size, ids), names in _by_setting(group).items():
            cells = "   ".join(f"{r['name']} {r['microseconds']:,.0f} ({r['ratio']:.2f})" for r in names)
            bound = f"   bound {names[0]['bound']:,.0f}" if "bound" in names[0] else ""
            print(f"  V = {size:9,} {ids:8} {cells}{bound}")
    print("\nTargets")
    for name, limit, worst, reached, count in verdicts(rows):
        print(f"  {name:57} at most {limit:4.2f}, worst {worst:6.2f}: {reached} of {count} reach it")


def store(rows: list[dict[str, Any]], options: argparse.Namespace, command: list[str]) -> None:
    """Write the results with their provenance as JSON, all or nothing, and a figure of them beside it."""
    provenance = {
        "device": torch.cuda.get_device_name() if options.device.startswith("cuda") else "CPU",
        "processor": _processor(),
        "threads": max(row["threads"] for row in rows),
        "pages": page_size() or "unknown",
        "torch": torch.__version__.split("+")[0],
        "python": platform.python_version(),
        "date": date.today().isoformat(),
        "command": " ".join(command),
    }
    first = json.dumps(provenance, ensure_ascii=False)
    lines = ",\n".join("    " + json.dumps(_rounded(row), ensure_ascii=False) for row in rows)
    content = f'{{\n  "provenance": {first},\n  "results": [\n{lines}\n  ]\n}}\n'
    with replacing(options.output) as file:
        file.write(content)
    with rc_context():
        figures.use_style()
        figure = Figure(figsize=(6, 8))
        draw_benchmarks(figure, rows)
        figure.savefig(options.output.with_suffix(".png"))


def _run(names: list[str], options: argparse.Namespace) -> Iterator[dict[str, Any]]:
    settings = [
        (name, Setting(size, ids, cores, options.device, count))
        for name in names
        for cores in (thread_counts() if name == "layer" and options.device == "cpu" else (1,))
        for count, sizes in {COUNT: SIZES[name], **(SMALL if name == "step" else {})}.items()
        for size in options.sizes or sizes
        for ids in DISTRIBUTIONS
    ]
    with threads(1):
        bandwidth = copy_bandwidth(device=options.device)
    print(f"This machine copies {bandwidth / 1e9:.1f} GB a second (one thread).", flush=True)
    for name, setting in progress(settings, "measuring"):
        if name == "layer":
            yield from measure_layer(setting, repeats=options.repeats)
        else:
            yield from measure_step(setting, bandwidth, repeats=options.repeats)


def _refusal(options: argparse.Namespace) -> str | None:
    if options.device.startswith("cuda") and not torch.cuda.is_available():
        return (
            f"--device {options.device}: PyTorch finds no CUDA device here; leave it out to measure the CPU"
        )
    if options.repeats < 1:
        return f"--repeats {options.repeats}: at least one round is needed"
    if options.sizes and min(options.sizes) < 1:
        return f"--sizes {min(options.sizes)}: a table has at least one row"
    if options.output and not options.output.resolve().parent.is_dir():
        return f"--output {options.output}: the folder does not exist; make it first"
    return None


def _by_setting(rows: list[dict[str, Any]]) -> dict[tuple[int, str], list[dict[str, Any]]]:
    settings: dict[tuple[int, str], list[dict[str, Any]]] = {}
    for row in rows:
        settings.setdefault((row["vocab_size"], row["ids"]), []).append(row)
    return settings


def _rounded(row: dict[str, Any]) -> dict[str, Any]:
    return {key: round(value, 3) if isinstance(value, float) else value for key, value in row.items()}


def _processor() -> str:
    """Name the processor as the system does, where it does."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        return next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


if __name__ == "__main__":
    sys.exit(main())
