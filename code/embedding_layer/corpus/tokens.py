"""From text to tokens."""

from __future__ import annotations

import re

_TOKEN = re.compile(r"[a-z_][a-z0-9_]*")


def tokenize(text: str) -> list[str]:
    """Split text into lower-case words and identifiers.

    A token starts with one of the letters `a` to `z` or an underscore and goes on with letters, digits and
    underscores. Everything else separates: spaces, punctuation, dots (`np.zeros_like` gives `np` and
    `zeros_like`), and letters outside ASCII.

    Parameters
    ----------
    text : str
        Any text, in any case.

    Returns
    -------
    list of str
        The tokens in order; an empty list where there are none.
    """
    return _TOKEN.findall(text.lower())
