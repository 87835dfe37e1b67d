"""The linear response of a branch to its inputs: the matrix, the signs of its entries, and when it is paradoxical.

On a branch ``(I - F W) dx = F du`` with F the slopes, so ``dx/du = (I - F W)^{-1} F = (F^{-1} - W)^{-1}`` on the active
block: cofactors over one determinant. The response of population k to its own input is a ratio of two determinants,
``dx_k/du_k = f_k det((I - F W) without k) / det(I - F W)``, the circuit in which the rate of k is held fixed over the
whole circuit.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from flint import fmpq, fmpq_mat

from symgame import syntax as s
from symgame.algebra import Algebra
from symgame.branches import Branch, branch, full_branch
from symgame.circuit import Circuit
from symgame.condition import FALSE, TRUE, Condition
from symgame.errors import Unsupported
from symgame.grammar import read_branch, read_formula
from symgame.nesting import condition_text, nested_quotient
from symgame.proof.reduce import Reducer
from symgame.ring import Quotient, determinant, submatrix
from symgame.tables import Cell, formula, table
from symgame.typeset import formula_latex

MAX_POPULATIONS = 8


# -- the matrix -------------------------------------------------------------------------------------------------------


def response_numerator(branch: Branch, population: int, driven: int) -> Quotient:
    """``D dx_i/du_j``: a signed cofactor times the slope of population j; 0 off the active block.

    From ``(I - F W) dx = F du`` on the block.
    """
    a = branch.algebra
    if population not in branch.increasing or driven not in branch.increasing:
        return a.zero
    row, column = branch.increasing.index(population), branch.increasing.index(driven)
    return branch.adjugate[row][column] * branch.pieces[driven].slope


def response(branch: Branch, population: int, driven: int) -> Quotient:
    """``dx_i/du_j`` along the branch, where ``D != 0``.

    >>> from symgame.named import wilson_cowan
    >>> from symgame.branches import full_branch
    >>> print(response(full_branch(wilson_cowan()), 0, 1).over)
    -w_EI
    """
    return response_numerator(branch, population, driven) / branch.determinant


def determinant_without(branch: Branch, population: int) -> Quotient:
    """``det(I - F W)`` on the active block without one population: that of the circuit in which its rate is fixed.

    >>> from symgame.named import wilson_cowan
    >>> str(determinant_without(full_branch(wilson_cowan()), 1).over)
    '-w_EE + 1'
    """
    rest = [row for row, i in enumerate(branch.increasing) if i != population]
    return determinant(submatrix(branch.block, rest, rest), branch.algebra.ring)


# -- identities, verified exactly -------------------------------------------------------------------------------------


def is_inverse(branch: Branch) -> bool:
    """``(I - F W) N = det F`` on the active block, with N the numerators: so ``dx/du = (F^{-1} - W)^{-1}`` there."""
    a, active = branch.algebra, branch.increasing
    for row, i in enumerate(active):
        for j in active:
            total = a.zero
            for column, k in enumerate(active):
                total = total + branch.block[row][column] * response_numerator(branch, k, j)
            if total != (branch.determinant * branch.pieces[j].slope if i == j else a.zero):
                return False
    return True


def is_determinant_ratio(branch: Branch, population: int) -> bool:
    """``det(I - F W) dx_k/du_k = f_k det((I - F W) without k)``, as polynomials; for k in the active block."""
    own = branch.pieces[population].slope * determinant_without(branch, population)
    return response_numerator(branch, population, population) == own


# -- the table of signs -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Response:
    """``dx_i/du_j = numerator/det``: it is > 0 if and only if ``positive`` holds, < 0 if and only if ``negative``.

    Both under the hypotheses of the circuit and those of the table, by proof: ``TRUE`` is always, ``FALSE`` never.
    """

    population: str
    driven: str
    numerator: Quotient
    positive: Condition
    negative: Condition

    @property
    def sign(self) -> str:
        """``+``, ``-`` or ``0`` for an entry that always has that sign, else ``?``."""
        if self.numerator.is_zero or (self.positive == FALSE and self.negative == FALSE):
            return "0"
        return "+" if self.positive == TRUE else "-" if self.negative == TRUE else "?"

    @property
    def text(self) -> str:
        """When it is > 0: ``always > 0``, ``always < 0``, ``0``, or a condition in the grammar of formulas.

        An entry that is never > 0, or never < 0, and may vanish says when it does not.
        """
        fixed = {"0": "0", "+": "always > 0", "-": "always < 0"}
        if self.sign != "?":
            return fixed[self.sign]
        if self.positive == FALSE:
            return f"never > 0; < 0 iff {condition_text(self.negative)}"
        tail = "; never < 0" if self.negative == FALSE else ""
        return condition_text(self.positive) + tail

    def __str__(self) -> str:
        return f"dx({self.population})/du({self.driven}): {self.text}"


@dataclass(frozen=True, repr=False)
class Responses:
    """``dx/du`` on a branch: entries row by row, over one determinant, with the sign of each.

    ``given`` is ``det > 0`` where the sign of the determinant is open, and empty where it is known.
    """

    branch: Branch
    determinant: Quotient
    given: tuple[str, ...]
    entries: tuple[tuple[Response, ...], ...]

    @property
    def circuit(self) -> Circuit:
        return self.branch.circuit

    @property
    def signs(self) -> tuple[tuple[str, ...], ...]:
        """The table of signs: ``+``, ``-``, ``0``, and ``?`` where it depends on the symbols."""
        return tuple(tuple(entry.sign for entry in row) for row in self.entries)

    @property
    def numbers(self) -> tuple[tuple[Fraction, ...], ...] | None:
        """The entries as exact numbers, when no symbol is left in them."""
        rows = Algebra.numbers([[entry.numerator / self.determinant for entry in row] for row in self.entries])
        return None if rows is None else tuple(map(tuple, rows))

    def entry(self, population: str, driven: str) -> Response:
        """The response of one population to the input of another; ``KeyError`` for a name that is none."""
        names = self.circuit.names
        for name in (population, driven):
            if name not in names:
                raise KeyError(f"there is no population {name!r} (populations: {', '.join(names)})")
        return self.entries[names.index(population)][names.index(driven)]

    def __repr__(self) -> str:
        """One line for a person; everything else is in the fields."""
        return f"Responses({self.circuit.name!r} on ({self.branch.name}): {' '.join(''.join(r) for r in self.signs)})"

    def __str__(self) -> str:
        given = f" given {self.given[0]}" if self.given else ""
        rows = (f"    {entry}" for row in self.entries for entry in row)
        return "\n".join(
            [f"Responses on ({self.branch.name}){given}, det = {nested_quotient(self.determinant)}", *rows]
        )

    def _latex(self) -> str:
        """The matrix as numerators over one determinant, without dollar signs."""
        body = r" \\ ".join(" & ".join(self._number(e.numerator) for e in row) for row in self.entries)
        over = "" if self.determinant == self.branch.algebra.one else rf"\frac{{1}}{{{self._number(self.determinant)}}}"
        return rf"\frac{{\partial x}}{{\partial u}} = {over}\begin{{pmatrix}}{body}\end{{pmatrix}}"

    def _number(self, q: Quotient) -> str:
        equation = read_formula(f"{nested_quotient(q)} = 0")
        assert isinstance(equation, s.Relation)
        return formula_latex(equation.terms[0], self.circuit.presentation.expanded)

    def _repr_latex_(self) -> str:
        return rf"$\displaystyle {self._latex()}$"

    def _repr_html_(self) -> str:
        names = self.circuit.presentation.expanded
        head: list[Cell] = ["", *(f"input of {name}" for name in self.circuit.names)]
        rows: list[list[Cell]] = []
        for name, entries in zip(self.circuit.names, self.entries, strict=True):
            rows.append([name, *(formula(e.text, names) if ";" not in e.text else e.text for e in entries)])
        given = f", given {self.given[0]}" if self.given else ""
        return table(head, rows, f"When a rate rises with an input, on ({self.branch.name}){given}").source


def responses(circuit: Circuit, at: str | None = None) -> Responses:
    """The responses of every rate to every input on the branch ``at``, such as ``"E,PV"``, with their signs.

    By default every population is active. A branch that does not exist for some values is read as if it did: nothing
    but ``det > 0`` is supposed, and that only where the sign of the determinant is open (a stable branch has it).

    Raises :class:`~symgame.errors.Unsupported` where the determinant is 0 for all values, for smooth activations, and
    for more than eight populations with symbols; :class:`~symgame.errors.VocabularyError` for a branch that is none.

    >>> from symgame.named import wilson_cowan
    >>> print(responses(wilson_cowan()))
    Responses on (E,I) given det > 0, det = (1 - w_EE)*(1 + w_II) + w_EI*w_IE
        dx(E)/du(E): always > 0
        dx(E)/du(I): always < 0
        dx(I)/du(E): always > 0
        dx(I)/du(I): w_EE < 1
    """
    circuit = circuit.fixed()
    here = full_branch(circuit) if at is None else branch(circuit, read_branch(at))
    numbers = _numbers(here)
    if numbers is not None:
        return _numeric(here, *numbers)
    a = here.algebra
    if len(here.increasing) > MAX_POPULATIONS:
        raise Unsupported(
            f"the responses of {len(here.increasing)} populations with symbols are too long to read; give the weights "
            f"values, as in circuit.with_values(...), or ask at a branch with at most {MAX_POPULATIONS} active"
        )
    if here.determinant.is_zero:
        raise Unsupported(_SINGULAR.format(here.name))
    known = next((rel for rel in (">", "<") if _always(here, rel)), None)
    reducer = Reducer(a.domain, TRUE if known else a.domain.compare(here.determinant, ">"))
    rows = tuple(tuple(_signed(here, i, j, reducer, known == "<") for j in range(a.n)) for i in range(a.n))
    return Responses(here, here.determinant, () if known else ("det > 0",), rows)


_SINGULAR = "on ({}) the determinant of the linear system is 0 for all values: there is no linear response"


def _always(here: Branch, rel: str) -> bool:
    domain = here.algebra.domain
    return Reducer(domain).implied(TRUE, domain.compare(here.determinant, rel))


def _signed(here: Branch, i: int, j: int, reducer: Reducer, flipped: bool) -> Response:
    names, domain = here.circuit.names, here.algebra.domain
    numerator = response_numerator(here, i, j)
    value = -numerator if flipped else numerator
    positive, negative = (reducer.reduce(domain.compare(value, rel)) for rel in (">", "<"))
    return Response(names[i], names[j], numerator, positive, negative)


def _numbers(here: Branch) -> tuple[list[list[Fraction]], list[Fraction]] | None:
    """The block and its slopes as exact numbers; ``None`` when a symbol is left in them."""
    rows = Algebra.numbers([*here.block, [here.pieces[i].slope for i in here.increasing]])
    return None if rows is None else (rows[:-1], rows[-1])


def _numeric(here: Branch, block: list[list[Fraction]], slopes: list[Fraction]) -> Responses:
    """The same by elimination, for a block of numbers of any size."""
    a, names, active = here.algebra, here.circuit.names, here.increasing
    matrix = fmpq_mat(len(block), len(block), [fmpq(e.numerator, e.denominator) for row in block for e in row])
    det = matrix.det()
    if det == 0:
        raise Unsupported(_SINGULAR.format(here.name))
    inverse = matrix.inv()
    rows = []
    for i, name in enumerate(names):
        row = []
        for j, driven in enumerate(names):
            value = Fraction(0)
            if i in active and j in active:
                entry = inverse[active.index(i), active.index(j)]
                value = Fraction(int(entry.p), int(entry.q)) * slopes[active.index(j)]
            numerator = a.ring.quotient(value * Fraction(int(det.p), int(det.q)))
            row.append(Response(name, driven, numerator, TRUE if value > 0 else FALSE, TRUE if value < 0 else FALSE))
        rows.append(tuple(row))
    return Responses(here, a.ring.quotient(Fraction(int(det.p), int(det.q))), (), tuple(rows))
