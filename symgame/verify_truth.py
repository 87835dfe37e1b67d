"""What is true of one row of parameter values, exactly: its equilibria, their properties, and what formulas say.

Everything is computed in fractions from the equations of the circuit, equilibrium by equilibrium, not from closed
conditions; these are used by :mod:`symgame.verify_filter`, so that the two check each other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property, reduce
from math import isqrt, lcm, prod
from operator import add, mul
from typing import Any

import numpy as np
import sympy
from flint import arb, fmpq

from symgame import syntax as s
from symgame.algebra import Algebra, algebra
from symgame.balls import precision
from symgame.best_rate import OwnEnergy, nash_class
from symgame.bounds import exactly
from symgame.branches import Branch, branch, equilibria, full_branch
from symgame.cascade import stable_on_kinks
from symgame.cells import Family, Line, Point, System, satisfiable
from symgame.chart import Threshold, regime_condition, regime_table, regimes
from symgame.checker import MAX_NAMED
from symgame.circuit import Circuit
from symgame.condition import FALSE, Condition, holds
from symgame.enumeration import equilibria as enumerated
from symgame.errors import BudgetExceeded, Unsupported, VocabularyError
from symgame.grammar import read_branch, read_formula
from symgame.numeric import rational
from symgame.proof.decide import EXACT
from symgame.proof.solver import DEFAULT_BUDGET
from symgame.proof.verdict import Proved, Undecided
from symgame.properties import diagonal
from symgame.ring import Quotient, value_at
from symgame.spectrum import all_left, characteristic, eigenvalues, spectral_type
from symgame.statements import with_closed_forms, with_uniqueness
from symgame.sweep_answers import truth as truth_at
from symgame.sweep_program import Gathered
from symgame.syntax import PIECE_MARK
from symgame.verify_columns import Column
from symgame.verify_numbers import Truth, VerifyError, exact
from symgame.vocabulary import Vocabulary
from symgame.words import FUNCTIONS, RESERVED

MOST_BRANCHES = 81  # of which formulas are made ready; beyond, equilibria are enumerated, and formulas read at one
EXTRA_DIGITS = 60


def lowered(circuit: Circuit, node: s.Formula, at: Branch | None) -> tuple[Condition | Quotient, tuple[Condition, ...]]:
    """The meaning of a formula at a branch, and what it assumes: that denominators are not 0.

    Raises :class:`~symgame.errors.Unsupported` when it has no closed one, and
    :class:`~symgame.errors.VocabularyError` for words that the circuit has not.
    """
    a = algebra(circuit)
    vocabulary = Vocabulary(circuit, None if at is None else read_branch(at.name))

    def word(part: s.Formula, lowering: Any) -> Condition | None:
        if isinstance(part, s.Name) and part.id in ("lds", "rosen") and a.n <= 2:
            # two rates: diagonal stability is the P-property, a claim (matrix.lds-p) of every derivation
            return diagonal.p_property(a, a.interaction() if part.id == "lds" else a.game_matrix())
        if isinstance(part, s.Call) and part.name in ("nash", "local_nash"):
            members = tuple(m for m in part.args if isinstance(m, s.Member))
            if branch(circuit, members).determinant.is_zero:
                return FALSE
        return vocabulary.condition(part, lowering)

    lowering = replace(vocabulary.lowering(), condition_word=word)
    meaning = lowering.condition(node) if s.is_condition(node) else lowering.number(node)
    if lowering.fresh:
        raise Unsupported("roots, abs, min and max have no closed form here")
    if s.is_condition(node):
        words = frozenset(part.id for part in s.walk(node) if isinstance(part, s.Name))
        leans = [with_uniqueness(circuit, words, Proved((EXACT,)), DEFAULT_BUDGET)]
        leans += [with_closed_forms(circuit, words, Proved((EXACT,)))] if a.n > 2 else []
        for verdict in leans:
            if isinstance(verdict, Undecided):
                raise Unsupported(verdict.reason)
    return meaning, tuple(lowering.assumed.values())


@dataclass(frozen=True)
class Place:
    """Where a formula stands in a program, and the conditions that it assumes; ``kind`` is condition, number or ask."""

    kind: str
    at: int
    assumed: tuple[int, ...] = ()


class Meanings:
    """What a circuit and the columns of a table need, made ready once as one program on fractions.

    ``circuit`` has no values any more; its symbols are the parameters, in order. ``wider`` is the circuit in which the
    parameters of thresholds are symbols too. ``at`` is the branch at which numbers
    are read in a table that names no equilibrium: by default the one with every population active.
    """

    def __init__(
        self, circuit: Circuit, columns: Sequence[Column], at: str | None = None, wider: Circuit | None = None
    ) -> None:
        self.circuit, self.columns, self.wider = circuit, tuple(columns), wider or circuit
        self.algebra: Algebra = algebra(circuit)
        pieces = self.algebra.linear_pieces()  # a smooth activation has no equilibria here: said before anything else
        self.many = prod(len(row) for row in pieces)
        self.default = full_branch(circuit) if at is None else branch(circuit, read_branch(at))
        few = self.many <= MOST_BRANCHES
        self.branches: tuple[Branch, ...] = equilibria(circuit) if few else (self.default,)
        self.labels = [[str(p.label) for p in row] for row in pieces]
        self.program = Gathered(self.algebra, {})
        rows = self.algebra.domain.hypotheses
        self.hypotheses = [(h.text, self.program.condition(h.condition, inside=False)) for h in rows]
        self._entries()
        self.formulas: dict[tuple[str, str], Place] = {}
        self.thresholds: dict[str, tuple[Threshold, Condition]] = {}
        self.regimes: list[tuple[str, Place]] = []
        for column in columns:
            self._prepare(column)
        self.compiled = self.program.formulas()

    def _entries(self) -> None:
        a = self.algebra
        quotients = [*(w for row in a.W for w in row), *a.u, *a.tau]
        for row in a.linear_pieces():
            for piece in row:
                quotients += [q for q in (piece.lower, piece.upper) if q is not None]
                quotients += [piece.slope, piece.intercept]
        for quotient in quotients:
            self.program.quotient(quotient)

    def _prepare(self, column: Column) -> None:
        try:
            if column.kind == "threshold":
                chart = regimes(self.wider, column.over)
                rows = {t.name: t for t in chart.thresholds}
                if column.name not in rows:
                    left = f"; not solved for {column.over}: {', '.join(chart.unsolved)}" if chart.unsolved else ""
                    raise VerifyError(f"the column {column.header[:60]!a}: there is no threshold {column.name!a} in "
                                      f"{column.over} (thresholds: {', '.join(rows) or 'none'}{left})")  # fmt: skip
                row = rows[column.name]
                exists, _ = lowered(self.wider, read_formula(row.exists_when), None)
                assert not isinstance(exists, Quotient)
                self.thresholds[column.quantity] = row, exists
            elif column.kind == "regime":
                if self.algebra.n > MAX_NAMED:
                    raise Unsupported(f"regimes are named for at most {MAX_NAMED} populations")
                for name, when, _ in regime_table():
                    self.regimes.append((name, self._place(read_formula(regime_condition(self.circuit, when)), None)))
            elif column.node is not None:
                self._check_size(column)
                for b in self.branches if column.at_branch else (self.default,):
                    self.formulas[column.quantity, b.name] = self._place(column.node, b)
        except (VocabularyError, Unsupported) as error:
            raise type(error)(f"the column {column.header[:60]!a}: {error}") from None

    def _check_size(self, column: Column) -> None:
        assert column.node is not None
        spoken = {p.name for p in s.walk(column.node) if isinstance(p, s.Call)}
        spoken |= {p.id for p in s.walk(column.node) if isinstance(p, s.Name)}
        if self.many > 2**10 and spoken & (RESERVED - set(FUNCTIONS)):
            raise Unsupported("words of branches and of the matrix are verified for at most 10 populations")

    def _place(self, node: s.Formula, at: Branch | None) -> Place:
        try:
            meaning, assumed = lowered(self.circuit, node, at)
            conditions = tuple(self.program.condition(c) for c in assumed)
            if isinstance(meaning, Quotient):
                return Place("number", self.program.quotient(meaning), conditions)
            return Place("condition", self.program.condition(meaning), conditions)
        except VocabularyError:
            if at is not None and at is not self.default and at.determinant.is_zero:
                return Place("none", -1)
            raise
        except (Unsupported, BudgetExceeded):
            return Place("ask", -1)

    def at_point(self, circuit_point: tuple[tuple[str, Fraction], ...]) -> Circuit:
        """The circuit with numbers in place of its symbols."""
        table = {n: sympy.Rational(v.numerator, v.denominator) for n, v in circuit_point}
        return replace(self.circuit, values=(*self.circuit.values, *table.items())).fixed()


@dataclass(frozen=True)
class Equilibrium:
    """A point, with what is asked of it; ``exists`` is false of a branch that is read although nothing lies there."""

    branch: str
    state: tuple[Fraction, ...]
    strict: bool
    polynomial: tuple[Fraction, ...]
    stable: bool | None
    nash: str
    exists: bool = True

    @cached_property
    def type(self) -> str:
        return spectral_type(self.polynomial) if self.strict else "kink"

    @cached_property
    def eigenvalues(self) -> tuple[tuple[Truth, Truth], ...]:
        """Real and imaginary parts to 60 digits, certified; none on a kink."""
        if not self.strict:
            return ()
        return tuple((_enclosed(re), _enclosed(im)) for re, im in eigenvalues(self.polynomial, EXTRA_DIGITS))


def _enclosed(decimal: str) -> Truth:
    value = Fraction(decimal)
    wide = abs(value) / 10 ** (EXTRA_DIGITS - 2)
    return Truth(value - wide, value + wide)


class RowTruth:
    """What is true at one point, computed when it is asked for.

    >>> from symgame.named import wilson_cowan
    >>> from symgame.verify_columns import columns
    >>> (lds,) = columns(wilson_cowan(), ["lds"])
    >>> meanings = Meanings(wilson_cowan(), [lds])
    >>> point = dict(w_EE="5/2", w_EI="5/2", w_IE="3/2", w_II="7/10", tau_E=10, tau_I=5, u_E="1/2", u_I=0)
    >>> here = RowTruth(meanings, {k: Fraction(v) for k, v in point.items()})
    >>> [(e.branch, str(e.state[0]), e.stable, e.nash) for e in here.points], here.condition(lds, "E,I")
    ([('E,I', '17/24', True, 'stationary')], False)
    """

    def __init__(self, meanings: Meanings, point: Mapping[str, Fraction]) -> None:
        self.meanings, self.point = meanings, dict(point)
        f = meanings.compiled
        self._values = [self.point[name] for name in f.symbols]
        p = f.polynomials(*self._values)
        self._truth = f.conditions([np.bool_(v > 0) for v in p], [np.bool_(v < 0) for v in p])

    @cached_property
    def broken(self) -> tuple[str, ...]:
        """The hypotheses of the circuit that the point violates: then nothing else is asked of it."""
        return tuple(text for text, k in self.meanings.hypotheses if not self._truth[k])

    @cached_property
    def _numbers(self) -> tuple[Any, ...]:
        return tuple(self.meanings.compiled.branches[0].evaluate(*self._values))

    def _number(self, k: int) -> Fraction | None:
        over, under = exactly(self._numbers[2 * k]), exactly(self._numbers[2 * k + 1])
        return over / under if under else None

    def _entry(self, k: int) -> Fraction:
        value = self._number(k)
        if value is None:
            raise VerifyError("an entry of the circuit divides by 0")
        return value

    # -- equilibria -----------------------------------------------------------------------------------------------

    @cached_property
    def _parts(self) -> tuple[System, tuple[Fraction, ...]]:
        a = self.meanings.algebra
        n = a.n
        values = iter(range(len(self._numbers) // 2))
        rows = tuple(tuple(self._entry(next(values)) for _ in range(n)) for _ in range(n))
        u = tuple(self._entry(next(values)) for _ in range(n))
        tau = tuple(self._entry(next(values)) for _ in range(n))
        pieces = []
        for row in a.linear_pieces():
            lines = []
            for piece in row:
                lower = None if piece.lower is None else self._entry(next(values))
                upper = None if piece.upper is None else self._entry(next(values))
                slope, intercept = self._entry(next(values)), self._entry(next(values))
                lines.append(Line(lower, upper, slope, intercept, piece.closed))
            pieces.append(tuple(lines))
        return System(rows, u, tuple(pieces)), tuple(1 / t for t in tau)

    @cached_property
    def found(self) -> tuple[Point | Family, ...]:
        """Every equilibrium and continuum."""
        system = self._parts[0]
        return tuple(system.exhaustive() if self.meanings.many <= MOST_BRANCHES else enumerated(system))

    @cached_property
    def points(self) -> tuple[Equilibrium, ...]:
        """The isolated equilibria."""
        return tuple(self.described(p) for p in self.found if isinstance(p, Point))

    @cached_property
    def continua(self) -> tuple[tuple[str, Family], ...]:
        return tuple((self._name(p.places), p) for p in self.found if isinstance(p, Family))

    def _name(self, places: Sequence[int]) -> str:
        marked = zip(self.meanings.circuit.names, self.meanings.labels, places, strict=True)
        return ",".join(name + PIECE_MARK[row[k]] for name, row, k in marked if row[k] != "silent")

    def described(self, found: Point, exists: bool = True) -> Equilibrium:
        system, rates = self._parts
        polynomial = self._polynomial(found.places)
        stable = all_left(polynomial) if found.strict else stable_on_kinks(system, found.places, found.totals, rates)
        energies = [OwnEnergy(row, system.W[i][i]) for i, row in enumerate(system.pieces)]
        nash = nash_class(energies, found.places, found.state, found.totals) if exists else ""
        return Equilibrium(self._name(found.places), found.state, found.strict, polynomial, stable, nash, exists)

    def _polynomial(self, places: Sequence[int]) -> tuple[Fraction, ...]:
        """The characteristic polynomial of ``diag(1/tau)(F W - I)`` on these pieces."""
        system, rates = self._parts
        slopes = [row[k].slope for row, k in zip(system.pieces, places, strict=True)]
        rising = [i for i, slope in enumerate(slopes) if slope]
        block = [[rates[i] * (slopes[i] * system.W[i][j] - (i == j)) for j in rising] for i in rising]
        decay = [rates[i] for i, slope in enumerate(slopes) if not slope]
        scale = lcm(*(v.denominator for row in block for v in row), *(v.denominator for v in decay))
        whole = [[int(v * scale) for v in row] for row in block]
        return tuple(characteristic(whole, [int(v * scale) for v in decay], scale))

    def at(self, branch: Branch) -> Equilibrium | None:
        """What is read at a branch, whether or not an equilibrium lies there; ``None`` where its determinant is 0."""
        for point in self.points:
            if point.branch == branch.name:
                return point
        solved = self._parts[0].solved(branch.places)
        return None if solved is None else self.described(replace(solved, strict=True), exists=False)

    def residual(self, state: Sequence[Fraction]) -> Fraction:
        """The largest ``|x - phi(W x + u)|``, exactly."""
        system = self._parts[0]
        worst = Fraction(0)
        for i, row in enumerate(system.pieces):
            z = sum((w * x for w, x in zip(system.W[i], state, strict=True)), system.u[i])
            line = next(piece for piece in row if piece.holds(z))
            worst = max(worst, abs(state[i] - line.value(z)))
        return worst

    def on_continuum(self, rates: Mapping[int, tuple[Fraction, Fraction]], branch: str | None = None) -> str | None:
        """The branch of a continuum with an equilibrium of such rates, each within so much of a number, decided
        exactly; ``branch``, if it is one of several."""
        system = self._parts[0]
        n = system.n
        for name, family in sorted(self.continua, key=lambda row: row[0] != branch):
            rows: list[tuple[tuple[Fraction, ...], Fraction, bool]] = []
            for i, place in enumerate(family.places):
                piece, W = system.pieces[i][place], system.W[i]
                unit = tuple(Fraction(i == j) for j in range(n))
                gap = tuple(e - piece.slope * w for e, w in zip(unit, W, strict=True))
                level = piece.slope * system.u[i] + piece.intercept
                rows += [(gap, -level, False), (tuple(-v for v in gap), level, False)]
                if piece.lower is not None:
                    rows.append((tuple(W), system.u[i] - piece.lower, not piece.closed[0]))
                if piece.upper is not None:
                    rows.append((tuple(-v for v in W), piece.upper - system.u[i], not piece.closed[1]))
                if i in rates:
                    value, half = rates[i]
                    rows.append((unit, half - value, False))
                    rows.append((tuple(-v for v in unit), half + value, False))
            if satisfiable(rows):
                return name
        return None

    # -- formulas -------------------------------------------------------------------------------------------------

    def _place(self, column: Column, branch: str) -> Place:
        here = branch if column.at_branch else self.meanings.default.name
        return self.meanings.formulas.get((column.quantity, here), Place("ask", -1))

    def _known(self, place: Place) -> bool:
        return all(bool(self._truth[k]) for k in place.assumed)

    def condition(self, column: Column, branch: str) -> bool | None:
        """Whether a condition holds, read at a branch; ``None`` where it divides by 0 or is undecided."""
        place = self._place(column, branch)
        if place.kind == "ask":
            return truth_at(self._circuit, column.quantity, branch)
        return bool(self._truth[place.at]) if place.kind == "condition" and self._known(place) else None

    def number(self, column: Column, branch: str) -> Truth | None:
        """The value of a number, read at a branch; ``None`` where it divides by 0."""
        place = self._place(column, branch)
        if place.kind == "ask":
            assert column.node is not None
            return valued(self._circuit, column.node, read_branch(branch))
        found = self._number(place.at) if place.kind == "number" and self._known(place) else None
        return None if found is None else exact(found)

    @cached_property
    def _circuit(self) -> Circuit:
        return self.meanings.at_point(tuple(self.point.items()))

    @cached_property
    def regime(self) -> str:
        for name, place in self.meanings.regimes:
            if place.kind == "condition" and self._truth[place.at]:
                return name
        return "unnamed"

    def threshold(self, quantity: str) -> Truth | None:
        """A critical value ``rational + factor sqrt(inside)``; ``None`` where there is none."""
        t, exists = self.meanings.thresholds[quantity]
        if not holds(exists, self.point):
            return None

        def at(q: Quotient) -> Fraction | None:
            under = value_at(q.under, self.point)
            return value_at(q.over, self.point) / under if under else None

        rational, factor, inside = at(t.rational), at(t.factor), value_at(t.inside, self.point)
        if rational is None or factor is None or inside < 0:
            return None
        return rooted(rational, factor, inside)


def valued(circuit: Circuit, node: s.Formula, at: Sequence[s.Member]) -> Truth | None:
    """The value of a number with ``sqrt``, ``abs``, ``min`` or ``max`` in it, enclosed; exact without them.

    ``None`` where a denominator is 0 or a root is of a negative number.

    >>> from symgame.named import wilson_cowan
    >>> pair = wilson_cowan().with_values(w_EE=2, w_EI=1, w_IE=1, w_II=0, tau_E=1, tau_I=1, u_E=1, u_I=0).fixed()
    >>> over = read_formula("abs(1 - w_EE)*sqrt(2) = 0").terms[0]
    >>> str(valued(pair, over, read_branch("E,I")))
    '1.414213562373095'
    """
    members = Vocabulary(circuit, tuple(at)).lowering()

    def of(part: s.Formula) -> arb:
        match part:
            case s.Call(name="sqrt", args=(inner,)):
                square = of(inner)
                if square < 0:
                    raise ZeroDivisionError("the root of a negative number")
                return square.max(arb(0)).sqrt()
            case s.Call(name=("abs" | "min" | "max") as name, args=args):
                values = [of(arg) for arg in args]
                return abs(values[0]) if name == "abs" else reduce(arb.min if name == "min" else arb.max, values)
            case s.Negative(of=inner):
                return -of(inner)
            case s.Sum(terms=terms):
                return reduce(add, map(of, terms))
            case s.Product(factors=factors):
                return reduce(mul, map(of, factors))
            case s.Ratio(over=over, under=under):
                return of(over) / of(under)
            case s.Power(base=base, exponent=exponent):
                return of(base) ** exponent
        value = rational(members.number(part))
        return arb(fmpq(value.numerator, value.denominator))

    try:
        with precision(4 * EXTRA_DIGITS):
            ball = of(node)
            if not ball.is_finite():
                return None
            low, high = ball.lower().fmpq(), ball.upper().fmpq()
    except (VocabularyError, ZeroDivisionError):
        return None
    return Truth(Fraction(int(low.p), int(low.q)), Fraction(int(high.p), int(high.q)))


def rooted(rational: Fraction, factor: Fraction, inside: Fraction) -> Truth:
    """``rational + factor sqrt(inside)``, enclosed to 60 digits; exact where the root is rational.

    >>> str(rooted(Fraction(1), Fraction(-2), Fraction(9, 4))), str(rooted(Fraction(0), Fraction(1), Fraction(2)))
    ('-2', '1.414213562373095')
    """
    scale = 10 ** (2 * EXTRA_DIGITS)
    over = inside.numerator * inside.denominator  # sqrt(a/b) = sqrt(a b)/b
    root = isqrt(over)
    if root * root == over:
        return exact(rational + factor * Fraction(root, inside.denominator))
    low = Fraction(isqrt(over * scale * scale), scale * inside.denominator)
    ends = sorted((rational + factor * low, rational + factor * (low + Fraction(1, scale * inside.denominator))))
    return Truth(ends[0], ends[1])
