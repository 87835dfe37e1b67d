"""The equilibria of a pair over one parameter as explicit curves: no continuation, no starting guess.

Let the parameter p enter the equation of population r alone, and let o be the other population. The equation of o has
no p in it, and gives the rate of r by the total input t of o:

    x_o = phi_o(t),    x_r(t) = (t - W_oo phi_o(t) - u_o) / W_or.

The equation of r, ``phi_r^{-1}(x_r) = W_ro x_o + W_rr x_r + u_r``, is affine in p (in 1/p for a gain) and so gives
``p(t) = N(t)/B(t)``. Every equilibrium with ``B != 0`` lies on this curve, at the t that is its own total input: the
curve is complete by construction. At a zero of B that is no zero of N, p goes to infinity; at a common zero the state
is an equilibrium for *every* p, a branch of its own that the curve crosses. With ``W_or = 0`` the rate of o is fixed,
and the curve has the rate of r for its parameter; a silent r, or a p that is a time constant, leaves the state fixed.

For p in a window the total inputs of bounded rates lie in intervals, so that only compact intervals of t are searched.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import pairwise

import sympy
from flint import arb
from sympy import Expr, Symbol, oo

from symgame.ball_intervals import Range, dyadic, end_ball, greater, joined, meet, short
from symgame.balls import ball_function
from symgame.curve_zeros import GivenUp, Searches
from symgame.errors import Unsupported
from symgame.pair_equations import OTHER, OWN, Pair, Stretch, solved, stretches
from symgame.pieces import X, Z
from symgame.window_bounds import FAR, FARTHEST, bounds

T = sympy.Dummy("t", real=True)
_FIXED = (sympy.Dummy("c_0", real=True), sympy.Dummy("c_1", real=True))


@dataclass(frozen=True)
class Crossing:
    """A place where the curve meets a branch of fixed states: exactly ``at``, and nothing else happens in ``around``.

    ``over`` is the value of the parameter there, ``near`` encloses it in ``around``. ``kind`` is "transcritical" (p
    moves through it) or "pitchfork" (p turns there).
    """

    at: arb
    around: Range
    over: arb
    near: arb
    kind: str


@dataclass(frozen=True, eq=False)
class EquilibriumCurve:
    """Equilibria by one unknown t, in exact expressions: ``p = top/bottom``, rates in t; slopes, W, tau in t and p.

    ``constants`` are symbols of these expressions whose values are known as balls only. ``parts`` are the intervals of
    t on which p lies in the window; ``crossings`` lie inside them. ``fixed`` says that the state is the same for all p.
    """

    over: Symbol
    top: Expr
    bottom: Expr
    rates: tuple[Expr, Expr]
    slopes: tuple[Expr, Expr]
    W: tuple[tuple[Expr, Expr], tuple[Expr, Expr]]
    tau: tuple[Expr, Expr]
    constants: tuple[tuple[Symbol, arb], ...] = ()
    parts: tuple[Range, ...] = ()
    crossings: tuple[Crossing, ...] = ()
    fixed: bool = False
    doubts: tuple[str, ...] = field(default=())

    @cached_property
    def conditions(self) -> dict[str, Expr]:
        """What decides at an equilibrium, in t and p, by name: ``det`` of ``I - S W``, ``trace`` of the Jacobian, and
        ``disc``, the discriminant of its characteristic polynomial; missing where no loop joins the two populations,
        so that the eigenvalues are real."""
        (a, b), (c, d) = self.W
        s, t = self.slopes
        first, second = (s * a - 1) / self.tau[0], (t * d - 1) / self.tau[1]
        loop = b * c
        found = {
            "det": (1 - s * a) * (1 - t * d) - s * t * loop,
            "trace": first + second,
            "disc": (first - second) ** 2 + 4 * s * t * loop / (self.tau[0] * self.tau[1]),
        }
        if s * t * loop == 0:
            del found["disc"]
        return found

    def concavity(self, i: int) -> Expr:
        """``phi_i' W_ii - 1``: positive where the own energy of population i has a maximum."""
        return self.slopes[i] * self.W[i][i] - 1

    def along(self, expression: Expr) -> Callable[[arb], arb]:
        """An expression in t and p as a function of t alone, in balls."""
        return self.of_unknown(expression.xreplace({self.over: self.top / self.bottom}))

    def slope_along(self, expression: Expr) -> Callable[[arb], arb]:
        """Its total derivative in t."""
        return self.of_unknown(sympy.diff(expression.xreplace({self.over: self.top / self.bottom}), T))

    def of_unknown(self, expression: Expr) -> Callable[[arb], arb]:
        """An expression in t and the constants as a function of t, in balls."""
        names, values = [s for s, _ in self.constants], [v for _, v in self.constants]
        f = ball_function(expression, T, *names)
        return lambda t: f(t, *values)

    def beside(self, expression: Expr) -> Callable[[arb, arb], arb]:
        """An expression in t and p as a function of both, for a neighbourhood in which the quotient is undefined."""
        names, values = [s for s, _ in self.constants], [v for _, v in self.constants]
        f = ball_function(expression, T, self.over, *names)
        return lambda t, p: f(t, p, *values)

    @cached_property
    def parameter(self) -> Callable[[arb], arb]:
        """``p(t)``, by the value at a crossing too."""
        quotient = self.along(self.over)

        def value(t: arb) -> arb:
            for crossing in self.crossings:
                if t.overlaps(crossing.at):
                    return crossing.over
            return quotient(t)

        return value

    @cached_property
    def state(self) -> tuple[Callable[[arb], arb], Callable[[arb], arb]]:
        """Both rates as functions of t, in the order of the populations."""
        return self.along(self.rates[0]), self.along(self.rates[1])


@dataclass(frozen=True, eq=False)
class Curves:
    """All equilibria with the parameter in the window; ``doubts`` say where that could not be shown."""

    curves: tuple[EquilibriumCurve, ...]
    doubts: tuple[str, ...]


# -- the curves -------------------------------------------------------------------------------------------------------


def equilibrium_curves(
    pair: Pair, low: arb, high: arb, farthest: int = FARTHEST, searches: Searches | None = None
) -> Curves:
    """Every equilibrium of the pair with ``low <= p <= high``, on curves that do not overlap but in crossings."""
    totals, rates, bounded = bounds(pair, low, high, farthest)
    doubts = []
    if not bounded:
        doubts.append(f"total inputs beyond {FAR} in size were not searched: no bound of them is known, or a large one")
    found: list[EquilibriumCurve] = []
    search = _Search(pair, low, high, totals, rates, searches or Searches())
    try:
        for curve in search.curves():
            found.append(curve)
            doubts += curve.doubts
    except GivenUp:
        doubts.append(
            "not all curves of equilibria were found: the search spent its budget; choose a smaller window or gain"
        )
    return Curves(tuple(found), tuple(dict.fromkeys(doubts)))


@dataclass(frozen=True, eq=False)
class _Search:
    pair: Pair
    low: arb
    high: arb
    totals: tuple[Range, Range]
    rates: tuple[Range, Range]
    searches: Searches

    def curves(self) -> Iterator[EquilibriumCurve]:
        if self.pair.r is None:
            yield from self._timed()
            return
        r = self.pair.r
        for own in stretches(self.pair.activations[r]):
            if own.low.has(self.pair.over) or own.high.has(self.pair.over):
                raise Unsupported(
                    f"{self.pair.over} moves the total input at which {self.pair.circuit.names[r]} falls silent; vary "
                    f"its input instead"
                )
            for other in stretches(self.pair.activations[1 - r]):
                if own.inverse is None:
                    yield from self._silent(r, own, other)
                else:
                    for curve in self._rising(r, own, other):
                        yield from self._clipped(curve[0], curve[1])

    # states that move

    def _rising(self, r: int, own: Stretch, other: Stretch) -> Iterator[tuple[EquilibriumCurve, tuple[Range, ...]]]:
        """The curve on one stretch of each population, with the intervals of t where both are on theirs."""
        top, bottom = solved(self.pair, r, own)
        rate_low, rate_high = self._rate_range(r, own)
        coupling = self.pair.W[1 - r][r]
        if coupling != 0:
            x_o = other.phi.xreplace({Z: T})
            x_r = self._explicit(r, other)
            curve = self._curve(r, own, x_r, x_o, other.slope.xreplace({Z: T}), top, bottom)
            whole = meet(self.totals[1 - r], (end_ball(other.low), end_ball(other.high)))
            if whole is not None:
                parts, open_ = _where_between(self.searches, curve, x_r, whole, rate_low, rate_high)
                yield _doubting(curve, open_, "the rates come near the end of their range"), parts
            return
        for c in self._alone(1 - r, other):
            symbol_c = _FIXED[0]
            slope = other.slope_at_rate.xreplace({X: symbol_c}) if other.inverse is not None else sympy.Integer(0)
            curve = self._curve(r, own, T, symbol_c, slope, top, bottom, ((symbol_c, c),))
            yield curve, ((rate_low, rate_high),)

    def _explicit(self, r: int, other: Stretch) -> Expr:
        """``x_r(t)`` by the equation of the other population."""
        o = 1 - r
        x_o = other.phi.xreplace({Z: T})
        return (T - self.pair.W[o][o] * x_o - self.pair.u[o]) / self.pair.W[o][r]

    def _curve(
        self,
        r: int,
        own: Stretch,
        x_r: Expr,
        x_o: Expr,
        s_o: Expr,
        top: Expr,
        bottom: Expr,
        constants: tuple[tuple[Symbol, arb], ...] = (),
    ) -> EquilibriumCurve:
        place = {OWN: x_r, OTHER: x_o}
        s_r = own.slope_at_rate.xreplace({X: x_r})
        return EquilibriumCurve(
            self.pair.over,
            top.xreplace(place),
            bottom.xreplace(place),
            (x_r, x_o) if r == 0 else (x_o, x_r),
            (s_r, s_o) if r == 0 else (s_o, s_r),
            self.pair.W,
            self.pair.tau,
            constants,
        )

    def _rate_range(self, r: int, own: Stretch) -> Range:
        """The rates of r on a stretch, within the bounds."""
        low, high = self.rates[r]
        window = self.low.union(self.high)
        phi = ball_function(own.phi, Z, self.pair.over)
        if own.low != -oo:
            low = greater(low, phi(end_ball(own.low), window).lower())
        if own.high != oo:
            high = -greater(-high, -phi(end_ball(own.high), window).upper())
        return low, high

    def _alone(self, o: int, stretch: Stretch) -> list[arb]:
        """The rates of a population that does not hear the other: ``z = W_oo phi_o(z) + u_o``."""
        whole = meet(self.totals[o], (end_ball(stretch.low), end_ball(stretch.high)))
        if whole is None:
            return []
        phi = stretch.phi.xreplace({Z: T})
        f = T - self.pair.W[o][o] * phi - self.pair.u[o]
        found = self.searches.zeros(ball_function(f, T), ball_function(sympy.diff(f, T), T), whole)
        if found.open:
            raise Unsupported(
                f"{self.pair.circuit.names[o]} alone has a degenerate equilibrium at these numbers, which no ball can "
                f"isolate; change one of them a little"
            )
        rate = ball_function(phi, T)
        return [rate(z) for z in found.zeros]

    # states that stay

    def _stay(
        self,
        rates: tuple[Expr, Expr],
        slopes: tuple[Expr, Expr],
        constants: tuple[tuple[Symbol, arb], ...],
        parts: tuple[Range, ...],
    ) -> EquilibriumCurve:
        return EquilibriumCurve(
            self.pair.over, T, sympy.Integer(1), rates, slopes, self.pair.W, self.pair.tau, constants, parts, fixed=True
        )

    def _silent(self, r: int, own: Stretch, other: Stretch) -> Iterator[EquilibriumCurve]:
        """r on a flat stretch: its rate and that of the other are fixed, as long as its total input stays there."""
        o, rate = 1 - r, own.phi
        if self.pair.over in rate.free_symbols:
            raise Unsupported(f"{self.pair.over} moves a flat part of an activation; vary another parameter")
        whole = meet(self.totals[o], (end_ball(other.low), end_ball(other.high)))
        if whole is None:
            return
        phi = other.phi.xreplace({Z: T})
        f = T - self.pair.W[o][o] * phi - self.pair.u[o] - self.pair.W[o][r] * rate
        found = self.searches.zeros(ball_function(f, T), ball_function(sympy.diff(f, T), T), whole)
        if found.open:
            raise Unsupported("a fixed state is degenerate at these numbers; change one of them a little")
        for z in found.zeros:
            c = _FIXED[0]
            rates = (rate, phi.xreplace({T: c}))
            slopes = (sympy.Integer(0), other.slope.xreplace({Z: c}))
            total = self.pair.W[r][r] * rate + self.pair.W[r][o] * rates[1] + self.pair.u[r]
            ordered = (rates, slopes) if r == 0 else (rates[::-1], slopes[::-1])
            curve = self._stay(*ordered, ((c, z),), ())
            total = total.xreplace({self.pair.over: T})
            ends = end_ball(own.low), end_ball(own.high)
            parts, open_ = _where_between(self.searches, curve, total, (self.low, self.high), *ends)
            yield _doubting(_with(curve, parts), open_, "the total input of a silent population is at its threshold")

    def _timed(self) -> Iterator[EquilibriumCurve]:
        """p is in the time constants: equilibria do not move, only their stability changes."""
        r = 0 if self.pair.W[1][0] != 0 else 1
        for own in stretches(self.pair.activations[r]):
            for other in stretches(self.pair.activations[1 - r]):
                if own.inverse is None:
                    yield from self._silent(r, own, other)
                    continue
                for curve, parts in self._rising(r, own, other):
                    yield from self._unmoved(curve, parts)

    def _unmoved(self, curve: EquilibriumCurve, wholes: tuple[Range, ...]) -> Iterator[EquilibriumCurve]:
        """Where p has no influence on the equations (B is 0): the zeros of N are equilibria for every p."""
        if not wholes:
            yield from [replace(curve, parts=())] if curve.doubts else ()
            return
        f, slope = curve.of_unknown(curve.top), curve.of_unknown(sympy.diff(curve.top, T))
        for whole in wholes:
            found = self.searches.zeros(f, slope, whole)
            for t in found.zeros:
                yield self._frozen(curve, t)
            if found.open:
                yield _doubting(replace(curve, parts=()), found.open, "an equilibrium is degenerate for every p")

    def _frozen(self, curve: EquilibriumCurve, t: arb) -> EquilibriumCurve:
        """The state of a curve at one t, as a branch over the whole window."""
        at = {T: _FIXED[1]}
        moved = {self.pair.over: T}
        (x, y), (s, v) = [[e.xreplace(at).xreplace(moved) for e in row] for row in (curve.rates, curve.slopes)]
        return self._stay((x, y), (s, v), (*curve.constants, (_FIXED[1], t)), ((self.low, self.high),))

    # the window

    def _clipped(self, curve: EquilibriumCurve, wholes: tuple[Range, ...]) -> Iterator[EquilibriumCurve]:
        """The curve on the parts of the intervals where p is in the window, and the fixed states that it crosses."""
        if curve.bottom == 0:
            yield from self._unmoved(curve, wholes)
            return
        parts: list[Range] = []
        crossings: list[Crossing] = []
        doubts = list(curve.doubts)
        for whole in wholes:
            met, holes, open_ = self._crossings(curve, whole)
            doubts += open_
            crossings += [c for c in met if c.over >= self.low and c.over <= self.high]
            edges = [whole[0], *(end for hole in holes for end in hole), whole[1]]
            inside: list[Range] = []
            for a, b in zip(edges[::2], edges[1::2], strict=True):
                kept, vague = self._in_window(curve, (a, b))
                inside += kept
                doubts += vague
            parts += joined([*inside, *(c.around for c in met if c in crossings)])
            for c in met:
                yield self._frozen(curve, c.at)
        if parts or doubts:
            yield EquilibriumCurve(
                curve.over, curve.top, curve.bottom, curve.rates, curve.slopes, curve.W, curve.tau, curve.constants,
                tuple(parts), tuple(crossings), doubts=tuple(doubts),
            )  # fmt: skip

    def _in_window(self, curve: EquilibriumCurve, whole: Range) -> tuple[list[Range], list[str]]:
        """The parts of an interval with p in the window: between neighbouring zeros of ``N - low B`` and ``N - high B``
        p stays in it or out of it."""
        cuts: list[arb] = []
        doubts: list[str] = []
        for edge in (self.low, self.high):
            f = curve.top - dyadic(edge) * curve.bottom
            found = self.searches.zeros(curve.of_unknown(f), curve.of_unknown(sympy.diff(f, T)), whole)
            cuts += found.zeros
            if found.open:
                doubts.append(
                    f"where the curve meets the edge {short(edge)} of the window was not decided; move it a little"
                )
        kept = []
        cuts.sort(key=lambda zero: float(zero.mid()))
        ends = [(whole[0], whole[0]), *((c.lower(), c.upper()) for c in cuts), (whole[1], whole[1])]
        for (a, _), (_, b) in pairwise(ends):
            p = curve.parameter(((a + b) / 2).mid())
            if p > self.low and p < self.high:
                kept.append((a, b))
            elif not (p < self.low or p > self.high):
                doubts.append("a part of the curve could not be told to be in the window")
        return kept, doubts

    def _crossings(self, curve: EquilibriumCurve, whole: Range) -> tuple[list[Crossing], list[Range], list[str]]:
        """The common zeros of N and B, in order; the neighbourhoods to leave out of a search; and what is doubtful."""
        if not curve.bottom.has(T):
            return [], [], []
        bottom = curve.of_unknown(curve.bottom)
        found = self.searches.zeros(bottom, curve.of_unknown(sympy.diff(curve.bottom, T)), whole)
        top = curve.of_unknown(curve.top)
        vague = any(top(part).contains(0) for part in found.open)
        doubts = ["a place where the parameter has no influence could not be isolated"] if vague else []
        crossings, holes = [], []
        for zero in found.zeros:
            if not top(zero).contains(0):
                continue
            exactly, sure = self._common(curve, zero)
            crossing = (
                _crossing(curve, zero if exactly is None else end_ball(exactly), exactly, whole) if sure else None
            )
            if crossing is None:
                doubts.append(f"at the total input {short(zero)} the curve may cross a branch of fixed states")
                size = (whole[1] - whole[0]) * arb(2) ** -20
                holes.append((greater(whole[0], zero - size).lower(), (-greater(-whole[1], -(zero + size))).upper()))
            else:
                crossings.append(crossing)
                holes.append(crossing.around)
        return crossings, holes, doubts

    def _common(self, curve: EquilibriumCurve, zero: arb) -> tuple[Expr | None, bool]:
        """Whether a zero of B is one of N: the state is then an equilibrium for every p. Shown by ``phi_r(z) = x_r``
        as an identity of expressions: at an exact total input, given first, that is 0, a threshold or an input of the
        other population; or where r hears itself alone, and its rate is 0."""
        r = self.pair.r
        assert r is not None
        pair, p = self.pair, self.pair.over
        rising = [own.phi for own in stretches(pair.activations[r]) if own.inverse is not None]
        candidates = [sympy.Integer(0), pair.u[1 - r]]
        candidates += [value for key, value in pair.activations[1 - r].parameters if key == "threshold"]
        for value in candidates:
            if not zero.contains(end_ball(value)):
                continue
            rates = [sympy.expand(rate.xreplace({T: value})) for rate in curve.rates]
            if any(rate.has(sympy.zoo, sympy.nan) for rate in rates):
                continue
            total = sympy.expand(pair.W[r][0] * rates[0] + pair.W[r][1] * rates[1] + pair.u[r])
            if not total.has(p) and any(_vanishes(phi.xreplace({Z: total}) - rates[r]) for phi in rising):
                return value, True
        alone = pair.W[r][1 - r] == 0 and pair.W[r][r].has(p)
        return None, alone and any(_vanishes(phi.xreplace({Z: pair.u[r]})) for phi in rising)


def _vanishes(expression: Expr) -> bool:
    """Whether an expression is 0 as it stands, terms collected."""
    return not expression.has(sympy.zoo, sympy.nan) and bool(sympy.expand(expression) == 0)


# -- near a crossing --------------------------------------------------------------------------------------------------


def _crossing(curve: EquilibriumCurve, at: arb, exactly: Expr | None, whole: Range) -> Crossing | None:
    """The crossing at a common zero t* of N and B, with a neighbourhood in which p is monotone, or turns once.

    With ``N = (t - t*) n`` and ``B = (t - t*) b``: ``n = ∫ N'(t* + s (t - t*)) ds`` over s from 0 to 1, so that n lies
    in ``N'(I)``, n' in ``N''(I)/2`` and n'' in ``N'''(I)/3``, and ``p = n/b`` has derivatives without a division by 0.
    """
    tops = [sympy.diff(curve.top, T, k) for k in (1, 2, 3)]
    bottoms = [sympy.diff(curve.bottom, T, k) for k in (1, 2, 3)]
    top_balls, bottom_balls = [[curve.of_unknown(e) for e in row] for row in (tops, bottoms)]
    others = [curve.beside(e) for name, e in curve.conditions.items() if name != "det"]
    if "disc" in curve.conditions:  # else det is a product, with a concavity for a factor
        others += [curve.beside(curve.concavity(i)) for i in range(2)]
    turns: bool | None = None
    size = (whole[1] - whole[0]) / 64
    for _ in range(40):
        size = (size / 2).mid()
        low, high = (at - size).lower(), (at + size).upper()
        if low < whole[0] or high > whole[1]:
            continue
        around = low.union(high)
        n = [f(around) / k for k, f in enumerate(top_balls, start=1)]
        b = [f(around) / k for k, f in enumerate(bottom_balls, start=1)]
        if b[0].contains(0):
            continue
        p = n[0] / b[0]
        if any(f(around, p).contains(0) for f in others):
            continue
        first = (n[1] - p * b[1]) / b[0]
        kind = "transcritical" if not first.contains(0) else ""
        if not kind and exactly is not None:
            second = (n[2] - p * b[2] - 2 * first * b[1]) / b[0]
            if not second.contains(0):
                turns = _turns(tops, bottoms, exactly) if turns is None else turns
                kind = "pitchfork" if turns else ""
        if kind:
            return Crossing(at, (low, high), top_balls[0](at) / bottom_balls[0](at), p, kind)
    return None


def _turns(tops: Sequence[Expr], bottoms: Sequence[Expr], at: Expr) -> bool:
    """Whether p' is exactly 0 at the crossing, as it is by symmetry: ``N'' B' = N' B''`` there."""
    a, b, c, d = (e.xreplace({T: at}) for e in (tops[1], bottoms[0], tops[0], bottoms[1]))
    return bool(a * b - c * d == 0) or bool(a == 0 and d == 0)


# -- intervals --------------------------------------------------------------------------------------------------------


def _where_between(
    searches: Searches, curve: EquilibriumCurve, expression: Expr, whole: Range, low: arb, high: arb
) -> tuple[tuple[Range, ...], tuple[arb, ...]]:
    """Where an expression in t lies between two numbers, on an interval; and what could not be decided."""
    if not expression.has(T):  # a number, that may be no value of the function whose inverse is asked for next
        value = curve.of_unknown(expression)(arb(0))
        if value > low and value < high:
            return (whole,), ()
        return (), () if value < low or value > high else (low.union(high),)
    f, slope = curve.of_unknown(expression), curve.of_unknown(sympy.diff(expression, T))
    cuts: list[arb] = []
    open_: list[arb] = []
    for edge in (low, high):
        if edge.is_finite():
            shifted = searches.zeros(lambda t, e=edge: f(t) - e, slope, whole)  # type: ignore[misc]
            cuts += shifted.zeros
            open_ += shifted.open
    cuts.sort(key=lambda zero: float(zero.mid()))
    ends = [(whole[0], whole[0]), *((c.lower(), c.upper()) for c in cuts), (whole[1], whole[1])]
    kept = []
    for (a, _), (_, b) in pairwise(ends):
        value = f(((a + b) / 2).mid())
        if value > low and value < high:
            kept.append((a, b))
    return tuple(kept), tuple(open_)


def _with(curve: EquilibriumCurve, parts: tuple[Range, ...]) -> EquilibriumCurve:
    return replace(curve, parts=parts)


def _doubting(curve: EquilibriumCurve, open_: Sequence[arb], why: str) -> EquilibriumCurve:
    return replace(curve, doubts=(*curve.doubts, why)) if open_ else curve
