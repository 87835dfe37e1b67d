"""Eigenvalues, stability and type of a Jacobian whose entries are balls: what is said holds for all that they contain.

``J = diag(1/tau) (S W - I)``. Blocks that do not feed back on each other are taken one by one, so that equal
eigenvalues of different blocks are no obstacle. A block of one or two is solved in closed form; a larger one that is
symmetric after scaling by Jacobi's rotations, any other by FLINT's isolation of eigenvalues, where an isolated one
whose mirror image meets no other is real. Hurwitz by Routh's scheme.

Source: F. R. Gantmacher, The Theory of Matrices, ch. XV; F. Johansson, Arb, IEEE Trans. Comput. 66 (2017) 1281.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flint import acb, acb_mat, arb, arb_mat

from symgame.coupling import components

Rows = Sequence[Sequence[arb]]


@dataclass(frozen=True, eq=False)
class Eigenvalue:
    """Real and imaginary part as balls; ``real`` is ``None`` where it is not known whether it is real."""

    re: arb
    im: arb
    real: bool | None


@dataclass(frozen=True, eq=False)
class Spectrum:
    """``None`` stands for what the balls leave open; ``index`` is the sign of det(I - W S)."""

    eigenvalues: tuple[Eigenvalue, ...]
    stable: bool | None
    type: str | None
    index: int | None


def spectrum(W: Rows, slopes: Sequence[arb], tau: Sequence[arb], real: bool = False) -> Spectrum:
    """The spectrum of ``diag(1/tau) (S W - I)``.

    ``real`` says that W is known to be symmetric after scaling (``d_i W_ij = d_j W_ji``, d > 0): so is the Jacobian
    then, and all eigenvalues are real.

    >>> one, zero = arb(1), arb(0)
    >>> found = spectrum([[zero, -one], [one, zero]], [one, one], [one, one])
    >>> found.type, found.stable, found.index, [str(e.im) for e in found.eigenvalues]
    ('focus', True, 1, ['1.00000000000000', '-1.00000000000000'])
    >>> wide = spectrum([[arb(1, "1e-20")]], [one], [one])
    >>> wide.stable, wide.type, wide.index
    (None, None, None)
    """
    n = len(slopes)
    jacobian = [[(slopes[i] * W[i][j] - (i == j)) / tau[i] for j in range(n)] for i in range(n)]
    blocks = components([[i != j and not jacobian[i][j].is_zero() for j in range(n)] for i in range(n)])
    rows: list[Eigenvalue] = []
    stable: list[bool | None] = []
    sign: int | None = 1
    for block in blocks:
        part = [[jacobian[i][j] for j in block] for i in block]
        if len(block) == 2:
            i, j = block
            # not by the difference of two entries: slopes below the rounding error of 1 would be lost
            rows += _of_two(part, slopes[i] * W[i][i] / tau[i] - slopes[j] * W[j][j] / tau[j] - _lag(tau[i], tau[j]))
        else:
            rows += block_eigenvalues(part, real)
        stable.append(hurwitz(part))
        determinant = arb_mat(part).det() * (-1) ** len(block)
        sign = None if sign is None or determinant.contains(0) else sign * (1 if determinant > 0 else -1)
    rows.sort(key=lambda e: (float(e.re.mid()), float(e.im.mid())), reverse=True)
    whole = False if False in stable else None if None in stable else True
    return Spectrum(tuple(rows), whole, spectral_type(rows), sign)


def spectral_type(rows: Sequence[Eigenvalue]) -> str | None:
    """node, focus or saddle, ``None`` when that is not decided (as at a centre, which balls never prove)."""
    sides = [1 if e.re > 0 else -1 if e.re < 0 else None for e in rows]
    if 1 in sides and -1 in sides and None not in sides:
        return "saddle"
    if None in sides:
        return None
    if any(e.real is False for e in rows):
        return "focus"
    return "node" if all(e.real for e in rows) else None


def hurwitz(block: Rows) -> bool | None:
    """Whether every eigenvalue has a negative real part.

    >>> hurwitz([[arb(-1), arb(5)], [arb(0), arb(-2)]]), hurwitz([[arb(0, 1)]])
    (True, None)
    """
    coefficients = list(reversed(arb_mat([list(row) for row in block]).charpoly().coeffs()))
    if any(c < 0 for c in coefficients):  # Stodola: necessary, the leading coefficient is 1
        return False
    upper, lower = coefficients[0::2], coefficients[1::2]
    while lower:
        if lower[0] < 0:
            return False
        if not lower[0] > 0:
            return None
        factor = upper[0] / lower[0]
        row = [upper[k + 1] - factor * (lower[k + 1] if k + 1 < len(lower) else 0) for k in range(len(upper) - 1)]
        upper, lower = lower, row
    return True


def block_eigenvalues(block: Rows, symmetric: bool = False) -> list[Eigenvalue]:
    """The eigenvalues of a strongly connected block, with multiplicity; ``symmetric`` as ``real`` of the spectrum."""
    at = range(len(block))
    if len(block) == 1:
        return [Eigenvalue(block[0][0], arb(0), True)]
    if len(block) == 2:
        return _of_two(block, block[0][0] - block[1][1])
    if symmetric:
        roots = [[_root_of(block[i][j], block[j][i]) if i != j else block[i][i] for j in at] for i in at]
        return symmetric_eigenvalues(roots)
    matrix = acb_mat(arb_mat([list(row) for row in block]))
    try:
        isolated = matrix.eig()
    except ValueError:
        try:
            several = matrix.eig(multiple=True)
        except ValueError:
            return [Eigenvalue(arb("nan"), arb("nan"), None)] * len(block)
        return [Eigenvalue(v.real, v.imag, None) for v in several]
    return [_isolated(k, isolated) for k in range(len(isolated))]


def _isolated(k: int, values: Sequence[acb]) -> Eigenvalue:
    """One of several isolated eigenvalues: real if its mirror image can be no other, as these come in pairs."""
    value = values[k]
    if not value.imag.contains(0):
        return Eigenvalue(value.real, value.imag, False)
    mirror = acb(value.real, -value.imag)
    alone = not any(mirror.overlaps(other) for j, other in enumerate(values) if j != k)
    return Eigenvalue(value.real, arb(0) if alone else value.imag, True if alone else None)


def symmetric_eigenvalues(matrix: Rows) -> list[Eigenvalue]:
    """The eigenvalues of a symmetric matrix, with multiplicity: Jacobi's rotations on balls, then Gershgorin's discs.

    A rotation is exact for some angle in its balls, so that the spectrum stays the same. Where k discs meet, each of
    their k eigenvalues is somewhere in their union.

    Source: R. A. Horn and C. R. Johnson, Matrix Analysis (Cambridge, 2013), theorem 6.1.1.

    >>> ones = [[arb(1)] * 3] * 3
    >>> found = symmetric_eigenvalues(ones)
    >>> [value.re.contains(exact) and value.re.rad() < arb(2) ** -40 for value, exact in zip(found, (3, 0, 0))]
    [True, True, True]
    """
    n = len(matrix)
    a = [list(row) for row in matrix]
    before = arb("inf")
    while True:
        for p in range(n):
            for q in range(p + 1, n):
                _rotate(a, p, q)
        off = sum((abs(a[i][j]).upper() for i in range(n) for j in range(i)), arb(0))
        if not off < before / 2:
            break
        before = off
    reach = [sum((abs(a[i][j]).upper() for j in range(n) if j != i), arb(0)).upper() for i in range(n)]
    discs = [a[i][i] + arb(0, reach[i]) for i in range(n)]
    groups = components([[i != j and discs[i].overlaps(discs[j]) for j in range(n)] for i in range(n)])
    rows = [Eigenvalue(_union([discs[i] for i in group]), arb(0), True) for group in groups for _ in group]
    return sorted(rows, key=lambda e: float(e.re.mid()), reverse=True)


def _rotate(a: list[list[arb]], p: int, q: int) -> None:
    """The rotation of the plane (p, q) that takes a[p][q] to about 0, for an exact tangent of its angle."""
    b = a[p][q].mid()
    if b == 0:
        return
    half = ((a[q][q] - a[p][p]) / (2 * b)).mid()
    t = (1 / (abs(half) + (1 + half * half).sqrt())).mid()
    t = -t if half < 0 else t
    if not t.is_finite():
        return
    c = 1 / (1 + t * t).sqrt()
    s = t * c
    app, aqq, apq = a[p][p], a[q][q], a[p][q]
    for k in range(len(a)):
        if k not in (p, q):
            kp, kq = a[k][p], a[k][q]
            a[k][p] = a[p][k] = c * kp - s * kq
            a[k][q] = a[q][k] = s * kp + c * kq
    square, twice = c * c, 2 * s * c * apq
    a[p][p] = square * app - twice + s * s * aqq
    a[q][q] = s * s * app + twice + square * aqq
    a[p][q] = a[q][p] = (square - s * s) * apq + s * c * (app - aqq)


def _union(balls: Sequence[arb]) -> arb:
    whole = balls[0]
    for ball in balls[1:]:
        whole = whole.union(ball)
    return whole


def _root_of(forth: arb, back: arb) -> arb:
    """The entry of the symmetric matrix that a scaling makes of two entries of one sign."""
    size = (forth * back).max(arb(0)).sqrt()
    return -size if forth < 0 or back < 0 else size if forth > 0 or back > 0 else size.union(-size)


def _lag(one: arb, other: arb) -> arb:
    """``1/one - 1/other``, exactly 0 for the same number."""
    return (other - one) / (one * other)


def _of_two(block: Rows, gap: arb) -> list[Eigenvalue]:
    """The eigenvalues of a block of two whose diagonal entries differ by ``gap``."""
    (a, b), (c, d) = block
    middle, product = (a + d) / 2, b * c
    quarter = (gap / 2) ** 2 + product
    if product >= 0:  # then the discriminant is a square and what is not negative, whatever the rounding
        quarter = quarter.max(arb(0)) if quarter.contains(0) else quarter
        root = quarter.sqrt()
        return [Eigenvalue(middle + root, arb(0), True), Eigenvalue(middle - root, arb(0), True)]
    if quarter > 0:
        root = quarter.sqrt()
        return [Eigenvalue(middle + root, arb(0), True), Eigenvalue(middle - root, arb(0), True)]
    if quarter < 0:
        root = (-quarter).sqrt()
        return [Eigenvalue(middle, root, False), Eigenvalue(middle, -root, False)]
    size = abs(quarter).upper().sqrt()
    return [Eigenvalue(middle + arb(0, size), arb(0, size), None)] * 2
