"""When two 2 by 2 matrices have common weights: one ratio ``r > 0`` that proves both of them diagonally stable.

``diag(r, 1)`` works for M when ``m_11, m_22 > 0`` and ``(m_12 r + m_21)^2 < 4 m_11 m_22 r``: an interval of r, not
empty iff also ``det M > 0``. Two such intervals meet iff ::

    |m_12 n_21 + m_21 n_12|  <  2 (sqrt(m_11 m_22 n_11 n_22) + sqrt(det M det N))

Three rates lead here: ``A`` is Lyapunov diagonally stable iff ``A[12]`` and ``N = a_33 A[12] - A[12,3] A[3,12]`` have
common weights (R. Redheffer, SIAM J. Alg. Disc. Meth. 6 (1985) 612; R. Shorten and K. S. Narendra, Linear Algebra Appl.
431 (2009) 2317). Both steps are proved here, by identities between polynomials and short lemmas: see
:func:`evidence`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache

from symgame.condition import Condition, both, either, negation, sign
from symgame.domain import Domain
from symgame.proof.smtlib import script
from symgame.proof.solver import ENGINE, ask
from symgame.proof.verdict import Proved, Undecided
from symgame.ring import Matrix, Quotient, Ring, determinant

Compare = Callable[[Quotient, str], Condition]


@dataclass(frozen=True)
class Overlap:
    """The three numbers of the criterion ``|t| < 2 (sqrt(x) + sqrt(y))`` and what they need: signs of ``minors``."""

    t: Quotient
    x: Quotient
    y: Quotient
    minors: tuple[Quotient, ...]

    def condition(self, ring: Ring, compare: Compare, name: Callable[[Quotient], Quotient] = lambda q: q) -> Condition:
        """The criterion without roots: the minors are positive, and ``t^2 < 4 (x + y) + 8 sqrt(x y)``.

        ``name`` may exchange t, x and y for names of them, so that a proof need not look inside.
        """
        t, x, y = name(self.t), name(self.x), name(self.y)
        gap = t * t - ring.quotient(4) * (x + y)
        meet = either(compare(gap, "<"), compare(gap * gap - ring.quotient(64) * x * y, "<"))
        return both(*(compare(m, ">") for m in self.minors), meet)


def overlap(M: Matrix, N: Matrix, ring: Ring) -> Overlap:
    """The criterion for common weights of M and N.

    >>> ring = Ring(("a", "b"))
    >>> a, b, one = ring.of("a"), ring.of("b"), ring.quotient(1)
    >>> found = overlap([[one, a], [-b, one]], [[one, b], [-a, one]], ring)
    >>> str(found.t), str(found.x), str(found.y)
    ('-a^2 - b^2', '1', '1 + 2*a*b + a^2*b^2')
    """
    (m11, m12), (m21, m22) = M
    (n11, n12), (n21, n22) = N
    dets = determinant(M, ring), determinant(N, ring)
    return Overlap(m12 * n21 + m21 * n12, m11 * m22 * n11 * n22, dets[0] * dets[1], (m11, m22, n11, n22, *dets))


def of_three(A: Matrix, ring: Ring) -> Overlap:
    """The criterion for a 3 by 3 matrix: ``A[12]`` against ``a_33 A[12] - A[12,3] A[3,12]``, whose entries are minors.

    The common factor a_33^2 is left out of y: ``det N = a_33 det A``.
    """
    reduced = overlap(*reduction(A), ring)
    first = determinant([list(row[:2]) for row in A[:2]], ring)
    whole = determinant(A, ring)
    m11, m22, n11, n22, _, _ = reduced.minors
    return Overlap(reduced.t, reduced.x, A[2][2] * first * whole, (m11, m22, A[2][2], first, n11, n22, whole))


def reduction(A: Matrix) -> tuple[list[list[Quotient]], list[list[Quotient]]]:
    """``M = A[12]`` and ``N = a_33 A[12] - A[12,3] A[3,12]``."""
    M = [list(row[:2]) for row in A[:2]]
    N = [[A[2][2] * A[i][j] - A[i][2] * A[2][j] for j in range(2)] for i in range(2)]
    return M, N


# -- why ---------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Lemma:
    """Hypotheses in plain unknowns, and what the solver proves of them."""

    name: str
    given: Condition
    conclusion: Condition


@cache
def evidence() -> Proved | Undecided:
    """The proof that the criterion is what it is said to be, with its certificate; one for all circuits."""
    if not all(identities().values()):
        return Undecided("an identity between polynomials failed")  # pragma: no cover - exact algebra
    scripts = []
    for lemma in lemmas():
        rows = [(lemma.name, lemma.given), ("the negation of the conclusion", negation(lemma.conclusion))]
        if ask(rows, 2_000_000).status != "unsat":
            return Undecided(f"the lemma '{lemma.name}' was not proved", (ENGINE,))
        scripts.append(script(rows, lemma.name))
    return Proved(("exact algebra", ENGINE), certificate="(reset)\n".join(scripts))


def identities() -> dict[str, bool]:
    """The polynomial identities of the proof, in the nine entries of A and three weights, each verified exactly.

    With ``S = P'A[12] + A[12]'P'`` and ``S' = P'N + N'P'`` the determinant of ``PA + A'P`` is
    ``beta p_3 - alpha p_3^2 - gamma``.
    """
    names = tuple(f"a{i}{j}" for i in (1, 2, 3) for j in (1, 2, 3))
    ring = Ring((*names, "p1", "p2", "p3"))
    A = [[ring.of(f"a{i}{j}") for j in (1, 2, 3)] for i in (1, 2, 3)]
    p = [ring.of("p1"), ring.of("p2"), ring.of("p3")]
    two, four = ring.quotient(2), ring.quotient(4)

    def symmetric(B: Matrix) -> list[list[Quotient]]:
        n = len(B)
        return [[p[i] * B[i][j] + p[j] * B[j][i] for j in range(n)] for i in range(n)]

    M, N = reduction(A)
    S, T = symmetric(M), symmetric(N)
    D = determinant(S, ring)
    b, c = (A[2][0], A[2][1]), (p[0] * A[0][2], p[1] * A[1][2])

    def adjoint(v: tuple[Quotient, Quotient], w: tuple[Quotient, Quotient]) -> Quotient:
        return v[0] * (S[1][1] * w[0] - S[0][1] * w[1]) + v[1] * (S[0][0] * w[1] - S[1][0] * w[0])

    alpha, gamma, mixed = adjoint(b, b), adjoint(c, c), adjoint(c, b)
    beta = two * (A[2][2] * D - mixed)
    whole = determinant(symmetric(A), ring)
    trace = S[1][1] * T[0][0] + S[0][0] * T[1][1] - two * S[0][1] * T[0][1]
    pair = overlap(M, N, ring)
    corner, last = (M[0][1] * M[0][1], M[1][0] * M[1][0]), (N[0][1] * N[0][1], N[1][0] * N[1][0])
    middle = [two * B[0][0] * B[1][1] - B[0][1] * B[1][0] for B in (M, N)]
    spread = [m * m - e[0] * e[1] for m, e in zip(middle, (corner, last), strict=True)]
    theta = two * middle[0] * middle[1] - corner[0] * last[1] - last[0] * corner[1]
    return {
        "det(PA + A'P) = beta p_3 - alpha p_3^2 - gamma": whole == beta * p[2] - alpha * p[2] * p[2] - gamma,
        "beta^2 - 4 alpha gamma = 4 det S det S'": beta * beta - four * alpha * gamma
        == four * D * determinant(T, ring),
        "beta = tr(adj(S) S')": beta == trace,
        "det N = a_33 det A": determinant(N, ring) == A[2][2] * determinant(A, ring),
        "theta = 4 x + 4 y - t^2": theta == four * (pair.x + pair.y) - pair.t * pair.t,
        "the discriminants multiply to 16 x y": spread[0] * spread[1] == four * four * pair.x * pair.y,
        "each discriminant is 4 m_11 m_22 det M": all(
            s == four * B[0][0] * B[1][1] * determinant(B, ring) for s, B in zip(spread, (M, N), strict=True)
        ),
    }


def lemmas() -> Iterator[Lemma]:
    """The steps between the identities, in plain unknowns.

    An interval is ``a r^2 - 2 b r + c < 0`` with ``a = m_12^2``, ``b = 2 m_11 m_22 - m_12 m_21``, ``c = m_21^2`` and
    ``d^2 = b^2 - a c > 0``; it begins at ``(b - d)/a = c/(b + d)`` and ends at ``(b + d)/a``, or never when a = 0.
    """
    names = "a1 b1 c1 d1 a2 b2 c2 d2 r alpha beta gamma p s11 s12 s22 u v w"
    ring = Ring(tuple(names.split()))
    (a1, b1, c1, d1, a2, b2, c2, d2, r, alpha, beta, gamma, p, s11, s12, s22, u, v, w) = map(ring.of, names.split())
    two, four = ring.quotient(2), ring.quotient(4)
    plain = Domain(ring, (), {}).compare

    def positive(*rows: Quotient) -> Condition:
        return both(*(sign(q, ">") for q in rows))

    def least(*rows: Quotient) -> Condition:
        return both(*(sign(q, ">=") for q in rows))

    first, second = b1 * b1 - a1 * c1, b2 * b2 - a2 * c2
    theta = two * b1 * b2 - a1 * c2 - a2 * c1
    meet = either(plain(theta, ">"), plain(theta * theta - four * first * second, "<"))
    shape = both(least(a1, c1, a2, c2), positive(b1, b2, first, second))
    inside = [positive(two * b * r - a * r * r - c) for a, b, c in ((a1, b1, c1), (a2, b2, c2))]
    yield Lemma("one ratio in both intervals", both(shape, positive(r), *inside), meet)
    roots = both(positive(d1, d2), sign(d1 * d1 - first, "="), sign(d2 * d2 - second, "="))
    apart = negation(either(plain(theta + two * d1 * d2, ">")))
    behind = sign((b1 - d1) * a2 - (b2 + d2) * a1, ">=")
    yield Lemma("the second interval ends before the first begins", both(shape, roots, positive(a1, a2), behind), apart)
    flat = both(sign(a1, "="), sign(c1 * a2 - two * b1 * (b2 + d2), ">="))
    yield Lemma("the same when the first never ends", both(shape, roots, positive(a2), flat), apart)
    yield Lemma("then the criterion fails", both(shape, roots, apart), negation(meet))
    weighted = positive(four * u * r - (v * r + w) * (v * r + w), r)
    yield Lemma("a ratio inside shows det M > 0", weighted, positive(u - v * w))
    value = beta * p - alpha * p * p - gamma
    larger = both(positive(beta), sign(beta * beta - four * alpha * gamma, ">"))
    yield Lemma("a weight p_3 shows beta^2 > 4 alpha gamma", both(positive(p, value), least(alpha, gamma)), larger)
    vertex = both(least(gamma), positive(alpha), larger, sign(two * alpha * p - beta, "="))
    yield Lemma("and the other way: p_3 = beta/(2 alpha)", vertex, positive(p, value))
    steep = both(least(gamma), sign(alpha, "="), larger, sign(beta * p - gamma - ring.quotient(1), "="))
    yield Lemma("or p_3 = (gamma + 1)/beta when alpha = 0", steep, positive(p, value))
    definite = both(positive(s11, s11 * s22 - s12 * s12, u * w - v * v))
    trace = s22 * u + s11 * w - two * s12 * v
    yield Lemma("beta > 0 says that S' is positive definite", both(definite, positive(trace)), positive(u, w))
    yield Lemma("and the other way", both(definite, positive(u)), positive(trace))
    quadratic = both(positive(s11, s11 * s22 - s12 * s12))
    yield Lemma(
        "alpha and gamma are not negative",
        quadratic,
        least(s22 * u * u - two * s12 * u * v + s11 * v * v),
    )
