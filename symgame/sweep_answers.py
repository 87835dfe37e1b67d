"""The points of a sweep: what a program of exact conditions says of them, or what a walk over them finds.

A chunk of points is answered at once by :class:`symgame.decisions.Checker`, which decides signs as exact arithmetic
does. What has no program is asked of the circuit with the values of each point put in, in exact arithmetic.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np
import sympy
from numpy.typing import NDArray

from symgame import decisions
from symgame import syntax as s
from symgame.bounds import exactly
from symgame.checker import CheckerError
from symgame.circuit import Circuit
from symgame.errors import VocabularyError
from symgame.grammar import read_branch
from symgame.numeric import rational, solutions
from symgame.presentation import PLAIN, Presentation
from symgame.proof.verdict import Cited, Proved, Refuted
from symgame.statements import check
from symgame.sweep_axes import Numbers
from symgame.vocabulary import Vocabulary

Array = NDArray[Any]
Bools = NDArray[np.bool_]

OUTSIDE, CONTINUUM, INCOMPLETE, UNSETTLED = -1, -2, -3, -4
#: Codes in the place of a number of equilibria, where there is none.
NO_NUMBER = {
    UNSETTLED: "stability_on_a_kink_not_decided",
    INCOMPLETE: "not_all_found",
    CONTINUUM: "continuum_of_equilibria",
    OUTSIDE: "outside_the_domain",
}


@dataclass(frozen=True)
class Problem:
    """Everything that answers depend on: a circuit with the swept symbols alone, and named quantities.

    ``scales`` are the factors of the values that come in arrays (:class:`symgame.sweep_axes.Axis`), by symbol.
    """

    circuit: Circuit
    scales: tuple[tuple[str, int], ...]
    quantities: tuple[tuple[str, str], ...]
    at: str | None = None
    presentation: Presentation = PLAIN  # circuits that differ in it are equal, but not what is said of their arrays


@dataclass(frozen=True)
class Variable:
    """One array of the result: its dimensions beside those of the sweep, its type, and what is said of it."""

    name: str
    dims: tuple[str, ...]
    dtype: str
    attributes: Mapping[str, Any]


Recipe = Callable[["Answers"], Array]


@dataclass(frozen=True, eq=False)
class Prepared:
    """A problem made ready: a program for all closed conditions and numbers, and how each variable comes of it."""

    problem: Problem
    formulas: decisions.Formulas
    variables: tuple[Variable, ...]
    recipes: tuple[Recipe, ...]
    branches: tuple[str, ...]
    walks: bool


# -- at points --------------------------------------------------------------------------------------------------------

ONE_AT_A_TIME = threading.RLock()  # solvers and the precision of FLINT belong to the whole process


@dataclass(eq=False)
class Answers:
    """What the program says at the points of one chunk; what has no program is computed point by point on demand."""

    ready: Prepared
    columns: tuple[Numbers, ...]
    _found: dict[Any, Any] = field(default_factory=dict)

    @property
    def size(self) -> int:
        return len(self.columns[0])

    @cached_property
    def _exact(self) -> bool:
        return any(c.dtype == object for c in self.columns)

    @cached_property
    def _checker(self) -> decisions.Checker:
        return decisions.Checker(self.ready.formulas, CheckerError)  # of its own: it keeps notes as it works

    @property
    def _point(self) -> dict[str, Any]:
        return dict(zip(self.ready.formulas.symbols, self.columns, strict=True))

    @cached_property
    def _mask(self) -> Bools:
        """Row k: the condition k is true; row 0: in the domain."""
        f = self.ready.formulas
        if not self._exact:
            words = self._checker.mask(self._point)
            one = np.uint64(1)
            return np.stack([(words[k // 64] >> np.uint64(k % 64)) & one != 0 for k in range(len(f.questions))])
        truth = np.zeros((len(f.questions), self.size), np.bool_)
        for i, point in enumerate(zip(*self.columns, strict=True)):
            p = f.polynomials(*map(Fraction, point))
            truth[:, i] = f.conditions([np.bool_(v > 0) for v in p], [np.bool_(v < 0) for v in p])
        truth &= truth[0].copy()
        return truth

    @property
    def inside(self) -> Bools:
        row: Bools = self._mask[0]
        return row

    def true(self, k: int) -> Bools:
        row: Bools = self._mask[k]
        return row

    @cached_property
    def _numbers(self) -> dict[str, Array]:
        """NaN where the denominator is 0 and outside the domain, infinite where beyond the doubles."""
        branch = self.ready.formulas.branches[0]
        if not self._exact:
            return {name: row.value for name, row in self._checker.numbers(branch.name, self._point).items()}
        found = {name: np.full(self.size, np.nan) for name in branch.numbers}
        for i in np.flatnonzero(self.inside).tolist():
            values = branch.evaluate(*(Fraction(c[i]) for c in self.columns))
            for name, k in branch.numbers.items():
                over, under = exactly(values[k]), exactly(values[k + 1])
                if under != 0:
                    found[name][i] = _rounded(over / under)
        return found

    def number(self, k: int) -> Array:
        return self._numbers[f"n{k}"]

    def each(self, key: str, ask: Callable[[Circuit], Any]) -> list[Any]:
        """``ask`` of the circuit at every point of the domain, ``None`` elsewhere; computed once for each ``key``."""
        if key not in self._found:
            with ONE_AT_A_TIME:
                self._found[key] = [ask(self._circuit(i)) if ok else None for i, ok in enumerate(self.inside.tolist())]
        return list(self._found[key])

    def _circuit(self, i: int) -> Circuit:
        problem = self.ready.problem
        scales = dict(problem.scales)
        values = [(n, Fraction(c[i]) / scales[n]) for n, c in zip(problem.circuit.symbols, self.columns, strict=True)]
        table = tuple((n, sympy.Rational(v.numerator, v.denominator)) for n, v in values)
        return replace(problem.circuit, values=(*problem.circuit.values, *table)).fixed()


def _rounded(value: Fraction) -> float:
    try:
        return float(value)
    except OverflowError:
        return np.inf if value > 0 else -np.inf


# -- point by point ---------------------------------------------------------------------------------------------------


def supports(exists: Bools, names: list[str]) -> Array:
    """The names of the branches that exist at each point, joined by spaces; ``exists`` has a row for each branch.

    >>> supports(np.array([[True, False], [True, True]]), ["()", "(E)"]).tolist()
    ['() (E)', '(E)']
    """
    patterns, which = np.unique(exists, axis=1, return_inverse=True)
    texts = [" ".join(n for n, there in zip(names, column, strict=True) if there) for column in patterns.T]
    return np.array(texts, dtype=np.str_)[which.reshape(-1)]


def walked(asked: str) -> Recipe:
    """How ``count``, ``stable``, ``kinks`` or ``supports`` comes of all equilibria of each point."""

    def recipe(answers: Answers) -> Array:
        return np.array([_counted(found, asked) for found in answers.each("equilibria", _solved)])

    if asked == "supports":
        return lambda answers: recipe(answers).astype(np.str_)
    return lambda answers: recipe(answers).astype(np.int32)


def _solved(circuit: Circuit) -> tuple[bool, tuple[tuple[str, str, bool | None], ...]]:
    """Whether the list is complete, and branch, type and stability of each equilibrium."""
    found = solutions(circuit, 1)
    return found.complete, tuple((e.branch, e.type, e.stable) for e in found.equilibria)


def _counted(found: tuple[bool, tuple[tuple[str, str, bool | None], ...]] | None, asked: str) -> int | str:
    if found is None:
        return "" if asked == "supports" else OUTSIDE
    complete, rows = found
    isolated = [row for row in rows if row[1] != "continuum"]
    if asked == "supports":
        return " ".join([*(f"({row[0]})" for row in isolated), *([] if complete else ["..."])])
    if len(isolated) < len(rows):
        return CONTINUUM
    if not complete:
        return INCOMPLETE
    if asked == "stable" and any(row[1] == "kink" for row in isolated):
        return UNSETTLED
    if asked == "stable":
        return sum(row[2] is True for row in isolated)
    return sum(row[1] == "kink" for row in isolated) if asked == "kinks" else len(isolated)


def truth(circuit: Circuit, text: str, at: str | None) -> bool | None:
    """Whether a statement is true at a point; ``None`` where it is undecided or a denominator is 0."""
    try:
        verdict = check(circuit, text, at=at, search_missing=False).verdict
    except (VocabularyError, ZeroDivisionError):  # it was read before: what has no meaning is a denominator that is 0
        return None
    return True if isinstance(verdict, Proved | Cited) else False if isinstance(verdict, Refuted) else None


def number(circuit: Circuit, node: s.Formula, at: str | None) -> float | None:
    """The value of a formula at a point, exact and then rounded once; ``None`` where a denominator is 0."""
    members = None if at is None else read_branch(at, "at")
    try:
        return _rounded(rational(Vocabulary(circuit, members).lowering().number(node)))
    except (VocabularyError, ZeroDivisionError):
        return None
