"""Stability of a branch: the Jacobian, its characteristic polynomial, Routh and Hurwitz for any degree.

Source: Liénard and Chipart, J. Math. Pures Appl. 10 (1914) 291; F. R. Gantmacher, The Theory of Matrices, ch. XV.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations

from symgame import copies, feedback, principal
from symgame.algebra import Algebra
from symgame.branches import Branch
from symgame.condition import FALSE, TRUE, Condition, both, either, negation
from symgame.coupling import strong_blocks
from symgame.errors import Unsupported
from symgame.matrices.d_stability import d_stability
from symgame.matrices.hurwitz import Answer
from symgame.matrices.hurwitz import hurwitz as matrix_hurwitz
from symgame.ring import Matrix, Quotient, Ring, characteristic_polynomial, determinant, principal_minors, submatrix

Taus = Sequence[Quotient]
MAX_TOTAL = 5


def jacobian(algebra: Algebra, slopes: Sequence[Quotient], taus: Taus | None = None) -> list[list[Quotient]]:
    """``diag(1/tau) (F W - I)`` with ``F = diag(slopes)``. The voltage form has a similar matrix: the same spectrum."""
    times = algebra.tau if taus is None else taus
    return [[-entry / times[i] for entry in row] for i, row in enumerate(algebra.interaction(tuple(slopes)))]


def block_polynomial(branch: Branch, taus: Taus | None = None) -> list[Quotient]:
    """Characteristic polynomial of the Jacobian on the active block, leading coefficient first.

    The silent and saturated rates add the factors ``s + 1/tau_i``, which are stable and do not couple back.
    """
    full = jacobian(branch.algebra, branch.slopes, taus)
    block = [[full[i][j] for j in branch.increasing] for i in branch.increasing]
    return characteristic_polynomial(block, branch.algebra.ring)


def hurwitz_determinant(coefficients: Sequence[Quotient], k: int, ring: Ring) -> Quotient:
    """The k-th leading minor of the Hurwitz matrix ``H[i][j] = c_{2j - i}`` (1-based)."""
    zero = ring.quotient(0)

    def entry(i: int, j: int) -> Quotient:
        index = 2 * (j + 1) - (i + 1)
        return coefficients[index] if 0 <= index < len(coefficients) else zero

    return determinant([[entry(i, j) for j in range(k)] for i in range(k)], ring)


def routh_hurwitz(coefficients: Sequence[Quotient], ring: Ring) -> list[Quotient]:
    """Numbers all positive if and only if every root of the monic polynomial has negative real part.

    Liénard and Chipart: every second coefficient from the last, and every second Hurwitz determinant.
    """
    n = len(coefficients) - 1
    rows = [coefficients[k] for k in range(n, 0, -2)]
    rows += [hurwitz_determinant(coefficients, k, ring) for k in range(n - 1, 0, -2)]
    return rows


def hurwitz(branch: Branch, taus: Taus | None = None) -> Condition:
    """All eigenvalues of the Jacobian on this piece have negative real part (no existence implied)."""
    a = branch.algebra
    if a.groups:
        return both(*(_hurwitz_mode(a, mode) for mode in copies.modes(a, branch.slopes, taus)))
    if len(branch.increasing) > 3:
        full = jacobian(a, branch.slopes, taus)
        live = submatrix(full, branch.increasing, branch.increasing)
        found = _of_numbers(a, live) or _of_columns(a, live)
        if found is not None:
            return found
    numbers = routh_hurwitz(block_polynomial(branch, taus), a.ring)
    return both(*(a.structural.compare(q, ">") for q in numbers))


def _hurwitz_mode(algebra: Algebra, mode: copies.Mode) -> Condition:
    """A mode of a circuit with copies decays, if it occurs: every strongly coupled block of it does."""
    matrix = mode.jacobian(algebra)
    blocks = [submatrix(matrix, block, block) for block in strong_blocks(matrix)]
    return either(negation(mode.when), both(*(_column(algebra, b) or _block(algebra, b) for b in blocks)))


def _block(algebra: Algebra, matrix: Matrix) -> Condition:
    polynomial = characteristic_polynomial(matrix, algebra.ring)
    return both(*(algebra.structural.compare(q, ">") for q in routh_hurwitz(polynomial, algebra.ring)))


def _column(algebra: Algebra, matrix: Matrix) -> Condition | None:
    """A block that is a column with feedback is Hurwitz iff one layer is, for each of the self-weights that stand for
    the modes across layers: :mod:`symgame.feedback`. ``None`` when it is no column."""
    found = feedback.column(algebra, feedback.of_couplings(algebra, matrix)) if len(matrix) > 2 else None
    if found is None or found.cancels:
        return None
    layer = found.raised(algebra.ring.of(feedback.ROOT)).W
    numbers = routh_hurwitz(characteristic_polynomial(layer, algebra.ring), algebra.ring)
    return both(*(feedback.positive(algebra, q, found) for q in numbers))


def _of_columns(algebra: Algebra, matrix: Matrix) -> Condition | None:
    """Block by block, when one of the blocks is a column with feedback."""
    blocks = [submatrix(matrix, block, block) for block in strong_blocks(matrix)]
    columns = [_column(algebra, block) for block in blocks]
    if all(c is None for c in columns):
        return None
    return both(*(c or _block(algebra, b) for b, c in zip(blocks, columns, strict=True)))


def _of_numbers(algebra: Algebra, matrix: Matrix) -> Condition | None:
    """Whether a matrix of numbers is Hurwitz; ``None`` when it holds symbols."""
    rows = algebra.numbers(matrix)
    return None if rows is None else _decided(matrix_hurwitz([[-v for v in row] for row in rows]))


def _decided(answer: Answer) -> Condition:
    if answer.holds is None:
        raise Unsupported(answer.reason or answer.by)
    return TRUE if answer.holds else FALSE


def stable(branch: Branch, taus: Taus | None = None) -> Condition:
    """Strictly inside its pieces and Hurwitz: exponentially stable by linearisation.

    At frozen gains it is read at an equilibrium inside its pieces: Hurwitz.
    """
    if branch.algebra.frozen:
        return hurwitz(branch, taus)
    return both(branch.strict, hurwitz(branch, taus))


def attracting(branch: Branch, taus: Taus | None = None) -> Condition:
    """Exponentially stable, also where silent or saturated rates sit on a kink that no loop passes through.

    The branch exists, its Jacobian is Hurwitz, and every total input is off its kinks but for a set K of rates on flat
    pieces, each of which is in no loop of couplings with the active rates and with K, nor excites itself to a gain of
    1. Near the equilibrium the rest of the flat rates decays on its own, and what is left is a cascade: the active
    rates, in linear blocks that are Hurwitz, and rates ``tau x' = -x + f(x + inputs)`` with a slope below 1 in their
    own rate, whichever side of the kink they are on. A cascade of exponentially stable systems with Lipschitz couplings
    is exponentially stable. Without kinks the word is ``stable``.
    """
    if branch.algebra.frozen:
        return hurwitz(branch, taus)
    flat = [i for i, piece in enumerate(branch.pieces) if piece.flat]
    rows: list[Condition] = []
    allowed: list[frozenset[int]] = []
    for size in range(len(flat), -1, -1):
        for kinked in map(frozenset, combinations(flat, size)):
            harmless = FALSE if any(kinked < larger for larger in allowed) else _harmless(branch, kinked)
            if harmless == TRUE:
                allowed.append(kinked)
            if harmless != FALSE:
                off = (branch.off_kink(i) for i in range(branch.algebra.n) if i not in kinked)
                rows.append(both(harmless, *off))
    return both(branch.exists, hurwitz(branch, taus), either(*rows))


def _harmless(branch: Branch, kinked: frozenset[int]) -> Condition:
    """No loop of couplings passes through these rates on kinks, by what holds for all values of the symbols.

    Where only couplings between copies close a loop: if there are no copies.
    """
    a = branch.algebra
    live = [*branch.increasing, *sorted(kinked)]
    if _loopless(branch, live, kinked, copied=True):
        return TRUE
    groups = [g for g in a.groups if set(g.members) & set(live)]
    if not groups or not _loopless(branch, live, kinked, copied=False):
        return FALSE
    return both(*(a.structural.compare(g.count - a.one, "=") for g in groups))


def _loopless(branch: Branch, live: Sequence[int], kinked: frozenset[int], copied: bool) -> bool:
    a = branch.algebra
    matrix = [[a.W[i][j] for j in live] for i in live]
    several = [g for g in a.groups if g.count != a.one]
    grouped = {i: (g, k) for g in several for k, i in enumerate(g.members)}
    for p, i in enumerate(live):
        for q, j in enumerate(live):
            if i in grouped and j in grouped and grouped[i][0] == grouped[j][0]:
                group, side = grouped[i][0], grouped[i][0].lateral[grouped[i][1]][grouped[j][1]]
                own = a.W[i][j] - (group.count - a.one) * side
                matrix[p][q] = side if copied and own.is_zero else own  # a coupling of either kind
    alone = {block[0] for block in strong_blocks(matrix) if len(block) == 1}
    for p, i in enumerate(live):
        if i in kinked:
            lateral = copied and i in grouped and not grouped[i][0].lateral[grouped[i][1]][grouped[i][1]].is_zero
            steep = [piece.slope for piece in a.linear_pieces()[i] if not piece.flat]
            if p not in alone or lateral or not all(a.domain.known(a.one - s * a.own[i], ">") for s in steep):
                return False
    return True


def circuit_hurwitz(algebra: Algebra, taus: Taus | None = None) -> Condition:
    """``diag(1/tau) (-I + F W)`` is Hurwitz, with F the gains."""
    if algebra.groups:
        return both(*(_hurwitz_mode(algebra, mode) for mode in copies.modes(algebra, algebra.gains, taus)))
    if algebra.n > 3:
        matrix = jacobian(algebra, algebra.gains, taus)
        found = _of_numbers(algebra, matrix) or _of_columns(algebra, matrix)
        if found is not None:
            return found
    polynomial = characteristic_polynomial(jacobian(algebra, algebra.gains, taus), algebra.ring)
    return both(*(algebra.structural.compare(q, ">") for q in routh_hurwitz(polynomial, algebra.ring)))


def totally_hurwitz(algebra: Algebra, taus: Taus | None = None) -> Condition:
    """Every principal submatrix of ``diag(1/tau) (-I + F W)`` is Hurwitz: whichever rates are held silent."""
    n, ring = algebra.n, algebra.ring
    if algebra.groups:
        explicit = copies.written(algebra)
        if taus is not None or explicit is None or algebra.numbers([*algebra.W, algebra.tau]) is None:
            raise Unsupported("total stability is not derived for copies of units; give all symbols values")
        return totally_hurwitz(explicit)
    rows = algebra.numbers(jacobian(algebra, algebra.gains, taus)) if n > 3 else None
    if rows is not None:
        return _decided(principal.totally_hurwitz([[-v for v in row] for row in rows]))
    if n > MAX_TOTAL:
        raise Unsupported(f"all principal submatrices are written out for at most {MAX_TOTAL} populations, not {n}")
    full = jacobian(algebra, algebra.gains, taus)
    parts = []
    for size in range(1, n + 1):
        for chosen in combinations(range(n), size):
            polynomial = characteristic_polynomial(submatrix(full, chosen, chosen), ring)
            parts += [algebra.structural.compare(q, ">") for q in routh_hurwitz(polynomial, ring)]
    return both(*parts)


def d_stable(algebra: Algebra, name: Callable[[Quotient], Quotient], root: Callable[[Quotient], Quotient]) -> Condition:
    """``diag(1/tau) (-I + F W)`` is Hurwitz for every choice of positive time constants; up to three populations.

    With A = I - F W, ``a_i`` its diagonal and ``A_ij`` its principal minors of order two, the characteristic polynomial
    of ``T A`` has the coefficients ``E_1 = sum t_i a_i``, ``E_2 = sum t_i t_j A_ij``, ``E_3 = t_1 t_2 t_3 det A``.
    They are positive for all t iff no minor is negative and one of each order is positive; then ``E_1 E_2 > E_3`` for
    all t iff ::

        sqrt(det A) < sqrt(a_1 A_23) + sqrt(a_2 A_13) + sqrt(a_3 A_12)

    because ``(E_1 E_2 - E_3)/(t_1 t_2 t_3)`` is a constant plus three sums ``p s + q/s``, each at least
    ``2 sqrt(p q)``, and one t attains all three minima. With equality it is still positive when a minimum is not
    attained: p or q is 0, not both. ``name`` may exchange a polynomial for a name of it, ``root`` takes a square root.
    Source: B. E. Cain, J. Res. Nat. Bur. Standards B 80 (1976) 75.
    """
    n, ring, compare = algebra.n, algebra.ring, algebra.structural.compare
    if algebra.groups:
        explicit = copies.written(algebra)
        if explicit is None or algebra.numbers(algebra.interaction()) is None:
            raise Unsupported("D-stability has no closed form for copies of units; lds implies it")
        return d_stable(explicit, name, root)
    matrix = algebra.interaction()
    rows = algebra.numbers(matrix)
    if rows is not None:
        return _decided(d_stability(rows))
    if n > 3:
        raise Unsupported(f"D-stability has a closed form for at most three populations, not {n}; lds implies it")
    minors = principal_minors(matrix, ring)
    orders = [[m for chosen, m in minors.items() if len(chosen) == k + 1] for k in range(n)]
    parts = [compare(m, ">=") for m in minors.values()]
    parts += [either(*(compare(m, ">") for m in row)) for row in orders]
    if n == 3:
        a = [minors[(i,)] for i in range(3)]
        pair = {i: minors[tuple(j for j in range(3) if j != i)] for i in range(3)}
        whole = name(minors[(0, 1, 2)])
        total = root(name(a[0] * pair[0])) + root(name(a[1] * pair[1])) + root(name(a[2] * pair[2]))
        gap = total * total - whole
        summands = [(a[i] * pair[k], a[k] * pair[i]) for i, k in combinations(range(3), 2)]
        lonely = [
            either(both(compare(p, ">"), compare(q, "=")), both(compare(p, "="), compare(q, ">"))) for p, q in summands
        ]
        parts.append(either(compare(gap, ">"), both(compare(gap, "="), either(*lonely))))
    return both(*parts)


def trace(branch: Branch, taus: Taus | None = None) -> Quotient:
    """Trace of the whole Jacobian on the branch."""
    full = jacobian(branch.algebra, branch.slopes, taus)
    total = branch.algebra.zero
    for i in range(branch.algebra.n):
        total = total + full[i][i]
    return total


def discriminant(branch: Branch, taus: Taus | None = None) -> Quotient:
    """Discriminant of the characteristic polynomial of the whole Jacobian; negative for n = 2: a focus."""
    ring = branch.algebra.ring
    return polynomial_discriminant(characteristic_polynomial(jacobian(branch.algebra, branch.slopes, taus), ring), ring)


def polynomial_discriminant(coefficients: Sequence[Quotient], ring: Ring) -> Quotient:
    """``prod_{i<j} (r_i - r_j)^2`` over the roots of a monic polynomial: (-1)^{n(n-1)/2} Res(p, p')."""
    n = len(coefficients) - 1
    if n < 2:
        return ring.quotient(1)
    zero = ring.quotient(0)
    slope = [c * ring.quotient(n - k) for k, c in enumerate(coefficients[:-1])]
    size = 2 * n - 1
    rows = [[zero] * k + list(coefficients) + [zero] * (size - n - 1 - k) for k in range(n - 1)]
    rows += [[zero] * k + slope + [zero] * (size - n - k) for k in range(n)]
    resultant = determinant(rows, ring)
    return -resultant if (n * (n - 1) // 2) % 2 else resultant
