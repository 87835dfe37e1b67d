"""Persistent activity of a supralinear E-I pair: what it does when its inputs only balance its thresholds, u = theta.

With the same whole p >= 2 for both, the equations are homogeneous then. Let ``r = y_I/y_E`` be the ratio of what the
populations receive above threshold, and ``a = k_E w_EE, b = k_I w_EI, c = k_E w_IE, d = k_I w_II`` with b, c > 0. A
state with activity is a ratio r > 0 with

    a = A(r) = b r^p + N,      N = (c - d r^p)/r > 0,      y_E^(p-1) = 1/N,

so that a is explicit in r, and so are ``s_E w_EE = p a/N`` and ``s_I w_II = p d r^(p-1)/N``: k and the time constants
do not matter for where the states are. From ``det(I - S W) N r/(p - 1) = r^2 A'(r)`` and the trace,

    det > 0     <=>  p b r^(p+1) - (p-1) d r^p - c > 0                                     (the fold polynomial)
    trace < 0   <=>  p b r^(p+1) - (p-1)(1 + T) d r^p + (p - 1 - T) c < 0,  T = tau_E/tau_I

The fold polynomial has one positive root r_0 (one change of sign), A falls before it and rises after it. So with
``a_0 = A(r_0)`` and ``a_1 = b c/d``, the limit of A where N vanishes (infinite for d = 0):

* ``c b^p > d^(p+1)``: no activity for a < a_0; two states for a_0 < a < a_1, the one with the smaller r a saddle, the
  other stable exactly where its trace is negative; one, a saddle, for a >= a_1;
* otherwise: no activity for a <= a_1, one state, a saddle, for a > a_1.

Silence is an equilibrium always, and always stable: its gains are 0.

Source: persistent activity in the supralinear network is described by N. Kraynyukova and T. Tchumatchenko, PNAS 115
(2018) 3464; the conditions are derived here, and tested against all equilibria.
"""

from __future__ import annotations

from dataclasses import dataclass

import sympy
from flint import arb, fmpq, fmpq_poly
from sympy import Expr, Symbol

from symgame.balls import precision
from symgame.circuit import Circuit
from symgame.errors import Unsupported
from symgame.groups import neurons
from symgame.notation import symbol
from symgame.supralinear_cases import power_laws
from symgame.supralinear_numbers import RealRoot, real_roots


@dataclass(frozen=True)
class Persistence:
    """When a pair has activity at ``u = theta``, in its symbols; see the module for the statements.

    ``own`` is w_EE in terms of ``ratio``; the saddle-node is at the positive root of ``fold``, the trace is negative
    where ``trace`` is; ``two_states`` > 0 is the condition for a range of w_EE with two states, which ends at ``last``
    (``oo`` when I does not inhibit itself). ``discriminant`` vanishes at the least w_EE with activity.
    """

    excitatory: str
    inhibitory: str
    power: int
    ratio: Symbol
    own: Expr
    fold: Expr
    trace: Expr
    two_states: Expr
    last: Expr
    discriminant: Expr


@dataclass(frozen=True)
class PersistentRange:
    """The w_EE of a pair with numbers, as decimals that are proved to the last digit but one.

    Two states with activity for ``least < w_EE < last`` (``None``: without end), and none below; ``least`` is ``None``
    when there never are two: then there is one state, a saddle, for ``w_EE > last`` alone. The upper one of the two is
    stable on each of ``stable``; an end ``None`` is that of a range without end.
    """

    least: str | None
    last: str | None
    stable: tuple[tuple[str, str | None], ...]


@dataclass(frozen=True)
class _Pair:
    """The four products, the ratio of the time constants, and k_E, as symbols or numbers."""

    names: tuple[str, str]
    p: int
    w: Expr
    b: Expr
    c: Expr
    d: Expr
    T: Expr
    k: Expr


def persistence(circuit: Circuit) -> Persistence:
    """The conditions for persistent activity of an E-I pair with one whole power p >= 2, whatever its inputs are now.

    Raises :class:`~symgame.errors.Unsupported` for other circuits.

    >>> pair = Circuit.from_matrix([["w_EE", "-w_EI"], ["w_IE", "-w_II"]], names="EI",
    ...                            types=["excitatory", "inhibitory"], activation="power")
    >>> found = persistence(pair)
    >>> found.own, found.fold, found.two_states, found.last
    ((r**3*w_EI - r**2*w_II + w_IE)/r, 2*r**3*w_EI - r**2*w_II - w_IE, w_EI**2*w_IE - w_II**3, w_EI*w_IE/w_II)
    """
    q = _pair(circuit)
    if "r" in circuit.symbols:
        raise Unsupported("the circuit has a symbol 'r', which stands for the ratio here; give it another name")
    r, p, a = symbol("r"), q.p, q.k * q.w
    states = q.b * r ** (p + 1) - q.d * r**p - a * r + q.c
    return Persistence(
        *q.names,
        p,
        r,
        sympy.cancel((q.b * r ** (p + 1) - q.d * r**p + q.c) / (r * q.k)),
        sympy.expand(p * q.b * r ** (p + 1) - (p - 1) * q.d * r**p - q.c),
        sympy.expand(p * q.b * r ** (p + 1) - (p - 1) * (1 + q.T) * q.d * r**p + (p - 1 - q.T) * q.c),
        sympy.expand(q.c * q.b**p - q.d ** (p + 1)),
        sympy.oo if q.d == 0 else sympy.cancel(q.b * q.c / (q.d * q.k)),
        sympy.factor(sympy.discriminant(states, r)),
    )


def persistent_range(circuit: Circuit, digits: int = 15) -> PersistentRange:
    """The range of w_EE with two states of activity at ``u = theta``, and where the upper one is stable: complete.

    Every other parameter has a value; the value of w_EE, if it has one, is not looked at.

    >>> pair = Circuit.from_matrix([["w_EE", -1], [2, 0]], names="EI", types=["excitatory", "inhibitory"],
    ...                            activation="power", tau=[30, 10])
    >>> persistent_range(pair, 6)  # 27 w_EI w_IE^2/4 = 27
    PersistentRange(least='3.00000', last=None, stable=(('3.00000', '3.17480'),))
    """
    q = _pair(circuit)
    b, c, d, T, k = (_number(v) for v in (q.b, q.c, q.d, q.T, q.k))
    p = q.p
    if c * b**p <= d ** (p + 1):
        return PersistentRange(None, _text(_ball(b * c / (d * k), digits), digits), ())
    x = fmpq_poly([0, 1])
    fold = x ** (p + 1) * (p * b) - x**p * ((p - 1) * d) - c
    trace = x ** (p + 1) * (p * b) - x**p * ((p - 1) * (1 + T) * d) + (p - 1 - T) * c
    (r_0,) = _positive(fold)
    changes = _ordered([(r_0, False), *((root, True) for root in _positive(trace) if root.sign(fold) > 0
                                        and (d == 0 or root.sign(c - d * x**p) > 0))])  # fmt: skip

    def own(root: RealRoot) -> str:
        return _text(_quotient(root, b * x ** (p + 1) - d * x**p + c, k * x, digits), digits)

    ends: list[str | None] = [own(root) for root, _ in changes]
    last = _text(_ball(b * c / (d * k), digits), digits) if d else None
    ends.append(last)
    # between two neighbouring roots the trace has one sign: that just after the first, by its first derivative != 0
    stable = [
        (low, high)
        for (root, _), low, high in zip(changes, ends[:-1], ends[1:], strict=True)
        if low is not None and _sign_after(root, trace) < 0
    ]
    return PersistentRange(ends[0], last, tuple(stable))


def _pair(circuit: Circuit) -> _Pair:
    circuit = neurons(circuit.fixed())
    kinds = [p.type for p in circuit.populations]
    if sorted(map(str, kinds)) != ["excitatory", "inhibitory"]:
        raise Unsupported("persistent activity is derived for a pair of one excitatory and one inhibitory population")
    e, i = kinds.index("excitatory"), kinds.index("inhibitory")
    laws = power_laws(circuit)
    if laws[0].p != laws[1].p or laws[0].p < 2:
        raise Unsupported(
            f"the powers are {laws[0].p} and {laws[1].p}; persistent activity is derived for one power p >= 2 of both"
        )
    W = circuit.entries
    b, c, d = -laws[i].k * W[e][i], laws[e].k * W[i][e], -laws[i].k * W[i][i]
    if b == 0 or c == 0:
        raise Unsupported("one of the weights between E and I is 0; persistent activity is derived for a loop of both")
    T = circuit.populations[e].tau / circuit.populations[i].tau
    return _Pair((circuit.names[e], circuit.names[i]), laws[0].p, W[e][e], b, c, d, T, laws[e].k)


def _number(value: Expr) -> fmpq:
    if not value.is_Rational:
        raise Unsupported(f"{value} is not a rational number; give every parameter but w_EE an exact value")
    return fmpq(int(value.p), int(value.q))


def _positive(p: fmpq_poly) -> list[RealRoot]:
    return [root for root, _ in real_roots(p) if root.sign(fmpq_poly([0, 1])) > 0] if p.degree() > 0 else []


def _ordered(rows: list[tuple[RealRoot, bool]]) -> list[tuple[RealRoot, bool]]:
    """From below, each root once: a trace that vanishes on the fold changes nothing beyond it."""
    unique: dict[RealRoot, bool] = {}
    for root, of_trace in rows:
        unique.setdefault(root, of_trace)
    return sorted(unique.items(), key=lambda row: row[0].ball().mid())


def _sign_after(root: RealRoot, g: fmpq_poly) -> int:
    """The sign of g just above a root of whatever multiplicity."""
    while g:
        sign = root.sign(g)
        if sign:
            return sign
        g = g.derivative()
    return 0


def _quotient(root: RealRoot, above: fmpq_poly, below: fmpq_poly, digits: int) -> arb:
    with precision(4 * digits + 64):
        return root.enclosure(above, digits + 3) / root.enclosure(below, digits + 3)


def _ball(value: fmpq, digits: int) -> arb:
    with precision(4 * digits + 64):
        return arb(value)


def _text(value: arb, digits: int) -> str:
    return str(value.str(digits, radius=False))
