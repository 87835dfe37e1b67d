"""Tables in chunks of rows, from CSV, Parquet, NPZ, data frames and mappings; nothing in them is ever executed.

A column of a chunk is a list of texts, or an array of doubles. CSV and Parquet are read as they come, so that memory
does not grow with the table.
"""

from __future__ import annotations

import csv
import gzip
import importlib
import io
import itertools
import os
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from decimal import Decimal
from numbers import Rational
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from symgame.verify_numbers import VerifyError

CHUNK: Final = 32_768
LONGEST_FIELD: Final = 100_000
LONGEST_LINE: Final = 1_000_000
LARGEST: Final = 16 * 2**30  # bytes of a table
RATIO: Final = 300  # a table that was packed tighter than this is refused ...
SMALL: Final = 64 * 2**20  # ... from here on
SUFFIXES: Final = (".csv", ".csv.gz", ".parquet", ".npz")

Cells = list[Any] | NDArray[np.float64]


@dataclass(frozen=True)
class Chunk:
    """Consecutive rows. ``first`` is the number of the first (from 1), ``broken`` says of rows why they are none."""

    first: int
    size: int
    cells: Mapping[str, Cells]
    broken: Mapping[int, str]


@dataclass(frozen=True)
class Table:
    """Headers, the number of rows where it is known beforehand, and the rows, which can be read once.

    ``share`` tells how much of the table has been read, from 0 to 1, or ``None``.
    """

    headers: tuple[str, ...]
    rows: int | None
    chunks: Iterator[Chunk]
    share: Any = None


def table(data: Any, stack: ExitStack) -> Table:
    """The table behind a path, a data frame (pandas, polars, Arrow) or a mapping of columns; ``stack`` closes what it
    opens.

    Raises :class:`~symgame.verify_numbers.VerifyError` for everything that is no table.

    >>> with ExitStack() as stack:
    ...     chunk = next(table({"a": [1.0, 2.0], "b": 3}, stack).chunks)
    >>> chunk.size, chunk.cells["b"]
    (2, ['3', '3'])
    """
    if isinstance(data, str | os.PathLike):
        return _file(Path(data), stack)
    if hasattr(data, "collect") and not isinstance(data, Mapping):  # its columns cost a computation
        raise VerifyError("data is a lazy frame; give the frame itself: data.collect()")
    if hasattr(data, "columns") and hasattr(data, "__getitem__"):
        names = getattr(data, "column_names", data.columns)  # the columns of an Arrow table are no names
        headers = [str(name) for name in names]
        if len(set(headers)) < len(headers):
            twice = next(name for name in headers if headers.count(name) > 1)
            raise VerifyError(f"the data frame has two columns {twice[:60]!a}; keep one of them")
        return _arrays({str(name): _column_of(data[name]) for name in names})
    if isinstance(data, Mapping):
        return _arrays({str(name): values for name, values in data.items()})
    raise VerifyError(f"data is {type(data).__name__}; give the path of a file ({', '.join(SUFFIXES)}), a data frame, "
                      f"or a mapping from names to columns")  # fmt: skip


def _column_of(series: Any) -> Any:
    if hasattr(series, "chunks"):  # Arrow's
        return _from_arrow(series)
    return series.to_numpy() if hasattr(series, "to_numpy") else series


def _file(path: Path, stack: ExitStack) -> Table:
    name = path.name.lower()
    if not name.endswith(SUFFIXES):
        raise VerifyError(f"{_shown(path)} ends in none of {', '.join(SUFFIXES)}; the ending says how a table is read")
    try:
        if not path.is_file():
            raise VerifyError(f"{_shown(path)} is no file that can be read")
        if name.endswith(".parquet"):
            return _parquet(path, stack)
        if name.endswith(".npz"):
            return _npz(path)
        return _csv(path, stack)
    except OSError as error:
        raise VerifyError(f"{_shown(path)}: cannot be read ({error.strerror or error})") from None


def _shown(path: Path) -> str:
    text = str(path)
    return ascii(text if len(text) <= 200 else f"{text[:197]}...")


# -- arrays -----------------------------------------------------------------------------------------------------------


def _arrays(given: Mapping[str, Any]) -> Table:
    """Columns of equal length; a number alone, or an array of no dimension, is the same in every row."""
    if not given:
        raise VerifyError("the table has no columns")
    found: dict[str, Any] = {}
    for name, values in given.items():
        found[name] = _plain(name, values)
    lengths = {len(v): name for name, v in found.items() if not isinstance(v, _Constant)}
    if len(lengths) > 1:
        (one, first), (other, second) = list(lengths.items())[:2]
        raise VerifyError(f"the column {first!a} has {one} rows and {second!a} has {other}; columns are equally long")
    rows = next(iter(lengths), 1)
    if rows == 0:
        raise VerifyError("the table has no rows")

    def chunks() -> Iterator[Chunk]:
        for start in range(0, rows, CHUNK):
            size = min(CHUNK, rows - start)
            cells = {n: v.repeated(size) if isinstance(v, _Constant) else _cells(v[start : start + size])
                     for n, v in found.items()}  # fmt: skip
            yield Chunk(start + 1, size, cells, {})

    return Table(tuple(found), rows, chunks())


@dataclass(frozen=True)
class _Constant:
    value: Any

    def repeated(self, size: int) -> Cells:
        return np.full(size, self.value) if isinstance(self.value, float) else [self.value] * size


def _plain(name: str, values: Any) -> Any:
    if isinstance(values, np.ma.MaskedArray):
        blank: Any = values.astype(object)  # so that what is masked may become an empty cell
        values = blank.filled("") if values.dtype.kind != "f" else np.ma.filled(values, np.nan)
    if isinstance(values, str | int | float | bool) or _dimensions(values) == 0:
        single = values.item() if hasattr(values, "item") else values
        plain = isinstance(single, str | bytes | bool | Rational | Decimal)
        return _Constant(_cell(single) if plain else _double(name, single))
    if hasattr(values, "dtype"):
        array = np.asarray(values)
        if array.ndim != 1:
            raise VerifyError(f"the column {name!a} is an array with {array.ndim} dimensions; a column has one")
        if array.dtype.kind == "c":
            raise VerifyError(f"the column {name!a} holds complex numbers; give eig1_re and eig1_im apart")
        return array
    return list(values)


def _dimensions(values: Any) -> int:
    try:
        return int(np.ndim(values))
    except ValueError:  # lists of different lengths
        return 1


def _double(name: str, value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        raise VerifyError(f"the column {name!a} is a {type(value).__name__}; give numbers or texts") from None


def _cells(part: Any) -> Cells:
    if isinstance(part, np.ndarray):
        if part.dtype.kind == "f" or (part.dtype.kind in "iu" and part.dtype.itemsize < 8):
            return part.astype(np.float64)
        part = part.tolist()
    return [_cell(v) for v in part]


def _cell(value: Any) -> Any:
    """A text for everything but floats; a whole number of Python's is exact in its text."""
    if isinstance(value, float | str):
        return value
    if isinstance(value, bytes):
        return value.decode("ascii", "backslashreplace")
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return ""
    return str(value)


# -- NPZ and Parquet --------------------------------------------------------------------------------------------------


def _npz(path: Path) -> Table:
    try:
        with zipfile.ZipFile(path) as archive:
            size = sum(member.file_size for member in archive.infolist())
        _check_size(size, path.stat().st_size, path.name)
        with np.load(path, allow_pickle=False) as held:
            return _arrays({name: held[name] for name in held.files})
    except ValueError as error:
        pickled = "pickle" in str(error).lower()
        why = "it holds Python objects, which would have to be executed" if pickled else str(error)
        raise VerifyError(f"{path.name}: cannot be read ({why}); save plain arrays with numpy.savez") from None
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
        raise VerifyError(f"{path.name}: is no .npz file ({error})") from None


def _check_size(size: int, packed: int, name: str) -> None:
    if size > LARGEST or (size > SMALL and size > RATIO * packed):
        raise VerifyError(f"{name}: {packed} bytes unpack to {size} or more; no table of numbers is packed so tightly")


def _parquet(path: Path, stack: ExitStack) -> Table:
    try:
        parquet = importlib.import_module("pyarrow.parquet")
    except ImportError:
        raise VerifyError("Parquet needs pyarrow: pip install 'symgame[tables]'; or save the table as CSV") from None
    try:
        held = stack.enter_context(parquet.ParquetFile(path))
    except Exception as error:  # pyarrow has its own errors, some of them without a base class
        raise VerifyError(f"{path.name}: is no Parquet file ({_line(error)})") from None
    if held.metadata.num_rows == 0:
        raise VerifyError(f"{path.name}: the table has headers but no rows")
    headers = tuple(map(str, held.schema_arrow.names))
    _check_size(sum(held.metadata.row_group(k).total_byte_size for k in range(held.num_row_groups)),
                path.stat().st_size, path.name)  # fmt: skip

    def chunks() -> Iterator[Chunk]:
        first = 1
        batches = held.iter_batches(batch_size=CHUNK)
        while True:
            try:
                batch = next(batches, None)
                if batch is None:
                    return
                cells = {n: _cells(_from_arrow(c)) for n, c in zip(headers, batch.columns, strict=True)}
            except Exception as error:  # as above
                raise VerifyError(f"{path.name}: cannot be read from row {first} on ({_line(error)})") from None
            yield Chunk(first, batch.num_rows, cells, {})
            first += batch.num_rows

    return Table(headers, held.metadata.num_rows, chunks())


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:120]


def _from_arrow(column: Any) -> Any:
    if str(column.type) in ("double", "float") and column.null_count == 0:
        return column.to_numpy()
    return column.to_pylist()


# -- CSV --------------------------------------------------------------------------------------------------------------


class _Counted(io.RawIOBase):
    """The bytes of a stream, counted, and no more of them than a table may have."""

    def __init__(self, source: Any, packed: int, name: str) -> None:
        self.source, self.packed, self.name, self.size = source, packed, name, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self.source.read(len(buffer))
        self.size += len(data)
        _check_size(self.size, self.packed, self.name)
        buffer[: len(data)] = data
        return len(data)


def _csv(path: Path, stack: ExitStack) -> Table:
    packed = path.stat().st_size
    raw = stack.enter_context(path.open("rb"))
    source: Any = raw
    if path.name.lower().endswith(".gz"):
        source = stack.enter_context(gzip.GzipFile(fileobj=raw))
    counted = _Counted(source, packed, path.name)
    text = io.TextIOWrapper(io.BufferedReader(counted, 2**18), "utf-8-sig")
    records = _records(text, path.name)
    heads = next(records, None)
    if heads is None:
        raise VerifyError(f"{path.name}: the table is empty; write a line of headers and a line for each row")
    headers = [cell.strip() for cell in heads]
    _check_headers(path.name, headers)
    first = list(itertools.islice(records, CHUNK))
    if not first:
        raise VerifyError(f"{path.name}: the table has headers but no rows")

    def chunks() -> Iterator[Chunk]:
        number, rows = 1, first
        while rows:
            yield _rows(number, rows, headers)
            number += len(rows)
            rows = list(itertools.islice(records, CHUNK))

    return Table(tuple(headers), None, chunks(), lambda: min(raw.tell() / max(packed, 1), 1.0))


def _check_headers(name: str, headers: Sequence[str]) -> None:
    if len(headers) == 1:
        for mark, what in ((";", "semicolons"), ("\t", "tabs")):
            if mark in headers[0]:
                raise VerifyError(f"{name}: the cells are parted by {what}; part them by commas, and write decimals "
                                  f"with points")  # fmt: skip
    if any("\x00" in head or not head.isprintable() for head in headers):
        raise VerifyError(f"{name}: the first line is no line of headers: it holds characters that cannot be printed")


def _rows(first: int, rows: list[list[str]], headers: Sequence[str]) -> Chunk:
    broken: dict[int, str] = {}
    width = len(headers)
    if any(len(row) != width for row in rows):
        for k, row in enumerate(rows):
            if len(row) != width:
                broken[k] = f"the row has {len(row)} cells, but there are {width} headers"
                rows[k] = [""] * width
    return Chunk(first, len(rows), dict(zip(headers, map(list, zip(*rows, strict=True)), strict=True)), broken)


def _records(text: io.TextIOWrapper, name: str) -> Iterator[list[str]]:
    """The rows that hold something, line by line; whatever is no CSV in UTF-8 is one message."""
    before = csv.field_size_limit()
    reader = csv.reader(_lines(text, name), strict=True)
    while True:
        csv.field_size_limit(LONGEST_FIELD)  # it belongs to the whole process
        try:
            row = next(reader, None)
        except csv.Error as error:
            raise VerifyError(f"{name}: line {reader.line_num} is no line of a CSV table ({error})") from None
        except UnicodeDecodeError:
            raise VerifyError(f"{name}: is no text in UTF-8; save the table as CSV in UTF-8") from None
        except (gzip.BadGzipFile, zlib.error, EOFError) as error:
            raise VerifyError(f"{name}: is no gzip file ({error})") from None
        finally:
            csv.field_size_limit(before)
        if row is None:
            return
        if row:
            yield row


def _lines(text: io.TextIOWrapper, name: str) -> Iterator[str]:
    number = 0
    while line := text.readline(LONGEST_LINE + 1):
        number += 1
        if len(line) > LONGEST_LINE:
            raise VerifyError(f"{name}: line {number} has more than {LONGEST_LINE} characters; no row of numbers has")
        if "\x00" in line:
            raise VerifyError(f"{name}: line {number} holds a NUL character; this is no text")
        yield line
