"""Intervals with balls for ends: what meets, what joins, how far to cut."""

from __future__ import annotations

from collections.abc import Sequence

import flint
import sympy
from flint import arb
from sympy import Expr, oo

from symgame.balls import ball_function

Range = tuple[arb, arb]


def end_ball(value: Expr) -> arb:
    return arb("inf") if value == oo else arb("-inf") if value == -oo else ball_function(value)()


def meet(one: Range, other: Range) -> Range | None:
    low, high = greater(one[0], other[0]), -greater(-one[1], -other[1])
    return (low, high) if low < high else None


def greater(a: arb, b: arb) -> arb:
    return b if b > a else a


def joined(parts: Sequence[Range]) -> list[Range]:
    """Intervals that touch or overlap, as one."""
    found: list[Range] = []
    for a, b in sorted(parts, key=lambda part: float(part[0])):
        if found and not a > found[-1][1]:
            found[-1] = (found[-1][0], greater(found[-1][1], b))
        else:
            found.append((a, b))
    return found


def least_part(whole: Range) -> arb:
    """How far intervals are cut: rates near the end of their range move little with t."""
    return (whole[1] - whole[0]) * arb(2) ** (48 - flint.ctx.prec)


def dyadic(ball: arb) -> Expr:
    """The dyadic midpoint of a ball as an exact number."""
    mantissa, exponent = ball.mid().man_exp()
    return sympy.Integer(int(mantissa)) * sympy.Integer(2) ** int(exponent)


def short(ball: arb) -> str:
    return str(ball.mid().str(6, radius=False))
