"""The command line: `python -m bookkit.notebooks [--check] [--fresh] FILES`.

A run changes nothing in git: metadata is reduced to what the book uses, and outputs that differ only by
chance are kept as they were, unless the cell's source has changed or `--fresh` asks for new ones.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import nbformat
from nbclient.exceptions import CellExecutionError

from bookkit.notebooks.checking import problems
from bookkit.notebooks.execution import execute
from bookkit.notebooks.keeping import keep_unchanged_outputs
from bookkit.notebooks.normalising import forget_the_program, normalise


def refresh(path: Path, *, fresh: bool = False) -> None:
    """Execute one notebook and store it; if a cell fails, the file stays as it was."""
    old = nbformat.read(path, as_version=4)
    new = execute(path)
    normalise(new)
    if not fresh:
        forget_the_program(old)
        keep_unchanged_outputs(new, old)
    content = nbformat.writes(new) + "\n"
    if content != path.read_text(encoding="utf-8"):
        temporary = path.with_suffix(".tmp")
        temporary.write_text(content, encoding="utf-8")
        temporary.replace(path)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m bookkit.notebooks", description="Execute notebooks and store normalised outputs."
    )
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument(
        "--check", action="store_true", help="execute nothing, only say what is not normalised"
    )
    parser.add_argument("--fresh", action="store_true", help="store new timings and pictures, too")
    options = parser.parse_args(arguments)
    failed = 0
    for path in options.files:
        if options.check:
            found = list(problems(nbformat.read(path, as_version=4)))
        else:
            print(path, flush=True)
            try:
                refresh(path, fresh=options.fresh)
                found = list(problems(nbformat.read(path, as_version=4)))
            except CellExecutionError as error:
                found = [f"stays as it was, because a cell fails:\n{error}"]
        for problem in found:
            print(f"{path} {problem}", file=sys.stderr)
        failed += bool(found)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
