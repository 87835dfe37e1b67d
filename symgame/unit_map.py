"""Which equilibria are stable, over two parameters: every branch of the circuit decided by its exact conditions.

For each choice of pieces the conditions of existence and stability are polynomials in the two parameters. Evaluated on
a grid in floating point they colour the picture; the boundaries are the zero sets of their irreducible factors, each
with its equation. What a region is called was decided exactly, at a rational point inside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from symgame.algebra import algebra
from symgame.branches import equilibria
from symgame.circuit import Circuit
from symgame.condition import FALSE, Condition, Sign, atoms, both, either, free_names
from symgame.crossings import simple_between
from symgame.errors import CircuitError, Unsupported
from symgame.floating import Array
from symgame.kinks import decays
from symgame.numeric import Solution, solutions
from symgame.ring import Poly

CELLS = 200
MOST = 6  # populations: beyond, conditions of stability in symbols are too long
SMALLEST = CELLS**2 // 2_000  # cells; a speck below that gets no name of its own
SHORTEST = 3.0  # cells; where boundaries meet, the two sides of a third one may differ for less than that
Window = tuple[Fraction, Fraction]


@dataclass(frozen=True)
class Region:
    """A part of the map in which the same equilibria are stable.

    ``stable`` and ``other`` are the branches of the stable equilibria and of the rest, decided exactly at
    ``at``, a point ``(over, other)`` deep inside the largest part of the region.
    """

    name: str
    stable: tuple[str, ...]
    other: tuple[str, ...]
    at: tuple[Fraction, Fraction]


@dataclass(frozen=True, eq=False)
class Boundary:
    """A zero set on which the stable equilibria change: ``points`` are its polylines, each (m, 2)."""

    equation: str
    points: tuple[Array, ...]


@dataclass(frozen=True, eq=False)
class UnitMap:
    """The map over two parameters: ``cells[b, a]`` is the place in ``regions`` of the point ``(xs[a], ys[b])``.

    -1 stands outside the circuit's domain, and for specks too small for a name.
    """

    circuit: Circuit
    over: str
    other: str
    values: dict[str, Fraction]
    regions: tuple[Region, ...]
    xs: Array
    ys: Array
    cells: NDArray[np.int_]
    boundaries: tuple[Boundary, ...]


def unit_map(circuit: Circuit, over: str, other: str, windows: tuple[Window, Window]) -> UnitMap:
    """The map of a circuit over two of its symbols; every other symbol must have a value.

    ``windows`` are the ranges of ``over`` and of ``other``.

    Raises :class:`~symgame.errors.CircuitError` for a name that is no symbol or an empty window,
    :class:`~symgame.errors.Unsupported` for other open symbols, smooth activations, or more than six populations.

    >>> pair = Circuit.from_matrix([[0, "-a"], ["-b", 0]], names="LR", u=[1, 1], tau=[1, 1])
    >>> window = (Fraction(0), Fraction(2))
    >>> found = unit_map(pair, "a", "b", (window, window))
    >>> [r.name for r in found.regions], [b.equation for b in found.boundaries]
    (['L and R', 'L alone', 'R alone', 'L or R alone'], ['a = 1', 'b = 1'])
    """
    free = circuit.fixed(keep=(over, other))
    for name in (over, other):
        if name not in free.symbols or over == other:
            raise CircuitError(f"a map needs two symbols of the circuit, not {over} and {other}: {free.symbols}.")
    left = [name for name in free.symbols if name not in (over, other)]
    if left:
        raise Unsupported(f"a map over {over} and {other} needs values for all other symbols: {', '.join(left)}")
    if any(low >= high for low, high in windows):
        raise CircuitError("a window is a pair (low, high) with low < high.")
    xs, ys = (_axis(*window) for window in windows)
    rows = _conditions(free)
    grid_x, grid_y = np.meshgrid(xs, ys)
    codes = _codes(free, rows, {over: grid_x.ravel(), other: grid_y.ravel()}).reshape(CELLS, CELLS)
    regions, cells = _regions(free, over, other, codes, xs, ys)
    values = {n: Fraction(int(v.p), int(v.q)) for n, v in free.values if v.is_Rational}
    lines = _boundaries(free, rows, over, other, xs, ys)
    return UnitMap(free, over, other, values, regions, xs, ys, cells, lines)


def coarse_count(circuit: Circuit, over: str, other: str, windows: tuple[Window, Window], cells: int = 24) -> int:
    """How many regions a coarse map has: by this the values of a picture are chosen. In floating point.

    >>> pair = Circuit.from_matrix([[0, "-a"], ["-b", 0]], names="LR", u=[1, 1], tau=[1, 1])
    >>> coarse_count(pair, "a", "b", ((Fraction(0), Fraction(2)),) * 2)
    4
    """
    free = circuit.fixed(keep=(over, other))
    x, y = np.meshgrid(*(_axis(*window, cells) for window in windows))
    codes = _codes(free, _conditions(free), {over: x.ravel(), other: y.ravel()})
    kinds, counts = np.unique(codes[codes >= 0], return_counts=True)
    return int((counts >= 3).sum()) if kinds.size else 0


def _axis(low: Fraction, high: Fraction, cells: int = CELLS) -> Array:
    """Cell centres: no grid point lies on a round number, where signs vanish."""
    return np.asarray(float(low) + (np.arange(cells) + 0.5) / cells * float(high - low))


def _conditions(circuit: Circuit) -> tuple[Condition, ...]:
    """When there is an equilibrium at all; then, for each branch that may be stable, when one is there and stable."""
    if len(circuit.names) > MOST:
        raise Unsupported(f"maps are drawn of at most {MOST} populations; this circuit has {len(circuit.names)}")
    found = [(b.exists, decays(b)) for b in equilibria(circuit) if b.exists != FALSE]
    joined = [both(exists, stable) for exists, stable in found if stable is not None]
    return either(*(exists for exists, _ in found)), *(c for c in joined if c != FALSE)


def _codes(circuit: Circuit, rows: Sequence[Condition], points: dict[str, Array]) -> NDArray[np.int64]:
    """For each point the conditions that hold as the bits of a number; -1 outside the domain."""
    from symgame.proof.sampling import truth

    size = len(next(iter(points.values())))
    cache: dict[str, Array] = {}
    codes = np.zeros(size, dtype=np.int64)
    for k, condition in enumerate(rows):
        codes |= truth(condition, points, size, cache).astype(np.int64) << k
    known = [h.condition for h in algebra(circuit).domain.hypotheses if free_names(h.condition) <= set(points)]
    codes[~truth(both(*known), points, size, cache)] = -1
    return codes


def _regions(
    circuit: Circuit, over: str, other: str, codes: NDArray[np.int64], xs: Array, ys: Array
) -> tuple[tuple[Region, ...], NDArray[np.int_]]:
    """A region for every code that covers more than a speck, named at its deepest point. In order: first where one
    equilibrium is stable, that with the most active populations before others; last where none is."""
    from scipy.ndimage import distance_transform_edt

    cells = np.full(codes.shape, -1)
    regions: list[Region] = []
    places: list[NDArray[np.bool_]] = []
    found, counts = np.unique(codes[codes >= 0], return_counts=True)
    for code in found[np.argsort(-counts, kind="stable")]:
        inside = codes == code
        if inside.sum() < SMALLEST:
            continue
        depth = distance_transform_edt(np.pad(inside, 1))[1:-1, 1:-1]
        b, a = np.unravel_index(int(depth.argmax()), depth.shape)
        reach = max(0.5, float(depth[b, a]) * 0.5)
        at = (_near(xs, int(a), reach), _near(ys, int(b), reach))
        numeric = circuit.with_values(**{over: at[0], other: at[1]})
        points = solutions(numeric).equilibria
        settled = [e for e in points if e.stable]
        stable = tuple(e.branch for e in settled)
        rest = tuple(e.branch for e in points if e.branch not in stable)
        places.append(inside)
        regions.append(Region(_name(circuit, settled, len(points)), stable, rest, at))
    order = sorted(range(len(regions)), key=lambda k: _rank(regions[k]))
    for place, k in enumerate(order):
        cells[places[k]] = place
    return tuple(regions[k] for k in order), cells


def _rank(region: Region) -> tuple[bool, int, int, bool]:
    active = max((branch.count(",") for branch in region.stable), default=0)
    return not region.stable, len(region.stable), -active, not region.other


def _near(axis: Array, k: int, reach: float) -> Fraction:
    """A simple fraction near a grid point, less than ``reach`` cells away."""
    step = Fraction(float(axis[1] - axis[0])).limit_denominator(10**6)
    middle = Fraction(float(axis[k])).limit_denominator(10**6)
    half = step * Fraction(reach).limit_denominator(100)
    return simple_between(middle - half, middle + half)


def _name(circuit: Circuit, stable: Sequence[Solution], count: int) -> str:
    """Who is active where: by the excitatory populations, or by all when none is excitatory."""
    own = [p.name for p in circuit.populations if p.type == "excitatory"] or list(circuit.names)
    if not stable:
        return "none stable" if count else "no equilibrium"
    shown = dict.fromkeys(
        tuple(f"{n} capped" if n in e.saturated else n for n in own if n in e.active or n in e.saturated)
        for e in stable
    )
    one = [who[0] for who in shown if len(who) == 1]
    parts = [" and ".join(who) for who in shown if len(who) > 1]
    parts += [f"{' or '.join(one)} alone"] if one and len(own) > 1 else one
    parts += ["silence"] if () in shown else []
    return ", or ".join(parts)


def _boundaries(
    circuit: Circuit, rows: Sequence[Condition], over: str, other: str, xs: Array, ys: Array
) -> tuple[Boundary, ...]:
    """Zero sets of the irreducible factors of all atoms, where the code differs on their two sides."""
    from contourpy import contour_generator

    from symgame.proof.sampling import polynomial_values

    step = np.array([xs[1] - xs[0], ys[1] - ys[0]])
    ends = zip((xs, ys), step, strict=True)
    grid_x, grid_y = np.meshgrid(*(np.linspace(axis[0] - d / 2, axis[-1] + d / 2, CELLS) for axis, d in ends))
    found = []
    for equation, poly in _factors(rows):
        values = polynomial_values(poly, {over: grid_x.ravel(), other: grid_y.ravel()}, grid_x.size)
        kept: list[Array] = []
        for line in contour_generator(grid_x, grid_y, values.reshape(grid_x.shape)).lines(0.0):
            kept += _parting(circuit, rows, over, other, np.asarray(line), step)
        if kept:
            found.append(Boundary(equation, tuple(kept)))
    return tuple(found)


def _factors(rows: Sequence[Condition]) -> list[tuple[str, Poly]]:
    """The irreducible factors of the polynomials of all conditions, each once, in order of their texts."""
    found: dict[str, Poly] = {}
    for condition in rows:
        for a in atoms(condition):
            for factor, _ in a.poly.factor()[1]:
                if not factor.is_constant():
                    found.setdefault(str(Sign(factor, "=")), factor)
    return sorted(found.items(), key=lambda item: (len(item[0]), item[0]))


def _parting(
    circuit: Circuit, rows: Sequence[Condition], over: str, other: str, line: Array, step: Array
) -> list[Array]:
    """The parts of a polyline with different codes on their two sides."""
    apart = np.hypot(*(np.diff(line, axis=0) / step).T) > 1e-3  # a curve through a grid point has a vertex twice
    line = line[np.concatenate([[True], apart])]
    if len(line) < 2:
        return []
    along = np.diff(line, axis=0) / step
    length = np.hypot(*along.T)[:, None]
    normal = np.stack([-along[:, 1], along[:, 0]], axis=1) / length * step * 0.05
    middle = (line[1:] + line[:-1]) / 2
    sides = [_codes(circuit, rows, dict(zip((over, other), (middle + s * normal).T, strict=True))) for s in (1, -1)]
    edges = np.flatnonzero(np.diff(np.concatenate([[False], sides[0] != sides[1], [False]]).astype(int)))
    runs = zip(edges[::2], edges[1::2], strict=True)
    parts = [line[a : b + 1] for a, b in runs]
    return [part for part in parts if np.hypot(*(np.ptp(part, axis=0) / step)) > SHORTEST]
