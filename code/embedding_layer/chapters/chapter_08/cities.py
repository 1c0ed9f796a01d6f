"""Where the cities are, how far apart, and how well a table knows it."""

from __future__ import annotations

import csv
import difflib
import math
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from embedding_layer.vectors import align

EARTH = 6371.0
"""The mean radius of the Earth in kilometres."""

FILE = Path(__file__).with_name("cities.csv")
COLUMNS = ("name", "continent", "latitude", "longitude")
LARGEST = {"latitude": 90, "longitude": 180}
"""How many degrees a coordinate has at most, to either side."""


class Cities(NamedTuple):
    """Cities in the order of their ids: names, continents, and places on a globe of radius 1, `(V, 3)`."""

    names: list[str]
    continents: list[str]
    points: Tensor

    def find(self, *names: str) -> Tensor:
        """Return the ids of cities; raise `KeyError`, with near spellings, for a name that is not there."""
        return torch.tensor([self._find(name) for name in names])

    def _find(self, name: str) -> int:
        if name in self.names:
            return self.names.index(name)
        folded = {known.casefold(): known for known in self.names}
        near = [folded[word] for word in difflib.get_close_matches(name.casefold(), folded, n=3)]
        remedy = f"did you mean {' or '.join(near)}?" if near else "`names` lists those that are"
        raise KeyError(f"{name!r} is not among the {len(self.names)} cities; {remedy}")


def load_cities(path: Path = FILE) -> Cities:
    """Read the table of cities: a CSV file with the columns name, continent, latitude and longitude.

    Lines that begin with # are notes. Coordinates are in degrees, north and east are positive. Those of the
    book's own file are rounded to 0.01 degrees, which is about a kilometre.

    Raises
    ------
    ValueError
        If a column is missing, a coordinate is no number in its range, a name stands twice, or there are
        fewer than two cities; the message names the row.
    """
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(line for line in file if not line.startswith("#"))
        missing = [column for column in COLUMNS if column not in (reader.fieldnames or [])]
        if missing:
            raise ValueError(
                f"{path.name} has no column {', '.join(missing)}; "
                f"its first line must name {', '.join(COLUMNS)}"
            )
        rows = list(reader)
    if len(rows) < 2:
        raise ValueError(f"{path.name} lists {len(rows)} cities, but a distance needs two")
    names = [row["name"] for row in rows]
    for number, row in enumerate(rows, start=1):
        if names.index(row["name"]) != number - 1:
            raise ValueError(f"{path.name} lists {row['name']} twice; row {number} is the second")
    places = torch.tensor(
        [[_degrees(row, name, number) for name in LARGEST] for number, row in enumerate(rows, start=1)]
    )
    return Cities(names, [row["continent"] for row in rows], on_globe(*places.T))


def _degrees(row: dict[str, str], name: str, number: int) -> float:
    try:
        value = float(row[name])
    except (TypeError, ValueError):
        value = math.nan
    if not abs(value) <= LARGEST[name]:
        raise ValueError(
            f"the {name} of {row['name']}, row {number}, is {row[name]!r}, "
            f"but it must be a number of degrees from −{LARGEST[name]} to {LARGEST[name]}"
        )
    return value


def on_globe(latitude: Tensor, longitude: Tensor) -> Tensor:
    """Return places on a globe of radius 1, `(V, 3)`: from degrees, `(V,)` each."""
    north, east = latitude.deg2rad(), longitude.deg2rad()
    return torch.stack([north.cos() * east.cos(), north.cos() * east.sin(), north.sin()], dim=1)


def latitude_longitude(points: NDArray) -> tuple[NDArray, NDArray]:
    """Return the degrees under which points `(V, 3)` are seen from the middle of the globe."""
    x, y, z = np.asarray(points, dtype=float).T
    return np.degrees(np.arctan2(z, np.hypot(x, y))), np.degrees(np.arctan2(y, x))


def all_pairs(count: int) -> Tensor:
    """Return each pair of two different ids once, the smaller first: `(count * (count - 1) / 2, 2)`."""
    return torch.combinations(torch.arange(count))


def tunnel_km(points: Tensor, pairs: Tensor) -> Tensor:
    """Return the lengths of the straight tunnels between pairs of places `(N, 2)`, in kilometres."""
    one, other = points[pairs].unbind(dim=1)
    return EARTH * (one - other).norm(dim=1)


def flight_km(points: Tensor, pairs: Tensor) -> Tensor:
    """Return the shortest ways over the ground between pairs of places `(N, 2)`, in kilometres."""
    one, other = points[pairs].unbind(dim=1)
    return EARTH * 2 * torch.atan2((one - other).norm(dim=1), (one + other).norm(dim=1))


def lay_over(weight: Tensor, points: Tensor, *, scale: bool = False) -> NDArray[np.float64]:
    """Shift and turn a table, mirrored if need be, until its rows lie as near to the places as they can.

    Of a table with more than three columns the three directions count in which its rows differ most; one
    with fewer stays flat.

    Parameters
    ----------
    weight : Tensor of shape `(V, D)`
    points : Tensor of shape `(V, 3)`
    scale : bool
        Stretch the table, too: for models that know nothing of units.

    Returns
    -------
    ndarray of shape `(V, 3)`

    Raises
    ------
    ValueError
        If the table has not one row a place, or holds a number that is not finite.
    """
    table = weight.detach().double().numpy()
    if table.ndim != 2 or len(table) != len(points):
        raise ValueError(
            f"the table has shape {tuple(table.shape)} for {len(points)} places; it needs one row a place"
        )
    bad = np.flatnonzero(~np.isfinite(table).all(axis=1))
    if bad.size:
        raise ValueError(
            f"{bad.size} rows of the table are not finite, row {bad[0]} first: the training has diverged and "
            "there is nothing to measure; a smaller learning rate may help"
        )
    centred = table - table.mean(axis=0)
    flat = centred @ np.linalg.svd(centred, full_matrices=False)[2][:3].T
    flat = np.pad(flat, ((0, 0), (0, 3 - flat.shape[1])))
    return align(flat, points.double().numpy(), scale=scale)


def error_km(weight: Tensor, points: Tensor, *, scale: bool = False) -> float:
    """Return how far the rows lie from their places on average, in kilometres, once laid over them.

    Parameters and errors are those of `lay_over`.
    """
    apart = lay_over(weight, points, scale=scale) - points.double().numpy()
    return EARTH * float(np.linalg.norm(apart, axis=1).mean())


def is_mirrored(weight: Tensor, points: Tensor) -> bool:
    """Tell whether a table `(V, 3)` can be laid over the places only after it is mirrored."""
    return bool(torch.linalg.det((weight - weight.mean(dim=0)).T @ points) < 0)
