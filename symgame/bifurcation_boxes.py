"""Exact expressions as functions of arrays of intervals: doubles, rounded outward by more than they can be wrong.

An interval is a pair of arrays, its ends; each operation widens its result by a few units in the last place, which is
more than NumPy's functions err. Where thousands of intervals are asked about, this is faster than balls by orders of
magnitude.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import sympy
from sympy import Expr, Symbol

from symgame.bifurcation_curves import Floats
from symgame.errors import Unsupported

Interval = tuple[Floats, Floats]
Value = Callable[[Sequence[Interval]], Interval]

_SLACK = 2.0**-49
_TINY = 2.0**-1060
_INCREASING: dict[Any, Callable[[Floats], Floats]] = {
    sympy.exp: np.exp,
    sympy.log: np.log,
    sympy.tanh: np.tanh,
    sympy.atanh: np.arctanh,
    sympy.atan: np.arctan,
    sympy.sinh: np.sinh,
    sympy.asinh: np.arcsinh,
}


def box_function(expression: Expr, *unknowns: Symbol) -> Callable[..., Interval]:
    """The expression as a function of as many intervals: what it yields contains every value over them.

    Of numbers, sums, products, powers with rational exponents (of nonnegative bases, where they are no integers),
    ``exp, log, tanh, atanh, atan, sinh, asinh``, and ``cos, sin, tan`` of arguments between ``-pi/2`` and ``pi/2``.

    >>> x = Symbol("x")
    >>> low, high = box_function(x * (1 - x), x)((np.array([0.25]), np.array([0.5])))
    >>> round(float(low[0]), 9), round(float(high[0]), 9)
    (0.125, 0.375)
    """
    shared, (last,) = sympy.cse([expression], symbols=sympy.numbered_symbols("_box"), order="none")
    places = {unknown: k for k, unknown in enumerate(unknowns)}
    steps: list[Value] = []
    for name, part in shared:
        steps.append(_value(part, places))
        places[name] = len(places)
    result = _value(last, places)

    def function(*intervals: Interval) -> Interval:
        values = list(intervals)
        with np.errstate(all="ignore"):
            for step in steps:
                values.append(step(values))
            return result(values)

    return function


def _value(e: Expr, places: dict[Symbol, int]) -> Value:
    if e in places:
        k = places[e]
        return lambda values: values[k]
    if not e.free_symbols:
        number = np.array(float(e.evalf(20)))
        constant = (number, number) if e.is_Integer else _outward(number, number)
        return lambda values: constant
    if e.func in _INCREASING:
        inner, f = _value(e.args[0], places), _INCREASING[e.func]

        def increasing(values: Sequence[Interval]) -> Interval:
            low, high = inner(values)
            return _outward(f(low), f(high))

        return increasing
    if isinstance(e, sympy.cos | sympy.sin | sympy.tan):
        return _circular(e, places)
    if e.is_Pow:
        return _power(e, places)
    parts = [_value(arg, places) for arg in e.args]
    if e.is_Add or e.is_Mul:
        operation = _sum if e.is_Add else _product

        def folded(values: Sequence[Interval]) -> Interval:
            total = parts[0](values)
            for part in parts[1:]:
                total = operation(total, part(values))
            return total

        return folded
    raise Unsupported(f"there is no enclosure of {e} in intervals of doubles")


def _outward(low: Floats, high: Floats) -> Interval:
    """Widened; what is not a number becomes everything."""
    below, above = low - (abs(low) * _SLACK + _TINY), high + (abs(high) * _SLACK + _TINY)
    return np.where(np.isnan(below), -np.inf, below), np.where(np.isnan(above), np.inf, above)


def _sum(a: Interval, b: Interval) -> Interval:
    return _outward(a[0] + b[0], a[1] + b[1])


def _product(a: Interval, b: Interval) -> Interval:
    corners = np.broadcast_arrays(a[0] * b[0], a[0] * b[1], a[1] * b[0], a[1] * b[1])
    return _outward(
        np.minimum(np.minimum(corners[0], corners[1]), np.minimum(corners[2], corners[3])),
        np.maximum(np.maximum(corners[0], corners[1]), np.maximum(corners[2], corners[3])),
    )


def _power(e: Expr, places: dict[Symbol, int]) -> Value:
    base, exponent = e.as_base_exp()
    root = _value(base, places)
    if not exponent.is_Rational:
        raise Unsupported(f"there is no enclosure of {e} in intervals of doubles")
    p, inverse = abs(exponent), exponent.is_negative
    power = int(p) if p.is_Integer else float(p)

    def positive(values: Sequence[Interval]) -> Interval:
        low, high = root(values)
        if not p.is_Integer:
            low, high = np.maximum(low, 0.0), np.maximum(high, 0.0)
        ends = low**power, high**power
        if not p.is_Integer or int(p) % 2:
            return _outward(*ends)
        across = (low < 0) & (high > 0)
        return _outward(np.where(across, 0.0, np.minimum(*ends)), np.maximum(*ends))

    def reciprocal(values: Sequence[Interval]) -> Interval:
        low, high = positive(values)
        safe = (low > 0) | (high < 0)
        half = low == 0  # nonnegative, as of an even power
        first = np.where(safe, 1 / high, np.where(half, 1 / high, -np.inf))
        return _outward(first, np.where(safe, 1 / low, np.inf))

    return reciprocal if inverse else positive


def _circular(e: Expr, places: dict[Symbol, int]) -> Value:
    inner, f = _value(e.args[0], places), {sympy.cos: np.cos, sympy.sin: np.sin, sympy.tan: np.tan}[e.func]
    hump, half = e.func == sympy.cos, np.pi / 2

    def circular(values: Sequence[Interval]) -> Interval:
        low, high = inner(values)
        first, second = f(np.maximum(low, -half)), f(np.minimum(high, half))
        if not hump:
            return _outward(first, second)
        top = np.where((low <= 0) & (high >= 0), 1.0, np.maximum(first, second))
        return _outward(np.minimum(first, second), top)

    return circular
