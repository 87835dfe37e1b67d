"""Diagonal dominance after scaling: H-matrices with a positive diagonal, and the M-matrices among them.

Such a matrix is a P-matrix: all its principal submatrices are of the same sort, and their determinants keep the sign
they have when the other entries shrink to 0.
Source: A. Berman and R. J. Plemmons, Nonnegative Matrices in the Mathematical Sciences (SIAM, 1994), chapter 6.
"""

from __future__ import annotations

from flint import fmpq, fmpq_mat

#: Bits to which the scaling is rounded, the coarsest that passes.
BITS = (6, 14, 30, 50)
#: Larger ratios of entries might not be doubles.
HUGE = fmpq(2**500)


def dominating(a: fmpq_mat) -> tuple[fmpq, ...] | None:
    """A vector u > 0 with ``a_ii u_i > sum |a_ij| u_j``, proposed by floats and verified; ``None`` refutes nothing.

    >>> dominating(fmpq_mat([[1, -3], [fmpq(1, 8), 1]])) is not None, dominating(fmpq_mat([[1, 2], [1, 1]]))
    (True, None)
    """
    import numpy as np

    n = a.nrows()
    rows = [[abs(value) for value in row] for row in a.tolist()]
    if any(a[i, i] <= 0 for i in range(n)):
        return None
    comparison = np.eye(n)
    for i, row in enumerate(rows):
        for j, size in enumerate(row):
            if j != i and size:
                ratio = size / row[i]
                comparison[i, j] = -(int(ratio.p) / int(ratio.q)) if ratio < HUGE else -1e150
    try:
        u = np.linalg.solve(comparison, np.ones(n))
    except np.linalg.LinAlgError:
        return None
    if not np.all(u > 0) or not np.all(np.isfinite(u)):
        return None
    sizes = fmpq_mat(rows)
    for bits in BITS:
        weights = [fmpq(max(1, round(x * 2.0**bits)), 2**bits) for x in (u / np.min(u)).tolist()]
        sums = (sizes * fmpq_mat(n, 1, weights)).entries()
        if all(2 * rows[i][i] * weights[i] > total for i, total in enumerate(sums)):
            return tuple(weights)
    return None


def m_matrix(a: fmpq_mat) -> bool:
    """Whether a matrix with no entry > 0 off the diagonal is a nonsingular M-matrix: ``A u = 1`` for some u > 0.

    >>> m_matrix(fmpq_mat([[1, fmpq(-1, 2)], [-1, 1]])), m_matrix(fmpq_mat([[1, -1], [-1, 1]]))
    (True, False)
    """
    try:
        u = a.solve(fmpq_mat(a.nrows(), 1, [fmpq(1)] * a.nrows()))
    except ZeroDivisionError:
        return False
    return all(v > 0 for v in u.entries())
