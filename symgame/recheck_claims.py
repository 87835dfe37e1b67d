"""One claim of a derivation on disk, checked again: is its evidence about it, and do other engines agree?"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from itertools import chain

from symgame import syntax as s
from symgame.algebra import algebra
from symgame.circuit import Circuit
from symgame.claims import Draft
from symgame.condition import FALSE, Condition, both, disjuncts, free_names, negation, propagated
from symgame.errors import BudgetExceeded, RecordError, SymgameError, Unsupported
from symgame.frozen_gains import analysed
from symgame.grammar import read_branch, read_formula
from symgame.plain_values import Undefined, Valued, valued
from symgame.proof.algebraic import Algebraic, holds_at
from symgame.proof.certificate_text import Script, matched, scripts
from symgame.proof.decide import EXACT, MAX_CASES, Query, Resolver
from symgame.proof.second_solver import FEW_STEPS, STEPS, Referees
from symgame.proof.smtlib import script
from symgame.proof.solver import DEFAULT_BUDGET
from symgame.proof.verdict import Cited, Proved, Value, Verdict
from symgame.recheck_comments import odd_comment
from symgame.second_road import evaluated, is_identity, points, restated
from symgame.statements import Reading, read, with_closed_forms, with_uniqueness
from symgame.stored import StoredClaim
from symgame.theorems import theorem
from symgame.vocabulary import READING_WORDS

#: How a claim or a file was checked again, the strongest evidence first; of what is ``hashed``, only that nobody has
#: changed it who did not change its hash too; ``wrong`` and ``unchecked`` are no evidence.
OUTCOMES = ("verified", "spot-checked", "recomputed", "cited", "hashed", "open", "unchecked", "wrong")


@dataclass(frozen=True)
class Finding:
    """What became of one claim or file: an outcome, a sentence, the engines, and at how many exact points it held."""

    name: str
    outcome: str
    how: str
    by: tuple[str, ...] = ()
    points: int = 0


#: What a certificate calls its last assertion.
DENIED = "the negation of the conclusion"


class Wrong(Exception):
    """What is on disk is not so; the sentence says what."""


@dataclass(frozen=True)
class Lowered:
    """A claim lowered again: its hypotheses, then the negation of its conclusion, without quantifiers."""

    reading: Reading
    rows: tuple[tuple[str, Condition], ...]

    @property
    def query(self) -> Query:
        return self.reading.query


@dataclass
class Court:
    """What all claims of one circuit are checked with."""

    circuit: Circuit
    referees: Referees
    _consistent: dict[str, str] = field(default_factory=dict)

    @cached_property
    def points(self) -> tuple[Valued, ...]:
        return points(self.circuit)

    @cached_property
    def domain(self) -> tuple[str, ...]:
        return tuple(h.text for h in algebra(self.circuit).domain.hypotheses)

    def domain_of(self, node: s.Formula) -> tuple[str, ...]:
        """With the equations of gain and rate, where a statement on a smooth circuit speaks of a rate."""
        return tuple(h.text for h in algebra(analysed(self.circuit, node)).domain.hypotheses)

    def refuted_by(self, text: str, steps: int = STEPS) -> tuple[str, ...]:
        """The engines that find no point; :class:`Wrong` when one finds a point."""
        answers = self.referees.answers(text, steps)
        found = [name for name, answer in answers.items() if answer == "sat"]
        if found:
            raise Wrong(f"{found[0]} finds a point where the hypotheses hold and the conclusion does not")
        return tuple(name for name, answer in answers.items() if answer == "unsat")

    def check_possible(self, rows: Sequence[tuple[str, Condition]]) -> None:
        """Refuse hypotheses that never hold together: nothing may be concluded from them."""
        text = script(rows, "hypotheses")
        if text not in self._consistent:
            self._consistent[text] = self.referees.possible(text)
        if self._consistent[text] == "unsat":
            raise Wrong("its hypotheses contradict one another, so that it says nothing")


def recheck_claim(court: Court, claim: StoredClaim, certificate: str | None, draft: Draft | None = None) -> Finding:
    """Check one claim again. ``certificate`` is the text of its file, ``draft`` what the catalogue asks under its id.

    Never raises for what is wrong with the claim: that is the outcome.
    """
    try:
        if claim.digest != claim.sha256:
            raise Wrong("its hash is not that of its id, hypotheses, conclusion and branch: one of them was changed")
        if draft is not None:
            _check_asked(court, claim, draft)
        if claim.verdict == "undecided":
            if not claim.reason or certificate is not None:
                raise Wrong("it is undecided, so it has a reason and no certificate")
            return Finding(claim.id, "open", f"nothing is claimed: {claim.reason}")
        if claim.verdict == "refuted":
            return _refuted(court, claim)
        if claim.then is None:
            return _recomputed(claim, draft)
        return _supported(court, claim, certificate, draft)
    except Wrong as error:
        return Finding(claim.id, "wrong", str(error))
    except (Unsupported, BudgetExceeded) as error:
        return Finding(claim.id, "unchecked", str(error))
    except SymgameError as error:  # a formula that no longer reads, hypotheses that contradict one another
        return Finding(claim.id, "wrong", str(error))


# -- what was asked ---------------------------------------------------------------------------------------------------


def _check_asked(court: Court, claim: StoredClaim, draft: Draft) -> None:
    """The claim answers the question that the catalogue asks under this id, and supposes no more than it has to."""
    long = claim.then is None and draft.verdict is None  # what cannot be written as a formula that is read again
    if claim.kind != ("completeness" if long else draft.kind):
        raise Wrong(f"its kind is not that of the catalogue: {draft.kind}")
    if claim.title != draft.title:
        raise Wrong(f"its title is not that of the catalogue: {draft.title}")
    if claim.at != draft.at:
        raise Wrong(f"it is read at the branch {claim.at!r}, and the catalogue asks at {draft.at!r}")
    if claim.given[: len(draft.given)] != draft.given:
        raise Wrong(f"the catalogue asks it given {' ; '.join(draft.given) or 'nothing'}")
    if claim.then is None:
        return
    if draft.then is not None and claim.then != draft.then:
        raise Wrong(f"its conclusion is not the one that the catalogue asks for: {draft.then}")
    if draft.word is not None and claim.verdict != "undecided":
        word, said = read_formula(draft.word), read_formula(claim.then)
        if said not in (word, s.Not(word)) and not (isinstance(said, s.Iff) and said.left == word):
            raise Wrong(f"it characterises something else than {draft.word}")
    lowered = next(_readings(court, claim, draft.given))
    known = court.domain_of(read_formula(claim.then))
    for text in claim.given[len(draft.given) :]:
        if text not in known and text not in lowered.reading.assumed:
            raise Wrong(f"it supposes {text}, which is neither asked, nor in the domain, nor a denominator")


def _recomputed(claim: StoredClaim, draft: Draft | None) -> Finding:
    """An identity: the same exact algebra once more, and its steps compared; there is no second road for it."""
    if draft is None or draft.verdict is None:
        return Finding(claim.id, "unchecked", "it has no formula, and nothing here says how to derive it")
    if draft.verdict.kind != claim.verdict or tuple(draft.verdict.by) != claim.by:
        raise Wrong(f"computed again it is {draft.verdict.kind}, by {', '.join(draft.verdict.by)}")
    rows = [(step.formula, step.latex, step.reason, step.chained) for step in draft.steps]
    if rows != [(x.get("formula"), x.get("latex"), x.get("reason"), x.get("chained")) for x in claim.steps]:
        raise Wrong("its steps are not those that follow")
    return Finding(claim.id, "recomputed", "the same exact algebra once more: it has no formula to look at otherwise")


# -- refuted ----------------------------------------------------------------------------------------------------------

_ROOT = re.compile(r"root of ([-+*^0-9t ]{1,2000}) in \((-?\d+(?:/\d+)?), (-?\d+(?:/\d+)?)\)")


def stored_value(text: str) -> Value:
    """A number of a witness: a fraction, or the root of a polynomial in an interval.

    >>> stored_value("-3/2"), stored_value("root of t^2 - 2 in (1, 2)").coefficients
    (Fraction(-3, 2), (-2, 0, 1))
    """
    import sympy

    from symgame.grammar import read_term
    from symgame.notation import expression, symbol

    if re.fullmatch(r"-?\d{1,2000}(/\d{1,2000})?", text) and not re.search(r"/0+$", text):
        return Fraction(text)
    found = _ROOT.fullmatch(text)
    if found is None:
        raise Wrong(f"{text[:60]!r} is no exact number")
    polynomial = sympy.Poly(expression(read_term(found.group(1), "a witness")), symbol("t"))
    integers = tuple(int(c) for c in reversed(polynomial.all_coeffs()))
    try:
        return Algebraic(integers, Fraction(found.group(2)), Fraction(found.group(3)))
    except (ValueError, ZeroDivisionError) as error:
        raise Wrong(f"{text[:60]!r} is no exact number: {error}") from None


def _refuted(court: Court, claim: StoredClaim) -> Finding:
    """The witness obeys domain and hypotheses, and the conclusion fails there: in signs, and by definition."""
    if claim.then is None or claim.witness is None:
        raise Wrong("it is refuted without a formula or a witness")
    circuit = court.circuit
    strange = sorted(set(claim.witness) - set(circuit.symbols))
    if strange:
        raise Wrong(f"its witness has a value for {strange[0]!r}, which is no symbol of the circuit")
    point = {name: stored_value(text) for name, text in claim.witness.items()}
    lowered = next(_readings(court, claim, claim.given))
    query = lowered.query
    wanted = both(*(h.condition for h in (*query.domain, *query.given)))
    missing = free_names(both(wanted, negation(query.conclusion))) - set(point) - set(circuit.symbols)
    full = {**dict.fromkeys(circuit.symbols, Fraction(1)), **point}
    by, held = [], 0
    if not missing and not query.fixed:
        try:
            if not holds_at(wanted, full):
                raise Wrong("its witness breaks a hypothesis")
            if holds_at(query.conclusion, full):
                raise Wrong("at its witness the statement is true")
            by.append("exact signs")
        except ValueError:
            pass
    if all(isinstance(v, Fraction) for v in full.values()):
        try:
            here = valued(circuit, full, Fraction(1))
            where = here.active if claim.at is None else here.pieces(read_branch(claim.at))
            if not all(here.condition(read_formula(text), where) for text in (*court.domain, *claim.given)):
                raise Wrong("its witness breaks a hypothesis")
            if here.condition(read_formula(claim.then), where):
                raise Wrong("at its witness the statement is true")
            by.append("fractions")
            held = 1
        except (Unsupported, Undefined, ZeroDivisionError):
            pass
    if not by:
        return Finding(claim.id, "unchecked", "its words have no value at a point here")
    return Finding(claim.id, "verified", "false at its witness, which obeys every hypothesis", tuple(by), held)


# -- proved and cited -------------------------------------------------------------------------------------------------


def _readings(court: Court, claim: StoredClaim, given: Sequence[str]) -> Iterator[Lowered]:
    """The claim lowered again: as it stands; and with large polynomials named, as some proofs have it."""
    assert claim.then is not None
    node = read_formula(claim.then)
    hypotheses = tuple(read_formula(g, "the hypothesis") for g in given)
    at = None if claim.at is None else read_branch(claim.at)
    for naming in (False, True):
        try:
            reading = read(court.circuit, node, hypotheses, at, naming=naming)
        except SymgameError:
            if not naming:
                raise
            return
        resolver = Resolver(reading.query.full)
        query = reading.query
        rows = [(h.text, resolver.resolve(h.condition)) for h in (*query.domain, *query.given, *query.fixed)]
        rows.append(("", propagated(resolver.resolve(negation(query.conclusion)))))
        yield Lowered(reading, tuple(rows))
        if not reading.words & READING_WORDS:
            return


def _supported(court: Court, claim: StoredClaim, certificate: str | None, draft: Draft | None) -> Finding:
    """A statement that is said to be true: its certificate, or else the statement itself, for other engines."""
    assert claim.then is not None
    node = read_formula(claim.then)
    branch = None if claim.at is None else read_branch(claim.at)
    given = tuple(read_formula(g, "the hypothesis") for g in claim.given)
    bare = tuple(g for g in claim.given if g not in court.domain) if draft is None else draft.given
    variants = (x for hypotheses in dict.fromkeys((bare, claim.given)) for x in _readings(court, claim, hypotheses))
    plain = next(variants)
    court.check_possible(plain.rows[:-1])
    kind = _evidence_for_words(court, claim, plain)
    agreed, against = evaluated(court.points, given, node, branch)
    if against is not None:
        at = ", ".join(f"{n} = {v}" for n, v in sorted(against.values.items()))
        raise Wrong(f"evaluated by definition it is false at {at}")
    if certificate is not None:
        by = _certified(court, claim, certificate, chain([plain], variants))
        how = "its certificate is about it, and leaves no point"
        return Finding(claim.id, "verified" if kind == "proved" else "cited", _with_source(claim, how), by, agreed)
    known = theorem(court.circuit, node, given)
    if claim.verdict == "cited" and known is not None and known.source == claim.source:
        how = f"an instance of a theorem, whose hypotheses it states: {known.source}"
        return Finding(claim.id, "cited", how, (), agreed)
    _check_born(claim, plain)
    if kind != claim.verdict:
        raise Wrong(f"it is {kind} at most, not {claim.verdict}")
    if is_identity(court.circuit, node, branch):
        return Finding(claim.id, "verified", "both sides are one rational function", ("SymPy's field",), agreed)
    try:
        by = court.refuted_by(restated(court.circuit, claim.given, node, branch), FEW_STEPS)
    except Unsupported:
        by = ()
    if by:
        how = _with_source(claim, "the statement leaves no point to other solvers")
        return Finding(claim.id, "verified" if kind == "proved" else "cited", how, by, agreed)
    exact = plain.rows[-1][1] == FALSE
    if agreed:
        how = "true by definition at exact points" + (", and its negation is false in signs" if exact else "")
        return Finding(claim.id, "spot-checked", how, ("fractions",), agreed)
    if exact:
        how = "its negation is false as soon as it is written in signs; no other engine could be asked"
        return Finding(claim.id, "recomputed", how, (EXACT,))
    return Finding(claim.id, "unchecked", "no other engine decides it, and its words have no value at a point here")


def _with_source(claim: StoredClaim, how: str) -> str:
    return f"{how}; its words rest on {claim.source}" if claim.verdict == "cited" else how


def _evidence_for_words(court: Court, claim: StoredClaim, lowered: Lowered) -> str:
    """What a proof is worth, given the words it uses: ``unique`` and closed forms may rest on a theorem.

    :class:`Wrong` when the claim says more, or names another theorem.
    """
    verdict: Verdict = with_uniqueness(court.circuit, lowered.reading.words, Proved((EXACT,)), DEFAULT_BUDGET)
    if isinstance(verdict, Proved):
        verdict = with_closed_forms(court.circuit, lowered.reading.words, verdict)
    kind = verdict.kind
    if claim.verdict == "proved" and kind != "proved":
        raise Wrong(f"it uses words that rest on a theorem, so that it is {kind}, not proved")
    if claim.verdict == "cited" and claim.certificate is not None:
        source = verdict.source if isinstance(verdict, Cited) else None
        if source != claim.source:
            raise Wrong(f"it cites {claim.source}, where its words rest on {source or 'nothing but proofs'}")
    return kind


def _stated(claim: StoredClaim) -> set[str]:
    """The hypotheses that a claim states, and the parts of those that are conjunctions."""
    return {part for g in claim.given for part in (g, *g.split(" & "))}


def _check_born(claim: StoredClaim, lowered: Lowered) -> None:
    missing = [text for text in lowered.query.born if text not in _stated(claim)]
    if missing:
        raise Wrong(f"it rests on {missing[0]}, which it does not state")


def _certified(court: Court, claim: StoredClaim, text: str, variants: Iterable[Lowered]) -> tuple[str, ...]:
    """The engines that agree on every query of the certificate, once each is known to be about the claim."""
    try:
        parts = scripts(text, claim.certificate or "certificate")
    except RecordError as error:
        raise Wrong(str(error)) from None
    for lowered in variants:
        chosen = _about(parts, lowered)
        if chosen is not None:
            break
    else:
        raise Wrong("its certificate asserts something else than its hypotheses and the negation of its conclusion")
    _check_hypotheses(claim, lowered, [row for query in chosen for row in query])
    _check_comments(claim, text, parts, lowered)
    answers = [court.refuted_by(script(query, "recheck")) for query in chosen]
    if not all(answers):
        raise Unsupported(f"no engine decides query {answers.index(()) + 1} of its certificate")
    return tuple(name for name in answers[0] if all(name in by for by in answers))


def _about(parts: Sequence[Script], lowered: Lowered) -> list[list[tuple[str, Condition]]] | None:
    """The rows that each query asserts; ``None`` unless every one is a hypothesis or the negation of the conclusion.

    With several queries the negation is cut into cases, and every case occurs.
    """
    *hypotheses, (_, denied) = lowered.rows
    if len(parts) == 1:
        rows = [*hypotheses, (DENIED, denied)]
        places = matched(parts[0], rows)
        return None if places is None else [[rows[k] for k in places]]
    cases = disjuncts(denied, MAX_CASES)
    if cases is None or len(cases) != len(parts):
        return None
    chosen = []
    for part, case in zip(parts, cases, strict=True):
        rows = [*hypotheses, (DENIED, case)]
        places = matched(part, rows)
        if places is None:
            return None
        chosen.append([rows[k] for k in places])
    return chosen


def _check_comments(claim: StoredClaim, text: str, parts: Sequence[Script], lowered: Lowered) -> None:
    """The comments of a certificate name the claim and what is asserted: people read them in the place of the rest."""
    assert claim.then is not None
    *hypotheses, (_, denied) = lowered.rows
    said = s.text(read_formula(claim.then))
    n = len(parts)
    if n == 1:
        titles = [f"{said}\nunsat: the hypotheses below leave no room for the negation"]
        denials = [(DENIED, denied)]
    else:
        titles = [f"{said}\ncase {k} of {n}" for k in range(1, n + 1)]
        cases = disjuncts(denied, MAX_CASES) or []
        denials = [(f"case {k} of {n} of the negation", case) for k, case in enumerate(cases, 1)]
    odd = odd_comment(text, titles, parts, [[*hypotheses, row] for row in denials])
    if odd is not None:
        raise Wrong(f"a comment of its certificate is not about it: {odd[:80]!r}")


def _check_hypotheses(claim: StoredClaim, lowered: Lowered, used: Sequence[tuple[str, Condition]]) -> None:
    """Every hypothesis that the certificate uses, or that its names are born with, is stated in the claim."""
    stated, query = _stated(claim), lowered.query
    fixed = {h.text for h in query.fixed}
    occurring = frozenset().union(*(free_names(c) for _, c in used))
    needed = [text for text, _ in used if text != DENIED and text not in fixed]
    needed += [h.text for h in query.structural.hypotheses if free_names(h.condition) & occurring]
    for text in (*needed, *query.born):
        if text not in stated:
            raise Wrong(f"its certificate rests on {text}, which the claim does not state")
