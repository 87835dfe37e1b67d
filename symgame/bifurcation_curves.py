"""What a bifurcation set consists of: curves of folds, Hopf points, neutral saddles, of nodes that become foci, and the
points where they meet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from symgame.circuit import Circuit

Floats = NDArray[np.float64]
CurveKind = Literal["fold", "hopf", "neutral saddle", "node-focus"]
PointKind = Literal["cusp", "bogdanov-takens", "bautin"]

CURVES: tuple[CurveKind, ...] = ("fold", "hopf", "neutral saddle", "node-focus")
POINTS: tuple[PointKind, ...] = ("cusp", "bogdanov-takens", "bautin")


@dataclass(frozen=True, eq=False)
class Curve:
    """One connected piece of a curve, as points in order.

    Row k of ``parameters`` holds the two parameters of the plane, row k of ``rates`` the two rates of the equilibrium,
    in the order of the populations. ``omega`` is the frequency of a Hopf point in radians per unit of time, and
    ``lyapunov`` the first Lyapunov coefficient there (NaN where it was not computed); both are empty on other
    curves. A ``closed`` piece ends where it begins.
    """

    kind: CurveKind
    parameters: Floats
    rates: Floats
    omega: Floats
    lyapunov: Floats
    closed: bool

    def __len__(self) -> int:
        return len(self.parameters)


@dataclass(frozen=True)
class SpecialPoint:
    """A cusp, a Bogdanov-Takens or a Bautin point.

    ``radius`` bounds the error of all four numbers where they come from balls (``None``: doubles, no bound).
    ``evidence`` says what is proved of it: ``"isolated"`` (it exists, and it is the only one in its ball),
    ``"bracketed"`` (the sign of its condition was proved on both sides of it along the curve), or ``"numerical"``.
    """

    kind: PointKind
    parameters: tuple[float, float]
    rates: tuple[float, float]
    radius: float | None
    evidence: Literal["isolated", "bracketed", "numerical"]


@dataclass(frozen=True, eq=False)
class BifurcationSet:
    """Every curve of a pair in a plane, and the points on them.

    ``complete`` names the kinds of which all are here, by construction or by isolation of all roots; of the others,
    what is here was found where a sign changes between neighbouring points. ``open`` lists what was left undecided.
    ``given`` are the values that the circuit has of the two parameters, ``None`` where it has none.
    """

    circuit: Circuit
    plane: tuple[str, str]
    curves: tuple[Curve, ...]
    points: tuple[SpecialPoint, ...]
    complete: tuple[str, ...]
    open: tuple[str, ...] = field(default=())
    given: tuple[float | None, float | None] = (None, None)

    def of(self, *kinds: str) -> tuple[Curve, ...]:
        """The curves of these kinds."""
        return tuple(curve for curve in self.curves if curve.kind in kinds)

    def special(self, *kinds: str) -> tuple[SpecialPoint, ...]:
        """The points of these kinds."""
        return tuple(point for point in self.points if point.kind in kinds)

    def extent(self, margin: float = 0.12) -> tuple[tuple[float, float], tuple[float, float]]:
        """A window of the plane that shows it: the special points and turning points of the folds, with a margin.

        Folds and Hopf curves run to infinity; what lies between their points is what there is to see.
        """
        marks = [np.array([point.parameters for point in self.points]).reshape(-1, 2)]
        marks += [_turning(curve.parameters) for curve in self.of("fold", "hopf")]
        spots = np.concatenate(marks)
        spots = spots[(abs(spots) <= 100 * (1 + np.median(abs(spots), axis=0))).all(axis=1)] if len(spots) else spots
        if len(spots) < 2:
            every = [curve.parameters for curve in self.curves]
            spots = np.concatenate(every) if every else np.array([[0.0, 0.0], [1.0, 1.0]])
            spots = np.quantile(spots, [0.15, 0.85], axis=0)
        low, high = spots.min(axis=0), spots.max(axis=0)
        wide = np.where(high - low > 1e-9 * (1 + abs(high)), high - low, 1.0)
        ends = [(float(a - margin * w), float(b + margin * w)) for a, b, w in zip(low, high, wide, strict=True)]
        return ends[0], ends[1]


def _turning(points: Floats) -> Floats:
    """The points where a curve turns back in one of its coordinates."""
    steps = np.diff(points, axis=0)
    turns = (np.sign(steps[1:]) * np.sign(steps[:-1]) < 0).any(axis=1)
    return points[1:-1][turns]


def pieces(points: Floats, keep: NDArray[np.bool_], closed: bool) -> list[tuple[Floats, bool]]:
    """The runs of points that are kept; of a closed curve, the run across its seam stays one.

    >>> ring = np.arange(6.0).reshape(-1, 1)
    >>> [(run.ravel().tolist(), whole) for run, whole in pieces(ring, np.array([1, 1, 0, 0, 1, 1], bool), True)]
    [([4.0, 5.0, 0.0, 1.0], False)]
    """
    if keep.all():
        return [(points, closed)]
    if closed:
        first = int(np.argmin(keep))
        points, keep = np.roll(points, -first, axis=0), np.roll(keep, -first)
    edges = np.flatnonzero(np.diff(np.concatenate(([0], keep.astype(np.int8), [0]))))
    runs: Sequence[tuple[int, int]] = list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))
    return [(points[a:b], False) for a, b in runs if b - a > 1]
