"""The modes of a symmetric circuit: a change of basis that makes W block diagonal, exactly.

*Exchangeable units*, n of them, each with coupling B inside and C to another unit: equal units follow the quotient
``B + (n-1) C`` together with what they share (the **common** mode); differences of units follow ``B - C``, n - 1 times
(the **contrast** modes), and neither drive nor feel what is shared. *A circle* of m units with the coupling B_d from
d places before: with ``R = sum_d B_d cos(d theta)``, ``S = sum_d B_d sin(d theta)`` and theta = 2 pi k/m, the waves
``cos(j theta)``, ``sin(j theta)`` over the places j follow ``[[R, -S], [S, R]]`` (**Fourier k**). For even coupling
S = 0, and R is a polynomial in c = cos(theta), ``W(c) = W_0 + 2 sum_d W_d T_d(c)`` with Chebyshev's T_d, whatever
m > 2 d may be: the modes of a circle of any number of units.

A block that has a symmetry of its own is split again. All columns of T are orthogonal, so that
``T^-1 = diag(norms)^-1 T'``, and time constants and slopes, equal in all units, keep the blocks.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cache
from itertools import count

import sympy

from symgame.algebra import algebra
from symgame.automorphisms import Labels, group, joined, labels
from symgame.circuit import Circuit
from symgame.coupling import Units
from symgame.errors import Unsupported
from symgame.exchanges import exchangeable_units
from symgame.notation import symbol
from symgame.ring import FUNCTION_VALUES, Quotient, Ring, substitute, variables
from symgame.rotations import Circle, circle
from symgame.symmetries import explicit, labelled

Rows = tuple[tuple[Quotient, ...], ...]
Column = dict[int, Quotient]  # the entries that are not 0


@dataclass(frozen=True)
class Angle:
    """An angle ``2 pi turn``: the unknowns ``cos`` and ``sin`` of the ring stand for its cosine and sine."""

    cos: str
    sin: str
    turn: Fraction

    @property
    def values(self) -> tuple[sympy.Expr, sympy.Expr]:
        angle = 2 * sympy.pi * sympy.Rational(self.turn.numerator, self.turn.denominator)
        return sympy.cos(angle), sympy.sin(angle)


@dataclass(frozen=True)
class Mode:
    """One block of W, as often as ``multiplicity`` says.

    ``block[k][l]`` is W on the mode, in the circuit's ring; the unknowns of ``angles`` may occur in it. Coordinate k
    stands for the population ``populations[k]`` of the first unit and its like in the others (in a pair of waves, the
    cosine of every population, then the sine); ``places`` are its indices. ``units`` are the units that were set
    against one another, by name; the mode without any is common to all. ``copies[c][k]`` is the column of T for
    coordinate k of copy c, ``norms[c][k]`` its squared length, ``waves`` the angles in which T is written.
    """

    name: str
    multiplicity: int
    populations: tuple[str, ...]
    places: tuple[int, ...]
    block: Rows
    tau: tuple[Quotient, ...]
    angles: tuple[Angle, ...] = ()
    units: tuple[tuple[str, ...], ...] = ()
    copies: tuple[tuple[Column, ...], ...] = field(default=(), repr=False, compare=False)
    norms: tuple[tuple[Fraction, ...], ...] = field(default=(), repr=False)
    waves: tuple[Angle, ...] = field(default=(), repr=False)

    @property
    def size(self) -> int:
        return len(self.block)

    @property
    def matrix(self) -> sympy.ImmutableDenseMatrix:
        """The block with exact cosines."""
        table = _table(self.angles)
        entries = [entry.sympy().xreplace(table) for row in self.block for entry in row]
        return sympy.ImmutableDenseMatrix(self.size, self.size, entries)


def _table(angles: Sequence[Angle]) -> dict[sympy.Basic, sympy.Expr]:
    return {symbol(n): v for a in angles for n, v in zip((a.cos, a.sin), a.values, strict=True)}


@dataclass(frozen=True)
class Modes:
    """All modes of a circuit: their sizes, times their multiplicities, add up to the number of populations."""

    circuit: Circuit
    modes: tuple[Mode, ...]

    def __iter__(self) -> Iterator[Mode]:
        return iter(self.modes)

    def __getitem__(self, name: str) -> Mode:
        found = next((mode for mode in self.modes if mode.name == name), None)
        if found is None:
            raise KeyError(f"{self.circuit.name} has no mode {name!r}; it has {', '.join(m.name for m in self.modes)}")
        return found

    @property
    def orbits(self) -> tuple[int, ...]:
        """For every population the first of its orbit, by index."""
        return _orbits(self.circuit)

    @property
    def T(self) -> sympy.ImmutableDenseMatrix:
        """The basis: the columns of the modes, copy after copy."""
        n = len(self.circuit.populations)
        rows = [[sympy.Integer(0)] * n for _ in range(n)]
        at = 0
        for mode in self.modes:
            table = _table(mode.waves)
            for copy in mode.copies:
                for column in copy:
                    for i, value in column.items():
                        rows[i][at] = value.sympy().xreplace(table)
                    at += 1
        return sympy.ImmutableDenseMatrix(rows)

    @property
    def inverse(self) -> sympy.ImmutableDenseMatrix:
        """``T^-1``: the transpose, each row over the squared length of its column."""
        lengths = [v for mode in self.modes for copy in mode.norms for v in copy]
        scale = [sympy.Rational(v.denominator, v.numerator) for v in lengths]
        return sympy.ImmutableDenseMatrix(sympy.diag(*scale) * self.T.T)

    @property
    def blocks(self) -> sympy.ImmutableDenseMatrix:
        """``T^-1 W T``."""
        return sympy.ImmutableDenseMatrix(
            sympy.diag(*(mode.matrix for mode in self.modes for _ in range(mode.multiplicity)))
        )


@cache
def modes(circuit: Circuit) -> Modes:
    """The modes of an explicit circuit, its values put in; one mode, ``common``, without symmetry.

    Raises :class:`~symgame.errors.Unsupported` when the search for the symmetry runs out of its budget.

    >>> c = Circuit.from_matrix([["w", "v", "v", "-b"], ["v", "w", "v", "-b"], ["v", "v", "w", "-b"],
    ...                          ["d", "d", "d", 0]], names=["E1", "E2", "E3", "I"], tau=["t"] * 3 + ["r"])
    >>> [(mode.name, mode.multiplicity, mode.populations) for mode in modes(c)]
    [('common', 1, ('E1', 'I')), ('contrast', 2, ('E1',))]
    >>> [str(entry) for entry in modes(c)["common"].block[1]], str(modes(c)["contrast"].block[0][0])
    (['3*d', '0'], 'w - v')
    >>> modes(c).inverse * c.W * modes(c).T == modes(c).blocks
    True
    """
    circuit = explicit(circuit)
    a = algebra(circuit)
    n = a.n
    start = Mode(
        "common",
        1,
        circuit.names,
        tuple(range(n)),
        a.W,
        a.tau,
        copies=(tuple({i: a.one} for i in range(n)),),
        norms=((Fraction(1),) * n,),
    )
    splitting = _Splitting(circuit, a.ring, _orbits(circuit), count())
    found = splitting.split(start, (Fraction(1),) * n)
    return Modes(circuit, tuple(_told_apart(found)))


@cache
def _orbits(circuit: Circuit) -> tuple[int, ...]:
    graph = labelled(explicit(circuit))
    leaders = list(range(graph.n))
    for generator in group(graph).generators:
        leaders = joined(leaders, generator)
    return tuple(leaders)


def _told_apart(found: list[Mode]) -> list[Mode]:
    """Modes of one name get the units that they set against one another into it, and else a number."""
    names = [mode.name for mode in found]
    long = [
        f"{mode.name} of {', '.join(unit[0] for unit in mode.units)}" if names.count(mode.name) > 1 else mode.name
        for mode in found
    ]
    return [
        replace(mode, name=name if long.count(name) == 1 else f"{name} ({long[: k + 1].count(name)})")
        for k, (mode, name) in enumerate(zip(found, long, strict=True))
    ]


@dataclass(frozen=True)
class _Splitting:
    circuit: Circuit
    ring: Ring
    orbits: tuple[int, ...]
    turns: Iterator[int]  # how many circles have taken unknowns

    def split(self, mode: Mode, weights: tuple[Fraction, ...]) -> list[Mode]:
        """The modes of a block, by the symmetry of its own; a block without any stays whole. A group of turns and
        reflections alone asks for waves; in a larger one exchanges come first, since they need no cosines.

        Coordinates are equal only if they stand for populations of one orbit, with columns of one length (``weights``):
        then diagonal weights that are equal in orbits keep the blocks, too.
        """
        own = [(self.orbits[p], weight) for p, weight in zip(mode.places, weights, strict=True)]
        graph = labels(mode.block, own, self.ring.quotient(0))
        found = group(graph)
        if found.order == 1:
            return [mode]
        turning = circle(graph, found)
        if turning is not None and found.order <= 2 * len(turning.members):  # it turns and at most turns over
            exchanged = len(turning.members) == 3 and _exchanged(graph, turning)
            return (self.contrasts if exchanged else self.waves)(mode, weights, turning)
        if turning is not None and _exchanged(graph, turning):
            return self.contrasts(mode, weights, turning)
        sets = exchangeable_units(graph, found)
        single = any(len(units.members[0]) == 1 for units in sets)  # equal nodes: nothing splits further
        longer = (
            turning is not None
            and turning.even
            and len(turning.members) > max((len(u.members) for u in sets), default=0)
        )
        reflection = not single and all(len(units.members) == 2 for units in sets)
        if sets and (single or turning is None or not (longer or reflection)):
            return self.contrasts(mode, weights, sets[0])
        return [mode] if turning is None else self.waves(mode, weights, turning)

    def units(self, mode: Mode, members: tuple[tuple[int, ...], ...]) -> tuple[tuple[str, ...], ...]:
        return tuple(tuple(mode.populations[i] for i in unit) for unit in members)

    def common(self, mode: Mode, weights: tuple[Fraction, ...], units: Units | Circle) -> list[Mode]:
        """Equal units and what they share; coordinates in the order of the populations."""
        members, others = units.members, units.others
        m, W = Fraction(len(members)), mode.block
        places = sorted((*members[0], *others))
        alike = {i: tuple(unit[k] for unit in members) for k, i in enumerate(members[0])} | {f: (f,) for f in others}
        zero = self.ring.quotient(0)
        block = tuple(tuple(sum((W[i][j] for j in alike[q]), zero) for q in places) for i in places)
        ones = {i: {j: self.ring.quotient(1) for j in alike[i]} for i in places}
        factors = {i: m if len(alike[i]) > 1 else Fraction(1) for i in places}
        part = _part(mode, mode.name, places, block)
        part = _with_columns(part, mode, [[ones[i] for i in places]], [[factors[i] for i in places]], places)
        return self.split(part, tuple(weights[i] * factors[i] for i in places))

    def contrasts(self, mode: Mode, weights: tuple[Fraction, ...], units: Units | Circle) -> list[Mode]:
        members = units.members
        first, second = members[:2]
        W, one = mode.block, self.ring.quotient(1)
        block = tuple(tuple(W[i][j] - W[i][second[k]] for k, j in enumerate(first)) for i in first)
        vectors, lengths = [], []
        for r in range(1, len(members)):  # Helmert: the first r units against unit r
            sizes = [*((u, one) for u in range(r)), (r, self.ring.quotient(-r))]
            vectors.append([{members[u][k]: v for u, v in sizes} for k in range(len(first))])
            lengths.append([Fraction(r * (r + 1))] * len(first))
        part = _part(mode, _name(mode.name, "contrast"), first, block, mode.multiplicity * (len(members) - 1))
        part = _with_columns(replace(part, units=self.units(mode, members)), mode, vectors, lengths, first)
        return [*self.common(mode, weights, units), *self.split(part, tuple(weights[i] for i in first))]

    def waves(self, mode: Mode, weights: tuple[Fraction, ...], turning: Circle) -> list[Mode]:
        members, m = turning.members, len(turning.members)
        number = next(self.turns)
        if 2 * number + 1 >= len(FUNCTION_VALUES):
            raise Unsupported(f"more than {len(FUNCTION_VALUES) // 2} circles within circles have no mode table")
        cos, sin = FUNCTION_VALUES[2 * number : 2 * number + 2]
        size = len(members[0])
        R, S = circulant(mode.block, members, self.ring, cos, sin)
        if not turning.even:
            upper = tuple((*R[k], *(-v for v in S[k])) for k in range(size))
            R = (*upper, *((*S[k], *R[k]) for k in range(size)))
        base = Angle(cos, sin, Fraction(1, m))
        cosines, sines = zip(*(_wave(r, m, self.ring, cos, sin) for r in range(m)), strict=True)
        found = self.common(mode, weights, turning)
        for k in range(1, m // 2 + 1):
            angle = Angle(cos, sin, Fraction(k, m))
            both = 2 * k < m
            kinds = [cosines, sines] if both else [cosines]
            vectors = [
                [
                    {members[j][at]: kind[j * k % m] for j in range(m) if not kind[j * k % m].is_zero}
                    for at in range(size)
                ]
                for kind in kinds
            ]
            lengths = [[Fraction(m, 2) if both else Fraction(m)] * size for _ in kinds]
            first: tuple[int, ...] = members[0]
            block = _put(R, angle)
            if not turning.even:
                if both:
                    vectors, lengths, first = [vectors[0] + vectors[1]], [lengths[0] + lengths[1]], first * 2
                else:
                    block = tuple(row[:size] for row in block[:size])
            rest = (angle,) if any(_occurs(q, angle) for row in block for q in row) else ()
            part = _part(mode, _name(mode.name, f"Fourier {k}"), first, block, mode.multiplicity * len(vectors))
            part = replace(
                part,
                angles=(*mode.angles, *rest),
                waves=(*mode.waves, base),
                units=self.units(mode, members),
            )
            part = _with_columns(part, mode, vectors, lengths, first)
            found += self.split(part, tuple(weights[i] for i in first))
        return found


def _exchanged(graph: Labels, turning: Circle) -> bool:
    """Whether the first two units of a circle may be swapped: with the turn that is every exchange."""
    swap = list(range(graph.n))
    for i, j in zip(*turning.members[:2], strict=True):
        swap[i], swap[j] = j, i
    return graph.kept(swap)


def _name(mode: str, part: str) -> str:
    return part if mode == "common" else f"{mode}, {part}"


def _part(mode: Mode, name: str, places: Sequence[int], block: Rows, multiplicity: int | None = None) -> Mode:
    return replace(
        mode,
        name=name,
        multiplicity=mode.multiplicity if multiplicity is None else multiplicity,
        populations=tuple(mode.populations[i] for i in places),
        places=tuple(mode.places[i] for i in places),
        block=block,
        tau=tuple(mode.tau[i] for i in places),
    )


def _with_columns(
    part: Mode, mode: Mode, vectors: list[list[Column]], lengths: list[list[Fraction]], places: Sequence[int]
) -> Mode:
    """A part of a mode with its columns, combinations of those of the mode, and their squared lengths."""
    copies, norms = [], []
    for copy, norm in zip(mode.copies, mode.norms, strict=True):
        for combination, length in zip(vectors, lengths, strict=True):
            copies.append(tuple(_combined(copy, vector) for vector in combination))
            norms.append(tuple(norm[i] * f for i, f in zip(places, length, strict=True)))
    return replace(part, copies=tuple(copies), norms=tuple(norms))


def _combined(columns: Sequence[Column], vector: Column) -> Column:
    total: Column = {}
    for k, factor in vector.items():
        for i, value in columns[k].items():
            term = value * factor
            total[i] = total[i] + term if i in total else term
    return {i: value for i, value in sorted(total.items()) if not value.is_zero}


# -- circles -----------------------------------------------------------------------------------------------------------


def circulant(
    matrix: Sequence[Sequence[Quotient]], members: Sequence[Sequence[int]], ring: Ring, cos: str, sin: str
) -> tuple[Rows, Rows]:
    """``R = sum_d B_d cos(d theta)`` and ``S = sum_d B_d sin(d theta)`` as polynomials in the unknowns that stand for
    cos(theta) and sin(theta), theta a multiple of 2 pi/m; B_d is the coupling to a unit from the one d places before.

    For coupling that reaches less than m/2 places the formula is the same for every m.

    >>> R = Ring(("a", "b", "c", "s"))
    >>> a, b, zero = R.of("a"), R.of("b"), R.quotient(0)
    >>> five = [[(a, b, zero, zero, b)[(i - j) % 5] for j in range(5)] for i in range(5)]
    >>> [str(rows[0][0]) for rows in circulant(five, [[i] for i in range(5)], R, "c", "s")]
    ['a + 2*b*c', '0']
    """
    m, size = len(members), len(members[0])
    zero = ring.quotient(0)
    R = [[zero] * size for _ in range(size)]
    S = [[zero] * size for _ in range(size)]
    for d in range(m):
        cosine, sine = _wave(d, m, ring, cos, sin)
        for k in range(size):
            for l in range(size):
                entry = matrix[members[d][k]][members[0][l]]
                if not entry.is_zero:
                    R[k][l] = R[k][l] + entry * cosine
                    S[k][l] = S[k][l] + entry * sine
    return tuple(map(tuple, R)), tuple(map(tuple, S))


def _wave(r: int, m: int, ring: Ring, cos: str, sin: str) -> tuple[Quotient, Quotient]:
    """``cos(r theta)`` and ``sin(r theta)`` for theta a multiple of 2 pi/m."""
    r %= m
    if 2 * r > m:
        cosine, sine = multiple(m - r, ring, cos, sin)
        return cosine, -sine
    cosine, sine = multiple(r, ring, cos, sin)
    return cosine, (ring.quotient(0) if 2 * r == m else sine)


@cache
def multiple(r: int, ring: Ring, cos: str, sin: str) -> tuple[Quotient, Quotient]:
    """``T_r(c)`` and ``s U_(r-1)(c)``: Chebyshev's polynomials."""
    c, s = ring.of(cos), ring.of(sin)
    if r < 2:
        return (c, s) if r else (ring.quotient(1), ring.quotient(0))
    (x, y), (before_x, before_y) = (multiple(q, ring, cos, sin) for q in (r - 1, r - 2))
    return (c + c) * x - before_x, (c + c) * y - before_y


def _put(rows: Rows, angle: Angle) -> Rows:
    """A block with the cosine and the sine of an angle put in where they are rational."""
    for name, value in zip((angle.cos, angle.sin), angle.values, strict=True):
        if value.is_Rational:
            number = rows[0][0] ** 0 * _number(rows[0][0], Fraction(int(value.p), int(value.q)))
            rows = tuple(tuple(substitute(q.over, name, number) / _whole(q) for q in row) for row in rows)
    return rows


def _number(like: Quotient, value: Fraction) -> Quotient:
    constant = like.over.context().constant
    return Quotient(constant(value.numerator), constant(value.denominator))


def _whole(q: Quotient) -> Quotient:
    return Quotient(q.under, q.under * 0 + 1)


def _occurs(q: Quotient, angle: Angle) -> bool:
    return bool({angle.cos, angle.sin} & {*variables(q.over), *variables(q.under)})
