"""Exact values for the symbols of a circuit, so that a picture can be drawn: chosen by rule, checked exactly.

A circuit keeps the values it has. The others come from short lists of simple fractions, by the role of the symbol: the
choice is the first of the best, where best means, along the parameter of the picture, an equilibrium with every
population active on both sides of the switch, stable if possible, and then as many regimes as possible. For a smooth
pair it means three equilibria at one value of the parameter and an unstable one alone at another. Scores are
computed in floating point and only order the candidates; whether a candidate will do is decided exactly.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from math import floor, isqrt

import numpy as np
from numpy.typing import NDArray

from symgame.algebra import Algebra, algebra
from symgame.branches import full_branch
from symgame.chart import Chart, deciding
from symgame.circuit import Circuit
from symgame.condition import FALSE, TRUE, Condition, at_point, both, either, free_names, holds
from symgame.crossings import Crossing, crossings, simple_between
from symgame.errors import BudgetExceeded, Unsupported
from symgame.groups import written_out
from symgame.proof.sampling import Samples, find, truth
from symgame.properties import stability
from symgame.smooth_values import CHOICES as SMOOTH_CHOICES
from symgame.smooth_values import scenes

CANDIDATES = 1_500
SMOOTH_CANDIDATES = 1_000  # each is a scan along a nullcline
STEPS = 24
TRIED = 40
MOST = 6  # populations


def _fractions(text: str) -> tuple[Fraction, ...]:
    return tuple(Fraction(word) for word in text.split())


#: What a symbol may be worth, by its role, the preferred value first. None is 0, often the edge of a
#: domain, where a silent population with no input is on its kink; a self-weight of 1 is on the switch.
CHOICES: dict[str, tuple[Fraction, ...]] = {
    "self-weight": _fractions("1/2 3/2 1/4"),
    "weight": _fractions("1 3/2 2 5/2 3 1/2"),
    "tau": _fractions("10 20 5"),
    "input": _fractions("1 2 1/2 3"),
    "cap": _fractions("2 3 1 4"),
    "threshold": _fractions("1/2 1"),
    "slope": _fractions("1/2 1/4 3/4 1/8 1"),  # a gain that is held: its greatest value is met at one rate only
    "parameter": _fractions("1 2"),
}


@dataclass(frozen=True)
class Illustration:
    """A circuit with exact values for all its symbols but ``over``, and values of ``over`` worth a picture.

    ``given`` names the symbols whose values are the circuit's own; the others were chosen. ``at`` holds the values
    of ``over``: one on either side of ``switch``, or the circuit's own value alone; of a smooth pair, where it has
    three equilibria, and where it oscillates. ``over`` is ``None`` for a circuit without a symbol to vary; ``at`` is
    then empty. ``window`` is the part of the axis that pictures show.
    """

    circuit: Circuit
    over: str | None
    values: dict[str, Fraction]
    given: tuple[str, ...]
    crossings: tuple[Crossing, ...]
    switch: Crossing | None
    at: tuple[Fraction, ...]
    window: tuple[Fraction, Fraction]

    def numeric(self, at: Fraction | None = None) -> Circuit:
        """The circuit with numbers for everything, ``over`` at one value."""
        return self.circuit if self.over is None or at is None else self.circuit.with_values(**{self.over: at}).fixed()

    def admits(self, at: Fraction) -> bool:
        """Whether a value of ``over`` lies in the circuit's domain, at the values of the others. Exact."""
        assert self.over is not None
        return holds(algebra(self.circuit).domain.condition, {self.over: at})

    @property
    def panels(self) -> tuple[Circuit, ...]:
        """The numeric circuits of the pictures, one per value in ``at``."""
        return tuple(self.numeric(at) for at in self.at) or (self.numeric(),)


def roles(circuit: Circuit) -> dict[str, str]:
    """The role of each symbol, a key of :data:`CHOICES`.

    >>> from symgame.named import wilson_cowan
    >>> roles(wilson_cowan())["w_EE"], roles(wilson_cowan())["w_EI"], roles(wilson_cowan())["u_E"]
    ('self-weight', 'weight', 'input')
    """
    table: dict[str, str] = {}
    n = len(circuit.names)
    for i in range(n):
        for j in range(n):
            for name in sorted(x.name for x in circuit.W[i, j].free_symbols):
                table.setdefault(name, "self-weight" if i == j else "weight")
    for p in circuit.populations:
        for key, value in p.activation.parameters:
            for x in sorted(x.name for x in value.free_symbols):
                table.setdefault(x, key if key in CHOICES or key in SMOOTH_CHOICES else "parameter")
        for name in sorted(x.name for x in p.tau.free_symbols):
            table.setdefault(name, "tau")
        for name in sorted(x.name for x in p.input.free_symbols):
            table.setdefault(name, "input")
    return {name: table[name] for name in circuit.symbols}


def illustration(circuit: Circuit, over: str | None = None, chart: Chart | None = None) -> Illustration:
    """Exact values for every symbol but ``over``; see :class:`Illustration`.

    Raises :class:`~symgame.errors.Unsupported` for more than six populations, an ``over`` that is no symbol, and when
    no point of the domain is found.

    >>> from symgame.named import wilson_cowan
    >>> chosen = illustration(wilson_cowan(), "w_EE")
    >>> chosen.switch.text, chosen.at[0] < 1 < chosen.at[1]
    ('1', True)
    """
    if circuit.copies:
        known = circuit.fixed(keep=(over,) if over else ())
        if known.whole:
            raise Unsupported(
                f"a picture is of a number of copies: give whole numbers to {', '.join(known.whole)} in [values] or by "
                f"--set"
            )
        circuit = written_out(known)
    if len(circuit.names) > MOST:
        raise Unsupported(f"pictures are drawn of at most {MOST} populations; this circuit has {len(circuit.names)}")
    own = {n: Fraction(int(v.p), int(v.q)) for n, v in circuit.fixed().values if v.is_Rational}
    free = circuit.fixed(keep=(over,) if over else ())
    if over is not None and over not in free.symbols:
        raise Unsupported(f"the circuit has no symbol {over!r} (symbols: {', '.join(free.symbols) or 'none'})")
    if over is None:
        values = _first_in_domain(free, None)
        numeric = free.with_values(**values).fixed()
        given = tuple(n for n in own if n not in values)
        return Illustration(numeric, None, own | values, given, (), None, (), (Fraction(0), Fraction(1)))
    named = [n for n in free.symbols if n != over]
    table = _candidates(named, roles(free))
    a = algebra(free)
    linear = a.pieces is not None
    if not linear:
        found = _smooth_scene(free, over, named, own)
        if found is not None:
            return found
    ranked = linear and len(free.names) <= 3  # beyond, the conditions with all symbols are too long to score
    order = _ranking(free, over, table) if ranked else list(range(TRIED))
    best: Illustration | None = None
    for k in order[:TRIED]:
        values = {n: column[k] for n, column in table.items()}
        found = _attempt(free, over, values, own, chart)
        if found is None:
            continue
        if len(found.at) == 2 or over in own or not linear:
            return found
        best = best or found
    if best is None:
        values = _first_in_domain(free, over)
        best = _attempt(free, over, values, own, chart)
    if best is None:
        raise Unsupported("no exact values were found in the circuit's domain; give some in [values]")
    return best


def _candidates(names: list[str], role: dict[str, str]) -> dict[str, tuple[Fraction, ...]]:
    """Lists of equal length, one per name: point k of a Kronecker sequence, without randomness."""
    return _spread({name: CHOICES.get(role[name], CHOICES["parameter"]) for name in names}, CANDIDATES)


def _spread(choices: dict[str, tuple[Fraction, ...]], size: int) -> dict[str, tuple[Fraction, ...]]:
    columns = {}
    for place, (name, row) in enumerate(choices.items()):
        step = isqrt(_prime(place) << 64) % (1 << 32)  # the fractional part of a square root, in 32 bits
        columns[name] = tuple(row[((k * step) % (1 << 32)) * len(row) >> 32] for k in range(size))
    return columns


def _smooth_scene(
    circuit: Circuit, over: str, named: list[str], own: dict[str, Fraction]
) -> Illustration | None:
    """The best scene of a smooth pair that the domain admits; weights without a sign are tried on both sides of 0."""
    role, signs = roles(circuit), algebra(circuit).domain.signs
    choices = {n: SMOOTH_CHOICES.get(role[n], CHOICES.get(role[n], CHOICES["parameter"])) for n in named}
    for n in named:
        if role[n].endswith("weight") and n not in signs:
            choices[n] = tuple(v for value in choices[n] for v in (value, -value))
    for p in circuit.populations:  # slow inhibition oscillates
        if str(p.tau) in choices and p.type is not None:
            choices[str(p.tau)] = (Fraction(10), Fraction(20 if p.type == "inhibitory" else 5))
    for scene in scenes(circuit, over, _spread(choices, SMOOTH_CANDIDATES), own.get(over)):
        found = _attempt(circuit, over, scene.values, own, None, scene.at)
        if found is not None:
            return found
    return None


def _prime(place: int) -> int:
    found: list[int] = []
    number = 2
    while len(found) <= place:
        if all(number % p for p in found):
            found.append(number)
        number += 1
    return found[-1]


def _grid(a: Algebra, over: str) -> NDArray[np.float64]:
    """Values of ``over`` in floating point for the scores: eighths off the usual thresholds."""
    steps = np.arange(STEPS) / 4 + 0.125
    return steps if over in a.domain.signs else steps - STEPS / 8


def _ranking(circuit: Circuit, over: str, table: dict[str, tuple[Fraction, ...]]) -> list[int]:
    """The candidates from best to worst."""
    a, branch = algebra(circuit), full_branch(circuit)
    steps = _grid(a, over)
    size = CANDIDATES * len(steps)
    points: Samples = {n: np.repeat(np.array([float(v) for v in column]), len(steps)) for n, column in table.items()}
    points[over] = np.tile(steps, CANDIDATES)
    cache: dict[str, NDArray[np.float64]] = {}

    def where(condition: Condition) -> NDArray[np.bool_]:
        return truth(condition, points, size, cache).reshape(CANDIDATES, len(steps))

    inside, active, hurwitz = where(a.domain.condition), where(branch.strict), where(stability.hurwitz(branch))
    pattern = np.zeros((CANDIDATES, len(steps)), dtype=int)
    concave = np.zeros((CANDIDATES, len(steps)), dtype=bool)
    for quantity in deciding(branch):
        positive = where(a.structural.compare(quantity.value, ">"))
        pattern = 2 * pattern + positive
        if quantity.label.startswith("curvature"):
            concave |= ~positive
    ordered = np.sort(np.where(inside, pattern, pattern[:, :1]), axis=1)
    patterns = 1 + (np.diff(ordered, axis=1) != 0).sum(axis=1)
    before, past = inside & active & ~concave, inside & active & concave
    role = roles(circuit)
    later = sum(np.array([CHOICES[role[n]].index(v) for v in column], dtype=float) for n, column in table.items())
    score = (
        100.0 * (before & hurwitz).any(axis=1)
        + 100.0 * past.any(axis=1)
        + 100.0 * (past & hurwitz).any(axis=1)
        + 10.0 * patterns
        + 8.0 * np.minimum((past & hurwitz).sum(axis=1), 4)  # room for a picture past the switch
        + 2.0 * np.minimum((past & ~hurwitz).sum(axis=1), 4)
        - 0.5 * later
    )
    score = np.where(inside.any(axis=1), score, -np.inf)
    return [int(k) for k in np.argsort(-score, kind="stable")]


def _attempt(
    circuit: Circuit,
    over: str,
    values: dict[str, Fraction],
    own: dict[str, Fraction],
    chart: Chart | None,
    seen: tuple[Fraction, ...] = (),
) -> Illustration | None:
    """The illustration with these values, when the domain admits them: everything here is decided exactly.

    ``seen`` are the values of ``over`` of a scene that was found already.
    """
    if at_point(algebra(circuit).domain.condition, values) == FALSE:
        return None
    fixed = circuit.with_values(**values).fixed(keep=(over,))
    a = algebra(fixed)
    if free_names(a.domain.condition) - {over}:
        return None
    linear = a.pieces is not None
    found = crossings(fixed, over, chart) if linear else ()
    signed = over in a.domain.signs
    switch = _switch(fixed, over, found, signed) if linear else None
    window = _window(found, signed, own.get(over))
    if over in own:
        at: tuple[Fraction, ...] = (own[over],)
    elif seen:
        at = seen
    elif not linear:
        at = _smooth_sides(fixed, over)
    elif switch is None:
        at = (simple_between(*window),)
    else:
        sides = (_side(fixed, over, found, switch, window, up) for up in (False, True))
        at = tuple(side for side in sides if side is not None)
    given = tuple(n for n in own if n not in values and n != over)
    kept = {n: v for n, v in (own | values).items() if n != over}
    candidate = Illustration(fixed, over, kept, given, found, switch, at, window)
    return candidate if at and all(candidate.admits(value) for value in at) else None


def _switch(circuit: Circuit, over: str, found: tuple[Crossing, ...], signed: bool) -> Crossing | None:
    """The first crossing in the domain at which an own curvature vanishes; without one, the first crossing."""
    inside = [c for c in found if not signed or c.low > 0]
    branch = full_branch(circuit)
    compare = branch.algebra.structural.compare
    curvatures = [q.value for q in deciding(branch) if q.label.startswith("curvature")]
    flat = either(*(compare(value, "=") for value in curvatures))
    for c in inside:
        if c.low == c.high and holds(flat, {over: c.low}):
            return c
    return inside[0] if inside else None


def _window(found: tuple[Crossing, ...], signed: bool, own: Fraction | None) -> tuple[Fraction, Fraction]:
    """From 0 (or below the lowest crossing) to beyond the highest, in quarters; two units without a crossing."""
    marks = [c.low for c in found if not signed or c.low > 0] + ([own] if own is not None else [])
    if not marks:
        return Fraction(0), Fraction(2)
    high = max(*marks, Fraction(1))
    low = Fraction(0) if signed else min(*marks, Fraction(0))
    margin = max((high - low) / 5, Fraction(1, 2))
    top = Fraction(floor((high + margin) * 4) + 1, 4)
    return (low, top) if signed else (Fraction(floor((low - margin) * 4), 4), top)


def _side(
    circuit: Circuit,
    over: str,
    found: tuple[Crossing, ...],
    switch: Crossing,
    window: tuple[Fraction, Fraction],
    up: bool,
) -> Fraction | None:
    """A simple value on one side of the switch where the full branch exists, stable if possible, nearest first."""
    branch = full_branch(circuit)
    exists = both(branch.algebra.domain.condition, branch.strict)
    marks = [c for c in found if (c.low > switch.high if up else c.high < switch.low)]
    marks = [c for c in marks if window[0] < c.low and c.high < window[1]]
    if up:
        edges = [switch.high, *(c.low for c in marks), window[1]]
    else:
        edges = [switch.low, *(c.high for c in reversed(marks)), window[0]]
    for condition in (both(exists, stability.hurwitz(branch)), exists):
        if free_names(condition) - {over}:
            return None
        for a, b in pairwise(edges):
            if a == b:
                continue
            at = simple_between(min(a, b), max(a, b))
            if holds(condition, {over: at}):
                return at
    return None


def _smooth_sides(circuit: Circuit, over: str) -> tuple[Fraction, ...]:
    """For a smooth phi: half and three halves of the exact ``1 / sup phi'``, where an own energy stops being convex
    for certain; one value when ``over`` is no such self-weight, or the supremum is no rational number."""
    for i, p in enumerate(circuit.populations):
        bound = p.activation.lipschitz
        if str(circuit.W[i, i]) == over and bound.is_Rational and bound > 0:
            edge = Fraction(int(bound.q), int(bound.p))
            return edge / 2, edge * 3 / 2
    return (Fraction(1),)


def _first_in_domain(circuit: Circuit, over: str | None) -> dict[str, Fraction]:
    """Any exact point of the domain, the plainest candidate first, then a search."""
    a = algebra(circuit)
    named = [n for n in circuit.symbols if n != over]
    table = _candidates(named, roles(circuit))
    for k in range(CANDIDATES):
        values = {n: column[k] for n, column in table.items()}
        rest = at_point(a.domain.condition, values)
        if not free_names(rest) and rest == TRUE:
            return values
        if not named:
            break
    try:
        point = find(a.domain.condition, a.domain.kinds)
    except (TypeError, BudgetExceeded):
        point = None
    if point is None and named:
        raise Unsupported("no exact values were found in the circuit's domain; give some in [values]")
    return {n: (point or {}).get(n, CHOICES.get(roles(circuit)[n], CHOICES["parameter"])[0]) for n in named}
