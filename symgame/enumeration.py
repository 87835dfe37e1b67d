"""Every equilibrium of a piecewise-linear system ``x = phi(W x + u)``, exactly: a tree of choices, pruned by proof.

A leaf of the tree is one choice of pieces for every population. The tree decides one population per level, for many
nodes at once (:mod:`symgame.tableau`), and drops a node only when an interval bound, errors of rounding included,
proves that a total input misses the piece chosen for it for all rates that are still possible. What reaches a leaf is
decided in exact arithmetic (:mod:`symgame.cells`), so rounding costs time at worst, never an equilibrium.

A pivot that is 0, or too small to divide by, is not an end: the population stays on its piece with its rate unknown
until a later choice changes its pivot, and what is never resolved is decided at the leaf, where a singular block with
solutions is a continuum.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import prod

import numpy as np
from numpy.typing import NDArray

from symgame.cells import Family, Point, System
from symgame.choices import Tree, box
from symgame.errors import BudgetExceeded
from symgame.tableau import LARGEST, Tableaux
from symgame.tree_kernel import compiled
from symgame.tree_walk import Walk

#: Numbers in one chunk of tableaux: four megabytes, between the cost of NumPy's calls and that of memory.
CHUNK = 1 << 19
#: Work that an enumeration may take by default: nodes of the tree, and this many for an exact decision without result.
BUDGET = 1 << 26
EXACT_COST = 1 << 9
PROBE = 32
#: So many nodes are made by NumPy before it is asked whether the compiled walk pays, which it does with so many choices
#: of pieces still open: importing numba and reading the compiled walk take half a second.
PATIENCE = 1 << 9
WORTH = 1 << 16
#: So few choices of pieces are decided one by one: exact arithmetic is faster there than setting up a tree.
FEW = 1 << 10

Found = Point | Family
Progress = Callable[[float], None]


@dataclass
class Account:
    """What a run did: nodes made, cells decided exactly, the share of the tree that is closed, why it stopped."""

    nodes: int = 0
    cells: int = 0
    spent: int = 0
    closed: float = 0.0
    stopped: str | None = None


def equilibria(
    system: System, *, budget: int = BUDGET, progress: Progress | None = None, account: Account | None = None
) -> Iterator[Found]:
    """The equilibria of the system as they are found, in an order that depends on the system alone.

    ``progress`` is called with the share of the tree that is closed. ``account`` tells afterwards whether the list is
    complete: ``account.stopped`` is ``None``, or says why it is not.

    >>> from symgame.cells import Line
    >>> zero, one = Fraction(0), Fraction(1)
    >>> relu = (Line(None, zero, zero, zero, (False, True)), Line(zero, None, one, zero, (False, False)))
    >>> two = System(((zero, -2 * one), (-2 * one, zero)), (one, one), (relu, relu))
    >>> sorted((p.places, p.sign) for p in equilibria(two))
    [((0, 1), 1), ((1, 0), 1), ((1, 1), -1)]
    """
    account = Account() if account is None else account
    if prod(len(row) for row in system.pieces) <= FEW or not _moderate(system):
        yield from _by_cells(system, budget, progress, account)
        return
    order = chosen_order(system)
    back = np.argsort(order)
    for leaf in _leaves(Tree.of(permuted(system, order)), budget, progress, account):
        found = _cell(system, tuple(leaf[back].tolist()), account)
        if found is not None:
            yield found
        if account.stopped:
            return
        if found is None and account.spent > budget:
            account.stopped = _exhausted(account, budget)
            return


def _leaves(tree: Tree, budget: int, progress: Progress | None, account: Account) -> Iterator[NDArray[np.uint8]]:
    """The choices of pieces that no bound excludes: by NumPy many nodes at a time, by the compiled walk where it pays.

    Which of the two does not depend on the time taken, only on the system and on whether numba is installed.
    """
    stack = [(0, tree.start())]
    walk: Callable[..., int] | None = None
    large = False
    while stack:
        level, nodes = stack.pop()
        if not large and account.nodes >= PATIENCE:
            large = True
            if (1.0 - account.closed) / tree.weights[-1] >= WORTH:
                walk = compiled()
        if level == tree.n:
            yield from nodes.places.T
            account.closed += tree.weights[level] * nodes.count
        elif walk is not None:
            yield from _walked(Walk(walk, tree, level, nodes), budget, progress, account)
        else:
            made = tree.children(level, nodes)
            count = sum(part.count for part in made)
            account.nodes += count
            account.spent += count
            account.closed += tree.weights[level] * nodes.count - tree.weights[level + 1] * count
            stack += [(level + 1, part) for whole in reversed(made) for part in reversed(_parts(whole))]
        if account.spent > budget:
            account.stopped = account.stopped or _exhausted(account, budget)
            return
        if progress is not None:
            progress(min(account.closed, 1.0))


def _walked(below: Walk, budget: int, progress: Progress | None, account: Account) -> Iterator[NDArray[np.uint8]]:
    """The leaves below one chunk, by the compiled walk."""
    nodes, closed = account.nodes, account.closed
    for leaves in below.batches():
        account.spent += nodes + below.kept - account.nodes
        account.nodes, account.closed = nodes + below.kept, closed + below.closed
        yield from leaves
        if account.spent > budget:
            return
        if progress is not None:
            progress(min(account.closed, 1.0))


def _cell(system: System, places: tuple[int, ...], account: Account) -> Found | None:
    account.cells += 1
    try:
        found = system.decided(places)
    except BudgetExceeded as error:
        account.stopped = str(error)
        return None
    if not isinstance(found, Point):  # equilibria are what is asked for; misses and continua count as work
        account.spent += EXACT_COST
    return found


def _exhausted(account: Account, budget: int) -> str:
    return (
        f"the enumeration stopped after {account.nodes} nodes and {account.cells} exact decisions, with "
        f"{100 * min(account.closed, 1.0):.3g} % of the choices of pieces closed"
    )


def _by_cells(system: System, budget: int, progress: Progress | None, account: Account) -> Iterator[Found]:
    """Every choice of pieces, exactly: few of them, or numbers that doubles do not hold well."""
    total = prod(len(row) for row in system.pieces)
    for k in range(total):
        if progress is not None:
            progress(account.closed)
        places = []
        for row in reversed(system.pieces):
            k, place = divmod(k, len(row))
            places.append(place)
        found = _cell(system, tuple(reversed(places)), account)
        account.closed = account.cells / total
        if found is not None:
            yield found
        if account.spent > budget:
            account.stopped = _exhausted(account, budget)
        if account.stopped:
            return


def _parts(nodes: Tableaux) -> list[Tableaux]:
    """A chunk, or its pieces when it is larger than :data:`CHUNK`."""
    width = nodes.t.shape[0] * (len(nodes.columns) + 1)
    most = max(1, CHUNK // width)
    count = -(-nodes.count // most)
    if count <= 1:
        return [nodes] if nodes.count else []
    return [nodes.taken(np.arange(a[0], a[-1] + 1)) for a in np.array_split(np.arange(nodes.count), count)]


def _moderate(system: System) -> bool:
    """Whether doubles hold every number of the system without overflow or loss of small ones."""
    numbers = [v for row in system.W for v in row] + list(system.u)
    for row in system.pieces:
        for line in row:
            numbers += [line.slope, line.intercept, *(end for end in (line.lower, line.upper) if end is not None)]
    return all(v == 0 or 1 / Fraction(LARGEST) < abs(v) < Fraction(LARGEST) for v in numbers)


# -- in which order ---------------------------------------------------------------------------------------------------


def permuted(system: System, order: Sequence[int]) -> System:
    """The system with its populations in another order."""
    return System(
        tuple(tuple(system.W[a][b] for b in order) for a in order),
        tuple(system.u[a] for a in order),
        tuple(system.pieces[a] for a in order),
    )


def chosen_order(system: System) -> list[int]:
    """The order of decisions: of a few rules the one whose tree is narrowest where it begins.

    Any order gives the same equilibria; a good one closes branches early.
    """
    candidates: list[tuple[int, ...]] = list(dict.fromkeys(tuple(rule) for rule in _rules(system)))
    if len(candidates) == 1 or prod(len(row) for row in system.pieces) <= 1 << 12:  # no order is worth a search
        return list(candidates[-1])
    widths = [_width(permuted(system, order)) for order in candidates]
    return list(candidates[widths.index(min(widths))])


def _width(system: System) -> tuple[float, int]:
    """How wide the tree is where a probe of its first levels stops, as a share of all choices there."""
    tree = Tree.of(system)
    frontier = [tree.start()]
    for level in range(tree.n):
        frontier = [part for nodes in frontier for part in tree.children(level, nodes)]
        count = sum(part.count for part in frontier)
        if count > PROBE or count == 0:
            break
    return tree.weights[level + 1] * count, -level


def _rules(system: System) -> Iterator[list[int]]:
    n = system.n
    low, high = box(system)
    width = np.minimum(high - low, 1e9)
    W = np.abs(np.array([[float(v) for v in row] for row in system.W]).reshape(n, n))
    influence = W.sum(axis=0) * width
    yield list(range(n))
    by_influence = sorted(range(n), key=lambda i: (-influence[i], i))
    yield by_influence
    yield by_influence[::-1]
    yield _by_completion(W > 0, by_influence)


def _by_completion(linked: NDArray[np.bool_], ranked: list[int]) -> list[int]:
    """Next the population after which the fewest sources of the decided ones are undecided; ties by rank."""
    n = len(ranked)
    order: list[int] = []
    needed = np.zeros(n, bool)
    decided = np.zeros(n, bool)
    place = {i: k for k, i in enumerate(ranked)}
    while len(order) < n:
        rest = [i for i in ranked if not decided[i]]

        def open_sources(i: int, needed: NDArray[np.bool_] = needed, decided: NDArray[np.bool_] = decided) -> int:
            after = decided.copy()
            after[i] = True
            return int(((needed | linked[i]) & ~after).sum())

        chosen = min(rest, key=lambda i: (open_sources(i), place[i]))
        order.append(chosen)
        decided[chosen] = True
        needed |= linked[chosen]
    return order
