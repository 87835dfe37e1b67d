"""What one neuron would choose, in fractions: the minimisers of its own energy, and how good its rate is.

With input c from the others, ``E_i(y) = G_i(y) - W_ii y^2/2 - c y``, where ``G_i' = phi_i^{-1}``: a quadratic on the
rates of every increasing piece of phi_i, ``+oo`` off its range. The minimum is at an end of a piece or at the vertex
of a convex one; a level piece is a whole interval of minimisers; an energy that falls for ever has none. The same as
conditions on symbols is :mod:`symgame.properties.nash`; the tests hold both to the same answers.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property

from symgame.cells import Line

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
    """One neuron's energy along its own rate, from the pieces of its phi and its own weight ``W_ii``.

    The input c from the others is the argument of every method.

    >>> relu = (Line(None, Fraction(0), Fraction(0), Fraction(0), (False, True)),
    ...         Line(Fraction(0), None, Fraction(1), Fraction(0), (False, False)))
    >>> [OwnEnergy(relu, own).nash_class(Fraction(1), 1 - own) for own in (Fraction(2), Fraction(1, 2))]
    ['stationary', 'global']
    """

    lines: tuple[Line, ...]
    own: Fraction

    @cached_property
    def pieces(self) -> tuple[EnergyPiece, ...]:
        """E on the rates of the increasing pieces, continuous, with ``E(0) = 0`` where 0 is a rate."""
        rows: list[EnergyPiece] = []
        for line in self.lines:
            if line.flat:
                continue
            s, b = line.slope, line.intercept
            low, high = (None if z is None else line.value(z) for z in (line.lower, line.upper))
            piece = EnergyPiece(1 / s - self.own, b / s, Fraction(0), low, high)
            if rows:
                assert low is not None
                step = rows[-1].at(low, Fraction(0)) - piece.at(low, Fraction(0))
                piece = replace(piece, constant=step)
            rows.append(piece)
        origin = next((row.constant for row in rows if row.holds(Fraction(0))), Fraction(0))
        return tuple(replace(row, constant=row.constant - origin) for row in rows)

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

        >>> capped = Line(Fraction(0), Fraction(2), Fraction(1), Fraction(0), (False, False))
        >>> own = OwnEnergy((capped,), Fraction(2))
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

    def nash_class(self, y: Fraction, c: Fraction) -> str:
        """How good a stationary rate y is: ``global``, ``local`` or ``stationary``."""
        if self.convex or self.at(y, c) == self.minimum(c).energy:
            return "global"
        return "local" if self.locally_minimal(y, c) else "stationary"


def nash_class(
    energies: Sequence[OwnEnergy], places: Sequence[int], x: Sequence[Fraction], z: Sequence[Fraction]
) -> str:
    """The worst class of all neurons at an equilibrium x with total inputs z: it is Nash when every rate is global."""
    ranks = ("global", "local", "stationary")
    rows = (e.nash_class(rate, total - e.own * rate) for e, rate, total in zip(energies, x, z, strict=True))
    return max(rows, key=ranks.index, default="global")


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
