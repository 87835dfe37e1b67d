"""What each neuron would choose, in exact numbers: every minimiser of its own energy, the others frozen.

With input c from the others, ``E_i(y) = G_i(y) - W_ii y^2/2 - c y``, where ``G_i' = phi_i^{-1}``: a quadratic on the
rates of every increasing piece of phi_i, ``+oo`` off its range. The minimum is at an end of a piece or at the vertex
of a convex one; a level piece is a whole interval of minimisers; an energy that falls for ever has none.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache

import sympy

from symgame.circuit import Circuit
from symgame.errors import Unsupported

Interval = tuple[Fraction | None, Fraction | None]
"""A closed interval of rates, ``None`` for an infinite end; a single rate is ``(y, y)``."""


@dataclass(frozen=True)
class EnergyPiece:
    """``E(y) = curvature y^2/2 - (c + shift) y + constant`` for rates from ``low`` to ``high`` (``None``: no end)."""

    curvature: Fraction
    shift: Fraction
    constant: Fraction
    low: Fraction | None
    high: Fraction | None

    def at(self, y: Fraction, c: Fraction) -> Fraction:
        return self.curvature * y * y / 2 - (c + self.shift) * y + self.constant

    def slope(self, y: Fraction, c: Fraction) -> Fraction:
        return self.curvature * y - c - self.shift

    def holds(self, y: Fraction) -> bool:
        return (self.low is None or self.low <= y) and (self.high is None or y <= self.high)


@dataclass(frozen=True)
class Minimum:
    """The minimisers as disjoint closed intervals from below, and the least energy.

    Both are empty (``()`` and ``None``) when the energy falls for ever.
    """

    rates: tuple[Interval, ...]
    energy: Fraction | None

    @property
    def single(self) -> Fraction | None:
        """The minimiser when there is exactly one."""
        if len(self.rates) == 1 and self.rates[0][0] == self.rates[0][1]:
            return self.rates[0][0]
        return None

    def holds(self, y: Fraction) -> bool:
        return any((low is None or low <= y) and (high is None or y <= high) for low, high in self.rates)

    def nearest(self, y: Fraction) -> Fraction:
        """The minimiser nearest to y, the smaller of two; there must be one."""
        places = [max(y, low) if low is not None else y for low, _ in self.rates]
        places = [min(p, high) if high is not None else p for p, (_, high) in zip(places, self.rates, strict=True)]
        return min(places, key=lambda p: (abs(p - y), p))

    def __str__(self) -> str:
        return rates_text(self.rates)


@dataclass(frozen=True)
class OwnEnergy:
    """One neuron's energy along its own rate; the input c from the others is the argument of every method."""

    name: str
    pieces: tuple[EnergyPiece, ...]

    @property
    def domain(self) -> Interval:
        return self.pieces[0].low, self.pieces[-1].high

    @property
    def convex(self) -> bool:
        """No piece is concave (kinks of G are convex, so they never spoil it)."""
        return all(piece.curvature >= 0 for piece in self.pieces)

    @property
    def always_falls(self) -> bool:
        """The energy falls for ever whatever the input: the curvature is negative on a piece without end."""
        first, last = self.pieces[0], self.pieces[-1]
        return (first.low is None and first.curvature < 0) or (last.high is None and last.curvature < 0)

    def at(self, y: Fraction, c: Fraction) -> Fraction | None:
        """``E(y)``; ``None`` off the domain."""
        return next((piece.at(y, c) for piece in self.pieces if piece.holds(y)), None)

    def minimum(self, c: Fraction) -> Minimum:
        """Every global minimiser.

        >>> (own,) = numeric_game(Circuit.from_matrix([[2]], u=["-1/2"], tau=[1], activation="saturating",
        ...                                           values={"m_x1": 2})).energies
        >>> str(own.minimum(Fraction(-1, 2))), str(own.minimum(Fraction(-1)))
        ('2', '0 and 2')
        """
        found: list[tuple[Fraction, Interval]] = []
        for piece in self.pieces:
            push = c + piece.shift
            for end, outwards in ((piece.low, -1), (piece.high, 1)):
                if end is not None:
                    found.append((piece.at(end, c), (end, end)))
                elif piece.curvature < 0 or (piece.curvature == 0 and outwards * push > 0):
                    return Minimum((), None)
            if piece.curvature > 0 and piece.holds(push / piece.curvature):
                vertex = push / piece.curvature
                found.append((piece.at(vertex, c), (vertex, vertex)))
            elif piece.curvature == 0 and push == 0:
                found.append((piece.constant, (piece.low, piece.high)))
        least = min(value for value, _ in found)
        return Minimum(_merged(interval for value, interval in found if value == least), least)

    def locally_minimal(self, y: Fraction, c: Fraction) -> bool:
        """Whether no rate near y has less energy: by the slopes to either side, and by the curvature where one is 0."""
        for piece in self.pieces:
            if not piece.holds(y):
                continue
            slope = piece.slope(y, c)
            below, above = piece.low != y, piece.high != y
            if (above and slope < 0) or (below and slope > 0) or (slope == 0 and piece.curvature < 0):
                return False
        return any(piece.holds(y) for piece in self.pieces)


@dataclass(frozen=True)
class NumericGame:
    """The game of a circuit in numbers: signed weights, inputs, and the own energy of every neuron."""

    circuit: Circuit
    W: tuple[tuple[Fraction, ...], ...]
    u: tuple[Fraction, ...]
    energies: tuple[OwnEnergy, ...]

    def received(self, i: int, x: Sequence[Fraction]) -> Fraction:
        """``sum_{j != i} W_ij x_j + u_i``: the input of neuron i from the others."""
        return sum((w * x[j] for j, w in enumerate(self.W[i]) if j != i and w), self.u[i])

    def best(self, i: int, x: Sequence[Fraction]) -> Minimum:
        """The best responses of neuron i to the rates of the others in x; its own is not looked at."""
        return self.energies[i].minimum(self.received(i, x))


@cache
def numeric_game(circuit: Circuit) -> NumericGame:
    """The game in numbers. Time constants play no part in it and may be symbols.

    Raises :class:`~symgame.errors.Unsupported` when another symbol has no value, a number is irrational, or an
    activation is not piecewise linear.
    """
    circuit = circuit.fixed()
    n = len(circuit.names)
    W = tuple(tuple(_number(circuit.W[i, j], circuit) for j in range(n)) for i in range(n))
    u = tuple(_number(p.input, circuit) for p in circuit.populations)
    return NumericGame(circuit, W, u, tuple(_own_energy(circuit, i, W[i][i]) for i in range(n)))


def _own_energy(circuit: Circuit, i: int, own: Fraction) -> OwnEnergy:
    population = circuit.populations[i]
    if population.activation.pieces is None:
        raise Unsupported(
            f"{population.name} has the activation '{population.activation.kind}', which is not piecewise linear: its "
            f"best responses have no closed form"
        )
    rows: list[EnergyPiece] = []
    for piece in population.activation.pieces:
        if piece.flat:
            continue
        s, b = _number(piece.slope, circuit), _number(piece.intercept, circuit)
        ends = [None if z.is_infinite else s * _number(z, circuit) + b for z in (piece.lower, piece.upper)]
        bare = EnergyPiece(1 / s - own, b / s, Fraction(0), ends[0], ends[1])
        if rows:  # continuous where two pieces meet
            meeting = bare.low
            assert meeting is not None
            gap = rows[-1].at(meeting, Fraction(0)) - bare.at(meeting, Fraction(0))
            bare = EnergyPiece(bare.curvature, bare.shift, gap, bare.low, bare.high)
        rows.append(bare)
    origin = next((r.constant for r in rows if r.holds(Fraction(0))), Fraction(0))
    pieces = (EnergyPiece(r.curvature, r.shift, r.constant - origin, r.low, r.high) for r in rows)
    return OwnEnergy(population.name, tuple(pieces))


def _number(value: sympy.Expr, circuit: Circuit) -> Fraction:
    if value.is_Rational:
        return Fraction(int(value.p), int(value.q))
    if value.free_symbols:
        times = {s.name for p in circuit.populations for s in p.tau.free_symbols}
        missing = ", ".join(name for name in circuit.symbols if name not in times)
        raise Unsupported(f"these symbols have no value: {missing}; give them in [values] or by --set")
    raise Unsupported(f"{value} is not a rational number; best responses are exact for rational numbers only")


def _merged(intervals: Iterable[Interval]) -> tuple[Interval, ...]:
    """The union of closed intervals, as disjoint ones from below."""
    rows: list[Interval] = []
    for low, high in sorted(intervals, key=lambda row: (row[0] is not None, row[0] or Fraction(0))):
        if rows and (low is None or rows[-1][1] is None or low <= rows[-1][1]):
            rows[-1] = (rows[-1][0], max(rows[-1][1], high, key=lambda end: (end is None, end or Fraction(0))))
        else:
            rows.append((low, high))
    return tuple(rows)


def rates_text(rates: Sequence[Interval]) -> str:
    """Intervals of rates in words.

    >>> rates_text([(Fraction(0), Fraction(0)), (Fraction(1), Fraction(2))]), rates_text([(None, None)])
    ('0 and every rate from 1 to 2', 'every rate')
    """
    return " and ".join(_interval_text(low, high) for low, high in rates) or "none: the energy falls for ever"


def _interval_text(low: Fraction | None, high: Fraction | None) -> str:
    if low == high and low is not None:
        return str(low)
    if low is None and high is None:
        return "every rate"
    if high is None:
        return f"every rate from {low}"
    return f"every rate up to {high}" if low is None else f"every rate from {low} to {high}"
