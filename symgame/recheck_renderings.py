"""All that follows from the claims on disk, written once more: ``claims.json``, formulas, report, page and code."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from html import unescape
from typing import Any
from xml.etree.ElementTree import ParseError

from symgame import __version__
from symgame.branches import full_branch
from symgame.chart import MAX_ROUTH, Chart, Order, Regime, Threshold, deciding, regimes
from symgame.circuit import Circuit
from symgame.claims import Claim, Draft
from symgame.condition import TRUE
from symgame.derivation import Derivation
from symgame.document import Block, Picture
from symgame.errors import SymgameError
from symgame.frozen_gains import frozen
from symgame.output import pictured, texts
from symgame.proof.verdict import Cited, Proved, Refuted, Undecided, Verdict
from symgame.recheck_claims import Finding, Wrong, stored_value
from symgame.steps import Step
from symgame.stored import Stored, StoredClaim, mapping, sequence
from symgame.stored import text as text_of
from symgame.stored import texts as texts_of
from symgame.writing import Writer

CODE, PAGE, REPORT = "checkers.py", "report.html", "report.tex"
ReadFile = Callable[[str], str | None]
#: Stands for what no claim says, the circuit's name on the command line and an author's words, while files are written.
_MODEL, _WORDS = "symgameModelPlace", "symgameWordsPlace"
_TITLE = re.compile(r'<h1 dir="auto">([^<]*)</h1>')


@dataclass(frozen=True)
class Evidence:
    """What the claims on disk rest on: the texts of their certificates, and the drafts they answer, by id."""

    certificates: Mapping[str, str]
    asked: Mapping[str, Draft]


def recheck_renderings(circuit: Circuit, stored: Stored, evidence: Evidence, read: ReadFile) -> Iterator[Finding]:
    """``claims.json`` itself (its abbreviations, its formulas in LaTeX, no key besides), and the files beside it.

    ``read`` yields the text of a file by its name, ``None`` where there is none. What the claims do not say is taken
    from the files, and named: the circuit's name on the command line, and an author's own words.
    """
    unset = list(_unset(circuit, stored))
    yield from unset
    try:
        derivation = rebuilt(circuit, stored, evidence)
        shown = _pictures(derivation, stored, read)
        offered = bool(evidence.asked) and "<pre>symgame check" in (read(PAGE) or "")
        again = texts(derivation, *(shown or ({}, (), ())), model=_MODEL if offered else "")
    except (SymgameError, Wrong, ParseError, ValueError, TypeError, KeyError) as error:
        for name in () if unset else (REPORT, PAGE, CODE):
            yield Finding(name, "wrong", f"it cannot be written once more: {error}")
        return
    yield from _document(stored, json.loads(str(again["claims.json"])))
    formulas = {name: str(content) for name, content in again.items() if name.startswith("formulas/")}
    wrong = [finding for name, content in formulas.items() for finding in _compared(name, content, read(name))]
    yield from wrong
    if not wrong:
        yield Finding("formulas", "recomputed", f"{len(formulas)} files of formulas, written once more from the claims")
    yield from _compared(CODE, str(again[CODE]), read(CODE)) or [Finding(CODE, "recomputed", _SAME)]
    if stored.version != __version__:
        how = f"another version wrote it, {stored.version[:40]}: it is compared with its hash alone"
        yield from (Finding(name, "hashed", how) for name in (REPORT, PAGE))
    elif shown is None:
        how = "thresholds of a chart of this size are not derived again: it is compared with its hash alone"
        yield from (Finding(name, "hashed", how) for name in (REPORT, PAGE))
    elif evidence.asked:
        yield from _compared(REPORT, str(again[REPORT]), read(REPORT)) or [Finding(REPORT, "recomputed", _SAME)]
        yield _page(str(again[PAGE]), read(PAGE))
    else:
        yield from _of_author(derivation, shown, read)


_SAME = "written once more from the claims, it is the same text"


def _unset(circuit: Circuit, stored: Stored) -> Iterator[Finding]:
    writer = Writer(circuit)
    for claim in stored.claims:
        try:
            if claim.then is not None:
                writer.formula(claim.then)
        except SymgameError as error:
            yield Finding(claim.id, "wrong", f"its formula cannot be set: {error}")


# -- the derivation that the claims on disk are of --------------------------------------------------------------------


def rebuilt(circuit: Circuit, stored: Stored, evidence: Evidence) -> Derivation:
    """The derivation whose claims lie on disk, their certificates as they are."""
    claims = tuple(as_claim(c, evidence.certificates.get(c.id), evidence.asked.get(c.id)) for c in stored.claims)
    chart = None if stored.regimes is None else _chart(circuit, stored.regimes)
    return Derivation(circuit, stored.over, claims, chart, {})


def as_claim(stored: StoredClaim, certificate: str | None = None, draft: Draft | None = None) -> Claim:
    """A claim on disk as the package has it. What is decided without a search comes from its draft."""
    witness = {name: stored_value(value) for name, value in (stored.witness or {}).items()}
    verdicts: Mapping[str, Verdict] = {
        "proved": Proved(stored.by, certificate=certificate),
        "refuted": Refuted(stored.by, witness),
        "undecided": Undecided(stored.reason or "", stored.by),
        "cited": Cited(stored.source or "", stored.by, certificate),
    }
    verdict = verdicts[stored.verdict]
    if draft is not None and draft.verdict is not None and draft.verdict.kind == stored.verdict:
        verdict = draft.verdict
    rows = ((x.get("formula"), str(x.get("reason")), x.get("latex"), bool(x.get("chained"))) for x in stored.steps)
    return Claim(
        stored.id,
        stored.title,
        stored.kind,
        stored.given,
        stored.then,
        verdict,
        stored.at,
        stored.source,
        tuple(Step(*row) for row in rows),
        stored.word,
    )


def _chart(circuit: Circuit, document: Mapping[str, Any]) -> Chart:
    """The chart: derived once more, or, where that takes minutes, its rows as they are on disk.

    Those rows were checked one by one; what the thresholds are made of is not on disk.
    """
    over = text_of(document.get("over"), "claims.json: over")
    if len(circuit.names) <= MAX_ROUTH:
        return regimes(circuit, over)
    rows: dict[str, list[Mapping[str, Any]]] = {
        key: [mapping(row, f"claims.json: {key}") for row in sequence(document.get(key), f"claims.json: {key}")]
        for key in ("regimes", "thresholds", "orders")
    }
    held = frozen(circuit.fixed(keep=(over,)))
    unknown: Any = None
    found = tuple(
        Regime(
            row["name"],
            row["spectrum"],
            dict(row["signs"]),
            TRUE,
            row["when"],
            {name: stored_value(v) for name, v in row["example"].items()},
        )
        for row in rows["regimes"]
    )
    thresholds = (
        Threshold(row["name"], unknown, unknown, unknown, row["value"], unknown, row["exists_when"])
        for row in rows["thresholds"]
    )
    orders = (Order(tuple(row["order"]), row["when"], tuple(row["sequence"])) for row in rows["orders"])
    unsolved = texts_of(document.get("unsolved"), "claims.json: unsolved")
    return Chart(
        held,
        over,
        document.get("complete") is True,
        tuple(deciding(full_branch(held))),
        found,
        tuple(thresholds),
        unsolved,
        tuple(orders),
        None,
        None,
    )


Shown = tuple[dict[str, str], tuple[Picture, ...], tuple[Block, ...]]


def _pictures(derivation: Derivation, stored: Stored, read: ReadFile) -> Shown | None:
    """The pictures of the report: what is said of them derived once more, their SVG from the files.

    ``None`` when they need thresholds that were not derived.
    """
    if r"\section{Figures}" not in (read(REPORT) or ""):
        return {}, (), ()
    if stored.regimes is not None and len(derivation.circuit.names) > MAX_ROUTH:
        return None
    pictures, notes = pictured(derivation)
    svgs = {picture.name: read(f"{picture.name}.svg") for picture in pictures}
    return {name: svg for name, svg in svgs.items() if svg is not None}, pictures, notes


# -- comparisons ------------------------------------------------------------------------------------------------------


def _document(stored: Stored, again: Mapping[str, Any]) -> Iterator[Finding]:
    """``claims.json`` against the one that its own claims give, key by key."""
    for key in dict.fromkeys((*again, *stored.document)):
        if key in ("claims", "symgame") or _same(again, stored.document, key):
            continue
        said = _said(again[key]) if key in again else "nothing"
        yield Finding(str(key)[:80], "wrong", f"claims.json has something else under it than the circuit gives: {said}")
    found = stored.document["claims"]
    for row, wanted in zip(found, again["claims"], strict=True):
        for key in dict.fromkeys((*wanted, *row)):
            if not _same(wanted, row, key):
                what = "its formula in LaTeX" if key == "latex" else f"what it has under {str(key)[:40]!r}"
                yield Finding(wanted["id"], "wrong", f"{what} is not what its other fields give")


def _same(one: Mapping[str, Any], other: Mapping[str, Any], key: str) -> bool:
    """Equal as JSON: 1, 1.0 and true are three values, and a key that is missing is none."""
    if (key in one) != (key in other):
        return False
    return json.dumps(one[key], sort_keys=True) == json.dumps(other[key], sort_keys=True)


def _said(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 200 else f"{text[:200]}…"


def _compared(name: str, again: str, found: str | None) -> list[Finding]:
    """What is wrong with a file, if anything is."""
    if found == again:
        return []
    if found is None:
        return [Finding(name, "wrong", "the file is missing")]
    return [Finding(name, "wrong", f"written once more from the claims, it differs at {_place(found, again)}")]


def _place(found: str, again: str) -> str:
    lines = zip(found.splitlines(), again.splitlines(), strict=False)
    place = next((k for k, (a, b) in enumerate(lines, 1) if a != b), None)
    return f"line {place}" if place else "its end"


def filled(template: str, mark: str, text: str) -> str | None:
    """What stands for the mark, the same everywhere; ``None`` when the text is not the template with something there.

    >>> filled("check M 1; check M 2", "M", "check pair 1; check pair 2"), filled("check M 1", "M", "check 1")
    ('pair', None)
    """
    head, *rest = template.split(mark)
    if not rest or not text.startswith(head):
        return "" if text == template else None
    end = text.find(rest[0], len(head)) if len(rest) > 1 else len(text) - len(rest[0])
    filling = text[len(head) : max(end, len(head))]
    return filling if text == filling.join((head, *rest)) else None


def _page(again: str, found: str | None) -> Finding:
    """The page, which calls the circuit by a name of its user: one that a shell takes for a word, or some."""
    if found is None:
        return Finding(PAGE, "wrong", "the file is missing")
    called = filled(again, _MODEL, found)
    if called is None:
        guess = re.search(r"<pre>symgame check (.*?) &quot;", found)
        shown = again.replace(_MODEL, guess[1] if guess else "")
        return Finding(PAGE, "wrong", f"written once more from the claims, it differs at {_place(found, shown)}")
    name = unescape(called)
    try:
        words = shlex.split(name)
    except ValueError:
        words = []
    if _MODEL in again and (shlex.join(words) != name or not words):
        return Finding(PAGE, "wrong", f"its commands call the circuit {name[:60]!r}, which a shell reads otherwise")
    said = f"{_SAME}; its commands call the circuit {name[:60]}" if called else _SAME
    return Finding(PAGE, "recomputed", said)


def _of_author(derivation: Derivation, shown: Shown, read: ReadFile) -> Iterator[Finding]:
    """The report and the page of a paper, but for the words that its author put above them."""
    title = _TITLE.search(read(PAGE) or "")
    headline = unescape(title[1]) if title else derivation.circuit.name
    most = 0
    written = [texts(_titled(derivation, headline, preface), *shown, model="") for preface in ((_WORDS,), ())]
    for name in (REPORT, PAGE):
        found = read(name)
        if found is None:
            yield Finding(name, "wrong", "the file is missing")
            continue
        words = [filled(str(files[name]), _WORDS, found) for files in written]
        own = next((w for w in words if w is not None), None)
        if own is None:
            yield Finding(name, "wrong", f"written once more, it differs at {_place(found, str(written[1][name]))}")
        else:
            most = max(most, len(own))
            yield Finding(name, "recomputed", f"{_SAME}, but for the author's own words" if own else _SAME)
    if most:
        how = f"{most} characters of the author's own in {REPORT} and {PAGE} are compared with the hashes alone"
        yield Finding("words", "hashed", how)


def _titled(derivation: Derivation, headline: str, preface: tuple[str, ...]) -> Derivation:
    return replace(derivation, headline=headline, preface=preface)
