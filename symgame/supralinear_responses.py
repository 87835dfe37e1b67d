"""Pictures of a supralinear pair: its function f(v) with all its zeros, and the rates along a drive.

The marks and every point of a response curve are exact equilibria of :mod:`symgame.supralinear`; curves between them,
and where a response turns from supralinear to sublinear, are floating point.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import get_args

import numpy as np
from flint import fmpq

from symgame.circuit import Circuit
from symgame.errors import Unsupported
from symgame.floating import Array, fraction
from symgame.groups import neurons
from symgame.notation import exact
from symgame.plane import Nash, Stability
from symgame.supralinear import SupralinearSolution, supralinear_equilibria
from symgame.supralinear_cases import PowerLaw, power_laws

SAMPLES = 801
#: Halvings of an interval of the drive that holds a transition.
HALVINGS = 24


@dataclass(frozen=True)
class Zero:
    """A zero of f at v: an equilibrium with its ``stability`` and ``nash`` class; f' there has the sign ``slope``."""

    v: float
    stability: Stability
    nash: Nash | None
    slope: int


@dataclass(frozen=True, eq=False)
class CharacteristicCurve:
    """``f(v) = v - u_i - W_ii phi_i(v) - W_ij phi_j(z_j(v))`` with z_j from the row of i; v is the total input of i.

    ``driver`` is the place of i. Its zeros are the equilibria of the pair, each exactly once, and f' there is
    det(I - S W). ``height`` is what |f| reaches between the zeros, at least a share of the width.
    """

    circuit: Circuit
    driver: int
    v: Array
    f: Array
    height: float
    zeros: tuple[Zero, ...]


@dataclass(frozen=True)
class Transition:
    """Where along the drive something changes on the only equilibrium: an interval that holds it, and the rates there.

    ``proved``: the change was decided exactly at both ends; otherwise it was located in floating point.
    """

    what: str
    low: Fraction
    high: Fraction
    rates: tuple[float, ...]
    proved: bool


@dataclass(frozen=True, eq=False)
class ResponseCurves:
    """The equilibria along a drive: ``drives`` (m,), ``rates`` (m, n), one row for each equilibrium at each drive.

    ``stable`` says which are stable; ``loops`` (m,) is ``s_E w_EE`` of the first excitatory population. ``single``:
    there is exactly one equilibrium at every sampled drive.
    """

    circuit: Circuit
    drives: Array
    rates: Array
    stable: tuple[bool | None, ...]
    loops: Array
    single: bool
    transitions: tuple[Transition, ...]


def characteristic_curve(circuit: Circuit, around: Fraction | None = None) -> CharacteristicCurve:
    """The function f of a pair with numbers, from below its least zero to above its greatest.

    ``around`` is how far beyond, by default half of their distance and at least 1. Raises
    :class:`~symgame.errors.Unsupported` for other circuits, and when neither population receives from the other.

    >>> from symgame.kinds import activation
    >>> pair = Circuit.from_matrix([["13/4", -1], [2, 0]], names="EI", u=[0, 0], tau=[30, 10], activation="power")
    >>> [(zero.stability, zero.slope) for zero in characteristic_curve(pair).zeros]
    [('stable', 1), ('saddle', -1), ('unstable', 1)]
    """
    circuit = neurons(circuit.fixed())
    if len(circuit.names) != 2:
        raise Unsupported(f"f(v) is drawn for two populations; this circuit has {len(circuit.names)}")
    found = supralinear_equilibria(circuit)
    drivers = [i for i in (0, 1) if circuit.W[i, 1 - i] != 0]
    if not drivers:
        raise Unsupported("neither population receives from the other: there is no common polynomial to draw")
    i = drivers[0]
    zeros = []
    for e in found.equilibria:
        if e.type == "continuum":
            raise Unsupported("there is a continuum of equilibria; f vanishes on an interval")
        total = sum(fraction(circuit.W[i, j]) * e.state[n] for j, n in enumerate(circuit.names))
        place = float(total + fraction(circuit.populations[i].input))
        zeros.append(Zero(place, stability(e.stable, e.type), nash_of(e.nash), e.index or 0))
    zeros.sort(key=lambda zero: zero.v)
    ends = [zero.v for zero in zeros] or [0.0]
    margin = float(around) if around is not None else max(1.0, (ends[-1] - ends[0]) / 2)
    v: Array = np.linspace(ends[0] - margin, ends[-1] + margin, SAMPLES)
    values = _f(circuit, i)(v)
    between = np.abs(values[(v >= ends[0]) & (v <= ends[-1])])
    height = max(float(between.max(initial=0.0)), 0.15 * float(v[-1] - v[0]))
    return CharacteristicCurve(circuit, i, v, values, height, tuple(zeros))


def stability(stable: bool | None, kind: str) -> Stability:
    """How a picture marks an equilibrium.

    >>> stability(True, "node"), stability(False, "saddle"), stability(None, "center")
    ('stable', 'saddle', 'neutral')
    """
    if kind in ("kink", "saddle"):
        return "kink" if kind == "kink" else "saddle"
    return "neutral" if stable is None else "stable" if stable else "unstable"


def nash_of(word: str | None) -> Nash | None:
    """The Nash class of a solution as that of a mark."""
    return next((known for known in get_args(Nash) if known == word), None)


def _f(circuit: Circuit, i: int) -> Callable[[Array], Array]:
    phi = [_phi(law) for law in power_laws(circuit)]
    (W_ii, W_ij), (W_ji, W_jj) = ((float(circuit.W[a, a]), float(circuit.W[a, 1 - a])) if a == i else
                                  (float(circuit.W[a, 1 - a]), float(circuit.W[a, a])) for a in (i, 1 - i))  # fmt: skip
    u_i, u_j = float(circuit.populations[i].input), float(circuit.populations[1 - i].input)

    def f(v: Array) -> Array:
        x_i = phi[i](v)
        x_j = (v - u_i - W_ii * x_i) / W_ij
        return np.asarray(v - u_i - W_ii * x_i - W_ij * phi[1 - i](W_ji * x_i + W_jj * x_j + u_j))

    return f


def _phi(law: PowerLaw) -> Callable[[Array], Array]:
    k, theta, p = float(law.k), float(law.threshold), law.p
    return lambda z: np.asarray(k * np.maximum(z - theta, 0.0) ** p)


# -- along a drive ----------------------------------------------------------------------------------------------------


def response_curves(
    circuit: Circuit, drives: Sequence[Fraction | int], direction: Sequence[Fraction | int] | None = None
) -> ResponseCurves:
    """The equilibria for inputs ``u + h * direction`` at every drive h, which increase; by default to all alike.

    On the way two transitions are looked for where there is one equilibrium: of the first excitatory population's
    ``s_E w_EE`` through 1, past which it is stable only because inhibition follows, and of its response from
    supralinear (convex in h) to sublinear.

    >>> from symgame.kinds import activation
    >>> law = activation("power", k=Fraction(3, 10), p=2)
    >>> pair = Circuit.from_matrix([["5/4", "-13/20"], ["6/5", "-1/2"]], names="EI", u=[0, 0], tau=[20, 10],
    ...                            types=["excitatory", "inhibitory"], activation=law)
    >>> first, second = response_curves(pair, [Fraction(k, 2) for k in range(1, 9)]).transitions
    >>> first.what, first.proved, round(first.rates[0], 6)  # at s_E w_EE = 1: x_E = 1/(4 k w_EE^2) = 8/15
    ('inhibition-stabilised', True, 0.533333)
    """
    circuit = neurons(circuit.fixed())
    along = _Drive(circuit, tuple(Fraction(d) for d in direction or [1] * len(circuit.names)))
    rows = [(h, e) for h in map(Fraction, drives) for e in along.equilibria(h) if e.state]
    single = [h for h, _ in rows] == list(map(Fraction, drives))
    return ResponseCurves(
        circuit,
        np.array([float(h) for h, _ in rows]),
        np.array([[float(e.state[n]) for n in circuit.names] for _, e in rows]),
        tuple(e.stable for _, e in rows),
        np.array([along.loop(e) for _, e in rows]),
        single,
        tuple(along.transitions([h for h, _ in rows])) if single else (),
    )


class _Drive:
    """A circuit whose inputs move along a line."""

    def __init__(self, circuit: Circuit, direction: tuple[Fraction, ...]) -> None:
        self.circuit, self.direction = circuit, direction
        excitatory = [i for i, p in enumerate(circuit.populations) if p.type == "excitatory"]
        self.e = excitatory[0] if excitatory else 0
        n = len(circuit.names)
        self.W = np.array([[float(circuit.W[a, b]) for b in range(n)] for a in range(n)])
        self.laws = power_laws(circuit)

    def equilibria(self, h: Fraction) -> tuple[SupralinearSolution, ...]:
        populations = tuple(
            replace(p, input=exact(fraction(p.input) + h * d, "an input"))
            for p, d in zip(self.circuit.populations, self.direction, strict=True)
        )
        found = supralinear_equilibria(replace(self.circuit, populations=populations), 20).equilibria
        return tuple(e for e in found if isinstance(e, SupralinearSolution))

    def gain(self, e: SupralinearSolution, a: int) -> Fraction:
        return Fraction(e.slopes[self.circuit.names[a]]) if e.slopes else Fraction(0)

    def loop(self, e: SupralinearSolution) -> float:
        """``s_E w_EE``."""
        return float(self.gain(e, self.e)) * float(self.W[self.e, self.e])

    def bend(self, h: Fraction, e: SupralinearSolution) -> float:
        """The second derivative of the rate of E: ``(I - S W) x'' = phi''(z) z'^2``, in floating point."""
        x = np.array([float(e.state[n]) for n in self.circuit.names])
        d = np.array([float(v) for v in self.direction])
        u = np.array([float(p.input) for p in self.circuit.populations]) + float(h) * d
        y = np.maximum(self.W @ x + u - [float(law.threshold) for law in self.laws], 0.0)
        k, p = (np.array([float(getattr(law, name)) for law in self.laws]) for name in ("k", "p"))
        s = np.where(y > 0, p * k * y ** (p - 1), 0.0)
        curved = np.where((y > 0) & (p > 1), p * (p - 1) * k * np.maximum(y, 1e-300) ** (p - 2), 0.0)
        matrix = np.eye(len(x)) - s[:, None] * self.W
        slope = self.W @ np.linalg.solve(matrix, s * d) + d
        return float(np.linalg.solve(matrix, curved * slope**2)[self.e])

    def transitions(self, drives: Sequence[Fraction]) -> list[Transition]:
        questions: list[tuple[str, Callable[[Fraction, SupralinearSolution], bool], bool]] = [
            ("inhibition-stabilised", lambda h, e: self.beyond(e), True),
            ("sublinear", lambda h, e: self.bend(h, e) < 0, False),
        ]
        rows = [self.changed(drives, *question) for question in questions]
        return [row for row in rows if row is not None]

    def beyond(self, e: SupralinearSolution) -> bool:
        """Whether ``s_E w_EE > 1``: exact."""
        root, gain = e.gains[self.e]
        own = fraction(self.circuit.W[self.e, self.e])
        return root.sign(gain * fmpq(own.numerator, own.denominator) - 1) > 0

    def changed(
        self,
        drives: Sequence[Fraction],
        what: str,
        after: Callable[[Fraction, SupralinearSolution], bool],
        proved: bool,
    ) -> Transition | None:
        """The first interval between sampled drives in which the answer turns from no to yes, halved repeatedly."""
        answers = [after(h, self.equilibria(h)[0]) for h in drives]
        place = next((k for k in range(1, len(answers)) if answers[k] and not answers[k - 1]), None)
        if place is None:
            return None
        low, high = drives[place - 1], drives[place]
        for _ in range(HALVINGS):
            middle = (low + high) / 2
            found = self.equilibria(middle)
            if len(found) != 1:
                return None
            low, high = (low, middle) if after(middle, found[0]) else (middle, high)
        (e,) = self.equilibria(high)
        return Transition(what, low, high, tuple(float(e.state[n]) for n in self.circuit.names), proved)
