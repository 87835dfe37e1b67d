"""The equilibria of one choice of pieces of a piecewise-linear circuit, exactly: a point, a family, or none.

On a choice of pieces (a *cell*) every ``x_i = s_i z_i + c_i`` with ``z = W x + u``, so the rates on increasing pieces
solve a linear system with matrix ``I - F W``. Everything is scaled to integers once, so that a cell costs FLINT one
integer solve. Knows numbers only, nothing of circuits.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from itertools import product
from math import gcd, lcm
from typing import Any

import flint

from symgame.errors import BudgetExceeded

Vector = tuple[Fraction, ...]
MAX_INEQUALITIES = 4000


@dataclass(frozen=True)
class Line:
    """``phi(z) = slope z + intercept`` for ``lower <= z <= upper``, each end in or out (``None``: no end).

    >>> Line(Fraction(0), None, Fraction(1), Fraction(0), (False, False)).holds(Fraction(0))
    False
    """

    lower: Fraction | None
    upper: Fraction | None
    slope: Fraction
    intercept: Fraction
    closed: tuple[bool, bool]

    @cached_property
    def flat(self) -> bool:
        return self.slope == 0

    @cached_property
    def identity(self) -> bool:
        """Whether ``phi(z) = z`` there."""
        return self.slope == 1 and self.intercept == 0

    def holds(self, z: Fraction, strict: bool = False) -> bool:
        """Whether a total input lies on the piece; strictly, away from its ends."""
        low, high = (end and not strict for end in self.closed)
        above = self.lower is None or z > self.lower or (low and z == self.lower)
        return above and (self.upper is None or z < self.upper or (high and z == self.upper))

    def value(self, z: Fraction) -> Fraction:
        return self.slope * z + self.intercept


@dataclass(frozen=True)
class Point:
    """An isolated equilibrium: the chosen pieces, rates, total inputs, and the sign of ``det(I - F W)``, which is not 0
    (``sign == 0``: it was not asked for)."""

    places: tuple[int, ...]
    state: Vector
    totals: Vector
    sign: int
    strict: bool


@dataclass(frozen=True)
class Family:
    """A continuum of equilibria on one choice of pieces, of that dimension: there ``det(I - F W) = 0``."""

    places: tuple[int, ...]
    dimension: int


@dataclass(frozen=True)
class System:
    """``x = phi(W x + u)`` in numbers: row a of ``W`` is to a; ``pieces[i]`` cover the line from left to right.

    >>> relu = (Line(None, Fraction(0), Fraction(0), Fraction(0), (False, True)),
    ...         Line(Fraction(0), None, Fraction(1), Fraction(0), (False, False)))
    >>> one = System(((Fraction(1, 2),),), (Fraction(3),), (relu,))
    >>> one.decided((1,)).state, one.decided((0,))
    ((Fraction(6, 1),), None)
    """

    W: tuple[Vector, ...]
    u: Vector
    pieces: tuple[tuple[Line, ...], ...]
    _rows: dict[tuple[int, int], tuple[list[int], int]] = field(
        init=False, repr=False, compare=False, default_factory=dict
    )

    @property
    def n(self) -> int:
        return len(self.u)

    @cached_property
    def _scale(self) -> int:
        """D, with which all inputs and intercepts become integers: rates are y/D."""
        return lcm(*(v.denominator for v in self.u), *(p.intercept.denominator for row in self.pieces for p in row))

    @cached_property
    def _integral(self) -> list[tuple[list[int], int, int]]:
        """Per population ``(V, d, h)`` with ``d D z = V y + h``."""
        rows = []
        for row, u in zip(self.W, self.u, strict=True):
            d = lcm(*(v.denominator for v in row))
            rows.append(([int(v * d) for v in row], d, int(u * self._scale) * d))
        return rows

    @cached_property
    def _levels(self) -> list[list[int | None]]:
        """The scaled rate of each flat piece; ``None`` for the others."""
        return [[int(p.intercept * self._scale) if p.flat else None for p in row] for row in self.pieces]

    def _equation(self, i: int, place: int) -> tuple[list[int], int]:
        """The integer row of ``y_i - s z_i = c`` on an increasing piece, and its right side."""
        found = self._rows.get((i, place))
        if found is None:
            piece, (V, d, h) = self.pieces[i][place], self._integral[i]
            a, b = piece.slope.numerator, piece.slope.denominator
            row = [-a * v for v in V]
            row[i] += b * d
            found = self._rows[i, place] = row, a * h + b * d * int(piece.intercept * self._scale)
        return found

    def _block(self, places: Sequence[int]) -> tuple[list[int], list[int], flint.fmpz_mat, flint.fmpz_mat]:
        """The increasing populations, the scaled rates of the flat ones, and the integer system of the others."""
        levels = [row[k] for row, k in zip(self._levels, places, strict=True)]
        rising = [i for i, level in enumerate(levels) if level is None]
        fixed = [level or 0 for level in levels]
        held = [(j, v) for j, v in enumerate(fixed) if v]
        entries, right = [], []
        for i in rising:
            row, b = self._equation(i, places[i])
            entries.append([row[j] for j in rising])
            right.append(b - sum(row[j] * v for j, v in held))
        k = len(rising)
        return rising, fixed, flint.fmpz_mat(k, k, [v for row in entries for v in row]), flint.fmpz_mat(k, 1, right)

    def equations(self, places: Sequence[int]) -> tuple[list[list[Fraction]], list[Fraction]]:
        """Matrix and right side of the linear system for the rates on increasing pieces, in order."""
        rising, _, matrix, right = self._block(places)
        k = len(rising)
        rows = [[Fraction(int(matrix[i, j])) for j in range(k)] for i in range(k)]
        return rows, [Fraction(int(right[i, 0]), self._scale) for i in range(k)]

    def decided(self, places: Sequence[int]) -> Point | Family | None:
        """What lies on a choice of pieces. Raises :class:`~symgame.errors.BudgetExceeded` for a degenerate cell of
        too many dimensions."""
        rising, fixed, matrix, right = self._block(places)
        determinant = int(matrix.det()) if rising else 1
        if determinant == 0:
            return self._family(tuple(places), rising, fixed, matrix, right)
        return self._point(places, rising, fixed, matrix, right, 1 if determinant > 0 else -1, inside=True)

    def solved(self, places: Sequence[int]) -> Point | None:
        """The solution of the linear system of those pieces, whether or not its total inputs lie on them; ``None``
        when the system is singular. The sign of the determinant is left open: for hundreds of populations it would
        cost more than the solution."""
        rising, fixed, matrix, right = self._block(places)
        try:
            return self._point(places, rising, fixed, matrix, right, 0, inside=False)
        except ZeroDivisionError:
            return None

    def _point(
        self,
        places: Sequence[int],
        rising: list[int],
        fixed: list[int],
        matrix: flint.fmpz_mat,
        right: flint.fmpz_mat,
        sign: int,
        inside: bool,
    ) -> Point | None:
        """The solution; ``None`` as soon as a total input is off its piece, when it has to be inside."""
        over, under = list(fixed), 1
        if rising:
            solution, common = matrix.solve(right).numer_denom()
            under = int(common)
            over = [v * under for v in fixed]
            for i, v in zip(rising, solution.entries(), strict=True):
                over[i] = int(v)
        D = self._scale
        held = [(j, v) for j, v in enumerate(over) if v]
        quotients = [(0, 1)] * self.n  # the total inputs, each with a positive denominator
        strict = True
        for i in sorted(range(self.n), key=lambda i: self.pieces[i][places[i]].flat):  # the cheap ones first
            piece = self.pieces[i][places[i]]
            if piece.flat:
                V, d, h = self._integral[i]
                top, bottom = sum([V[j] * v for j, v in held]) + h * under, d * D * under
            else:  # the linear system says x = s z + c
                a, b = piece.slope.numerator, piece.slope.denominator
                offset = int(piece.intercept * D) * under if piece.intercept else 0
                top, bottom = (over[i] - offset) * b, a * D * under
            above = 1 if piece.lower is None else _beyond(top, bottom, piece.lower)
            below = 1 if piece.upper is None else -_beyond(top, bottom, piece.upper)
            if above <= 0 or below <= 0:
                low, high = piece.closed
                if inside and (above < 0 or below < 0 or (above == 0 and not low) or (below == 0 and not high)):
                    return None
                strict = False
            quotients[i] = top, bottom
        state = tuple([Fraction(v, D * under) if v else _ZERO for v in over])
        totals = tuple(
            [
                x if self.pieces[i][place].identity else Fraction(*quotient)
                for i, (place, x, quotient) in enumerate(zip(places, state, quotients, strict=True))
            ]
        )
        return Point(tuple(places), state, totals, sign, strict)

    def _family(
        self,
        places: tuple[int, ...],
        rising: list[int],
        fixed: list[int],
        matrix: flint.fmpz_mat,
        right: flint.fmpz_mat,
    ) -> Family | None:
        """A singular block: the solution set of the system, if any, cut by the ends of all pieces."""
        solved = kernel(matrix, right)
        if solved is None:
            return None
        base, directions = solved
        D = self._scale
        constant = [Fraction(v, D) for v in fixed]
        for i, v in zip(rising, base, strict=True):
            constant[i] = v / D
        moves = []
        for direction in directions:
            move = [Fraction(0)] * self.n
            for i, v in zip(rising, direction, strict=True):
                move[i] = v
            moves.append(move)
        inequalities = []
        for i, place in enumerate(places):
            piece, row = self.pieces[i][place], self.W[i]
            start = sum((w * x for w, x in zip(row, constant, strict=True) if w and x), self.u[i])
            slopes = tuple(
                sum((w * x for w, x in zip(row, move, strict=True) if w and x), Fraction(0)) for move in moves
            )
            if piece.lower is not None:
                inequalities.append((slopes, start - piece.lower, not piece.closed[0]))
            if piece.upper is not None:
                inequalities.append((tuple(-v for v in slopes), piece.upper - start, not piece.closed[1]))
        return Family(places, len(directions)) if satisfiable(inequalities) else None

    def sort_key(self, places: Sequence[int], labels: Sequence[Sequence[int]]) -> tuple[Any, ...]:
        """Fewest that are not silent first, then by the ``labels`` of the pieces, population by population."""
        chosen = [row[k] for row, k in zip(labels, places, strict=True)]
        return sum(1 for v in chosen if v), max(chosen), [-int(v > 0) for v in chosen], chosen

    def exhaustive(self) -> Iterable[Point | Family]:
        """Every cell decided one after the other: the plain definition, for circuits of a few populations."""
        for places in product(*(range(len(row)) for row in self.pieces)):
            found = self.decided(places)
            if found is not None:
                yield found


_ZERO = Fraction(0)


def _beyond(top: int, bottom: int, end: Fraction) -> int:
    """An integer with the sign of ``top/bottom - end``, for a positive denominator."""
    return top * end.denominator - end.numerator * bottom if end else top


# -- linear algebra and inequalities over the rationals ---------------------------------------------------------------


def kernel(matrix: flint.fmpz_mat, right: flint.fmpz_mat) -> tuple[list[Fraction], list[list[Fraction]]] | None:
    """One solution of ``matrix y = right`` and a basis of the kernel; ``None`` when there is no solution.

    >>> kernel(flint.fmpz_mat([[1, 1], [1, 1]]), flint.fmpz_mat([[2], [2]]))
    ([Fraction(2, 1), Fraction(0, 1)], [[Fraction(-1, 1), Fraction(1, 1)]])
    >>> kernel(flint.fmpz_mat([[0]]), flint.fmpz_mat([[2]])) is None
    True
    """
    k = matrix.nrows()
    rows = [[*matrix.tolist()[i], right[i, 0]] for i in range(k)]
    reduced, rank = flint.fmpq_mat(flint.fmpz_mat(rows)).rref()
    table = [[Fraction(int(v.p), int(v.q)) for v in reduced.tolist()[i]] for i in range(rank)]
    leading = [next(j for j, v in enumerate(row) if v) for row in table]
    if k in leading:
        return None
    base = [Fraction(0)] * k
    for j, row in zip(leading, table, strict=True):
        base[j] = row[k]
    directions = []
    for free in range(k):
        if free not in leading:
            direction = [Fraction(0)] * k
            direction[free] = Fraction(1)
            for j, row in zip(leading, table, strict=True):
                direction[j] = -row[free]
            directions.append(direction)
    return base, directions


Inequality = tuple[Vector, Fraction, bool]
"""``a . y + b > 0`` when the flag is set, else ``>= 0``."""


def satisfiable(inequalities: Iterable[Inequality]) -> bool:
    """Whether some real ``y`` satisfies them all: Fourier and Motzkin, exactly, the cheapest unknown first.

    >>> one = Fraction(1)
    >>> satisfiable([((one,), -one, False), ((-one,), one, False)])
    True
    >>> satisfiable([((one,), -one, True), ((-one,), one, False)])
    False
    """
    rows = _distinct(inequalities)
    while rows is not None and any(any(a) for a, _, _ in rows):
        width = len(rows[0][0])

        def cost(k: int, rows: list[Inequality] = rows) -> int:
            ups = sum(a[k] > 0 for a, _, _ in rows)
            downs = sum(a[k] < 0 for a, _, _ in rows)
            return ups * downs - ups - downs

        k = min((k for k in range(width) if any(a[k] for a, _, _ in rows)), key=cost)
        lows = [r for r in rows if r[0][k] > 0]
        highs = [r for r in rows if r[0][k] < 0]
        if len(lows) * len(highs) + len(rows) > MAX_INEQUALITIES:
            raise BudgetExceeded(
                "a degenerate choice of pieces, a continuum of many dimensions, was too large to decide"
            )
        made = [r for r in rows if r[0][k] == 0]
        for a, b, one in lows:
            for c, d, other in highs:
                p, q = -c[k], a[k]
                made.append((tuple(p * v + q * w for v, w in zip(a, c, strict=True)), p * b + q * d, one or other))
        rows = _distinct(made)
    return rows is not None


def _distinct(inequalities: Iterable[Inequality]) -> list[Inequality] | None:
    """Scaled to coprime integers, the strongest of parallel ones kept; ``None`` when one is false by itself."""
    kept: dict[Vector, tuple[Fraction, bool]] = {}
    for a, b, strict in inequalities:
        if not any(a):
            if b < 0 or (strict and b == 0):
                return None
            continue
        scale = Fraction(lcm(*(v.denominator for v in a)), gcd(*(v.numerator for v in a)))
        key = tuple(v * scale for v in a)
        value = (b * scale, strict)
        old = kept.get(key)
        if old is None or value[0] < old[0] or (value[0] == old[0] and strict):
            kept[key] = value
    return [(a, b, strict) for a, (b, strict) in kept.items()]
