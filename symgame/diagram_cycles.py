"""The families of limit cycles that begin at the Hopf points of a one-parameter diagram. Numerical, and said so."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from symgame.cycle_families import CycleFamily, cycle_family
from symgame.one_parameter import Cycles, Diagram, SpecialPoint

STEPS = 12


def with_cycles(found: Diagram, steps: int = STEPS) -> Diagram:
    """The diagram with a family of cycles from each Hopf point, as far as it can be followed in the window.

    A family turns at its folds: beside a subcritical Hopf point, unstable cycles and the large stable ones are one
    family. Each says in ``end`` where it was left and why, also where not one cycle was found. More ``steps``, nearer
    cycles. Cycles of families without a Hopf point in the window are not looked for.
    """
    window = float(found.window[0]), float(found.window[1])
    families: list[CycleFamily] = []
    for point in found.of_type("hopf"):
        if any(_ends_at(family, point, window) for family in families) or point.omega is None:
            continue
        rates = tuple(point.state.values())
        start = point.value, rates, float(point.omega.mid())
        families.append(cycle_family(found.circuit, found.over, start, window, steps))
    return replace(
        found,
        cycles=tuple(Cycles(f.over, f.minima, f.maxima, f.periods, f.stable, f.folds, f.end) for f in families),
    )


def _ends_at(family: CycleFamily, point: SpecialPoint, window: tuple[float, float]) -> bool:
    """Whether an earlier family ended in this Hopf point."""
    if not len(family.over):
        return False
    x = np.array(list(point.state.values()))
    middle = (family.minima[-1] + family.maxima[-1]) / 2
    near = abs(family.over[-1] - point.value) < 1e-2 * (window[1] - window[0])
    small = family.maxima[-1] - family.minima[-1]
    return bool(near and np.abs(middle - x).max() < 2 * small.max() < 0.1 * (np.abs(x).max() or 1.0))
