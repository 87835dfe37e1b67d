"""Stability of a branch some of whose total inputs are always on a kink, as a condition on the symbols.

A silent loser of a competition leaves its own inhibitory population with no input at all, exactly on the kink of its
rate. Near such an equilibrium the circuit is a cascade of the strongly connected blocks of the couplings among the
populations that can answer. Blocks away from kinks are linear; a population on a kink that is a block of its own obeys
``tau y' = -y + s (w y + v)`` with one of two slopes s, depending on the sign of ``w y + v``, and decays without its
input v when ``s w < 1`` for both. A cascade of systems that decay exponentially and answer their inputs with bounded
gain decays. Kinks in larger blocks stay undecided.

Source: E. D. Sontag, IEEE Trans. Automat. Control 34 (1989) 435 (cascades of input-to-state stable systems).
"""

from __future__ import annotations

from symgame.branches import Branch
from symgame.condition import Condition, both
from symgame.coupling import strong_blocks
from symgame.properties.stability import hurwitz
from symgame.ring import Quotient, submatrix

Kinks = dict[int, tuple[Quotient, ...]]


def kinks(at: Branch) -> Kinks:
    """The populations whose total input on the branch is on an end of its piece for all values of the symbols, with
    the slopes on both sides of it.

    >>> from symgame.branches import branch
    >>> from symgame.circuit import Circuit
    >>> pair = Circuit.from_matrix([[0, 0], ["w", 0]], names="EI", u=[-1, 0], tau=[1, 1])
    >>> list(kinks(branch(pair, ())))
    [1]
    """
    found: Kinks = {}
    rows = at.algebra.linear_pieces()
    for i, (row, place, total) in enumerate(zip(rows, at.places, at.totals, strict=True)):
        for end, beside in ((row[place].lower, place - 1), (row[place].upper, place + 1)):
            if end is not None and (total - end * at.determinant).is_zero:
                found[i] = (row[place].slope, row[beside].slope)
    return found


def decays(at: Branch) -> Condition | None:
    """When rates near the branch come back to it, wherever it exists with no further total input on a kink.

    Without total inputs that are always on a kink this is :func:`symgame.properties.stability.hurwitz`. ``None``: a
    population on a kink is coupled back to itself through others, and nothing is decided. No existence is implied.

    >>> from symgame.branches import branch
    >>> from symgame.circuit import Circuit
    >>> pair = Circuit.from_matrix([[0, 0], ["w", "v"]], names="EI", u=[-1, 0], tau=[1, 1])
    >>> from symgame.condition import sign_text
    >>> sign_text(decays(branch(pair, ())))
    'v < 1'
    """
    on = kinks(at)
    if not on:
        return hurwitz(at)
    a = at.algebra
    answering = sorted({*at.increasing, *on})
    parts = [hurwitz(at)]
    for block in strong_blocks(submatrix([list(row) for row in a.W], answering, answering)):
        members = [answering[k] for k in block]
        if len(members) == 1 and members[0] in on:
            k = members[0]
            parts += [a.structural.compare(a.one - slope * a.W[k][k], ">") for slope in on[k]]
        elif any(k in on for k in members):
            return None
    return both(*parts)
