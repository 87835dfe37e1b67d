"""Answers as JSON documents: exact numbers are strings, the same input gives the same bytes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from symgame import __version__
from symgame.algebra import algebra
from symgame.branches import Branch
from symgame.chart import Chart, regime_meaning, regime_table
from symgame.circuit import Circuit, Copies, Population
from symgame.claims import Claim, Listed
from symgame.derivation import Derivation
from symgame.frozen_gains import gain, smooth
from symgame.global_stability import Answer, Stability
from symgame.global_theorems import GlobalStatement
from symgame.numeric import Solution, Solutions
from symgame.presentation import PLAIN, Presentation
from symgame.proof.verdict import Cited, Proved, Refuted, Undecided, Verdict
from symgame.solve import ratio_text
from symgame.statements import Checked

Document = dict[str, Any]


def witness_document(verdict: Verdict) -> dict[str, str] | None:
    if isinstance(verdict, Refuted):
        return {name: str(value) for name, value in sorted(verdict.witness.items())}
    return None


def engines(verdict: Verdict) -> list[str]:
    return list(verdict.by)


def circuit_document(circuit: Circuit) -> Document:
    """The circuit as it was asked about, exactly."""
    return {
        "name": circuit.name,
        "form": circuit.form,
        "populations": [
            {
                "name": p.name,
                "type": p.type,
                "tau": _text(p.tau),
                "input": _text(p.input),
                "activation": {"kind": p.activation.kind} | {k: _text(v) for k, v in p.activation.parameters},
            }
            for p in circuit.populations
        ],
        "W": [[_text(circuit.W[a, b]) for b in range(len(circuit.names))] for a in range(len(circuit.names))],
        **({"inputs": list(circuit.inputs)} if any(map(differs, circuit.inputs, circuit.populations)) else {}),
        **({"copies": [copies_document(c) for c in circuit.copies]} if circuit.copies else {}),
        "domain": [h.text for h in algebra(circuit).domain.hypotheses],
        "values": {n: _text(v) for n, v in circuit.values},
        **({"notation": notation_document(circuit.presentation)} if circuit.presentation != PLAIN else {}),
    }


def differs(name: str, population: Population) -> bool:
    """Whether an input goes by another name than its population's input has now: it was given a value."""
    return name != (str(population.input) if population.input.is_Symbol else f"u_{population.name}")


def notation_document(style: Presentation) -> Document:
    """The options of a presentation that are not the usual ones, as lists of names or of pairs."""
    options = {f.name: getattr(style, f.name) for f in fields(style)}
    usual = {f.name: getattr(PLAIN, f.name) for f in fields(style)}
    return {
        key: value if isinstance(value, str) else [x if isinstance(x, str) else list(x) for x in value]
        for key, value in options.items()
        if value != usual[key]
    }


def copies_document(group: Copies) -> Document:
    """How many units of these populations there are; ``lateral``: to a member of one from a member of another."""
    rows = range(len(group.members))
    lateral = [[_text(group.lateral[a, b]) for b in rows] for a in rows]
    return {"members": list(group.members), "count": _text(group.count), "lateral": lateral}


def _text(expression: Any) -> str:
    return str(expression).replace("**", "^")


def claim_document(claim: Claim, certificate: str | None, latex: str | None = None) -> Document:
    return {
        "id": claim.id,
        "title": claim.title,
        "given": list(claim.given),
        "then": claim.then,
        "at": claim.at,
        "kind": claim.kind,
        "verdict": claim.verdict.kind,
        "by": engines(claim.verdict),
        "certificate": certificate,
        "witness": witness_document(claim.verdict),
        "reason": claim.verdict.reason if isinstance(claim.verdict, Undecided) else None,
        "latex": latex or claim.latex,
        "source": claim.source,
        "sha256": claim.sha256,
        "word": claim.word,
        "steps": [
            {"formula": step.formula, "chained": step.chained, "latex": step.latex, "reason": step.reason}
            for step in claim.steps
        ],
    }


def claims_document(
    derivation: Derivation,
    certificates: Mapping[str, str],
    latex: Mapping[str, str] | None = None,
    abbreviations: Mapping[str, str] | None = None,
) -> Document:
    """``claims.json``; ``certificates`` maps a claim's id to the file that holds its proof.

    ``latex`` maps ids to the formulas as the report sets them, in terms of the ``abbreviations``.
    """
    latex = latex or {}
    return {
        "schema": 1,
        "symgame": __version__,
        "circuit": circuit_document(derivation.circuit),
        "over": derivation.over,
        "abbreviations": dict(abbreviations or {}),
        "claims": [claim_document(c, certificates.get(c.id), latex.get(c.id)) for c in derivation.claims],
        "regimes": chart_document(derivation.chart) if derivation.chart else None,
    }


def chart_document(chart: Chart) -> Document:
    return {
        "over": chart.over,
        "complete": chart.complete,
        **({"frozen": gains} if (gains := [str(gain(chart.circuit.names[i])) for i in smooth(chart.circuit)]) else {}),
        "quantities": [q.label for q in chart.quantities],
        "thresholds": [{"name": t.name, "value": t.text, "exists_when": t.exists_when} for t in chart.thresholds],
        "unsolved": list(chart.unsolved),
        "orders": [{"when": o.when, "order": list(o.order), "sequence": list(o.sequence)} for o in chart.orders],
        "regimes": [
            {
                "name": r.name,
                "spectrum": r.spectrum,
                "when": r.when,
                "signs": r.signs,
                "example": {n: str(v) for n, v in sorted(r.example.items())},
            }
            for r in chart.regimes
        ],
        "names": [
            {"name": name, "when": when, "meaning": regime_meaning(name, chart.circuit)}
            for name, when, _ in regime_table()
        ],
    }


def check_document(checked: Checked) -> Document:
    verdict = checked.verdict
    document: Document = {
        "statement": str(checked.statement),
        "given": [str(g) for g in checked.given],
        "verdict": verdict.kind,
        "by": engines(verdict),
        "witness": witness_document(verdict),
        "assumed": list(checked.assumed),
        "used": list(verdict.used) if isinstance(verdict, Proved | Cited) else [],
        "reason": checked.reason,
    }
    if isinstance(verdict, Refuted):
        document["missing"] = checked.missing
        slip = checked.slip
        document["slip"] = slip and {
            "name": slip.name,
            "sentence": slip.sentence,
            "formula": slip.formula,
            "given": list(slip.given),
            "by": list(slip.by),
        }
    if isinstance(verdict, Cited):
        document["source"] = verdict.source
    return document


def solution_document(solution: Solution) -> Document:
    document: Document = {
        "active": list(solution.active),
        "saturated": list(solution.saturated),
        "state": solution.decimals or {n: str(v) for n, v in solution.state.items()},
        "exact": solution.exact,
        "radius": solution.radius,
        "stable": solution.stable,
        "type": solution.type,
        "eigenvalues": [list(pair) for pair in solution.eigenvalues],
        "index": solution.index,
        "nash": solution.nash,
        "branch": solution.branch,
    }
    if solution.slopes:
        document["slopes"] = solution.slopes
    if solution.description:
        document["description"] = solution.description
    return document


def solutions_document(solutions: Solutions) -> Document:
    """All equilibria; with a ``reason`` when the list is not known to be complete."""
    document: Document = {
        "circuit": solutions.circuit.name,
        "populations": list(solutions.circuit.names),
        "complete": solutions.complete,
        "equilibria": [solution_document(e) for e in solutions.equilibria],
    }
    if solutions.reason:
        document["reason"] = solutions.reason
    return document


def answer_document(answer: Answer) -> Document:
    document: Document = {
        "holds": answer.holds,
        "verdict": answer.verdict.kind,
        "by": engines(answer.verdict),
        "condition": answer.condition,
    }
    if answer.given:
        document["given"] = list(answer.given)
    if isinstance(answer.verdict, Undecided):
        document["reason"] = answer.verdict.reason
    if isinstance(answer.verdict, Cited):
        document["source"] = answer.verdict.source
    if answer.witness is not None:
        document["witness"] = answer.witness
    if answer.P is not None:
        document["P"] = [list(row) if isinstance(row, tuple) else row for row in answer.P]
    if answer.X is not None:
        document["X"] = [list(row) for row in answer.X]
    return document


def stability_document(stability: Stability) -> Document:
    document: Document = {"circuit": stability.circuit.name}
    document |= {key: answer_document(answer) for key, answer in stability.answers.items()}
    document["global"] = _global_document(stability.globally)
    document["global"]["others"] = [_global_document(g) for g in stability.others]
    return document


def _global_document(g: GlobalStatement) -> Document:
    return {"statement": g.statement, "verdict": g.verdict, "source": g.source, "hypotheses": list(g.hypotheses)}


def branches_document(circuit: Circuit, rows: list[Listed], complete: bool) -> Document:
    """Branches of a circuit with symbols: states as quotients, ``exists`` as a formula."""
    return {
        "circuit": circuit.name,
        "populations": list(circuit.names),
        "complete": complete,
        "equilibria": [_listed_document(row) for row in rows],
    }


def _listed_document(row: Listed) -> Document:
    branch = row.branch
    names = branch.circuit.names
    labels = dict(zip(names, (p.label for p in branch.pieces), strict=True))
    document: Document = {
        "branch": branch.name,
        "active": [n for n in names if labels[n] in ("active", "negative")],
        "saturated": [n for n in names if labels[n] == "saturated"],
        "state": {} if row.continuum else {n: _ratio(branch, i) for i, n in enumerate(names)},
        "determinant": str(branch.determinant),
        "exact": True,
        "exists": row.exists,
    }
    if row.continuum:
        document |= {"type": "continuum", "description": "det = 0: infinitely many equilibria on this branch"}
    return document


def _ratio(branch: Branch, i: int) -> str:
    return ratio_text(branch.numerators[i], branch.determinant)
