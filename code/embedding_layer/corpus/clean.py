"""From a docstring to its paragraphs of prose: the inline markup goes, and so does what is no prose."""

from __future__ import annotations

import re
from collections.abc import Iterator

from embedding_layer.corpus.blocks import blocks
from embedding_layer.corpus.tokens import tokenize

MIN_TOKENS = 4
"""A shorter paragraph says too little to learn from or to show."""

MAX_SYMBOLS = 0.08
"""The largest share of symbols among a paragraph's characters; code, formulas and tables have more."""

_INLINE = re.compile(
    r"""
    (?: ``(?P<literal>.+?)``
      | :math:`(?P<math>[^`]*)`
      | (?: :[A-Za-z][\w:.+-]*: )? `(?P<role>[^`]+)` _{0,2}
      | (?<![\w*\\]) (?P<stars>\*{1,2}) (?=[^\s*]) (?P<emphasis>[^*]+?) (?<=\S) (?P=stars) (?![\w*])
    ) (?: \\[ ]? )?                                          # an escape after markup: `Tensor`\\ s
    | \$\$? (?P<dollars>[^$]+) \$\$?
    | \[ (?P<link>[^\]]+) \] \( (?:https?:|\#) [^)\s]* \)    # Markdown
    | \[ [#\w.*-]+ \]_ (?!\w)                                # a citation: [1]_
    | <? \b (?:https?://|www\.) [^\s>)\]]+ >?
    | %\(\w+(?::\w+)?\)s | \$\{\w+\} | \{\w+(?:\[["']?\w+["']?\])?\}    # what code fills in later
    | \\(?P<escaped>[\s*`_|\\])
    | :(?:attr|class|func|math|meth|mod|ref):                # a role whose backticks are broken
    | `
    """,
    re.VERBOSE,
)
_PLAIN_FORMULA = re.compile(r"[A-Za-z0-9 .,()+\-*/=<>]{1,24}")
_TITLE = re.compile(r"(.+?)\s*<[^<>]*>", re.DOTALL)
_CALL = re.compile(r"[\w.]+(?=\()")
_SYMBOL = re.compile(r"[^\w\s.,:;!?'\"()\-–—…‘’“”]")
_SENTENCE = re.compile(r"[A-Z][a-z]+ [\w ,'-]+\.")

# Short words that hardly a sentence does without, and that code and lists of names seldom have.
_GLUE = frozenset(
    tokenize(
        """
        a about after all also an and any are as at be because been before being between both but by can
        cannot could default does during each else every for from given has have how if in instead into
        is it its like may might more most must new no not of on once one only or other over per same
        set should since so some such than that the their them then there these they this those through
        to under until up upon used uses using via was we were what when where whether which while will
        with within without would you your
        """
    )
)


def paragraphs(docstring: str) -> Iterator[str]:
    """Yield the paragraphs of prose in a docstring, each on one line and free of markup.

    Parameters
    ----------
    docstring : str
        In reStructuredText with NumPy, Google or Sphinx sections, or in Markdown; indented or not.

    Yields
    ------
    str
        One or more sentences, or one entry of a parameter list as ``name (type): what it means``.
    """
    for block in blocks(docstring):
        text = plain_text(block)
        if is_prose(text):
            yield text


def plain_text(block: str) -> str:
    """Return a paragraph without its inline markup, in its original case.

    Literals and emphasis keep their words; a role and a link keep what a reader of the page would see;
    citations, URLs and placeholders go. A formula of a few plain characters stays, any other becomes an
    ellipsis.
    """
    text = " ".join(_INLINE.sub(_unmark, block).split())
    return re.sub(r" ([.,;:!?)])(?=\s|$)", r"\1", text)


def is_prose(text: str) -> bool:
    """Say whether a cleaned paragraph reads as text, rather than as code, a signature or a list of names."""
    tokens = tokenize(text)
    if len(tokens) < MIN_TOKENS or _is_call(text) or len(_SYMBOL.findall(text)) > MAX_SYMBOLS * len(text):
        return False
    return not _GLUE.isdisjoint(tokens) or _SENTENCE.fullmatch(text) is not None


def _unmark(match: re.Match[str]) -> str:
    if formula := match["math"] or match["dollars"]:
        return formula if _PLAIN_FORMULA.fullmatch(formula) else "…"
    if role := match["role"]:
        if title := _TITLE.fullmatch(role):
            return title[1]
        return role.rpartition(".")[2].lstrip("~") if role.startswith("~") else role.lstrip("!.")
    return match["literal"] or match["link"] or match["emphasis"] or (match["escaped"] or "").strip()


def _is_call(text: str) -> bool:
    """Say whether the text is a signature: one call, and at most its result after the parentheses."""
    name = _CALL.match(text)
    if not name:
        return False
    depth = 0
    for index in range(name.end(), len(text)):
        depth += {"(": 1, ")": -1}.get(text[index], 0)
        if depth == 0:
            rest = text[index + 1 :].lstrip()
            return not rest or rest.startswith(("->", "[", "("))
    return False
