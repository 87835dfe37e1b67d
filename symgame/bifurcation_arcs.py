"""Curves of gains as curves of rates, when the weights are numbers.

With W known, ``det(I - S W) = 0`` and ``trace = 0`` are equations between the two gains that are linear in each: one
gain is a Möbius function of the other. The gains that both activations have, ``0 < s <= sup phi'``, cut its graph into
finitely many intervals with rational ends, and each gain belongs to one or two rates. So the whole set is a list
of arcs, one for every interval and choice of sides, joined where a gain is greatest: nothing is searched for, nothing
can be missed, and an arc without an end runs to where a gain is 0 or infinite, a rate at the end of its range.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from symgame.bifurcation_curves import Floats
from symgame.bifurcation_gains import Gain

#: A gain without bound is followed up to 10^6 times where its interval begins.
_FAR = np.arctan(1e3)
#: How near to an open end an arc is followed, as a part of its first step.
_NEAR = 1e-7

Weights = Sequence[Sequence[Fraction]]
Meeting = Literal["free", "other", "cut", None]


@dataclass(frozen=True)
class Relation:
    """``s_other = (n0 + n1 s)/(d0 + d1 s)`` with ``s`` the gain of the population ``free``."""

    free: int
    top: tuple[Fraction, Fraction]
    bottom: tuple[Fraction, Fraction]

    def at(self, s: Fraction) -> Fraction | None:
        below = self.bottom[0] + self.bottom[1] * s
        return None if below == 0 else (self.top[0] + self.top[1] * s) / below

    def along(self, s: Floats) -> Floats:
        (n0, n1), (d0, d1) = ((float(c) for c in line) for line in (self.top, self.bottom))
        values: Floats = (n0 + n1 * s) / (d0 + d1 * s)
        return values


@dataclass(frozen=True)
class End:
    """An end of an interval of gains: which gain is greatest there, or that the curve goes on (``cut``), or neither."""

    value: float
    meets: Meeting


Ends = tuple[End, End]


@dataclass(frozen=True)
class Stretch:
    """The part of a relation over an interval of the free gain on which both gains are possible."""

    relation: Relation
    low: End
    high: End


def determinant_of_weights(W: Weights) -> Fraction:
    return W[0][0] * W[1][1] - W[0][1] * W[1][0]


def fold_relations(W: Weights) -> tuple[Relation, ...]:
    """``1 - s_0 W_00 - s_1 W_11 + s_0 s_1 det W = 0`` solved for a gain; of a product of two factors, each.

    >>> fold_relations([[Fraction(3), Fraction(-2)], [Fraction(2), Fraction(0)]])[0].at(Fraction(1))
    Fraction(1, 2)
    """
    zero, one = Fraction(0), Fraction(1)
    if W[0][1] * W[1][0] == 0:
        return tuple(
            Relation(1 - i, (one, zero), (W[i][i], zero)) for i in range(2) if W[i][i] > 0
        )  # a population by itself
    return (Relation(0, (one, -W[0][0]), (W[1][1], -determinant_of_weights(W))),)


def trace_relations(W: Weights, tau: Sequence[Fraction]) -> tuple[Relation, ...]:
    """``(s_0 W_00 - 1)/tau_0 + (s_1 W_11 - 1)/tau_1 = 0`` solved for a gain; none when W has no diagonal."""
    zero, whole = Fraction(0), 1 / tau[0] + 1 / tau[1]
    if W[1][1] != 0:
        return (Relation(0, (whole, -W[0][0] / tau[0]), (W[1][1] / tau[1], zero)),)
    if W[0][0] != 0:
        return (Relation(1, (whole, zero), (W[0][0] / tau[0], zero)),)
    return ()


def stretches(relation: Relation, gains: Sequence[Gain]) -> tuple[Stretch, ...]:
    """The maximal intervals of the free gain over which ``0 < s <= greatest`` holds for both gains."""
    free, other = gains[relation.free], gains[1 - relation.free]
    (n0, n1), (d0, d1) = relation.top, relation.bottom
    cuts = {Fraction(0)} | ({free.greatest} if free.greatest is not None else set())
    lines = [(n0, n1), (d0, d1)]
    if other.greatest is not None:
        lines.append((n0 - other.greatest * d0, n1 - other.greatest * d1))
    cuts |= {-a / b for a, b in lines if b != 0}
    ends: list[Fraction | None] = [*sorted(c for c in cuts if c >= 0 and (free.greatest is None or c <= free.greatest))]
    if free.greatest is None:
        ends.append(None)
    found = []
    for a, b in pairwise(ends):
        assert a is not None
        value = relation.at((a + b) / 2 if b is not None else a + 1)
        if value is None or value <= 0 or (other.greatest is not None and value > other.greatest):
            continue
        found.append(Stretch(relation, _end(relation, a, free, other), _end(relation, b, free, other)))
    return tuple(found)


def _end(relation: Relation, at: Fraction | None, free: Gain, other: Gain) -> End:
    if at is None:
        return End(np.inf, None)
    if at == free.greatest:
        return End(float(at), "free" if free.top is not None else None)
    constant = relation.top[1] == relation.bottom[1] == 0
    if other.greatest is not None and relation.at(at) == other.greatest and not constant:
        return End(float(at), "other" if other.top is not None else None)
    return End(float(at), None)


def cut(stretch: Stretch, at: Sequence[float]) -> Iterator[Stretch]:
    """The stretch in parts, one after another, at these gains inside it."""
    low = stretch.low
    for value in sorted(at):
        yield replace(stretch, low=low, high=End(value, "cut"))
        low = End(value, "cut")
    yield replace(stretch, low=low)


def branches(stretch: Stretch, gains: Sequence[Gain], points: int) -> Iterator[tuple[Floats, bool]]:
    """The connected curves of rates over a stretch, each with about so many points, and whether each is closed."""
    relation = stretch.relation
    single = _at_top(stretch, gains[1 - relation.free])
    return joined((stretch.low, stretch.high), relation.free, lambda s: (s, relation.along(s)), gains, points, single)


def joined(
    ends: Ends,
    r: int,
    both: Callable[[Floats], tuple[Floats, Floats]],
    gains: Sequence[Gain],
    points: int,
    single: bool = False,
) -> Iterator[tuple[Floats, bool]]:
    """The same over an interval of any unknown, which gives both gains, that of population r first.

    The gain of the other one is the greatest all over the interval where ``single``.
    """
    sides = [range(len(gains[i].sides)) for i in (r, 1 - r)]
    if single:
        sides[1] = range(1)
    for chain, closed in _chains([(a, b) for a in sides[0] for b in sides[1]], ends):
        s, other = both(_sampled(ends, max(points // len(chain), 8)))
        runs = []
        for (a, b), forward in chain:
            rates = np.empty((len(s), 2))
            with np.errstate(invalid="ignore", divide="ignore"):  # a gain may be greatest but for a rounding error
                rates[:, r], rates[:, 1 - r] = gains[r].rates[a](s), gains[1 - r].rates[b](other)
            for place, end in zip((0, -1), ends, strict=True):
                if end.meets in ("free", "other"):  # exactly, for both sides that meet there
                    who = r if end.meets == "free" else 1 - r
                    rates[place, who] = gains[who].top
            runs.append(rates if forward else rates[::-1])
        whole = np.concatenate([runs[0], *(run[1:] for run in runs[1:])])
        yield whole[_inside(whole, gains)], closed


def _inside(rates: Floats, gains: Sequence[Gain]) -> NDArray[np.bool_]:
    """Which rates are strictly in their ranges: doubles near an end of one may be rounded to it."""
    ends = [gain.activation.domain for gain in gains]
    low, high = (np.array([float(getattr(end, side)) for end in ends]) for side in ("start", "end"))
    return np.asarray((np.isfinite(rates) & (rates > low) & (rates < high)).all(axis=1), dtype=bool)


def _at_top(stretch: Stretch, other: Gain) -> bool:
    relation = stretch.relation
    return relation.top[1] == relation.bottom[1] == 0 and relation.at(Fraction(0)) == other.greatest


def _chains(arcs: list[tuple[int, int]], ends: Ends) -> Iterator[tuple[list[tuple[tuple[int, int], bool]], bool]]:
    """The arcs (a side for each gain) in the order in which they hang together, with their directions."""

    def across(arc: tuple[int, int], end: End) -> tuple[int, int] | None:
        if end.meets == "free":
            return (1 - arc[0], arc[1])
        return (arc[0], 1 - arc[1]) if end.meets == "other" else None

    left = dict.fromkeys(arcs)
    while left:
        # begin where nothing is joined on; if everything is joined, anywhere
        free = ((arc, end is ends[0]) for arc in left for end in ends if across(arc, end) is None)
        start, forward = next(free, (next(iter(left)), True))
        chain: list[tuple[tuple[int, int], bool]] = []
        arc: tuple[int, int] | None = start
        while arc is not None and arc in left:
            del left[arc]
            chain.append((arc, forward))
            arc = across(arc, ends[1] if forward else ends[0])
            forward = not forward
        yield chain, arc == start and len(chain) > 1


def _sampled(ends: Ends, count: int) -> Floats:
    """Gains, or angles, that crowd at both ends like squares, as rates do near a greatest gain; open ends are left
    out."""
    (low, high), (first, last) = [end.value for end in ends], [end.meets for end in ends]
    if np.isinf(high):
        s = low + max(low, 1.0) * np.tan(np.linspace(0, _FAR, count + 2)) ** 2
    else:
        angle = np.linspace(0, np.pi / 2, count + 2)
        s = np.where(angle < 0.8, low + (high - low) * np.sin(angle) ** 2, high - (high - low) * np.cos(angle) ** 2)
    inner = s[0 if first else 1 : len(s) if last else -1]
    tails = [np.empty(0), np.empty(0)]  # an open end: rates go to the end of their range like logarithms of the gain
    tail = np.geomspace(_NEAR, 1, max(count // 8, 8) + 1)[:-1]
    if not first:
        tails[0] = low + (inner[0] - low) * tail
    if not last and np.isfinite(high):
        tails[1] = (high - (high - inner[-1]) * tail)[::-1]
    sampled: Floats = np.concatenate([tails[0], inner, tails[1]])
    return sampled
