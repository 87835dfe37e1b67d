"""Polynomials as straight-line programs: sums, differences and products, with what they share computed once.

The text that is written is ordinary Python in the operators ``+ - *`` and integers alone, so that one and the same
program runs on floats, on arrays, on exact fractions and on error bounds.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import comb, gcd

from symgame.ring import Poly

Terms = dict[tuple[int, ...], int]
#: Integers from here on are not doubles; the text hands them to a function ``integer`` of its surroundings.
LARGE = 2**53
WIDTH = 120


@dataclass(frozen=True)
class Shift:
    """``name = constant + factor * symbol`` with factor 1 or -1: an entry such as ``1 - w_EE`` as a letter."""

    name: str
    symbol: int
    constant: int
    factor: int


@dataclass(frozen=True)
class Node:
    """``left op right``; operands are nodes, places of names (``("name", k)``) or integers (``("int", k)``)."""

    op: str
    left: Operand
    right: Operand


Operand = Node | tuple[str, int]


def shifted(terms: Terms, shift: Shift, place: int) -> Terms:
    """The polynomial with ``symbol = factor * (name - constant)`` put in, the new name at ``place``."""
    result: Counter[tuple[int, ...]] = Counter()
    for monomial, coefficient in terms.items():
        power = monomial[shift.symbol]
        rest = list(monomial)
        rest[shift.symbol] = 0
        for k in range(power + 1):
            rest[place] = k
            weight = comb(power, k) * (-shift.constant) ** (power - k) * shift.factor**power
            result[tuple(rest)] += coefficient * weight
    return {m: c for m, c in result.items() if c}


@dataclass
class Program:
    """Polynomials in the first ``symbols`` names of their ring, in the order they were added.

    >>> from symgame.ring import Ring
    >>> R = Ring(("a", "b", "c"))
    >>> program = Program(("a", "b", "c"), (Shift("d", 0, 1, -1),))
    >>> program.add((1 - R.gen("a")) * R.gen("b") + R.gen("c")), program.add(1 - R.gen("a"))
    (1, 1)
    >>> program.text()
    ['d = 1 - a', 'return (', '    c + b*d,', '    d,', ')']
    """

    symbols: tuple[str, ...]
    shifts: tuple[Shift, ...] = ()
    outputs: list[Operand] = field(default_factory=list)
    _known: dict[Node, Node] = field(default_factory=dict, repr=False)

    @property
    def names(self) -> tuple[str, ...]:
        return (*self.symbols, *(s.name for s in self.shifts))

    def add(self, p: Poly) -> int:
        """Append ``p`` or ``-p``, whichever begins with a positive term, and say which: 1 or -1."""
        sign, operand = self._horner(self._shortest(p))
        self.outputs.append(operand)
        return sign

    def negate(self, places: Iterable[int]) -> None:
        """Change the sign of outputs."""
        for k in places:
            if self.outputs[k] != ("int", 0):
                self.outputs[k] = Node("-", ("int", 0), self.outputs[k])

    def _shortest(self, p: Poly) -> Terms:
        wide = len(self.shifts)
        terms: Terms = {
            (*(int(e) for e in m[: len(self.symbols)]), *(0,) * wide): int(c) for m, c in p.to_dict().items()
        }
        for k, shift in enumerate(self.shifts):
            candidate = shifted(terms, shift, len(self.symbols) + k)
            if len(candidate) < len(terms):
                terms = candidate
        return terms

    # -- Horner's rule in several variables ---------------------------------------------------------------------

    def _horner(self, terms: Terms) -> tuple[int, Operand]:
        """A sign and an operand: the variable of the most terms is taken out first."""
        if not terms:
            return 1, ("int", 0)
        if len(terms) == 1:
            ((monomial, coefficient),) = terms.items()
            return self._monomial(monomial, coefficient)
        content = gcd(*terms.values())
        if content > 1:
            sign, rest = self._horner({m: c // content for m, c in terms.items()})
            return sign, self._node("*", ("int", content), rest)
        counts = Counter(k for monomial in terms for k, e in enumerate(monomial) if e)
        best = max(counts, key=lambda k: (counts[k], -k), default=None)
        if best is None or counts[best] < 2:
            return self._sum(self._monomial(m, c) for m, c in _ordered(terms))
        outer = {_lowered(m, best): c for m, c in terms.items() if m[best]}
        inner = {m: c for m, c in terms.items() if not m[best]}
        sign, factor = self._horner(outer)
        product = self._node("*", ("name", best), factor)
        if not inner:
            return sign, product
        return self._sum([self._horner(inner), (sign, product)])

    def _monomial(self, monomial: tuple[int, ...], coefficient: int) -> tuple[int, Operand]:
        factors: list[Operand] = [("name", k) for k, e in enumerate(monomial) for _ in range(e)]
        size = abs(coefficient)
        product: Operand | None = None
        for factor in factors:
            product = factor if product is None else self._node("*", product, factor)
        if product is None:
            product = ("int", size)
        elif size != 1:
            product = self._node("*", ("int", size), product)
        return (1 if coefficient > 0 else -1), product

    def _sum(self, parts: Sequence[tuple[int, Operand]] | Iterator[tuple[int, Operand]]) -> tuple[int, Operand]:
        rows = sorted(parts, key=lambda row: -row[0])  # stable: those to be added first, then those to be taken away
        sign, total = rows[0]
        for other, operand in rows[1:]:
            total = self._node("+" if other == sign else "-", total, operand)
        return sign, total

    def _node(self, op: str, left: Operand, right: Operand) -> Node:
        node = Node(op, left, right)
        if op in "+*" and Node(op, right, left) in self._known:
            return self._known[Node(op, right, left)]
        return self._known.setdefault(node, node)

    # -- text ---------------------------------------------------------------------------------------------------

    def text(self, names: Mapping[str, str] | None = None, notes: Mapping[int, str] | None = None) -> list[str]:
        """The lines of a function's body: what is used twice gets a name, then the outputs are returned.

        ``names`` maps a symbol to its identifier in the text, ``notes`` an output to the comment before it. Names of
        our own are ``t0, t1, ...``.
        """
        said = [(names or {}).get(n, n) for n in self.names]
        uses: Counter[Node] = Counter()
        order: list[Node] = []
        touched: set[int] = set()
        for output in self.outputs:
            self._visit(output, uses, order, touched)
        known: dict[Node, str] = {}
        lines = [_shift_text(s, said[len(self.symbols) + k], said) for k, s in enumerate(self.shifts)]
        lines = [line for k, line in enumerate(lines) if len(self.symbols) + k in touched]
        for node in order:
            if uses[node] > 1:
                written = _text(node, said, known)
                known[node] = f"t{len(known)}"
                lines += wrapped(f"{known[node]} = ", written)
        rows = []
        for k, output in enumerate(self.outputs):
            rows += [f"    # {notes[k]}"] if notes and k in notes else []
            rows += wrapped("    ", _text(output, said, known), ",", 8)
        return [*lines, "return (", *rows, ")"]

    def _visit(self, operand: Operand, uses: Counter[Node], order: list[Node], touched: set[int]) -> None:
        if isinstance(operand, Node):
            uses[operand] += 1
            if uses[operand] == 1:
                self._visit(operand.left, uses, order, touched)
                self._visit(operand.right, uses, order, touched)
                order.append(operand)
        elif operand[0] == "name":
            touched.add(operand[1])


def _ordered(terms: Terms) -> list[tuple[tuple[int, ...], int]]:
    return sorted(terms.items(), key=lambda item: (sum(item[0]), tuple(-e for e in item[0])))


def _lowered(monomial: tuple[int, ...], place: int) -> tuple[int, ...]:
    return (*monomial[:place], monomial[place] - 1, *monomial[place + 1 :])


def _shift_text(shift: Shift, name: str, said: Sequence[str]) -> str:
    return f"{name} = {_integer(shift.constant)} {'+' if shift.factor > 0 else '-'} {said[shift.symbol]}"


def _integer(value: int) -> str:
    return str(value) if abs(value) < LARGE else f"integer({value})"


def _text(operand: Operand, said: Sequence[str], known: Mapping[Node, str]) -> str:
    if isinstance(operand, tuple):
        kind, value = operand
        return said[value] if kind == "name" else _integer(value)
    if operand in known:
        return known[operand]
    left, right = _text(operand.left, said, known), _text(operand.right, said, known)
    if operand.op == "-" and operand.left == ("int", 0):
        return f"-{_factor(operand.right, right, known)}"
    if operand.op == "*":
        return f"{_factor(operand.left, left, known)}*{_factor(operand.right, right, known, second=True)}"
    return f"{left} {operand.op} {_term(operand.right, right, known)}"


def _factor(operand: Operand, text: str, known: Mapping[Node, str], second: bool = False) -> str:
    loose = isinstance(operand, Node) and operand not in known and (operand.op != "*" or second)
    return f"({text})" if loose else text


def _term(operand: Operand, text: str, known: Mapping[Node, str]) -> str:
    return f"({text})" if isinstance(operand, Node) and operand not in known and operand.op != "*" else text


def _words(text: str, room: int) -> list[str]:
    """What stays on one line: the words of a text, a short comparison with both its sides; a long product in parts."""
    words: list[str] = []
    joined = False
    for word in text.split(" "):
        if words and (joined or word in ("<", "<=", ">", ">=", "==", "!=")) and len(words[-1]) + len(word) < room // 2:
            words[-1] += f" {word}"
            joined = not joined
        else:
            words.append(word)
            joined = False
    return [part for word in words for part in (re.split(r"(?<=\*)", word) if len(word) > room else [word])]


def wrapped(head: str, text: str, tail: str = "", indent: int = 4, width: int = WIDTH - 8) -> list[str]:
    """``head text tail`` on one line, or in parentheses over several, broken at spaces.

    >>> wrapped("t = ", "a + b", width=20)
    ['t = a + b']
    >>> wrapped("t = ", "aaaaaa + bbbbbb + cccccc", width=20)
    ['t = (', '    aaaaaa + bbbbbb', '    + cccccc', ')']
    """
    if len(head) + len(text) + len(tail) <= width:
        return [head + text + tail]
    pad = " " * indent
    rows, row = [], ""
    room = width - len(pad)
    for word in _words(text, room):
        if row and len(pad) + len(row) + 1 + len(word) > width:
            rows.append(pad + row)
            row = word
        else:
            row = f"{row} {word}" if row else word
    margin = head[: len(head) - len(head.lstrip())]
    return [f"{head}(", *rows, pad + row, f"{margin}){tail}"]
