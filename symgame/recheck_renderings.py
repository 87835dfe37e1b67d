"""Formulas and code beside ``claims.json``: are they what the claims on disk say, written out once more?"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from symgame.circuit import Circuit
from symgame.claims import Claim
from symgame.derivation import Derivation
from symgame.errors import SymgameError
from symgame.proof.verdict import Cited, Proved, Refuted, Undecided, Verdict
from symgame.recheck_claims import Finding
from symgame.report import checkers
from symgame.report.latex import formula_file
from symgame.steps import Step
from symgame.stored import Stored, StoredClaim
from symgame.writing import Writer

CODE = "checkers.py"
ReadFile = Callable[[str], str | None]


def as_claim(stored: StoredClaim) -> Claim:
    """A claim on disk as the package has it, as far as renderings look at it: a verdict without its evidence."""
    verdicts: Mapping[str, Verdict] = {
        "proved": Proved(stored.by),
        "refuted": Refuted(stored.by, {}),
        "undecided": Undecided(stored.reason or ""),
        "cited": Cited(stored.source or "", stored.by),
    }
    rows = ((x.get("formula"), str(x.get("reason")), x.get("latex"), bool(x.get("chained"))) for x in stored.steps)
    steps = tuple(Step(*row) for row in rows)
    return Claim(
        stored.id,
        stored.title,
        stored.kind,
        stored.given,
        stored.then,
        verdicts[stored.verdict],
        stored.at,
        stored.source,
        steps,
        stored.word,
    )


def recheck_renderings(circuit: Circuit, stored: Stored, read: ReadFile) -> Iterator[Finding]:
    """The LaTeX of every claim, in ``claims.json`` and in its file, and ``checkers.py``.

    ``read`` yields the text of a file by its name, ``None`` where there is none.
    """
    writer = Writer(circuit)
    wrong = 0
    for claim in stored.claims:
        try:
            latex = _latex(writer, claim)
        except SymgameError as error:
            yield Finding(claim.id, "wrong", f"its formula cannot be set: {error}")
            continue
        if claim.latex != latex:
            wrong += 1
            yield Finding(claim.id, "wrong", "its formula in LaTeX is not the one that its conclusion gives")
        name = formula_file(claim.id)
        if claim.then is None:
            continue
        said = f"% {claim.id} ({claim.verdict}): {claim.then.encode('ascii', 'backslashreplace').decode()}\n{latex}%\n"
        found = read(name)
        if found is None or found != said:
            wrong += 1
            what = "is missing" if found is None else f"is not the formula of {claim.id}"
            yield Finding(name, "wrong", f"the file {what}")
    if not wrong:
        yield Finding("formulas", "recomputed", f"the formulas of {len(stored.claims)} claims, set once more")
    yield _code(circuit, stored, read)


def _latex(writer: Writer, claim: StoredClaim) -> str:
    if claim.then is None:
        return as_claim(claim).latex
    return writer.with_determinant(writer.formula(claim.then), claim.at).latex


def _code(circuit: Circuit, stored: Stored, read: ReadFile) -> Finding:
    found = read(CODE)
    if found is None:
        return Finding(CODE, "wrong", "the file is missing")
    derivation = Derivation(circuit, stored.over, tuple(map(as_claim, stored.claims)), None, {})
    try:
        again = checkers.source(derivation)
    except SymgameError as error:
        return Finding(CODE, "wrong", f"no code can be generated from the claims: {error}")
    if found == again:
        return Finding(CODE, "recomputed", "generated once more from the claims, it is the same text")
    lines = zip(found.splitlines(), again.splitlines(), strict=False)
    place = next((k for k, (a, b) in enumerate(lines, 1) if a != b), None)
    where = f"line {place}" if place else "its end"
    return Finding(CODE, "wrong", f"generated once more from the claims, it differs at {where}")
