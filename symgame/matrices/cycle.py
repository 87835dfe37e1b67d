"""Diagonal stability of one directed cycle of couplings: the secant criterion, decided exactly, its equality too."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from flint import arb, ctx, fmpq, fmpq_mat

from symgame.matrices.certificate import Certificate, by_minor, outer, weighted_sum
from symgame.matrices.definite import positive_definite
from symgame.matrices.minors import Minor

#: ``cos(pi/n)^n`` is rational for these n >= 4 only: every conjugate of cos(pi/n) would need the same modulus, and the
#: conjugates are the cos(k pi/n) with k coprime to 2n. Here ``c = cos(pi/n)`` has a rational square. With it come the
#: numbers ``cos(d pi/n)``, divided by c for odd d.
SQUARED_COSINES = {4: fmpq(1, 2), 6: fmpq(3, 4)}
COSINES = {
    4: (fmpq(1), fmpq(1), fmpq(0), fmpq(-1)),
    6: (fmpq(1), fmpq(1), fmpq(1, 2), fmpq(0), fmpq(-1, 2), fmpq(-1)),
}
PRECISIONS = (64, 128, 256, 512, 1024, 2048, 4096)


def cycle(a: fmpq_mat) -> Certificate | None:
    """One directed cycle of n >= 4 couplings: the secant criterion, exactly. (:func:`triple` does n = 3.)

    With the product rho of the gains over the decays: a positive loop is LDS iff ``rho < 1``, a negative one iff
    ``rho cos(pi/n)^n < 1``. Scaled so that all gains are ``rho^(1/n)``, P is the identity, and X holds the cosines of
    the angles between places of the cycle. Equality, ``rho cos(pi/n)^n = 1``, is possible for n = 4 and 6 only; there X
    is rational.
    Source: M. Arcak and E. D. Sontag, Automatica 42 (2006) 1531; the X is ours.

    >>> cycle(fmpq_mat([[1, 0, 0, 4], [-1, 1, 0, 0], [0, -1, 1, 0], [0, 0, -1, 1]])).X
    [   1, 1/2,   0, -1/4]
    [ 1/2, 1/2, 1/4,    0]
    [   0, 1/4, 1/4,  1/8]
    [-1/4,   0, 1/8,  1/8]
    """
    n = a.nrows()
    sources = [[j for j in range(n) if j != i and a[i, j] != 0] for i in range(n)]
    if n < 4 or any(len(found) != 1 for found in sources):
        return None
    target = {found[0]: i for i, found in enumerate(sources)}
    order = [0]
    while len(order) < n:
        order.append(target[order[-1]])
    couplings = [a[order[(k + 1) % n], order[k]] for k in range(n)]
    gains = [abs(g) / a[order[(k + 1) % n], order[(k + 1) % n]] for k, g in enumerate(couplings)]
    rho = _product(gains)
    positive = _product(-g for g in couplings) > 0
    if positive and rho >= 1:
        return by_minor(a, Minor(tuple(range(n)), order[-1], a.det()))
    if positive or _below_secant(rho, n):
        return Certificate(P=_cycle_weights(a, order, gains, rho))
    signs = [fmpq(1)]
    for g in couplings[:-1]:
        signs.append(signs[-1] if g < 0 else -signs[-1])
    return Certificate(X=_cycle_gram(a, order, gains, rho, signs))


def _product(values: Iterable[fmpq]) -> fmpq:
    out = fmpq(1)
    for value in values:
        out *= value
    return out


def _below_secant(rho: fmpq, n: int) -> bool:
    """``rho cos(pi/n)^n < 1``, decided exactly."""
    if n in SQUARED_COSINES:
        return bool(rho * rho * SQUARED_COSINES[n] ** n < 1)
    for bits in PRECISIONS:
        with ctx.workprec(bits):
            value = arb(rho) * arb.cos_pi_fmpq(fmpq(1, n)) ** n
            if value < 1 or value > 1:
                return bool(value < 1)
    raise ArithmeticError("two numbers that differ were not told apart")  # pragma: no cover


def _near(value: arb, bits: int) -> fmpq:
    """A dyadic number near the middle of a ball that is not negative, with so many significant bits."""
    man, exp = value.mid().man_exp()
    excess = max(0, int(man).bit_length() - bits)
    man, exp = int(man) >> excess, int(exp) + excess
    return fmpq(man << exp) if exp >= 0 else fmpq(man, 1 << -exp)


def _scales(gains: Sequence[fmpq], rho: fmpq) -> list[arb]:
    """The diagonal scaling along the cycle that makes every gain ``rho^(1/n)``."""
    root = arb(rho).root(len(gains))
    scales = [arb(1)]
    for gain in gains[:-1]:
        scales.append(scales[-1] * root / arb(gain))
    return scales


def _cycle_weights(a: fmpq_mat, order: Sequence[int], gains: Sequence[fmpq], rho: fmpq) -> tuple[fmpq, ...]:
    """The squares of the scales, rounded as coarsely as the margin allows."""
    n = len(order)
    for precision in PRECISIONS:
        with ctx.workprec(precision):
            true = [s * s / arb(a[i, i]) for s, i in zip(_scales(gains, rho), order, strict=True)]
        for bits in (4, 8, 16, 32, precision // 2):
            weights = [fmpq(0)] * n
            for i, value in zip(order, true, strict=True):
                weights[i] = _near(value, bits)
            if positive_definite(weighted_sum(a, weights)):
                return tuple(weights)
    raise ArithmeticError("the weights of a cycle were not found")  # pragma: no cover


def _cycle_gram(a: fmpq_mat, order: Sequence[int], gains: Sequence[fmpq], rho: fmpq, signs: Sequence[fmpq]) -> fmpq_mat:
    n = len(order)
    x = fmpq_mat(n, n)
    if n in SQUARED_COSINES and rho * rho * SQUARED_COSINES[n] ** n == 1:
        ahead = [fmpq(1)]
        for gain in gains[:-1]:
            ahead.append(ahead[-1] * gain)
        for k, i in enumerate(order):
            for l, j in enumerate(order):
                x[i, j] = signs[k] * signs[l] * ahead[k] * ahead[l] * _cosine_power(n, k, l)
        return x
    for precision in PRECISIONS:
        with ctx.workprec(precision):
            scales = _scales(gains, rho)
            cosines = [abs(arb.cos_pi_fmpq(fmpq(k, n))) / s for k, s in enumerate(scales)]
            sines = [arb.sin_pi_fmpq(fmpq(k, n)) / s for k, s in enumerate(scales)]
        for bits in (8, 16, 32, precision // 2):
            rows = [[fmpq(0)] * n, [fmpq(0)] * n]
            for k, i in enumerate(order):
                rows[0][i] = _near(cosines[k], bits) * (signs[k] if 2 * k < n else -signs[k]) * (2 * k != n)
                rows[1][i] = _near(sines[k], bits) * signs[k]
            x = outer(*rows)
            ax = a * x
            if all(ax[i, i] <= 0 for i in range(n)):
                return x
    raise ArithmeticError("the X of a cycle was not found")  # pragma: no cover


def _cosine_power(n: int, k: int, l: int) -> fmpq:
    """``c^(k+l) cos((k-l) pi/n)`` with ``c = cos(pi/n)``, for n = 4 and 6: odd powers of c come in pairs."""
    apart = abs(k - l)
    return SQUARED_COSINES[n] ** ((k + l + apart % 2) // 2) * COSINES[n][apart]
