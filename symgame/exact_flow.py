"""The flow of a piecewise-linear circuit over a time, in balls: where the solution is, with a bound of its error.

Inside one choice of pieces the flow is ``e^(A t)``, which FLINT encloses. That a solution stays on its pieces is shown
by the chord of every total input: it lies within ``t^2/8 max |z''|`` of the input. A step over which that is not shown
is cut in half, until the solution of the old pieces errs by little, and that error is added to the bound. All solutions
that start within a radius of a point are followed with it: by ``|e^(A t)|`` while they share its pieces, and else by
``e^(N t)``, where N bounds the growth of distances whatever the slopes: ``D+ |d| <= N |d|``, off-diagonal entries >= 0.

Source: T. Strom, SIAM J. Numer. Anal. 12 (1975) 741 (logarithmic norms and differential inequalities); Walter,
Differential and Integral Inequalities (1970), ch. II.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property

import flint
import numpy as np
from numpy.typing import NDArray

from symgame.cells import System
from symgame.errors import Unsupported

Array = NDArray[np.float64]
BITS = 128
#: Sums of products of nonnegative doubles err by far less than this factor.
UP = 1 + 1e-12
_DEPTH = 60
_GROWTH = 1.1  # of distances in one step near a kink; more is cut in half, so that less of it is near
_MOST_STEPS = 4_096  # exponentials that are kept
_MOST_PARTS = 16_384  # into which one time may be cut


@contextmanager
def precise() -> Iterator[None]:
    """The precision of balls in which flows are computed."""
    before = flint.ctx.prec
    flint.ctx.prec = BITS
    try:
        yield
    finally:
        flint.ctx.prec = before


@dataclass(frozen=True, eq=False)
class Reached:
    """Where a solution is after a time: its ``state``, a column of balls with 1 below, and the ``radius`` around it in
    which all solutions from the starting radius are.

    ``places`` are the pieces that it, and all of these, stayed on; ``None`` when they did not all stay on the same.
    """

    state: flint.arb_mat
    radius: Array
    places: tuple[int, ...] | None


@dataclass(frozen=True, eq=False)
class _Step:
    """What one choice of pieces and one time share: the exponential, its modulus, bounds of growth until then, and the
    ends of the pieces."""

    exponential: flint.arb_mat
    modulus: Array
    growth: Array
    comparison: Array
    lower: Array
    upper: Array


@dataclass(frozen=True, eq=False)
class Flow:
    """``tau x' = -x + phi(W x + u)``, or with ``voltage`` ``tau v' = -v + W phi(v) + u``, in fractions.

    >>> from symgame.cells import Line
    >>> relu = (Line(None, Fraction(0), Fraction(0), Fraction(0), (False, True)),
    ...         Line(Fraction(0), None, Fraction(1), Fraction(0), (False, False)))
    >>> flow = Flow(System(((Fraction(1, 2),),), (Fraction(1),), (relu,)), (Fraction(2),))
    >>> with precise():
    ...     reached = flow.advanced(flow.point([Fraction(0)]), np.zeros(1), Fraction(4))
    ...     print(reached.state[0, 0].str(12, radius=False), reached.places)  # 2 (1 - 1/e)
    1.26424111766 (1,)
    """

    system: System
    tau: tuple[Fraction, ...]
    voltage: bool = False
    _steps: dict[tuple[tuple[int, ...], Fraction], _Step] = field(init=False, repr=False, default_factory=dict)
    _grown: dict[Fraction, Array] = field(init=False, repr=False, default_factory=dict)
    _parts: list[int] = field(init=False, repr=False, default_factory=lambda: [0])
    _cells: dict[tuple[int, ...], tuple[flint.fmpq_mat, Array, Array]] = field(
        init=False, repr=False, default_factory=dict
    )

    @property
    def n(self) -> int:
        return self.system.n

    @cached_property
    def _W(self) -> Array:
        return np.array([[float(w) for w in row] for row in self.system.W])

    @cached_property
    def gates(self) -> Array:
        """The rows of what phi is applied to, in the state: total inputs ``gates x + offsets``."""
        return np.eye(self.n) if self.voltage else self._W

    @cached_property
    def _sizes(self) -> Array:
        return np.abs(self.gates)

    @cached_property
    def offsets(self) -> Array:
        return np.zeros(self.n) if self.voltage else np.array([float(v) for v in self.system.u])

    @cached_property
    def knots(self) -> Array:
        """The ends between pieces by population, from left to right, infinite where there are fewer."""
        rows = self.system.pieces
        width = max(len(row) for row in rows)
        ends = [[_float(p.upper, np.inf) for p in row[:-1]] + [np.inf] * (width - len(row)) for row in rows]
        return np.array(ends).reshape(self.n, width - 1)

    @cached_property
    def _lines(self) -> tuple[Array, Array]:
        """Slopes and intercepts by population and piece, 0 where there are fewer."""
        filled = [row + (None,) * (self.knots.shape[1] + 1 - len(row)) for row in self.system.pieces]
        slopes = [[0.0 if p is None else float(p.slope) for p in row] for row in filled]
        return np.array(slopes), np.array([[0.0 if p is None else float(p.intercept) for p in row] for row in filled])

    @cached_property
    def turn(self) -> Array:
        """The largest change of slope of each phi."""
        slopes = [[float(p.slope) for p in row] for row in self.system.pieces]
        return np.array([max(row) - min(row) for row in slopes])

    @cached_property
    def comparison(self) -> Array:
        """N, with ``D+ |d| <= N |d|`` for the distance of any two solutions."""
        slopes = [[float(p.slope) for p in row] for row in self.system.pieces]
        steepest = np.array([max(row) for row in slopes])
        pull = np.abs(self._W) * (steepest[None, :] if self.voltage else steepest[:, None])
        np.fill_diagonal(pull, [max(s * self._W[i, i] for s in slopes[i]) - 1 for i in range(self.n)])
        return np.asarray(pull / self._tau[:, None])

    @cached_property
    def leak(self) -> Array:
        """How much of an error of each phi gets into each ``x'``."""
        return np.asarray((np.abs(self._W) if self.voltage else np.eye(self.n)) / self._tau[:, None])

    @cached_property
    def _tau(self) -> Array:
        return np.array([float(t) for t in self.tau])

    def point(self, x: Sequence[Fraction]) -> flint.arb_mat:
        """A state as a column of balls, 1 below."""
        return flint.arb_mat([[flint.arb(flint.fmpq(v.numerator, v.denominator))] for v in (*x, Fraction(1))])

    def places(self, totals: Array) -> tuple[int, ...]:
        """The pieces on which total inputs lie."""
        return tuple((totals[:, None] > self.knots).sum(axis=1).tolist())

    def totals(self, x: Array) -> Array:
        """The total inputs at a state: what phi is applied to."""
        return np.asarray(self.gates @ x + self.offsets)

    def field_of(self, places: tuple[int, ...]) -> tuple[flint.fmpq_mat, Array, Array]:
        """``x' = A x + b`` on those pieces: exactly, as one matrix with a row of zeros below, and in doubles."""
        found = self._cells.get(places)
        if found is None:
            n, (W, u) = self.n, (self.system.W, self.system.u)
            chosen = [row[k] for row, k in zip(self.system.pieces, places, strict=True)]
            rows = []
            for i in range(n):
                if self.voltage:
                    row = [W[i][j] * p.slope for j, p in enumerate(chosen)]
                    right = u[i] + sum((W[i][j] * p.intercept for j, p in enumerate(chosen)), Fraction(0))
                else:
                    row = [w * chosen[i].slope for w in W[i]]
                    right = u[i] * chosen[i].slope + chosen[i].intercept
                row[i] -= 1
                rows.append([v / self.tau[i] for v in (*row, right)])
            rows.append([Fraction(0)] * (n + 1))
            doubles = np.array([[float(v) for v in row] for row in rows[:n]])
            exact = flint.fmpq_mat([[flint.fmpq(v.numerator, v.denominator) for v in row] for row in rows])
            found = self._cells[places] = (exact, doubles[:, :n].copy(), doubles[:, n].copy())
        return found

    def exponential(self, places: tuple[int, ...], h: Fraction) -> flint.arb_mat:
        """The flow over a time h on those pieces, a matrix that acts on states with 1 below."""
        matrix, _, _ = self.field_of(places)
        return flint.arb_mat(matrix * flint.fmpq(h.numerator, h.denominator)).exp()

    def _step(self, places: tuple[int, ...], h: Fraction) -> _Step:
        found = self._steps.get((places, h))
        if found is None:
            if len(self._steps) >= _MOST_STEPS:
                self._steps.clear()
            exponential = self.exponential(places, h)
            A = np.abs(self.field_of(places)[1])
            inner = self.field_of(places)[1]
            np.fill_diagonal(A, np.maximum(np.diag(inner), 0))
            infinite = np.full((self.n, 1), np.inf)
            ends = np.hstack([-infinite, self.knots, infinite])
            rows, at = np.arange(self.n), np.array(places)
            found = self._steps[places, h] = _Step(
                exponential,
                modulus(exponential),
                _expm(A, h),
                _expm(self.comparison, h),
                ends[rows, at],
                ends[rows, at + 1],
            )
        return found

    def advanced(self, state: flint.arb_mat, radius: Array, h: Fraction) -> Reached:
        """Where the solution through ``state`` is after a time h, and every one that starts within ``radius`` of it.

        Raises :class:`~symgame.errors.Unsupported` for a time so long that it falls into too many parts.
        """
        self._parts[:] = [0]
        return self._advanced(state, radius, h, _DEPTH)

    def _advanced(self, state: flint.arb_mat, radius: Array, h: Fraction, depth: int) -> Reached:
        x = doubles(state)
        z = self.totals(x)
        places = self.places(z)
        step = self._step(places, h)
        there = step.exponential * state
        time = float(h)
        _, A, b = self.field_of(places)
        y = doubles(there)
        z_there = self.totals(y)
        size = self._sizes @ (np.abs(x) + np.abs(y)) + np.abs(self.offsets)
        slack = 1e-15 * (self.n + 4) * size
        bend = self._sizes @ (step.growth @ np.abs(A @ (A @ x + b))) * (time * time / 8) * UP + slack
        wide = self._sizes @ (step.growth @ radius) * UP
        lower, upper = step.lower, step.upper
        low, high = np.minimum(z, z_there) - bend, np.maximum(z, z_there) + bend
        if (low - wide >= lower).all() and (high + wide <= upper).all():
            return Reached(there, step.modulus @ radius * UP, places)
        beyond = np.maximum(np.maximum(lower - low, high - upper), 0)
        error = step.comparison @ (self.leak @ (self.turn * beyond)) * time * UP
        fine = max(1e-15 * float(max(size.max(), np.abs(x).max())), 1e-3 * float(radius.min()))
        small = float(step.comparison.sum(axis=1).max()) <= _GROWTH
        if depth == 0 or (small and float(error.max()) <= fine):
            return Reached(there, (step.comparison @ radius) * UP + error, None)
        self._parts[0] += 1
        if self._parts[0] > _MOST_PARTS:
            raise Unsupported(
                f"a time of {float(h * 2 ** (_DEPTH - depth)):.3g} between two samples is too long to be followed: it "
                f"falls into more than {_MOST_PARTS} parts; give samples in between"
            )
        first = self._advanced(state, radius, h / 2, depth - 1)
        second = self._advanced(first.state, first.radius, h / 2, depth - 1)
        same = first.places if first.places == second.places else None
        return Reached(second.state, second.radius, same)

    def speed(self, x: Sequence[Fraction], h: Fraction) -> Array:
        """A bound of ``|x'|`` until a time h, whatever pieces come: ``x'`` grows no faster than distances do."""
        grown = self._grown.get(h)
        if grown is None:
            free = self.comparison.copy()
            np.fill_diagonal(free, np.maximum(np.diag(free), 0))
            grown = self._grown[h] = _expm(free, h)
        states = np.array([[float(v) for v in x]])
        rounding = 1e-14 * (self.leak.sum(axis=1) * (self._sizes @ np.abs(states[0]) + np.abs(self.offsets)).max())
        return np.asarray(grown @ (np.abs(self.velocities(states)[0]) + rounding) * UP)

    def velocities(self, states: Array) -> Array:
        """``x'`` at many states (N, n), in doubles."""
        z = states @ self.gates.T + self.offsets
        places = (z[:, :, None] > self.knots[None]).sum(axis=2)
        slopes, levels = self._lines
        column = np.arange(self.n)
        fired = slopes[column, places] * z + levels[column, places]
        if self.voltage:
            fired = fired @ self._W.T + np.array([float(v) for v in self.system.u])
        return np.asarray((fired - states) / self._tau)

    def velocity(self, x: Sequence[Fraction]) -> tuple[Fraction, ...]:
        """``x'`` at a state, exactly."""
        W, u = self.system.W, self.system.u

        def applied(i: int, z: Fraction) -> Fraction:
            piece = next(p for p in self.system.pieces[i] if p.upper is None or z <= p.upper)
            return piece.value(z)

        def driven(i: int, by: Sequence[Fraction]) -> Fraction:
            return sum((w * v for w, v in zip(W[i], by, strict=True) if w and v), u[i])

        if self.voltage:
            fired = [applied(j, v) for j, v in enumerate(x)]
            return tuple((driven(i, fired) - v) / self.tau[i] for i, v in enumerate(x))
        return tuple((applied(i, driven(i, x)) - v) / self.tau[i] for i, v in enumerate(x))


def doubles(state: flint.arb_mat) -> Array:
    """The middle of a column of balls, without the 1 below."""
    return np.array([float(v) for v in state.entries()[:-1]])


def modulus(matrix: flint.arb_mat) -> Array:
    """Upper bounds of the entries, in modulus, without the last row and column."""
    n = matrix.nrows() - 1
    return np.array([[float(abs(matrix[i, j]).upper()) for j in range(n)] for i in range(n)]) * UP


def _expm(matrix: Array, h: Fraction) -> Array:
    """Upper bounds of the entries of ``e^(matrix h)``."""
    scaled = flint.arb_mat([[flint.arb(v) for v in row] for row in matrix.tolist()])
    answer = (scaled * flint.arb(flint.fmpq(h.numerator, h.denominator))).exp()
    return np.array([[float(abs(v).upper()) for v in row] for row in answer.tolist()]) * UP


def _float(value: Fraction | None, otherwise: float) -> float:
    return otherwise if value is None else float(value)
