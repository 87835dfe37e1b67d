"""Contraction of a rate network in a weighted 2-norm, for every slope of phi, with an exact certificate either way.

The Jacobian of ``tau x' = -x + phi(W x + u)`` is ``J_D = T^{-1} (-I + D W)``, D the diagonal matrix of slopes. The
network contracts in the norm ``(x' P x)^(1/2)`` for all slopes in a range iff ``P J_D + J_D' P < 0`` for all those D;
``P J_D`` is affine in D, so the corners of the range suffice. This P is full. The question is another one than Lyapunov
diagonal stability of ``I - W``: LDS does not imply that a fixed P exists, nor is it needed that P is diagonal; and the
global exponential stability that LDS gives for equal time constants, by a Lyapunov function that is not quadratic, is
a statement about one equilibrium, not about the distance of any two solutions.

No P exists iff there are positive semidefinite X_D, not all 0, with ``sum J_D X_D + X_D J_D'`` positive semidefinite:
for then ``0 > sum tr(X_D (P J_D + J_D' P)) = tr(P sum (J_D X_D + X_D J_D')) >= 0`` for every P > 0 that contracts.
Source: S. Boyd, L. El Ghaoui, E. Feron, V. Balakrishnan, Linear Matrix Inequalities (SIAM, 1994), sections 2.2, 5.1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import product
from typing import TYPE_CHECKING, Any

from flint import fmpq, fmpq_mat

from symgame.errors import CircuitError
from symgame.matrices.common_norm import (
    congruent,
    contracts,
    floats_of,
    largest_rate,
    refutes,
    rounded_duals,
    roundings,
)
from symgame.matrices.definite import (
    exact,
    exact_matrix,
    fraction,
    fractions,
    lyapunov_form,
    positive_semidefinite,
    power,
    primitive,
    square_matrix,
)
from symgame.matrices.hurwitz import stable, with_time_constants
from symgame.matrices.lyapunov import search
from symgame.matrices.search import similarity

if TYPE_CHECKING:
    from symgame.matrices.central_path import Floats

#: Beyond, the 2^n corners are too many.
MOST = 10

Corner = tuple[int, ...]
Rows = tuple[tuple[Fraction, ...], ...]


@dataclass(frozen=True)
class Decision:
    """Does one P contract for all slopes? ``True`` with ``P`` and a certified ``rate``, ``False`` with evidence.

    ``P J_D + J_D' P + 2 rate P <= 0`` holds exactly at every corner D: distances shrink like ``exp(-rate t)``; the rate
    is the largest that was found. ``False`` comes with ``corner``, slopes for which ``J_D`` is not Hurwitz, or with
    ``X``, pairs of a corner and a matrix. A corner is a tuple of 0 (least slope) and 1 (largest slope).
    ``None`` comes with the reason, and with ``margin`` if the search ran: bounds in floating point of the t for which
    ``P J_D + J_D' P + t <= 0`` is possible with P of trace n.
    """

    holds: bool | None
    by: str
    P: Rows | None = field(default=None, repr=False)
    rate: Fraction | None = None
    corner: Corner | None = None
    X: tuple[tuple[Corner, Rows], ...] | None = field(default=None, repr=False)
    margin: tuple[float, float] | None = None
    reason: str = ""


def jacobian(W: Any, corner: Sequence[int], slopes: tuple[Any, Any] = (0, 1), tau: Any = None) -> fmpq_mat:
    """``T^{-1} (-I + D W)`` with the slope of each row the lower (0) or the upper (1) of the two.

    >>> jacobian([[2, -3], [1, 0]], (1, 0), tau=[1, 2])
    [1,   -3]
    [0, -1/2]
    """
    w = square_matrix(W)
    low, high = _range(slopes)
    n = w.nrows()
    if len(corner) != n or any(c not in (0, 1) for c in corner):
        raise CircuitError(f"a corner is a tuple of {n} numbers 0 or 1, not {tuple(corner)!r}")
    rows = [
        [(high if corner[i] else low) * value - int(i == j) for j, value in enumerate(row)]
        for i, row in enumerate(w.tolist())
    ]
    return with_time_constants(fmpq_mat(rows), tau)


def _range(slopes: tuple[Any, Any]) -> tuple[fmpq, fmpq]:
    try:
        low, high = (exact(s) for s in slopes)
    except (TypeError, ValueError):
        raise CircuitError("slopes are a pair of exact numbers, the least and the largest slope of phi") from None
    if not 0 <= low <= high:
        raise CircuitError(f"slopes are a pair with 0 <= least <= largest, not {low}, {high}")
    return low, high


def corners(W: Any) -> list[Corner]:
    """The corners that differ: a row of W that is 0 does not feel its slope, and is taken at 0.

    >>> corners([[1, 2], [0, 0]])
    [(0, 0), (1, 0)]
    """
    rows = square_matrix(W).tolist()
    return list(product(*((0, 1) if any(row) else (0,) for row in rows)))


def verify_P(W: Any, P: Any, slopes: tuple[Any, Any] = (0, 1), tau: Any = None, rate: Any = 0) -> bool:
    """Is P symmetric, positive definite, ``P J + J' P`` negative definite and ``<= -2 rate P`` at every corner?

    >>> verify_P([[0, -1], [1, 0]], [[1, 0], [0, 1]]), verify_P([[0, -3], [1, 0]], [[1, 0], [0, 1]])
    (True, False)
    """
    try:
        p, c = exact_matrix(P), exact(rate)
    except (CircuitError, TypeError):
        return False
    w = square_matrix(W)
    if (p.nrows(), p.ncols()) != (w.nrows(), w.ncols()) or c < 0:
        return False
    jacobians = [jacobian(w, corner, slopes, tau) for corner in corners(w)]
    if not contracts(jacobians, p):
        return False
    return not c or all(positive_semidefinite(-lyapunov_form(p, j) - 2 * c * p) for j in jacobians)


def verify_X(W: Any, X: Any, slopes: tuple[Any, Any] = (0, 1), tau: Any = None, diagonal: bool = False) -> bool:
    """Are the X_D psd, not all 0, with ``sum J_D X_D + X_D J_D'`` psd? X is a list of pairs (corner, matrix).

    Against a diagonal P it is enough that the diagonal of the sum is >= 0.

    >>> verify_X([[2]], [((1,), [[1]])]), verify_X([[2]], [((1,), [[0]])]), verify_X([[2]], [((0,), [[1]])])
    (True, False, False)
    """
    w = square_matrix(W)
    try:
        pairs = [(jacobian(w, tuple(corner), slopes, tau), exact_matrix(matrix)) for corner, matrix in X]
    except (CircuitError, TypeError, ValueError):
        return False
    if any((x.nrows(), x.ncols()) != (j.nrows(), j.ncols()) for j, x in pairs):
        return False
    return refutes([j for j, _ in pairs], [x for _, x in pairs], diagonal)


def contraction(W: Any, slopes: tuple[Any, Any] = (0, 1), tau: Any = None, diagonal: bool = False) -> Decision:
    """Is there one P > 0 in whose norm ``tau x' = -x + phi(W x + u)`` contracts, for all slopes of phi in the range?

    With ``diagonal=True`` only diagonal P are considered. The answer is exact: P is rational and verified at every
    corner (:func:`verify_P`), and so is what proves that there is none (:func:`verify_X`). ``None`` on the boundary,
    and from 11 rows on. Raises :class:`~symgame.errors.CircuitError` for a matrix, range or time constant that is not
    exact.

    >>> contraction([[0, -1], [1, 0]]).rate
    Fraction(1, 2)
    >>> contraction([[3, 0], [0, 0]]).corner
    (1, 0)
    """
    w = square_matrix(W)
    n = w.nrows()
    _range(slopes)
    with_time_constants(w, tau)
    if n > MOST:
        return Decision(None, "", reason=f"{n} rows have 2^{n} corners; contraction is decided for at most {MOST} rows")
    for corner in corners(w):
        if not stable(-jacobian(w, corner, slopes, tau)):
            return Decision(False, "slopes for which the Jacobian is not Hurwitz", corner=corner)
    # F J F^-1 for diagonal F: P for it is F P F for J, and X is F^-1 X F^-1; D and T commute with F
    scales = [power(s) for s in similarity(w)]
    scaled = congruent(w, scales, [1 / f for f in scales])
    places = corners(w)
    jacobians = [jacobian(scaled, corner, slopes, tau) for corner in places]
    try:
        stack = floats_of(jacobians)
    except OverflowError:
        return Decision(None, "", reason="the weights are too large, or too small, for double precision")
    return _searched(jacobians, stack, places, scales, diagonal)


def _searched(
    jacobians: Sequence[fmpq_mat], stack: Floats, places: Sequence[Corner], scales: Sequence[fmpq], diagonal: bool
) -> Decision:
    """The search in floats, and what of its outcome is verified."""
    by = "a search by a barrier"
    n = len(scales)
    found = search(stack, diagonal)
    if found.lower > 0:
        for p in roundings(found.p):
            if contracts(jacobians, p):
                rate, p = largest_rate(jacobians, stack, p, diagonal)
                entries = primitive(congruent(p, scales, scales).entries())
                return Decision(True, by, P=fractions(fmpq_mat(n, n, entries)), rate=fraction(rate))
    inverse = [1 / f for f in scales]
    if found.upper < 0:
        for xs in rounded_duals(found.x):
            if refutes(jacobians, xs, diagonal):
                kept = [
                    (place, congruent(x, inverse, inverse)) for place, x in zip(places, xs, strict=True) if x != 0 * x
                ]
                common = primitive([value for _, x in kept for value in x.entries()])
                pieces = [fmpq_mat(n, n, common[k * n * n : (k + 1) * n * n]) for k in range(len(kept))]
                pairs = tuple((place, fractions(x)) for (place, _), x in zip(kept, pieces, strict=True))
                return Decision(False, by, X=pairs)
    what = "a diagonal P" if diagonal else "a P"
    return Decision(
        None,
        by,
        margin=(found.lower, found.upper),
        reason=f"on the boundary, or too near for double precision, of the circuits for which {what} exists: the best "
        f"t is between {found.lower:.2g} and {found.upper:.2g}",
    )
