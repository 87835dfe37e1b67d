r"""Formulas as people have them, in the grammar of formulas, in LaTeX or of SymPy: checked, or compared with the truth.

Which language a text is in needs no option: a backslash, a brace or ``^*`` has no meaning in the grammar of formulas,
and neither has a call such as ``Eq(...)``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from symgame import statements
from symgame import syntax as s
from symgame.circuit import Circuit
from symgame.condition import Sign
from symgame.errors import FormulaError, SymgameError
from symgame.formula_slips import with_slip
from symgame.grammar import read_branch, read_formula
from symgame.latex_reader import read_latex
from symgame.proof.solver import DEFAULT_BUDGET
from symgame.proof.verdict import Cited, Proved, Refuted, Verdict
from symgame.statements import Checked, Slip
from symgame.sympy_reader import from_object, is_sympy_text, read_sympy

Language = Literal["formula", "latex", "sympy"]


def language(source: str) -> Language:
    r"""The language of a text: ``latex``, ``sympy``, or the grammar of formulas.

    >>> language(r"w_{EE} \le 1"), language("Le(w_EE, 1)"), language("w_EE <= 1"), language("x_E^* > 0")
    ('latex', 'sympy', 'formula', 'latex')
    """
    if any(mark in source for mark in ("\\", "{", "}", "$", "^*")) or re.search(r"\^\d_", source):
        return "latex"
    return "sympy" if is_sympy_text(source) else "formula"


def read_any(circuit: Circuit, formula: Any, what: str = "the formula", *, number: bool = False) -> s.Formula:
    r"""The tree of a formula: a text in any of the languages, an object of SymPy, or a tree already.

    With ``number`` a number is fine too. Raises :class:`~symgame.errors.FormulaError` with the place of a mistake.

    >>> from symgame.named import wilson_cowan
    >>> print(read_any(wilson_cowan(), r"\mathbf{A}\in\mathrm{LDS} \iff w_{EE} < 1"))
    lds <=> w_EE < 1
    """
    if isinstance(formula, s.Formula):
        return formula
    if not isinstance(formula, str):
        return from_object(formula, what, number=number)
    match language(formula):
        case "latex":
            return read_latex(circuit, formula, what, number=number)
        case "sympy":
            return read_sympy(formula, what, number=number)
    if not number:
        return read_formula(formula, what)
    try:
        return read_formula(formula, what)
    except FormulaError:
        relation = read_formula(f"0 = {formula}", what)  # a number, or a mistake that is named there
        if not isinstance(relation, s.Relation) or len(relation.terms) != 2:
            raise
        return relation.terms[1]


def check(
    circuit: Circuit,
    statement: Any,
    given: Any = (),
    *,
    at: str | None = None,
    budget: int = DEFAULT_BUDGET,
    search_missing: bool = True,
) -> Checked:
    r"""Decide a statement, whatever language it is written in: :func:`symgame.statements.check`, and its slip.

    ``statement``, and each of ``given``, is a text in the grammar of formulas, in LaTeX in the notation of the circuit,
    or of SymPy (printed, or its ``srepr``); or an object of SymPy. After a refutation a missing hypothesis is looked
    for, and a common slip that explains it: ``slip`` holds the formula with the slip undone, which was proved.

    Raises :class:`~symgame.errors.FormulaError` or :class:`~symgame.errors.VocabularyError` for what cannot be
    read, and :class:`~symgame.errors.HypothesisError` when the hypotheses contradict one another.

    >>> from symgame.named import wilson_cowan
    >>> check(wilson_cowan(), r"\text{LDS} \iff w_{EE} < 1").verdict.kind
    'proved'
    >>> check(wilson_cowan(), r"\frac{\partial x_E}{\partial u_I} = -\frac{w_{IE}}{D}").slip.sentence
    'it would be right for the transposed weights'
    """
    node = read_any(circuit, statement)
    single = isinstance(given, str | s.Formula) or not isinstance(given, Sequence)
    hypotheses = [read_any(circuit, g, "the hypothesis") for g in ([given] if single else given)]
    found = statements.check(circuit, node, hypotheses, at=at, budget=budget, search_missing=search_missing)
    return with_slip(circuit, found, at, budget) if search_missing else found


# -- a formula against another ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Comparison:
    """How a claimed formula stands to the true one.

    ``kind`` is ``"equal"`` (on the whole domain), ``"equal if"`` (where ``condition`` holds, which was proved),
    ``"different"`` (at the witness of ``checked``) or ``"undecided"``. ``only`` says that the two are equal nowhere
    else, which was proved too.
    """

    kind: Literal["equal", "equal if", "different", "undecided"]
    checked: Checked
    condition: str | None = None
    only: bool = False

    @property
    def verdict(self) -> Verdict:
        return self.checked.verdict

    @property
    def slip(self) -> Slip | None:
        return self.checked.slip

    def __str__(self) -> str:
        if self.kind == "equal if":
            return f"equal if{' and only if' if self.only else ''} {self.condition}"
        return self.kind


def compare_formulas(
    circuit: Circuit, claimed: Any, truth: Any, given: Any = (), *, at: str | None = None, budget: int = DEFAULT_BUDGET
) -> Comparison:
    r"""A claimed formula against a word or another formula, both numbers or both conditions, in any language.

    Equal under the circuit's domain and ``given``; or equal only under a further condition, found and proved; or
    different, with an exact point where they are.

    Raises :class:`~symgame.errors.FormulaError` for a number against a condition.

    >>> from symgame.named import wilson_cowan
    >>> pair = wilson_cowan()
    >>> print(compare_formulas(pair, r"\frac{(1+w_{II}) u_E}{D}", "x(E)"))
    equal if and only if u_I = 0
    >>> print(compare_formulas(pair, "w_EE > 1", "paradoxical(I)"))
    equal if and only if det > 0
    """
    mine, yours = read_any(circuit, claimed, number=True), read_any(circuit, truth, "the true formula", number=True)
    if s.is_condition(mine) != s.is_condition(yours):
        raise FormulaError(f"'{mine}' and '{yours}' cannot be compared: one is a number, the other a condition.")
    node: s.Formula = s.Iff(yours, mine) if s.is_condition(mine) else s.Relation((yours, mine), ("=",))
    checked = check(circuit, node, given, at=at, budget=budget)
    if isinstance(checked.verdict, Proved | Cited):
        return Comparison("equal", checked)
    if not isinstance(checked.verdict, Refuted):
        return Comparison("undecided", checked)
    condition = checked.missing
    if isinstance(node, s.Relation):
        condition = _where_zero(circuit, node, checked, at) or condition
    if condition is None:
        return Comparison("different", checked)
    extra = read_formula(condition)
    back = statements.check(circuit, s.Implies(node, extra), checked.given, at=at, budget=budget, search_missing=False)
    return Comparison("equal if", checked, condition, isinstance(back.verdict, Proved))


#: A condition of more factors than this says less than the counterexample.
MOST_FACTORS = 3


def _where_zero(circuit: Circuit, node: s.Relation, checked: Checked, at: str | None) -> str | None:
    """Where two numbers agree: the factors of their difference that can vanish, if they are few, and it is proved."""
    members = None if at is None else read_branch(at)
    try:
        condition = statements.read(circuit.fixed(), node, checked.given, members).query.conclusion
        if not isinstance(condition, Sign) or condition.rel != "=":
            return None
        factors = [f for f, _ in condition.poly.factor()[1]]
        if len(factors) > MOST_FACTORS or max(len(f) for f in factors) > 4:
            return None
        text = " | ".join(str(Sign(f, "=")) for f in factors)
        read_formula(text)
        there = statements.check(circuit, node, (*checked.given, read_formula(text)), at=at, search_missing=False)
        return text if isinstance(there.verdict, Proved) else None
    except SymgameError:
        return None
