"""Columns with feedback: like layers in a chain, each coupled to the next and back, reduced to one layer.

Population i of every layer drives population i of the next with ``f_i`` and is driven by it with ``g_i``; ``f_i/g_i``
is the same for all i that are coupled at all. With ``A = I - S W`` of one layer, ``theta = sqrt(f_i/g_i)`` and the
rates of layer k divided by ``theta^k``, the matrix of the column is ``M = I (x) A - T (x) K``: ``K = S diag(sqrt(f_i
g_i))``, and T the adjacency matrix of the path on L vertices, with the eigenvalues ``mu_j = 2 cos(j pi/(L + 1))``.

*Spectrum.* In an orthonormal basis of eigenvectors of T the matrix falls into the blocks ``A - mu_j K``, one for every
j: the spectrum of the column is that of these blocks, and it is Hurwitz iff each of them is. Time constants that are
the same in all layers change nothing of this.

*Diagonal stability.* Let ``mu = mu_1 < 2`` be the greatest eigenvalue, ``v > 0`` its eigenvector, ``K >= 0``. Then M is
Lyapunov diagonally stable iff ``A - mu K`` is. If P proves it for ``A - mu K``, then P repeated in every layer proves
it for M: the form splits into those of ``A - mu_j K``, which are that of ``A - mu K`` and ``2 (mu - mu_j) P K >= 0``
more. If ``A - mu K`` is not stable, there is a positive semidefinite ``X != 0`` with ``diag((A - mu K) X) <= 0``
(Barker, Berman, Plemmons); then ``v v' (x) X`` shows the same of M, as layer k of ``diag(M (v v' (x) X))`` is ``v_k^2``
times that vector: the neighbours of layer k send ``(T v)_k v_k = mu v_k^2``. The scaling by theta is diagonal and
positive, so it changes no diagonal stability; with ``f_i = 0`` or ``g_i = 0`` for all i, M is block triangular, and A
decides. With ``f_i g_i <= 0`` the couplings cancel for weights scaled by powers of ``f_i/g_i``, and M is stable iff A
is. So feedback acts as self-excitation: ``mu K`` more, and below ``2 K`` more whatever the number of layers.

Source: G. P. Barker, A. Berman, R. J. Plemmons, Linear and Multilinear Algebra 5 (1978) 249.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache
from itertools import combinations
from math import gcd, isqrt

import sympy
from flint import fmpz_poly

from symgame.algebra import Algebra, Group
from symgame.condition import TRUE, And, Condition, Sign, both, either, mapped, negation
from symgame.copies import Merged, contrast, interaction, merged, several
from symgame.copies import p_property as copies_p_property
from symgame.errors import Unsupported
from symgame.ring import FUNCTION_VALUES, Matrix, Quotient, characteristic_polynomial, coefficients, principal_minors

Labels = Sequence[Sequence[int]]
Layered = tuple[tuple[int, ...], ...]
#: Kinds of couplings both ways that are tried as those between layers, at most so many at once; orders tried.
MOST_KINDS, AT_ONCE, TRIALS = 12, 3, 20_000
#: Where the root of ``f g`` stands until it is eliminated, and a root of a whole number.
ROOT, WHOLE_ROOT = FUNCTION_VALUES[-1], FUNCTION_VALUES[-2]


# -- layers in any order of the populations ----------------------------------------------------------------------------


def chain(labels: Labels, kinds: Sequence[Hashable]) -> Layered | None:
    """The rows of a matrix in layers, the same member at the same place, or ``None``; two layers at least.

    ``labels`` are equal where the entries are, and 0 where these are 0. All layers have the same entries, each row the
    kind of its model; between layers that follow one another only rows at the same place are coupled, everywhere with
    the same two weights, and other layers are not coupled. The couplings between layers are guessed among the pairs of
    weights that occur in both directions; what is left falls into the layers. The result is verified, row by row.

    >>> chain([[1, 0, 2, 6], [0, 1, 7, 0], [3, 6, 1, 0], [7, 0, 0, 1]], "EEII") is None
    True
    >>> chain([[1, 2, 6, 0], [3, 1, 0, 6], [7, 0, 1, 0], [0, 7, 0, 1]], "EEII")
    ((0, 2), (1, 3))
    """
    n = len(labels)
    found: dict[tuple[int, int], list[tuple[int, int]]] = {}
    for i, j in combinations(range(n), 2):
        if labels[i][j] and labels[j][i]:
            found.setdefault((min(labels[i][j], labels[j][i]), max(labels[i][j], labels[j][i])), []).append((i, j))
            if len(found) > MOST_KINDS:
                return None
    for size in range(1, AT_ONCE + 1):
        for chosen in combinations(found.values(), size):
            parts = _path(labels, [pair for pairs in chosen for pair in pairs])
            for way in () if parts is None else (parts, parts[::-1]):
                ordered = _ordered(labels, kinds, way)
                if ordered is not None:
                    return ordered
    return None


def _path(labels: Labels, removed: Sequence[tuple[int, int]]) -> list[list[int]] | None:
    """The components without the removed couplings, from one end to the other when these couple them as a path."""
    n, gone = len(labels), set(removed)
    part = list(range(n))
    for i, j in combinations(range(n), 2):
        if (labels[i][j] or labels[j][i]) and (i, j) not in gone and part[i] != part[j]:
            old, new = max(part[i], part[j]), min(part[i], part[j])
            part = [new if p == old else p for p in part]
    names = sorted(set(part))
    size = n // len(names)
    near: dict[int, set[int]] = {p: set() for p in names}
    for i, j in gone:
        near[part[i]].add(part[j])
        near[part[j]].add(part[i])
    ends = [p for p in names if len(near[p]) == 1]
    if len(names) < 2 or len(ends) != 2 or any(len(near[p]) > 2 or p in near[p] for p in names):
        return None
    order = [ends[0]]
    while len(order) < len(names):
        rest = near[order[-1]] - set(order)
        if not rest:
            return None
        order.append(rest.pop())
    rows = [[i for i in range(n) if part[i] == p] for p in order]
    return rows if all(len(row) == size for row in rows) else None


def _ordered(labels: Labels, kinds: Sequence[Hashable], parts: Sequence[Sequence[int]]) -> Layered | None:
    """Each part in the order of the first, the couplings between them on the diagonal; ``None`` when there is none."""
    trials = 0

    def orders(last: Sequence[int], part: Sequence[int], chosen: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
        nonlocal trials
        if len(chosen) == len(part):
            yield chosen
            return
        model, rest = last[len(chosen)], last[len(chosen) + 1 :]
        for p in part:
            trials += 1
            if trials > TRIALS or p in chosen or kinds[p] != kinds[model] or labels[p][p] != labels[model][model]:
                continue
            pairs = list(zip(last, chosen, strict=False))
            if any(labels[p][q] != labels[model][i] or labels[q][p] != labels[i][model] for i, q in pairs):
                continue
            if any(labels[p][i] or labels[i][p] or labels[q][model] or labels[model][q] for i, q in pairs):
                continue
            if not any(labels[p][i] or labels[i][p] for i in rest):
                yield from orders(last, part, (*chosen, p))

    def extended(found: tuple[tuple[int, ...], ...]) -> Layered | None:
        if len(found) == len(parts):
            return found if _holds(labels, found) else None
        for order in orders(found[-1], parts[len(found)], ()):
            whole = extended((*found, order))
            if whole is not None:
                return whole
        return None

    return extended((tuple(parts[0]),))


def _holds(labels: Labels, found: Layered) -> bool:
    first, second = found[0], found[1]
    size = range(len(first))
    for a, row in enumerate(found):
        for b, other in enumerate(found):
            for i in size:
                for j in size:
                    across = {0: labels[first[i]][first[j]]}
                    if i == j:
                        across |= {1: labels[second[i]][first[i]], -1: labels[first[i]][second[i]]}
                    if labels[row[i]][other[j]] != across.get(a - b, 0):
                        return False
    return True


# -- a column ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Column:
    """``count`` like layers. ``layer`` is the first by itself; ``f g`` is the product of the couplings of one
    population to the next layer and back, and ``share[i]`` what the couplings of population i are of these.

    ``cancels``: the two have opposite signs, so that they cancel in ``P A + A' P``.
    """

    layer: Merged
    count: int
    product: Quotient
    share: tuple[Quotient, ...]
    cancels: bool = False

    def raised(self, root: Quotient) -> Merged:
        """The layer with ``root`` times the shares added to its self-weights."""
        n = range(len(self.layer.W))
        W = self.layer.W
        rows = (tuple(W[i][j] + root * self.share[i] if i == j else W[i][j] for j in n) for i in n)
        return replace(self.layer, W=tuple(rows))


def column(algebra: Algebra, m: Merged) -> Column | None:
    """The signed couplings as a column with feedback, in any order of the populations, if they are one.

    >>> from symgame.algebra import algebra
    >>> from symgame.microcircuits import column as circuit
    >>> a = algebra(circuit(3, 2, f="f", feedback="b"))
    >>> found = column(a, of_couplings(a, a.W))
    >>> found.count, len(found.layer.W), str(found.product), [str(q) for q in found.share]
    (3, 4, 'b*f', ['1', '0', '1', '0'])
    """
    group = {i: (g, k) for g in m.groups for k, i in enumerate(g.members)}
    numbers: dict[Hashable, int] = {}
    n = range(len(m.W))

    def label(i: int, j: int) -> int:
        side = algebra.zero
        if i in group and j in group and group[i][0] == group[j][0]:
            side = group[i][0].lateral[group[i][1]][group[j][1]]
        if side.is_zero and m.W[i][j].is_zero:
            return 0
        return numbers.setdefault((m.W[i][j], side), len(numbers) + 1)

    kinds = [(m.groups.index(group[i][0]) if i in group else None, m.slopes[i], m.tau[i]) for i in n]
    found = chain([[label(i, j) for j in n] for i in n], kinds)
    if found is None:
        return None
    first, second = found[:2]
    pairs = list(zip(first, second, strict=True))
    for i, j in pairs:  # of its own unit alone
        sides = [(group[a], group[b]) for a, b in ((i, j), (j, i))] if i in group else []
        if any(not g.lateral[a][b].is_zero for (g, a), (_, b) in sides):
            return None
    forward, back = [m.W[j][i] for i, j in pairs], [m.W[i][j] for i, j in pairs]
    return _column(algebra, _alone(m, first), len(found), forward, back)


def of_couplings(algebra: Algebra, W: Matrix) -> Merged:
    """Signed couplings without copies, with slopes and time constants 1."""
    unit = (algebra.one,) * len(W)
    return Merged(tuple(map(tuple, W)), unit, unit, (), tuple(range(len(W))))


def _column(
    algebra: Algebra, layer: Merged, count: int, forward: Sequence[Quotient], back: Sequence[Quotient]
) -> Column | None:
    known, coupled = algebra.domain.known, [i for i, f in enumerate(forward) if not f.is_zero]
    for base in coupled:
        f, g = forward[base], back[base]
        share = tuple(q / f for q in forward)
        if any(not (a * g - b * f).is_zero for a, b in zip(forward, back, strict=True)):
            return None
        sound = all(known(Quotient(q.under, q.under * 0 + 1), "!=") and known(q, ">=") for q in share)
        if not sound or not all(known(s, ">=") for s in layer.slopes):
            continue
        for one, other in (f, g), (-f, -g), (f, -g), (-f, g):
            if known(one, ">=") and known(other, ">="):
                return Column(layer, count, f * g, share, cancels=(one == f) != (other == g))
    return None


def _alone(m: Merged, kept: Sequence[int]) -> Merged:
    place = {i: k for k, i in enumerate(kept)}
    groups = []
    for g in m.groups:
        inner = sorted((k for k, i in enumerate(g.members) if i in place), key=lambda k: place[g.members[k]])
        if inner:
            lateral = tuple(tuple(g.lateral[a][b] for b in inner) for a in inner)
            groups.append(Group(tuple(place[g.members[k]] for k in inner), g.count, lateral))
    return Merged(
        tuple(tuple(m.W[a][b] for b in kept) for a in kept),
        tuple(m.slopes[i] for i in kept),
        tuple(m.tau[i] for i in kept),
        tuple(groups),
        tuple(m.rows[i] for i in kept),
    )


# -- the eigenvalues of a path -----------------------------------------------------------------------------------------


@cache
def squares(count: int) -> tuple[tuple[int, ...], ...]:
    """The irreducible polynomials, constant first, whose roots are the squares of the eigenvalues of a path, 0 left
    out: with ``p_L = x p_(L-1) - p_(L-2)`` the characteristic polynomial, ``p_L(x) = x^(L mod 2) q(x^2)``. The last one
    has the greatest root.

    >>> squares(2), squares(4), squares(5)
    (((-1, 1),), ((1, -3, 1),), ((-1, 1), (-3, 1)))
    """
    before, now = fmpz_poly([1]), fmpz_poly([0, 1])
    for _ in range(count - 1):
        before, now = now, fmpz_poly([0, 1]) * now - before
    reduced = fmpz_poly([now[k] for k in range(count % 2, count + 1, 2)])
    factors = [factor for factor, _ in reduced.factor()[1]]  # monic, all roots real and simple
    factors.sort(key=lambda factor: max(float(root.real) for root, _ in factor.complex_roots()))
    return tuple(tuple(int(c) for c in factor.coeffs()) for factor in factors)


@cache
def greatest(count: int) -> tuple[Fraction, Fraction, int] | None:
    """``mu_1^2 = (2 cos(pi/(L + 1)))^2 = c + e sqrt(k)`` with rational c and e; ``None`` when it is no such number.

    >>> greatest(2), greatest(4), greatest(6)
    ((Fraction(1, 1), Fraction(0, 1), 1), (Fraction(3, 2), Fraction(1, 2), 5), None)
    """
    if count + 1 not in (3, 4, 5, 6, 8, 10, 12):  # its degree is that of cos(2 pi/(L + 1))
        return None
    value = sympy.expand(2 + 2 * sympy.cos(2 * sympy.pi / (count + 1)))
    rational, rest = value.as_independent(sympy.Pow, as_Add=True)
    if rest == 0:
        return Fraction(int(rational.p), int(rational.q)), Fraction(0), 1
    factor, root = rest.as_coeff_Mul()
    return Fraction(int(rational.p), int(rational.q)), Fraction(int(factor.p), int(factor.q)), int(root**2)


def root_text(found: Column) -> str:
    """``mu_1 sqrt(f g)`` as a formula; :class:`~symgame.errors.Unsupported` when it is no root of polynomials.

    >>> from symgame.algebra import algebra
    >>> from symgame.microcircuits import column as circuit
    >>> for layers in (2, 3, 4):
    ...     a = algebra(circuit(layers, 1, feedback="b"))
    ...     print(root_text(column(a, of_couplings(a, a.W))))
    sqrt(b*f)
    sqrt(2*b*f)
    sqrt((3 + sqrt(5))/2*b*f)
    """
    bound = greatest(found.count)
    if bound is None:
        raise Unsupported(_no_root(found.count))
    c, e, k = bound
    one = found.product.over * 0 + 1
    if e == 0:
        return f"sqrt({Quotient(one * c.numerator, one * c.denominator) * found.product})"
    under = c.denominator * e.denominator // gcd(c.denominator, e.denominator)
    factor = "" if e * under == 1 else f"{e * under}*"
    product = str(found.product)
    product = f"({product})" if " " in product else product
    return f"sqrt(({c * under} + {factor}sqrt({k})){f'/{under}' if under > 1 else ''}*{product})"


def exact_root(algebra: Algebra, found: Column) -> Quotient | None:
    """``mu_1 sqrt(f g)`` when it is a rational number."""
    bound, value = greatest(found.count), found.product.number
    if value == 0:
        return algebra.zero
    if bound is None or value is None or bound[1] != 0:
        return None
    square = bound[0] * value
    over, under = isqrt(square.numerator), isqrt(square.denominator)
    return algebra.ring.quotient(Fraction(over, under)) if Fraction(over, under) ** 2 == square else None


def root(algebra: Algebra, found: Column, take: Callable[[Quotient], Quotient] | None) -> Quotient | None:
    """``mu_1 sqrt(f g)`` by a function that takes square roots; ``None`` without one.

    Raises :class:`~symgame.errors.Unsupported` when it is no such root of polynomials.
    """
    if take is None:
        return None
    bound = greatest(found.count)
    if bound is None:
        raise Unsupported(_no_root(found.count))
    c, e, k = (algebra.ring.quotient(v) for v in bound)
    return take((c + e * take(k) if bound[1] else c) * found.product)


def _no_root(count: int) -> str:
    return (
        f"diagonal stability of {count} layers with feedback involves 2*cos(pi/{count + 1}), which is no square root "
        f"of a sum of such; with numbers it is decided with a certificate"
    )


# -- signs at the eigenvalues ------------------------------------------------------------------------------------------


def positive(algebra: Algebra, q: Quotient, found: Column) -> Condition:
    """``q > 0`` with ``mu_j sqrt(f g)`` for every j in the place of :data:`ROOT`, without any root.

    ``a + b t`` is positive at t and -t iff ``a > 0`` and ``a^2 - b^2 t^2 > 0``; if a and b do not depend on t, then the
    greatest t decides. Real numbers, such as conjugate ones, are all positive iff their elementary symmetric functions
    are.
    """
    under = Quotient(q.under, q.under * 0 + 1)
    rows = [Quotient(p, p * 0 + 1) / under for p in coefficients(q.over, ROOT)]
    compare = algebra.structural.compare
    parts = [compare(rows[0], ">")] if found.count % 2 else []
    for h in squares(found.count)[-1:] if len(rows) <= 2 else squares(found.count):
        even, odd = (_at_square(algebra, rows[k::2], found.product, h) for k in (0, 1))
        parts.append(_all_positive(algebra, even, h))
        if any(not v.is_zero for v in odd):
            y = _reduced(algebra, [algebra.zero, found.product], h)
            square = _product(algebra, _product(algebra, odd, odd, h), y, h)
            norm = [a - b for a, b in zip(_product(algebra, even, even, h), square, strict=True)]
            parts.append(_all_positive(algebra, norm, h))
    return both(*parts)


def _at_square(algebra: Algebra, rows: Sequence[Quotient], product: Quotient, h: Sequence[int]) -> list[Quotient]:
    """``sum_k rows[k] (y f g)^k`` for a root y of h, as a polynomial in y of lower degree."""
    return _reduced(algebra, [row * product**k for k, row in enumerate(rows)], h)


def _reduced(algebra: Algebra, p: Sequence[Quotient], h: Sequence[int]) -> list[Quotient]:
    """The remainder by a monic polynomial, as many coefficients as its degree."""
    rest, d = list(p), len(h) - 1
    rest += [algebra.zero] * (d - len(rest))
    while len(rest) > d:
        top = rest.pop()
        for k in range(d):
            rest[len(rest) - d + k] = rest[len(rest) - d + k] - top * algebra.ring.quotient(h[k])
    return rest


def _product(algebra: Algebra, a: Sequence[Quotient], b: Sequence[Quotient], h: Sequence[int]) -> list[Quotient]:
    total = [algebra.zero] * (len(a) + len(b) - 1)
    for i, x in enumerate(a):
        for j, y in enumerate(b):
            total[i + j] = total[i + j] + x * y
    return _reduced(algebra, total, h)


def _all_positive(algebra: Algebra, value: Sequence[Quotient], h: Sequence[int]) -> Condition:
    """A polynomial in y is positive at every root y of h: the characteristic polynomial of its multiplication."""
    compare = algebra.structural.compare
    d = len(h) - 1
    if d == 1:
        return compare(value[0], ">")
    power = [algebra.one] + [algebra.zero] * (d - 1)
    rows = []
    for _ in range(d):
        rows.append(_product(algebra, value, power, h))
        power = _reduced(algebra, [algebra.zero, *power], h)
    polynomial = characteristic_polynomial(rows, algebra.ring)
    return both(*(compare(-c if k % 2 else c, ">") for k, c in enumerate(polynomial) if k))


def at_greatest(algebra: Algebra, condition: Condition, found: Column) -> Condition:
    """A condition of diagonal stability with ``mu_1 sqrt(f g)`` in the place of :data:`ROOT`, without any root.

    Stable with the greatest eigenvalue is stable with each, so that a sign that has to be positive may be asked at all
    of them: this has no roots for any number of layers. Anything else is asked at the greatest alone, which has to be
    of degree 4 at most.
    """
    rows = condition.args if isinstance(condition, And) else (condition,)
    plain = [part for part in rows if isinstance(part, Sign) and part.rel == ">"]
    bound = greatest(found.count)
    if bound is None and len(plain) < len(rows):
        raise Unsupported(_no_root(found.count))
    parts = [positive(algebra, Quotient(part.poly, part.poly * 0 + 1), found) for part in plain]
    if bound is not None:
        c, e, k = (algebra.ring.quotient(v) for v in bound)
        square = (c + e * algebra.ring.of(WHOLE_ROOT)) * found.product if bound[1] else c * found.product
        for part in rows:
            if part not in plain:
                part = without_root(algebra, part, ROOT, square)
                parts.append(without_root(algebra, part, WHOLE_ROOT, k) if bound[1] else part)
    return both(*parts)


def without_root(algebra: Algebra, condition: Condition, name: str, square: Quotient) -> Condition:
    """The condition with the root of ``square >= 0`` in the place of a name, by cases of signs: ``a + b sqrt(c) > 0``
    iff ``a > 0 & (b >= 0 | a^2 > b^2 c)`` or ``b > 0 & b^2 c > a^2``."""
    compare = algebra.structural.compare

    def positive_(p: Quotient, q: Quotient) -> Condition:
        norm = p * p - q * q * square
        return either(
            both(compare(p, ">"), either(compare(q, ">="), compare(norm, ">"))),
            both(compare(q, ">"), compare(norm, "<")),
        )

    def change(atom: Sign) -> Condition:
        rows = [Quotient(p, p * 0 + 1) for p in coefficients(atom.poly, name)]
        a, b = algebra.zero, algebra.zero
        for k, row in enumerate(rows):
            a, b = (a + row * square ** (k // 2), b) if k % 2 == 0 else (a, b + row * square ** (k // 2))
        if b.is_zero:
            return compare(a, atom.rel)
        match atom.rel:
            case ">":
                return positive_(a, b)
            case ">=":
                return negation(positive_(-a, -b))
            case "=":
                return both(negation(positive_(a, b)), negation(positive_(-a, -b)))
        return either(positive_(a, b), positive_(-a, -b))

    return mapped(condition, change)


# -- the P-property ----------------------------------------------------------------------------------------------------


def p_property(algebra: Algebra, slopes: Sequence[Quotient]) -> Condition:
    """All principal minors of ``I - F W`` are positive, copies written out, also of a column with feedback.

    The P-property of a column lies between two others: diagonal stability of ``A - mu K`` is that of the column, which
    implies it; and it implies the P-property of ``A - mu K``, since a vector x that this does not allow makes
    ``v (x) x`` one for the column. Where a layer has at most two kinds of rates, one of them in copies at most, the two
    are the same: signs of the contrast and of the quotient. Else :func:`symgame.copies.p_property`.
    """
    m = merged(algebra, slopes)
    found = column(algebra, m)
    if found is None or len(found.layer.W) > 2 or any(len(g.members) > 1 for g in found.layer.groups):
        return copies_p_property(algebra, slopes)
    if any(several(algebra, g) != TRUE for g in found.layer.groups):
        return copies_p_property(algebra, slopes)
    layer = found.layer if found.cancels else found.raised(algebra.ring.of(ROOT))
    minors = list(principal_minors(interaction(algebra, layer.W, layer.slopes), algebra.ring).values())
    for g in layer.groups:
        minors += interaction(algebra, contrast(layer.W, g), [layer.slopes[i] for i in g.members])[0]
    if found.cancels:
        return both(*(algebra.structural.compare(q, ">") for q in minors))
    return both(*(positive(algebra, q, found) for q in minors))
