"""The search in floating point, and what of its outcome is verified: scaling before it, rounding after it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from flint import fmpq, fmpq_mat

from symgame.matrices.barrier import search
from symgame.matrices.certificate import Certificate, verify_P, verify_X
from symgame.matrices.definite import power

if TYPE_CHECKING:
    from symgame.matrices.central_path import Floats

#: Significant bits to which the floats are rounded, the coarsest that passes.
BITS = (2, 4, 7, 12, 18, 26, 36, 48)


def searched(a: fmpq_mat) -> tuple[Certificate | None, tuple[float, float] | None]:
    """The search in floats on a balanced copy ``2^d A 2^e`` of A, and what can be verified of its outcome.

    ``Q`` is for ``D A E`` what ``P = E^{-1} Q D`` is for A, and Y what ``X = E Y E`` is.
    """
    left, right = balance(a)
    scaled = floats(a, left, right)
    found = search(scaled)
    if found.lower > 0:
        for rounded in _roundings(found.p):
            weights = tuple(q * power(d - e) for q, d, e in zip(rounded, left, right, strict=True))
            if _plausible(scaled, rounded) and verify_P(a, weights):
                return Certificate(P=weights), None
    if found.upper < 0:
        n = a.nrows()
        for bits in BITS:
            rows = _rounded_gram(found.x, bits)
            if rows is None:
                continue
            x = fmpq_mat([[fmpq(rows[i][j]) * power(right[i] + right[j]) for j in range(n)] for i in range(n)])
            if verify_X(a, x):
                return Certificate(X=x), None
    return None, (found.lower, found.upper)


def balance(a: fmpq_mat) -> tuple[list[int], list[int]]:
    """Exponents d, e of two: ``2^d A 2^e`` has a diagonal near 1, rows and columns weigh alike (A's diagonal > 0)."""
    n = a.nrows()
    size = [[_log2(value) for value in row] for row in a.tolist()]
    left = [-round(size[i][i]) for i in range(n)]
    shift = _osborne([[value + d for value in row] for d, row in zip(left, size, strict=True)])
    return [d + s for d, s in zip(left, shift, strict=True)], [-s for s in shift]


def similarity(a: fmpq_mat) -> list[int]:
    """Exponents s of two: in ``2^s A 2^-s`` rows and columns weigh alike."""
    return _osborne([[_log2(value) for value in row] for row in a.tolist()])


def _osborne(size: Sequence[Sequence[float]]) -> list[int]:
    """The similarity by powers of two of Osborne's method, for entries with these logarithms, sweep by sweep."""
    n = len(size)
    shift = [0] * n
    for _ in range(20):
        moved = False
        for i in range(n):
            out = [size[i][j] + shift[i] - shift[j] for j in range(n) if j != i]
            back = [size[j][i] + shift[j] - shift[i] for j in range(n) if j != i]
            step = (_largest(back) - _largest(out)) / 2
            if math.isfinite(step) and abs(step) > 0.75:
                shift[i] += round(step)
                moved = True
        if not moved:
            break
    return shift


def _largest(values: Sequence[float]) -> float:
    """Like the logarithm of a Euclidean norm, from logarithms."""
    top = max(values, default=-math.inf)
    return top if math.isinf(top) else top + math.log2(sum(4.0 ** (v - top) for v in values)) / 2


def _log2(value: fmpq) -> float:
    return math.log2(abs(int(value.p))) - math.log2(int(value.q)) if value else -math.inf


def floats(a: fmpq_mat, left: Sequence[int], right: Sequence[int]) -> Floats:
    """``2^left A 2^right`` in double precision, without overflow on the way."""
    import numpy as np

    out = np.zeros((a.nrows(), a.ncols()))
    for i, row in enumerate(a.tolist()):
        for j, value in enumerate(row):
            if value:
                shift = left[i] + right[j]
                over, under = int(value.p), int(value.q)
                out[i, j] = (over << shift) / under if shift >= 0 else over / (under << -shift)
    return out


def _roundings(p: Floats) -> Iterable[list[fmpq]]:
    """The positive floats p to more and more significant bits."""
    for bits in BITS:
        out = []
        for value in p.tolist():
            mantissa, exponent = math.frexp(value)
            out.append(fmpq(max(1, round(mantissa * 2**bits))) * power(exponent - bits))
        yield out


def _plausible(scaled: Floats, weights: Sequence[fmpq]) -> bool:
    """A cheap look in floats before the exact verification."""
    import numpy as np

    half = np.array([int(p.p) / int(p.q) for p in weights])[:, None] * scaled
    return float(np.linalg.eigvalsh(half + half.T)[0]) > 0


def _rounded_gram(x: Floats, bits: int) -> list[list[int]] | None:
    """X in integers, its diagonal to so many bits; ``None`` where floats already see that it is not definite."""
    import numpy as np

    unit = 2.0**bits / float(np.max(np.diag(x)))
    scaled = np.rint((x + x.T) / 2 * unit)
    try:
        np.linalg.cholesky(scaled)
    except np.linalg.LinAlgError:
        return None
    return [[int(v) for v in row] for row in scaled.tolist()]
