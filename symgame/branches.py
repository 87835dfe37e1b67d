"""Equilibria in closed form: one branch per choice of pieces, its state as Cramer quotients, when it exists.

On a branch every ``x_i = s_i z_i + c_i`` with ``z = W x + u``, so the rates on increasing pieces solve a linear system
with matrix ``I - F W`` restricted to them. States stay quotients ``N_i / D`` by its determinant, so that the sign
of D stays visible; D = 0 is a case of its own (a continuum, or nothing).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from itertools import product

import sympy

from symgame import copies
from symgame import syntax as s
from symgame.algebra import Algebra, LinearPiece, algebra
from symgame.circuit import Circuit
from symgame.condition import FALSE, TRUE, Condition, both, either, negation
from symgame.errors import Unsupported, VocabularyError
from symgame.grammar import read_branch, read_formula
from symgame.linear import Linear, solvable
from symgame.ring import Quotient, adjugate, determinant, submatrix
from symgame.typeset import branch_latex, formula_latex
from symgame.words import nearest

MAX_BRANCHES = 3**8


@dataclass(frozen=True)
class Branch:
    """The equilibria with every total input on a chosen piece: ``places[i]`` is the piece of population i."""

    circuit: Circuit
    places: tuple[int, ...]
    _algebra: Algebra = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_algebra", algebra(self.circuit))

    @property
    def algebra(self) -> Algebra:
        return self._algebra

    @cached_property
    def pieces(self) -> tuple[LinearPiece, ...]:
        return tuple(row[k] for row, k in zip(self.algebra.linear_pieces(), self.places, strict=True))

    @cached_property
    def increasing(self) -> tuple[int, ...]:
        """The populations whose rate answers to its input: the active block."""
        return tuple(i for i, piece in enumerate(self.pieces) if not piece.flat)

    @property
    def name(self) -> str:
        """The branch in the words of a formula: ``E,I``, ``E=m``, or nothing when all are silent."""
        return ",".join(
            p + s.PIECE_MARK[piece.label]
            for p, piece in zip(self.circuit.names, self.pieces, strict=True)
            if piece.label != "silent"
        )

    def word(self, word: str) -> str:
        return f"{word}({self.name})"

    # -- the linear system --------------------------------------------------------------------------------------

    @property
    def slopes(self) -> tuple[Quotient, ...]:
        return tuple(piece.slope for piece in self.pieces)

    @cached_property
    def block(self) -> list[list[Quotient]]:
        """``I - F W`` on the active block."""
        return submatrix(self.algebra.interaction(self.slopes), self.increasing, self.increasing)

    @cached_property
    def determinant(self) -> Quotient:
        return determinant(self.block, self.algebra.ring)

    @cached_property
    def adjugate(self) -> list[list[Quotient]]:
        return adjugate(self.block, self.algebra.ring)

    @cached_property
    def right_side(self) -> list[Quotient]:
        """``F (u + W x_flat) + c`` on the active block."""
        a = self.algebra
        values = []
        for i in self.increasing:
            total = a.u[i]
            for j, piece in enumerate(self.pieces):
                if piece.flat:
                    total = total + a.W[i][j] * piece.intercept
            values.append(self.pieces[i].value(total))
        return values

    @cached_property
    def numerators(self) -> tuple[Quotient, ...]:
        """``N`` with ``x = N / D``."""
        a = self.algebra
        rates = [piece.intercept * self.determinant for piece in self.pieces]
        for row, i in enumerate(self.increasing):
            rates[i] = a.zero
            for column, b in enumerate(self.right_side):
                rates[i] = rates[i] + self.adjugate[row][column] * b
        return tuple(rates)

    @cached_property
    def totals(self) -> tuple[Quotient, ...]:
        """``M`` with total inputs ``W x + u = M / D``."""
        a = self.algebra
        result = []
        for i in range(a.n):
            total = a.u[i] * self.determinant
            for j in range(a.n):
                total = total + a.W[i][j] * self.numerators[j]
            result.append(total)
        return tuple(result)

    def rate(self, i: int) -> Quotient:
        """``x_i``; raises ``ZeroDivisionError`` when D is identically 0."""
        return self.numerators[i] / self.determinant

    def total(self, i: int) -> Quotient:
        return self.totals[i] / self.determinant

    def state_latex(self) -> list[str]:
        """The state in LaTeX, an equation for each population; none when the determinant is identically 0."""
        names = self.circuit.presentation.expanded
        d, one = self.determinant, self.algebra.one
        if d.is_zero:
            return []
        values = ("0" if n.is_zero else f"{n}" if d == one else f"({n})/({d})" for n in self.numerators)
        return [
            formula_latex(read_formula(f"x({name}) = {value}"), names)
            for name, value in zip(self.circuit.names, values, strict=True)
        ]

    def _repr_latex_(self) -> str:
        rows = self.state_latex() or [branch_latex(read_branch(self.name), self.circuit.presentation.expanded)]
        return r"$\begin{aligned}" + r" \\ ".join(row.replace("=", "&=", 1) for row in rows) + r"\end{aligned}$"

    @property
    def state(self) -> dict[str, sympy.Expr]:
        """The state as SymPy quotients by the determinant, population by population."""
        over = self.determinant.sympy()
        return {p: n.sympy() / over for p, n in zip(self.circuit.names, self.numerators, strict=True)}

    # -- when it exists -----------------------------------------------------------------------------------------

    def _inside(self, i: int, flip: bool, strict: bool) -> Condition:
        """Total input i lies on its piece, written for D of known sign (``flip``: D < 0)."""
        piece, d = self.pieces[i], self.determinant
        compare = self.algebra.structural.compare
        parts = []
        for k, end in enumerate((piece.lower, piece.upper)):
            if end is None:
                continue
            # on an increasing piece compare the rate with phi(end): the shorter of two equivalent forms
            gap = self.totals[i] - end * d if piece.flat else self.numerators[i] - piece.value(end) * d
            gap = -gap if flip != (k == 1) else gap
            parts.append(compare(gap, ">=" if piece.closed[k] and not strict else ">"))
        return both(*parts)

    @cached_property
    def lone(self) -> Condition:
        """No family of equilibria leads away from one in which copies do the same: contrasts have no eigenvalue 0.

        Always true without copies.
        """
        a = self.algebra
        if not a.groups:
            return TRUE
        parts = []
        for mode in copies.modes(a, self.slopes)[1:]:
            live = [i for i, s in enumerate(mode.slopes) if not s.is_zero]
            block = submatrix(copies.interaction(a, mode.W, mode.slopes), live, live)
            parts.append(either(negation(mode.when), a.structural.compare(determinant(block, a.ring), "!=")))
        return both(*parts)

    def _located(self, strict: bool) -> Condition:
        return both(self.lone, self._among_equals(strict))

    def _among_equals(self, strict: bool) -> Condition:
        """The same among states in which copies do the same."""
        compare = self.algebra.structural.compare
        return either(
            *(
                both(compare(self.determinant, rel), *(self._inside(i, flip, strict) for i in range(self.algebra.n)))
                for rel, flip in ((">", False), ("<", True))
            )
        )

    def off_kink(self, i: int) -> Condition:
        """Total input i strictly inside its piece; to be read where the branch exists."""
        compare = self.algebra.structural.compare
        return either(
            *(
                both(compare(self.determinant, rel), self._inside(i, flip, True))
                for rel, flip in ((">", False), ("<", True))
            )
        )

    @cached_property
    def exists(self) -> Condition:
        """An isolated equilibrium lies here: D is not 0 and every total input is on its piece."""
        return self._located(strict=False)

    @cached_property
    def strict(self) -> Condition:
        """It exists and no total input is on a kink."""
        return self._located(strict=True)

    @cached_property
    def continuum(self) -> Condition:
        """D = 0 and equilibria lie on the branch: a segment, a ray, or more; of copies, also one of unequal units."""
        if self.lone != TRUE:
            return either(self._continuum, both(negation(self.lone), self._among_equals(False)))
        return self._continuum

    @cached_property
    def _continuum(self) -> Condition:
        a = self.algebra
        singular = a.structural.compare(self.determinant, "=")
        if singular == FALSE:
            return FALSE
        active = self.increasing
        equalities = [Linear(tuple(row), -b, "=") for row, b in zip(self.block, self.right_side, strict=True)]
        inequalities = []
        for i, piece in enumerate(self.pieces):
            if piece.flat:
                weights = tuple(a.W[i][j] for j in active)
                constant = a.u[i]
                for j, other in enumerate(self.pieces):
                    if other.flat:
                        constant = constant + a.W[i][j] * other.intercept
            else:
                weights = tuple(a.one if j == i else a.zero for j in active)
                constant = a.zero
            for k, end in enumerate((piece.lower, piece.upper)):
                if end is None:
                    continue
                gap = constant - (end if piece.flat else piece.value(end))
                rel = ">=" if piece.closed[k] else ">"
                inequalities.append(
                    Linear(weights, gap, rel) if k == 0 else Linear(tuple(-w for w in weights), -gap, rel)
                )
        return both(singular, solvable(equalities, inequalities, a.structural))


@cache
def equilibria(circuit: Circuit) -> tuple[Branch, ...]:
    """Every branch of a piecewise-linear circuit, fewest active populations first.

    Each total input lies on exactly one piece (a rate at threshold is silent, one at its cap saturated), so each
    equilibrium belongs to exactly one branch: isolated where :attr:`Branch.exists`, in a continuum where
    :attr:`Branch.continuum`.

    Raises :class:`~symgame.errors.Unsupported` for activations without pieces, or too many branches.

    >>> from symgame.named import wilson_cowan
    >>> [b.name for b in equilibria(wilson_cowan())]
    ['', 'E', 'I', 'E,I']
    >>> equilibria(wilson_cowan())[1].state["E"]
    u_E/(1 - w_EE)
    """
    rows = algebra(circuit).linear_pieces()
    count = 1
    for row in rows:
        count *= len(row)
    if count > MAX_BRANCHES:
        raise Unsupported(
            f"{count} branches are more than {MAX_BRANCHES}: with symbols they are listed all or none; "
            f"with numbers for weights, inputs and time constants the equilibria are found all the same"
        )
    branches = [Branch(circuit, places) for places in product(*(range(len(row)) for row in rows))]
    order = {"silent": 0, "active": 1, "negative": 2, "saturated": 3}

    def key(branch: Branch) -> tuple[object, ...]:
        labels = [order[p.label] for p in branch.pieces]
        return (sum(1 for label in labels if label), max(labels), [-int(label > 0) for label in labels], labels)

    return tuple(sorted(branches, key=key))


def branch(circuit: Circuit, members: Sequence[s.Member]) -> Branch:
    """The branch that a formula names; a population that is not named is silent."""
    rows = algebra(circuit).linear_pieces()
    wanted: dict[str, str] = {}
    for member in members:
        if member.population not in circuit.names:
            raise VocabularyError(
                f"there is no population {member.population!r} at column {member.at + 1}"
                f"{nearest(member.population, circuit.names)}"
            )
        if member.population in wanted:
            raise VocabularyError(f"the branch names {member.population!r} twice, at column {member.at + 1}")
        wanted[member.population] = member.piece
    places = []
    for name, row in zip(circuit.names, rows, strict=True):
        piece = wanted.get(name, "silent")
        labels = [p.label for p in row]
        if piece not in labels:
            known = ", ".join(f"'{name}{s.PIECE_MARK[x]}'" if x != "silent" else "left out" for x in labels)
            raise VocabularyError(
                f"{name} cannot be {piece}: its activation has the pieces {', '.join(labels)} (in a branch: {known})"
            )
        places.append(labels.index(piece))
    return Branch(circuit, tuple(places))


def full_branch(circuit: Circuit) -> Branch:
    """The branch with every population on its active piece."""
    return branch(circuit, [s.Member(name) for name in circuit.names])
