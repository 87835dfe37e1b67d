r"""Formulas in MathML, for pages: LaTeX to elements, each with its LaTeX beside it; and long ones in pieces.

The elements come from the library latex2mathml. What it leaves to fonts and attributes that browsers no longer read is
mended here, on its tree: words stay whole and upright, alphabets become letters of Unicode, arrows and signs become
operators. Browsers do not break a formula, so a long one is set as several that a line of text may part.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache
from html import escape, unescape
from itertools import pairwise
from xml.etree.ElementTree import Element

from symgame import syntax as s
from symgame.typeset import formula_lines, latex_width

#: The width in em to aim at for a piece, and the widest that a phone shows whole.
PIECE, WIDEST = 17.0, 18.5


class _Node:
    """An element with its text unescaped; small, so that a rule reads as one line."""

    __slots__ = ("attributes", "children", "tag", "text")

    def __init__(self, tag: str, text: str = "", children: list[_Node] | None = None, **attributes: str) -> None:
        self.tag, self.text, self.children, self.attributes = tag, text, children or [], attributes

    def with_attributes(self, attributes: dict[str, str]) -> _Node:
        self.attributes |= attributes
        return self

    def __str__(self) -> str:
        kept = self.attributes | ({"mathvariant": "normal"} if self.tag == "mi" and self.text in _UPRIGHT else {})
        attributes = "".join(f' {name}="{escape(value)}"' for name, value in sorted(kept.items()))
        inner = escape(self.text, quote=False) + "".join(map(str, self.children))
        return f"<{self.tag}{attributes}>{inner}</{self.tag}>"


class _Word(_Node):
    """An operator with a name, such as ``stable``; a name of the author's in upright letters is none."""


@lru_cache(maxsize=20_000)
def mathml(latex: str, *, display: bool = False, continued: bool = False) -> str:
    r"""The formula as one ``<math>`` element with its LaTeX as an annotation; ``latex`` uses no macro of an author.

    With ``display`` fractions are set large; a ``continued`` formula goes on from one before it, so that an operator at
    its beginning has two operands. LaTeX that cannot be read is shown as it is written.

    >>> mathml("w_{E} < 1")[:72]
    '<math><semantics><mrow><msub><mi>w</mi><mi>E</mi></msub><mo>&lt;</mo><mn'
    >>> mathml(r"\operatorname{local\ Nash}(E)").count("<mi>local\u00a0Nash</mi>")
    1
    """
    row = _row(latex)
    if continued:
        while row and row[0].tag == "mspace" and row[0].attributes["width"].startswith("0"):
            del row[0]
        if row and row[0].tag == "mo" and row[0].text in _INFIX:
            row[0].attributes["form"] = "infix"
    shown = row[0] if len(row) == 1 else _Node("mrow", children=row)
    note = f'<annotation encoding="application/x-tex">{escape(latex, quote=False)}</annotation>'
    style = ' displaystyle="true"' if display else ""
    return f"<math{style}><semantics>{shown}{note}</semantics></math>"


@lru_cache(maxsize=20_000)
def formula_pieces(
    latex: str, node: s.Formula | None, names: Callable[[str], str], width: float = PIECE
) -> tuple[str, ...]:
    r"""The LaTeX of a formula in pieces of at most about ``width`` em where it can be broken; joined, they are it.

    A formula that is wider is broken at every logical operator, so that lines fill, and below that at its loosest
    operators; one without a tree where its LaTeX shows an operator outside every group.

    >>> formula_pieces("a = b + c", None, str, 2.0)
    ('a', '= b', '+ c')
    """
    if latex_width(latex) <= width:
        return (latex,)
    if node is None:
        return tuple(_broken(latex, width))
    for wide in (1.4 * width, 1.2 * width, width):  # the coarsest that fits: a relation is better whole
        pieces = tuple(piece for line in formula_lines(node, wide, names) for piece in _parted(line, _LOGICAL))
        if all(latex_width(piece) <= width + 1 for piece in pieces):
            break
    return pieces


# -- breaking LaTeX that has no tree ----------------------------------------------------------------------------------

_TOKEN = re.compile(r"\\[A-Za-z]+\*?|\\.|[^\\]")
_OPENING = frozenset({"{", r"\left", r"\begin"})  # parentheses of a fixed size may span lines
_CLOSING = frozenset({"}", r"\right", r"\end"})
_LISTS = frozenset({r"\quad"})
_RELATIONS = frozenset({"=", "<", ">", r"\le", r"\ge", r"\leq", r"\geq", r"\ne"})
_SIGNS = frozenset("+-")
_LOGICAL = frozenset({r"\wedge", r"\vee", r"\Longrightarrow", r"\Longleftrightarrow"})
_SPACE = r"\;"
_ALL_OPERATORS = _RELATIONS | _SIGNS | _LOGICAL | {_SPACE, r"\bigl", "(", r"\neg"}


def _broken(latex: str, width: float) -> list[str]:
    parts = [latex]
    for operators in (_LISTS, _RELATIONS, _SIGNS):
        parts = [
            piece for part in parts for piece in (_parted(part, operators) if latex_width(part) > width else [part])
        ]
    lines = parts[:1]
    for part in parts[1:]:
        if latex_width(f"{lines[-1]} {part}") <= width and not part.startswith(r"\quad"):
            lines[-1] = f"{lines[-1]} {part}"
        else:
            lines.append(part)
    return lines


def _parted(latex: str, operators: frozenset[str]) -> list[str]:
    """Parts that begin with one of the operators, outside every group, and the space before it.

    A sign that follows another operator, or nothing, belongs to what it stands before.
    """
    parts, depth, operand = [""], 0, False
    for token in _TOKEN.findall(latex):
        depth += (token in _OPENING) - (token in _CLOSING)
        if depth == 0 and operand and token in operators:
            before = parts[-1].rstrip()
            space = _SPACE if before.endswith(_SPACE) else ""
            parts[-1:] = [before.removesuffix(_SPACE).rstrip(), space]
            operand = False
        elif token not in _ALL_OPERATORS and not token.isspace():
            operand = True
        elif depth == 0 and token in _ALL_OPERATORS:
            operand = False
        parts[-1] += token
    return [part.strip() for part in parts]


# -- mending ----------------------------------------------------------------------------------------------------------

_INFIX = frozenset("⟺⟹∧∨=<>≤≥≠+−·∈/,")
_OPERATORS = frozenset("⟺⟹→±∓")  # the library takes them for letters
_LETTERS = frozenset("∅∞∂∇′")  # and these for operators
_UPRIGHT = frozenset("ΓΔΘΛΞΠΣΥΦΨΩ")  # as TeX sets them
_ACCENTS = {"―": "¯"}
_KEPT: dict[str, tuple[str, ...]] = {
    "mo": ("stretchy", "minsize", "maxsize", "form"), "mspace": ("width",), "mstyle": ("displaystyle", "scriptlevel"),
}  # fmt: skip
_STYLES = {
    "bold-italic": "BOLD ITALIC", "bold": "BOLD", "italic": "ITALIC", "script": "SCRIPT", "monospace": "MONOSPACE",
    "sans-serif": "SANS-SERIF",
}  # fmt: skip
_OPEN = frozenset("([{|")
_BEFORE_SIGN = frozenset("([{=<>≤≥≠⟺⟹∧∨,")
_OPERANDS = frozenset({"mi", "mn", "msub", "msup", "msubsup", "mfrac", "msqrt", "mover"})


def _row(latex: str) -> list[_Node]:
    from latex2mathml.converter import convert_to_element

    source = re.sub(r"\\operatorname\{([^{}\\]|\\ )*\}", lambda m: m[0].replace("\\ ", "\u00a0"), latex)
    source = re.sub(r"\\mathrm\{([A-Za-z])\}", r"{\\mathrm \1}", source)  # it loses the style of a letter in braces
    source = re.sub(r"\\q?quad(?![A-Za-z])", lambda m: m[0] + " ", source)
    try:
        (row,) = convert_to_element(source)
    except Exception:  # its errors have no common base
        return [_Node("mtext", latex)]
    mended = _mended(row)
    return mended.children if mended.tag == "mrow" and mended.children else [mended]


def _mended(element: Element) -> _Node:
    tag, text = element.tag, unescape(element.text or "")
    children = [_mended(child) for child in element]
    style = element.attrib.get("mathvariant")
    kept = {name: value for name, value in element.attrib.items() if name in _KEPT.get(tag, ())}
    match tag:
        case "mi" | "mn" if style in _STYLES:
            return _Node(tag, "".join(_letter(c, _STYLES[style]) for c in text))
        case "mi" if text in _OPERATORS:
            return _Node("mo", text)
        case "mi" if text == "¬":
            return _Node("mo", text, form="prefix", lspace="0", rspace="0.1em")
        case "mi" if text == ":":
            return _Node("mo", text, lspace="0", rspace="0.2778em")
        case "mi" if style == "normal":
            return _Node("mi", text, mathvariant="normal")
        case "mo" | "mi" if len(text) > 1 and text[0].isalpha():
            return _Word("mi", text)
        case "mo" if text in _LETTERS:
            return _Node("mi", text)
        case "mo" if text == "/":
            return _Node("mo", text, lspace="0", rspace="0")
        case "mo":
            return _Node("mo", text).with_attributes(kept)
        case "mtext":
            return _Node("mtext", re.sub(r"\\([_&%#${}])", r"\1", text))
        case "mover" | "munder":
            over = children[1]
            mark = _Node("mo", _ACCENTS.get(over.text, over.text), stretchy=str(over.text in "―^~→").lower())
            accented = _Node(tag, children=[children[0], mark])
            accented.attributes["accent" if tag == "mover" else "accentunder"] = "true"
            return accented
        case "mtd":
            shown = _Node(tag, children=children)
            if element.attrib.get("columnalign") == "left":
                shown.attributes["class"] = "left"
            return shown
        case "mrow":
            return _grouped(_signed(_fenced(children)))
    return _Node(tag, text, children).with_attributes(kept)


def _fenced(children: list[_Node]) -> list[_Node]:
    """Parentheses grow with what they hold, where that is taller than a line."""
    ends = (children[0], children[-1]) if len(children) > 2 else ()
    if len(ends) == 2 and [e.attributes.get("form") for e in ends] == ["prefix", "postfix"] and not _tall(children):
        for end in ends:
            end.attributes["stretchy"] = "false"
    return children


def _tall(nodes: list[_Node]) -> bool:
    return any(n.tag in ("mfrac", "mtable", "msqrt") or _tall(n.children) for n in nodes)


def _signed(children: list[_Node]) -> list[_Node]:
    """A sign after another operator is one of a single operand; browsers only see that at the beginning of a row."""
    for before, sign in pairwise(children):
        if sign.tag == "mo" and sign.text in "+−" and before.tag == "mo" and before.text in _BEFORE_SIGN:
            sign.attributes["form"] = "prefix"
    return children


def _grouped(children: list[_Node]) -> _Node:
    """A row: a word whose letters came one by one is whole again, a group of one element is that element."""
    upright = all("mathvariant" in c.attributes or c.tag in ("mn", "mtext") for c in children)
    if upright and len(children) > 1 and children[0].tag == "mi":
        return _Node("mi", "".join(c.text for c in children))
    if len(children) == 1:
        (only,) = children
        if only.tag == "mo" and only.text in _INFIX:  # braces around an operator take its spaces away
            only.attributes |= {"lspace": "0", "rspace": "0"}
        return only
    spaced: list[_Node] = []
    for k, child in enumerate(children):
        if _is_word(child):
            if spaced and spaced[-1].tag in (*_OPERANDS, "mrow") and not _is_word(spaced[-1]):
                spaced.append(_Node("mspace", width="0.1667em"))
            spaced.append(child)
            if k + 1 < len(children):
                after = children[k + 1]
                opening = after.children[0] if after.tag == "mrow" and after.children else after
                if opening.tag == "mo" and opening.text in _OPEN:
                    spaced.append(_Node("mo", "\N{FUNCTION APPLICATION}"))
                elif after.tag in _OPERANDS:
                    spaced.append(_Node("mspace", width="0.1667em"))
        else:
            spaced.append(child)
    return _Node("mrow", children=spaced)


def _is_word(node: _Node) -> bool:
    """Whether the element is an operator with a name, scripts or not: ``stable``, ``prox_g``."""
    if node.tag in ("msub", "msup", "msubsup"):
        return _is_word(node.children[0])
    return isinstance(node, _Word)


def _letter(character: str, style: str) -> str:
    """The letter of an alphabet of Unicode's mathematics; one that has none stays as it is."""
    full = unicodedata.name(character, "")
    words = re.sub(r"^(LATIN |GREEK )|LETTER ", "", full)
    try:
        return unicodedata.lookup(f"MATHEMATICAL {style} {words}")
    except KeyError:
        try:
            return unicodedata.lookup(f"{style} {words}")  # ℬ, ℰ, ... came before the rest
        except KeyError:
            return character
