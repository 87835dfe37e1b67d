"""Elimination of a real unknown against a decision by root isolation, at exact points of the parameters."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import pytest
import sympy
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
    either,
    free_names,
    holds,
    negation,
    quantifier_free,
)
from symgame.domain import Domain
from symgame.errors import Unsupported
from symgame.quantifier import eliminate
from symgame.ring import Poly, Ring, coefficients

R = Ring(("a", "b", "t", "s"))
FREE = Domain(R, (), {})
SIGNED = Domain(R, (), {"a": ">", "b": ">="})
T = sympy.Symbol("t")

Place = tuple[sympy.Rational, sympy.Rational]  # an open interval with one root in it, or a point


def univariate(p: Poly) -> sympy.Poly:
    return sympy.Poly([int(row.to_dict().get((0, 0, 0, 0), 0)) for row in reversed(coefficients(p, "t"))], T)


def sign_on(q: sympy.Poly, place: Place) -> int:
    """The sign at the root that the place isolates among the roots of all polynomials, of which q is one."""
    low, high = place
    if low < high:
        inside = q.count_roots(low, high) - (q.eval(low) == 0) - (q.eval(high) == 0)
        if inside:
            return 0
    return int(sympy.sign(q.eval((low + high) / 2)))


def places(polynomials: list[sympy.Poly]) -> list[Place]:
    """Every root and a point of every gap between roots."""
    product = sympy.Poly(1, T)
    for p in polynomials:
        if p.degree() > 0:
            product = product * p
    if product.degree() <= 0:
        return [(sympy.Integer(0), sympy.Integer(0))]
    product, width = product.sqf_part(), sympy.Rational(1, 4)
    roots = product.intervals(eps=width, sqf=True)
    while any(one[1] >= other[0] for one, other in pairwise(roots)):
        width /= 64
        roots = product.intervals(eps=width, sqf=True)
    if not roots:
        return [(sympy.Integer(0), sympy.Integer(0))]
    gaps = [(one[1] + other[0]) / 2 for one, other in pairwise(roots)]
    gaps += [roots[0][0] - 1, roots[-1][1] + 1]
    return [*roots, *((g, g) for g in gaps)]


def truth(c: Condition, place: Place) -> bool:
    match c:
        case Sign(poly=p, rel=rel):
            v = sign_on(univariate(p), place)
            return {">": v > 0, ">=": v >= 0, "=": v == 0, "!=": v != 0}[rel]
        case And(args=args):
            return all(truth(a, place) for a in args)
        case Or(args=args):
            return any(truth(a, place) for a in args)
    raise TypeError(c)


def some_t(c: Condition) -> bool:
    """Whether a condition in t alone holds somewhere: cylindrical decomposition of the line."""
    return any(truth(c, place) for place in places([univariate(a.poly) for a in atoms(c)]))


@st.composite
def quadratics(draw: st.DrawFn) -> Poly:
    """At most squared in t, with coefficients that are small polynomials of the parameters, often 0."""
    terms: dict[tuple[int, ...], int] = {}
    for power in range(3):
        for a, b in draw(st.lists(st.sampled_from([(0, 0), (1, 0), (0, 1), (1, 1)]), max_size=2, unique=True)):
            terms[(a, b, power, 0)] = draw(st.integers(-3, 3))
    return R.context.from_dict(terms)


signs = st.builds(Sign, quadratics(), st.sampled_from([">", ">=", "=", "!="]))
conditions = st.recursive(
    signs,
    lambda c: st.one_of(
        st.lists(c, min_size=2, max_size=2).map(lambda args: both(*args)),
        st.lists(c, min_size=2, max_size=2).map(lambda args: either(*args)),
    ),
    max_leaves=3,
)
small = st.sampled_from([Fraction(n, 2) for n in range(-4, 5)])
points = st.lists(st.fixed_dictionaries({"a": small, "b": small}), min_size=6, max_size=6)


def restricted(point: dict[str, Fraction]) -> dict[str, Fraction]:
    return {"a": abs(point["a"]) or Fraction(1), "b": abs(point["b"])}


@given(conditions, points)
def test_exists(c: Condition, at: list[dict[str, Fraction]]) -> None:
    result = eliminate(Exists(("t",), c), FREE)
    assert quantifier_free(result)
    assert "t" not in free_names(result)
    for point in at:
        assert holds(result, point) is some_t(at_point(c, point)), point


@given(conditions, points)
def test_forall_under_a_domain(c: Condition, at: list[dict[str, Fraction]]) -> None:
    result = eliminate(Forall(("t",), c), SIGNED)
    for point in map(restricted, at):
        assert holds(result, point) is not some_t(at_point(negation(c), point)), point


@given(signs, signs, points)
def test_a_bound_on_the_unknown(c: Condition, d: Condition, at: list[dict[str, Fraction]]) -> None:
    """The shape that proofs use: ``exists t > 0`` with further conditions."""
    body = both(Sign(R.gen("t"), ">"), c, d)
    result = eliminate(Exists(("t",), body), FREE)
    for point in at:
        assert holds(result, point) is some_t(at_point(body, point)), point


def gen(name: str) -> Poly:
    return R.gen(name)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (Sign(gen("t") ** 2 - gen("a"), "="), Sign(gen("a"), ">=")),
        (Sign(gen("t") ** 2 + gen("a"), ">"), TRUE),
        (both(Sign(gen("t") - gen("a"), ">"), Sign(gen("b") - gen("t"), ">")), Sign(gen("b") - gen("a"), ">")),
        (both(Sign(gen("t") - gen("a"), ">="), Sign(gen("b") - gen("t"), ">")), Sign(gen("b") - gen("a"), ">")),
        (both(Sign(gen("t") - gen("a"), ">="), Sign(gen("b") - gen("t"), ">=")), Sign(gen("b") - gen("a"), ">=")),
        (Sign(gen("a") * gen("t") - 1, "="), Sign(gen("a"), "!=")),
        (both(Sign(gen("t"), ">"), Sign(-gen("t"), ">=")), FALSE),
        (Sign(-(gen("t") ** 2), ">="), TRUE),
        (Sign(-(gen("t") ** 2), ">"), FALSE),
    ],
    ids=str,
)
def test_known_eliminations(body: Condition, expected: Condition) -> None:
    result = eliminate(Exists(("t",), body), FREE)
    for a in range(-2, 3):
        for b in range(-2, 3):
            point = {"a": Fraction(a), "b": Fraction(b)}
            assert holds(result, point) is holds(expected, point)


@given(signs, points)
def test_two_unknowns(c: Condition, at: list[dict[str, Fraction]]) -> None:
    """``exists s, t: c(t) and s = t + a and s > b`` is ``exists t: c(t) and t + a > b``."""
    a, b, t, s = (R.gen(name) for name in R.names)
    one = eliminate(Exists(("s", "t"), both(c, Sign(s - t - a, "="), Sign(s - b, ">"))), FREE)
    other = both(c, Sign(t + a - b, ">"))
    for point in at:
        assert holds(one, point) is some_t(at_point(other, point)), point


def test_quantifiers_inside_are_eliminated_too() -> None:
    a, t = R.gen("a"), R.gen("t")
    inner = Exists(("t",), Sign(t**2 - a, "="))
    assert quantifier_free(eliminate(both(inner, either(negation(inner), Sign(a, "="))), FREE))


def test_a_cube_is_not_supported() -> None:
    with pytest.raises(Unsupported, match="to the power 3"):
        eliminate(Exists(("t",), Sign(R.gen("t") ** 3 - R.gen("a"), ">")), FREE)
