"""Populations that stand for several identical ones: common and contrast modes of a circuit with copies.

When every unit of a group does the same, the group moves by the rows of W (its *common* mode). A difference between
two of its units feels the coupling ``own - lateral`` alone, whatever everything else does; there are ``count - 1`` such
*contrast* modes, all with one matrix. Together they are all of ``W``: in an orthogonal basis of each group, the vector
of ones first, W is block diagonal with the quotient once and the contrast matrix ``count - 1`` times. Groups of like
units with the same slopes are one group, so they are merged first.

Source: K. Gatermann and P. A. Parrilo, J. Pure Appl. Algebra 192 (2004) 95 (symmetry-adapted bases for semidefinite
conditions); M. Golubitsky and I. Stewart, The Symmetry Perspective (2002).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import combinations, product

from symgame.algebra import Algebra, Group
from symgame.condition import FALSE, TRUE, Condition, both, either, negation
from symgame.coupling import strong_blocks
from symgame.errors import Unsupported
from symgame.principal import p_matrix
from symgame.ring import Matrix, Quotient, determinant, principal_minors


@dataclass(frozen=True)
class Merged:
    """A circuit with copies on given slopes, like groups made one: signed couplings, slopes, time constants, groups.

    ``rows`` are the populations of the circuit that stand for what is left.
    """

    W: tuple[tuple[Quotient, ...], ...]
    slopes: tuple[Quotient, ...]
    tau: tuple[Quotient, ...]
    groups: tuple[Group, ...]
    rows: tuple[int, ...]


def merged(algebra: Algebra, slopes: Sequence[Quotient], tau: Sequence[Quotient] | None = None) -> Merged:
    """Groups of like units with like slopes and time constants put together, as far as there are any; those of one
    unit are no groups.

    >>> from symgame.algebra import algebra
    >>> from symgame.named import named
    >>> a = algebra(named("shared-inhibition"))
    >>> one = merged(a, a.gains)
    >>> len(one.rows), [str(g.count) for g in one.groups]
    (2, ['n'])
    """
    tau = algebra.tau if tau is None else tau
    found = Merged(algebra.W, tuple(slopes), tuple(tau), algebra.groups, tuple(range(algebra.n)))
    while True:
        pair = next((p for p in combinations(found.groups, 2) if _alike(found, *p)), None)
        if pair is None:
            return replace(found, groups=tuple(g for g in found.groups if g.count != algebra.one))
        found = _joined(found, *pair)


def _alike(m: Merged, one: Group, other: Group) -> bool:
    """Whether the units of two groups may be exchanged: what they are, what they send and what they receive."""
    if len(one.members) != len(other.members) or one.lateral != other.lateral:
        return False
    paired = list(zip(one.members, other.members, strict=True))
    if any(m.slopes[a] != m.slopes[b] or m.tau[a] != m.tau[b] for a, b in paired):
        return False
    if contrast(m.W, one) != contrast(m.W, other):
        return False
    for k, a in enumerate(one.members):
        for j, b in enumerate(other.members):
            if m.W[a][b] != other.count * one.lateral[k][j] or m.W[b][a] != one.count * one.lateral[j][k]:
                return False
    rest = [i for i in range(len(m.W)) if i not in one.members and i not in other.members]
    return all(
        m.W[a][i] == m.W[b][i] and m.W[i][a] * other.count == m.W[i][b] * one.count for a, b in paired for i in rest
    )


def alike(algebra: Algebra, one: Group, other: Group) -> bool:
    """Whether the units of two groups may be exchanged, their inputs and pieces apart."""
    unit = (algebra.one,) * algebra.n
    whole = Merged(algebra.W, unit, algebra.tau, algebra.groups, tuple(range(algebra.n)))
    kinds = [p.activation for p in algebra.circuit.populations]
    return _alike(whole, one, other) and all(
        kinds[a] == kinds[b] for a, b in zip(one.members, other.members, strict=True)
    )


def splits(algebra: Algebra, group: Group) -> bool:
    """The rows of W of a group are own couplings and those of the other copies: ``(own - lateral) + count lateral``.

    With ``J`` the matrix of ones, ``I (x) (own - lateral) + J (x) lateral`` maps equal units to equal units by these
    rows, and a difference of two units to the same difference by ``own - lateral``.
    """
    inner = contrast(algebra.W, group)
    size = range(len(group.members))
    own = [
        [algebra.W[a][b] - (group.count - algebra.one) * group.lateral[k][j] for j, b in enumerate(group.members)]
        for k, a in enumerate(group.members)
    ]
    return all(
        own[k][j] - group.lateral[k][j] == inner[k][j]
        and inner[k][j] + group.count * group.lateral[k][j] == algebra.W[group.members[k]][group.members[j]]
        for k in size
        for j in size
    )


def _joined(m: Merged, one: Group, other: Group) -> Merged:
    kept = [i for i in range(len(m.W)) if i not in other.members]
    total = dict(zip(one.members, other.members, strict=True))

    def entry(a: int, b: int) -> Quotient:
        return m.W[a][b] + m.W[a][total[b]] if b in total else m.W[a][b]

    place = {i: k for k, i in enumerate(kept)}
    union = Group(one.members, one.count + other.count, one.lateral)
    groups = [union if g == one else g for g in m.groups if g != other]
    return Merged(
        tuple(tuple(entry(a, b) for b in kept) for a in kept),
        tuple(m.slopes[i] for i in kept),
        tuple(m.tau[i] for i in kept),
        tuple(Group(tuple(place[i] for i in g.members), g.count, g.lateral) for g in groups),
        tuple(m.rows[i] for i in kept),
    )


def contrast(W: Matrix, group: Group) -> list[list[Quotient]]:
    """``own - lateral``: what a difference between two units of the group feels."""
    return [
        [W[a][b] - group.count * group.lateral[k][j] for j, b in enumerate(group.members)]
        for k, a in enumerate(group.members)
    ]


def several(algebra: Algebra, group: Group) -> Condition:
    """Whether the group has more than one unit, so that it has contrast modes: always, never, or a condition."""
    return algebra.structural.compare(group.count - algebra.one, ">")


@dataclass(frozen=True)
class Mode:
    """A block of the Jacobian: signed couplings, slopes and time constants; ``when`` says whether it occurs at all."""

    name: str
    W: tuple[tuple[Quotient, ...], ...]
    slopes: tuple[Quotient, ...]
    tau: tuple[Quotient, ...]
    when: Condition = TRUE

    def jacobian(self, algebra: Algebra) -> list[list[Quotient]]:
        """``diag(1/tau) (F W - I)`` of the rates with slopes that are not 0; the others decay on their own."""
        live = [i for i, s in enumerate(self.slopes) if not s.is_zero]
        rows = interaction(algebra, self.W, self.slopes)
        return [[-rows[a][b] / self.tau[a] for b in live] for a in live]


def modes(algebra: Algebra, slopes: Sequence[Quotient], tau: Sequence[Quotient] | None = None) -> tuple[Mode, ...]:
    """The common mode of the whole, and the contrast modes of every group of like units on the same pieces."""
    m = merged(algebra, slopes, tau)
    rows = [Mode("common", m.W, m.slopes, m.tau)]
    for group in m.groups:
        inner = tuple(map(tuple, contrast(m.W, group)))
        own = tuple(m.slopes[i] for i in group.members)
        rows.append(Mode("contrast", inner, own, tuple(m.tau[i] for i in group.members), several(algebra, group)))
    return tuple(rows)


def pairwise(algebra: Algebra) -> Algebra:
    """The circuit with two copies of every unit of which there are several, the couplings those between single units.

    For questions about pairs of populations: what holds of two copies then holds of any number of them.
    """
    m = merged(algebra, (algebra.one,) * algebra.n)
    if any(several(algebra, g) != TRUE for g in m.groups):
        raise Unsupported("whether there is one unit or several is open; say that there are two or more")
    return _written(algebra, m, dict.fromkeys(m.groups, 2))


#: Populations of a circuit that is written out to decide a word about its matrix.
MOST_WRITTEN = 40


def written(algebra: Algebra) -> Algebra | None:
    """The circuit with every copy a row of its own; ``None`` when a count is a symbol, or the rows are too many.

    >>> from symgame.algebra import algebra
    >>> from symgame.named import named
    >>> three = named("shared-inhibition").with_values(k=1, n=3).fixed()
    >>> [[str(w) for w in row] for row in written(algebra(three)).W][0]
    ['w_EE', '0', '0', '-w_EI']
    """
    numbers = {}
    for g in algebra.groups:
        count = g.count.number
        if count is None:
            return None
        numbers[g] = int(count)
    if sum((number - 1) * len(g.members) for g, number in numbers.items()) + algebra.n > MOST_WRITTEN:
        return None
    whole = Merged(algebra.W, (algebra.one,) * algebra.n, algebra.tau, algebra.groups, tuple(range(algebra.n)))
    return _written(algebra, whole, numbers)


def _written(algebra: Algebra, m: Merged, numbers: Mapping[Group, int]) -> Algebra:
    """So many copies of every unit, each population of them a row; the couplings are those between single neurons."""
    group_of = {i: g for g in m.groups for i in g.members}
    order = [(i, unit) for i in range(len(m.W)) for unit in range(numbers[group_of[i]] if i in group_of else 1)]

    def weight(a: int, one: int, b: int, other: int) -> Quotient:
        group = group_of.get(b)
        if group is None:
            return m.W[a][b]
        if a not in group.members:
            return m.W[a][b] / group.count
        side = group.lateral[group.members.index(a)][group.members.index(b)]
        return side if one != other else m.W[a][b] - (group.count - algebra.one) * side

    rows = [m.rows[a] for a, _ in order]
    return replace(
        algebra,
        W=tuple(tuple(weight(a, i, b, j) for b, j in order) for a, i in order),
        u=tuple(algebra.u[i] for i in rows),
        tau=tuple(algebra.tau[i] for i in rows),
        pieces=None if algebra.pieces is None else tuple(algebra.pieces[i] for i in rows),
        own=tuple(algebra.own[i] for i in rows),
        groups=(),
    )


def pairwise_rows(algebra: Algebra) -> tuple[int, ...]:
    """Which population of the circuit each row of :func:`pairwise` is a copy of."""
    m = merged(algebra, (algebra.one,) * algebra.n)
    grouped = {i for g in m.groups for i in g.members}
    return tuple(m.rows[i] for i in range(len(m.W)) for _ in range(2 if i in grouped else 1))


# -- the P-property ----------------------------------------------------------------------------------------------------


def p_property(algebra: Algebra, slopes: Sequence[Quotient]) -> Condition:
    """All principal minors of ``I - F W``, copies written out, are positive.

    A choice of rows takes, of each group, some units with these members and some with those: the like ones are copies
    again, so the minor is ``det(contrast)^(units - 1)`` of each kind times the determinant of the quotient, in which
    the numbers of units are unknowns. (a) A P-matrix has a contrast matrix with the P-property: a vector with
    v in one unit and -v in another shows it. (b) The quotient falls into strongly coupled blocks; where the couplings
    from one unit to others have rank 1, its determinant is affine in their number, so positive for all numbers iff for
    the least and the greatest; with several kinds of one group, at the vertices of the possible numbers if the
    determinant is affine in all of them together.

    Raises :class:`~symgame.errors.Unsupported` when kinds of units are coupled both ways and the counts are symbols.
    """
    explicit = written(algebra)
    if explicit is not None and tuple(slopes) == algebra.gains:
        rows = algebra.numbers(explicit.interaction())
        found = None if rows is None else p_matrix(rows)
        if found is not None and found.holds is not None:
            return TRUE if found.holds else FALSE
    m = merged(algebra, slopes)
    return both(*(_p_property(algebra, part) for part in blocks(algebra, m)))


def blocks(algebra: Algebra, m: Merged) -> tuple[Merged, ...]:
    """The strongly coupled parts, upstream first: what is one block in both the common and the contrast modes.

    In their order the circuit with all copies is block triangular, for copies of one population are in one part.
    """
    n = range(len(m.W))
    place = {i: (g, k) for g in m.groups for k, i in enumerate(g.members)}

    def coupled(a: int, b: int) -> Quotient:
        if a in place and b in place and place[a][0] == place[b][0]:
            group, side = place[a][0], place[a][0].lateral[place[a][1]][place[b][1]]
            return side if not side.is_zero else m.W[a][b] - (group.count - algebra.one) * side
        return m.W[a][b]

    parts = strong_blocks([[coupled(a, b) for b in n] for a in n])
    return tuple(restricted(m, part) for part in parts) if len(parts) > 1 else (m,)


def restricted(m: Merged, kept: Sequence[int]) -> Merged:
    """Some of the populations, with what they are copies of."""
    place = {i: k for k, i in enumerate(kept)}
    groups = []
    for g in m.groups:
        inner = [k for k, i in enumerate(g.members) if i in place]
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


def _p_property(algebra: Algebra, m: Merged) -> Condition:
    compare = algebra.structural.compare
    parts: list[Condition] = []
    for group in m.groups:
        inner = interaction(algebra, contrast(m.W, group), [m.slopes[i] for i in group.members])
        minors = principal_minors(inner, algebra.ring).values()
        parts.append(either(negation(several(algebra, group)), both(*(compare(q, ">") for q in minors))))
    return both(*parts, *_compositions(algebra, m))


def interaction(algebra: Algebra, W: Matrix, slopes: Sequence[Quotient]) -> list[list[Quotient]]:
    """``I - F W`` of any block of signed couplings with its slopes."""
    n = range(len(W))
    return [[(algebra.one if a == b else algebra.zero) - slopes[a] * W[a][b] for b in n] for a in n]


@dataclass(frozen=True)
class _Kind:
    """Units of one group of which these members are chosen; ``group`` is ``None`` for a population without copies."""

    group: int | None
    members: tuple[int, ...]


#: Kinds of units whose sets are tried one by one: all choices of members of a unit of three, and two that are shared.
MOST_KINDS = 9


def _compositions(algebra: Algebra, m: Merged) -> list[Condition]:
    """Positive determinants of the quotients, whatever number of units of each kind is chosen."""
    grouped = {i for g in m.groups for i in g.members}
    kinds = [_Kind(None, (i,)) for i in range(len(m.W)) if i not in grouped]
    for k, g in enumerate(m.groups):
        kinds += [_Kind(k, c) for size in range(1, len(g.members) + 1) for c in combinations(g.members, size)]
    if len(kinds) > MOST_KINDS:
        raise Unsupported(
            f"the P-property of copies is derived for units of at most three populations that all act on one another: "
            f"here a unit may be chosen in part in {len(kinds)} ways, and {MOST_KINDS} are tried; lds implies it, and "
            f"with numbers it is decided"
        )
    found: list[Condition] = []
    for block in _strong_sets(algebra, m, kinds):
        free = [k for k in block if k.group is not None]
        of_group = [[k for k in free if k.group == g] for g in sorted({k.group for k in free if k.group is not None})]
        affine = all(_affine(algebra, m, block, kind) for kind in free)
        if not affine or not all(_jointly_affine(algebra, m, block, free, some) for some in of_group):
            found += _counted(algebra, m, block)
            continue
        for choice in product(*(_vertices(algebra, m, some) for some in of_group)):
            counts = {kind: number for _, numbers in choice for kind, number in numbers.items()}
            q = determinant(_quotient(algebra, m, block, counts), algebra.ring)
            positive = algebra.structural.compare(q, ">")
            found.append(either(*(negation(enough) for enough, _ in choice), positive))
    return found


def _jointly_affine(
    algebra: Algebra, m: Merged, block: Sequence[_Kind], free: Sequence[_Kind], some: Sequence[_Kind]
) -> bool:
    """Whether the determinant, affine in the number of each kind, is so in those of one group together: no products."""
    one, two = algebra.one, algebra.ring.quotient(2)

    def value(counts: Mapping[_Kind, Quotient]) -> Quotient:
        return determinant(_quotient(algebra, m, block, dict(counts)), algebra.ring)

    for a, b in combinations(some, 2):
        rest = [k for k in free if k not in (a, b)]
        for others in product((one, two), repeat=len(rest)):
            base = dict(zip(rest, others, strict=True))
            corners = [value({**base, a: x, b: y}) for x, y in ((two, two), (two, one), (one, two), (one, one))]
            if not (corners[0] - corners[1] - corners[2] + corners[3]).is_zero:
                return False
    return True


def _vertices(algebra: Algebra, m: Merged, some: Sequence[_Kind]) -> list[tuple[Condition, dict[_Kind, Quotient]]]:
    """The extreme numbers of units of the kinds of one group, one at least of each, and whether there are so many."""
    group = some[0].group
    assert group is not None
    total, least = m.groups[group].count, algebra.ring.quotient(len(some))
    enough = TRUE if len(some) == 1 else algebra.structural.compare(total - least, ">=")
    rows = [dict.fromkeys(some, algebra.one)]
    rows += [{**rows[0], kind: total - least + algebra.one} for kind in some]
    return [(enough, row) for row in rows]


def _affine(algebra: Algebra, m: Merged, block: Sequence[_Kind], kind: _Kind) -> bool:
    """Whether the determinant is affine in the number of these units: what one of them sends to others has rank 1."""
    assert kind.group is not None
    group = m.groups[kind.group]
    place = {i: k for k, i in enumerate(group.members)}
    sent = [
        [group.lateral[place[i]][place[j]] if i in place else m.W[i][j] / group.count for j in kind.members]
        for other in block
        for i in other.members
    ]
    pairs = list(combinations(range(len(kind.members)), 2))
    return all(
        (one[a] * other[b] - one[b] * other[a]).is_zero for one, other in combinations(sent, 2) for a, b in pairs
    )


def _counted(algebra: Algebra, m: Merged, block: Sequence[_Kind]) -> list[Condition]:
    """Kinds of units of one group that act on one another both ways: every number of units, where the counts are
    numbers."""
    totals: dict[int, int] = {}
    for kind in block:
        if kind.group is not None:
            number = m.groups[kind.group].count.number
            if number is None:
                raise Unsupported(
                    "the principal minors depend on the number of units in a way that its ends do not decide; give the "
                    "number of units a value"
                )
            totals[kind.group] = int(number)
    free = [k for k in block if k.group is not None]
    found = []
    for numbers in product(*(range(1, totals[k.group] + 1) for k in free if k.group is not None)):
        used = {g: sum(x for x, k in zip(numbers, free, strict=True) if k.group == g) for g in totals}
        if all(used[g] <= totals[g] for g in totals):
            counts = {k: algebra.ring.quotient(Fraction(x)) for k, x in zip(free, numbers, strict=True)}
            q = determinant(_quotient(algebra, m, block, counts), algebra.ring)
            found.append(algebra.structural.compare(q, ">"))
    return found


def _quotient(
    algebra: Algebra, m: Merged, block: Sequence[_Kind], counts: dict[_Kind, Quotient]
) -> list[list[Quotient]]:
    """``I - F W`` of so many units of each kind that do the same."""
    rows = [(kind, i) for kind in block for i in kind.members]
    matrix = []
    for kind, i in rows:
        row = []
        for source, j in rows:
            weight = _between(algebra, m, kind, i, source, j, counts.get(source))
            one = algebra.one if (kind, i) == (source, j) else algebra.zero
            row.append(one - m.slopes[i] * weight)
        matrix.append(row)
    return matrix


def _between(
    algebra: Algebra, m: Merged, kind: _Kind, i: int, source: _Kind, j: int, count: Quotient | None
) -> Quotient:
    """What a member i of one unit receives per rate j of all units of another kind."""
    if source.group is None or count is None:
        return m.W[i][j]
    group = m.groups[source.group]
    if kind.group != source.group:
        return m.W[i][j] / group.count * count
    a, b = group.members.index(i), group.members.index(j)
    if kind != source:
        return count * group.lateral[a][b]
    own = m.W[i][j] - (group.count - algebra.one) * group.lateral[a][b]
    return own + (count - algebra.one) * group.lateral[a][b]


def _strong_sets(algebra: Algebra, m: Merged, kinds: Sequence[_Kind]) -> list[tuple[_Kind, ...]]:
    """Sets of kinds whose quotient is strongly coupled: on any other set the determinant is a product of theirs."""
    # no small number: a coupling that cancels for two units may not for three
    some = {k: algebra.ring.quotient(Fraction(1_000_003, 7)) for k in kinds if k.group is not None}
    found = []
    for size in range(1, len(kinds) + 1):
        for chosen in combinations(kinds, size):
            rows = _quotient(algebra, m, chosen, some)
            if len(strong_blocks(rows)) == 1:
                found.append(chosen)
    return found
