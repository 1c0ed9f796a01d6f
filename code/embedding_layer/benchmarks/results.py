"""Stored results of the benchmark command: read, checked, and picked by what they measured."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PROVENANCE = ("device", "processor", "threads", "pages", "torch", "python", "date", "command")
"""What a file must say about where its numbers come from."""

COLUMNS: Mapping[str, type | tuple[type, ...]] = {
    "benchmark": str,
    "pass": str,
    "ids": str,
    "name": str,
    "vocab_size": int,
    "embedding_dim": int,
    "count": int,
    "threads": int,
    "microseconds": (int, float),
    "ratio": (int, float),
}
"""What every row must hold, and of which type. Rows may hold more."""

COMMAND = "python -m embedding_layer.benchmarks --output book/benchmarks/NAME.json"


class ResultsError(ValueError):
    """A file of results that cannot be used: what is wrong with it, and how to make a new one."""


@dataclass(frozen=True)
class Results:
    """What one run of the benchmark command has measured.

    Attributes
    ----------
    path : Path
        The file.
    provenance : dict
        Device, processor, threads, versions, date and command.
    rows : list of dict
        One for each function in each setting; see `COLUMNS`.
    """

    path: Path
    provenance: dict[str, Any]
    rows: list[dict[str, Any]]

    @property
    def label(self) -> str:
        """The machine in a few words: the accelerator, or the processor if the CPU was measured."""
        device = self.provenance["device"]
        return self.provenance["processor"] if device.upper() == "CPU" else device

    def select(self, **conditions: object) -> list[dict[str, Any]]:
        """Return the rows in which these columns have these values; write `pass_` for the column "pass"."""
        wanted = {name.rstrip("_"): value for name, value in conditions.items()}
        return [row for row in self.rows if all(row.get(key) == value for key, value in wanted.items())]

    def curve(self, **conditions: object) -> dict[int, float]:
        """Return microseconds by vocabulary size, for the rows that meet the conditions.

        Raises
        ------
        ResultsError
            If no row meets them, or two rows with the same vocabulary size do.
        """
        found = self.select(**conditions)
        curve = {row["vocab_size"]: float(row["microseconds"]) for row in found}
        if not found:
            raise ResultsError(f"{self.path.name} has no row with {_words(conditions)}")
        if len(curve) < len(found):
            raise ResultsError(
                f"{self.path.name} has several rows with {_words(conditions)} for one vocabulary size: "
                "name more columns"
            )
        return dict(sorted(curve.items()))


def read_folder(folder: Path | str) -> list[Results]:
    """Read every JSON file in a folder, in the order of their names.

    Raises
    ------
    ResultsError
        If the folder is missing or has no such file, or a file cannot be used.
    """
    files = sorted(Path(folder).glob("*.json"))
    if not files:
        raise ResultsError(f"there are no results in {folder}; make some from the book's folder: {COMMAND}")
    return [read_results(file) for file in files]


def read_results(path: Path | str) -> Results:
    """Read a file that the benchmark command has written, and check it.

    Raises
    ------
    ResultsError
        If the file is missing, is no JSON, or lacks something; the message names it.
    """
    path = Path(path)
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ResultsError(f"there is no file {path}; make it: {COMMAND}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ResultsError(f"{path} cannot be read: {error}") from error
    except json.JSONDecodeError as error:
        raise _damaged(path, f"it is not JSON (line {error.lineno}: {error.msg})") from error
    if not isinstance(content, dict):
        raise _damaged(path, f"it holds a {type(content).__name__} instead of an object")
    provenance, rows = (
        _part(path, content, key, kind) for key, kind in (("provenance", dict), ("results", list))
    )
    if missing := [key for key in PROVENANCE if provenance.get(key) in (None, "")]:
        raise _damaged(path, f"its provenance does not tell {', '.join(missing)}")
    if not rows:
        raise _damaged(path, "it has no results")
    for number, row in enumerate(rows):
        _check_row(path, number, row)
    return Results(path, provenance, rows)


def _part(path: Path, content: dict, key: str, kind: type) -> Any:
    if not isinstance(content.get(key), kind):
        raise _damaged(path, f"“{key}” is missing, or no {kind.__name__}")
    return content[key]


def _check_row(path: Path, number: int, row: object) -> None:
    where = f"result {number}"
    if not isinstance(row, dict):
        raise _damaged(path, f"{where} is a {type(row).__name__} instead of an object")
    for column, kind in COLUMNS.items():
        if column not in row:
            raise _damaged(path, f"{where} has no “{column}”")
        value = row[column]
        if not isinstance(value, kind) or isinstance(value, bool):
            raise _damaged(path, f"{where} has the {column} {value!r}, which is a {type(value).__name__}")
        if not isinstance(value, str) and not (math.isfinite(value) and value > 0):
            raise _damaged(path, f"{where} has the {column} {value!r}, but it must be more than 0")


def _damaged(path: Path, what: str) -> ResultsError:
    return ResultsError(f"{path} is damaged: {what}. Delete it, or make it again: {COMMAND}")


def _words(conditions: Mapping[str, object]) -> str:
    return (
        ", ".join(f"{name.rstrip('_')} = {value!r}" for name, value in conditions.items()) or "no conditions"
    )
