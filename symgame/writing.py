"""Writing about one circuit: its names, formulas and expressions as mathematics, in its author's notation."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cached_property

import sympy

from symgame import syntax as s
from symgame.branches import full_branch
from symgame.circuit import Circuit
from symgame.document import Inline, Math, Text
from symgame.errors import SymgameError
from symgame.grammar import read_branch, read_formula
from symgame.rewriting import rebuilt, substituted
from symgame.shape import Shaper
from symgame.typeset import branch_latex, formula_latex
from symgame.words import BRANCH_WORDS, READ_CONDITIONS, READINGS

#: Expressions that titles and reasons use, in LaTeX.
_EXPRESSIONS = {
    "F(x) = (I - W) x - u": "F(x) = (I-W)x-u",
    "(I - S W) x = S u + c": "(I-SW)x = Su+c",
    "(I - S W) dx = S du": r"(I-SW)\,\mathrm{d}x = S\,\mathrm{d}u",
    "det(I - S W) > 0": r"\det(I-SW) > 0",
    "I - L W": "I-LW",
    "1/s - W_ii": "1/s - W_{ii}",
    "x = phi(W x + u)": r"x = \phi(Wx+u)",
    "(I - W) x = u + c": "(I-W)x = u+c",
    "PA + A'P": r"PA+A^{\mathsf{T}}P",
    "P A + A' P": r"PA+A^{\mathsf{T}}P",
    "u = A z+ - (A z)+": "u = Az^{+}-(Az)^{+}",
    "z+ and z-": r"z^{+}\text{ and }z^{-}",
    "A = I - W": "A = I-W",
    "A = I - S W": "A = I-SW",
    "I - S W": "I-SW",
    "-I + W": "-I+W",
    "I - W": "I-W",
    "P > 0": "P > 0",
    "1/phi' - W_ii": r"1/\phi' - W_{ii}",
    "k > 0": "k > 0",
    "k ≤ 0": r"k \le 0",
    "det > 0": r"\det\mathbf{A} > 0",
    "det < 0": r"\det\mathbf{A} < 0",
    "det = 0": r"\det\mathbf{A} = 0",
    "trace < 0": r"\operatorname{tr}\mathbf{J} < 0",
}


def _no_word(name: str) -> bool:
    """Whether a symbol can be told from a word of the English sentences around it."""
    return not (name.isascii() and name.isalpha()) or (len(name) == 1 and name not in "aAI")


def _divided(node: s.Formula, name: s.Name) -> s.Formula:
    """``det`` as a denominator, or as one of its factors, exchanged for a name."""
    if isinstance(node, s.Ratio):
        return s.Ratio(_divided(node.over, name), substituted(node.under, {"det": name}))
    return rebuilt(node, lambda part: _divided(part, name))


class Writer:
    """Formulas, names and expressions of one circuit, as :class:`Math`."""

    def __init__(self, circuit: Circuit) -> None:
        self.circuit = circuit
        self.style = circuit.presentation
        self.shaper = Shaper(circuit)
        self.names: Callable[[str], str] = self.style.latex
        self._formulas: dict[str, Math] = {}

    def formula(self, text: str) -> Math:
        """A formula of the grammar in the paper's shape."""
        if text not in self._formulas:
            node = self.shaper.shaped(read_formula(text))
            self._formulas[text] = Math(formula_latex(node, self.names), node)
        return self._formulas[text]

    def with_determinant(self, math: Math, at: str | None) -> Math:
        """The formula with the abbreviation of the determinant where it divides, if it is read with all active."""
        name = self.determinant
        if name is None or math.node is None or at not in (None, full_branch(self.shaper.circuit).name):
            return math
        node = _divided(math.node, s.Name(name))
        return math if node == math.node else Math(formula_latex(node, self.names), node)

    @cached_property
    def determinant(self) -> str | None:
        """The abbreviation of the determinant with every population active."""
        if self.shaper.algebra.pieces is None:
            return None
        whole = full_branch(self.shaper.circuit).determinant
        return next((a.name for a in self.shaper.abbreviations if a.value == whole), None)

    def number(self, text: str) -> Math:
        """A number of the grammar, roots allowed: the left side of an equation with 0."""
        relation = read_formula(f"{text} = 0")
        assert isinstance(relation, s.Relation)
        node = self.shaper.signed(self.shaper.number(relation.terms[0]))
        return Math(formula_latex(node, self.names), node)

    def branch(self, name: str) -> Math:
        return Math(branch_latex(read_branch(name), self.names))

    def name(self, name: str) -> Math:
        return Math(self.circuit.shown(name, macros=True))

    def prose(self, text: str) -> Text:
        """A sentence with its symbols, words of the vocabulary and known expressions as mathematics."""
        parts: list[Inline] = []
        at = 0
        for found in self._mathematical.finditer(text):
            parts += [text[at : found.start()], self._within(found.group())]
            at = found.end()
        return tuple(part for part in (*parts, text[at:]) if part != "")

    @cached_property
    def _mathematical(self) -> re.Pattern[str]:
        symbols = sorted(filter(_no_word, self.shaper.circuit.symbols), key=lambda name: (-len(name), name))
        phrases = sorted(_EXPRESSIONS, key=lambda phrase: -len(phrase))
        words = "|".join((*BRANCH_WORDS, *READINGS, *READ_CONDITIONS))
        known = "|".join(re.escape(phrase) for phrase in phrases)
        own = "|".join(re.escape(name) for name in symbols) or "(?!)"
        members = "|".join(re.escape(name) for name in self.circuit.names)
        branch = rf"\((?:(?:{members})(?:=m|=-)?(?:, ?(?:{members})(?:=m|=-)?)*)?\)"
        return re.compile(rf"(?<!\w)(?:{known}|(?:{words})\([^()]*\)|{branch}|(?:{own}{self._renamed})(?!\w))")

    @cached_property
    def _renamed(self) -> str:
        """Populations that text cannot show as they are: another alphabet, or a LaTeX name of their own."""
        given = dict(self.style.names)
        return "".join(f"|{re.escape(n)}" for n in self.circuit.names if not n.isascii() or n in given)

    def _within(self, text: str) -> Inline:
        if text in _EXPRESSIONS:
            return Math(_EXPRESSIONS[text])
        if text in self.shaper.circuit.symbols or text in self.circuit.names:
            return self.name(text)
        if text.startswith("("):
            return self.branch(text[1:-1].replace(" ", ""))
        try:
            node = read_formula(text)
        except SymgameError:
            return text
        return Math(formula_latex(node, self.names), node)

    def expression(self, expression: sympy.Basic) -> str:
        return self.circuit.expression_latex(expression, macros=True)
