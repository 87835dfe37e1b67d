"""A recorded time series as exact numbers, each with the half-width that its own rounding leaves open.

A number written as text stands for everything that rounds to it: half a unit of its last digit to either side. Trailing
zeros may have been dropped, so a cell has as many digits as the longest of its column, but no more decimals. A float
stands for half a unit in its last place. Nothing in a file is executed.
"""

from __future__ import annotations

import csv
import importlib
import re
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import floor, isfinite, log10
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from symgame.errors import ModelError
from symgame.sheets import text_of
from symgame.words import nearest

Array = NDArray[np.float64]
TIMES = ("t", "time")
SUFFIXES = (".csv", ".npz", ".parquet")
LEFT_OUT = ("", "-", "ignore")
MOST_SAMPLES = 200_000
_LARGEST = 10**300
_DECIMAL = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?")


@dataclass(frozen=True)
class BadSample:
    """A sample that is no state: its number from 0, its column, and what is wrong."""

    sample: int
    column: str
    reason: str

    def __str__(self) -> str:
        return f"sample {self.sample}, column {self.column}: {self.reason}"


@dataclass(frozen=True, eq=False)
class Recording:
    """``times`` (N,) strictly increasing, ``states`` (N, n) in the order of ``names``, all exact; ``widths`` (N, n) and
    ``time_widths`` (N,) are half-widths, in doubles rounded up."""

    names: tuple[str, ...]
    times: tuple[Fraction, ...]
    states: tuple[tuple[Fraction, ...], ...]
    widths: Array
    time_widths: Array

    @property
    def largest(self) -> Array:
        """The largest modulus in each column."""
        return np.array([float(max(abs(row[i]) for row in self.states)) for i in range(len(self.names))])

    def rounded_to(self, digits: int) -> Array:
        """Half-widths (N, n) for ``digits`` significant digits of the largest number of each column, or its own."""
        units = np.array([0.5 * 10.0 ** (floor(log10(v)) - digits + 1) if v > 0 else 0.0 for v in self.largest])
        return np.maximum(self.widths, units * (1 + 1e-12))

    @property
    def digits(self) -> int:
        """The significant digits of the largest number of a column that its own half-widths leave, in the worst one."""
        worst = 17
        for i, v in enumerate(self.largest):
            width = float(self.widths[:, i].max())
            if v > 0 and width > 0:
                worst = min(worst, floor(floor(log10(v)) + 1 - log10(2 * width) + 1e-9))
        return max(worst, 0)


def recording(
    names: Sequence[str],
    t: Any,
    x: Any = None,
    *,
    letters: str = "x",
    time_rounding: object = 0,
    map: Mapping[str, str] | None = None,
) -> Recording | BadSample:
    """The recording in times ``t`` and states ``x``, or in one table ``t`` with a column ``t`` or ``time``.

    ``x`` is an array (N, n) in the order of the populations, or a mapping or data frame of columns; a table is a
    mapping, a data frame, or the path of a ``.csv``, ``.npz`` or ``.parquet`` file. Columns are called as the
    populations, or ``x_E``, ``x(E)`` with one of the ``letters``; ``map`` says of a column with another name what it
    is, and with ``"-"`` that it is left out. ``time_rounding`` is how far a written time may be off.

    Returns the first :class:`BadSample` where a cell is no finite number or times do not increase.
    Raises :class:`~symgame.errors.ModelError` for shapes and columns that are no recording of these populations.

    >>> found = recording(["E"], {"t": ["0", "0.5"], "E": ["1.25", "0.9"]})
    >>> found.states, [float(v) for v in found.widths[:, 0]]
    (((Fraction(5, 4),), (Fraction(9, 10),)), [0.005, 0.005])
    """
    if x is None:
        columns = _columns(_table(t), map)
        keys = [key for key in columns if key.strip() in TIMES]
        if len(keys) != 1:
            raise ModelError(f"the table has {len(keys)} columns of times; call one of them t (or time).")
        times = columns.pop(keys[0])
    elif isinstance(x, Mapping) or hasattr(x, "columns"):
        times, columns = _cells(t, "t"), _columns(x, map)
    else:
        times, columns = _cells(t, "t"), _matrix(names, x)
    ordered = _ordered(names, columns, letters)
    count = len(times)
    for name, cells in ordered.items():
        if len(cells) != count:
            raise ModelError(f"{name} has {len(cells)} samples, but there are {count} times; give one state per time.")
    if not 2 <= count <= MOST_SAMPLES:
        raise ModelError(f"the recording has {count} samples; from 2 to {MOST_SAMPLES} can be checked.")
    read = {name: _numbers(cells, name) for name, cells in {"t": times, **ordered}.items()}
    bad = [found for found in read.values() if isinstance(found, BadSample)]
    if bad:
        return min(bad, key=lambda b: b.sample)
    (at, at_widths), *rest = (found for found in read.values() if not isinstance(found, BadSample))
    for k in range(1, count):
        if at[k] <= at[k - 1]:
            return BadSample(k, "t", f"t = {_short(at[k])} does not come after {_short(at[k - 1])}; times increase")
    try:
        given = _number(time_rounding)
    except ModelError as error:
        raise ModelError(f"time_rounding: {error}; a number >= 0 was expected.") from None
    floats = [not isinstance(cell, str) for cell in times]
    own = [w if binary else 0.0 for w, binary in zip(at_widths, floats, strict=True)]
    if given < 0:
        raise ModelError(f"time_rounding is {given}; a number >= 0 was expected.")
    time_widths = np.maximum(float(given), own)
    states = tuple(zip(*(values for values, _ in rest), strict=True))
    widths = np.array([row for _, row in rest]).T
    return Recording(tuple(names), tuple(at), states, widths, time_widths)


# -- columns ----------------------------------------------------------------------------------------------------------


def _table(source: Any) -> Any:
    if isinstance(source, str | Path):
        path = Path(source)
        if path.suffix.lower() == ".csv":
            return _csv(path)
        if path.suffix.lower() == ".npz":
            return _npz(path)
        if path.suffix.lower() == ".parquet":
            return _parquet(path)
        kinds = ", ".join(SUFFIXES)
        raise ModelError(f"{path.name[:80]!r}: a recording is a file ({kinds}), a mapping or a data frame.")
    if isinstance(source, Mapping) or hasattr(source, "columns"):
        return source
    kinds = ", ".join(SUFFIXES)
    raise ModelError(f"give times and states, or one table with a column t: a mapping, a data frame, a file ({kinds}).")


def _csv(path: Path) -> dict[str, list[str]]:
    text = text_of(path)
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    try:
        rows = [[cell.strip() for cell in row] for row in csv.reader(lines, strict=True)]
    except csv.Error as error:
        raise ModelError(f"{path.name}: not comma-separated values ({error}).") from None
    if not rows:
        raise ModelError(f"{path.name}: the table is empty; write a row of names, then a row for each time.")
    head = rows[0]
    for k, row in enumerate(rows[1:], 1):
        if len(row) != len(head):
            hint = "; cells are parted by commas, and decimals have points" if ";" in text else ""
            raise ModelError(f"{path.name}: sample {k - 1} has {len(row)} cells, for {len(head)} names{hint}.")
    if len(set(head)) < len(head):
        raise ModelError(f"{path.name}: two columns are called {next(h for h in head if head.count(h) > 1)!r}.")
    return {name: [row[k] for row in rows[1:]] for k, name in enumerate(head)}


def _npz(path: Path) -> dict[str, Any]:
    try:
        with zipfile.ZipFile(path) as archive:
            if sum(member.file_size for member in archive.infolist()) > 256_000_000:
                raise ModelError(f"{path.name}: the arrays have more than 256 million bytes; give fewer samples.")
        with np.load(path, allow_pickle=False) as arrays:
            return {key: arrays[key] for key in arrays.files}
    except (ValueError, OSError, EOFError, zipfile.BadZipFile, zlib.error, RuntimeError, NotImplementedError) as error:
        said = " ".join(str(error).split())[:120]
        reason = "pickled objects are never loaded" if "pickle" in said else said
        raise ModelError(f"{path.name}: cannot be read as an archive of arrays ({reason}).") from None


def _parquet(path: Path) -> dict[str, Any]:
    try:
        parquet = importlib.import_module("pyarrow.parquet")
    except ImportError:
        raise ModelError("Parquet needs pyarrow: pip install 'symgame[tables]'; or save it as CSV.") from None
    if not path.is_file():
        raise ModelError(f"{path.name}: cannot be read (no such file).")
    try:
        with parquet.ParquetFile(path) as held:
            if held.metadata.num_rows > MOST_SAMPLES:
                raise ModelError(f"{path.name}: more than {MOST_SAMPLES} samples; give fewer.")
            columns = held.read()
            return {name: columns[name] for name in columns.column_names}
    except ModelError:
        raise
    except Exception as error:  # pyarrow has its own errors, some of them without a base class
        said = " ".join(str(error).split())[:120]
        raise ModelError(f"{path.name}: cannot be read as Parquet ({said}).") from None


def _columns(table: Any, renamed: Mapping[str, str] | None) -> dict[str, list[Any]]:
    keys = [*getattr(table, "column_names", getattr(table, "columns", table))]  # of Arrow, of data frames, of mappings
    renamed = renamed or {}
    known = [str(key) for key in keys]
    for name in renamed:
        if name not in known:
            raise ModelError(f"the map names the column {name[:60]!a}, which the table has not{nearest(name, known)}.")
    meant = {key: renamed.get(str(key), str(key)).strip() for key in keys}
    kept = [key for key in keys if not (str(key) in renamed and meant[key] in LEFT_OUT)]
    twice = next((meant[k] for i, k in enumerate(kept) if meant[k] in [meant[j] for j in kept[:i]]), None)
    if twice is not None:
        raise ModelError(f"two columns are {twice[:60]!a}; keep one.")
    return {meant[key]: _cells(table[key], str(key)) for key in kept}


def _cells(values: Any, what: str) -> list[Any]:
    if getattr(values, "ndim", 1) != 1 or isinstance(values, str | bytes):
        raise ModelError(f"{what[:60]!r} is no column; give one number for each time.")
    try:
        return list(_plain(values))
    except TypeError:
        raise ModelError(f"{what[:60]!r} is no column; give one number for each time.") from None


def _plain(values: Any) -> Any:
    """A column of Arrow or polars as something that yields numbers; those of single precision stay such."""
    kind = str(getattr(values, "type", getattr(values, "dtype", ""))).lower()
    if kind in ("float", "float32") and hasattr(values, "to_numpy"):
        return values.to_numpy()
    return values.to_pylist() if hasattr(values, "to_pylist") else values


def _matrix(names: Sequence[str], x: Any) -> dict[str, list[Any]]:
    shape = getattr(x, "shape", None)
    if shape is not None and (len(shape) != 2 or shape[1] != len(names)):
        turned = len(shape) == 2 and shape[0] == len(names)
        hint = "; pass its transpose" if turned else ""
        raise ModelError(f"x has the shape {tuple(shape)}, but a row is a state of {', '.join(names)}{hint}.")
    try:
        rows = [list(row) for row in x]
    except TypeError:
        raise ModelError("x is no array of states; give one row for each time.") from None
    for k, row in enumerate(rows):
        if len(row) != len(names):
            raise ModelError(f"sample {k} of x has {len(row)} numbers; a state has {len(names)}: {', '.join(names)}.")
    return {name: [row[i] for row in rows] for i, name in enumerate(names)}


def _ordered(names: Sequence[str], columns: Mapping[str, list[Any]], letters: str) -> dict[str, list[Any]]:
    meant: dict[str, str] = {}
    for name in names:
        for form in (name, *(f"{c}_{name}" for c in letters), *(f"{c}({name})" for c in letters)):
            meant[form] = name
    found: dict[str, list[Any]] = {}
    for key, cells in columns.items():
        name = meant.get(key.strip(), "")
        if not name:
            raise ModelError(f"there is no population for the column {key[:60]!r}{nearest(key, names)}.")
        if name in found:
            raise ModelError(f"two columns are of {name}; keep one.")
        found[name] = cells
    missing = [name for name in names if name not in found]
    if missing:
        raise ModelError(f"no column of {', '.join(missing)}: a state has every population.")
    return {name: found[name] for name in names}


# -- cells ------------------------------------------------------------------------------------------------------------


def _numbers(cells: Sequence[Any], name: str) -> tuple[list[Fraction], list[float]] | BadSample:
    """Exact values and half-widths of a column."""
    texts = [c.strip() for c in cells if isinstance(c, str) and _DECIMAL.fullmatch(c.strip())]
    shapes = {text: _shape(text) for text in set(texts)}
    most = max((digits for digits, _ in shapes.values()), default=0)
    deepest = max((decimals for _, decimals in shapes.values()), default=0)
    values, widths = [], []
    for k, cell in enumerate(cells):
        try:
            value = _number(cell)
        except ModelError as error:
            return BadSample(k, name, str(error))
        values.append(value)
        if isinstance(cell, str) and "/" in cell:
            widths.append(0.0)
        elif isinstance(cell, str):
            digits, decimals = shapes.get(cell.strip(), (0, deepest))
            unit = min(deepest, decimals + most - digits)
            widths.append(max(0.5 * 10.0**-unit, _half_ulp(value) if most > 15 else 0.0))
        elif isinstance(cell, float) or getattr(getattr(cell, "dtype", None), "kind", "") == "f":
            small = getattr(getattr(cell, "dtype", None), "itemsize", 8) < 8
            widths.append(float(np.spacing(np.float32(abs(cell)))) / 2 if small else _half_ulp(value))
        else:
            widths.append(0.0)
    return values, widths


def _number(cell: Any) -> Fraction:
    value = _read(cell)
    if abs(value) > _LARGEST:
        raise ModelError(f"{str(cell)[:40]!a} is not a finite number, as doubles go")
    return value


def _read(cell: Any) -> Fraction:
    if isinstance(cell, str):
        text = cell.strip()
        if re.fullmatch(r"[+-]?\d{1,60}/\d{1,60}", text) and int(text.split("/")[1]):
            return Fraction(text)
        if len(text) > 60 or not _DECIMAL.fullmatch(text):
            raise ModelError(f"{text[:40]!a} is not a finite number")
        return Fraction(text)
    if isinstance(cell, bool) or getattr(getattr(cell, "dtype", None), "kind", "") == "b":
        raise ModelError(f"{cell} is a truth value")
    if isinstance(cell, Fraction):
        return cell
    try:
        as_float = float(cell)
    except (TypeError, ValueError, OverflowError):
        raise ModelError(f"{type(cell).__name__} is not a number") from None
    if not isfinite(as_float):
        raise ModelError(f"{as_float} is not a finite number")
    return Fraction(int(cell)) if isinstance(cell, int | np.integer) else Fraction(as_float)


def _shape(text: str) -> tuple[int, int]:
    """Significant digits and decimals as they are written."""
    mantissa, _, exponent = text.lower().lstrip("+-").partition("e")
    whole, _, part = mantissa.partition(".")
    return len((whole + part).lstrip("0")), len(part) - int(exponent or 0)


def _half_ulp(value: Fraction) -> float:
    return float(np.spacing(abs(float(value)))) / 2


def _short(value: Fraction) -> str:
    return str(value) if value.denominator == 1 else f"{float(value):.12g}"
