"""Somebody's numbers against the truth: the verdict on every row of a table of parameters and claims."""

from __future__ import annotations

import math
import re
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property, partial
from typing import Any, Final

import numpy as np

from symgame.circuit import Circuit
from symgame.errors import BudgetExceeded, SymgameError, Unsupported
from symgame.groups import neurons
from symgame.numeric import is_smooth
from symgame.statements import check_domain
from symgame.verify_boxes import Boxes
from symgame.verify_cells import doubles, numbers
from symgame.verify_columns import Column, branch_names, columns
from symgame.verify_filter import ROUNDING, Filter, Sure, made, nash_code
from symgame.verify_numbers import ALL, BadCell, VerifyError, parameter
from symgame.verify_reading import Chunk, Table, table
from symgame.verify_rounding import settled
from symgame.verify_smooth import SmoothRow
from symgame.verify_smooth_meanings import SmoothMeanings
from symgame.verify_smooth_verdicts import smooth_findings
from symgame.verify_truth import Meanings, RowTruth
from symgame.verify_verdicts import (
    BAD,
    BOUNDARY,
    ORDER,
    RIGHT,
    Finding,
    findings,
    read_claims,
    truth_value,
    worst,
)

#: Rows of which everything is listed; of a longer table only those that are not right are, the first so many.
LISTED: Final = 10_000

#: Told after every chunk: the rows done, the share of the table if it is known, the seconds so far.
Progress = Callable[[int, "float | None", float], None]


@dataclass(frozen=True)
class Row:
    """The verdict on a row, the first being 1: its worst finding, and how many claims of it are no better."""

    row: int
    worst: Finding
    others: tuple[str, ...] = ()

    @property
    def verdict(self) -> str:
        return self.worst.label


@dataclass(frozen=True)
class Verification:
    """The verdicts on a table. ``summary`` counts the rows of every verdict, ``by_quantity`` the failing claims that
    decided a row, by quantity and verdict; ``results`` are the rows listed, all of them unless ``left_out``.

    ``taken`` are parameters without a column, with the value that they were given.
    """

    circuit: Circuit
    columns: tuple[Column, ...]
    rows: int
    summary: Mapping[str, int]
    by_quantity: Mapping[tuple[str, str], int]
    results: tuple[Row, ...]
    left_out: int
    taken: tuple[tuple[str, str], ...]

    @property
    def right(self) -> bool:
        """Whether every row is right, to however many digits it claims."""
        return all(verdict.startswith(RIGHT) for verdict in self.summary)

    @property
    def refuted(self) -> bool:
        """Whether some row is wrong, or is none."""
        return not all(verdict.startswith(RIGHT) or verdict == "boundary" for verdict in self.summary)


def verify(
    circuit: Circuit,
    data: Any,
    *,
    map: Mapping[str, str] | None = None,
    digits: int | None = None,
    at: str | None = None,
    rounded: bool = False,
    listed: int = LISTED,
    progress: Progress | None = None,
) -> Verification:
    """The verdict on every row of a table, decided exactly: what is claimed there against what is true.

    ``data`` is the path of a table (``.csv``, ``.csv.gz``, ``.npz``, ``.parquet``), a data frame, or a mapping from
    names to columns. Its headers, or what ``map`` makes of them, are symbols of the circuit (those without a column
    have their values in the circuit) and claims, as :func:`symgame.verify_columns.columns` says.

    A number printed with d digits claims d of them; ``digits`` says of all numbers how many they claim. Parameters are
    the decimals that a text holds, or the doubles that an array holds, each uncertain by its rounding to a double; with
    ``rounded`` by half a unit of the last digit printed. Where that decides an answer the verdict is ``boundary``.
    ``at`` is the branch that claims are about in a table without states: by default every population active.

    With smooth activations every equilibrium is isolated with proof, row by row, and claims are compared with
    enclosures; claims about an equilibrium, in a table without states, are right when they hold at every one.

    Raises :class:`~symgame.verify_numbers.VerifyError` for tables that cannot be read, and
    :class:`~symgame.errors.Unsupported` for claims that have no meaning for the circuit.

    >>> from symgame.named import wilson_cowan
    >>> pair = wilson_cowan().with_values(w_EI="5/2", w_IE="3/2", w_II="7/10", tau_E=10, tau_I=5, u_E="1/2", u_I=0)
    >>> rows = {"w_EE": ["2.5", "2.5", "0.5"], "x_E": ["0.708", "0.780", "17/92"], "x_I": ["5/8", "5/8", "15/92"],
    ...         "lds": ["false", "false", "true"]}
    >>> found = verify(pair, rows)
    >>> [(r.row, r.verdict, r.worst.quantity) for r in found.results]
    [(1, 'right to 3 digits', 'x(E), x(I)'), (2, 'not an equilibrium', 'x(E), x(I)'), (3, 'right', 'x(E), x(I)')]
    >>> found.results[1].worst.true, found.refuted
    ('17/24, 5/8 on (E,I)', True)
    """
    if digits is not None and (isinstance(digits, bool) or not isinstance(digits, int) or not 1 <= digits <= 100):
        raise VerifyError(f"digits is {digits!r}; it is a whole number from 1 to 100")
    with ExitStack() as stack:
        source = table(data, stack)
        return _verified(_prepared(circuit, source, map, at), source, digits, rounded, listed, progress)


# -- making ready -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class _Ready:
    circuit: Circuit
    columns: tuple[Column, ...]
    meanings: Meanings | SmoothMeanings
    filter: Filter | None
    taken: tuple[tuple[str, str], ...]

    @cached_property
    def boxes(self) -> Boxes:
        assert isinstance(self.meanings, Meanings)
        return Boxes(self.meanings)


def _prepared(circuit: Circuit, source: Table, renamed: Mapping[str, str] | None, at: str | None) -> _Ready:
    if circuit.copies:
        _check_copies(circuit, source, dict(renamed or {}))
        circuit = neurons(circuit)
    found = columns(circuit, source.headers, renamed)
    given = [c.name for c in found if c.kind == "parameter"]
    fixed = circuit.fixed(keep=tuple(given))
    idle = [name for name in given if name not in fixed.symbols]
    if idle:
        raise VerifyError(f"the circuit does not depend on the column {idle[0]!a} once its other values are put in; "
                          f"leave it out with --map {idle[0]}=-")  # fmt: skip
    left = [name for name in fixed.symbols if name not in given]
    taken = {name: str(value) for name, value in circuit.values if name not in given}
    if left:
        times = {str(p.tau) for p in fixed.populations}
        if not set(left) <= times or not _timeless(found):
            raise VerifyError(f"there is no column and no value for {', '.join(left)}; add columns, or give values in "
                              f"[values] or by --set")  # fmt: skip
        fixed = fixed.with_values(**dict.fromkeys(left, 1)).fixed()
        taken |= dict.fromkeys(left, "1 (nothing that is claimed depends on it)")
    check_domain(fixed)
    if is_smooth(fixed):  # row after row: nothing is in closed form
        return _Ready(fixed, found, SmoothMeanings(fixed, found, at), None, tuple(taken.items()))
    wider = circuit.fixed(keep=(*given, *(c.over for c in found if c.kind == "threshold")))
    meanings = Meanings(fixed, found, at, wider)
    return _Ready(fixed, found, meanings, made(meanings), tuple(taken.items()))


def _check_copies(circuit: Circuit, source: Table, renamed: Mapping[str, str]) -> None:
    """Copies are written out once for the whole table, so that the numbers of a circuit with copies are no columns."""
    meant = [renamed.get(header, header).strip() for header in source.headers]
    counts = [name for name in meant if name in circuit.whole or name in map(str, _counts(circuit))]
    symbols = [name for name in meant if name in circuit.symbols or name in dict(circuit.values)]
    if counts:
        raise VerifyError(f"{counts[0]} says how many copies there are, which cannot be a column: give it in [values] "
                          f"or by --set, and a table for each")  # fmt: skip
    if symbols:
        raise VerifyError(f"{symbols[0]} cannot be a column of a circuit with copies: they are written out once for "
                          f"the whole table; give it in [values] or by --set")  # fmt: skip


def _counts(circuit: Circuit) -> set[Any]:
    return {name for group in circuit.copies for name in group.count.free_symbols}


def _timeless(found: Sequence[Column]) -> bool:
    """Whether no claim can depend on the time constants."""
    for column in found:
        if column.kind in ("stable", "type", "eigenvalue", "eigenvalues", "regime", "threshold"):
            return False
        if column.node is not None and any(w in str(column.node) for w in ("hurwitz", "stable", "attracting", "trace",
                                                                           "disc", "tau")):  # fmt: skip
            return False
    return True


# -- chunk after chunk ------------------------------------------------------------------------------------------------


def _verified(
    ready: _Ready, source: Table, digits: int | None, rounded: bool, listed: int, progress: Progress | None
) -> Verification:
    summary: Counter[str] = Counter()
    by_quantity: Counter[tuple[str, str]] = Counter()
    failing: list[Row] = []
    fine: list[Row] | None = []
    rows = left_out = 0
    started = time.monotonic()
    for chunk in source.chunks:
        rows += chunk.size
        fine = None if rows > listed else fine
        sure = _sure(ready, chunk, digits, rounded)
        for many in sorted(set(sure.digits.tolist()) - {-1}):
            summary[replace(_FINE, digits=None if many == ALL else many).label] += int((sure.digits == many).sum())
        if fine is not None:
            fine += [Row(chunk.first + k, replace(_FINE, digits=None if many == ALL else many))
                     for k, many in enumerate(sure.digits.tolist()) if many >= 0]  # fmt: skip
        for k in np.flatnonzero(sure.digits < 0).tolist():
            row = _row(ready, chunk, k, bool(sure.near[k]), digits, rounded)
            summary[row.verdict] += 1
            if row.worst.verdict == RIGHT:
                if fine is not None:
                    fine.append(row)
                continue
            by_quantity[row.worst.quantity, row.verdict] += 1
            if len(failing) < listed:
                failing.append(row)
            else:
                left_out += 1
        if progress is not None:
            share = source.share() if source.share is not None else rows / source.rows if source.rows else None
            progress(rows, share, time.monotonic() - started)
    kept = sorted([*failing, *(fine or ())], key=lambda r: r.row)
    counts = dict(sorted(summary.items(), key=lambda item: _rank(item[0])))
    tally = dict(sorted(by_quantity.items()))
    return Verification(ready.circuit, ready.columns, rows, counts, tally, tuple(kept), left_out, ready.taken)


_FINE: Final = Finding(RIGHT, "all", "")


def _rank(label: str) -> tuple[int, int]:
    """From harmless to bad."""
    if label.startswith("right to"):
        return 0, 100 - int(label.split()[2])
    return ORDER.index(label), 0


def _sure(ready: _Ready, chunk: Chunk, digits: int | None, rounded: bool) -> Sure:
    """The rows that are certainly right, by arrays; what cannot be read is open."""
    size = chunk.size
    if ready.filter is None:
        return Sure(np.full(size, -1, np.int16), np.ones(size, np.bool_))
    broken = np.zeros(size, np.bool_)
    broken[list(chunk.broken)] = True
    parameters: list[tuple[Any, Any]] = []
    by_name = {c.name: chunk.cells[c.header] for c in ready.columns if c.kind == "parameter"}
    for name in ready.circuit.symbols:
        values = doubles(by_name[name])
        errors = np.abs(values) * (4 * ROUNDING)  # of the text, of the double that it stands for, of ours
        if rounded and not isinstance(by_name[name], np.ndarray):
            errors = np.array([_off(cell) for cell in by_name[name]])
        bad = ~np.isfinite(values) | ~np.isfinite(errors)
        broken |= bad
        parameters.append((np.where(bad, 1.0, values), np.where(bad, 0.0, errors)))
    claims: dict[str, Any] = {}
    branch = None
    for column in ready.columns:
        cells = None if column.kind == "parameter" else chunk.cells[column.header]
        if column.kind in ("rate", "number"):
            claims[column.quantity] = numbers(cells, digits)
            broken |= ~np.isfinite(claims[column.quantity].value)
        elif column.kind == "branch":
            names = [b.name for b in ready.filter.branches]
            branch = _coded(cells, partial(_branch_code, ready.circuit, names))
        elif column.kind in ("stable", "condition"):
            claims[column.quantity] = _coded(cells, lambda text: int(truth_value(text.strip().lower())))
        elif column.kind == "nash":
            claims[column.quantity] = _coded(cells, lambda text: nash_code(text.strip().lower()))
        elif column.kind == "count":
            claims[column.quantity] = _coded(cells, lambda text: int(text) if text.isascii() and text.isdigit() else -1)
    if not parameters:
        return Sure(np.full(size, -1, np.int16), np.ones(size, np.bool_))
    found = ready.filter.sure(parameters, claims, branch, size)
    found.digits[broken] = -1
    return Sure(found.digits, found.near | broken)


def _branch_code(circuit: Circuit, names: Sequence[str], text: str) -> int:
    return names.index(branch_names(text, circuit))


def _off(cell: Any) -> float:
    try:
        value, size, _ = parameter(cell, rounded=True)
        return float(size) * (1 + 2 * ROUNDING) + abs(float(value)) * ROUNDING
    except (BadCell, OverflowError):
        return math.nan


def _coded(cells: Any, code: Callable[[str], int]) -> Any:
    """A small integer for every cell, -1 for what cannot be read; every text is read once."""
    texts = [c if isinstance(c, str) else repr(c) for c in (cells.tolist() if isinstance(cells, np.ndarray) else cells)]
    table: dict[str, int] = {}
    for text in set(texts):
        try:
            table[text] = code(text)
        except (BadCell, SymgameError, ValueError):
            table[text] = -1
    return np.array([table[text] for text in texts], np.int16)


def _row(ready: _Ready, chunk: Chunk, k: int, near: bool, digits: int | None, rounded: bool) -> Row:
    """The exact verdict on one row."""
    number = chunk.first + k
    if k in chunk.broken:
        return Row(number, Finding(BAD, "row", "", note=chunk.broken[k]))
    cells = {header: values[k] for header, values in chunk.cells.items()}
    point: dict[str, Fraction] = {}
    uncertain: dict[str, tuple[Fraction, bool]] = {}
    for column in ready.columns:
        if column.kind == "parameter":
            try:
                value, size, certain = parameter(cells[column.header], rounded)
            except BadCell as error:
                return Row(number, Finding(BAD, column.name, str(cells[column.header])[:60], note=str(error)))
            point[column.name], uncertain[column.name] = value, (size, certain)
    try:
        claims = read_claims(ready.circuit, ready.columns, cells, digits)
    except BadCell as error:
        header, _, _ = str(error).partition(":")
        return Row(number, Finding(BAD, header, str(cells.get(header, ""))[:60], note=str(error)))
    meanings = ready.meanings
    truth = SmoothRow(meanings, point) if isinstance(meanings, SmoothMeanings) else RowTruth(meanings, point)
    if truth.broken:
        spoken = set(re.findall(r"\w+", truth.broken[0]))
        values = ", ".join(f"{name} = {value}" for name, value in point.items() if name in spoken)
        return Row(number, Finding(BAD, "domain", values, truth.broken[0], f"{values} violates {truth.broken[0]}"))
    try:
        if isinstance(truth, SmoothRow):
            found = smooth_findings(truth, claims, uncertain, rounded)
        else:
            found = findings(truth, claims)
        if isinstance(truth, RowTruth) and (near or rounded):
            found = settled(ready.boxes, claims, truth, found, uncertain, rounded)
    except (BudgetExceeded, Unsupported) as error:
        return Row(number, Finding(BOUNDARY, "row", "", "not decided", str(error)))
    first = worst(found)
    others = tuple(f"{f.quantity}: {f.label}" for f in found if f is not first and f.verdict not in (RIGHT,))
    return Row(number, first, others)
