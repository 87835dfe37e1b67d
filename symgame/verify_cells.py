"""Columns of cells as arrays of doubles, for the filter: what cannot be read so is NaN, for exact arithmetic."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from symgame.decisions import Floats
from symgame.verify_filter import Numbers
from symgame.verify_numbers import FULL, BadCell, claimed, parameter
from symgame.verify_reading import Cells

_TENTHS: Final = [10.0**-k / 2 for k in range(300)]


def doubles(cells: Cells) -> Floats:
    """The values of parameters, each rounded once.

    >>> doubles(["0.5", "5/2", "x"]).tolist()
    [0.5, 2.5, nan]
    """
    if isinstance(cells, np.ndarray):
        return cells
    plain = all(isinstance(c, float) for c in cells) or _is_plain(cells)
    try:
        if plain:
            return np.array(list(map(float, cells)))
    except ValueError:
        pass
    return np.array([_double(c) for c in cells])


def _is_plain(cells: Sequence[Any]) -> bool:
    """Whether Python reads these texts as we do, if it reads them at all."""
    try:
        text = ",".join(cells)
    except TypeError:
        return False
    return text.isascii() and "_" not in text and len(text) < 400 * len(cells)


def _double(cell: Any) -> float:
    try:
        return float(parameter(cell)[0])
    except (BadCell, OverflowError):
        return math.nan


def numbers(cells: Any, digits: int | None) -> Numbers:
    """The values of claims, half a unit of the last digit claimed, and the digits.

    >>> found = numbers(["0.708", "2", "17/24"], None)
    >>> found.value.tolist(), found.digits.tolist(), found.half.tolist()[:1]
    ([0.708, 2.0, nan], [3, 12, 0], [0.0005])
    """
    if isinstance(cells, np.ndarray):
        half = np.abs(cells) * (0.5 * 10.0 ** -(FULL if digits is None else digits))
        return Numbers(cells, half, np.full(cells.size, FULL, np.int16))
    read = _fast if _is_plain(cells) else _slow
    rows = [read(c, digits) for c in cells]
    value, spread, kept = zip(*rows, strict=True)
    return Numbers(np.array(value), np.array(spread), np.array(kept, np.int16))


_NONE: Final = (math.nan, 0.0, 0)


def _fast(cell: str, digits: int | None) -> tuple[float, float, int]:
    """What :func:`_slow` finds, for the usual texts."""
    text = cell.strip()
    point = text.find(".")
    if point < 0 or "e" in text or "E" in text or len(text) > 40:
        return _slow(cell, digits)
    try:
        value = float(text)
    except ValueError:
        return _NONE
    if not value:
        return _slow(cell, digits)
    printed = len(text.lstrip("+-0.").replace(".", ""))
    most = FULL if digits is None else digits
    dropped = max(printed - most, 0)
    places = len(text) - point - 1 - dropped
    half = _TENTHS[places] if places >= 0 else 0.5 * 10.0**-places
    return value, half, FULL if digits is not None and printed >= most else printed - dropped


def _slow(cell: Any, digits: int | None) -> tuple[float, float, int]:
    try:
        claim = claimed(cell, digits)
        if claim.digits is None:
            return _NONE
        return float(claim.value), float(claim.half), FULL if claim.stated else claim.digits
    except (BadCell, OverflowError):
        return _NONE
