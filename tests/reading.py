r"""Formulas read back from what the reports show: MathML or LaTeX to items, items to a tree of :mod:`symgame.syntax`.

An item is a letter (``"x"``; ``"upright:exists"`` for a word), a number (``"#12"``), a sign, or a tuple for what stands
above or below: ``("script", base, below, above)``, ``("frac", over, under)``, ``("sqrt", inside)``, ``("accent", mark,
under)``. Both roads give the same items, and only the tree of items knows about formulas. Nothing here uses the writers
but the names that the author and the table of notation give to symbols and populations.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from html.parser import HTMLParser

import sympy

from symgame import check
from symgame import syntax as s
from symgame.circuit import Circuit
from symgame.errors import SymgameError
from symgame.grammar import read_formula, read_term
from symgame.notation import expression
from symgame.shape import Shaper, abbreviations
from symgame.words import FUNCTIONS, QUANTIFIERS

Item = str | tuple  # type: ignore[type-arg]
Items = tuple[Item, ...]


class Unreadable(Exception):
    """Mathematics that is no formula of the language."""


# -- LaTeX to items ---------------------------------------------------------------------------------------------------

_SIGNS = {
    r"\le": "≤", r"\ge": "≥", r"\leq": "≤", r"\geq": "≥", r"\ne": "≠", r"\wedge": "∧", r"\vee": "∨", r"\neg": "¬",
    r"\Longrightarrow": "⟹", r"\Longleftrightarrow": "⟺", r"\cdot": "·", r"\in": "∈", r"\forall": "∀", r"\exists": "∃",
    r"\colon": ":", r"\emptyset": "∅", r"\partial": "∂", r"\big/": "/", r"\infty": "∞", r"\ell": "ℓ", r"\phi": "ϕ",
    r"\varphi": "φ", r"\epsilon": "ϵ", r"\varepsilon": "ε", r"\prime": "′", r"\star": "⋆", r"\ast": "*", r"\_": "_",
    r"\lambda": "λ", r"\Lambda": "Λ",
}  # fmt: skip
_SKIPPED = {r"\;", r"\,", r"\:", r"\!", r"\ ", r"\left", r"\right", r"\bigl", r"\bigr", r"\displaystyle", " ", "&"}
_ACCENTS = {
    "hat": "^", "widehat": "^", "bar": "¯", "overline": "¯", "tilde": "~", "widetilde": "~", "vec": "→", "dot": "˙",
    "ddot": "¨", "acute": "´", "grave": "`", "breve": "˘", "check": "ˇ", "mathring": "˚", "underline": "¯",
}  # fmt: skip
_ALPHABETS = {
    "mathcal": "SCRIPT", "mathbf": "BOLD", "mathsf": "SANS-SERIF", "mathtt": "MONOSPACE", "mathit": "ITALIC",
    "boldsymbol": "BOLD ITALIC",
}  # fmt: skip


def _styled(letter: str, style: str) -> str:
    case = "CAPITAL" if letter.isupper() else "SMALL"
    full = unicodedata.name(letter)
    name = full.rsplit(" ", 1)[1] if full.startswith(("LATIN", "GREEK")) else full
    for form in (f"MATHEMATICAL {style} {case} {name}", f"{style} {case} {name}", f"MATHEMATICAL {style} {name}"):
        try:
            return unicodedata.lookup(form)
        except KeyError:
            continue
    return letter


class _Latex:
    def __init__(self, latex: str) -> None:
        self.tokens = re.findall(r"\\big/|\\[A-Za-z]+|\\.|\d+|[^\\]", latex)
        self.at = 0

    def items(self, until: str | None = None) -> Items:
        found: list[Items] = []
        while self.at < len(self.tokens):
            token = self.tokens[self.at]
            if token == until:
                break
            if token in ("_", "^"):
                base = found.pop() if found else ()
                found.append((self.script(base),))
            elif (part := self.atom()) is not None:
                found.append(part)
        if self.at == len(self.tokens) and until is not None:
            raise Unreadable(f"no {until}")
        return tuple(item for part in found for item in part)

    def script(self, base: Items) -> Item:
        parts: dict[str, Items] = {}
        while self.at < len(self.tokens) and self.tokens[self.at] in ("_", "^"):
            sign = self.tokens[self.at]
            if sign in parts:
                raise Unreadable("two scripts of a kind")
            self.at += 1
            parts[sign] = self.argument()
        return ("script", base, parts.get("_", ()), parts.get("^", ()))

    def argument(self) -> Items:
        while True:
            part = self.atom()
            if part is not None:
                return part

    def atom(self) -> Items | None:
        token = self.tokens[self.at]
        self.at += 1
        if token == "{":
            inner = self.items("}")
            self.at += 1
            return inner
        if token == r"\left":  # a group as a whole carries the scripts after it
            inner = self.items(r"\right")
            self.at += 1
            closing = self.argument()
            return (*inner, *closing)
        if token in _SKIPPED:
            return None
        if token in _SIGNS:
            return (_SIGNS[token],)
        if token in (r"\frac", r"\tfrac", r"\dfrac"):
            return (("frac", self.argument(), self.argument()),)
        if token == r"\sqrt":
            return (("sqrt", self.argument()),)
        if token in (r"\det", r"\min", r"\max"):
            return (f"upright:{token[1:]}",)
        if token in (r"\operatorname", r"\mathrm", r"\text", r"\textrm"):
            return (f"upright:{self.raw()}",)
        if token.startswith("\\"):
            word = token[1:]
            if word in _ACCENTS:
                return (("accent", _ACCENTS[word], self.argument()),)
            if word in _ALPHABETS:
                return tuple(_styled(i, _ALPHABETS[word]) if isinstance(i, str) else i for i in self.argument())
            greek = f"GREEK {'CAPITAL' if word[0].isupper() else 'SMALL'} LETTER {word.upper()}"
            try:
                return (unicodedata.lookup(greek),)
            except KeyError:
                raise Unreadable(f"unknown command {token}") from None
        return (f"#{token}",) if token.isdigit() else (token,)

    def raw(self) -> str:
        inner = self.argument_text()
        return "".join(inner)

    def argument_text(self) -> list[str]:
        """The letters of a word; a space in it is a no-break space."""
        if self.tokens[self.at] != "{":
            self.at += 1
            return [self.tokens[self.at - 1]]
        self.at += 1
        letters = []
        while self.tokens[self.at] != "}":
            token = self.tokens[self.at]
            if token in (r"\ ", " "):
                letters.append("\u00a0" if token == r"\ " else "")
                self.at += 1
            elif token in (r"\mathrm", "{"):
                self.at += token == r"\mathrm"
                letters += self.argument_text()
            else:
                letters += [str(i).removeprefix("#").removeprefix("upright:") for i in self.atom() or ()]
        self.at += 1
        return letters


def latex_items(latex: str) -> Items:
    r"""The items of LaTeX that uses no macro.

    >>> latex_items(r"w_{EE} \le \frac{1}{2}")
    (('script', ('w',), ('E', 'E'), ()), '≤', ('frac', ('#1',), ('#2',)))
    """
    return _Latex(latex).items()


# -- MathML to items --------------------------------------------------------------------------------------------------


class Element:
    def __init__(self, tag: str, attributes: Mapping[str, str | None]) -> None:
        self.tag, self.attributes = tag, attributes
        self.children: list[Element] = []
        self.text = ""


class _Tree(HTMLParser):
    """A fragment as elements; every element is closed in the text itself."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Element("", {})
        self.open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, dict(attrs))
        self.open[-1].children.append(element)
        if tag not in ("meta", "link", "input", "br"):
            self.open.append(element)

    def handle_endtag(self, tag: str) -> None:
        if self.open[-1].tag != tag:
            raise Unreadable(f"</{tag}> closes <{self.open[-1].tag}>")
        self.open.pop()

    def handle_data(self, data: str) -> None:
        self.open[-1].text += data


def elements(html: str) -> Element:
    """The tree of a page or a fragment; :class:`Unreadable` when its tags do not match."""
    tree = _Tree()
    tree.feed(html)
    tree.close()
    if len(tree.open) != 1:
        raise Unreadable(f"<{tree.open[-1].tag}> is not closed")
    return tree.root


def all_named(element: Element, tag: str) -> list[Element]:
    found = [element] if element.tag == tag else []
    return found + [e for child in element.children for e in all_named(child, tag)]


def mathml_items(html: str) -> Items:
    """The items of every ``<math>`` of a fragment, one after the other: the pieces of a formula are the formula."""
    return tuple(i for math in all_named(elements(html), "math") for i in _element_items(math))


def _row(parts: Iterable[Element]) -> Items:
    return tuple(item for part in parts for item in _element_items(part))


def _element_items(e: Element) -> Items:
    match e.tag:
        case "math" | "mrow" | "mstyle":
            return _row(e.children)
        case "semantics":
            return _element_items(e.children[0])
        case "mspace":
            return ()
        case "mn":
            return (f"#{e.text}",)
        case "mtext":
            return (f"upright:{e.text}",)
        case "mi":
            upright = len(e.text) > 1 or (e.attributes.get("mathvariant") == "normal" and e.text.isascii())
            return (f"upright:{e.text}" if upright else e.text,)
        case "mo":
            return () if e.text == "\N{FUNCTION APPLICATION}" else (e.text.replace("−", "-"),)
        case "msub":
            return (("script", _element_items(e.children[0]), _element_items(e.children[1]), ()),)
        case "msup":
            return (("script", _element_items(e.children[0]), (), _element_items(e.children[1])),)
        case "msubsup":
            base, below, above = e.children
            return (("script", _element_items(base), _element_items(below), _element_items(above)),)
        case "mfrac":
            return (("frac", _element_items(e.children[0]), _element_items(e.children[1])),)
        case "msqrt":
            return (("sqrt", _row(e.children)),)
        case "mover" | "munder":
            return (("accent", e.children[1].text, _element_items(e.children[0])),)
    raise Unreadable(f"<{e.tag}> in a formula")


# -- items to trees ---------------------------------------------------------------------------------------------------

_RELATIONS = {"=": "=", "<": "<", ">": ">", "≤": "<=", "≥": ">=", "≠": "!="}
_CALLS = {
    "exists": "exists", "continuum": "continuum", "strict": "strict", "Hurwitz": "hurwitz", "stable": "stable",
    "stationary": "stationary", "local\u00a0Nash": "local_nash", "Nash": "nash", "paradoxical": "paradoxical",
}  # fmt: skip
_WORDS = {
    "unique": r"\operatorname{unique}", "p_matrix": r"\mathbf{A}\in\mathrm{P}", "lds": r"\mathbf{A}\in\mathrm{LDS}",
    "rosen": r"\operatorname{Rosen}", "monotone": r"\operatorname{monotone}", "potential": r"\operatorname{potential}",
    "weighted_potential": r"\operatorname{weighted\ potential}", "trace": r"\operatorname{tr}\mathbf{J}",
    "det": r"\det\mathbf{A}", "disc": r"\operatorname{disc}\mathbf{J}",
}  # fmt: skip
_CLOSING = (")", ",", "|", "∧", "∨", "⟹", "⟺", "+", "-", "/", "·", *_RELATIONS)


class Reader:
    """Reads the formulas of one circuit: the table of notation, and a parser by precedence."""

    def __init__(self, circuit: Circuit) -> None:
        style = circuit.presentation
        self.shaper = Shaper(circuit)
        self.populations = {latex_items(style.expanded(p)): p for p in circuit.names}
        names = [*circuit.symbols, *(a.name for a in abbreviations(circuit))]
        patterns: dict[Items, s.Formula] = {latex_items(style.expanded(n)): s.Name(n) for n in names}
        if style.weights == "signed":  # what is shown is the entry of W, and the magnitude is minus that
            for n in (str(-entry) for entry in circuit.W if (-entry).is_Symbol):
                patterns[latex_items(style.expanded(n))] = s.Negative(s.Name(n))
        patterns |= {latex_items(latex): s.Name(word) for word, latex in _WORDS.items()}
        for p in circuit.names:
            shown = style.expanded(p)
            patterns[latex_items(f"x_{{{shown}}}")] = s.Call("x", (s.Name(p),))
            patterns[latex_items(f"E_{{{shown}}}")] = s.Call("energy", (s.Name(p),))
            patterns[latex_items(rf"\partial_{{{shown}}}^{{2}} E_{{{shown}}}")] = s.Call("curvature", (s.Name(p),))
            for n in (*names, *(n for n, _ in circuit.values)):
                derivative = rf"\frac{{\partial x_{{{shown}}}}}{{\partial {style.expanded(n)}}}"
                patterns[latex_items(derivative)] = s.Call("dx", (s.Name(p), s.Name(n)))
        self.patterns = sorted(patterns.items(), key=lambda row: -len(row[0]))

    def read(self, items: Items) -> s.Formula:
        """The formula, with its abbreviations written out.

        Raises :class:`Unreadable` for anything that is left over or out of place.
        """
        parse = _Parse(self, items)
        node = parse.iff()
        if parse.at != len(items):
            raise Unreadable(f"{items[parse.at]!r} is left over")
        return read_formula(s.text(self.shaper.expanded(node)))


class _Parse:
    def __init__(self, reader: Reader, items: Sequence[Item]) -> None:
        self.reader, self.items, self.at = reader, tuple(items), 0

    def peek(self) -> Item | None:
        return self.items[self.at] if self.at < len(self.items) else None

    def take(self, *signs: str) -> bool:
        if self.peek() in signs:
            self.at += 1
            return True
        return False

    def need(self, sign: str) -> None:
        if not self.take(sign):
            raise Unreadable(f"{sign!r} expected, {self.peek()!r} found")

    def iff(self) -> s.Formula:
        left = self.implies()
        return s.Iff(left, self.implies()) if self.take("⟺") else left

    def implies(self) -> s.Formula:
        left = self.either()
        return s.Implies(left, self.implies()) if self.take("⟹") else left

    def either(self) -> s.Formula:
        parts = [self.both()]
        while self.take("∨"):
            parts.append(self.both())
        return s.Or(tuple(parts)) if len(parts) > 1 else parts[0]

    def both(self) -> s.Formula:
        parts = [self.negation()]
        while self.take("∧"):
            parts.append(self.negation())
        return s.And(tuple(parts)) if len(parts) > 1 else parts[0]

    def negation(self) -> s.Formula:
        if self.take("¬"):
            return s.Not(self.negation())
        for sign, word in (("∀", "for_all_tau"), ("∃", "for_some_tau")):
            if self.take(sign):
                self.need("τ")
                self.need(":")
                return s.Call(word, (self.negation(),))
        return self.relation()

    def relation(self) -> s.Formula:
        terms, ops = [self.sum()], []
        while (sign := self.peek()) in _RELATIONS:
            assert isinstance(sign, str)
            self.at += 1
            ops.append(_RELATIONS[sign])
            terms.append(self.sum())
        return s.Relation(tuple(terms), tuple(ops)) if ops else terms[0]

    def sum(self) -> s.Formula:
        terms = [s.Negative(self.product()) if self.take("-") else self.product()]
        while self.peek() in ("+", "-"):
            terms.append(s.Negative(self.product()) if self.take("-") else (self.take("+"), self.product())[1])
        return s.Sum(tuple(terms)) if len(terms) > 1 else terms[0]

    def product(self) -> s.Formula:
        node = self.power()
        while self.peek() is not None and (self.peek() in ("/", "·") or not self.closes()):
            if self.take("/"):
                node = s.Ratio(node, self.power())
            else:
                self.take("·")
                node = s.Product((node, self.power()))
        return node

    def closes(self) -> bool:
        """Whether a product ends here; a parenthesis may carry the exponent of its group."""
        here = self.peek()
        return here in _CLOSING or (isinstance(here, tuple) and here[:2] == ("script", (")",)))

    def power(self) -> s.Formula:
        node, above = self.primary()
        if not above:
            return node
        if len(above) != 1 or not isinstance(above[0], str) or not above[0].startswith("#"):
            raise Unreadable(f"the exponent {above!r}")
        return s.Power(node, int(above[0][1:]))

    def inner(self, items: Items) -> s.Formula:
        parse = _Parse(self.reader, items)
        node = parse.iff()
        if parse.at != len(items):
            raise Unreadable(f"{items[parse.at]!r} is left over")
        return node

    def primary(self) -> tuple[s.Formula, Items]:
        """What stands before an exponent, and the exponent."""
        for pattern, node in self.reader.patterns:
            found = self.matched(pattern)
            if found is not None:
                return node, found
        match self.peek():
            case str() as item if item.startswith("#"):
                self.at += 1
                return s.Number(Fraction(item[1:])), ()
            case "upright:true" | "upright:false" as item:
                self.at += 1
                return s.Truth(item.endswith("true")), ()
            case "upright:min" | "upright:max" as item:
                self.at += 1
                self.need("(")
                args = [self.sum()]
                while self.take(","):
                    args.append(self.sum())
                self.need(")")
                return s.Call(item.removeprefix("upright:"), tuple(args)), ()
            case str() as item if item.removeprefix("upright:") in _CALLS and item.startswith("upright:"):
                self.at += 1
                return self.call(_CALLS[item.removeprefix("upright:")]), ()
            case "(":
                self.at += 1
                node = self.iff()
                return node, self.closed()
            case "|":
                self.at += 1
                node = self.sum()
                self.need("|")
                return s.Call("abs", (node,)), ()
            case ("frac", over, under):
                self.at += 1
                return s.Ratio(self.inner(over), self.inner(under)), ()
            case ("sqrt", inside):
                self.at += 1
                return s.Call("sqrt", (self.inner(inside),)), ()
            case ("script", base, (), above):
                self.at += 1
                return self.inner(base), above
        raise Unreadable(f"{self.peek()!r} is no part of a formula")

    def closed(self) -> Items:
        """A closing parenthesis, and the exponent that it carries when it stands for the whole group."""
        match self.peek():
            case ("script", (")",), (), above):
                self.at += 1
                return tuple(above)
        self.need(")")
        return ()

    def matched(self, pattern: Items) -> Items | None:
        """The exponent on a name, when the name stands here; else ``None``."""
        here = self.items[self.at : self.at + len(pattern)]
        if len(here) < len(pattern) or here[:-1] != pattern[:-1]:
            return None
        last, wanted = here[-1], pattern[-1]
        above: Items = ()
        if last != wanted:
            match last:
                case ("script", base, below, exponent):
                    bare = ("script", base, below, ()) if below else base[0] if len(base) == 1 else None
                    if bare != wanted:
                        return None
                    above = exponent
                case _:
                    return None
        self.at += len(pattern)
        return above

    def call(self, word: str) -> s.Formula:
        if self.peek() != "(" and word == "hurwitz":
            return s.Name(word)
        self.need("(")
        if self.take("∅"):
            self.need(")")
            return s.Call(word, ())
        args: list[s.Formula] = []
        while True:
            name = self.population()
            if word == "paradoxical":
                args.append(s.Name(name))
            elif self.take("="):
                args.append(s.Member(name, "negative" if self.take("-") else (self.need("m"), "saturated")[1]))
            else:
                args.append(s.Member(name))
            if not self.take(","):
                break
        self.need(")")
        return s.Call(word, tuple(args))

    def population(self) -> str:
        for pattern, name in sorted(self.reader.populations.items(), key=lambda row: -len(row[0])):
            if self.items[self.at : self.at + len(pattern)] == pattern:
                self.at += len(pattern)
                return name
        raise Unreadable(f"{self.peek()!r} is no population")


# -- the same formula -------------------------------------------------------------------------------------------------


_OPPOSITE = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "=": "!=", "!=": "="}
_TURNED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "=", "!=": "!="}


def same(circuit: Circuit, a: s.Formula, b: s.Formula, at: str | None = None) -> bool:
    """Whether two formulas are the same: alike in their connectives, and below them relation by relation.

    Two relations are the same when their terms are equal, or when one is the other times a factor whose sign the
    hypotheses of the circuit fix. That both formulas are true would be far too little: so are all that are proved.
    """
    return _alike(circuit, _normal(a), _normal(b), at)


def _normal(node: s.Formula) -> s.Formula:
    """Conjunctions and alternatives flat, no *not* in front of a single relation."""
    match node:
        case s.Not(of=s.Relation(terms=terms, ops=(op,))):
            return s.Relation(terms, (_OPPOSITE[op],))
        case s.Not(of=a):
            return s.Not(_normal(a))
        case s.And(args=args) | s.Or(args=args):
            flat: list[s.Formula] = []
            for part in map(_normal, args):
                flat += part.args if isinstance(part, s.And | s.Or) and type(part) is type(node) else [part]
            return type(node)(tuple(flat))
        case s.Iff(left=a, right=b) | s.Implies(left=a, right=b):
            return type(node)(_normal(a), _normal(b))
        case s.Call(name="for_all_tau" | "for_some_tau" as name, args=(a,)):
            return s.Call(name, (_normal(a),))
    return node


def _alike(circuit: Circuit, a: s.Formula, b: s.Formula, at: str | None) -> bool:
    if s.text(a) == s.text(b):
        return True
    if isinstance(a, s.Relation) and isinstance(b, s.Relation):
        return _same_relation(circuit, a, b, at)
    logical = (s.Iff, s.Implies, s.And, s.Or, s.Not, s.Call)
    if type(a) is not type(b) or not isinstance(a, logical):
        return False
    if isinstance(a, s.Call) and isinstance(b, s.Call) and (a.name != b.name or a.name not in QUANTIFIERS):
        return False
    mine, yours = s.children(a), s.children(b)
    return len(mine) == len(yours) and all(_alike(circuit, x, y, at) for x, y in zip(mine, yours, strict=True))


def _same_relation(circuit: Circuit, a: s.Relation, b: s.Relation, at: str | None) -> bool:
    if a.ops == b.ops and all(_same_number(circuit, x, y, at) for x, y in zip(a.terms, b.terms, strict=True)):
        return True
    if len(a.ops) != 1 or len(b.ops) != 1:
        return False
    try:
        first, second = (expression(_opaque(x.terms[0])) - expression(_opaque(x.terms[1])) for x in (a, b))
        factor = s.text(read_term(str(sympy.cancel(first / second)).replace("**", "^")))
    except (TypeError, SymgameError):
        return False
    if "call_" in factor:
        return False
    sign = ">" if a.ops == b.ops else "<" if a.ops == (_TURNED[b.ops[0]],) else None
    return sign is not None and check(circuit, f"{factor} {sign} 0").verdict.kind == "proved"


def _same_number(circuit: Circuit, a: s.Formula, b: s.Formula, at: str | None) -> bool:
    if s.text(a) == s.text(b):
        return True
    try:
        if sympy.cancel(expression(_opaque(a)) - expression(_opaque(b))) == 0:
            return True
        roots = any(isinstance(c, s.Call) and c.name in FUNCTIONS for c in s.walk(s.Sum((a, b))))
        return roots and check(circuit, f"{a} = {b}", at=at).verdict.kind == "proved"
    except (TypeError, SymgameError):
        return False


def _opaque(node: s.Formula) -> s.Formula:
    """A number with every call of a word as one symbol, and every name apart from those."""
    text = s.text(node)
    for call in sorted({s.text(c) for c in s.walk(node) if isinstance(c, s.Call)}, key=len, reverse=True):
        text = text.replace(call, "call_" + "_".join(str(ord(c)) for c in call))
    return read_term(text)


__all__ = ["Reader", "Unreadable", "all_named", "elements", "latex_items", "mathml_items", "same"]
