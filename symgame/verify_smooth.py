"""What is true of one row of a circuit with smooth activations: its equilibria as enclosures, for verdicts.

At the numbers of a row every equilibrium is isolated with proof (:mod:`symgame.certified`), with whole powers exactly
(:mod:`symgame.supralinear`). Where the parameters are rounded, the same is asked of a *box* of them: Krawczyk's
operator with balls for parameters proves that each equilibrium goes on all over the box, and encloses where. Whatever
is not decided is ``None``.

Source: A. Neumaier, Interval Methods for Systems of Equations (Cambridge, 1990), ch. 5.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import product

import sympy
from flint import arb, fmpq

from symgame.balls import precision
from symgame.certified import MARGIN, CertifiedPoint, certified_points
from symgame.certified_bounds import input_bounds
from symgame.certified_boxes import Box, Equations, is_regular, krawczyk, roots_in, sharpened
from symgame.certified_nash import RANKS, local_class, nash_class
from symgame.certified_spectrum import spectrum
from symgame.circuit import Circuit
from symgame.condition import holds
from symgame.pieces import X, Z
from symgame.supralinear import SupralinearSolution, solved_exactly
from symgame.syntax import PIECE_MARK
from symgame.verify_boxes import ball_truth
from symgame.verify_numbers import Truth, exact
from symgame.verify_smooth_level import Level, Sizes, ball
from symgame.verify_smooth_meanings import SmoothMeanings

#: Digits of the equilibria, until a claim is decided.
DIGITS = (40, 80, 160)
#: A rate is tried as a rational number with denominators up to this.
MOST_UNDER = 10_000
WIDENINGS = 6


@dataclass(frozen=True, eq=False)
class Spot:
    """One equilibrium, or all that it becomes in a box of parameters: total inputs, rates, slopes, what is known."""

    branch: str
    places: tuple[int, ...]
    z: Box
    state: tuple[Truth, ...]
    slopes: tuple[arb, ...]
    strict: bool
    stable: bool | None
    type: str | None
    eigenvalues: tuple[tuple[Truth, Truth], ...] | None
    nash: str | None


@dataclass(frozen=True, eq=False)
class Truths:
    """The equilibria of a row; ``reason`` says why there may be more, and is empty for a complete list."""

    level: Level
    spots: tuple[Spot | None, ...]
    reason: str

    @property
    def known(self) -> tuple[Spot, ...]:
        return tuple(spot for spot in self.spots if spot is not None)


class SmoothRow:
    """The truth about one row, at one number of digits after the other, and all over the box of its roundings.

    >>> from symgame.verify_columns import columns
    >>> unit = Circuit.from_matrix([["w"]], names="E", u=[-4], tau=[1], activation="logistic")
    >>> row = SmoothRow(SmoothMeanings(unit, columns(unit, ["w", "x_E"])), {"w": Fraction(8)})
    >>> [(str(spot.state[0])[:6], spot.stable) for spot in row.truths(40).known]
    [('0.0212', True), ('1/2', False), ('0.9787', True)]
    """

    def __init__(self, meanings: SmoothMeanings, point: Mapping[str, Fraction]) -> None:
        self.meanings, self.point = meanings, dict(point)
        self._known: dict[int, Truths] = {}

    @cached_property
    def broken(self) -> tuple[str, ...]:
        """The hypotheses of the circuit that the point violates: then nothing else is asked of it."""
        return tuple(text for text, condition in self.meanings.hypotheses if not holds(condition, self.point))

    @cached_property
    def circuit(self) -> Circuit:
        return self.meanings.at_point(self.point)

    def truths(self, digits: int) -> Truths:
        """The equilibria at the values as they are written, their rates to so many digits."""
        if digits not in self._known:
            bits = int(3.33 * digits) + 64
            level = Level(self.meanings, self.circuit, self.point, {}, bits)
            found = solved_exactly(self.circuit, digits)
            rows = [] if found is None else [e for e in found.equilibria if isinstance(e, SupralinearSolution)]
            if found is not None and len(rows) == len(found.equilibria):
                whole = [e for e in rows if e.type != "continuum"]
                reason = "" if len(whole) == len(rows) else "there is a continuum of equilibria"
                self._known[digits] = Truths(level, tuple(_from_powers(level, e, digits) for e in whole), reason)
            else:
                points = certified_points(self.circuit, digits)
                spots = [_from_balls(level, p) for p in points.points]
                self._known[digits] = Truths(level, tuple(spots), "; ".join(points.reasons))
        return self._known[digits]

    def over(self, sizes: Sizes, digits: int = DIGITS[0]) -> Truths:
        """The same equilibria all over a box of parameters, in their order; ``None`` for one that is not proved to go
        on there."""
        here = self.truths(digits)
        level = Level(self.meanings, self.circuit, self.point, sizes, here.level.bits)
        with precision(level.bits):
            spots = tuple(_widened(level, spot) for spot in here.known)
            reason = here.reason or _more(level, spots)
        return Truths(level, spots, reason)


def _truth(x: arb) -> Truth:
    found = ball_truth(x)
    assert found is not None  # the ball of a rate is finite
    return found


def _pairs(values: Sequence[tuple[arb, arb]]) -> tuple[tuple[Truth, Truth], ...] | None:
    rows = [(ball_truth(re), ball_truth(im)) for re, im in values]
    known = tuple((re, im) for re, im in rows if re is not None and im is not None)
    return known if len(known) == len(rows) else None


def _exactly(circuit: Circuit, z: Box, state: Sequence[Truth]) -> tuple[Truth, ...]:
    """The state as rational numbers, if short ones in the enclosures solve the equations exactly, with total inputs in
    the box in which there is just one solution; else as it is."""
    tried = [t.middle.limit_denominator(MOST_UNDER) for t in state]
    if not all(t.low <= v <= t.high for t, v in zip(state, tried, strict=True)):
        return tuple(state)
    rates = [sympy.Rational(v.numerator, v.denominator) for v in tried]
    for row, p, x, place in zip(circuit.entries, circuit.populations, rates, z, strict=True):
        total = p.input + sum(w * y for w, y in zip(row, rates, strict=True))
        if not total.is_Rational or not place.contains(arb(fmpq(int(total.p), int(total.q)))):
            return tuple(state)
        if p.activation.phi.xreplace({Z: total}).doit() - x != 0:
            return tuple(state)
    return tuple(exact(v) for v in tried)


def _from_balls(level: Level, p: CertifiedPoint) -> Spot:
    names = zip(level.circuit.names, p.sections, strict=True)
    label = ",".join(n + PIECE_MARK[part.label] for n, part in names if part.label != "silent")
    places = tuple(row.index(part) for row, part in zip(level.sections, p.sections, strict=True))
    state = _exactly(level.circuit, p.z, [_truth(x) for x in p.x])
    found = p.spectrum
    if found is None:
        return Spot(label, places, p.z, state, p.slopes, False, None, "kink", (), p.nash)
    pairs = _pairs([(e.re, e.im) for e in found.eigenvalues])
    return Spot(label, places, p.z, state, p.slopes, not p.kinks, found.stable, found.type, pairs, p.nash)


def _from_powers(level: Level, e: SupralinearSolution, digits: int) -> Spot:
    n = range(len(level.circuit.names))
    with precision(level.bits):
        x = [e.rate(i, digits) for i in n]
        slopes = tuple(root.enclosure(g, digits) for root, g in e.gains)
        z = tuple(sum((w * y for w, y in zip(level.W[i], x, strict=True)), level.u[i]) for i in n)
        values = [v for part in e.spectra for v in part.values(digits)]
        pairs = _pairs([(v.real, v.imag) for v in values]) if e.strict else ()
    state = [exact(e.state[name]) if not e.radii[name] else _truth(v) for name, v in
             zip(level.circuit.names, x, strict=True)]  # fmt: skip
    places = tuple(len(level.sections[i]) - 1 if level.circuit.names[i] in e.active else 0 for i in n)
    return Spot(e.branch, places, z, tuple(state), slopes, e.strict, e.stable, e.type, pairs, e.nash)


def _widened(level: Level, spot: Spot) -> Spot | None:
    """What an equilibrium becomes in a box of parameters, if it is proved to go on all over."""
    if not spot.strict:
        return None
    equations = level.equations(spot.places)
    middle = tuple(z.mid() for z in spot.z)
    first = krawczyk(equations, middle)
    if first is None:
        return None
    radius = [(abs(a - m).upper() + arb(2) ** (-level.bits // 2)) * 2 for a, m in zip(first, middle, strict=True)]
    for _ in range(WIDENINGS):
        region = tuple(arb(m, r.upper()).union(z) for m, r, z in zip(middle, radius, spot.z, strict=True))
        image = krawczyk(equations, region)
        if image is not None and all(b.contains_interior(a) for a, b in zip(image, region, strict=True)):
            break
        radius = [4 * r for r in radius]
    else:
        return None
    z = sharpened(equations, image)
    if level.inside(spot.places, z) is not True:
        return None
    x, slopes = equations.rates(z), tuple(equations.slopes(z))
    found = spectrum(level.W, slopes, level.tau)
    state = tuple(_truth(v) for v in x)
    pairs = _pairs([(e.re, e.im) for e in found.eigenvalues])
    nash = _nash(level, z, x, slopes)
    return Spot(spot.branch, spot.places, z, state, slopes, True, found.stable, found.type, pairs, nash)


def _nash(level: Level, z: Box, x: Sequence[arb], slopes: Sequence[arb]) -> str | None:
    """The Nash class all over a box: by curvatures and convexity where these decide, else by the energies."""
    own = [level.W[i][i] for i in range(len(slopes))]
    if any(local_class(w, slope) == "stationary" for w, slope in zip(own, slopes, strict=True)):
        return "stationary"
    classes: list[str | None] = []
    for i, w in enumerate(own):
        bound = level.meanings.activations[i].lipschitz
        steep = None if bound.has(sympy.oo) else level.meanings.function(bound)(*level.given)
        convex = bool(w <= 0) or (steep is not None and bool(w * steep < 1))
        if i in level.bent and not convex:
            here = local_class(w, slopes[i])
            classes.append(_compared(level, i, z[i], x[i]) if here == "local" else here)
        else:
            phi = level.circuit.populations[i].activation
            classes.append(nash_class([phi], [w], [z[i]], [x[i]], [slopes[i]], [convex], [None])[0])
    return None if None in classes else max((c for c in classes if c), key=RANKS.index)


def _compared(level: Level, i: int, z: arb, x: arb) -> str | None:
    """``global`` or ``local`` by the energies of all stationary rates, where phi itself is uncertain and bounded:
    :func:`symgame.certified_nash.nash_class` with balls for its parameters."""
    a, own = level.meanings.activations[i], level.W[i][i]
    if len(level.sections[i]) > 1 or any(end in (sympy.oo, -sympy.oo) for end in (a.domain.start, a.domain.end)):
        return None
    low, high, cost = (level.meanings.function(e, X) for e in (a.domain.start, a.domain.end, a.cost))
    c = z - own * x
    bound = c + own * low(x, *level.given).union(high(x, *level.given))
    equations = Equations(((own,),), (c,), (level.section(i, 0),))
    found = roots_in(equations, (bound,))
    if found.open:
        return None

    def energy(y: arb) -> arb:
        return cost(y, *level.given) + (1 - own) * y * y / 2 - c * y

    others = [root.place for root in found.roots if not root.place[0].overlaps(z)]
    gaps = [energy(equations.rates(place)[0]) - energy(x) for place in others]
    return "local" if any(gap < 0 for gap in gaps) else "global" if all(gap > 0 for gap in gaps) else None


_NOT_COUNTED = "how many equilibria there are is not proved for all parameters within their rounding"


def _more(level: Level, spots: Sequence[Spot | None]) -> str:
    """Why there might be more equilibria somewhere in the box; empty when a complete search found just these."""
    bounds = _bounds(level)
    if None in spots or bounds is None:
        return _NOT_COUNTED
    many = 0
    for places in product(*(range(len(row)) for row in level.sections)):
        start = []
        for i, (k, z) in enumerate(zip(places, bounds, strict=True)):
            ends = level.ends(i, k)
            if ends is None:
                return _NOT_COUNTED
            low = z.lower() if ends[0] is None else z.lower().max(ends[0].lower() - MARGIN)
            high = z.upper() if ends[1] is None else z.upper().min(ends[1].upper() + MARGIN)
            start += [low.union(high)] if low <= high else []
        if len(start) < len(places):
            continue
        found = roots_in(level.equations(places), tuple(start))
        inside = [level.inside(places, root.place) for root in found.roots]
        if found.open or None in inside:
            return _NOT_COUNTED
        many += inside.count(True)
    return "" if many == len(spots) else _NOT_COUNTED


def _bounds(level: Level) -> Box | None:
    """A box that holds the total inputs of all equilibria; ``None`` if none is known for all parameters."""
    ends = [(a.domain.start, a.domain.end) for a in level.meanings.activations]
    if not any(end in (sympy.oo, -sympy.oo) for pair in ends for end in pair):
        made = level.meanings.function
        rates = [made(low)(*level.given).union(made(high)(*level.given)) for low, high in ends]
        rows = zip(level.W, level.u, strict=True)
        return tuple(sum((w * x for w, x in zip(row, rates, strict=True)), u) for row, u in rows)
    if level.bent:
        return None
    bounds = input_bounds(level.W, level.u, [p.activation for p in level.circuit.populations])
    return None if isinstance(bounds, str) else bounds


def apart(level: Level, spot: Spot, claim: Sequence[Truth]) -> bool:
    """Whether no equilibrium but this one has rates among these: both lie in one region, which has at most one.

    The region holds the total inputs of both; where ``I - W S`` is regular all over it, it has at most one equilibrium.
    """
    with precision(level.bits):
        state = [ball(t.low).union(ball(t.high)) for t in claim]
        z = [sum((w * y for w, y in zip(row, state, strict=True)), u) for row, u in zip(level.W, level.u, strict=True)]
        region = tuple(a.union(b) for a, b in zip(z, spot.z, strict=True))
        return level.inside(spot.places, region) is True and is_regular(level.equations(spot.places), region)
