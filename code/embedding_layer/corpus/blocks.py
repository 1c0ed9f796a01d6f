"""From a docstring to its paragraphs, still with inline markup: this module reads the layout, not the words.

The rules follow the reStructuredText specification of docutils and the section styles of NumPy and Google.
Two passes take out what is not running text and leave blank lines in its place; the third cuts what remains.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator

PROSE_DIRECTIVES = frozenset({
    "admonition", "attention", "caution", "danger", "error", "hint", "important", "legacy", "note", "seealso",
    "tip", "topic", "warning",
})  # fmt: skip
"""Directives whose argument and body are prose."""

OBJECT_DIRECTIVES = frozenset({
    "attribute", "class", "data", "exception", "function", "method", "module", "property",
})  # fmt: skip
"""Directives whose argument is a signature and whose body is prose. All others go: code, maths, versions."""

PROSE_FIELDS = frozenset({
    "arg", "argument", "ivar", "key", "keyword", "param", "parameter", "raise", "raises", "return", "returns",
    "var",
})  # fmt: skip
"""Fields such as `:param x:` that carry a description; the others (`:type x:`, `:rtype:`) carry a type."""

_DIRECTIVE = re.compile(r"\.\. +(?:\|[^|]*\| +)?(?:py:)?([\w+.-]+) ?::(?: +(.*))?$")
_COMMENT_OR_TARGET = re.compile(r"\.\.(?: |$)")
_FENCE = re.compile(r"```[^`]*$")
_MATH_OPENS = re.compile(r"\$\$|\\\[|\\begin\{")
_MATH_CLOSES = re.compile(r"\$\$|\\\]|\\end\{")
_MATH_ON_ONE_LINE = re.compile(r"\$\$.+\$\$|\\\[.+\\\]|\\begin\{.+\\end\{")
_CODE = re.compile(
    r">>>|@\w[\w.]*(?:\(.*)?$|(?:async )?def \w+\(|class \w+(?:\(.*\))?:|import [\w.]+(?: as \w+)?$"
    r"|from \S+ import "
)
_SIGNATURE = re.compile(r"[\w.]+\(.*\) ?-> ?\S[^.]*$")
_TABLE_RULE = re.compile(r"=+(?: +=+)+$")
_TABLE_ROW = re.compile(r"[|+].*[|+]$")
_MARKDOWN_HEADING = re.compile(r"#{1,6} ")
_PLACEHOLDER = re.compile(r"(?:%\(.*\)s|\$?\{.*\})[.,]?$")
_UNDERLINE = re.compile(r"([-=~^\"'#*+`.:_])\1{2,}$")

_BULLET = re.compile(r"(?:[-*+•·]|\(?(?:\d{1,2}|#)[.)])\s+")
_FIELD = re.compile(r":([a-z]+)(?: [^:`]*?)??(?: ([\w*\\]+))?:(?:\s+(.*))?$")
_GOOGLE_ENTRY = re.compile(r"(?:\*{0,2}|[`'\"]{1,2})[\w.]+(?:[`'\"]{1,2}|\*{1,2})?(?: ?\(.*?\))? ?:(?:\s|$)")
_NUMPY_ENTRY = re.compile(r"[^:]+ :(?: |$)")
_BARE_NAME = r"[\w*`'\"\\\[-][\w.*`'\"\\=\[\]-]*"
_BARE_ENTRY = re.compile(rf"{_BARE_NAME}(?:,? {_BARE_NAME}){{0,4}}$")


def blocks(docstring: str) -> Iterator[str]:
    """Yield the paragraphs, list items and definitions of a docstring, each on one line.

    Parameters
    ----------
    docstring : str
        As it stands in the source, indented or not.

    Yields
    ------
    str
        Text with its inline markup. A definition reads ``name (type): what it means``.
    """
    lines = inspect.cleandoc(docstring).splitlines()
    return _paragraphs(list(_without_headings(list(_without_code(lines)))))


def _without_code(lines: list[str]) -> Iterator[str]:
    """Take out code, maths, tables, comments and the directives that hold no prose."""
    index = 0
    while index < len(lines):
        line, text = lines[index], lines[index].strip()
        start, index = index, index + 1
        if _CODE.match(text):
            index = _find(lines, index, lambda later: not later)
        elif _FENCE.match(text):
            index = _find(lines, index, _FENCE.match)
        elif _MATH_OPENS.match(text):
            index = index if _MATH_ON_ONE_LINE.match(text) else _find(lines, index, _MATH_CLOSES.search)
        elif _TABLE_RULE.match(text):
            index = _end_of_table(lines, start)
        elif directive := _DIRECTIVE.match(text):
            name, argument = directive[1].lower(), directive[2]
            if name in PROSE_DIRECTIVES and argument:
                body = lines[index] if index < len(lines) and lines[index].strip() else line
                yield ""
                yield " " * _indent(body) + argument
                continue
            if name not in PROSE_DIRECTIVES | OBJECT_DIRECTIVES:
                index = _end_of_body(lines, start)
        elif _COMMENT_OR_TARGET.match(text):
            index = _end_of_body(lines, start)
        elif text.endswith("::"):
            index = _end_of_body(lines, start)
            yield line.rstrip()[:-1] if text != "::" else ""
        elif not any(
            pattern.match(text) for pattern in (_SIGNATURE, _TABLE_ROW, _MARKDOWN_HEADING, _PLACEHOLDER)
        ):
            yield line
            continue
        yield ""


def _without_headings(lines: list[str]) -> Iterator[str]:
    """Take out headings with their underlines, and the sections that list publications."""
    section = ""
    for index, line in enumerate(lines):
        text = line.strip()
        after = lines[index + 1] if index + 1 < len(lines) else ""
        if text and _UNDERLINE.match(after.strip()) and _indent(after) == _indent(line):
            section, margin = text.lower(), _indent(line)
            yield ""
        elif section == "references" or _UNDERLINE.match(text) or _is_google_heading(lines, index):
            yield ""
        elif section == "see also" and _indent(line) == margin:
            yield ""  # each entry stands alone, and what follows its colon is no type
            yield line.replace(" : ", ": ", 1)
        else:
            yield line


def _is_google_heading(lines: list[str], index: int) -> bool:
    """Say whether a line such as `Args:` stands over text that is indented deeper."""
    text = lines[index].strip()
    if not (text.endswith(":") and text[0].isupper() and len(text.split()) <= 3):
        return False
    below = next((line for line in lines[index + 1 :] if line.strip()), "")
    return not below or _indent(below) > _indent(lines[index])


def _paragraphs(lines: list[str]) -> Iterator[str]:
    """Cut the lines at blank lines, list items and definitions, and where the margin moves back."""
    block: list[str] = []
    margin = 0
    for index, line in enumerate(lines):
        text = line.strip()
        opening = _opening(text, lines[index + 1] if index + 1 < len(lines) else "", _indent(line))
        if block and (opening is not None or not text or _indent(line) < margin):
            yield " ".join(block)
            block = []
        if text:
            block.append(text if opening is None else opening)
        margin = _indent(line)
    if block:
        yield " ".join(block)


def _opening(text: str, after: str, margin: int) -> str | None:
    """Return how a list item, a field or a definition starts its paragraph; None for running text."""
    hanging = bool(after.strip()) and _indent(after) > margin and not _BULLET.match(after.strip())
    if field := _FIELD.match(text):
        if field[1] not in PROSE_FIELDS:
            return ""
        return f"{field[2]}: {field[3] or ''}" if field[2] else field[3] or ""
    if bullet := _BULLET.match(text):
        return text[bullet.end() :]
    if _NUMPY_ENTRY.match(text):
        name, _, rest = (part.strip() for part in text.partition(" :"))
        return f"{name} ({rest}):" if hanging and rest else f"{name}: {rest}"
    if _GOOGLE_ENTRY.match(text):
        return text
    if hanging and _BARE_ENTRY.match(text):
        return f"{text}:"
    return None


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _find(lines: list[str], start: int, wanted: Callable[[str], object]) -> int:
    """Return the index after the first line from `start` on whose text is `wanted`."""
    for index in range(start, len(lines)):
        if wanted(lines[index].strip()):
            return index + 1
    return len(lines)


def _end_of_body(lines: list[str], start: int) -> int:
    """Return the index after the lines that follow line `start` and are indented deeper."""
    margin = _indent(lines[start])
    for index in range(start + 1, len(lines)):
        if lines[index].strip() and _indent(lines[index]) <= margin:
            return index
    return len(lines)


def _end_of_table(lines: list[str], start: int) -> int:
    """Return the index after a simple table: its last rule is followed by a blank line."""
    for index in range(start + 1, len(lines)):
        if not lines[index].strip() and _TABLE_RULE.match(lines[index - 1].strip()):
            return index
    return len(lines)
