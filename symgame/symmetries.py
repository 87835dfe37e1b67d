"""The symmetry of a circuit: permutations of its populations that keep W, time constants and activations.

A permutation p is a symmetry when ``W[p(a), p(b)] = W[a, b]`` for all values of the symbols, and p(a) has the time
constant and the activation of a; with ``inputs=True`` the input too. Then the flow commutes with p. Names and types do
not count, and nor do hypotheses: they are about symbols, and symbols are not moved.

Weaker than symmetry is an equitable partition: populations of one cell receive the same total from every cell.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache

import sympy

from symgame import syntax as s
from symgame.algebra import Algebra, algebra
from symgame.automorphisms import Group, Labels, Permutation, cycles, group, labels
from symgame.circuit import Circuit
from symgame.coupling import Units
from symgame.errors import Unsupported
from symgame.exchanges import exchangeable_units
from symgame.grammar import read_formula
from symgame.ring import Quotient
from symgame.rotations import Circle, circle

Cell = tuple[str, ...]


@dataclass(frozen=True)
class Symmetry:
    """The symmetry group of a circuit.

    ``generators[g][i]`` is the index of the population to which number i goes. ``orbits`` are the populations that the
    group turns into one another, by name; ``order`` counts its permutations. ``exchangeable`` are the maximal sets of
    units any two of which may be swapped (symmetric groups S_n), most units first, by index (see
    :func:`~symgame.exchanges.exchangeable_units`); ``rotation`` is the longest circle of units that takes along every
    population that is not left alone by the group (Z_n), or ``None``.
    """

    names: tuple[str, ...]
    generators: tuple[Permutation, ...]
    orbits: tuple[Cell, ...]
    order: int
    exchangeable: tuple[Units, ...]
    rotation: Circle | None

    @property
    def trivial(self) -> bool:
        return self.order == 1

    def units(self, of: Units | Circle) -> tuple[Cell, ...]:
        """The units of a set or of a circle, by name."""
        return tuple(tuple(self.names[i] for i in unit) for unit in of.members)

    def written(self, generator: Permutation) -> str:
        """A permutation in cycles: ``(E1 E2)(I1 I2)``."""
        return "".join(f"({' '.join(self.names[i] for i in row)})" for row in cycles(generator)) or "()"


def labelled(circuit: Circuit, inputs: bool = False) -> Labels:
    """The circuit as a labelled digraph: equal labels are equal for every value of the symbols."""
    a = algebra(circuit)
    own = [(a.tau[i], p.activation, a.u[i] if inputs else None) for i, p in enumerate(circuit.populations)]
    return labels(a.W, own, a.zero)


def explicit(circuit: Circuit) -> Circuit:
    """The circuit with its values put in; one that stands for several copies of a unit is refused."""
    if circuit.copies:
        raise Unsupported(
            f"{circuit.name} stands for several copies of its units, whose number may be a symbol: its W is a "
            f"quotient already. Give the counts numbers and write the copies out: symgame.groups.written_out(circuit)."
        )
    return circuit.fixed() if circuit.values else circuit


@cache
def symmetry(circuit: Circuit, inputs: bool = False) -> Symmetry:
    """The symmetry group of an explicit circuit, its values put in; see :class:`Symmetry`.

    Exact for symbols and numbers. Raises :class:`~symgame.errors.Unsupported` when the search runs out of its budget.

    >>> W = [["a", "-b", "-c"], ["a", "-c", "-b"], ["d", 0, 0]]
    >>> symmetry(Circuit.from_matrix([["w", "v", "-b"], ["v", "w", "-b"], ["d", "d", 0]], tau=["t", "t", "r"])).orbits
    (('x1', 'x2'), ('x3',))
    >>> symmetry(Circuit.from_matrix(W, tau=[1, 1, 1])).order
    1
    """
    circuit = explicit(circuit)
    graph = labelled(circuit, inputs)
    found: Group = group(graph)
    names = circuit.names
    return Symmetry(
        names,
        found.generators,
        tuple(tuple(names[i] for i in orbit) for orbit in found.orbits),
        found.order,
        exchangeable_units(graph, found),
        circle(graph, found),
    )


# -- equal row sums ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Equitable:
    """Cells of populations that have the same time constant and activation and receive the same total from each cell.

    ``matrix[C][D]`` is that total, to a member of C when the members of D are all at rate 1. What it ``preserves``
    and what not is said in words; none of the rest follows.
    """

    cells: tuple[Cell, ...]
    matrix: tuple[tuple[Quotient, ...], ...]
    preserves: tuple[str, ...] = (
        "rates that are equal in every cell stay so, when inputs are equal in every cell",
        "the equilibria with equal rates in every cell are those of the quotient",
        "the characteristic polynomial of the quotient divides that of the circuit",
    )
    leaves_open: tuple[str, ...] = (
        "whether differences inside a cell grow: the other factor of the characteristic polynomial",
        "equilibria with different rates in a cell",
        "diagonal stability: the quotient may be diagonally stable where the circuit is not",
    )


@cache
def equitable(circuit: Circuit) -> Equitable:
    """The coarsest equitable partition of an explicit circuit, its values put in.

    Cells are in the order of their first members. Orbits of the symmetry group lie inside its cells.

    >>> chain = Circuit.from_matrix([[0, 1, 1], [2, 0, 0], [1, 1, 0]], tau=[1, 1, 1])
    >>> equitable(chain).cells, symmetry(chain).order
    ((('x1', 'x2', 'x3'),), 1)
    >>> print(equitable(chain).matrix[0][0])
    2
    """
    circuit = explicit(circuit)
    a = algebra(circuit)
    own = [(a.tau[i], p.activation) for i, p in enumerate(circuit.populations)]
    cells = equitable_cells(a.W, own, a.zero)
    matrix = tuple(tuple(_total(a.W[c[0]], d, a.zero) for d in cells) for c in cells)
    return Equitable(tuple(tuple(circuit.names[i] for i in cell) for cell in cells), matrix)


def _total(row: Sequence[Quotient], cell: Sequence[int], zero: Quotient) -> Quotient:
    total = zero
    for j in cell:
        total = total + row[j]
    return total


def equitable_cells(
    matrix: Sequence[Sequence[Quotient]], own: Sequence[object], zero: Quotient
) -> tuple[tuple[int, ...], ...]:
    """Cells with equal ``own`` data and equal row sums over every cell; the coarsest such partition.

    A cell is split by what its members receive from another one; of the parts of a cell all but the largest are put to
    use in turn, since the totals from the largest follow (J. Hopcroft, 1971).
    """
    n = len(matrix)
    numbers = Algebra.numbers(matrix)
    rows: Sequence[Sequence[object]] = matrix if numbers is None else numbers
    nothing: object = zero if numbers is None else 0

    def received(i: int, cell: Sequence[int]) -> object:
        total = nothing
        for j in cell:
            total = total + rows[i][j]  # type: ignore[operator]
        return total

    cells = _parted(range(n), lambda i: own[i])
    waiting = list(cells)
    while waiting:
        splitter = waiting.pop(0)
        split = []
        for cell in cells:
            parts = [cell] if len(cell) == 1 else _parted(cell, lambda i, by=splitter: received(i, by))  # type: ignore[misc]
            split += parts
            if len(parts) > 1:
                if cell in waiting:
                    waiting.remove(cell)
                else:
                    parts = sorted(parts, key=len)[:-1]
                waiting += parts
        cells = split
    return tuple(sorted(tuple(cell) for cell in cells))


def _parted(nodes: Sequence[int], key: Callable[[int], object]) -> list[list[int]]:
    parts: dict[object, list[int]] = {}
    for i in nodes:
        parts.setdefault(key(i), []).append(i)
    return list(parts.values())


def quotient(circuit: Circuit, cells: Sequence[Cell] | None = None) -> Circuit:
    """The circuit with one population for every cell, named after its first member: what the cells do when their
    members do the same.

    ``cells`` are those of :func:`equitable` unless given (the orbits of a symmetry, say). A cell has the type of its
    members, or none when they differ.

    Raises :class:`~symgame.errors.Unsupported` for cells that are not equitable or have different inputs.

    >>> pair = Circuit.from_matrix([["w", "-v"], ["-v", "w"]], names="AB", u=["u", "u"], tau=["t", "t"])
    >>> quotient(pair).W, quotient(pair).names
    (Matrix([[-v + w]]), ('A',))
    """
    circuit = explicit(circuit)
    a = algebra(circuit)
    chosen = [[circuit.index(name) for name in cell] for cell in (equitable(circuit).cells if cells is None else cells)]
    populations = []
    for cell in chosen:
        first = circuit.populations[cell[0]]
        for j in cell[1:]:
            other = circuit.populations[j]
            same = a.tau[j] == a.tau[cell[0]] and other.activation == first.activation
            if not same or any(_total(a.W[j], d, a.zero) != _total(a.W[cell[0]], d, a.zero) for d in chosen):
                raise Unsupported(f"{first.name} and {other.name} do not receive the same, so they make no cell")
            if a.u[j] != a.u[cell[0]]:
                raise Unsupported(
                    f"the inputs of {first.name} and {other.name} differ ({first.input} and {other.input}): the cell "
                    f"has a quotient only when they are equal"
                )
        types = {circuit.populations[j].type for j in cell}
        populations.append(first if len(types) == 1 else replace(first, type=None))
    entries = [sympy.expand(sum(circuit.entries[c[0]][j] for j in d)) for c in chosen for d in chosen]
    matrix = sympy.ImmutableDenseMatrix(len(chosen), len(chosen), entries)
    kept = Circuit(circuit.name, tuple(populations), matrix, form=circuit.form)
    assume = tuple(f for f in circuit.assume if _names(f) <= set(kept.symbols))
    return replace(kept, assume=assume)


def _names(formula: str) -> set[str]:
    return {node.id for node in s.walk(read_formula(formula)) if isinstance(node, s.Name)}
