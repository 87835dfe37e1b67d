"""Cusps and Bogdanov-Takens points of a pair with given weights: all of them, as roots of polynomials in a gain.

On the fold, with ``G = det(I - S W)`` and ``(v_0, v_1)`` the null vector of the Jacobian, a cusp is where
``sigma_0' G_0 v_0 + sigma_1' G_1 v_1 = 0`` (``G_i = dG/ds_i``, ``sigma_i' = ds_i/dx_i``): the fold turns back there.
``sigma_i'^2`` is a function of the gain alone, so the square of the condition is an equation in the free gain:
polynomial for logistic, tanh, softplus and the quadratic and cubic power laws, whose roots are all isolated; otherwise
its zeros are isolated by exclusion and monotony. The signs that squaring forgot choose the sides of the rates.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from itertools import product

import sympy
from flint import arb, fmpq, fmpq_poly

from symgame.balls import ball_function, precision
from symgame.bifurcation_arcs import Relation, Stretch, Weights, determinant_of_weights
from symgame.bifurcation_curves import PointKind, SpecialPoint
from symgame.bifurcation_gains import Gain, S
from symgame.isolation import isolated_zeros
from symgame.pieces import X

BITS = 128


@dataclass(frozen=True)
class Roots:
    """Gains, as balls with one root each; ``undecided`` says what could not be told of others."""

    gains: tuple[arb, ...]
    undecided: tuple[str, ...]


def takens_gains(relation: Relation, W: Weights, gains: Sequence[Gain]) -> Roots:
    """The free gains on ``trace = 0`` at which ``det(I - S W)`` changes its sign: roots of a quadratic polynomial."""
    r = relation.free
    top, bottom = fmpq_poly(_exact(relation.top)), fmpq_poly(_exact(relation.bottom))
    own = fmpq_poly(_exact((Fraction(1), -W[r][r])))
    cross = fmpq_poly(_exact((-W[1 - r][1 - r], determinant_of_weights(W))))
    return _possible(own * bottom + top * cross, relation, gains, "a Bogdanov-Takens point")


def determinant_at(relation: Relation, W: Weights, s: float) -> float:
    """``det(I - S W)`` on a relation of gains."""
    r = relation.free
    (n0, n1), (d0, d1) = ((float(c) for c in line) for line in (relation.top, relation.bottom))
    other = (n0 + n1 * s) / (d0 + d1 * s)
    return float(1 - s * W[r][r] - other * W[1 - r][1 - r] + s * other * determinant_of_weights(W))


def cusps(stretch: Stretch, W: Weights, gains: Sequence[Gain]) -> tuple[list[SpecialPoint], list[str]]:
    """Every cusp over a stretch of the fold of two populations that act on each other; and what is undecided."""
    relation = stretch.relation
    r = relation.free
    if W[0][1] * W[1][0] == 0:
        return [], []
    with precision(BITS):
        found = _cusp_gains(stretch, W, gains)
        points, undecided = [], list(found.undecided)
        for s in found.gains:
            terms = _cusp_terms(relation, W, s)
            if any(term.contains(0) for term in terms):
                undecided.append(f"a cusp where a gain is {s.str(6)}: both of its terms may be 0")
                continue
            for sides in product(*(range(len(gains[i].sides)) for i in (r, 1 - r))):
                signs = [
                    (1 if gains[i].rising[k] else -1) * (1 if term > 0 else -1)
                    for i, k, term in zip((r, 1 - r), sides, terms, strict=True)
                ]
                if signs[0] == -signs[1]:
                    points.append(special_point("cusp", relation, s, sides, W, gains))
    return points, undecided


def special_point(
    kind: PointKind, relation: Relation, s: arb, sides: Sequence[int], W: Weights, gains: Sequence[Gain]
) -> SpecialPoint:
    """The point of the plane of inputs with these gains, on these sides (of the free gain first), in balls."""
    with precision(BITS):
        r = relation.free
        x = [arb(0), arb(0)]
        x[r] = ball_side(gains[r], sides[0])(s)
        x[1 - r] = ball_side(gains[1 - r], sides[1])(other_gain(relation, s))
        u = [ball_inverse(gains[i])(x[i]) - sum(_arb(W[i][j]) * x[j] for j in range(2)) for i in range(2)]
        radius = max(float(v.rad()) + 2.0**-52 * abs(float(v.mid())) for v in (*x, *u))
        numbers = [float(v.mid()) for v in (*u, *x)]
    return SpecialPoint(kind, (numbers[0], numbers[1]), (numbers[2], numbers[3]), radius, "isolated")


# -- the cusp condition ------------------------------------------------------------------------------------------------


def _cusp_terms(relation: Relation, W: Weights, s: arb) -> tuple[arb, arb]:
    """``G_i v_i`` of the free population, then of the other."""
    r, e = relation.free, 1 - relation.free
    other, D = other_gain(relation, s), _arb(determinant_of_weights(W))
    free = (-_arb(W[r][r]) + other * D) * _arb(W[r][e]) * s
    return free, (-_arb(W[e][e]) + s * D) * (1 - s * _arb(W[r][r]))


def _cusp_gains(stretch: Stretch, W: Weights, gains: Sequence[Gain]) -> Roots:
    relation = stretch.relation
    squares = [gains[i].square for i in (relation.free, 1 - relation.free)]
    if squares[0] is None or squares[1] is None:
        return _cusp_zeros(stretch, W, gains)
    r, e = relation.free, 1 - relation.free
    n, d, s = fmpq_poly(_exact(relation.top)), fmpq_poly(_exact(relation.bottom)), fmpq_poly([0, 1])
    D = determinant_of_weights(W)
    free = (d * _exact((-W[r][r],))[0] + n * _exact((D,))[0]) * _exact((W[r][e],))[0] * s  # times d, as the next one
    other = fmpq_poly(_exact((-W[e][e], D))) * fmpq_poly(_exact((Fraction(1), -W[r][r]))) * d
    (top, bottom), (top_e, bottom_e) = squares[0], squares[1]
    degree = max(top_e.degree(), bottom_e.degree())
    over, under = _homogeneous(top_e, n, d, degree), _homogeneous(bottom_e, n, d, degree)
    condition = top * free**2 * under - over * other**2 * bottom
    for factor in (s, n, d):  # where a gain is 0 or infinite
        while factor.degree() > 0 and condition != 0 and condition % factor == 0:
            condition //= factor
    found = _possible(condition, relation, gains, "a cusp")
    low, high = stretch.low.value, stretch.high.value
    return Roots(tuple(g for g in found.gains if low <= float(g.mid()) <= high), found.undecided)


def _homogeneous(p: fmpq_poly, n: fmpq_poly, d: fmpq_poly, degree: int) -> fmpq_poly:
    """``d^degree p(n/d)``."""
    return sum((c * n**k * d ** (degree - k) for k, c in enumerate(p.coeffs())), fmpq_poly([0]))


def _cusp_zeros(stretch: Stretch, W: Weights, gains: Sequence[Gain]) -> Roots:
    """The same on the stretch by isolation, for slopes whose squares are no rational functions of the gain."""
    f, slope, gain = _cusp_balls(stretch, _key(W), gains[0], gains[1])
    edge = arb(2) ** -40
    zeros = isolated_zeros(f, slope, edge, 1 - edge, arb(2) ** -48)
    near = [f"a cusp where a gain is near {gain(part).str(6)}" for part in zeros.open]
    return Roots(tuple(gain(zero) for zero in zeros.zeros), tuple(near))


@cache
def _cusp_balls(
    stretch: Stretch, W: tuple[tuple[Fraction, ...], ...], first: Gain, second: Gain
) -> tuple[Callable[..., arb], Callable[..., arb], Callable[..., arb]]:
    """The condition on a stretch as a function of (0, 1), its slope, and the gain there."""
    gains, relation = (first, second), stretch.relation
    r, e = relation.free, 1 - relation.free
    t = sympy.Dummy("t")
    low, high = sympy.Rational(str(Fraction(stretch.low.value))), stretch.high.value
    s = low + t / (1 - t) if high == float("inf") else low + (sympy.Rational(str(Fraction(high))) - low) * t
    w = [[_rational(v) for v in row] for row in W]
    D = _rational(determinant_of_weights(W))
    (n0, n1), (d0, d1) = ([_rational(c) for c in line] for line in (relation.top, relation.bottom))
    other = (n0 + n1 * s) / (d0 + d1 * s)
    squares = [
        sympy.powdenest(sympy.expand((sympy.diff(g.activation.slope_at_rate, X) ** 2).subs(X, g.sides[0])))
        for g in gains
    ]
    free = squares[r].subs(S, s) * ((-w[r][r] + other * D) * w[r][e] * s) ** 2
    rest = squares[e].subs(S, other) * ((-w[e][e] + s * D) * (1 - s * w[r][r])) ** 2
    condition = free - rest
    return ball_function(condition, t), ball_function(sympy.diff(condition, t), t), ball_function(s, t)


# -- balls and roots ---------------------------------------------------------------------------------------------------


def _possible(p: fmpq_poly, relation: Relation, gains: Sequence[Gain], what: str) -> Roots:
    """The simple real roots at which both gains are possible."""
    found, undecided = [], []
    with precision(BITS):
        for root, multiplicity in p.complex_roots() if p.degree() > 0 else ():
            if root.imag != 0:
                continue
            s = root.real
            r = relation.free
            both = [(s, gains[r]), (other_gain(relation, s), gains[1 - r])]
            if any(v < 0 or (g.greatest is not None and v > _arb(g.greatest)) or v == 0 for v, g in both):
                continue
            sure = all(v > 0 and (g.greatest is None or v < _arb(g.greatest)) for v, g in both)
            if sure and multiplicity % 2:
                found.append(s)
            elif not all(v.contains(0) for v, _ in both):
                undecided.append(f"{what} where a gain is {s.str(6)}: a multiple root, or one at the greatest gain")
    return Roots(tuple(sorted(found, key=lambda v: float(v.mid()))), tuple(undecided))


def other_gain(relation: Relation, s: arb) -> arb:
    """The gain that is bound, in balls."""
    (n0, n1), (d0, d1) = ([_arb(c) for c in line] for line in (relation.top, relation.bottom))
    return (n0 + n1 * s) / (d0 + d1 * s)


def _exact(values: Sequence[Fraction]) -> list[fmpq]:
    return [fmpq(v.numerator, v.denominator) for v in values]


def _arb(value: Fraction) -> arb:
    return arb(fmpq(value.numerator, value.denominator))


def _rational(value: Fraction) -> sympy.Rational:
    return sympy.Rational(value.numerator, value.denominator)


def _key(W: Weights) -> tuple[tuple[Fraction, ...], ...]:
    return tuple(tuple(row) for row in W)


@cache
def ball_side(gain: Gain, side: int) -> Callable[..., arb]:
    """The rate of a gain, in balls."""
    return ball_function(gain.sides[side], S)


@cache
def ball_inverse(gain: Gain) -> Callable[..., arb]:
    """The total input of a rate, in balls."""
    return ball_function(gain.activation.inverse, X)


@cache
def ball_slope(gain: Gain) -> Callable[..., arb]:
    """The gain of a rate, in balls."""
    return ball_function(gain.activation.slope_at_rate, X)


def all_sides(relation: Relation, gains: Sequence[Gain]) -> Iterator[tuple[int, int]]:
    """Every choice of sides, of the free gain first."""
    r = relation.free
    return iter(product(range(len(gains[r].sides)), range(len(gains[1 - r].sides))))
