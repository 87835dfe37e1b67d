"""Conditions and domains: truth at exact points is kept by negation, joining, splitting, renaming and putting in."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from symgame.condition import (
    FALSE,
    TRUE,
    And,
    Condition,
    Exists,
    Forall,
    Or,
    Sign,
    at_point,
    atoms,
    both,
    decided,
    disjuncts,
    either,
    equivalent,
    free_names,
    holds,
    implies,
    mapped,
    negation,
    quantifier_free,
    renamed,
    sign,
    sign_text,
)
from symgame.domain import Domain, Hypothesis
from symgame.grammar import read_formula
from symgame.lowering import Lowering
from symgame.ring import Poly, Quotient, Ring, value_at

R = Ring(("a", "b", "c"))
RELATIONS = (">", ">=", "=", "!=")
ALL_RELATIONS = (*RELATIONS, "<", "<=")
TRUTH = {
    ">": lambda v: v > 0,
    ">=": lambda v: v >= 0,
    "=": lambda v: v == 0,
    "!=": lambda v: v != 0,
    "<": lambda v: v < 0,
    "<=": lambda v: v <= 0,
}
#: a is positive, b is nonnegative, of c nothing is known.
DOMAIN = Domain(
    R,
    (Hypothesis("a > 0", Sign(R.gen("a"), ">")), Hypothesis("b >= 0", Sign(R.gen("b"), ">="))),
    {"a": ">", "b": ">="},
)

monomials = st.tuples(*[st.integers(0, 2)] * 3)
polynomials = st.dictionaries(monomials, st.integers(-4, 4), max_size=3).map(lambda t: R.context.from_dict(t))
factored = st.lists(polynomials, min_size=1, max_size=3).map(lambda ps: _product(ps))
signs = st.builds(Sign, polynomials, st.sampled_from(RELATIONS))
conditions = st.recursive(
    signs,
    lambda c: st.one_of(
        st.lists(c, max_size=3).map(lambda args: both(*args)), st.lists(c, max_size=3).map(lambda args: either(*args))
    ),
    max_leaves=5,
)
# few values, so that zeros of polynomials are met
small = st.sampled_from([Fraction(n, 2) for n in range(-4, 5)])
points = st.fixed_dictionaries(dict.fromkeys(R.names, small))
inside = st.fixed_dictionaries({"a": small.filter(lambda v: v > 0), "b": small.filter(lambda v: v >= 0), "c": small})


def _product(factors: list[Poly]) -> Poly:
    product = R.constant(1)
    for factor in factors:
        product = product * factor
    return product


@given(conditions, points)
def test_negation_is_the_complement(c: Condition, at: dict[str, Fraction]) -> None:
    assert holds(negation(c), at) is not holds(c, at)
    assert holds(negation(negation(c)), at) is holds(c, at)


@given(conditions, conditions, points)
def test_connectives(c: Condition, d: Condition, at: dict[str, Fraction]) -> None:
    one, other = holds(c, at), holds(d, at)
    assert holds(both(c, d), at) is (one and other)
    assert holds(either(c, d), at) is (one or other)
    assert holds(implies(c, d), at) is (not one or other)
    assert holds(equivalent(c, d), at) is (one == other)


@given(conditions)
def test_joining_is_flat(c: Condition) -> None:
    assert both(c, TRUE) == both(c, c) == c == either(c, FALSE)
    assert both(c, FALSE) == FALSE
    assert either(c, TRUE) == TRUE
    for node, kind in ((both(c, c), And), (either(c, c), Or)):
        if isinstance(node, kind):
            assert not any(isinstance(part, kind) for part in node.args)


@given(polynomials, polynomials.filter(lambda p: p != 0), st.sampled_from(ALL_RELATIONS), points)
def test_the_sign_of_a_quotient(over: Poly, under: Poly, rel: str, at: dict[str, Fraction]) -> None:
    q = Quotient(over, under)
    below = value_at(q.under, at)
    if below:
        truth = TRUTH[rel](value_at(q.over, at) / below)
        assert holds(sign(q, rel), at) is truth


@given(factored, st.sampled_from(RELATIONS), inside)
def test_splitting_keeps_the_truth_inside_the_domain(p: Poly, rel: str, at: dict[str, Fraction]) -> None:
    assert holds(DOMAIN.split(Sign(p, rel)), at) is holds(decided(Sign(p, rel)), at)


@given(factored, factored.filter(lambda p: p != 0), st.sampled_from(ALL_RELATIONS), inside)
def test_comparing_keeps_the_truth_inside_the_domain(
    over: Poly, under: Poly, rel: str, at: dict[str, Fraction]
) -> None:
    q = Quotient(over, under)
    below = value_at(q.under, at)
    if below:
        assert holds(DOMAIN.compare(q, rel), at) is TRUTH[rel](value_at(q.over, at) / below)


@given(polynomials, inside)
def test_a_sign_that_is_shown_is_right(p: Poly, at: dict[str, Fraction]) -> None:
    known = DOMAIN.sign_of(p)
    if known is not None:
        assert TRUTH[known](value_at(p, at))


def test_signs_that_inspection_shows() -> None:
    a, b, c = (R.gen(n) for n in R.names)
    assert DOMAIN.sign_of(a + b) == ">"
    assert DOMAIN.sign_of(-a * b) == "<="
    assert DOMAIN.sign_of(b + c**2) == ">="
    assert DOMAIN.sign_of(1 + c**2) == ">"
    assert DOMAIN.sign_of(c) is DOMAIN.sign_of(a - b) is None
    assert DOMAIN.sign_of(a - a) == "="
    assert DOMAIN.split(Sign(a * (c - 1), ">")) == Sign(c - 1, ">")
    assert DOMAIN.split(Sign(b * (c - 1), ">=")) == either(Sign(c - 1, ">="), Sign(b, "="))
    assert DOMAIN.split(Sign((c - 1) ** 2, "=")) == Sign(c - 1, "=")


@given(conditions, points)
def test_the_text_is_read_back(c: Condition, at: dict[str, Fraction]) -> None:
    lowering = Lowering(R, {}, R.names)
    again = lowering.condition(read_formula(str(c)))
    assert holds(again, at) is holds(c, at)


@given(signs, points)
def test_the_text_of_a_sign_has_no_minus(atom: Sign, at: dict[str, Fraction]) -> None:
    if not atom.poly.is_constant():
        assert "-" not in sign_text(atom)


@given(conditions, points)
def test_putting_in_all_values_decides(c: Condition, at: dict[str, Fraction]) -> None:
    assert at_point(c, at) == (TRUE if holds(c, at) else FALSE)
    assert free_names(at_point(c, {"a": at["a"]})) <= {"b", "c"}
    assert at_point(at_point(c, {"a": at["a"]}), at) == at_point(c, at)


@given(conditions, points)
def test_renaming_moves_the_point(c: Condition, at: dict[str, Fraction]) -> None:
    turned = renamed(c, {"a": "b", "b": "c", "c": "a"})
    assert holds(turned, {"b": at["a"], "c": at["b"], "a": at["c"]}) is holds(c, at)


@given(conditions, points)
def test_disjuncts_are_conjunctions_that_cover(c: Condition, at: dict[str, Fraction]) -> None:
    rows = disjuncts(c, 50)
    assert rows is not None
    assert any(holds(row, at) for row in rows) is holds(c, at)
    for row in rows:
        assert isinstance(row, Sign) or (isinstance(row, And) and all(isinstance(a, Sign) for a in row.args))


def test_disjuncts_give_up_in_time() -> None:
    a = R.gen("a")
    pairs = [either(Sign(a - k, ">"), Sign(a - k - 100, "=")) for k in range(10)]
    assert disjuncts(both(*pairs), 1000) is None
    assert disjuncts(either(*pairs), 19) is None


@given(conditions)
def test_mapping_with_the_identity(c: Condition) -> None:
    assert mapped(c, lambda atom: atom) == c
    assert quantifier_free(c)
    assert free_names(c) <= set(R.names)
    assert all(isinstance(atom, Sign) for atom in atoms(c))


def test_equal_signs_are_equal_however_they_were_written() -> None:
    a, b = R.gen("a"), R.gen("b")
    assert Sign(2 * a - 2 * b, "=") == Sign(b - a, "=")
    assert Sign(2 * a - 2 * b, ">") == Sign(a - b, ">")
    assert Sign(a - b, ">") != Sign(b - a, ">")
    assert len({Sign(6 * a, "!="), Sign(-a, "!=")}) == 1


def test_quantifiers_bind_their_names_and_are_exchanged_by_negation() -> None:
    a, b = R.gen("a"), R.gen("b")
    inner = Sign(a - b, ">")
    some = Exists(("b",), inner, enough=Sign(a, ">"))
    assert free_names(some) == {"a"}
    every = negation(some)
    assert isinstance(every, Forall)
    assert every.body == negation(inner)
    assert every.needed == negation(Sign(a, ">"))
    assert negation(every) == some
    assert not quantifier_free(both(some, inner))
    with pytest.raises(TypeError, match="quantified"):
        holds(some, {"a": Fraction(1)})
