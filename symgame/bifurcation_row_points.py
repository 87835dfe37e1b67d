"""Cusps, Bogdanov-Takens and Bautin points in planes of two parameters of one row, in balls.

Along the curves both rates and both parameters are explicit in the rate ``x_j`` of the other population, so a cusp and
a Bogdanov-Takens point is a zero of an explicit function of one unknown: all of them are isolated, with proof, on the
intervals where ``x_i`` is a rate. What the condition was multiplied by to clear it of denominators is not 0 there, and
factors that are 0 only where ``W_ij`` is, at the border of its domain, are left out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import sympy
from flint import arb
from sympy import Expr

from symgame.balls import ball_function, precision
from symgame.bifurcation_bautin import coefficient
from symgame.bifurcation_curves import Curve, PointKind, SpecialPoint
from symgame.bifurcation_gains import Gain
from symgame.bifurcation_pairs import Pair
from symgame.isolation import isolated_zeros
from symgame.pieces import X

BITS = 160
#: Parts of an interval of rates below this share of it stay undecided; so often an interval round a sign is halved.
_LEAST, _HALVINGS = 2.0**-80, 44


@dataclass(frozen=True)
class RowCurve:
    """A fold or a curve of trace 0 in the rate of population j, as expressions in X.

    ``rates`` are in the order of the populations, ``entries`` in that of the plane, as a dividend and a divisor.
    ``test`` is 0 at a cusp, or at a Bogdanov-Takens point.
    """

    kind: PointKind
    rates: tuple[Expr, Expr]
    entries: tuple[tuple[Expr, Expr], tuple[Expr, Expr]]
    test: Expr


def other_rate(pair: Pair, j: int) -> Expr:
    """The rate of the other population at an equilibrium where that of j is X."""
    own, across, u = (rational(v) for v in (pair.W[j][j], pair.W[j][1 - j], pair.u[j]))
    return (pair.gains[j].activation.inverse - own * X - u) / across


def rational(value: object) -> Expr:
    return sympy.Integer(0) if value is None else sympy.Rational(str(value))


@lru_cache(maxsize=64)
def row_fold(pair: Pair, j: int) -> RowCurve:
    """``det(I - S W) = 0``: with ``beta = 1 - s_j W_jj`` and ``b = phi''/phi'^2`` of either, cusps are where
    ``b_i beta^3 + s_i s_j^2 W_ij W_ji^2 b_j = 0``."""
    i, a = 1 - j, rational(pair.W[j][1 - j])
    xi, s_i, s_j, b_i, b_j, beta = _terms(pair, j)
    w_ii, w_ij, u = (rational(v) for v in (pair.W[i][i], pair.W[i][j], pair.u[i]))
    total = pair.gains[i].activation.inverse.xreplace({X: xi})
    columns = {slot.column for slot in pair.slots}
    row: dict[int | None, tuple[Expr, Expr]]
    if columns == {i, None}:
        top, below = beta - s_i * s_j * a * w_ij, s_i * beta
        row = {i: (top, below), None: ((total - w_ij * X) * below - top * xi, below)}
        test = b_i * beta**3 + s_i * s_j**2 * w_ij * a**2 * b_j
    elif columns == {j, None}:
        top, below = beta * (1 - s_i * w_ii), s_i * s_j * a
        row = {j: (top, below), None: ((total - w_ii * xi) * below - top * X, below)}
        test = b_i * beta**2 + s_j * a * b_j * (1 - s_i * w_ii)
    else:
        rest, below = total - u, s_i * (xi * s_j * a - X * beta)
        row = {i: (s_i * s_j * a * rest - X * beta, below), j: (beta * (xi - s_i * rest), below)}
        test = b_i * beta**2 * (xi * s_j * a - X * beta) + s_j**2 * a**2 * b_j * (xi - s_i * rest)
    entries = [row[slot.column] for slot in pair.slots]
    return RowCurve("cusp", _ordered(i, xi), (entries[0], entries[1]), test)


@lru_cache(maxsize=64)
def row_trace(pair: Pair, j: int) -> RowCurve:
    """Trace 0 with ``W_ii`` in the plane: ``s_i W_ii = 1 + T beta``, and ``det = 0`` where
    ``T beta^2 + s_i s_j W_ij W_ji = 0``, ``T = tau_i/tau_j``."""
    i, a = 1 - j, rational(pair.W[j][1 - j])
    xi, s_i, s_j, _, _, beta = _terms(pair, j)
    T, w_ij, u = rational(pair.tau[i] / pair.tau[j]), rational(pair.W[i][j]), rational(pair.u[i])
    total = pair.gains[i].activation.inverse.xreplace({X: xi})
    own = 1 + T * beta
    row: dict[int | None, tuple[Expr, Expr]] = {i: (own, s_i)}
    if any(slot.column is None for slot in pair.slots):
        row[None] = (s_i * (total - w_ij * X) - own * xi, s_i)
        test = T * beta**2 + s_i * s_j * a * w_ij
    else:
        row[j] = (s_i * (total - u) - own * xi, s_i * X)
        test = T * beta**2 * X + s_j * a * (s_i * (total - u) - own * xi)
    entries = [row[slot.column] for slot in pair.slots]
    return RowCurve("bogdanov-takens", _ordered(i, xi), (entries[0], entries[1]), test)


def _terms(pair: Pair, j: int) -> tuple[Expr, Expr, Expr, Expr, Expr, Expr]:
    i, xi = 1 - j, other_rate(pair, j)
    s_i, b_i = (e.xreplace({X: xi}) for e in _slopes(pair.gains[i]))
    s_j, b_j = _slopes(pair.gains[j])
    return xi, s_i, s_j, b_i, b_j, 1 - s_j * rational(pair.W[j][j])


def _slopes(gain: Gain) -> tuple[Expr, Expr]:
    """The gain, and its logarithmic derivative by the rate."""
    s = gain.activation.slope_at_rate
    return s, sympy.powsimp(sympy.cancel(sympy.diff(s, X) / s))


def _ordered(i: int, xi: Expr) -> tuple[Expr, Expr]:
    return (xi, X) if i == 0 else (X, xi)


# -- zeros ------------------------------------------------------------------------------------------------------------


def row_points(
    pair: Pair, curve: RowCurve, spans: Sequence[tuple[float, float]]
) -> tuple[list[SpecialPoint], list[str]]:
    """Every cusp or Bogdanov-Takens point with the rate of j in these intervals, and what is undecided of others."""
    points: list[SpecialPoint] = []
    undecided: list[str] = []
    test, slope = _balls(curve.test), _balls(sympy.diff(curve.test, X))
    with precision(BITS):
        for low, high in spans:
            a, b = _inside(pair, curve, low, high)
            found = isolated_zeros(test, slope, a, b, (b - a) * _LEAST)
            undecided += [f"a {curve.kind} point where a rate is near {part.str(6)}" for part in found.open]
            for zero in found.zeros:
                point = placed(pair, curve, zero)
                if isinstance(point, SpecialPoint):
                    points.append(point)
                elif point:
                    undecided.append(f"a {curve.kind} point where a rate is {zero.str(6)}: {point}")
    return points, undecided


def _inside(pair: Pair, curve: RowCurve, low: float, high: float) -> tuple[arb, arb]:
    """The interval, its ends moved inward until both rates are proved to be in their ranges there."""
    ends = []
    for end, step in ((low, high - low), (high, low - high)):
        x = arb(end)
        for k in range(56, 20, -1):
            if all(_in_range(gain, _balls(rate)(x)) for gain, rate in zip(pair.gains, curve.rates, strict=True)):
                break
            x = (arb(end) + arb(step) * arb(2) ** -k).mid()
        ends.append(x)
    return ends[0], ends[1]


def _in_range(gain: Gain, x: arb) -> bool:
    low, high = gain.activation.domain.start, gain.activation.domain.end
    above = not low.is_finite or x > _balls(low)(x)
    return bool(above and (not high.is_finite or x < _balls(high)(x)))


@lru_cache(maxsize=256)
def _balls(expression: Expr) -> Callable[..., arb]:
    return ball_function(expression, X)


def placed(pair: Pair, curve: RowCurve, at: arb) -> SpecialPoint | str:
    """The point there; nothing where the parameters are outside their domain; else why it cannot be told."""
    values = []
    for slot, (top, below) in zip(pair.slots, curve.entries, strict=True):
        entry = _balls(top)(at) / _balls(below)(at)
        if not entry.is_finite():
            return "the parameters are infinite, or too near to it"
        if slot.sign is not None and not slot.sign * entry > 0:
            return "" if slot.sign * entry < 0 else "a weight is 0 there, or too near to it"
        values.append((entry - _ball(slot.start)) / _ball(slot.scale))
    values += [_balls(rate)(at) for rate in curve.rates]
    radius = max(float(v.rad()) + 2.0**-52 * abs(float(v.mid())) for v in values)
    p, q, x, y = (float(v.mid()) for v in values)
    return SpecialPoint(curve.kind, (p, q), (x, y), radius, "isolated")


def _ball(value: object) -> arb:
    return ball_function(rational(value))()


# -- Bautin points ----------------------------------------------------------------------------------------------------


def row_bautin(pair: Pair, j: int, hopf: Curve) -> list[SpecialPoint]:
    """Where the first Lyapunov coefficient changes its sign along a Hopf curve with ``W_ii`` in the plane: between
    points of the curve at which its sign is proved."""
    law, curve = coefficient(pair.circuit, tuple(pair.plane[k] for k in _weights(pair))), row_trace(pair, j)
    found = []

    def sign(x: arb) -> int:
        point = [_balls(rate)(x) for rate in curve.rates]
        for k in _weights(pair):
            (top, below), slot = curve.entries[k], pair.slots[k]
            point.append((_balls(top)(x) / _balls(below)(x) - _ball(slot.start)) / _ball(slot.scale))
        growth = law.growth(*point)
        return (1 if growth > 0 else -1 if growth < 0 else 0) if law.squared(*point) > 0 else 0

    value = hopf.lyapunov
    with precision(BITS):
        for k in range(len(value) - 1):
            if not value[k] * value[k + 1] < 0:
                continue
            a, b = arb(float(hopf.rates[k, j])), arb(float(hopf.rates[k + 1, j]))
            before, after = sign(a), sign(b)
            if before * after >= 0:
                continue
            for _ in range(_HALVINGS):
                middle = ((a + b) / 2).mid()
                here = sign(middle)
                if here == 0:
                    break
                a, b = (middle, b) if here == before else (a, middle)
            point = placed(pair, curve, a.union(b))
            if isinstance(point, SpecialPoint):
                found.append(SpecialPoint("bautin", point.parameters, point.rates, point.radius, "bracketed"))
    return found


def _weights(pair: Pair) -> list[int]:
    return [k for k in range(2) if pair.slots[k].column is not None]
