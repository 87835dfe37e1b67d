"""Units that may be exchanged: tuples of nodes of a labelled digraph such that swapping any two keeps every label.

An exchange of p and q forces others along: a node that p and q see differently has to move, to one that q sees as p saw
it. The exchange that is returned moves nothing else, so that its units are the finest.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from symgame.automorphisms import (
    Budget,
    Cells,
    Group,
    Labels,
    Permutation,
    cycles,
    first_cells,
    individualise,
)
from symgame.coupling import Units

#: Refinements spent on all exchanges of one graph.
MOST_EXCHANGED = 40_000


def exchange(g: Labels, start: Cells, p: int, q: int, account: Budget) -> Permutation | None:
    """The finest automorphism that swaps p and q and is its own inverse; ``None`` when there is none.

    ``start`` is the partition of :func:`~symgame.automorphisms.first_cells`.
    """
    swap = np.arange(g.n)
    return _closed(g, (start, start), swap, p, q, account) if _fits(g, swap, p, q) else None


def _fits(g: Labels, swap: np.ndarray, x: int, y: int) -> bool:
    """Whether x and y may be swapped besides the nodes that already are."""
    if g.nodes[x] != g.nodes[y] or g.arcs[x, x] != g.arcs[y, y] or g.arcs[x, y] != g.arcs[y, x]:
        return False
    moved = np.flatnonzero(swap != np.arange(g.n))
    return bool((g.pairs[x, moved] == g.pairs[y, swap[moved]]).all())


def _closed(
    g: Labels, sides: tuple[Cells, Cells], before: np.ndarray, x: int, y: int, account: Budget
) -> Permutation | None:
    """``before`` with x and y swapped too, and with all that follows. The two partitions say what can be an image."""
    refined = _apart(g, sides, x, y, account)
    if refined is None:
        return None
    left, right = refined
    image = {i: int(j) for i, j in enumerate(left.image(right)) if j >= 0}
    swap = before.copy()
    swap[x], swap[y] = y, x
    while forced := _forced(g, swap):
        known = [i for i in forced if i in image]
        if not known:
            break
        for i in known:
            if image[i] == i or swap[image[i]] not in (image[i], i) or image.get(image[i], i) != i:
                return None
            swap[i], swap[image[i]] = image[i], i
    if not forced:
        found = tuple(int(i) for i in swap)
        return found if g.kept(found) else None
    allowed = right.members(left.place_of(forced[0]))
    for other in forced[1:]:  # one that moves along is swapped with one that moves along
        if other in allowed and _fits(g, swap, forced[0], other):
            result = _closed(g, refined, swap, forced[0], other, account)
            if result is not None:
                return result
    return None


def _forced(g: Labels, swap: np.ndarray) -> list[int]:
    """The nodes at rest that some two swapped nodes see differently."""
    still = np.flatnonzero(swap == np.arange(g.n))
    moved = np.flatnonzero(swap != np.arange(g.n))
    differs = g.pairs[np.ix_(still, moved)] != g.pairs[np.ix_(still, swap[moved])]
    return [int(i) for i in still[differs.any(axis=1)]]


def _apart(g: Labels, sides: tuple[Cells, Cells], x: int, y: int, account: Budget) -> tuple[Cells, Cells] | None:
    """Both partitions refined with x in the place of y and y in the place of x; ``None`` when they then differ."""
    left, right = sides
    for a, b in ((x, y), (y, x)):
        place = left.place_of(a)
        if b not in right.members(place):
            return None
        if not left.alone(a):
            account.spend()
            left, trace = individualise(g, left, a)
            right, other = individualise(g, right, b)
            if trace != other:
                return None
    return left, right


def exchangeable_units(g: Labels, group: Group, budget: int = MOST_EXCHANGED) -> tuple[Units, ...]:
    """The maximal sets of exchangeable units, most units first, then the smaller ones, then in the order of the nodes.

    A set of three units or more is determined by its exchanges. In a set of two, which of two swapped nodes belongs to
    which unit is a matter of words: couplings inside a unit are preferred, then the order of the nodes. Of sets of two
    units with several nodes each, such as reflections of a ring, those are listed that move the first node of an orbit.

    Raises :class:`~symgame.errors.Unsupported` when the budget of tried exchanges runs out.

    >>> from symgame.automorphisms import group, labels
    >>> shared = labels([[0, 1, 2], [1, 0, 2], [3, 3, 4]], "EEI")
    >>> exchangeable_units(shared, group(shared))
    (Units(members=((0,), (1,)), others=(2,)),)
    """
    account = Budget(budget)
    found: dict[frozenset[frozenset[int]], Units] = {}
    for orbit in group.orbits:
        if len(orbit) > 1:
            for units in _sets_of(g, orbit, account):
                found.setdefault(_key(units), units)
    pending = [units for units in found.values() if len(units.members) > 2 or len(units.members[0]) == 1]
    while pending:  # the group turns one set into another
        units = pending.pop()
        for p in group.generators:
            image = _units(g.n, [tuple(p[i] for i in unit) for unit in units.members])
            if _key(image) not in found:
                found[_key(image)] = image
                pending.append(image)
    return tuple(sorted(found.values(), key=_rank))


def _rank(units: Units) -> tuple[object, ...]:
    return -len(units.members), len(units.members[0]), units.members


def _key(units: Units) -> frozenset[frozenset[int]]:
    """What is exchanged; of two units, the pairs that are swapped, however they are dealt out."""
    members = units.members
    return frozenset(map(frozenset, members if len(members) > 2 else zip(*members, strict=True)))


def _units(n: int, members: list[tuple[int, ...]]) -> Units:
    """Units in the order of their first nodes, their nodes in the order of the first unit's."""
    order = sorted(range(len(members[0])), key=lambda k: min(members, key=min)[k])
    rows = sorted((tuple(unit[k] for k in order) for unit in members), key=min)
    taken = {i for unit in members for i in unit}
    return Units(tuple(rows), tuple(i for i in range(n) if i not in taken))


def _sets_of(g: Labels, orbit: tuple[int, ...], account: Budget) -> Iterator[Units]:
    """The sets in which the first node of an orbit is exchanged with others of it."""
    first, start = orbit[0], first_cells(g)
    swaps = {q: swap for q in orbit[1:] if (swap := exchange(g, start, first, q, account)) is not None}
    supports = {q: frozenset(i for i in range(g.n) if swap[i] != i) for q, swap in swaps.items()}
    alone = dict.fromkeys(swaps)
    while alone:
        q = next(iter(alone))
        unit = next((u for r in alone if r != q if (u := _common(first, supports, swaps, q, r)) is not None), None)
        if unit is None:
            del alone[q]
            yield _units(g.n, _two(g, first, swaps[q]))
            continue
        inner = tuple(sorted(unit))
        members = [inner]
        for r in [r for r in alone if _is_unit(unit, supports[r], swaps[r])]:
            image = tuple(swaps[r][i] for i in inner)
            overlaps = [other for other in members if set(other) & set(image)]
            if not overlaps:
                members.append(image)
            if not overlaps or set(overlaps[0]) == set(image):  # the same unit: equal nodes inside it, in another order
                del alone[r]
        yield _units(g.n, members)


def _common(
    first: int, supports: dict[int, frozenset[int]], swaps: dict[int, Permutation], q: int, r: int
) -> frozenset[int] | None:
    """What two exchanges both move, when each swaps just that with nodes that the other leaves alone."""
    unit = supports[q] & supports[r]
    both = _is_unit(unit, supports[q], swaps[q]) and _is_unit(unit, supports[r], swaps[r])
    return unit if both and first in unit else None


def _is_unit(unit: frozenset[int], support: frozenset[int], swap: Permutation) -> bool:
    image = frozenset(swap[i] for i in unit)
    return unit <= support and 2 * len(unit) == len(support) and not unit & image


def _two(g: Labels, first: int, swap: Permutation) -> list[tuple[int, ...]]:
    """The two units of one exchange: of each next pair, the node with more couplings to the first unit joins it."""
    pairs = [(a, b) if a == first else (b, a) if b == first else (a, b) for a, b in cycles(swap)]
    pairs.sort(key=lambda pair: (pair[0] != first, pair))
    one, two = [pairs[0][0]], [pairs[0][1]]
    for a, b in pairs[1:]:
        if _couplings(g, b, one) > _couplings(g, a, one):
            a, b = b, a
        one.append(a)
        two.append(b)
    return [tuple(one), tuple(two)]


def _couplings(g: Labels, node: int, unit: list[int]) -> int:
    return int((g.arcs[node, unit] != g.absent).sum() + (g.arcs[unit, node] != g.absent).sum())
