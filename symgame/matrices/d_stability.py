"""Is ``-T^{-1} A`` Hurwitz for every diagonal ``T > 0``? Exact up to three rows, one-sided tests beyond."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations
from math import isqrt
from typing import Any

from flint import fmpq, fmpq_mat

from symgame.diagonal_stability import diagonal_stability
from symgame.matrices.blocks import components
from symgame.matrices.definite import fraction, power, square_matrix, submatrix
from symgame.matrices.hurwitz import Answer, hurwitz, stable

#: Sizes up to which witnesses are searched for by descent, and sets up to which principal submatrices are tried.
DESCENT = 12
SUBSETS = 400


def d_stability(A: Any) -> Answer:
    """Is ``-T^{-1} A`` Hurwitz for every choice of time constants?

    The spectrum is that of the irreducible diagonal blocks, so each is decided by itself: up to three rows exactly,
    larger ones ``True`` when Lyapunov diagonally stable and ``False`` when time constants are found, and verified by
    Routh's test, for which they are not stable: ``T`` holds those of the whole matrix. On the boundary of the
    three-row criterion T may have to be irrational; the answer is then without one, and ``reason`` says so.
    Otherwise ``None``: no finite test is known that decides larger matrices and is practical.

    >>> d_stability([[1, 0, 54], [-1, 2, 0], [0, -1, 3]]).T        # Hurwitz for T = 1, and not diagonally stable
    (Fraction(1, 1), Fraction(2, 1), Fraction(3, 1))
    >>> d_stability([[0, 1], [-1, 1]]).holds, d_stability([[0, 1], [-1, 0]]).holds
    (True, False)
    """
    a = square_matrix(A)
    roads: list[str] = []
    undecided: Answer | None = None
    for indices in components(a):
        answer, witness = _irreducible(submatrix(a, indices))
        if answer.holds is False:
            whole = None
            if witness is not None:
                times = [fmpq(1)] * a.nrows()
                for i, t in zip(indices, witness, strict=True):
                    times[i] = t
                whole = tuple(fraction(t) for t in times)
            return Answer(False, answer.by, answer.reason, indices=indices, T=whole)
        if answer.holds is None:
            undecided = undecided or Answer(None, answer.by, answer.reason, indices=indices)
        elif answer.by not in roads:
            roads.append(answer.by)
    return undecided or Answer(True, " and ".join(roads))


def _irreducible(a: fmpq_mat) -> tuple[Answer, list[fmpq] | None]:
    n = a.nrows()
    if n <= 3:
        holds = (one_row, two_rows, three_rows)[n - 1](a)
        by = ("one row", "two rows", "three rows")[n - 1]
        if holds:
            return Answer(True, by), None
        witness = unstable_times(a)
        reason = "" if witness else "no rational time constants that show it were found; at equality none may exist"
        return Answer(False, by, reason), witness
    if diagonal_stability(a).holds:
        return Answer(True, "Lyapunov diagonal stability"), None
    witness = unstable_times(a)
    if witness is not None:
        return Answer(False, "time constants for which it is not stable"), witness
    return (
        Answer(
            None,
            "a search",
            "not shown to be Lyapunov diagonally stable, and no time constants were found for which it is not stable; "
            "no practical test decides D-stability of more than three rows",
        ),
        None,
    )


def one_row(a: fmpq_mat) -> bool:
    """``a_11 > 0``."""
    return bool(a[0, 0] > 0)


def two_rows(a: fmpq_mat) -> bool:
    """``det A > 0``, and the trace ``a_11/T_1 + a_22/T_2`` positive for all T: no entry < 0 and not both 0."""
    return bool(a.det() > 0 and a[0, 0] >= 0 and a[1, 1] >= 0 and a[0, 0] + a[1, 1] > 0)


def three_rows(a: fmpq_mat) -> bool:
    """Exact, by the conditions of Routh for ``D A``, D = T^{-1}, made independent of D.

    With d the entries of D, m_i the minor without row i: ``sum a_ii d_i > 0``, ``d_1 d_2 d_3 sum m_i/d_i > 0``,
    ``det A > 0``, and ``(sum a_ii d_i)(sum m_i/d_i) > det A`` for all d > 0. The first two say: no a_ii and no m_i is
    negative, and some is positive of either kind. By Cauchy and Schwarz the infimum of the product is
    ``(sum sqrt(a_ii m_i))^2``, attained iff a_ii and m_i vanish for the same i. So that square must exceed ``det A``,
    or equal it unattained.
    Source: B. E. Cain, Real, 3 by 3, D-stable matrices, J. Res. Nat. Bur. Standards 80B (1976) 75.
    """
    entries = [a[i, i] for i in range(3)]
    minors = [submatrix(a, [j for j in range(3) if j != i]).det() for i in range(3)]
    determinant = a.det()
    if determinant <= 0 or any(v < 0 for v in (*entries, *minors)) or not any(entries) or not any(minors):
        return False
    sign = _square_exceeds([x * m for x, m in zip(entries, minors, strict=True)], determinant)
    attained = all((x == 0) == (m == 0) for x, m in zip(entries, minors, strict=True))
    return sign > 0 or (sign == 0 and not attained)


def _square_exceeds(values: Sequence[fmpq], bound: fmpq) -> int:
    """The sign of ``(sqrt x + sqrt y + sqrt z)^2 - bound``, exactly, for x, y, z >= 0."""
    x, y, z = sorted(values, reverse=True)
    rest = x + y + z - bound
    if y == 0:
        return _sign(rest)
    # rest + 2 sqrt(xy) + 2 sqrt(xz) + 2 sqrt(xy) sqrt(xz)/x = (rest + 2 sqrt(xy)) + (2 + 2 sqrt(xy)/x) sqrt(xz)
    p, q = x * y, x * z
    first = _root_sign(rest, fmpq(2), p)
    if first >= 0:
        return 1 if first > 0 or q > 0 else 0
    # compare the squares: (2 + 2 sqrt(p)/x)^2 q - (rest + 2 sqrt(p))^2 = u + v sqrt(p)
    u = (4 + 4 * p / (x * x)) * q - rest * rest - 4 * p
    v = 8 / x * q - 4 * rest
    return _root_sign(u, v, p)


def _root_sign(u: fmpq, v: fmpq, p: fmpq) -> int:
    """The sign of ``u + v sqrt(p)``, p >= 0."""
    first, second = _sign(u), _sign(v) if p else 0
    if first * second >= 0:
        return first or second
    return first * _sign(u * u - v * v * p)


def _sign(value: fmpq) -> int:
    return int(value > 0) - int(value < 0)


def unstable_times(a: fmpq_mat) -> list[fmpq] | None:
    """Time constants for which ``-T^{-1} A`` is not Hurwitz, verified by Routh's test; ``None`` proves nothing."""
    for times in _candidates(a):
        if hurwitz(a, times).holds is False:
            return times
    return None


def _candidates(a: fmpq_mat) -> Iterator[list[fmpq]]:
    """All equal; a principal submatrix that is not stable while the rest is slow; then what floats propose."""
    n = a.nrows()
    yield [fmpq(1)] * n
    if n == 3:
        yield from _cauchy(a)
    tried = 0
    for size in range(1, n):
        for chosen in combinations(range(n), size):
            tried += 1
            if tried > SUBSETS:
                break
            if not stable(submatrix(a, chosen)):
                for slow in (4, 12, 40, 150, 600):
                    yield [fmpq(1) if i in chosen else power(slow) for i in range(n)]
    if 3 <= n <= DESCENT:
        yield from _descended(a)


def _cauchy(a: fmpq_mat) -> Iterator[list[fmpq]]:
    """Where the product of :func:`three_rows` is least: ``T_i = sqrt(a_ii/m_i)``, rationally near."""
    entries = [a[i, i] for i in range(3)]
    minors = [submatrix(a, [j for j in range(3) if j != i]).det() for i in range(3)]
    if any(v < 0 for v in (*entries, *minors)):
        return
    for bits in (20, 40, 80, 300):
        nudge = fmpq(0) if all((*entries, *minors)) else fmpq(1, 2**bits)
        squares = [(x + nudge) / (m + nudge) for x, m in zip(entries, minors, strict=True)]
        yield [_root(s / squares[0], bits) for s in squares]


def _root(value: fmpq, bits: int) -> fmpq:
    """A square root > 0, exact if it is rational, else to so many bits."""
    over, under = int(value.p), int(value.q)
    if isqrt(over) ** 2 == over and isqrt(under) ** 2 == under:
        return fmpq(isqrt(over), isqrt(under))
    return fmpq(isqrt((over << (2 * bits)) // under) + 1, 1 << bits)


def _descended(a: fmpq_mat) -> Iterator[list[fmpq]]:
    """Local minima of the least real part of the eigenvalues of ``D A``, over log D, from a few starts."""
    import numpy as np
    from scipy.optimize import minimize

    from symgame.matrices.search import balance, floats

    n = a.nrows()
    right = [0] * n if any(a[i, i] == 0 for i in range(n)) else balance(a)[1]
    entries = floats(a, [-r for r in right], right)  # a similarity, which moves no eigenvalue
    scale = float(np.max(np.abs(entries)))

    def scales(logarithms: Any) -> Any:
        return np.exp(np.clip(logarithms - np.mean(logarithms), -300, 300))  # a walk that drifts off must not overflow

    def least(logarithms: Any) -> float:
        d = scales(logarithms)
        return float(np.min(np.linalg.eigvals(d[:, None] * entries / scale).real / np.max(d)))

    random = np.random.Generator(np.random.PCG64(1))
    starts = [np.zeros(n), *random.normal(0, 1.5, size=(4, n))]
    for start in starts:
        best = minimize(least, start, method="Nelder-Mead", options={"maxfev": 150 * n, "xatol": 1e-6, "fatol": 1e-12})
        if best.fun < 1e-9:
            d = scales(best.x)
            for bits in (4, 10, 24):
                yield [fmpq(max(1, round(2.0**bits / value)), 2**bits) for value in d.tolist()]
