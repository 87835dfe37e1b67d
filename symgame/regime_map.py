"""Regimes along one parameter, and over two: names decided by the exact conditions of the chart.

Along one parameter every interval is decided at an exact point. Over two, the same polynomials are evaluated on a grid
in floating point for the picture, and its boundaries are their zero sets.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from symgame.algebra import algebra
from symgame.circuit import Circuit
from symgame.condition import atoms, both, free_names
from symgame.crossings import Crossing, Interval, intervals, regime_conditions
from symgame.errors import Unsupported
from symgame.floating import Array
from symgame.illustration import Illustration
from symgame.proof.sampling import polynomial_values, truth

CELLS = 240


@dataclass(frozen=True)
class Strip:
    """The regimes along ``over`` at the values of the illustration, each name decided at an exact point."""

    illustration: Illustration
    rows: tuple[Interval, ...]

    @property
    def marks(self) -> tuple[Crossing, ...]:
        """The crossings at which an interval begins or ends, from the lowest up."""
        ends = {c for row in self.rows for c in (row.low, row.high) if c is not None}
        return tuple(sorted(ends, key=lambda c: c.low))


@dataclass(frozen=True, eq=False)
class RegimeMap:
    """The regimes over two parameters. ``cells[b, a]`` is the place in ``names`` of the regime at ``(xs[a], ys[b])``.

    ``xs`` are values of ``over``, ``ys`` of ``other``. ``boundaries`` are polylines (m, 2) where the name changes.
    ``labels`` are (place in ``names``, x, y), inside the largest part of each regime. -1 is outside the domain.
    """

    circuit: Circuit
    over: str
    other: str
    values: dict[str, Fraction]
    own: tuple[tuple[Fraction, Fraction], ...]
    names: tuple[str, ...]
    xs: Array
    ys: Array
    cells: NDArray[np.int_]
    boundaries: tuple[Array, ...]
    labels: tuple[tuple[int, float, float], ...]


def strip(chosen: Illustration) -> Strip:
    """The regimes along the parameter of an illustration.

    Raises :class:`~symgame.errors.Unsupported` when there is no parameter or an activation is smooth.

    >>> from symgame.illustration import illustration
    >>> from symgame.named import wilson_cowan
    >>> [row.name for row in strip(illustration(wilson_cowan(), "w_EE")).rows][:2]
    ['antagonistic', 'inhibition-stabilised']
    """
    if chosen.over is None:
        raise Unsupported("no parameter is left to vary")
    algebra(chosen.circuit).linear_pieces()
    return Strip(chosen, intervals(chosen.circuit, chosen.over, chosen.crossings, *chosen.window))


def second_parameter(circuit: Circuit, chosen: Illustration) -> str:
    """The weight to the population of ``over`` from another, else another symbol that the name of a regime depends on.

    Raises :class:`~symgame.errors.Unsupported` when there is none.

    >>> from symgame.illustration import illustration
    >>> from symgame.named import wilson_cowan
    >>> second_parameter(wilson_cowan(), illustration(wilson_cowan(), "w_EE"))
    'w_EI'
    """
    over, n = chosen.over, len(circuit.names)
    rows = [i for i in range(n) if over in {x.name for x in circuit.W[i, :].free_symbols}]
    first = [x.name for i in rows for j in range(n) if j != i for x in sorted(circuit.W[i, j].free_symbols, key=str)]
    for name in dict.fromkeys((*first, *circuit.symbols)):
        if name != over and name in chosen.values:
            fixed = _over_two(circuit, chosen, name)
            if any(name in free_names(condition) for _, condition in regime_conditions(fixed)):
                return str(name)
    raise Unsupported(f"no regime depends on a second symbol beside {over}")


def _over_two(circuit: Circuit, chosen: Illustration, other: str) -> Circuit:
    """The circuit at the values of the illustration, with ``over`` and another symbol left."""
    assert chosen.over is not None
    keep = (chosen.over, other)
    values = {n: v for n, v in chosen.values.items() if n in circuit.symbols and n not in keep}
    return circuit.with_values(**values).fixed(keep=keep)


def regime_map(source: Circuit, chosen: Illustration, other: str | None = None) -> RegimeMap:
    """The map of a circuit over the parameter of an illustration and a second one, all else at its values.

    ``source`` is the circuit before values were put in. Raises :class:`~symgame.errors.Unsupported` when there is no
    parameter, no second one, or a smooth activation.

    >>> from symgame.illustration import illustration
    >>> from symgame.named import wilson_cowan
    >>> pair = wilson_cowan()
    >>> sorted(regime_map(pair, illustration(pair, "w_EE")).names)[:2]
    ['antagonistic', 'divergent']
    """
    if chosen.over is None:
        raise Unsupported("no parameter is left to vary")
    algebra(source).linear_pieces()
    over, other = chosen.over, other or second_parameter(source, chosen)
    if other not in chosen.values:
        raise Unsupported(f"{other} has no exact value of its own to vary")
    circuit = _over_two(source, chosen, other)
    conditions = regime_conditions(circuit)
    a = algebra(circuit)
    xs, ys = _axis(*chosen.window), _axis(*_range(chosen.values[other], other in a.domain.signs))
    x, y = (v.ravel() for v in np.meshgrid(xs, ys))
    indices = _names_at(circuit, over, other, x, y)
    present = tuple(sorted(set(indices.tolist()) - {-1}))
    names = tuple(conditions[k][0] if k < len(conditions) else "unnamed" for k in present)
    place = np.full(len(conditions) + 2, -1)
    place[list(present)] = range(len(present))
    cells = place[indices].reshape(CELLS, CELLS)
    boundaries = _boundaries(circuit, over, other, xs, ys)
    own = tuple((at, chosen.values[other]) for at in chosen.at)
    kept = {n: v for n, v in chosen.values.items() if n != other}
    marked = [(float(at), float(value)) for at, value in own]
    return RegimeMap(circuit, over, other, kept, own, names, xs, ys, cells, boundaries, _labels(cells, xs, ys, marked))


def _range(own: Fraction, signed: bool) -> tuple[Fraction, Fraction]:
    reach = 2 * abs(own) or Fraction(2)
    return (Fraction(0), reach) if signed else (-reach, reach)


def _axis(low: Fraction, high: Fraction) -> Array:
    """Cell centres: no grid point lies on a round number, where signs vanish."""
    return np.asarray(float(low) + (np.arange(CELLS) + 0.5) / CELLS * float(high - low))


def _names_at(circuit: Circuit, over: str, other: str, x: Array, y: Array) -> NDArray[np.int_]:
    """The place of the first condition that holds, in floating point; -1 outside the domain."""
    points, size = {over: x, other: y}, len(x)
    cache: dict[str, Array] = {}
    rows = regime_conditions(circuit)
    answer = np.full(size, len(rows))
    for k in range(len(rows) - 1, -1, -1):
        answer[truth(rows[k][1], points, size, cache)] = k
    known = [h.condition for h in algebra(circuit).domain.hypotheses if free_names(h.condition) <= {over, other}]
    answer[~truth(both(*known), points, size, cache)] = -1
    return answer


def _boundaries(circuit: Circuit, over: str, other: str, xs: Array, ys: Array) -> tuple[Array, ...]:
    """Zero sets of the deciding polynomials, where the name differs on their two sides."""
    from contourpy import contour_generator

    polynomials = {a.key: a.poly for _, c in regime_conditions(circuit) for a in atoms(c)}
    grid_x, grid_y = np.meshgrid(np.linspace(2 * xs[0] - xs[1], 2 * xs[-1] - xs[-2], CELLS), ys)
    step = np.array([xs[1] - xs[0], ys[1] - ys[0]])
    found, seen = [], set()
    for p in polynomials.values():
        values = polynomial_values(p, {over: grid_x.ravel(), other: grid_y.ravel()}, grid_x.size)
        for line in contour_generator(grid_x, grid_y, values.reshape(grid_x.shape)).lines(0.0):
            line = np.asarray(line)
            if len(line) < 2:
                continue
            middle = (line[1:] + line[:-1]) / 2
            along = np.diff(line, axis=0) / step
            length = np.maximum(np.hypot(*along.T), 1e-12)[:, None]
            normal = np.stack([-along[:, 1], along[:, 0]], axis=1) / length * step * 0.3
            sides = [_names_at(circuit, over, other, *(middle + sign * normal).T) for sign in (1, -1)]
            for run in _runs(sides[0] != sides[1]):
                piece = line[run[0] : run[1] + 1]
                key = (round(float(piece[0, 0]), 6), round(float(piece[0, 1]), 6), len(piece))
                if len(piece) > 2 and key not in seen:  # p and -p, or a factor met twice, give one curve
                    seen.add(key)
                    found.append(piece)
    return tuple(found)


def _runs(flags: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """The maximal runs of true flags as (first, one past the last)."""
    padded = np.concatenate([[False], flags, [False]]).astype(int)
    change = np.diff(padded)
    return [(int(a), int(b)) for a, b in zip(np.flatnonzero(change == 1), np.flatnonzero(change == -1), strict=True)]


def _labels(
    cells: NDArray[np.int_], xs: Array, ys: Array, marked: list[tuple[float, float]]
) -> tuple[tuple[int, float, float], ...]:
    """For each regime the cell farthest from any other regime, from the edge and from the marked points."""
    free = np.ones(cells.shape, dtype=bool)
    for x, y in marked:
        a, b = int(np.argmin(np.abs(xs - x))), int(np.argmin(np.abs(ys - y)))
        free[max(b - 30, 0) : b + 31, max(a - 20, 0) : a + 21] = False  # a label reaches this far
    rows = []
    for k in range(int(cells.max()) + 1):
        room = (cells == k) & free
        inside = np.pad(room if room.any() else cells == k, 1)  # beside a mark rather than in another regime
        depth = np.zeros(inside.shape, dtype=int)
        current = inside
        while current.any():  # peel the region layer by layer; a label is wide, so layers are three cells wide
            depth += current
            shrunk = current.copy()
            shrunk[1:] &= current[:-1]
            shrunk[:-1] &= current[1:]
            for shift in (1, 2, 3):
                shrunk[:, shift:] &= current[:, :-shift]
                shrunk[:, :-shift] &= current[:, shift:]
            current = shrunk & inside
            current[:, :3] = current[:, -3:] = False
        deepest = np.argwhere(depth == depth.max())
        b, a = deepest[len(deepest) // 2] - 1
        rows.append((k, float(xs[a]), float(ys[b])))
    return tuple(rows)
