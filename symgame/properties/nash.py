"""Which equilibria are Nash: each neuron's own energy along its own rate, the others frozen.

``E_i(y) = G_i(y) - W_ii y^2/2 - y c_i`` with ``G_i' = phi_i^{-1}`` and ``c_i`` the input from the others: a quadratic
on the rates of every increasing piece, ``+oo`` off the range of phi. A stationary point of a convex E_i is its global
minimum; where some piece is concave, the ends of the pieces have to be compared.
"""

from __future__ import annotations

from dataclasses import dataclass

from symgame.algebra import Algebra, LinearPiece
from symgame.branches import Branch
from symgame.condition import FALSE, TRUE, Condition, both, either
from symgame.errors import Unsupported
from symgame.ring import Quotient


@dataclass(frozen=True)
class CostPiece:
    """``G(y) = (y^2/2 - c y)/s + constant`` for rates between ``low`` and ``high`` (``None``: unbounded)."""

    slope: Quotient
    intercept: Quotient
    constant: Quotient
    low: Quotient | None
    high: Quotient | None

    def at(self, y: Quotient, half: Quotient) -> Quotient:
        return (half * y * y - self.intercept * y) / self.slope + self.constant


def cost_pieces(algebra: Algebra, i: int) -> tuple[CostPiece, ...]:
    """``G_i`` on its increasing pieces, continuous, with G = 0 at rate 0 where 0 is known to be in the range."""
    half = algebra.one / algebra.ring.quotient(2)
    rows: list[CostPiece] = []
    for piece in algebra.linear_pieces()[i]:
        if piece.flat:
            continue
        low = None if piece.lower is None else piece.value(piece.lower)
        high = None if piece.upper is None else piece.value(piece.upper)
        bare = CostPiece(piece.slope, piece.intercept, algebra.zero, low, high)
        if rows:
            assert low is not None
            bare = CostPiece(piece.slope, piece.intercept, rows[-1].at(low, half) - bare.at(low, half), low, high)
        rows.append(bare)
    origin = next((r.constant for r in rows if _contains_zero(algebra, r)), algebra.zero)
    return tuple(CostPiece(r.slope, r.intercept, r.constant - origin, r.low, r.high) for r in rows)


def _contains_zero(algebra: Algebra, piece: CostPiece) -> bool:
    known = algebra.structural.known
    return (piece.low is None or known(piece.low, "<=")) and (piece.high is None or known(piece.high, ">="))


def curvature(algebra: Algebra, i: int, slope: Quotient) -> Quotient:
    """``d^2 E_i / dx_i^2 = 1/s - W_ii`` on an increasing piece of slope s."""
    return algebra.one / slope - algebra.own[i]


def own_curvature(branch: Branch, i: int) -> Quotient:
    """The curvature of neuron i's own energy at the branch; it must be on an increasing piece there."""
    if i not in branch.increasing:
        name = branch.circuit.names[i]
        raise Unsupported(
            f"{name} is on a flat piece of its activation in that branch: its own energy has no curvature"
        )
    return curvature(branch.algebra, i, branch.pieces[i].slope)


def own_energy_convex(algebra: Algebra, i: int, rel: str = ">=") -> Condition:
    """Every piece of E_i has curvature ``rel 0``: convex for ``>=``, strictly convex for ``>``.

    The kinks of G_i, at the rates of flat pieces, are convex, so they never spoil it.
    """
    slopes = dict.fromkeys(piece.slope for piece in algebra.linear_pieces()[i] if not piece.flat)
    return both(*(algebra.structural.compare(curvature(algebra, i, slope), rel) for slope in slopes))


def _neighbour(branch: Branch, i: int, step: int) -> LinearPiece | None:
    row, place = branch.algebra.linear_pieces()[i], branch.places[i] + step
    return row[place] if 0 <= place < len(row) else None


def locally_minimal(branch: Branch, i: int) -> Condition:
    """Rate i minimises its own energy locally; to be read where the branch exists.

    On an increasing piece the curvature must be >= 0 (at 0 the energy is flat there). Inside a flat piece it is a
    strict minimum; at a kink the curvature of the neighbouring piece decides.
    """
    a, piece = branch.algebra, branch.pieces[i]
    compare = a.structural.compare
    if a.frozen:
        return TRUE if piece.flat else _at_germ(a, i, piece.slope)
    parts = [] if piece.flat else [compare(curvature(a, i, piece.slope), ">=")]
    for k, step in ((0, -1), (1, 1)):
        neighbour, end = _neighbour(branch, i, step), (piece.lower, piece.upper)[k]
        if end is None or neighbour is None or neighbour.flat or not piece.closed[k]:
            continue
        gap = branch.totals[i] - end * branch.determinant
        off_kink = compare(gap * branch.determinant, ">" if k == 0 else "<")
        parts.append(either(off_kink, compare(curvature(a, i, neighbour.slope), ">=")))
    return both(*parts)


def _at_germ(a: Algebra, i: int, slope: Quotient) -> Condition:
    """The same at a gain: where ``1/s - W_ii = 0`` the third derivative of E_i decides.

    It is ``-phi''/phi'^3``, so it vanishes only where phi is steepest; there ``1/phi'`` is least, and E_i is convex.
    """
    compare = a.structural.compare
    own = curvature(a, i, slope)
    if a.circuit.populations[i].activation.germ_of is None:
        return compare(own, ">=")
    bound = a.greatest(i)
    if bound is None or not bound[1]:
        return compare(own, ">")
    return either(compare(own, ">"), both(compare(own, "="), compare(bound[0] - slope, "=")))


def energy(branch: Branch, i: int) -> Quotient:
    """``E_i`` at the equilibrium of the branch, where ``D != 0``: ``G_i(x) + W_ii x^2/2 - x z``."""
    a = branch.algebra
    if a.frozen:
        raise Unsupported("the own energy at an equilibrium of a smooth circuit is no polynomial in gains and weights")
    half = a.one / a.ring.quotient(2)
    x, z = branch.rate(i), branch.total(i)
    return _integral(branch, i, x, half) + half * a.own[i] * x * x - x * z


def _integral(branch: Branch, i: int, x: Quotient, half: Quotient) -> Quotient:
    """G_i at the rate of the branch: on its own piece, or for a flat one at the end of a neighbour."""
    row = branch.algebra.linear_pieces()[i]
    rising = [k for k, piece in enumerate(row) if not piece.flat]
    place = branch.places[i]
    chosen = place if place in rising else min(rising, key=lambda k: abs(k - place))
    return cost_pieces(branch.algebra, i)[rising.index(chosen)].at(x, half)


def globally_minimal(branch: Branch, i: int) -> Condition:
    """Rate i minimises its own energy over the whole domain; to be read where the branch exists."""
    a = branch.algebra
    if a.frozen:
        return _always_convex(a, i)
    convex = own_energy_convex(a, i)
    if convex == TRUE:
        return TRUE
    slopes = {piece.slope for piece in a.linear_pieces()[i] if not piece.flat}
    others = branch.total(i) - a.own[i] * branch.rate(i)
    here = energy(branch, i)
    rows = [_above(a, i, piece, others, here, concave=len(slopes) == 1) for piece in cost_pieces(a, i)]
    return either(convex, both(*rows))


def convex_everywhere(a: Algebra, i: int) -> Condition:
    """E_i is convex on the whole range of phi_i: ``W_ii L_i <= 1``, L_i the greatest slope; ``W_ii <= 0`` where slopes
    have no bound."""
    if a.circuit.populations[i].activation.germ_of is None:
        return own_energy_convex(a, i)
    bound, own = a.greatest(i), a.own[i]
    needed = -own if bound is None else a.one - bound[0] * own
    return TRUE if a.domain.known(own, "<=") or a.domain.known(needed, ">=") else a.structural.compare(needed, ">=")


def between(branch: Branch) -> tuple[tuple[Condition, Condition], ...]:
    """For every rate of an equilibrium at frozen gains, what makes it a global minimum of its own energy, and what it
    cannot be one without: E_i is convex everywhere; the rate is a local minimum.

    Where E_i is not convex but the rate a local minimum, the gain alone does not tell.

    >>> from symgame.branches import full_branch
    >>> from symgame.circuit import Circuit
    >>> from symgame.frozen_gains import frozen
    >>> alone = frozen(Circuit.from_matrix([["w"]], names="E", types=["excitatory"], activation="softplus"))
    >>> [tuple(map(str, pair)) for pair in between(full_branch(alone))]
    [('w <= 1', 'w*s_E < 1')]
    """
    a = branch.algebra
    return tuple((convex_everywhere(a, i), locally_minimal(branch, i)) for i in range(a.n))


def untold(name: str) -> str:
    """Why gains do not say whether a rate is a best response."""
    return (
        f"whether a rate of {name} is a global minimum of its own energy has no polynomial condition where that "
        f"energy is not convex; say it with curvature({name}), or local_nash"
    )


def _always_convex(a: Algebra, i: int) -> Condition:
    """TRUE where E_i is convex for every value of the symbols."""
    if convex_everywhere(a, i) != TRUE:
        raise Unsupported(untold(a.circuit.names[i]))
    return TRUE


def _above(a: Algebra, i: int, piece: CostPiece, others: Quotient, here: Quotient, concave: bool) -> Condition:
    """``E_i(y) >= here`` for every rate y of one piece: ``k y^2/2 - b y + const``.

    ``concave`` says that the case of nonnegative curvature was dealt with, so that only the ends matter.
    """
    compare = a.structural.compare
    half = a.one / a.ring.quotient(2)
    k = curvature(a, i, piece.slope)
    b = others + piece.intercept / piece.slope
    constant = piece.constant - here

    def gap(y: Quotient) -> Quotient:
        return half * k * y * y - b * y + constant

    ends: list[Condition] = []
    for end, slope_out in ((piece.low, b), (piece.high, -b)):
        if end is not None:
            ends.append(compare(gap(end), ">="))
        elif concave:
            return FALSE
        else:
            ends.append(either(compare(k, ">"), both(compare(k, "="), compare(slope_out, ">="))))
    if concave:
        return both(*ends)
    outside = [compare(b - k * piece.low, "<=")] if piece.low is not None else []
    outside += [compare(b - k * piece.high, ">=")] if piece.high is not None else []
    no_dip = compare(b * b - a.ring.quotient(2) * k * constant, "<=")
    return both(*ends, either(compare(k, "<="), *outside, no_dip))


def local_nash(branch: Branch) -> Condition:
    """The branch exists and every rate is a local minimiser of its own energy."""
    located = TRUE if branch.algebra.frozen else branch.exists
    return both(located, *(locally_minimal(branch, i) for i in range(branch.algebra.n)))


def nash(branch: Branch) -> Condition:
    """The branch exists and every rate is a global minimiser of its own energy."""
    if branch.algebra.frozen:
        return both(*(globally_minimal(branch, i) for i in range(branch.algebra.n)))
    if branch.exists == FALSE:  # a determinant that is always 0 leaves no energy to compare
        return FALSE
    return both(branch.exists, *(globally_minimal(branch, i) for i in range(branch.algebra.n)))
