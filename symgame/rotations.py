"""Rotations of a labelled digraph: automorphisms that turn several circles of one length, step by step.

The nodes that a group moves are to be moved in cycles of one length m, the largest that there is. Then the labels
between two circles depend on the difference of places alone, and the coupling is block circulant.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from math import gcd

from symgame.automorphisms import (
    MOST_NODES,
    Budget,
    Cells,
    Group,
    Labels,
    Permutation,
    cycles,
    first_cells,
    individualise,
)

#: So many rotations of one length are looked at for one in which the coupling depends on the distance alone.
TRIED = 64


@dataclass(frozen=True)
class Circle:
    """``members[j][k]`` is node k of the unit at place j of the circle; ``others`` stay where they are.

    The label of a pair of nodes k and l depends on the difference of their places alone. ``even``: nor does its sign
    matter (places go round either way), so that with this naming of places it is a function of the distance.
    """

    members: tuple[tuple[int, ...], ...]
    others: tuple[int, ...]
    even: bool

    @property
    def generator(self) -> Permutation:
        """The turn by one place."""
        turn = list(range(sum(map(len, self.members)) + len(self.others)))
        for unit, following in zip(self.members, (*self.members[1:], self.members[0]), strict=True):
            for i, j in zip(unit, following, strict=True):
                turn[i] = j
        return tuple(turn)


def circle(g: Labels, group: Group, least: int = 3, budget: int = MOST_NODES) -> Circle | None:
    """The longest circle of at least so many places that takes along every node that the group moves, or ``None``.

    Of circles of one length one with even coupling is preferred, of the powers of one turn the one whose couplings
    reach least far. Raises :class:`~symgame.errors.Unsupported` when the budget of refinements runs out.

    >>> from symgame.automorphisms import group, labels
    >>> five = labels([[0, 1, 2, 2, 1], [1, 0, 1, 2, 2], [2, 1, 0, 1, 2], [2, 2, 1, 0, 1], [1, 2, 2, 1, 0]], [0] * 5)
    >>> circle(five, group(five)).members, circle(five, group(five)).even
    (((0,), (1,), (2,), (3,), (4,)), True)
    """
    moved = [orbit for orbit in group.orbits if len(orbit) > 1]
    account = Budget(budget)
    longest = gcd(*map(len, moved)) if moved else 0
    for m in sorted((d for d in range(least, longest + 1) if longest % d == 0), reverse=True):
        first = None
        for turn in islice(_turns(g, {i for orbit in moved for i in orbit}, m, account), TRIED):
            found = _placed(g, turn)
            if found.even:
                return found
            first = first or found
        if first is not None:
            return first
    return None


def _turns(g: Labels, moved: set[int], m: int, account: Budget) -> Iterator[Permutation]:
    """Automorphisms all of whose cycles on the moved nodes have length m."""
    cells = first_cells(g)
    for node in range(g.n):  # nodes that the group fixes look like nodes that it moves at times
        if node not in moved and not cells.alone(node):
            cells = individualise(g, cells, node)[0]
    yield from _continued(g, cells, cells, moved, m, account)


def _continued(g: Labels, left: Cells, right: Cells, moved: set[int], m: int, account: Budget) -> Iterator[Permutation]:
    image = {i: int(j) for i, j in enumerate(left.image(right)) if j >= 0}
    heads = _heads(image, moved, m)
    if heads is None:
        return
    if left.discrete:
        permutation = tuple(image[i] for i in range(g.n))
        if g.kept(permutation):
            yield permutation
        return
    open_ends = [end for end, _ in heads.items() if end not in image]
    point = open_ends[0] if open_ends else next(i for i in range(g.n) if not left.alone(i))
    head, length = heads.get(point, (point, 1))
    after, trace = individualise(g, left, point)
    for candidate in sorted(int(v) for v in right.members(left.place_of(point))):
        if (candidate == head) != (length == m) or candidate == point:
            continue
        account.spend()
        other, seen = individualise(g, right, candidate)
        if seen == trace:
            yield from _continued(g, after, other, moved, m, account)


def _heads(image: dict[int, int], moved: set[int], m: int) -> dict[int, tuple[int, int]] | None:
    """The last node of every chain of images: with its first node and how many it has; ``None`` when some chain is too
    long, or closed too early."""
    targets = set(image.values())
    heads: dict[int, tuple[int, int]] = {}
    seen: set[int] = set()
    for start in sorted(set(image) - targets):
        length, node = 1, start
        while node in image:
            seen.add(node)
            node = image[node]
            length += 1
        if length > m:
            return None
        heads[node] = (start, length)
    for start in sorted(set(image) - seen):  # what is left are cycles
        if start in seen:
            continue
        length, node = 0, start
        while node not in seen:
            seen.add(node)
            node = image[node]
            length += 1
        if length != (m if start in moved else 1):
            return None
    return heads


def _placed(g: Labels, turn: Permutation) -> Circle:
    """The circles of a turn, units in step where that makes the coupling even."""
    rows = cycles(turn)
    m = len(rows[0])
    _, power = min((_reach(g, rows, power), power) for power in range(1, m) if gcd(power, m) == 1)
    rows = tuple(tuple(row[power * j % m] for j in range(m)) for row in rows)
    shifts = _even_shifts(g, rows, [0])
    even = shifts is not None
    chosen = shifts or [0, *(_nearest(g, rows[0], row) for row in rows[1:])]
    members = tuple(tuple(row[(j + shift) % m] for row, shift in zip(rows, chosen, strict=True)) for j in range(m))
    taken = {i for row in rows for i in row}
    return Circle(members, tuple(i for i in range(g.n) if i not in taken), even)


def _reach(g: Labels, rows: Sequence[Sequence[int]], power: int) -> int:
    """How far the couplings inside the circles reach, when the turn is taken so many times at once."""
    m = len(rows[0])
    places = [power * j % m for j in range(m)]
    return sum(min(j, m - j) for row in rows for j in range(m) if g.arcs[row[0], row[places[j]]] != g.absent)


def _nearest(g: Labels, row: Sequence[int], other: Sequence[int]) -> int:
    """The place of the other circle that the first node of a circle is bound to in a way of its own, if there is one:
    with the rarest label, then with the most couplings."""
    seen = [int(g.pairs[row[0], j]) for j in other]
    counts = [int(g.arcs[row[0], j] != g.absent) + int(g.arcs[j, row[0]] != g.absent) for j in other]
    return min(range(len(other)), key=lambda j: (seen.count(seen[j]), -counts[j], j))


def _even_shifts(g: Labels, rows: Sequence[Sequence[int]], shifts: list[int]) -> list[int] | None:
    """Shifts of the circles that make all labels functions of the distance; the first circle is not shifted."""
    m, k = len(rows[0]), len(shifts) - 1

    def even(a: int, b: int) -> bool:
        x = [rows[a][(j + shifts[a]) % m] for j in range(m)]
        y = [rows[b][(j + shifts[b]) % m] for j in range(m)]
        return all(g.pairs[x[0], y[d]] == g.pairs[x[0], y[-d]] for d in range(1, m // 2 + 1))

    if not all(even(a, k) for a in range(k + 1)):
        return None
    if len(shifts) == len(rows):
        return shifts
    nearest = _nearest(g, rows[0], rows[k + 1])
    for shift in sorted(range(m), key=lambda s: ((s - nearest) % m, s)):
        found = _even_shifts(g, rows, [*shifts, shift])
        if found is not None:
            return found
    return None
