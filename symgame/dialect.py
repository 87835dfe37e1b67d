"""Expressions in the syntax of another language: one walk over the tree, a table of words for each language."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

import sympy
from sympy import Abs, Expr, Max, Min

from symgame.errors import Unsupported

_SUM, _PRODUCT, _POWER, _ATOM = range(4)


def double(value: Fraction) -> str:
    """The number as the shortest decimal that is read as the nearest double, with a point or an exponent in it.

    Raises :class:`~symgame.errors.Unsupported` for a number that no double is near.

    >>> double(Fraction(5, 2)), double(Fraction(1, 3)), double(Fraction(10**16))
    ('2.5', '0.3333333333333333', '1e+16')
    """
    try:
        nearest = float(value)
    except OverflowError:
        nearest = float("inf")
    if nearest in (float("inf"), float("-inf")) or (nearest == 0) != (value == 0):
        raise Unsupported("a number of the circuit is out of the range of doubles; choose other units")
    return repr(nearest)


def quotient(value: Fraction) -> str:
    """The number as a decimal that is exact, or as a quotient of two, which is then read as the nearest double too.

    >>> quotient(Fraction(5, 2)), quotient(Fraction(-1, 3))
    ('2.5', '-1.0/3.0')
    """
    decimal = double(value)
    if Fraction(decimal) == value or max(abs(value.numerator), value.denominator) >= 2**53:
        return decimal
    return f"{value.numerator}.0/{value.denominator}.0"


def fraction(value: Fraction) -> str:
    """The number exactly: ``5/2``."""
    return str(value)


@dataclass(frozen=True)
class Dialect:
    """How a language writes numbers and functions; ``{0}`` and ``{1}`` are the arguments.

    ``power`` is used for exponents that are not 1/2; ``infix`` says that it is an operator, whose left side needs
    parentheses.
    """

    functions: Mapping[str, str]
    number: Callable[[Fraction], str] = quotient
    power: str = "{0}^{1}"
    infix: bool = True
    pi: str = "pi"

    def text(self, e: Expr, said: Mapping[str, str]) -> str:
        """The expression with its symbols called as ``said`` says.

        >>> from symgame.notation import symbol
        >>> c = Dialect({"max": "fmax({0}, {1})", "sqrt": "sqrt({0})"}, power="pow({0}, {1})", infix=False)
        >>> z, w = symbol("z"), symbol("w")
        >>> c.text(w*Max(z, 0)**3 - sympy.Rational(5, 2)*w/sympy.sqrt(1 + z**2), {"z": "z", "w": "w"})
        'w*pow(fmax(0.0, z), 3.0) - 2.5*w/sqrt(pow(z, 2.0) + 1.0)'
        """
        return _Writer(self, said).sum(sympy.Add.make_args(e) if not e.is_Add else e.as_ordered_terms())

    def total(self, terms: Iterable[Expr], said: Mapping[str, str]) -> str:
        """A sum in the order of its terms."""
        return _Writer(self, said).sum(list(terms))

    def quotient(self, terms: Iterable[Expr], under: Expr, said: Mapping[str, str]) -> str:
        """``(sum)/under``, which is the sum where under is 1."""
        over = self.total(terms, said)
        return over if under == 1 else f"({over})/{_Writer(self, said).at(under, _ATOM)}"


class _Writer:
    def __init__(self, dialect: Dialect, said: Mapping[str, str]) -> None:
        self.dialect, self.said = dialect, said

    def sum(self, terms: Iterable[Expr]) -> str:
        written = ""
        for term in terms:
            minus = _negative(term)
            part = self.at(-term if minus else term, _PRODUCT)
            sign = (" - " if minus else " + ") if written else ("-" if minus else "")
            written += sign + part
        return written or self.dialect.number(Fraction(0))

    def at(self, e: Expr, place: int) -> str:
        """The text of e, in parentheses where it binds less than its place asks."""
        written, binding = self.bound(e)
        return written if binding >= place else f"({written})"

    def bound(self, e: Expr) -> tuple[str, int]:
        if e.is_Rational:
            text = self.dialect.number(Fraction(int(e.p), int(e.q)))
            return text, _SUM if text.startswith("-") else _PRODUCT if "/" in text else _ATOM
        if e.is_Symbol:
            return self.said[e.name], _ATOM
        if e is sympy.pi:
            return self.dialect.pi, _ATOM
        if e.is_Add:
            return self.sum(e.as_ordered_terms()), _SUM
        if e.is_Mul:
            return self.product(e)
        if e.is_Pow:
            return self.power(e.base, e.exp)
        return self.call(e), _ATOM

    def product(self, e: Expr) -> tuple[str, int]:
        if _negative(e):
            return f"-{self.at(-e, _PRODUCT)}", _SUM
        coefficient, rest = e.as_coeff_Mul()
        over: list[str] = [] if coefficient == 1 else [self.at(coefficient, _POWER)]
        under: list[str] = []
        for factor in rest.as_ordered_factors():
            base, exponent = factor.as_base_exp()
            down = bool(exponent.is_Rational and exponent < 0)
            (under if down else over).append(self.at(base ** (-exponent) if down else factor, _POWER))
        top = "*".join(over) or self.dialect.number(Fraction(1))
        below = under[0] if len(under) == 1 else f"({'*'.join(under)})"
        return (f"{top}/{below}" if under else top), _PRODUCT

    def power(self, base: Expr, exponent: Expr) -> tuple[str, int]:
        if exponent.is_Rational and exponent < 0:
            return f"{self.dialect.number(Fraction(1))}/{self.at(base ** (-exponent), _POWER)}", _PRODUCT
        if exponent == sympy.Rational(1, 2):
            return self.word("sqrt", base), _ATOM
        if not self.dialect.infix:
            return self.dialect.power.format(self.at(base, _SUM), self.at(exponent, _SUM)), _ATOM
        whole = exponent.is_Integer
        return self.dialect.power.format(
            self.at(base, _ATOM), str(int(exponent)) if whole else self.at(exponent, _ATOM)
        ), _POWER

    def call(self, e: Expr) -> str:
        if isinstance(e, Max | Min):
            word = "max" if isinstance(e, Max) else "min"
            first, *others = sorted(e.args, key=lambda arg: (not arg.is_number, sympy.default_sort_key(arg)))
            written = self.at(first, _SUM)
            for other in others:
                written = self.dialect.functions[word].format(written, self.at(other, _SUM))
            return written
        word = {Abs: "abs", sympy.exp: "exp", sympy.log: "log", sympy.tanh: "tanh", sympy.atan: "atan"}.get(e.func, "")
        if word not in self.dialect.functions:
            raise Unsupported(f"this format has no function for {e.func}; export the circuit to another one")
        return self.word(word, e.args[0])

    def word(self, word: str, argument: Expr) -> str:
        return self.dialect.functions[word].format(self.at(argument, _SUM))


def _negative(term: Expr) -> bool:
    return bool(term.as_coeff_Mul()[0] < 0)
