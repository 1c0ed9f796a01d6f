"""Whether two SVG drawings look the same.

The same elements must follow one another, with the same words. A place on the page may move by one point
(1/72 inch), which is half the width of a line: results of training differ by less on another machine, and no
reader sees it. Words may turn by one degree, which moves the end of the longest by as much. Sizes, strokes,
opacities and the shapes of marks and letters may differ by a fiftieth, colours by eight levels of 255. Names
that only connect elements are replaced by their order.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from xml.etree import ElementTree

import numpy as np

from bookkit.notebooks.pixels import pixel_difference

POINT, DEGREE, FINE, LEVELS = 1.0, 1.0, 0.02, 8
PLACES = frozenset(
    ("d", "x", "y", "x1", "y1", "x2", "y2", "cx", "cy", "points", "width", "height", "viewBox", "translate")
)
"""Attributes and functions whose numbers are places on the page."""

_PART = re.compile(r"#[0-9a-fA-F]{6}\b|[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
_EMBEDDED = "data:image/png;base64,"
_SKIPPED = frozenset({"metadata"})


def drawing_difference(new: str, old: str) -> str:
    """Say how two drawings look different; an empty string if they look alike."""
    one, other = ElementTree.fromstring(new), ElementTree.fromstring(old)
    return next(_differences(one, other, _order(one), _order(other), marks=False), "")


def _differences(
    new: ElementTree.Element,
    old: ElementTree.Element,
    names: dict[str, str],
    stored: dict[str, str],
    *,
    marks: bool,
) -> Iterator[str]:
    tag = _local(old.tag)
    marks = marks or tag == "defs"
    if new.tag != old.tag:
        yield f"{_local(new.tag)} instead of {tag}"
    elif (new.text or "").strip() != (old.text or "").strip():
        yield f"{tag}: {(new.text or '').strip()!r} instead of {(old.text or '').strip()!r}"
    elif new.attrib.keys() != old.attrib.keys():
        yield f"{tag}: {', '.join(new.attrib)} instead of {', '.join(old.attrib)}"
    for key in new.attrib.keys() & old.attrib.keys():
        one, other = _rename(new.get(key), names), _rename(old.get(key), stored)
        if one != other and not _alike(_local(key), one, other, marks=marks):
            yield f"{tag} {old.get('id', '')}: {_local(key)} {one[:60]!r} instead of {other[:60]!r}"
    one, other = ([child for child in parent if _local(child.tag) not in _SKIPPED] for parent in (new, old))
    if len(one) != len(other):
        yield f"{tag} {old.get('id', '')}: {len(one)} elements instead of {len(other)}"
    for pair in zip(one, other, strict=False):
        yield from _differences(*pair, names, stored, marks=marks)


def _alike(key: str, new: str, old: str, *, marks: bool) -> bool:
    """Tell whether two values of an attribute look alike."""
    if new.startswith(_EMBEDDED) and old.startswith(_EMBEDDED):
        return not pixel_difference(*(base64.b64decode(value[len(_EMBEDDED) :]) for value in (new, old)))
    if _PART.split(new) != _PART.split(old):
        return key == "d" and not marks and _same_line(new, old)
    function = key
    for between, one, other in zip(_PART.split(old), _PART.findall(new), _PART.findall(old), strict=False):
        function = (re.findall(r"[a-z]+(?=\()", between) or [function])[-1]
        if "#" in one + other:
            near = "#" in one and "#" in other and max(abs(np.subtract(_rgb(one), _rgb(other)))) <= LEVELS
        else:
            play = DEGREE if function == "rotate" else POINT if function in PLACES and not marks else FINE
            near = abs(float(one) - float(other)) <= play
        if not near:
            return False
    return True


def _same_line(new: str, old: str) -> bool:
    """Tell whether two lines with other corners run the same way: no corner is far from the other line."""
    one, other = (np.array(_PART.findall(path), float) for path in (new, old))
    if set(re.sub(r"[^A-Za-z]", "", new + old)) - set("ML") or min(one.size, other.size) < 4:
        return False
    one, other = one.reshape(-1, 2), other.reshape(-1, 2)
    return (
        max(max(_distance(point, other) for point in one), max(_distance(point, one) for point in other))
        <= POINT
    )


def _distance(point: np.ndarray, line: np.ndarray) -> float:
    """Return the distance of a point from a line with these corners."""
    start, step = line[:-1], np.diff(line, axis=0)
    length = np.maximum((step**2).sum(axis=1), 1e-12)
    along = np.clip(((point - start) * step).sum(axis=1) / length, 0, 1)
    return float(np.linalg.norm(point - start - along[:, None] * step, axis=1).min())


def _order(root: ElementTree.Element) -> dict[str, str]:
    names = (element.get("id") for element in root.iter())
    return {name: f"name{number}" for number, name in enumerate(filter(None, names))}


def _rename(value: str, names: dict[str, str]) -> str:
    if value in names:
        return names[value]
    return re.sub(r"(?<=^#)[\w.-]+$|(?<=url\(#)[^)]+", lambda name: names.get(name[0], name[0]), value)


def _rgb(colour: str) -> list[int]:
    return [int(colour[n : n + 2], 16) for n in (1, 3, 5)]


def _local(name: str) -> str:
    return name.rpartition("}")[2]
