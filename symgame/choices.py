"""One level of the tree of choices: populations put on pieces for many nodes at once, the impossible ones dropped.

Every bound holds with the errors of rounding in it: a node is dropped only when no exact equilibrium can be below it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from math import inf, nextafter

import numpy as np
from numpy.typing import NDArray

from symgame.cells import Line, System
from symgame.tableau import (
    HUGE,
    LARGEST,
    TINY,
    UNIT,
    Floats,
    Tableaux,
    eliminated,
    errors,
    grown,
    held,
    narrowed,
    pivot,
    ranges,
    root,
)

#: How often the box of a node is narrowed.
ROUNDS = 1
#: A factor that swallows the roundings of a few operations.
WIDER = 1.0 + 2.0**-40


@dataclass(frozen=True)
class FloatPiece:
    """A piece in doubles: the least and the most total input that may lie on it, rounded outwards."""

    slope: float
    intercept: float
    least: float
    most: float
    rates: tuple[float, float]

    @classmethod
    def of(cls, line: Line) -> FloatPiece:
        least = -inf if line.lower is None else rounded(line.lower, -inf)
        most = inf if line.upper is None else rounded(line.upper, inf)
        if line.lower == least and not line.closed[0]:  # an end that does not belong to the piece
            least = nextafter(least, inf)
        if line.upper == most and not line.closed[1]:
            most = nextafter(most, -inf)
        rates = (
            -HUGE if line.lower is None else rounded(line.value(line.lower), -inf),
            HUGE if line.upper is None else rounded(line.value(line.upper), inf),
        )
        return cls(float(line.slope), float(line.intercept), least, most, rates)


def rounded(value: Fraction, towards: float) -> float:
    """The nearest double that is not on the wrong side of the fraction.

    >>> rounded(Fraction(1, 3), inf) > Fraction(1, 3) > rounded(Fraction(1, 3), -inf), rounded(Fraction(1, 2), inf)
    (True, 0.5)
    """
    near = float(value)
    wrong = near < value if towards > 0 else near > value
    return nextafter(near, towards) if wrong else near


@dataclass(frozen=True)
class Tree:
    """A system in doubles, its populations decided in their order."""

    W: Floats
    u: Floats
    steepest: Floats
    pieces: tuple[tuple[FloatPiece, ...], ...]
    low: Floats
    high: Floats
    least: Floats
    most: Floats
    zeros: tuple[NDArray[np.bool_], ...]
    weights: tuple[float, ...]

    @property
    def n(self) -> int:
        return len(self.u)

    @classmethod
    def of(cls, system: System) -> Tree:
        pieces = tuple(tuple(FloatPiece.of(line) for line in row) for row in system.pieces)
        W = np.array([[float(v) for v in row] for row in system.W]).reshape(system.n, system.n)
        u = np.array([float(v) for v in system.u])
        low, high = box(system)
        weights = [1.0]
        for row in pieces:
            weights.append(weights[-1] / len(row))
        steepest = np.array([max(rounded(line.slope, inf) for line in row) for row in system.pieces])
        ends = np.zeros((2, system.n, max(map(len, pieces), default=1)))
        for i, row in enumerate(pieces):
            for k, piece in enumerate(row):
                ends[:, i, k] = piece.least, piece.most
        return cls(W, u, steepest, pieces, low, high, ends[0], ends[1], _zeros(W != 0), tuple(weights))

    def start(self) -> Tableaux:
        return root(self.W, self.u, self.steepest, (self.low, self.high))

    def children(self, level: int, nodes: Tableaux) -> list[Tableaux]:
        """The nodes with population ``level`` on each of its pieces, as far as they may hold an equilibrium.

        Nodes with the same unknown rates come together.
        """
        made: list[Tableaux] = []
        for place, piece in enumerate(self.pieces[level]):
            made += self._child(level, nodes, place, piece)
        groups: dict[tuple[int, ...], list[Tableaux]] = {}
        for part in made:
            if part.count:
                groups.setdefault(part.columns, []).append(part)
        parts = [self._possible(level + 1, Tableaux.joined(groups[columns])) for columns in sorted(groups)]
        return [part for part in parts if part.count]

    def _child(self, level: int, nodes: Tableaux, place: int, piece: FloatPiece) -> list[Tableaux]:
        own_row = slice(level, level + 1)
        if piece.slope == 0.0:
            child = held(nodes, piece.intercept)
            possible = self._own(level, child.T[:, own_row], child.t[own_row], child.errors(own_row), child, piece)
            return [_placed(child.taken(np.flatnonzero(possible)), level, place)]
        step = pivot(nodes, 0, piece.slope, piece.intercept)
        own = nodes.T[0, own_row]
        row, start = nodes.T[1:, own_row] + own * step.multipliers[:, None], nodes.t[own_row] + own * step.constant
        here = errors(step.bounds, grown(nodes, step, own_row))
        rest = replace(nodes, columns=nodes.columns[1:], low=nodes.low[1:], high=nodes.high[1:])
        hopeful = step.safe & self._own(level, row, start, here, rest, piece)
        parts = self._settled(level, _placed(eliminated(nodes, step, np.flatnonzero(hopeful)), level, place))
        if not step.safe.all():
            waiting = nodes.taken(np.flatnonzero(~step.safe))
            last = {name: np.roll(getattr(waiting, name), -1, axis=0) for name in ("T", "low", "high")}
            waiting = replace(waiting, columns=(*waiting.columns[1:], waiting.columns[0]), **last)
            parts.append(_placed(waiting, level, place))
        return parts

    def _settled(self, level: int, nodes: Tableaux) -> list[Tableaux]:
        """The nodes with every waiting rate eliminated whose pivot has become safe."""
        for at, j in enumerate(nodes.columns):
            if j > level or nodes.count == 0:
                continue
            step = pivot(nodes, at, *self._chosen(j, nodes))
            if step.safe.any():
                done = eliminated(nodes, step, np.flatnonzero(step.safe))
                return [*self._settled(level, done), *self._settled(level, nodes.taken(np.flatnonzero(~step.safe)))]
        return [nodes]

    def _own(
        self,
        level: int,
        row: Floats,
        start: Floats,
        here: tuple[Floats, Floats],
        nodes: Tableaux,
        piece: FloatPiece,
    ) -> NDArray[np.bool_]:
        """Where the total input of the population decided last can lie on its piece."""
        never = self.zeros[level + 1][list(nodes.columns), level][:, None]
        lower, upper = ranges(row, start, here, (nodes.low, nodes.high), never)
        possible: NDArray[np.bool_] = ((upper >= piece.least) & (lower <= piece.most))[0]
        return possible

    def _possible(self, level: int, nodes: Tableaux) -> Tableaux:
        """The nodes where no total input is proved to miss the piece it is on, or all pieces; their boxes narrowed."""
        for _ in range(ROUNDS if nodes.columns else 1):
            if nodes.count == 0:
                return nodes
            never = self.zeros[level][list(nodes.columns)]
            e, f = nodes.errors(slice(None))
            for j, i in enumerate(nodes.columns):
                if i >= level:  # its own rate is dealt with below
                    never[j, i] = True
            lower, upper = ranges(nodes.T, nodes.t, (e, f), (nodes.low, nodes.high), never)
            places = nodes.places[:level]
            rows = np.arange(level)[:, None]
            over, under = upper[:level] - self.least[rows, places], self.most[rows, places] - lower[:level]
            good = ((over >= 0.0) & (under >= 0.0)).all(axis=0)
            if nodes.columns and good.mean() < 0.9:  # narrow what is left only
                left = np.flatnonzero(good)
                nodes, lower, upper = nodes.taken(left), lower[:, left], upper[:, left]
                over, under, e, f = over[:, left], under[:, left], e[:, left], f[:, left]
                good = np.ones(left.size, bool)
                if left.size == 0:
                    return nodes
            for j, i in enumerate(nodes.columns):
                if i < level:
                    good &= self._solvable(j, i, nodes)
            if nodes.columns:
                slack = over * WIDER + TINY, under * WIDER + TINY
                low, high = narrowed(nodes.T[:, :level], (e[:level], f[:level]), slack, (nodes.low, nodes.high))
                for j, i in enumerate(nodes.columns):
                    if i >= level:
                        best = self._rate(i, nodes.T[j, i], 2.0 * e[i] + TINY, lower[i], upper[i])
                        np.maximum(low[j], best[0], out=low[j])
                        np.minimum(high[j], best[1], out=high[j])
                good &= (low <= high).all(axis=0)
                nodes = replace(nodes, low=np.minimum(low, high), high=np.maximum(high, 0.0))
            if not good.all():
                nodes = nodes.taken(np.flatnonzero(good))
        return nodes

    def _solvable(self, j: int, i: int, nodes: Tableaux) -> NDArray[np.bool_]:
        """Where the equation ``(1 - s T_ii) x = s r + c`` of a waiting rate can hold, ``r`` what the others give."""
        s, c = self._chosen(i, nodes)
        row = slice(i, i + 1)
        never = self.zeros[-1][list(nodes.columns), row].copy()
        never[j] = True
        e, f = nodes.errors(row)
        lower, upper = ranges(nodes.T[:, row], nodes.t[row], (e, f), (nodes.low, nodes.high), never)
        own = nodes.T[j, i]
        p = np.abs(1.0 - s * own) + s * (2.0 * e[0] + TINY) + 4 * UNIT * (1.0 + s * np.abs(own))
        with np.errstate(over="ignore"):
            most = np.maximum(np.abs(nodes.low[j]), np.abs(nodes.high[j])) * p * WIDER
            room = most + 8 * UNIT * (s * np.maximum(np.abs(lower[0]), np.abs(upper[0])) + np.abs(c)) + TINY
            possible: NDArray[np.bool_] = (s * lower[0] + c <= room) & (s * upper[0] + c >= -room)
        return possible

    def _chosen(self, i: int, nodes: Tableaux) -> tuple[Floats, Floats]:
        """Slope and intercept of the piece that population i is on, node by node."""
        slopes = np.array([piece.slope for piece in self.pieces[i]])
        intercepts = np.array([piece.intercept for piece in self.pieces[i]])
        return slopes[nodes.places[i]], intercepts[nodes.places[i]]

    def _rate(self, i: int, own: Floats, wide: Floats, lower: Floats, upper: Floats) -> tuple[Floats, Floats]:
        """Bounds of ``x = phi_i(own x + r)``, r between two bounds: piece by piece, ``(1 - s own) x = s r + c``."""
        low, high = np.full_like(lower, np.inf), np.full_like(lower, -np.inf)
        with np.errstate(over="ignore", invalid="ignore"):
            for piece in self.pieces[i]:
                if piece.slope == 0.0:
                    # z = own c + r has to meet the piece
                    shift = (np.abs(own) + wide) * abs(piece.intercept) * WIDER
                    meets = (upper + shift >= piece.least) & (lower - shift <= piece.most)
                    least = most = np.where(meets, piece.intercept, np.nan)
                else:
                    p = 1.0 - piece.slope * own
                    safe = np.abs(p) > 1e-3 + 4 * piece.slope * wide
                    p = np.where(safe, p, 1.0)
                    width = 2 * piece.slope * wide + 4 * UNIT * (1.0 + piece.slope * np.abs(own))
                    ends = (piece.slope * lower + piece.intercept, piece.slope * upper + piece.intercept)
                    quotients = [end / (p + sign * width) for end in ends for sign in (-1, 1)]
                    least = np.minimum.reduce(quotients)
                    most = np.maximum.reduce(quotients)
                    room = 2.0**-300 + 1e-9 * abs(piece.intercept)  # far more than a few roundings
                    least, most = least - (1e-9 * np.abs(least) + room), most + (1e-9 * np.abs(most) + room)
                    least = np.where(safe, np.maximum(least, piece.rates[0]), piece.rates[0])
                    most = np.where(safe, np.minimum(most, piece.rates[1]), piece.rates[1])
                    empty = least > most
                    least, most = np.where(empty, np.nan, least), np.where(empty, np.nan, most)
                low, high = np.fmin(low, least), np.fmax(high, most)
        return low, high


def _placed(nodes: Tableaux, level: int, place: int) -> Tableaux:
    places = nodes.places.copy()
    places[level] = place
    return replace(nodes, places=places)


def _zeros(linked: NDArray[np.bool_]) -> tuple[NDArray[np.bool_], ...]:
    """``zeros[level][j, a]``: the entry of T to a from j is 0 whatever pieces the first ``level`` populations have.

    It can be different from 0 only along a path from j to a through populations that are decided already.
    """
    reach = linked.copy()
    rows = [~reach.T]
    for k in range(len(linked)):
        reach = reach | (reach[:, k : k + 1] & reach[k : k + 1, :])
        rows.append(~reach.T)
    return tuple(rows)


# -- where the rates can be -------------------------------------------------------------------------------------------


def box(system: System) -> tuple[Floats, Floats]:
    """Bounds ``low <= x <= high`` of every equilibrium, ``low <= 0 <= high``; ``-HUGE`` and ``HUGE`` for none.

    The range of phi; and where ``|phi_i(z)| <= c_i + s_i |z|``, so that ``|x| <= M x' + b`` with ``M = s |W|`` (for
    nonnegative rates with the positive part of W), a vector ``v`` with ``v >= M v + b`` and ``M v < v``, checked with
    room for rounding, is a bound: ``I - M`` is then an M-matrix, whose inverse is nonnegative.
    """
    n = system.n
    low, high = np.zeros(n), np.zeros(n)
    slope, offset = np.zeros(n), np.zeros(n)
    for i, row in enumerate(system.pieces):
        left, right = row[0], row[-1]
        low[i] = min(0.0, rounded(left.intercept, -inf)) if left.flat else -HUGE
        high[i] = max(0.0, rounded(right.intercept, inf)) if right.flat else HUGE
        slope[i] = max(rounded(line.slope, inf) for line in row)
        # phi(z) = phi(0) + (at most slope) z
        origin = next(line for line in row if line.upper is None or line.upper >= 0)
        offset[i] = rounded(abs(origin.value(Fraction(0))), inf)
    W = np.array([[float(v) for v in row] for row in system.W]).reshape(n, n)
    u = np.array([float(v) for v in system.u])
    signed = bool((low < 0).any())
    M = slope[:, None] * (np.abs(W) if signed else np.maximum(W, 0.0))
    b = slope * (np.abs(u) if signed else np.maximum(u, 0.0)) + offset
    M, b = M * (1 + 2.0**-40), b * (1 + 2.0**-40)
    closed = _bounded_part(M, high, low)
    if closed.size == 0:
        return low, high
    outside = np.setdiff1d(np.arange(n), closed)
    known = np.maximum(high, -low)[outside]
    inner, right = M[np.ix_(closed, closed)], b[closed] + M[np.ix_(closed, outside)] @ known * (1 + 2.0**-40)
    right = right + max(1e-12 * float(right.max(initial=0.0)), 2.0**-300)
    try:
        v = np.linalg.solve(np.eye(closed.size) - inner, right) * (1 + 1e-9)
    except np.linalg.LinAlgError:
        return low, high
    if np.isfinite(v).all() and (v > 0).all() and (v < LARGEST).all():
        image = (inner @ v) * (1 + 2.0**-40)
        if (image < v).all() and (v >= (image + right) * (1 + 2.0**-40)).all():
            high[closed] = np.minimum(high[closed], v)
            low[closed] = np.maximum(low[closed], -v)
    return low, high


def _bounded_part(M: Floats, high: Floats, low: Floats) -> NDArray[np.intp]:
    """Populations without a bound of their own whose unbounded sources form a part with spectral radius < 1.

    Taken are whole ancestries: strongly connected parts in order, each with all that feeds it.
    """
    unbounded = np.flatnonzero((high == HUGE) | (low == -HUGE))
    reach = M[np.ix_(unbounded, unbounded)] > 0
    for k in range(len(unbounded)):
        reach = reach | (reach[:, k : k + 1] & reach[k : k + 1, :])
    good = []
    for a in range(len(unbounded)):
        members = np.flatnonzero(reach[a] | (np.arange(len(unbounded)) == a))
        part = M[np.ix_(unbounded[members], unbounded[members])]
        if np.abs(np.linalg.eigvals(part)).max(initial=0.0) < 1 - 1e-9:
            good.append(a)
    return unbounded[np.array(good, dtype=int)] if good else np.zeros(0, np.intp)
