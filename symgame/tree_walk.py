"""The walk of :mod:`symgame.tree_kernel` below the nodes that NumPy made: set up, resumed, its leaves in batches."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import prod

import numpy as np
from numpy.typing import NDArray

from symgame.choices import Tree
from symgame.tableau import Tableaux
from symgame.tree_kernel import KEPT, LEVEL, TOP, Rules, Stack, Top

#: Nodes tried in one call, some hundredths of a second: what an interrupt or a listener waits for.
STRETCH = 1 << 15
#: Leaves handed back by one call at most.
BATCH = 64
#: With so many choices left below it a node has its boxes narrowed, or at least its rows tested.
NARROWED, TESTED = 1 << 3, 1 << 1


class Walk:
    """The walk below the nodes of one chunk, resumable: leaves in batches, the nodes kept, the share that is closed."""

    def __init__(self, run: Callable[..., int], tree: Tree, level: int, nodes: Tableaux) -> None:
        self.run, self.tree, self.level = run, tree, level
        self.rules = rules_of(tree, nodes.norm)
        self.stack = stack_of(tree.n, level)
        self.top = Top(
            np.ascontiguousarray(nodes.T),
            np.ascontiguousarray(nodes.t),
            np.ascontiguousarray(nodes.low),
            np.ascontiguousarray(nodes.high),
            np.ascontiguousarray(nodes.places),
            np.ascontiguousarray(nodes.weight),
            np.ascontiguousarray(nodes.bounds),
            np.array(nodes.columns, np.int64),
        )

    def batches(self, stretch: int = STRETCH) -> Iterator[NDArray[np.uint8]]:
        """Choices of pieces that are left, row by row, after each stretch of nodes; also when there are none."""
        leaves = np.empty((BATCH, self.tree.n), np.uint8)
        while not self.done:
            found = self.run(self.rules, self.stack, self.top, stretch, leaves)
            yield leaves[:found].copy()

    @property
    def done(self) -> bool:
        cursor = self.stack.cursor
        return bool(cursor[LEVEL] == -1 and cursor[TOP] == self.top.t.shape[1])

    @property
    def kept(self) -> int:
        return int(self.stack.cursor[KEPT])

    @property
    def closed(self) -> float:
        """The share of all choices of pieces, below these nodes, that is closed."""
        weights, cursor, branch = self.tree.weights, self.stack.cursor, self.stack.branch
        level = int(cursor[LEVEL])
        if level < self.level:
            return weights[self.level] * int(cursor[TOP])
        open_ = weights[self.level]
        for k in range(self.level, level + 1):
            taken = int(branch[k]) - (k < level)
            open_ -= weights[k + 1] * taken
        return weights[self.level] * int(cursor[TOP]) - open_


def rules_of(tree: Tree, norm: float) -> Rules:
    """The tree's circuit as arrays."""
    n, width = tree.n, max(map(len, tree.pieces), default=1)
    table = np.zeros((6, n, width))
    for i, row in enumerate(tree.pieces):
        for k, piece in enumerate(row):
            table[:, i, k] = piece.slope, piece.intercept, piece.least, piece.most, *piece.rates
    counts = [len(row) for row in tree.pieces]
    left = [prod(counts[level:]) for level in range(n + 1)]
    effort = [2 if many >= NARROWED else 1 if many >= TESTED else 0 for many in left]
    slope, intercept, least, most, rate_low, rate_high = table
    return Rules(
        np.array(counts, np.int64),
        slope,
        intercept,
        least,
        most,
        rate_low,
        rate_high,
        np.array([~zero for zero in tree.zeros], np.float64),
        np.array(effort, np.int64),
        norm,
        float(tree.steepest.max(initial=0.0)),
    )


def stack_of(n: int, level: int) -> Stack:
    """An empty stack for nodes that start at a level."""
    width = max(n, 6)
    return Stack(
        np.zeros((n + 1, n, n)),
        np.zeros((n + 1, n)),
        np.zeros((n + 1, n)),
        np.zeros((n + 1, n)),
        np.zeros((n + 1, n)),
        np.zeros((n + 1, 6)),
        np.zeros((n + 1, 3), np.int64),
        np.zeros((n + 1, n + 1), np.int64),
        np.zeros(n + 1, np.int64),
        np.zeros(n, np.uint8),
        np.zeros(n),
        np.zeros(n),
        np.zeros(n),
        np.zeros((9, width)),
        np.array([0, -1, level, 0], np.int64),
    )
