"""Which rows of a chunk are certainly right, by closed conditions in doubles whose rounding errors are bounded.

Every bound includes that of the parameters: where the sign of a polynomial is certain here, it is the same at the
values as they are written and at the doubles next to them. What is left open (every row that may be wrong among it) is
for exact arithmetic, row by row: :mod:`symgame.verify_truth`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from symgame.bounds import SLACK, Bound, bound_of, floats_of
from symgame.branches import Branch
from symgame.decisions import Bools, Floats
from symgame.errors import BudgetExceeded, Unsupported, VocabularyError
from symgame.properties import nash, stability
from symgame.ring import Quotient
from symgame.sweep_program import Gathered
from symgame.verify_columns import Column
from symgame.verify_numbers import ALL, FULL
from symgame.verify_truth import MOST_BRANCHES, Meanings, lowered

#: Half a unit in the last place, relative: what a decimal loses as a double.
ROUNDING: Final = 2.0**-53
_NASH: Final = ("global", "local", "stationary")


@dataclass(frozen=True)
class Numbers:
    """Claimed numbers as doubles: each with half a unit of its last digit and its digits; NaN where there is none."""

    value: Floats
    half: Floats
    digits: NDArray[np.int16]


@dataclass(frozen=True)
class Sure:
    """Of every row: the digits to which it is certainly right (:data:`ALL`: in full), or -1; and whether rounding of
    the parameters may matter to an answer."""

    digits: NDArray[np.int16]
    near: Bools


class Filter:
    """The closed conditions and numbers that the columns of a table need, as one program.

    ``partial`` says that some column has none: then no row is certainly right, but where rounding may matter is known
    all the same.
    """

    def __init__(self, meanings: Meanings) -> None:
        self.meanings = meanings
        self.program = Gathered(meanings.algebra, {})
        self.branches = meanings.branches
        self.claims = [c for c in meanings.columns if c.kind != "parameter"]
        self.located = any(c.kind in ("rate", "branch") for c in self.claims)
        self.exists = [self.program.condition(b.exists) for b in self.branches]
        self.continuum = [self.program.condition(b.continuum) for b in self.branches]
        self.places: dict[tuple[str, str], tuple[int, ...]] = {}
        self.partial = False
        for column in self.claims:
            for b in self.branches if column.at_branch else (meanings.default,):
                try:
                    self.places[column.quantity, b.name] = self._places(column, b)
                except (Unsupported, BudgetExceeded, VocabularyError, ZeroDivisionError):
                    self.partial |= not b.determinant.is_zero
        self.compiled = self.program.formulas()

    def _places(self, column: Column, b: Branch) -> tuple[int, ...]:
        """Where what a column claims at a branch stands in the program: a condition or number, then what is assumed."""
        add = self.program.condition
        match column.kind:
            case "rate":
                return (self.program.quotient(b.rate(column.place)),)
            case "stable":
                return (add(stability.stable(b)), add(b.strict))
            case "nash":
                return (add(nash.nash(b)), add(nash.local_nash(b)))
            case "branch" | "count":
                return ()
            case "type" | "eigenvalue" | "eigenvalues":
                self.partial = True
                signs = [b.algebra.structural.compare(q, ">") for q in self._deciding(b)]
                return tuple(add(c) for c in (stability.stable(b), b.strict, *signs))
        if column.node is None:
            raise Unsupported("no closed conditions")
        meaning, assumed = lowered(self.meanings.circuit, column.node, b)
        place = self.program.quotient(meaning) if isinstance(meaning, Quotient) else add(meaning)
        return (place, *(add(c) for c in assumed))

    @staticmethod
    def _deciding(b: Branch) -> list[Quotient]:
        """The numbers whose signs decide the type of two rates."""
        if len(b.increasing) > 2:
            return []
        return [stability.discriminant(b), stability.trace(b), b.determinant]

    # -- a chunk --------------------------------------------------------------------------------------------------

    def sure(
        self,
        parameters: Sequence[tuple[Floats, Floats]],
        claims: Mapping[str, Any],
        branch: NDArray[np.int16] | None,
        size: int,
    ) -> Sure:
        """The verdict on a chunk. ``parameters`` are values and their errors, symbol by symbol; ``claims`` hold, by
        quantity, :class:`Numbers`, codes (1, 0, -1 for none), or classes of Nash; ``branch`` the claimed branch by its
        place, -1 for none of them."""
        with np.errstate(all="ignore"):
            truth, certain = self._signs(parameters, size)
            numbers = self._quotients(parameters, size)
            wide = np.zeros(size, np.bool_)  # where a true number changes within the rounding by more than half a digit
            good = certain & truth[0]
            for k in self.continuum:
                good = good & ~truth[k]
            digits = np.full(size, -1, np.int16)
            local = any(c.at_branch for c in self.claims)
            for b, row in enumerate(self.branches):
                if not self.located and row != self.meanings.default:
                    continue
                here = good & truth[self.exists[b]] if local else good
                if branch is not None:
                    here = here & (branch == b)
                digits = np.maximum(digits, self._at_branch(row, claims, truth, numbers, here, wide))
            return Sure(digits, ~certain | wide)

    def _signs(self, parameters: Sequence[tuple[Floats, Floats]], size: int) -> tuple[list[Bools], Bools]:
        values = self.compiled.polynomials(*(v for v, _ in parameters))
        bounds = self.compiled.polynomials(*(Bound(np.abs(v) + e, e, e) for v, e in parameters))
        certain = np.ones(size, np.bool_)
        positive, negative = [], []
        for value, bound in zip(values, bounds, strict=True):
            number = floats_of(value)
            limit = bound_of(bound).carried * SLACK
            positive.append(number > 0)
            negative.append(number < 0)
            certain &= (np.abs(number) > limit) | (np.asarray(limit) == 0)
        answers = self.compiled.conditions(positive, negative)
        return [np.broadcast_to(np.asarray(a), size) for a in answers], certain

    def _quotients(self, parameters: Sequence[tuple[Floats, Floats]], size: int) -> list[tuple[Floats, Floats]]:
        """Every number N/D, and how far it may be from the true one."""
        evaluate = self.compiled.branches[0].evaluate
        values = evaluate(*(v for v, _ in parameters))
        bounds = evaluate(*(Bound(np.abs(v) + e, e, e) for v, e in parameters))
        rows = []
        for k in range(0, len(values), 2):
            over, under = floats_of(values[k]), floats_of(values[k + 1])
            e, d = (bound_of(bounds[j]).error * SLACK for j in (k, k + 1))
            quotient = over / under
            rest = np.abs(under) - d
            error = np.where(rest > 0, (e + np.abs(quotient) * d) / rest * SLACK, np.inf)
            nothing = (over == 0) & (np.asarray(e) == 0) & (rest > 0)
            error = np.where(nothing, 0.0, error + np.abs(quotient) * 2 * ROUNDING)
            rows.append((np.broadcast_to(quotient, size), np.broadcast_to(error, size)))
        return rows

    def _at_branch(
        self,
        b: Branch,
        claims: Mapping[str, Any],
        truth: list[Bools],
        numbers: list[tuple[Floats, Floats]],
        here: Bools,
        wide: Bools,
    ) -> NDArray[np.int16]:
        """The digits to which everything claimed is certainly right, read at a branch; ``wide`` is added to."""
        never = np.full(here.size, -1, np.int16)
        digits = np.full(here.size, ALL, np.int16)
        for column in self.claims:
            places = self.places.get((column.quantity, b.name if column.at_branch else self.meanings.default.name))
            if places is None:  # still, the others say where rounding may matter
                digits = never
                continue
            claim: Any = claims.get(column.quantity)
            if column.kind in ("rate", "number"):
                row = self._compared(claim, numbers[places[0]], here, wide)
                for k in places[1:]:
                    row = np.where(truth[k], row, -1).astype(np.int16)
            elif column.kind == "stable":
                row = _agreeing((claim == truth[places[0]]) & truth[places[1]])
            elif column.kind == "nash":
                row = _agreeing(claim == np.where(truth[places[0]], 0, np.where(truth[places[1]], 1, 2)))
            elif column.kind == "count":
                row = _agreeing(np.equal(claim, np.sum([truth[k] for k in self.exists], axis=0)))
            elif column.kind == "condition":
                same = np.equal(claim, truth[places[0]])
                row = _agreeing(np.logical_and.reduce([same, *(truth[k] for k in places[1:])]))
            else:
                continue
            digits = np.minimum(digits, row)
        return never if self.partial else np.where(here, digits, -1).astype(np.int16)

    def _compared(self, claim: Numbers, number: tuple[Floats, Floats], here: Bools, wide: Bools) -> NDArray[np.int16]:
        value, error = number
        error = error + np.abs(claim.value) * ROUNDING
        gap = np.abs(claim.value - value)
        wide |= here & ~((error <= claim.half) & (np.abs(gap - claim.half) > error))
        inside = gap + error <= claim.half * (1 - 2.0**-40)
        exact = (gap == 0) & (number[1] == 0)
        full = inside & (claim.digits >= FULL)
        rounded = inside & (claim.digits < FULL) & (gap > error)
        row = np.where(exact | full, ALL, np.where(rounded, claim.digits, -1))
        return row.astype(np.int16)


def _agreeing(same: Bools) -> NDArray[np.int16]:
    return np.where(same, ALL, -1).astype(np.int16)


def made(meanings: Meanings) -> Filter | None:
    """The filter for the columns of a table; ``None`` for circuits of too many branches."""
    return Filter(meanings) if meanings.many <= MOST_BRANCHES else None


def nash_code(word: Any) -> int:
    """The place of a class, -1 for what is none."""
    return _NASH.index(word) if word in _NASH else -1
