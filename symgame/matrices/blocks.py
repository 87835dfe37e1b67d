"""The blocks of a matrix: components of its couplings, and weights for the whole from weights for each."""

from __future__ import annotations

from collections.abc import Sequence

from flint import fmpq, fmpq_mat

from symgame.matrices.certificate import verify_P
from symgame.matrices.definite import power


def components(a: fmpq_mat) -> list[tuple[int, ...]]:
    """The strongly connected components of the couplings, what is upstream first.

    >>> components(fmpq_mat([[1, 0, 0], [1, 1, 2], [0, 3, 1]]))
    [(0,), (1, 2)]
    """
    n = a.nrows()
    rows = a.tolist()
    sources = [[j for j in range(n) if j != i and rows[i][j] != 0] for i in range(n)]
    number: dict[int, int] = {}
    low: dict[int, int] = {}
    stack: list[int] = []
    done: set[int] = set()
    found: list[tuple[int, ...]] = []
    for root in range(n):  # Tarjan, without recursion: everything upstream of i is finished before i
        work = [(root, iter(sources[root]))] if root not in number else []
        while work:
            i, rest = work[-1]
            if i not in number:
                number[i] = low[i] = len(number)
                stack.append(i)
            for j in rest:
                if j not in number:
                    work.append((j, iter(sources[j])))
                    break
                if j not in done:
                    low[i] = min(low[i], low[j])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[i])
                if low[i] == number[i]:
                    at = stack.index(i)
                    found.append(tuple(sorted(stack[at:])))
                    done.update(stack[at:])
                    del stack[at:]
    return found


def joined(a: fmpq_mat, blocks: Sequence[Sequence[int]], weights: Sequence[Sequence[fmpq]]) -> list[fmpq] | None:
    """Weights for the whole from weights of its blocks: the further downstream a block, the smaller its weights.

    With the weights of a block at depth d divided by 4^(s d), every coupling between blocks shrinks by 2^s or more,
    relative to what it couples: some s is large enough.
    """
    n = a.nrows()
    depth: dict[int, int] = {}
    whole = [fmpq(0)] * n
    rows = a.tolist()
    for indices, block in zip(blocks, weights, strict=True):
        inside = set(indices)
        deepest = max(
            (depth[j] + 1 for i in indices for j in range(n) if rows[i][j] != 0 and j not in inside), default=0
        )
        depth |= dict.fromkeys(indices, deepest)
        for i, p in zip(indices, block, strict=True):
            whole[i] = p
    if len(blocks) == 1:
        return whole
    for s in (0, 1, 2, 3, 5, 8, 12, 18, 26, 40, 60, 100, 200, 500, 1000, 3000):
        candidate = [p * power(-2 * s * depth[i]) for i, p in enumerate(whole)]
        if verify_P(a, candidate):
            return candidate
    return None
