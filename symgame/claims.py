"""Claims: hypotheses, a conclusion, a verdict with its evidence. The unit of everything that is printed as true."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass

from symgame.algebra import algebra
from symgame.branches import Branch, equilibria
from symgame.circuit import Circuit
from symgame.condition import FALSE, TRUE, both, mapped, terms
from symgame.errors import BudgetExceeded, FormulaError, HypothesisError, SymgameError, Unsupported
from symgame.frozen_gains import analysed, is_frozen
from symgame.grammar import MAX_CHARACTERS, read_branch, read_formula
from symgame.letters import escaped
from symgame.proof.reduce import Reducer
from symgame.proof.solver import DEFAULT_BUDGET
from symgame.proof.splitting import known_signs
from symgame.proof.verdict import Cited, Proved, Undecided, Verdict
from symgame.solve import solved
from symgame.statements import check, read
from symgame.steps import LONGEST, Step, at_gains, from_definition, from_sides, of_equation
from symgame.tables import Cell, formula, joined, latex, table
from symgame.typeset import formula_latex

#: Characters of the definition of a word that is printed, for a circuit with copies: its words are of many modes.
SHORT = 300
KINDS = ("equivalence", "implication", "fact", "equation", "identity", "completeness")


@dataclass(frozen=True)
class Draft:
    """A claim before it is decided.

    ``then=None`` with a ``word`` asks to characterise the word: the shortest equivalent condition is derived. ``at``
    is the branch at which numbers such as ``det`` are read (``None``: every population active).
    """

    id: str
    title: str
    kind: str
    then: str | None = None
    word: str | None = None
    given: tuple[str, ...] = ()
    at: str | None = None
    verdict: Verdict | None = None
    steps: tuple[Step, ...] = ()


@dataclass(frozen=True)
class Claim:
    """A decided statement. ``given`` lists the hypotheses the proof needed; formulas are in the syntax of a check.

    ``steps`` are the lines that lead to it, from the ``word`` that was characterised; the evidence is the verdict's.
    """

    id: str
    title: str
    kind: str
    given: tuple[str, ...]
    then: str | None
    verdict: Verdict
    at: str | None = None
    source: str | None = None
    steps: tuple[Step, ...] = ()
    word: str | None = None

    @property
    def certificate(self) -> str | None:
        return self.verdict.certificate if isinstance(self.verdict, Proved | Cited) else None

    @property
    def sha256(self) -> str:
        """Of what is claimed: the JSON list [id, given, then, at] without spaces, in UTF-8."""
        text = json.dumps([self.id, self.given, self.then, self.at], ensure_ascii=False, separators=(",", ":"))
        return hashlib.sha256(text.encode("utf-8")).hexdigest()

    @property
    def latex(self) -> str:
        """The conclusion in LaTeX, or the title when the claim is an identity or a completeness statement."""
        if self.then is None:
            return rf"\text{{{escaped(self.title)}}}"
        return formula_latex(read_formula(self.then))

    def _repr_latex_(self) -> str:
        return f"${self.latex}$"

    def _repr_html_(self) -> str:
        shown = self.title if self.then is None else formula(self.then)
        rows: list[tuple[Cell, Cell]] = [(self.verdict.kind, shown)]
        if self.given:
            rows.append(("given", joined(formula(g) for g in self.given)))
        return table((), rows, f"{self.id}: {self.title}").source


def decide_draft(circuit: Circuit, draft: Draft, over: str | None, budget: int = DEFAULT_BUDGET) -> Claim | None:
    """Decide a draft; ``None`` when its hypotheses are impossible for this circuit, so that there is nothing to say."""
    if draft.verdict is not None:
        given, verdict = draft.given, draft.verdict
        source = verdict.source if isinstance(verdict, Cited) and is_frozen(circuit) else None
        return Claim(draft.id, draft.title, draft.kind, given, draft.then, verdict, draft.at, source, draft.steps)
    then = draft.then
    steps: tuple[Step, ...] = ()
    result = None
    try:
        if draft.word is not None:
            then, steps = _characterised(circuit, draft, over)
        assert then is not None
        steps = steps or draft.steps or _steps(circuit, draft, then)
        steps = tuple(at_gains(steps)) if is_frozen(circuit) else steps
        result = check(circuit, then, draft.given, at=draft.at, budget=budget, search_missing=False)
        verdict = result.verdict
    except HypothesisError:
        return None
    except FormulaError as error:  # a number or a formula longer than can be read again
        reason = Undecided(f"it cannot be written as a formula: {error}")
        return Claim(draft.id, draft.title, "completeness", draft.given, None, reason, draft.at, word=draft.word)
    except (Unsupported, BudgetExceeded) as error:
        verdict = Undecided(str(error))
        then = then or draft.word
    used = verdict.used if isinstance(verdict, Proved | Cited) else ()
    supposed = [] if result is None else [x for x in result.assumed if not _follows(circuit, x, draft)]
    more = (u for u in (*used, *supposed) if not _part_of(u, draft.given))
    given = tuple(dict.fromkeys((*draft.given, *more)))
    source = verdict.source if isinstance(verdict, Cited) else None
    return Claim(draft.id, draft.title, draft.kind, given, then, verdict, draft.at, source, steps, draft.word)


def _steps(circuit: Circuit, draft: Draft, then: str) -> tuple[Step, ...]:
    node = read_formula(then)
    if draft.kind == "equation":
        return tuple(of_equation(circuit, node, draft.at))
    return tuple(from_sides(circuit, node, tuple(read_formula(g) for g in draft.given), draft.at))


def _follows(circuit: Circuit, text: str, draft: Draft) -> bool:
    """Whether what a formula supposes (a denominator that is not 0, a real root) follows from its hypotheses."""
    at = None if draft.at is None else read_branch(draft.at)
    given = tuple(read_formula(g) for g in draft.given)
    query = read(circuit, read_formula(text), given, at).query
    known = both(*(h.condition for h in query.given))
    return Reducer(query.full, known).implied(TRUE, query.conclusion)


def _part_of(text: str, given: Sequence[str]) -> bool:
    return any(text in g.split(" & ") for g in given)


def characterised(circuit: Circuit, draft: Draft, over: str | None) -> str:
    """``word <=> condition``, or the word alone (always), or its negation (never).

    Raises :class:`~symgame.errors.HypothesisError` when the hypotheses of the draft are contradictory.
    """
    return _characterised(circuit, draft, over)[0]


def _characterised(circuit: Circuit, draft: Draft, over: str | None) -> tuple[str, tuple[Step, ...]]:
    assert draft.word is not None
    at = None if draft.at is None else read_branch(draft.at)
    node, supposed = read_formula(draft.word), tuple(read_formula(g) for g in draft.given)
    circuit = analysed(circuit, node, *supposed)
    a = algebra(circuit)
    reading = read(circuit, node, supposed, at)
    given = both(*(h.condition for h in (*reading.query.given, *reading.query.fixed)))
    reducer = Reducer(a.domain, given, prefer=over, common_parts=a.n > 2)
    if reducer.impossible(TRUE):
        raise HypothesisError("the hypotheses of this claim never hold", draft.given)
    definition = reading.query.conclusion
    short = reducer.reduce(definition)
    large = a.n > 2
    longest = SHORT if circuit.copies else LONGEST
    if large:  # what the hypotheses say of signs is put in before a long condition is shown
        definition = known_signs(mapped(definition, a.domain.split), given)
    if short == TRUE:
        return draft.word, tuple(from_definition(node, definition, short, "true", over, large, longest))
    if short == FALSE:
        steps = tuple(from_definition(node, definition, short, "false", over, large, longest))
        return f"~({draft.word})" if any(c in draft.word for c in "&|<=>") else f"~{draft.word}", steps
    written = solved(short, over, reducer)
    said = written if written == draft.word else f"{draft.word} <=> {written}"
    try:
        read_formula(said)
    except FormulaError as error:  # every claim can be pasted back into a check
        long = len(said) > MAX_CHARACTERS
        why = f"has {len(written)} characters, more than a formula may have" if long else f"is no formula: {error}"
        raise BudgetExceeded(f"the condition {why}") from None
    return said, tuple(from_definition(node, definition, short, written, over, large, longest))


def renumbered(claims: Sequence[Claim]) -> tuple[Claim, ...]:
    """Claims with unique ids, in the order they came; a clash is an error of the catalogue."""
    seen: set[str] = set()
    for claim in claims:
        if claim.id in seen:
            raise SymgameError(f"two claims have the id {claim.id!r}")
        seen.add(claim.id)
    return tuple(claims)


@dataclass(frozen=True)
class Listed:
    """A branch that can exist under the domain, isolated or as a continuum, and when, as a formula."""

    branch: Branch
    exists: str
    continuum: bool = False

    def _repr_html_(self) -> str:
        names = self.branch.circuit.presentation.expanded
        state = "a continuum: det = 0" if self.continuum else joined(latex(row) for row in self.branch.state_latex())
        return table((), [(f"({self.branch.name})", state), ("when", formula(self.exists, names))]).source


#: Terms of an existence condition that is reduced before it is listed; a longer one is listed as it is.
MOST_REDUCED = 200


def existing_branches(circuit: Circuit, over: str | None = None) -> tuple[list[Listed], bool]:
    """Every branch that can exist, every continuum that can occur (det = 0), and whether all of them were decided.

    A long existence condition is listed unreduced, whether or not it can hold; a continuum of a long one is not listed.
    """
    rows, complete = [], True
    for branch in equilibria(circuit):
        long = terms(branch.exists) > MOST_REDUCED
        for kind in ("exists", "continuum") if branch.increasing else ("exists",):
            word = branch.word(kind)
            try:
                if long:
                    then = _unreduced(branch, kind)
                else:
                    then = characterised(circuit, Draft(word, word, "equivalence", word=word), over)
            except (Unsupported, BudgetExceeded):
                complete = False
                continue
            if not then.startswith("~"):
                when = "true" if then == word else then.split(" <=> ", 1)[1]
                rows.append(Listed(branch, when, kind == "continuum"))
    return rows, complete


def _unreduced(branch: Branch, kind: str) -> str:
    if kind == "continuum":
        raise Unsupported("the continua of a branch with a long existence condition are not written out")
    text = f"{branch.word(kind)} <=> {branch.exists}"
    if len(text) > MAX_CHARACTERS:
        raise BudgetExceeded(f"the condition has {len(text)} characters, more than a formula may have")
    return text
