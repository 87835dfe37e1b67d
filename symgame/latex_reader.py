r"""Formulas in LaTeX, read for one circuit: its names, words and abbreviations found again, then read by precedence.

It inverts :mod:`symgame.typeset` in the circuit's own notation (``[notation]`` and ``[abbreviations]`` of a model
file), and reads what people write besides: implicit products, ``\text{if}``, ``cases``, several signs for one relation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from functools import cache
from itertools import pairwise
from typing import NoReturn

from symgame import syntax as s
from symgame.by_cases import ByCases, related
from symgame.circuit import Circuit
from symgame.grammar import MAX_DEPTH, MAX_EXPONENT, read_formula
from symgame.latex_items import (
    TEXTS,
    Accent,
    Fence,
    Glyph,
    Item,
    Items,
    Over,
    Root,
    Rows,
    Script,
    complaint,
    latex_items,
    refused,
)
from symgame.latex_notation import Notation, loose, shown
from symgame.typeset import CALLS
from symgame.words import BRANCH_NUMBERS, BRANCH_WORDS, CIRCUIT_WORDS, READ_CONDITIONS, READINGS, nearest

_RELATIONS = {"=": "=", "<": "<", ">": ">", "≤": "<=", "≥": ">=", "≠": "!="}
#: Words as people write them; blanks, hyphens and capitals make no difference.
_SPOKEN = {
    **{word: word for word in (*BRANCH_WORDS, *CIRCUIT_WORDS, *BRANCH_NUMBERS, *READINGS, *READ_CONDITIONS)},
    "p": "p_matrix", "tr": "trace", "discriminant": "disc", "lyapunov_diagonally_stable": "lds", "ds": "d_stable",
    "diagonally_strictly_monotone": "rosen", "strongly_monotone": "monotone", "min": "min", "max": "max",
    "true": "true", "false": "false",
}  # fmt: skip
#: What the numbers of a branch are of, where one says so: ``\det A``, ``\det(I - W)``, ``\operatorname{tr} J``.
_SUBJECTS = {"det": ("A", "I-W", "I-SW"), "trace": ("J",), "disc": ("J",)}
_IFF, _IMPLIES, _OR, _AND, _NOT, _RELATION, _SUM, _PRODUCT = range(1, 9)
_BINDING = {
    "⇔": _IFF, "⇒": _IMPLIES, "⇐": _IMPLIES, "∨": _OR, "∧": _AND, **dict.fromkeys(_RELATIONS, _RELATION), "+": _SUM,
    "-": _SUM, "·": _PRODUCT, "*": _PRODUCT, "/": _PRODUCT,
}  # fmt: skip
#: How a sign that was written in words begins.
_IN_WORDS = tuple(rf"\{command}" for command in sorted(TEXTS))
_DECORATIONS = ((Glyph("*"),), (Glyph(r"\ast"),))


@cache
def _notation(circuit: Circuit, style: object) -> Notation:
    """Circuits that are written differently are equal, so the presentation is part of the key."""
    return Notation.of(circuit)


def read_latex(circuit: Circuit, source: str, what: str = "the formula", *, number: bool = False) -> s.Formula:
    r"""Read a condition in LaTeX, in the notation of the circuit; with ``number`` a number is fine too.

    Abbreviations are written out. Raises :class:`~symgame.errors.FormulaError` naming the column, what was expected
    and the neighbourhood.

    >>> from symgame.named import wilson_cowan
    >>> print(read_latex(wilson_cowan(), r"\frac{\partial x_I}{\partial u_I} < 0 \iff w_{EE} > 1 \land D > 0"))
    dx(I,u_I) < 0 <=> w_EE > 1 & 1 - w_EE + w_II - w_EE*w_II + w_EI*w_IE > 0
    >>> by_cases = r"x_E^* = \begin{cases} 0 & \text{if } u_E \le 0 \\ u_E & \text{else} \end{cases}"
    >>> print(read_latex(wilson_cowan(), by_cases))
    (u_E <= 0 => x(E) = 0) & (u_E > 0 => x(E) = u_E)
    """
    items = latex_items(source, what, circuit.presentation.macros)
    parse = _Parse(_notation(circuit, circuit.presentation), source, what, items)
    node = parse.whole()
    text = s.text(node)
    if number and not s.is_condition(node):
        return read_formula(f"{text} = 0", f"{what}, read as '{text}'").terms[0]  # type: ignore[attr-defined, no-any-return]
    return read_formula(text, f"{what}, read as '{text[:80]}'")


class _Parse:
    """One pass over one sequence of items; parts of it are read by parsers of their own."""

    def __init__(
        self, notation: Notation, source: str, what: str, items: Items, bars: bool = False, depth: int = 0
    ) -> None:
        self.notation, self.source, self.what, self.items, self.bars = notation, source, what, items, bars
        self.at = 0
        self.depth = depth
        self.divided: s.Formula | None = None  # the last quotient with a slash: what follows it must have its sign

    def fail(self, message: str, item: Item | None = None) -> NoReturn:
        at = len(self.source) if item is None else item.at
        raise complaint(self.source, self.what, message, at)

    @property
    def here(self) -> Item | None:
        return self.items[self.at] if self.at < len(self.items) else None

    def sign(self) -> str:
        """The sign that stands here; empty for anything else."""
        here = self.here
        return here.text if isinstance(here, Glyph) and here.font in ("", "row") else ""

    def inner(self, items: Items, bars: bool = False) -> s.Formula:
        if not items:
            self.fail("nothing between the braces or parentheses", self.items[max(0, self.at - 1)])
        return self.part(items, bars)

    def part(self, items: Items, bars: bool = False) -> s.Formula:
        parse = _Parse(self.notation, self.source, self.what, items, bars, self.depth)
        node = parse.expression()
        if parse.here is not None:
            parse.unexpected(parse.here)
        return node

    def unexpected(self, item: Item) -> NoReturn:
        written = shown(item)
        if written == "∈":
            self.fail(r"'\in' is read in 'A \in P' and the like; write an interval as 0 < w < 1", item)
        self.fail(f"{written!r} was not expected here", item)

    # -- several formulas in a row --------------------------------------------------------------------------------

    def whole(self) -> s.Formula:
        """Rows are joined by *and*, unless one goes on where the other ends; so are parts with a comma between."""
        rows: list[list[Item]] = [[]]
        for item in self.items:
            if isinstance(item, Glyph) and item.font == "row":
                rows.append([])
            else:
                rows[-1].append(item)
        joined: list[list[Item]] = []
        for row in filter(None, rows):
            if joined and (_goes_on(row[0]) or _goes_on(joined[-1][-1])):
                joined[-1] += row
            else:
                joined.append(row)
        if not joined:
            self.fail("there is no formula")
        nodes = [self.line(tuple(row)) for row in joined]
        for node, row in zip(nodes, joined, strict=True):
            if len(nodes) > 1 and not s.is_condition(node):
                self.fail("a row of several must be a condition; a row that goes on begins with its sign", row[0])
        return nodes[0] if len(nodes) == 1 else s.And(tuple(nodes))

    def line(self, items: Items) -> s.Formula:
        parts: list[list[Item]] = [[]]
        for item in items:
            if isinstance(item, Glyph) and item.text in (",", ";", ".") and not item.font:
                parts.append([])
            else:
                parts[-1].append(item)
        kept = [part for part in parts if part]
        if not kept:
            self.fail("there is no formula", items[0])
        if len(kept) == 2 and self.in_words(kept[0][0], "⇐") and kept[1][0] == Glyph("⇒"):  # if A, then B
            kept = [kept[0] + kept[1]]
        nodes = [self.part(tuple(part)) for part in kept]
        if len(nodes) == 1:
            return nodes[0]
        for node, part in zip(nodes, kept, strict=True):
            if not s.is_condition(node):
                self.fail("what stands between commas must be a condition", part[0])
            if isinstance(node, s.Implies | s.Iff):
                self.fail(r"a comma beside an implication can be read in two ways; write \land", part[0])
        return s.And(tuple(nodes))

    # -- by precedence ----------------------------------------------------------------------------------------------

    def expression(self, least: int = _IFF) -> s.Formula:
        self.depth += 1
        if self.depth > 2 * MAX_DEPTH:
            self.fail(f"nested more than {MAX_DEPTH} deep; rewrite it flatter", self.here)
        left = self.prefix()
        while (op := self.operator()) is not None:
            binding = _BINDING.get(op, _PRODUCT)
            if binding < least:
                break
            item = self.here
            assert item is not None
            self.at += bool(op)
            left = self.joined(left, op, item)
        self.depth -= 1
        return left

    def operator(self) -> str | None:
        """The sign between two operands: empty for a product without a sign, ``None`` at the end."""
        here, sign = self.here, self.sign()
        if here is None or sign in (",", ";", ".", ":", "∈", "otherwise", "row") or (sign == "|" and self.bars):
            return None
        return sign if sign in _BINDING else ""

    def joined(self, left: s.Formula, op: str, item: Item) -> s.Formula:
        match op:
            case "⇔":
                right = self.expression(_IMPLIES)
                if self.sign() == "⇔":
                    self.fail("a chain of equivalences can be read in two ways; use parentheses", self.here)
                return s.Iff(self.condition(left, item), self.condition(right, item), at=item.at)
            case "⇒":
                return s.Implies(
                    self.condition(left, item), self.condition(self.expression(_IMPLIES), item), at=item.at
                )
            case "⇐":
                right = self.expression(_OR)
                return s.Implies(self.condition(right, item), self.condition(left, item), at=item.at)
            case "∨" | "∧":
                kind, binding = (s.Or, _OR) if op == "∨" else (s.And, _AND)
                args = [self.condition(left, item), self.condition(self.expression(binding + 1), item)]
                while self.sign() == op:
                    self.at += 1
                    args.append(self.condition(self.expression(binding + 1), item))
                return kind(tuple(args), at=item.at)
            case "+" | "-":
                return self.sum(left, op, item)
        if op in _RELATIONS:
            return self.relation(left, op, item)
        return self.product(left, op, item)

    def sum(self, left: s.Formula, op: str, item: Item) -> s.Formula:
        terms = [self.number(left, item)]
        while True:
            right = self.number(self.expression(_PRODUCT), item)
            terms.append(s.Negative(right, at=item.at) if op == "-" else right)
            op = self.sign()
            if op not in ("+", "-"):
                return s.Sum(tuple(terms), at=terms[0].at)
            self.at += 1

    def product(self, left: s.Formula, op: str, item: Item) -> s.Formula:
        if op == "" and left is self.divided:
            self.fail(r"'a / b c' can be read in two ways; write \frac{a}{b} c or a / (b c)", item)
        right = self.number(self.prefix(), item)
        self.number(left, item)
        if op == "/":
            ratio = s.Ratio(left, right, at=item.at)
            plain = isinstance(left, s.Number) and isinstance(right, s.Number)  # 1/2 w is read by everybody as half w
            self.divided = None if plain else ratio
            return ratio
        factors = left.factors if isinstance(left, s.Product) else (left,)
        return s.Product((*factors, right), at=left.at)

    def relation(self, left: s.Formula, op: str, item: Item) -> s.Formula:
        terms, ops = [left, self.expression(_SUM)], [_RELATIONS[op]]
        while self.sign() in _RELATIONS:
            ops.append(_RELATIONS[self.sign()])
            self.at += 1
            terms.append(self.expression(_SUM))
        if not any(isinstance(t, ByCases) for t in terms):
            return s.Relation(tuple(self.number(t, item) for t in terms), tuple(ops), at=item.at)
        try:
            return related([t if isinstance(t, ByCases) else self.number(t, item) for t in terms], ops)
        except ValueError as error:
            self.fail(str(error), item)

    def condition(self, node: s.Formula, item: Item) -> s.Formula:
        if not s.is_condition(node):
            what = "cases" if isinstance(node, ByCases) else f"'{s.text(node)}'"
            self.fail(f"{shown(item)!r} joins conditions, but {what} is a number; compare it first", item)
        return node

    def number(self, node: s.Formula, item: Item) -> s.Formula:
        if isinstance(node, ByCases):
            self.fail("cases stand on one side of a relation only, as in x = cases", item)
        if s.is_condition(node):
            self.fail(f"{shown(item)!r} needs a number, but '{s.text(node)}' is a condition (true or false)", item)
        return node

    # -- operands ---------------------------------------------------------------------------------------------------

    def prefix(self) -> s.Formula:
        item, sign = self.here, self.sign()
        if item is None:
            last = self.items[-1] if self.items else None
            self.fail("the formula ends where a number or a condition was expected", last)
        if sign in ("-", "+"):
            self.at += 1
            of = self.number(self.expression(_PRODUCT), item)
            return s.Negative(of, at=item.at) if sign == "-" else of
        if sign == "¬":
            self.at += 1
            return s.Not(self.condition(self.expression(_NOT), item), at=item.at)
        if sign in ("∀", "∃"):
            return self.over_taus(item, sign)
        if self.in_words(item, "⇐") and self.at == 0:
            return self.if_then(item)
        return self.powered(item)

    def in_words(self, item: Item, sign: str) -> bool:
        r"""Whether the sign was written in words, as in ``\text{if}``."""
        return item == Glyph(sign) and self.source.startswith(_IN_WORDS, item.at)

    def if_then(self, item: Item) -> s.Formula:
        """``if A then B``, which is the whole formula."""
        self.at += 1
        premise = self.condition(self.expression(_OR), item)
        if self.sign() != "⇒":
            self.fail(r"an 'if' at the beginning needs its 'then', as in \text{if } A \text{ then } B", item)
        self.at += 1
        return s.Implies(premise, self.condition(self.expression(_IMPLIES), item), at=item.at)

    def over_taus(self, item: Item, sign: str) -> s.Formula:
        self.at += 1
        if self.sign() != r"\tau":
            self.fail(r"a quantifier is read over the time constants alone, as in \forall\tau\colon F", item)
        self.at += 1
        if self.sign() in (":", ",", "."):
            self.at += 1
        body = self.condition(self.expression(_NOT), item)
        return s.Call("for_all_tau" if sign == "∀" else "for_some_tau", (body,), at=item.at)

    def powered(self, item: Item) -> s.Formula:
        """An operand with what stands above it; what stands above a name may be part of the name."""
        matched = self.matched()
        if matched is not None:
            node, above = matched
            if isinstance(node, s.Call) and node.name in ("x", "energy") and above in _DECORATIONS:
                return node
            return self.power(node, above, item)
        self.at += 1
        match item:
            case Script(base=base, below=(), above=above):
                return self.power(self.inner(base), above, item)
            case Script(base=(Glyph(text="∂"), *_)):
                return self.partial(item)
            case _:
                return self.operand(item)

    def operand(self, item: Item) -> s.Formula:
        match item:
            case Glyph(text=text, font="number"):
                return s.Number(Fraction(text), at=item.at)
            case Glyph(text="∂"):
                return self.partial(item)
            case Glyph(text="|"):
                return self.modulus(item)
            case Fence(opening="|", inside=inside):
                return s.Call("abs", (self.number(self.inner(inside), item),), at=item.at)
            case Fence(inside=inside):
                return self.inner(inside)
            case Over(over=over, under=under):
                derivative = self.derivative(over, under)
                if derivative is not None:
                    return derivative
                above, below = self.number(self.inner(over), item), self.number(self.inner(under), item)
                if isinstance(below, s.Number) and below.value == 0:
                    self.fail("a division by zero", item)
                return s.Ratio(above, below, at=item.at)
            case Root(inside=inside):
                return s.Call("sqrt", (self.number(self.inner(inside), item),), at=item.at)
            case Rows(rows=rows):
                return self.cases(item, rows)
            case Accent(mark=mark):
                reason = refused(mark)
                if reason:
                    self.fail(rf"\{mark} {reason}", item)
            case Glyph(text=text) if text.isascii() and text.isalpha():
                self.at -= 1
                return self.word(item)
        self.unknown(item)

    def unknown(self, item: Item) -> NoReturn:
        written = shown(item)
        if isinstance(item, Glyph) and self.in_words(item, item.text):
            written = self.source[item.at : self.source.find("}", item.at) + 1]
        if isinstance(item, Glyph) and (item.text in _BINDING or not item.text.startswith("\\")):
            self.fail(f"{written!r} stands where a number, a name or '(' was expected", item)
        if isinstance(item, Glyph):
            reason = refused(item.text[1:])
            if reason is not None:
                self.fail(f"{item.text} {reason}", item)
        if isinstance(item, Script) and isinstance(item.base[0], Accent) and refused(item.base[0].mark):
            self.fail(rf"\{item.base[0].mark} {refused(item.base[0].mark)}", item)
        if isinstance(item, Script) and item.above and item.above[0] == Glyph("′"):
            self.fail("a prime is not read: it might be a derivative or a transpose", item)
        self.fail(f"unknown symbol {written!r}{self.known(item)}", item)

    def known(self, item: Item) -> str:
        return nearest(shown(item), self.notation.listed)

    def power(self, node: s.Formula, above: Items, item: Item) -> s.Formula:
        if not above:
            return node
        if above[0] == Glyph("′"):
            self.fail("a prime is not read: it might be a derivative or a transpose", item)
        if above in _DECORATIONS:
            self.fail("'*' marks rates and energies of an equilibrium, as in x_E^*, and nothing else", item)
        negative = above[0] == Glyph("-")
        rest = above[1:] if negative else above
        one, two = Glyph("1", "number"), Glyph("2", "number")
        if rest in ((Over((one,), (two,)),), (one, Glyph("/"), two)):
            root: s.Formula = s.Call("sqrt", (self.number(node, item),), at=item.at)
            return s.Ratio(s.Number(Fraction(1)), root, at=item.at) if negative else root
        match rest:
            case (Glyph(text=text, font="number"),) if text.isdigit() and len(text) < 4 and int(text) <= MAX_EXPONENT:
                base = self.number(node, item)
                power = base if int(text) == 1 else s.Power(base, int(text), at=item.at)
                return s.Ratio(s.Number(Fraction(1)), power, at=item.at) if negative else power
        written = "".join(map(shown, above))
        self.fail(f"the exponent {written!r}: a whole number up to {MAX_EXPONENT}, 1/2, or 'x_E^*' is read", item)

    def modulus(self, bar: Item) -> s.Formula:
        """``|x|``: up to the next bar that stands where an operand has ended."""
        if self.bars:
            self.fail(r"nested bars can be read in two ways; write \left| ... \right|", bar)
        parse = _Parse(self.notation, self.source, self.what, self.items, True, self.depth)
        parse.at = self.at
        node = self.number(parse.expression(_SUM), bar)
        if parse.sign() != "|":
            self.fail("missing the second bar of |x|", bar)
        self.at = parse.at + 1
        return s.Call("abs", (node,), at=bar.at)

    def cases(self, item: Item, rows: tuple[tuple[Items, ...], ...]) -> s.Formula:
        found: list[tuple[s.Formula, s.Formula | None]] = []
        for row in rows:
            cells = [tuple(c for c in cell if c not in (Glyph(","), Glyph(";"), Glyph("."))) for cell in row if cell]
            flat = cells if len(cells) != 1 else _at_condition(cells[0])
            if len(flat) != 2 or not flat[0]:
                self.fail(r"a row of cases is 'value & \text{if } condition'", row[0][0] if row[0] else item)
            value, when = flat
            when = when[1:] if when[:1] == (Glyph("⇐"),) else when
            last = when in ((Glyph("otherwise"),), ())
            first = row[0][0]
            condition = None if last else self.condition(self.part(when), first)
            found.append((self.number(self.part(value), first), condition))
        if not found or any(c is None for _, c in found[:-1]):
            self.fail("cases need rows, and 'otherwise' is the last of them", item)
        return ByCases(tuple(found), at=item.at)

    # -- names and words ----------------------------------------------------------------------------------------

    def matched(self) -> tuple[s.Formula, Items] | None:
        """What the longest name, rate or word from here on stands for, and what stands above its last item."""
        tables = (self.notation.names, self.notation.rates, self.notation.words)
        for length in range(min(max(t.longest for t in tables), len(self.items) - self.at), 0, -1):
            key = self.items[self.at : self.at + length]
            for table in tables:
                found = self.looked_up(key, table.get)
                if found is not None and not self.torn(key):
                    self.at += length
                    return found
        return None

    @staticmethod
    def looked_up(key: Items, get: Callable[[Items], s.Formula | None]) -> tuple[s.Formula, Items] | None:
        node = get(key)
        if node is not None:
            return node, ()
        last = key[-1]
        if isinstance(last, Script) and last.above:
            bare = (replace(last, above=()),) if last.below else last.base
            node = get((*key[:-1], *bare))
            if node is not None:
                return node, last.above
        return None

    def torn(self, key: Items) -> bool:
        """Whether a match cuts a word in two, or joins what blanks keep apart and what are names by themselves."""
        after = self.at + len(key)
        last, following = key[-1], self.items[after] if after < len(self.items) else None
        if isinstance(last, Glyph) and isinstance(following, Glyph) and last.group and last.group == following.group:
            return True
        apart = any(b.at > a.at + len(a.text) for a, b in _glyph_pairs(key))
        return apart and all(self.notation.names.get((item,)) is not None for item in key)

    def population(self, items: Items, item: Item) -> str:
        node = self.notation.populations.get(items)
        if not isinstance(node, s.Name):
            known = ", ".join(sorted(str(n) for n in self.notation.populations.exact.values()))
            self.fail(f"{''.join(map(shown, items))!r} is no population (known: {known})", item)
        return node.id

    def spelled(self) -> tuple[str, int]:
        """The letters from here on that belong to one word, and how many items they are."""
        first = self.here
        assert isinstance(first, Glyph)
        run: list[Glyph] = []
        for item in self.items[self.at :]:
            if not isinstance(item, Glyph) or item.group != first.group:
                break
            if not first.group and (item.font or not (item.text.isascii() and item.text.isalpha())):
                break
            run.append(item)
        return "".join(g.text for g in run), len(run)

    def word(self, item: Item) -> s.Formula:
        written, length = self.spelled()
        word = _SPOKEN.get(written.lower().replace("-", "_").replace(" ", "_"))
        if word is None:
            whole = written if isinstance(item, Glyph) and item.group else shown(item)
            known = nearest(whole, (*self.notation.listed, *_SPOKEN)) if length > 1 else self.known(item)
            self.fail(f"unknown symbol or word {whole!r}{known}", item)
        self.at += length
        following = self.here
        if word in ("true", "false"):
            return s.Truth(word == "true", at=item.at)
        if word in _SUBJECTS:
            return self.of_branch(word, item)
        if not isinstance(following, Fence):
            if word in CIRCUIT_WORDS:
                return s.Name(word, at=item.at)
            self.fail(f"{written!r} is followed by parentheses, as in {CALLS.get(word, word)}(E)", item)
        if word in CIRCUIT_WORDS and word not in BRANCH_WORDS:
            self.fail(f"{written!r} is said of the circuit and takes no parentheses", item)
        self.at += 1
        args = _split(following.inside)
        if word in BRANCH_WORDS:
            members = tuple(self.member(part, following) for part in args if part != (Glyph("∅"),))
            return s.Call(word, members, at=item.at)
        if word in ("min", "max"):
            return s.Call(word, tuple(self.number(self.inner(part), item) for part in args), at=item.at)
        first: s.Formula = s.Name(self.population(args[0] if args else (), following))
        return s.Call(word, (first, *(self.inner(part) for part in args[1:])), at=item.at)

    def of_branch(self, word: str, item: Item) -> s.Formula:
        following = self.here
        inside = following.inside if isinstance(following, Fence) else (following,) if following is not None else ()
        said = "".join(shown(i) for i in inside)
        if said in _SUBJECTS[word]:
            self.at += 1
        elif isinstance(following, Fence) or (self.operator() == "" and following is not None):
            self.fail(f"{word} is that of {_SUBJECTS[word][0]}, not of {said!r}", item)
        return s.Name(word, at=item.at)

    def member(self, items: Items, fence: Item) -> s.Formula:
        for mark, piece in (((Glyph("="), Glyph("m")), "saturated"), ((Glyph("="), Glyph("-")), "negative")):
            if loose(items[-2:]) == mark:
                return s.Member(self.population(items[:-2], fence), piece, at=fence.at)
        return s.Member(self.population(items, fence), at=fence.at)

    # -- derivatives ------------------------------------------------------------------------------------------------

    def partial(self, item: Item) -> s.Formula:
        r"""``\partial x_E / \partial u_I`` in one line."""
        rest = self.items[self.at :]
        slash = next((k for k, i in enumerate(rest) if i == Glyph("/")), None)
        if slash is not None and slash + 2 < len(rest):
            node = self.derivative((item, *rest[:slash]), rest[slash + 1 : slash + 3])
            if node is not None:
                self.at += slash + 3
                return node
        self.fail(r"derivatives are read as \frac{\partial x_E}{\partial u_E}, of a rate by an input", item)

    def derivative(self, over: Items, under: Items) -> s.Formula | None:
        for mark in ("∂", "d"):
            sign = Glyph(mark)
            if mark == "d" and self.notation.names.get((sign,)) is not None:
                continue
            if over and loose(over[:1]) == (sign,) and loose(under[:1]) == (sign,):
                rate, by = self.looked_up(over[1:], self.notation.rates.get) if over[1:] else None, under[1:]
                name = self.notation.names.get(by) if by else None
                if rate is not None and rate[1] in ((), *_DECORATIONS) and isinstance(name, s.Name):
                    return s.Call("dx", (*rate[0].args, name), at=over[0].at)  # type: ignore[attr-defined]
            if loose(over[:1]) == (Script((sign,), (), (Glyph("2"),)),) and loose(under[:1]) == (sign,):
                energy = self.notation.words.get(over[1:])
                squared = self.looked_up(under[1:], self.notation.rates.get) if under[1:] else None
                if isinstance(energy, s.Call) and energy.name == "energy" and squared is not None:
                    by_rate, above = squared
                    if loose(above) == (Glyph("2"),) and by_rate == s.Call("x", energy.args):
                        return s.Call("curvature", energy.args, at=over[0].at)
        return None


def _goes_on(item: Item) -> bool:
    return isinstance(item, Glyph) and item.text in _BINDING


def _glyph_pairs(items: Items) -> Iterator[tuple[Glyph, Glyph]]:
    for a, b in pairwise(items):
        if isinstance(a, Glyph) and isinstance(b, Glyph):
            yield a, b


def _at_condition(cell: Items) -> list[Items]:
    """A row of cases without ``&``, cut at its *if*."""
    for k, item in enumerate(cell):
        if item in (Glyph("⇐"), Glyph("otherwise")):
            return [cell[:k], cell[k:]]
    return [cell]


def _split(items: Items) -> list[Items]:
    """The arguments of a call: what stands between commas."""
    parts: list[Items] = [()]
    for item in items:
        if item == Glyph(","):
            parts.append(())
        else:
            parts[-1] = (*parts[-1], item)
    return [part for part in parts if part]
