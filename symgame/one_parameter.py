"""One-parameter diagrams of a pair: arcs of equilibria with one verdict each, and every point between them.

On an arc nothing changes: stability, type and Nash class are decided at one point of it, by balls, and their
conditions have no zero on the arc, which is how its ends were found. Arcs and points are of the equations, exactly; the
places along an arc are doubles, for a picture.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property
from itertools import pairwise
from math import ceil

import numpy as np
import sympy
from flint import arb

from symgame.balls import ball_function, precision
from symgame.circuit import Circuit
from symgame.curve_zeros import BUDGET, GivenUp, Searches
from symgame.equilibrium_curves import Crossing, Curves, EquilibriumCurve, equilibrium_curves
from symgame.errors import Unsupported
from symgame.floating import Array
from symgame.groups import neurons
from symgame.notation import exact
from symgame.pair_equations import Pair, pair_over
from symgame.window_bounds import FAR, FARTHEST, resolved

#: The types of points, in the order of a list of equal parameters.
TYPES = {
    "fold": "fold",
    "hopf": "Hopf",
    "transcritical": "transcritical",
    "pitchfork": "pitchfork",
    "branch": "branch point",
    "neutral": "neutral saddle",
    "node-focus": "node-focus",
    "nash": "change of Nash class",
}
#: The default window of a weight ends where the mean slope 1/20 of the steepest would do for a switch.
_SWITCHES = 20
#: How far total inputs are searched, with how many bits, until these tell all rates from the ends of their range.
_PRECISIONS = ((FARTHEST, 192), (FARTHEST, 768), (FARTHEST, 3_072), (FAR, 768), (FAR, 3_072), (FAR, 12_288))


@dataclass(frozen=True, eq=False)
class SpecialPoint:
    """A point of a diagram, in balls: ``over`` is the parameter, ``rates`` the state.

    ``type`` is a key of :data:`TYPES`. ``omega`` is the angular frequency of a Hopf point in radians per unit of the
    time constants. ``population`` says whose own energy loses its minimum at a point of type "nash"; for the excitatory
    population of an E-I pair this is also where it becomes unstable alone: inhibition-stabilised from there on.
    """

    type: str
    names: tuple[str, str]
    over: arb
    rates: tuple[arb, arb]
    omega: arb | None = None
    population: str | None = None

    @property
    def value(self) -> float:
        """The parameter as a double."""
        return float(self.over.mid())

    @property
    def state(self) -> dict[str, float]:
        """The rates as doubles."""
        return {name: _double(rate) for name, rate in zip(self.names, self.rates, strict=True)}

    @property
    def radius(self) -> float:
        """A bound of the errors of the parameter and the rates, before they are rounded to doubles."""
        return float(max((float(ball.rad()) for ball in (self.over, *self.rates)), default=0.0))

    def __repr__(self) -> str:
        state = ", ".join(f"{name} = {rate:.6g}" for name, rate in self.state.items())
        also = f", omega = {float(self.omega.mid()):.6g}" if self.omega is not None else ""
        whose = f" of {self.population}" if self.population else ""
        return f"<{TYPES[self.type]}{whose} at {self.value:.10g}: {state}{also}>"


@dataclass(frozen=True, eq=False)
class Arc:
    """Equilibria on which nothing changes: ``over`` (m,) and ``rates`` (m, 2) are doubles along it.

    ``type`` is "node", "focus" or "saddle"; ``nash`` is "local" or "stationary" (some population is at a maximum of its
    own energy). ``ends`` are the types of the points at its ends; "window" where it only leaves the window, and
    "threshold" where a population falls silent and another arc begins. The parameter is strictly monotone on an arc,
    unless ``fixed``: then the state is the same all along.
    """

    over: Array
    rates: Array
    stable: bool
    type: str
    nash: str
    ends: tuple[str, str]
    fixed: bool
    curve: int


@dataclass(frozen=True, eq=False)
class Cycles:
    """A family of limit cycles, by integration: ``minima`` and ``maxima`` (m, 2) of the rates, periods, and whether
    each is stable (``None``: not decided), in the order of the family, which turns at ``folds``, values of the
    parameter. ``end`` says where the family was left, and why. Numerical."""

    over: Array
    minima: Array
    maxima: Array
    periods: Array
    stable: tuple[bool | None, ...]
    folds: tuple[float, ...] = ()
    end: str = ""


@dataclass(frozen=True, eq=False)
class Diagram:
    """Every equilibrium of a pair over one parameter, for its values in ``window``.

    ``complete`` says that arcs and points are all, and that each was proved; if not, ``doubts`` say what is open.
    ``chosen`` says that the window was asked for, and is no default: a picture shows all of it.
    """

    circuit: Circuit
    over: str
    window: tuple[Fraction, Fraction]
    arcs: tuple[Arc, ...]
    points: tuple[SpecialPoint, ...]
    doubts: tuple[str, ...] = field(default=())
    cycles: tuple[Cycles, ...] = field(default=())
    chosen: bool = False

    @property
    def complete(self) -> bool:
        return not self.doubts

    def count(self, value: float) -> int:
        """The number of equilibria at a value of the parameter that is no special point's."""
        return sum(bool(arc.over.min() < value < arc.over.max()) for arc in self.arcs)

    def of_type(self, type: str) -> tuple[SpecialPoint, ...]:
        """The points of one type."""
        return tuple(point for point in self.points if point.type == type)


def diagram(circuit: Circuit, over: str, between: tuple[object, object] | None = None) -> Diagram:
    """The equilibria of a pair with numbers over the parameter ``over``, for its values in ``between``.

    The window ends are exact numbers; by default those of :func:`default_window`.

    Raises :class:`~symgame.errors.Unsupported` for other circuits, see
    :func:`~symgame.equilibrium_curves.pair_over`, and for a window outside the domain.

    >>> from symgame.circuit import Circuit
    >>> from symgame.kinds import activation
    >>> logistic = activation("logistic", gain=4, threshold=1)
    >>> pair = Circuit.from_matrix([["w_EE", -2], [2, 0]], names="EI", types=["excitatory", "inhibitory"],
    ...     u=["1/2", 0], tau=[1, 1], activation=logistic)
    >>> found = diagram(pair, "w_EE", (0, 5))
    >>> found.complete, [(p.type, round(p.value, 6)) for p in found.points if p.type in ("fold", "hopf")]
    (True, [('hopf', 2.242348), ('fold', 3.300906), ('fold', 3.394167)])
    """
    pair = pair_over(neurons(circuit.fixed(keep=(over,))), over)
    window = _window(pair, between)
    low, high = (sympy.Rational(v.numerator, v.denominator) for v in window)
    for farthest, bits in _PRECISIONS:
        with precision(bits):
            ends = [ball_function(v)() for v in (low, high)]
            if resolved(pair, ends[0].lower(), ends[1].upper(), farthest):
                functions = sum(len(a.phi.atoms(sympy.Function)) for a in pair.activations)
                searches = Searches(BUDGET / max(functions, 1))
                curves = equilibrium_curves(pair, ends[0].lower(), ends[1].upper(), farthest, searches)
                return replace(_drawn(pair, window, curves, searches), chosen=between is not None)
    raise Unsupported(f"an activation is too steep for total inputs up to {FAR}: choose a smaller window of {over}")


# -- the window -------------------------------------------------------------------------------------------------------


def _window(pair: Pair, between: tuple[object, object] | None) -> tuple[Fraction, Fraction]:
    positive = _lowest(pair)
    if between is None:
        return default_window(pair)
    ends = [exact(v, f"an end of the window of {pair.over}") for v in between]
    if not all(v.is_Rational for v in ends) or len(ends) != 2 or not ends[0] < ends[1]:
        raise Unsupported(f"a window of {pair.over} is two exact numbers, the smaller first")
    if positive is not None and (ends[0] < 0 or (positive and ends[0] == 0)):
        raise Unsupported(
            f"{pair.over} is {'> 0' if positive else '>= 0'} in this circuit: begin the window at "
            f"{'a positive number' if positive else '0 or above'}"
        )
    first, last = (Fraction(int(v.p), int(v.q)) for v in ends)
    return first, last


def _lowest(pair: Pair) -> bool | None:
    """``True`` if the parameter is > 0, ``False`` if it is >= 0, ``None`` if it has no sign."""
    from symgame.algebra import algebra

    sign = algebra(pair.circuit).domain.signs.get(pair.over.name)
    return None if sign is None else sign == ">"


def default_window(pair: Pair) -> tuple[Fraction, Fraction]:
    """A window by rule, from the numbers of the circuit alone.

    A weight goes to twice the largest weight, and at least to 20 times the inverse of the steepest slope of the
    population that receives it; an input to where the weights saturate it; a time constant, a gain or a height over a
    factor of 20 both ways. Parameters without a sign have a window about 0.
    """
    positive = _lowest(pair)
    p = pair.over
    numbers = [abs(e) for row in pair.W for e in row if not e.has(p)]
    if pair.r is None:
        scale = max((t for t in pair.tau if not t.has(p)), default=sympy.Integer(1))
        return _rounded(scale / 20), _rounded(20 * scale)
    activation = pair.activations[pair.r]
    steepest = activation.lipschitz
    if p in activation.free_symbols and positive:
        return Fraction(1, 10), Fraction(20)
    if steepest.has(p) or not steepest.is_number or steepest in (sympy.oo, 0):
        steepest = sympy.Integer(1)
    if any(e.has(p) for row in pair.W for e in row):
        far = max(2 * max(numbers, default=sympy.Integer(0)), _SWITCHES / steepest)
    else:
        far = sum(numbers, _SWITCHES / steepest)
    top = Fraction(ceil(far))
    return (Fraction(0) if positive is not None else -top), top


def _rounded(value: sympy.Expr) -> Fraction:
    return Fraction(int(value.p), int(value.q))


# -- arcs and points --------------------------------------------------------------------------------------------------


def _drawn(pair: Pair, window: tuple[Fraction, Fraction], curves: Curves, searches: Searches) -> Diagram:
    arcs: list[Arc] = []
    points: list[SpecialPoint] = []
    doubts = list(curves.doubts)
    scale = _Scale(window)
    met = [c for curve in curves.curves for c in curve.crossings]
    for k, curve in enumerate(curves.curves):
        seen = _Seen(pair, curve, k, met, scale, searches)
        for part in curve.parts:
            try:
                arcs += seen.arcs(part)
            except GivenUp:
                doubts.append(_left_out(pair, curve, part))
        points += seen.points
        doubts += seen.doubts
    order = {name: place for place, name in enumerate(TYPES)}
    points.sort(key=lambda p: (p.value, order[p.type], tuple(p.state.values())))
    return Diagram(pair.circuit, pair.over.name, window, tuple(arcs), tuple(points), tuple(dict.fromkeys(doubts)))


def _left_out(pair: Pair, curve: EquilibriumCurve, part: tuple[arb, arb]) -> str:
    a, b = sorted(float(curve.parameter(t).mid()) + 0.0 for t in part)
    return (
        f"the equilibria on a curve that ends at {pair.over} = {a:.6g} and {b:.6g} are left out: the search for the "
        f"points on it spent its budget; choose a smaller window or gain"
    )


@dataclass(frozen=True)
class _Scale:
    """When two neighbouring places of an arc are near enough in a picture."""

    window: tuple[Fraction, Fraction]

    def near(self, a: tuple[float, ...], b: tuple[float, ...]) -> bool:
        width = float(self.window[1] - self.window[0])
        return abs(a[0] - b[0]) < 0.01 * width and max(abs(x - y) for x, y in zip(a[1:], b[1:], strict=True)) < 0.01


@dataclass(eq=False)
class _Seen:
    """What is seen along one curve: filled part by part."""

    pair: Pair
    curve: EquilibriumCurve
    place: int
    met: list[Crossing]
    scale: _Scale
    searches: Searches
    points: list[SpecialPoint] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)

    @cached_property
    def names(self) -> tuple[str, str]:
        first, second = self.pair.circuit.names
        return first, second

    @cached_property
    def tests(self) -> dict[str, tuple[Callable[[arb], arb], Callable[[arb], arb]]]:
        """The functions whose zeros end an arc, with their slopes: ``det``, ``trace``, ``disc``, and one for each
        population that may be at a maximum of its own energy."""
        wanted = dict(self.curve.conditions)
        for i, name in enumerate(self.names):
            own = self.curve.W[i][i]
            if self.curve.concavity(i) == 0:
                continue  # a slope 1/W_ii all along: its own energy is constant, and no other rate is better
            if own.has(self.pair.over) or own > 0:
                wanted[f"nash {name}"] = self.curve.concavity(i)
        return {name: (self.curve.along(e), self.curve.slope_along(e)) for name, e in wanted.items()}

    def arcs(self, part: tuple[arb, arb]) -> Iterator[Arc]:
        """The arcs of one part of the curve; the points between them are kept."""
        crossings = [c for c in self.curve.crossings if c.at > part[0] and c.at < part[1]]
        edges = [part[0], *(end for c in crossings for end in c.around), part[1]]
        cuts: list[tuple[arb, str]] = [(c.at, c.kind) for c in crossings]
        for c in crossings:
            self._keep(c.kind, c.at)
        for low, high in zip(edges[::2], edges[1::2], strict=True):
            if low < high:
                cuts += self._cuts(low, high)
        cuts.sort(key=lambda cut: float(cut[0].mid()))
        ends = [(part[0], self._edge(part[0])), *cuts, (part[1], self._edge(part[1]))]
        for (a, first), (b, last) in pairwise(ends):
            verdict = self._verdict(((a.upper() + b.lower()) / 2).mid())
            if verdict is not None:
                over, rates = self._places(a, b)
                yield Arc(over, rates, *verdict, (first, last), self.curve.fixed, self.place)

    def _edge(self, t: arb) -> str:
        """What ends a part: the window, or a threshold where another stretch begins."""
        low, high = (float(v) for v in self.scale.window)
        p = float(self.curve.parameter(t).mid())
        return "window" if min(abs(p - low), abs(p - high)) < 1e-9 * (high - low) else "threshold"

    def _cuts(self, low: arb, high: arb) -> Iterator[tuple[arb, str]]:
        folds: list[arb] = []
        for name, (f, slope) in self.tests.items():
            found = self.searches.zeros(f, slope, (low, high))
            if found.open:
                at = ", ".join(str(self.curve.parameter(t.mid()).mid().str(6, radius=False)) for t in found.open[:3])
                self.doubts.append(f"whether {name} has a zero near {self.pair.over} = {at} was not decided")
            for t in found.zeros:
                kind = self._kind(name, t)
                if name == "det":
                    folds.append(t)
                elif "disc" not in self.tests and name.startswith("nash") and any(t.overlaps(fold) for fold in folds):
                    continue  # no loop: det is the product of the concavities, and this zero is its own
                if kind:
                    yield t, kind

    def _kind(self, name: str, t: arb) -> str:
        """The type of a zero, kept as a point; ``""`` if it is kept already, as the crossing of two curves."""
        if name == "det":
            if self.curve.fixed:
                over = self.curve.parameter(t)
                for crossing in self.met:
                    if crossing.over.overlaps(over):
                        return crossing.kind  # the point is kept with the curve that moves
            return self._keep("branch" if self.curve.fixed else "fold", t)
        if name == "trace":
            det = self.tests["det"][0](t)
            if det.contains(0):
                self.doubts.append("a zero of the trace lies too near to a zero of det")
                return ""
            return self._keep("hopf" if det > 0 else "neutral", t)
        if name == "disc":
            return self._keep("node-focus", t)
        return self._keep("nash", t, name.removeprefix("nash "))

    def _keep(self, kind: str, t: arb, population: str | None = None) -> str:
        first, second = self.curve.state
        over = self.curve.parameter(t)
        omega = None
        if kind == "hopf":
            tau = [ball_function(e, self.pair.over)(over) for e in self.pair.tau]
            omega = (self.tests["det"][0](t) / (tau[0] * tau[1])).sqrt()
        self.points.append(SpecialPoint(kind, self.names, over, (first(t), second(t)), omega, population))
        return kind

    def _verdict(self, t: arb) -> tuple[bool, str, str] | None:
        """Stability, type and Nash class at one place, by the signs of balls."""
        values = {name: f(t) for name, (f, _) in self.tests.items()}
        if any(value.contains(0) for value in values.values()):
            self.doubts.append("an arc is too short for its verdict")
            return None
        det, trace = values["det"], values["trace"]
        real = "disc" not in values or values["disc"] > 0
        kind = "saddle" if det < 0 else "node" if real else "focus"
        concave = any(value > 0 for name, value in values.items() if name.startswith("nash"))
        return bool(det > 0 and trace < 0), kind, "stationary" if concave else "local"

    def _places(self, a: arb, b: arb) -> tuple[Array, Array]:
        """Doubles along an arc, both ends included, dense where the picture needs it."""
        inner = [(a + (b - a) * k / 16).mid() for k in range(1, 16)]
        rows = [(t, self._place(t)) for t in [a if a.is_exact() else a.mid(), *inner, b if b.is_exact() else b.mid()]]
        done = [rows[0][1]]
        pending = rows[:0:-1]
        left = rows[0]
        budget = 2_000
        while pending:
            right = pending[-1]
            middle = ((left[0] + right[0]) / 2).mid()
            budget -= 1
            if self.scale.near(left[1], right[1]) or budget < 0 or not (left[0] < middle < right[0]):
                done.append(right[1])
                left = pending.pop()
            else:
                pending.append((middle, self._place(middle)))
        data = np.array(done)
        low, high = (float(v) for v in self.scale.window)
        return np.clip(data[:, 0], low, high), data[:, 1:]

    def _place(self, t: arb) -> tuple[float, float, float]:
        first, second = self.curve.state
        return float(self.curve.parameter(t).mid()), _double(first(t)), _double(second(t))


def _double(ball: arb) -> float:
    """The midpoint; 0 where 0 cannot be told from it."""
    return 0.0 if ball.contains(0) and ball.rad() < arb(2) ** -80 else float(ball.mid())
