"""Formulas as Python expressions over exact numbers: the text of the stand-alone checkers.

The expression reads as the formula does: ``and``, ``or``, ``not``, ``==`` between truths for ``<=>``, ``implies(A, B)``
for ``=>``. Words are asked for by name, ``word("lds")``, numbers of a branch by name and branch,
``number("x(E)", "E")``. A constant that would be divided as an integer is written ``F(1)/2``, with F the type of exact
fractions.
"""

from __future__ import annotations

from collections.abc import Mapping

from symgame import syntax as s
from symgame.errors import Unsupported
from symgame.words import BRANCH_NUMBERS, BRANCH_WORDS, CIRCUIT_WORDS, FUNCTIONS, READ_CONDITIONS, READINGS

_OR, _AND, _NOT, _COMPARE, _SUM, _PRODUCT, _UNARY, _POWER, _ATOM = range(9)
_OPS = {"=": "==", "!=": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">="}


def python(node: s.Formula, said: Mapping[str, str], at: str) -> str:
    """The formula as an expression; ``said`` maps symbols to identifiers, ``at`` is the branch of its numbers.

    Raises :class:`~symgame.errors.Unsupported` for quantified words, which have no value at a point.

    >>> from symgame.grammar import read_formula
    >>> python(read_formula("lds <=> w_EE < 1 + w_II/2"), {"w_EE": "w_EE", "w_II": "w_II"}, "E,I")
    'word("lds") == (w_EE < 1 + w_II/2)'
    """
    return _Writer(said, at).text(node)


class _Writer:
    def __init__(self, said: Mapping[str, str], at: str) -> None:
        self.said, self.at = said, at

    def inside(self, node: s.Formula, place: int) -> str:
        written = self.text(node)
        return f"({written})" if self.binding(node) < place else written

    def binding(self, node: s.Formula) -> int:
        match node:
            case s.Number(value=value):
                return _ATOM if value >= 0 or value.denominator != 1 else _UNARY
            case s.Or():
                return _OR
            case s.And():
                return _AND
            case s.Not():
                return _NOT
            case s.Relation() | s.Iff():
                return _COMPARE
            case s.Sum():
                return _SUM
            case s.Product() | s.Ratio():
                return _PRODUCT
            case s.Negative():
                return _UNARY
            case s.Power():
                return _POWER
        return _ATOM

    def text(self, node: s.Formula) -> str:
        match node:
            case s.Number(value=value):
                whole = value.denominator == 1
                return str(value.numerator) if whole else f"F({value.numerator}, {value.denominator})"
            case s.Truth(value=value):
                return str(value)
            case s.Name(id=name):
                return self.name(name)
            case s.Call(name=name, args=args):
                return self.call(node, name, args)
            case s.Negative(of=a):
                return "-" + self.inside(a, _UNARY)
            case s.Sum(terms=terms):
                written = self.inside(terms[0], _SUM)
                for term in terms[1:]:
                    minus = isinstance(term, s.Negative)
                    part = self.inside(term.of if isinstance(term, s.Negative) else term, _PRODUCT)
                    written += f" {'-' if minus else '+'} {part}"
                return written
            case s.Product(factors=factors):
                return "*".join([self.inside(factors[0], _PRODUCT), *(self.inside(f, _UNARY) for f in factors[1:])])
            case s.Ratio(over=a, under=b):
                constant = not any(isinstance(part, s.Name | s.Call) for part in s.walk(a))
                over = f"F({self.text(a)})" if constant else self.inside(a, _PRODUCT)
                return f"{over}/{self.inside(b, _UNARY)}"
            case s.Power(base=a, exponent=n):
                return f"{self.inside(a, _ATOM)}**{n}"
            case s.Relation(terms=terms, ops=ops):
                rest = "".join(f" {_OPS[op]} {self.inside(t, _SUM)}" for op, t in zip(ops, terms[1:], strict=True))
                return self.inside(terms[0], _SUM) + rest
            case s.Not(of=a):
                # linters want "not a == b" to be "a != b", which is another formula
                return f"not bool({self.text(a)})" if isinstance(a, s.Relation) else "not " + self.inside(a, _COMPARE)
            case s.And(args=args):
                return " and ".join(self.inside(a, _NOT) for a in args)
            case s.Or(args=args):
                return " or ".join(self.inside(a, _NOT) for a in args)  # "and" binds tighter; a reader may not know
            case s.Implies(left=a, right=b):
                return f"implies({self.text(a)}, {self.text(b)})"
            case s.Iff(left=a, right=b):
                return f"{self.inside(a, _SUM)} == {self.inside(b, _SUM)}"
        raise Unsupported(f"'{node}' has no expression")

    def name(self, name: str) -> str:
        if name in BRANCH_NUMBERS:
            return f'number("{name}", {quoted(self.at)})'
        if name in CIRCUIT_WORDS:
            return f'word("{name}")'
        if name not in self.said:
            raise Unsupported(f"{name!r} has no value at a point")
        return self.said[name]

    def call(self, node: s.Formula, name: str, args: tuple[s.Formula, ...]) -> str:
        if name in BRANCH_WORDS:
            return f"word({quoted(s.text(node))})"
        if name in READ_CONDITIONS:
            return f"word({quoted(s.text(node))}, {quoted(self.at)})"
        if name in READINGS:
            return f"number({quoted(s.text(node))}, {quoted(self.at)})"
        if name in FUNCTIONS:
            return f"{name}({', '.join(self.text(a) for a in args)})"
        raise Unsupported(f"'{node}' has no value at a point")


def quoted(text: str) -> str:
    """A text as a literal of ASCII letters between double quotes."""
    return '"' + ascii(text)[1:-1].replace('"', '\\"') + '"'
