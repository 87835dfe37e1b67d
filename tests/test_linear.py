"""Solvability of linear constraints against SciPy's linear programs, with exact certificates for either answer."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import linprog

from symgame.condition import FALSE, TRUE, Condition, Sign, both, free_names, holds, negation
from symgame.domain import Domain
from symgame.errors import BudgetExceeded
from symgame.linear import MAX_CONSTRAINTS, Linear, solvable
from symgame.ring import Quotient, Ring

R = Ring(("a", "b"))
FREE = Domain(R, (), {})
A, B, ONE, ZERO = R.of("a"), R.of("b"), R.quotient(1), R.quotient(0)

Row = tuple[tuple[int, ...], int, str]


def solvable_by_lp(rows: list[Row], n: int) -> bool:
    """Largest e <= 1 with every strict constraint ``>= e``: solvable if and only if some e > 0 is feasible.

    With small integers a positive optimum is bounded away from 0, far above the tolerance of the program.
    """
    strict = any(rel == ">" for _, _, rel in rows)
    upper = [[*(-c for c in row), float(rel == ">")] for row, _, rel in rows if rel != "="]
    bounds = [constant for _, constant, rel in rows if rel != "="]
    equal = [[*row, 0.0] for row, _, rel in rows if rel == "="]
    right = [-constant for _, constant, rel in rows if rel == "="]
    result = linprog(
        [0.0] * n + [-1.0],
        A_ub=np.array(upper, dtype=float) if upper else None,
        b_ub=bounds or None,
        A_eq=np.array(equal, dtype=float) if equal else None,
        b_eq=right or None,
        bounds=[(None, None)] * n + [(-1.0, 1.0)],
        method="highs",
    )
    assert result.status in (0, 2), result.message
    return bool(result.status == 0 and (not strict or -result.fun > 1e-6))


def linear(row: Row, guard: Condition = TRUE) -> Linear:
    coefficients, constant, rel = row
    return Linear(tuple(R.quotient(c) for c in coefficients), R.quotient(constant), rel, guard)


@st.composite
def systems(draw: st.DrawFn) -> tuple[int, list[Row]]:
    n = draw(st.integers(1, 3))
    number = st.integers(-3, 3)
    row = st.tuples(st.tuples(*[number] * n), number, st.sampled_from(["=", ">", ">=", ">="]))
    return n, draw(st.lists(row, min_size=1, max_size=5))


def decide(rows: list[Linear]) -> Condition:
    equalities = [r for r in rows if r.rel == "="]
    return solvable(equalities, [r for r in rows if r.rel != "="], FREE)


@given(systems())
def test_numbers_against_a_linear_program(system: tuple[int, list[Row]]) -> None:
    n, rows = system
    assert decide([linear(row) for row in rows]) == (TRUE if solvable_by_lp(rows, n) else FALSE)


@given(systems(), st.lists(st.tuples(st.integers(0, 4), st.integers(0, 3)), min_size=2, max_size=2))
def test_parameters_against_a_linear_program(system: tuple[int, list[Row]], places: list[tuple[int, int]]) -> None:
    """Two entries are replaced by parameters; the condition is right for all their small values."""
    n, rows = system
    holes = {(r % len(rows), c % (n + 1)): p for (r, c), p in zip(places, ((A, 0), (B, 1)), strict=True)}
    if len(holes) < 2:
        return
    symbolic = []
    for r, (row, constant, rel) in enumerate(rows):
        entries: list[Quotient] = [
            holes[r, c][0] if (r, c) in holes else R.quotient(v) for c, v in enumerate((*row, constant))
        ]
        symbolic.append(Linear(tuple(entries[:-1]), entries[-1], rel))
    try:
        condition = decide(symbolic)
    except BudgetExceeded:  # refused as too large, which is no wrong answer
        return
    assert free_names(condition) <= {"a", "b"}
    for values in ((0, 0), (1, 0), (0, -1), (-2, 1), (1, 1)):
        filled: list[Row] = []
        for r, (row, constant, rel) in enumerate(rows):
            numbers = [values[holes[r, c][1]] if (r, c) in holes else v for c, v in enumerate((*row, constant))]
            filled.append((tuple(numbers[:-1]), numbers[-1], rel))
        point = {"a": Fraction(values[0]), "b": Fraction(values[1])}
        assert holds(condition, point) is solvable_by_lp(filled, n), (condition, filled)


@given(systems(), st.lists(st.booleans(), min_size=5, max_size=5))
def test_a_guard_switches_a_constraint(system: tuple[int, list[Row]], guarded: list[bool]) -> None:
    n, rows = system
    guard = Sign(R.gen("a"), ">")
    here = [linear(row, guard if on and row[2] != "=" else TRUE) for row, on in zip(rows, guarded, strict=False)]
    condition = decide(here)
    for value, kept in ((1, rows), (-1, [row for row, h in zip(rows, here, strict=True) if h.guard == TRUE])):
        expected = solvable_by_lp(kept, n) if kept else True
        assert holds(condition, {"a": Fraction(value), "b": Fraction(0)}) is expected


def test_a_singular_system_is_solvable_when_the_right_side_fits() -> None:
    rows = [Linear((A, A), ONE, "="), Linear((B, B), ONE, "=")]  # a (x + y) = -1, b (x + y) = -1
    condition = solvable(rows, [], FREE)
    for a, b, expected in ((1, 1, True), (1, 2, False), (0, 1, False), (0, 0, False), (-3, -3, True)):
        assert holds(condition, {"a": Fraction(a), "b": Fraction(b)}) is expected


def test_without_unknowns_the_constants_decide() -> None:
    assert solvable([], [], FREE) == TRUE
    assert solvable([Linear((), ZERO, "=")], [Linear((), ONE, ">")], FREE) == TRUE
    assert solvable([], [Linear((), -ONE, ">=")], FREE) == FALSE
    condition = solvable([], [Linear((), A, ">"), Linear((), B, ">=", guard=Sign(R.gen("a"), "="))], FREE)
    assert both(condition, negation(Sign(R.gen("a"), ">"))) != TRUE
    assert holds(condition, {"a": Fraction(1), "b": Fraction(-1)})


def test_too_many_constraints_are_refused() -> None:
    with pytest.raises(BudgetExceeded, match="too many constraints"):
        solvable([], [Linear((ONE,), ONE, ">")] * (MAX_CONSTRAINTS + 1), FREE)
