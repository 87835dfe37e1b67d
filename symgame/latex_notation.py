"""The LaTeX of one circuit as a table: items of :mod:`symgame.latex_items`, and what they stand for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from symgame import syntax as s
from symgame.algebra import algebra
from symgame.circuit import Circuit
from symgame.errors import FormulaError
from symgame.grammar import read_term
from symgame.latex_items import Accent, Fence, Glyph, Item, Items, Over, Root, Script, latex_items
from symgame.notation import latex_name
from symgame.rewriting import product_of
from symgame.shape import abbreviations
from symgame.typeset import WORDS


def loose(items: Sequence[Item]) -> Items:
    r"""The items without fonts, and without the commas of indices: ``w_{\mathrm{E,I}}`` as ``w_{EI}``."""
    found: list[Item] = []
    for item in items:
        match item:
            case Glyph(text=text):
                found.append(Glyph(text))
            case Script(base=base, below=below, above=above):
                index = tuple(i for i in loose(below) if i != Glyph(","))
                found.append(Script(loose(base), index, loose(above)))
            case Accent(mark=mark, inside=inside):
                found.append(Accent(mark, loose(inside)))
            case Fence(opening=opening, inside=inside):
                found.append(Fence(opening, loose(inside)))
            case _:
                found.append(item)
    return tuple(found)


@dataclass
class Table:
    """Items and what they stand for: as they are written, and without fonts where that is not ambiguous."""

    exact: dict[Items, s.Formula] = field(default_factory=dict)
    loosely: dict[Items, s.Formula | None] = field(default_factory=dict)

    def add(self, latex: str, node: s.Formula, macros: tuple[tuple[str, str], ...] = ()) -> None:
        try:
            items = latex_items(latex, "a name", macros)
        except FormulaError:  # a name may be written in a way that no formula is: then it is not read back
            return
        if items not in self.exact:
            self.exact[items] = node
            key = loose(items)
            known = self.loosely.setdefault(key, node)
            if known != node:
                self.loosely[key] = None

    @property
    def longest(self) -> int:
        return max(map(len, self.exact), default=0)

    def get(self, items: Items) -> s.Formula | None:
        return self.exact.get(items) or self.loosely.get(loose(items))


@dataclass(frozen=True, eq=False)
class Notation:
    """The LaTeX of one circuit: symbols and abbreviations, populations, rates, and words."""

    names: Table
    populations: Table
    rates: Table
    words: Table
    listed: tuple[str, ...]

    @classmethod
    def of(cls, circuit: Circuit) -> Notation:
        style = circuit.presentation
        names, populations, rates, words = Table(), Table(), Table(), Table()
        own = tuple(dict.fromkeys((*circuit.symbols, *circuit.inputs, *(n for n, _ in circuit.values))))
        signed = circuit.signed
        for write in (style.expanded, latex_name):  # the author's notation first; the plain one is read too
            for name in own:
                node: s.Formula = s.Name(name)
                names.add(write(name), s.Negative(node) if name in signed and write == style.expanded else node)
            for p in circuit.names:
                populations.add(write(p), s.Name(p))
        for short in abbreviations(circuit):
            names.add(style.expanded(short.name), read_term(short.formula))
        for word, latex in WORDS.items():
            if "mathbf" in latex:  # the others are words, and some of them take parentheses
                words.add(latex, s.Name(word))
        for jacobian in () if circuit.copies else (r"\det\mathbf{J}", r"\det(\mathbf{J})"):
            words.add(jacobian, _jacobian_determinant(circuit))
        for write in (style.expanded, latex_name):
            for p in circuit.names:
                index = write(p)
                rates.add(f"x_{{{index}}}", s.Call("x", (s.Name(p),)))
                words.add(rf"\partial_{{{index}}}^{{2}} E_{{{index}}}", s.Call("curvature", (s.Name(p),)))
                words.add(f"E_{{{index}}}", s.Call("energy", (s.Name(p),)))
        return cls(names, populations, rates, words, tuple(style.expanded(n) for n in own))


def _jacobian_determinant(circuit: Circuit) -> s.Formula:
    """``det J = (-1)^n det(A) / (tau_1 ... tau_n)``: every row of J is one of -A over its time constant."""
    taus = [read_term(str(tau)) for tau in algebra(circuit).tau]
    ratio = s.Ratio(s.Name("det"), product_of(taus))
    return s.Negative(ratio) if len(taus) % 2 else ratio


def shown(item: Item) -> str:
    """An item for a message, in LaTeX without fonts."""
    match item:
        case Glyph(text=text):
            return text
        case Script(base=base, below=below, above=above):
            written = "".join(map(shown, base))
            written += f"_{{{''.join(map(shown, below))}}}" if below else ""
            return written + (f"^{{{''.join(map(shown, above))}}}" if above else "")
        case Accent(mark=mark, inside=inside):
            return rf"\{mark}{{{''.join(map(shown, inside))}}}"
        case Fence(inside=inside):
            return f"({''.join(map(shown, inside))})"
        case Over():
            return r"\frac"
        case Root():
            return r"\sqrt"
    return r"\begin{cases}"
