"""The chart of regimes on disk, checked again: its certificates, its conditions and its examples."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from symgame.algebra import Algebra, algebra
from symgame.branches import full_branch
from symgame.chart import MAX_ROUTH, SIGNS, Quantity, deciding, pattern_name, regime_name, regimes, spectrum
from symgame.circuit import Circuit
from symgame.condition import FALSE, Condition, both, either, equivalent, negation
from symgame.errors import RecordError, SymgameError, Unsupported
from symgame.grammar import read_formula
from symgame.proof.algebraic import holds_at
from symgame.proof.certificate_text import matched, scripts
from symgame.proof.smtlib import script
from symgame.recheck_claims import Court, Finding, Wrong, stored_value
from symgame.recheck_comments import odd_comment
from symgame.report.documents import chart_document
from symgame.statements import read
from symgame.stored import StoredClaim, mapping, sequence, text

COMPLETE, ORDERS = "regimes.complete", "regimes.orders"
Patterns = list[dict[str, str]]
_TITLE = "completeness: no sign pattern outside the list is possible"


def recheck_chart(
    court: Court,
    chart: Mapping[str, Any],
    claims: Mapping[str, StoredClaim],
    certificates: Mapping[str, str],
) -> Iterator[Finding]:
    """The two claims of a chart, and its rows.

    That no other sign pattern occurs is built up again from the patterns listed, and put to the solvers; each pattern
    is met at its example and is what its condition says. The orders of thresholds are derived once more
    before their certificate is put to the solvers.
    """
    try:
        patterns, quantities = _patterns(court.circuit, chart)
        yield _complete(court, claims, certificates, patterns, quantities)
        yield from _rows(court, chart, patterns, quantities)
        yield from _orders(court, chart, quantities, claims, certificates)
    except Wrong as error:
        yield Finding("regimes", "wrong", str(error))
    except Unsupported as error:
        yield Finding("regimes", "unchecked", str(error))
    except SymgameError as error:
        yield Finding("regimes", "wrong", str(error))


def _patterns(circuit: Circuit, chart: Mapping[str, Any]) -> tuple[Patterns, tuple[Quantity, ...]]:
    quantities = tuple(deciding(full_branch(circuit)))
    labels = [q.label for q in quantities]
    if chart.get("quantities") != labels:
        raise Wrong(f"the quantities that decide are {', '.join(labels)}")
    found = []
    for row in sequence(chart.get("regimes"), "claims.json: regimes"):
        signs = dict(mapping(mapping(row, "claims.json: regimes").get("signs"), "claims.json: signs"))
        if list(signs) != labels or not set(signs.values()) <= {mark for mark, _ in SIGNS} or signs in found:
            raise Wrong("a sign pattern has other quantities, other signs, or is listed twice")
        found.append(signs)
    return found, quantities


def pattern(a: Algebra, quantities: tuple[Quantity, ...], signs: Mapping[str, str]) -> Condition:
    """The condition that some of the quantities have these signs."""
    rels = dict(SIGNS)
    parts = (a.structural.compare(q.value, rels[signs[q.label]]) for q in quantities if q.label in signs)
    return both(*parts)


def _impossible(a: Algebra, quantities: tuple[Quantity, ...], listed: Patterns) -> list[Condition]:
    """The shortest beginnings of sign patterns that no pattern listed has, in the order of a walk depth first."""
    found: list[Condition] = []

    def visit(k: int, signs: dict[str, str]) -> None:
        for mark, _ in SIGNS if k < len(quantities) else ():
            longer = {**signs, quantities[k].label: mark}
            condition = pattern(a, quantities, longer)
            if condition == FALSE:
                continue
            if any(longer.items() <= row.items() for row in listed):
                visit(k + 1, longer)
            else:
                found.append(condition)

    visit(0, {})
    return found


def _complete(
    court: Court,
    claims: Mapping[str, StoredClaim],
    certificates: Mapping[str, str],
    patterns: Patterns,
    quantities: tuple[Quantity, ...],
) -> Finding:
    claim = claims.get(COMPLETE)
    if claim is None:
        raise Wrong(f"there is a chart, but no claim {COMPLETE}")
    title = f"No sign pattern occurs but the {len(patterns)} sign patterns of {', '.join(q.label for q in quantities)}"
    if claim.verdict == "undecided":
        return Finding(COMPLETE, "open", f"nothing is claimed: {claim.reason}")
    if (claim.title, claim.verdict, claim.given, claim.then, claim.digest) != (title, "proved", (), None, claim.sha256):
        raise Wrong(f"the claim {COMPLETE} is not: {title}")
    impossible = _impossible(algebra(court.circuit), quantities, patterns)
    return _by_certificate(court, claim, certificates, impossible, "every other sign pattern leaves no point")


def _by_certificate(
    court: Court, claim: StoredClaim, certificates: Mapping[str, str], impossible: list[Condition], how: str
) -> Finding:
    """The certificate asserts the domain and that one of these holds; no solver finds a point."""
    if not impossible:
        if claim.id in certificates:
            raise Wrong(f"the certificate of {claim.id} is about nothing: no pattern is left out")
        return Finding(claim.id, "recomputed", "nothing is left out that would have to be refuted")
    if claim.id not in certificates:
        raise Wrong(f"{claim.id} has no certificate")
    rows = [(h.text, h.condition) for h in algebra(court.circuit).domain.hypotheses]
    rows.append(("one of the missing patterns", either(*impossible)))
    try:
        parts = scripts(certificates[claim.id], claim.certificate or claim.id)
    except RecordError as error:
        raise Wrong(str(error)) from None
    if len(parts) != 1 or matched(parts[0], rows) != list(range(len(rows))):
        raise Wrong(f"the certificate of {claim.id} asserts something else than what is left out of the list")
    odd = odd_comment(certificates[claim.id], [_TITLE], parts, [rows])
    if odd is not None:
        raise Wrong(f"a comment of the certificate of {claim.id} is not about it: {odd[:80]!r}")
    by = court.refuted_by(script(rows, "recheck"))
    if not by:
        raise Unsupported(f"no engine decides the certificate of {claim.id}")
    return Finding(claim.id, "verified", how, by)


def _rows(
    court: Court, chart: Mapping[str, Any], patterns: Patterns, quantities: tuple[Quantity, ...]
) -> Iterator[Finding]:
    """Every pattern: its example has these signs, and its condition says the same as the signs."""
    a = algebra(court.circuit)
    for k, (row, signs) in enumerate(zip(chart["regimes"], patterns, strict=True), 1):
        name = f"regimes: pattern {k}"
        condition = pattern(a, quantities, signs)
        example = {
            n: stored_value(text(v, "claims.json: example"))
            for n, v in mapping(row.get("example"), "claims.json: example").items()
        }
        full = {**dict.fromkeys(court.circuit.symbols, stored_value("1")), **example}
        large = len(court.circuit.names) > MAX_ROUTH
        known = pattern_name(court.circuit, signs) if large else regime_name(court.circuit, full)
        if (row.get("name"), row.get("spectrum")) != (known, spectrum(court.circuit, full)):
            yield Finding(name, "wrong", f"its name is {known}")
            continue
        if not holds_at(both(a.domain.condition, condition), full):
            yield Finding(name, "wrong", "its example has other signs, or is outside the domain")
            continue
        said = read(court.circuit, read_formula(text(row.get("when"), "claims.json: when")), ()).query
        differ = negation(equivalent(said.conclusion, condition))
        rows = [(h.text, h.condition) for h in (*said.domain, *said.fixed)]
        answers = () if differ == FALSE else court.referees.answers(script([*rows, ("", differ)], "recheck"))
        if "sat" in dict(answers).values():
            yield Finding(name, "wrong", "its condition says something else than its signs")
        elif answers and "unsat" not in dict(answers).values():
            yield Finding(name, "unchecked", "no engine decides whether its condition says the same as its signs")
        else:
            by = tuple(n for n, answer in dict(answers).items() if answer == "unsat")
            yield Finding(name, "verified", "its example has these signs, and its condition says the same", by, 1)


def _thresholds(
    court: Court, over: str, chart: Mapping[str, Any], quantities: tuple[Quantity, ...]
) -> tuple[str, ...] | None:
    """The engines that agree that every quantity vanishes at its thresholds, which exist where they are defined.

    ``None`` when this is not how the thresholds are given, or not decided; then they are derived once more.
    """
    agreeing: set[str] | None = None
    values = {q.label: q.value for q in quantities}
    for row in sequence(chart.get("thresholds"), "claims.json: thresholds"):
        name, value, when = (text(row.get(k), "claims.json: thresholds") for k in ("name", "value", "exists_when"))
        label = {"fold": "det"}.get(name, name.replace("convexity", "curvature"))
        if label not in values:
            return None
        query = read(court.circuit, read_formula(f"{over} = {value}"), (read_formula(when),)).query
        rows = [(h.text, h.condition) for h in query.domain]
        defined = both(*(h.condition for h in query.fixed))
        exists = both(*(h.condition for h in query.given))
        differ = negation(equivalent(defined, exists))
        elsewhere = algebra(court.circuit).structural.compare(values[label], "!=")
        for question in ([("", differ)], [("", query.conclusion), ("", defined), ("", elsewhere)]):
            if both(*(c for _, c in question)) == FALSE:
                continue
            by = set(court.refuted_by(script([*rows, *question], "recheck")))
            agreeing = by if agreeing is None else agreeing & by
    return tuple(sorted(agreeing)) if agreeing else None


def _orders(
    court: Court,
    chart: Mapping[str, Any],
    quantities: tuple[Quantity, ...],
    claims: Mapping[str, StoredClaim],
    certificates: Mapping[str, str],
) -> Iterator[Finding]:
    over = text(chart.get("over"), "claims.json: over")
    if len(court.circuit.names) > MAX_ROUTH and not chart.get("orders") and ORDERS not in claims:
        by = _thresholds(court, over, chart, quantities)  # a chart of hundreds of patterns takes long to derive
        if by:
            yield Finding("regimes: thresholds", "verified", "each is where its quantity vanishes", by)
            return
    now = regimes(court.circuit, over)
    again = chart_document(now)
    for key in ("thresholds", "unsolved", "orders", "names", "complete"):
        if chart.get(key) != again[key]:
            raise Wrong(f"derived once more, the chart has another answer under {key!r}")
    yield Finding("regimes: thresholds", "recomputed", "thresholds and their orders are those derived once more")
    claim = claims.get(ORDERS)
    if (claim is None) != (not now.orders):
        raise Wrong(f"the claim {ORDERS} is there if and only if orders are listed")
    if claim is None:
        return
    title = f"The thresholds in {over} have no order but the {len(now.orders)} listed"
    if (claim.title, claim.verdict, claim.given, claim.then, claim.digest) != (title, "proved", (), None, claim.sha256):
        raise Wrong(f"the claim {ORDERS} is not: {title}")
    if now.orders_certificate is None:
        yield _by_certificate(court, claim, certificates, [], "")
        return
    found = certificates.get(ORDERS)
    if found != now.orders_certificate:
        raise Wrong(f"the certificate of {ORDERS} is not that of the orders left out of the list")
    by = court.refuted_by(now.orders_certificate)
    if not by:
        raise Unsupported(f"no engine decides the certificate of {ORDERS}")
    yield Finding(ORDERS, "verified", "every other order of the thresholds leaves no point", by)
