"""``.ode`` files of XPPAUT that hold a rate model, read by a grammar of our own; nothing in them is executed.

The subset: comments (``#``); ``par``, ``param``, ``p`` and ``number`` lines with numbers; equations ``x'=...`` and
``dx/dt=...``; fixed quantities ``name=...`` and ``!name=...``; functions ``f(a,b)=...``; ``done``; a backslash at the
end of a line that goes on. ``init``, ``x(0)=...``, ``aux``, options (``@``) and tutorial lines (``"``) are passed over.
Expressions have ``+ - * / ^``, parentheses, ``max min abs exp log ln sqrt tanh atan`` and ``pi``. What else XPPAUT
knows (delays, noise, tables, arrays, events, conditions) is refused by its line.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

import sympy
from sympy import Expr

from symgame.circuit import Circuit
from symgame.errors import ModelError
from symgame.importing import from_sympy_system
from symgame.notation import exact, symbol
from symgame.words import nearest

MOST_BYTES, MOST_DEPTH, MOST_CALLS, MOST_SIZE = 200_000, 60, 8, 5_000
SUFFIX = ".ode"

_ANY_CASE = re.IGNORECASE | re.ASCII
_TOKEN = re.compile(
    r"\s*(?:(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)|(?P<name>[A-Za-z]\w*)|(?P<op>\*\*|[-+*/^(),]))",
    re.ASCII,
)
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?", re.ASCII)
_FUNCTIONS: Mapping[str, tuple[int, Callable[..., Expr]]] = {
    "max": (2, sympy.Max), "min": (2, sympy.Min), "abs": (1, sympy.Abs), "exp": (1, sympy.exp), "log": (1, sympy.log),
    "ln": (1, sympy.log), "sqrt": (1, sympy.sqrt), "tanh": (1, sympy.tanh), "atan": (1, sympy.atan),
}  # fmt: skip
_PASSED_OVER = re.compile(r"[@\"]|(?:init|i|aux|options)\s+(?!=)|[a-z]\w*\s*\(\s*0\s*\)\s*=", _ANY_CASE)
_DECLARED = re.compile(r"(?:parameter|params|param|par|p|number|num)\s+(?P<rest>[^=].*)", _ANY_CASE)
_EQUATION = re.compile(r"(?:(?P<a>[A-Za-z]\w*)\s*'|d(?P<b>[A-Za-z]\w*)\s*/\s*dt)\s*=(?P<right>.*)", _ANY_CASE)
_FUNCTION = re.compile(
    r"(?P<name>[a-z]\w*)\s*\(\s*(?P<args>[a-z]\w*(?:\s*,\s*[a-z]\w*)*)\s*\)\s*=(?P<right>.*)", _ANY_CASE
)
_FIXED = re.compile(r"!?\s*(?P<name>[a-z]\w*)\s*=(?P<right>.*)", _ANY_CASE)


def read_ode(path: str | Path) -> Circuit:
    """The circuit of an ``.ode`` file that holds a rate model; parameters keep their values.

    Raises :class:`~symgame.errors.ModelError` with the line, for what is not of the subset or no rate model.
    """
    path = Path(path)
    try:
        if path.stat().st_size > MOST_BYTES:
            raise ModelError(f"{path}: more than {MOST_BYTES} bytes; a rate model is shorter.")
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ModelError(f"{path}: cannot be read ({error}).") from None
    return parse_ode(text, path.stem)


def parse_ode(text: str, name: str = "circuit") -> Circuit:
    """The circuit of the text of an ``.ode`` file; see :func:`read_ode`.

    >>> pair = parse_ode('''
    ... par w=2.5, b=1
    ... f(z)=max(0,z)
    ... E'=(-E+f(w*E-b*I+0.5))/10
    ... dI/dt=-I+f(1.5*E)
    ... done''')
    >>> pair.W, pair.values, pair.names
    (Matrix([
    [  w, -b],
    [3/2,  0]]), (('w', 5/2), ('b', 1)), ('E', 'I'))
    """
    file = _File(name)
    for number, line in _lines(text):
        if re.fullmatch(r"done|d", line, re.IGNORECASE):
            break
        file.take(number, line)
    return file.circuit()


def _lines(text: str) -> list[tuple[int, str]]:
    """Statements with the number of their first line; a backslash at the end joins two."""
    found: list[tuple[int, str]] = []
    open_ = False
    for number, raw in enumerate(text.split("\n"), start=1):
        line = raw.strip()
        if not open_ and (not line or line.startswith("#")):
            continue
        more = line.endswith("\\")
        line = line.removesuffix("\\").strip()
        found = [*found[:-1], (found[-1][0], f"{found[-1][1]} {line}")] if open_ else [*found, (number, line)]
        open_ = more
    return found


@dataclass
class _File:
    """What has been read: names as first written, by their lower case."""

    name: str
    spelling: dict[str, str] = field(default_factory=dict)
    values: dict[str, Expr] = field(default_factory=dict)
    equations: dict[str, tuple[int, str]] = field(default_factory=dict)
    fixed: list[tuple[int, str, str]] = field(default_factory=list)
    functions: dict[str, tuple[int, tuple[str, ...], str]] = field(default_factory=dict)

    def take(self, number: int, line: str) -> None:
        """One statement, of the kind that it looks like."""
        if _PASSED_OVER.match(line):
            return
        if found := _DECLARED.fullmatch(line):
            self.declare(number, found["rest"])
        elif found := _EQUATION.fullmatch(line):
            self.equations[self.new(number, found["a"] or found["b"])] = number, found["right"]
        elif found := _FUNCTION.fullmatch(line):
            args = tuple(a.strip().lower() for a in found["args"].split(","))
            self.functions[self.new(number, found["name"])] = number, args, found["right"]
        elif found := _FIXED.fullmatch(line):
            self.fixed.append((number, self.new(number, found["name"]), found["right"]))
        else:
            _fail(number, f"{line[:60]!a} is not of the part of the format that is read: parameters, equations, fixed "
                          f"quantities and functions of a rate model")  # fmt: skip

    def new(self, number: int, name: str) -> str:
        """The name in lower case, met for the first time."""
        key = name.lower()
        if key in self.spelling or key in ("t", "pi", *_FUNCTIONS):
            _fail(number, f"{name!a} has a meaning already; case does not count")
        self.spelling[key] = name
        return key

    def declare(self, number: int, rest: str) -> None:
        for part in filter(None, re.split(r"\s*,\s*|\s+(?=[A-Za-z]\w*\s*=)", rest.strip())):
            name, equals, value = (piece.strip() for piece in part.partition("="))
            value = value if equals else "0"  # as XPPAUT takes it
            if not re.fullmatch(r"[a-z]\w*", name, _ANY_CASE) or not _NUMBER.fullmatch(value):
                _fail(number, f"{part[:60]!a} is no declaration; write name=number")
            self.values[self.new(number, name)] = exact(value.lstrip("+"), f"line {number}: {name}")

    def circuit(self) -> Circuit:
        if not self.equations:
            raise ModelError(f"{self.name}: no equation x'=... was found before the end.")
        names = (*self.values, *self.equations)
        known: Known = {"pi": (sympy.pi, 1)} | {k: (symbol(self.spelling[k]), 1) for k in names}
        for number, name, right in self.fixed:
            known[name] = _Reader(number, right, known, self.functions).whole()
        rows = {
            self.spelling[name]: _Reader(number, right, known, self.functions).whole()[0]
            for name, (number, right) in self.equations.items()
        }
        given = {self.spelling[name]: value for name, value in self.values.items()}
        return from_sympy_system(rows, name=self.name, values=given)


def _fail(number: int, message: str) -> NoReturn:
    raise ModelError(f"line {number}: {message}.")


#: What a name stands for, and how many names and numbers that has when written out.
Known = dict[str, tuple[Expr, int]]


class _Reader:
    """One expression, by precedence; names are looked up, functions of the file are put in, and the size is bounded."""

    def __init__(
        self,
        number: int,
        text: str,
        known: Known,
        functions: Mapping[str, tuple[int, tuple[str, ...], str]],
        within: tuple[str, ...] = (),
    ) -> None:
        self.number, self.known, self.functions, self.within = number, known, functions, within
        self.tokens = self.split(text)
        self.depth = 0
        self.size = 0

    def split(self, text: str) -> list[str]:
        tokens, at = [], 0
        text = text.rstrip()
        while at < len(text):
            found = _TOKEN.match(text, at)
            if found is None:
                _fail(self.number, f"{text[at : at + 20]!a} has no meaning in an expression")
            tokens.append(found.group().strip())
            at = found.end()
        return [*tokens, ""]

    @property
    def here(self) -> str:
        return self.tokens[0]

    def take(self) -> str:
        return self.tokens.pop(0)

    def expect(self, op: str) -> None:
        if self.take() != op:
            _fail(self.number, f"{op!a} was expected")

    def whole(self) -> tuple[Expr, int]:
        """The expression and its size."""
        found = self.sum()
        if self.here:
            _fail(self.number, f"{self.here!a} was not expected")
        return found, self.size

    def counted(self, size: int) -> None:
        self.size += size
        if self.size > MOST_SIZE:
            _fail(self.number, f"written out, the expression has more than {MOST_SIZE} names and numbers")

    def sum(self) -> Expr:
        self.depth += 1
        if self.depth > MOST_DEPTH:
            _fail(self.number, f"nested more than {MOST_DEPTH} deep")
        total = self.product()
        while self.here in ("+", "-"):
            total = total + self.product() if self.take() == "+" else total - self.product()
        self.depth -= 1
        return total

    def product(self) -> Expr:
        total = self.signed()
        while self.here in ("*", "/"):
            if self.take() == "*":
                total = total * self.signed()
            else:
                under = self.signed()
                if under == 0:
                    _fail(self.number, "a division by 0")
                total = total / under
        return total

    def signed(self) -> Expr:
        if self.here in ("+", "-"):
            minus = self.take() == "-"
            self.depth += 1
            if self.depth > MOST_DEPTH:
                _fail(self.number, f"nested more than {MOST_DEPTH} deep")
            of = self.signed()
            self.depth -= 1
            return -of if minus else of
        return self.power()

    def power(self) -> Expr:
        base = self.atom()
        if self.here in ("^", "**"):
            self.take()
            exponent = -self.atom() if self.here == "-" and self.take() else self.atom()
            if self.here in ("^", "**"):
                _fail(self.number, "a power of a power; write parentheses")
            if exponent.is_number and abs(exponent) > 12:
                _fail(self.number, f"the exponent {str(exponent)[:20]} is too large (at most 12)")
            return base**exponent
        return base

    def atom(self) -> Expr:
        token = self.take()
        if token == "(":
            inside = self.sum()
            self.expect(")")
            return inside
        if token[:1].isdigit() or token[:1] == ".":
            if not _NUMBER.fullmatch(token):
                _fail(self.number, f"the number {token[:30]!a} is too long")
            self.counted(1)
            return exact(token, f"line {self.number}")
        if not token[:1].isalpha():
            _fail(self.number, f"{token!a} was not expected" if token else "the expression ends too early")
        key = token.lower()
        if self.here == "(":
            return self.call(key, token)
        if key == "t":
            _fail(self.number, "the equations depend on the time t; a circuit's do not")
        if key not in self.known:
            _fail(self.number, f"{token[:40]!a} is not defined above{nearest(key, self.known)}")
        found, size = self.known[key]
        self.counted(size)
        return found

    def call(self, key: str, token: str) -> Expr:
        before, rows = self.size, []
        while self.take() in ("(", ","):
            start = self.size
            rows.append((self.sum(), self.size - start))
            if self.here not in (",", ")"):
                self.expect(")")
            if self.here == ")":
                break
        self.expect(")")
        args = [arg for arg, _ in rows]
        if key in self.functions:
            self.size = before
            return self.own(key, rows)
        if key not in _FUNCTIONS:
            _fail(self.number, f"the function {token[:40]!a} is not read{nearest(key, (*_FUNCTIONS, *self.functions))}")
        count, made = _FUNCTIONS[key]
        if len(args) != count:
            _fail(self.number, f"{key} takes {count} argument{'s' if count > 1 else ''}, not {len(args)}")
        return made(*args)

    def own(self, key: str, args: Sequence[tuple[Expr, int]]) -> Expr:
        """A function of the file, its body read with the arguments for its names."""
        number, names, right = self.functions[key]
        if len(names) != len(args):
            _fail(self.number, f"{key} takes {len(names)} arguments, not {len(args)}")
        if key in self.within:
            _fail(number, f"the function {key!a} calls itself")
        if len(self.within) >= MOST_CALLS:
            _fail(number, f"functions call one another more than {MOST_CALLS} deep")
        inside = {**self.known, **dict(zip(names, args, strict=True))}
        found, size = _Reader(number, right, inside, self.functions, (*self.within, key)).whole()
        self.counted(size)
        return found
