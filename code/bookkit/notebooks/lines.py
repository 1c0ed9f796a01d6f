"""Printed lines: numbers after `≈` vary from run to run and are not compared, all else is.

`copied in ≈ 12.5 µs` and `copied in ≈ 0.9 ms` are the same line; `read in ≈ 12.5 µs` is another one, and so
is `copied in ≈ 12.5 µs each`.
"""

from __future__ import annotations

import re
from collections import defaultdict, deque

from nbformat import NotebookNode

ABOUT = "≈"
_VARYING = re.compile(ABOUT + r"[^\n]*")
_NUMBER = re.compile(r"(?:(?<!\s)\s+)?(?<!\w)[-+−]?\d[\d.,]*(?:e[-+]?\d+)?(?: ?(?:[nµm]?s|[kMGT]i?B|B)\b)?")


def mask(text: str) -> str:
    """Return the text without the numbers after `≈` on a line, their padding, and units of time or size."""
    return _VARYING.sub(lambda rest: _NUMBER.sub(" #", rest[0]), text)


def keep_lines(new: str, old: str) -> str:
    """Return the new text, but with the old line wherever only a number after `≈` is another one."""
    stored = defaultdict(deque)
    for line in old.splitlines(keepends=True):
        stored[mask(line)].append(line)
    return "".join(
        stored[mask(line)].popleft() if stored[mask(line)] else line for line in new.splitlines(keepends=True)
    )


def printed(output: NotebookNode) -> str:
    """Return the text of an output as it is printed; empty if there is none."""
    return output.get("text") or output.get("data", {}).get("text/plain", "")
