"""The verdict on every claim of a row of a circuit with smooth activations, against enclosures.

A claim is right when it is so wherever the truth lies in its enclosure, wrong when it is so nowhere there. What is open
is asked again with more digits, and is ``boundary`` in the end; so is what the rounding of the parameters decides.

A true equilibrium that is not the one whose eigenvalues or numbers are claimed is an ``other branch``: numbers say
which is meant. Words (stable, node, Nash) do not, so that a false word is ``wrong``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, Final

from symgame.certified_digits import fraction
from symgame.verify_columns import Column
from symgame.verify_numbers import (
    ALL,
    Claimed,
    Truth,
    allowance,
    decimal_text,
    right_digits,
    right_digits_all_over,
)
from symgame.verify_smooth import DIGITS, SmoothRow, Spot, Truths, apart
from symgame.verify_smooth_level import Level, Slopes, ball
from symgame.verify_verdicts import (
    BAD,
    BOUNDARY,
    NOT,
    OTHER,
    RIGHT,
    WRONG,
    Claims,
    Finding,
    Pair,
    assigned,
    complex_text,
    is_of_type,
)

_OPEN: Final = "the enclosures do not decide it"
Uncertain = Mapping[str, tuple[Fraction, bool]]


@dataclass(frozen=True)
class _Judged:
    """The findings on a row, and the equilibria that its local claims are read at, by their places in the list."""

    findings: tuple[Finding, ...]
    targets: tuple[int, ...]
    every: bool


def smooth_findings(row: SmoothRow, claims: Claims, uncertain: Uncertain, rounded: bool) -> list[Finding]:
    """The verdict on every claim of a row inside the domain.

    ``uncertain`` says how far each parameter may be off, and whether its value is certainly the one that was meant: a
    claim that fails has to fail for all parameters that are off by no more, one that holds, for all where those whose
    value is certain stay; else it is on the boundary. A statement about the circuit without closed form is decided at
    the values as they are written, unless ``rounded``.
    """
    for digits in DIGITS:
        judged = _judged(row.truths(digits), claims)
        if not any(f.verdict == BOUNDARY for f in judged.findings):
            break
    wide = {name: size for name, (size, _) in uncertain.items()}
    narrow = {name: Fraction(0) if certain else size for name, (size, certain) in uncertain.items()}
    asked = {name for name, meaning in row.meanings.formulas.items() if meaning is None}
    tables: dict[bool, Mapping[str, Finding]] = {}
    found: list[Finding] = []
    for finding in judged.findings:
        holds = finding.verdict == RIGHT
        sizes = narrow if holds else wide
        if finding.verdict in (BAD, BOUNDARY) or not any(sizes.values()):
            found.append(finding)
            continue
        if finding.quantity in asked:
            note = "it has no closed form: not decided for all parameters within their rounding"
            found.append(replace(finding, verdict=BOUNDARY, digits=None, note=note) if rounded else finding)
            continue
        if holds not in tables:
            tables[holds] = _over(row, claims, judged, sizes)
        there = tables[holds].get(finding.quantity)
        if there is not None and there.verdict != BOUNDARY and (there.verdict == RIGHT) == holds:
            least = min(ALL if f.digits is None else f.digits for f in (finding, there))
            found.append(replace(finding, digits=None if least == ALL else least) if holds else finding)
        else:
            note = _note(row, claims, judged, finding, sizes)
            found.append(replace(finding, verdict=BOUNDARY, digits=None, note=note))
    return found


def _over(row: SmoothRow, claims: Claims, judged: _Judged, sizes: Mapping[str, Fraction]) -> Mapping[str, Finding]:
    """What is found all over a box of parameters, by quantity."""
    return {f.quantity: f for f in _judged(row.over(sizes), claims, judged).findings}


def _note(row: SmoothRow, claims: Claims, judged: _Judged, finding: Finding, sizes: Mapping[str, Fraction]) -> str:
    """Which parameter leaves the answer open alone, and by how much it may be off."""
    for name, size in sizes.items():
        if size:
            there = _over(row, claims, judged, {name: size}).get(finding.quantity)
            if there is None or there.verdict == BOUNDARY or (there.verdict == RIGHT) != (finding.verdict == RIGHT):
                return (f"{finding.verdict} as it is written, but not proved so for all {name} within its rounding, "
                        f"{decimal_text(size, 2)}")  # fmt: skip
    return f"{finding.verdict} as it is written, but not proved so all over the rounding of the parameters together"


def _judged(truths: Truths, claims: Claims, before: _Judged | None = None) -> _Judged:
    """The verdicts at one level; local claims at the targets of an earlier judgment, if there was one."""
    state, targets, every = _state(truths, claims)
    if before is not None:
        targets, every = before.targets, before.every
    found = list(state)
    said = claims.texts
    for column, value in claims.others:
        if not truths.level.meanings.is_local(column):
            found.append(_of_circuit(truths, column, value, said[column.quantity]))
    local = _local_claims(claims, truths.level.meanings.is_local)
    if not local:
        return _Judged(tuple(found), targets, every)
    spots = [truths.spots[k] for k in targets]
    options = [[_at(truths.level, spot, *claim) for claim in local] for spot in spots]
    if not options:
        note = truths.reason or "there is no equilibrium"
        verdict = BOUNDARY if truths.reason else WRONG
        found += [Finding(verdict, quantity, text, "not decided" if truths.reason else "nothing there", note)
                  for quantity, _, _, text in local]  # fmt: skip
    elif every:
        found += [_agreed([row[k] for row in options], truths) for k in range(len(local))]
    else:
        best = min(options, key=lambda rows: sum(r.verdict != RIGHT for r in rows))
        found += _elsewhere(truths, local, best, targets)
    return _Judged(tuple(found), targets, every)


Local = tuple[str, Column, Any, str]


def _local_claims(claims: Claims, is_local: Callable[[Column], bool]) -> list[Local]:
    """What is claimed of the equilibrium: quantity, column, value, text; the eigenvalues together."""
    rows: list[Local] = []
    parts: dict[int, dict[str, Claimed]] = {}
    first: Column | None = None
    for column, value in claims.others:
        if column.kind == "eigenvalue":
            first = first or column
            parts.setdefault(column.place, {})[column.part] = value
        elif is_local(column):
            rows.append((column.quantity, column, value, claims.texts[column.quantity]))
    if first is not None:
        said = "; ".join("".join(f"{p}={c.text} " for p, c in row.items()).strip() for row in parts.values())
        pairs = tuple((row.get("re"), row.get("im")) for _, row in sorted(parts.items()))
        rows.append(("eigenvalues", first, pairs, said))
    return rows


# -- the state --------------------------------------------------------------------------------------------------------


def _state(truths: Truths, claims: Claims) -> tuple[list[Finding], tuple[int, ...], bool]:
    """The verdict on state and branch, the equilibria meant, and whether claims have to hold at every one of them."""
    spots, branch = truths.spots, claims.branch
    there = tuple(k for k, spot in enumerate(spots) if spot is not None and spot.branch == branch)
    if not claims.rates:
        if branch is None:
            return [], tuple(range(len(spots))), True
        shown = f"({branch})"
        if there:
            return [Finding(RIGHT, "active", shown, shown)], there, True
        names = ", ".join(f"({spot.branch})" for spot in truths.known) or "no equilibrium"
        note = truths.reason or f"breaks exists({branch}): no equilibrium lies there"
        return [Finding(BOUNDARY if truths.reason else WRONG, "active", shown, names, note)], (), False
    populations = truths.level.circuit.names
    quantity = ", ".join(f"x({populations[i]})" for i in claims.rates)
    said = ", ".join(c.text for c in claims.rates.values())
    fits = {k: fit for k, spot in enumerate(spots) if spot is not None and (fit := _fit(spot, claims.rates))[0]}
    mine = {k: fit for k, fit in fits.items() if branch in (None, spots[k].branch)}  # type: ignore[union-attr]
    sure = {k: least for k, (_, least) in mine.items() if least is not None}
    if sure:
        best = max(sure.values())
        k = next(k for k, least in sure.items() if least == best)
        row = Finding(RIGHT, quantity, said, _shown(spots[k], claims.rates), digits=None if best == ALL else best,
                      values=_values(spots[k], claims.rates))  # fmt: skip
        return [row], tuple(sure), False
    if mine:
        k = next(iter(mine))
        note = f"{_OPEN}: the claim is too near the end of what it admits, or claims to be exact"
        return [Finding(BOUNDARY, quantity, said, _shown(spots[k], claims.rates), note)], tuple(mine), False
    if any(least is not None for _, least in fits.values()):
        k = next(k for k, (_, least) in fits.items() if least is not None)
        found = spots[k]
        assert found is not None
        true = f"({branch}) has {_shown(spots[there[0]], claims.rates)}" if there else f"nothing on ({branch})"
        note = f"an equilibrium, but on ({found.branch}), not on ({branch})"
        return [Finding(OTHER, quantity, said, true, note)], (*there, *fits), False
    return _nothing(truths, claims, there, quantity, said)


def _nothing(
    truths: Truths, claims: Claims, there: Sequence[int], quantity: str, said: str
) -> tuple[list[Finding], tuple[int, ...], bool]:
    """No equilibrium that is known has such a state: whether there is none at all."""
    options = [k for k in there or range(len(truths.spots)) if truths.spots[k] is not None]

    def far(k: int) -> Fraction:
        return sum((t.distance(c.value) for c, t in _values(truths.spots[k], claims.rates)), Fraction(0))

    near = min(options, key=far, default=None)
    spot = None if near is None else truths.spots[near]
    true = "no isolated equilibrium" if spot is None else f"{_shown(spot, claims.rates)} on ({spot.branch})"
    targets = tuple(there) or (() if near is None else (near,))
    values = () if spot is None else _values(spot, claims.rates)
    complete = not truths.reason and None not in truths.spots
    if len(claims.rates) < len(truths.level.circuit.names):
        if not complete:
            return [Finding(BOUNDARY, quantity, said, true, truths.reason or _OPEN)], targets, False
        note = "no equilibrium has this rate" if claims.branch is None else f"breaks x on ({claims.branch})"
        return [Finding(WRONG, quantity, said, true, note, values=values)], targets, False
    if not complete and not _excluded(truths, claims):
        return [Finding(BOUNDARY, quantity, said, true, truths.reason or _OPEN)], targets, False
    gaps = truths.level.gaps([ball(claims.rates[i].value) for i in range(len(claims.rates))])
    size = max((abs(fraction(gap.mid())) for gap in gaps if gap is not None), default=Fraction(0))
    note = f"residual {decimal_text(size, 6)}: the largest |x - phi(W x + u)|"
    return [Finding(NOT, quantity, said, true, note, values=values)], targets, False


def _excluded(truths: Truths, claims: Claims) -> bool:
    """A proof that no equilibrium has a state for which the claimed one may stand, whatever else there is: its
    residual is never 0, or it shares a region with an equilibrium that is the only one there."""
    scale = 10 * max((abs(c.value) for c in claims.rates.values()), default=Fraction(0))
    cell = []
    for i in range(len(claims.rates)):
        claim = claims.rates[i]
        half = allowance(claim, scale)
        cell.append(Truth(claim.value - half, claim.value + half))
    level = truths.level
    gaps = level.gaps([ball(t.low).union(ball(t.high)) for t in cell])
    return any(gap is not None and (gap > 0 or gap < 0) for gap in gaps) or any(
        apart(level, spot, cell) for spot in truths.known
    )


def _fit(spot: Spot, rates: Mapping[int, Claimed]) -> tuple[bool, int | None]:
    """Whether claimed rates may be those of an equilibrium, and how many digits are right wherever the truth is."""
    scale = max((abs(t.middle) for t in spot.state), default=Fraction(0)) or Fraction(1)
    rows = [_digits(claim, spot.state[i], scale) for i, claim in rates.items()]
    if not all(possible for possible, _ in rows):
        return False, None
    least = [k for _, k in rows if k is not None]
    return True, min(least) if len(least) == len(rows) else None


def _digits(claim: Claimed, true: Truth, scale: Fraction = Fraction(0)) -> tuple[bool, int | None]:
    """Whether a claim may be right, and to how many digits it is for every number of the enclosure."""
    if true.low == true.high:
        k = right_digits(claim, true, scale)
        return k is not None, k
    return right_digits(claim, true, scale) is not None, right_digits_all_over(claim, true, scale)


def _shown(spot: Spot | None, rates: Mapping[int, Claimed]) -> str:
    return "" if spot is None else ", ".join(str(spot.state[i]) for i in rates)


def _values(spot: Spot | None, rates: Mapping[int, Claimed]) -> tuple[tuple[Claimed, Truth], ...]:
    return () if spot is None else tuple((claim, spot.state[i]) for i, claim in rates.items())


# -- what is claimed of an equilibrium --------------------------------------------------------------------------------


def _at(level: Level, spot: Spot | None, quantity: str, column: Column, value: Any, said: str) -> Finding:
    if spot is None:
        return Finding(BOUNDARY, quantity, said, "not decided", "the equilibrium is not proved to go on all over")
    if column.kind in ("eigenvalue", "eigenvalues"):
        return _spectrum(spot, value, said)
    if column.kind == "stable":
        axis = "an eigenvalue is on the imaginary axis, or too near to tell"
        note = f"breaks {'' if spot.stable else '~'}stable({spot.branch})"
        return _word(quantity, value, spot.stable, said, note, axis if spot.strict else "a total input lies on a kink")
    if column.kind == "type":
        if spot.type in (None, "undecided") or (value[1] is not None and spot.stable is None):
            return Finding(BOUNDARY, quantity, said, "not decided", _OPEN)
        assert spot.type is not None
        good = is_of_type(value, spot.type, spot.stable)
        true = spot.type if value[1] is None else f"{'stable' if spot.stable else 'unstable'} {spot.type}"
        return Finding(RIGHT if good else WRONG, quantity, said, true, "" if good else "the type of this equilibrium")
    if column.kind == "nash":
        if spot.nash is None:
            return Finding(BOUNDARY, quantity, said, "not decided", _OPEN)
        held: Any = spot.nash == "global" if isinstance(value, bool) else spot.nash
        note = f"{'breaks' if held is False or spot.nash != 'global' else 'proved'} nash({spot.branch})"
        return replace(_word(quantity, value, held, said, note, ""), true=spot.nash)
    if column.kind == "regime":
        return _word(quantity, value, level.regime(spot.slopes), said, "the regime at this equilibrium", _OPEN)
    return _formula(level, spot.slopes, column, value, said)


def _word(quantity: str, value: Any, held: Any, said: str, note: str, undecided: str) -> Finding:
    true = {True: "true", False: "false", None: "not decided"}.get(held, str(held))
    if held is None and value is not None:
        return Finding(BOUNDARY, quantity, said, true, undecided)
    return Finding(RIGHT, quantity, said, true) if value == held else Finding(WRONG, quantity, said, true, note)


def _formula(level: Level, slopes: Slopes, column: Column, value: Any, said: str) -> Finding:
    quantity = column.quantity
    if column.kind == "condition":
        held = level.condition(column, slopes)
        note = f"breaks {'' if held else '~'}({quantity})"
        return _word(quantity, value, held, said, note, "not decided here, or a denominator is 0")
    meaning = level.meanings.formulas[quantity]
    true = None if meaning is None else level.number(meaning, slopes)
    if true is None:
        return Finding(BOUNDARY, quantity, said, "not decided", "a denominator is 0, or too near 0 to tell")
    possible, k = _digits(value, true)
    if not possible:
        return Finding(WRONG, quantity, said, str(true), values=((value, true),))
    if k is None:
        return Finding(BOUNDARY, quantity, said, str(true), _OPEN)
    return Finding(RIGHT, quantity, said, str(true), digits=None if k == ALL else k, values=((value, true),))


def _spectrum(spot: Spot, claims: Sequence[Pair], said: str) -> Finding:
    """Claimed eigenvalues, in any order, against the true ones, each of which is taken once."""
    true = spot.eigenvalues
    if not true:
        note = "a total input lies on a kink: there is no Jacobian" if true is not None else _OPEN
        return Finding(BOUNDARY, "eigenvalues", said, "none" if true is not None else "not decided", note)
    shown = "; ".join(complex_text(re, im) for re, im in true)
    if len(claims) > len(true):
        return Finding(WRONG, "eigenvalues", said, shown, f"there are {len(true)}")
    scale = max(max(abs(re.middle), abs(im.middle)) for re, im in true) or Fraction(1)
    table = [[_pair(claim, value, scale) for value in true] for claim in claims]
    chosen = assigned([[k for _, k in row] for row in table])
    if chosen is not None:
        least = min((k for row, j in zip(table, chosen, strict=True) if (k := row[j][1]) is not None), default=ALL)
        return Finding(RIGHT, "eigenvalues", said, shown, digits=None if least == ALL else least)
    if assigned([[ALL if possible else None for possible, _ in row] for row in table]) is None:
        return Finding(WRONG, "eigenvalues", said, shown, "the eigenvalues at this equilibrium")
    return Finding(BOUNDARY, "eigenvalues", said, shown, _OPEN)


def _pair(claim: Pair, true: tuple[Truth, Truth], scale: Fraction) -> tuple[bool, int | None]:
    rows = [_digits(c, t, scale) for c, t in zip(claim, true, strict=True) if c is not None]
    sure = [k for _, k in rows if k is not None]
    return all(possible for possible, _ in rows), min(sure, default=ALL) if len(sure) == len(rows) else None


def _agreed(rows: Sequence[Finding], truths: Truths) -> Finding:
    """The verdict on a claim of a row that does not say which equilibrium it is about: it has to be the same at all."""
    first = rows[0]
    if truths.reason:
        return replace(first, verdict=BOUNDARY, digits=None, true="not decided", note=truths.reason)
    if any(row.verdict == BOUNDARY for row in rows):
        return next(row for row in rows if row.verdict == BOUNDARY)
    if len({row.verdict for row in rows}) == 1:
        return max(rows, key=lambda row: row.rank)
    true = "; ".join(dict.fromkeys(row.true for row in rows))
    note = f"there are {len(rows)} equilibria, and they differ in this: add columns of the state to say which is meant"
    return replace(first, verdict=BAD, digits=None, true=true, note=note)


def _elsewhere(
    truths: Truths, local: Sequence[Local], rows: Sequence[Finding], targets: Sequence[int]
) -> list[Finding]:
    """``other branch`` for what is wrong here and true, numbers among it, of another equilibrium of the row."""
    failing = [k for k, row in enumerate(rows) if row.verdict == WRONG]
    telling = [k for k in failing if local[k][1].kind in ("eigenvalue", "eigenvalues", "number")]
    if not telling:
        return list(rows)
    for place, spot in enumerate(truths.spots):
        if spot is None or place in targets:
            continue
        if all(_at(truths.level, spot, *local[k]).verdict == RIGHT for k in failing):
            names = truths.level.circuit.names
            where = ", ".join(f"x({n}) = {t}" for n, t in zip(names, spot.state, strict=True))
            note = f"true of another equilibrium, {where}"
            return [replace(row, verdict=OTHER, note=note) if k in failing else row for k, row in enumerate(rows)]
    return list(rows)


# -- what is claimed of the circuit -----------------------------------------------------------------------------------


def _of_circuit(truths: Truths, column: Column, value: Any, said: str) -> Finding:
    if column.kind != "count":
        return _formula(truths.level, None, column, value, said)
    many = len(truths.spots)
    note = "equilibria: " + "; ".join(", ".join(map(str, spot.state)) for spot in truths.known[:9])
    if truths.reason:
        if value == "continuum" and "continuum of" in truths.reason:
            return Finding(RIGHT, "count", said, "continuum")
        fewer = isinstance(value, int) and value < many and None not in truths.spots
        verdict, true = (WRONG, f"at least {many}") if fewer else (BOUNDARY, "not decided")
        return Finding(verdict, "count", said, true, note if fewer else truths.reason)
    return Finding(RIGHT if value == many else WRONG, "count", said, str(many), "" if value == many else note)
