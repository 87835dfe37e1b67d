"""Results as small HTML tables for notebooks: cells of text or of formulas, everything escaped, nothing computed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from html import escape

from symgame import syntax as s
from symgame.errors import SymgameError
from symgame.grammar import read_formula
from symgame.notation import latex_name
from symgame.typeset import formula_latex

Names = Callable[[str], str]


@dataclass(frozen=True)
class Html:
    """A piece of HTML that is ready to be shown."""

    source: str


Cell = str | Html


def formula(text: str, names: Names = latex_name) -> Html:
    """A condition or a number of the grammar as MathML; what is neither, a sentence, as text.

    >>> formula("w_E < 1").source.startswith("<math>"), formula("none: it falls for ever").source
    (True, 'none: it falls for ever')
    """
    if text in ("true", "always"):
        return Html("always")
    try:
        return latex(formula_latex(read_formula(text), names))
    except SymgameError:
        pass
    try:  # a number, roots allowed
        equation = read_formula(f"{text} = 0")
    except SymgameError:
        return Html(escape(text))
    return latex(formula_latex(equation.terms[0] if isinstance(equation, s.Relation) else equation, names))


def latex(text: str) -> Html:
    """LaTeX as MathML."""
    from symgame.mathml import mathml  # only a notebook asks for it

    return Html(mathml(text))


def joined(cells: Iterable[Cell], between: str = ", ") -> Html:
    """Cells one after the other."""
    return Html(escape(between).join(_html(cell) for cell in cells))


def table(head: Sequence[Cell], rows: Iterable[Sequence[Cell]], caption: Cell = "") -> Html:
    """A table with a row of headings; without a head, the first cell of every row is its heading.

    >>> table(("a",), [("1 < 2",)]).source
    '<table><thead><tr><th scope="col">a</th></tr></thead><tbody><tr><td>1 &lt; 2</td></tr></tbody></table>'
    """
    top = "".join(f'<th scope="col">{_html(cell)}</th>' for cell in head)
    body = "".join(f"<tr>{_row(row, headed=not head)}</tr>" for row in rows)
    said = f"<caption>{_html(caption)}</caption>" if caption else ""
    return Html(f"<table>{said}{f'<thead><tr>{top}</tr></thead>' if top else ''}<tbody>{body}</tbody></table>")


def _row(cells: Sequence[Cell], headed: bool) -> str:
    return "".join(
        f'<th scope="row">{_html(cell)}</th>' if headed and k == 0 else f"<td>{_html(cell)}</td>"
        for k, cell in enumerate(cells)
    )


def _html(cell: Cell) -> str:
    return cell.source if isinstance(cell, Html) else escape(cell)
