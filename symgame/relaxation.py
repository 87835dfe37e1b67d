"""Rates of decay and frequencies read off a recording, with a bound of what its rounding allows, against eigenvalues.

On one choice of pieces ``x' = A (x - e)``. A left eigenvector ``l A = lambda l`` makes one number of each sample,
``c = l (x - e)``, that obeys ``c' = lambda c`` whatever the other modes do. Hence ``log(c_2/c_1)/(t_2 - t_1)`` *is*
the eigenvalue, and with samples off by at most w it errs by at most ``(r_1 + r_2)/(t_2 - t_1)`` with
``r = -log(1 - |l| w/|c|)``: nothing is fitted, and the bound is no matter of statistics.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from symgame.exact_flow import Flow
from symgame.recordings import Recording

Array = NDArray[np.float64]
#: A mode is measured between samples where it is this many times what rounding may hide.
_CLEAR = 4.0


@dataclass(frozen=True)
class Mode:
    """An eigenvalue and what a run of samples says of it: ``rate`` and ``frequency`` (radians per unit of time), each
    within its bound; ``frequency`` is ``None`` where the samples are too far apart to count turns.

    ``samples`` are the two that were compared.
    """

    eigenvalue: complex
    rate: float
    rate_bound: float
    frequency: float | None
    frequency_bound: float | None
    samples: tuple[int, int]

    @property
    def right(self) -> bool:
        """Whether the eigenvalue lies within the bounds."""
        rate = abs(self.rate - self.eigenvalue.real) <= self.rate_bound
        if self.frequency is None or self.frequency_bound is None:
            return rate
        return rate and abs(self.frequency - self.eigenvalue.imag) <= self.frequency_bound

    def __str__(self) -> str:
        word = "decays" if self.rate < 0 else "grows"
        said = f"{word} at {_with_bound(self.rate, self.rate_bound)}, eigenvalue {self.eigenvalue.real:.6g}"
        if self.eigenvalue.imag:
            said += f" + {self.eigenvalue.imag:.6g}i"
            if self.frequency is None or self.frequency_bound is None:
                return f"{said}; sampled too coarsely for the frequency"
            return f"{said}; turns at {_with_bound(self.frequency, self.frequency_bound)} rad per unit of time"
        return said


@dataclass(frozen=True, eq=False)
class Run:
    """Consecutive samples ``first`` to ``last`` on one choice of pieces, those of an equilibrium at ``state``."""

    first: int
    last: int
    places: tuple[int, ...]
    state: tuple[Fraction, ...]


def modes(flow: Flow, recording: Recording, widths: Array, run: Run) -> tuple[Mode, ...]:
    """The modes of a run that stand clear of the rounding, slowest decay first; of conjugate pairs the one above."""
    _, A, _ = flow.field_of(run.places)
    values, columns = np.linalg.eig(A.T)
    order = sorted(range(flow.n), key=lambda j: (-values[j].real, -values[j].imag))
    rows = range(run.first, run.last + 1)
    apart = np.array([[float(x - e) for x, e in zip(recording.states[k], run.state, strict=True)] for k in rows])
    times = np.array([float(recording.times[k] - recording.times[run.first]) for k in rows])
    found = []
    for j in order:
        if values[j].imag < 0:
            continue
        mode = _mode(complex(values[j]), columns[:, j], A, apart, times, widths[run.first : run.last + 1], run.first)
        if mode is not None:
            found.append(mode)
    return tuple(found)


def _mode(
    value: complex, left: NDArray[np.complex128], A: Array, apart: Array, times: Array, widths: Array, first: int
) -> Mode | None:
    c = apart @ left
    hidden = widths @ np.abs(left) + 1e-15 * (np.abs(apart) @ np.abs(left))
    size = np.abs(c)
    clear = np.flatnonzero(size > _CLEAR * hidden)
    if len(clear) < 2:
        return None
    error = -np.log1p(-hidden[clear] / size[clear])
    start = int(np.argmin(error))
    lever = np.abs(times[clear] - times[clear[start]])
    bounds = np.full(len(clear), np.inf)
    others = lever > 0
    bounds[others] = (error[start] + error[others]) / lever[others]
    end = int(np.argmin(bounds))
    one, other = sorted((start, end))
    a, b = int(clear[one]), int(clear[other])
    # the eigenvector is one up to rounding: l A = lambda l + rest, and c' = lambda c + rest (x - e)
    rest = np.abs(left @ A - value * left) + 1e-15 * np.abs(left) @ np.abs(A)
    span = slice(a, b + 1)
    drift = float(np.max((np.abs(apart[span]) @ rest) / np.maximum(size[span], hidden[span])))
    bound = float(bounds[end]) + drift
    if bound > abs(value):
        return None
    time = float(times[b] - times[a])
    rate = float(np.log(size[b] / size[a])) / time
    frequency = None
    if value.imag:
        turns = np.angle(c[a + 1 : b + 1] / c[a:b])
        steps = np.diff(times[a : b + 1])
        if np.all(steps * value.imag < np.pi / 2) and np.all(np.abs(turns) < 0.75 * np.pi) and np.all(size[span] > 0):
            frequency = float(turns.sum()) / time  # with its sign: a mode that turns the other way is another
    return Mode(value, rate, bound, frequency, None if frequency is None else bound, (first + a, first + b))


def runs(flow: Flow, recording: Recording) -> tuple[tuple[int, int, tuple[int, ...]], ...]:
    """The first and the last run of samples on one choice of pieces (one, when they are the same)."""
    places = [flow.places(flow.totals(np.array([float(v) for v in row]))) for row in recording.states]
    last = len(places) - 1
    k = last
    while k > 0 and places[k - 1] == places[last]:
        k -= 1
    tail = (k, last, places[last])
    j = 0
    while j < last and places[j + 1] == places[0]:
        j += 1
    return (tail,) if j >= k else (tail, (0, j, places[0]))


def _with_bound(value: float, bound: float) -> str:
    """The number to the digits that its bound leaves, and the bound, rounded up.

    >>> _with_bound(-0.0950012, 0.00032)
    '-0.09500 +- 0.00033'
    """
    decimals = max(0, 1 - int(np.floor(np.log10(bound)))) if bound > 0 else 12
    up = np.ceil(bound * 10.0**decimals * (1 + 1e-9)) / 10.0**decimals
    return f"{value:.{decimals}f} +- {up:.{decimals}f}"


def stationary(velocity: Sequence[Fraction], allowed: Array) -> tuple[int, ...]:
    """The populations whose exact velocity at a sample is more than its rounding explains."""
    return tuple(i for i, v in enumerate(velocity) if abs(float(v)) > allowed[i] * (1 + 1e-12))
