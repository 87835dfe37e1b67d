"""Equal units that meet each other through sums alone: one equilibrium of hundreds of populations, exactly, in O(n).

In ``x = phi(W x + u)`` let the units ``x_i`` (k rates each) be exchangeable: ``A`` inside one, ``V`` to one from any
other, ``B`` to one from the rest ``z``, ``C`` to the rest from each, ``D`` inside the rest. With ``Y = sum_i x_i`` the
total input of unit i is ``(A - V) x_i + h + u_i``, where ``h = V Y + B z`` is the same for all. On a choice of pieces a
unit is an affine function of ``h + u_i``, the same for units on the same pieces, so that Y and z solve k + o equations,
however many units there are. Inputs may differ from unit to unit. Knows numbers only, nothing of circuits.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations, combinations_with_replacement, permutations, product
from math import lcm
from typing import cast

from flint import fmpq, fmpq_mat

from symgame.cells import Line, Point, System, Vector
from symgame.coupling import exchangeable
from symgame.ring import Matrix
from symgame.spectrum import all_left, characteristic

Places = tuple[int, ...]
#: So many members has a unit, and so many populations are outside of units, where all patterns of activity are tried.
MOST_MEMBERS, MOST_OTHERS = 3, 4
#: Newton steps before single steps, and single steps per population.
NEWTON, SINGLE = 40, 20


@dataclass(frozen=True)
class MeanField:
    """Exchangeable units of a system: ``members[i][a]`` is the population that is member a of unit i, ``others`` the
    rest. ``A`` and ``V`` are k x k, ``B`` is k x o, ``C`` o x k, ``D`` o x o; pieces and time constants belong to
    members and to others."""

    members: tuple[tuple[int, ...], ...]
    others: tuple[int, ...]
    A: fmpq_mat
    V: fmpq_mat
    B: fmpq_mat
    C: fmpq_mat
    D: fmpq_mat
    pieces: tuple[tuple[Line, ...], ...]
    other_pieces: tuple[tuple[Line, ...], ...]
    rates: Vector
    other_rates: Vector

    @property
    def k(self) -> int:
        return len(self.pieces)

    @property
    def o(self) -> int:
        return len(self.others)

    @property
    def n(self) -> int:
        return len(self.members) * self.k + self.o


def mean_field(system: System, tau: Sequence[Fraction]) -> MeanField | None:
    """The exchangeable units of a system with these time constants, whatever its inputs.

    ``None`` when there are none of up to three members.

    Every entry of W is compared, so that one weight that differs is enough for ``None``, or for other units.

    >>> half, zero, one = Fraction(1, 2), Fraction(0), Fraction(1)
    >>> relu = (Line(None, zero, zero, zero, (False, True)), Line(zero, None, one, zero, (False, False)))
    >>> W = tuple(tuple(zero if i == j else -half for j in range(3)) for i in range(3))
    >>> found = mean_field(System(W, (one,) * 3, (relu,) * 3), (one,) * 3)
    >>> found.members, found.V
    (((0,), (1,), (2,)), [-1/2])
    """
    n = system.n
    numbers: dict[object, int] = {}
    labels = [
        [numbers.setdefault((w, system.pieces[i], tau[i]) if i == j else w, len(numbers)) for j, w in enumerate(row)]
        for i, row in enumerate(system.W)
    ]
    units = exchangeable(cast(Matrix, labels), MOST_MEMBERS)  # equality of entries is all that it asks
    if units is None or n == 0:
        return None
    members, others = units.members, units.others
    first, second = members[0], members[1]
    W = system.W

    def block(to: Sequence[int], source: Sequence[int]) -> fmpq_mat:
        return fmpq_mat(len(to), len(source), [_exact(W[i][j]) for i in to for j in source])

    return MeanField(
        members,
        others,
        block(first, first),
        block(first, second),
        block(first, others),
        block(others, first),
        block(others, others),
        tuple(system.pieces[i] for i in first),
        tuple(system.pieces[i] for i in others),
        tuple(1 / tau[i] for i in first),
        tuple(1 / tau[i] for i in others),
    )


def single_valued(field: MeanField) -> bool:
    """Whether it is proved that there is exactly one equilibrium for every input; ``False`` refutes nothing.

    With S the steepest slopes, all principal minors of ``I - S W`` are positive. A minor depends on how many units
    contribute which of their members: it is ``prod_c det(M_c)^n_c det K(n)`` with ``M = I - S (A - V)``, ``M_c`` its
    principal submatrix for the members c, and K of size k + o and affine in the numbers ``n_c``. On the simplex of all
    ``n_c >= 0`` of sum up to n the polynomial ``det K`` is positive if all its Bernstein coefficients are; these are
    mean values of determinants that take each of their rows from a corner. Where units meet through one sum ``det K``
    is affine, and the test exact.
    """
    k, o, size = field.k, field.o, len(field.members)
    if o > MOST_OTHERS:
        return False
    steep = _diagonal([max(line.slope for line in row) for row in field.pieces])
    steep_o = _diagonal([max(line.slope for line in row) for row in field.other_pieces])
    M = _identity(k) - steep * (field.A - field.V)
    responses = [fmpq_mat(k, k)]  # of no member, then of each set of members
    for chosen in _subsets(k):
        part = fmpq_mat([[M[i, j] for j in chosen] for i in chosen])
        if part.det() <= 0:
            return False
        inverse, response = part.inv(), fmpq_mat(k, k)
        for r, i in enumerate(chosen):
            for c, j in enumerate(chosen):
                response[i, j] = inverse[r, c] * size
        responses.append(response)
    for outside in ((), *_subsets(o)):
        tops = [
            [
                [fmpq(int(i == j)) - v for j, v in enumerate(row)] + [-drive[i][j] for j in outside]
                for i, row in enumerate((response * steep * field.V).tolist())
            ]
            for response in responses
            for drive in ((response * steep * field.B).tolist(),)
        ]
        loop, back = (steep_o * field.D).tolist() if o else [], (steep_o * field.C).tolist() if o else []
        bottom = [[-v for v in back[i]] + [fmpq(int(i == j)) - loop[i][j] for j in outside] for i in outside]
        for corners in combinations_with_replacement(range(len(tops)), k):
            mixed = (fmpq_mat([tops[c][i] for i, c in enumerate(p)] + bottom).det() for p in permutations(corners))
            if sum(mixed, fmpq(0)) <= 0:
                return False
    return True


def equilibrium(field: MeanField, u: Sequence[Fraction], single: bool = True) -> Point | None:
    """An equilibrium for these inputs (in the order of the system), exact; ``None`` when none was found.

    Newton's method: every population moves to the piece on which its total input lies, all at once. If that comes back
    to where it was, they move one at a time (Murty), which ends where the equilibrium is ``single``. Otherwise Newton's
    method begins again with only the 1, 2, 4, ... units of the largest inputs active. All in exact arithmetic, so that
    the end is an equilibrium: every total input lies on its piece.
    """
    own = [tuple(_exact(u[i]) for i in unit) for unit in field.members]
    rest = [_exact(u[i]) for i in field.others]
    places = [tuple(_piece(row, v) for row, v in zip(field.pieces, unit, strict=True)) for unit in own]
    other = tuple(_piece(row, v) for row, v in zip(field.other_pieces, rest, strict=True))
    found = _newton(field, own, rest, places, other, SINGLE * field.n if single else 0)
    if found is not None or single:
        return found
    ranked = sorted(range(len(own)), key=lambda i: own[i], reverse=True)
    rising, other = (tuple(_rising(row) for row in rows) for rows in (field.pieces, field.other_pieces))
    winners = 1
    while found is None and winners < 2 * len(own):
        first = set(ranked[:winners])
        places = [rising if i in first else (0,) * field.k for i in range(len(own))]
        found = _newton(field, own, rest, places, other, 0)
        winners *= 2
    return found


def _newton(
    field: MeanField,
    own: Sequence[Sequence[fmpq]],
    rest: Sequence[fmpq],
    places: list[Places],
    other: Places,
    single_steps: int,
) -> Point | None:
    """Where Newton's method ends that begins on these pieces, followed by so many single steps."""
    seen: set[tuple[tuple[Places, ...], Places]] = set()
    steps = NEWTON
    while steps + single_steps > 0:
        solved = _solved(field, own, rest, places, other)
        if solved is None:
            return None
        totals, other_totals, positive = solved
        wanted = [tuple(map(_piece, field.pieces, z)) for z in totals]
        other_wanted = tuple(map(_piece, field.other_pieces, other_totals))
        if wanted == places and other_wanted == other:
            return _point(field, places, other, totals, other_totals, positive)
        key = (tuple(places), other)
        if steps > 0 and key not in seen:
            seen.add(key)
            places, other = wanted, other_wanted
            steps -= 1
        else:
            places, other = _moved(places, other, wanted, other_wanted)
            steps, single_steps = 0, single_steps - 1
    return None


def stable(field: MeanField, places: Sequence[int]) -> bool:
    """Whether the Jacobian on these pieces is Hurwitz: that of each unit against units on the same pieces, and that of
    all sums of units on the same pieces together with the rest."""
    groups = Counter(tuple(places[i] for i in unit) for unit in field.members)
    other = [places[i] for i in field.others]
    kinds = sorted(groups)
    if any(groups[p] > 1 and not _left(_jacobian(field, p, field.A - field.V)) for p in kinds):
        return False
    k, o = field.k, field.o
    size = len(kinds) * k + o
    whole = fmpq_mat(size, size)
    for a, p in enumerate(kinds):
        slopes, rates = [row[q].slope for row, q in zip(field.pieces, p, strict=True)], field.rates
        for i in range(k):
            scale = _exact(slopes[i] * rates[i])
            for b, q in enumerate(kinds):
                for j in range(k):
                    inside = field.A[i, j] - field.V[i, j] if a == b else fmpq(0)
                    whole[a * k + i, b * k + j] = scale * (inside + groups[q] * field.V[i, j])
            for j in range(o):
                whole[a * k + i, len(kinds) * k + j] = scale * field.B[i, j]
            whole[a * k + i, a * k + i] -= _exact(rates[i])
    for i in range(o):
        row, scale = len(kinds) * k + i, _exact(field.other_pieces[i][other[i]].slope * field.other_rates[i])
        for b, q in enumerate(kinds):
            for j in range(k):
                whole[row, b * k + j] = scale * groups[q] * field.C[i, j]
        for j in range(o):
            whole[row, len(kinds) * k + j] = scale * field.D[i, j]
        whole[row, row] -= _exact(field.other_rates[i])
    return _left(whole)


# -- one choice of pieces ---------------------------------------------------------------------------------------------


Totals = tuple[list[list[fmpq]], list[fmpq], bool]


def _solved(
    field: MeanField, own: Sequence[Sequence[fmpq]], rest: Sequence[fmpq], places: Sequence[Places], other: Places
) -> Totals | None:
    """The total inputs of units and others when these pieces hold everywhere, and whether ``det(I - F W) > 0``.

    ``None`` when that determinant is 0. Units on the same pieces are eliminated together; one that is alone on its
    pieces may have a singular ``M = I - F (A - V)``, and then its rates stay unknowns beside Y and z.
    """
    k, o = field.k, field.o
    inside = field.A - field.V
    groups: dict[Places, list[int]] = {}
    for i, p in enumerate(places):
        groups.setdefault(p, []).append(i)
    parts = {p: _part(field, p) for p in groups}
    kept = [p for p, (matrix, _, _) in parts.items() if matrix.det() == 0]
    if any(len(groups[p]) > 1 for p in kept):
        return None
    start = {p: k + o + k * a for a, p in enumerate(kept)}
    K, right = _identity(k + o + k * len(kept)), fmpq_mat(k + o + k * len(kept), 1)
    affine: dict[Places, tuple[fmpq_mat, fmpq_mat]] = {}  # x = T (h + u) + r
    positive = True
    for p, units in groups.items():
        matrix, F, constant = parts[p]
        drive = fmpq_mat(k, 1, [sum((own[i][a] for i in units), fmpq(0)) for a in range(k)])
        if p in start:
            at = start[p]
            _add(K, at, at, matrix - _identity(k))
            _add(K, at, 0, -(F * field.V))
            _add(K, at, k, -(F * field.B))
            _add(K, 0, at, -_identity(k))
            _add(right, at, 0, F * drive + constant)
            continue
        positive ^= matrix.det() < 0 and len(units) % 2 == 1
        inverse = matrix.inv()
        T, r = affine[p] = inverse * F, inverse * constant
        together = T * fmpq(len(units))
        _add(K, 0, 0, -(together * field.V))
        _add(K, 0, k, -(together * field.B))
        _add(right, 0, 0, T * drive + r * fmpq(len(units)))
    lines = [row[place] for row, place in zip(field.other_pieces, other, strict=True)]
    slopes = _diagonal([line.slope for line in lines])
    _add(K, k, 0, -(slopes * field.C))
    _add(K, k, k, -(slopes * field.D))
    _add(right, k, 0, slopes * _column(rest) + _column([_exact(line.intercept) for line in lines]))
    determinant = K.det()
    if determinant == 0:
        return None
    sums = K.solve(right).entries()
    Y, z = _column(sums[:k]), _column(sums[k : k + o])
    h = field.V * Y + field.B * z
    base = {p: (inside * (T * h + r) + h).entries() for p, (T, r) in affine.items()}  # z_i = base + G u_i
    gain = {p: (inside * T + _identity(k)).tolist() for p, (T, _) in affine.items()}
    for p, at in start.items():
        base[p] = (inside * _column(sums[at : at + k]) + h).entries()
        gain[p] = _identity(k).tolist()
    totals = [
        [
            sum((g * v for g, v in zip(row, unit, strict=True)), constant)
            for row, constant in zip(gain[p], base[p], strict=True)
        ]
        for p, unit in zip(places, own, strict=True)
    ]
    others = (field.C * Y + field.D * z).entries()
    return totals, [v + w for v, w in zip(others, rest, strict=True)], positive ^ (determinant < 0)


def _part(field: MeanField, places: Places) -> tuple[fmpq_mat, fmpq_mat, fmpq_mat]:
    """For units on these pieces: ``I - F (A - V)``, the slopes F, and the intercepts."""
    chosen = [row[q] for row, q in zip(field.pieces, places, strict=True)]
    F = _diagonal([line.slope for line in chosen])
    return _identity(field.k) - F * (field.A - field.V), F, _column([_exact(line.intercept) for line in chosen])


def _moved(
    places: list[Places], other: Places, wanted: list[Places], other_wanted: Places
) -> tuple[list[Places], Places]:
    """The last population that is on a wrong piece moves to the next one, towards where it should be."""
    for a in range(len(other) - 1, -1, -1):
        if other[a] != other_wanted[a]:
            return places, (*other[:a], _nearer(other[a], other_wanted[a]), *other[a + 1 :])
    for i in range(len(places) - 1, -1, -1):
        for a in range(len(places[i]) - 1, -1, -1):
            if places[i][a] != wanted[i][a]:
                moved = (*places[i][:a], _nearer(places[i][a], wanted[i][a]), *places[i][a + 1 :])
                return [*places[:i], moved, *places[i + 1 :]], other
    return places, other


def _nearer(place: int, wanted: int) -> int:
    return place + (1 if wanted > place else -1)


def _point(
    field: MeanField,
    places: Sequence[Places],
    other: Places,
    totals: Sequence[Sequence[fmpq]],
    other_totals: Sequence[fmpq],
    positive: bool,
) -> Point:
    """The equilibrium in the order of the system; that every total input is on its piece was just found."""
    n = field.n
    at, z, lines = [0] * n, [Fraction(0)] * n, [field.pieces[0][0]] * n
    rows = [(unit, field.pieces, p, t) for unit, p, t in zip(field.members, places, totals, strict=True)]
    rows.append((field.others, field.other_pieces, other, list(other_totals)))
    for indices, pieces, chosen, values in rows:
        for i, row, q, v in zip(indices, pieces, chosen, values, strict=True):
            at[i], z[i], lines[i] = q, _fraction(v), row[q]
    state = tuple(line.value(v) for line, v in zip(lines, z, strict=True))
    strict = all(line.holds(v, strict=True) for line, v in zip(lines, z, strict=True))
    return Point(tuple(at), state, tuple(z), 1 if positive else -1, strict)


def _piece(row: Sequence[Line], z: fmpq) -> int:
    value = _fraction(z)
    return next(q for q, line in enumerate(row) if line.holds(value))


def _rising(row: Sequence[Line]) -> int:
    return next((q for q, line in enumerate(row) if line.slope), 0)


def _jacobian(field: MeanField, places: Places, coupling: fmpq_mat) -> fmpq_mat:
    """``diag(1/tau) (F coupling - I)`` for one unit on these pieces."""
    slopes = [row[q].slope for row, q in zip(field.pieces, places, strict=True)]
    return _diagonal(field.rates) * (_diagonal(slopes) * coupling - _identity(field.k))


def _left(matrix: fmpq_mat) -> bool:
    rows = [[_fraction(v) for v in row] for row in matrix.tolist()]
    scale = lcm(*(v.denominator for row in rows for v in row))
    return all_left(characteristic([[int(v * scale) for v in row] for row in rows], (), scale))


# -- small matrices over QQ -------------------------------------------------------------------------------------------


def _exact(value: Fraction) -> fmpq:
    return fmpq(value.numerator, value.denominator)


def _fraction(value: fmpq) -> Fraction:
    return Fraction(int(value.p), int(value.q))


def _identity(n: int) -> fmpq_mat:
    return fmpq_mat(n, n, [int(i == j) for i, j in product(range(n), repeat=2)])


def _diagonal(values: Sequence[Fraction]) -> fmpq_mat:
    n = len(values)
    return fmpq_mat(n, n, [_exact(values[i]) if i == j else fmpq(0) for i, j in product(range(n), repeat=2)])


def _column(values: Sequence[fmpq]) -> fmpq_mat:
    return fmpq_mat(len(values), 1, list(values))


def _add(whole: fmpq_mat, row: int, column: int, part: fmpq_mat) -> None:
    for i, entries in enumerate(part.tolist()):
        for j, value in enumerate(entries):
            whole[row + i, column + j] += value


def _subsets(n: int) -> Iterator[tuple[int, ...]]:
    """The sets of 0, ..., n - 1 that are not empty."""
    for size in range(1, n + 1):
        yield from combinations(range(n), size)
