"""Polynomials and quotients: field laws, and determinants, adjugates, minors against SymPy."""

from __future__ import annotations

from fractions import Fraction

import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st

from symgame.errors import BudgetExceeded
from symgame.grammar import read_term
from symgame.notation import expression, symbol
from symgame.ring import (
    MAX_TERMS,
    Poly,
    Quotient,
    Ring,
    adjugate,
    characteristic_polynomial,
    coefficients,
    determinant,
    factored_text,
    from_sympy,
    poly_text,
    primitive,
    principal_minors,
    rename,
    submatrix,
    substitute,
    times,
    to_sympy,
    value_at,
    variables,
)

R = Ring(("a", "b", "c"))
A, B, C = (R.of(name) for name in R.names)
POINT = {"a": Fraction(3, 2), "b": Fraction(-5, 7), "c": Fraction(11)}

monomials = st.tuples(*[st.integers(0, 2)] * 3)
polynomials = st.dictionaries(monomials, st.integers(-9, 9), max_size=4).map(lambda t: R.context.from_dict(t))
quotients = st.builds(Quotient, polynomials, polynomials.filter(lambda p: p != 0))
factored = st.builds(lambda p, q, r: p * q * r, polynomials, polynomials, st.integers(-6, 6))
rationals = st.fractions(-20, 20, max_denominator=12)
points = st.fixed_dictionaries(dict.fromkeys(R.names, rationals))


def exact(value: Fraction) -> sympy.Rational:
    return sympy.Rational(value.numerator, value.denominator)


# ---- the field -------------------------------------------------------------------------------------------------------


@given(quotients, quotients, quotients)
def test_field_laws(p: Quotient, q: Quotient, r: Quotient) -> None:
    zero, one = R.quotient(0), R.quotient(1)
    assert p + q == q + p
    assert p * q == q * p
    assert (p + q) + r == p + (q + r)
    assert (p * q) * r == p * (q * r)
    assert p * (q + r) == p * q + p * r
    assert p + zero == p * one == p
    assert p + (-p) == p - p == zero
    assert p**3 == p * p * p
    assert p**0 == one
    if not q.is_zero:
        assert p / q * q == p


@given(quotients, quotients)
def test_equal_quotients_are_written_and_hashed_alike(p: Quotient, q: Quotient) -> None:
    again = p * q / q if not q.is_zero else p + q - q
    assert again == p
    assert hash(again) == hash(p)
    assert (again.over, again.under) == (p.over, p.under)
    assert p.under.leading_coefficient() > 0


@given(quotients)
def test_lowest_terms(p: Quotient) -> None:
    assert p.over.gcd(p.under).is_one()


@given(quotients, quotients, points)
def test_values_are_homomorphic(p: Quotient, q: Quotient, at: dict[str, Fraction]) -> None:
    def value(x: Quotient) -> Fraction | None:
        under = value_at(x.under, at)
        return value_at(x.over, at) / under if under else None

    one, other = value(p), value(q)
    if one is not None and other is not None:
        assert value(p + q) == one + other
        assert value(p * q) == one * other
        assert value(p - q) == one - other


def test_nothing_is_divided_by_zero() -> None:
    with pytest.raises(ZeroDivisionError):
        A / (B - B)
    with pytest.raises(ZeroDivisionError):
        Quotient(R.constant(1), R.constant(0))


def test_growth_has_a_budget() -> None:
    big = R.context.from_dict({(i, j, 0): 1 for i in range(40) for j in range(40)})
    with pytest.raises(BudgetExceeded, match="terms"):
        times(big, big)
    too_many = R.context.from_dict({(i, j, 0): 1 for i in range(150) for j in range(150)})
    assert len(too_many) > MAX_TERMS
    with pytest.raises(BudgetExceeded, match="terms"):
        Quotient(too_many, R.constant(1))


# ---- to and from SymPy, and text -------------------------------------------------------------------------------------


@given(quotients)
def test_there_and_back_through_sympy(p: Quotient) -> None:
    assert from_sympy(p.sympy(), R) == p


@given(quotients)
def test_the_text_is_read_back(p: Quotient) -> None:
    assert from_sympy(expression(read_term(str(p))), R) == p
    assert from_sympy(expression(read_term(poly_text(p.over))), R) == Quotient(p.over, R.constant(1))


@given(factored)
def test_the_factored_text_denotes_the_same_polynomial(p: Poly) -> None:
    assert from_sympy(expression(read_term(factored_text(p))), R) == Quotient(p, R.constant(1))


@pytest.mark.parametrize(
    "stranger", [sympy.Symbol("a"), symbol("z"), sympy.sqrt(symbol("a")), sympy.pi, sympy.Float(0.5), sympy.I]
)
def test_what_is_no_quotient_of_the_ring_is_refused(stranger: sympy.Expr) -> None:
    with pytest.raises(ValueError, match="not"):
        from_sympy(stranger, R)


# ---- parts of a polynomial -------------------------------------------------------------------------------------------


@given(polynomials, points)
def test_coefficients_put_together_again(p: Poly, at: dict[str, Fraction]) -> None:
    rows = coefficients(p, "b")
    assert all("b" not in variables(row) for row in rows)
    assert sum(value_at(row, at) * at["b"] ** k for k, row in enumerate(rows)) == value_at(p, at)
    assert len(rows) == 1 or rows[-1] != 0


@given(polynomials, points)
def test_value_against_sympy(p: Poly, at: dict[str, Fraction]) -> None:
    table = {symbol(n): exact(v) for n, v in at.items()}
    assert to_sympy(p).subs(table) == exact(value_at(p, at))


@given(polynomials, quotients, points)
def test_substitution_is_composition(p: Poly, q: Quotient, at: dict[str, Fraction]) -> None:
    under = value_at(q.under, at)
    result = substitute(p, "b", q)
    if under and value_at(result.under, at):
        moved = at | {"b": value_at(q.over, at) / under}
        assert value_at(result.over, at) / value_at(result.under, at) == value_at(p, moved)


@given(polynomials)
def test_renaming_swaps_names(p: Poly) -> None:
    swapped = rename(p, {"a": "b", "b": "a"})
    assert rename(swapped, {"a": "b", "b": "a"}) == p
    a, b = symbol("a"), symbol("b")
    assert sympy.expand(to_sympy(swapped) - to_sympy(p).subs({a: b, b: a}, simultaneous=True)) == 0


@given(polynomials, st.integers(1, 30))
def test_the_primitive_part_keeps_the_sign(p: Poly, k: int) -> None:
    assert primitive(p * k) == primitive(p)
    assert primitive(-p * k) == -primitive(p)
    assert p == 0 or abs(int(primitive(p).content())) == 1


# ---- matrices --------------------------------------------------------------------------------------------------------


@st.composite
def matrices(draw: st.DrawFn, most: int = 3) -> list[list[Fraction]]:
    n = draw(st.integers(1, most))
    entries = st.one_of(st.just(Fraction(0)), rationals)
    return draw(st.lists(st.lists(entries, min_size=n, max_size=n), min_size=n, max_size=n))


def in_ring(matrix: list[list[Fraction]]) -> list[list[Quotient]]:
    return [[R.quotient(x) for x in row] for row in matrix]


def in_sympy(matrix: list[list[Fraction]]) -> sympy.Matrix:
    return sympy.Matrix([[exact(x) for x in row] for row in matrix])


@given(matrices())
def test_determinant_and_minors_against_sympy(matrix: list[list[Fraction]]) -> None:
    ours, theirs = in_ring(matrix), in_sympy(matrix)
    assert determinant(ours, R).sympy() == theirs.det()
    minors = principal_minors(ours, R)
    assert len(minors) == 2 ** len(matrix) - 1
    assert [len(chosen) for chosen in minors] == sorted(len(chosen) for chosen in minors)
    for chosen, minor in minors.items():
        assert minor.sympy() == theirs.extract(list(chosen), list(chosen)).det()


@given(matrices())
def test_adjugate_against_sympy(matrix: list[list[Fraction]]) -> None:
    ours = adjugate(in_ring(matrix), R)
    assert sympy.Matrix([[x.sympy() for x in row] for row in ours]) == in_sympy(matrix).adjugate()


@given(matrices())
def test_characteristic_polynomial_against_sympy(matrix: list[list[Fraction]]) -> None:
    theirs = in_sympy(matrix).charpoly().all_coeffs()
    assert [c.sympy() for c in characteristic_polynomial(in_ring(matrix), R)] == theirs


@settings(max_examples=10)
@given(st.lists(st.lists(quotients, min_size=3, max_size=3), min_size=3, max_size=3))
def test_symbolic_cramer(matrix: list[list[Quotient]]) -> None:
    """``M adj(M) = det(M) I``, and expansion by hand."""
    det, adj = determinant(matrix, R), adjugate(matrix, R)
    for i in range(3):
        for j in range(3):
            total = R.quotient(0)
            for k in range(3):
                total = total + matrix[i][k] * adj[k][j]
            assert total == (det if i == j else R.quotient(0))


def test_the_empty_and_the_zero_matrix() -> None:
    assert determinant([], R) == R.quotient(1)
    assert determinant([[R.quotient(0)] * 3] * 3, R).is_zero
    assert submatrix([[A, B], [B, C]], [1], [0]) == [[B]]
    assert characteristic_polynomial([], R) == [R.quotient(1)]
