"""Principal minors one by one, until one is not positive; and the vector whose signs such a minor reverses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flint import fmpq, fmpq_mat

from symgame.matrices.definite import submatrix

#: An index set, its minor, the later indices, and the Schur complement on those.
Node = tuple[tuple[int, ...], fmpq, tuple[int, ...], list[list[fmpq]]]


@dataclass(frozen=True)
class Minor:
    """A principal minor that is not positive. The minor of ``indices`` without ``last`` is positive."""

    indices: tuple[int, ...]
    last: int
    value: fmpq


def nonpositive_minor(matrix: fmpq_mat, budget: int) -> tuple[Minor | None, bool]:
    """The first principal minor <= 0, the smallest index sets first, and whether the search was complete.

    The walk keeps, for every index set with a positive minor, the Schur complement on the later indices: its diagonal
    holds the quotients of the next minors. All 2^n of them cost about ``6 * 2^n`` operations. It stops, incomplete,
    after ``budget`` operations.
    Source: M. J. Tsatsomeros and L. Li, A recursive test for P-matrices, BIT 40 (2000) 410.

    >>> nonpositive_minor(fmpq_mat([[1, 2], [2, 1]]), 100)
    (Minor(indices=(0, 1), last=1, value=-3), True)
    >>> nonpositive_minor(fmpq_mat([[1, -2], [2, 1]]), 100)
    (None, True)
    """
    n = matrix.nrows()
    level: list[Node] = [((), fmpq(1), tuple(range(n)), matrix.tolist())]
    spent = 0
    while level:
        following: list[Node] = []
        for indices, minor, later, rows in level:
            for at, index in enumerate(later):
                pivot = rows[at][at]
                if pivot <= 0:
                    return Minor((*indices, index), index, minor * pivot), True
                spent += (len(later) - at) ** 2
                if spent > budget:
                    return None, False
                if at + 1 < len(later):
                    child = _complement(rows, at)
                    following.append(((*indices, index), minor * pivot, later[at + 1 :], child))
        level = following
    return None, True


def _complement(rows: Sequence[Sequence[fmpq]], at: int) -> list[list[fmpq]]:
    """The Schur complement of one diagonal entry on the rows and columns after it."""
    pivot_row = rows[at][at + 1 :]
    out = []
    for row in rows[at + 1 :]:
        ratio = row[at] / rows[at][at]
        tail = row[at + 1 :]
        out.append([x - ratio * y for x, y in zip(tail, pivot_row, strict=True)] if ratio else list(tail))
    return out


def pair_minor(matrix: fmpq_mat) -> Minor | None:
    """A minor <= 0 of one or two rows."""
    rows = matrix.tolist()
    for i, row in enumerate(rows):
        if row[i] <= 0:
            return Minor((i,), i, row[i])
    for i, row in enumerate(rows):
        for j in range(i):
            if row[j] and rows[j][i] and (value := row[i] * rows[j][j] - row[j] * rows[j][i]) <= 0:
                return Minor((j, i), i, value)
    return None


def leading_minor(matrix: fmpq_mat, order: Sequence[int]) -> Minor | None:
    """A minor <= 0 among index sets that grow in the given order, the set before it positive; a few sizes are tried.

    >>> leading_minor(fmpq_mat([[1, 0, 0], [0, 1, 3], [0, 3, 1]]), range(3))
    Minor(indices=(0, 1, 2), last=2, value=-8)
    """
    n = len(order)

    def minor(size: int) -> fmpq:
        return submatrix(matrix, order[:size]).det()

    low = 0
    for high in sorted({-(-n * part // 8) for part in range(1, 9)}):
        if minor(high) <= 0:
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (low, middle) if minor(middle) <= 0 else (middle, high)
            return Minor(tuple(sorted(order[:high])), order[high - 1], minor(high))
        low = high
    return None


def sign_reversed(matrix: fmpq_mat, minor: Minor) -> list[fmpq]:
    """A vector v != 0 with ``v_i (A v)_i <= 0`` for all i: A is not a P-matrix (Fiedler and Pták).

    v is 1 at the last index, 0 outside the index set, and A v vanishes on the rest of the set; at the last index A v
    is then the quotient of the two minors.

    >>> a = fmpq_mat([[1, 2], [2, 1]])
    >>> sign_reversed(a, nonpositive_minor(a, 9)[0])
    [-2, 1]
    """
    others = [i for i in minor.indices if i != minor.last]
    vector = [fmpq(0)] * matrix.nrows()
    vector[minor.last] = fmpq(1)
    if others:
        solved = submatrix(matrix, others).solve(submatrix(matrix, others, [minor.last]))
        for at, i in enumerate(others):
            vector[i] = -solved[at, 0]
    return vector
