"""Diagonal stability where it has a closed form: tree-like couplings, and three rows.

Both functions take an irreducible matrix whose diagonal is positive and yield a certificate, rational and complete on
the boundary too, or ``None`` where they do not apply. What they yield is verified by the caller.
"""

from __future__ import annotations

from math import isqrt

from flint import fmpq, fmpq_mat, fmpq_poly

from symgame.matrices.certificate import Certificate, by_minor, outer, weighted_sum
from symgame.matrices.definite import positive_definite, primitive, submatrix
from symgame.matrices.minors import nonpositive_minor

PRECISIONS = (64, 128, 256, 512, 1024, 2048, 4096)


def tree(a: fmpq_mat) -> Certificate | None:
    """The couplings form a tree, both ways along each edge (every matrix with two rows): LDS iff a P-matrix.

    ``p_i a_ij = -p_j a_ji`` where the product of the two is negative, so that they cancel, and ``p_i a_ij = p_j a_ji``
    where it is positive. What is left of ``P A`` is symmetric, and its components are principal submatrices of
    ``P A``: positive definite iff their minors are positive. Eliminating leaves first shows the first that is not.
    Source: A. Berman and D. Hershkowitz, SIAM J. Algebraic Discrete Methods 4 (1983) 377 (acyclic matrices).

    >>> tree(fmpq_mat([[1, 6, 0], [-1, 1, 1], [0, 2, 3]])).P
    (1, 6, 3)
    """
    n = a.nrows()
    neighbours = [[j for j in range(n) if j != i and (a[i, j] != 0 or a[j, i] != 0)] for i in range(n)]
    if sum(map(len, neighbours)) != 2 * (n - 1):
        return None
    order, parent, weights = [0], {0: -1}, {0: fmpq(1)}
    for i in order:
        for j in neighbours[i]:
            if j not in parent:
                parent[j] = i
                weights[j] = weights[i] * abs(a[i, j] / a[j, i])
                order.append(j)
    # below[i]: the children along edges with a positive product; their elimination changes the pivot of i
    below: list[list[int]] = [[] for _ in range(n)]
    pivots = [a[i, i] for i in range(n)]
    for i in reversed(order):
        if pivots[i] <= 0:
            vector = [fmpq(0)] * n
            vector[i] = fmpq(1)
            for j in (found := [i]):
                for child in below[j]:
                    vector[child] = -a[child, j] / pivots[child] * vector[j]
                    found.append(child)
            return Certificate(X=outer(vector))
        above = parent[i]
        if above >= 0 and a[i, above] * a[above, i] > 0:
            below[above].append(i)
            pivots[above] -= a[above, i] * a[i, above] / pivots[i]
    return Certificate(P=tuple(weights[i] for i in range(n)))


def simplest_between(low: fmpq, high: fmpq | None) -> fmpq:
    """The fraction with the smallest denominator in the open interval, ``0 <= low < high``; ``None`` is infinity.

    >>> simplest_between(fmpq(314, 100), fmpq(315, 100))
    22/7
    """
    whole = low.p // low.q
    if high is None or whole + 1 < high:
        return fmpq(whole + 1)
    rest = low - whole
    return whole + 1 / simplest_between(1 / (high - whole), 1 / rest if rest else None)


def _coefficients(m: fmpq_mat) -> tuple[fmpq, fmpq, fmpq]:
    """``(m_12 r + m_21)^2 - 4 m_11 m_22 r``, the highest power first: negative where diag(r, 1) makes m LDS."""
    return m[0, 1] ** 2, 2 * m[0, 1] * m[1, 0] - 4 * m[0, 0] * m[1, 1], m[1, 0] ** 2


def _ends(quadratic: tuple[fmpq, fmpq, fmpq], bits: int) -> tuple[tuple[fmpq, fmpq], tuple[fmpq, fmpq] | None]:
    """Enclosures of the two ends of the interval where the quadratic is negative; the right one may be infinite."""
    a, b, c = quadratic
    if a == 0:
        return (-c / b, -c / b), None
    square = b * b - 4 * a * c
    scaled = square.p * square.q << (2 * bits)  # sqrt(p/q) = sqrt(p q)/q
    root = isqrt(int(scaled))
    low, high = (fmpq(root + k, int(square.q) << bits) for k in (0, 0 if root * root == scaled else 1))
    return ((-b - high) / (2 * a), (-b - low) / (2 * a)), ((-b + low) / (2 * a), (-b + high) / (2 * a))


def _meeting(one: tuple[fmpq, fmpq, fmpq], two: tuple[fmpq, fmpq, fmpq]) -> tuple[bool, fmpq]:
    """Do the open intervals meet? A rational point in both, or one that separates them.

    If they only touch, the point is a common root of two rational quadratics that are not proportional (or the
    intervals would be the same), hence rational.
    """
    common = fmpq_poly(list(reversed(one))).gcd(fmpq_poly(list(reversed(two))))
    if common.degree() == 1:
        r = -common[0] / common[1]
        slopes = [2 * q[0] * r + q[1] for q in (one, two)]
        if slopes[0] * slopes[1] < 0:
            return False, r
    for bits in PRECISIONS:
        ends = [_ends(q, bits) for q in (one, two)]
        left = max(low[1] for low, _ in ends)
        rights = [high[0] for _, high in ends if high is not None]
        right = min(rights) if rights else 4 * left + 4
        if left < right:
            quarter = (right - left) / 4
            return True, simplest_between(left + quarter, right - quarter)
        for (_, upper), (lower, _) in (ends, ends[::-1]):
            if upper is not None and upper[1] < lower[0]:
                return False, simplest_between(max(upper[1], fmpq(0)), lower[0])
    raise ArithmeticError("two numbers that differ were not told apart")  # pragma: no cover


def triple(a: fmpq_mat) -> Certificate | None:
    """Three rows: LDS iff a P-matrix and two open intervals of ``r = p_1/p_2`` meet.

    They are where diag(r, 1) makes the leading block of A, and of the inverse of A, diagonally stable. If they do not
    meet, a rational r lies between them, or at their common end. Then some y has ``y' S y <= 0`` for the form S of
    the first block at r, and z for the second; with ``w = A^{-1} (z, 0)``, a combination ``(y, 0)(y, 0)' + c w w'`` is
    an X: the third entry of ``diag(A X)`` is 0, and the range of c where the first two are <= 0 is not empty.
    Source: R. Redheffer, SIAM J. Algebraic Discrete Methods 6 (1985) 612; R. Shorten and K. S. Narendra, Linear
    Algebra Appl. 431 (2009) 2317. The X is ours.

    >>> triple(fmpq_mat([[1, 0, 2], [2, 1, 0], [0, 2, 1]])).X          # the boundary of the secant criterion
    [ 4/3, -2/3, -2/3]
    [-2/3,  4/3, -2/3]
    [-2/3, -2/3,  4/3]
    """
    if a.nrows() != 3:
        return None
    minor, _ = nonpositive_minor(a, 100)
    if minor is not None:
        return by_minor(a, minor)
    inverse = a.inv()
    first, second = submatrix(a, (0, 1)), submatrix(inverse, (0, 1))
    meet, r = _meeting(_coefficients(first), _coefficients(second))
    if meet:
        return Certificate(P=(r, fmpq(1), _third_weight(a, r)))
    y, z = primitive(_unfavourable(first, r)), _unfavourable(second, r)
    w = primitive([inverse[i, 0] * z[0] + inverse[i, 1] * z[1] for i in range(3)])
    z = [a[i, 0] * w[0] + a[i, 1] * w[1] + a[i, 2] * w[2] for i in range(2)]
    first_row, second_row = ([u[0] * v[0], u[1] * v[1]] for u, v in ((y, _times(first, y)), (z, w)))
    low, high = sorted(-p / q for p, q in zip(first_row, second_row, strict=True))
    ratio = simplest_between(low, high) if low < high else low
    return Certificate(X=outer([*y, fmpq(0)]) + outer(w) * ratio)


def _times(m: fmpq_mat, v: list[fmpq]) -> tuple[fmpq, fmpq]:
    return m[0, 0] * v[0] + m[0, 1] * v[1], m[1, 0] * v[0] + m[1, 1] * v[1]


def _unfavourable(m: fmpq_mat, r: fmpq) -> list[fmpq]:
    """A vector along which ``diag(r, 1) m`` plus its transpose, whose determinant is <= 0, is not positive."""
    return [-(r * m[0, 1] + m[1, 0]), 2 * r * m[0, 0]]


def _third_weight(a: fmpq_mat, r: fmpq) -> fmpq:
    """A p_3 for p_1 = r, p_2 = 1: simple, and near the one that maximises the last pivot of ``P A + A' P``.

    That pivot is a concave quadratic in p_3, positive somewhere since r lies in both intervals.
    """
    s = fmpq_mat([[2 * r * a[0, 0], r * a[0, 1] + a[1, 0]], [r * a[0, 1] + a[1, 0], 2 * a[1, 1]]]).inv()
    u, c = fmpq_mat([[r * a[0, 2]], [a[1, 2]]]), fmpq_mat([[a[2, 0]], [a[2, 1]]])
    best = (a[2, 2] - (u.transpose() * s * c)[0, 0]) / (c.transpose() * s * c)[0, 0]
    for part in (2, 8, 64, 1024):
        simple = simplest_between(best - best / part, best + best / part)
        if positive_definite(weighted_sum(a, (r, fmpq(1), simple))):
            return simple
    return best
