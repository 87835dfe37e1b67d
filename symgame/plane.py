"""The phase plane of two populations with numbers: nullclines, vector field, trajectories, equilibria with their class.

On the nullcline of population i the total input z is a coordinate: ``x_i = phi_i(z)`` and ``W_ij x_j = z - u_i - W_ii
phi_i(z)``. For a piecewise-linear phi this is a polyline whose vertices are the knots of phi, exactly; for a smooth one
it is sampled. Equilibria and their classes are those of :mod:`symgame.numeric`, all of them: exact for piecewise-linear
circuits, proved by balls for smooth ones. Only where the proof stays incomplete are those of smooth circuits located in
floating point, and then no class is claimed.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from symgame.branches import full_branch
from symgame.chart import regime_name, spectrum
from symgame.circuit import Circuit
from symgame.condition import TRUE
from symgame.errors import Unsupported
from symgame.floating import Array, FloatingCircuit, floating, fraction
from symgame.groups import neurons
from symgame.numeric import Solution, solutions

Stability = Literal["stable", "unstable", "saddle", "kink", "neutral", "located"]
Nash = Literal["global", "local", "stationary"]
Point = tuple[Fraction, Fraction]
Box = tuple[tuple[float, float], tuple[float, float]]
"""``((left, right), (bottom, top))``: the part of the plane that a picture shows."""

SAMPLES = 1_201
ARROWS = 13
RATES = 10.0  # how far smooth, unbounded rates are searched for equilibria


@dataclass(frozen=True)
class Mark:
    """An equilibrium in a picture. ``exact`` is its state, ``None`` when it is known in balls or floating point only.

    ``neutral`` says that an eigenvalue lies on the imaginary axis, ``kink`` that a total input is on a kink: in both
    cases stability was not decided. ``nash`` is ``None`` where nothing was decided.
    """

    place: tuple[float, ...]
    exact: tuple[Fraction, ...] | None
    stability: Stability
    nash: Nash | None
    branch: str


@dataclass(frozen=True, eq=False)
class Nullcline:
    """``points`` (m, 2), a polyline; ``vertices`` are its exact corners inside or outside the picture, when it has."""

    population: int
    points: Array
    vertices: tuple[Point, ...]


@dataclass(frozen=True, eq=False)
class PhasePlane:
    """The plane of a numeric pair. The first population is on the horizontal axis.

    ``field`` holds the places (2, a, b) and the velocities (2, a, b) of
    the arrows; ``trajectories`` are arrays (m, 2). ``regime`` is the name decided exactly at these numbers, ``""`` when
    the branch with every population active has no strict equilibrium. ``notes`` say what is not drawn.
    """

    circuit: Circuit
    over: str | None
    at: Fraction | None
    box: Box
    nullclines: tuple[Nullcline, ...]
    field: tuple[Array, Array]
    trajectories: tuple[Array, ...]
    equilibria: tuple[Mark, ...]
    regime: str
    spectrum: str
    notes: tuple[str, ...]


def phase_plane(circuit: Circuit, over: str | None = None, at: Fraction | None = None) -> PhasePlane:
    """The phase plane of two populations whose symbols all have values; ``over = at`` is written above it.

    Raises :class:`~symgame.errors.Unsupported` for other numbers of populations, the voltage form, or open symbols.

    >>> pair = Circuit.from_matrix([["3/2", -2], [2, 0]], names="EI", u=[1, "1/2"], tau=[10, 10])
    >>> plane = phase_plane(pair)
    >>> [(m.exact, m.stability, m.nash) for m in plane.equilibria], plane.regime
    ([((Fraction(0, 1), Fraction(1, 2)), 'kink', 'stationary')], '')
    """
    circuit = neurons(circuit)
    if len(circuit.names) != 2:
        raise Unsupported(
            f"a phase plane has two populations; this circuit has {len(circuit.names)}. A projection would show "
            f"crossings that are no equilibria"
        )
    f = floating(circuit)
    marks, notes = equilibrium_marks(circuit)
    name, kind = regime_at(circuit)
    box = _box(f, marks)
    return PhasePlane(
        circuit,
        over,
        at,
        box,
        tuple(line for i in range(2) for line in nullclines(circuit, i, box)),
        _field(f, box),
        _trajectories(f, box),
        marks,
        name,
        kind,
        notes,
    )


# -- equilibria -------------------------------------------------------------------------------------------------------


def equilibrium_marks(circuit: Circuit) -> tuple[tuple[Mark, ...], tuple[str, ...]]:
    """The equilibria of a numeric circuit, and a note for what cannot be a mark: a continuum, or a missing class."""
    circuit = neurons(circuit)
    if any(not p.activation.piecewise_linear for p in circuit.populations):
        found = solutions(circuit)
        if found.complete:
            return tuple(_proved(e, circuit.names) for e in found.equilibria), ()
        located = _located(circuit)
        note = "equilibria were located in floating point, perhaps not all; their classes were not decided"
        return tuple(Mark(place, None, "located", None, "") for place in located), (note,)
    marks, notes = [], []
    for e in solutions(circuit).equilibria:
        if e.type == "continuum":
            notes.append(e.description)
            continue
        exact = tuple(e.state[n] for n in circuit.names)
        nash: Nash = "global" if e.nash == "global" else "local" if e.nash == "local" else "stationary"
        marks.append(Mark(tuple(map(float, exact)), exact, _stability(e), nash, e.branch))
    return tuple(marks), tuple(notes)


def _proved(e: Solution, names: tuple[str, ...]) -> Mark:
    """The mark of an equilibrium that was proved in balls."""
    nash: Nash | None = "global" if e.nash == "global" else "local" if e.nash == "local" else None
    nash = "stationary" if e.nash == "stationary" else nash
    place = tuple(float(e.state[n]) for n in names)
    stability: Stability = "neutral" if e.stable is None else _stability(e)
    return Mark(place, tuple(e.state[n] for n in names) if e.exact else None, stability, nash, e.branch)


def _stability(e: Solution) -> Stability:
    if e.stable is None and not e.strict:
        return "kink"
    if e.stable:
        return "stable"
    if e.type in ("center", "non-hyperbolic"):
        return "neutral"
    return "saddle" if e.type == "saddle" else "unstable"


def regime_at(circuit: Circuit) -> tuple[str, str]:
    """Name and spectrum of the regime at a numeric circuit; empty without a strict equilibrium of all populations."""
    if any(not p.activation.piecewise_linear for p in circuit.populations):
        return "", ""
    if full_branch(circuit).strict != TRUE:
        return "", ""
    return regime_name(circuit, {}), spectrum(circuit, {})


def _located(circuit: Circuit) -> tuple[tuple[float, ...], ...]:
    """Equilibria of one or two smooth populations: sign changes along a nullcline, refined by bisection."""
    f = floating(circuit)
    n = len(f.names)
    if n == 1:
        a, b = _reach(f, 0)
        return tuple((float(x),) for x in _roots(lambda x: f.velocity(x[None])[0], np.linspace(a, b, 4 * SAMPLES)))
    if n > 2:
        raise Unsupported("equilibria of three or more smooth populations are not located by this version")
    i = 0 if f.W[0, 1] != 0 else 1
    j = 1 - i
    if f.W[i, j] == 0:
        raise Unsupported("the two populations are not coupled: draw each on its own")

    def mismatch(z: Array) -> Array:
        x = _on_nullcline(f, i, z)
        return np.asarray(f.velocity(x)[j])

    ends = [f.W[i, i] * e for e in _reach(f, i)], [f.W[i, j] * e for e in _reach(f, j)]
    z = np.linspace(f.u[i] + min(ends[0]) + min(ends[1]), f.u[i] + max(ends[0]) + max(ends[1]), 4 * SAMPLES)
    found = [_on_nullcline(f, i, np.array([root])) for root in _roots(mismatch, z)]
    return tuple(sorted((float(x[0, 0]), float(x[1, 0])) for x in found))


def _reach(f: FloatingCircuit, i: int) -> tuple[float, float]:
    low, high = f.domain[i]
    return (low if np.isfinite(low) else -RATES), (high if np.isfinite(high) else RATES)


def _roots(function: object, grid: Array) -> list[float]:
    """Sign changes of a continuous function on a grid, halved until the doubles end."""
    assert callable(function)
    values = function(grid)
    places = np.flatnonzero((values[:-1] < 0) != (values[1:] < 0))
    low, high = grid[places], grid[places + 1]
    rising = values[places] < 0
    for _ in range(60):
        middle = (low + high) / 2
        left = (function(middle) < 0) != rising
        low, high = np.where(left, low, middle), np.where(left, middle, high)
    return [float(v) for v in (low + high) / 2]


def _on_nullcline(f: FloatingCircuit, i: int, z: Array) -> Array:
    """The points (2, m) of nullcline i with total inputs z, when ``W_ij`` is not 0."""
    own = f.phi[i](z)
    other = (z - f.u[i] - f.W[i, i] * own) / f.W[i, 1 - i]
    return np.stack([own, other] if i == 0 else [other, own])


# -- the picture ------------------------------------------------------------------------------------------------------


def _box(f: FloatingCircuit, marks: tuple[Mark, ...]) -> Box:
    """Every equilibrium, 0 and the caps, with room around them; the two axes may differ in scale."""
    sides = []
    for i in range(2):
        low, high = f.domain[i]
        seen = [m.place[i] for m in marks] + [0.0]
        ends = [e for e in (low, high) if np.isfinite(e)]
        if len(ends) == 2:
            bottom, top = low, high
        else:
            largest = max(*(abs(v) for v in seen), 0.0) or max(abs(float(v)) for v in (*f.u, 1.0))
            top = high if np.isfinite(high) else max(2 * largest, max(seen) + 0.5 * largest)
            bottom = low if np.isfinite(low) else min(-largest, min(seen) - 0.5 * largest)
        margin = 0.04 * (top - bottom)
        sides.append((bottom - margin, top + margin))
    return sides[0], sides[1]


def nullclines(circuit: Circuit, i: int, box: Box) -> tuple[Nullcline, ...]:
    """Where population i rests: one curve, or lines across the plane when it hears nothing from the other."""
    f = floating(circuit)
    j = 1 - i
    if f.W[i, j] == 0:
        return _uncoupled(circuit, f, i, box)
    pieces = circuit.populations[i].activation.pieces
    reach = 4 * max(abs(v) for side in box for v in side)
    if pieces is None:
        spread = abs(f.u[i]) + (abs(f.W[i, i]) + abs(f.W[i, j])) * reach
        z = np.linspace(-spread, spread, 8 * SAMPLES)
        points = _on_nullcline(f, i, z).T
        inside = np.abs(points[:, j]) <= reach
        return (Nullcline(i, points[inside], ()),)
    knots = [fraction(p.lower) for p in pieces[1:]]
    steepest = max(fraction(p.slope) for p in pieces)
    entries = [fraction(circuit.W[i, k]) for k in (i, j)]
    u = fraction(circuit.populations[i].input)
    far = (
        Fraction(reach).limit_denominator(10**6)
        * 4
        * (1 + abs(entries[0]) + abs(entries[1]))
        * max(1 / steepest, Fraction(1))
    )
    far += abs(u) + max((abs(k) for k in knots), default=Fraction(0))
    vertices: list[Point] = []
    for total in (-far, *knots, far):
        piece = next(p for p in pieces if total <= p.upper)
        own = fraction(piece.slope) * total + fraction(piece.intercept)
        other = (total - u - entries[0] * own) / entries[1]
        vertices.append((own, other) if i == 0 else (other, own))
    return (Nullcline(i, np.array([[float(v) for v in p] for p in vertices]), tuple(vertices)),)


def _uncoupled(circuit: Circuit, f: FloatingCircuit, i: int, box: Box) -> tuple[Nullcline, ...]:
    """Fixed points of ``x_i = phi_i(W_ii x_i + u_i)``: a straight line across the plane for each."""
    low, high = box[i]
    grid = np.linspace(low - (high - low), high + (high - low), 4 * SAMPLES + 1)  # off the round numbers
    rates = _roots(lambda x: f.phi[i](f.W[i, i] * x + f.u[i]) - x, grid)
    lines = []
    for rate in rates:
        across = np.array(box[1 - i])
        along = np.full(2, rate)
        points = np.stack([along, across] if i == 0 else [across, along], axis=1)
        lines.append(Nullcline(i, points, ()))
    return tuple(lines)


def _field(f: FloatingCircuit, box: Box) -> tuple[Array, Array]:
    """Arrows on a regular grid inside the domain of the rates: places and velocities."""
    sides = [np.linspace(max(a, lo), min(b, hi), ARROWS) for (a, b), (lo, hi) in zip(box, f.domain, strict=True)]
    places = np.stack(np.meshgrid(*sides, indexing="ij"))
    return places, f.velocity(places)


def _trajectories(f: FloatingCircuit, box: Box) -> tuple[Array, ...]:
    """Six runs from the edge of the picture, by Runge and Kutta's fourth-order steps, until they leave it or rest."""
    steps, dt = 600, float(f.tau.min()) / 20
    (left, right), (bottom, top) = ((max(a, lo), min(b, hi)) for (a, b), (lo, hi) in zip(box, f.domain, strict=True))
    width, height = right - left, top - bottom
    starts = [(0.04, 0.3), (0.04, 0.96), (0.55, 0.96), (0.96, 0.8), (0.96, 0.2), (0.3, 0.04)]
    x = np.array([[left + a * width for a, _ in starts], [bottom + b * height for _, b in starts]])
    path = np.empty((steps + 1, 2, len(starts)))
    path[0] = x
    limit = np.array([width, height])[:, None] * 3
    middle = np.array([(left + right) / 2, (bottom + top) / 2])[:, None]
    for k in range(steps):
        a = f.velocity(x)
        b = f.velocity(x + dt / 2 * a)
        c = f.velocity(x + dt / 2 * b)
        d = f.velocity(x + dt * c)
        x = np.clip(x + dt / 6 * (a + 2 * b + 2 * c + d), middle - limit, middle + limit)
        path[k + 1] = x
    scale = np.array([width, height])
    return tuple(_simplified(path[:, :, k], scale) for k in range(len(starts)))


def _simplified(path: Array, scale: Array) -> Array:
    """The path with the points left out that lie closer than a thousandth of the picture to the last one kept."""
    kept: list[int] = [0]
    scaled = path / scale
    steps: NDArray[np.float64] = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(scaled, axis=0).T))])
    for k in range(1, len(path)):
        if steps[k] - steps[kept[-1]] > 0.008:
            kept.append(k)
        if np.abs(scaled[k] - scaled[0]).max() > 2.5:
            break
    return np.asarray(path[kept])
