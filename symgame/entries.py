"""Matrices and columns as people hold them, to exact entries: nested lists, NumPy, SciPy, pandas, SymPy.

Nothing here knows of circuits. NumPy is asked only for what is an array already.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import sympy

from symgame.errors import CircuitError, ModelError
from symgame.notation import exact

Floats = Literal["decimal", "binary"]
MOST = 400


def square_rows(W: Any) -> tuple[list[list[Any]], tuple[str, ...] | None]:
    """The rows of a square matrix, entries as they are, and the names that its columns carry, if they carry any.

    ``W`` is a list of rows, a NumPy array, a SciPy sparse array, a SymPy matrix, or a pandas data frame, whose columns
    name the populations when they are texts; its index, when texts too, must be the same names in the same order.

    Raises :class:`~symgame.errors.CircuitError` for anything that is not square, has no or more than 400 rows, or has
    masked entries.

    >>> square_rows([[0, "w"], [1, 0]])
    ([[0, 'w'], [1, 0]], None)
    """
    names: tuple[str, ...] | None = None
    rows: list[list[Any]]
    shape = getattr(W, "shape", None)
    if isinstance(shape, tuple):
        _check_shape(shape)
    if hasattr(W, "columns") and hasattr(W, "to_numpy"):
        names = _labels(list(W.columns), list(W.index))
        rows = _array_rows(W.to_numpy())
    elif hasattr(W, "toarray"):
        rows = _array_rows(W.toarray())
    elif isinstance(W, sympy.MatrixBase):
        rows = W.tolist()
    elif hasattr(W, "__array__"):
        import numpy

        if numpy.ma.is_masked(W):
            raise CircuitError("W has masked entries; fill them with numbers first.")
        rows = _array_rows(numpy.asarray(W))
    else:
        if not isinstance(W, list | tuple) or not all(
            isinstance(row, list | tuple) or hasattr(row, "__array__") for row in W
        ):
            raise CircuitError("W must be a matrix: a list of rows, a NumPy array or a SymPy matrix.")
        rows = [list(row) for row in W]
    n = len(rows)
    for k, row in enumerate(rows):
        if len(row) != n:
            raise CircuitError(f"W has {n} rows, but row {k + 1} has {len(row)} entries; it must be square.")
    _check_shape((n, n))
    return rows, names


def exact_entry(value: Any, what: str, floats: Floats = "decimal") -> sympy.Expr:
    """One entry, exactly. A float of any width is the decimal that it prints as, or its value in binary.

    Raises :class:`~symgame.errors.ModelError`, which names ``what``, for NaN, infinities, complex numbers and truth
    values.

    >>> import numpy
    >>> exact_entry(0.1, "w"), exact_entry(numpy.float32(0.1), "w"), exact_entry(0.1, "w", "binary")
    (1/10, 1/10, 3602879701896397/36028797018963968)
    """
    kind = getattr(getattr(value, "dtype", None), "kind", None)
    if kind == "b":
        raise ModelError(f"{what} is {bool(value)}, a truth value; an exact number was expected.")
    if isinstance(value, complex) or kind == "c":
        raise ModelError(f"{what} is {value}, a complex number; a real number was expected.")
    if floats == "binary" and (isinstance(value, float) or kind == "f"):
        try:
            return sympy.Rational(*map(int, value.as_integer_ratio()))
        except (ValueError, OverflowError):
            raise ModelError(f"{what} is {value}, not a finite number.") from None
    return exact(str(value) if isinstance(value, str) else value, what)


def column(values: Any, what: str, n: int) -> list[Any]:
    """The entries of a vector with one for each of n populations; what it is instead is one message."""
    if isinstance(values, str | bytes) and what != "names":
        raise CircuitError(f"{what} is the text {values!r}; give a list with one entry for each population.")
    try:
        found = list(values)
    except TypeError:
        raise CircuitError(f"{what} is {values!r}; give a list with one entry for each population.") from None
    if len(found) != n:
        raise CircuitError(f"W is {n} by {n}, but {what} has {len(found)} entries; give one per population.")
    return found


def _check_shape(shape: Sequence[int]) -> None:
    if len(shape) != 2:
        dimensions = f"{len(shape)} dimension{'' if len(shape) == 1 else 's'}"
        raise CircuitError(f"W is an array with {dimensions} (shape {tuple(shape)}); a matrix has 2.")
    if shape[0] != shape[1]:
        raise CircuitError(f"W has {shape[0]} rows and {shape[1]} columns; it must be square.")
    if not 1 <= shape[0] <= MOST:
        raise CircuitError(f"A circuit has from 1 to {MOST} populations; this one has {shape[0]}.")


def _array_rows(array: Any) -> list[list[Any]]:
    """Rows of Python numbers, but of NumPy's own scalars where those print shorter than a Python float would."""
    if array.dtype.kind == "f" and array.dtype.itemsize != 8:
        return [list(row) for row in array]
    rows: list[list[Any]] = array.tolist()
    return rows


def _labels(columns: list[Any], index: list[Any]) -> tuple[str, ...] | None:
    if not all(isinstance(name, str) for name in columns):
        return None
    if all(isinstance(name, str) for name in index) and index != columns:
        raise CircuitError(
            "W is a data frame whose rows are not named as its columns are, in the same order; reindex its rows: "
            "W.loc[W.columns]."
        )
    return tuple(columns)
