"""The command line: `python -m bookkit.notebooks [--check] [--fresh] FILES`.

A run changes nothing in git: metadata is reduced to what the book uses, and outputs that differ only by
chance are kept as they were, unless the cell's source has changed or `--fresh` asks for new ones. Each
notebook is judged, whatever is wrong with the others.
"""

from __future__ import annotations

import argparse
import sys
import traceback
from collections.abc import Iterable, Sequence
from pathlib import Path

from bookkit.notebooks.checking import left_out, problems, problems_of_file
from bookkit.notebooks.execution import execute
from bookkit.notebooks.keeping import keep_unchanged_outputs
from bookkit.notebooks.normalising import forget_the_program, normalise
from bookkit.notebooks.reading import NotebookError, read
from bookkit.notebooks.storing import store


def refresh(path: Path, *, fresh: bool = False) -> None:
    """Execute one notebook and store it.

    Raises
    ------
    NotebookError
        If the notebook cannot be read or run, or is no page of the book afterwards. The file stays as it was.
    """
    old = read(path)
    _refuse(left_out(old))
    new = execute(old, path.parent)
    normalise(new)
    if not fresh:
        forget_the_program(old)
        keep_unchanged_outputs(new, old)
    _refuse(problems(new))
    store(new, path)


def _refuse(found: Iterable[str]) -> None:
    if found := list(found):
        raise NotebookError("\n  ".join(["stays as it was:", *found]))


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
    failed = []
    for path in options.files:
        found = []
        try:
            if options.check:
                found += problems_of_file(path)
            else:
                print(path, flush=True)
                refresh(path, fresh=options.fresh)
        except NotebookError as error:
            found.append(str(error))
        except Exception:  # a fault of the runner's own must not keep the other notebooks from being judged
            found.append(f"cannot be judged:\n{traceback.format_exc()}")
        for problem in found:
            print(f"{path} {problem}", file=sys.stderr)
        if found:
            failed.append(str(path))
    if failed:
        print(f"{len(failed)} of {len(options.files)} notebooks failed: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
