"""Is -A Hurwitz? The test of Routh over the integers, or a Lyapunov certificate that is verified exactly.

Throughout A stands for ``I - W``: what is asked is whether every eigenvalue of A has a positive real part.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from flint import fmpq, fmpq_mat, fmpz

from symgame.errors import CircuitError
from symgame.matrices.definite import (
    exact,
    exact_matrix,
    fractions,
    lyapunov_form,
    positive_definite,
    size,
    square_matrix,
)

#: Up to so many rows, and up to this size (:func:`~symgame.matrices.definite.size`), the test of Routh comes first; up
#: to the last it is the last resort.
ROUTH_ALWAYS = 24
ROUTH_FIRST = 2_000
ROUTH_LAST = 8_000


@dataclass(frozen=True)
class Answer:
    """An exact answer about a matrix, or ``None`` with the reason. ``by`` says how; the rest is evidence, if any.

    ``indices`` (from 0) name a principal submatrix, ``minor`` is its determinant, ``vector`` and ``T`` are vectors
    and ``P`` is a symmetric matrix; each function says what it puts there.
    """

    holds: bool | None
    by: str
    reason: str = ""
    indices: tuple[int, ...] | None = None
    minor: Fraction | None = None
    vector: tuple[Fraction, ...] | None = None
    T: tuple[Fraction, ...] | None = None
    P: tuple[tuple[Fraction, ...], ...] | None = field(default=None, repr=False)


def routh(coefficients: Sequence[fmpq]) -> bool:
    """Do all roots of a polynomial have negative real parts? Its coefficients come lowest first, the last one is 1.

    The rows of Routh's table are kept in coprime integers.

    >>> routh([fmpq(6), fmpq(11), fmpq(6), fmpq(1)]), routh([fmpq(1), fmpq(0), fmpq(1)])
    (True, False)
    """
    if any(c <= 0 for c in coefficients):
        return False
    under = fmpz(1)
    for c in coefficients:
        under = under.lcm(c.q)
    whole = [c.p * (under // c.q) for c in reversed(coefficients)]
    upper, lower = whole[0::2], whole[1::2]
    while lower:
        if lower[0] <= 0:
            return False
        padded = [*lower[1:], *([fmpz(0)] * (len(upper) - len(lower)))]
        following = [lower[0] * u - upper[0] * l for u, l in zip(upper[1:], padded, strict=True)]
        content = fmpz(0)
        for value in following:
            content = content.gcd(value)
        if content == 0 and following:
            return False
        upper, lower = lower, [value // content for value in following]
    return True


def with_time_constants(a: fmpq_mat, tau: Any) -> fmpq_mat:
    """``T^{-1} A``, with T the diagonal matrix of the time constants, all positive; ``None`` is all 1."""
    if tau is None:
        return a
    times = [exact(t) for t in tau]
    if len(times) != a.nrows():
        raise CircuitError(f"there are {len(times)} time constants for {a.nrows()} rows: give one for each")
    if any(t <= 0 for t in times):
        raise CircuitError("a time constant is not positive: each must be > 0")
    return fmpq_mat([[value / t for value in row] for t, row in zip(times, a.tolist(), strict=True)])


def stable(a: fmpq_mat) -> bool:
    """Every eigenvalue has a positive real part, by Routh's test."""
    n = a.nrows()
    return routh([c if (n - k) % 2 == 0 else -c for k, c in enumerate(a.charpoly().coeffs())])


def verify_lyapunov(A: Any, P: Any) -> bool | None:
    """What P proves: ``True``, -A is Hurwitz; ``False``, it is not; ``None``, nothing.

    If ``P A + A' P`` is positive definite, A has as many eigenvalues with positive real part as P has positive ones
    (Ostrowski and Schneider, J. Math. Anal. Appl. 4 (1962) 72).

    >>> verify_lyapunov([[1, -3], [3, 1]], [[1, 0], [0, 1]]), verify_lyapunov([[-1]], [[-1]])
    (True, False)
    """
    a = square_matrix(A)
    try:
        p = exact_matrix(P)
    except (CircuitError, TypeError):
        return None
    if (p.nrows(), p.ncols()) != (a.nrows(), a.ncols()) or p != p.transpose():
        return None
    if not positive_definite(lyapunov_form(p, a)):
        return None
    return positive_definite(p)


def hurwitz(A: Any, tau: Any = None) -> Answer:
    """Is ``-T^{-1} A`` Hurwitz, with T the diagonal matrix of ``tau``?

    Small matrices by Routh's test; large ones by a P with ``P A + A' P`` positive definite, found in floats and
    verified (:func:`verify_lyapunov`): it proves either answer, and fails only near the boundary, where Routh's test
    is the last resort. How large is measured in bits: 100 rows of entries with three decimals come first to Routh's.

    >>> hurwitz([[1, 0, 2], [2, 1, 0], [0, 2, 1]]).holds, hurwitz([[1, 0, 1], [2, 1, 0], [0, 2, 1]]).holds
    (False, True)
    """
    a = with_time_constants(square_matrix(A), tau)
    n = a.nrows()
    bits = size(a)
    if n <= ROUTH_ALWAYS or bits <= ROUTH_FIRST:
        return Answer(stable(a), "the test of Routh")
    if sum((a[i, i] for i in range(n)), fmpq(0)) <= 0:
        return Answer(False, "the trace is <= 0")
    proposal = _lyapunov(a)
    if proposal is not None and (holds := verify_lyapunov(a, proposal)) is not None:
        return Answer(holds, "a Lyapunov matrix", P=fractions(proposal))
    if bits <= ROUTH_LAST:
        return Answer(stable(a), "the test of Routh")
    return Answer(
        None,
        "a Lyapunov matrix",
        f"no Lyapunov matrix could be verified, and {n} rows, {bits} bits over one denominator, are too many for "
        "Routh's test",
    )


def _lyapunov(a: fmpq_mat) -> fmpq_mat | None:
    """A symmetric P with ``P A + A' P`` near a positive definite matrix, as far as floats go."""
    import numpy as np
    from scipy.linalg import LinAlgError, matrix_balance, solve_continuous_lyapunov

    try:
        entries = np.array([[int(v.p) / int(v.q) for v in row] for row in a.tolist()])
        balanced, (scale, _) = matrix_balance(entries, permute=False, separate=True)
        q = solve_continuous_lyapunov(balanced.T, np.eye(len(entries)))
    except (LinAlgError, OverflowError, ValueError):
        return None
    p = (q + q.T) / 2 / scale[:, None] / scale[None, :]
    if not np.all(np.isfinite(p)):
        return None
    return fmpq_mat([[fmpq(*value.as_integer_ratio()) for value in row] for row in p.tolist()])
