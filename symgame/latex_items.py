r"""LaTeX of a formula as items: glyphs, scripts, fractions, roots, fences and rows. Nothing is executed.

The first half of reading LaTeX: braces, scripts, fonts and environments are resolved here, by a list of commands that
is closed; what the items mean for a circuit is the business of :mod:`symgame.latex_reader`. A command that is not on
the list is a mistake with its place, so that ``\input`` and ``\catcode`` are words like any other unknown word.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NoReturn

from symgame.errors import FormulaError
from symgame.grammar import MAX_CHARACTERS, MAX_DEPTH, MAX_DIGITS, excerpt
from symgame.letters import GREEK, greek
from symgame.words import RESERVED, nearest


@dataclass(frozen=True)
class _Item:
    """Every item knows its column; items that look the same are equal wherever they stood."""

    at: int = field(default=0, compare=False, kw_only=True)


@dataclass(frozen=True)
class Glyph(_Item):
    r"""A letter, a number, a sign or the command of one letter (``\tau``). ``font`` is empty for plain italics.

    Glyphs of one ``\mathrm{...}`` share their ``group``, so that a word can be told from its neighbours.
    """

    text: str
    font: str = ""
    group: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Script(_Item):
    base: Items
    below: Items = ()
    above: Items = ()


@dataclass(frozen=True)
class Over(_Item):
    over: Items
    under: Items


@dataclass(frozen=True)
class Root(_Item):
    inside: Items


@dataclass(frozen=True)
class Accent(_Item):
    mark: str
    inside: Items


@dataclass(frozen=True)
class Fence(_Item):
    opening: str
    inside: Items


@dataclass(frozen=True)
class Rows(_Item):
    r"""The rows of ``cases``, each a tuple of cells."""

    rows: tuple[tuple[Items, ...], ...]


Item = _Item
Items = tuple[_Item, ...]

#: The signs a formula is made of; several ways of writing one sign are the same glyph.
SIGNS = {
    "=": "=", "<": "<", ">": ">", r"\lt": "<", r"\gt": ">", r"\le": "≤", r"\leq": "≤", r"\leqslant": "≤", r"\ge": "≥",
    r"\geq": "≥", r"\geqslant": "≥", r"\ne": "≠", r"\neq": "≠", "≤": "≤", "≥": "≥", "≠": "≠", r"\coloneqq": "=",
    r"\wedge": "∧", r"\land": "∧", "∧": "∧", r"\vee": "∨", r"\lor": "∨", "∨": "∨", r"\neg": "¬", r"\lnot": "¬",
    "¬": "¬", r"\Rightarrow": "⇒", r"\implies": "⇒", r"\Longrightarrow": "⇒", "⇒": "⇒", "⟹": "⇒", r"\Leftarrow": "⇐",
    r"\impliedby": "⇐", r"\Longleftarrow": "⇐", r"\iff": "⇔", r"\Leftrightarrow": "⇔", r"\Longleftrightarrow": "⇔",
    "⇔": "⇔", "⟺": "⇔", "+": "+", "-": "-", "−": "-", r"\cdot": "·", r"\times": "·", "·": "·", "×": "·", "*": "*",
    r"\ast": "*", "∗": "*", r"\star": "*", "/": "/", r"\slash": "/", r"\div": "/", ",": ",", r"\in": "∈", "∈": "∈",
    r"\forall": "∀", r"\exists": "∃", r"\colon": ":", ":": ":", r"\emptyset": "∅", r"\varnothing": "∅",
    r"\partial": "∂", "∂": "∂", "|": "|", r"\vert": "|", r"\mid": "|", ".": ".", ";": ";", "'": "′", r"\prime": "′",
    "≔": "=", r"\_": "_",
}  # fmt: skip
#: Words in text that join conditions.
JOINING = {
    "and": "∧", "or": "∨", "not": "¬", "implies": "⇒", "then": "⇒", "if and only if": "⇔", "iff": "⇔",
    "exactly when": "⇔", "if": "⇐", "when": "⇐", "for": "⇐", "whenever": "⇐", "provided": "⇐", "provided that": "⇐",
    "otherwise": "otherwise", "else": "otherwise",
}  # fmt: skip
_LONGEST_FIRST = sorted((word for word, sign in JOINING.items() if sign != "otherwise"), key=len, reverse=True)
#: Signs that a name may carry, as in ``\\tau^{\\pm}``; alone they mean nothing.
_LETTER_SIGNS = "ell hbar dagger ddagger circ bullet infty nabla pm mp ldots cdots to top".split()
_LETTERS = GREEK | {"varepsilon", "vartheta", "varpi", "varrho", "varsigma", "varphi", *_LETTER_SIGNS}
_FONTS = {
    "mathrm": "rm", "mathbf": "bf", "mathcal": "cal", "mathsf": "sf", "mathit": "it", "mathtt": "tt",
    "boldsymbol": "bf", "bm": "bf", "mathbb": "bb", "mathfrak": "frak", "mathscr": "cal",
}  # fmt: skip
TEXTS = {"text", "textrm", "textnormal", "textup", "textit", "textbf", "textsf", "mbox", "operatorname"}
_OPERATORS = {"det", "min", "max"}
_MARKS = {
    "bar", "hat", "tilde", "vec", "dot", "ddot", "acute", "grave", "breve", "check", "mathring", "overline",
    "underline", "widehat", "widetilde",
}  # fmt: skip
_SKIPPED = {
    r"\;", r"\,", r"\:", r"\!", r"\ ", r"\>", "~", "$", r"\[", r"\]", r"\(", r"\)", r"\quad", r"\qquad", r"\nonumber",
    r"\notag", r"\displaystyle", r"\textstyle", r"\scriptstyle", r"\limits", r"\nolimits", r"\thinspace",
    *(rf"\{size}{side}" for size in ("big", "Big", "bigg", "Bigg") for side in ("", "l", "r", "m")),
}  # fmt: skip
_FRACTIONS = {r"\frac", r"\tfrac", r"\dfrac", r"\cfrac"}
_OPENING = {"(": ")", "[": "]", r"\{": r"\}", r"\lbrace": r"\rbrace", r"\lvert": r"\rvert"}
_CLOSING = {")", "]", r"\}", r"\rbrace", r"\rvert"}
_CASES = {"cases", "dcases", "rcases"}
_TRANSPARENT = {"equation", "align", "aligned", "gather", "gathered", "split", "multline", "displaymath", "math"}
_OPPOSITE = {"=": "≠", "<": "≥", ">": "≤", "≤": ">", "≥": "<"}
_REFUSED = {
    "pm": "stands for two values; write the two formulas apart", "mp": "stands for two values; write them apart",
    "approx": "is no exact relation", "sim": "is no exact relation", "simeq": "is no exact relation",
    "ll": "is no exact relation", "gg": "is no exact relation", "propto": "is no exact relation",
    "infty": "is no number that a formula may hold", "sum": "is not read; write the terms out",
    "prod": "is not read; write the factors out", "int": "is not read", "lim": "is not read",
    "dot": "is a derivative in time; a statement is about equilibria, where it is 0",
    "ddot": "is a derivative in time; a statement is about equilibria, where it is 0",
}  # fmt: skip
_KNOWN_COMMANDS = (
    {name[1:] for name in (*SIGNS, *_SKIPPED, *_FRACTIONS, *_OPENING) if name[:1] == "\\" and name[1:].isalpha()}
    | _LETTERS | set(_FONTS) | TEXTS | _OPERATORS | _MARKS | {"sqrt", "left", "right", "begin", "end", "not"}
)  # fmt: skip

_TOKEN = re.compile(r"\\[A-Za-z]+|\\\\(?:\[[^\]]{0,12}\])?|\\.|\d+(?:\.\d+)?|\.\d+|\s+|%[^\n]*|.", re.DOTALL)


@dataclass(frozen=True)
class _Token:
    text: str
    at: int


def refused(command: str) -> str | None:
    """Why a known command of LaTeX has no place in a formula, or ``None``."""
    return _REFUSED.get(command)


def complaint(source: str, what: str, message: str, at: int) -> FormulaError:
    """One message with its column and the neighbourhood."""
    return FormulaError(f"{what}, column {at + 1}: {message} (near: {excerpt(source, at)})")


class _Reader:
    def __init__(self, source: str, what: str, macros: Mapping[str, str]) -> None:
        self.source, self.what = source, what
        if len(source) > MAX_CHARACTERS:
            raise FormulaError(
                f"{what} has {len(source)} characters; at most {MAX_CHARACTERS} are read. Split it into several."
            )
        self.tokens = self.expanded([_Token(*found) for found in _tokens(source)], macros)
        self.next = 0
        self.depth = 0
        self.groups = 0
        self.environments: list[str] = []

    def fail(self, message: str, at: int) -> NoReturn:
        raise complaint(self.source, self.what, message, at)

    def expanded(self, tokens: list[_Token], macros: Mapping[str, str]) -> list[_Token]:
        """The tokens with each macro replaced by what it stands for, in braces, latest macros first."""
        for name, body in reversed(list(macros.items())):
            short = [text for text, _ in _tokens(body)]
            found: list[_Token] = []
            for token in tokens:
                found += [_Token(text, token.at) for text in ("{", *short, "}")] if token.text == name else [token]
                if len(found) > MAX_CHARACTERS:
                    self.fail(f"more than {MAX_CHARACTERS} tokens once the macros are written out", token.at)
            tokens = found
        return tokens

    @property
    def here(self) -> _Token | None:
        return self.tokens[self.next] if self.next < len(self.tokens) else None

    def take(self, wanted: str) -> _Token:
        token = self.here
        if token is None:
            self.fail(f"the text ends where {wanted} was expected", len(self.source))
        self.next += 1
        return token

    # -- sequences --------------------------------------------------------------------------------------------------

    def items(self, until: tuple[str, ...], opened: _Token | None, font: str = "") -> Items:
        """Items up to one of the closing tokens, which is left; ``opened`` is what they close."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            self.fail(f"nested more than {MAX_DEPTH} deep; rewrite it flatter", opened.at if opened else 0)
        found: list[Items] = []
        while (token := self.here) is not None and token.text not in until:
            if token.text in ("_", "^", "'"):
                base = found.pop() if found else ()
                if not base:
                    self.fail(f"{token.text!r} stands on nothing", token.at)
                found.append((self.scripted(base),))
            else:
                part = self.atom(font)
                if part:
                    found.append(part)
        self.depth -= 1
        if self.here is None and until:
            where = f" of column {opened.at + 1}" if opened else ""
            self.fail(f"missing {until[0]!r} for the {opened.text if opened else ''!r}{where}", len(self.source))
        return tuple(item for part in found for item in part)

    def scripted(self, base: Items) -> Item:
        parts: dict[str, Items] = {}
        while (token := self.here) is not None and token.text in ("_", "^", "'"):
            self.next += 1
            kind = "^" if token.text == "'" else token.text
            if kind in parts:
                self.fail("two scripts of one kind on the same base; use braces", token.at)
            parts[kind] = (Glyph("′", at=token.at),) if token.text == "'" else self.argument("a script")
            if not parts[kind]:
                self.fail("the script is empty", token.at)
        return Script(base, parts.get("_", ()), parts.get("^", ()), at=base[0].at)

    def argument(self, what: str, font: str = "") -> Items:
        """What a command or a script takes: a group in braces, one digit, or one atom."""
        token = self.here
        if token is None or token.text in ("}", "_", "^", "&"):
            self.fail(f"{what} was expected", len(self.source) if token is None else token.at)
        if token.text[0].isdigit() and len(token.text) > 1:  # TeX takes one digit
            self.tokens[self.next : self.next + 1] = [
                _Token(token.text[0], token.at), _Token(token.text[1:], token.at + 1)
            ]  # fmt: skip
        if token.text == "{":  # which counts its own depth
            return self.atom(font)
        self.depth += 1
        if self.depth > MAX_DEPTH:
            self.fail(f"nested more than {MAX_DEPTH} deep; rewrite it flatter", token.at)
        part = self.atom(font)
        self.depth -= 1
        return part

    def raw(self, command: _Token) -> tuple[str, int]:
        """The text in braces after a command, and the column where it begins."""
        opened = self.here
        if opened is None or opened.text != "{":
            self.fail(f"{command.text} takes an argument in braces", command.at)
        end = self.source.find("}", opened.at)
        inside = self.source[opened.at + 1 : end]
        if end < 0 or "{" in inside:
            self.fail(f"the argument of {command.text} is plain words in one pair of braces", opened.at)
        while self.here is not None and self.here.at <= end:
            self.next += 1
        return inside, opened.at + 1

    # -- one atom -----------------------------------------------------------------------------------------------

    def atom(self, font: str) -> Items:
        token = self.take("a formula")
        text, at = token.text, token.at
        if text == "{":
            inner = self.items(("}",), token, font)
            self.next += 1
            return inner
        if text in _OPENING:
            inner = self.items((_OPENING[text],), token, font)
            self.next += 1
            return (Fence("|" if text == r"\lvert" else "(", inner, at=at),)
        if text == "}" or text in _CLOSING:
            self.fail(f"there is no opening partner for this {text!r}", at)
        if text == r"\left":
            return (self.fence(token, font),)
        if text == r"\right":
            self.fail(r"\right without its \left", at)
        if text in _SKIPPED:
            return ()
        if text == "&" or text.startswith("\\\\"):
            return (Glyph("row", "row", at=at),) if text != "&" else ()
        if text in SIGNS:
            return (Glyph(SIGNS[text], at=at),)
        if text.startswith("\\"):
            return self.command(token, font)
        if text[0].isdigit() or (text[0] == "." and len(text) > 1):
            if len(text) > MAX_DIGITS:
                self.fail(f"a number of more than {MAX_DIGITS} digits", at)
            return (Glyph(text, "number", at=at),)
        return (Glyph(self.letter(token), font, self.groups if font else 0, at=at),)

    def letter(self, token: _Token) -> str:
        character = token.text
        if character.isascii() and character.isalpha():
            return character
        command = greek(character)
        if command is not None:
            return "\\" + command
        name = unicodedata.name(character, "")
        shown = f"U+{ord(character):04X}" + (f" {name}" if name else "")
        self.fail(f"the character {shown} has no meaning in LaTeX of a formula", token.at)

    def fence(self, left: _Token, font: str) -> Item:
        opening = self.take(r"the delimiter of \left").text
        inside = self.items((r"\right",), left, font)
        self.next += 1
        closing = self.take(r"the delimiter of \right")
        pairs = {**_OPENING, "|": "|", r"\lvert": r"\rvert", r"\vert": r"\vert"}
        if opening == r"\{" and closing.text == "." and len(inside) == 1 and isinstance(inside[0], Rows):
            return inside[0]
        if opening == "." and closing.text in ("|", r"\rvert", r"\vert"):
            self.fail(
                r"\left. ... \right| says where a formula is read; give the branch apart, by --at or at=, and leave it "
                "out here: without it, every population is active",
                left.at,
            )
        if pairs.get(opening) != closing.text:
            self.fail(rf"\left{opening} and \right{closing.text} are no pair", closing.at)
        return Fence("|" if "vert" in opening or opening == "|" else "(", inside, at=left.at)

    def command(self, token: _Token, font: str) -> Items:
        name, at = token.text[1:], token.at
        if name in _FONTS:
            self.groups += 1
            return self.argument(f"what {token.text} writes", _FONTS[name])
        if name in TEXTS:
            if name == "operatorname" and self.here is not None and self.here.text == "*":
                self.next += 1
            return self.words(*self.raw(token), at)
        if name in _OPERATORS:
            self.groups += 1
            return tuple(Glyph(c, "rm", self.groups, at=at) for c in name)
        if token.text in _FRACTIONS:
            return (Over(self.argument("a numerator", font), self.argument("a denominator", font), at=at),)
        if name == "sqrt":
            if self.here is not None and self.here.text == "[":
                self.fail(r"only square roots are read: \sqrt{...}", at)
            return (Root(self.argument("what the root is of", font), at=at),)
        if name == "not":
            sign = self.take("a relation")
            opposite = _OPPOSITE.get(SIGNS.get(sign.text, ""))
            if opposite is None:
                self.fail(r"\not is read before = < > \le \ge alone", at)
            return (Glyph(opposite, at=at),)
        if name == "begin":
            return self.environment(token, font)
        if name == "end":
            self.fail(r"\end without its \begin", at)
        if name in ("label", "tag"):
            self.raw(token)
            return ()
        if name in _MARKS:
            return (Accent(name, self.argument(f"what {token.text} stands on", font), at=at),)
        if name in _LETTERS:
            return (Glyph(token.text, font, self.groups if font else 0, at=at),)
        reason = refused(name)
        if reason is not None:
            self.fail(f"{token.text} {reason}", at)
        if name in RESERVED:
            self.fail(rf"{token.text} is no command; write \operatorname{{{name}}}", at)
        close = nearest(name, _KNOWN_COMMANDS).partition(" (known")[0]  # the whole list would bury the message
        self.fail(f"the command {token.text[:40]} is not read in a formula{close}", at)

    def words(self, text: str, start: int, at: int) -> Items:
        """Words in text: a sign when they join conditions, else upright letters that belong together."""
        plain = " ".join(text.replace("\\ ", " ").replace("~", " ").replace("\\,", " ").split())
        word = plain.lower().strip(" ,;.")
        if not word:
            return (Glyph(",", at=at),) if plain else ()
        if word in JOINING:
            return (Glyph(JOINING[word], at=at),)
        for joining in _LONGEST_FIRST:  # \text{ then LDS}, \text{LDS if and only if }
            if plain.lower().startswith(f"{joining} "):
                cut = len(joining) + 1
                return (Glyph(JOINING[joining], at=at), *self.words(plain[cut:], start + cut, at))
            if plain.lower().endswith(f" {joining}"):
                return (*self.words(plain[: -len(joining) - 1], start, at), Glyph(JOINING[joining], at=at))
        self.groups += 1
        for k, c in enumerate(plain):
            if not (c.isascii() and (c.isalnum() or c in " -_.")):
                self.fail(f"{c!a} inside the words {plain[:40]!a}", min(start + k, len(self.source)))
        return tuple(Glyph(c, "rm", self.groups, at=at) for c in plain)

    def environment(self, token: _Token, font: str) -> Items:
        name, _ = self.raw(token)
        bare = name.rstrip("*")
        if bare in _CASES:
            return (self.cases(token, name, font),)
        if bare not in _TRANSPARENT:
            self.fail(f"the environment {name[:30]!a} is not read{nearest(bare, _CASES | _TRANSPARENT)}", token.at)
        inner = self.items((r"\end",), token, font)
        self.closed(token, name)
        return inner

    def closed(self, begin: _Token, name: str) -> None:
        end = self.take(r"\end")
        closing, _ = self.raw(end)
        if closing != name:
            self.fail(rf"\begin{{{name}}} is closed by \end{{{closing[:30]}}}", end.at)

    def cases(self, begin: _Token, name: str, font: str) -> Item:
        rows: list[tuple[Items, ...]] = []
        cells: list[Items] = []
        breaks = tuple({t.text for t in self.tokens if t.text.startswith("\\\\")})
        while True:
            cells.append(self.items((r"\end", "&", *breaks), begin, font))
            token = self.take(r"\end")
            if token.text == "&":
                continue
            if any(cells):
                rows.append(tuple(cells))
            cells = []
            if token.text == r"\end":
                self.next -= 1
                self.closed(begin, name)
                return Rows(tuple(rows), at=begin.at)


def _tokens(source: str) -> list[tuple[str, int]]:
    """The tokens with their columns, without blanks and comments."""
    return [(m.group(), m.start()) for m in _TOKEN.finditer(source) if not (m.group().isspace() or m.group()[0] == "%")]


def latex_items(source: str, what: str = "the formula", macros: tuple[tuple[str, str], ...] = ()) -> Items:
    r"""The items of a formula in LaTeX; ``macros`` are the author's, and stand for what they abbreviate.

    Raises :class:`~symgame.errors.FormulaError` with the column for whatever is unbalanced, unknown or too long.

    >>> base, relation, number = latex_items(r"\tau_E \le 2")
    >>> base == Script((Glyph(r"\tau"),), below=(Glyph("E"),)), relation.text, number.at
    (True, '≤', 11)
    """
    reader = _Reader(source, what, dict(macros))
    items = reader.items((), None)
    if not items:
        raise FormulaError(rf"{what} is empty. Write for example 'w_{{EE}} < 1 \iff \det A > 0'.")
    return items
