"""What a claim says beside its formula: engines, source, reason, and the steps that lead to it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from symgame import syntax as s
from symgame.circuit import Circuit
from symgame.claims import Draft, _characterised, _steps  # what the derivation itself writes, without deciding it
from symgame.errors import BudgetExceeded, FormulaError, HypothesisError, SymgameError, Unsupported
from symgame.frozen_gains import is_frozen
from symgame.grammar import read_branch, read_formula
from symgame.proof.decide import ELIMINATION, EXACT
from symgame.proof.second_solver import FEW_STEPS
from symgame.proof.verdict import Cited, Undecided
from symgame.recheck_claims import Court, Finding, Wrong
from symgame.second_road import restated
from symgame.steps import Step, at_gains
from symgame.stored import StoredClaim

Row = tuple[object, object, object, object]
_SOLVER = re.compile(r"z3 (\d+(?:\.\d+){1,3})")


def recheck_steps(
    court: Court, claim: StoredClaim, circuit: Circuit, draft: Draft | None, over: str | None, z3: str | None
) -> Finding:
    """Whether all that a claim says besides is so: ``verified`` or ``recomputed``, or ``wrong``, or ``unchecked``.

    ``draft`` is what the catalogue asks under its id (``None``: an author's statement about ``circuit``), ``over`` the
    parameter that conditions are solved for, ``z3`` the version of the solver that ``hashes.json`` states.

    Steps are derived once more, and compared. A formula that differs from the one derived here (another version of a
    solver may drop other hypotheses first) has to follow, by other solvers; every word has to be the same.
    """
    try:
        _check_engines(claim, z3)
        _check_fields(claim, draft)
        known = _again(court.circuit, draft, over) if draft else _again(circuit, _of_author(court, claim), None)
        others = _compared(court, claim, [_row(step) for step in known])
    except Wrong as error:
        return Finding(claim.id, "wrong", str(error))
    except (Unsupported, BudgetExceeded) as error:
        return Finding(claim.id, "unchecked", str(error))
    except SymgameError as error:
        return Finding(claim.id, "wrong", str(error))
    if others:
        return Finding(claim.id, "verified", f"{others} of its steps are not those derived here, and follow")
    return Finding(claim.id, "recomputed", "its steps are those derived once more")


def check_listed(claim: StoredClaim, steps: tuple[Step, ...], z3: str | None) -> None:
    """The same for the claims of a chart, whose steps are known; :class:`Wrong` when something is not so."""
    _check_engines(claim, z3)
    _check_fields(claim, None)
    if claim.verdict == "undecided":
        steps = ()
    if [_stored_row(x) for x in claim.steps] != [_row(step) for step in steps]:
        raise Wrong("its steps are not those that the chart gives")


# -- engines, source, reason ------------------------------------------------------------------------------------------


def _check_engines(claim: StoredClaim, z3: str | None) -> None:
    """The engines are known ones, and the solver is of the version stated."""
    if not claim.by and claim.verdict != "undecided":
        raise Wrong("it names no engine that decided it")
    for name in claim.by:
        solver = _SOLVER.fullmatch(name)
        if solver is None and name not in (EXACT, ELIMINATION):
            raise Wrong(f"it is said to be decided by {name[:40]!r}, which is no engine of this package")
        if solver is not None and z3 is not None and z3 != solver[1] and not z3.startswith(f"{solver[1]}."):
            raise Wrong(f"it is said to be decided by {name}, where z3-solver {z3[:40]} is stated")
    if claim.certificate is not None and not any(map(_SOLVER.fullmatch, claim.by)):
        raise Wrong("it has a certificate, and names no solver that made it")


def _check_fields(claim: StoredClaim, draft: Draft | None) -> None:
    """Each verdict has the fields that belong to it and no others."""
    wanted = {"refuted": "witness", "undecided": "reason", "cited": "source"}.get(claim.verdict)
    for field in ("witness", "reason", "source"):
        if getattr(claim, field) is not None and field != wanted:
            raise Wrong(f"it is {claim.verdict}, and has a {field} all the same")
    word = None if draft is None or draft.verdict is not None else draft.word
    if claim.word != word:
        raise Wrong(f"the word that it characterises is said to be {claim.word}, where {word or 'none'} is asked")
    if draft is None or draft.verdict is None:
        return
    known = draft.verdict
    if (known.kind, tuple(known.by)) != (claim.verdict, claim.by):
        raise Wrong(f"computed again it is {known.kind}, by {', '.join(known.by) or 'nothing'}")
    if isinstance(known, Undecided) and claim.reason != known.reason:
        raise Wrong(f"its reason is not: {known.reason}")
    if claim.source not in (None, known.source if isinstance(known, Cited) else None):
        raise Wrong(f"it does not rest on {claim.source}")


# -- steps ------------------------------------------------------------------------------------------------------------


def _of_author(court: Court, claim: StoredClaim) -> Draft:
    """The question that an author's statement answers: the hypotheses that a proof added are those of the domain."""
    match read_formula(claim.then or "true"):
        case s.Iff():
            kinds: tuple[str, ...] = ("equivalence",)
        case s.Implies():
            kinds = ("implication",)
        case s.Relation(ops=("=",)):
            kinds = ("equation", "fact")
        case _:
            kinds = ("fact",)
    if claim.kind not in kinds:
        raise Wrong(f"a statement of this shape is of the kind {kinds[0]}")
    given = tuple(g for g in claim.given if g not in court.domain)
    return Draft(claim.id, claim.title, claim.kind, claim.then, given=given, at=claim.at)


def _again(circuit: Circuit, draft: Draft, over: str | None) -> tuple[Step, ...]:
    """The steps that the derivation gives to a draft; none where it fails to write them."""
    if draft.verdict is not None:
        return draft.steps
    then = draft.then
    steps: tuple[Step, ...] = ()
    try:
        if draft.word is not None:
            then, steps = _characterised(circuit, draft, over)
        assert then is not None
        steps = steps or draft.steps or _steps(circuit, draft, then)
        return tuple(at_gains(steps)) if is_frozen(circuit) else steps
    except HypothesisError:
        raise Wrong("its hypotheses never hold, so that it says nothing") from None
    except (FormulaError, Unsupported, BudgetExceeded):
        return ()


def _compared(court: Court, claim: StoredClaim, expected: list[Row]) -> int:
    """How many formulas differ from the steps expected, and follow."""
    found = [_stored_row(x) for x in claim.steps]
    if [row[1:] for row in found] != [row[1:] for row in expected]:
        raise Wrong("its steps are not those that its derivation has")
    others = 0
    for k, ((formula, *_, chained), (known, *_)) in enumerate(zip(found, expected, strict=True), 1):
        if formula == known:
            continue
        if not isinstance(formula, str) or known is None:
            raise Wrong(f"its step {k} is not the one that its derivation has")
        try:
            by = _follows(court, claim, formula, bool(chained))
        except Wrong:
            raise Wrong(f"its step {k} does not follow: {formula[:60]}") from None
        if not by:
            raise Unsupported(f"its step {k} is another than the one derived here, and no engine decides it")
        others += 1
    return others


def _follows(court: Court, claim: StoredClaim, formula: str, chained: bool) -> tuple[str, ...]:
    """The engines that agree on a step: it is equivalent to the word, or true by itself, under the hypotheses."""
    node = read_formula(formula)
    if chained:
        if claim.word is None:
            raise Wrong("a chain without a word")
        node = s.Iff(read_formula(claim.word), node)
    branch = None if claim.at is None else read_branch(claim.at)
    return court.refuted_by(restated(court.circuit, claim.given, node, branch), FEW_STEPS)


def _row(step: Step) -> Row:
    return (step.formula, step.latex, step.reason, step.chained)


def _stored_row(step: Mapping[str, object]) -> Row:
    return (step.get("formula"), step.get("latex"), step.get("reason"), step.get("chained"))


def joined(first: Finding, second: Finding) -> Finding:
    """One finding for a claim: what is wrong or unchecked about what stands beside its formula is so of the claim."""
    if first.outcome == "wrong" or second.outcome == "recomputed":
        return first
    if second.outcome == "verified":
        return replace(first, how=f"{first.how}; {second.how}")
    return second
