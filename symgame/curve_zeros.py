"""Zeros along curves of equilibria: few bits where these tell a sign, all where not, and a budget for a whole diagram.

A rate near the end of its range takes thousands of bits to be told from it; most parts of a curve need a hundred. A
search that costs more than the budget is given up with :class:`GivenUp`: what was found before it stays true.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import flint
from flint import arb

from symgame.ball_intervals import Range, least_part
from symgame.balls import precision
from symgame.isolation import Function, Zeros, isolated_zeros

#: Bits that are tried first, and what all searches of a diagram may cost: evaluations of one transcendental function,
#: those of 512 bits as one.
FEW, BUDGET = 128, 900_000.0


class GivenUp(Exception):
    """The budget is spent."""


@dataclass(eq=False)
class Searches:
    """Searches for zeros that share one budget.

    >>> found = Searches().zeros(lambda x: x * x - 2, lambda x: 2 * x, (arb(-2), arb(3)))
    >>> [zero.str(10) for zero in found.zeros]
    ['[-1.414213562 +/- 3.74e-10]', '[1.414213562 +/- 3.74e-10]']
    >>> Searches(4).zeros(lambda x: x * x - 2, lambda x: 2 * x, (arb(-2), arb(3)))
    Traceback (most recent call last):
    ...
    symgame.curve_zeros.GivenUp
    """

    all: float = BUDGET
    left: float = field(init=False)
    here: float = field(init=False, default=0.0)

    def __post_init__(self) -> None:
        self.left = self.all

    def zeros(self, f: Function, slope: Function, whole: Range) -> Zeros:
        """Every zero of f on an interval, see :func:`~symgame.isolation.isolated_zeros`.

        One search may cost half of what is left of the budget. If it costs more, as at a double zero, it is done again
        down to wider parts, and these stay open.
        """
        width = whole[1] - whole[0]
        for least in (least_part(whole), width * arb(2) ** (-FEW // 2)):
            self.here = self.left / 2
            try:
                return isolated_zeros(self._counted(f), self._counted(slope), *whole, least)
            except GivenUp:
                if self.left < 0:
                    break
        raise GivenUp

    def _counted(self, f: Function) -> Function:
        def value(t: arb) -> arb:
            quick = arb("nan")
            for bits in _ladder(t):
                self._spend(bits)
                with precision(bits):
                    quick = f(t)
                if quick.is_finite() and not (t.is_exact() and quick.contains(0)):
                    return quick
            self._spend(flint.ctx.prec)
            return f(t)

        return value

    def _spend(self, bits: int) -> None:
        cost = max(bits, 512) / 512
        self.left -= cost
        self.here -= cost
        if self.left < 0 or self.here < 0:
            raise GivenUp


def _ladder(t: arb) -> tuple[int, ...]:
    """Precisions to try before the full one. Over an interval its width hides the rounding, unless it is narrow."""
    if t.is_exact():
        return tuple(bits for bits in (FEW, 4 * FEW, 16 * FEW) if 2 * bits <= flint.ctx.prec)
    _, exponent = t.rad().man_exp()
    bits = FEW + 2 * max(0, -int(exponent) - 30)
    return (bits,) if 2 * bits <= flint.ctx.prec else ()
