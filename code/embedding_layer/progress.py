"""A progress bar that shows in a terminal and in live Jupyter, and leaves nothing behind."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from typing import Any, TypeVar

from tqdm import tqdm

T = TypeVar("T")

SWITCH = "EMBEDDING_LAYER_PROGRESS"
COLUMNS = 76
"""How wide the bar is in a notebook, where no terminal tells its width."""


def progress(iterable: Iterable[T], description: str, total: int | None = None) -> Iterator[T]:
    """Iterate over `iterable` and draw a bar while somebody can see it.

    In a terminal the bar goes to stderr and is wiped at the end. In a Jupyter kernel it is an output of the
    cell that is emptied at the end, so that nothing of it is seen any more. Elsewhere (a pipe, a log file) it
    is not drawn. Setting the environment variable `EMBEDDING_LAYER_PROGRESS` to `off` silences it, which is
    how this book's stored outputs are made.

    Parameters
    ----------
    iterable : iterable
        What to go through.
    description : str
        The words before the bar.
    total : int or None
        How many items there are, where `len(iterable)` cannot tell.
    """
    in_kernel = _in_kernel()
    bar = tqdm(
        iterable,
        desc=description,
        total=total,
        leave=False,
        disable=_switched_off() or not (in_kernel or _in_terminal()),
        mininterval=0.2,
        file=_CellOutput() if in_kernel else sys.stderr,
        ncols=COLUMNS if in_kernel else None,
        position=0 if in_kernel else None,  # a bar within a bar has an output of its own, not a line below
    )
    return iter(bar)


class _CellOutput:
    """A terminal's last line as an output of the cell, for tqdm to write to.

    On stderr, even a bar that was wiped would leave a pink box.
    """

    def __init__(self) -> None:
        self._shown: Any = None

    def write(self, text: str) -> None:
        """Show the text in place of what was shown before; show nothing for blanks."""
        from IPython.display import display  # here, because only a kernel is sure to have it

        line = text.strip()
        data = {"text/plain": line} if line else {}
        if self._shown is not None:
            self._shown.update(data, raw=True)
        elif line:
            self._shown = display(data, raw=True, display_id=True)

    def flush(self) -> None:
        """Do nothing: a display is sent at once."""


def _switched_off() -> bool:
    return os.environ.get(SWITCH, "").lower() in {"off", "0", "no", "false"}


def _in_terminal() -> bool:
    return sys.stderr.isatty()


def _in_kernel() -> bool:
    if "ipykernel" not in sys.modules:
        return False
    from IPython import get_ipython

    return hasattr(get_ipython(), "kernel")
