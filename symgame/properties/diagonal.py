"""P-matrices and Lyapunov diagonal stability of ``A = I - W`` (``I - F W`` with gains F).

``A`` is LDS when some diagonal ``P > 0`` makes ``P A + A' P`` positive definite. Rosen's diagonal strict monotonicity
of the pseudo-gradient ``F(x) = A x - u`` is the same statement: ``(x - y)' P (F(x) - F(y)) = (x - y)' P A (x - y)``.
There is no closed form for every matrix; :func:`lds` finds one where there is: up to three rates, blocks, trees,
cycles, exchangeable units. Source: J. B. Rosen, Econometrica 33 (1965) 520; G. W. Cross, Linear Algebra Appl. 20 (1978)
253; E. Kaszkurewicz and A. Bhaya, Matrix Diagonal Stability in Systems and Computation (2000).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache

import sympy

from symgame import copies, coupling, feedback, principal
from symgame.algebra import Algebra
from symgame.common_weights import Overlap, of_three, overlap
from symgame.condition import FALSE, TRUE, Condition, Exists, both, either, negation
from symgame.diagonal_stability import diagonal_stability
from symgame.errors import Unsupported
from symgame.matrices import definite
from symgame.ring import LDS_WEIGHTS, MAX_BOUND, Matrix, Quotient, determinant, principal_minors, submatrix

Name = Callable[[Quotient], Quotient]
Root = Callable[[Quotient], Quotient] | None


def p_matrix(algebra: Algebra) -> Condition:
    """All principal minors are positive."""
    if algebra.groups:
        return feedback.p_property(algebra, algebra.gains)
    return p_property(algebra, algebra.interaction())


def p_property(algebra: Algebra, matrix: Matrix) -> Condition:
    """All principal minors of the matrix are positive: those of its strongly connected blocks."""
    parts: list[Condition] = []
    for block in coupling.strong_blocks(matrix):
        inner = submatrix(matrix, block, block)
        rows = algebra.numbers(inner)
        if rows is not None and len(block) > 3:  # too many minors to write out, and no need to
            found = principal.p_matrix(rows)
            if found.holds is None:
                raise Unsupported(found.reason)
            parts.append(TRUE if found.holds else FALSE)
            continue
        minors = principal_minors(inner, algebra.ring)
        parts += [algebra.structural.compare(m, ">") for m in minors.values()]
    return both(*parts)


def positive_definite(algebra: Algebra, symmetric: Matrix) -> Condition:
    """Sylvester: all leading minors are positive."""
    n = len(symmetric)
    rows = algebra.numbers(symmetric)
    if rows is not None:
        return TRUE if definite.positive_definite(definite.exact_matrix(rows)) else FALSE
    minors = [determinant([row[:k] for row in symmetric[:k]], algebra.ring) for k in range(1, n + 1)]
    return both(*(algebra.structural.compare(m, ">") for m in minors))


def weighted(algebra: Algebra, matrix: Matrix, weights: Sequence[Quotient]) -> list[list[Quotient]]:
    """``P A + A' P``."""
    n = len(matrix)
    return [[weights[i] * matrix[i][j] + weights[j] * matrix[j][i] for j in range(n)] for i in range(n)]


def holds_with(algebra: Algebra, matrix: Matrix, weights: Sequence[Quotient]) -> Condition:
    """The weights are positive and ``P A + A' P`` is positive definite."""
    positive = both(*(algebra.structural.compare(p, ">") for p in weights))
    return both(positive, positive_definite(algebra, weighted(algebra, matrix, weights)))


def monotone(algebra: Algebra) -> Condition:
    """Strong monotonicity of the pseudo-gradient: ``A + A'`` is positive definite, with ``A = I - W``."""
    if algebra.groups:
        return _monotone_modes(algebra)
    matrix = algebra.game_matrix()
    return positive_definite(algebra, weighted(algebra, matrix, [algebra.one] * algebra.n))


def _monotone_modes(algebra: Algebra) -> Condition:
    """The form splits over the modes; on the common one a rate counts as often as there are copies of it."""
    unit = (algebra.one,) * algebra.n
    m = copies.merged(algebra, unit)
    count = [algebra.one] * len(m.W)
    parts = []
    for group in m.groups:
        for i in group.members:
            count[i] = group.count
        inner = copies.interaction(algebra, copies.contrast(m.W, group), unit[: len(group.members)])
        form = positive_definite(algebra, weighted(algebra, inner, unit[: len(group.members)]))
        parts.append(either(negation(copies.several(algebra, group)), form))
    common = copies.interaction(algebra, m.W, unit[: len(m.W)])
    return both(positive_definite(algebra, weighted(algebra, common, count)), *parts)


# -- Lyapunov diagonal stability ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Criterion:
    """What a closed form says besides the signs of principal minors: an overlap of intervals, or a secant bound."""

    overlap: Overlap | None = None
    loop: Quotient | None = None
    decay: Quotient | None = None
    secant: tuple[Fraction, Fraction, int] | None = None  # c, e, k of sec(pi/n)^n = c + e sqrt(k)


@dataclass(frozen=True)
class Lds:
    """When a matrix is Lyapunov diagonally stable.

    ``road`` names the closed form, ``sources`` the theorems it rests on: none when the definition itself or a proof of
    this package (``lemmas``) stands behind it. ``weights`` are explicit, where the road has them. Of a ``column`` with
    feedback the criteria are those of one layer, with :data:`~symgame.feedback.ROOT` in its self-weights.
    """

    condition: Condition
    road: str
    sources: tuple[str, ...] = ()
    criteria: tuple[Criterion, ...] = ()
    weights: tuple[Quotient, ...] | None = None
    lemmas: bool = False
    column: feedback.Column | None = None


def lds(algebra: Algebra, matrix: Matrix, name: Name = lambda q: q, root: Root = None) -> Lds:
    """Lyapunov diagonal stability of a matrix by the shortest road that its couplings allow.

    - one or two rates: the definition, with explicit weights for the prover;
    - a matrix that falls into strongly connected blocks: each block on its own (Berman and Hershkowitz);
    - a forest of couplings: the P-property, with weights along its edges; for opposite couplings along every edge, as
      between excitatory and inhibitory rates, the diagonal alone (Berman and Hershkowitz);
    - a cycle: the secant criterion (Arcak and Sontag);
    - exchangeable units: a common and a contrast mode that share their weights (Gatermann and Parrilo);
    - three rates: :mod:`symgame.common_weights`;
    - like layers with feedback: one layer with more self-excitation (:mod:`symgame.feedback`);
    - else the definition with its weights bound, which a proof may use but hardly conclude.

    ``name`` may exchange large polynomials for names; ``root`` takes square roots, which are eliminated without it.
    """
    if algebra.groups:
        return _copies(algebra, matrix, name, root)
    if len(matrix) <= 2:
        return Lds(exists_weights(algebra, matrix), "definition")
    rows = algebra.numbers(matrix)
    if rows is not None:
        return _numbers(algebra, rows)
    blocks = coupling.strong_blocks(matrix)
    if len(blocks) == 1:
        return _connected(algebra, matrix, name, root)
    return _of_blocks([_block(algebra, submatrix(matrix, block, block), name, root) for block in blocks])


def _of_blocks(parts: Sequence[Lds]) -> Lds:
    columns = dict.fromkeys(p.column for p in parts if p.column is not None)
    if len(columns) > 1:
        raise Unsupported("diagonal stability is derived for one column with feedback, not for several of them")
    return Lds(
        both(*(p.condition for p in parts)),
        "blocks",
        _joined(("BermanHershkowitz1983",), *(p.sources for p in parts)),
        tuple(dict.fromkeys(c for p in parts for c in p.criteria)),
        None,
        any(p.lemmas for p in parts),
        next(iter(columns), None),
    )


def _quotient(algebra: Algebra, matrix: Matrix, name: Name, root: Root = None) -> Lds:
    """Diagonal stability of a quotient, which is a matrix without copies."""
    if len(matrix) > 2:
        return lds(replace(algebra, groups=()), matrix, name, root)
    return _block(algebra, matrix, name, root)


def _numbers(algebra: Algebra, rows: list[list[Fraction]]) -> Lds:
    """A matrix of numbers is decided, with a certificate that was verified; on the boundary, a column by its layer."""
    found = diagonal_stability(rows)
    if found.holds is None:
        matrix = [[algebra.ring.quotient(v) for v in row] for row in rows]
        layer = _layered(replace(algebra, groups=()), _as_couplings(algebra, matrix), lambda q: q, None)
        if layer is None:
            raise Unsupported(found.reason)
        return layer
    return Lds(TRUE if found.holds else FALSE, "numbers")


def _joined(*groups: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(key for group in groups for key in group))


def _block(algebra: Algebra, matrix: Matrix, name: Name, root: Root = None) -> Lds:
    """A strongly connected block; for a pair of its own the P-property says it all (proved for every pair)."""
    if len(matrix) <= 2:
        return Lds(p_property(algebra, matrix), "pair")
    return _connected(algebra, matrix, name, root)


def _connected(algebra: Algebra, matrix: Matrix, name: Name, root: Root = None) -> Lds:
    if coupling.is_forest(matrix):
        return _forest(algebra, matrix)
    order = coupling.single_cycle(matrix)
    bound = secant(len(matrix)) if order else None
    if order and bound:
        return _cycle(algebra, matrix, order, bound)
    units = coupling.exchangeable(matrix)
    if units is not None:
        found = _exchange(algebra, matrix, units, name)
        if found is not None:
            return found
    if len(matrix) == 3:
        criterion = of_three(matrix, algebra.ring)
        closed = criterion.condition(algebra.ring, algebra.structural.compare, name)
        if name(criterion.x) != criterion.x:  # a proof by names looks into no polynomial, so one choice is no help
            return Lds(closed, "three", (), (Criterion(criterion),), None, True)
        enough = either(closed, holds_with(algebra, matrix, [algebra.one] * 3))
        return Lds(Exists(LDS_WEIGHTS[:1], closed, enough), "three", (), (Criterion(criterion),), None, True)
    layer = _layered(algebra, _as_couplings(algebra, matrix), name, root)
    if layer is not None:
        return layer
    body = exists_weights(algebra, matrix)
    assert isinstance(body, Exists)
    strengthened = Exists(
        body.names, both(body.body, p_property(algebra, matrix)), holds_with(algebra, matrix, _unit(algebra, matrix))
    )
    return Lds(strengthened, "weights", ("Cross1978",))


def _unit(algebra: Algebra, matrix: Matrix) -> list[Quotient]:
    return [algebra.one] * len(matrix)


def exists_weights(algebra: Algebra, matrix: Matrix) -> Condition:
    """The definition, with the weights bound; one of them may be 1 because P is homogeneous.

    For two rates the explicit weights come along, so that the prover may use them where LDS is to be concluded.
    """
    n = len(matrix)
    if n > MAX_BOUND:
        raise Unsupported(
            f"the weights of diagonal stability are bound for at most {MAX_BOUND} populations that all act on one "
            f"another, not {n}; give the symbols values, and it is decided with a certificate"
        )
    names = LDS_WEIGHTS[: n - 1]
    weights = [*(algebra.ring.of(name) for name in names), algebra.one]
    body = holds_with(algebra, matrix, weights)
    if not names:
        return body
    explicit = None
    if n == 2:
        explicit = either(*(both(case, holds_with(algebra, matrix, p)) for case, p in closed_weights(algebra, matrix)))
    return Exists(names, body, explicit)


def closed_weights(algebra: Algebra, matrix: Matrix) -> list[tuple[Condition, list[Quotient]]]:
    """Weights for one or two rates, by cases: when a case holds and A is a P-matrix, they prove LDS.

    With ``A = [[a, b], [c, d]]`` and ``r = p_1/p_2`` the condition is ``(b r + c)^2 < 4 a d r``. If ``b c < 0`` the
    left side vanishes at ``r = -c/b``; otherwise its minimum over r > 0 relative to r is at ``r = |c/b|``, and if b or
    c is 0 any r that is large, or small, enough will do.
    """
    one = algebra.one
    n = len(matrix)
    compare = algebra.structural.compare
    if n == 1:
        return [(both(), [one])]
    if n != 2:
        raise Unsupported(f"closed weights are derived for one or two populations, not {n}")
    (a, b), (c, d) = matrix
    two = algebra.ring.quotient(2)
    cases = [
        (compare(b * c, "<"), [c, -b]),
        (compare(b * c, "<"), [-c, b]),
        (compare(b * c, ">"), [c, b]),
        (compare(b * c, ">"), [-c, -b]),
        (both(compare(b, "="), compare(c, "!=")), [c * c, two * a * d]),
        (both(compare(c, "="), compare(b, "!=")), [two * a * d, b * b]),
        (both(compare(b, "="), compare(c, "=")), [one, one]),
    ]
    split = []
    for case, weights in cases:
        first = both(case, compare(weights[0], ">"), compare(weights[1], ">"))
        if first != either():
            split.append((first, weights))
    return split


def _forest(algebra: Algebra, matrix: Matrix) -> Lds:
    """Weights with ``p_i |a_ij| = p_j |a_ji|`` along the edges; every edge is a coupling both ways.

    Where ``a_ij a_ji < 0`` they cancel in ``P A + A' P``, and the rest splits into the trees of the other edges. Those
    are induced subgraphs, so that the principal minors of A are those of ``P A + A' P`` up to positive factors.
    """
    n = len(matrix)
    known = algebra.domain.known
    opposite, weights = [], [algebra.one] * n
    order, edges = [0], {frozenset(e) for e in coupling.pairs(matrix)}
    signed = True
    for i in order:
        for j in range(n):
            if frozenset((i, j)) in edges and j not in order:
                order.append(j)
                a, b = matrix[i][j], matrix[j][i]
                sizes = [x if known(x, ">") else -x if known(x, "<") else None for x in (a, b)]
                if known(a * b, "<="):
                    opposite.append(frozenset((i, j)))
                if sizes[0] is None or sizes[1] is None:
                    signed = False
                    continue
                weights[j] = weights[i] * sizes[0] / sizes[1]
    others = [
        [
            matrix[i][j]
            if i == j or (frozenset((i, j)) in edges and frozenset((i, j)) not in opposite)
            else algebra.zero
            for j in range(n)
        ]
        for i in range(n)
    ]
    condition = p_property(algebra, others)
    proved = signed and len(opposite) == n - 1
    return Lds(
        condition,
        "forest",
        () if proved else ("BermanHershkowitz1983",),
        (),
        tuple(weights) if signed else None,
    )


@cache
def secant(n: int) -> tuple[Fraction, Fraction, int] | None:
    """``sec(pi/n)^n = c + e sqrt(k)`` with rational c and e, k square-free; ``None`` when it is no such number.

    >>> secant(3), secant(4), secant(7)
    ((Fraction(8, 1), Fraction(0, 1), 1), (Fraction(4, 1), Fraction(0, 1), 1), None)
    """
    if n not in (3, 4, 5, 6, 8, 10, 12):  # cos(pi/n)^n is of degree 2 at most for these alone
        return None
    value = sympy.expand(sympy.radsimp(1 / sympy.expand(sympy.cos(sympy.pi / n) ** n)))
    rational, rest = value.as_independent(sympy.Pow, as_Add=True)
    if rest == 0:
        return Fraction(int(rational.p), int(rational.q)), Fraction(0), 1
    factor, root = rest.as_coeff_Mul()
    return Fraction(int(rational.p), int(rational.q)), Fraction(int(factor.p), int(factor.q)), int(root**2)


def _cycle(algebra: Algebra, matrix: Matrix, order: tuple[int, ...], bound: tuple[Fraction, Fraction, int]) -> Lds:
    """``-sec(pi/n)^n D < L < D`` with D the product of the decays and L the gain around the loop.

    For L < 0 this is the secant criterion; for L >= 0 it is ``det A > 0``, that is ``L < D``.
    """
    compare = algebra.structural.compare
    loop, decay = algebra.one, algebra.one
    for source, target in zip(order, (*order[1:], order[0]), strict=True):
        loop = loop * -matrix[target][source]
        decay = decay * matrix[source][source]
    c, e, k = (algebra.ring.quotient(v) for v in bound)
    excess = -loop - c * decay  # has to be below e sqrt(k) D
    square = e * e * k * decay * decay
    if bound[1] == 0:
        below = compare(excess, "<")
    elif bound[1] > 0:
        below = either(compare(excess, "<"), compare(excess * excess - square, "<"))
    else:
        below = both(compare(excess, "<"), compare(excess * excess - square, ">"))
    positive = both(*(compare(matrix[i][i], ">") for i in range(len(matrix))))
    criterion = Criterion(None, loop, decay, bound)
    return Lds(both(positive, compare(decay - loop, ">"), below), "cycle", ("ArcakSontag2006",), (criterion,))


def _exchange(algebra: Algebra, matrix: Matrix, units: coupling.Units, name: Name) -> Lds | None:
    """Weights may be averaged over the exchanges, so equal rates have equal weights, and ``P A + A' P`` splits.

    On differences of units it is that of ``B - C``, with B the coupling inside a unit and C that between two units; on
    equal units, with the other rates, that of the quotient. Closed when they share at most one ratio of weights.
    """
    first, second = units.members[:2]
    m, size = algebra.ring.quotient(len(units.members)), len(first)
    rest = units.others
    between = m - algebra.one
    B = submatrix(matrix, first, first)
    C = submatrix(matrix, first, second)
    contrast = [[B[i][j] - C[i][j] for j in range(size)] for i in range(size)]
    common = [
        [B[i][j] + between * C[i][j] for j in range(size)] + [matrix[first[i]][f] for f in rest] for i in range(size)
    ]
    common += [[m * matrix[f][j] for j in first] + [matrix[f][g] for g in rest] for f in rest]
    return _common_and_contrast(algebra, contrast, common, name)


def _copies(algebra: Algebra, matrix: Matrix, name: Name, root: Root) -> Lds:
    """The same for a circuit with copies, whatever their number; ``matrix`` is ``I - F W`` with gains, or ``I - W``."""
    gains = algebra.gains if matrix != algebra.game_matrix() else (algebra.one,) * algebra.n
    try:
        units = copies.blocks(algebra, copies.merged(algebra, gains))
        parts = [_of_units(algebra, part, name, root) for part in units]
    except Unsupported:
        explicit = copies.written(algebra)
        if explicit is None or algebra.numbers(matrix) is None:
            raise
        plain = matrix == algebra.game_matrix()
        return lds(explicit, explicit.game_matrix() if plain else explicit.interaction(), name)
    return parts[0] if len(parts) == 1 else _of_blocks(parts)


def _of_units(algebra: Algebra, m: copies.Merged, name: Name, root: Root) -> Lds:
    if not m.groups:
        return _quotient(algebra, copies.interaction(algebra, m.W, m.slopes), name, root)
    if len(m.groups) != 1:
        raise Unsupported("diagonal stability of copies is derived for one kind of unit")
    many = copies.several(algebra, m.groups[0])
    if many != TRUE:  # one unit is a circuit without copies: its rows are those of the common mode
        alone = _quotient(algebra, copies.interaction(algebra, m.W, m.slopes), name, root)
        some = _several_units(algebra, m, name, root)
        condition = either(both(negation(many), alone.condition), both(many, some.condition))
        return Lds(condition, "exchange", _joined(some.sources, alone.sources), (), None, some.lemmas or alone.lemmas)
    return _several_units(algebra, m, name, root)


def _several_units(algebra: Algebra, m: copies.Merged, name: Name, root: Root) -> Lds:
    members = m.groups[0].members
    rest = [i for i in range(len(m.W)) if i not in members]
    order = [*members, *rest]
    common = submatrix(copies.interaction(algebra, m.W, m.slopes), order, order)
    inner = copies.interaction(algebra, copies.contrast(m.W, m.groups[0]), [m.slopes[i] for i in members])
    found = _common_and_contrast(algebra, inner, common, name) or _layered(algebra, m, name, root)
    if found is None:
        raise Unsupported(
            f"diagonal stability of copies has a closed form for units of one population, or of two that share nothing "
            f"else, not of {len(members)} with {len(rest)} others"
        )
    return found


def _common_and_contrast(algebra: Algebra, contrast: Matrix, common: Matrix, name: Name) -> Lds | None:
    size = len(contrast)
    if size == 1:
        quotient = _quotient(algebra, common, name)
        condition = both(algebra.structural.compare(contrast[0][0], ">"), quotient.condition)
        return Lds(
            condition,
            "exchange",
            _joined(("GatermannParrilo2004",), quotient.sources),
            quotient.criteria,
            None,
            quotient.lemmas,
        )
    if size == len(common) == 2:
        criterion = overlap(contrast, common, algebra.ring)
        closed = criterion.condition(algebra.ring, algebra.structural.compare, name)
        return Lds(closed, "exchange", ("GatermannParrilo2004",), (Criterion(criterion),), None, True)
    return None


# -- columns with feedback ---------------------------------------------------------------------------------------------


def _as_couplings(algebra: Algebra, matrix: Matrix) -> copies.Merged:
    """A matrix A as ``I - W``."""
    n = range(len(matrix))
    one, zero = algebra.one, algebra.zero
    return feedback.of_couplings(algebra, [[(one if i == j else zero) - matrix[i][j] for j in n] for i in n])


def _layered(algebra: Algebra, m: copies.Merged, name: Name, root: Root) -> Lds | None:
    """Like layers with feedback: one layer, its self-weights raised; see :mod:`symgame.feedback`."""
    column = feedback.column(algebra, m)
    if column is None:
        return None
    sources = ("BarkerBermanPlemmons1978",)
    if column.cancels:
        inner = _of_units(algebra, column.layer, name, root)
        return replace(inner, sources=_joined(sources, inner.sources), column=column)
    exact = feedback.exact_root(algebra, column)
    value = exact or feedback.root(algebra, column, root) or algebra.ring.of(feedback.ROOT)
    inner = _of_units(algebra, column.raised(value), name, root)
    condition = inner.condition
    if exact is None and root is None:
        condition = feedback.at_greatest(algebra, condition, column)
    return replace(inner, condition=condition, sources=_joined(sources, inner.sources), column=column)
