"""What a sweep asks at every point, made ready once: exact conditions as programs on arrays, or a walk over the points.

A quantity is a formula, or one of the words of :data:`WORDS`. What has closed conditions without quantifiers goes into
one program of :mod:`symgame.program`, whose signs :mod:`symgame.decisions` decides as exact arithmetic does. What has
none is answered point by point in exact arithmetic: equilibria by :func:`symgame.numeric.solutions`, formulas by
:func:`symgame.statements.check`. Both give the same answers where both apply.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from functools import cached_property, lru_cache
from math import prod
from typing import Any

import numpy as np

from symgame import syntax as s
from symgame.algebra import algebra
from symgame.branches import Branch, branch, equilibria
from symgame.chart import regime_condition, regime_table
from symgame.checker import MAX_NAMED
from symgame.condition import FALSE, Condition
from symgame.errors import BudgetExceeded, FormulaError, Unsupported, VocabularyError
from symgame.grammar import read_branch, read_formula
from symgame.lowering import Lowering
from symgame.proof.decide import EXACT
from symgame.proof.solver import DEFAULT_BUDGET
from symgame.proof.verdict import Cited, Proved, Undecided
from symgame.properties import diagonal, nash, stability
from symgame.statements import with_closed_forms, with_uniqueness
from symgame.sweep_answers import (
    CONTINUUM,
    NO_NUMBER,
    ONE_AT_A_TIME,
    OUTSIDE,
    UNSETTLED,
    Answers,
    Array,
    Bools,
    Prepared,
    Problem,
    Recipe,
    Variable,
    number,
    supports,
    truth,
    walked,
)
from symgame.sweep_axes import Numbers, SweepError
from symgame.sweep_program import Gathered
from symgame.typeset import formula_latex
from symgame.vocabulary import Vocabulary
from symgame.words import FUNCTIONS, RESERVED, nearest

MAX_READ = 10  # populations of which a formula may name a branch or ask for a property of the matrix
MAX_BRANCHES = 81  # closed conditions for more are larger than walking over the points is slow

#: Words that are no formulas, and what they are.
WORDS = {
    "count": "number of isolated equilibria, each counted once",
    "stable": "number of stable equilibria (Jacobian Hurwitz), where no equilibrium is on a kink",
    "kinks": "number of equilibria with a total input on a kink (stability not decided)",
    "supports": "branches with an isolated equilibrium",
    "regime": "regime with every population active",
    "x(*)": "rates of the equilibrium of each branch",
}
CLOSED = "exact sign decisions"
WALKED = "every equilibrium enumerated exactly, point by point"
ASKED = "decided exactly, point by point"
COMPUTED = "quotient of exact polynomials, relative error at most 2^-40"


def _existing(branch: Branch, of_branch: Callable[[Branch], Condition]) -> Condition:
    """A condition that implies existence and divides by the determinant: false where that is 0 for all values."""
    return FALSE if branch.determinant.is_zero else of_branch(branch)


_BY_BRANCH: dict[str, tuple[str, Callable[[Branch], Condition]]] = {
    "exists": ("an isolated equilibrium lies on the branch", lambda b: b.exists),
    "strict": ("it exists, no total input on a kink", lambda b: b.strict),
    "stable": ("it exists off the kinks and is stable", stability.stable),
    "hurwitz": ("the Jacobian of the branch is Hurwitz", stability.hurwitz),
    "local_nash": ("it exists and is a local Nash equilibrium", lambda b: _existing(b, nash.local_nash)),
    "nash": ("it exists and is a Nash equilibrium", lambda b: _existing(b, nash.nash)),
    "continuum": ("a continuum of equilibria lies on the branch", lambda b: b.continuum),
}
WORDS |= {f"{word}(*)": f"for each branch: {text}" for word, (text, _) in _BY_BRANCH.items()}


def results(problem: Problem, columns: tuple[Numbers, ...]) -> dict[str, Array]:
    """The variables of a problem at the points whose scaled values are given, symbol by symbol; a pure function.

    >>> from symgame.named import wilson_cowan
    >>> pair = wilson_cowan().with_values(w_EI=1, w_IE=1, w_II=0, tau_E=1, tau_I=1, u_E=1, u_I=0).fixed()
    >>> problem = Problem(pair, (("w_EE", 1),), (("count", "count"), ("lds", "lds")))
    >>> found = results(problem, (np.array([0.5, 1.0, -1.0]),))
    >>> found["count"].tolist(), found["lds"].tolist(), found["domain"].tolist()
    ([1, 1, -1], [True, False, False], [True, True, False])
    """
    ready = prepared(problem)
    answers = Answers(ready, columns)
    found = {v.name: recipe(answers) for v, recipe in zip(ready.variables, ready.recipes, strict=True)}
    if ready.walks:  # circuits of single points would fill these for ever
        algebra.cache_clear()
        equilibria.cache_clear()
    return found


# -- making ready -----------------------------------------------------------------------------------------------------


@lru_cache(maxsize=16)
def prepared(problem: Problem) -> Prepared:
    """A problem made ready; raises for quantities that cannot be read or answered, before any point is visited."""
    with ONE_AT_A_TIME:
        return _Preparation(problem).result()


def _read(text: str) -> s.Formula:
    """A condition or a number. A number is what may stand before ``= 0``."""
    try:
        return read_formula(text, "the quantity")
    except FormulaError:
        try:
            node = read_formula(f"{text} = 0")
        except FormulaError:
            node = s.Truth(True)
        if isinstance(node, s.Relation) and node.ops == ("=",) and node.terms[1] == s.Number(Fraction(0)):
            return node.terms[0]
        raise


class _Preparation:
    """Collects conditions, numbers and recipes, quantity by quantity."""

    def __init__(self, problem: Problem) -> None:
        self.problem, self.circuit = problem, problem.circuit
        self.algebra = algebra(problem.circuit)
        self.program = Gathered(self.algebra, dict(problem.scales))
        self.variables: list[Variable] = []
        self.recipes: list[Recipe] = []
        self.walks = False
        about = {"long_name": f"inside the hypotheses of {self.circuit.name}", "evidence": CLOSED}
        about["formula"] = " & ".join(h.text for h in self.algebra.domain.hypotheses) or "true"
        self.add(Variable("domain", (), "bool", about), lambda answers: answers.inside)

    def result(self) -> Prepared:
        for name, text in self.problem.quantities:
            asked = "".join(text.split())
            if asked == "regime":
                self.regime(name)
            elif asked in WORDS:
                self.word(name, asked)
            else:
                self.formula(name, text)
        by_branch = any("branch" in variable.dims for variable in self.variables)
        rows = self.rows if by_branch and isinstance(self.rows, tuple) else ()
        return Prepared(
            self.problem,
            self.program.formulas(),
            tuple(self.variables),
            tuple(self.recipes),
            tuple(b.name for b in rows),
            self.walks,
        )

    def add(self, variable: Variable, recipe: Recipe) -> None:
        self.variables.append(variable)
        self.recipes.append(recipe)

    # -- words ---------------------------------------------------------------------------------------------------

    @cached_property
    def rows(self) -> tuple[Branch, ...] | str:
        """The branches, or why there are too many of them for closed conditions."""
        pieces = self.algebra.linear_pieces()
        many = prod(len(row) for row in pieces)
        if many > MAX_BRANCHES:
            return f"{many} branches are more than {MAX_BRANCHES}"
        return equilibria(self.circuit)

    def closed(self, of_branch: Callable[[Branch], Condition]) -> list[int]:
        if isinstance(self.rows, str):
            raise Unsupported(self.rows)
        return [self.program.condition(of_branch(row)) for row in self.rows]

    def word(self, name: str, asked: str) -> None:
        self.algebra.linear_pieces()  # a smooth activation has no branches: said before anything else
        about: dict[str, Any] = {"long_name": WORDS[asked], "evidence": CLOSED}
        if asked.endswith("(*)"):
            self.by_branch(name, asked.removesuffix("(*)"), about)
            return
        if asked == "supports":
            about["note"] = "branch names in parentheses, as in formulas; ... where not all equilibria were found"
        else:
            about |= {"flag_values": list(NO_NUMBER), "flag_meanings": " ".join(NO_NUMBER.values())}
        try:
            recipe = self.counted(asked)
        except (Unsupported, BudgetExceeded):
            self.walks = True
            about["evidence"] = WALKED
            recipe = walked(asked)
        self.add(Variable(name, (), "str" if asked == "supports" else "int32", about), recipe)

    def counted(self, asked: str) -> Recipe:
        exists = self.closed(lambda b: b.exists)
        if asked == "supports":
            assert not isinstance(self.rows, str)
            names = [f"({row.name})" for row in self.rows]
            return lambda answers: supports(np.stack([answers.true(k) for k in exists]), names)
        chosen = {"count": lambda b: b.exists, "stable": stability.stable, "kinks": lambda b: b.strict}[asked]
        places, continua = self.closed(chosen), self.closed(lambda b: b.continuum)
        strict = self.closed(lambda b: b.strict) if asked == "stable" else []

        def recipe(answers: Answers) -> Array:
            total = np.zeros(answers.size, np.int32)
            for at, k in zip(exists, places, strict=True):
                total += answers.true(at) & ~answers.true(k) if asked == "kinks" else answers.true(k)
            for at, k in zip(exists, strict, strict=False):  # none, unless stable ones are counted
                total[answers.true(at) & ~answers.true(k)] = UNSETTLED
            for k in continua:
                total[answers.true(k)] = CONTINUUM
            total[~answers.inside] = OUTSIDE
            return total

        return recipe

    def by_branch(self, name: str, word: str, about: dict[str, Any]) -> None:
        try:
            exists = self.closed(lambda b: b.exists)
            assert not isinstance(self.rows, str)
            if word != "x":
                places = self.closed(_BY_BRANCH[word][1])
                self.add(
                    Variable(name, ("branch",), "bool", about),
                    lambda answers: np.stack([answers.true(k) for k in places], axis=-1),
                )
                return
            n = self.algebra.n
            rates = [
                None if row.determinant.is_zero else [self.program.quotient(row.rate(i)) for i in range(n)]
                for row in self.rows
            ]
        except (Unsupported, BudgetExceeded) as error:
            raise Unsupported(
                f"the quantity {word}(*) needs closed conditions for every branch: {error}; ask for supports or count, "
                f"or give more symbols values"
            ) from None
        about |= {"evidence": COMPUTED, "note": "NaN where the branch has no isolated equilibrium"}
        if self.circuit.presentation.unit("rate"):
            about["units"] = self.circuit.presentation.unit("rate")

        def states(answers: Answers) -> Array:
            x = np.full((answers.size, len(exists), n), np.nan)
            for b, (at, row) in enumerate(zip(exists, rates, strict=True)):
                for i, k in enumerate(row or ()):
                    x[:, b, i] = np.where(answers.true(at), answers.number(k), np.nan)
            return x

        self.add(Variable(name, ("branch", "population"), "float64", about), states)

    def regime(self, name: str) -> None:
        if self.algebra.n > MAX_NAMED:
            raise Unsupported(f"regimes are named for at most {MAX_NAMED} populations")
        self.algebra.linear_pieces()
        table = [row[0] for row in regime_table()] + ["unnamed"]
        places = [
            self.program.condition(self.lowering().condition(read_formula(regime_condition(self.circuit, when))))
            for _, when, _ in regime_table()
        ]
        about: dict[str, Any] = {"long_name": WORDS["regime"], "evidence": CLOSED}
        about |= {"flag_values": [OUTSIDE, *range(len(table))], "flag_meanings": " ".join(["outside", *table])}

        def named(answers: Answers) -> Array:
            code = np.full(answers.size, len(table) - 1, np.int8)
            for k in range(len(places) - 1, -1, -1):  # the first that holds gives the name
                code[answers.true(places[k])] = k
            code[~answers.inside] = OUTSIDE
            return code

        self.add(Variable(name, (), "int8", about), named)

    # -- formulas -------------------------------------------------------------------------------------------------

    def lowering(self) -> Lowering:
        at = None if self.problem.at is None else read_branch(self.problem.at, "at")
        vocabulary = Vocabulary(self.circuit, at)

        def word(node: s.Formula, lowering: Lowering) -> Condition | None:
            if isinstance(node, s.Name) and node.id in ("lds", "rosen") and self.algebra.n <= 2:
                # two rates: diagonal stability is the P-property, a claim (matrix.lds-p) of every derivation
                a = self.algebra
                matrix = a.interaction() if node.id == "lds" else a.game_matrix()
                return diagonal.p_property(a, matrix)
            if isinstance(node, s.Call) and node.name in ("nash", "local_nash"):
                members = tuple(a for a in node.args if isinstance(a, s.Member))
                if branch(self.circuit, members).determinant.is_zero:
                    return FALSE
            return vocabulary.condition(node, lowering)

        return replace(vocabulary.lowering(), condition_word=word)

    def formula(self, name: str, text: str) -> None:
        try:
            node = _read(text)
        except FormulaError as error:
            raise SweepError(f"{error}{nearest(text.strip(), WORDS) if text.strip().isidentifier() else ''}") from None
        spoken = {part.id for part in s.walk(node) if isinstance(part, s.Name)}
        spoken |= {part.name for part in s.walk(node) if isinstance(part, s.Call)}
        if self.algebra.n > MAX_READ and spoken & (RESERVED - set(FUNCTIONS)):
            raise Unsupported(
                f"the quantity {name!r}: words of branches and of the matrix are swept for at most {MAX_READ} "
                f"populations; ask for count, stable, kinks or supports"
            )
        about: dict[str, Any] = {"long_name": name, "formula": s.text(node)}
        about["latex"] = formula_latex(node, self.circuit.presentation.expanded)
        try:
            is_number = self.is_number(node)
        except VocabularyError as error:
            hint = nearest(text.strip(), WORDS) if text.strip().isidentifier() else ""
            raise VocabularyError(f"the quantity {name!r}: {error if not hint else 'is no word' + hint}") from None
        if is_number:
            self.number(name, node, about)
        else:
            self.statement(name, node, about)

    def is_number(self, node: s.Formula) -> bool:
        """Whether the formula denotes a number; raises when it is neither that nor a condition."""
        if s.is_condition(node):
            return False
        try:
            self.lowering().number(node)
        except (Unsupported, BudgetExceeded):
            return True
        except VocabularyError as error:
            try:
                self.lowering().condition(node)
            except (Unsupported, BudgetExceeded):
                return False
            except VocabularyError:
                raise error from None
            return False
        return True

    def number(self, name: str, node: s.Formula, about: dict[str, Any]) -> None:
        about["note"] = "NaN outside the domain and where a denominator is 0; no equilibrium is implied"
        if isinstance(node, s.Call) and node.name == "x" and self.circuit.presentation.unit("rate"):
            about["units"] = self.circuit.presentation.unit("rate")
        try:
            lowering = self.lowering()
            value = lowering.number(node)
            if lowering.fresh:
                raise SweepError(
                    f"the quantity {name!r}: roots, abs, min and max make no quotient of polynomials; sweep what "
                    f"stands inside and apply them to the arrays, or compare the number, as in {s.text(node)} > 1"
                )
            place = self.program.quotient(value)
            assumed = [self.program.condition(c) for c in lowering.assumed.values()]
        except (Unsupported, BudgetExceeded):
            self.walks = True
            about["evidence"] = ASKED
            at, text = self.problem.at, s.text(node)
            self.add(
                Variable(name, (), "float64", about),
                lambda answers: np.array(
                    [np.nan if v is None else v for v in answers.each(f"number {text}", lambda c: number(c, node, at))]
                ),
            )
            return
        about["evidence"] = COMPUTED

        def recipe(answers: Answers) -> Array:
            known = np.logical_and.reduce([answers.inside, *(answers.true(k) for k in assumed)])
            return np.where(known, answers.number(place), np.nan)

        self.add(Variable(name, (), "float64", about), recipe)

    def sources(self, words: frozenset[str]) -> list[str]:
        """The theorems of the literature that the closed conditions of words lean on, where they are not proved."""
        proved = Proved((EXACT,))
        leans = [with_uniqueness(self.circuit, words, proved, DEFAULT_BUDGET)]
        leans += [with_closed_forms(self.circuit, words, proved)] if self.algebra.n > 2 else []
        for verdict in leans:
            if isinstance(verdict, Undecided):
                raise Unsupported(verdict.reason)
        return [verdict.source for verdict in leans if isinstance(verdict, Cited)]

    def statement(self, name: str, node: s.Formula, about: dict[str, Any]) -> None:
        about["evidence"] = CLOSED
        words = frozenset(part.id for part in s.walk(node) if isinstance(part, s.Name))
        meaning = {"long_name": f"{name}: the statement is decided here", "evidence": CLOSED}
        try:
            lowering = self.lowering()
            condition = lowering.condition(node)
            if lowering.fresh:
                raise Unsupported("roots, abs, min and max have no closed condition")
            place = self.program.condition(condition)
            assumed = {text: self.program.condition(c) for text, c in lowering.assumed.items()}
            about["evidence"] += "".join(f"; by {source}" for source in self.sources(words))
        except (Unsupported, BudgetExceeded):
            self.walks = True
            text, at = s.text(node), self.problem.at
            about["evidence"] = meaning["evidence"] = ASKED
            about["decided_where"] = f"{name}_decided"

            def asked(answers: Answers) -> list[bool | None]:
                return answers.each(f"statement {text}", lambda c: truth(c, text, at))

            self.add(Variable(name, (), "bool", about), lambda answers: np.array([v is True for v in asked(answers)]))
            self.add(
                Variable(f"{name}_decided", (), "bool", meaning),
                lambda answers: np.array([v is not None for v in asked(answers)]),
            )
            return
        if not assumed:
            self.add(Variable(name, (), "bool", about), lambda answers: answers.true(place))
            return

        def known(answers: Answers) -> Bools:
            row: Bools = np.logical_and.reduce([answers.inside, *(answers.true(k) for k in assumed.values())])
            return row

        about["decided_where"] = f"{name}_decided"
        meaning["formula"] = " & ".join(assumed)
        self.add(Variable(name, (), "bool", about), lambda answers: answers.true(place) & known(answers))
        self.add(Variable(f"{name}_decided", (), "bool", meaning), known)
