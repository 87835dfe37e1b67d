"""The linear response of a branch to its inputs, and when it is paradoxical."""

from __future__ import annotations

from symgame.branches import Branch
from symgame.ring import Quotient


def response_numerator(branch: Branch, population: int, driven: int) -> Quotient:
    """``D dx_i/du_j``: a signed cofactor times the slope of population j; 0 off the active block.

    From ``(I - F W) dx = F du`` on the block.
    """
    a = branch.algebra
    if population not in branch.increasing or driven not in branch.increasing:
        return a.zero
    row, column = branch.increasing.index(population), branch.increasing.index(driven)
    return branch.adjugate[row][column] * branch.pieces[driven].slope


def response(branch: Branch, population: int, driven: int) -> Quotient:
    """``dx_i/du_j`` along the branch, where ``D != 0``.

    >>> from symgame.named import wilson_cowan
    >>> from symgame.branches import full_branch
    >>> print(response(full_branch(wilson_cowan()), 0, 1).over)
    -w_EI
    """
    return response_numerator(branch, population, driven) / branch.determinant
