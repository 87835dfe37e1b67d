"""The spectrum of a Jacobian whose entries are elements of a field Q(v): exact signs of real parts, enclosed values.

Up to two eigenvalues that are coupled, everything is the sign of trace, determinant and discriminant. From three on the
eigenvalues are isolated in balls; one that no precision separates from the imaginary axis is on it when a Hurwitz
determinant vanishes exactly.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import flint
from flint import acb, acb_poly, arb, fmpq, fmpq_poly

from symgame.balls import precision
from symgame.errors import Unsupported
from symgame.supralinear_numbers import FIRST, RealRoot, value_at

#: Bits from which on an eigenvalue is taken to be on the axis where a Hurwitz determinant is exactly 0.
LAST = 1536


@dataclass(frozen=True)
class Spectrum:
    """How many eigenvalues are left of, on, and right of the imaginary axis; ``zero`` of them are 0.

    ``real`` says that all are real. ``polynomial`` is the characteristic one of the coupled block, leading coefficient
    first, in v; ``decay`` are the rates at which silent populations only decay.
    """

    left: int
    axis: int
    right: int
    zero: int
    real: bool
    root: RealRoot
    polynomial: tuple[fmpq_poly, ...]
    decay: tuple[fmpq, ...]

    def values(self, digits: int) -> list[acb]:
        """The eigenvalues, each part to that many significant digits or exactly 0."""
        bits = max(2 * FIRST, 8 * digits)
        while True:
            with precision(bits):
                found = _values(self.root, self.polynomial) + [acb(arb(-d)) for d in self.decay]
                if self.axis > self.zero and bits >= LAST:
                    found = [acb(0, x.imag) if x.real.contains(0) else x for x in found]
                if all(part == 0 or part.rel_accuracy_bits() > 3.33 * digits + 4 for x in found for part in _parts(x)):
                    return found
            bits *= 2


def spectrum(root: RealRoot, polynomial: Sequence[fmpq_poly | int], decay: Sequence[fmpq]) -> Spectrum:
    """The spectrum of a block by its characteristic polynomial, joined by the eigenvalues ``-d``.

    >>> s = spectrum(RealRoot((-2, 0, 1), 1), [1, fmpq_poly([0, 2]), fmpq_poly([2])], [fmpq(1)])  # (t + sqrt 2)^2
    >>> (s.left, s.axis, s.right, s.real), [float(x.real) for x in s.values(3)]
    ((3, 0, 0, True), [-1.4142135623730951, -1.4142135623730951, -1.0])
    """
    coefficients = tuple(root.reduced(c if isinstance(c, fmpq_poly) else fmpq_poly([c])) for c in polynomial)
    left, axis, right, zero, real = _counts(root, coefficients)
    return Spectrum(left + len(decay), axis, right, zero, real, root, coefficients, tuple(decay))


def _counts(root: RealRoot, c: tuple[fmpq_poly, ...]) -> tuple[int, int, int, int, bool]:
    zero = 0
    while len(c) > 1 and not c[-1]:
        c, zero = c[:-1], zero + 1
    if len(c) == 1:
        return 0, zero, 0, zero, True
    if len(c) == 2:
        side = root.sign(c[1])
        return int(side > 0), zero, int(side < 0), zero, True
    if len(c) == 3:
        real = root.sign(c[1] ** 2 - 4 * c[2]) >= 0
        if root.sign(c[2]) < 0:
            return 1, zero, 1, zero, True
        side = root.sign(c[1])
        return 2 * (side > 0), zero + 2 * (side == 0), 2 * (side < 0), zero, real
    left, axis, right, real = _isolated(root, c)
    return left, axis + zero, right, zero, real


def _isolated(root: RealRoot, c: tuple[fmpq_poly, ...]) -> tuple[int, int, int, bool]:
    """By balls: three and more eigenvalues, none of them 0."""
    vanishes: bool | None = None
    bits = FIRST
    while True:
        with precision(bits):
            values = _values(root, c)
            left, right = (sum(bool(sign * x.real > 0) for x in values) for sign in (-1, 1))
            real = all(x.imag == 0 for x in values)
            axis = len(values) - left - right
            if not axis:  # NaN is neither left nor right
                return left, 0, right, real
            if vanishes is None:
                vanishes = not root.reduced(_hurwitz(c))
            if vanishes and bits >= LAST:
                return left, axis, right, False
        bits *= 2


def _hurwitz(c: tuple[fmpq_poly, ...]) -> fmpq_poly:
    """The last but one Hurwitz determinant: up to sign the product of all sums of two eigenvalues (Orlando)."""
    from symgame.supralinear_cases import characteristic

    n = len(c) - 1
    zero = fmpq_poly([0])
    rows = [[c[2 * b - a + 1] if 0 <= 2 * b - a + 1 <= n else zero for b in range(n - 1)] for a in range(n - 1)]
    return characteristic(rows)[-1]


def _values(root: RealRoot, c: tuple[fmpq_poly, ...]) -> list[acb]:
    """The eigenvalues of the block at the precision of the moment; parts that are 0 exactly so."""
    zero = 0
    while len(c) > 1 and not c[-1]:
        c, zero = c[:-1], zero + 1
    ball = root.ball()
    at = [value_at(x, ball) for x in c]
    rest = [acb(0)] * zero
    if len(c) == 1:
        return rest
    if len(c) == 2:
        return [acb(-at[1]), *rest]
    if len(c) == 3:
        gap = root.reduced(c[1] ** 2 - 4 * c[2])
        sign = root.sign(gap)
        middle = -at[1] / 2 if root.reduced(c[1]) else arb(0)
        wide = (abs(value_at(gap, ball)).sqrt() / 2) if sign else arb(0)
        return [*((acb(middle + s * wide) if sign >= 0 else acb(middle, s * wide)) for s in (1, -1)), *rest]
    try:
        # without a tolerance the roots are only told apart
        found = acb_poly(list(reversed(at))).roots(tol=arb(2) ** -(flint.ctx.prec // 2))
    except ValueError:
        if flint.ctx.prec < LAST:
            return [acb(arb("nan"), arb("nan"))] * (len(c) - 1) + rest  # the precision doubles
        raise Unsupported(
            "three or more coupled eigenvalues coincide, or nearly so: they were not isolated in balls"
        ) from None
    # a ball that meets the real axis meets the conjugate of its root, which is then the root itself
    return [acb(x.real) if x.imag.contains(0) else x for x in found] + rest


def _parts(value: acb) -> tuple[arb, arb]:
    return value.real, value.imag
