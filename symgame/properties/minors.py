"""The Jacobian of a branch by the principal minors of ``A = I - F W``: its characteristic polynomial, and its parts.

``J = -diag(1/tau) A``, so the coefficients of ``det(s I - J)`` are sums of principal minors over time constants; and
the Jacobian of the circuit in which the rate of one population is held fixed has the determinant of A without it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations

from symgame.branches import Branch
from symgame.ring import FRESH, Quotient, coefficients, determinant, submatrix


def minors(branch: Branch) -> Iterator[tuple[tuple[int, ...], Quotient]]:
    """The principal minors of the block, smaller sets first, each with its populations.

    >>> from symgame.branches import full_branch
    >>> from symgame.named import wilson_cowan
    >>> [(populations, str(m.over)) for populations, m in minors(full_branch(wilson_cowan()))][:2]
    [((0,), '-w_EE + 1'), ((1,), 'w_II + 1')]
    """
    active = branch.increasing
    for size in range(1, len(active) + 1):
        for chosen in combinations(range(len(active)), size):
            block = submatrix(branch.block, chosen, chosen)
            yield tuple(active[k] for k in chosen), determinant(block, branch.algebra.ring)


def coefficients_by_minors(branch: Branch) -> list[Quotient]:
    """``c_1, ..., c_k`` of ``det(s I - J) = s^k + c_1 s^(k-1) + ...``: minors over products of time constants."""
    a = branch.algebra
    sums = [a.zero] * len(branch.increasing)
    for populations, minor in minors(branch):
        sums[len(populations) - 1] = sums[len(populations) - 1] + minor / _times(branch, populations)
    return sums


def is_characteristic(branch: Branch) -> bool:
    """Whether :func:`coefficients_by_minors` are those of the determinant ``det(s T + A)``, T the time constants.

    By expansion in a new unknown s, independently of any minor.
    """
    a = branch.algebra
    s = a.ring.of(FRESH[0])
    active = branch.increasing
    matrix = [
        [entry + (s * a.tau[active[r]] if r == c else a.zero) for c, entry in enumerate(row)]
        for r, row in enumerate(branch.block)
    ]
    whole = determinant(matrix, a.ring)
    found = coefficients(whole.over, FRESH[0])[::-1]
    leading = _times(branch, active)
    expected = [leading, *(c * leading for c in coefficients_by_minors(branch))]
    return len(found) == len(expected) and all(
        Quotient(p, whole.under) == q for p, q in zip(found, expected, strict=True)
    )


def is_held(branch: Branch, population: int) -> bool:
    """``det(-J_k) prod tau = det A_k``: for the block without one population, whose rate is held fixed."""
    a = branch.algebra
    rest = [k for k, i in enumerate(branch.increasing) if i != population]
    held = submatrix(branch.block, rest, rest)
    jacobian = [
        [entry / a.tau[branch.increasing[r]] for entry in row] for r, row in zip(rest, held, strict=True)
    ]  # -J without the population
    times = _times(branch, [branch.increasing[k] for k in rest])
    return determinant(jacobian, a.ring) * times == determinant(held, a.ring)


def _times(branch: Branch, populations: Sequence[int]) -> Quotient:
    total = branch.algebra.one
    for i in populations:
        total = total * branch.algebra.tau[i]
    return total
