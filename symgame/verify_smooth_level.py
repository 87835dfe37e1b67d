"""The parameters of a row as balls, and what formulas say there, at an equilibrium with its gains in balls.

A ball of radius 0 but for rounding is the row as it is written; wider ones are all that it may have been rounded from.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from functools import cached_property

from flint import arb, fmpq

from symgame.balls import ball_function, precision
from symgame.certified_boxes import Equations
from symgame.circuit import Circuit
from symgame.condition import And, Condition, Or, Sign, free_names, holds
from symgame.frozen_gains import gain
from symgame.pieces import X
from symgame.ring import Poly, Quotient, names_of, value_at
from symgame.sections import Section, sections
from symgame.sweep_answers import truth as truth_at
from symgame.verify_boxes import ball_truth
from symgame.verify_columns import Column
from symgame.verify_numbers import Truth, exact
from symgame.verify_smooth_meanings import Meaning, SmoothMeanings

Sizes = Mapping[str, Fraction]
Slopes = Sequence[arb] | None


def ball(value: Fraction, size: Fraction = Fraction(0)) -> arb:
    """Every number that is no farther from one than that, at the precision of the moment.

    >>> ball(Fraction(1, 2), Fraction(1, 4)).contains(arb(3) / 4)
    True
    """
    if not size:
        return arb(fmpq(value.numerator, value.denominator))
    ends = [arb(fmpq(v.numerator, v.denominator)) for v in (value - size, value + size)]
    return ends[0].union(ends[1])


class Level:
    """The parameters of a row as balls, at a precision: ``sizes`` says how far each may be off."""

    def __init__(self, meanings: SmoothMeanings, circuit: Circuit, point: Mapping[str, Fraction], sizes: Sizes,
                 bits: int) -> None:  # fmt: skip
        self.meanings, self.circuit, self.point, self.bits = meanings, circuit, dict(point), bits
        self.sizes = {name: size for name, size in sizes.items() if size}
        self.sections = tuple(sections(p.activation) for p in circuit.populations)
        with precision(bits):
            self.balls = {n: ball(v, self.sizes.get(n, Fraction(0))) for n, v in self.point.items()}
            self.given = [self.balls[str(name)] for name in meanings.symbols]
            self.W = tuple(tuple(f(*self.given) for f in row) for row in meanings.W)
            self.u = tuple(f(*self.given) for f in meanings.u)
            self.tau = tuple(f(*self.given) for f in meanings.tau)

    def section(self, i: int, k: int) -> Section:
        """Section k of population i, for all parameters of the box."""
        section = self.sections[i][k]
        rate, slope = self.meanings.part(i, k, section.label)
        given = self.given
        return replace(section, rate=lambda z: rate(z, *given), slope=lambda z: slope(z, *given))

    def equations(self, places: Sequence[int]) -> Equations:
        return Equations(self.W, self.u, tuple(self.section(i, k) for i, k in enumerate(places)))

    @cached_property
    def bent(self) -> frozenset[int]:
        """Populations whose phi itself is uncertain."""
        names = [{str(x) for x in a.free_symbols} for a in self.meanings.activations]
        return frozenset(i for i, spoken in enumerate(names) if spoken & set(self.sizes))

    def ends(self, i: int, k: int) -> tuple[arb | None, arb | None] | None:
        """The ends of a section, for all parameters; ``None`` where they move, and it is not known how."""
        section = self.sections[i][k]
        if section.lower is None and section.upper is None:
            return None, None
        if i not in self.bent:
            fixed = (None if end is None else ball_function(end, X)(arb(0)) for end in (section.lower, section.upper))
            low, high = fixed
            return low, high
        knots = self.meanings.knots(i, k, section.label)
        if knots is None:
            return None
        low, high = (None if f is None else f(*self.given) for f in knots)
        return low, high

    def inside(self, places: Sequence[int], z: Sequence[arb]) -> bool | None:
        """Whether total inputs lie inside sections, away from their ends; ``None`` when one may be on an end."""
        sides: list[arb] = []
        for i, (k, v) in enumerate(zip(places, z, strict=True)):
            ends = self.ends(i, k)
            if ends is None:
                return None
            low, high = ends
            sides += [] if low is None else [v - low]
            sides += [] if high is None else [high - v]
        return False if any(gap < 0 for gap in sides) else True if all(gap > 0 for gap in sides) else None

    def phi(self, i: int, z: arb) -> arb | None:
        """phi of population i over a ball, on whichever sections; ``None`` where it is not known how knots move."""
        found: arb | None = None
        for k in range(len(self.sections[i])):
            ends = self.ends(i, k)
            if ends is None:
                return None
            low = z.lower() if ends[0] is None else z.lower().max(ends[0].lower())
            high = z.upper() if ends[1] is None else z.upper().min(ends[1].upper())
            if low <= high:
                here = self.section(i, k).rate(low.union(high))
                found = here if found is None else found.union(here)
        return found

    def gaps(self, state: Sequence[arb]) -> list[arb | None]:
        """``x_i - phi_i((W x + u)_i)``."""
        rows: list[arb | None] = []
        with precision(self.bits):
            for i, x in enumerate(state):
                value = self.phi(i, sum((w * y for w, y in zip(self.W[i], state, strict=True)), self.u[i]))
                rows.append(None if value is None else x - value)
        return rows

    # -- formulas -------------------------------------------------------------------------------------------------

    def _names(self, slopes: Slopes) -> dict[str, arb]:
        names = dict(self.balls)
        if slopes is not None:
            names |= {str(gain(n)): v for n, v in zip(self.circuit.names, slopes, strict=True)}
        return names

    def holds(self, c: Condition, slopes: Slopes) -> bool | None:
        """Whether a condition holds at an equilibrium; one in parameters alone is decided exactly where these are."""
        if not self.sizes and free_names(c) <= set(self.point):
            try:
                return holds(c, self.point)
            except TypeError:  # bound names
                return None
        with precision(self.bits):
            return _holds(c, self._names(slopes))

    def number(self, meaning: Meaning, slopes: Slopes) -> Truth | None:
        """The value of a quotient; ``None`` where it may divide by 0."""
        q = meaning[0]
        assert isinstance(q, Quotient)
        try:
            if not self.sizes and not (set(_spoken(q.over)) | set(_spoken(q.under))) - set(self.point):
                under = value_at(q.under, self.point)
                return exact(value_at(q.over, self.point) / under) if under else None
            with precision(self.bits):
                names = self._names(slopes)
                return ball_truth(_value(q.over, names) / _value(q.under, names))
        except KeyError:  # a gain where there is no equilibrium
            return None

    def condition(self, column: Column, slopes: Slopes) -> bool | None:
        """Whether the condition of a column holds."""
        meaning = self.meanings.formulas[column.quantity]
        if meaning is None:
            return None if self.sizes else truth_at(self.circuit, column.quantity, None)
        condition, assumed = meaning
        assert not isinstance(condition, Quotient)
        return self.holds(condition, slopes) if all(self.holds(c, slopes) for c in assumed) else None

    def regime(self, slopes: Slopes) -> str | None:
        """The name of the regime at an equilibrium, where its gains decide it."""
        for name, (condition, _) in self.meanings.regimes:
            assert not isinstance(condition, Quotient)
            answer = self.holds(condition, slopes)
            if answer is None:
                return None
            if answer:
                return name
        return "unnamed"


def _spoken(p: Poly) -> tuple[str, ...]:
    return tuple(n for n, d in zip(names_of(p), p.degrees(), strict=True) if int(d))


def _value(p: Poly, names: Mapping[str, arb]) -> arb:
    total = arb(0)
    order = names_of(p)
    for powers, coefficient in p.to_dict().items():
        term = arb(int(coefficient))
        for name, power in zip(order, powers, strict=True):
            term = term * names[name] ** int(power) if power else term
        total += term
    return total


def _holds(c: Condition, names: Mapping[str, arb]) -> bool | None:
    match c:
        case Sign(poly=p, rel=rel):
            try:
                value = _value(p, names)
            except KeyError:
                return None
            table = {
                ">": (value > 0, value <= 0), "<": (value < 0, value >= 0), ">=": (value >= 0, value < 0),
                "<=": (value <= 0, value > 0), "=": (value.is_zero(), value != 0), "!=": (value != 0, value.is_zero()),
            }  # fmt: skip
            surely, never = table[rel]
            return True if surely else False if never else None
        case And(args=args):
            rows = [_holds(a, names) for a in args]
            return False if False in rows else None if None in rows else True
        case Or(args=args):
            rows = [_holds(a, names) for a in args]
            return True if True in rows else None if None in rows else False
    return None
