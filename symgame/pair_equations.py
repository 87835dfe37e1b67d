"""The equations of a smooth pair over one parameter, taken apart.

The stretches on which phi is analytic, and the equation that holds the parameter, solved for it.
"""

from __future__ import annotations

from dataclasses import dataclass

import sympy
from sympy import Expr, Symbol, oo

from symgame.activation import Activation
from symgame.circuit import Circuit
from symgame.errors import Unsupported
from symgame.notation import symbol
from symgame.pieces import X, Z

#: The rates of the population whose equation holds the parameter, and of the other, in :func:`solved`.
OWN, OTHER = sympy.Dummy("x_r", real=True), sympy.Dummy("x_o", real=True)


@dataclass(frozen=True)
class Stretch:
    """A part of the line of total inputs on which phi is one analytic function, increasing or flat (no inverse)."""

    low: Expr
    high: Expr
    phi: Expr
    slope: Expr
    inverse: Expr | None
    slope_at_rate: Expr


def stretches(activation: Activation) -> tuple[Stretch, ...]:
    """The stretches of an activation, from left to right: one for a smooth kind, two for a power law.

    >>> from symgame.kinds import activation
    >>> [(s.low, s.high, s.phi) for s in stretches(activation("power", threshold=1))]
    [(-oo, 1, 0), (1, oo, (z - 1)**2)]
    """
    a = activation
    if a.pieces is not None:
        return tuple(
            Stretch(
                p.lower,
                p.upper,
                p.slope * Z + p.intercept,
                p.slope,
                None if p.flat else (X - p.intercept) / p.slope,
                p.slope,
            )
            for p in a.pieces
        )
    phi = sympy.piecewise_fold(a.phi)
    if not isinstance(phi, sympy.Piecewise):
        return (Stretch(-oo, oo, phi, a.slope, a.inverse, a.slope_at_rate),)
    (rising, when), *rest = phi.args
    gap = sympy.expand(when.gts - when.lts) if isinstance(when, sympy.Gt | sympy.Ge) else sympy.Integer(0)
    if len(rest) != 1 or rest[0][0].has(Z) or gap.coeff(Z) != 1 or (gap - Z).has(Z):
        raise Unsupported(f"the activation '{a.kind}' is given by cases that are not 'a power above a threshold'")
    zero = sympy.Integer(0)
    knot, silent = Z - gap, rest[0][0]
    return (
        Stretch(-oo, knot, silent, zero, None, zero),
        Stretch(knot, oo, rising, sympy.diff(rising, Z), a.inverse, a.slope_at_rate),
    )


@dataclass(frozen=True, eq=False)
class Pair:
    """The pair in numbers but for p: ``r`` is the population whose equation holds p, or ``None`` if p is in tau."""

    circuit: Circuit
    over: Symbol
    r: int | None
    W: tuple[tuple[Expr, Expr], tuple[Expr, Expr]]
    u: tuple[Expr, Expr]
    tau: tuple[Expr, Expr]
    activations: tuple[Activation, Activation]


def pair_over(circuit: Circuit, over: str) -> Pair:
    """The pair with numbers for all symbols but ``over``.

    Raises :class:`~symgame.errors.Unsupported` for another number of populations, other symbols without a value, two
    piecewise-linear activations, and a parameter of both equations.
    """
    numeric = circuit.fixed(keep=(over,))
    if len(numeric.names) != 2:
        raise Unsupported(f"a diagram is of two populations; this circuit has {len(numeric.names)}")
    if over not in numeric.symbols:
        known = ", ".join(circuit.symbols) or "none"
        raise Unsupported(f"the circuit has no symbol {over!r} to vary (symbols: {known})")
    others = [name for name in numeric.symbols if name != over]
    if others:
        raise Unsupported(f"these symbols have no value: {', '.join(others)}; give them in [values] or by --set")
    if all(p.activation.piecewise_linear for p in numeric.populations):
        raise Unsupported(
            "both activations are piecewise linear: their regimes over a parameter are exact and global; "
            "ask `symgame regimes`"
        )
    p = symbol(over)
    first, second = numeric.populations
    W = numeric.W
    rows = ((W[0, 0], W[0, 1]), (W[1, 0], W[1, 1]))
    holders = [
        i
        for i, q in enumerate(numeric.populations)
        if any(e.has(p) for e in (*rows[i], q.input)) or p in q.activation.free_symbols
    ]
    timed = first.tau.has(p) or second.tau.has(p)
    if len(holders) == 2 or (holders and timed):
        raise Unsupported(
            f"{over} enters the equations of both {first.name} and {second.name}; a diagram is over a parameter of one "
            f"of them"
        )
    return Pair(
        numeric,
        p,
        holders[0] if holders else None,
        rows,
        (first.input, second.input),
        (first.tau, second.tau),
        (first.activation, second.activation),
    )


def solved(pair: Pair, r: int, stretch: Stretch) -> tuple[Expr, Expr]:
    """``N`` and ``B`` with ``N = p B`` for the equation of r, in the two rates; ``B`` is 0 where p does not occur."""
    p, o = pair.over, 1 - r
    total = pair.W[r][r] * OWN + pair.W[r][o] * OTHER + pair.u[r]
    if stretch.inverse is None:
        forms = []
    else:
        backwards = stretch.inverse.xreplace({X: OWN}) - total
        forms = [backwards, sympy.expand(backwards * p)]
    forms.append(OWN - stretch.phi.xreplace({Z: total}))
    for form in forms:
        rate = sympy.diff(form, p)
        if sympy.expand(sympy.diff(rate, p)) == 0:
            return sympy.expand(form.xreplace({p: sympy.Integer(0)})), -rate
    name = pair.circuit.names[r]
    raise Unsupported(f"{p} does not enter the equation of {name} in a way that can be solved for it; vary another one")
