"""All equilibria of a circuit with numbers and at least one smooth activation, each isolated and proved.

The equilibria are the solutions of ``z = u + W phi(z)``, ``x = phi(z)``. Strongly connected blocks are solved one after
the other, upstream first: within a block every choice of sections (:mod:`symgame.sections`) is a smooth problem on a
box that provably holds all its solutions (:mod:`symgame.certified_bounds`), searched completely
(:mod:`symgame.certified_boxes`). A solution counts when its total inputs lie inside the chosen sections. Then the whole
state is sharpened until the digits asked for, the spectrum and the Nash class are proved, or the precision is at its
limit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import sympy
from flint import arb

from symgame.activation import Activation
from symgame.balls import ball_function, precision
from symgame.certified_bounds import critical_softplus, input_bounds, is_built_in
from symgame.certified_boxes import LEAST, MOST_BOXES, Box, Equations, Root, roots_in, sharpened
from symgame.certified_digits import simplest_in
from symgame.certified_nash import mirror_input, nash_class
from symgame.certified_spectrum import Spectrum, spectrum
from symgame.circuit import Circuit
from symgame.coupling import components
from symgame.errors import Unsupported
from symgame.pieces import X, Z
from symgame.sections import Section, sections

#: Bits of the search.
BITS = 128
#: Where no bound is proved, total inputs are searched up to this size, and the list is not called complete.
UNPROVED_RANGE = 2**12
#: How far the search of a section goes beyond its ends, so that no ball on an end is missed.
MARGIN = arb(2) ** -40
#: What stands for the bounds where it is proved that nothing is to be bounded.
NO_SOLUTION: tuple[arb, ...] = ()
#: Equilibria that are followed from block to block.
MOST_POINTS = 4_096


@dataclass(frozen=True, eq=False)
class CertifiedPoint:
    """One equilibrium, at the precision of ``bits``: balls for total inputs, rates and slopes, in the circuit's order.

    ``levels`` has the exact rate of each population on a flat section, and of all whose rates put one exactly on a
    kink, else ``None``. ``kinks`` names the populations whose total input is exactly on a kink; the spectrum is then
    ``None``. What stays undecided is ``None``, and ``remarks`` say why.
    """

    sections: tuple[Section, ...]
    z: Box
    x: tuple[arb, ...]
    slopes: tuple[arb, ...]
    levels: tuple[sympy.Expr | None, ...]
    kinks: tuple[str, ...]
    spectrum: Spectrum | None
    nash: str | None
    bits: int
    remarks: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class CertifiedPoints:
    """The equilibria, and ``reasons`` why there might be more; none of these, and they are all."""

    points: tuple[CertifiedPoint, ...]
    reasons: tuple[str, ...]

    @property
    def complete(self) -> bool:
        return not self.reasons


def certified_points(circuit: Circuit, digits: int = 15) -> CertifiedPoints:
    """Every equilibrium of a circuit whose symbols all have values; rates proved to ``digits`` significant digits.

    Statement: each point is the only equilibrium in its box, and without ``reasons`` there is no other. In the voltage
    form the equilibria, their stability and their spectra are the same.

    Raises :class:`~symgame.errors.Unsupported` when symbols are left, or an activation cannot be enclosed.

    >>> pair = Circuit.from_matrix([[8]], names="E", u=[-4], tau=[1], activation="logistic")
    >>> found = certified_points(pair)
    >>> [point.x[0].str(6, radius=False) for point in found.points], found.complete
    (['0.0212480', '0.500000', '0.978752'], True)
    """
    if circuit.symbols:
        raise Unsupported(
            f"these symbols have no value: {', '.join(circuit.symbols)}; give them in [values] or by --set"
        )
    search = _Search(circuit)
    with precision(BITS):
        raw = search.points()
    finished = [_finished(search, point, digits) for point in raw]
    finished.sort(key=lambda point: [float(ball.mid()) for ball in (*point.x, *point.z)])
    return CertifiedPoints(tuple(finished), tuple(dict.fromkeys(search.reasons)))


# -- the search, block after block ------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class _Partial:
    """A solution of the blocks so far: by population its section and its total input; those exactly on a kink."""

    parts: dict[int, Section]
    z: dict[int, arb]
    kinks: frozenset[int]


@dataclass(frozen=True)
class _Place:
    """Whether a solution lies in its sections (``None``: not decided), the populations that are exactly on a kink of
    phi; with ``joined``, it is undecided only where phi is continuously differentiable across the knot."""

    inside: bool | None
    kinks: frozenset[int] = frozenset()
    joined: bool = False


class _Search:
    """A circuit as functions of the precision, and what its blocks are."""

    def __init__(self, circuit: Circuit) -> None:
        self.circuit = circuit
        self.names = circuit.names
        self.activations = tuple(p.activation for p in circuit.populations)
        self.sections = tuple(sections(a) for a in self.activations)
        self.entries = circuit.entries
        self.inputs = tuple(p.input for p in circuit.populations)
        self.n = len(self.names)
        drives = [[i != j and self.entries[i][j] != 0 for j in range(self.n)] for i in range(self.n)]
        self.blocks = components(drives)
        self.symmetric = is_symmetrizable(self.entries)
        self.convex = tuple(_is_convex(a, self.entries[i][i]) for i, a in enumerate(self.activations))
        self.monotone = tuple(_is_monotone(a, self.entries[i][i]) for i, a in enumerate(self.activations))
        self.reasons: list[str] = []
        self._numbers = _Numbers()

    @property
    def W(self) -> tuple[tuple[arb, ...], ...]:
        return tuple(tuple(self._numbers(v) for v in row) for row in self.entries)

    @property
    def u(self) -> tuple[arb, ...]:
        return tuple(self._numbers(v) for v in self.inputs)

    @property
    def tau(self) -> tuple[arb, ...]:
        return tuple(self._numbers(p.tau) for p in self.circuit.populations)

    def steepest(self, i: int) -> arb:
        """The largest slope on any piece of a piecewise-linear phi."""
        return self._numbers(self.activations[i].lipschitz)

    def points(self) -> list[_Partial]:
        """Every solution of all blocks, at the precision of the moment."""
        partial = [_Partial({}, {}, frozenset())]
        for block in self.blocks:
            partial = [longer for each in partial for longer in self._extended(each, block)]
            if len(partial) > MOST_POINTS:
                self.reasons.append(
                    f"more than {MOST_POINTS} equilibria of the populations upstream: the rest is left out"
                )
                partial = partial[:MOST_POINTS]
        return partial

    def _rows(self, known: _Partial, block: tuple[int, ...]) -> tuple[tuple[tuple[arb, ...], ...], tuple[arb, ...]]:
        """The rows of W inside a block, and what each of its populations receives from outside, at this precision."""
        W, u = self.W, self.u
        rates = {j: part.rate(known.z[j]) for j, part in known.parts.items()}
        inputs = tuple(sum((W[i][j] * x for j, x in rates.items()), u[i]) for i in block)
        return tuple(tuple(W[i][j] for j in block) for i in block), inputs

    def _extended(self, known: _Partial, block: tuple[int, ...]) -> Iterator[_Partial]:
        """Every way to go on with the solutions of one more block."""
        rows, inputs = self._rows(known, block)
        bounds = input_bounds(rows, inputs, [self.activations[i] for i in block])
        if isinstance(bounds, str) and len(block) == 1:
            critical = self._critical_bounds(known, block[0], inputs[0])
            if critical == NO_SOLUTION:
                return
            bounds = bounds if critical is None else critical
        unproved = bounds if isinstance(bounds, str) else ""
        limits = (arb(0, UNPROVED_RANGE),) * len(block) if isinstance(bounds, str) else bounds
        monotone = len(block) == 1 and self.monotone[block[0]]
        sure: list[_Partial] = []
        unsure: list[tuple[_Partial, Root, bool]] = []
        undecided: list[tuple[Box, bool]] = []
        for parts in product(*(self.sections[i] for i in block)):
            start = self._start(limits, parts)
            if start is None:
                continue
            equations = Equations(rows, inputs, parts)
            found = roots_in(equations, start)
            roots, left = found.roots, found.open
            if monotone and left and not roots and not unproved:
                with precision(8 * BITS):  # where the slope is 0, a zero has a third of the digits of its equation
                    roots, left = (lone_root(Equations(*self._rows(known, block), parts), start[0]),), ()
            undecided += [(box, found.ended) for box in left]
            for root in roots:
                longer = _Partial(
                    {**known.parts, **dict(zip(block, parts, strict=True))},
                    {**known.z, **dict(zip(block, root.place, strict=True))},
                    known.kinks,
                )
                place = self._placed(longer, block)
                if place.inside:
                    sure.append(_Partial(longer.parts, longer.z, known.kinks | place.kinks))
                elif place.inside is None:
                    unsure.append((longer, root, place.joined))
        for longer, root, joined in unsure:
            if any(self._met(longer, root, other, block) for other in sure):
                continue
            if joined:
                sure.append(longer)
            else:
                self.reasons.append(self._kink_text(longer, block))
        if not (monotone and sure):  # one solution is all that there can be
            self.reasons += [self._open_text(block, box, ended) for box, ended in undecided]
            if unproved:
                self.reasons.append(f"{unproved}; total inputs beyond {UNPROVED_RANGE} were not searched")
        yield from sure

    def _critical_bounds(self, known: _Partial, i: int, drive: arb) -> Box | None:
        """Bounds for one softplus whose steepest slope times its own weight is exactly 1, ``NO_SOLUTION`` if nothing
        solves its equation; ``None`` where this does not apply."""
        given = self.activations[i]
        if not (is_built_in(given) and given.kind == "softplus"):
            return None
        values = dict(given.parameters)
        if sympy.expand(self.entries[i][i] * values["gain"] - 1) != 0:
            return None
        exact = self.exact_input({j: part.level for j, part in known.parts.items()}, i, own=False)
        if exact is not None and sympy.expand(exact - values["threshold"]) == 0:
            return NO_SOLUTION
        try:
            place = critical_softplus(given, drive)
        except ValueError:
            return None
        return NO_SOLUTION if place is None else (arb(place.mid(), 2 * place.rad() + MARGIN),)

    def _start(self, bounds: Sequence[arb], parts: Sequence[Section]) -> Box | None:
        """The bounds cut to the sections; ``None`` if nothing is left."""
        box = []
        for bound, part in zip(bounds, parts, strict=True):
            low, high = bound.lower(), bound.upper()
            low = low if part.lower is None else low.max(self._numbers(part.lower).lower() - MARGIN)
            high = high if part.upper is None else high.min(self._numbers(part.upper).upper() + MARGIN)
            if low > high:
                return None
            box.append(low.union(high))
        return tuple(box)

    def _placed(self, found: _Partial, block: tuple[int, ...]) -> _Place:
        """Whether every total input of the block lies in its section."""
        inside: bool | None = True
        kinks: set[int] = set()
        for i in block:
            part, smooth = found.parts[i], self.activations[i].pieces is None
            for knot, side, closed in ((part.lower, 1, part.closed[0]), (part.upper, -1, part.closed[1])):
                gap = arb(1) if knot is None else side * (found.z[i] - self._numbers(knot))
                if gap > 0:
                    continue
                exact = None if gap < 0 or knot is None else self._exact_gap(found, i, knot)
                if gap < 0 or (exact is not None and (exact * side < 0 or (exact == 0 and not closed))):
                    return _Place(False)
                if exact is None and smooth and part.flat:
                    return _Place(False)  # phi' exists here, so that the section beyond the knot has it
                if exact is None:
                    inside = None
                elif exact == 0 and not smooth:
                    kinks.add(i)
        hard = (i for i in block if self.activations[i].pieces is not None and not self._within(found, i))
        return _Place(inside, frozenset(kinks), next(hard, None) is None)

    def _within(self, found: _Partial, i: int) -> bool:
        part, z = found.parts[i], found.z[i]
        return (part.lower is None or z > self._numbers(part.lower)) and (
            part.upper is None or z < self._numbers(part.upper)
        )

    def _exact_gap(self, found: _Partial, i: int, knot: sympy.Expr) -> sympy.Expr | None:
        """``z_i - knot`` as a rational number, when all that drives i has an exact rate; else ``None``."""
        total = self.exact_input({j: part.level for j, part in found.parts.items()}, i)
        if total is None:
            total = self.exact_input(self.exact_rates(found), i)
        gap = None if total is None else sympy.expand(total - knot)
        return gap if gap is not None and gap.is_Rational else None

    def exact_rates(self, found: _Partial) -> dict[int, sympy.Expr]:
        """The rates on flat sections, and those at total inputs that are simple rational numbers, with proof.

        Each ball suggests a number; those that do not solve ``z = u + W phi(z)`` exactly, with the rates of all that
        drive them, are dropped until none is left to drop. Such a number is *the* solution in its ball, as there is
        just one.
        """
        flat = {i: part.level for i, part in found.parts.items() if part.level is not None}
        guesses = {i: q for i, z in found.z.items() if i not in flat and (q := simplest_in(z)) is not None}
        while True:
            rates = flat | {i: found.parts[i].phi.subs(Z, q) for i, q in guesses.items()}
            totals = {i: self.exact_input(rates, i) for i in guesses}
            kept = {i: q for i, q in guesses.items() if (t := totals[i]) is not None and sympy.expand(t - q) == 0}
            if len(kept) == len(guesses):
                return rates
            guesses = kept

    def exact_input(self, levels: Mapping[int, sympy.Expr | None], i: int, own: bool = True) -> sympy.Expr | None:
        """``z_i``, without what it sends itself unless ``own``, where all that drives it has an exact rate."""
        total = self.inputs[i]
        for j, w in enumerate(self.entries[i]):
            if w == 0 or (j == i and not own):
                continue
            level = levels.get(j)
            if level is None:
                return None
            total += w * level
        return total

    def _met(self, each: _Partial, root: Root, other: _Partial, block: tuple[int, ...]) -> bool:
        """Whether an unsure solution is one that is known: they differ in sections that meet exactly there."""
        for i, z in zip(block, root.region, strict=True):
            if not z.contains(other.z[i]):
                return False
            mine, its = each.parts[i], other.parts[i]
            if mine is not its:
                knots = [k for k in (its.lower, its.upper) if k is not None and k in (mine.lower, mine.upper)]
                if not any(self._exact_gap(other, i, k) == 0 for k in knots):
                    return False
        return True

    def _open_text(self, block: tuple[int, ...], box: Box, ended: bool) -> str:
        where = ", ".join(
            f"{self.names[i]} from {_shown(z.lower())} to {_shown(z.upper())}" for i, z in zip(block, box, strict=True)
        )
        why = (
            f"the search ended after {MOST_BOXES} boxes"
            if ended
            else f"boxes are cut down to about {float(LEAST):.0e} (1 + |z|), and here may be a double one (a fold or a "
            f"cusp at these values), a continuum, or several closer to each other than that"
        )
        return f"it stays open how many equilibria there are with total inputs {where}: {why}"

    def _kink_text(self, found: _Partial, block: tuple[int, ...]) -> str:
        places = ", ".join(f"{self.names[i]} = {_shown(found.z[i])}" for i in block)
        return (
            f"near the total inputs {places} there may be an equilibrium: one of them is on a kink, or within 1e-30 of "
            f"it, and balls cannot tell on which side"
        )


class _Numbers:
    """Exact constants as balls, at the precision of the moment."""

    def __init__(self) -> None:
        self.known: dict[sympy.Expr, Callable[[arb], arb]] = {}

    def __call__(self, value: sympy.Expr) -> arb:
        if value not in self.known:
            self.known[value] = ball_function(value, X)
        return self.known[value](arb(0))


def _shown(ball: arb) -> str:
    """The middle of a ball in ten digits, 0 for one that contains it: its middle means nothing then."""
    return "0" if ball.contains(0) else f"{float(ball.mid()):.10g}"


def _is_convex(activation: Activation, own: sympy.Expr) -> bool:
    """Whether ``W_ii sup phi' <= 1`` is known exactly, or ``W_ii <= 0``."""
    if own.is_nonpositive:
        return True
    return not activation.lipschitz.has(sympy.oo) and (own * activation.lipschitz - 1).is_nonpositive is True


def _is_monotone(activation: Activation, own: sympy.Expr) -> bool:
    """Whether ``z - W_ii phi(z)`` is known to increase strictly: one zero at most then, even where its slope is 0.

    The built-in smooth kinds have their largest slope at single points only.
    """
    if activation.pieces is not None or activation.lipschitz.has(sympy.oo):
        return False
    return _is_convex(activation, own) and is_built_in(activation)


def lone_root(equations: Equations, interval: arb) -> Root:
    """The zero of a strictly increasing ``z - u - w phi(z)`` with a sign change on the interval, by cuts."""
    low, high = interval.lower(), interval.upper()

    def sign(point: arb) -> int:
        value = equations.residual((point,))[0, 0]
        return 1 if value > 0 else -1 if value < 0 else 0

    share = arb(1) / 4
    while share > arb(2) ** -BITS:
        middle, step = ((low + high) / 2).mid(), ((high - low) * share).mid()
        below, above = sign(middle - step), sign(middle + step)
        if below > 0:
            high = middle - step
        elif above < 0:
            low = middle + step
        elif below < 0 < above:
            low, high = middle - step, middle + step
        else:
            share = share / 2
            if sign(middle) == 0 and below == above == 0:
                break
    place = low.union(high)
    return Root((place,), (place,))


def is_symmetrizable(entries: Sequence[Sequence[sympy.Expr]]) -> bool:
    """Whether ``d_i W_ij = d_j W_ji`` for some d > 0: signs agree, and so do the products round every cycle.

    >>> integer = [[sympy.Integer(v) for v in row] for row in ((0, 2, 0), (3, 0, -1), (0, -1, 5))]
    >>> is_symmetrizable(integer), is_symmetrizable([[sympy.Integer(0), sympy.Integer(1)], [sympy.Integer(-1)] * 2])
    (True, False)
    """
    n = len(entries)
    weights: dict[int, sympy.Expr] = {}
    for first in range(n):
        if first in weights:
            continue
        weights[first] = sympy.Integer(1)
        stack = [first]
        while stack:
            i = stack.pop()
            for j in range(n):
                forth, back = entries[i][j], entries[j][i]
                if i == j or (forth == 0 and back == 0):
                    continue
                if not (forth.is_Rational and back.is_Rational and forth * back > 0):
                    return False
                weight = weights[i] * forth / back
                if j not in weights:
                    weights[j] = weight
                    stack.append(j)
                elif weights[j] != weight:
                    return False
    return True


# -- one point, sharpened ---------------------------------------------------------------------------------------------


def _finished(search: _Search, found: _Partial, digits: int) -> CertifiedPoint:
    """The point with everything proved that the precisions tried can prove."""
    order = range(search.n)
    parts = tuple(found.parts[i] for i in order)
    z = tuple(found.z[i] for i in order)
    need = int(3.33 * digits) + 64
    for effort in (1, 2, 4):
        bits = effort * max(BITS, need)
        with precision(bits):
            z = sharpened(Equations(search.W, search.u, parts), z)
            point = _read(search, found, parts, z, bits)
            if _enough(point, digits, effort > 1):
                return point
    return point


def _read(search: _Search, found: _Partial, parts: tuple[Section, ...], z: Box, bits: int) -> CertifiedPoint:
    W, n = search.W, search.n
    x = tuple(part.rate(v) for part, v in zip(parts, z, strict=True))
    slopes = tuple(part.slope(v) for part, v in zip(parts, z, strict=True))
    smooth = None if found.kinks else spectrum(W, slopes, search.tau, search.symmetric)
    flat = {i: part.level for i, part in enumerate(parts) if part.level is not None}
    levels = search.exact_rates(found) if found.kinks else flat
    mirrors = [
        None if c is None else mirror_input(search.activations[i], search.entries[i][i], c)
        for i, c in enumerate(search.exact_input(levels, i, own=False) for i in range(n))
    ]
    bends = [arb(0).union(search.steepest(i)) if i in found.kinks else s for i, s in enumerate(slopes)]
    nash, undecided = nash_class(search.activations, [W[i][i] for i in range(n)], z, x, bends, search.convex, mirrors)
    remarks = []
    if smooth is not None and smooth.stable is None:
        remarks.append(f"stability is not decided at {bits} bits: an eigenvalue is on the imaginary axis, or very near")
    if nash is None:
        names = ", ".join(search.names[i] for i in undecided)
        remarks.append(f"the Nash class is not decided at {bits} bits for {names}")
    return CertifiedPoint(
        parts,
        z,
        x,
        slopes,
        tuple(levels.get(i) for i in range(n)),
        tuple(search.names[i] for i in sorted(found.kinks)),
        smooth,
        nash,
        bits,
        tuple(remarks),
    )


def _enough(point: CertifiedPoint, digits: int, zeros: bool) -> bool:
    """Whether all that is printed is proved: digits of rates and eigenvalues, stability, type, Nash class.

    With ``zeros``, a ball round 0 will do: a number that is 0 never shows a digit.
    """
    balls = list(point.x)
    if point.spectrum is not None:
        balls += [part for e in point.spectrum.eigenvalues for part in (e.re, e.im)]
        if point.spectrum.stable is None or point.spectrum.type is None:
            return False
    return point.nash is not None and all(
        ball.is_exact() or ball.rel_accuracy_bits() > 3.33 * digits + 4 or (zeros and ball.contains(0))
        for ball in balls
    )
