"""The verdicts on a row when its parameters are rounded: right or wrong only if so all over the box of the roundings.

Whatever the box leaves open is ``boundary``, with the parameter that matters most. See :mod:`symgame.verify_boxes`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import reduce
from operator import or_
from typing import Any, Final

from symgame.branches import Branch
from symgame.intervals import Interval
from symgame.verify_boxes import Box, Boxes, ball_truth
from symgame.verify_columns import Column
from symgame.verify_numbers import ALL, KEPT, Claimed, Truth, allowance, decimal_text, right_digits_all_over
from symgame.verify_truth import Meanings, RowTruth
from symgame.verify_verdicts import BAD, BOUNDARY, RIGHT, Claims, Finding, Pair, assigned, findings, is_of_type

Sizes = Mapping[str, Fraction]


@dataclass(frozen=True)
class Over:
    """A claim all over a box: ``right`` or not, or ``None`` where this may differ; to so many digits. ``closed`` is
    false of a claim without closed form, of which nothing is known."""

    right: bool | None
    digits: int = ALL
    closed: bool = True


_OPEN: Final = Over(None)
_UNKNOWN: Final = Over(None, closed=False)


def settled(
    boxes: Boxes,
    claims: Claims,
    truth: RowTruth,
    found: Sequence[Finding],
    uncertain: Mapping[str, tuple[Fraction, bool]],
    rounded: bool,
) -> list[Finding]:
    """The findings, with ``boundary`` for those that the rounding of the parameters decides.

    ``uncertain`` says how far each parameter may be off, and whether its value is certainly the one that was meant. A
    claim that fails is on the boundary unless it fails for all parameters that are off by no more; one that holds,
    unless it holds for all, where those whose value is certain stay. A claim without closed form is decided at the
    values as they are written, and by moving one parameter at a time; with ``rounded`` it is on the boundary.
    """
    wide = {name: size for name, (size, _) in uncertain.items()}
    narrow = {name: Fraction(0) if certain else size for name, (size, certain) in uncertain.items()}
    answers: dict[bool, Mapping[str, Over]] = {}

    def judged(finding: Finding) -> Finding:
        if finding.verdict in (BAD, BOUNDARY):
            return finding
        holds = finding.verdict == RIGHT
        sizes = narrow if holds else wide
        if not any(sizes.values()):
            return finding
        if holds not in answers:
            answers[holds] = over(boxes.box(truth.point, sizes), truth, claims)
        answer = answers[holds].get(finding.quantity)
        if answer is None:
            return finding
        if answer.right == holds:
            least = min(answer.digits, ALL if finding.digits is None else finding.digits)
            return replace(finding, digits=None if least == ALL else least) if holds else finding
        moved = _moved(boxes.meanings, claims, truth.point, finding, sizes)
        if not answer.closed and not rounded and moved is None:
            return finding
        note = _note(boxes, claims, truth, finding, sizes, moved, answer.closed)
        return replace(finding, verdict=BOUNDARY, digits=None, note=note)

    return [judged(finding) for finding in found]


# -- all over a box ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Place:
    """A branch on which the equilibrium of the row may lie, and whether it does all over the box."""

    branch: Branch
    surely: bool


def over(box: Box, truth: RowTruth, claims: Claims) -> dict[str, Over]:
    """Every claim all over a box, by quantity; those of an equilibrium that is nowhere are left out."""
    rows: dict[str, Over] = {}
    places = _state(box, claims, rows)
    family = any(row.right is None for row in rows.values())  # a continuum, or a branch that need not exist
    default = truth.meanings.default
    for column, value in claims.others:
        if not column.at_branch:
            rows[column.quantity] = _of_circuit(box, column, value, default)
    local = [(column, value) for column, value in claims.others if column.at_branch]
    parts = _eigenvalues(local)
    whole = [(column.quantity, column, value) for column, value in local if column.kind != "eigenvalue"]
    if parts:
        whole.append(("eigenvalues", next(c for c, _ in local if c.kind == "eigenvalue"), parts))
    if places is None:
        return rows | dict.fromkeys((quantity for quantity, _, _ in whole), _UNKNOWN)
    if not places:  # on a continuum nothing is decided; what is read where nothing lies has been judged
        return rows | (dict.fromkeys((quantity for quantity, _, _ in whole), _OPEN) if family else {})
    table = {place: [_local(box, truth, place.branch, c, v) for _, c, v in whole] for place in places}
    best = next((r for p, r in table.items() if p.surely and all(o.right for o in r)), None)
    for k, (quantity, _, _) in enumerate(whole):
        column_of = [row[k] for row in table.values()]
        rows[quantity] = best[k] if best is not None else _OPEN if family else _joined(column_of)
    return rows


def _joined(rows: Sequence[Over]) -> Over:
    answers = {row.right for row in rows}
    right = answers.pop() if len(answers) == 1 else None
    return Over(right, min(row.digits for row in rows), all(row.closed for row in rows))


def _eigenvalues(local: Sequence[tuple[Column, Any]]) -> tuple[Pair, ...]:
    parts: dict[int, dict[str, Claimed]] = {}
    for column, value in local:
        if column.kind == "eigenvalue":
            parts.setdefault(column.place, {})[column.part] = value
    return tuple((row.get("re"), row.get("im")) for _, row in sorted(parts.items()))


def _state(box: Box, claims: Claims, rows: dict[str, Over]) -> list[_Place] | None:
    """Where the equilibrium of the row may lie; ``None`` when there are too many branches to tell. The verdict on the
    state goes into ``rows``."""
    meanings, branches, named = box.boxes.meanings, box.boxes.branches, claims.branch
    if not claims.rates and named is None:
        return [_Place(meanings.default, True)]
    if not claims.rates:
        for b in branches:
            if b.name == named:
                there = box.exists(b) | box.continuum(b)
                rows["active"] = Over(there.answer)
                return [_Place(b, box.exists(b).surely)] if box.exists(b).possibly else []
        rows["active"] = _UNKNOWN
        return None
    names = meanings.circuit.names
    quantity = ", ".join(f"x({names[i]})" for i in claims.rates)
    nowhere = _excluded(box, claims)
    if not branches:
        rows[quantity] = Over(False) if nowhere else _UNKNOWN
        return [] if nowhere else None
    places: list[_Place] = []
    digits = -1
    for b in branches if not nowhere else ():
        if named not in (None, b.name) or not box.exists(b).possibly:
            continue
        possible, least = _fit(box, claims, b)
        surely = box.exists(b).surely and least is not None
        digits = max(digits, least) if surely and least is not None else digits
        places += [_Place(b, surely)] if possible else []
    family = not nowhere and any(box.continuum(b).possibly for b in branches if named in (None, b.name))
    right = True if digits >= 0 else None if places or family else False
    rows[quantity] = Over(right, digits if digits >= 0 else ALL)
    return places


def _excluded(box: Box, claims: Claims) -> bool:
    """Whether the equations have no solution within what the claimed rates stand for, whatever the others are."""
    scale = max((abs(c.value) for c in claims.rates.values()), default=Fraction(0))
    state: dict[int, Interval] = {}
    for i, claim in claims.rates.items():
        half = allowance(claim, 10 * scale)
        state[i] = Interval(claim.value - half, claim.value + half)
    if any(box.beyond(i, x) for i, x in state.items()):
        return True
    return len(state) == len(box.boxes.circuit.names) and box.excluded([state[i] for i in range(len(state))])


def _fit(box: Box, claims: Claims, b: Branch) -> tuple[bool, int | None]:
    """Whether the claimed rates may be those of a branch, and to how many digits they are all over the box."""
    columns = {c.place: c for c in box.boxes.meanings.columns if c.kind == "rate"}
    rates = {i: box.number(columns[i], b) for i in claims.rates}
    scale = max((max(abs(t.low), abs(t.high)) for t in rates.values() if t is not None), default=Fraction(0))
    least: int | None = ALL
    for i, claim in claims.rates.items():
        true = rates[i]
        half = allowance(claim, scale or Fraction(1))
        if box.apart(columns[i], b, claim.value - half, claim.value + half):
            return False, None
        k = None if true is None else right_digits_all_over(claim, true, scale or Fraction(1))
        least = None if k is None or least is None else min(least, k)
    return True, least


def _local(box: Box, truth: RowTruth, b: Branch, column: Column, value: Any) -> Over:
    """A claim at a branch."""
    if column.kind in ("condition", "number"):
        return _formula(box, column, value, b)
    if not box.boxes.branches:
        return _UNKNOWN
    exists, strict = box.exists(b), box.strict(b)
    if not exists.possibly:
        return Over(value is False)
    if column.kind == "nash":
        answers = [box.condition(column, b, which) for which in (0, 1)]
        if answers[0] is None or answers[1] is None:
            return _UNKNOWN
        best, local = answers[0], answers[1]
        table = {True: best, False: ~best, "global": best, "local": local & ~best, "stationary": exists & ~local}
        return Over(table[value].answer)
    if not strict.possibly:
        return _UNKNOWN  # on a kink all over: the cascade of blocks decides there, point by point
    if column.kind == "stable":
        held = box.condition(column, b)
        if held is None:
            return _UNKNOWN
        return Over(held.answer == value) if strict.surely and held.answer is not None else _OPEN
    if not strict.surely:
        return _OPEN
    return _spectral(box, truth, b, column, value)


def _spectral(box: Box, truth: RowTruth, b: Branch, column: Column, value: Any) -> Over:
    """Types and eigenvalues at a branch on which an equilibrium lies all over, away from kinks."""
    found = box.spectrum(b)
    if found is None:
        here = truth.at(b)
        if here is None:
            return _OPEN
        kind, stable, true = here.type, here.stable, [*here.eigenvalues]
    else:
        kind, stable = found.type or "", found.stable
        balls = [(ball_truth(e.re), ball_truth(e.im)) for e in found.eigenvalues]
        true = [(re, im) for re, im in balls if re is not None and im is not None]
        if len(true) < len(balls):
            true = []
    if column.kind == "type":
        return _OPEN if not kind or (value[1] is not None and stable is None) else Over(is_of_type(value, kind, stable))
    if not true:
        return _OPEN
    if len(value) > len(true):
        return Over(False)
    scale = max(max(abs(t.low), abs(t.high)) for row in true for t in row) or Fraction(1)
    sure = [[_pair_digits(claim, row, scale) for row in true] for claim in value]
    chosen = assigned(sure)
    if chosen is not None:
        least = [k for row, j in zip(sure, chosen, strict=True) if (k := row[j]) is not None]
        return Over(True, min(least, default=ALL))
    possible = [[ALL if _pair_fits(claim, row, scale) else None for row in true] for claim in value]
    return Over(False) if assigned(possible) is None else _OPEN


def _pair_digits(claim: Pair, true: tuple[Truth, Truth], scale: Fraction) -> int | None:
    rows = [right_digits_all_over(c, t, scale) for c, t in zip(claim, true, strict=True) if c is not None]
    return None if None in rows else min((k for k in rows if k is not None), default=ALL)


def _pair_fits(claim: Pair, true: tuple[Truth, Truth], scale: Fraction) -> bool:
    rows = zip(claim, true, strict=True)
    return all(t.distance(c.value) <= allowance(c, scale) for c, t in rows if c is not None)


def _of_circuit(box: Box, column: Column, value: Any, default: Branch) -> Over:
    if column.kind in ("condition", "number"):
        return _formula(box, column, value, default)
    if column.kind == "threshold":
        return _number(value, box.threshold(column.quantity))
    if column.kind == "regime":
        known = box.regime
        return _UNKNOWN if not box.boxes.regimes else Over(None if known is None else known == value)
    branches = box.boxes.branches
    if not branches:
        return _UNKNOWN
    exist = [box.exists(b) for b in branches]
    families = reduce(or_, (box.continuum(b) for b in branches))
    if value == "continuum":
        return Over(families.answer)
    least, most = sum(e.surely for e in exist), sum(e.possibly for e in exist)
    if families.surely or not least <= value <= most:
        return Over(False)
    return Over(True) if least == most and not families.possibly else _OPEN


def _formula(box: Box, column: Column, value: Any, b: Branch) -> Over:
    if not box.closed(column, b):
        return _UNKNOWN
    if column.kind == "number":
        half = allowance(value)
        if box.apart(column, b, value.value - half, value.value + half):
            return Over(False)
        return _number(value, box.number(column, b))
    held = box.condition(column, b)
    return _OPEN if held is None or held.answer is None else Over(held.answer == value)


def _number(claim: Claimed, true: Truth | None) -> Over:
    if true is None:
        return _OPEN
    k = right_digits_all_over(claim, true)
    if k is not None:
        return Over(True, k)
    return Over(False) if true.distance(claim.value) > allowance(claim) else _OPEN


# -- which parameter matters ------------------------------------------------------------------------------------------


def _moved(
    meanings: Meanings, claims: Claims, point: Mapping[str, Fraction], found: Finding, sizes: Sizes
) -> tuple[str, Fraction] | None:
    """A parameter that alone changes the answer when it moves by so much."""
    for name, move in _moves(point, sizes):
        there = _beside(meanings, claims, point, found, {name: move})
        if there is not None and there != (found.verdict == RIGHT):
            return name, abs(move - point[name])
    return None


def _moves(point: Mapping[str, Fraction], sizes: Sizes) -> Iterator[tuple[str, Fraction]]:
    for name, size in sizes.items():
        if size:
            yield name, point[name] + size
            yield name, point[name] - size
            meant = Fraction(decimal_text(point[name], KEPT))
            if 0 < abs(meant - point[name]) <= size:  # 1.0000000000000002 may have been meant as 1
                yield name, meant


def _beside(
    meanings: Meanings, claims: Claims, point: Mapping[str, Fraction], found: Finding, moved: Mapping[str, Fraction]
) -> bool | None:
    """Whether the claim holds at a point beside the row; ``None`` outside the domain, and where it is not decided."""
    truth = RowTruth(meanings, {**point, **moved})
    if truth.broken:
        return None
    rows = [row for row in findings(truth, claims) if row.quantity == found.quantity]
    return None if not rows or rows[0].verdict == BOUNDARY else rows[0].verdict == RIGHT


def _note(
    boxes: Boxes,
    claims: Claims,
    truth: RowTruth,
    found: Finding,
    sizes: Sizes,
    moved: tuple[str, Fraction] | None,
    closed: bool,
) -> str:
    if moved is not None:
        return _how_far(boxes.meanings, claims, truth.point, found, *moved)
    if not closed:
        return "it has no closed form: not decided for all parameters within their rounding"
    name = _most(boxes, claims, truth, found, sizes)
    size = decimal_text(sizes[name], 2)
    return f"not the same all over the rounding of the parameters together; of {name}, by {size}, matters most"


def _most(boxes: Boxes, claims: Claims, truth: RowTruth, found: Finding, sizes: Sizes) -> str:
    """The parameter that leaves most room for the roundings of the others once it is known: by bisection."""
    holds = found.verdict == RIGHT
    left = [name for name, size in sizes.items() if size]
    low, high = Fraction(0), Fraction(1)
    for _ in range(7):
        part = (low + high) / 2
        still = []
        for name in left:
            shrunk = {n: Fraction(0) if n == name else size * part for n, size in sizes.items()}
            answer = over(boxes.box(truth.point, shrunk), truth, claims).get(found.quantity)
            if answer is None or answer.right == holds:
                still.append(name)
        low, high, left = (part, high, still) if still else (low, part, left)
    return max(left, key=lambda name: sizes[name])


def _how_far(
    meanings: Meanings, claims: Claims, point: Mapping[str, Fraction], found: Finding, name: str, size: Fraction
) -> str:
    """How far the parameter has to move for another answer: to within a factor of 16, or not at all."""
    holds = found.verdict == RIGHT
    least = size
    for power in range(4, 64, 4):
        shorter = size / 2**power
        rows = [_beside(meanings, claims, point, found, {name: point[name] + d}) for d in (shorter, -shorter)]
        if not any(row is not None and row != holds for row in rows):
            break
        least = shorter
    else:
        return (
            f"exactly on the boundary in {name}: at {name} = {point[name]} the answer is {found.true}, and another one "
            f"beside it"
        )
    return f"{name} need not move by more than {decimal_text(least, 2)} for another answer; its rounding may be as much"
