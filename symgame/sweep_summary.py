"""What a sweep found, in short: how often each value occurs, and between which ends the numbers lie."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import xarray

MOST_VALUES = 12


@dataclass(frozen=True)
class Tally:
    """One variable: its values with their numbers of points, the most frequent first, or its least and largest number.

    ``absent`` counts the places without a number; ``more`` the different values that are not listed.
    """

    name: str
    values: tuple[tuple[str, int], ...]
    more: int
    least: float | None
    largest: float | None
    absent: int


def tallies(dataset: xarray.Dataset) -> tuple[Tally, ...]:
    """A tally of every variable without the dimension ``population``, branch by branch.

    >>> import xarray
    >>> rows = xarray.Dataset({"count": ("w", [1, 3, 1], {"flag_values": [-1], "flag_meanings": "outside"})})
    >>> tallies(rows)[0].values
    (('1', 2), ('3', 1))
    """
    found = []
    for name, variable in dataset.data_vars.items():
        if "population" in variable.dims:
            continue
        if "branch" in variable.dims:
            for branch in dataset["branch"].values.tolist():
                label = str(name).replace("*", branch)
                found.append(_tally(label, variable.sel(branch=branch).values, variable.attrs))
        else:
            found.append(_tally(str(name), variable.values, variable.attrs))
    return tuple(found)


def _tally(name: str, values: Any, attributes: dict[str, Any]) -> Tally:
    if values.dtype.kind == "f":
        known = values[~np.isnan(values)]
        least, largest = (float(known.min()), float(known.max())) if known.size else (None, None)
        return Tally(name, (), 0, least, largest, values.size - known.size)
    said = dict(zip(attributes.get("flag_values", ()), str(attributes.get("flag_meanings", "")).split(), strict=False))
    different, counts = np.unique(values.astype(str) if values.dtype == object else values, return_counts=True)
    rows = [(_text(v, said), int(n)) for v, n in zip(different.tolist(), counts.tolist(), strict=True)]
    rows.sort(key=lambda row: -row[1])
    return Tally(name, tuple(rows[:MOST_VALUES]), len(rows[MOST_VALUES:]), None, None, 0)


def _text(value: Any, said: dict[Any, str]) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return said.get(value, str(value)).replace("_", " ") if not isinstance(value, str) else value or "none"
