"""Balls and the isolation of zeros, against functions whose values and zeros are known exactly."""

from __future__ import annotations

import random
from fractions import Fraction

import pytest
import sympy
from flint import arb

from symgame.balls import ball_function, precision
from symgame.errors import Unsupported
from symgame.isolation import isolated_zeros
from symgame.kinds import activation
from symgame.pieces import X, Z
from symgame.rate_slopes import rate_slopes
from symgame.stable_forms import stable_form

SMOOTH = {
    "logistic": {"gain": 3, "threshold": Fraction(1, 2), "offset": "rest"},
    "tanh": {"gain": Fraction(3, 2)},
    "arctan": {"height": 2},
    "algebraic": {"threshold": -1},
    "softplus": {"gain": 2},
    "power": {"k": Fraction(3, 10), "p": Fraction(5, 2), "threshold": Fraction(1, 3)},
}


@pytest.mark.parametrize("kind", SMOOTH)
def test_balls_contain_the_values_of_every_kind(kind: str) -> None:
    phi = activation(kind, **SMOOTH[kind])
    draw = random.Random(kind)
    forms = [ball_function(e, Z) for e in (phi.phi, stable_form(phi), phi.slope)]
    for _ in range(20):
        low, width = Fraction(draw.randint(-300, 300), 100), Fraction(draw.randint(0, 200), 100)
        inside = low + width * Fraction(draw.randint(0, 16), 16)
        ball = arb(sympy_fraction(low)).union(arb(sympy_fraction(low + width)))
        for form, exact in zip(forms, (phi.phi, phi.phi, phi.slope), strict=True):
            value = sympy.N(exact.subs(Z, sympy.Rational(inside.numerator, inside.denominator)), 40)
            assert (form(ball) - arb(str(value))).contains(0)


def sympy_fraction(value: Fraction) -> arb:
    return arb(value.numerator) / value.denominator


@pytest.mark.parametrize("kind", SMOOTH)
def test_slopes_in_the_rate_are_the_derivatives_in_the_input(kind: str) -> None:
    phi = activation(kind, **SMOOTH[kind])
    total = sympy.Rational(9, 7)
    rate = phi.phi.subs(Z, total)
    for k, slope in enumerate(rate_slopes(phi, 3), start=1):
        derivative = sympy.diff(phi.phi, Z, k).subs(Z, total)
        assert abs(sympy.N(slope.subs(X, rate) - derivative, 30)) < 1e-25, k


def test_the_enclosure_of_a_wide_ball_is_the_range() -> None:
    x = sympy.Symbol("x")
    value = ball_function(sympy.exp(x) + sympy.tanh(x), x)(arb(0, 3))
    with precision(80):
        ends = [ball_function(sympy.exp(x) + sympy.tanh(x), x)(arb(end)) for end in (-3, 3)]
    assert value.contains(ends[0]) and value.contains(ends[1])
    assert value.rad() < (ends[1] - ends[0]) / 2 + arb("1e-6")


def test_a_choice_that_balls_do_not_decide_yields_the_hull() -> None:
    x = sympy.Symbol("x")
    step = ball_function(sympy.Piecewise((2, x > 0), (1, True)), x)
    assert step(arb(1)) == 2 and step(arb(0)) == 1
    assert step(arb(0, 1)).contains(1) and step(arb(0, 1)).contains(2)


def test_other_functions_and_symbols_are_refused() -> None:
    x, y = sympy.symbols("x y")
    for expression in (sympy.gamma(x), x + y, sympy.Piecewise((1, sympy.Eq(x, 0)), (2, True))):
        with pytest.raises(Unsupported):
            ball_function(expression, x)


@pytest.mark.parametrize("bits", [53, 120, 300])
def test_random_polynomials_have_the_zeros_they_were_made_of(bits: int) -> None:
    draw = random.Random(bits)
    x = sympy.Symbol("x")
    for _ in range(15):
        zeros = sorted({Fraction(draw.randint(-50, 50), draw.randint(1, 9)) for _ in range(draw.randint(0, 6))})
        polynomial = sympy.Mul(*(x - sympy.Rational(z.numerator, z.denominator) for z in zeros), x**2 + 1)
        f, slope = ball_function(polynomial, x), ball_function(sympy.diff(sympy.expand(polynomial), x), x)
        with precision(bits):
            found = isolated_zeros(f, slope, arb(-51), arb(51))
            assert found.complete
            assert len(found.zeros) == len(zeros)
            for ball, zero in zip(found.zeros, zeros, strict=True):
                assert (ball * zero.denominator - zero.numerator).contains(0)
                assert ball.rad() < arb(2) ** (12 - bits) * (1 + abs(ball))


def test_a_double_zero_stays_open_and_is_never_called_none() -> None:
    x = sympy.Symbol("x")
    square = (x - sympy.Rational(1, 7)) ** 2 * (x - 3)
    found = isolated_zeros(ball_function(square, x), ball_function(sympy.diff(square, x), x), arb(-1), arb(4))
    assert [float(zero.mid()) for zero in found.zeros] == [3.0]
    assert not found.complete
    assert any(part.contains(arb(1) / 7) for part in found.open)


def test_zeros_at_the_ends_belong_to_the_interval() -> None:
    x = sympy.Symbol("x")
    f, slope = ball_function(x**3 - x, x), ball_function(3 * x**2 - 1, x)
    found = isolated_zeros(f, slope, arb(-1), arb(1))
    assert found.complete and len(found.zeros) == 3
    assert found.zeros[0] == -1 and found.zeros[2] == 1 and found.zeros[1].contains(0)
