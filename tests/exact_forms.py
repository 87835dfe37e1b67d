"""Exact checks with nothing but ``fractions``, written apart from the package, for its certificates."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import combinations

Rows = Sequence[Sequence[Fraction]]


def product(a: Rows, b: Rows) -> list[list[Fraction]]:
    return [[sum((x * b[k][j] for k, x in enumerate(row)), Fraction(0)) for j in range(len(b[0]))] for row in a]


def transposed(a: Rows) -> list[list[Fraction]]:
    return [list(column) for column in zip(*a, strict=True)]


def determinant(a: Rows) -> Fraction:
    """By Gauss."""
    rows = [list(row) for row in a]
    value = Fraction(1)
    for k in range(len(rows)):
        at = next((i for i in range(k, len(rows)) if rows[i][k] != 0), None)
        if at is None:
            return Fraction(0)
        if at != k:
            rows[k], rows[at] = rows[at], rows[k]
            value = -value
        value *= rows[k][k]
        for i in range(k + 1, len(rows)):
            ratio = rows[i][k] / rows[k][k]
            rows[i] = [x - ratio * y for x, y in zip(rows[i], rows[k], strict=True)]
    return value


def definite(m: Rows) -> bool:
    """Symmetric, and every leading minor positive: the pivots of Gauss without exchanges."""
    n = len(m)
    if any(m[i][j] != m[j][i] for i in range(n) for j in range(n)):
        return False
    rows = [list(row) for row in m]
    for k in range(n):
        if rows[k][k] <= 0:
            return False
        for i in range(k + 1, n):
            ratio = rows[i][k] / rows[k][k]
            rows[i] = [x - ratio * y for x, y in zip(rows[i], rows[k], strict=True)]
    return True


def semidefinite(m: Rows) -> bool:
    """Symmetric, and ``M + e > 0`` holds for the pivots as e goes to 0: a zero pivot must have a zero row."""
    n = len(m)
    if any(m[i][j] != m[j][i] for i in range(n) for j in range(n)):
        return False
    rows = [list(row) for row in m]
    for k in range(n):
        if rows[k][k] < 0:
            return False
        if rows[k][k] == 0:
            if any(rows[k][j] != 0 for j in range(k, n)):
                return False
            continue
        for i in range(k + 1, n):
            ratio = rows[i][k] / rows[k][k]
            rows[i] = [x - ratio * y for x, y in zip(rows[i], rows[k], strict=True)]
    return True


def lyapunov(p: Rows, a: Rows) -> list[list[Fraction]]:
    """``P A + A' P``."""
    half = product(p, a)
    return [[x + y for x, y in zip(r, c, strict=True)] for r, c in zip(half, transposed(half), strict=True)]


def diagonal(values: Sequence[Fraction]) -> list[list[Fraction]]:
    return [[v if i == j else Fraction(0) for j in range(len(values))] for i, v in enumerate(values)]


def good_weights(a: Rows, p: Sequence[Fraction]) -> bool:
    return len(p) == len(a) and all(v > 0 for v in p) and definite(lyapunov(diagonal(p), a))


def good_gram(a: Rows, x: Rows) -> bool:
    ax = product(a, x)
    return any(x[i][i] != 0 for i in range(len(a))) and semidefinite(x) and all(ax[i][i] <= 0 for i in range(len(a)))


def principal(a: Rows) -> list[tuple[tuple[int, ...], Fraction]]:
    """Every principal minor."""
    n = len(a)
    sets = [s for k in range(1, n + 1) for s in combinations(range(n), k)]
    return [(s, determinant([[a[i][j] for j in s] for i in s])) for s in sets]
