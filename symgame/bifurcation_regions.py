"""How many equilibria there are in each region of a plane of parameters, certified at a point of each.

Inside a region no fold is crossed, so the number is the same all over it, and neither a fold nor a Hopf curve, so the
number of stable ones is. Regions are told apart on a grid of cells: one narrower than a cell may be missed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise

import numpy as np
import sympy

from symgame.bifurcation_curves import BifurcationSet, Floats
from symgame.circuit import Circuit
from symgame.numeric import solutions

Window = tuple[tuple[float, float], tuple[float, float]]


@dataclass(frozen=True)
class Region:
    """A point of the plane, well inside a region of the window, and what was counted there.

    ``count`` is proved where ``certified``; ``stable`` is ``None`` if the stability of one is not decided. ``share``
    is the part of the window that the region takes.
    """

    parameters: tuple[Fraction, Fraction]
    count: int
    stable: int | None
    certified: bool
    share: float


def regions(found: BifurcationSet, window: Window | None = None, cells: int = 240, least: float = 1e-3) -> list[Region]:
    """The regions of a window, largest first, without those that take less than ``least`` of it.

    >>> from symgame.bifurcation_sets import bifurcation_set
    >>> from symgame.kinds import activation
    >>> pair = Circuit.from_matrix([[9, -2], [2, 0]], names="EI", tau=[1, 1], activation=activation("logistic"))
    >>> sorted({region.count for region in regions(bifurcation_set(pair), cells=60)})
    [1, 3]
    """
    from scipy import ndimage

    frame = window or found.extent()
    walls = _walls(found, frame, cells)
    labels, number = ndimage.label(~walls)
    rows = []
    for k in range(1, number + 1):
        inside = labels == k
        share = float(inside.mean())
        if share < least:
            continue
        depth = ndimage.distance_transform_edt(np.pad(inside, 1))[1:-1, 1:-1]
        i, j = (int(v) for v in np.unravel_index(int(np.argmax(depth)), depth.shape))
        place = tuple(
            _short(low + (high - low) * (n + 0.5) / cells, (high - low) / cells)
            for n, (low, high) in zip((i, j), frame, strict=True)
        )
        if not _in_domain(found, place):
            continue
        here = solutions(at_point(found.circuit, found.plane, place))
        verdicts = [e.stable for e in here.equilibria]
        stable = None if None in verdicts else sum(map(bool, verdicts))
        rows.append(Region((place[0], place[1]), len(verdicts), stable, here.complete, share))
    return sorted(rows, key=lambda region: (-region.share, region.parameters))


def at_point(circuit: Circuit, plane: Sequence[str], values: Sequence[Fraction]) -> Circuit:
    """The circuit with these values of the parameters of a plane; an input that is a number is replaced."""
    for name, value in zip(plane, values, strict=True):
        if name in circuit.symbols:
            circuit = circuit.with_values(**{name: value})
            continue
        k = circuit.inputs.index(name)
        moved = list(circuit.populations)
        moved[k] = replace(moved[k], input=sympy.Rational(value.numerator, value.denominator))
        circuit = replace(circuit, populations=tuple(moved))
    return circuit


def _in_domain(found: BifurcationSet, place: Sequence[Fraction]) -> bool:
    """Whether weights of declared sources are on their side of 0 there."""
    circuit = found.circuit
    for name, value in zip(found.plane, place, strict=True):
        for row in circuit.entries:
            for entry, source in zip(row, circuit.populations, strict=True):
                here = entry.subs(sympy.Symbol(name, real=True), sympy.Rational(value.numerator, value.denominator))
                if here.is_Rational and source.sign is not None and here * source.sign < 0:
                    return False
    return True


def _walls(found: BifurcationSet, frame: Window, cells: int) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    """The cells that a fold or Hopf curve runs through; steps longer than a cell are filled."""
    walls = np.zeros((cells, cells), dtype=bool)
    low = np.array([side[0] for side in frame])
    size = np.array([side[1] - side[0] for side in frame]) / cells
    for curve in found.of("fold", "hopf"):
        spots = (curve.parameters - low) / size
        for a, b in pairwise(spots):
            if (np.minimum(a, b) > cells).any() or (np.maximum(a, b) < 0).any():
                continue
            count = int(min(np.ceil(2 * abs(b - a).max()), 4 * cells)) + 1
            _mark(walls, a + np.linspace(0, 1, count).reshape(-1, 1) * (b - a))
    return walls


def _mark(walls: np.ndarray[tuple[int, ...], np.dtype[np.bool_]], spots: Floats) -> None:
    place = np.floor(spots).astype(int)
    inside = ((place >= 0) & (place < len(walls))).all(axis=1)
    walls[place[inside, 0], place[inside, 1]] = True


def _short(value: float, cell: float) -> Fraction:
    """A short decimal within a tenth of a cell."""
    digits = max(0, int(np.ceil(-np.log10(cell / 10))))
    return Fraction(f"{value:.{digits}f}")
