"""The shape of a coupling matrix: strongly connected blocks, forests, single cycles, exchangeable units.

Only zeros and equalities that hold for every value of the symbols count. Nothing here speaks of stability.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

from symgame.cycles import spanning_forest
from symgame.ring import Matrix

Edges = list[list[bool]]


def edges(matrix: Matrix) -> Edges:
    """``edges[i][j]``: the entry (i, j), i != j, is not identically 0."""
    n = len(matrix)
    return [[i != j and not matrix[i][j].is_zero for j in range(n)] for i in range(n)]


def strong_blocks(matrix: Matrix) -> tuple[tuple[int, ...], ...]:
    """The strongly connected components of the coupling graph, each in rising order, upstream blocks first.

    With the rates ordered block after block the matrix is block lower triangular.

    >>> from symgame.ring import Ring
    >>> a, zero = Ring(("a",)).of("a"), Ring(("a",)).quotient(0)
    >>> strong_blocks([[a, a, zero], [zero, a, zero], [zero, a, a]])
    ((1,), (0,), (2,))
    """
    return components(edges(matrix))


def components(drives: Edges) -> tuple[tuple[int, ...], ...]:
    """The same of a graph: ``drives[i][j]`` says that i receives from j.

    >>> components([[False, True], [False, False]])
    ((1,), (0,))
    """
    n = len(drives)
    reach = [[i == j or drives[i][j] for j in range(n)] for i in range(n)]
    for k in range(n):
        for i in range(n):
            if reach[i][k]:
                reach[i] = [a or b for a, b in zip(reach[i], reach[k], strict=True)]
    blocks = dict.fromkeys(tuple(j for j in range(n) if reach[i][j] and reach[j][i]) for i in range(n))
    return tuple(sorted(blocks, key=lambda block: (sum(reach[block[0]]), block)))


def is_forest(matrix: Matrix) -> bool:
    """The graph of the pairs (i, j) with a coupling either way has no cycle.

    >>> from symgame.ring import Ring
    >>> a, zero = Ring(("a",)).of("a"), Ring(("a",)).quotient(0)
    >>> is_forest([[a, a], [a, a]]), is_forest([[a, a, zero], [zero, a, a], [a, zero, a]])
    (True, False)
    """
    coupled = pairs(matrix)
    trees = sum(parent is None for _, parent in spanning_forest(len(matrix), coupled))
    return len(coupled) == len(matrix) - trees


def pairs(matrix: Matrix) -> list[tuple[int, int]]:
    """The pairs i < j with a coupling in at least one direction."""
    e = edges(matrix)
    return [(i, j) for i, j in combinations(range(len(matrix)), 2) if e[i][j] or e[j][i]]


def single_cycle(matrix: Matrix) -> tuple[int, ...] | None:
    """The order 0, i, j, ... in which each rate drives the next and the last one the first; ``None`` for any other
    graph. At least three rates.

    >>> from symgame.ring import Ring
    >>> a, zero = Ring(("a",)).of("a"), Ring(("a",)).quotient(0)
    >>> single_cycle([[a, a, zero], [zero, a, a], [a, zero, a]])
    (0, 2, 1)
    """
    n = len(matrix)
    e = edges(matrix)
    targets = [[i for i in range(n) if e[i][j]] for j in range(n)]
    if n < 3 or any(len(row) != 1 for row in targets):
        return None
    order = [0]
    while len(order) < n:
        following = targets[order[-1]][0]
        if following in order:
            return None
        order.append(following)
    return tuple(order) if targets[order[-1]][0] == 0 else None


@dataclass(frozen=True)
class Units:
    """Equal units that may be exchanged: ``members[u][k]`` is the rate k of unit u; ``others`` stay in their places.

    Every permutation of the units leaves the matrix as it is.
    """

    members: tuple[tuple[int, ...], ...]
    others: tuple[int, ...]


def exchangeable(matrix: Matrix, most: int | None = None) -> Units | None:
    """The finest exchangeable units: as many units as there are, two at least. ``None`` without symmetry, or when
    units have more than ``most`` members.

    Rates are matched by what an exchange of two of them leaves alone; the result is verified, entry by entry.

    >>> from symgame.ring import Ring
    >>> a, b, zero = Ring(("a", "b")).of("a"), Ring(("a", "b")).of("b"), Ring(("a", "b")).quotient(0)
    >>> exchangeable([[a, zero, b], [zero, a, b], [b, b, zero]])
    Units(members=((0,), (1,)), others=(2,))
    """
    classes: dict[int, list[int]] = {}
    for i, colour in enumerate(_colours(matrix)):
        classes.setdefault(colour, []).append(i)
    many = [row for row in classes.values() if len(row) > 1]
    for size in range(1, min(len(many), most or len(many)) + 1):
        found = _units(matrix, many, size)
        if found is not None:
            return found
    return None


def _units(matrix: Matrix, many: Sequence[Sequence[int]], size: int) -> Units | None:
    n = len(matrix)
    for chosen in combinations(many, size):
        count = len(chosen[0])
        if any(len(row) != count for row in chosen):
            continue
        members = _matched(matrix, chosen)
        if members is None:
            continue
        taken = {i for unit in members for i in unit}
        units = Units(members, tuple(i for i in range(n) if i not in taken))
        if exchange_holds(matrix, units):
            return units
    return None


def _matched(matrix: Matrix, classes: Sequence[Sequence[int]]) -> tuple[tuple[int, ...], ...] | None:
    """Units from classes: each rate of the first class takes from every other class the one rate that it is bound to
    differently from the rest of that class; in the order of the rates when nothing tells them apart."""
    first = classes[0]
    columns: list[list[int]] = [list(first)]
    for row in classes[1:]:
        partners: list[int] = []
        for i in first:
            ties: dict[tuple[object, object], list[int]] = {}
            for j in row:
                ties.setdefault((matrix[i][j], matrix[j][i]), []).append(j)
            alone = [group[0] for group in ties.values() if len(group) == 1]
            if len(row) == 2:
                alone = alone[:1] if len(ties) == 2 else []
                if alone and partners:
                    alone = [j for j in row if j not in partners]
            partners.append(alone[0] if len(alone) == 1 else -1)
        if -1 in partners:
            partners = list(row) if all(p == -1 for p in partners) else []
        if sorted(partners) != sorted(row):
            return None
        columns.append(partners)
    return tuple(tuple(column[u] for column in columns) for u in range(len(first)))


def _colours(matrix: Matrix) -> list[int]:
    """Colour refinement: two rates of one orbit of the symmetry group have one colour."""
    n = len(matrix)
    colours = [0] * n
    while True:
        keys = [
            (
                colours[i],
                hash(matrix[i][i]),
                tuple(sorted((colours[j], hash(matrix[i][j]), hash(matrix[j][i])) for j in range(n) if j != i)),
            )
            for i in range(n)
        ]
        names = {key: k for k, key in enumerate(dict.fromkeys(keys))}
        refined = [names[key] for key in keys]
        if len(set(refined)) == len(set(colours)):
            return refined
        colours = refined


def exchange_holds(matrix: Matrix, units: Units) -> bool:
    """Whether exchanging any two units leaves the matrix as it is: those of the first with each other suffice."""
    first = units.members[0]
    for other in units.members[1:]:
        swap = dict(zip(first, other, strict=True)) | dict(zip(other, first, strict=True))
        for i, k in swap.items():  # what neither starts nor ends in the two units stays
            for j in range(len(matrix)):
                m = swap.get(j, j)
                if matrix[i][j] != matrix[k][m] or matrix[j][i] != matrix[m][k]:
                    return False
    return True
