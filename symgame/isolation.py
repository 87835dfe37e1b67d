"""Every zero of a function on an interval, each in a ball of its own, with proof: by exclusion, monotony, signs.

On a part of the interval the function has no zero if its enclosure has none; it has at most one if the slope's
enclosure has no zero, and then the signs at the ends say whether there is one. A part where neither is seen is cut.
What is left, parts of the least width, stays *open*: a zero of the slope as well, or one that the precision of the
balls cannot tell from it.

Source: R. E. Moore, R. B. Kearfott and M. J. Cloud, Introduction to Interval Analysis (SIAM, 2009), ch. 8.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import flint
from flint import arb

Function = Callable[[arb], arb]

#: Where a part is cut, tried in this order until the sign there is sure: not in the middle, where symmetric functions
#: have their zeros. The numbers are dyadic, so that the parts meet exactly.
_CUTS = tuple(arb(k) / 128 for k in (63, 57, 71, 50))
_MOST_PARTS = 200_000


@dataclass(frozen=True)
class Zeros:
    """``zeros``: balls in increasing order, each with exactly one zero, which is simple; ``open``: parts of the
    interval, as balls, that were not decided. No other zero exists; with nothing open, these are all."""

    zeros: tuple[arb, ...]
    open: tuple[arb, ...]

    @property
    def complete(self) -> bool:
        return not self.open


def isolated_zeros(f: Function, slope: Function, low: arb, high: arb, least: arb | None = None) -> Zeros:
    """Every zero of f on ``[low, high]``, for f with the continuous derivative ``slope`` there.

    Both are functions of balls. Balls of zeros are refined as far as ``flint.ctx.prec`` allows. Parts narrower than
    ``least`` (default: the interval times ``2^(-prec/2)``) stay open. A zero at an end of the interval belongs to it
    when the value there is exactly 0; when its sign cannot be told there, the end stays open.

    >>> found = isolated_zeros(lambda x: x * x - 2, lambda x: 2 * x, arb(-2), arb(3))
    >>> [zero.str(10) for zero in found.zeros], found.complete
    (['[-1.414213562 +/- 3.74e-10]', '[1.414213562 +/- 3.74e-10]'], True)
    >>> double = isolated_zeros(lambda x: (3 * x - 1) ** 2, lambda x: 18 * x - 6, arb(0), arb(1))
    >>> double.zeros, double.open[0].contains(arb(1) / 3)
    ((), True)
    """
    width = high - low
    least = width * arb(2) ** (-flint.ctx.prec // 2) if least is None else least
    zeros: list[arb] = []
    undecided: list[arb] = []
    parts = [(low, high)]
    seen = 0
    while parts:
        a, b = parts.pop()
        seen += 1
        whole = a.union(b)
        gradient = slope(whole)
        value = f(whole)
        if not value.contains(0):
            continue
        middle, at = _cut(f, a, b)
        # the mean value form is the sharper of the two on short parts
        if gradient.is_finite() and not (at + gradient * (whole - middle)).contains(0):
            continue
        if gradient.is_finite() and not gradient.contains(0):
            found = _crossing(f, slope, a, b)
            if found is not None:
                zeros += found
                continue
        if (b - a) < least or seen > _MOST_PARTS or not (a < middle and middle < b):
            undecided.append(whole)
            continue
        parts += [(middle, b), (a, middle)]
    return Zeros(_distinct(zeros), _merged(undecided))


def _cut(f: Function, a: arb, b: arb) -> tuple[arb, arb]:
    """A point inside, and the value there: not 0, as far as that can be told."""
    points = [(a + (b - a) * cut).mid() for cut in _CUTS]
    first = f(points[0])
    if not first.contains(0):
        return points[0], first
    for point in points[1:]:
        value = f(point)
        if not value.contains(0):
            return point, value
    return points[0], first


def _crossing(f: Function, slope: Function, a: arb, b: arb) -> list[arb] | None:
    """The zero of a strictly monotone f between a and b, or none; ``None`` if a sign at an end cannot be told."""
    left, right = f(a), f(b)
    if left == 0:
        return [a]
    if right == 0:
        return [b]
    if left.contains(0) or right.contains(0):
        return None
    if (left > 0) == (right > 0):
        return []
    return [_refined(f, slope, a, b, rising=bool(right > 0))]


def _refined(f: Function, slope: Function, a: arb, b: arb, rising: bool) -> arb:
    """Newton's method for balls, with a cut where it does not halve the ball; the zero stays inside."""
    ball = a.union(b)
    finest = ball.rad() * arb(2) ** (-2 * flint.ctx.prec)  # a zero at 0 could be approached without end
    while ball.rad() > finest:
        middle = ball.mid()
        value, gradient = f(middle), slope(ball)
        step = middle - value / gradient
        if step.is_finite() and step.overlaps(ball):
            better = step.intersection(ball)
            if better.rad() < ball.rad() / 2:
                ball = better
                continue
        if value.contains(0):
            # no sharper value at this precision: the ball is as small as Newton's step from its middle
            return better if step.is_finite() and step.overlaps(ball) and better.rad() < ball.rad() else ball
        lower, upper = ball.lower(), ball.upper()
        half = (middle.union(upper)) if (value < 0) == rising else (lower.union(middle))
        if not half.rad() < ball.rad():
            return ball
        ball = half
    return ball


def _distinct(zeros: list[arb]) -> tuple[arb, ...]:
    """In order; a zero at the point where two parts meet is found from both sides and kept once."""
    ordered = sorted(zeros, key=lambda zero: float(zero.mid()))
    kept: list[arb] = []
    for zero in ordered:
        if not (kept and kept[-1].is_exact() and zero.is_exact() and kept[-1] == zero):
            kept.append(zero)
    return tuple(kept)


def _merged(parts: list[arb]) -> tuple[arb, ...]:
    """Parts that touch, as one."""
    merged: list[arb] = []
    for part in sorted(parts, key=lambda each: float(each.mid())):
        if merged and merged[-1].overlaps(part):
            merged[-1] = merged[-1].union(part)
        else:
            merged.append(part)
    return tuple(merged)
