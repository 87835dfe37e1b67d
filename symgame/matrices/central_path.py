"""Newton's method along the central path of a barrier: the part that is the same whatever the unknown matrix is.

A linear matrix inequality asks for a P whose slack ``S(P)`` is at least t, with t as large as possible. For growing tau
``tau t + log det(S(P) - t) + ...`` is maximised; the inverse Z of the slack is the dual, and bounds t from above.
Floats, and so proposals, never evidence.
Source: S. Boyd, L. El Ghaoui, E. Feron, V. Balakrishnan, Linear Matrix Inequalities (SIAM, 1994), chapter 2.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
else:
    Floats = Any

GROWTH = 4.0
STEPS = 60
HALVINGS = 40


@dataclass(frozen=True)
class Search:
    """The P with the best t found (``lower``), and a dual X with the bound on t that it gives (``upper``).

    ``lower > 0`` proposes that a P exists, ``upper < 0`` that none does; neither proves it.
    """

    p: Floats
    x: Floats
    lower: float
    upper: float


@dataclass(frozen=True)
class Step:
    """A Newton step, its decrement, and the inverse of the slack where it begins."""

    dp: Floats
    dt: float
    decrement: float
    z: Floats


class Barrier(Protocol):
    """What the path needs to know of a problem; P and Z are whatever arrays the problem makes of them."""

    def newton(self, p: Floats, t: float, tau: float) -> Step | None:
        """The step from (P, t), ``None`` where it cannot be computed."""

    def dual(self, z: Floats) -> tuple[Floats, float]:
        """The X that Z proposes, and its bound on t."""

    def value(self, p: Floats, t: float, tau: float) -> float:
        """What is maximised; minus infinity outside."""


def followed(barrier: Barrier, start: Search, tau: float, last: float, room: float) -> Search:
    """The path from ``start``, whose ``p`` has the t ``lower``, until the sign of t is clear or tau exceeds ``last``.

    Clear is: the certificate has at least the part ``1/room`` of the room that the best one has.
    """
    p, t = start.p, start.lower - 1.0
    best, dual = (start.p, start.lower), (start.x, start.upper)
    while tau < last:
        for _ in range(STEPS):
            step = barrier.newton(p, t, tau)
            if step is None:
                return Search(best[0], dual[0], best[1], dual[1])
            x, upper = barrier.dual(step.z)
            if upper < dual[1]:
                dual = (x, upper)
            if (best[1] > 0 and dual[1] < room * best[1]) or (dual[1] < 0 and best[1] > room * dual[1]):
                return Search(best[0], dual[0], best[1], dual[1])
            moved = _advanced(barrier, p, t, step, tau)
            if moved is None:
                break
            p, t = moved
            if t > best[1]:
                best = (p, t)
            if step.decrement < 0.3:
                break
        tau *= GROWTH
    return Search(best[0], dual[0], best[1], dual[1])


def _advanced(barrier: Barrier, p: Floats, t: float, step: Step, tau: float) -> tuple[Floats, float] | None:
    """The largest of a few step lengths that stays inside and gains; the barrier is self-concordant."""
    before = barrier.value(p, t, tau)
    length = 1.0
    for _ in range(HALVINGS):
        q, s = p + length * step.dp, t + length * step.dt
        if barrier.value(q, s, tau) > before + 0.1 * length * step.decrement**2 * (step.decrement > 1e-4):
            return q, s
        length /= 2
    return None
