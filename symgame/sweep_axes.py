"""The axes of a sweep: exact values of one symbol along named dimensions, and the point that each place stands for.

A double is taken as the rational number that it is; fractions, integers and texts such as ``"1/10"`` are exact too. So
that arrays of doubles can carry any of them, an axis holds ``scale * value``: integers where the values are no doubles.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from numbers import Rational
from typing import Any

import numpy as np
from numpy.typing import NDArray

from symgame.errors import ModelError, SymgameError
from symgame.notation import exact

MAX_VALUES = 1_000_000  # along one axis
_LARGEST = 2**53  # integers up to here are doubles

Numbers = NDArray[Any]


class SweepError(SymgameError):
    """Axes, quantities or places of results that make no sweep: which, why, and what to write instead."""


@dataclass(frozen=True, eq=False)
class Axis:
    """The values of ``symbol`` along ``dims``. ``scaled`` are ``scale`` times the values.

    ``scaled`` holds doubles; where no scale makes doubles of all values it holds fractions, and the scale is 1. ``at``
    are the values as doubles, each rounded once; ``written`` is their exact text, or ``None`` when ``at`` is exact.
    """

    symbol: str
    dims: tuple[str, ...]
    scaled: Numbers
    scale: int
    at: NDArray[np.float64]
    written: str | None

    def fractions(self) -> list[Fraction]:
        """The exact values, in C order."""
        return [Fraction(v) / self.scale for v in self.scaled.ravel().tolist()]


def axis(symbol: str, values: Any, dim: str | None = None) -> Axis:
    """An axis from numbers in a sequence, array or labelled array, from one number, or from a text.

    A labelled array (``xarray.DataArray``) brings its dimensions; anything else lies along ``dim``, by default the
    symbol, and one number along none. A text is ``start:stop:points``, exact and with both ends, or values with commas.
    Raises :class:`SweepError` for what is empty, no number, or not finite.

    >>> axis("w", "0:1:5").at.tolist()
    [0.0, 0.25, 0.5, 0.75, 1.0]
    >>> tenths = axis("w", ["1/10", Fraction(1, 5)])
    >>> tenths.at.tolist(), tenths.written, tenths.scale, tenths.scaled.tolist()
    ([0.1, 0.2], '1/10, 1/5', 10, [1.0, 2.0])
    >>> axis("w", [0.1]).fractions() == [Fraction(0.1)]
    True
    """
    place: tuple[str, ...] = (dim or symbol,)
    if isinstance(values, str):
        return _from_text(symbol, place, values)
    if isinstance(values, np.ma.MaskedArray):
        raise SweepError(f"the axis {symbol} is a masked array; drop what is masked")
    if hasattr(values, "dims") and hasattr(values, "values"):
        place, values = tuple(map(str, values.dims)), values.values
    elif isinstance(values, Iterable) and not hasattr(values, "__array__"):
        values = list(values)
    array = np.asarray(values, dtype=object) if _mixed(values) else np.asarray(values)
    if array.ndim == 0:
        place = ()
    if array.ndim != len(place):
        raise SweepError(f"the values of the axis {symbol} have {array.ndim} dimensions; give a list of numbers, or a "
                         f"labelled array (xarray.DataArray) with a name for each dimension")  # fmt: skip
    if array.size == 0:
        raise SweepError(f"the axis {symbol} is empty; give it at least one value")
    if array.size > MAX_VALUES:
        raise SweepError(f"the axis {symbol} has {array.size} values, more than {MAX_VALUES}; sweep part by part")
    if array.dtype.kind in "iuf" and array.dtype.itemsize <= 8:
        doubles = array.astype(np.float64)
        if array.dtype.kind == "f" or bool(np.all(np.abs(doubles) < _LARGEST)):
            _finite(symbol, doubles)
            return Axis(symbol, place, doubles, 1, doubles, None)
    found = [_fraction(symbol, k, v) for k, v in enumerate(array.ravel().tolist())]
    return _from_exact(symbol, place, found, array.shape)


def _mixed(values: Any) -> bool:
    """Whether NumPy would make texts or floats of exact numbers that stand beside others."""
    return isinstance(values, list) and not all(type(v) is float or isinstance(v, np.number) for v in values)


def _finite(symbol: str, doubles: NDArray[np.float64]) -> None:
    bad = np.flatnonzero(~np.isfinite(doubles))
    if bad.size:
        raise SweepError(f"value {bad[0] + 1} of the axis {symbol} is {doubles.ravel()[bad[0]]}; every value is a "
                         f"finite number")  # fmt: skip


def _fraction(symbol: str, k: int, value: Any) -> Fraction:
    what = f"value {k + 1} of the axis {symbol}"
    if isinstance(value, str):
        return _number(value, what)
    if isinstance(value, bool | np.bool_) or not isinstance(value, int | float | Rational | Decimal | np.number):
        value = getattr(value, "item", lambda value=value: value)()
        rational = getattr(value, "is_Rational", False)
        if not rational or isinstance(value, bool):
            raise SweepError(f"{what} is {str(value)[:60]!r} ({type(value).__name__}); a number or an exact text such "
                             f"as '5/2' was expected")  # fmt: skip
        return Fraction(int(value.p), int(value.q))
    try:
        return Fraction(int(value)) if isinstance(value, np.integer) else _as_it_is(value)
    except (ValueError, OverflowError):
        raise SweepError(f"{what} is {value}; every value is a finite number") from None
    except TypeError:
        raise SweepError(f"{what} is {str(value)[:60]!r}; a real number was expected") from None


def _as_it_is(value: Any) -> Fraction:
    """A float as the rational number that it is, not as the decimal that it prints as."""
    return Fraction(value)


def _number(text: str, what: str) -> Fraction:
    try:
        value = exact(text, what)
    except ModelError as error:
        raise SweepError(str(error)) from None
    if not value.is_Rational:
        raise SweepError(f"{what} is {text[:60]!r}; a number such as 5/2 or 0.1 was expected")
    return Fraction(int(value.p), int(value.q))


def _from_text(symbol: str, dims: tuple[str, ...], text: str) -> Axis:
    what = f"the axis {symbol}"
    if ":" not in text:
        parts = [part.strip() for part in text.split(",")]
        if parts == [""]:
            raise SweepError(f"{what} is empty; write start:stop:points, as in 0:3:61, or values with commas")
        return _from_exact(symbol, dims, [_number(part, f"value {k + 1} of {what}") for k, part in enumerate(parts)])
    ends = text.split(":")
    if len(ends) != 3:
        raise SweepError(f"{what} is {text[:60]!r}; write start:stop:points, as in 0:3:61")
    start, stop = (_number(end, f"the {word} of {what}") for end, word in zip(ends, ("start", "stop"), strict=False))
    points = _number(ends[2], f"the number of points of {what}")
    if points.denominator != 1 or not 1 <= points <= MAX_VALUES:
        raise SweepError(f"{what} has {ends[2].strip()[:30]!r} points; write a whole number from 1 to {MAX_VALUES}")
    if points == 1:
        if start != stop:
            raise SweepError(f"{what} has one point but two ends, {start} and {stop}; write at least 2 points")
        return _from_exact(symbol, dims, [start])
    return _evenly(symbol, dims, start, stop, int(points))


def _evenly(symbol: str, dims: tuple[str, ...], start: Fraction, stop: Fraction, points: int) -> Axis:
    """``points`` values from start to stop, in arrays where integers up to 2^53 will do."""
    step = (stop - start) / (points - 1)
    scale = math.lcm(start.denominator, step.denominator)
    if scale >= _LARGEST or any(abs(end * scale) >= _LARGEST for end in (start, stop)):
        return _from_exact(symbol, dims, [start + k * step for k in range(points)])
    scaled = (int(start * scale) + np.arange(points, dtype=np.int64) * int(step * scale)).astype(np.float64)
    at = scaled / scale  # of two doubles, so rounded once
    if scale & (scale - 1) == 0:  # by a power of two: exact
        return Axis(symbol, dims, at, 1, at, None)
    return Axis(symbol, dims, scaled, scale, at, f"{start}:{stop}:{points}")


def _from_exact(
    symbol: str, dims: tuple[str, ...], values: Sequence[Fraction], shape: tuple[int, ...] | None = None
) -> Axis:
    shape = (len(values),) if shape is None else shape
    try:
        rounded = [float(v) for v in values]
    except OverflowError:
        raise SweepError(f"the axis {symbol} has a value beyond the doubles, about 1.8e308") from None
    at = np.array(rounded, np.float64).reshape(shape)
    if all(Fraction(r) == v for r, v in zip(rounded, values, strict=True)):
        return Axis(symbol, dims, at, 1, at, None)
    scale = math.lcm(*{v.denominator for v in values})
    if all(abs(v * scale) < _LARGEST for v in values):
        scaled: Numbers = np.array([int(v * scale) for v in values], np.float64)
    else:
        scale, scaled = 1, np.empty(len(values), object)
        scaled[:] = values
    return Axis(symbol, dims, scaled.reshape(shape), scale, at, _written(values))


def _written(values: Sequence[Fraction]) -> str:
    """``start:stop:points`` where the values are evenly spaced, else all of them."""
    step = values[-1] - values[0]
    last = len(values) - 1
    if last > 1 and all(v == values[0] + k * step / last for k, v in enumerate(values)):
        return f"{values[0]}:{values[-1]}:{len(values)}"
    return ", ".join(map(str, values))


@dataclass(frozen=True, eq=False)
class Grid:
    """Every combination of places along the dimensions. Points are numbered in C order, the last dimension fastest."""

    axes: tuple[Axis, ...]
    dims: tuple[str, ...]
    shape: tuple[int, ...]

    @property
    def points(self) -> int:
        return math.prod(self.shape)

    def columns(self, start: int, stop: int) -> tuple[Numbers, ...]:
        """The scaled values of every axis at the points from ``start`` up to ``stop``."""
        places = np.unravel_index(np.arange(start, stop), self.shape) if self.dims else ()
        found = []
        for row in self.axes:
            index = tuple(places[self.dims.index(d)] for d in row.dims)
            found.append(row.scaled[index] if row.dims else np.broadcast_to(row.scaled, stop - start))
        return tuple(found)


def grid(axes: Mapping[str, Any], paired: Sequence[Sequence[str]] = ()) -> Grid:
    """The outer product of axes; symbols that share a dimension vary together along it.

    ``paired`` names groups of symbols with equally many values: each group is one dimension, ``w_EE,u_I``.
    Raises :class:`SweepError` for axes that do not fit together.

    >>> g = grid({"a": [0, 1], "b": "0:1:3"})
    >>> g.dims, g.shape, [c.tolist() for c in g.columns(2, 5)]
    (('a', 'b'), (2, 3), [[0.0, 1.0, 1.0], [1.0, 0.0, 0.5]])
    >>> grid({"a": [0, 1], "b": [3, 4]}, paired=[("a", "b")]).dims
    ('a,b',)
    """
    if not axes:
        raise SweepError("no axes; give at least one symbol with its values, as in w_EE=0:3:61")
    together: dict[str, str] = {}
    for group in paired:
        names = [part.strip() for part in group.split(",")] if isinstance(group, str) else list(group)
        for name in names:
            if name not in axes:
                raise SweepError(f"{name!r} is paired but has no axis (axes: {', '.join(axes)})")
            if name in together:
                raise SweepError(f"{name!r} is paired twice; each axis belongs to one group")
            together[name] = ",".join(names)
    rows = tuple(axis(str(symbol), values, together.get(symbol)) for symbol, values in axes.items())
    sizes: dict[str, tuple[int, str]] = {}
    for row in rows:
        if row.symbol in together and row.dims != (together[row.symbol],):
            raise SweepError(f"{row.symbol!r} is paired, but its values bring dimensions of their own; choose one way")
        if len(set(row.dims)) < len(row.dims):
            raise SweepError(f"the axis {row.symbol} has a dimension twice: {', '.join(row.dims)}")
        for dim, size in zip(row.dims, row.at.shape, strict=True):
            known, other = sizes.setdefault(dim, (size, row.symbol))
            if known != size:
                raise SweepError(f"along {dim!r} the axis {other} has {known} values and {row.symbol} has {size}; axes "
                                 f"that share a dimension have equally many")  # fmt: skip
    clash = [d for d in sizes if d in axes and all(row.dims != (d,) for row in rows if row.symbol == d)]
    if clash:
        raise SweepError(f"the dimension {clash[0]!r} has the name of an axis that does not lie along it; rename it")
    return Grid(rows, tuple(sizes), tuple(size for size, _ in sizes.values()))
