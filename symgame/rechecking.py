"""A derivation on disk, checked again from what lies there: claims, certificates, chart, formulas, code, and hashes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from symgame import __version__
from symgame.algebra import algebra
from symgame.catalogue import drafts
from symgame.chart import default_parameter
from symgame.circuit import Circuit
from symgame.claims import Draft
from symgame.errors import RecordError, SymgameError
from symgame.frozen_gains import readable
from symgame.grammar import read_formula
from symgame.proof.second_solver import Referees
from symgame.proof.smtlib import script
from symgame.recheck_chart import COMPLETE, ORDERS, recheck_chart
from symgame.recheck_claims import OUTCOMES, Court, Finding, Wrong, recheck_claim
from symgame.recheck_files import recheck_files, stated_versions
from symgame.recheck_renderings import Evidence, recheck_renderings
from symgame.recheck_steps import check_listed, joined, recheck_steps
from symgame.statements import read
from symgame.steps import of_orders, of_patterns
from symgame.stored import (
    Stored,
    StoredClaim,
    exactly_one,
    inside,
    mapping,
    read_json,
    read_stored,
    read_text,
    sequence,
    stored_circuit,
)
from symgame.stored import text as text_of
from symgame.typeset import Names, formula_latex

FINDINGS = "findings.json"
Progress = Callable[[str, str], None]


@dataclass(frozen=True)
class Rechecked:
    """What became of every claim and file of a directory; ``root`` is it as it was given."""

    root: str
    findings: tuple[Finding, ...]

    @property
    def counts(self) -> dict[str, int]:
        """How many findings have each outcome."""
        return {kind: sum(f.outcome == kind for f in self.findings) for kind in OUTCOMES}

    @property
    def wrong(self) -> tuple[Finding, ...]:
        return tuple(f for f in self.findings if f.outcome == "wrong")

    @property
    def unchecked(self) -> tuple[Finding, ...]:
        return tuple(f for f in self.findings if f.outcome == "unchecked")

    def __repr__(self) -> str:
        """One line for a person; everything else is in the fields."""
        counts = ", ".join(f"{n} {kind}" for kind, n in self.counts.items() if n)
        return f"Rechecked({self.root!r}: {counts})"


def recheck(path: str | Path, *, cvc5: bool = True, progress: Progress = lambda id, title: None) -> Rechecked:
    """Check a derivation again that ``symgame derive`` or a paper has written, without deriving it.

    Each claim is lowered again from its formulas and its circuit. A certificate has to assert exactly its hypotheses
    and the negation of its conclusion, and solvers other than the prover (z3 by another road, cvc5 where it is
    installed, unless ``cvc5=False``) have to refute it; a claim without one is put to them as it stands, or decided in
    another field of fractions. Besides, words are evaluated by their definitions at exact points. Steps, identities
    that have no formula, and every document that follows from the claims are written again and compared. Last come
    the hashes of files, and files that are none of the derivation.

    Nothing that is read is executed. Raises :class:`~symgame.errors.RecordError` when the directory holds no
    derivation that can be read.
    """
    root = Path(path)
    if not root.is_dir():
        raise RecordError(f"{path}: a directory was expected, which `symgame derive` or a paper has written.")
    with Referees(cvc5) as referees:
        if not (root / "claims.json").exists() and (root / FINDINGS).exists():
            rows = list(_papers(root, referees, progress))
        else:
            rows = list(_derivation(root, referees, progress))
    return Rechecked(str(path), tuple(rows))


def _derivation(root: Path, referees: Referees, progress: Progress) -> Iterator[Finding]:
    stored = read_stored(root)
    circuit: Circuit = stored_circuit(stored.circuit)
    if stored.version != __version__:
        how = f"written by symgame {stored.version[:40]}; this is {__version__}, whose words may mean something else"
        yield Finding("claims.json", "unchecked", how)
    court = Court(readable(circuit), referees)
    z3 = stated_versions(root).get("z3-solver")
    asked = {} if _is_paper(stored) else {draft.id: draft for draft in drafts(circuit)}
    certificates, broken = _certificates(stored)
    yield from broken
    for claim in stored.claims:
        if claim.id in (COMPLETE, ORDERS) and stored.regimes is not None:
            continue
        progress(claim.id, claim.title)
        draft = asked.get(claim.id)
        if asked and draft is None and claim.verdict != "undecided":
            yield Finding(claim.id, "wrong", "nothing of this id is asked of this circuit")
            continue
        found = recheck_claim(court, claim, certificates.get(claim.id), draft)
        if found.outcome != "wrong":
            found = joined(found, recheck_steps(court, claim, circuit, draft, stored.over, z3))
        yield found
    yield from _along(circuit, stored, bool(asked))
    if asked:
        yield from _whole(court, stored, asked)
    if stored.regimes is not None:
        progress("regimes", "the chart of regimes")
        listed = {c.id: c for c in stored.claims}
        yield from recheck_chart(court, stored.regimes, listed, certificates)
        yield from _chart_steps(stored, listed, z3)
    progress("formulas", "formulas, report and code")
    yield from recheck_renderings(circuit, stored, Evidence(certificates, asked), _reader(root))
    yield from recheck_files(root, stored)


def _is_paper(stored: Stored) -> bool:
    """Whether the statements are an author's own; then nothing says which there have to be."""
    return all(claim.id.startswith("statement.") for claim in stored.claims)


def _along(circuit: Circuit, stored: Stored, derived: bool) -> Iterator[Finding]:
    """The parameter that conditions are solved for: one of the circuit, and the one that the chart runs along."""
    over = stored.over
    chart = None if stored.regimes is None else stored.regimes.get("over")
    if stored.regimes is not None and chart != over:
        yield Finding("over", "wrong", f"the chart runs along {chart}, and the derivation along {over}")
    elif over is not None and (over not in circuit.symbols or not derived):
        yield Finding("over", "wrong", f"{over} is no symbol of the circuit that conditions are solved for")
    elif over is None and derived and default_parameter(circuit) is not None:
        yield Finding("over", "wrong", f"conditions are solved for {default_parameter(circuit)}, and nothing says so")


def _chart_steps(stored: Stored, listed: Mapping[str, StoredClaim], z3: str | None) -> Iterator[Finding]:
    """What the claims of the chart say beside their titles."""
    assert stored.regimes is not None
    patterns = stored.regimes.get("regimes")
    count = len(patterns) if isinstance(patterns, list) else 0
    for id, steps in ((COMPLETE, tuple(of_patterns(count))), (ORDERS, tuple(of_orders()))):
        try:
            if id in listed:
                check_listed(listed[id], steps, z3)
        except Wrong as error:
            yield Finding(id, "wrong", str(error))


def _certificates(stored: Stored) -> tuple[dict[str, str], list[Finding]]:
    """The texts of the certificates by the ids of the claims, and those that cannot be read."""
    found: dict[str, str] = {}
    broken = []
    for claim in stored.claims:
        if claim.certificate is None:
            continue
        try:
            found[claim.id] = read_text(inside(stored.root, claim.certificate))
        except RecordError as error:
            broken.append(Finding(claim.id, "wrong", f"its certificate cannot be read: {error}"))
            found[claim.id] = ""
    return found, broken


def _whole(court: Court, stored: Stored, asked: dict[str, Draft]) -> Iterator[Finding]:
    """Every question of the catalogue has its claim, in order, unless its hypotheses never hold."""
    ids = [claim.id for claim in stored.claims]
    order = [id for id in asked if id in ids]
    if [id for id in ids if id in asked] != order:
        yield Finding("claims.json", "wrong", "the claims are in another order than they are asked in")
    for id, draft in asked.items():
        if id in ids:
            continue
        try:
            at = None
            given = tuple(read_formula(g) for g in draft.given)
            query = read(court.circuit, read_formula("true"), given, at).query
            rows = [(h.text, h.condition) for h in (*query.domain, *query.given, *query.fixed)]
            impossible = bool(given) and court.referees.possible(script(rows, "hypotheses")) == "unsat"
        except SymgameError:
            impossible = False
        if impossible:
            yield Finding(id, "verified", "left out: its hypotheses never hold together", ("z3",))
        else:
            yield Finding(id, "wrong", f"the claim is missing: {draft.title}")
    linear = not court.circuit.copies and algebra(court.circuit).pieces is not None
    if linear and stored.over is not None and stored.regimes is None and COMPLETE not in ids:
        yield Finding("regimes", "wrong", f"the chart of regimes along {stored.over} is missing")


def _reader(root: Path) -> Callable[[str], str | None]:
    def read_file(name: str) -> str | None:
        try:
            return read_text(inside(root, name))
        except RecordError:
            return None

    return read_file


# -- papers -----------------------------------------------------------------------------------------------------------

#: Fields of a statement in ``findings.json``, and what they are called in ``claims.json``.
_FIELDS = {"id": "id", "says": "title", "then": "then", "verdict": "verdict", "reason": "reason"}


def _papers(root: Path, referees: Referees, progress: Progress) -> Iterator[Finding]:
    """The statements of papers: each derivation, and that ``findings.json`` says the same."""
    document = mapping(read_json(inside(root, FINDINGS)), FINDINGS)
    exactly_one(document.get("schema"), FINDINGS)
    names = []
    for row in sequence(document.get("papers"), f"{FINDINGS}: papers"):
        paper = mapping(row, f"{FINDINGS}: papers")
        name = text_of(paper.get("paper"), f"{FINDINGS}: paper")
        place = inside(root, name)
        names.append(name)
        for finding in _derivation(place, referees, lambda id, title, name=name: progress(f"{name}/{id}", title)):  # type: ignore[misc]
            yield Finding(f"{name}/{finding.name}", finding.outcome, finding.how, finding.by, finding.points)
        stored = read_stored(place)
        yield from _statements(name, stored, sequence(paper.get("statements"), f"{FINDINGS}: {name}"), paper)
    for path in sorted(root.iterdir()):
        if path.name not in (FINDINGS, *names) and not path.name.startswith(".") and path.name != "__pycache__":
            yield Finding(path.name, "wrong", f"{FINDINGS} knows nothing of it; keep your own files elsewhere")


def _statements(name: str, stored: Stored, rows: Any, paper: Any) -> Iterator[Finding]:
    said = [mapping(row, f"{FINDINGS}: {name}") for row in rows]
    names = stored_circuit(stored.circuit).presentation.expanded
    if paper.get("circuit") != stored.circuit.get("name") or len(said) != len(stored.claims):
        yield Finding(f"{name}/{FINDINGS}", "wrong", "it has another circuit, or not as many statements as claims.json")
        return
    for row, claim in zip(said, stored.claims, strict=True):
        certificate = None if claim.certificate is None else f"{name}/{claim.certificate}"
        same = all(row.get(key) == getattr(claim, own) for key, own in _FIELDS.items())
        same = same and (row.get("given"), row.get("by")) == (list(claim.given), list(claim.by))
        same = same and (row.get("witness"), row.get("certificate")) == (claim.witness, certificate)
        same = same and (row.get("at"), row.get("latex")) == (claim.at, _latex(claim.then, names))
        same = same and set(row) == {*_FIELDS, "given", "by", "witness", "certificate", "at", "latex"}
        if not same:
            yield Finding(f"{name}/{FINDINGS}", "wrong", f"it says something else of {claim.id} than claims.json")


def _latex(then: str | None, names: Names) -> str | None:
    try:
        return None if then is None else formula_latex(read_formula(then), names)
    except SymgameError:  # named where the claim is checked
        return None
