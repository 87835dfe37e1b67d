"""What is asked of layers: what one does to the modes of its inputs, and how many make the weaker group silent.

The formulas are in the inputs of the two rival groups; a layer of a column has the rates below in their place, up to a
common factor, so that the same statements hold from layer to layer.
"""

from __future__ import annotations

from collections.abc import Iterator

from symgame.branches import Branch
from symgame.circuit import Circuit
from symgame.claims import Draft
from symgame.errors import Unsupported
from symgame.grammar import read_term
from symgame.nesting import nested_text
from symgame.proof.decide import EXACT
from symgame.proof.verdict import Cited, Proved, Undecided
from symgame.ratio_map import ContrastMap, Mode
from symgame.ring import Quotient
from symgame.solve import quotient_text
from symgame.statements import check
from symgame.steps import Step
from symgame.typeset import formula_latex


def text(q: Quotient) -> str:
    """A quotient with the sign that its denominator has where it is small, common parts taken out."""
    if q.under.is_constant():
        return nested_text(q.over) if q.under.is_one() else quotient_text(q)
    first = min(q.under.to_dict().items(), key=lambda item: sum(item[0]))[1]
    over, under = (q.over, q.under) if first > 0 else (-q.over, -q.under)
    return f"({nested_text(over)})/({nested_text(under)})"


def combined(mode: Mode, one: str, other: str) -> str:
    """``l_1 a + l_2 b`` of two numbers given as text."""
    parts = []
    for weight, value in zip(mode.over, (one, other), strict=True):
        shown = text(weight)
        if shown == "0":
            continue
        if value == "1":
            parts.append(shown)
        elif shown in ("1", "-1"):
            parts.append(value if shown == "1" else f"-{value}")
        else:
            parts.append(f"({shown})*{value}" if " " in shown else f"{shown}*{value}")
    return " + ".join(parts).replace("+ -", "- ") or "0"


def modes_of(found: ContrastMap) -> tuple[Mode, Mode]:
    """The common mode and the contrast: the contrast vanishes for equal inputs."""
    if found.modes is None or not found.homogeneous:
        raise Unsupported("the gains of the two modes of a layer are no quotients of polynomials, or it has offsets")
    one, other = found.modes
    unit = found.branch.algebra.one
    if one.zero == unit:
        return other, one
    if other.zero == unit:
        return one, other
    raise Unsupported("neither mode of a layer vanishes for equal inputs")


def drafts(
    circuit: Circuit, found: ContrastMap, rates: tuple[str, str], inputs: tuple[str, str], silent: Branch
) -> Iterator[Draft]:
    """The claims on one layer: its outputs ``x(rates)`` from its inputs; ``silent`` has the weaker group silent."""
    common, contrast = modes_of(found)
    (x, y), (u, v) = rates, inputs
    given = ("p_matrix", f"{u} > 0", f"{v} > 0")
    below = [combined(m, u, v) for m in (common, contrast)]
    above = [combined(m, f"x({x})", f"x({y})") for m in (common, contrast)]
    for name, mode, a, b in zip(("common", "contrast"), (common, contrast), above, below, strict=True):
        yield Draft(
            f"depth.{name}",
            f"With nobody silent the {name} mode of a layer is multiplied by its own gain",
            "equation",
            then=f"{a} = {text(mode.gain)}*({b})",
            given=("det != 0",),
        )
    factor = text(common.gain / contrast.gain)
    yield Draft(
        "depth.coordinate",
        "The quotient of the two modes is multiplied in every layer by the quotient of their gains",
        "equation",
        then=f"({above[0]})*({below[1]}) = {factor}*({below[0]})*({above[1]})",
        given=("det != 0",),
    )
    edge = text(common.over[0] / contrast.over[0])
    yield Draft(
        "depth.silent",
        "In a P-matrix circuit the weaker group is silent when the quotient of the modes reaches what it is without it",
        "equivalence",
        then=f"{silent.word('exists')} <=> {factor}*({below[0]}) <= {_times(edge, below[1])}",
        given=given,
    )
    yield Draft(
        "depth.stays",
        "When silent in one layer is silent in the next: without input, beside an active rival",
        "equivalence",
        word=silent.word("exists"),
        given=("p_matrix", f"{u} > 0", f"{v} = 0"),
    )
    needed = (*given, f"{u} > {v}", f"{factor} < 1")
    reached = f"{silent.word('exists')} <=> {factor}*({below[0]}) <= {_times(edge, below[1])}"
    kept = check(circuit, silent.word("exists"), ("p_matrix", f"{u} > 0", f"{v} = 0"), search_missing=False).verdict
    step = check(circuit, reached, given, search_missing=False).verdict
    if not (isinstance(kept, Proved | Cited) and isinstance(step, Proved | Cited)):
        return
    yield Draft(
        "depth.law",
        "In a column of such layers, each driven in proportion by the layer below, the weaker group is silent from "
        "layer L on and not before, L the least whole number with (quotient of the modes at the input) times "
        f"(quotient of the gains)^L at most {edge}: any difference, however small, makes a winner",
        "identity",
        given=needed,
        verdict=Proved((EXACT,)) if found.linearised else Undecided("the coordinate is not multiplied"),
        steps=tuple(_law(circuit, common, contrast, edge, below)),
    )


def _law(circuit: Circuit, common: Mode, contrast: Mode, edge: str, below: list[str]) -> Iterator[Step]:
    names = circuit.presentation.expanded

    def shown(formula: str) -> str:
        return formula_latex(read_term(formula), names)

    start = rf"w_0 = \frac{{a_0}}{{b_0}},\quad a_0 = {shown(below[0])},\quad b_0 = {shown(below[1])}"
    yield Step(None, "the quotient of the two modes of the inputs of layer 1", start)
    yield Step(
        None,
        "by induction, as long as nobody is silent: every layer multiplies the modes by their gains, and a common "
        "factor of all inputs cancels",
        rf"w_L = q^L\,w_0,\qquad q = {shown(text(common.gain / contrast.gain))}",
    )
    yield Step(
        None,
        "the rate of the weaker group would be 0 or less in layer L exactly when the quotient is at most what it is "
        "without that group; from then on it is silent; q < 1 if inhibition is lateral, so that such an L exists",
        rf"w_L \le {shown(edge)}",
    )
    C, D = (shown(combined(mode, "1", "r")) for mode in (common, contrast))
    yield Step(
        None,
        "in the ratio r of the inputs: what L layers resolve, with L times the neurons of one",
        rf"\frac{{{C}}}{{{D}}} \le {shown(edge)}\,q^{{-L}}",
    )


def of_column(
    circuit: Circuit,
    found: ContrastMap,
    inputs: tuple[str, str],
    outcomes: Iterator[tuple[int, Branch]],
) -> Iterator[Draft]:
    """In which layer of a whole column the weaker group falls silent: one claim a layer, and one for none.

    ``outcomes`` are pairs of a number of layers without silent units and the branch on which all later ones have some.
    """
    common, contrast = modes_of(found)
    u, v = inputs
    C, D = combined(common, u, v), combined(contrast, u, v)
    factor, edge = text(common.gain / contrast.gain), text(common.over[0] / contrast.over[0])
    given = ("p_matrix", f"{u} > 0", f"{v} > 0", f"{u} > {v}")
    right = _times(edge, D)
    for full, branch in outcomes:
        if full > 1 and not (full == 2 and len(branch.increasing) == len(circuit.names)):
            continue  # the law says the same of later layers, and a solver would take minutes
        last = f"{_power(factor, full + 1)}*({C}) <= {right}"
        before = f"{_power(factor, full)}*({C}) > {right}"
        whole = len(branch.increasing) == len(circuit.names)
        parts = ([] if whole else [last]) + ([before] if full else [])
        if not parts:
            continue
        yield Draft(
            f"depth.layer.{full + 1 if not whole else 'none'}",
            "When no layer has silent units"
            if whole
            else f"When layer {full + 1} is the first in which the weaker group is silent",
            "equivalence",
            then=f"{branch.word('exists')} <=> {' & '.join(parts)}",
            given=given,
        )


def _power(base: str, exponent: int) -> str:
    return base if exponent == 1 else f"({base})^{exponent}"


def _times(factor: str, sum_: str) -> str:
    if factor == "1":
        return sum_
    return f"({factor})*({sum_})" if " " in factor else f"{factor}*({sum_})"
