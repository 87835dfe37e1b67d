"""What is true all over a box of parameter values: the numbers that a row of a table may stand for.

Rounded parameters may be off together, so the box is decided as a whole. Signs and numbers are enclosed by exact
intervals, and by the values at the corners where these are extreme (:func:`symgame.intervals.vertices`); spectra by
balls. What comes out ``None`` is not decided: it may differ from point to point.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any, Final

from flint import arb, fmpq

from symgame.balls import precision
from symgame.branches import Branch
from symgame.certified_spectrum import Spectrum, spectrum
from symgame.condition import And, Condition, Or, Sign, atoms
from symgame.errors import BudgetExceeded, Unsupported, VocabularyError
from symgame.intervals import Interval, Known, fraction, hull, interval, known, signs, vertices
from symgame.properties import nash, stability
from symgame.ring import Poly, Quotient, place_of, value_at, variables
from symgame.sweep_program import Gathered
from symgame.verify_columns import Column
from symgame.verify_numbers import Truth
from symgame.verify_truth import MOST_BRANCHES, Meanings, lowered, rooted

#: Parameters whose corners are visited together; more are enclosed by intervals alone.
MOST_MOVED: Final = 8
_BITS: Final = 192
_MISSING = (Unsupported, BudgetExceeded, VocabularyError, ZeroDivisionError)


class Boxes:
    """Whatever the columns of a table need, in closed form and as one program on intervals; made once.

    ``branches`` is empty for circuits of too many of them: then only the equations themselves are enclosed.
    """

    def __init__(self, meanings: Meanings) -> None:
        self.meanings = meanings
        self.circuit = meanings.circuit
        self.algebra = meanings.algebra
        self.program = Gathered(meanings.algebra, {})
        add, quotient = self.program.condition, self.program.quotient
        a = meanings.algebra
        self.entries = [quotient(q) for q in (*(w for row in a.W for w in row), *a.u, *a.tau)]
        self.pieces = [
            [[None if q is None else quotient(q) for q in (p.lower, p.upper, p.slope, p.intercept)] for p in row]
            for row in a.linear_pieces()
        ]
        self.plain = len(self.program.quotients)  # from here on numbers, which corners make sharp
        self.branches = meanings.branches if meanings.many <= MOST_BRANCHES else ()
        self.exists = {b.name: add(b.exists) for b in self.branches}
        self.strict = {b.name: add(b.strict) for b in self.branches}
        self.continuum = {b.name: add(b.continuum) for b in self.branches}
        self.places: dict[tuple[str, str], tuple[int, ...]] = {}
        self.regimes: list[tuple[str, int]] = []
        for column in meanings.columns:
            for b in self.branches if column.at_branch else (meanings.default,):
                try:
                    self.places[column.quantity, b.name] = self._places(column, b)
                except _MISSING:
                    continue
        self.compiled = self.program.formulas()
        signed: dict[str, Poly] = {}  # in the order of the program
        for condition in self.program.conditions:
            for atom in atoms(condition):
                signed.setdefault(max(str(atom.poly), str(-atom.poly)), atom.poly)
        self.linear = [_is_linear(p) for p in signed.values()]
        self.fractional = [_is_linear(q.over) and _is_linear(q.under) for q in self.program.quotients]
        needed = [q for q in self.program.quotients[self.plain :] if _is_linear(q.over) and _is_linear(q.under)]
        self.moving = frozenset(v for q in needed for p in (q.over, q.under) for v in variables(p))

    def _places(self, column: Column, b: Branch) -> tuple[int, ...]:
        add = self.program.condition
        match column.kind:
            case "rate":
                return (self.program.quotient(b.rate(column.place)),)
            case "stable":
                return (add(stability.stable(b)),)
            case "nash":
                return (add(nash.nash(b)), add(nash.local_nash(b)))
            case "regime":
                conditions = list(self.meanings.program.conditions)
                if any(named.kind != "condition" for _, named in self.meanings.regimes):
                    raise Unsupported("no closed conditions")
                regimes = self.meanings.regimes
                self.regimes += [(name, add(conditions[named.at], inside=False)) for name, named in regimes]
                return ()
        if column.node is None:
            return ()
        meaning, assumed = lowered(self.circuit, column.node, b)
        place = self.program.quotient(meaning) if isinstance(meaning, Quotient) else add(meaning)
        return (place, *(add(c) for c in assumed))

    def box(self, point: Mapping[str, Fraction], sizes: Mapping[str, Fraction]) -> Box:
        """All points that are no farther from one than ``sizes``, inside the domain."""
        rows = {}
        for name in self.compiled.symbols:
            value, size = point[name], sizes.get(name, Fraction(0))
            low = value - size
            if low < 0 <= value and self.algebra.domain.signs.get(name) in (">", ">="):
                low = Fraction(0)
            rows[name] = Interval(low, value + size)
        return Box(self, rows)


def _is_linear(p: Poly) -> bool:
    """Whether a polynomial is linear in each of its variables."""
    return all(int(p.degrees()[place_of(p, name)]) <= 1 for name in variables(p))


@dataclass(frozen=True, eq=False)
class Box:
    """What is so at every point of a box, computed when it is asked for."""

    boxes: Boxes
    sides: Mapping[str, Interval]

    @cached_property
    def _values(self) -> list[Interval]:
        return [self.sides[name] for name in self.boxes.compiled.symbols]

    def _corners(self, names: frozenset[str] | None) -> list[list[fmpq]]:
        """The corners in the sides that are no points (and are named); none when these are too many."""
        moved = [k for k, name in enumerate(self.boxes.compiled.symbols)
                 if not self._values[k].exact and (names is None or name in names)]  # fmt: skip
        return vertices(self._values, moved) if len(moved) <= MOST_MOVED else []

    @cached_property
    def truth(self) -> list[Known]:
        """The conditions of the program."""
        program = self.boxes.compiled.polynomials
        numbers = [interval(v) for v in program(*self._values)]
        vague = [k for k, x in enumerate(numbers) if x.sign is None and self.boxes.linear[k]]
        corners = self._corners(None) if vague else []
        if corners:
            rows = [program(*corner) for corner in corners]
            for k in vague:
                numbers[k] = hull([interval(row[k]).low for row in rows])
        positive, negative = signs(numbers)
        return [known(answer) for answer in self.boxes.compiled.conditions(positive, negative)]

    @cached_property
    def _parts(self) -> list[Interval]:
        """Numerators and denominators of all numbers."""
        return [interval(v) for v in self.boxes.compiled.branches[0].evaluate(*self._values)]

    @cached_property
    def _at_corners(self) -> list[Sequence[Any]]:
        evaluate = self.boxes.compiled.branches[0].evaluate
        return [evaluate(*corner) for corner in self._corners(self.boxes.moving)]

    def quotient(self, k: int) -> Interval | None:
        """Number k; ``None`` where its denominator may be 0."""
        over, under = self._parts[2 * k], self._parts[2 * k + 1]
        if over.exact and under.exact:
            return over / under if under.sign else None
        if k >= self.boxes.plain and self.boxes.fractional[k] and self._at_corners:
            pairs = [(interval(row[2 * k]).low, interval(row[2 * k + 1]).low) for row in self._at_corners]
            if not (all(d > 0 for _, d in pairs) or all(d < 0 for _, d in pairs)):
                return None
            return hull([n / d for n, d in pairs])
        return over / under if under.sign else None

    def never(self, k: int, low: Fraction, high: Fraction) -> bool:
        """Whether number k is nowhere from ``low`` to ``high``, also where its denominator may be 0."""
        value, within = self.quotient(k), Interval(low, high)
        if value is not None:
            return bool(value.high < within.low or value.low > within.high)
        return bool((self._parts[2 * k] - self._parts[2 * k + 1] * within).sign)

    # -- equilibria -----------------------------------------------------------------------------------------------

    def exists(self, b: Branch) -> Known:
        return self.truth[self.boxes.exists[b.name]]

    def strict(self, b: Branch) -> Known:
        return self.truth[self.boxes.strict[b.name]]

    def continuum(self, b: Branch) -> Known:
        return self.truth[self.boxes.continuum[b.name]]

    def _entry(self, k: int | None) -> Interval | None:
        return None if k is None else self.quotient(k)

    def excluded(self, state: Sequence[Interval]) -> bool:
        """Whether no point of the box has an equilibrium among such states: some ``x_i = phi(W x + u)`` is violated."""
        n = len(state)
        rows = [self._entry(k) for k in self.boxes.entries[: n * n + n]]
        for i in range(n):
            W, u = rows[i * n : i * n + n], rows[n * n + i]
            if u is None or any(w is None for w in W):
                continue
            z = u
            for w, x in zip(W, state, strict=True):
                z = z + w * x if w is not None else z
            value = self._phi(i, z)
            if value is not None and (value.high < state[i].low or value.low > state[i].high):
                return True
        return False

    def beyond(self, i: int, x: Interval) -> bool:
        """Whether an activation that is flat at an end never has such a value."""
        (*_, s, level), (*_, slope, top) = self.boxes.pieces[i][0], self.boxes.pieces[i][-1]
        ends = [self._entry(k) for k in (s, level, slope, top)]
        if ends[0] is not None and ends[0].sign == 0 and ends[1] is not None and x.high < ends[1].low:
            return True
        return bool(ends[2] is not None and ends[2].sign == 0 and ends[3] is not None and x.low > ends[3].high)

    def _phi(self, i: int, z: Interval) -> Interval | None:
        found: Interval | None = None
        for row in self.boxes.pieces[i]:
            (lower, upper), (slope, intercept) = row[:2], row[2:]
            ends = self._entry(lower), self._entry(upper)
            if (lower is not None and ends[0] is None) or (upper is not None and ends[1] is None):
                return None
            low = z.low if ends[0] is None else max(z.low, ends[0].low)
            high = z.high if ends[1] is None else min(z.high, ends[1].high)
            s, c = self._entry(slope), self._entry(intercept)
            if s is None or c is None:
                return None
            if low <= high:
                here = s * Interval(low, high) + c
                found = here if found is None else found.joined(here)
        return found

    def spectrum(self, b: Branch) -> Spectrum | None:
        """The spectrum of the Jacobian on a branch; ``None`` when all its entries are points, and exact arithmetic
        says more."""
        n = len(self.boxes.circuit.names)
        rows = [self._entry(k) for k in self.boxes.entries]
        slopes = [self._entry(self.boxes.pieces[i][k][2]) for i, k in enumerate(b.places)]
        W, tau = rows[: n * n], rows[n * n + n :]
        known_entries = [e for e in (*W, *tau, *slopes) if e is not None]
        if len(known_entries) == len(W) + 2 * n and all(e.exact for e in known_entries):
            return None
        with precision(_BITS):
            balls = [[_ball(e) for e in W[i * n : i * n + n]] for i in range(n)]
            return spectrum(balls, [_ball(e) for e in slopes], [_ball(e) for e in tau])

    # -- formulas -------------------------------------------------------------------------------------------------

    def condition(self, column: Column, b: Branch, which: int = 0) -> Known | None:
        """A condition of a column; ``None`` when it has no closed form."""
        places = self.boxes.places.get((column.quantity, b.name))
        if not places:
            return None
        if column.kind == "condition" and not all(self.truth[k].surely for k in places[1:]):
            return Known(False, True)
        return self.truth[places[which]]

    def number(self, column: Column, b: Branch) -> Truth | None:
        """A number of a column, or a rate, at a branch, whether or not an equilibrium lies there; ``None`` when it has
        no closed form, or may divide by 0."""
        places = self.boxes.places.get((column.quantity, b.name))
        if not places or not all(self.truth[k].surely for k in places[1:]):
            return None
        return _truth(self.quotient(places[0]))

    def apart(self, column: Column, b: Branch, low: Fraction, high: Fraction) -> bool:
        """Whether a number of a column, or a rate, is nowhere from ``low`` to ``high``."""
        places = self.boxes.places.get((column.quantity, b.name), ())
        return len(places) > 0 and self.never(places[0], low, high)

    def closed(self, column: Column, b: Branch) -> bool:
        """Whether a column has a closed form at a branch."""
        return (column.quantity, b.name) in self.boxes.places

    @property
    def regime(self) -> str | None:
        """The regime, if it is the same all over."""
        for name, place in self.boxes.regimes:
            answer = self.truth[place].answer
            if answer is None:
                return None
            if answer:
                return name
        return "unnamed" if self.boxes.regimes else None

    def threshold(self, quantity: str) -> Truth | None:
        """A critical value; ``None`` where it may be none."""
        t, exists = self.boxes.meanings.thresholds[quantity]
        if not self._over(exists).surely:
            return None
        inside = interval(value_at(t.inside, self.sides))  # type: ignore[arg-type]
        try:
            rational, factor = (self._ratio(q) for q in (t.rational, t.factor))
        except ZeroDivisionError:
            return None
        if inside.low < 0:
            return None
        ends = [rooted(Fraction(0), Fraction(1), fraction(v)) for v in (inside.low, inside.high)]
        return _truth(rational + factor * Interval(ends[0].low, ends[1].high))

    def _ratio(self, q: Quotient) -> Interval:
        over, under = (interval(value_at(p, self.sides)) for p in (q.over, q.under))  # type: ignore[arg-type]
        return over / under

    def _over(self, condition: Condition) -> Known:
        match condition:
            case And(args=args):
                rows = [self._over(c) for c in args]
                return Known(all(r.surely for r in rows), all(r.possibly for r in rows))
            case Or(args=args):
                rows = [self._over(c) for c in args]
                return Known(any(r.surely for r in rows), any(r.possibly for r in rows))
            case Sign(poly=p, rel=rel):
                (positive,), (negative,) = signs([interval(value_at(p, self.sides))])  # type: ignore[arg-type]
                zero = ~(positive | negative)
                table = {">": positive, "<": negative, ">=": ~negative, "<=": ~positive, "=": zero, "!=": ~zero}
                return table[rel]
        return Known(False, True)


def _truth(x: Interval | None) -> Truth | None:
    return None if x is None else Truth(fraction(x.low), fraction(x.high))


def _ball(x: Interval | None) -> arb:
    return arb("nan") if x is None else arb(x.low).union(arb(x.high))


def ball_truth(ball: arb) -> Truth | None:
    """A ball as an enclosure with rational ends; ``None`` for one that is not finite."""
    if not ball.is_finite():
        return None
    low, high = ball.lower().fmpq(), ball.upper().fmpq()
    return Truth(fraction(low), fraction(high))
