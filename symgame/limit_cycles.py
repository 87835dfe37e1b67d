"""Limit cycles of the rate equations by integration, with period, extent and Floquet multipliers. All numerical.

A trajectory is followed until it nearly closes; Newton's method on ``flow(x, T) = x`` then makes it close, with the
derivative of the flow from the variational equation ``M' = J M``. Nothing here is a proof: that a cycle exists, and
that it is isolated, is what doubles say, with an error estimated from two tolerances of the integrator.

Source: E. Hairer, S. P. Nørsett and G. Wanner, Solving Ordinary Differential Equations I, 2nd ed., Springer 1993,
II.5 and II.10 (the integrator, of order 8); R. Seydel, Practical Bifurcation and Stability Analysis, 3rd ed., Springer
2010, chapter 7 (shooting, the monodromy matrix).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import sympy
from numpy.typing import NDArray
from sympy import Expr

from symgame.activation import Activation
from symgame.circuit import Circuit
from symgame.dynamics import total_inputs
from symgame.errors import NoCycle, Unsupported
from symgame.groups import neurons
from symgame.notation import exact, symbol
from symgame.pieces import Z
from symgame.stable_forms import stable_form, stable_slope

Array = NDArray[np.float64]

#: Relative tolerances of the integrator: while looking for a cycle, for a first value, for the value reported.
COARSE, CHECK, FINE = 1e-8, 1e-10, 1e-12
#: How long a trajectory is followed before the search gives up, in units of the longest time constant.
LONGEST = 5000.0
#: What moves by less than this, relative to the rates, next to an equilibrium that attracts, is at rest. An explicit
#: method never moves by much less than its tolerance.
REST = 100 * COARSE


@dataclass(frozen=True)
class LimitCycle:
    """One closed orbit, in the unit of the time constants; a number per population in the order of ``names``.

    ``point`` is a state on it. ``period_spread`` is how much five successive return times differ, ``closure`` how far
    ``point`` is from where it comes after one period, and ``error`` how much period, minima and maxima change when
    the tolerance of the integrator is a hundred times looser: the value reported is better than that, and no more is
    claimed. ``multipliers`` are those of Floquet without the trivial one, largest modulus first.
    """

    names: tuple[str, ...]
    period: float
    period_spread: float
    minima: tuple[float, ...]
    maxima: tuple[float, ...]
    multipliers: tuple[complex, ...]
    point: tuple[float, ...]
    closure: float
    error: float

    @property
    def amplitude(self) -> tuple[float, ...]:
        """Maximum minus minimum of each rate."""
        return tuple(high - low for low, high in zip(self.minima, self.maxima, strict=True))

    @property
    def stable(self) -> bool | None:
        """Whether all multipliers are inside the unit circle; ``None`` when doubles do not tell."""
        largest = max((abs(m) for m in self.multipliers), default=0.0)
        return None if abs(largest - 1) < 1e-7 else largest < 1


@dataclass(frozen=True)
class CycleBranch:
    """Cycles along one parameter: at each of ``values`` a cycle, or ``None`` with the reason in ``reasons``."""

    over: str
    values: tuple[Expr, ...]
    cycles: tuple[LimitCycle | None, ...]
    reasons: tuple[str, ...]


def limit_cycle(
    circuit: Circuit, start: Sequence[object] | None = None, *, backward: bool = False, longest: float = LONGEST
) -> LimitCycle:
    """The cycle that the trajectory from ``start`` (a rate per population) tends to; numerical.

    Without a start, trajectories begin next to unstable equilibria, at the answer to the inputs alone, and at the
    ends of the ranges, until one finds a cycle. ``backward`` reverses time, which makes the unstable cycles of a pair
    the attracting ones.

    Raises :class:`~symgame.errors.NoCycle` that says where the trajectories settle, or that they have neither settled
    nor closed after ``longest`` of the longest time constant; :class:`~symgame.errors.Unsupported` when symbols are
    left or the circuit is in the voltage form.

    >>> from symgame.kinds import activation
    >>> pair = Circuit.from_matrix([["2.4", -2], [2, 0]], names="EI", u=["0.5", 0], tau=[1, 1],
    ...                            activation=activation("logistic", gain=4, threshold=1))
    >>> cycle = limit_cycle(pair)
    >>> round(cycle.period, 8), [round(x, 8) for x in cycle.maxima], cycle.stable
    (5.6552632, [0.54517265, 0.44996171], True)
    >>> limit_cycle(pair.from_matrix([["1/2", -1], [1, 0]], u=[1, 0], tau=[1, 1]))
    Traceback (most recent call last):
    ...
    symgame.errors.NoCycle: no cycle found: the trajectories settle at x1 = 0.666667, x2 = 0.666667
    """
    flow = rate_flow(circuit, ())
    if start is not None:
        return _from(flow, _starting(flow, start), backward, longest)
    rests: dict[str, None] = {}
    others: list[str] = []
    for first in _starts(flow):
        try:
            return _from(flow, first, backward, longest)
        except _Settled as end:
            rests[_said(flow, end.state)] = None
        except NoCycle as end:
            others.append(str(end))
    if others:
        raise NoCycle(others[0])
    raise NoCycle(f"no cycle found: the trajectories settle at {'; '.join(rests)}")


def cycle_branch(
    circuit: Circuit, over: str, values: Sequence[object], start: Sequence[object] | None = None
) -> CycleBranch:
    """The cycle followed along one symbol of the circuit, from each value to the next; numerical.

    The first is found as :func:`limit_cycle` does; each following one by Newton's method from the one before, so that
    unstable cycles are followed too, and where that fails by integration from it. Small steps follow one family.

    >>> from symgame.kinds import activation
    >>> pair = Circuit.from_matrix([["w_EE", -2], [2, 0]], names="EI", u=["0.5", 0], tau=[1, 1],
    ...                            activation=activation("logistic", gain=4, threshold=1))
    >>> branch = cycle_branch(pair, "w_EE", ["2.4", "2.3", "1.5"])
    >>> [cycle and round(cycle.period, 6) for cycle in branch.cycles]
    [5.655263, 5.467684, None]
    """
    flow = rate_flow(circuit, (over,))
    exactly = tuple(exact(value, f"a value of {over}") for value in values)
    cycles: list[LimitCycle | None] = []
    reasons: list[str] = []
    last: LimitCycle | None = None
    for value in exactly:
        here = flow.at(circuit.with_values(**{over: value}), (value,))
        try:
            found = _next(here, last, start)
            cycles.append(found)
            reasons.append("")
            last = found
        except NoCycle as end:
            cycles.append(None)
            reasons.append(str(end))
    return CycleBranch(over, exactly, tuple(cycles), tuple(reasons))


# -- the flow in doubles ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class RateFlow:
    """The rate equations with numbers for all symbols but the ``parameters``, whose values are held apart."""

    circuit: Circuit
    tau: float
    compiled: Callable[..., list[float]]
    tangent: Callable[..., list[list[float]]]
    parameters: tuple[float, ...]

    def at(self, circuit: Circuit, values: Sequence[Expr]) -> RateFlow:
        """The same equations at other values of the parameters."""
        fixed = circuit.fixed()
        return RateFlow(fixed, _longest(fixed), self.compiled, self.tangent, tuple(float(v) for v in values))

    @property
    def names(self) -> tuple[str, ...]:
        return self.circuit.names

    def velocity(self, x: Array) -> Array:
        return np.array(self.compiled(*x.tolist(), *self.parameters))

    def jacobian(self, x: Array) -> Array:
        return np.array(self.tangent(*x.tolist(), *self.parameters))


def rate_flow(circuit: Circuit, over: tuple[str, ...]) -> RateFlow:
    if circuit.copies:
        circuit = neurons(circuit)
    if circuit.form != "rate":
        raise Unsupported("the circuit is in the voltage form: its flow is not one of rates, and has other cycles")
    for name in over:
        if name not in circuit.symbols and name not in dict(circuit.values):
            known = ", ".join(circuit.symbols) or "none: write one in the place of a number"
            raise Unsupported(f"there is no symbol {name!r} to follow a cycle along; the symbols are {known}")
    fixed = circuit.fixed(keep=over)
    missing = [name for name in fixed.symbols if name not in over]
    if missing:
        raise Unsupported(f"these symbols have no value: {', '.join(missing)}; an integration needs numbers")
    rates = [symbol(f"x_{name}") for name in fixed.names]
    totals = list(total_inputs(fixed))
    right, slopes = [], []
    for x, z, p in zip(rates, totals, fixed.populations, strict=True):
        right.append((stable_form(p.activation).xreplace({Z: z}) - x) / p.tau)
        slopes.append(_slope(p.activation).xreplace({Z: z}))
    n = len(rates)
    rows = [
        [(slopes[i] * fixed.entries[i][j] - int(i == j)) / fixed.populations[i].tau for j in range(n)] for i in range(n)
    ]
    arguments = [*rates, *(symbol(name) for name in over)]
    return RateFlow(
        fixed,
        1.0 if over else _longest(fixed),
        sympy.lambdify(arguments, right, modules="math", cse=True, dummify=True),
        sympy.lambdify(arguments, rows, modules="math", cse=True, dummify=True),
        (),
    )


def _longest(circuit: Circuit) -> float:
    return max(float(p.tau) for p in circuit.populations)


def _slope(activation: Activation) -> Expr:
    """phi' in Z; on a kink, that of the piece below, for the integrator needs one."""
    if activation.pieces is None:
        return stable_slope(activation)
    *inner, last = activation.pieces
    if not inner:
        return last.slope
    return sympy.Piecewise(*((p.slope, Z <= p.upper) for p in inner), (last.slope, True))


def integrated(f: Callable[[float, Array], Any], span: float, y: Array, tolerance: float, **options: Any) -> Any:
    """The initial value problem from 0 to ``span``, by Dormand and Prince's method of order 8."""
    from scipy.integrate import solve_ivp

    try:
        done = solve_ivp(f, (0.0, span), y, method="DOP853", rtol=tolerance, atol=tolerance * 1e-2, **options)
    except (OverflowError, ValueError) as error:  # a rate has left what doubles hold
        raise NoCycle(f"no cycle found: the integration breaks down ({error})") from None
    if not done.success or not np.all(np.isfinite(done.y)):
        raise NoCycle(f"no cycle found: the integration ends early ({done.message})")
    return done


# -- until a trajectory nearly closes ---------------------------------------------------------------------------------


class _Settled(NoCycle):
    """A trajectory that comes to rest."""

    def __init__(self, message: str, state: Array) -> None:
        super().__init__(message)
        self.state = state


def _said(flow: RateFlow, x: Array) -> str:
    return ", ".join(f"{name} = {float(v):.6g}" for name, v in zip(flow.names, x + 0.0, strict=True))


def _starting(flow: RateFlow, start: Sequence[object]) -> Array:
    rates = [float(exact(x, "a rate of the start")) for x in start]
    if len(rates) != len(flow.names):
        raise Unsupported(f"the start has {len(rates)} rates; the circuit has {len(flow.names)} populations")
    return np.array(rates)


def _from(flow: RateFlow, start: Array, backward: bool, longest: float) -> LimitCycle:
    """Window after window, until successive returns to a section agree to a part in a thousand and Newton closes."""
    sign = -1.0 if backward else 1.0
    y, window, elapsed = start, 20 * flow.tau, 0.0
    section: Callable[[float, Array], float] | None = None
    while elapsed < longest * flow.tau:
        done = integrated(lambda _, x: sign * flow.velocity(x), window, y, COARSE, events=section)
        elapsed += window
        y = done.y[:, -1]
        size = float(np.abs(y).max())
        if size > 1e6 * (1 + float(np.abs(start).max())):
            raise NoCycle("no cycle found: the trajectory grows without bound")
        low, high = done.y.min(axis=1), done.y.max(axis=1)
        extent = float((high - low).max())
        if extent <= REST * (1 + size) and np.linalg.eigvals(sign * flow.jacobian(y)).real.max() <= REST / flow.tau:
            raise _Settled(f"no cycle found: the trajectory settles at {_said(flow, y)}", y)
        returns = 0 if section is None else len(done.t_events[0])
        if returns > 1:
            for point, period in _nearly_closed(done.t_events[0], done.y_events[0], extent):
                found = _closed(flow, point, period)
                if found is not None and found.stable is not backward:
                    return found
                break
        if section is not None:
            window = min(2 * window, longest * flow.tau / 8)
        section = _section(int(np.argmax(high - low)), low, high)
    raise NoCycle(
        f"no cycle found: after {longest:g} of the longest time constant the trajectory has neither settled nor "
        f"closed, at {_said(flow, y)}; give another start, or a greater 'longest'"
    )


def _section(k: int, low: Array, high: Array) -> Callable[[float, Array], float]:
    """Upward crossings of the middle of the rate that varies most."""
    middle = float(low[k] + high[k]) / 2

    def crossed(_: float, x: Array) -> float:
        return float(x[k]) - middle

    crossed.direction = 1.0  # type: ignore[attr-defined]
    return crossed


def _nearly_closed(times: Array, states: Array, extent: float) -> Iterator[tuple[Array, float]]:
    """The last return, and the least number of returns after which it nearly repeats."""
    for back in range(1, min(5, len(times))):
        if float(np.abs(states[-1] - states[-1 - back]).max()) <= 1e-3 * extent:
            yield states[-1], float(times[-1] - times[-1 - back])


def _starts(flow: RateFlow) -> Iterator[Array]:
    """Next to unstable equilibria (found in doubles), the answer to the inputs alone, and the corners of the ranges."""
    from scipy.optimize import root

    n = len(flow.names)
    silent = flow.velocity(np.zeros(n)) * np.array([float(p.tau) for p in flow.circuit.populations])
    ends = []
    for p, answer in zip(flow.circuit.populations, silent, strict=True):
        low, high = p.activation.domain.start, p.activation.domain.end
        reach = 1 + 2 * abs(float(answer))
        ends.append((float(low) if low.is_finite else -reach, float(high) if high.is_finite else reach))
    box = np.array(ends)
    corners = np.array(np.meshgrid(*box)).reshape(n, -1).T if n <= 3 else box.T
    middle = box.mean(axis=1)
    inner = np.array(np.meshgrid(*(np.linspace(a, b, 7)[1:-1] for a, b in box))).reshape(n, -1).T if n <= 2 else corners
    rests: list[Array] = []
    for guess in (silent, middle, *inner):
        found = root(flow.velocity, guess, jac=flow.jacobian, method="hybr")
        if found.success and all(np.abs(found.x - x).max() > 1e-6 for x in rests):
            rests.append(found.x)
    for x in rests:
        if np.linalg.eigvals(flow.jacobian(x)).real.max() > 0:
            yield x + 1e-3 * (box[:, 1] - box[:, 0]) / np.arange(1, n + 1)
    yield silent
    yield from corners


# -- until it closes --------------------------------------------------------------------------------------------------


def _next(flow: RateFlow, last: LimitCycle | None, start: Sequence[object] | None) -> LimitCycle:
    """The cycle at the next value of a parameter."""
    if last is None:
        return limit_cycle(flow.circuit, start)
    near = np.array(last.point)
    try:
        found = _closed(flow, near, last.period)
    except NoCycle:
        found = None
    return _from(flow, near, False, LONGEST) if found is None else found


def _closed(flow: RateFlow, point: Array, period: float) -> LimitCycle | None:
    """The cycle next to a point that nearly returns; ``None`` when Newton leads nowhere, or to an equilibrium."""
    first = _shot(flow, point, period, CHECK)
    second = None if first is None else _shot(flow, first[0], first[1], FINE)
    if first is None or second is None:
        return None
    x, T, M, closure = second
    unstable = bool(np.abs(other_multipliers(M)).max(initial=0.0) > 1)
    rough = _extent(flow, first[0], first[1], CHECK, unstable)
    low, high, spread = _extent(flow, x, T, FINE, unstable)
    if float((high - low).max()) <= 1e-6 * (1 + float(np.abs(x).max())):
        return None
    changes = [abs(T - first[1]), *np.abs(low - rough[0]), *np.abs(high - rough[1])]
    return LimitCycle(
        names=flow.names,
        period=T,
        period_spread=spread,
        minima=tuple(float(v) for v in low),
        maxima=tuple(float(v) for v in high),
        multipliers=tuple(complex(m) for m in other_multipliers(M)),
        point=tuple(float(v) for v in x),
        closure=closure,
        error=float(max(changes)),
    )


def _shot(flow: RateFlow, point: Array, period: float, tolerance: float) -> tuple[Array, float, Array, float] | None:
    """Newton's method on ``flow(x, T) = x``, with x in the plane across the flow at the first point."""
    n = len(point)
    across = flow.velocity(point)
    across = across / np.linalg.norm(across)
    x, T = point.copy(), period

    def extended(_: float, y: Array) -> Array:
        return np.concatenate([flow.velocity(y[:n]), (flow.jacobian(y[:n]) @ y[n:].reshape(n, n)).ravel()])

    enough = 100 * tolerance * (1 + float(np.abs(point).max()))
    best: tuple[Array, float, Array, float] | None = None
    for _ in range(15):
        end = integrated(extended, T, np.concatenate([x, np.eye(n).ravel()]), tolerance).y[:, -1]
        M, gap = end[n:].reshape(n, n), end[:n] - x
        closure = float(np.abs(gap).max())
        if best is not None and closure >= best[3] and best[3] <= enough:
            break
        # Near a Hopf point a small gap may be far from the cycle, and grows in the first steps towards it.
        best = (x, T, M, closure) if best is None or closure < best[3] else best
        matrix = np.block([[M - np.eye(n), flow.velocity(end[:n])[:, None]], [across[None, :], np.zeros((1, 1))]])
        try:
            step = np.linalg.solve(matrix, -np.append(gap, across @ (x - point)))
        except np.linalg.LinAlgError:
            return None
        x, T = x + step[:n], T + float(step[n])
        if not 0.5 * period < T < 2 * period:
            return None
    return best if best is not None and best[3] <= enough else None


def other_multipliers(M: Array) -> Array:
    """The eigenvalues of the monodromy matrix but the one next to 1; of a pair, its determinant."""
    if len(M) == 2:
        return np.array([np.linalg.det(M)])
    values = np.linalg.eigvals(M)
    others = np.delete(values, int(np.argmin(np.abs(values - 1))))
    return np.asarray(others[np.lexsort((-others.imag, -others.real, -np.abs(others)))])


def _extent(flow: RateFlow, x: Array, T: float, tolerance: float, unstable: bool) -> tuple[Array, Array, float]:
    """Minima and maxima over one period, where velocities vanish, and the spread of five return times.

    Next to an unstable cycle time runs backward, so that the trajectory stays on it.
    """
    sign = -1.0 if unstable else 1.0
    across = sign * flow.velocity(x)
    events: list[Callable[[float, Array], float]] = [
        lambda _, y, k=k: float(flow.velocity(y)[k])  # type: ignore[misc]
        for k in range(len(x))
    ]

    def returned(_: float, y: Array) -> float:
        return float(across @ (y - x))

    returned.direction = 1.0  # type: ignore[attr-defined]
    done = integrated(
        lambda _, y: sign * flow.velocity(y), 5.5 * T, x, tolerance, events=[*events, returned], max_step=T / 60
    )
    first = [x] + [y for k in range(len(x)) for t, y in zip(done.t_events[k], done.y_events[k], strict=True) if t <= T]
    states = np.array(first)
    low, high = states.min(axis=0), states.max(axis=0)
    near = [
        float(t)
        for t, y in zip(done.t_events[-1], done.y_events[-1], strict=True)
        if t > T / 2 and np.abs(y - x).max() <= 1e-3 * float((high - low).max())
    ]
    periods = np.diff(near) if len(near) > 2 else np.array([T])
    return low, high, float(periods.max() - periods.min())
