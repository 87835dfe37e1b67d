"""Balls as decimals: as many digits as asked for and as are proved, and how far the text may be off."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from math import ceil, floor, isqrt, log10

import flint
import sympy
from flint import arb

from symgame.balls import precision
from symgame.certified_spectrum import Eigenvalue


def rate_decimal(ball: arb, digits: int) -> tuple[str, Fraction]:
    """The middle of a ball to at most so many significant digits, and how far off anything in the ball can be.

    A ball that contains 0 is written as 0.

    >>> text, radius = rate_decimal(arb(2).sqrt(), 6)
    >>> text, radius < Fraction(1, 10**5)
    ('1.41421', True)
    >>> rate_decimal(arb(0, 2), 6)[0]
    '0'
    """
    proved = digits if ball.is_exact() else max(1, min(digits, int(ball.rel_accuracy_bits() / 3.32)))
    text = "0" if ball.contains(0) else str(ball.mid().str(proved, radius=False))
    places = Decimal(text).as_tuple()
    shift = -int(places.exponent)
    whole = int(Decimal((places.sign, places.digits, 0)))
    # in units of the last digit, on balls: fractions of rates like 1e-100000 would take seconds to subtract
    with precision(max(flint.ctx.prec, int(ball.mid().man_exp()[0]).bit_length()) + 64):
        gap = fraction(abs(ball * arb(10) ** shift - whole).upper())
    return text, Fraction(gap.numerator, gap.denominator * 10**shift) if shift >= 0 else gap * 10**-shift


def fraction(exact: arb) -> Fraction:
    """A ball without radius as a fraction.

    >>> fraction(arb(3) / 8)
    Fraction(3, 8)
    """
    man, exp = (int(part) for part in exact.man_exp())
    return Fraction(man * 2**exp) if exp >= 0 else Fraction(man, 2**-exp)


def simplest_in(ball: arb) -> sympy.Rational | None:
    """The fraction of least denominator in a ball, if it is simple for a ball of that width; else ``None``.

    A ball of radius r round no special number has one with a denominator of about ``r^(-1/2)``: below the fourth root
    of 1/r it is hardly an accident, which proves nothing.

    >>> simplest_in(arb(-1) / 3), simplest_in(arb(2).sqrt()), simplest_in(arb(0, 1e-30))
    (-1/3, None, 0)
    """
    if not ball.is_finite():
        return None
    low, high = fraction(ball.lower()), fraction(ball.upper())
    most = 2**32 if ball.is_exact() else isqrt(isqrt(int(1 / fraction(ball.rad()))))
    terms = []  # the continued fraction that both ends share, until a whole number lies between them
    while ceil(low) > high:
        terms.append(floor(low))
        low, high = 1 / (high - terms[-1]), 1 / (low - terms[-1])
    value = Fraction(ceil(low))
    for term in reversed(terms):
        value = term + 1 / value
    return sympy.Rational(value.numerator, value.denominator) if value.denominator <= most else None


def rounded_up(value: Fraction) -> str:
    """A fraction > 0 as the least decimal of at most two digits that is not less.

    >>> rounded_up(Fraction(1, 3)), rounded_up(Fraction(1, 7 * 10**40))
    ('0.34', '1.5E-41')
    """
    above, below = value.numerator, value.denominator
    exponent = floor((above.bit_length() - below.bit_length() - 1) * log10(2)) - 1
    while True:
        shifted = (above * 10**-exponent, below) if exponent <= 0 else (above, below * 10**exponent)
        digits = -(-shifted[0] // shifted[1])
        if digits <= 100:
            break
        exponent += 1
    while digits % 10 == 0:
        digits, exponent = digits // 10, exponent + 1
    return str(Decimal((0, tuple(map(int, str(digits))), exponent)))  # exact whatever the exponent


def eigenvalue_texts(rows: tuple[Eigenvalue, ...], digits: int) -> tuple[tuple[str, str], ...]:
    """Real and imaginary parts, each to the digits that are proved, at most those asked for; none if one has no digit.

    A part within 1e-``digits`` of 0 whose sign is not proved is written as 0.

    >>> eigenvalue_texts((Eigenvalue(arb(1) / 3, arb(0), True),), 6)
    (('0.333333', '0'),)
    """
    texts = [(_part(e.re, digits), _part(e.im, digits)) for e in rows]
    return (
        tuple((re, im) for re, im in texts if re is not None and im is not None)
        if all(part is not None for pair in texts for part in pair)
        else ()
    )


def _part(ball: arb, digits: int) -> str | None:
    if not ball.is_finite():
        return None
    if ball.contains(0):
        return "0" if ball.abs_upper() < arb(10) ** -digits else None
    proved = digits if ball.is_exact() else min(digits, int(ball.rel_accuracy_bits() / 3.33))
    return str(ball.str(proved, radius=False)) if proved > 0 else None
