"""P-matrices and Lyapunov diagonal stability of ``A = I - W`` (``I - F W`` with gains F), closed for one or two rates.

``A`` is LDS when some diagonal ``P > 0`` makes ``P A + A' P`` positive definite. Rosen's diagonal strict monotonicity
of the pseudo-gradient ``F(x) = A x - u`` is the same statement: ``(x - y)' P (F(x) - F(y)) = (x - y)' P A (x - y)``.
Source: J. B. Rosen, Econometrica 33 (1965) 520; G. W. Cross, Linear Algebra Appl. 20 (1978) 253.
"""

from __future__ import annotations

from collections.abc import Sequence

from symgame.algebra import Algebra
from symgame.condition import Condition, Exists, both, either
from symgame.errors import Unsupported
from symgame.ring import LDS_WEIGHTS, MAX_BOUND, Matrix, Quotient, determinant, principal_minors


def p_matrix(algebra: Algebra) -> Condition:
    """All principal minors are positive."""
    minors = principal_minors(algebra.interaction(), algebra.ring)
    return both(*(algebra.structural.compare(m, ">") for m in minors.values()))


def positive_definite(algebra: Algebra, symmetric: Matrix) -> Condition:
    """Sylvester: all leading minors are positive."""
    n = len(symmetric)
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


def exists_weights(algebra: Algebra, matrix: Matrix) -> Condition:
    """The definition, with the weights bound; one of them may be 1 because P is homogeneous.

    For two rates the explicit weights come along, so that the prover may use them where LDS is to be concluded.
    """
    n = len(matrix)
    if n > MAX_BOUND:
        raise Unsupported(f"diagonal stability is decided for at most {MAX_BOUND} populations, not {n}")
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


def monotone(algebra: Algebra) -> Condition:
    """Strong monotonicity of the pseudo-gradient: ``A + A'`` is positive definite, with ``A = I - W``."""
    matrix = algebra.game_matrix()
    return positive_definite(algebra, weighted(algebra, matrix, [algebra.one] * algebra.n))
