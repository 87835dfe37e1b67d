"""The least exponent with ``base^m >= bound``, exactly, for rational numbers and for numbers ``a + b sqrt(d)``.

Powers are balls with proved radii (FLINT's arb), so the exponent may have hundreds of digits; where a ball holds the
bound, precision is doubled, unless the two are equal, which exact powers decide. Equality needs no large exponent:
heights satisfy ``h(base^m) = m h(base)``, and a number of degree at most 2 that is neither 0 nor a root of unity has
height at least half the logarithm of the golden ratio (E. Bombieri and W. Gubler, Heights in Diophantine Geometry,
2006, 1.5 and 1.6).
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import isqrt, lcm

import flint

from symgame.errors import BudgetExceeded

FIRST_BITS = 128
MOST_BITS = 1 << 22
SMALL = 100


@dataclass(frozen=True)
class Surd:
    """``a + b sqrt(d)`` with ``d >= 0``; ``b`` is 0 when it is rational."""

    a: Fraction
    b: Fraction = Fraction(0)
    d: Fraction = Fraction(0)

    @classmethod
    def of(cls, a: Fraction, b: Fraction, d: Fraction) -> Surd:
        """The number with a whole d without small squares; a rational one when the root is.

        >>> Surd.of(Fraction(1), Fraction(2), Fraction(9, 4)).a, str(Surd.of(Fraction(1), Fraction(2), Fraction(3, 4)))
        (Fraction(4, 1), '1 + sqrt(3)')
        """
        root = rational_root(d)
        if root is not None or not b:
            return cls(a + b * (root or 0))
        whole, b = d.numerator * d.denominator, b / d.denominator
        for k in range(2, SMALL):
            while whole % (k * k) == 0:
                whole, b = whole // (k * k), b * k
        return cls(a, b, Fraction(whole))

    def __mul__(self, other: Surd) -> Surd:
        d = self.d or other.d
        return Surd(self.a * other.a + self.b * other.b * d, self.a * other.b + self.b * other.a, d)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Surd) and self.a == other.a and self.b == other.b and (self.d == other.d or not self.b)

    def __hash__(self) -> int:
        return hash((self.a, self.b))

    def power(self, m: int) -> Surd:
        result, square = Surd(Fraction(1)), self
        while m:
            result = result * square if m & 1 else result
            m >>= 1
            square = square * square if m else square
        return result

    @property
    def bits(self) -> int:
        """A bound of the logarithm of its Mahler measure, in bits: by the length of its equation over the integers."""
        trace, norm = 2 * self.a, self.a**2 - self.b**2 * self.d
        return sum(p.bit_length() for q in (trace, norm) for p in (abs(q.numerator), q.denominator)) + 4

    @property
    def least_bits(self) -> int:
        """A lower bound of the same in bits: M >= |leading coefficient|, and >= that times half the trace."""
        if not self.b:
            return 2 * max(abs(self.a.numerator), self.a.denominator).bit_length() - 2
        trace, norm = 2 * self.a, self.a**2 - self.b**2 * self.d
        lead = lcm(trace.denominator, norm.denominator)
        return max(lead.bit_length(), int(lead * abs(trace) / 2).bit_length()) - 1

    def ball(self) -> flint.arb:
        """An enclosure at the precision of the moment."""
        a, b, d = (flint.arb(flint.fmpq(v.numerator, v.denominator)) for v in (self.a, self.b, self.d))
        return a + b * d.sqrt() if self.b else a

    def __str__(self) -> str:
        if not self.b:
            return str(self.a)
        sign, size = ("-", -self.b) if self.b < 0 else ("+", self.b)
        return f"{self.a} {sign} {'' if size == 1 else f'{size}*'}sqrt({self.d})"


def rational_root(d: Fraction) -> Fraction | None:
    """The square root of a fraction >= 0, when it is rational.

    >>> rational_root(Fraction(9, 4)), rational_root(Fraction(2))
    (Fraction(3, 2), None)
    """
    over, under = isqrt(d.numerator), isqrt(d.denominator)
    return Fraction(over, under) if over**2 == d.numerator and under**2 == d.denominator else None


def least_power(base: Surd, bound: Surd) -> int:
    """The least whole ``m >= 0`` with ``base^m >= bound``, for ``base > 1``.

    >>> three = Surd(Fraction(3))
    >>> [least_power(three, Surd(Fraction(b))) for b in ("1", "8", "9", "10")]
    [0, 2, 2, 3]
    >>> least_power(Surd(1 + Fraction(1, 10**30)), Surd(Fraction(2)))
    693147180559945309417232121459

    Raises ``ValueError`` for ``base <= 1``, :class:`~symgame.errors.BudgetExceeded` beyond four million bits.
    """
    bits = FIRST_BITS
    before = flint.ctx.prec
    try:
        while bits <= MOST_BITS:
            flint.ctx.prec = bits
            found = _searched(base, bound)
            if found is not None:
                return found
            bits *= 2
    finally:
        flint.ctx.prec = before
    raise BudgetExceeded(f"whether a power of {base} reaches {bound} did not show within {MOST_BITS} bits")


def _searched(base: Surd, bound: Surd) -> int | None:
    """The exponent by powers that are doubled, then put together from the largest; ``None`` when balls are too wide."""
    ball, goal = base.ball(), bound.ball()
    if base == Surd(Fraction(1)) or ball < 1:
        raise ValueError(f"the base {base} is not greater than 1")
    if bound == Surd(Fraction(1)) or goal < 1:
        return 0
    if not (ball > 1 and goal > 1):
        return None
    powers = [ball]
    while not powers[-1] > goal:
        if not powers[-1] < goal and (reached := _reaches(base, bound, 1 << (len(powers) - 1))) is not False:
            if reached is None:
                return None
            break
        powers.append(powers[-1] * powers[-1])
    below, product = 0, flint.arb(1)  # base^below < bound, the largest such exponent when the loop ends
    for k in reversed(range(len(powers))):
        candidate = product * powers[k]
        if candidate > goal:
            continue
        if not candidate < goal:
            reached = _reaches(base, bound, below + (1 << k))
            if reached is None:
                return None
            if reached:
                continue
        below, product = below + (1 << k), candidate
    return below + 1


def _reaches(base: Surd, bound: Surd, m: int) -> bool | None:
    """``True`` when ``base^m = bound``; ``None`` when they differ, by too little for the precision."""
    if m > 3 * bound.bits or m * base.least_bits > 2 * bound.bits:
        return None
    return True if base.power(m) == bound else None
