"""A derivation on disk, checked again from what lies there: claims, certificates, chart, formulas, code, and hashes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from symgame import __version__
from symgame.catalogue import drafts
from symgame.circuit import Circuit
from symgame.claims import Draft
from symgame.digests import DIGESTS, digest
from symgame.errors import RecordError, SymgameError
from symgame.grammar import read_formula
from symgame.proof.second_solver import Referees
from symgame.proof.smtlib import script
from symgame.recheck_chart import COMPLETE, ORDERS, recheck_chart
from symgame.recheck_claims import OUTCOMES, Court, Finding, recheck_claim
from symgame.recheck_renderings import recheck_renderings
from symgame.statements import read
from symgame.stored import (
    Stored,
    inside,
    mapping,
    read_bytes,
    read_json,
    read_stored,
    read_text,
    sequence,
    stored_circuit,
)
from symgame.stored import text as text_of

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
    another field of fractions. Besides, words are evaluated by their definitions at exact points. Identities that have
    no formula, formulas in LaTeX and ``checkers.py`` are computed again and compared. Last come the hashes of files.

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
    court = Court(circuit, referees)
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
        yield recheck_claim(court, claim, certificates.get(claim.id), draft)
    if asked:
        yield from _whole(court, stored, asked)
    if stored.regimes is not None:
        progress("regimes", "the chart of regimes")
        yield from recheck_chart(court, stored.regimes, {c.id: c for c in stored.claims}, certificates)
    progress("formulas", "formulas and code")
    yield from recheck_renderings(circuit, stored, _reader(root))
    yield from _files(root, stored)


def _is_paper(stored: Stored) -> bool:
    """Whether the statements are an author's own; then nothing says which there have to be."""
    return all(claim.id.startswith("statement.") for claim in stored.claims)


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
    linear = not court.circuit.copies and all(p.activation.piecewise_linear for p in court.circuit.populations)
    if linear and stored.over is not None and stored.regimes is None and COMPLETE not in ids:
        yield Finding("regimes", "wrong", f"the chart of regimes along {stored.over} is missing")


def _reader(root: Path) -> Callable[[str], str | None]:
    def read_file(name: str) -> str | None:
        try:
            return read_text(inside(root, name))
        except RecordError:
            return None

    return read_file


def _files(root: Path, stored: Stored) -> Iterator[Finding]:
    """Every file against the hash it had when it was written, and the version that wrote it."""
    if not inside(root, DIGESTS).exists():
        yield Finding(DIGESTS, "unchecked", "there are no hashes of files; derive again to have them")
        return
    document = mapping(read_json(inside(root, DIGESTS)), DIGESTS)
    listed = mapping(document.get("files"), f"{DIGESTS}: files")
    written = mapping(document.get("versions"), f"{DIGESTS}: versions").get("symgame")
    if written != stored.version:
        yield Finding(DIGESTS, "wrong", "it and claims.json name different versions of symgame")
    wanted = {"claims.json", "report.tex", "report.html", "checkers.py"}
    wanted |= {claim.certificate for claim in stored.claims if claim.certificate is not None}
    for name in sorted(wanted - set(listed)):
        yield Finding(name, "wrong", f"{DIGESTS} does not list it")
    same = 0
    for name, expected in listed.items():
        try:
            found = digest(read_bytes(inside(root, name)))
        except RecordError as error:
            yield Finding(name, "wrong", str(error))
            continue
        if found == text_of(expected, f"{DIGESTS}: {name}"):
            same += 1
        else:
            yield Finding(name, "wrong", "the file was changed after it was written")
    yield Finding("files", "verified", f"{same} files have the hashes that they were written with", ("SHA-256",))


# -- papers -----------------------------------------------------------------------------------------------------------

#: Fields of a statement in ``findings.json``, and what they are called in ``claims.json``.
_FIELDS = {"id": "id", "says": "title", "then": "then", "verdict": "verdict", "reason": "reason"}


def _papers(root: Path, referees: Referees, progress: Progress) -> Iterator[Finding]:
    """The statements of papers: each derivation, and that ``findings.json`` says the same."""
    document = mapping(read_json(inside(root, FINDINGS)), FINDINGS)
    for row in sequence(document.get("papers"), f"{FINDINGS}: papers"):
        paper = mapping(row, f"{FINDINGS}: papers")
        name = text_of(paper.get("paper"), f"{FINDINGS}: paper")
        place = inside(root, name)
        for finding in _derivation(place, referees, lambda id, title, name=name: progress(f"{name}/{id}", title)):  # type: ignore[misc]
            yield Finding(f"{name}/{finding.name}", finding.outcome, finding.how, finding.by, finding.points)
        stored = read_stored(place)
        yield from _statements(name, stored, sequence(paper.get("statements"), f"{FINDINGS}: {name}"), paper)


def _statements(name: str, stored: Stored, rows: Any, paper: Any) -> Iterator[Finding]:
    said = [mapping(row, f"{FINDINGS}: {name}") for row in rows]
    if paper.get("circuit") != stored.circuit.get("name") or len(said) != len(stored.claims):
        yield Finding(f"{name}/{FINDINGS}", "wrong", "it has another circuit, or not as many statements as claims.json")
        return
    for row, claim in zip(said, stored.claims, strict=True):
        certificate = None if claim.certificate is None else f"{name}/{claim.certificate}"
        same = all(row.get(key) == getattr(claim, own) for key, own in _FIELDS.items())
        same = same and (row.get("given"), row.get("by")) == (list(claim.given), list(claim.by))
        same = same and (row.get("witness"), row.get("certificate")) == (claim.witness, certificate)
        if not same:
            yield Finding(f"{name}/{FINDINGS}", "wrong", f"it says something else of {claim.id} than claims.json")
