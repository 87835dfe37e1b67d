"""One quadratic norm for several matrices: floats rounded, what is rounded verified, and the rate that it certifies."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

from flint import fmpq, fmpq_mat

from symgame.matrices.definite import exact, fraction, lyapunov_form, positive_definite, positive_semidefinite
from symgame.matrices.lyapunov import search

if TYPE_CHECKING:
    from symgame.matrices.central_path import Floats

BITS = (3, 6, 10, 16, 24, 34, 44)
RATE_STEPS = 5


def congruent(matrix: fmpq_mat, left: Sequence[fmpq], right: Sequence[fmpq]) -> fmpq_mat:
    """``diag(left) M diag(right)``."""
    return fmpq_mat(
        [[f * v * g for g, v in zip(right, row, strict=True)] for f, row in zip(left, matrix.tolist(), strict=True)]
    )


def refutes(jacobians: Sequence[fmpq_mat], xs: Sequence[fmpq_mat], diagonal: bool) -> bool:
    """Are the X psd, not all 0, with ``sum J X + X J'`` psd? Then no P contracts for all the J.

    Against a diagonal P it is enough that the diagonal of the sum is >= 0.

    >>> refutes([fmpq_mat([[1]])], [fmpq_mat([[1]])], False), refutes([fmpq_mat([[-1]])], [fmpq_mat([[1]])], False)
    (True, False)
    """
    if not all(positive_semidefinite(x) for x in xs) or all(x == 0 * x for x in xs):
        return False
    n = xs[0].nrows()
    total = fmpq_mat(n, n)
    for j, x in zip(jacobians, xs, strict=True):
        total += j * x + x * j.transpose()
    return all(total[i, i] >= 0 for i in range(n)) if diagonal else positive_semidefinite(total)


def floats_of(matrices: Sequence[fmpq_mat]) -> Floats:
    """The matrices as one stack in double precision; ``OverflowError`` for an entry beyond it."""
    import numpy as np

    return np.array([[[int(v.p) / int(v.q) for v in row] for row in m.tolist()] for m in matrices])


def contracts(jacobians: Sequence[fmpq_mat], p: fmpq_mat) -> bool:
    """Is P positive definite, and ``P J + J' P`` negative definite for every J?

    >>> contracts([fmpq_mat([[-1, -3], [3, -1]])], fmpq_mat([[1, 0], [0, 1]]))
    True
    """
    return positive_definite(p) and all(positive_definite(-lyapunov_form(p, j)) for j in jacobians)


def roundings(p: Floats) -> Iterator[fmpq_mat]:
    """P to more and more bits, relative to its diagonal."""
    import numpy as np

    root = np.sqrt(np.diag(p))
    for bits in BITS:
        unit = 2.0 ** np.floor(np.log2(root))
        scaled = np.rint(p / np.outer(unit, unit) * 2.0**bits)
        exact_units = [fmpq(*float(u).as_integer_ratio()) for u in unit]
        rows = [
            [fmpq(int(v)) * exact_units[i] * exact_units[j] for j, v in enumerate(row)]
            for i, row in enumerate(scaled.tolist())
        ]
        yield fmpq_mat(rows)


def rounded_duals(x: Floats) -> Iterator[list[fmpq_mat]]:
    """The dual, its small members left out, to more and more bits."""
    import numpy as np

    traces = np.trace(x, axis1=1, axis2=2)
    for least, bits in ((0.05, 8), (0.01, 12), (1e-3, 18), (1e-5, 26), (0.0, 36), (0.0, 46)):
        kept = traces > least * np.max(traces)
        scaled = np.rint(x / np.max(x) * 2.0**bits) * kept[:, None, None]
        yield [fmpq_mat([[int(v) for v in row] for row in matrix]) for matrix in scaled.tolist()]


def largest_rate(jacobians: Sequence[fmpq_mat], stack: Floats, p: fmpq_mat, diagonal: bool) -> tuple[fmpq, fmpq_mat]:
    """A rate that is verified, and its P: the P that has most room at the rate of the last one, again and again."""
    import numpy as np

    n = p.nrows()
    best, kept = fmpq(0), p
    candidate: fmpq_mat | None = p
    for _ in range(RATE_STEPS):
        if candidate is None:
            break
        rate = _verified_rate(jacobians, candidate)
        if rate <= best:
            break
        small = rate - best < best / 200
        best, kept = rate, candidate
        if small:
            break
        found = search(stack + float(fraction(best)) * np.eye(n), diagonal)
        shifted = [j + _identity(n) * best for j in jacobians]
        candidate = None
        if found.lower > 0:
            candidate = next((q for q in roundings(found.p) if contracts(shifted, q)), None)
    return best, kept


def _verified_rate(jacobians: Sequence[fmpq_mat], p: fmpq_mat) -> fmpq:
    """A rate that P certifies, from floats and a little less, verified; 0 if none is."""
    import numpy as np

    (weight,) = floats_of([p])
    inverse = np.linalg.inv(np.linalg.cholesky(weight))
    least = min(
        float(np.linalg.eigvalsh(inverse @ form @ inverse.T)[0])
        for form in floats_of([-lyapunov_form(p, j) for j in jacobians])
    )
    if least <= 0:
        return fmpq(0)
    about = Fraction(least / 2)
    simple = [about.limit_denominator(most) for most in (10, 100, 10_000, 10**6)]
    near = [rate for rate in simple if rate >= about * Fraction(999, 1000)]
    for digits in (6, 4, 3, 2, 1):
        unit = Fraction(10) ** (math.floor(math.log10(about)) + 1 - digits)
        near.append(about // unit * unit)
    for candidate in near:
        rate = exact(candidate)
        if rate > 0 and all(positive_semidefinite(-lyapunov_form(p, j) - 2 * rate * p) for j in jacobians):
            return rate
    return fmpq(0)


def _identity(n: int) -> fmpq_mat:
    return fmpq_mat([[int(i == j) for j in range(n)] for i in range(n)])
