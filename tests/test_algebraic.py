"""Real algebraic numbers: isolation, refinement, and signs of polynomials that are exactly 0 or nearly 0."""

from __future__ import annotations

from fractions import Fraction

import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st

from symgame.condition import FALSE, TRUE, Exists, Sign, both, either
from symgame.proof.algebraic import Algebraic, holds_at, sign_at
from symgame.ring import Poly, Ring

R = Ring(("x", "y", "z"))
X, Y, Z = (R.gen(name) for name in R.names)
ROOT_2 = Algebraic((-2, 0, 1), Fraction(1), Fraction(2))
ROOT_3 = Algebraic((-3, 0, 1), Fraction(1), Fraction(2))
CUBE_ROOT_2 = Algebraic((-2, 0, 0, 1), Fraction(1), Fraction(2))
GOLDEN = Algebraic((-1, -1, 1), Fraction(1), Fraction(2))
#: Numbers with their names, in radicals.
KNOWN = {
    ROOT_2: sympy.sqrt(2),
    ROOT_3: sympy.sqrt(3),
    CUBE_ROOT_2: sympy.cbrt(2),
    GOLDEN: sympy.GoldenRatio.expand(func=True),
}


@pytest.mark.parametrize(
    ("polynomial", "point", "expected"),
    [
        (X**2 - 2, {"x": ROOT_2}, 0),
        (X - 1, {"x": ROOT_2}, 1),
        (5 * X - 8, {"x": GOLDEN}, 1),
        (X**2 - X - 1, {"x": GOLDEN}, 0),
        (X * Y - Z, {"x": ROOT_2, "y": ROOT_3, "z": Algebraic((-6, 0, 1), Fraction(2), Fraction(3))}, 0),
        (X + Y - Z, {"x": ROOT_2, "y": ROOT_3, "z": Fraction(3146264, 10**6)}, 1),
        (X + Y - Z, {"x": ROOT_2, "y": ROOT_3, "z": Fraction(3146265, 10**6)}, -1),
        # 665857/470832 is a convergent of sqrt(2): the gap is 1.6e-12
        (470832 * X - 665857, {"x": ROOT_2}, -1),
        (X**6 - 8, {"x": ROOT_2}, 0),
        (X**3 - Y**2, {"x": CUBE_ROOT_2, "y": ROOT_2}, 0),
        (X * 0, {}, 0),
        (X * 0 - 7, {}, -1),
        (2 * X - 1, {"x": Fraction(1, 2)}, 0),
        (X - Y, {"x": ROOT_2, "y": Algebraic((-4, 0, 2), Fraction(0), Fraction(5))}, 0),
    ],
)
def test_known_signs(polynomial: Poly, point: dict[str, Fraction | Algebraic], expected: int) -> None:
    assert sign_at(polynomial, point) == expected


monomials = st.tuples(st.integers(0, 2), st.integers(0, 2), st.just(0))
polynomials = st.dictionaries(monomials, st.integers(-5, 5), max_size=4).map(lambda t: R.context.from_dict(t))
coordinates = st.one_of(st.sampled_from(list(KNOWN)), st.fractions(-3, 3, max_denominator=5))


def in_radicals(p: Poly, point: dict[str, Fraction | Algebraic]) -> sympy.Expr:
    values = {
        n: KNOWN[v] if isinstance(v, Algebraic) else sympy.Rational(v.numerator, v.denominator)
        for n, v in point.items()
    }
    total = sympy.Integer(0)
    for monomial, coefficient in p.to_dict().items():
        term = sympy.Integer(int(coefficient))
        for name, power in zip(R.names, monomial, strict=True):
            term *= values.get(name, sympy.Integer(0)) ** int(power)
        total += term
    return total


def sign_of(expression: sympy.Expr) -> int:
    """By 60 digits, and exactly 0 only when the minimal polynomial says so."""
    value = expression.evalf(60)
    if abs(value) > sympy.Float("1e-40"):
        return 1 if value > 0 else -1
    t = sympy.Symbol("t")
    assert sympy.minimal_polynomial(expression, t) == t
    return 0


@given(polynomials, coordinates, coordinates)
def test_signs_against_sympy(p: Poly, x: Fraction | Algebraic, y: Fraction | Algebraic) -> None:
    point = {"x": x, "y": y, "z": Fraction(0)}
    assert sign_at(p, point) == sign_of(in_radicals(p, point))


@given(polynomials, st.sampled_from(list(KNOWN)))
def test_a_multiple_of_the_minimal_polynomial_vanishes(p: Poly, number: Algebraic) -> None:
    minimal = sum((c * X**k for k, c in enumerate(number.coefficients)), X * 0)
    point = {"x": number, "y": Fraction(1, 3), "z": Fraction(0)}
    assert sign_at(minimal * p, point) == 0
    assert sign_at(minimal * p + 1, point) == 1
    assert sign_at(10**6 * minimal * p - 1, point) == -1


@given(st.sampled_from(list(KNOWN)), st.integers(1, 30))
def test_refining_halves_the_interval_around_the_number(number: Algebraic, steps: int) -> None:
    current: Algebraic | Fraction = number
    for _ in range(steps):
        assert isinstance(current, Algebraic)
        current = current.refined()
    assert isinstance(current, Algebraic)
    assert current.high - current.low == (number.high - number.low) / 2**steps
    low, high = (sympy.Rational(e.numerator, e.denominator) for e in (current.low, current.high))
    assert low < KNOWN[number] < high


def test_refining_may_meet_a_rational_number() -> None:
    assert Algebraic((-1, 2), Fraction(0), Fraction(1)).refined() == Fraction(1, 2)


@pytest.mark.parametrize(
    ("coefficients", "low", "high"),
    [
        ((-2, 0, 1), Fraction(2), Fraction(3)),  # no root
        ((-2, 0, 1), Fraction(-2), Fraction(2)),  # two roots
        ((-1, 1), Fraction(1), Fraction(2)),  # a root at the end
        ((-2, 0, 1), Fraction(2), Fraction(1)),  # the wrong way round
        ((-2, 0, 1), Fraction(1), Fraction(1)),  # empty
    ],
)
def test_an_interval_must_isolate_one_root(coefficients: tuple[int, ...], low: Fraction, high: Fraction) -> None:
    with pytest.raises(ValueError, match="does not isolate"):
        Algebraic(coefficients, low, high)


def test_the_text_says_which_root() -> None:
    assert str(ROOT_2) == "root of t^2 - 2 in (1, 2)"


def test_truth_of_a_condition_at_an_algebraic_point() -> None:
    point: dict[str, Fraction | Algebraic] = {"x": ROOT_2, "y": Fraction(3, 2)}
    square, less = Sign(X**2 - 2, "="), Sign(Y - X, ">")
    assert holds_at(both(square, less), point)
    assert not holds_at(both(square, Sign(X - Y, ">=")), point)
    assert holds_at(either(Sign(X**2 - 2, "!="), less), point)
    assert holds_at(TRUE, {})
    assert not holds_at(FALSE, {})
    with pytest.raises(ValueError, match="quantified"):
        holds_at(Exists(("z",), Sign(X - 1, ">")), point)


def test_a_double_root_is_refined_like_a_simple_one() -> None:
    number = Algebraic((4, 0, -4, 0, 1), Fraction(1), Fraction(2))  # (t^2 - 2)^2
    assert number.coefficients == (-2, 0, 1)
    for _ in range(20):
        number = number.refined()
        assert isinstance(number, Algebraic)
    assert number.low**2 < 2 < number.high**2
