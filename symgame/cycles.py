"""Graphs whose edges are couplings: spanning trees, and the simple cycles of what is left. Indices, no weights.

Edges are pairs of nodes; two edges may join the same nodes. Everything is in the order of the input.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence

from symgame.errors import BudgetExceeded

Edge = tuple[int, int]
MAX_CYCLES = 1_500  # seven populations that are all coupled to one another have 1172
MAX_STEPS = 100_000


def spanning_forest(n: int, edges: Iterable[Edge]) -> tuple[tuple[int, int | None], ...]:
    """Nodes with their parents, every parent before its children; the least node of each tree is its root.

    Earlier edges are preferred: an edge is taken unless those before it already join its ends.

    >>> spanning_forest(4, [(1, 2), (0, 2), (0, 1)])
    ((0, None), (2, 0), (1, 2), (3, None))
    """
    leader = list(range(n))

    def root(node: int) -> int:
        while leader[node] != node:
            leader[node] = node = leader[leader[node]]
        return node

    beside: list[list[int]] = [[] for _ in range(n)]
    for a, b in edges:
        if root(a) != root(b):
            leader[root(a)] = root(b)
            beside[a].append(b)
            beside[b].append(a)
    found: dict[int, int | None] = {}
    for start in range(n):
        if start in found:
            continue
        found[start] = None
        pending = deque([start])
        while pending:
            node = pending.popleft()
            for other in sorted(beside[node]):
                if other not in found:
                    found[other] = node
                    pending.append(other)
    return tuple(found.items())


def path_between(parents: dict[int, int | None], a: int, b: int) -> tuple[int, ...]:
    """The nodes from ``a`` to ``b`` along their tree.

    >>> path_between({0: None, 2: 0, 1: 2}, 1, 0)
    (1, 2, 0)
    """

    def upwards(node: int) -> list[int]:
        rows = [node]
        while (above := parents[rows[-1]]) is not None:
            rows.append(above)
        return rows

    left, right = upwards(a), upwards(b)
    while len(left) > 1 and len(right) > 1 and left[-2] == right[-2]:
        left.pop()
        right.pop()
    return (*left, *reversed(right[:-1]))


def simple_cycles(edges: Sequence[Edge]) -> tuple[tuple[tuple[int, bool], ...], ...]:
    """Every simple cycle once, shorter ones first: its edges by number, and whether each is walked as it is written.

    Two edges between the same nodes are a cycle of length 2. Errors: :class:`~symgame.errors.BudgetExceeded` for more
    than :data:`MAX_CYCLES` cycles, or a search of more than :data:`MAX_STEPS` steps; the count is of steps, so that
    the answer does not depend on the machine.

    >>> [[number for number, _ in cycle] for cycle in simple_cycles([(0, 1), (0, 2), (1, 2), (2, 3)])]
    [[0, 2, 1]]
    """
    around = _core(edges)
    found: list[tuple[tuple[int, bool], ...]] = []
    steps = 0

    def walk(start: int, node: int, path: list[tuple[int, bool]], visited: set[int]) -> None:
        nonlocal steps
        for number, other in around.get(node, ()):
            steps += 1
            if len(found) > MAX_CYCLES or steps > MAX_STEPS:
                raise BudgetExceeded(
                    f"the couplings form too many cycles to list (more than {MAX_CYCLES}, or none of them after "
                    f"{MAX_STEPS} steps); give values to more weights, so that a tree of numbers decides"
                )
            step = (number, edges[number][0] == node)
            if other == start and path and path[0][0] < number:  # the same cycle backwards begins with its last edge
                found.append((*path, step))
            elif other > start and other not in visited:
                walk(start, other, [*path, step], visited | {other})

    for start in sorted(around):
        walk(start, start, [], {start})
    return tuple(sorted(found, key=len))


def _core(edges: Sequence[Edge]) -> dict[int, list[tuple[int, int]]]:
    """The edges around each node, those left out that lie on no cycle because they lead to a dead end."""
    around: dict[int, list[tuple[int, int]]] = {}
    for number, (a, b) in enumerate(edges):
        around.setdefault(a, []).append((number, b))
        around.setdefault(b, []).append((number, a))
    ends = [node for node, row in around.items() if len(row) == 1]
    while ends:
        node = ends.pop()
        for number, other in around.pop(node, []):
            around[other] = [row for row in around[other] if row[0] != number]
            if len(around[other]) == 1:
                ends.append(other)
    return around
