"""Formulas of SymPy: its objects, their ``srepr``, and their printed text, to trees. No text is ever evaluated.

One table of constructors serves both roads: an object is walked by the names of its classes, and a text is read by a
small grammar of calls and operators with Python's precedence, which knows these names and no others.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, NoReturn

from symgame import syntax as s
from symgame.by_cases import ByCases, related
from symgame.errors import FormulaError
from symgame.grammar import MAX_CHARACTERS, MAX_DEPTH, MAX_DIGITS, MAX_EXPONENT, excerpt, read_formula
from symgame.rewriting import negated, product_of
from symgame.words import BRANCH_WORDS, CALLABLE, FUNCTIONS, nearest

_RELATIONS = {
    "Eq": "=", "Equality": "=", "Ne": "!=", "Unequality": "!=", "Lt": "<", "StrictLessThan": "<", "Le": "<=",
    "LessThan": "<=", "Gt": ">", "StrictGreaterThan": ">", "Ge": ">=", "GreaterThan": ">=",
}  # fmt: skip
_JOINS: dict[str, Callable[[tuple[s.Formula, ...]], s.Formula]] = {"And": s.And, "Or": s.Or}
_NO_NUMBERS = {"nan", "oo", "zoo", "NaN", "Infinity", "NegativeInfinity", "ComplexInfinity", "ImaginaryUnit", "inf"}
_CALLS = {"Abs": "abs", "Max": "max", "Min": "min", "sqrt": "sqrt", "abs": "abs", "max": "max", "min": "min"}
_LITERALS = {"Symbol", "Integer", "Rational", "Float", "Function"}
#: Every name that may stand before a parenthesis, beside the words of the vocabulary.
CONSTRUCTORS = frozenset(
    {*_RELATIONS, *_JOINS, *_CALLS, *_LITERALS, "Add", "Mul", "Pow", "Not", "Implies", "Equivalent", "ITE", "Piecewise"}
    | {"ExprCondPair", "Tuple"}
)
#: What tells a text of SymPy from one in the grammar of formulas, which has neither such calls nor powers but whole.
_MARK = re.compile(rf"\b(?:{'|'.join(sorted(CONSTRUCTORS - set(FUNCTIONS)))})\s*\(|\*\*\s*(?!\s|\d+(?![\d.]))")


class _Unreadable(Exception):
    """Why a constructor does not take its arguments; the caller adds the place."""


@dataclass(frozen=True)
class _Pair(s.Formula):
    """A tuple of a text or of an object: a row of ``Piecewise``."""

    parts: tuple[s.Formula, ...] = ()


def is_sympy_text(source: str) -> bool:
    """Whether a text holds a constructor or a power of SymPy, which the grammar of formulas has no meaning for.

    >>> is_sympy_text("Eq(Symbol('w_EE'), Integer(1))"), is_sympy_text("lds <=> w_EE < 1")
    (True, False)
    """
    return _MARK.search(source[:MAX_CHARACTERS]) is not None


def _number(node: s.Formula) -> s.Formula:
    if isinstance(node, ByCases):
        raise _Unreadable("Piecewise stands alone on one side of a relation")
    if isinstance(node, _Pair):
        raise _Unreadable("a tuple is a row of Piecewise and nothing else")
    if s.is_condition(node):
        raise _Unreadable(f"'{node}' is a condition (true or false) where a number was expected")
    return node


def _condition(node: s.Formula) -> s.Formula:
    if isinstance(node, ByCases | _Pair):
        raise _Unreadable("Piecewise gives a number; compare it first")
    if not s.is_condition(node):
        raise _Unreadable(f"'{node}' is a number where a condition was expected; compare it, and mind the parentheses")
    return node


def _product(args: Iterable[s.Formula]) -> s.Formula:
    """A product with its reciprocals below one line and the sign in front."""
    above: list[s.Formula] = []
    below: list[s.Formula] = []
    minus = False
    for factor in args:
        if factor == s.Number(Fraction(-1)):
            minus = not minus
        elif isinstance(factor, s.Ratio) and factor.over == s.Number(Fraction(1)):
            below.append(factor.under)
        else:
            above.append(factor)
    node = product_of(above)
    node = s.Ratio(node, product_of(below)) if below else node
    return negated(node) if minus else node


def _power(base: s.Formula, exponent: s.Formula) -> s.Formula:
    value = exponent.value if isinstance(exponent, s.Number) else None
    if isinstance(exponent, s.Negative) and isinstance(exponent.of, s.Number):
        value = -exponent.of.value
    if value is None or value.denominator > 2 or abs(value) > MAX_EXPONENT:
        raise _Unreadable(f"the exponent '{exponent}': whole numbers and halves up to {MAX_EXPONENT} are read")
    if value < 0 and base == s.Number(Fraction(0)):
        raise _Unreadable("a division by zero")
    root = base if value.denominator == 1 else s.Call("sqrt", (base,))
    n = abs(value.numerator)
    node: s.Formula = root if n == 1 else s.Power(root, n)
    return node if value >= 0 else s.Ratio(s.Number(Fraction(1)), node)


def _piecewise(args: tuple[s.Formula, ...]) -> s.Formula:
    rows: list[tuple[s.Formula, s.Formula | None]] = []
    for pair in args:
        if not isinstance(pair, _Pair) or len(pair.parts) != 2:
            raise _Unreadable("Piecewise takes rows (value, condition)")
        value, when = pair.parts
        rows.append((_number(value), None if when == s.Truth(True) else _condition(when)))
    return ByCases(tuple(rows))


def _built(name: str, args: tuple[s.Formula, ...]) -> s.Formula:
    """The tree of one constructor; raises :class:`_Unreadable` for what it does not take."""

    def takes(n: int) -> None:
        if len(args) != n:
            raise _Unreadable(f"{name} takes {n} argument{'s' if n > 1 else ''}, not {len(args)}")

    if name in _RELATIONS:
        takes(2)
        for a in args:
            if not isinstance(a, ByCases):
                _number(a)
        try:
            return related(args, (_RELATIONS[name],))
        except ValueError as error:
            raise _Unreadable(str(error)) from None
    if name in ("Add", "Mul"):
        if not args:
            raise _Unreadable(f"{name} of nothing")
        numbers = tuple(map(_number, args))
        if len(numbers) == 1:
            return numbers[0]
        return s.Sum(numbers) if name == "Add" else _product(numbers)
    if name in _JOINS:
        parts = tuple(map(_condition, args))
        return _JOINS[name](parts) if len(parts) > 1 else parts[0] if parts else s.Truth(name == "And")
    match name:
        case "Pow":
            takes(2)
            return _power(_number(args[0]), _number(args[1]))
        case "Not":
            takes(1)
            return s.Not(_condition(args[0]))
        case "Implies" | "Equivalent":
            takes(2)
            left, right = map(_condition, args)
            return s.Implies(left, right) if name == "Implies" else s.Iff(left, right)
        case "ITE":
            takes(3)
            when, then, other = map(_condition, args)
            return s.And((s.Implies(when, then), s.Implies(s.Not(when), other)))
        case "Piecewise":
            return _piecewise(args)
        case "ExprCondPair" | "Tuple":
            return _Pair(args)
    if name in _CALLS:
        return s.Call(_CALLS[name], tuple(map(_number, args)))
    if name in BRANCH_WORDS:
        return s.Call(name, tuple(_member(a) for a in args))
    if name in CALLABLE:
        return s.Call(name, args)
    raise _Unreadable(f"{name[:40]!a} is no constructor that is read{nearest(name, CONSTRUCTORS)}")


def _member(node: s.Formula) -> s.Formula:
    if not isinstance(node, s.Name):
        raise _Unreadable(f"a branch is a list of populations, not '{node}'")
    return s.Member(node.id)


def _finished(node: s.Formula, what: str, number: bool) -> s.Formula:
    """Through the grammar of formulas, which holds all limits."""
    if isinstance(node, ByCases | _Pair):
        raise FormulaError(f"{what}: Piecewise gives a number; compare it, as in Eq(x, Piecewise(...)).")
    text = s.text(node)
    place = f"{what}, read as '{text[:80]}'"
    if number and not s.is_condition(node):
        relation = read_formula(f"{text} = 0", place)
        assert isinstance(relation, s.Relation)
        return relation.terms[0]
    return read_formula(text, place)


# -- objects ----------------------------------------------------------------------------------------------------------


def from_object(value: Any, what: str = "the formula", *, number: bool = False) -> s.Formula:
    """The tree of an expression, relation or Boolean of SymPy; symbols count by their names.

    Branches are written with undefined functions, ``Function("stable")(E, I)``, other words as symbols. Raises
    :class:`~symgame.errors.FormulaError` for what is no formula of the language.

    >>> import sympy
    >>> w, x = sympy.symbols("w_EE w_II")
    >>> print(from_object(sympy.Equivalent(sympy.Symbol("lds"), w < 1 + x/2)))
    lds <=> w_EE < 1/2*w_II + 1
    """
    try:
        return _finished(_walked(value, 0), what, number)
    except _Unreadable as error:
        raise FormulaError(f"{what}: {error} (near: {_said(value)})") from None


def _said(value: Any) -> str:
    """An object in a message; one of no class of SymPy by its class, for its text may hold an address."""
    known = type(value).__module__.startswith("sympy") or isinstance(value, int | str | None)
    return str(value)[:60] if known else f"a {type(value).__name__}"


def _walked(value: Any, depth: int) -> s.Formula:
    if depth > MAX_DEPTH:
        raise _Unreadable(f"nested more than {MAX_DEPTH} deep; rewrite it flatter")
    name = type(value).__name__
    if value is True or value is False or name in ("BooleanTrue", "BooleanFalse"):
        return s.Truth(bool(value))
    if name in _NO_NUMBERS:
        raise _Unreadable(f"{value} is not a finite real number")
    if getattr(value, "is_Rational", False):
        return s.Number(Fraction(int(value.p), int(value.q)))
    if getattr(value, "is_Float", False):
        return s.Number(_decimal(str(value)))
    if name == "Symbol":
        return _name(str(value.name))
    if name == "Dummy":
        raise _Unreadable(f"{value} is a Dummy, which no name stands for; use a Symbol")
    if type(type(value)).__name__ == "UndefinedFunction" and name not in CALLABLE:
        raise _Unreadable(f"{name[:40]!a} is no word{nearest(name, CALLABLE)}")
    args = list(getattr(value, "args", ()))
    if not args and name not in ("And", "Or"):
        raise _Unreadable(f"{_said(value)} ({name[:40]}) is no formula of the language")
    if name in ("And", "Or"):  # sets, in an order that depends on hashes
        args = sorted(args, key=str)
    elif name in ("Add", "Mul"):
        args = sorted(args, key=lambda a: a.sort_key()) if name == "Mul" else list(value.as_ordered_terms())
    elif name == "Equivalent":
        args = sorted(args, key=lambda a: (a.is_Relational is True, str(a)))
    return _built(name, tuple(_walked(a, depth + 1) for a in args))


def _name(name: str) -> s.Formula:
    if not re.fullmatch(r"[^\W\d]\w*", name) or len(name) > 60:
        raise _Unreadable(f"{name[:40]!a} is no name: a letter, then letters, digits or underscores")
    return s.Name(name)


def _decimal(text: str) -> Fraction:
    if not re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d{1,3})?", text) or len(text) > MAX_DIGITS:
        raise _Unreadable(f"{text[:40]!a} is no finite decimal")
    return Fraction(text)


# -- texts ------------------------------------------------------------------------------------------------------------

_TOKEN = re.compile(
    r"(?P<space>\s+)|(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)|(?P<name>[^\W\d]\w*)|(?P<text>'[^'\\]*'|\"[^\"\\]*\")"
    r"|(?P<op>\*\*|<=|>=|==|!=|>>|<<|[-+*/()<>&|~,=])"
)
_COMPARE = {"<": "<", "<=": "<=", ">": ">", ">=": ">=", "==": "=", "!=": "!="}


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    at: int


class _Reader:
    """One pass over a text, with Python's precedence: comparisons bind looser than ``|`` and ``&``."""

    def __init__(self, source: str, what: str) -> None:
        self.source, self.what = source, what
        if len(source) > MAX_CHARACTERS:
            raise FormulaError(
                f"{what} has {len(source)} characters; at most {MAX_CHARACTERS} are read. Split it into several."
            )
        self.tokens: list[_Token] = []
        at = 0
        while at < len(source):
            found = _TOKEN.match(source, at)
            if found is None:
                self.fail(f"the character {source[at]!a} has no meaning in a formula of SymPy", at)
            if found.lastgroup != "space":
                self.tokens.append(_Token(str(found.lastgroup), found.group(), at))
            at = found.end()
        self.tokens.append(_Token("end", "", len(source)))
        self.next = self.depth = 0

    def fail(self, message: str, at: int) -> NoReturn:
        raise FormulaError(f"{self.what}, column {at + 1}: {message} (near: {excerpt(self.source, at)})")

    @property
    def here(self) -> _Token:
        return self.tokens[self.next]

    def take(self) -> _Token:
        token = self.here
        self.next += 1
        return token

    def accept(self, *ops: str) -> _Token | None:
        return self.take() if self.here.kind == "op" and self.here.text in ops else None

    def build(self, name: str, at: int, *args: s.Formula) -> s.Formula:
        try:
            return _built(name, args)
        except _Unreadable as error:
            self.fail(str(error), at)

    def whole(self) -> s.Formula:
        node = self.comparison()
        if self.here.kind != "end":
            self.fail(f"{self.here.text!r} was not expected here", self.here.at)
        return node

    def comparison(self) -> s.Formula:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            self.fail(f"nested more than {MAX_DEPTH} deep; rewrite it flatter", self.here.at)
        terms, ops, at = [self.binary(0)], [], self.here.at
        while op := self.accept(*_COMPARE):
            ops.append(_COMPARE[op.text])
            terms.append(self.binary(0))
        self.depth -= 1
        if not ops:
            return terms[0]
        for term in terms:
            if not isinstance(term, ByCases):
                self.checked(_number, term, at)
        try:
            return related(terms, ops)
        except ValueError as error:
            self.fail(str(error), at)

    def checked(self, check: Callable[[s.Formula], s.Formula], node: s.Formula, at: int) -> s.Formula:
        try:
            return check(node)
        except _Unreadable as error:
            self.fail(str(error), at)

    LEVELS = (("|",), ("&",), (">>", "<<"), ("+", "-"), ("*", "/"))

    def binary(self, level: int) -> s.Formula:
        if level == len(self.LEVELS):
            return self.unary()
        args = [self.binary(level + 1)]
        last: _Token | None = None
        while op := self.accept(*self.LEVELS[level]):
            right = self.binary(level + 1)
            match op.text:
                case ">>":
                    args = [self.build("Implies", op.at, args[0], right)]
                case "<<":
                    args = [self.build("Implies", op.at, right, args[0])]
                case "-":
                    args.append(s.Negative(self.checked(_number, right, op.at)))
                case "/":
                    if right == s.Number(Fraction(0)):
                        self.fail("a division by zero", op.at)
                    over = args[0] if len(args) == 1 else s.Product(tuple(args))
                    if isinstance(over, s.Number) and isinstance(right, s.Number):
                        args = [s.Number(over.value / right.value)]
                    else:
                        args = [s.Ratio(self.checked(_number, over, op.at), self.checked(_number, right, op.at))]
                case _:
                    args.append(right)
            last = op
        if last is None or len(args) == 1:
            return args[0]
        if level == 4:
            return s.Product(tuple(self.checked(_number, a, last.at) for a in args))
        return self.build({0: "Or", 1: "And", 3: "Add"}[level], last.at, *args)

    def unary(self) -> s.Formula:
        if op := self.accept("-", "+", "~"):
            self.depth += 1
            if self.depth > MAX_DEPTH:
                self.fail(f"nested more than {MAX_DEPTH} deep; rewrite it flatter", op.at)
            of = self.unary()
            self.depth -= 1
            if op.text == "~":
                return self.build("Not", op.at, of)
            of = self.checked(_number, of, op.at)
            return s.Negative(of) if op.text == "-" else of
        base = self.atom()
        if op := self.accept("**"):
            return self.build("Pow", op.at, base, self.unary())
        return base

    def atom(self) -> s.Formula:
        token = self.take()
        if token.kind == "number":
            return s.Number(self.decimal(token.text.lower(), token.at))
        if token.kind == "name":
            return self.call(token) if self.here.text == "(" else self.name(token)
        if token.text == "(":
            inside = self.comparison()
            if self.here.text == ",":
                parts = [inside]
                while self.accept(",") and self.here.text != ")":
                    parts.append(self.comparison())
                inside = _Pair(tuple(parts))
            self.close(token)
            return inside
        what = "the text ends" if token.kind == "end" else f"{token.text[:40]!a} stands"
        self.fail(f"{what} where a number, a name or '(' was expected", token.at)

    def close(self, opened: _Token) -> None:
        if not self.accept(")"):
            self.fail(f"missing ')' for the '(' of column {opened.at + 1}", self.here.at)

    def decimal(self, text: str, at: int) -> Fraction:
        try:
            return _decimal(text)
        except _Unreadable as error:
            self.fail(str(error), at)

    def name(self, token: _Token) -> s.Formula:
        if token.text in _NO_NUMBERS:
            self.fail(f"{token.text} is not a finite real number", token.at)
        if token.text in ("True", "true", "False", "false"):
            return s.Truth(token.text.lower() == "true")
        return s.Name(token.text, at=token.at)

    def call(self, word: _Token) -> s.Formula:
        opened = self.take()
        if word.text in _LITERALS:
            return self.literal(word, opened)
        args: list[s.Formula] = []
        while self.here.text != ")":
            if not self.option():
                args.append(self.comparison())
            if not self.accept(","):
                break
        self.close(opened)
        return self.build(word.text, word.at, *args)

    def option(self) -> bool:
        """``real=True`` and the like, which say nothing that the circuit does not know better."""
        name, equals, value = (*self.tokens[self.next : self.next + 3], *(self.tokens[-1],) * 3)[:3]
        if name.kind == "name" and equals.text == "=" and value.kind in ("name", "number"):
            self.next += 3
            return True
        return False

    def literal(self, word: _Token, opened: _Token) -> s.Formula:
        """``Symbol('w')``, ``Integer(1)``, ``Rational(1, 2)``, ``Float('0.5')``, ``Function('stable')(...)``."""
        parts: list[tuple[str, _Token]] = []
        while self.here.text != ")":
            if not self.option():
                minus = "-" if self.accept("-") else ""
                token = self.take()
                if token.kind not in ("number", "text"):
                    self.fail(f"{word.text} takes a number or a quoted text", token.at)
                parts.append((minus + (token.text[1:-1] if token.kind == "text" else token.text), token))
            if not self.accept(","):
                break
        self.close(opened)
        if len(parts) != (2 if word.text == "Rational" and len(parts) == 2 else 1):
            self.fail(f"{word.text} takes one argument in quotes, or numbers", word.at)
        first, token = parts[0]
        if word.text == "Symbol":
            return self.checked(lambda _: _name(first), s.Truth(True), token.at)
        if word.text == "Function":
            if first not in CALLABLE or self.here.text != "(":
                self.fail(f"Function({first[:40]!a}) is no word with its arguments{nearest(first, CALLABLE)}", token.at)
            return self.call(_Token("name", first, token.at))
        value = self.decimal(first.lower(), token.at)
        if len(parts) == 2:
            under = self.decimal(parts[1][0], parts[1][1].at)
            if under == 0:
                self.fail("a division by zero", parts[1][1].at)
            value /= under
        return s.Number(value)


def read_sympy(source: str, what: str = "the formula", *, number: bool = False) -> s.Formula:
    """Read the ``srepr`` or the printed text of a formula of SymPy; nothing in it is executed.

    Raises :class:`~symgame.errors.FormulaError` naming the column, what was expected and the neighbourhood.

    >>> print(read_sympy("Equivalent(lds, StrictLessThan(Symbol('w_EE', real=True), Integer(1)))"))
    lds <=> w_EE < 1
    >>> print(read_sympy("Eq(x(E), u_E/(1 - w_EE)) | (w_EE**2 >= Rational(1, 2))"))
    x(E) = u_E/(1 - w_EE) | w_EE^2 >= 1/2
    """
    reader = _Reader(source, what)
    if reader.here.kind == "end":
        raise FormulaError(f"{what} is empty. Write for example 'Equivalent(lds, w_EE < 1)'.")
    return _finished(reader.whole(), what, number)
