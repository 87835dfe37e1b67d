"""Which equilibria one layer has at which ratio of its two inputs, exactly: each branch on an interval of ratios.

With all inputs from below and activations without thresholds or caps, the rates on a choice of pieces are linear in
``(y_1, y_2)``, so that the branch exists for the ratios ``r = y_2/y_1`` of an interval, whatever ``y_1 > 0`` is.
Fractions only; what a layer does at one pair of inputs is decided by :mod:`symgame.enumeration`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property, lru_cache
from itertools import product
from math import prod

import sympy
from flint import fmpq, fmpq_mat

from symgame.cells import Family, Point, System
from symgame.circuit import Circuit
from symgame.enumeration import equilibria
from symgame.errors import CircuitError, Unsupported
from symgame.layer_units import Group, Layer, Units, layer_of
from symgame.notation import exact
from symgame.numeric import system
from symgame.syntax import PIECE_MARK

#: So many choices of pieces of one layer are looked at for intervals of ratios.
MOST_CELLS = 1 << 10
_ZERO = Fraction(0)


@dataclass(frozen=True)
class Span:
    """Ratios from ``low`` to ``high`` (``None``: no end), each end in or out."""

    low: Fraction
    high: Fraction | None
    closed: tuple[bool, bool] = (False, False)

    @property
    def empty(self) -> bool:
        return self.high is not None and (self.high < self.low or (self.high == self.low and not all(self.closed)))

    def meet(self, other: Span) -> Span:
        """The ratios in both.

        >>> one, two, three = Fraction(1), Fraction(2), Fraction(3)
        >>> Span(one, three, (True, True)).meet(Span(two, None))
        Span(low=Fraction(2, 1), high=Fraction(3, 1), closed=(False, True))
        """
        low = max(self.low, other.low)
        closed_low = all(s.closed[0] for s in (self, other) if s.low == low)
        highs = [s.high for s in (self, other) if s.high is not None]
        high = min(highs) if highs else None
        closed_high = high is not None and all(s.closed[1] for s in (self, other) if s.high == high)
        return Span(low, high, (closed_low, closed_high))

    def within(self, other: Span) -> bool:
        return self.empty or self.meet(other) == self

    def __contains__(self, ratio: Fraction) -> bool:
        return not self.meet(Span(ratio, ratio, (True, True))).empty


@dataclass(frozen=True)
class Cell:
    """One choice of pieces: rates at inputs ``(1, 0)`` and ``(0, 1)``, and the ratios at which it is an equilibrium.

    A singular choice has no ``rates``; outside of its ``span`` its equations have no solution, inside it may hold a
    continuum of equilibria.
    """

    places: tuple[int, ...]
    rates: tuple[tuple[Fraction, ...], tuple[Fraction, ...]] | None
    span: Span


@dataclass(frozen=True)
class NumericLayer:
    """A layer in numbers: ``x = phi(W x + base + y_1 drive_1 + y_2 drive_2)``."""

    layer: Layer
    rest: System
    drive: tuple[Fraction, Fraction]

    @property
    def units(self) -> tuple[int, int]:
        return self.layer.units

    def swapped(self) -> NumericLayer:
        return NumericLayer(self.layer.swapped(), self.rest, self.drive[::-1])

    @cached_property
    def homogeneous(self) -> bool:
        """No input but from below, no threshold, no cap: twice the inputs, twice the rates."""
        lines = (line for row in self.rest.pieces for line in row)
        return not any(self.rest.u) and all(not line.intercept and not line.lower and not line.upper for line in lines)

    def at(self, one: Fraction, other: Fraction, offset: tuple[Fraction, Fraction] = (_ZERO, _ZERO)) -> System:
        """The equations of the layer at inputs from below, and what is added to them."""
        u = list(self.rest.u)
        for i, gain, y, more in zip(self.units, self.drive, (one, other), offset, strict=True):
            u[i] += gain * y + more
        return System(self.rest.W, tuple(u), self.rest.pieces)

    def found(
        self, one: Fraction, other: Fraction, offset: tuple[Fraction, Fraction] = (_ZERO, _ZERO)
    ) -> list[Point | Family]:
        """Every equilibrium of the layer at those inputs, like units alike."""
        return sorted(equilibria(self.at(one, other, offset)), key=lambda e: e.places)

    def branch(self, places: Sequence[int]) -> str:
        """The name of a choice of pieces, as in a formula."""
        rows = zip(self.layer.circuit.populations, places, strict=True)
        labelled = [(p.name, (p.activation.pieces or ())[k].label) for p, k in rows]
        return ",".join(name + PIECE_MARK[label] for name, label in labelled if label != "silent")

    @cached_property
    def full(self) -> tuple[int, ...] | None:
        """The choice with every population on its only increasing piece; ``None`` when one has several."""
        rising = [[k for k, line in enumerate(row) if not line.flat] for row in self.rest.pieces]
        return tuple(row[0] for row in rising) if all(len(row) == 1 for row in rising) else None

    @cached_property
    def cells(self) -> tuple[Cell, ...]:
        """Every choice of pieces with its ratios, for a homogeneous layer."""
        if prod(len(row) for row in self.rest.pieces) > MOST_CELLS:
            raise Unsupported(f"a layer with more than {MOST_CELLS} choices of pieces is not listed by its ratios")
        return tuple(self._cell(places) for places in product(*(range(len(row)) for row in self.rest.pieces)))

    def cell(self, places: tuple[int, ...]) -> Cell:
        return next(cell for cell in self.cells if cell.places == places)

    def _cell(self, places: tuple[int, ...]) -> Cell:
        rates = self._rates(places)
        if rates is None:
            span = self._solvable(places)
            if span.low == span.high and not span.empty and self.at(Fraction(1), span.low).decided(places) is None:
                span = Span(span.low, span.low)  # its equations hold there, but some total input is off its piece
            return Cell(places, None, span)
        span = Span(Fraction(0), None, (True, False))
        for i, place in enumerate(places):
            line = self.rest.pieces[i][place]
            # on an increasing piece the total input has the sign of the rate
            ends = [self._total(i, x, k) if line.flat else x[i] for k, x in enumerate(rates)]
            if line.lower is not None:
                span = span.meet(_half_line(ends[0], ends[1], line.closed[0]))
            if line.upper is not None:
                span = span.meet(_half_line(-ends[0], -ends[1], line.closed[1]))
        return Cell(places, rates, span)

    def _total(self, i: int, x: Sequence[Fraction], unit: int) -> Fraction:
        total = sum((w * v for w, v in zip(self.rest.W[i], x, strict=True) if w and v), Fraction(0))
        return total + (self.drive[unit] if i == self.units[unit] else 0)

    def _rates(self, places: Sequence[int]) -> tuple[tuple[Fraction, ...], tuple[Fraction, ...]] | None:
        """Rates at inputs ``(1, 0)`` and ``(0, 1)``; ``None`` when the linear system is singular."""
        rising, block, right = self._equations(places)
        columns = [[Fraction(0)] * len(places) for _ in range(2)]
        if rising:
            try:
                solution = fmpq_mat(block).solve(fmpq_mat(right))
            except ZeroDivisionError:
                return None
            for row, i in enumerate(rising):
                for k in range(2):
                    value = solution[row, k]
                    columns[k][i] = Fraction(int(value.p), int(value.q))
        return tuple(columns[0]), tuple(columns[1])

    def _equations(self, places: Sequence[int]) -> tuple[list[int], list[list[fmpq]], list[list[fmpq]]]:
        """The increasing populations, ``I - F W`` on them, and F times the inputs ``(1, 0)`` and ``(0, 1)``."""
        lines = [row[k] for row, k in zip(self.rest.pieces, places, strict=True)]
        rising = [i for i, line in enumerate(lines) if not line.flat]
        block = [[_q((i == j) - lines[i].slope * self.rest.W[i][j]) for j in rising] for i in rising]
        right = [[_q(lines[i].slope * g if i == unit else Fraction(0)) for unit, g in self._drives()] for i in rising]
        return rising, block, right

    def _solvable(self, places: Sequence[int]) -> Span:
        """The ratios at which the equations of a singular choice have a solution: a row of the eliminated system
        without unknowns says ``p + q r = 0``."""
        rising, block, right = self._equations(places)
        k = len(rising)
        reduced, _ = fmpq_mat([[*row, *(fmpq(int(j == i)) for j in range(k))] for i, row in enumerate(block)]).rref()
        span = Span(Fraction(0), None, (True, False))
        for row in reduced.tolist():
            if any(row[:k]):
                continue
            rows = list(zip(row[k:], right, strict=True))
            sums = (sum((v * drives[unit] for v, drives in rows), fmpq(0)) for unit in (0, 1))
            p, q = (Fraction(int(v.p), int(v.q)) for v in sums)
            if q:
                span = span.meet(Span(-p / q, -p / q, (True, True)))
            elif p:
                span = Span(Fraction(0), Fraction(0))
        return span

    def _drives(self) -> Iterator[tuple[int, Fraction]]:
        return zip(self.units, self.drive, strict=True)

    def alone(self, places: tuple[int, ...], span: Span) -> bool:
        """Whether that choice of pieces holds the only equilibrium at every ratio of the span."""
        for cell in self.cells:
            if not (span.within(cell.span) if cell.places == places else span.meet(cell.span).empty):
                return False
        return True


def solved_layer(circuit: Circuit, units: Units | None, gains: Sequence[object]) -> NumericLayer:
    """The numeric layer of a circuit, remembered: ratios are mostly asked of the same circuit.

    See :func:`~symgame.ratio_map.contrast_map` for the arguments and errors.
    """
    chosen = None if units is None else tuple(u if isinstance(u, str) else tuple(u) for u in units)
    return _remembered(circuit, chosen, tuple(exact(g, "a feedforward gain") for g in gains))


@lru_cache(maxsize=64)
def _remembered(circuit: Circuit, units: tuple[str | Group, ...] | None, gains: tuple[object, ...]) -> NumericLayer:
    return numeric_layer(layer_of(circuit, units, gains))


def numeric_layer(layer: Layer) -> NumericLayer:
    """The layer in fractions. Raises :class:`~symgame.errors.Unsupported` when symbols are left."""
    circuit = replace(without_time_constants(layer.circuit), copies=())  # the rows of W: like units do the same
    ends = [circuit.with_values(**dict(zip(layer.inputs, values, strict=True))) for values in ((0, 0), (1, 1))]
    rest, driven = (system(end) for end in ends)
    first, second = (driven.u[i] - rest.u[i] for i in layer.units)
    return NumericLayer(layer, rest, (first, second))


def without_time_constants(circuit: Circuit) -> Circuit:
    """The circuit with all time constants 1: its equilibria are the same."""
    return replace(circuit, populations=tuple(replace(p, tau=sympy.Integer(1)) for p in circuit.populations))


def exact_number(value: object, what: str) -> Fraction:
    """A number given by a user, as a fraction."""
    found = exact(value, what)
    if not found.is_Rational:
        raise CircuitError(f"{what} is {value!r}; an exact number was expected.")
    return Fraction(int(found.p), int(found.q))


def _half_line(constant: Fraction, slope: Fraction, closed: bool) -> Span:
    """The ratios ``r >= 0`` with ``constant + slope r > 0``, or ``>= 0`` when closed."""
    zero = Fraction(0)
    if slope == 0:
        holds = constant > 0 or (closed and constant == 0)
        return Span(zero, None, (True, False)) if holds else Span(zero, zero)
    root = -constant / slope
    if slope > 0:
        return Span(root, None, (closed, False)) if root >= 0 else Span(zero, None, (True, False))
    return Span(zero, root, (True, closed)) if root >= 0 else Span(zero, zero)


def _q(value: Fraction) -> fmpq:
    return fmpq(value.numerator, value.denominator)
