"""Lyapunov diagonal stability of a numeric matrix of any size, with an exact certificate either way.

A (think ``I - W``) is LDS when some diagonal ``P > 0`` makes ``P A + A' P`` positive definite. It is not iff some
positive semidefinite ``X != 0`` has ``diag(A X) <= 0``: for then ``tr(X (P A + A' P)) = 2 sum p_i (A X)_ii <= 0`` for
every P. Both are verified over QQ by :func:`verify_P` and :func:`verify_X`, which know nothing of how they were found.
Source: G. P. Barker, A. Berman, R. J. Plemmons, Linear and Multilinear Algebra 5 (1978) 249.

The set of LDS matrices is open, so a matrix on its boundary is not LDS. There X has no slack and floats find no exact
one: the answer is then ``None`` with the margin, unless a closed form or a singular minor gives X.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from flint import fmpq, fmpq_mat, fmpq_poly

from symgame.matrices.blocks import components, joined
from symgame.matrices.certificate import Certificate, by_minor, outer, verified, verify_P, verify_X
from symgame.matrices.closed import tree, triple
from symgame.matrices.cycle import cycle
from symgame.matrices.definite import SMALL, fraction, primitive, size, square_matrix, submatrix
from symgame.matrices.minors import Minor, leading_minor, nonpositive_minor
from symgame.matrices.search import searched

__all__ = ["Decision", "diagonal_stability", "verify_P", "verify_X"]

#: Up to this size all minors come before the search in floats: an X of rank one is the better answer.
MINORS_FIRST = 6
#: So many operations are spent on minors where the floats did not decide.
MINORS_AT_MOST = 1_000_000
#: Above this size (:func:`~symgame.matrices.definite.size`) no characteristic polynomial is computed.
SIZE_AT_MOST = 4_000


@dataclass(frozen=True)
class Decision:
    """Is the matrix LDS? ``True`` comes with ``P``, ``False`` with ``X``, both verified over QQ; ``by`` says how.

    ``None`` comes with the reason and ``margin``: floating-point bounds (lower, upper) of the largest least eigenvalue
    of ``P A + A' P`` over P with trace n, for the block of A that was not decided, scaled to a diagonal near 1.
    """

    holds: bool | None
    by: str
    P: tuple[Fraction, ...] | None = None
    X: tuple[tuple[Fraction, ...], ...] | None = field(default=None, repr=False)
    margin: tuple[float, float] | None = None
    reason: str = ""


def diagonal_stability(A: Any) -> Decision:
    """Is A, exact and square, Lyapunov diagonally stable?

    A is split into the strongly connected components of its couplings: it is LDS iff every diagonal block is. A block
    is decided by closed forms (trees, three rows, cycles), by its minors, or by a search in floating point whose
    outcome is rounded and verified.
    Raises :class:`~symgame.errors.CircuitError` for what is not an exact square matrix.

    >>> diagonal_stability([[1, 6, 0], [-1, 1, 1], [0, 2, 3]]).P
    (Fraction(1, 1), Fraction(6, 1), Fraction(3, 1))
    >>> diagonal_stability([[1, 0, 2], [2, 1, 0], [0, 2, 1]]).holds      # on the boundary
    False
    """
    a = square_matrix(A)
    n = a.nrows()
    blocks = components(a)
    weights: list[tuple[fmpq, ...]] = []
    roads: list[str] = []
    undecided: Decision | None = None
    for indices in blocks:
        block = submatrix(a, indices)
        road, found, margin = _decided(block)
        if found is not None and found.X is not None:
            return _refuted(a, indices, found.X, road)
        if found is None or found.P is None:
            undecided = undecided or Decision(None, road, margin=margin, reason=_reason(indices, n, margin))
            continue
        weights.append(found.P)
        if road not in roads:
            roads.append(road)
    if undecided is not None:
        return undecided
    whole = joined(a, blocks, weights)
    by = " and ".join(roads) + (f", in {len(blocks)} blocks" if len(blocks) > 1 else "")
    if whole is None:
        return Decision(None, by, reason="every diagonal block is LDS, and weights for the whole matrix were not found")
    return Decision(True, by, P=tuple(fraction(p) for p in primitive(whole)))


def _reason(indices: Sequence[int], n: int, margin: tuple[float, float] | None) -> str:
    where = "the matrix" if len(indices) == n else f"the block of rows {', '.join(str(i + 1) for i in indices)}"
    if margin is None:
        return f"{where} was not decided"
    low, high = margin
    return (
        f"{where} lies on the boundary, or too near for double precision: the best least eigenvalue of P A + A' P is "
        f"between {low:.2g} and {high:.2g}, for rows and columns scaled to a diagonal near 1 and P of trace n"
    )


def _refuted(a: fmpq_mat, indices: Sequence[int], x: fmpq_mat, road: str) -> Decision:
    """X of a block, padded by zeros, is an X of the whole: (A X)_ii outside the block is 0."""
    n, k = a.nrows(), len(indices)
    scaled = primitive([value for row in x.tolist() for value in row])
    whole = [[Fraction(0)] * n for _ in range(n)]
    for r, i in enumerate(indices):
        for c, j in enumerate(indices):
            whole[i][j] = fraction(scaled[r * k + c])
    return Decision(False, road, X=tuple(tuple(row) for row in whole))


def _decided(a: fmpq_mat) -> tuple[str, Certificate | None, tuple[float, float] | None]:
    """One irreducible block: how it was decided, the verified certificate, and the margin if there is none."""
    n = a.nrows()
    for i in range(n):
        if a[i, i] <= 0:
            return "a diagonal entry <= 0", by_minor(a, Minor((i,), i, a[i, i])), None
    if n == 1:
        return "one row", Certificate(P=(fmpq(1),)), None
    for name, road in (("a tree of couplings", tree), ("three rows", triple), ("a cycle of couplings", cycle)):
        if (found := road(a)) is not None and verified(a, found):
            return name, found, None
    if n <= MINORS_FIRST:
        minor, _ = nonpositive_minor(a, MINORS_AT_MOST)
        if minor is not None:
            return "a principal minor <= 0", by_minor(a, minor), None
    found, margin = searched(a)
    if found is not None:
        return "a search by a barrier", found, None
    if (found := _singular(a)) is not None and verified(a, found):
        return "a principal minor <= 0", found, None
    if (found := _oscillating(a)) is not None and verified(a, found):
        return "eigenvalues on the imaginary axis", found, None
    return "a search by a barrier", None, margin


def _singular(a: fmpq_mat) -> Certificate | None:
    """An X of rank one, from the minors that can be afforded."""
    minor, complete = nonpositive_minor(a, MINORS_AT_MOST)
    if minor is None and not complete:
        minor = leading_minor(a, range(a.nrows()))
    return None if minor is None else by_minor(a, minor)


def _oscillating(a: fmpq_mat) -> Certificate | None:
    """An X from a kernel vector x of ``A^2 + s``, s > 0 rational.

    With ``y = A x``, ``A y = -s x``, so that ``X = s x x' + y y'`` has ``A X = s (y x' - x y')`` and ``diag(A X) = 0``.
    """
    if a.nrows() > SMALL and size(a) > SIZE_AT_MOST:
        return None
    coefficients = a.charpoly().coeffs()
    even, odd = fmpq_poly(coefficients[0::2]), fmpq_poly(coefficients[1::2])  # at lambda^2
    for factor, _ in even.gcd(odd).factor()[1]:
        if factor.degree() != 1 or not 0 < (s := factor[0] / factor[1]):
            continue
        n = a.nrows()
        square = a * a
        kernel, rank = fmpq_mat([[square[i, j] + (s if i == j else 0) for j in range(n)] for i in range(n)]).rref()
        pivots = [next(j for j in range(n) if kernel[r, j] != 0) for r in range(rank)]
        free = next(j for j in range(n) if j not in pivots)
        x = [fmpq(int(j == free)) for j in range(n)]
        for r, j in enumerate(pivots):
            x[j] = -kernel[r, free]
        y = [row[0] for row in (a * fmpq_mat([[v] for v in x])).tolist()]
        return Certificate(X=outer(x) * s + outer(y))
    return None
