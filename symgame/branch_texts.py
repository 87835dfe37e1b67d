"""The state of a branch, and where it lies, as formulas: by Cramer's rule, a long determinant by its name."""

from __future__ import annotations

from symgame import steps
from symgame import syntax as s
from symgame.branches import Branch
from symgame.nesting import nested
from symgame.rewriting import product_of
from symgame.ring import Quotient
from symgame.solve import quotient_text, ratio_text


def named_determinant(branch: Branch) -> tuple[str, ...]:
    """``det != 0`` as a hypothesis, where a determinant too long to repeat is called ``det`` in a claim."""
    return ("det != 0",) if steps.long_determinant(branch) else ()


def over_determinant(branch: Branch, numerator: Quotient) -> str:
    """A Cramer quotient that keeps its determinant: written out, or as ``det`` where it is long."""
    if not named_determinant(branch):
        return ratio_text(numerator, branch.determinant)
    if numerator.is_zero:
        return "0"
    node = nested(numerator.over)
    below = product_of([nested(numerator.under), s.Name("det")])
    over, minus = (node.of, "-") if isinstance(node, s.Negative) else (node, "")
    return minus + s.text(s.Ratio(over, below))


def located(branch: Branch) -> str:
    """Every total input on its piece, in the numbers ``x(...)`` of the branch: rates compared with the ends of pieces.

    On an increasing piece the rate is compared, which is the same; on a flat one the total input.
    """
    a, names = branch.algebra, branch.circuit.names
    parts = []
    for i, piece in enumerate(branch.pieces):
        for end, closed, rel in ((piece.lower, piece.closed[0], ">"), (piece.upper, piece.closed[1], "<")):
            if end is None:
                continue
            rel += "=" if closed else ""
            if not piece.flat:
                parts.append(f"x({names[i]}) {rel} {quotient_text(piece.value(end))}")
                continue
            inputs = [f"({quotient_text(a.W[i][j])})*x({n})" for j, n in enumerate(names) if not a.W[i][j].is_zero]
            parts.append(f"{' + '.join([quotient_text(a.u[i]), *inputs])} {rel} {quotient_text(end)}")
    return " & ".join(parts) or "true"
