"""The automorphisms of a labelled complete digraph: which permutations of the nodes keep every label.

A node has a label, and so has every ordered pair of nodes, its two ends may coincide. Colour refinement splits the
nodes into cells that no automorphism mixes; what it leaves open is decided by backtracking, and every permutation
that is handed out was checked label by label. Labels are whole numbers here; what they stand for is not known.

Source: B. D. McKay, Practical graph isomorphism, Congressus Numerantium 30 (1981) 45; P. T. Darga, M. H. Liffiton,
K. A. Sakallah, I. L. Markov, Exploiting structure in symmetry detection for CNF, DAC 2004 (the leaf that is guessed).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from zlib import crc32

import numpy as np

from symgame.errors import Unsupported

Permutation = tuple[int, ...]  # node i goes to permutation[i]
#: Refinements spent on one group before it is given up.
MOST_NODES = 10_000


@dataclass(frozen=True)
class Group:
    """A permutation group on nodes 0, ..., n-1: generators, orbits in the order of their first nodes, and its order."""

    generators: tuple[Permutation, ...]
    orbits: tuple[tuple[int, ...], ...]
    order: int


@dataclass(frozen=True, eq=False)
class Labels:
    """``arcs[i, j]`` labels the pair (i, j), ``nodes[i]`` the node i; ``pairs`` tells (i, j) and (j, i) at once.
    The label ``absent`` means that there is nothing between two nodes; symmetry does not ask."""

    arcs: Any
    nodes: Any
    pairs: Any
    absent: int

    @property
    def n(self) -> int:
        return len(self.nodes)

    def kept(self, permutation: Any) -> bool:
        """Whether a permutation keeps every label: exact, and the only judge of what is an automorphism."""
        p = np.asarray(permutation)
        return bool((self.nodes[p] == self.nodes).all() and (self.arcs[np.ix_(p, p)] == self.arcs).all())


def labels(arcs: Sequence[Sequence[object]], nodes: Sequence[object], absent: object = 0) -> Labels:
    """Labels from a square table and a row of anything that can be compared and hashed.

    >>> labels([["a", "b"], ["b", "a"]], ["relu", "relu"]).kept((1, 0))
    True
    """
    table: dict[object, int] = {}
    codes = np.array([[table.setdefault(v, len(table)) for v in row] for row in arcs], dtype=np.int64)
    names: dict[object, int] = {}
    marks = np.array([names.setdefault(v, len(names)) for v in nodes], dtype=np.int64)
    both = codes * (len(table) + 1) + codes.T
    pairs = np.unique(both, return_inverse=True)[1].reshape(both.shape)
    return Labels(codes, marks, pairs, table.get(absent, -1))


@dataclass(frozen=True, eq=False)
class Cells:
    """An ordered partition of the nodes: ``order`` lists them cell after cell, ``place[i]`` is where the cell of node i
    starts, and ``size`` says how many nodes the cell has that starts there (0: none does)."""

    order: Any
    place: Any
    size: Any

    def copy(self) -> Cells:
        return Cells(self.order.copy(), self.place.copy(), self.size.copy())

    def members(self, start: int) -> Any:
        return self.order[start : start + self.size[start]]

    def place_of(self, node: int) -> int:
        return int(self.place[node])

    def alone(self, node: int) -> bool:
        return bool(self.size[self.place[node]] == 1)

    def split(self, start: int, parts: list[Any]) -> list[int]:
        """Put the parts of a cell in its place, in this order; where they start."""
        starts = []
        for part in parts:
            self.order[start : start + len(part)] = part
            self.place[part] = start
            self.size[start] = len(part)
            starts.append(start)
            start += len(part)
        return starts

    @property
    def discrete(self) -> bool:
        return bool(self.size.max(initial=1) == 1)

    def image(self, other: Cells) -> Any:
        """Where the nodes go that are alone in their cells, when both partitions have the same shape; -1 the rest."""
        single = self.size[self.place] == 1
        return np.where(single, other.order[self.place], -1)


def first_cells(g: Labels) -> Cells:
    """The coarsest partition that refinement reaches from the labels of nodes and of their loops."""
    own = g.nodes * (g.arcs.max(initial=0) + 1) + g.arcs.diagonal()
    cells = Cells(np.arange(g.n), np.zeros(g.n, dtype=np.int64), np.zeros(g.n, dtype=np.int64))
    refine(g, cells, cells.split(0, [np.flatnonzero(own == value) for value in np.unique(own)]))
    return cells


def refine(g: Labels, cells: Cells, queue: list[int]) -> list[tuple[int, ...]]:
    """Split the cells, in place, until all nodes of a cell see every cell alike. Equal traces are returned for
    partitions that an automorphism turns into one another; equal traces come from partitions of one shape."""
    trace: list[tuple[int, ...]] = []
    waiting = dict.fromkeys(queue)
    while waiting:
        splitter = next(iter(waiting))
        del waiting[splitter]
        seen = np.sort(g.pairs[:, cells.members(splitter)], axis=1)
        heads = cells.order[cells.place]
        apart = (seen != seen[heads]).any(axis=1)
        trace.append((splitter, 0 if apart.any() else crc32(seen[cells.order].tobytes())))
        for start in np.unique(cells.place[apart]):
            nodes = np.sort(cells.members(start))
            rows, which = np.unique(seen[nodes], axis=0, return_inverse=True)
            which = which.reshape(-1)
            starts = cells.split(int(start), [nodes[which == k] for k in range(len(rows))])
            sizes = [int(cells.size[at]) for at in starts]
            trace.append((splitter, crc32(rows.tobytes()), *starts))
            if start not in waiting:  # the largest part follows from the cell, which was a splitter before
                starts.remove(starts[sizes.index(max(sizes))])
            waiting.update(dict.fromkeys(starts))
    return trace


def individualise(g: Labels, cells: Cells, node: int) -> tuple[Cells, list[tuple[int, ...]]]:
    """The refinement of the partition in which one node has been set apart, at the front of its cell."""
    apart = cells.copy()
    start = apart.place_of(node)
    nodes = apart.members(start)
    apart.split(start, [np.array([node]), nodes[nodes != node]])
    return apart, refine(g, apart, [start])


def choice(cells: Cells) -> int:
    """The cell to branch on: the smallest of several nodes, the first of them."""
    starts = np.flatnonzero(cells.size > 1)
    return int(starts[cells.size[starts].argmin()])


class Budget:
    """Refinements that may still be spent."""

    def __init__(self, most: int) -> None:
        self.most, self.left = most, most

    def spend(self) -> None:
        if self.left == 0:
            raise Unsupported(
                f"the symmetry was not settled within {self.most} refinements: too many populations look alike "
                f"without being exchangeable; ask for a larger budget"
            )
        self.left -= 1


def group(g: Labels, budget: int = MOST_NODES) -> Group:
    """All automorphisms, by a chain of stabilisers: its orders of orbits multiply to the order of the group.

    Raises :class:`~symgame.errors.Unsupported` when more refinements are needed than the budget has.

    >>> square = labels([[0, 1, 0, 1], [1, 0, 1, 0], [0, 1, 0, 1], [1, 0, 1, 0]], [0] * 4)
    >>> group(square).order, group(square).orbits
    (8, ((0, 1, 2, 3),))
    """
    account = Budget(budget)
    levels: list[Level] = []
    cells = first_cells(g)
    while not cells.discrete:
        start = choice(cells)
        base = int(cells.members(start).min())
        after, trace = individualise(g, cells, base)
        levels.append(Level(cells, start, base, after, trace))
        cells = after
    generators: list[Permutation] = []
    order, orbit = 1, list(range(g.n))
    for depth in reversed(range(len(levels))):
        level = levels[depth]
        refuted: set[int] = set()
        for node in sorted(int(v) for v in level.cells.members(level.start)):
            if orbit[node] == orbit[level.base] or orbit[node] in refuted:
                continue
            found = _extended(g, levels, depth, level.cells, node, account)
            if found is None:
                refuted.add(orbit[node])
            else:
                generators.append(found)
                orbit = joined(orbit, found)
                refuted = {orbit[leader] for leader in refuted}
        order *= orbit.count(orbit[level.base])
    return Group(tuple(generators), classes(orbit), order)


@dataclass(frozen=True, eq=False)
class Level:
    """One stabiliser of the chain: the cells, the base point of one of them, and the refinement that fixes it."""

    cells: Cells
    start: int
    base: int
    after: Cells
    trace: list[tuple[int, ...]]


def _extended(
    g: Labels, levels: list[Level], depth: int, right: Cells, node: int, account: Budget
) -> Permutation | None:
    """An automorphism that fixes the base points so far and takes the next one to ``node``, or ``None``."""
    account.spend()
    after, trace = individualise(g, right, node)
    left = levels[depth].after
    if trace != levels[depth].trace:
        return None
    guess = left.image(after)
    rest = guess < 0
    if (left.place[rest] == after.place[rest]).all():  # the cells that are left are the same: nothing moves there
        guess = np.where(rest, np.arange(g.n), guess)
        if g.kept(guess):
            return tuple(int(i) for i in guess)
    if depth + 1 == len(levels):
        return None  # every node has its image, and the labels say no
    following = levels[depth + 1]
    for candidate in sorted((int(v) for v in after.members(following.start)), key=lambda v: (v != following.base, v)):
        found = _extended(g, levels, depth + 1, after, candidate, account)
        if found is not None:
            return found
    return None


def joined(leaders: Sequence[int], permutation: Sequence[int]) -> list[int]:
    """The orbits, each node with the least one of its orbit, of a group to which a permutation was added.

    >>> joined([0, 0, 2, 3], (0, 2, 1, 3))
    [0, 0, 0, 3]
    """
    leader = list(leaders)

    def root(i: int) -> int:
        while leader[i] != i:
            leader[i] = i = leader[leader[i]]
        return i

    for i, j in enumerate(permutation):
        a, b = root(i), root(j)
        leader[max(a, b)] = min(a, b)
    return [root(i) for i in range(len(leader))]


def classes(leaders: Sequence[int]) -> tuple[tuple[int, ...], ...]:
    """Nodes with the same leader, in the order of their first nodes."""
    found: dict[int, list[int]] = {}
    for i, leader in enumerate(leaders):
        found.setdefault(leader, []).append(i)
    return tuple(map(tuple, found.values()))


def cycles(permutation: Sequence[int]) -> tuple[tuple[int, ...], ...]:
    """The cycles of a permutation that move something.

    >>> cycles((1, 0, 2, 4, 5, 3))
    ((0, 1), (3, 4, 5))
    """
    found, seen = [], set()
    for i in range(len(permutation)):
        row = []
        while i not in seen:
            seen.add(i)
            row.append(i)
            i = permutation[i]
        if len(row) > 1:
            found.append(tuple(row))
    return tuple(found)
