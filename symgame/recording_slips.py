"""What else a recording would be right for: the usual slips, each tried as a flow of its own, named if it fits better.

A slip is told only where the recording follows its flow to clearly more digits than the circuit's own; that too is
checked sample by sample, with bounds.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import combinations, permutations

import numpy as np
from numpy.typing import NDArray

from symgame.exact_flow import Flow, precise
from symgame.flow_check import FlowCheck, compared, digits_right, part
from symgame.recordings import Recording

Array = NDArray[np.float64]
_WINDOW = 120  # samples on which slips are tried before they are tried on all
_PERMUTED = 4  # populations up to which every order of columns is tried; beyond, every exchange of two
_SUBSTEPS = (1, 2, 4, 5, 10, 20, 50, 100)  # of Euler's method between two samples
_STEPS = 60  # samples to which time constants are fitted
_FEWEST = 3  # steps: fewer agree with some time constant anyway
_FULL = 11  # decimals of a mantissa that are tried at most
_FITTED = 8  # populations up to which time constants are fitted


@dataclass(frozen=True)
class RecordingSlip:
    """What would explain the departures, in words, and to how many digits the recording is right then.

    ``kind`` is "samples", "form", "columns", "tau" or "euler"; the last is no mistake in the equation, but in how
    it was solved.
    """

    kind: str
    words: str
    digits: int


def slip(flow: Flow, recording: Recording, check: FlowCheck, digits: int, most: int) -> RecordingSlip | None:
    """The slip for which the recording is right to the most digits, up to ``most``: to all of these, or to two digits
    more than ``digits``, to which it is right as it stands (one more may be chance, where a number was fitted).

    ``check`` is the recording against the circuit's own flow, with the half-widths of ``most`` digits.
    """
    found = [*_singled(flow, recording, check, most), *_stepped_by_euler(flow, recording, check, most)]
    piece = _window(recording, check)
    if any(each.digits == most for each in found):
        return max(found, key=lambda each: each.digits)
    for kind, words, other, columns in _candidates(flow, piece, digits, most):
        if digits_right(other, _permuted(piece, columns), most) <= digits:
            continue
        right = digits_right(other, _permuted(recording, columns), most)
        if right == most or right >= digits + 2:
            found.append(RecordingSlip(kind, words, right))
        if right == most:
            break
    return max(found, key=lambda each: each.digits, default=None)


def _candidates(
    flow: Flow, piece: Recording, digits: int, most: int
) -> Iterator[tuple[str, str, Flow, Sequence[int]]]:
    """Kind, words, flow, and whose column stands in each place; simpler slips first."""
    names, n = piece.names, flow.n
    own = tuple(range(n))
    form = ("rate", "voltage") if flow.voltage else ("voltage", "rate")
    words = f"fits the {form[0]} equation, not the {form[1]} equation"
    yield "form", words, replace(flow, voltage=not flow.voltage), own
    orders = permutations(own) if n <= _PERMUTED else (_exchanged(n, i, j) for i, j in combinations(own, 2))
    for order in orders:
        if order != own:
            moved = ", ".join(f"{names[column]} holds {names[i]}" for i, column in enumerate(order) if i != column)
            yield "columns", f"the columns are exchanged: {moved}", flow, order
    if n <= _FITTED:
        tau = fitted_tau(flow, piece, digits, most)
        if tau is not None and tau != flow.tau:
            yield "tau", _tau_words(names, flow.tau, tau), replace(flow, tau=tau), own


def _tau_words(names: Sequence[str], given: Sequence[Fraction], tau: Sequence[Fraction]) -> str:
    quotients = {a / b for a, b in zip(tau, given, strict=True)}
    if len(quotients) == 1 and len(names) > 1:
        return f"time is in another unit: all time constants times {_short(quotients.pop())} would fit"
    changed = [(p, t, g) for p, t, g in zip(names, tau, given, strict=True) if t != g]
    said = " and ".join(f"tau of {p} = {_short(t)}" for p, t, _ in changed)
    return f"{said} would fit, not {' and '.join(_short(g) for _, _, g in changed)}"


def _short(value: Fraction) -> str:
    return str(value) if value.denominator <= 1000 else f"{float(value):.12g}"


def _exchanged(n: int, i: int, j: int) -> tuple[int, ...]:
    order = list(range(n))
    order[i], order[j] = j, i
    return tuple(order)


def _permuted(recording: Recording, order: Sequence[int]) -> Recording:
    """The recording with column ``order[i]`` in place i."""
    if list(order) == list(range(len(order))):
        return recording
    states = tuple(tuple(row[j] for j in order) for row in recording.states)
    return replace(recording, states=states, widths=recording.widths[:, list(order)])


def _window(recording: Recording, check: FlowCheck) -> Recording:
    """Consecutive samples from shortly before the first departure on."""
    first = min((d.sample for d in check.departures), default=0)
    start = max(0, min(first - 5, len(recording.times) - _WINDOW))
    return part(recording, slice(start, start + _WINDOW))


def _singled(flow: Flow, recording: Recording, check: FlowCheck, most: int) -> Iterator[RecordingSlip]:
    """Samples that stand alone: without them the recording is right."""
    departed, count = set(check.samples), len(recording.times)
    after = sorted(k for k in departed if k - 1 not in departed)  # the next may depart too: it began at a wrong one
    for alone in (after, [0] if after == [1] else []):
        if not alone or len(alone) > max(1, count // 20) or count - len(alone) < 2:
            continue
        kept = [k for k in range(count) if k not in alone]
        if not compared(flow, part(recording, kept), recording.rounded_to(most)[kept], first=True).departures:
            listed = ", ".join(map(str, alone[:8])) + (", ..." if len(alone) > 8 else "")
            one = len(alone) == 1
            words = f"sample{'' if one else 's'} {listed} {'is' if one else 'are'} off; all the others are right"
            yield RecordingSlip("samples", words, most)
            return


def _stepped_by_euler(flow: Flow, recording: Recording, check: FlowCheck, most: int) -> Iterator[RecordingSlip]:
    """Whether each sample is so many steps of the explicit Euler method from the one before it, to all its digits.

    Only where single steps depart from the flow: else the method is not what makes the difference.
    """
    if not check.samples:
        return
    growing = np.abs(flow.comparison)
    states = np.array([[float(v) for v in row] for row in recording.states])
    h = np.diff([float(t) for t in recording.times])
    for count in _SUBSTEPS:
        x = states[:-1].copy()
        for _ in range(count):
            x += (h / count)[:, None] * flow.velocities(x)
        off = np.abs(x - states[1:]) - 1e-14 * (1 + np.abs(states[1:]))
        growth = np.eye(flow.n) + (h / count)[:, None, None] * growing
        widths = recording.rounded_to(most)
        carried = widths[:-1, :, None]
        for _ in range(count):
            carried = growth @ carried
        if np.all(off <= carried[:, :, 0] + widths[1:]):
            steps = "its steps are those" if count == 1 else f"its steps are {count} each"
            yield RecordingSlip("euler", f"{steps} of the explicit Euler method, not of the flow", most)
            return


# -- time constants ---------------------------------------------------------------------------------------------------


def fitted_tau(flow: Flow, window: Recording, digits: int, most: int) -> tuple[Fraction, ...] | None:
    """Time constants with which the flow steps from sample to sample best, in as few digits as serve as well.

    Newton's method in their logarithms, by least squares; it begins with the quotients of the integral of ``-x + phi``
    by what was moved. ``None`` where some population hardly moves, where there are fewer than three steps, or where
    the window is right to no more than ``digits`` even so.
    """
    piece = part(window, slice(0, _STEPS))
    if len(piece.times) <= _FEWEST:
        return None
    states = np.array([[float(v) for v in row] for row in piece.states])
    if np.any(np.ptp(states, axis=0) <= 4 * piece.widths.max(axis=0)):
        return None
    area = np.diff([float(t) for t in piece.times])[:, None]
    pushed = replace(flow, tau=(Fraction(1),) * flow.n).velocities(states)
    area = area * (pushed[1:] + pushed[:-1]) / 2
    rate = (area * np.diff(states, axis=0)).sum(axis=0) / np.maximum((area**2).sum(axis=0), 1e-300)
    guess = np.array([1 / r if r > 0 else float(t) for r, t in zip(rate, flow.tau, strict=True)])
    weight = 1 / np.maximum(piece.widths[1:].max(axis=0), 1e-15 * np.abs(states).max(axis=0) + 1e-300)

    def missed(tau: Array) -> Array:
        return np.asarray(((_stepped(flow, piece, tau) - states[1:]) * weight).ravel())

    best = missed(guess)
    for _ in range(12):
        tilt = 1e-6
        slope = np.stack([(missed(guess * (1 + tilt * one)) - best) / tilt for one in np.eye(flow.n)], axis=1)
        move = np.clip(np.linalg.lstsq(slope, -best, rcond=None)[0], -1, 1)
        following = guess * np.exp(move)
        after = missed(following)
        gained = float(after @ after) < 0.9 * float(best @ best)
        if float(after @ after) < float(best @ best):
            guess, best = following, after
        if not gained:
            break
    return _fewest_digits(flow, window, guess, digits, most)


def _stepped(flow: Flow, piece: Recording, tau: Array) -> Array:
    """Where the flow with other time constants is after each step from the sample before it, in doubles."""
    other = replace(flow, tau=tuple(Fraction(float(t)) for t in tau))
    none, rows = np.zeros(flow.n), []
    with precise():
        for k in range(1, len(piece.times)):
            h = piece.times[k] - piece.times[k - 1]
            reached = other.advanced(other.point(piece.states[k - 1]), none, h)
            rows.append([float(v) for v in reached.state.entries()[:-1]])
    return np.array(rows)


def _fewest_digits(
    flow: Flow, window: Recording, tau: Array, digits: int, most: int
) -> tuple[Fraction, ...] | None:
    """The time constants rounded as far as the window stays right to as many digits, more than ``digits``."""
    best = digits_right(replace(flow, tau=_rounded(tau, _FULL)), window, most)
    if best <= digits:
        return None
    for decimals in range(_FULL):
        candidate = replace(flow, tau=_rounded(tau, decimals))
        widths = window.rounded_to(best)
        if not compared(candidate, window, widths, first=True).departures:
            return candidate.tau
    return _rounded(tau, _FULL)


def _rounded(tau: Array, decimals: int) -> tuple[Fraction, ...]:
    return tuple(Fraction(f"{float(t):.{decimals}e}") for t in tau)
