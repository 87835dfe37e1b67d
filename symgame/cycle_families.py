"""A family of limit cycles along a parameter, from its Hopf point through folds of cycles to where it ends. Numerical.

Closed orbits are the zeros of ``flow(x, T, p) - x`` with x in a plane across the flow: a curve in (x, T, p). It is
followed by its arclength: a step along the tangent, and back by Newton's method in the plane across it. So it turns
with p at a fold of cycles, and unstable cycles are found as well as stable ones.

Source: H. B. Keller, Numerical solution of bifurcation and nonlinear eigenvalue problems, in: Applications of
Bifurcation Theory, Academic Press 1977, 359-384; R. Seydel, Practical Bifurcation and Stability Analysis, 3rd ed.,
Springer 2010, chapters 4 and 7.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from math import pi

import numpy as np

from symgame.circuit import Circuit
from symgame.errors import NoCycle
from symgame.limit_cycles import Array, RateFlow, integrated, other_multipliers, rate_flow

#: Half the extent of the first cycle, relative to the rates at the Hopf point; a family ends where it is small again.
FIRST = 0.02
#: The tolerance of the integrator, and how well an orbit closes, relative to the rates.
TOLERANCE, CLOSED = 1e-9, 1e-6
#: A family is left where its period is this many times that of the Hopf point.
LONG = 12.0
#: The weight of the logarithm of the period in the arclength.
_PERIOD = 1 / 3
#: Steps, and evaluations of the rate equations, after which a family is left.
_STEPS, _EVALUATIONS = 300, 400_000


@dataclass(frozen=True, eq=False)
class CycleFamily:
    """Cycles in the order of the family: ``over`` (m,), ``minima`` and ``maxima`` (m, n), ``periods`` (m,).

    ``folds`` are the values of the parameter where the family turns, in the same order; ``end`` says why it stops.
    """

    over: Array
    minima: Array
    maxima: Array
    periods: Array
    stable: tuple[bool | None, ...]
    folds: tuple[float, ...]
    end: str


def cycle_family(
    circuit: Circuit,
    over: str,
    hopf: tuple[float, tuple[float, ...], float],
    window: tuple[float, float],
    steps: int = 12,
) -> CycleFamily:
    """The cycles that begin at a Hopf point: value of the parameter, rates, and angular frequency there; numerical.

    A family is followed while the parameter is in the window; more ``steps``, nearer cycles. An empty family says in
    ``end`` why no cycle was found.

    >>> from symgame.kinds import activation
    >>> pair = Circuit.from_matrix([["w", -2], [2, 0]], names="EI", u=["1/2", 0], tau=[1, 1],
    ...     activation=activation("logistic", gain=4, threshold=1))
    >>> at = 2.2423477, (0.3341889, 0.2068267), 1.2
    >>> cycle_family(pair, "w", at, (3, 4)).end
    'the Hopf point is outside of the window'
    """
    value, rates, omega = hopf
    if not window[0] <= value <= window[1]:
        return _empty(len(rates), "the Hopf point is outside of the window")
    walk = _Walk(_Shooting(rate_flow(circuit, (over,)), window[1] - window[0]), over, window, 1.2 / steps)
    try:
        end = walk.from_hopf(value, np.array(rates), omega)
    except NoCycle as reason:
        end = f"left{walk.where}: {reason}"
    if not walk.found:
        return _empty(len(rates), end)
    return CycleFamily(
        np.array([c.at[-1] for c in walk.found]),
        np.array([c.low for c in walk.found]),
        np.array([c.high for c in walk.found]),
        np.array([c.at[-2] for c in walk.found]),
        tuple(c.stable for c in walk.found),
        tuple(walk.folds),
        end,
    )


def _empty(n: int, end: str) -> CycleFamily:
    return CycleFamily(np.zeros(0), np.zeros((0, n)), np.zeros((0, n)), np.zeros(0), (), (), end)


@dataclass(frozen=True, eq=False)
class _Closed:
    """A closed orbit: ``at`` = (x, T, p), the extent of its rates, and the unit tangent of the family, scaled."""

    at: Array
    low: Array
    high: Array
    tangent: Array
    stable: bool | None


@dataclass(eq=False)
class _Shooting:
    """The equations of a closed orbit with their derivatives; counts what it evaluates."""

    flow: RateFlow
    width: float
    left: int = _EVALUATIONS

    def right(self, n: int, p: float) -> Callable[[float, Array], Array]:
        """The flow with its derivatives by the start (M) and by the parameter (w)."""
        here = replace(self.flow, parameters=(p,))
        step = 1e-6 * self.width
        up, down = replace(self.flow, parameters=(p + step,)), replace(self.flow, parameters=(p - step,))

        def extended(_: float, y: Array) -> Array:
            self.left -= 1
            if self.left < 0:
                raise NoCycle(f"the budget of {_EVALUATIONS} evaluations of the rate equations is spent")
            x, J = y[:n], here.jacobian(y[:n])
            by_p = (up.velocity(x) - down.velocity(x)) / (2 * step)
            return np.concatenate([here.velocity(x), (J @ y[n : n + n * n].reshape(n, n)).ravel(), J @ y[-n:] + by_p])

        return extended

    def orbit(self, at: Array) -> tuple[Array, Array, Array, Array, Array]:
        """Where x comes after T, M and w there, and the least and greatest rates on the way."""
        n = len(at) - 2
        x, T, p = at[:n], float(at[-2]), float(at[-1])
        here = replace(self.flow, parameters=(p,))
        turns = [lambda _, y, k=k: float(here.velocity(y[:n])[k]) for k in range(n)]
        done = integrated(
            self.right(n, p), T, np.concatenate([x, np.eye(n).ravel(), np.zeros(n)]), TOLERANCE,
            events=turns, max_step=T / 24,
        )  # fmt: skip
        end = done.y[:, -1]
        seen = np.array([x, *(y[:n] for ys in done.y_events for y in ys)])
        return end[:n], end[n : n + n * n].reshape(n, n), end[-n:], seen.min(axis=0), seen.max(axis=0)


@dataclass(eq=False)
class _Walk:
    """A family as it is followed."""

    shooting: _Shooting
    over: str
    window: tuple[float, float]
    longest: float
    found: list[_Closed] = field(default_factory=list)
    folds: list[float] = field(default_factory=list)
    size: float = 1.0

    @property
    def where(self) -> str:
        if not self.found:
            return " at once"
        *_, T, p = self.found[-1].at
        return f" at {self.over} = {p:.6g} with period {T:.4g}"

    def from_hopf(self, value: float, rates: Array, omega: float) -> str:
        """The family from its Hopf point; why it ends."""
        n = len(rates)
        self.size = float(np.abs(rates).max()) or 1.0
        values, vectors = np.linalg.eig(replace(self.shooting.flow, parameters=(value,)).jacobian(rates))
        q = vectors[:, int(np.argmin(np.abs(values - 1j * omega)))].real
        tangent = np.concatenate([q / np.linalg.norm(q), [0.0, 0.0]])
        start = np.concatenate([rates, [2 * pi / omega, value]])
        longest_period = LONG * 2 * pi / omega
        for step in (FIRST, FIRST / 4, FIRST / 16):
            first = self.closed(start, tangent, step)
            if first is not None and step < self.extent(first) < 8 * step:
                break
        else:
            return "no small cycle was found next to the Hopf point"
        self.found.append(first)
        for _ in range(_STEPS):
            last = self.found[-1]
            step = min(step, self.longest, max(0.4 * self.extent(last), FIRST / 32))
            following = self.closed(last.at, last.tangent, step)
            if following is None or not following.tangent @ last.tangent > 0.7 or self.jumps(last, following):
                step /= 2
                if step < 1e-6:
                    return f"left{self.where}: Newton's method leads no further"
                continue
            if not self.window[0] <= following.at[-1] <= self.window[1]:
                if min(abs(last.at[-1] - end) for end in self.window) > 1e-3 * self.shooting.width:
                    step /= 2
                    continue
                return f"leaves the window beyond {self.over} = {last.at[-1]:.6g}"
            if last.tangent[-1] * following.tangent[-1] < 0:
                self.fold(last, following, step)
            self.found.append(following)
            step *= 1.5
            if following.at[n] > longest_period:
                return f"left{self.where}, {LONG:g} times the first one, as towards an orbit through an equilibrium"
            if self.extent(following) < min(FIRST, self.extent(last)):
                return f"ends in a Hopf point near {self.over} = {following.at[-1]:.6g}"
        return f"left{self.where}: {_STEPS} steps are done"

    def extent(self, cycle: _Closed) -> float:
        return float((cycle.high - cycle.low).max()) / self.size

    def jumps(self, one: _Closed, other: _Closed) -> bool:
        """Whether the second is no neighbour of the first, but a cycle of another family."""
        away = max(np.abs(one.low - other.low).max(), np.abs(one.high - other.high).max()) / self.size
        return bool(away > max(0.2, self.extent(one)))

    def fold(self, one: _Closed, other: _Closed, step: float) -> None:
        """The cycle at which the parameter turns, between two: by the secant of its slope along the family."""
        tip, share = other, 0.0
        for _ in range(3):
            slope = one.tangent[-1]
            new = step * slope / (slope - tip.tangent[-1]) if share == 0 else share * slope / (slope - tip.tangent[-1])
            if not 0 < new < step:
                break
            nearer = self.closed(one.at, one.tangent, new)
            if nearer is None:
                break
            tip, share = nearer, new
        if share:
            self.found.append(tip)
        self.folds.append(float(tip.at[-1]))

    def scaled(self, change: Array, T: float) -> Array:
        """A change of (x, T, p) in the unit of the arclength."""
        n = len(change) - 2
        return np.concatenate([change[:n] / self.size, [_PERIOD * change[n] / T, change[-1] / self.shooting.width]])

    def closed(self, start: Array, tangent: Array, step: float) -> _Closed | None:
        """The closed orbit in the plane across the tangent, a step along it; ``None`` where Newton does not lead."""
        n = len(start) - 2
        units = np.concatenate([np.full(n, self.size), [start[n] / _PERIOD, self.shooting.width]])
        guess = start + step * tangent * units
        at = guess
        across = replace(self.shooting.flow, parameters=(float(at[-1]),)).velocity(at[:n])
        if not np.linalg.norm(across) > 0:
            return None
        across = across / np.linalg.norm(across)
        for _ in range(6):
            if not guess[n] / 3 < at[n] < 3 * guess[n]:
                return None
            end, M, by_p, low, high = self.shooting.orbit(at)
            velocity = replace(self.shooting.flow, parameters=(float(at[-1]),)).velocity(end)
            rows = np.column_stack([M - np.eye(n), velocity, by_p])
            gap = end - at[:n]
            plane = np.concatenate([across, [0.0, 0.0]])
            residue = np.concatenate([gap, [across @ (at - guess)[:n], tangent @ ((at - guess) / units)]])
            matrix = np.vstack([rows * units, plane * units / self.size, tangent])
            try:
                change = np.linalg.solve(matrix, np.column_stack([-residue, np.eye(n + 2)[:, -1]]))
            except np.linalg.LinAlgError:
                return None
            move, direction = change[:, 0], change[:, 1]
            if np.abs(gap).max() < CLOSED * self.size * FIRST and np.abs(move).max() < 1e-3 * max(step, FIRST):
                largest = max((abs(m) for m in other_multipliers(M)), default=0.0)
                stable = None if abs(largest - 1) < 1e-5 else bool(largest < 1)
                return _Closed(at, low, high, direction / np.linalg.norm(direction), stable)
            at = at + move * units
        return None
