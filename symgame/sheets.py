"""A square matrix in a table of text, as spreadsheets save it: perhaps with names, perhaps with further columns.

The layout is read off the shape, never guessed from what the cells say:

* n rows of n cells: the matrix alone;
* one row more: the first row has the names; one column more: the first column has them;
* both: the corner cell is empty, or one of the words ``to``, ``name``, ``population``; or the names of rows and
  columns are the same around a corner that is no entry;
* further columns (``u``, ``tau``, ``cap``, ``type``, ``activation``) carry their names in the first row.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

from symgame.errors import CircuitError, ModelError

MAX_BYTES = 8_000_000
EXTRAS = ("u", "tau", "cap", "type", "activation")
_CORNERS = ("", "to", "name", "population")


@dataclass(frozen=True)
class Sheet:
    """The cells of the matrix, the names of its rows and columns when the table has them, and the further columns."""

    matrix: tuple[tuple[str, ...], ...]
    names: tuple[str, ...] | None
    columns: dict[str, tuple[str, ...]]


def text_of(path: Path) -> str:
    """The text of a file of at most 8 million bytes; what is no UTF-8 text is one message."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ModelError(f"{path.name}: the file has more than {MAX_BYTES} bytes, which no circuit needs.")
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ModelError(f"{path.name}: not UTF-8 text (byte {error.start}); save the file as UTF-8.") from None
    except (OSError, ValueError) as error:
        said = error.strerror if isinstance(error, OSError) else error
        raise ModelError(f"{path.name}: cannot be read ({said}).") from None
    if "\0" in text:
        raise ModelError(f"{path.name}: not text (it has null bytes); save the table as comma-separated values.")
    return text


def sheet(text: str) -> Sheet:
    """The table in a text of comma-separated values; lines that begin with ``#`` are comments.

    Raises :class:`~symgame.errors.CircuitError` for a table without a square matrix, rows of different lengths, and
    names of rows that are not those of the columns.

    >>> found = sheet("to,E,I,u\\nE,2,-1,1\\nI,w,0,u_I\\n")
    >>> found.names, found.matrix[1], found.columns
    (('E', 'I'), ('w', '0'), {'u': ('1', 'u_I')})
    """
    rows = _rows(text)
    if not rows:
        raise CircuitError("the table is empty; write a square matrix, a row on a line, with commas between.")
    width = len(rows[0])
    for k, row in enumerate(rows):
        if len(row) != width:
            hint = "; cells are parted by commas, and decimals have points" if ";" in text else ""
            raise CircuitError(f"row {k + 1} of the table has {len(row)} cells, but row 1 has {width}{hint}.")
    columns: dict[str, tuple[str, ...]] = {}
    heads = rows[0]
    extras = [k for k, head in enumerate(heads) if head in EXTRAS]
    for k in extras:
        if heads[k] in columns:
            raise CircuitError(f"the table has two columns {heads[k]!r}; keep one of them.")
        columns[heads[k]] = tuple(row[k] for row in rows[1:])
    rows = [[cell for k, cell in enumerate(row) if k not in extras] for row in rows]
    height, width = len(rows), len(rows[0])
    labelled = height == width and (rows[0][0] in _CORNERS or _same_words(rows))
    named_row = bool(extras) or height == width + 1 or (labelled and height > 1)
    named_column = width == height - named_row + 1
    body = [row[named_column:] for row in rows[named_row:]]
    n = len(body)
    if n == 0 or any(len(row) != n for row in body):
        raise CircuitError(
            f"the table has no square matrix: {n} rows by {len(body[0]) if body else 0} columns besides names"
            f"{' and the columns ' + ', '.join(columns) if columns else ''}."
        )
    above = tuple(rows[0][named_column:]) if named_row else None
    beside = tuple(row[0] for row in rows[named_row:]) if named_column else None
    if above is not None and beside is not None and above != beside:
        wrong = next(k for k in range(n) if above[k] != beside[k])
        raise CircuitError(
            f"row {wrong + 1} of the matrix is called {beside[wrong]!r} but column {wrong + 1} {above[wrong]!r}; rows "
            f"and columns are the same populations in the same order."
        )
    return Sheet(tuple(map(tuple, body)), above or beside, columns)


def _same_words(rows: list[list[str]]) -> bool:
    """Whether the first row and the first column hold the same words, as names do, around a corner that is no entry.

    Around a corner that may be an entry they may as well be symbols: that is asked back.
    """
    words = rows[0][1:]
    if not words or [row[0] for row in rows[1:]] != words or not all(word.isidentifier() for word in words):
        return False
    if rows[0][0].isidentifier():
        raise CircuitError(
            f"the first row and the first column hold the same words ({', '.join(words[:3])}): if they are names, "
            f"empty the corner cell {rows[0][0]!r}; if they are symbols, put names around the matrix."
        )
    return not _number(rows[0][0])


def _number(cell: str) -> bool:
    return cell.replace("/", "").replace(".", "").replace("-", "").isdigit()


def _rows(text: str) -> list[list[str]]:
    lines = [line for line in text.splitlines() if line.strip(", \t") and not line.lstrip().startswith("#")]
    try:
        return [[cell.strip() for cell in row] for row in csv.reader(lines, strict=True)]
    except csv.Error as error:
        raise CircuitError(f"not comma-separated values ({error}).") from None
