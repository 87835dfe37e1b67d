"""Planes of two parameters of one row: the other row gives one rate by the other, and the parameters solve two
linear equations.

With i the row of the parameters and j the other, ``x_i = (phi_j^{-1}(x_j) - W_jj x_j - u_j)/W_ji``. The equation of row
i and the condition, ``det(I - S W) = 0`` or trace 0, are both linear in the entries of row i. So every curve is
explicit in ``x_j``, over the intervals where ``x_i`` is a rate, whose ends are isolated zeros: nothing can be missed.
Where neither parameter is ``W_ii``, trace 0 is an equation in ``x_j`` alone, and its curves are straight lines.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import sympy
from flint import arb

from symgame.balls import ball_function, precision
from symgame.bifurcation_curves import CurveKind, Floats, SpecialPoint, pieces
from symgame.bifurcation_gains import Gain
from symgame.bifurcation_inputs import Found, Traced
from symgame.bifurcation_pairs import Pair
from symgame.bifurcation_row_points import other_rate, placed, row_fold, row_points, row_trace
from symgame.errors import Unsupported
from symgame.isolation import isolated_zeros
from symgame.pieces import X

_EDGE = 2.0**-48  # of the range: rates nearer to an end of it are left out
_FAR = 2.0**16  # rates above this are left out where the range is infinite
_BITS = 96


def row_plane(pair: Pair, points: int) -> Found:
    """Folds, Hopf curves, neutral saddles, cusps and Bogdanov-Takens points over two parameters of one row.

    Where an equilibrium has a rate that doubles do not tell from an end of its range, or above 2^16, it is left out.
    """
    i = pair.slots[0].row
    j = 1 - i
    if pair.W[j][i] == 0:
        raise Unsupported(
            f"{pair.circuit.names[j]} receives nothing from {pair.circuit.names[i]}, so its rate does not depend on "
            f"{pair.plane[0]} and {pair.plane[1]}; choose a parameter of {pair.circuit.names[j]}"
        )
    curves: list[Traced] = []
    special: list[SpecialPoint] = []
    undecided: list[str] = []
    own = any(slot.column == i for slot in pair.slots)
    with precision(_BITS):
        spans = list(_spans(pair, j, undecided))
        crossings = [] if own else _trace_zeros(pair, j, spans, undecided)
    for low, high in spans:
        xj = _sampled(pair, j, low, high, points)
        curves += _explicit(pair, j, xj, "fold")
        if own:
            curves += _explicit(pair, j, xj, "trace")
    for curve in (row_fold(pair, j), *((row_trace(pair, j),) if own else ())):
        points_, left = row_points(pair, curve, spans)
        special += points_
        undecided += left
    meeting = replace(row_fold(pair, j), kind="bogdanov-takens")
    for zero in crossings:
        curves += _lines(pair, j, float(zero.mid()), points)
        with precision(_BITS):
            point = placed(pair, meeting, zero)
        if isinstance(point, SpecialPoint):
            special.append(point)
        elif point:
            undecided.append(f"a Bogdanov-Takens point where a rate is {zero.str(6)}: {point}")
    return Found(curves, special, ("fold", "hopf", "neutral saddle", "cusp", "bogdanov-takens"), tuple(undecided))


# -- rates ------------------------------------------------------------------------------------------------------------


def _other_rate(pair: Pair, j: int, xj: Any) -> Any:
    own, across, u = (float(v or 0) for v in (pair.W[j][j], pair.W[j][1 - j], pair.u[j]))
    return (pair.gains[j].inverse(xj) - own * xj - u) / across


def _spans(pair: Pair, j: int, undecided: list[str]) -> Iterator[tuple[float, float]]:
    """The intervals of ``x_j`` on which ``x_i`` is inside its range."""
    low, high = range_of(pair, j)
    ends = range_of(pair, 1 - j)
    rate = other_rate(pair, j)
    slope = ball_function(sympy.diff(rate, X), X)
    cuts = [low, high]
    for end in ends:
        f = ball_function(rate - sympy.Rational(*end.as_integer_ratio()), X)
        zeros = isolated_zeros(f, slope, arb(low), arb(high))
        cuts += [float(zero.mid()) for zero in zeros.zeros]
        undecided += [f"where {pair.circuit.names[1 - j]} reaches an end of its range" for _ in zeros.open]
    cuts.sort()
    for a, b in pairwise(cuts):
        if b > a and ends[0] < float(_other_rate(pair, j, (a + b) / 2)) < ends[1]:
            yield a, b


def range_of(pair: Pair, i: int) -> tuple[float, float]:
    """The rates that are looked at: the range without its very ends, and bounded."""
    domain = pair.gains[i].activation.domain
    low = float(domain.start) if domain.start.is_finite else -_FAR
    high = float(domain.end) if domain.end.is_finite else _FAR
    edge = _EDGE * max(min(high - low, 1.0), 0.0)
    return low + edge, high - edge


def spread(gain: Gain, low: float, high: float, points: int) -> Floats:
    """Rates inside an interval: half of them even but for the ends, where they crowd, half even in the total input."""
    half = points // 2
    angle = np.linspace(0, np.pi, half + 2)[1:-1]
    even = low + (high - low) * (1 - np.cos(angle)) / 2
    tail = 2.0 ** -np.arange(0.5, 24.0, 0.5)  # towards the ends, where the total input goes like a logarithm
    even = np.unique(np.concatenate([low + (even[0] - low) * tail, even, high - (high - even[-1]) * tail]))
    totals = gain.inverse(even)
    x: Floats = np.unique(np.concatenate([even, np.interp(np.linspace(totals[0], totals[-1], half), totals, even)]))
    return x


def _sampled(pair: Pair, j: int, low: float, high: float, points: int) -> Floats:
    """Rates between two ends, more of them where ``x_i`` is steep."""
    x = spread(pair.gains[j], low, high, points)
    reach = np.ptp(_other_rate(pair, j, x))
    for _ in range(3):
        steep = np.flatnonzero(abs(np.diff(_other_rate(pair, j, x))) > 4 * reach / points)
        x = np.unique(np.concatenate([x, (x[steep] + x[steep + 1]) / 2]))
    inside = _other_rate(pair, j, x)
    ends = range_of(pair, 1 - j)
    kept: Floats = x[(inside > ends[0]) & (inside < ends[1])]
    return kept


# -- the two linear equations -----------------------------------------------------------------------------------------


def _solved(pair: Pair, j: int, xj: Floats, condition: str) -> tuple[Floats, Floats]:
    """The rates, and the entries of the plane, along ``x_j``: Cramer's rule."""
    i = 1 - j
    xi = _other_rate(pair, j, xj)
    s = [np.empty(0), np.empty(0)]
    s[i], s[j] = pair.gains[i].slope(xi), pair.gains[j].slope(xj)
    own_j, across = float(pair.W[j][j] or 0), float(pair.W[j][i] or 0)
    beta = 1 - s[j] * own_j
    one, zero = np.ones_like(xj), np.zeros_like(xj)
    rows: dict[int | None, tuple[Floats, Floats]]
    if condition == "fold":
        rows = {i: (xi, s[i] * beta), j: (xj, s[i] * s[j] * across), None: (one, zero)}
        right = [pair.gains[i].inverse(xi), beta]
    else:
        tau_i, tau_j = float(pair.tau[i]), float(pair.tau[j])
        rows = {i: (xi, s[i] / tau_i), j: (xj, zero), None: (one, zero)}
        right = [pair.gains[i].inverse(xi), 1 / tau_i + beta / tau_j]
    columns = [slot.column for slot in pair.slots]
    for column, known in ((i, pair.W[i][i]), (j, pair.W[i][j]), (None, pair.u[i])):
        if column not in columns:
            right = [r - float(known or 0) * c for r, c in zip(right, rows[column], strict=True)]
    (a, c), (b, d) = rows[columns[0]], rows[columns[1]]
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        below = a * d - b * c
        entries = np.stack([(right[0] * d - b * right[1]) / below, (a * right[1] - right[0] * c) / below], axis=1)
    return _pairs(i, xi, xj), entries


def _pairs(i: int, xi: Floats, xj: Floats) -> Floats:
    return np.stack([xi, xj] if i == 0 else [xj, xi], axis=1)


def _row(pair: Pair, entries: Floats) -> dict[int | None, Any]:
    """Row i of W and u along a curve."""
    i = pair.slots[0].row
    row: dict[int | None, Any] = {0: pair.W[i][0], 1: pair.W[i][1], None: pair.u[i]}
    for k, slot in enumerate(pair.slots):
        row[slot.column] = entries[:, k]
    return {column: value if isinstance(value, np.ndarray) else float(value) for column, value in row.items()}


def _determinant(pair: Pair, j: int, rates: Floats, entries: Floats) -> Floats:
    i = 1 - j
    row, s = _row(pair, entries), [pair.gains[k].slope(rates[:, k]) for k in range(2)]
    values: Floats = (1 - s[i] * row[i]) * (1 - s[j] * float(pair.W[j][j] or 0)) - s[i] * s[j] * row[j] * float(
        pair.W[j][i] or 0
    )
    return values


def _explicit(pair: Pair, j: int, xj: Floats, condition: str) -> list[Traced]:
    """The curve, cut where the parameters are infinite and, of trace 0, where the determinant changes its sign."""
    rates, entries = _solved(pair, j, xj, condition)
    finite = np.isfinite(entries).all(axis=1)
    rates, entries = rates[finite], entries[finite]
    if not len(rates):
        return []
    infinite = _poles(entries)
    sign = np.sign(_determinant(pair, j, rates, entries)) if condition == "trace" else np.zeros(len(rates))
    group = np.concatenate([[0], np.cumsum(infinite | (sign[1:] != sign[:-1]))])
    found = []
    for g in np.unique(group).tolist():
        kind: CurveKind = "fold"
        if condition == "trace":
            kind = "hopf" if sign[group == g][0] > 0 else "neutral saddle"
        for run, _ in pieces(np.concatenate([rates, entries], axis=1), group == g, False):
            found.append(Traced(kind, run[:, :2], run[:, 2:], False))
    return found


def _poles(entries: Floats) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Between which points an entry runs through infinity: it changes its sign while it is large."""
    sign_change = entries[1:] * entries[:-1] < 0
    step = abs(np.diff(entries, axis=0))
    near = np.minimum(abs(entries[1:]), abs(entries[:-1]))
    through = sign_change & (near > 4 * np.median(step, axis=0) + 1)
    return np.asarray(through.any(axis=1), dtype=bool)


# -- trace 0 without W_ii ---------------------------------------------------------------------------------------------


def _trace_zeros(pair: Pair, j: int, spans: list[tuple[float, float]], undecided: list[str]) -> list[arb]:
    i = 1 - j
    rate = other_rate(pair, j)
    s_i = pair.gains[i].activation.slope_at_rate.xreplace({X: rate})
    s_j = pair.gains[j].activation.slope_at_rate
    w_i, w_j, t_i, t_j = (sympy.Rational(str(v)) for v in (pair.W[i][i], pair.W[j][j], pair.tau[i], pair.tau[j]))
    trace = (w_i * s_i - 1) / t_i + (w_j * s_j - 1) / t_j
    f, slope = ball_function(trace, X), ball_function(sympy.diff(trace, X), X)
    found: list[arb] = []
    for a, b in spans:
        inset = (b - a) * 2.0**-30
        zeros = isolated_zeros(f, slope, arb(a + inset), arb(b - inset))
        found += zeros.zeros
        undecided += [f"trace 0 where {pair.circuit.names[j]} has the rate {part.str(6)}" for part in zeros.open]
    return found


def _lines(pair: Pair, j: int, xj: float, points: int) -> Iterator[Traced]:
    """``W_ij x_j + u_i = constant``: on one side of the Bogdanov-Takens point Hopf, on the other neutral saddles."""
    i = 1 - j
    at = np.array([xj])
    xi = float(_other_rate(pair, j, xj))
    s_i, s_j = float(pair.gains[i].slope(xi)), float(pair.gains[j].slope(xj))
    own_i, own_j, across = float(pair.W[i][i] or 0), float(pair.W[j][j] or 0), float(pair.W[j][i] or 0)
    total = float(pair.gains[i].inverse(xi)) - own_i * xi
    meeting = (1 - s_i * own_i) * (1 - s_j * own_j) / (s_i * s_j * across)
    spread = (1 + abs(meeting)) * np.tan(np.linspace(0, np.arctan(1e2), points)) ** 2
    for side in (1, -1):
        weight = meeting + side * spread
        values = {j: weight, None: total - xj * weight}
        entries = np.stack([values[slot.column] for slot in pair.slots], axis=1)
        rates = np.repeat(_pairs(i, np.array([xi]), at), points, axis=0)
        kind: CurveKind = "hopf" if side * across < 0 else "neutral saddle"
        yield Traced(kind, rates, entries, False)
