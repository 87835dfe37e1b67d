"""The reader of formulas: text to tree, by precedence, with limits; nothing in the text is ever executed.

Loosest first: ``<=>``, ``=>`` (groups to the right), ``|``, ``&``, ``~``, relations (chainable), ``+ -``, ``* /``,
unary minus, ``^``. Python's own ``ast`` would read ``exists(E,I) & det > 0`` as ``(exists(E,I) & det) > 0``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from typing import NoReturn

from symgame import syntax as s
from symgame.errors import FormulaError
from symgame.words import BRANCH_WORDS, CALLABLE, CIRCUIT_WORDS, CONSTANTS, RESERVED, nearest

MAX_CHARACTERS = 20_000
MAX_DEPTH = 60
MAX_EXPONENT = 12
MAX_DIGITS = 1_000
MAX_SIZE = 2_000

_TOKEN = re.compile(
    r"(?P<space>\s+)|(?P<number>(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)|(?P<name>[^\W\d]\w*)"
    r"|(?P<op><=>|=>|<=|>=|!=|==|\*\*|[-+*/^()|&~<>=,])"
)
_RELATIONS = {"=": "=", "==": "=", "!=": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">="}


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    at: int


def excerpt(source: str, at: int) -> str:
    """The neighbourhood of a column, short enough for one line of a terminal."""
    left, right = max(0, at - 30), min(len(source), at + 30)
    shown = "".join(c if c.isprintable() else "?" for c in source[left:right])
    return f"{'…' if left else ''}{shown}{'…' if right < len(source) else ''}"


class _Reader:
    """One pass over the tokens of one text; raises :class:`FormulaError` with the column at the first mistake."""

    def __init__(self, source: str, what: str) -> None:
        self.source, self.what = source, what
        if len(source) > MAX_CHARACTERS:
            raise FormulaError(
                f"{what} has {len(source)} characters; at most {MAX_CHARACTERS} are read. Split it into several."
            )
        self.tokens = self._tokens()
        self.next = 0
        self.depth = 0

    def fail(self, message: str, at: int) -> NoReturn:
        raise FormulaError(f"{self.what}, column {at + 1}: {message} (near: {excerpt(self.source, at)})")

    def _tokens(self) -> list[_Token]:
        tokens, at = [], 0
        while at < len(self.source):
            found = _TOKEN.match(self.source, at)
            if found is None:
                self.fail(f"the character {self.source[at]!a} has no meaning in a formula", at)
            if found.lastgroup != "space":
                tokens.append(_Token(str(found.lastgroup), found.group(), at))
            at = found.end()
        tokens.append(_Token("end", "", len(self.source)))
        return tokens

    @property
    def here(self) -> _Token:
        return self.tokens[self.next]

    def take(self) -> _Token:
        token = self.here
        self.next += 1
        return token

    def accept(self, *ops: str) -> _Token | None:
        if self.here.kind == "op" and self.here.text in ops:
            return self.take()
        return None

    def deeper(self, at: int) -> None:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            self.fail(f"nested more than {MAX_DEPTH} deep; rewrite it flatter", at)

    def condition_wanted(self, node: s.Formula, op: _Token) -> s.Formula:
        if isinstance(node, s.Name) and not s.is_condition(node):
            self.fail(
                f"{op.text!r} joins conditions, but {node.id!r} is none{nearest(node.id, CIRCUIT_WORDS)}; "
                f"a number must be compared first, as in '{node.id} > 0'",
                node.at,
            )
        if not s.is_condition(node):
            self.fail(f"{op.text!r} joins conditions, but '{s.text(node)}' is a number; compare it first", node.at)
        return node

    def number_wanted(self, node: s.Formula, op: str) -> s.Formula:
        if s.is_condition(node):
            self.fail(f"{op!r} needs a number, but '{s.text(node)}' is a condition (true or false)", node.at)
        return node

    # -- conditions, loosest first ------------------------------------------------------------------------------

    def formula(self) -> s.Formula:
        self.deeper(self.here.at)
        left = self.implication()
        if op := self.accept("<=>"):
            right = self.implication()
            left = s.Iff(self.condition_wanted(left, op), self.condition_wanted(right, op), at=op.at)
            if again := self.accept("<=>"):
                self.fail("a chain of '<=>' can be read in two ways; write (A <=> B) & (B <=> C)", again.at)
        self.depth -= 1
        return left

    def implication(self) -> s.Formula:
        left = self.disjunction()
        if op := self.accept("=>"):
            self.deeper(op.at)
            right = self.implication()
            self.depth -= 1
            left = s.Implies(self.condition_wanted(left, op), self.condition_wanted(right, op), at=op.at)
        return left

    def disjunction(self) -> s.Formula:
        args = [self.conjunction()]
        while op := self.accept("|"):
            self.condition_wanted(args[-1], op)
            args.append(self.condition_wanted(self.conjunction(), op))
        return args[0] if len(args) == 1 else s.Or(tuple(args), at=args[0].at)

    def conjunction(self) -> s.Formula:
        args = [self.negation()]
        while op := self.accept("&"):
            self.condition_wanted(args[-1], op)
            args.append(self.condition_wanted(self.negation(), op))
        return args[0] if len(args) == 1 else s.And(tuple(args), at=args[0].at)

    def negation(self) -> s.Formula:
        if op := self.accept("~"):
            self.deeper(op.at)
            of = self.condition_wanted(self.negation(), op)
            self.depth -= 1
            return s.Not(of, at=op.at)
        return self.relation()

    def relation(self) -> s.Formula:
        terms, ops = [self.sum()], []
        while op := self.accept(*_RELATIONS):
            self.number_wanted(terms[-1], op.text)
            ops.append(_RELATIONS[op.text])
            terms.append(self.number_wanted(self.sum(), op.text))
        return s.Relation(tuple(terms), tuple(ops), at=terms[0].at) if ops else terms[0]

    # -- numbers ------------------------------------------------------------------------------------------------

    def sum(self) -> s.Formula:
        terms = [self.product()]
        while op := self.accept("+", "-"):
            self.number_wanted(terms[-1], op.text)
            term = self.number_wanted(self.product(), op.text)
            terms.append(s.Negative(term, at=op.at) if op.text == "-" else term)
        return terms[0] if len(terms) == 1 else s.Sum(tuple(terms), at=terms[0].at)

    def product(self) -> s.Formula:
        left, quotients = self.sign(), 0
        while op := self.accept("*", "/"):
            self.number_wanted(left, op.text)
            right = self.number_wanted(self.sign(), op.text)
            if op.text == "/":
                quotients += 1
                if quotients > MAX_DEPTH:
                    self.fail(f"more than {MAX_DEPTH} quotients in a row", op.at)
                if isinstance(right, s.Number) and right.value == 0:
                    self.fail("a division by zero", right.at)
                left = s.Ratio(left, right, at=op.at)
            elif isinstance(left, s.Product):
                left = s.Product((*left.factors, right), at=left.at)
            else:
                left = s.Product((left, right), at=op.at)
        return left

    def sign(self) -> s.Formula:
        if op := self.accept("-", "+"):
            self.deeper(op.at)
            of = self.number_wanted(self.sign(), op.text)
            self.depth -= 1
            return s.Negative(of, at=op.at) if op.text == "-" else of
        return self.power()

    def power(self) -> s.Formula:
        base = self.atom()
        if op := self.accept("^", "**"):
            self.number_wanted(base, op.text)
            exponent = self.here
            if (
                exponent.kind != "number"
                or not exponent.text.isdigit()
                or len(exponent.text) > 3
                or int(exponent.text) > MAX_EXPONENT
            ):
                self.fail(f"an exponent must be a whole number from 0 to {MAX_EXPONENT}, written out", exponent.at)
            self.take()
            if again := self.accept("^", "**"):
                self.fail("a tower of exponents; use parentheses and one exponent", again.at)
            return s.Power(base, int(exponent.text), at=op.at)
        return base

    def atom(self) -> s.Formula:
        token = self.take()
        if token.kind == "number":
            return s.Number(self.fraction(token), at=token.at)
        if token.kind == "name":
            if self.here.text == "(" and token.text not in RESERVED:
                self.fail(f"unknown word {token.text!r}{nearest(token.text, CALLABLE)}", token.at)
            if self.accept("("):
                return s.Call(token.text, self.arguments(token), at=token.at)
            if token.text in CONSTANTS:
                return s.Truth(CONSTANTS[token.text], at=token.at)
            return s.Name(token.text, at=token.at)
        if token.text == "(":
            inner = self.formula()
            self.close(token)
            return inner
        if token.kind == "end":
            self.fail("the text ends where a number, a name or '(' was expected", token.at)
        self.fail(f"{token.text!r} stands where a number, a name or '(' was expected", token.at)

    def close(self, opened: _Token) -> None:
        if not self.accept(")"):
            self.fail(f"missing ')' for the '(' of column {opened.at + 1}", self.here.at)

    def arguments(self, word: _Token) -> tuple[s.Formula, ...]:
        opened = self.tokens[self.next - 1]
        args: list[s.Formula] = []
        if self.accept(")"):
            return ()
        while True:
            args.append(self.member() if word.text in BRANCH_WORDS else self.formula())
            if not self.accept(","):
                break
        self.close(opened)
        return tuple(args)

    def member(self) -> s.Formula:
        token = self.take()
        if token.kind != "name":
            self.fail(f"a branch is a list of populations such as (E, I=m, S=-), not {token.text!r}", token.at)
        piece = "active"
        if op := self.accept("="):
            mark = self.take()
            if mark.text not in ("m", "-"):
                self.fail("a population of a branch is 'E' (active), 'E=m' (saturated) or 'E=-' (negative)", op.at)
            piece = "saturated" if mark.text == "m" else "negative"
        return s.Member(token.text, piece, at=token.at)

    def fraction(self, token: _Token) -> Fraction:
        mantissa, _, power = token.text.lower().partition("e")
        if len(mantissa) > MAX_DIGITS or len(power) > 3:
            self.fail(f"a number of more than {MAX_DIGITS} digits", token.at)
        return Fraction(mantissa if mantissa[-1] != "." else mantissa[:-1]) * Fraction(10) ** int(power or 0)

    def end(self, node: s.Formula | None = None) -> None:
        """Nothing may be left, and no number of the tree may grow out of hand when it is multiplied out."""
        token = self.here
        if token.kind != "end":
            hint = "there is no '(' for this ')'" if token.text == ")" else f"{token.text!r} was not expected here"
            self.fail(hint, token.at)
        for part in () if node is None else s.walk(node):
            if isinstance(part, s.Power | s.Product | s.Ratio | s.Sum) and sum(s.size(part)) > MAX_SIZE:
                self.fail(f"a number or a degree of more than {MAX_SIZE} digits when multiplied out", part.at)


def _start(source: str, what: str) -> _Reader:
    reader = _Reader(source, what)
    if reader.here.kind == "end":
        raise FormulaError(f"{what} is empty. Write for example 'stable(E,I) => det > 0'.")
    return reader


def read_formula(source: str, what: str = "the formula") -> s.Formula:
    """Read a condition.

    Raises :class:`~symgame.errors.FormulaError` naming the column, what was expected and the neighbourhood.

    >>> str(read_formula("exists(E,I) & det > 0 => ~ w_EE>=1"))
    'exists(E,I) & det > 0 => ~(w_EE >= 1)'
    """
    reader = _start(source, what)
    node = reader.formula()
    reader.end(node)
    if not s.is_condition(node):
        if isinstance(node, (s.Name, s.Call)):
            return node  # perhaps a misspelt word: its meaning, which knows the circuit, can say more
        raise FormulaError(f"{what} '{s.text(node)}' is a number, not a condition; compare it, as in '... > 0'.")
    return node


def read_term(source: str, what: str = "the term") -> s.Formula:
    """Read a number: a polynomial or quotient in names and exact numbers.

    >>> str(read_term("2*w_EE^2 - 0.5"))
    '2*w_EE^2 - 1/2'
    """
    reader = _start(source, what)
    node = reader.formula()
    reader.end(node)
    for part in s.walk(node):
        if s.is_condition(part):
            raise FormulaError(f"{what} must be a number, but '{s.text(part)}' is a condition.")
        if isinstance(part, s.Call):
            raise FormulaError(f"{what} must be a polynomial in names and exact numbers; '{part.name}(...)' is a call.")
    return node


def read_branch(source: str, what: str = "the branch") -> tuple[s.Member, ...]:
    """Read a branch such as ``E,I=m``; the empty text is the branch with nothing active."""
    reader = _Reader(source, what)
    members: list[s.Member] = []
    while reader.here.kind != "end":
        member = reader.member()
        assert isinstance(member, s.Member)
        members.append(member)
        if not reader.accept(","):
            reader.end()
    return tuple(members)
