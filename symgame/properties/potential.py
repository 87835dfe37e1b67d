"""Potentials of the game: exact, and weighted by Kolmogorov's cycle conditions.

Source: D. Monderer and L. S. Shapley, Games Econ. Behav. 14 (1996) 124; A. Kolmogoroff, Math. Ann. 112 (1936) 155.
"""

from __future__ import annotations

from itertools import combinations, permutations

from symgame.algebra import Algebra
from symgame.condition import Condition, both, either
from symgame.errors import Unsupported

MAX_CYCLES_FROM = 6


def potential(algebra: Algebra) -> Condition:
    """The interaction costs have a common potential iff W is symmetric."""
    compare = algebra.structural.compare
    W = algebra.W
    return both(*(compare(W[i][j] - W[j][i], "=") for i, j in combinations(range(algebra.n), 2)))


def weighted_potential(algebra: Algebra) -> Condition:
    """Some d > 0 has ``d_i W_ij = d_j W_ji``: equal signs across each pair, equal products around each cycle."""
    n, W = algebra.n, algebra.W
    if n > MAX_CYCLES_FROM:
        raise Unsupported(f"the cycle conditions are listed for at most {MAX_CYCLES_FROM} populations, not {n}")
    compare = algebra.structural.compare
    parts = []
    for i, j in combinations(range(n), 2):
        mutual = compare(W[i][j] * W[j][i], ">")
        parts.append(either(mutual, both(compare(W[i][j], "="), compare(W[j][i], "="))))
    for length in range(3, n + 1):
        for chosen in combinations(range(n), length):
            for rest in permutations(chosen[1:]):
                if rest[0] > rest[-1]:
                    continue  # the same cycle, walked the other way
                cycle = (chosen[0], *rest)
                there, back = algebra.one, algebra.one
                for a, b in zip(cycle, (*cycle[1:], cycle[0]), strict=True):
                    there, back = there * W[a][b], back * W[b][a]
                parts.append(compare(there - back, "="))
    return both(*parts)
