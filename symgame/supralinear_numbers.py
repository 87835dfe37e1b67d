"""Real algebraic numbers as roots of irreducible polynomials: every sign of a polynomial at them is decided.

An irreducible polynomial divides another one or has no root in common with it. So a value is 0 exactly when a division
leaves no remainder, and otherwise balls show its sign once they are small enough: no bound on sizes is needed.

Source: H. Cohen, A Course in Computational Algebraic Number Theory, section 4.2; the roots are isolated by FLINT.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

import flint
from flint import arb, fmpq, fmpq_poly, fmpz_poly

from symgame.balls import precision

#: Bits to begin with; they double until a sign shows.
FIRST = 96


@dataclass(frozen=True)
class RealRoot:
    """The real root number ``place``, from below and from 0, of an irreducible integer polynomial.

    ``coefficients`` begin with the constant one.

    >>> root = RealRoot((-2, 0, 1), 1)
    >>> root.ball(), root.sign(fmpq_poly([-7, 5])), root.sign(fmpq_poly([0, -2, 0, 1]))
    ([1.41421356237310 +/- 4.96e-15], 1, 0)
    """

    coefficients: tuple[int, ...]
    place: int

    @property
    def minimal(self) -> fmpz_poly:
        return fmpz_poly(list(self.coefficients))

    def ball(self) -> arb:
        """An enclosure at the precision of the moment."""
        return _balls(self.coefficients, flint.ctx.prec)[self.place]

    def sign(self, g: fmpq_poly) -> int:
        """The sign of ``g`` at the root, -1, 0 or 1: exact."""
        rest = self.reduced(g)
        if not rest:
            return 0
        bits = FIRST
        while True:
            with precision(bits):
                value = value_at(rest, self.ball())
            if value > 0 or value < 0:
                return 1 if value > 0 else -1
            bits *= 2

    def reduced(self, g: fmpq_poly) -> fmpq_poly:
        """The polynomial of least degree with the same value at the root.

        >>> RealRoot((-2, 0, 1), 1).reduced(fmpq_poly([0, 0, 0, 1]))
        2*x
        """
        return g % fmpq_poly(self.minimal)

    def enclosure(self, g: fmpq_poly, digits: int) -> arb:
        """The value of ``g`` at the root, to that many significant digits; an exact ball when it is a dyadic number."""
        rest = self.reduced(g)
        bits = max(FIRST, int(3.33 * digits) + 32)
        while True:
            with precision(bits):
                value = value_at(rest, self.ball())
                if not rest or value.rel_accuracy_bits() > 3.33 * digits + 4:
                    return value
            bits *= 2


def real_roots(p: fmpq_poly) -> Iterator[tuple[RealRoot, int]]:
    """Every real root of a polynomial that is not 0, with its multiplicity; from below for each irreducible factor.

    >>> [(str(root.ball()), power) for root, power in real_roots(fmpq_poly([-3, 1]) ** 2 * fmpq_poly([1, 0, 1]))]
    [('3.00000000000000', 2)]
    """
    _, factors = p.numer().factor()
    for factor, power in factors:
        key = tuple(int(c) for c in factor.coeffs())
        for place in range(len(_balls(key, FIRST))):
            yield RealRoot(key, place), int(power)


@cache
def _balls(coefficients: tuple[int, ...], bits: int) -> tuple[arb, ...]:
    """The real roots from below; FLINT isolates them, and gives a real one without an imaginary part."""
    with precision(bits):
        found = [root.real for root, _ in fmpz_poly(list(coefficients)).complex_roots() if root.imag == 0]
        return tuple(sorted(found, key=lambda ball: ball.mid()))


def value_at(g: fmpq_poly, ball: arb) -> arb:
    """Horner's scheme in balls.

    >>> value_at(fmpq_poly([1, 2, 1]), arb(2))
    9.00000000000000
    """
    total = arb(0)
    for c in reversed(g.coeffs()):
        total = total * ball + arb(c)
    return total


def midpoints(roots: list[RealRoot]) -> list[fmpq]:
    """One rational number in every interval that the roots cut from the line.

    >>> midpoints([RealRoot((-2, 1), 0), RealRoot((0, 1), 0)])
    [-1, 1, 3]
    """
    distinct = set(roots)
    bits = FIRST
    while True:
        with precision(bits):
            balls = sorted((root.ball() for root in distinct), key=lambda ball: ball.mid())
            if not any(a.overlaps(b) for a, b in pairwise(balls)):
                ends = [_rational(ball.mid()) for ball in balls]
                whole = [fmpq(ends[0].floor() - 1)] if ends else [fmpq(0)]
                inner = [(a + b) / 2 for a, b in pairwise(ends)]
                return [*whole, *inner, *([fmpq(ends[-1].ceil() + 1)] if ends else [])]
        bits *= 2


def _rational(middle: arb) -> fmpq:
    mantissa, exponent = middle.man_exp()
    return fmpq(mantissa) * fmpq(2) ** int(exponent)
