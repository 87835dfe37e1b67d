"""What the columns of a table ask of a circuit with smooth activations, made ready once for all rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from functools import cached_property

import sympy
from flint import arb

from symgame import syntax as s
from symgame.activation import Activation
from symgame.algebra import algebra
from symgame.balls import ball_function
from symgame.branches import Branch, full_branch
from symgame.chart import regime_condition, regime_table
from symgame.checker import MAX_NAMED
from symgame.circuit import Circuit
from symgame.condition import Condition, free_names, quantifier_free
from symgame.errors import Unsupported, VocabularyError
from symgame.frozen_gains import frozen, gain
from symgame.grammar import read_formula
from symgame.notation import symbol
from symgame.numeric import MOST_POPULATIONS
from symgame.pieces import X, Z
from symgame.ring import Quotient
from symgame.verify_columns import Column
from symgame.verify_truth import lowered
from symgame.words import BRANCH_WORDS, GAIN_QUANTIFIERS, QUANTIFIERS

#: Activations with numbers that are kept for the rows to come.
MOST_KEPT = 256

#: What a formula says at frozen gains, and what it assumes.
Meaning = tuple[Condition | Quotient, tuple[Condition, ...]]


class SmoothMeanings:
    """A circuit with a smooth activation, and what the columns of a table ask of it; made ready once.

    Raises :class:`~symgame.errors.Unsupported` for columns that have no meaning for such a circuit: critical parameter
    values, and words of states such as ``exists(E,I)``.
    """

    def __init__(self, circuit: Circuit, columns: Sequence[Column], at: str | None = None) -> None:
        if at is not None:
            raise Unsupported("--at names a branch of a piecewise-linear circuit; with a smooth activation claims are "
                              "about the equilibrium of the row: give its state, as x_E, x_I")  # fmt: skip
        if len(circuit.names) > MOST_POPULATIONS:
            raise Unsupported(f"{len(circuit.names)} populations with smooth activations are too many: equilibria are "
                              f"isolated for up to {MOST_POPULATIONS}")  # fmt: skip
        self.circuit, self.columns = circuit, tuple(columns)
        self.symbols = tuple(symbol(name) for name in circuit.symbols)
        self.activations = tuple(p.activation for p in circuit.populations)
        self.hypotheses = [(h.text, h.condition) for h in algebra(circuit).domain.hypotheses]
        function = self.function
        self.W = [[function(v) for v in row] for row in circuit.entries]
        self.u = [function(p.input) for p in circuit.populations]
        self.tau = [function(p.tau) for p in circuit.populations]
        self._kept: dict[tuple[int, tuple[sympy.Expr, ...]], Activation] = {}
        self._parts: dict[tuple[int, int, str], tuple[Callable[..., arb], Callable[..., arb]]] = {}
        self.formulas: dict[str, Meaning | None] = {}
        self.regimes: list[tuple[str, Meaning]] = []
        for column in columns:
            try:
                self._prepare(column)
            except (VocabularyError, Unsupported) as error:
                raise type(error)(f"the column {column.header[:60]!a}: {error}") from None

    def function(self, expression: sympy.Expr, *more: sympy.Symbol) -> Callable[..., arb]:
        """An expression as a function of ``more`` and then of all parameters."""
        return ball_function(expression, *more, *self.symbols)

    @cached_property
    def gains(self) -> Circuit:
        return frozen(self.circuit)

    @cached_property
    def _whole(self) -> Branch:
        return full_branch(self.gains)

    def _prepare(self, column: Column) -> None:
        if column.kind == "threshold":
            raise Unsupported(
                f"critical values of {column.over} have no closed form with a smooth activation; the bifurcation sets "
                f"in the rates have: symgame.bifurcation_set"
            )
        if column.kind == "regime":
            if len(self.circuit.names) > MAX_NAMED:
                raise Unsupported(f"regimes are named for at most {MAX_NAMED} populations")
            for name, when, _ in regime_table():
                node = read_formula(regime_condition(self.gains, when))
                self.regimes.append((name, lowered(self.gains, node, self._whole)))
        elif column.node is not None:
            try:
                meaning = lowered(self.gains, column.node, self._whole)
            except Unsupported:
                if self.is_local(column) or column.kind != "condition":
                    raise
                self.formulas[column.quantity] = None
                return
            asked = column.kind == "condition" and not self.is_local(column) and not self._is_closed(meaning)
            self.formulas[column.quantity] = None if asked else meaning

    def _is_closed(self, meaning: Meaning) -> bool:
        """Whether conditions are in parameters alone, and bind nothing: else all gains are meant, and proofs needed."""
        rows = [c for c in (meaning[0], *meaning[1]) if not isinstance(c, Quotient)]
        return all(quantifier_free(c) and free_names(c) <= set(self.circuit.symbols) for c in rows)

    def is_local(self, column: Column) -> bool:
        """Whether what a column says is read at the equilibrium of the row: words of branches, readings, gains."""
        if column.node is None:
            return column.at_branch or column.kind == "regime"
        spoken = {p.name for p in s.walk(column.node) if isinstance(p, s.Call)}
        spoken |= {p.id for p in s.walk(column.node) if isinstance(p, s.Name)}
        gains = {str(gain(name)) for name in self.circuit.names} - set(self.circuit.symbols)
        over_all = {p.name for p in s.walk(column.node) if isinstance(p, s.Call)} & set(QUANTIFIERS | GAIN_QUANTIFIERS)
        return not over_all and (column.at_branch or bool(spoken & (set(BRANCH_WORDS) | gains)))

    def part(self, i: int, k: int, label: str) -> tuple[Callable[..., arb], Callable[..., arb]]:
        """phi and phi' of population i on its section k, as functions of the total input and of the parameters."""
        if (i, k, label) not in self._parts:
            a = self.activations[i]
            if a.pieces is not None:
                piece = a.pieces[k]
                line = self.function(piece.slope * Z + piece.intercept, Z), self.function(piece.slope, Z)
                self._parts[i, k, label] = line
            elif label == "active":
                self._parts[i, k, label] = self._curved(a)
            else:
                level = a.domain.start if label == "silent" else a.domain.end
                self._parts[i, k, label] = self.function(level, Z), self.function(sympy.Integer(0), Z)
        return self._parts[i, k, label]

    def knots(self, i: int, k: int, label: str) -> tuple[Callable[..., arb] | None, Callable[..., arb] | None] | None:
        """The ends of section k of population i as functions of the parameters, where it ends; ``None``: not known."""
        a = self.activations[i]
        if a.pieces is not None:
            ends = (a.pieces[k].lower, a.pieces[k].upper)
        elif a.kind == "power":
            threshold = dict(a.parameters)["threshold"]
            ends = (-sympy.oo, threshold) if label == "silent" else (threshold, sympy.oo)
        else:
            return None
        low, high = (None if end in (-sympy.oo, sympy.oo) else self.function(end) for end in ends)
        return low, high

    def _curved(self, a: Activation) -> tuple[Callable[..., arb], Callable[..., arb]]:
        phi, sigma = self.function(a.phi, Z), self.function(a.slope_at_rate, X)

        def rate(z: arb, *parameters: arb) -> arb:
            if z.is_exact():
                return phi(z, *parameters)
            return phi(z.lower(), *parameters).union(phi(z.upper(), *parameters))

        return rate, lambda z, *parameters: sigma(rate(z, *parameters), *parameters)

    def at_point(self, point: Mapping[str, Fraction]) -> Circuit:
        """The circuit with numbers in place of its symbols."""
        table = {x: sympy.Rational(point[str(x)].numerator, point[str(x)].denominator) for x in self.symbols}
        rows = enumerate(self.circuit.populations)
        populations = tuple(replace(p, activation=self._fixed(i, table)) for i, p in rows)
        values = tuple((str(x), v) for x, v in table.items())
        return replace(self.circuit, populations=populations, values=(*self.circuit.values, *values)).fixed()

    def _fixed(self, i: int, table: Mapping[sympy.Symbol, sympy.Expr]) -> Activation:
        """An activation with numbers; it is checked at birth, which takes longer than a row: so it is kept."""
        key = i, tuple(v for x, v in table.items() if x in self.activations[i].free_symbols)
        if key not in self._kept:
            if len(self._kept) >= MOST_KEPT:
                self._kept.clear()
            self._kept[key] = self.activations[i].substituted(table)
        return self._kept[key]
