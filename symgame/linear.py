"""Solvability of linear constraints with polynomial coefficients: Gauss, then Fourier and Motzkin, by cases.

``exists x: equalities and inequalities`` becomes a condition on the coefficients alone. The cases are those of
the pivots: a coefficient that may vanish is never divided by without saying so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from symgame.condition import FALSE, TRUE, Condition, both, either, negation
from symgame.domain import Domain
from symgame.errors import BudgetExceeded
from symgame.ring import Quotient

MAX_CONSTRAINTS = 300


@dataclass(frozen=True)
class Linear:
    """``coefficients . x + constant  rel  0`` with ``rel`` one of ``= > >=``, required only where ``guard`` holds."""

    coefficients: tuple[Quotient, ...]
    constant: Quotient
    rel: str
    guard: Condition = TRUE


def solvable(equalities: Sequence[Linear], inequalities: Sequence[Linear], domain: Domain) -> Condition:
    """When some real ``x`` satisfies them all. Equalities carry no guard."""
    constraints = [*equalities, *inequalities]
    if len(constraints) > MAX_CONSTRAINTS:
        raise BudgetExceeded("a degenerate case with too many constraints to eliminate; give some symbols values")
    if not constraints:
        return TRUE
    n = len(constraints[0].coefficients)
    if n == 0:
        return both(*(either(negation(c.guard), domain.compare(c.constant, c.rel)) for c in constraints))
    cases: list[Condition] = []
    zero_so_far: Condition = TRUE
    for chosen in equalities:
        pivot = chosen.coefficients[-1]
        if pivot.is_zero:
            continue
        case = both(zero_so_far, domain.compare(pivot, "!="))
        if case != FALSE:
            rest = [e for e in equalities if e is not chosen]
            cases.append(
                both(
                    case,
                    solvable(
                        [_substituted(c, chosen) for c in rest],
                        [_substituted(c, chosen) for c in inequalities],
                        domain,
                    ),
                )
            )
        zero_so_far = both(zero_so_far, domain.compare(pivot, "="))
        if zero_so_far == FALSE:
            return either(*cases)
    shortened = [Linear(e.coefficients[:-1], e.constant, e.rel) for e in equalities]
    cases.append(both(zero_so_far, solvable(shortened, _combined(inequalities, domain), domain)))
    return either(*cases)


def _substituted(c: Linear, equation: Linear) -> Linear:
    """``c`` with the last unknown eliminated by the equation, whose pivot is nonzero; scaled by its square."""
    pivot, scale = equation.coefficients[-1], c.coefficients[-1] * equation.coefficients[-1]
    square = pivot * pivot
    return Linear(
        tuple(square * a - scale * e for a, e in zip(c.coefficients[:-1], equation.coefficients[:-1], strict=True)),
        square * c.constant - scale * equation.constant,
        c.rel,
        c.guard,
    )


def _combined(inequalities: Sequence[Linear], domain: Domain) -> list[Linear]:
    """Fourier-Motzkin: every lower bound of the last unknown lies below every upper bound."""
    result: list[Linear] = []
    for c in inequalities:
        vanishes = domain.compare(c.coefficients[-1], "=")
        if vanishes != FALSE:
            result.append(Linear(c.coefficients[:-1], c.constant, c.rel, both(c.guard, vanishes)))
    for low in inequalities:
        rises = both(low.guard, domain.compare(low.coefficients[-1], ">"))
        if rises == FALSE:
            continue
        for high in inequalities:
            falls = both(high.guard, domain.compare(high.coefficients[-1], "<"))
            if falls == FALSE:
                continue
            a, b = low.coefficients[-1], high.coefficients[-1]
            strict = ">" if ">" in (low.rel, high.rel) else ">="
            result.append(
                Linear(
                    tuple(a * h - b * w for w, h in zip(low.coefficients[:-1], high.coefficients[:-1], strict=True)),
                    a * high.constant - b * low.constant,
                    strict,
                    both(rises, falls),
                )
            )
    return result
