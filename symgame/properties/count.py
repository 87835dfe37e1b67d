"""How many equilibria: exactly one for every input, several, or none, with the evidence for each.

For separable piecewise-linear phi the map ``z -> z - W phi(z)`` is linear on boxes, with determinants ``det(I - W F)``,
F running over the slopes. If all of them have one sign it is a homeomorphism: the determinant is affine in each slope,
so it keeps its sign on the whole box of slopes, and ``z - z' - W (phi(z) - phi(z'))`` is such a matrix times
``z - z'``. If two signs occur it is none. Sources: H. Samelson, R. M. Thrall, O. Wesler, Proc. AMS 9 (1958) 805 (for
LCP); T. Fujisawa and E. S. Kuh, SIAM J. Appl. Math. 22 (1972) 307.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations, product

from symgame import feedback
from symgame.algebra import Algebra
from symgame.branches import Branch
from symgame.condition import FALSE, TRUE, Condition, Exists, both, either, negation, sign
from symgame.errors import Unsupported
from symgame.frozen_gains import original, straightens
from symgame.principal import p_matrix
from symgame.ring import LDS_WEIGHTS, MAX_BOUND, Matrix, Quotient, adjugate, determinant, principal_minors, submatrix

SOURCE = "FujisawaKuh1972"
SMOOTH = "GaleNikaido1965"
MAX_VERTICES = 2**10


def unique(algebra: Algebra) -> Condition:
    """Exactly one equilibrium for every input: all ``det(I - F W)`` over the slopes of the pieces have one sign.

    Of copies of units the inputs are not the same: every unit may have its own.
    """
    if algebra.frozen:
        return _unique_smooth(algebra)
    if algebra.groups:
        if not rectified(algebra):
            raise Unsupported("uniqueness is derived for copies of units with rectified rates of gain 1 only")
        return feedback.p_property(algebra, algebra.gains)
    choices = [tuple(dict.fromkeys(p.slope for p in row)) for row in algebra.linear_pieces()]
    if algebra.n > 3 and all(len(row) == 2 and algebra.zero in row for row in choices):
        rows = algebra.numbers(algebra.interaction())
        if rows is not None:  # the determinants are the principal minors then, that of no row being 1
            found = p_matrix(rows)
            if found.holds is None:
                raise Unsupported(found.reason)
            return TRUE if found.holds else FALSE
    count = 1
    for slopes in choices:
        count *= len(slopes)
    if count > MAX_VERTICES:
        raise Unsupported(f"{count} choices of slopes are more than {MAX_VERTICES}")
    numbers = [determinant(algebra.interaction(slopes), algebra.ring) for slopes in product(*choices)]
    numbers = list(dict.fromkeys(numbers))
    return either(*(both(*(algebra.structural.compare(d, rel) for d in numbers)) for rel in (">", "<")))


def _unique_smooth(algebra: Algebra) -> Condition:
    """For bounded sigmoid phi: no principal minor of ``I - L W`` is negative, L the greatest slopes.

    ``det(I - S W)`` is affine in each gain, so it is then >= 0 on the box ``[0, L]``, and > 0 inside: 0 there would be
    a minimum inside, hence the value everywhere, but it is 1 at S = 0. Two equilibria for one input would be such a
    matrix, of mean slopes, times their difference; some equilibrium exists by Brouwer. A negative minor makes the
    determinant negative at some gains, and it is positive at small ones: the map from rates to inputs reverses
    orientation, so it is not injective.

    The same holds where some phi are softplus, but for existence: ``H(z) = z - W phi(z)`` is injective and continuous,
    hence open (L. E. J. Brouwer, Math. Ann. 71 (1911) 305), and onto exactly when no bounded set has an unbounded
    preimage. It differs from the homogeneous ``z - W L [z]_+``, [z]_+ without the bounded rates, by a bounded function,
    so that this is asked of the directions ``z != 0`` that the latter maps to 0: :func:`_no_escape`.
    """
    bounds, unbounded = [], []
    for i, p in enumerate(algebra.circuit.populations):
        bound = None if p.activation.germ_of is None else algebra.greatest(i)
        if bound is None or not (bound[1] or straightens(original(p.activation))):
            raise Unsupported(
                f"uniqueness is derived for circuits in which every activation is smooth with bounded slopes, or every "
                f"one piecewise linear; that of {p.name} is {p.activation.kind}"
            )
        bounds.append(bound[0])
        if not bound[1]:
            unbounded.append(i)
    if algebra.n > 10:
        raise Unsupported(f"2^{algebra.n} principal minors are more than {MAX_VERTICES}")
    matrix = algebra.interaction(tuple(bounds))
    minors = principal_minors(matrix, algebra.ring)
    injective = both(*(algebra.structural.compare(m, ">=") for m in minors.values()))
    if injective == FALSE:
        return FALSE
    return both(injective, _no_escape(algebra, submatrix(matrix, unbounded, unbounded)))


def _no_escape(algebra: Algebra, matrix: Matrix) -> Condition:
    """No rates ``x >= 0``, not all 0, with ``A x >= 0`` and ``x_i (A x)_i = 0``: directions ``z = x - A x`` in which
    total inputs could go to infinity while the inputs stay bounded. A has no negative principal minor, and is that of
    the unbounded rates. A P-matrix has no such x. Written out for one rate and for two; else the x are bound, with
    sum 1.
    """
    compare = algebra.structural.compare
    match matrix:
        case []:
            return TRUE
        case [[a]]:
            return compare(a, "!=")
        case [[a, b], [c, d]]:
            alone = [both(compare(a, "="), compare(c, ">=")), both(compare(d, "="), compare(b, ">="))]
            opposite = [either(compare(p * q, "<"), both(*(compare(v, "=") for v in (p, q)))) for p, q in matrix]
            return negation(either(*alone, both(compare(a * d - b * c, "="), *opposite)))
    rows, n = algebra.numbers(matrix), len(matrix)
    if rows is not None and p_matrix(rows).holds:
        return TRUE
    if n > MAX_BOUND:
        raise Unsupported(
            f"whether some equilibrium exists for every input is derived for at most {MAX_BOUND} populations with "
            f"softplus, not {n}"
        )
    names = LDS_WEIGHTS[: n - 1]
    x = [algebra.ring.of(name) for name in names]
    x.append(algebra.one - sum(x, algebra.zero))
    image = [sum((entry * v for entry, v in zip(row, x, strict=True)), algebra.zero) for row in matrix]
    signs = [(sign(v, ">="), sign(y, ">="), either(sign(v, "="), sign(y, "="))) for v, y in zip(x, image, strict=True)]
    return negation(Exists(names, both(*(part for row in signs for part in row))))


@dataclass(frozen=True)
class Lemma:
    """A step of the proof that ``unique`` is what it is said to be: hypotheses imply a conclusion."""

    name: str
    given: Condition
    conclusion: Condition


def uniqueness_lemmas(algebra: Algebra, branches: tuple[Branch, ...]) -> Iterator[Lemma]:
    """For rectified rates: no two branches at once, some branch always, and otherwise two equilibria for one input."""
    condition = unique(algebra)
    for one, other in combinations(branches, 2):
        yield Lemma(f"not both ({one.name}) and ({other.name})", condition, negation(both(one.exists, other.exists)))
    for branch in branches:
        yield Lemma(f"no continuum ({branch.name})", condition, negation(branch.continuum))
    yield Lemma("some branch exists", condition, either(*(b.exists for b in branches)))


@dataclass(frozen=True)
class Coincidence:
    """An input with two equilibria: on the index set, A z = det e_j for the j-th adjugate column z.

    With A z <= 0 on the set and z_j > 0, ``u = A z^+ - (A z)^+`` has the equilibria ``z^+`` and ``z^-``, which differ
    in j.
    ``when``: the set is minimal with a minor <= 0, so that z_j, the minor without j, is positive.
    """

    index_set: tuple[int, ...]
    z: tuple[Quotient, ...]
    when: Condition


def coincidences(algebra: Algebra) -> tuple[Coincidence, ...]:
    """One family of coinciding inputs per index set; the adjugate identity is verified exactly at birth."""
    matrix = algebra.interaction()
    compare = algebra.structural.compare
    rows = []
    for size in range(1, algebra.n + 1):
        for chosen in combinations(range(algebra.n), size):
            block = submatrix(matrix, chosen, chosen)
            minor = determinant(block, algebra.ring)
            column = [row[0] for row in adjugate(block, algebra.ring)]
            for r, entries in enumerate(block):
                total = algebra.zero
                for entry, rate in zip(entries, column, strict=True):
                    total = total + entry * rate
                if total != (minor if r == 0 else algebra.zero):
                    raise ArithmeticError("the adjugate identity failed")  # pragma: no cover - exact algebra
            smaller = [
                determinant(submatrix(matrix, s, s), algebra.ring)
                for k in range(1, size)
                for s in combinations(chosen, k)
            ]
            when = both(compare(minor, "<="), *(compare(m, ">") for m in smaller))
            z = [algebra.zero] * algebra.n
            for k, i in enumerate(chosen):
                z[i] = column[k]
            rows.append(Coincidence(chosen, tuple(z), when))
    return tuple(rows)


def rectified(algebra: Algebra) -> bool:
    """Every phi is ReLU with gain 1 and threshold 0, with or without a cap: the class of :func:`coincidences`."""
    one, zero = algebra.one, algebra.zero
    for row in algebra.linear_pieces():
        silent, active = row[0], row[1] if len(row) > 1 else row[0]
        if silent.label != "silent" or active.label != "active" or len(row) > 3:
            return False
        if silent.intercept != zero or silent.upper != zero or active.slope != one or active.intercept != zero:
            return False
    return True
