"""The two certificates of Lyapunov diagonal stability, and their exact verification.

A is LDS when some diagonal ``P > 0`` makes ``P A + A' P`` positive definite. It is not iff some positive semidefinite
``X != 0`` has ``diag(A X) <= 0``: for then ``tr(X (P A + A' P)) = 2 sum p_i (A X)_ii <= 0`` for every P.
Source: G. P. Barker, A. Berman, R. J. Plemmons, Linear and Multilinear Algebra 5 (1978) 249.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flint import fmpq, fmpq_mat

from symgame.errors import CircuitError
from symgame.matrices.definite import exact, exact_matrix, positive_definite, positive_semidefinite, square_matrix
from symgame.matrices.minors import Minor, sign_reversed


@dataclass(frozen=True)
class Certificate:
    """Diagonal weights P, or a semidefinite X: one of them."""

    P: tuple[fmpq, ...] | None = None
    X: fmpq_mat | None = None


def outer(*vectors: Sequence[fmpq]) -> fmpq_mat:
    """The sum of ``v v'``."""
    columns = fmpq_mat([list(v) for v in vectors]).transpose()
    return columns * columns.transpose()


def by_minor(a: fmpq_mat, minor: Minor) -> Certificate:
    """A principal minor <= 0 gives an X of rank one."""
    return Certificate(X=outer(sign_reversed(a, minor)))


def weighted_sum(a: fmpq_mat, weights: Sequence[fmpq]) -> fmpq_mat:
    """``P A + A' P`` for the diagonal matrix P of the weights."""
    half = fmpq_mat([[p * value for value in row] for p, row in zip(weights, a.tolist(), strict=True)])
    return half + half.transpose()


def verify_P(A: Any, P: Any) -> bool:
    """Is P a list of n positive exact numbers with ``P A + A' P`` positive definite? Whatever else P is: ``False``.

    >>> verify_P([[1, -3], [3, 1]], [1, 1]), verify_P([[1, -3], [3, 1]], [1, 20]), verify_P([[1]], "nonsense")
    (True, False, False)
    """
    a = square_matrix(A)
    try:
        weights = [exact(p) for p in P]
    except (CircuitError, TypeError):
        return False
    if len(weights) != a.nrows() or any(p <= 0 for p in weights):
        return False
    return positive_definite(weighted_sum(a, weights))


def verify_X(A: Any, X: Any) -> bool:
    """Is X an exact, symmetric, positive semidefinite n by n matrix, not 0, with ``diag(A X) <= 0``?

    >>> verify_X([[1, 2], [2, 1]], [[1, -1], [-1, 1]]), verify_X([[1, 2], [2, 1]], [[0, 0], [0, 0]])
    (True, False)
    """
    a = square_matrix(A)
    try:
        x = exact_matrix(X)
    except (CircuitError, TypeError):
        return False
    n = a.nrows()
    if (x.nrows(), x.ncols()) != (n, n) or not any(x[i, i] != 0 for i in range(n)):
        return False
    product = a * x
    return all(product[i, i] <= 0 for i in range(n)) and positive_semidefinite(x)


def verified(a: fmpq_mat, found: Certificate) -> bool:
    """Is the certificate one, of either kind?"""
    return verify_P(a, found.P) if found.P is not None else verify_X(a, found.X)
