"""Bautin points of the plane of inputs: where the first Lyapunov coefficient changes its sign along a Hopf curve.

Along the curve one rate determines the other through the two gains. A change of sign between neighbouring points is
narrowed in doubles, and its two ends are then decided in balls: a coefficient that is proved to have opposite signs at
both has a zero between them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import sympy
from flint import arb

from symgame.balls import ball_function, precision
from symgame.bifurcation_arcs import Relation
from symgame.bifurcation_curves import Curve, Floats, SpecialPoint
from symgame.bifurcation_pairs import Pair
from symgame.bifurcation_points import BITS, ball_inverse, ball_side, ball_slope, other_gain
from symgame.circuit import Circuit
from symgame.hopf_criticality import lyapunov_formula
from symgame.notation import symbol

#: Points between two ends, rounds of narrowing, and the least part of the rate's size that is left.
_POINTS, _ROUNDS, _LEAST = 33, 8, 2.0**-44


@dataclass(frozen=True, eq=False)
class Coefficient:
    """``omega*l1`` and ``omega^2`` as functions of the two rates and the weights of the plane: in doubles, in balls."""

    doubles: Callable[..., Any]
    growth: Callable[..., arb]
    squared: Callable[..., arb]

    def at(self, rates: Sequence[Floats], weights: Sequence[Floats]) -> Floats:
        """``l1``; NaN where ``omega`` is 0."""
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            growth, squared = self.doubles(*rates, *weights)
            value = np.where(squared > 0, growth / np.sqrt(np.where(squared > 0, squared, 1.0)), np.nan)
        return np.asarray(np.broadcast_to(value, rates[0].shape), dtype=float)


@lru_cache(maxsize=64)
def coefficient(circuit: Circuit, weights: tuple[str, ...]) -> Coefficient:
    """The first Lyapunov coefficient of a pair with numbers for all but these weights and its inputs."""
    growth, squared = lyapunov_formula(circuit).of_rates()
    unknowns = [symbol(f"x_{name}") for name in circuit.names] + [symbol(name) for name in weights]
    doubles = sympy.lambdify(unknowns, [growth, squared], modules="numpy", cse=True)
    return Coefficient(doubles, ball_function(growth, *unknowns), ball_function(squared, *unknowns))


def bautin_points(pair: Pair, curve: Curve, relation: Relation) -> list[SpecialPoint]:
    """The points of a Hopf curve in the plane of inputs where its coefficient changes sign."""
    signs = np.sign(curve.lyapunov)
    # a coefficient is infinite at the ends of a curve, where the frequency is 0: the sign there is still one
    places = np.flatnonzero(signs[1:] * signs[:-1] < 0)
    return [_narrowed(pair, curve.rates[k], curve.rates[k + 1], relation) for k in places.tolist()]


def _narrowed(pair: Pair, left: Floats, right: Floats, relation: Relation) -> SpecialPoint:
    sides = [[_side(pair, i, x[i]) for i in range(2)] for x in (left, right)]
    lead = relation.free
    if sides[0][lead] == sides[1][lead] and sides[0] != sides[1]:  # the other gain is greatest between them
        lead = 1 - lead
    side = sides[0][1 - lead]
    a, b = float(left[lead]), float(right[lead])

    def along(x: Floats) -> tuple[Floats, Floats]:
        gain = _follow(relation, lead, pair.gains[lead].slope(x))
        rest = np.broadcast_to(pair.gains[1 - lead].rates[side](gain), x.shape)
        return (x, rest) if lead == 0 else (rest, x)

    for _ in range(_ROUNDS):
        x = np.linspace(a, b, _POINTS)
        change = np.sign(coefficient(pair.circuit, ()).at(along(x), ()))
        at = np.flatnonzero(change[1:] * change[:-1] < 0)
        if not len(at) or abs(b - a) < _LEAST * max(abs(a), abs(b)):
            break
        a, b = float(x[at[0]]), float(x[at[0] + 1])
    proved = _opposite(pair, relation, lead, side, a, b)
    with precision(BITS):
        whole = arb(a).union(arb(b))
        state = _ball_state(pair, relation, lead, side, whole)
        u = [
            ball_inverse(pair.gains[i])(state[i]) - sum(_ball(pair.W[i][j]) * state[j] for j in range(2))
            for i in range(2)
        ]
        values = [u[slot.row] for slot in pair.slots] + state
        radius = max(float(v.rad()) for v in values)
        p, q, x0, x1 = (float(v.mid()) for v in values)
    bound = radius if proved and np.isfinite(radius) else None
    return SpecialPoint("bautin", (p, q), (x0, x1), bound, "bracketed" if proved else "numerical")


def _opposite(pair: Pair, relation: Relation, lead: int, side: int, a: float, b: float) -> bool:
    law = coefficient(pair.circuit, ())
    with precision(BITS):
        states = [_ball_state(pair, relation, lead, side, arb(x)) for x in (a, b)]
        if not all(law.squared(*state) > 0 for state in states):
            return False
        first, second = (law.growth(*state) for state in states)
    return bool((first > 0 and second < 0) or (first < 0 and second > 0))


def _ball_state(pair: Pair, relation: Relation, lead: int, side: int, x: arb) -> list[arb]:
    gain = ball_slope(pair.gains[lead])(x)
    rest = ball_side(pair.gains[1 - lead], side)(_follow(relation, lead, gain))
    return [x, rest] if lead == 0 else [rest, x]


def _follow(relation: Relation, lead: int, gain: Any) -> Any:
    """The gain of the other population, from that of ``lead``, in doubles or in balls; of a trace, by a line."""
    if isinstance(gain, arb):
        return other_gain(relation, gain) if lead == relation.free else _inverse(relation, gain)
    return relation.along(gain) if lead == relation.free else _inverse(relation, gain)


def _inverse(relation: Relation, gain: Any) -> Any:
    (n0, n1), d = relation.top, relation.bottom[0]
    number = _ball if isinstance(gain, arb) else float
    return (gain * number(d) - number(n0)) / number(n1)


def _side(pair: Pair, i: int, x: float) -> int:
    top = pair.gains[i].top
    return 0 if top is None or x < top else 1


def _ball(value: Any) -> arb:
    return arb(int(value.numerator)) / int(value.denominator)
