"""Balls as decimals: as many digits as asked for and as are proved, and how far the text may be off."""

from __future__ import annotations

from decimal import ROUND_UP, Context, Decimal
from fractions import Fraction

from flint import arb

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
    middle, spread = fraction(ball.mid()), fraction(ball.rad())
    proved = digits if ball.is_exact() else max(1, min(digits, int(ball.rel_accuracy_bits() / 3.32)))
    text = "0" if ball.contains(0) else str(ball.mid().str(proved, radius=False))
    return text, abs(middle - Fraction(text)) + spread


def fraction(exact: arb) -> Fraction:
    """A ball without radius as a fraction.

    >>> fraction(arb(3) / 8)
    Fraction(3, 8)
    """
    man, exp = (int(part) for part in exact.man_exp())
    return Fraction(man * 2**exp) if exp >= 0 else Fraction(man, 2**-exp)


def rounded_up(value: Fraction) -> str:
    """A fraction > 0 as a decimal of two digits that is not less.

    >>> rounded_up(Fraction(1, 3)), rounded_up(Fraction(1, 7 * 10**40))
    ('0.34', '1.5E-41')
    """
    up = Context(prec=60, rounding=ROUND_UP)
    exact = up.divide(Decimal(value.numerator), Decimal(value.denominator))
    return str(Context(prec=2, rounding=ROUND_UP).plus(exact))


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
