"""What each population sees: its own energy along its own rate, the others frozen, and its best response to another.

``E_i(y) = g_i(y) + (1 - W_ii) y^2/2 - y c`` on the domain of g_i, with ``c`` the input from the others. Whether an
equilibrium is a minimum or a maximum of it is decided exactly, by :mod:`symgame.properties.nash`, and by balls for a
smooth phi, by :mod:`symgame.certified_nash`; curves are drawn in floating point.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

import numpy as np

from symgame.algebra import algebra
from symgame.balls import ball_function, precision
from symgame.branches import Branch, equilibria
from symgame.certified import certified_points
from symgame.certified_nash import nash_class
from symgame.circuit import Circuit
from symgame.condition import TRUE
from symgame.errors import Unsupported
from symgame.floating import Array, FloatingCircuit, floating
from symgame.groups import neurons
from symgame.numeric import rational
from symgame.plane import Mark, Nullcline, PhasePlane, equilibrium_marks
from symgame.properties import nash

Extremum = Literal["global minimum", "local minimum", "maximum", "stationary point", "not decided"]
POINTS = 241
FINE = 961


@dataclass(frozen=True, eq=False)
class OwnEnergy:
    """One curve ``E_i(y) - E_i(x_i)``: the own energy of a population relative to its value at the equilibrium.

    ``domain`` is where the cost is finite (``inf`` without a cap); ``extremum`` says what the equilibrium is there.
    """

    population: int
    rates: Array
    energies: Array
    rate: float
    exact: Fraction | None
    extremum: Extremum
    domain: tuple[float, float]


@dataclass(frozen=True, eq=False)
class Energies:
    """The own energies of every population of a numeric circuit around one equilibrium."""

    circuit: Circuit
    over: str | None
    at: Fraction | None
    mark: Mark
    curves: tuple[OwnEnergy, ...]


def energies(circuit: Circuit, over: str | None = None, at: Fraction | None = None) -> Energies:
    """The own energies around the equilibrium with the most active populations.

    Raises :class:`~symgame.errors.Unsupported` when the circuit has no isolated equilibrium.

    >>> pair = Circuit.from_matrix([["3/2", -2], [2, "-1/2"]], names="EI", u=[2, "1/2"], tau=[10, 10])
    >>> [(c.exact, c.extremum) for c in energies(pair).curves]
    [(Fraction(8, 13), 'maximum'), (Fraction(15, 13), 'global minimum')]
    """
    circuit = neurons(circuit)
    marks, _ = equilibrium_marks(circuit)
    if not marks:
        raise Unsupported("there is no isolated equilibrium around which to draw energies")
    mark = max(marks, key=lambda m: (sum(v > 0 for v in m.place), m.stability == "stable"))
    f = floating(circuit)
    n = len(f.names)
    undecided: list[Extremum] = ["not decided"] * n
    found = tuple(undecided)
    if any(not p.activation.piecewise_linear for p in circuit.populations):
        found = _proved_extrema(circuit, mark)
    elif mark.exact is not None:
        branch = next(b for b in equilibria(circuit) if b.name == mark.branch)
        found = tuple(_extremum(branch, i) for i in range(n))
    return Energies(circuit, over, at, mark, tuple(_curve(f, i, mark, found[i]) for i in range(n)))


def own_energy(f: FloatingCircuit, i: int, y: Array, c: Array | float) -> Array:
    """``E_i(y)`` with input ``c`` from the others; ``y`` and ``c`` broadcast."""
    return np.asarray(f.cost[i](y) + (1 - f.W[i, i]) * y**2 / 2 - y * c)


def _curve(f: FloatingCircuit, i: int, mark: Mark, extremum: Extremum) -> OwnEnergy:
    x = np.array(mark.place)
    others = float(f.W[i] @ x - f.W[i, i] * x[i] + f.u[i])
    low, high = f.domain[i]
    rate = float(x[i])
    room = max(abs(rate), 0.5)
    left = low if np.isfinite(low) else rate - 1.2 * room
    right = high if np.isfinite(high) else rate + 1.2 * room
    y = np.union1d(np.linspace(left, right, POINTS), [rate])
    values = own_energy(f, i, y, others)
    good = np.isfinite(values)
    here = float(own_energy(f, i, np.array([rate]), others)[0])
    exact = None if mark.exact is None else mark.exact[i]
    return OwnEnergy(i, y[good], values[good] - here, rate, exact, extremum, (low, high))


def _extremum(branch: Branch, i: int) -> Extremum:
    """What the rate of the branch is on its own energy, decided exactly; the circuit has numbers only."""
    if nash.globally_minimal(branch, i) == TRUE:
        return "global minimum"
    if nash.locally_minimal(branch, i) == TRUE:
        return "local minimum"
    a = branch.algebra
    if i in branch.increasing and a.structural.compare(nash.own_curvature(branch, i), "<") == TRUE:
        return "maximum"
    return "stationary point"


def _proved_extrema(circuit: Circuit, mark: Mark) -> tuple[Extremum, ...]:
    """What each rate of an equilibrium of a smooth circuit is on its own energy, proved by balls."""
    n = len(circuit.names)
    points = certified_points(circuit, 15).points if mark.stability != "located" else ()
    rows: list[Extremum] = ["not decided"] * n
    if not points:
        return tuple(rows)
    point = min(points, key=lambda p: sum((float(x.mid()) - v) ** 2 for x, v in zip(p.x, mark.place, strict=True)))
    for i, p in enumerate(circuit.populations):
        if circuit.names[i] in point.kinks:
            continue
        own = circuit.W[i, i]
        bound = own * p.activation.lipschitz
        convex = bool(bound.is_Rational and bound <= 1)
        with precision(point.bits):
            here = [ball_function(own)()], [point.z[i]], [point.x[i]], [point.slopes[i]]
            found, _ = nash_class([p.activation], *here, [convex], [None])
        rows[i] = _OF_CLASS[found]
    return tuple(rows)


#: Where phi increases a stationary rate that is no local minimum is a maximum of its own energy.
_OF_CLASS: dict[str | None, Extremum] = {
    "global": "global minimum",
    "local": "local minimum",
    "stationary": "maximum",
    None: "not decided",
}


# -- best responses ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class BestResponse:
    """The minimiser of population i's own energy for rates of the other, ``NaN`` where there is none or where it jumps.

    ``falls`` says that for some rates of the other the own energy falls for ever, ``always`` that it does for all;
    both are ``False`` for a smooth phi, of which nothing was decided. ``indifferent`` are the segments, (rate of the
    other, lowest, highest rate), where a straight piece of the energy is level: every rate there is a best response.
    ``stationary`` are the curves of the stationary points, minima or not.
    """

    population: int
    other: Array
    response: Array
    falls: bool
    always: bool
    indifferent: tuple[tuple[float, float, float], ...]
    stationary: tuple[Nullcline, ...]


@dataclass(frozen=True, eq=False)
class BestResponses:
    """Both best responses in the plane of a numeric pair, with its equilibria; axes as in :class:`PhasePlane`."""

    plane: PhasePlane
    responses: tuple[BestResponse, BestResponse]


def best_responses(plane: PhasePlane) -> BestResponses:
    """Each population's best response to the other, from its own energy alone.

    A response is drawn at rates of the other 1/960 of the picture apart; a jump is a gap between two of them.

    >>> from symgame.plane import phase_plane
    >>> pair = Circuit.from_matrix([["3/2", -2], [2, "-1/2"]], names="EI", u=[2, "1/2"], tau=[10, 10])
    >>> e, i = best_responses(phase_plane(pair)).responses
    >>> e.always, i.falls
    (True, False)
    """
    f = floating(plane.circuit)
    rows = []
    for i in range(2):
        low, high = plane.box[1 - i]
        low, high = max(low, f.domain[1 - i][0]), min(high, f.domain[1 - i][1])
        other = np.linspace(low, high, FINE)
        c = f.W[i, 1 - i] * other + f.u[i]
        if algebra(plane.circuit).pieces is None:
            response, falls, always = _smooth(f, i, c, plane.box[i]), False, False
            level: tuple[tuple[float, float, float], ...] = ()
        else:
            response, always = _piecewise(plane.circuit, i, c)
            falls = bool(np.isnan(response).any())
            level = _indifferent(plane, i)
        a, b = plane.box[i]
        jumps = np.flatnonzero(np.abs(np.diff(response)) > (b - a) / 20)
        other, response = np.insert(other, jumps + 1, np.nan), np.insert(response, jumps + 1, np.nan)
        lines = tuple(n for n in plane.nullclines if n.population == i)
        rows.append(BestResponse(i, other, response, falls, always, level, lines))
    return BestResponses(plane, (rows[0], rows[1]))


def _piecewise(circuit: Circuit, i: int, c: Array) -> tuple[Array, bool]:
    """The least of the ends and the inner stationary points of every quadratic piece; ``NaN`` when unbounded below.

    The flag says that it is unbounded below for every input: an outer piece has negative curvature, exactly.
    """
    a = algebra(circuit)
    own = float(rational(a.W[i][i]))
    places, values = [], []
    unbounded = np.zeros(c.shape, dtype=bool)
    always = False
    for piece in nash.cost_pieces(a, i):
        s, b, k0 = (float(rational(q)) for q in (piece.slope, piece.intercept, piece.constant))
        low = -np.inf if piece.low is None else float(rational(piece.low))
        high = np.inf if piece.high is None else float(rational(piece.high))
        exact = nash.curvature(a, i, piece.slope)
        curvature, push = 1 / s - own, b / s + c
        bent = rational(exact)  # its sign is exact: at 0 the energy is a straight line, not a very wide parabola
        candidates = [np.full(c.shape, end) for end in (low, high) if np.isfinite(end)]
        if bent > 0:
            candidates.append(np.clip(push / curvature, low, high))
        always |= bent < 0 and None in (piece.low, piece.high)
        if piece.high is None:
            unbounded |= (bent < 0) | ((bent == 0) & (push > 0))
        if piece.low is None:
            unbounded |= (bent < 0) | ((bent == 0) & (push < 0))
        for y in candidates:
            places.append(y)
            values.append((y**2 / 2 - b * y) / s + k0 - own * y**2 / 2 - c * y)
    if not places:
        return np.full(c.shape, np.nan), always
    best = np.argmin(values, axis=0)
    answer = np.take_along_axis(np.array(places), best[None], axis=0)[0]
    return np.asarray(np.where(unbounded, np.nan, answer)), always


def _indifferent(plane: PhasePlane, i: int) -> tuple[tuple[float, float, float], ...]:
    """Where a piece of curvature exactly 0 is level, and no other rate is better: one rate of the other per piece."""
    a = algebra(plane.circuit)
    coupling, u = rational(a.W[i][1 - i]), rational(a.u[i])
    rows = []
    for piece in nash.cost_pieces(a, i):
        if coupling == 0 or rational(nash.curvature(a, i, piece.slope)) != 0:
            continue
        c = -rational(piece.intercept) / rational(piece.slope)
        other = (c - u) / coupling
        low = plane.box[i][0] if piece.low is None else float(rational(piece.low))
        high = plane.box[i][1] if piece.high is None else float(rational(piece.high))
        best, _ = _piecewise(plane.circuit, i, np.array([float(c)]))
        f = floating(plane.circuit)
        middle = own_energy(f, i, np.array([(low + high) / 2]), float(c))
        least = own_energy(f, i, best, float(c))
        alone = piece.low is None and piece.high is None  # then there is no candidate but the piece itself
        if alone or bool(middle <= least + 1e-12):  # false too where another piece falls for ever: NaN
            rows.append((float(other), low, high))
    return tuple(rows)


def _smooth(f: FloatingCircuit, i: int, c: Array, side: tuple[float, float]) -> Array:
    """The least value on a fine grid of rates; a minimum on an edge of the grid that is no edge of the domain is
    none."""
    low, high = f.domain[i]
    bottom = low if np.isfinite(low) else 2 * side[0] - side[1]
    top = high if np.isfinite(high) else 2 * side[1] - side[0]
    inset = 1e-9 * (top - bottom)
    y = np.linspace(bottom + inset, top - inset, FINE)
    values = np.nan_to_num(own_energy(f, i, y[:, None], 0.0) - y[:, None] * c, nan=np.inf)
    best = np.argmin(values, axis=0)
    answer = y[best]
    beyond = ((best == len(y) - 1) & ~np.isfinite(high)) | ((best == 0) & ~np.isfinite(low))
    return np.asarray(np.where(beyond, np.nan, answer))
