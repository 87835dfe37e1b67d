"""How good a rate is for its own energy, proved on balls: ``global``, ``local``, ``stationary``; ``None``: not decided.

With ``c = z_i - W_ii x_i`` from the others, the stationary rates of ``E_i(y) = G_i(y) - W_ii y^2/2 - c y`` are the
``y = phi_i(v)`` with ``v = c + W_ii phi_i(v)``: an equation like that of a circuit of one population, whose solutions
:mod:`symgame.certified_boxes` lists completely. The least of their energies is the minimum, unless the energy falls
for ever. The own curvature is ``1/phi_i'(z_i) - W_ii``.
"""

from __future__ import annotations

from collections.abc import Sequence

import sympy
from flint import arb

from symgame.activation import Activation
from symgame.balls import ball_function
from symgame.certified_bounds import falls_for_ever, input_bounds, is_built_in
from symgame.certified_boxes import Equations, roots_in
from symgame.pieces import X
from symgame.sections import sections

#: Kinds whose phi is odd about its threshold and its middle rate.
SYMMETRIC = ("logistic", "tanh", "arctan", "algebraic")
RANKS = ("global", "local", "stationary")


def nash_class(
    activations: Sequence[Activation],
    own: Sequence[arb],
    z: Sequence[arb],
    x: Sequence[arb],
    slopes: Sequence[arb],
    convex: Sequence[bool],
    mirrors: Sequence[sympy.Expr | None],
) -> tuple[str | None, tuple[int, ...]]:
    """The worst class of all rates x at total inputs z with slopes phi', and where it is not decided.

    ``own`` are the W_ii; ``convex`` says that ``W_ii sup phi' <= 1`` is known exactly (every stationary rate is then a
    global minimiser), ``mirrors`` the total input about which an own energy is known to be symmetric: what is mirrored
    has the same energy.

    >>> from symgame.kinds import activation as kind
    >>> logistic = kind("logistic", gain=8, threshold=sympy.Rational(1, 2))
    >>> half = arb(1) / 2
    >>> nash_class([logistic], [arb(1)], [half], [half], [arb(2)], [False], [None])
    ('stationary', ())
    """
    at = range(len(x))
    classes = ["global" if convex[i] else local_class(own[i], slopes[i]) for i in at]
    if "stationary" not in classes:
        classes = [
            _compared(activations[i], own[i], z[i], x[i], mirrors[i]) if classes[i] == "local" else classes[i]
            for i in at
        ]
    undecided = tuple(i for i in at if classes[i] is None)
    if "stationary" in classes:
        return "stationary", ()
    return (None, undecided) if undecided else (max((c for c in classes if c), key=RANKS.index), ())


def local_class(own: arb, slope: arb) -> str | None:
    """``local`` or ``stationary`` by the own curvature; a rate inside a flat section, of slope 0, is a strict minimum.

    >>> local_class(arb(3), arb(1)), local_class(arb(3), arb(0)), local_class(arb(1), arb(1, 1))
    ('stationary', 'local', None)
    """
    bend = 1 - own * slope
    return "stationary" if bend < 0 else "local" if bend > 0 else None


def _compared(activation: Activation, own: arb, z: arb, x: arb, mirror: sympy.Expr | None) -> str | None:
    """``global`` or ``local`` by the energies of all stationary rates."""
    if own <= 0:
        return "global"
    falls = falls_for_ever(activation, own)
    if falls is not False:
        return "local" if falls else None
    others = stationary_inputs(activation, own, z - own * x)
    if others is None:
        return None
    same = [z] if mirror is None else [z, 2 * _number(mirror) - z]
    rest = [(v, y) for v, y in others if not any(v.overlaps(each) for each in same)]
    c = z - own * x
    here = energy(activation, own, c, z, x)
    gaps = [energy(activation, own, c, v, y) - here for v, y in rest]
    if any(gap < 0 for gap in gaps):
        return "local"
    return "global" if all(gap > 0 for gap in gaps) else None


def mirror_input(activation: Activation, own: sympy.Expr, c: sympy.Expr) -> sympy.Expr | None:
    """The total input about which ``E(y)`` is symmetric, for the input c from the others; ``None`` if not known to be.

    A sigmoid of the table is symmetric about the point (threshold, m), m its middle rate; so is the energy
    ``G(y) - own y^2/2 - c y`` about y = m when ``c + own m`` is the threshold.

    >>> from symgame.kinds import activation as kind
    >>> mirror_input(kind("logistic", gain=8), sympy.Integer(1), -sympy.Rational(1, 2))
    0
    """
    if activation.pieces is not None or not is_built_in(activation) or activation.kind not in SYMMETRIC:
        return None
    middle = (activation.domain.start + activation.domain.end) / 2
    threshold = dict(activation.parameters)["threshold"]
    return threshold if sympy.expand(c + own * middle - threshold) == 0 else None


def energy(activation: Activation, own: arb, c: arb, v: arb, y: arb) -> arb:
    """``E(y)``, up to a constant, at the rate ``y = phi(v)``, against the input c from the others.

    A rate next to an end of the range is nearer to it than its ball can tell, and the closed form of the cost yields
    nothing there. From a rate y0 = phi(v0) further inside, v0 between v and the middle, the convex
    ``G = g + y^2/2`` grows by ``integral of phi^-1 from y0 to y``, which is in ``[v0, v] (y - y0)``.

    >>> from symgame.kinds import activation as kind
    >>> steep, one = kind("logistic", gain=1000), arb(1)
    >>> energy(steep, one, arb(0), one, one) < energy(steep, one, arb(0), arb(0), one / 2)
    True
    """
    cost = ball_function(activation.cost, X)
    rest = (1 - own) * y * y / 2 - c * y
    direct = cost(y)
    if direct.is_finite() or not is_built_in(activation) or activation.kind not in SYMMETRIC:
        return direct + rest
    middle, phi = _number(dict(activation.parameters)["threshold"]), sections(activation)[0].rate
    share = arb(1)
    while share > arb(2) ** -64:
        share = share / 2
        inside = (middle + share * (v - middle)).mid()
        y0 = phi(inside)
        near = cost(y0)
        if near.is_finite():
            return near + y0 * y0 / 2 + v.union(inside) * (y - y0) - y * y / 2 + rest
    return direct + rest


def stationary_inputs(activation: Activation, own: arb, c: arb) -> list[tuple[arb, arb]] | None:
    """Every (v, phi(v)) with ``v = c + own phi(v)``; ``None`` when the list is not known to be complete.

    One on a kink, which belongs to two sections, may be listed twice.
    """
    bounds = input_bounds([[own]], [c], [activation])
    if isinstance(bounds, str):
        return None
    rows: list[tuple[arb, arb]] = []
    for part in sections(activation):
        equations = Equations(((own,),), (c,), (part,))
        found = roots_in(equations, bounds)
        if found.open:
            return None
        for root in found.roots:
            (v,) = root.place
            lower, upper = part.lower, part.upper
            if (lower is not None and v < _number(lower)) or (upper is not None and v > _number(upper)):
                continue
            rows.append((v, part.rate(v)))
    return rows


def _number(value: sympy.Expr) -> arb:
    return ball_function(value, X)(arb(0))
