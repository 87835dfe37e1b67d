"""Limit cycles that begin at the Hopf points of a one-parameter diagram. By integration: numerical, and said so."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

import numpy as np

from symgame.limit_cycles import cycle_branch
from symgame.one_parameter import Arc, Cycles, Diagram

STEPS = 12


def with_cycles(found: Diagram, steps: int = STEPS) -> Diagram:
    """The diagram with a family of cycles from each Hopf point, as far as the focus beside it stays unstable.

    Values of the parameter lie denser at the Hopf point, where the amplitude grows like a square root. A family is left
    out where no cycle is found; with a subcritical Hopf point it is that of the large stable cycle.
    """
    families = []
    for start, end in _stretches(found):
        shares = [(k / steps) ** 2 for k in range(1, steps)]
        values = [Fraction(start + (end - start) * share).limit_denominator(10**6) for share in shares]
        branch = cycle_branch(found.circuit, found.over, values)
        rows = [(float(v), c) for v, c in zip(values, branch.cycles, strict=True) if c is not None]
        if rows:
            families.append(
                Cycles(
                    np.array([value for value, _ in rows]),
                    np.array([cycle.minima for _, cycle in rows]),
                    np.array([cycle.maxima for _, cycle in rows]),
                    np.array([cycle.period for _, cycle in rows]),
                    tuple(cycle.stable for _, cycle in rows),
                )
            )
    return replace(found, cycles=tuple(families))


def _stretches(found: Diagram) -> Iterator[tuple[float, float]]:
    """The values of the parameter from each Hopf point to where its unstable focus or node ends, or turns stable."""
    seen: set[tuple[float, float]] = set()
    for k, arc in enumerate(found.arcs):
        for side in (0, 1):
            if arc.ends[side] != "hopf" or arc.stable or arc.type == "saddle":
                continue
            last, step = k, 1 if side == 0 else -1
            while _continues(found.arcs, last, step):
                last += step
            span = float(arc.over[-side]), float(found.arcs[last].over[side - 1])
            if span not in seen and (span[1], span[0]) not in seen:
                seen.add(span)
                yield span


def _continues(arcs: tuple[Arc, ...], k: int, step: int) -> bool:
    """Whether the next arc of the curve is unstable, too, and no saddle; the parameter goes on the same way."""
    if not 0 <= k + step < len(arcs):
        return False
    here, there = arcs[k], arcs[k + step]
    end = here.ends[1 if step > 0 else 0]
    joined = here.curve == there.curve and end not in ("window", "threshold", "fold", "hopf")
    return joined and not there.stable and there.type != "saddle"
