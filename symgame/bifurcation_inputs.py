"""The plane of the two inputs: every curve explicit in a gain, and the inputs explicit in the rates.

``u = phi^{-1}(x) - W x`` is a map from rates to inputs, so the curves of :mod:`symgame.bifurcation_arcs` need no
equation to be solved. They are all there are.
"""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple

import numpy as np

from symgame.bifurcation_arcs import Relation, Weights, branches, cut, fold_relations, stretches, trace_relations
from symgame.bifurcation_curves import CurveKind, Floats, SpecialPoint
from symgame.bifurcation_focus import focus_curves
from symgame.bifurcation_pairs import Pair
from symgame.bifurcation_points import all_sides, cusps, determinant_at, special_point, takens_gains


class Traced(NamedTuple):
    """A connected piece of a curve: its rates, the entries of the plane there, and its relation of gains, if any."""

    kind: CurveKind
    rates: Floats
    entries: Floats
    closed: bool
    relation: Relation | None = None


class Found(NamedTuple):
    """The curves of a plane, its special points, the kinds that are complete, and what is undecided."""

    curves: list[Traced]
    points: list[SpecialPoint]
    complete: tuple[str, ...]
    open: tuple[str, ...]


def input_plane(pair: Pair, points: int) -> Found:
    """Folds, Hopf curves and neutral saddles, cusps and Bogdanov-Takens points over the two inputs."""
    W, gains = _weights(pair), pair.gains
    rows = tuple(slot.row for slot in pair.slots)
    curves: list[Traced] = []
    special: list[SpecialPoint] = []
    undecided: list[str] = []
    relation: Relation | None

    def add(kind: CurveKind, rates: Floats, closed: bool) -> None:
        curves.append(Traced(kind, rates, _inputs(pair, rates)[:, rows], closed, relation))

    for relation in fold_relations(W):
        for stretch in stretches(relation, gains):
            for rates, closed in branches(stretch, gains, points):
                add("fold", rates, closed)
            found, left = cusps(stretch, W, gains)
            special += found
            undecided += left
    for relation in trace_relations(W, pair.tau):
        roots = takens_gains(relation, W, gains)
        undecided += roots.undecided
        places = [float(root.mid()) for root in roots.gains]
        for root in roots.gains:
            special += [
                special_point("bogdanov-takens", relation, root, sides, W, gains)
                for sides in all_sides(relation, gains)
            ]
        for stretch in stretches(relation, gains):
            inside = [s for s in places if stretch.low.value < s < stretch.high.value]
            for part in cut(stretch, inside):
                high = part.high.value if np.isfinite(part.high.value) else part.low.value + 2
                positive = determinant_at(relation, W, (part.low.value + high) / 2) > 0
                for rates, closed in branches(part, gains, points):
                    add("hopf" if positive else "neutral saddle", rates, closed)
    relation = None
    for rates, closed in focus_curves(W, pair.tau, gains, points):
        add("node-focus", rates, closed)
    ordered = [_in_plane(point, rows) for point in special]
    complete = ("fold", "hopf", "neutral saddle", "node-focus", "cusp", "bogdanov-takens")
    return Found(curves, ordered, complete, tuple(undecided))


def _weights(pair: Pair) -> Weights:
    return [[Fraction(0) if w is None else w for w in row] for row in pair.W]


def _inputs(pair: Pair, rates: Floats) -> Floats:
    """``phi^{-1}(x) - W x``, a row for each point; infinite where doubles take a rate for an end of its range."""
    W = np.array(_weights(pair), dtype=float)
    with np.errstate(divide="ignore"):
        totals = np.stack([gain.inverse(rates[:, i]) for i, gain in enumerate(pair.gains)], axis=1)
    values: Floats = totals - rates @ W.T
    return values


def _in_plane(point: SpecialPoint, rows: tuple[int, ...]) -> SpecialPoint:
    """The point with its inputs in the order of the plane."""
    u = point.parameters
    return SpecialPoint(point.kind, (u[rows[0]], u[rows[1]]), point.rates, point.radius, point.evidence)
