"""Exact expressions as functions of balls: what they yield contains every value over the balls they are given.

A ball is python-flint's ``arb``: a midpoint and a radius, with every rounding added to the radius, at the precision
``flint.ctx.prec`` of the moment of the call. A function that is not defined on all of a ball yields NaN, which no
comparison of balls ever counts as decided.

Source: F. Johansson, Arb: efficient arbitrary-precision midpoint-radius interval arithmetic, IEEE Trans. Comput. 66
(2017) 1281.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import reduce
from operator import add, mul

import flint
import sympy
from flint import arb
from sympy import Expr, Symbol

from symgame.errors import Unsupported

Value = Callable[[Sequence[arb]], arb]

NAN = arb("nan")


@contextmanager
def precision(bits: int) -> Iterator[None]:
    """Balls of that many bits inside the block; what held before holds after it.

    >>> with precision(200):
    ...     root = arb(2).sqrt()
    >>> root.rad() < arb(2) ** -190
    True
    """
    before = flint.ctx.prec
    flint.ctx.prec = bits
    try:
        yield
    finally:
        flint.ctx.prec = before


def ball_function(expression: Expr, *unknowns: Symbol) -> Callable[..., arb]:
    """The expression as a function of as many balls as there are unknowns.

    It may hold exact numbers, ``pi``, sums, products, powers, ``exp, log, tanh, atanh, atan, tan, sin, cos, sinh,
    cosh, asinh, polylog``, ``Abs, Max, Min`` and choices (``Piecewise``) by comparisons. Monotone functions are
    evaluated at both ends of a wide ball, so that nothing is lost but the rounding. A positive power that is no integer
    is continued by 0 to negative bases, where it has no real value: ``[z]_+^p``.

    Raises :class:`~symgame.errors.Unsupported` for other functions and other symbols.

    >>> x = Symbol("x")
    >>> logistic = ball_function(1 / (1 + sympy.exp(-x)), x)
    >>> logistic(arb(0)), logistic(arb(0, 100)).contains(arb("0.999"))
    (0.500000000000000, True)
    >>> ball_function(sympy.gamma(x), x)
    Traceback (most recent call last):
    ...
    symgame.errors.Unsupported: there is no enclosure of gamma(x) here; use exp, log, powers, hyperbolic and ...
    """
    shared, (last,) = sympy.cse([expression], symbols=sympy.numbered_symbols("_ball"), order="none")
    places = {unknown: k for k, unknown in enumerate(unknowns)}
    steps: list[Value] = []
    for name, part in shared:
        steps.append(_value(part, places))
        places[name] = len(places)
    result = _value(last, places)

    def function(*balls: arb) -> arb:
        values = list(balls)
        for step in steps:
            values.append(step(values))
        return result(values)

    return function


def hull(low: arb, high: arb) -> arb:
    """The ball from the lower end of one to the upper end of the other."""
    return low.union(high)


# -- one operation ----------------------------------------------------------------------------------------------------


def _increasing(f: Callable[[arb], arb]) -> Callable[[arb], arb]:
    """f over a ball by its values at the ends; at a point, by itself."""

    def over(ball: arb) -> arb:
        if not ball.is_finite():
            return f(ball)
        return f(ball) if ball.is_exact() else f(ball.lower()).union(f(ball.upper()))

    return over


#: The functions that increase wherever they are defined.
_INCREASING = {
    sympy.exp: arb.exp,
    sympy.log: arb.log,
    sympy.tanh: arb.tanh,
    sympy.atanh: arb.atanh,
    sympy.atan: arb.atan,
    sympy.sinh: arb.sinh,
    sympy.asinh: arb.asinh,
}
_OTHER = {sympy.cos: arb.cos, sympy.sin: arb.sin, sympy.tan: arb.tan, sympy.cosh: arb.cosh, sympy.Abs: arb.__abs__}


def _value(e: Expr, places: dict[Symbol, int]) -> Value:
    if e in places:
        k = places[e]
        return lambda values: values[k]
    if not e.free_symbols and e.is_Rational:
        p, q = int(e.p), int(e.q)
        return (lambda values: arb(p)) if q == 1 else (lambda values: arb(p) / q)
    if e == sympy.pi:
        return lambda values: arb.pi()
    if e == sympy.E:
        return lambda values: arb(1).exp()
    if e.is_Pow or isinstance(e, sympy.exp):
        return _power(e, places)
    if isinstance(e, sympy.Piecewise):
        return _choice(e, places)
    if e.func in _INCREASING or e.func in _OTHER:
        inner = _value(e.args[0], places)
        f = _increasing(_INCREASING[e.func]) if e.func in _INCREASING else _OTHER[e.func]
        return lambda values: f(inner(values))
    parts = [_value(arg, places) for arg in e.args]
    if e.is_Add or e.is_Mul or isinstance(e, sympy.Max | sympy.Min):
        operation = _operation(e)
        return lambda values: reduce(operation, [part(values) for part in parts])
    if isinstance(e, sympy.polylog):
        return lambda values: arb.polylog(parts[1](values), parts[0](values))
    raise Unsupported(
        f"there is no enclosure of {e} here; use exp, log, powers, hyperbolic and trigonometric functions, and numbers "
        f"for every symbol"
    )


def _operation(e: Expr) -> Callable[[arb, arb], arb]:
    for kind, operation in ((sympy.Add, add), (sympy.Mul, mul), (sympy.Max, arb.max)):
        if isinstance(e, kind):
            return operation
    return arb.min  # type: ignore[no-any-return]


def _power(e: Expr, places: dict[Symbol, int]) -> Value:
    base, exponent = e.as_base_exp()
    if base == sympy.E:
        inner, exp = _value(exponent, places), _increasing(arb.exp)
        return lambda values: exp(inner(values))
    root = _value(base, places)
    if exponent.is_Integer:
        n = int(exponent)
        return lambda values: _whole(root(values), n)
    power = _value(exponent, places)
    if exponent.is_Rational and not exponent.free_symbols:
        half = exponent == sympy.Rational(1, 2)
        if exponent.is_positive:
            return lambda values: _continued(root(values), power(values), half)
    return lambda values: root(values) ** power(values)


def _whole(base: arb, n: int) -> arb:
    """``base ** n``; python-flint yields NaN for a ball about 0 exactly, whose positive powers are balls about 0."""
    if n > 0 and base.is_finite() and base.mid() == 0:
        return arb(0, base.abs_upper() ** n)
    return base**n


def _continued(base: arb, exponent: arb, half: bool) -> arb:
    """``base ** exponent`` for a positive exponent, 0 where the base is negative."""

    def at(end: arb) -> arb:
        return (end.sqrt() if half else end**exponent) if end > 0 else arb(0)

    if not base.is_finite():
        return NAN
    return at(base) if base > 0 and base.is_exact() else at(base.lower()).union(at(base.upper()))


def _choice(e: sympy.Piecewise, places: dict[Symbol, int]) -> Value:
    """The value of the case that holds; the hull of all that may hold where the balls do not decide."""
    cases = [(_value(value, places), _holds(when, places)) for value, when in e.args]

    def chosen(values: Sequence[arb]) -> arb:
        possible: arb | None = None
        for value, holds in cases:
            verdict = holds(values)
            if verdict is False:
                continue
            here = value(values)
            possible = here if possible is None else possible.union(here)
            if verdict:
                return possible
        return NAN

    return chosen


def _holds(when: sympy.Basic, places: dict[Symbol, int]) -> Callable[[Sequence[arb]], bool | None]:
    """Whether a comparison holds all over the balls, nowhere on them, or neither is sure."""
    if when in (sympy.true, sympy.false):
        truth = bool(when)
        return lambda values: truth
    if isinstance(when, sympy.And | sympy.Or):
        parts = [_holds(arg, places) for arg in when.args]
        settled = isinstance(when, sympy.Or)  # one true part settles a disjunction, one false part a conjunction

        def combined(values: Sequence[arb]) -> bool | None:
            verdicts = [part(values) for part in parts]
            return settled if settled in verdicts else None if None in verdicts else not settled

        return combined
    if isinstance(when, sympy.Gt | sympy.Ge | sympy.Lt | sympy.Le):
        strict = isinstance(when, sympy.Gt | sympy.Lt)
        gap = _value(when.gts - when.lts, places)

        def compared(values: Sequence[arb]) -> bool | None:
            value = gap(values)
            if value > 0 or (not strict and value >= 0):
                return True
            return False if value < 0 or (strict and value <= 0) else None

        return compared
    raise Unsupported(f"a choice by {when} cannot be decided on balls; use <, <=, > or >=")
