"""A recording against a flow: does each sample follow from the ones before it, as far as their rounding lets one tell?

Two questions are asked of every sample: is it where the solution through the sample before it is, and is it where the
solution through the first sample is? The second sees a slow drift that no single step shows. Where the bound of a
solution has grown to many times the rounding, the flow pulls apart what rounding hides, and a new solution starts from
the sample there.

A departure is proved: no solution passes through both samples, whatever the digits that rounding cut off.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

import flint
import numpy as np
from numpy.typing import NDArray

from symgame.exact_flow import Flow, doubles, modulus, precise
from symgame.recordings import Recording

Array = NDArray[np.float64]
_WIDEST = 10.0  # times its own rounding: then a leg ends


@dataclass(frozen=True)
class Departure:
    """A population of a sample that is farther from the solution through the sample ``since`` than rounding allows."""

    sample: int
    time: Fraction
    since: int
    population: str
    recorded: Fraction
    true: str
    off: float
    allowed: float


@dataclass(frozen=True, eq=False)
class FlowCheck:
    """``steps`` compared, ``inside`` of them on one choice of pieces; ``widest`` is the widest bound by population, and
    ``tested`` says who ever moved by more than its bound, so that its equation was put to the test."""

    departures: tuple[Departure, ...]
    steps: int
    inside: int
    legs: int
    widest: Array
    tested: tuple[bool, ...]

    @property
    def samples(self) -> tuple[int, ...]:
        """The samples that depart from the one before them, in order."""
        return tuple(sorted({d.sample for d in self.departures if d.sample == d.since + 1}))


def compared(flow: Flow, recording: Recording, widths: Array, *, first: bool = False) -> FlowCheck:
    """Every sample against the solutions through the one before it and through the start of its leg.

    ``widths`` (N, n) are the half-widths that samples are allowed. With ``first`` the first departure ends it.
    """
    with precise():
        return _Walk(flow, recording, widths).walked(first)


class _Walk:
    def __init__(self, flow: Flow, recording: Recording, widths: Array) -> None:
        self.flow = flow
        self.recording = recording
        self.widths = widths
        self.states = np.array([[float(v) for v in row] for row in recording.states])
        self.widest = np.zeros(flow.n)
        self.tested = np.zeros(flow.n, dtype=bool)
        self.departures: list[Departure] = []

    def walked(self, first: bool) -> FlowCheck:
        flow, times, states = self.flow, self.recording.times, self.recording.states
        since, state, radius = 0, flow.point(states[0]), self.widths[0]
        anchor, places = (times[0], state, radius), None
        inside, legs = 0, 1
        steps = 0
        for k in range(1, len(times)):
            h = times[k] - times[k - 1]
            steps += 1
            reached = flow.advanced(flow.point(states[k - 1]), self.widths[k - 1], h)
            inside += reached.places is not None
            departed = self._against(k, k - 1, reached.state, reached.radius)
            if since < k - 1:
                leg = flow.advanced(state, radius, h)
                if leg.places is not None and places in (None, leg.places):
                    places = leg.places
                    direct = flow.exponential(places, times[k] - anchor[0])
                    state, radius = direct * anchor[1], np.minimum(leg.radius, modulus(direct) @ anchor[2])
                else:
                    state, radius = _middle(leg.state, leg.radius)
                    anchor, places = (times[k], state, radius), None
                departed |= self._against(k, since, state, radius)
            else:
                state, radius = _middle(reached.state, reached.radius)
                anchor, places = (times[k], state, radius), None
            if departed and first:
                break
            if departed or np.any(radius > _WIDEST * np.maximum(self.widths[k], 1e-300)):
                since, state, radius, legs = k, flow.point(states[k]), self.widths[k], legs + 1
                anchor, places = (times[k], state, radius), None
        tested = tuple(bool(v) for v in self.tested)
        return FlowCheck(tuple(self.departures), steps, inside, legs, self.widest, tested)

    def _against(self, k: int, since: int, state: flint.arb_mat, radius: Array) -> bool:
        """Whether sample k departs from where the solution through the sample ``since`` is."""
        recording = self.recording
        bound = radius + self.widths[k]
        shift = recording.time_widths[k] + recording.time_widths[since]
        if shift:
            h = recording.times[k] - recording.times[k - 1]
            bound = bound + shift * self.flow.speed(recording.states[k - 1], h)
        bound = bound * (1 + 1e-12)
        self.tested |= np.abs(self.states[k] - self.states[since]) > bound
        if since == k - 1:
            self.widest = np.maximum(self.widest, bound)
        near = np.abs(self.states[k] - doubles(state))
        if np.all(near < 0.99 * bound):  # in doubles, far from the bound
            return False
        departed = False
        for i, name in enumerate(recording.names):
            value = recording.states[k][i]
            off = abs(flint.arb(flint.fmpq(value.numerator, value.denominator)) - state[i, 0])
            if off > flint.arb(bound[i]):
                departed = True
                true = state[i, 0].str(17, radius=False)
                at = recording.times[k]
                self.departures.append(
                    Departure(k, at, since, name, value, true, float(off.mid()), float(bound[i]))
                )
        return departed


def _middle(state: flint.arb_mat, radius: Array) -> tuple[flint.arb_mat, Array]:
    """The middle of the balls; their radii go into the bound."""
    own = np.array([float(v.rad()) for v in state.entries()[:-1]])
    return state.mid(), radius + own * (1 + 1e-12)


def digits_right(flow: Flow, recording: Recording, most: int) -> int:
    """The most digits, up to ``most``, to which the recording follows the flow; 0 for none. Digits are those of the
    largest number of each column (:meth:`~symgame.recordings.Recording.rounded_to`)."""
    low, high = 0, most
    while low < high:
        middle = (low + high + 1) // 2
        if compared(flow, recording, recording.rounded_to(middle), first=True).departures:
            high = middle - 1
        else:
            low = middle
    return low


def part(recording: Recording, samples: slice | list[int]) -> Recording:
    """Some samples of a recording, in order."""
    chosen = list(range(len(recording.times)))[samples] if isinstance(samples, slice) else samples
    return replace(
        recording,
        times=tuple(recording.times[k] for k in chosen),
        states=tuple(recording.states[k] for k in chosen),
        widths=recording.widths[chosen],
        time_widths=recording.time_widths[chosen],
    )
