"""What is true of one row of a circuit with smooth activations: its equilibria as enclosures, for verdicts.

At the numbers of a row every equilibrium is isolated with proof (:mod:`symgame.certified`), with whole powers exactly
(:mod:`symgame.supralinear`). Where the parameters are rounded, the same is asked of a *box* of them: Krawczyk's operator
with balls for parameters proves that each equilibrium goes on all over the box, and encloses where. What a formula says
is evaluated on balls of parameters and gains. Whatever is not decided is ``None``.

Source: A. Neumaier, Interval Methods for Systems of Equations (Cambridge, 1990), ch. 5.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from itertools import product

import sympy
from flint import arb, fmpq

from symgame import syntax as s
from symgame.activation import Activation
from symgame.algebra import algebra
from symgame.balls import ball_function, precision
from symgame.branches import Branch, full_branch
from symgame.certified import MARGIN, certified_points
from symgame.certified_bounds import input_bounds
from symgame.certified_boxes import Box, Equations, is_regular, krawczyk, roots_in, sharpened
from symgame.certified_nash import local_class, nash_class
from symgame.certified_spectrum import spectrum
from symgame.chart import regime_condition, regime_table
from symgame.checker import MAX_NAMED
from symgame.circuit import Circuit
from symgame.condition import And, Condition, Or, Sign, free_names, holds
from symgame.errors import Unsupported, VocabularyError
from symgame.frozen_gains import frozen, gain
from symgame.grammar import read_formula
from symgame.notation import symbol
from symgame.pieces import X, Z
from symgame.ring import Poly, Quotient, names_of, value_at
from symgame.sections import Section, sections
from symgame.supralinear import SupralinearSolution, solved_exactly
from symgame.sweep_answers import truth as truth_at
from symgame.syntax import PIECE_MARK
from symgame.verify_boxes import ball_truth
from symgame.verify_columns import Column
from symgame.verify_numbers import Truth, exact
from symgame.verify_truth import lowered
from symgame.words import BRANCH_WORDS

#: Digits of the equilibria, until a claim is decided.
DIGITS = (40, 80, 160)
#: A rate is tried as a rational number with denominators up to this.
MOST_UNDER = 10_000
WIDENINGS = 6

Sizes = Mapping[str, Fraction]


def ball(value: Fraction, size: Fraction = Fraction(0)) -> arb:
    """Every number that is no farther from one than that, at the precision of the moment.

    >>> ball(Fraction(1, 2), Fraction(1, 4)).contains(arb(3) / 4)
    True
    """
    if not size:
        return arb(fmpq(value.numerator, value.denominator))
    ends = [arb(fmpq(v.numerator, v.denominator)) for v in (value - size, value + size)]
    return ends[0].union(ends[1])


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


Meaning = tuple[Condition | Quotient, tuple[Condition, ...]]


class SmoothMeanings:
    """A circuit with a smooth activation, and what the columns of a table ask of it; made ready once.

    Raises :class:`~symgame.errors.Unsupported` for columns that have no meaning for such a circuit: critical parameter
    values, and words of states such as ``exists(E,I)``.
    """

    def __init__(self, circuit: Circuit, columns: Sequence[Column], at: str | None = None) -> None:
        if at is not None:
            raise Unsupported("--at names a branch of a piecewise-linear circuit; with a smooth activation claims are "
                              "about the equilibrium of the row: give its state, as x_E, x_I")  # fmt: skip
        self.circuit, self.columns = circuit, tuple(columns)
        self.symbols = tuple(symbol(name) for name in circuit.symbols)
        self.activations = tuple(p.activation for p in circuit.populations)
        self.hypotheses = [(h.text, h.condition) for h in algebra(circuit).domain.hypotheses]
        function = self.function
        self.W = [[function(v) for v in row] for row in circuit.entries]
        self.u = [function(p.input) for p in circuit.populations]
        self.tau = [function(p.tau) for p in circuit.populations]
        self._parts: dict[tuple[int, int, str], tuple[Callable[..., arb], Callable[..., arb]]] = {}
        self.formulas: dict[str, Meaning | None] = {}
        self.regimes: list[tuple[str, Meaning]] = []
        for column in columns:
            try:
                self._prepare(column)
            except (VocabularyError, Unsupported) as error:
                raise type(error)(f"the column {column.header[:60]!a}: {error}") from None

    def function(self, expression: sympy.Expr, *more: sympy.Symbol) -> Callable[..., arb]:
        """An expression as a function of ``more`` and then of all parameters."""
        return ball_function(expression, *more, *self.symbols)

    @cached_property
    def gains(self) -> Circuit:
        return frozen(self.circuit)

    @cached_property
    def _whole(self) -> Branch:
        return full_branch(self.gains)

    def _prepare(self, column: Column) -> None:
        if column.kind == "threshold":
            raise Unsupported(
                f"critical values of {column.over} have no closed form with a smooth activation; the bifurcation sets "
                f"in the rates have: symgame.bifurcation_set"
            )
        if column.kind == "regime":
            if len(self.circuit.names) > MAX_NAMED:
                raise Unsupported(f"regimes are named for at most {MAX_NAMED} populations")
            for name, when, _ in regime_table():
                node = read_formula(regime_condition(self.gains, when))
                self.regimes.append((name, lowered(self.gains, node, self._whole)))
        elif column.node is not None:
            try:
                self.formulas[column.quantity] = lowered(self.gains, column.node, self._whole)
            except Unsupported:
                if is_local(column) or column.kind != "condition":
                    raise
                self.formulas[column.quantity] = None

    def part(self, i: int, k: int, label: str) -> tuple[Callable[..., arb], Callable[..., arb]]:
        """phi and phi' of population i on its section k, as functions of the total input and of the parameters."""
        if (i, k, label) not in self._parts:
            a = self.activations[i]
            if a.pieces is not None:
                piece = a.pieces[k]
                rate, slope = piece.slope * Z + piece.intercept, piece.slope
            elif label == "active":
                self._parts[i, k, label] = self._curved(a)
                return self._parts[i, k, label]
            else:
                rate, slope = (a.domain.start if label == "silent" else a.domain.end), sympy.Integer(0)
            self._parts[i, k, label] = self.function(rate, Z), self.function(slope, Z)
        return self._parts[i, k, label]

    def _curved(self, a: Activation) -> tuple[Callable[..., arb], Callable[..., arb]]:
        phi, sigma = self.function(a.phi, Z), self.function(a.slope_at_rate, X)

        def rate(z: arb, *parameters: arb) -> arb:
            if z.is_exact():
                return phi(z, *parameters)
            return phi(z.lower(), *parameters).union(phi(z.upper(), *parameters))

        return rate, lambda z, *parameters: sigma(rate(z, *parameters), *parameters)

    def at_point(self, point: Mapping[str, Fraction]) -> Circuit:
        """The circuit with numbers in place of its symbols."""
        values = tuple((n, sympy.Rational(v.numerator, v.denominator)) for n, v in point.items())
        return replace(self.circuit, values=(*self.circuit.values, *values)).fixed()


def is_local(column: Column) -> bool:
    """Whether what a column says is read at the equilibrium of the row."""
    spoken = set() if column.node is None else {p.name for p in s.walk(column.node) if isinstance(p, s.Call)}
    return column.at_branch or column.kind == "regime" or bool(spoken & set(BRANCH_WORDS))


class Level:
    """The parameters of a row as balls, at a precision: ``sizes`` says how far each may be off."""

    def __init__(self, meanings: SmoothMeanings, circuit: Circuit, point: Mapping[str, Fraction], sizes: Sizes,
                 bits: int) -> None:  # fmt: skip
        self.meanings, self.circuit, self.point, self.bits = meanings, circuit, dict(point), bits
        self.sizes = {name: size for name, size in sizes.items() if size}
        self.sections = tuple(sections(p.activation) for p in circuit.populations)
        with precision(bits):
            self.balls = {n: ball(v, self.sizes.get(n, Fraction(0))) for n, v in self.point.items()}
            self.given = [self.balls[str(name)] for name in meanings.symbols]
            self.W = tuple(tuple(f(*self.given) for f in row) for row in meanings.W)
            self.u = tuple(f(*self.given) for f in meanings.u)
            self.tau = tuple(f(*self.given) for f in meanings.tau)

    def section(self, i: int, k: int) -> Section:
        """Section k of population i, for all parameters of the box."""
        section = self.sections[i][k]
        rate, slope = self.meanings.part(i, k, section.label)
        given = self.given
        return replace(section, rate=lambda z: rate(z, *given), slope=lambda z: slope(z, *given))

    def equations(self, places: Sequence[int]) -> Equations:
        return Equations(self.W, self.u, tuple(self.section(i, k) for i, k in enumerate(places)))

    @cached_property
    def bent(self) -> frozenset[int]:
        """Populations whose phi itself is uncertain."""
        names = [{str(x) for x in a.free_symbols} for a in self.meanings.activations]
        return frozenset(i for i, spoken in enumerate(names) if spoken & set(self.sizes))

    def phi(self, i: int, z: arb) -> arb | None:
        """phi of population i over a ball, on whichever sections; ``None`` where the knots move with the parameters."""
        found: arb | None = None
        for k, section in enumerate(self.sections[i]):
            low, high = z.lower(), z.upper()
            for knot, is_low in ((section.lower, True), (section.upper, False)):
                if knot is None:
                    continue
                if i in self.bent:
                    return None
                end = _knot(knot)
                low, high = (low.max(end.lower()), high) if is_low else (low, high.min(end.upper()))
            if low <= high:
                here = self.section(i, k).rate(low.union(high))
                found = here if found is None else found.union(here)
        return found

    def gaps(self, state: Sequence[arb]) -> list[arb | None]:
        """``x_i - phi_i((W x + u)_i)``."""
        rows: list[arb | None] = []
        with precision(self.bits):
            for i, x in enumerate(state):
                value = self.phi(i, sum((w * y for w, y in zip(self.W[i], state, strict=True)), self.u[i]))
                rows.append(None if value is None else x - value)
        return rows

    # -- formulas -------------------------------------------------------------------------------------------------

    def _names(self, spot: Spot | None) -> dict[str, arb]:
        names = dict(self.balls)
        if spot is not None:
            names |= {str(gain(n)): v for n, v in zip(self.circuit.names, spot.slopes, strict=True)}
        return names

    def holds(self, c: Condition, spot: Spot | None) -> bool | None:
        """Whether a condition holds at an equilibrium; one in parameters alone is decided exactly where these are."""
        if not self.sizes and free_names(c) <= set(self.point):
            try:
                return holds(c, self.point)
            except TypeError:  # bound names
                return None
        with precision(self.bits):
            return _holds(c, self._names(spot))

    def number(self, meaning: Meaning, spot: Spot | None) -> Truth | None:
        """The value of a quotient; ``None`` where it may divide by 0."""
        q = meaning[0]
        assert isinstance(q, Quotient)
        try:
            if not self.sizes and not (set(_spoken(q.over)) | set(_spoken(q.under))) - set(self.point):
                under = value_at(q.under, self.point)
                return exact(value_at(q.over, self.point) / under) if under else None
            with precision(self.bits):
                names = self._names(spot)
                return ball_truth(_value(q.over, names) / _value(q.under, names))
        except KeyError:  # a gain where there is no equilibrium
            return None

    def condition(self, column: Column, spot: Spot | None) -> bool | None:
        """Whether the condition of a column holds."""
        meaning = self.meanings.formulas[column.quantity]
        if meaning is None:
            return None if self.sizes else truth_at(self.circuit, column.quantity, None)
        condition, assumed = meaning
        assert not isinstance(condition, Quotient)
        return self.holds(condition, spot) if all(self.holds(c, spot) for c in assumed) else None

    def regime(self, spot: Spot) -> str | None:
        """The name of the regime at an equilibrium, where its gains decide it."""
        for name, (condition, _) in self.meanings.regimes:
            assert not isinstance(condition, Quotient)
            answer = self.holds(condition, spot)
            if answer is None:
                return None
            if answer:
                return name
        return "unnamed"


def _spoken(p: Poly) -> tuple[str, ...]:
    return tuple(n for n, d in zip(names_of(p), p.degrees(), strict=True) if int(d))


def _value(p: Poly, names: Mapping[str, arb]) -> arb:
    total = arb(0)
    order = names_of(p)
    for powers, coefficient in p.to_dict().items():
        term = arb(int(coefficient))
        for name, power in zip(order, powers, strict=True):
            term = term * names[name] ** int(power) if power else term
        total += term
    return total


def _holds(c: Condition, names: Mapping[str, arb]) -> bool | None:
    match c:
        case Sign(poly=p, rel=rel):
            try:
                value = _value(p, names)
            except KeyError:
                return None
            table = {
                ">": (value > 0, value <= 0), "<": (value < 0, value >= 0), ">=": (value >= 0, value < 0),
                "<=": (value <= 0, value > 0), "=": (value.is_zero(), value != 0), "!=": (value != 0, value.is_zero()),
            }  # fmt: skip
            surely, never = table[rel]
            return True if surely else False if never else None
        case And(args=args):
            rows = [_holds(a, names) for a in args]
            return False if False in rows else None if None in rows else True
        case Or(args=args):
            rows = [_holds(a, names) for a in args]
            return True if True in rows else None if None in rows else False
    return None


# -- the equilibria of a row ------------------------------------------------------------------------------------------


class SmoothRow:
    """The truth about one row, at one number of digits after the other, and all over the box of its roundings.

    >>> from symgame.verify_columns import columns
    >>> unit = Circuit.from_matrix([["w"]], names="E", u=[-4], tau=[1], activation="logistic")
    >>> row = SmoothRow(SmoothMeanings(unit, columns(unit, ["w", "x_E"])), {"w": Fraction(8)})
    >>> [(str(spot.state[0])[:6], spot.stable) for spot in row.truths(40).known]
    [('0.0212', True), ('0.5', False), ('0.9787', True)]
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
                spots = []
                for p in points.points:
                    names = zip(self.circuit.names, p.sections, strict=True)
                    label = ",".join(n + PIECE_MARK[part.label] for n, part in names if part.label != "silent")
                    places = tuple(level.sections[i].index(part) for i, part in enumerate(p.sections))
                    eigen = () if p.spectrum is None else _pairs([(e.re, e.im) for e in p.spectrum.eigenvalues])
                    spots.append(Spot(
                        label, places, p.z, _exactly(self.circuit, [_truth(x) for x in p.x]), p.slopes, not p.kinks,
                        None if p.spectrum is None else p.spectrum.stable,
                        "kink" if p.spectrum is None else p.spectrum.type, eigen, p.nash,
                    ))  # fmt: skip
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


def _exactly(circuit: Circuit, state: Sequence[Truth]) -> tuple[Truth, ...]:
    """The state as rational numbers, if short ones in the enclosures solve the equations exactly; else as it is."""
    tried = [t.middle.limit_denominator(MOST_UNDER) for t in state]
    if not all(t.low <= v <= t.high for t, v in zip(state, tried, strict=True)):
        return tuple(state)
    rates = [sympy.Rational(v.numerator, v.denominator) for v in tried]
    for row, p, x in zip(circuit.entries, circuit.populations, rates, strict=True):
        total = p.input + sum(w * y for w, y in zip(row, rates, strict=True))
        if p.activation.phi.xreplace({Z: total}).doit() - x != 0:
            return tuple(state)
    return tuple(exact(v) for v in tried)


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
    if any(len(level.sections[i]) > 1 for i in level.bent) or _inside(equations.sections, z) is not True:
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
    convex = []
    for i, w in enumerate(own):
        bound = level.meanings.activations[i].lipschitz
        steep = None if bound.has(sympy.oo) else level.meanings.function(bound)(*level.given)
        convex.append(bool(w <= 0) or (steep is not None and bool(w * steep < 1)))
    if any(i in level.bent and not convex[i] for i in range(len(own))):
        return None
    phi = [p.activation for p in level.circuit.populations]
    return nash_class(phi, own, z, x, slopes, convex, [None] * len(own))[0]


_NOT_COUNTED = "how many equilibria there are is not proved for all parameters within their rounding"


def _more(level: Level, spots: Sequence[Spot | None]) -> str:
    """Why there might be more equilibria somewhere in the box; empty when a complete search found just these."""
    bounds = _bounds(level)
    if None in spots or bounds is None or any(len(level.sections[i]) > 1 for i in level.bent):
        return _NOT_COUNTED
    many = 0
    for places in product(*(range(len(row)) for row in level.sections)):
        parts = [level.sections[i][k] for i, k in enumerate(places)]
        start = []
        for z, part in zip(bounds, parts, strict=True):
            low, high = z.lower(), z.upper()
            low = low if part.lower is None else low.max(_knot(part.lower).lower() - MARGIN)
            high = high if part.upper is None else high.min(_knot(part.upper).upper() + MARGIN)
            start += [low.union(high)] if low <= high else []
        if len(start) < len(parts):
            continue
        found = roots_in(level.equations(places), tuple(start))
        inside = [_inside(parts, root.place) for root in found.roots]
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


def _knot(end: sympy.Expr) -> arb:
    return ball_function(end, X)(arb(0))


def _inside(parts: Sequence[Section], z: Box) -> bool | None:
    """Whether total inputs lie inside sections, away from their ends; ``None`` when one may be on an end."""
    sides = [side * (v - _knot(end)) for part, v in zip(parts, z, strict=True)
             for end, side in ((part.lower, 1), (part.upper, -1)) if end is not None]  # fmt: skip
    return False if any(gap < 0 for gap in sides) else True if all(gap > 0 for gap in sides) else None


def apart(level: Level, spot: Spot, claim: Sequence[Truth]) -> bool:
    """Whether no equilibrium but this one has rates among these: both lie in one region, which has at most one.

    The region holds the total inputs of both; where ``I - W S`` is regular all over it, it has at most one equilibrium.
    """
    with precision(level.bits):
        state = [ball(t.low).union(ball(t.high)) for t in claim]
        z = [sum((w * y for w, y in zip(row, state, strict=True)), u) for row, u in zip(level.W, level.u, strict=True)]
        region = tuple(a.union(b) for a, b in zip(z, spot.z, strict=True))
        parts = [level.sections[i][k] for i, k in enumerate(spot.places)]
        moving = any(len(level.sections[i]) > 1 for i in level.bent)
        return not moving and _inside(parts, region) is True and is_regular(level.equations(spot.places), region)
