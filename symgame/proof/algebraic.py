"""Real algebraic numbers as a polynomial and an isolating interval, and the exact sign of a polynomial at them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import sympy

from symgame.condition import FALSE, TRUE, Condition, Sign, mapped, quantifier_free
from symgame.errors import BudgetExceeded
from symgame.ring import Poly, names_of, variables

MAX_STEPS = 400


@dataclass(frozen=True)
class Algebraic:
    """The only root of an integer polynomial (constant coefficient first) strictly between two rationals."""

    coefficients: tuple[int, ...]
    low: Fraction
    high: Fraction

    def __post_init__(self) -> None:
        x = sympy.Symbol("t")
        # squarefree, so that the polynomial changes sign at its root: refinement by halves rests on that
        p = sympy.Poly([int(c) for c in reversed(self.coefficients)], x).sqf_part()
        object.__setattr__(self, "coefficients", tuple(int(c) for c in reversed(p.all_coeffs())))
        low, high = (sympy.Rational(e.numerator, e.denominator) for e in (self.low, self.high))
        if not self.low < self.high or p.eval(low) == 0 or p.eval(high) == 0 or p.count_roots(low, high) != 1:
            raise ValueError(f"({self.low}, {self.high}) does not isolate one root of {p.as_expr()}")

    def __str__(self) -> str:
        t = sympy.Poly([int(c) for c in reversed(self.coefficients)], sympy.Symbol("t"))
        return f"root of {str(t.as_expr()).replace('**', '^')} in ({self.low}, {self.high})"

    def refined(self) -> Algebraic | Fraction:
        """The same number in half the interval."""
        middle = (self.low + self.high) / 2
        at = _horner(self.coefficients, middle)
        if at == 0:
            return middle
        left = (_horner(self.coefficients, self.low) > 0) != (at > 0)
        return Algebraic(self.coefficients, *((self.low, middle) if left else (middle, self.high)))


def _horner(coefficients: Sequence[int], x: Fraction) -> Fraction:
    total = Fraction(0)
    for c in reversed(coefficients):
        total = total * x + c
    return total


def holds_at(condition: Condition, point: Mapping[str, Fraction | Algebraic]) -> bool:
    """Exact truth of a quantifier-free condition at a point with rational and algebraic coordinates."""

    def change(atom: Sign) -> Condition:
        s = sign_at(atom.poly, point)
        true = {">": s > 0, ">=": s >= 0, "=": s == 0, "!=": s != 0}[atom.rel]
        return TRUE if true else FALSE

    if not quantifier_free(condition):
        raise ValueError("a quantified condition has no truth value at a point")
    return mapped(condition, change) == TRUE


def sign_at(p: Poly, point: Mapping[str, Fraction | Algebraic]) -> int:
    """-1, 0 or 1: by interval arithmetic, stopped by a bound on the size of a nonzero value.

    The value is a root of the resultant of p with the polynomials of the coordinates; a nonzero root of an integer
    polynomial ``a_0 + ... + a_n t^n`` (a_0 not 0) has modulus at least ``|a_0| / (|a_0| + max |a_k|)`` (Cauchy).
    """
    names = variables(p)
    current = {n: point[n] for n in names}
    bound: Fraction | None = None
    for step in range(MAX_STEPS):
        low, high = _enclosure(p, current)
        if low > 0 or high < 0:
            return 1 if low > 0 else -1
        if low == high == 0:
            return 0
        if step == 12:
            bound = _smallest_nonzero(p, point)
        if bound is not None and max(-low, high) < bound:
            return 0
        current = {n: v.refined() if isinstance(v, Algebraic) else v for n, v in current.items()}
    raise BudgetExceeded("the sign of a polynomial at an algebraic point did not show within the budget")


def _enclosure(p: Poly, point: Mapping[str, Fraction | Algebraic]) -> tuple[Fraction, Fraction]:
    names = names_of(p)
    low = high = Fraction(0)
    for monomial, coefficient in p.to_dict().items():
        a = b = Fraction(int(coefficient))
        for name, power in zip(names, monomial, strict=True):
            if power:
                v = point[name]
                c, d = (v, v) if isinstance(v, Fraction) else (v.low, v.high)
                for _ in range(power):
                    products = (a * c, a * d, b * c, b * d)
                    a, b = min(products), max(products)
        low, high = low + a, high + b
    return low, high


def _smallest_nonzero(p: Poly, point: Mapping[str, Fraction | Algebraic]) -> Fraction:
    """A lower bound for ``|p(point)|`` unless it is 0."""
    t = sympy.Symbol("t")
    names = names_of(p)
    expression: sympy.Expr = t
    unknowns = {}
    for monomial, coefficient in p.to_dict().items():
        term: sympy.Expr = sympy.Integer(int(coefficient))
        for name, power in zip(names, monomial, strict=True):
            if power:
                v = point[name]
                if isinstance(v, Fraction):
                    term *= sympy.Rational(v.numerator, v.denominator) ** power
                else:
                    unknowns[name] = v
                    term *= sympy.Symbol("_" + name) ** power
        expression -= term
    for name, v in unknowns.items():
        x = sympy.Symbol("_" + name)
        minimal = sum(int(c) * x**k for k, c in enumerate(v.coefficients))
        expression = sympy.resultant(sympy.expand(expression), minimal, x)
    integers = sympy.Poly(expression, t).clear_denoms()[1].all_coeffs()
    while integers and integers[-1] == 0:
        integers.pop()
    smallest = abs(int(integers[-1]))
    return Fraction(smallest, smallest + max(abs(int(c)) for c in integers))
