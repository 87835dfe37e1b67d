"""Questions about all principal submatrices, or all time constants, of a numeric matrix A: exact, or ``None``.

A stands for ``I - W``. Lyapunov diagonally stable implies D-stable, which implies -A Hurwitz; and it implies totally
Hurwitz, which implies P-matrix. None of the four can be turned round.
"""

from __future__ import annotations

from itertools import combinations
from typing import Any

from flint import fmpq, fmpq_mat

from symgame.diagonal_stability import diagonal_stability
from symgame.matrices.d_stability import d_stability
from symgame.matrices.definite import fraction, square_matrix, submatrix
from symgame.matrices.dominance import dominating
from symgame.matrices.hurwitz import Answer, hurwitz, stable, with_time_constants
from symgame.matrices.minors import Minor, leading_minor, nonpositive_minor, pair_minor, sign_reversed

__all__ = ["Answer", "d_stability", "hurwitz", "p_matrix", "totally_hurwitz", "verify_sign_reversal"]

#: Sizes up to which every principal submatrix is looked at.
ALL_MINORS = 16
ALL_SPECTRA = 12
#: Operations spent on minors, and submatrices tried, beyond.
MINORS_AT_MOST = 1_000_000
SPECTRA_AT_MOST = 2_000


def verify_sign_reversal(A: Any, v: Any) -> bool:
    """Is ``v != 0`` and ``v_i (A v)_i <= 0`` for all i? Then A is not a P-matrix (Fiedler and Pták, 1962).

    >>> verify_sign_reversal([[1, 2], [2, 1]], [1, -1]), verify_sign_reversal([[1, 2], [-2, 1]], [1, -1])
    (True, False)
    """
    a = square_matrix(A)
    try:
        column = fmpq_mat([[fmpq(int(x.numerator), int(x.denominator))] for x in v])
    except (AttributeError, TypeError, ValueError):
        return False
    if column.nrows() != a.nrows() or not any(column.entries()):
        return False
    return all(x * y <= 0 for x, y in zip(column.entries(), (a * column).entries(), strict=True))


def p_matrix(A: Any) -> Answer:
    """Are all principal minors of A positive?

    ``False`` comes with the index set, its minor and a ``vector`` that A reverses in sign
    (:func:`verify_sign_reversal`). Up to 16 rows every minor is computed. For more rows the question is co-NP-complete
    (G. E. Coxson, Math. Programming 64 (1994) 173); ``True`` then comes from a ``vector`` u > 0 with
    ``a_ii u_i > sum |a_ij| u_j`` (dominance after scaling), or from diagonal stability, whose weights are then the
    ``vector``; ``False`` from the minors that were tried.

    >>> p_matrix([[1, 2], [2, 1]])
    Answer(holds=False, by='a principal minor', reason='', indices=(0, 1), minor=Fraction(-3, 1),
        vector=(Fraction(-2, 1), Fraction(1, 1)), T=None)
    >>> p_matrix([[1, 3], [-3, 1]]).holds
    True
    """
    a = square_matrix(A)
    n = a.nrows()
    if n <= ALL_MINORS:
        minor, _ = nonpositive_minor(a, 2 ** (n + 4))
        return Answer(True, "all principal minors") if minor is None else _not_p(a, minor)
    if (minor := pair_minor(a)) is not None:
        return _not_p(a, minor)
    if (u := dominating(a)) is not None:
        return Answer(True, "diagonal dominance after scaling", vector=tuple(fraction(x) for x in u))
    decision = diagonal_stability(a)
    if decision.holds:
        return Answer(True, "Lyapunov diagonal stability", vector=decision.P)
    for order in (range(n), range(n - 1, -1, -1)):
        if (minor := leading_minor(a, order)) is not None:
            return _not_p(a, minor)
    minor, _ = nonpositive_minor(a, MINORS_AT_MOST)
    if minor is not None:
        return _not_p(a, minor)
    return Answer(
        None,
        "the minors that were tried",
        f"no minor <= 0 was found among some of the {2**n - 1 if n < 64 else f'2^{n}'}; the matrix is not diagonally "
        "dominant after scaling and not shown to be diagonally stable; the question is co-NP-complete",
    )


def _not_p(a: fmpq_mat, minor: Minor) -> Answer:
    vector = tuple(fraction(x) for x in sign_reversed(a, minor))
    return Answer(False, "a principal minor", indices=minor.indices, minor=fraction(minor.value), vector=vector)


def totally_hurwitz(A: Any, tau: Any = None) -> Answer:
    """Is every principal submatrix of ``-T^{-1} A`` Hurwitz, with T the diagonal matrix of ``tau``?

    ``False`` comes with the ``indices`` of one that is not, smallest sets first. Up to 12 rows each is tried, by
    Routh's test; for more, diagonal stability implies it, whatever the time constants.

    >>> totally_hurwitz([[-1, 2], [-3, 2]]).indices
    (0,)
    >>> totally_hurwitz([[1, 0, 2], [2, 1, 0], [0, 2, 1]]).indices
    (0, 1, 2)
    """
    original = square_matrix(A)
    a = with_time_constants(original, tau)
    n = a.nrows()
    if n > ALL_SPECTRA and (decision := diagonal_stability(original)).holds:
        return Answer(True, "Lyapunov diagonal stability", vector=decision.P)
    tried = 0
    for size in range(1, n + 1):
        for chosen in combinations(range(n), size):
            if not stable(submatrix(a, chosen)):
                return Answer(False, "the test of Routh", indices=chosen)
            tried += 1
            if n > ALL_SPECTRA and tried >= SPECTRA_AT_MOST:
                break
        else:
            continue
        break
    if n <= ALL_SPECTRA:
        return Answer(True, "the test of Routh on every principal submatrix")
    if (whole := hurwitz(a)).holds is False:
        return Answer(False, whole.by, indices=tuple(range(n)), P=whole.P)
    return Answer(
        None,
        "the submatrices that were tried",
        f"{tried} principal submatrices are Hurwitz, of {2**n - 1 if n < 64 else f'2^{n}'}, and the matrix is not "
        "shown to be diagonally stable",
    )
