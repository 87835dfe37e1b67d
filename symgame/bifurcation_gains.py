"""Rates from gains: all ``x`` with ``phi'(phi^{-1}(x)) = s``, in closed form.

The slope of a sigmoid is a hump over its range, so there are two rates for every gain below the greatest: one where
the gain rises with the rate, one where it falls. Conditions on Jacobians are equations between gains; with these
inverses they become curves of rates, and by ``z = phi^{-1}(x)`` curves of parameters.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import Any

import sympy
from flint import fmpq, fmpq_poly
from sympy import Expr

from symgame.activation import Activation
from symgame.errors import Unsupported
from symgame.pieces import X

S = sympy.Dummy("s", positive=True)
"""The gain, in every inverse of a slope."""

#: Digits in which candidates are told from solutions, and gains at which they are.
_DIGITS = 40
_SHARES = (sympy.Rational(1, 3), sympy.Rational(5, 7), sympy.Rational(19, 20))


@dataclass(frozen=True, eq=False)
class Gain:
    """The slope of one activation as a function of the rate, with its inverses.

    ``sides`` are the rates of a gain in S, by increasing rate; ``rising[k]`` says that the gain grows with the rate
    there. ``greatest`` is the supremum of the gain (``None``: infinite), ``top`` the rate where it is reached, where
    the two sides meet (``None``: nowhere). ``square`` is ``(dS/dx)^2`` as a quotient of polynomials in the gain over
    QQ, or ``None`` where it is not one. The functions of doubles are ``slope``, ``bend`` (its derivative),
    ``inverse`` and ``rates``.
    """

    activation: Activation
    sides: tuple[Expr, ...]
    rising: tuple[bool, ...]
    greatest: Fraction | None
    top: float | None
    square: tuple[fmpq_poly, fmpq_poly] | None
    slope: Callable[[Any], Any]
    bend: Callable[[Any], Any]
    inverse: Callable[[Any], Any]
    rates: tuple[Callable[[Any], Any], ...]


@cache
def gain_of(activation: Activation) -> Gain:
    """The gain of a smooth activation without symbols.

    Raises :class:`~symgame.errors.Unsupported` where the slope cannot be inverted.

    >>> from symgame.kinds import activation
    >>> gain = gain_of(activation("logistic", gain=8))
    >>> gain.sides, gain.rising, gain.greatest, gain.top
    ((1/2 - sqrt(1/4 - _s/8), sqrt(1/4 - _s/8) + 1/2), (True, False), Fraction(2, 1), 0.5)
    >>> gain_of(activation("softplus")).sides, gain_of(activation("power", k=3)).sides
    ((-log(1 - _s),), (_s**2/12,))
    """
    sides = rates_of_gain(activation)
    bound = activation.lipschitz
    if bound != sympy.oo and not bound.is_Rational:
        raise Unsupported(f"the slope of '{activation.kind}' is at most {bound}, which is not rational")
    greatest = None if bound == sympy.oo else Fraction(int(bound.p), int(bound.q))
    at = _levels(activation)[0]
    slope = sympy.diff(activation.slope_at_rate, X)
    rising = tuple(bool(slope.subs(X, side.subs(S, at)).evalf(_DIGITS) > 0) for side in sides)
    top = float(sympy.re(sides[0].subs(S, bound).evalf(20))) if len(sides) == 2 else None
    return Gain(
        activation,
        sides,
        rising,
        greatest,
        top,
        _square(slope, sides[0]),
        sympy.lambdify(X, activation.slope_at_rate, "numpy"),
        sympy.lambdify(X, slope, "numpy"),
        sympy.lambdify(X, activation.inverse, "numpy"),
        tuple(sympy.lambdify(S, side, "numpy") for side in sides),
    )


def rates_of_gain(activation: Activation) -> tuple[Expr, ...]:
    """Every rate in the range with this gain, in S, by increasing rate: one or two.

    A slope that is quadratic in x is inverted by the quadratic formula, one that holds x once by undoing its operations
    one after the other. What is no solution at trial gains is left out.
    """
    sigma = activation.slope_at_rate
    candidates = list(dict.fromkeys(_solutions(sigma, S)))
    domain, levels = activation.domain, _levels(activation)

    def solves(x: Expr) -> bool:
        for level in levels:
            at = x.subs(S, level).evalf(_DIGITS)
            inside = at.is_real and bool(domain.start < at) and bool(at < domain.end)
            if not inside or abs(sigma.subs(X, at).evalf(_DIGITS) - level) > sympy.Float(10) ** (-_DIGITS // 2):
                return False
        return True

    sides = sorted((x for x in candidates if solves(x)), key=lambda x: x.subs(S, levels[0]).evalf(_DIGITS))
    if not 1 <= len(sides) <= 2:
        raise Unsupported(
            f"the slope of '{activation.kind}' as a function of the rate, {sigma}, is not a hump or monotone that can "
            f"be inverted in closed form"
        )
    return tuple(sides)


def _levels(activation: Activation) -> list[Expr]:
    bound = activation.lipschitz
    return [share * (3 if bound == sympy.oo else bound) for share in _SHARES]


def _solutions(e: Expr, value: Expr) -> Iterator[Expr]:
    """The real X with ``e = value``, and perhaps others."""
    if e == X:
        yield value
        return
    polynomial = e.as_poly(X)
    if polynomial is not None and polynomial.degree() <= 2:
        *square, linear, constant = polynomial.all_coeffs()
        if not square:
            yield (value - constant) / linear
            return
        middle = sympy.cancel(-linear / (2 * square[0]))
        peak = sympy.cancel(constant + linear * middle / 2)
        for sign in (-1, 1):  # e = peak + square*(x - middle)^2
            yield middle + sign * sympy.sqrt(sympy.expand((value - peak) / square[0]))
        return
    inner = [arg for arg in e.args if arg.has(X)]
    if len(inner) != 1:
        return
    rest = e.func(*(arg for arg in e.args if not arg.has(X))) if e.is_Add or e.is_Mul else None
    if e.is_Add:
        yield from _solutions(inner[0], value - rest)
    elif e.is_Mul:
        yield from _solutions(inner[0], value / rest)
    elif isinstance(e, sympy.exp):
        yield from _solutions(inner[0], sympy.log(value))
    elif e.is_Pow and not e.exp.has(X):
        root = value ** (1 / e.exp)
        for each in (root, -root) if e.exp.is_even else (root,):
            yield from _solutions(inner[0], each)
    elif e.func in _UNDO:
        for undone in _UNDO[e.func](value):
            yield from _solutions(inner[0], undone)


def _both(e: Expr) -> tuple[Expr, ...]:
    return (e, -e)


#: Functions and what undoes them, on the interval around 0 where they have an inverse.
_UNDO: dict[Any, Callable[[Expr], tuple[Expr, ...]]] = {
    sympy.log: lambda v: (sympy.exp(v),),
    sympy.cos: lambda v: _both(2 * sympy.atan(sympy.sqrt((1 - v) / (1 + v)))),  # acos, of functions that balls have
    sympy.sinh: lambda v: (sympy.asinh(v),),
    sympy.cosh: lambda v: _both(sympy.log(v + sympy.sqrt(v**2 - 1))),
    sympy.tanh: lambda v: (sympy.atanh(v),),
}


def _square(slope: Expr, side: Expr) -> tuple[fmpq_poly, fmpq_poly] | None:
    """``(d sigma/dx)^2`` as a function of sigma: the same on both sides of a symmetric hump."""
    squared = sympy.cancel(sympy.expand((sympy.cancel(slope) ** 2).subs(X, side)))
    found = []
    for part in sympy.fraction(squared):
        polynomial = part.as_poly(S)
        if polynomial is None or not all(c.is_Rational for c in polynomial.all_coeffs()):
            return None
        found.append(fmpq_poly([fmpq(int(c.p), int(c.q)) for c in reversed(polynomial.all_coeffs())]))
    return found[0], found[1]
