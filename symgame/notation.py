"""Names: the one place where a symbol is born, and how a name is written in LaTeX.

A symbol carries one assumption, ``real=True``. That a weight is nonnegative is a *hypothesis* of the circuit
(:class:`symgame.domain.Domain`), writable as a formula: a SymPy symbol born ``positive=True`` would make
``w_EE > 0`` evaluate to ``True`` and hide it, and the same name with other assumptions would be another symbol.
"""

from __future__ import annotations

import re
from fractions import Fraction
from functools import cache
from math import isfinite
from numbers import Integral, Rational, Real

import sympy

from symgame import syntax as s
from symgame.errors import FormulaError, ModelError
from symgame.grammar import read_term
from symgame.letters import escaped, math_letters
from symgame.words import RESERVED


@cache
def symbol(name: str) -> sympy.Symbol:
    """The real symbol of that name; the only constructor of symbols in the package.

    >>> symbol("w_EE") is symbol("w_EE")
    True
    """
    return sympy.Symbol(name, real=True)


def expression(node: s.Formula) -> sympy.Expr:
    """A term that was read (:func:`symgame.grammar.read_term`) as a SymPy expression, node by node.

    >>> from symgame.grammar import read_term
    >>> expression(read_term("2*w_EE - 0.5"))
    2*w_EE - 1/2
    """
    match node:
        case s.Number(value=value):
            return sympy.Rational(value.numerator, value.denominator)
        case s.Name(id=name):
            return symbol(name)
        case s.Negative(of=a):
            return -expression(a)
        case s.Sum(terms=terms):
            return sympy.Add(*(expression(t) for t in terms))
        case s.Product(factors=factors):
            return sympy.Mul(*(expression(f) for f in factors))
        case s.Ratio(over=a, under=b):
            return expression(a) / expression(b)
        case s.Power(base=a, exponent=n):
            return expression(a) ** n
    raise TypeError(f"not a term: {node!r}")


def exact(value: object, what: str) -> sympy.Expr:
    """An exact expression from a number, an exact string or a SymPy expression.

    A ``float`` becomes the shortest decimal that prints the same, ``0.1`` is ``1/10``; a string is read by the grammar
    of formulas and never evaluated; NaN and infinities are refused with :class:`~symgame.errors.ModelError`.

    >>> exact(0.1, "w"), exact("5/2", "w"), exact("w_EE", "w")
    (1/10, 5/2, w_EE)
    """
    if isinstance(value, str):
        try:
            return expression(read_term(value, what))
        except FormulaError as error:
            raise ModelError(str(error)) from None
    if isinstance(value, bool) or value is None:
        raise ModelError(f"{what} is {value!r}; an exact number, a name or a polynomial was expected.")
    if isinstance(value, sympy.Expr):
        if value.is_number and not value.is_Rational:
            raise ModelError(f"{what} is {value}, which is not an exact rational number; write it as a fraction.")
        return value
    if isinstance(value, Integral):
        return sympy.Integer(int(value))
    if isinstance(value, Rational):
        return sympy.Rational(int(value.numerator), int(value.denominator))
    if isinstance(value, Real):
        if not isfinite(value):
            raise ModelError(f"{what} is {value}, not a finite number.")
        # a NumPy scalar as it prints at its own width: as a Python float, a float32 would show digits it does not have
        fraction = Fraction(str(value) if hasattr(value, "dtype") else repr(float(value)))
        return sympy.Rational(fraction.numerator, fraction.denominator)
    kind = type(value).__name__
    raise ModelError(f"{what} is {value!r} ({kind}); an exact number, a name or a polynomial was expected.")


_IDENTIFIER = re.compile(r"[^\W\d]\w*")
_FORBIDDEN = frozenset({"nan", "inf", "infinity", "oo", "zoo"})


def check_name(name: str, what: str) -> str:
    """The name, if it may name a population or a symbol; otherwise :class:`~symgame.errors.ModelError`."""
    if not _IDENTIFIER.fullmatch(name):
        raise ModelError(f"{what}: {name!a} is not a name. A name is a letter, then letters, digits or underscores.")
    if len(name) > 40:
        raise ModelError(f"{what}: the name {name[:20]}… has {len(name)} characters; at most 40 are allowed.")
    if name in RESERVED:
        raise ModelError(f"{what}: {name!r} is a word of the formula vocabulary; choose another name.")
    if name.lower() in _FORBIDDEN:
        raise ModelError(f"{what}: {name!r} is not a finite number, and no name either; write an exact number.")
    if name.startswith("aux_") and name.endswith("_"):
        raise ModelError(f"{what}: names of the form aux_…_ are kept for fresh unknowns; choose another name.")
    return name


def latex_name(name: str) -> str:
    r"""A name in LaTeX: the first part, the rest as a subscript.

    >>> latex_name("w_EE"), latex_name("tau_E"), latex_name("kappa"), latex_name("x_1")
    ('w_{EE}', '\\tau_{E}', '\\kappa', 'x_{1}')
    """
    head, *rest = name.split("_")
    if not head or not all(rest):  # a stray underscore is shown, so that two names never look alike
        return rf"\mathtt{{{escaped(name)}}}" if name.isascii() else rf"\mathrm{{{math_letters(name)}}}"
    if not rest:
        return math_letters(head)
    return f"{math_letters(head)}_{{{','.join(math_letters(part) for part in rest)}}}"
