"""Matrices over QQ, and proofs that a symmetric one is positive definite or semidefinite.

Floating point only proposes here: a preconditioner, or a direction along which the form is not positive. What is
concluded is concluded in exact arithmetic.
"""

from __future__ import annotations

import operator
from collections.abc import Iterable, Sequence
from fractions import Fraction
from numbers import Rational
from typing import Any

from flint import fmpq, fmpq_mat, fmpz, fmpz_mat

from symgame.errors import CircuitError

#: Up to this size nothing is faster than the characteristic polynomial.
SMALL = 20
#: Digits after the binary point in the proof by a preconditioner; a condition number up to about 2^40 passes.
BITS = 96
#: Elimination of a larger semidefinite matrix stops after so many pivots: enough for the low ranks that occur.
PIVOTS = 8


def exact(value: Any) -> fmpq:
    """An integer or fraction of any library as an element of QQ; floats and truth values are refused.

    >>> exact(Fraction(2, 6))
    1/3
    """
    if isinstance(value, fmpq):
        return value
    if isinstance(value, fmpz):
        return fmpq(value)
    inexact = isinstance(value, (bool, float, complex, str))
    if isinstance(value, Rational) and not inexact:
        return fmpq(int(value.numerator), int(value.denominator))
    if inexact or not hasattr(value, "__index__"):
        raise CircuitError(
            f"an exact number is needed, not {value!r} ({type(value).__name__}): pass integers or fractions.Fraction"
        )
    return fmpq(operator.index(value))


def exact_matrix(rows: Any) -> fmpq_mat:
    """A matrix over QQ from rows of exact numbers, or from a matrix of FLINT, which is taken as it is.

    >>> exact_matrix([[1, Fraction(1, 2)], [0, 1]])
    [1, 1/2]
    [0,   1]
    """
    if isinstance(rows, fmpq_mat):
        return rows
    if isinstance(rows, fmpz_mat):
        return fmpq_mat(rows)
    if isinstance(rows, (str, bytes)) or not isinstance(rows, Iterable):
        raise CircuitError(f"a matrix is a list of rows of exact numbers, not {type(rows).__name__}")
    listed = list(rows)
    if not all(isinstance(row, Iterable) and not isinstance(row, (str, bytes)) for row in listed):
        raise CircuitError("a matrix is a list of rows, and each row a list of exact numbers")
    entries = [[exact(value) for value in row] for row in listed]
    widths = sorted({len(row) for row in entries})
    if not entries or widths == [0]:
        raise CircuitError("the matrix is empty: it needs at least one row")
    if len(widths) > 1:
        raise CircuitError(f"the rows of a matrix have one length, these have {', '.join(map(str, widths))}")
    return fmpq_mat(entries)


def square_matrix(rows: Any) -> fmpq_mat:
    """The same, and it must be square."""
    matrix = exact_matrix(rows)
    if matrix.nrows() != matrix.ncols():
        raise CircuitError(f"the matrix must be square, and has {matrix.nrows()} rows and {matrix.ncols()} columns")
    if matrix.nrows() == 0:
        raise CircuitError("the matrix is empty: it needs at least one row")
    return matrix


def fraction(value: fmpq) -> Fraction:
    """The same number as one of Python's fractions."""
    return Fraction(int(value.p), int(value.q))


def fractions(matrix: fmpq_mat) -> tuple[tuple[Fraction, ...], ...]:
    """The entries as Python's fractions, row by row."""
    return tuple(tuple(fraction(value) for value in row) for row in matrix.tolist())


def submatrix(matrix: fmpq_mat, rows: Sequence[int], columns: Sequence[int] | None = None) -> fmpq_mat:
    """The entries in some rows and columns; without ``columns`` a principal submatrix."""
    columns = rows if columns is None else columns
    return fmpq_mat([[matrix[i, j] for j in columns] for i in rows])


def primitive(values: Sequence[fmpq]) -> list[fmpq]:
    """The positive multiple with coprime integer entries.

    >>> primitive([fmpq(1, 2), fmpq(3, 4)])
    [2, 3]
    """
    under, over = fmpz(1), fmpz(0)
    for value in values:
        under = under.lcm(value.q)
    for value in values:
        over = over.gcd(value.p * (under // value.q))
    return [value * fmpq(under, over) for value in values] if over else list(values)


def lyapunov_form(p: fmpq_mat, a: fmpq_mat) -> fmpq_mat:
    """``P A + A' P`` for a symmetric P.

    >>> lyapunov_form(fmpq_mat([[1, 0], [0, 2]]), fmpq_mat([[1, 4], [-2, 1]]))
    [2, 0]
    [0, 4]
    """
    half = p * a
    return half + half.transpose()


def symmetric(matrix: fmpq_mat) -> bool:
    """Whether the matrix is square and its own transpose."""
    return bool(matrix.nrows() == matrix.ncols() and matrix == matrix.transpose())


def positive_definite(matrix: fmpq_mat) -> bool:
    """Is the matrix symmetric with ``x' M x > 0`` for all x != 0? Decided exactly.

    A large matrix is proved by a rational N with ``N M N'`` strictly diagonally dominant, its diagonal positive: that
    makes ``N M N'`` positive definite (Gershgorin), hence N invertible and M positive definite. N is the inverse of a
    floating-point Cholesky factor. A rational x with ``x' M x <= 0`` refutes. Where floats propose neither, the signs
    of the characteristic polynomial decide (all roots are real, so Descartes' rule is exact).

    >>> positive_definite(exact_matrix([[2, 1], [1, 2]])), positive_definite(exact_matrix([[1, 1], [1, 1]]))
    (True, False)
    """
    n = matrix.nrows()
    if not symmetric(matrix) or any(matrix[i, i] <= 0 for i in range(n)):
        return False
    if n <= SMALL:
        return all(sign > 0 for sign in _signs(matrix))
    if _dominant(matrix):
        return True
    if _not_positive_along(matrix, strictly=False):
        return False
    return all(sign > 0 for sign in _signs(matrix))


def positive_semidefinite(matrix: fmpq_mat) -> bool:
    """Is the matrix symmetric with ``x' M x >= 0`` for all x? Decided exactly.

    >>> positive_semidefinite(exact_matrix([[1, 1], [1, 1]])), positive_semidefinite(exact_matrix([[0, 1], [1, 2]]))
    (True, False)
    """
    if not symmetric(matrix):
        return False
    kept = [i for i in range(matrix.nrows()) if matrix[i, i] != 0]
    if any(matrix[i, i] < 0 for i in kept) or any(
        matrix[i, j] != 0 for i in range(matrix.nrows()) if i not in set(kept) for j in range(matrix.nrows())
    ):
        return False
    if not kept:
        return True
    matrix = submatrix(matrix, kept)
    if len(kept) <= SMALL:
        return all(sign >= 0 for sign in _signs(matrix))
    if _dominant(matrix):
        return True
    if _not_positive_along(matrix, strictly=True):
        return False
    answer = _low_rank(matrix)
    return all(sign >= 0 for sign in _signs(matrix)) if answer is None else answer


def _low_rank(matrix: fmpq_mat) -> bool | None:
    """Symmetric elimination: is the matrix semidefinite? ``None`` when its rank is above ``PIVOTS``."""
    rows = matrix.tolist()
    for _ in range(PIVOTS + 1):
        if any(row[i] < 0 for i, row in enumerate(rows)):
            return False
        at = next((i for i, row in enumerate(rows) if row[i] > 0), None)
        if at is None:
            return all(value == 0 for row in rows for value in row)
        pivot_row = rows.pop(at)
        pivot = pivot_row.pop(at)
        ratios = [row.pop(at) / pivot for row in rows]
        rows = [
            [x - ratio * y for x, y in zip(row, pivot_row, strict=True)] if ratio else row
            for row, ratio in zip(rows, ratios, strict=True)
        ]
    return None


def _signs(matrix: fmpq_mat) -> list[int]:
    """The signs of the coefficients of ``det(x + D M D)`` but the leading one, D some positive diagonal matrix."""
    n = matrix.nrows()
    if n > 3:  # a congruence that clears the denominators row by row keeps every sign that matters here
        common = [_common(row) for row in matrix.tolist()]
        matrix = fmpq_mat([
            [value * common[i] * common[j] for j, value in enumerate(row)] for i, row in enumerate(matrix.tolist())
        ])  # fmt: skip
    coefficients = matrix.charpoly().coeffs()
    signed = [c if (n - k) % 2 == 0 else -c for k, c in enumerate(coefficients[:-1])]
    return [(c > 0) - (c < 0) for c in signed]


def _common(row: Sequence[fmpq]) -> fmpz:
    out = fmpz(1)
    for value in row:
        out = out.lcm(value.q)
    return out


def size(matrix: fmpq_mat) -> int:
    """The bits of all rows over one denominator: what a characteristic polynomial costs grows with it."""
    common = _common(matrix.entries())
    largest = max(abs(value.p) // value.q + 1 for value in matrix.entries())
    return int(matrix.nrows() * (int(common).bit_length() + int(largest).bit_length()))


def _exponents(matrix: fmpq_mat) -> list[int]:
    """Powers of two that bring the diagonal, which is positive, near 1 from both sides."""
    return [(int(matrix[i, i].q).bit_length() - int(matrix[i, i].p).bit_length()) // 2 for i in range(matrix.nrows())]


def _rounded(matrix: fmpq_mat, exponents: Sequence[int]) -> list[list[int]]:
    """Integers below ``2^BITS E M E``, each by less than 1, with E the diagonal matrix of ``2^exponents``."""
    n = matrix.nrows()
    out = [[0] * n for _ in range(n)]
    for i, row in enumerate(matrix.tolist()):
        for j in range(i, n):
            value = row[j]
            if value:
                shift = BITS + exponents[i] + exponents[j]
                over, under = int(value.p), int(value.q)
                out[i][j] = out[j][i] = (over << shift) // under if shift >= 0 else over // (under << -shift)
    return out


def _dominant(matrix: fmpq_mat) -> bool:
    """The proof of definiteness by a preconditioner; ``False`` says nothing.

    The scaled matrix is rounded to integers R. Its error is below 1 in every entry, so its norm is below n, and
    ``R - n`` positive definite suffices.
    """
    import numpy as np

    n = matrix.nrows()
    rows = _rounded(matrix, _exponents(matrix))
    unit = 1 << BITS
    try:
        lower = np.linalg.cholesky(np.array([[value / unit for value in row] for row in rows]))
        inverse = np.linalg.inv(lower) * 2.0**30
    except np.linalg.LinAlgError:
        return False
    if not np.all(np.abs(inverse) < 2.0**62):  # also when it is not a number
        return False
    for i in range(n):
        rows[i][i] -= n
    left = fmpz_mat(np.rint(inverse).astype(np.int64).tolist())
    product = (left * fmpz_mat(rows) * left.transpose()).tolist()
    return all(2 * row[i] > sum(map(abs, row)) and row[i] > 0 for i, row in enumerate(product))


def _not_positive_along(matrix: fmpq_mat, strictly: bool) -> bool:
    """Is ``x' M x <= 0`` (``< 0``) for the eigenvector x that floats propose? ``False`` says nothing."""
    import numpy as np

    exponents = _exponents(matrix)
    unit = 1 << BITS
    scaled = np.array([[value / unit for value in row] for row in _rounded(matrix, exponents)])
    if not np.all(np.isfinite(scaled)):
        return False
    vector = np.linalg.eigh(scaled)[1][:, 0]
    along = [fmpq(round(float(x) * 2**40)) * power(e) for x, e in zip(vector, exponents, strict=True)]
    column = fmpq_mat([[x] for x in along])
    value = (column.transpose() * matrix * column)[0, 0]
    return any(along) and bool(value < 0 if strictly else value <= 0)


def power(exponent: int) -> fmpq:
    """A power of two, the exponent of either sign."""
    return fmpq(1 << exponent) if exponent >= 0 else fmpq(1, 1 << -exponent)
