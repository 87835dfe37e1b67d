"""Where nodes become foci, with the weights numbers: the discriminant of the Jacobian is 0.

With ``a = (s_0 W_00 - 1)/tau_0``, ``b = (s_1 W_11 - 1)/tau_1`` and ``k = -W_01 W_10/(tau_0 tau_1)`` the discriminant is
``(a - b)^2 - 4 k s_0 s_1``: for k > 0 it is 0 where ``a - b = 2 sqrt(k s_0 s_1)`` with either sign of the root. In
``sqrt(s_0)`` and ``sqrt(s_1)`` that is a conic about the origin, ``A s_0 - 2 sqrt(k s_0 s_1) - B s_1 = c`` with
``A = W_00/tau_0``, ``B = W_11/tau_1``, ``c = 1/tau_0 - 1/tau_1``: each direction meets it once at most, and for
``c = 0`` it is two lines. So it is explicit too, in the angle, and complete like folds and Hopf curves. For ``k <= 0``
there are no foci.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import pairwise

import numpy as np

from symgame.bifurcation_arcs import End, Meeting, Relation, Weights, branches, joined, stretches
from symgame.bifurcation_curves import Floats
from symgame.bifurcation_gains import Gain


def focus_curves(
    W: Weights, tau: Sequence[Fraction], gains: Sequence[Gain], points: int
) -> Iterator[tuple[Floats, bool]]:
    """The connected curves of rates with discriminant 0, each with about so many points, and whether each is closed."""
    k = -W[0][1] * W[1][0] / (tau[0] * tau[1])
    if k <= 0:
        return
    A, B, c, root = float(W[0][0] / tau[0]), float(W[1][1] / tau[1]), 1 / tau[0] - 1 / tau[1], float(k) ** 0.5
    if c == 0:
        for t in _roots(-B, -2 * root, A):
            line = Relation(0, (Fraction(0), Fraction(t * t)), (Fraction(1), Fraction(0)))
            for stretch in stretches(line, gains):
                yield from branches(stretch, gains, points)
        return

    def both(angle: Floats) -> tuple[Floats, Floats]:
        x, y = np.cos(angle), np.sin(angle)
        with np.errstate(divide="ignore", over="ignore"):
            scale = float(c) / (A * x * x - 2 * root * x * y - B * y * y)
            return scale * x * x, scale * y * y

    greatest = [np.inf if gain.greatest is None else float(gain.greatest) for gain in gains]
    places: list[tuple[float, Meeting]] = [(-np.pi / 2, None), (0.0, None), (np.pi / 2, None)]
    places += [(float(np.arctan(t)), None) for t in _roots(-B, -2 * root, A)]
    meetings: tuple[Meeting, Meeting] = ("free", "other")
    for i, meeting in enumerate(meetings):  # the gain is greatest where the form is c/S, or c t^2/S
        if np.isfinite(greatest[i]):
            off = float(c) / greatest[i]
            found = _roots(-B, -2 * root, A - off) if i == 0 else _roots(-B - off, -2 * root, A)
            places += [(float(np.arctan(t)), meeting if gains[i].top is not None else None) for t in found]
    places.sort(key=lambda place: place[0])
    for (low, first), (high, last) in pairwise(places):
        s = [float(v) for v in both(np.array((low + high) / 2))]
        if high > low and all(0 < v <= top for v, top in zip(s, greatest, strict=True)):
            yield from joined((End(low, first), End(high, last)), 0, both, gains, points)


def _roots(a: float, b: float, c: float) -> list[float]:
    """The real zeros of ``a t^2 + b t + c``, without cancellation.

    >>> _roots(1.0, -3.0, 2.0), _roots(0.0, 2.0, -1.0)
    ([2.0, 1.0], [0.5])
    """
    if a == 0:
        return [] if b == 0 else [-c / b]
    square = b * b - 4 * a * c
    if square < 0:
        return []
    q = -(b + np.copysign(square**0.5, b)) / 2
    return [float(q / a), float(c / q)] if q != 0 else [0.0]
