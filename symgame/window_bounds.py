"""Where the total inputs and the rates of a pair lie for all values of a parameter in a window, proved."""

from __future__ import annotations

import flint
import sympy
from flint import arb
from sympy import Symbol, oo

from symgame.activation import Activation
from symgame.ball_intervals import Range, end_ball, greater
from symgame.balls import ball_function
from symgame.certified_bounds import input_bounds
from symgame.pair_equations import Pair, stretches
from symgame.pieces import Z

#: Total inputs that are searched whole, where a bound of them is known, and where none is.
FARTHEST, FAR = 2_000, 256


def bounds(pair: Pair, low: arb, high: arb, farthest: int) -> tuple[tuple[Range, Range], tuple[Range, Range], bool]:
    """Intervals of the total inputs and of the rates of all equilibria in the window, and whether that was shown.

    ``x`` in the range of phi, ``z = W x + u``, ``x = phi(z)``, as often as it takes; where a range is infinite, begun
    with the bound that the growth of the activations gives.
    """
    window, p = low.union(high), pair.over
    weights = [[ball_function(e, p)(window) for e in row] for row in pair.W]
    inputs = [ball_function(e, p)(window) for e in pair.u]
    ends = [_rate_ends(a, p, low, high) for a in pair.activations]
    totals: list[Range] = [(arb("-inf"), arb("inf"))] * 2
    if not all(end.is_finite() for pair_of_ends in ends for end in pair_of_ends) and not any(
        p in a.free_symbols for a in pair.activations
    ):
        known = input_bounds(weights, inputs, pair.activations)
        if not isinstance(known, str):
            totals = [(z.lower(), z.upper()) for z in known]
    rates = list(ends)
    for _ in range(12):
        for i in range(2):
            terms = [_times(weights[i][j], rates[j]) for j in range(2)]
            bottom = sum((t[0] for t in terms), inputs[i]).lower() - arb(1) / 64
            top = sum((t[1] for t in terms), inputs[i]).upper() + arb(1) / 64
            totals[i] = (greater(totals[i][0], bottom.lower()), -greater(-totals[i][1], -top.upper()))
            rates[i] = _rates(pair.activations[i], p, (low, high), totals[i], ends[i])
    bounded = all(-farthest < end and end < farthest for each in totals for end in each)
    searched = totals if bounded else [(_clip(bottom), _clip(top)) for bottom, top in totals]
    proved = all(a == c and b == d for (a, b), (c, d) in zip(totals, searched, strict=True))
    found = [_rates(a, p, (low, high), z, e) for a, z, e in zip(pair.activations, searched, ends, strict=True)]
    return (searched[0], searched[1]), (found[0], found[1]), proved


def _rates(a: Activation, p: Symbol, window: Range, totals: Range, ends: Range) -> Range:
    """The rates at an interval of total inputs, whose ends may be infinite: phi increases in z, and is monotone in p,
    since ``phi``, or its inverse, is affine in p or in 1/p."""
    parts = stretches(a)

    def at(z: arb) -> tuple[arb, arb]:
        part = next(s for s in parts if s.high == oo or z <= end_ball(s.high))
        phi = ball_function(part.phi, Z, p)
        return _spread(phi(z, window[0]), phi(z, window[1]))

    low = at(totals[0])[0] if totals[0].is_finite() else ends[0]
    high = at(totals[1])[1] if totals[1].is_finite() else ends[1]
    return low, high


def _spread(a: arb, b: arb) -> Range:
    """The least and the greatest of two balls; their union would round its radius to thirty bits."""
    low, high = (b.lower(), a.upper()) if a > b else (a.lower(), b.upper())
    return -greater(-low, -a.lower()), greater(high, a.upper())


def resolved(pair: Pair, low: arb, high: arb, farthest: int) -> bool:
    """Whether balls of this precision, and intervals of :func:`least_part`, tell the extreme rates of the window from
    the ends of their range."""
    _, rates, _ = bounds(pair, low, high, farthest)
    for activation, reached in zip(pair.activations, rates, strict=True):
        if activation.pieces is not None or activation.phi.has(sympy.Piecewise):
            continue  # its ends are reached
        for end, rate in zip(_rate_ends(activation, pair.over, low, high), reached, strict=True):
            if end.is_finite() and not abs(end - rate) > arb(2) ** (64 - flint.ctx.prec):
                return False
    return True


def _clip(z: arb) -> arb:
    return arb(FAR) if z > FAR else arb(-FAR) if z < -FAR else z


def _rate_ends(a: Activation, p: Symbol, low: arb, high: arb) -> Range:
    """The ends of the range of phi, for every p of the window."""
    found = []
    for end in (a.domain.start, a.domain.end):
        f = None if end in (oo, -oo) else ball_function(end, p)
        found.append((end_ball(end),) * 2 if f is None else _spread(f(low), f(high)))
    return found[0][0], found[1][1]


def _times(weight: arb, rates: Range) -> Range:
    """The interval of ``weight * x``; 0 times an infinite end is 0."""
    products = [arb(0) if w == 0 else w * x for w in (weight.lower(), weight.upper()) for x in rates]
    least = products[0]
    most = products[0]
    for each in products[1:]:
        least = each if each < least else least
        most = each if each > most else most
    return least, most
