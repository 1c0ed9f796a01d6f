"""A progress bar that shows in a terminal and in live Jupyter, and leaves nothing behind."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from typing import TypeVar

from tqdm import tqdm

T = TypeVar("T")

SWITCH = "EMBEDDING_LAYER_PROGRESS"


def progress(iterable: Iterable[T], description: str, total: int | None = None) -> Iterator[T]:
    """Iterate over `iterable` and draw a bar while somebody can see it.

    The bar goes to stderr and is wiped at the end, so a notebook's output holds only what the cell prints. It
    is drawn in a terminal and in a Jupyter kernel; elsewhere (a pipe, a log file) it is not. Setting the
    environment variable `EMBEDDING_LAYER_PROGRESS` to `off` silences it, which is how this book's stored
    outputs are made.

    Parameters
    ----------
    iterable : iterable
        What to go through.
    description : str
        The words before the bar.
    total : int or None
        How many items there are, where `len(iterable)` cannot tell.
    """
    return iter(
        tqdm(iterable, desc=description, total=total, leave=False, disable=not _visible(), mininterval=0.2)
    )


def _visible() -> bool:
    if os.environ.get(SWITCH, "").lower() in {"off", "0", "no", "false"}:
        return False
    return sys.stderr.isatty() or "ipykernel" in sys.modules
