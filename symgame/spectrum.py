"""Spectra from characteristic polynomials with rational coefficients: signs of real parts and types exactly, roots to
any number of digits.

Polynomials are lists of fractions, leading coefficient first. Source: F. R. Gantmacher, The Theory of Matrices,
ch. XV (Routh's scheme); roots by FLINT's ``arb_fmpz_poly_complex_roots``, which isolates them, so that a real root is
known to be real.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import gcd, lcm

import flint


def characteristic(block: Sequence[Sequence[int]], decay: Sequence[int], scale: int) -> list[Fraction]:
    """The characteristic polynomial of ``block / scale`` joined by the eigenvalues ``-d / scale``, d in ``decay``.

    >>> [str(c) for c in characteristic([[2, 4], [0, 1]], [6], 2)]
    ['1', '3/2', '-4', '3/2']
    """
    p = flint.fmpz_mat(len(block), len(block), [v for row in block for v in row]).charpoly()
    for d in decay:
        p *= flint.fmpz_poly([d, 1])
    return [Fraction(int(c), scale**power) for power, c in enumerate(reversed(p.coeffs()))]


def integral(polynomial: Sequence[Fraction]) -> flint.fmpz_poly:
    """A positive multiple with integer coefficients."""
    scale = lcm(*(c.denominator for c in polynomial))
    return flint.fmpz_poly([int(c * scale) for c in reversed(polynomial)])


def all_left(polynomial: Sequence[Fraction]) -> bool:
    """Every root has negative real part: Routh's scheme, with the common factor of each row taken out.

    A row is only ever multiplied by positive numbers, because the scheme stops at the first leading entry that is not
    positive. The leading coefficient must be positive.

    >>> all_left([Fraction(1), Fraction(2), Fraction(2)]), all_left([Fraction(1), Fraction(0), Fraction(1)])
    (True, False)
    """
    scale = lcm(*(c.denominator for c in polynomial))
    coefficients = [int(c * scale) for c in polynomial]
    if any(c <= 0 for c in coefficients):  # Stodola: necessary for a positive leading coefficient
        return False
    upper, lower = coefficients[0::2], coefficients[1::2]
    while lower:
        p, q = upper[0], lower[0]
        if q <= 0:
            return False
        row = [q * upper[k + 1] - p * (lower[k + 1] if k + 1 < len(lower) else 0) for k in range(len(upper) - 1)]
        common = gcd(*row) if row else 1
        upper, lower = lower, [v // common for v in row] if common > 1 else row
    return True


def on_imaginary_axis(polynomial: Sequence[Fraction]) -> bool:
    """Whether a real polynomial has a root ``i w``: even and odd part share a root ``y = w^2 >= 0``. Exact.

    >>> [on_imaginary_axis([Fraction(1), Fraction(0), Fraction(c)]) for c in (2, -2)]
    [True, False]
    """
    if polynomial[-1] == 0:
        return True
    ascending = [int(c) for c in integral(polynomial).coeffs()]
    even = flint.fmpz_poly([(-1) ** k * c for k, c in enumerate(ascending[0::2])])
    odd = flint.fmpz_poly([(-1) ** k * c for k, c in enumerate(ascending[1::2])])
    common = even.gcd(odd)
    return bool(common.degree() > 0 and any(y.imag == 0 and y.real > 0 for y, _ in common.complex_roots()))


def real_roots(polynomial: Sequence[Fraction]) -> int:
    """How many roots are real, with their multiplicities.

    >>> real_roots([Fraction(1), Fraction(-2), Fraction(1)]), real_roots([Fraction(1), Fraction(0), Fraction(1)])
    (2, 0)
    """
    return sum(power for root, power in integral(polynomial).complex_roots() if root.imag == 0)


def spectral_type(polynomial: Sequence[Fraction]) -> str:
    """node, focus, saddle, center or non-hyperbolic, from exact root counts of the characteristic polynomial.

    >>> spectral_type([Fraction(1), Fraction(3), Fraction(2)]), spectral_type([Fraction(1), Fraction(0), Fraction(1)])
    ('node', 'center')
    """
    degree = len(polynomial) - 1
    if on_imaginary_axis(polynomial):
        return "center" if degree == 2 and polynomial[-1] > 0 else "non-hyperbolic"
    if not all_left(polynomial) and not all_left([c * (-1) ** k for k, c in enumerate(polynomial)]):
        return "saddle"
    return "node" if real_roots(polynomial) == degree else "focus"


def eigenvalues(polynomial: Sequence[Fraction], digits: int) -> tuple[tuple[str, str], ...]:
    """The roots, as decimals that carry all the digits asked for: certified balls, refined until they do.

    >>> eigenvalues([Fraction(1), Fraction(0), Fraction(-2)], 6)
    (('1.41421', '0'), ('-1.41421', '0'))
    """
    p = integral(polynomial)
    before = flint.ctx.dps
    try:
        for precision in (digits + 10, 2 * digits + 30, 4 * digits + 100):
            flint.ctx.dps = precision
            rows = [(root.real, root.imag) for root, power in p.complex_roots() for _ in range(power)]
            if all(part.rel_accuracy_bits() > 3.33 * digits or part == 0 for row in rows for part in row):
                break
        rows.sort(key=lambda row: (float(row[0]), float(row[1])), reverse=True)
        return tuple((_decimal(re, digits), _decimal(im, digits)) for re, im in rows)
    finally:
        flint.ctx.dps = before


def _decimal(ball: flint.arb, digits: int) -> str:
    if ball == 0 or ball.contains(0):
        return "0"
    return str(ball.str(digits, radius=False))
