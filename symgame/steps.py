"""The steps that lead to a claim: lines of a proof, each a formula and why it follows from what stands above.

A step is a formula of the grammar whenever it can be, so that it can be pasted into a check like the claim itself.
Nothing here decides anything: the verdict of a claim rests on its evidence, and its steps say how one gets there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import sympy

from symgame import game
from symgame import syntax as s
from symgame.branches import Branch, branch, full_branch
from symgame.circuit import Circuit
from symgame.condition import Condition, free_names, quantifier_free, terms
from symgame.errors import Unsupported
from symgame.grammar import read_branch
from symgame.nesting import compared, condition_text
from symgame.properties import stability
from symgame.ring import FRESH, Ring
from symgame.solve import quotient_text
from symgame.statements import read
from symgame.typeset import formula_latex
from symgame.words import (
    BRANCH_NUMBERS,
    BRANCH_WORDS,
    CIRCUIT_WORDS,
    GAIN_QUANTIFIERS,
    QUANTIFIERS,
    READ_CONDITIONS,
    READINGS,
)

LONGEST, SHORTEST = 900, 200
MOST_COLUMNS = 6  # of a matrix that fits a line
MOST_REPEATED = 4  # terms of a polynomial that is printed again and again
_MEANINGS = {**BRANCH_WORDS, **CIRCUIT_WORDS, **BRANCH_NUMBERS, **QUANTIFIERS, **GAIN_QUANTIFIERS}
_HOW = {
    "hurwitz": "Routh and Hurwitz, on the characteristic polynomial of the Jacobian",
    "lds": "some diagonal P > 0 makes P A + A' P positive definite: leading minors, the weights bound and eliminated",
    "rosen": "the same with the Jacobian I - W of the pseudo-gradient",
    "d_stable": "Hurwitz for every choice of positive time constants",
    "totally_hurwitz": "every principal submatrix of the Jacobian is Hurwitz: any rates may be held silent",
    "exists": "the determinant is not 0, and every rate or total input is on its piece",
    "continuum": "the determinant is 0, and the singular linear system has solutions on the pieces",
    "attracting": "it exists, Routh and Hurwitz, and no total input that a loop passes through is on a kink",
    "local_nash": "it exists; own curvatures, and at kinks the one-sided ones",
    "nash": "it exists; own energies compared over the whole range of each rate",
    "p_matrix": "every principal minor of the matrix is positive",
    "det": "the determinant of the matrix on the active block",
    "unique": "all determinants over the slopes of the pieces have one sign",
    "monotone": "leading minors of the symmetric part of I - W",
    "potential": "the cross derivatives of the interaction costs agree",
    "weighted_potential": "Kolmogorov's conditions: signs of pairs, products around cycles",
    "paradoxical": "the response to its own input is negative",
    "curvature": "1/phi' - W_ii",
    "x": "the state of the branch, by Cramer's rule",
    "dx": "the derivative of the state of the branch, by Cramer's rule",
    "energy": "the own energy at the state of the branch",
}


#: What a reason says of a smooth circuit in the place of what it says of pieces.
_AT_GAINS = {
    _HOW["unique"]: "no principal minor of I - L W is negative, L the greatest slopes: then det(I - S W) > 0 for all "
    "mean slopes S between two states",
    _HOW["local_nash"]: "own curvatures; where one is 0, the gain is the greatest",
    BRANCH_WORDS["stable"]: "hurwitz, at an equilibrium there",
    _HOW["det"]: "the determinant of I - S W",
    _HOW["curvature"]: "1/s - W_ii, with s = phi' at the equilibrium",
    "the matrix of the linear system on the branch": "the matrix at an equilibrium",
    "1/phi' - W_ii: the activation cost and the own weight": "1/s - W_ii: the activation cost and the own weight",
}


@dataclass(frozen=True)
class Step:
    """One line: ``formula`` in the grammar, or ``latex`` where the grammar has no words for it; and why it holds.

    A ``chained`` formula is equivalent to the word that the claim characterises; any other stands by itself.
    """

    formula: str | None
    reason: str
    latex: str | None = None
    chained: bool = False


def at_gains(steps: Iterable[Step]) -> Iterator[Step]:
    """The steps of a claim on a smooth circuit: what its words mean at an equilibrium with gains."""
    for step in steps:
        reason = step.reason
        for said, meant in _AT_GAINS.items():
            reason = reason.replace(said, meant)
        yield replace(step, reason=reason)


def words_in(node: s.Formula) -> list[str]:
    """The words of the vocabulary that a formula uses, in reading order."""
    known = {*_MEANINGS, *READINGS, *READ_CONDITIONS}
    found: dict[str, None] = {}
    for part in s.walk(node):
        name = part.id if isinstance(part, s.Name) else part.name if isinstance(part, s.Call) else ""
        if name in known:
            found[name] = None
    return list(found)


def meaning(node: s.Formula) -> str:
    """The reason of a first step: what the words of a formula mean."""
    said = [
        f"{word.replace('_', ' ')}: {_HOW.get(word) or _MEANINGS[word]}"
        for word in words_in(node)
        if word in _HOW or word in _MEANINGS
    ]
    return "; ".join(said) or "in signs of polynomials"


def written(condition: Condition, large: bool = False, longest: int = LONGEST) -> str | None:
    """A condition as a formula, when it is not too long to read and has no quantifiers, nor unknowns of the reader's
    own (they stand for roots and moduli). Common parts of ``large`` polynomials are taken out."""
    if not quantifier_free(condition) or free_names(condition) & set(FRESH):
        return None
    if large and 2 * terms(condition) > longest:
        return None
    text = condition_text(condition) if large else str(condition)
    return text if len(text) <= longest else None


def from_definition(
    node: s.Formula,
    definition: Condition,
    short: Condition,
    solved: str,
    over: str | None,
    large: bool = False,
    longest: int = LONGEST,
) -> Iterator[Step]:
    """word <=> its definition in signs <=> the short form <=> the form solved for a parameter.

    For a circuit that is ``large``, with three or more populations, signs that the hypotheses decide are put in.
    """
    first, second = written(definition, large, longest), written(short, large)
    if first is not None:
        yield Step(first, meaning(node), chained=True)
    else:
        yield Step(None, f"{meaning(node)} (in signs of polynomials: quantified, or too long to print)")
    if second is not None and second != first:
        reason = "equivalent under the hypotheses: what follows from the rest is dropped, each time by proof"
        yield Step(second, reason, chained=True)
    if solved not in (first, second):
        yield Step(solved, f"solved for {over}" if over and over in solved else "rewritten", chained=True)


def from_sides(circuit: Circuit, node: s.Formula, given: Sequence[s.Formula], at: str | None) -> Iterator[Step]:
    """For a statement that was given as it is: what either side says, and that a counterexample is impossible."""
    sides = (node.left, node.right) if isinstance(node, s.Implies | s.Iff) else (node,)
    members = None if at is None else read_branch(at)
    for side in sides:
        if not words_in(side):
            continue
        try:
            condition = read(circuit, side, given, members).query.conclusion
        except Unsupported:
            continue
        large = len(circuit.names) > 2
        text = written(condition, large, SHORTEST if large else LONGEST)
        if text is not None and text != s.text(side):
            yield Step(f"{s.text(side)} <=> {text}" if len(sides) > 1 else text, meaning(side))
        elif text is None:
            yield Step(None, meaning(side))
    yield Step(None, "The negation, together with the hypotheses, has no solution")


# -- equations --------------------------------------------------------------------------------------------------------


def of_equation(circuit: Circuit, node: s.Formula, at: str | None) -> Iterator[Step]:
    """Where a number comes from: the linear system of the branch, its derivative, or the definition of the number."""
    here = full_branch(circuit) if at is None else branch(circuit, read_branch(at))
    left = node.terms[0] if isinstance(node, s.Relation) else node
    name = left.id if isinstance(left, s.Name) else left.name if isinstance(left, s.Call) else ""
    match name:
        case "x" if isinstance(left, s.Call):
            if long_determinant(here) and circuit.index(str(left.args[0])) != here.increasing[0]:
                yield Step(None, "The same system, by Cramer's rule")
                return
            yield Step(
                " & ".join(_rows(here, [f"x({n})" for n in _active(here)], here.right_side)),
                f"the rows of {_system(here)}",
            )
            if not long_determinant(here):
                yield Step(
                    f"det = {quotient_text(here.determinant)}",
                    "the determinant of that system, kept as a denominator by Cramer's rule",
                )
        case "dx" if isinstance(left, s.Call):
            driven = str(left.args[1])
            column = circuit.inputs.index(driven)
            if long_determinant(here):
                yield _cofactor(here, circuit.index(str(left.args[0])), column)
                return
            right = [p.slope if i == column else here.algebra.zero for i, p in enumerate(here.pieces)]
            unknowns = [f"dx({n},{driven})" for n in _active(here)]
            rows = _rows(here, unknowns, [right[i] for i in here.increasing])
            yield Step(" & ".join(rows), f"the rows of {_system(here)}, differentiated by {driven}")
            yield Step(f"det = {quotient_text(here.determinant)}", "its determinant; the numerators are cofactors")
        case "trace":
            full = stability.jacobian(here.algebra, here.slopes)
            diagonal = [quotient_text(full[i][i]) for i in range(here.algebra.n)]
            yield Step(f"trace = {' + '.join(f'({d})' for d in diagonal)}", "the diagonal of the Jacobian")
        case "det":
            yield Step(None, "the matrix of the linear system on the branch", _matrix(here))
        case "curvature" if isinstance(left, s.Call):
            i = circuit.index(str(left.args[0]))
            slope, weight = quotient_text(here.pieces[i].slope), quotient_text(here.algebra.W[i][i])
            yield Step(f"{left} = 1/({slope}) - ({weight})", "1/phi' - W_ii: the activation cost and the own weight")
        case "energy" if isinstance(left, s.Call):
            yield from _energy(circuit, here, str(left.args[0]))


def long_determinant(here: Branch) -> bool:
    """Whether the determinant is too long to be printed in every proof that divides by it."""
    return here.algebra.n > 2 and len(here.determinant.over) > MOST_REPEATED


def _cofactor(here: Branch, i: int, j: int) -> Step:
    """An entry of the inverse: a minor without the row that is driven and the column that responds."""
    names = here.circuit.presentation.latex
    row, column = names(here.circuit.names[j]), names(here.circuit.names[i])
    places = here.increasing.index(j) + here.increasing.index(i)
    minus = "-" if places % 2 else ""
    slope = "" if here.pieces[j].slope == here.algebra.one else f"s_{{{row}}} "
    driven = here.circuit.shown(here.circuit.inputs[j], macros=True)
    return Step(
        None,
        "a cofactor: the determinant without the row that is driven and the column that responds",
        rf"\det\mathbf{{A}}\;\frac{{\partial x_{{{column}}}}}{{\partial {driven}}} = "
        rf"{minus}{slope}\det\mathbf{{A}}_{{-{row},-{column}}}",
    )


def _energy(circuit: Circuit, here: Branch, name: str) -> Iterator[Step]:
    i = circuit.index(name)
    others = [f"({quotient_text(here.algebra.W[i][j])})*x({n})" for j, n in enumerate(circuit.names) if j != i]
    others = [
        o
        for o, j in zip(others, (j for j in range(len(circuit.names)) if j != i), strict=True)
        if not here.algebra.W[i][j].is_zero
    ]
    drive = " + ".join([f"({quotient_text(here.algebra.u[i])})", *others])
    own = quotient_text(here.algebra.one - here.algebra.W[i][i])
    yield Step(
        f"energy({name}) = ({own})*x({name})^2/2 - x({name})*({drive})",
        "the interaction cost; the activation cost is 0 there",
    )
    yield Step(f"({own})*x({name}) = {drive}", "the rate is stationary")


def _system(here: Branch) -> str:
    """The linear system of a branch, in the words of the table of notation."""
    if here.algebra.frozen:
        return "(I - S W) dx = S du"
    return "(I - W) x = u + c" if here.algebra.matrix_name == "I - W" else "(I - S W) x = S u + c"


def _active(here: Branch) -> list[str]:
    return [here.circuit.names[i] for i in here.increasing]


def _rows(here: Branch, unknowns: list[str], right: Sequence[object]) -> list[str]:
    rows = []
    for entries, value in zip(here.block, right, strict=True):
        parts = [f"({quotient_text(e)})*{x}" for e, x in zip(entries, unknowns, strict=True) if not e.is_zero]
        rows.append(f"{' + '.join(parts) or '0'} = {quotient_text(value)}")  # type: ignore[arg-type]
    return rows


def _matrix(here: Branch) -> str:
    names = here.circuit.presentation.latex
    rows = [[here.circuit.expression_latex(e.sympy(), macros=True) for e in row] for row in here.block]
    block = r" \\ ".join(" & ".join(row) for row in rows)
    members = ",".join(names(n) for n in _active(here))
    return rf"\mathbf{{A}}_{{{members}}} = \begin{{pmatrix}}{block}\end{{pmatrix}}"


def of_monotone(circuit: Circuit) -> Iterator[Step]:
    """The symmetric matrix whose leading minors are too long to print."""
    yield Step(
        None,
        "for two points x and y, by the pseudo-gradient, with the matrix of the game",
        r"(x - y)^{\mathsf T}(F(x) - F(y)) = \tfrac12 (x - y)^{\mathsf T}(A + A^{\mathsf T})(x - y),\quad A = I - W",
    )
    if circuit.copies or len(circuit.names) > MOST_COLUMNS:
        return
    matrix = sympy.eye(len(circuit.names)) - circuit.W
    shown = circuit.expression_latex(sympy.Matrix(matrix + matrix.T), macros=True)
    yield Step(None, "its leading minors decide whether it is positive definite", rf"A + A^{{\mathsf T}} = {shown}")


# -- responses and modes ----------------------------------------------------------------------------------------------


def of_inverse(here: Branch) -> Iterator[Step]:
    """The matrix of all responses: one linear system, and its inverse by cofactors."""
    unit = here.algebra.matrix_name == "I - W" and not here.algebra.frozen
    slopes = "" if unit else "S"
    yield Step(
        None,
        f"the rows of {_system(here)}, differentiated",
        rf"\mathbf{{A}}\,\mathrm{{d}}x = {slopes}\,\mathrm{{d}}u,\quad \mathbf{{A}} = {'I - W' if unit else 'I - S W'}",
    )
    inverse = "(I - W)^{-1}" if unit else r"\mathbf{A}^{-1} S = (S^{-1} - W)^{-1}"
    yield Step(
        None,
        "cofactors over one determinant; that the product with the matrix is right was verified entry by entry",
        rf"\frac{{\partial x}}{{\partial u}} = {inverse} "
        rf"= \frac{{1}}{{\det\mathbf{{A}}}}\operatorname{{adj}}(\mathbf{{A}}){slopes}",
    )


def of_determinant_ratio(here: Branch, k: int) -> Iterator[Step]:
    """The response of a population to its own input: the circuit without it over the whole circuit."""
    name = here.circuit.presentation.latex(here.circuit.names[k])
    slope = "" if here.pieces[k].slope == here.algebra.one else f"s_{{{name}}} "
    driven = here.circuit.shown(here.circuit.inputs[k], macros=True)
    yield Step(
        None,
        "the cofactor of its own entry is the determinant without its row and column: that of the circuit in which its "
        "rate is held fixed",
        rf"\det\mathbf{{A}}\;\frac{{\partial x_{{{name}}}}}{{\partial {driven}}} = {slope}\det\mathbf{{A}}_{{-{name}}}",
    )
    yield Step(None, "The determinant of the whole circuit is positive, so the sign is that of the other one")


def of_parity(here: Branch) -> Iterator[Step]:
    """A negative response is an odd number of real positive eigenvalues of the circuit in which the rate is held."""
    yield Step(
        None,
        "for each population k, with its slope: the determinant ratio, verified as an identity",
        r"\det\mathbf{A}\;\frac{\partial x_k}{\partial u_k} = s_k \det\mathbf{A}_{-k}",
    )
    yield Step(
        None,
        "the Jacobian of the others while the rate of k is held; verified as an identity",
        r"\det(-\mathbf{J}_{-k}) = \frac{\det\mathbf{A}_{-k}}{\prod_{i \ne k} \tau_i}",
    )
    yield Step(
        None,
        "a determinant is the product of the eigenvalues, and complex ones come in pairs with a positive product; m "
        "counts the real positive eigenvalues, with multiplicity; for the case that none is 0",
        r"\operatorname{sign}\det(-\mathbf{J}_{-k}) = (-1)^{m}",
    )
    yield Step(
        None,
        "On a stable branch det > 0, and slopes and time constants are positive: the response is 0 exactly if an "
        "eigenvalue is 0, and else negative exactly if m is odd",
    )


def of_characteristic(here: Branch) -> Iterator[Step]:
    """The Routh-Hurwitz numbers of a block in its principal minors."""
    n = len(here.increasing)
    powers = [rf"c_{{{k}}} s^{{{n - k}}}" for k in range(1, n - 1)] + [rf"c_{{{n - 1}}} s", rf"c_{{{n}}}"]
    yield Step(
        None,
        "the characteristic polynomial of the Jacobian on the branch",
        rf"\det(s I - \mathbf{{J}}) = s^{{{n}}} + {' + '.join(powers)}",
    )
    yield Step(
        None,
        "one principal minor of the matrix for each set of k rates; verified by expanding the determinant",
        r"c_{k} = \sum_{|R| = k} \frac{M_R}{\prod_{i \in R} \tau_i}",
    )
    ring = Ring(tuple(f"c_{k}" for k in range(1, n + 1)))
    for q in stability.routh_hurwitz([ring.quotient(1), *(ring.of(name) for name in ring.names)], ring):
        short = len(q.over) <= MOST_REPEATED
        shown = formula_latex(compared(q.over, ">")) if short else None
        yield Step(None, "one of the numbers of Liénard and Chipart, which decide together", shown)


# -- identities of the game -------------------------------------------------------------------------------------------


def of_pseudo_gradient(circuit: Circuit) -> Iterator[Step]:
    if circuit.copies:
        yield Step(None, "each interaction cost above, differentiated along the rate of its own neuron")
        return
    for i, name in enumerate(circuit.names):
        shown = circuit.presentation.latex(name)
        own = circuit.expression_latex(game.pseudo_gradient(circuit)[i], macros=True)
        slope = rf"\frac{{\partial E^{{\mathrm{{int}}}}_{{{shown}}}}}{{\partial x_{{{shown}}}}}"
        reason = f"the interaction cost of {name}, differentiated along its own rate"
        yield Step(None, reason, rf"F_{{{shown}}} = {slope} = {own}")


def of_rate_equation(circuit: Circuit) -> Iterator[Step]:
    yield Step(None, "by the pseudo-gradient, the argument of the proximal step is the total input",
               r"x - F(x) = W x + u")  # fmt: skip
    for p in circuit.populations:
        shown = circuit.presentation.latex(p.name)
        yield Step(
            None,
            f"the activation of {p.name} does not decrease: its inverse is the derivative of a convex function, and "
            "the activation is the proximal point map of that function less half the square",
            rf"\phi_{{{shown}}} = \operatorname{{prox}}_{{g_{{{shown}}}}},\quad "
            rf"g_{{{shown}}}'(x) + x = \phi_{{{shown}}}^{{-1}}(x)",
        )
    yield Step(None, "both together", r"\tau_i \dot x_i = -x_i + \operatorname{prox}_{g_i}\bigl(x_i - F_i(x)\bigr)")


def of_best_response(circuit: Circuit, i: int) -> Iterator[Step]:
    shown = circuit.presentation.latex(circuit.names[i])
    value = circuit.expression_latex(1 - circuit.own(i), macros=True)
    k = "k" if "k" not in circuit.symbols else "h"  # k may count copies
    given = rf"E_{{{shown}}}(y) = \tfrac12 {k} y^2 - c\,y,\quad {k} = {value}"
    if not circuit.copies:
        given += rf",\quad c = {circuit.expression_latex(game.others_input(circuit, i), macros=True)}"
    yield Step(None, "the own energy as a function of the own rate y, with c the input from the others", given)
    yield Step(None, f"completing the square, for {k} > 0", rf"E(y) - E(c/{k}) = \tfrac12 {k}\,(y - c/{k})^2")
    yield Step(None, f"compared with an end e of the range, for {k} ≤ 0 and outside the range",
               rf"E(y) - E(e) = (y - e)\bigl(\tfrac12 {k}\,(y + e) - c\bigr)")  # fmt: skip


def of_pieces(circuit: Circuit) -> Iterator[Step]:
    for p in circuit.populations:
        ends = [piece.upper for piece in p.activation.pieces or () if piece.upper != sympy.oo]
        knots = ", ".join(str(e).replace("**", "^") for e in ends) or "none"
        yield Step(
            None, f"{p.name}: consecutive pieces of phi meet at {knots}, and each knot belongs to exactly one of them"
        )


def of_coincidences() -> Iterator[Step]:
    yield Step(
        None,
        "take a smallest index set whose principal minor is not positive; let z be the j-th column of its adjugate, 0 "
        "elsewhere: on the set A z is the minor times the j-th unit vector, and the j-th entry of z is a smaller "
        "minor, which is positive",
    )
    yield Step(
        None,
        "then z+ and z-, which differ in j, both solve x = max(0, u - (A - I) x) for u = A z+ - (A z)+; scaled down, "
        "they stay below any caps",
    )


def of_patterns(count: int) -> Iterator[Step]:
    yield Step(None, f"each of the {count} patterns is met at an exact point, which is its example")
    yield Step(
        None, "every other pattern begins with signs that were proved impossible together: one certificate for all"
    )


def of_orders() -> Iterator[Step]:
    yield Step(
        None,
        "the thresholds are inserted one by one, before, at or after those already placed; each place that is not "
        "listed was proved impossible under the conditions so far",
    )
