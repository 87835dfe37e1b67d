"""One equilibrium of a large piecewise-linear circuit: found by pivoting in doubles, solved and verified exactly.

Every population is put on a piece; the linear system of those pieces gives total inputs; populations whose total input
is not on their piece move to the one it is on. All of them at once is Newton's method, fast and mostly enough; when
the number of misfits stops falling, only the last of them moves (Murty's least-index rule), which for a P-matrix never
comes back to a choice it has left.

Sources: K. G. Murty, Linear Algebra Appl. 7 (1974) 67; J. J. Júdice and F. M. Pires, Comput. Oper. Res. 21 (1994) 587.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from symgame.cells import Point, System
from symgame.errors import BudgetExceeded
from symgame.groups import neurons
from symgame.matrices.definite import exact_matrix, fraction
from symgame.matrices.dominance import dominating
from symgame.numeric import Solutions, Writer, system
from symgame.syntax import PIECE_MARK

if TYPE_CHECKING:
    from symgame.circuit import Circuit

Floats = NDArray[np.float64]

#: How many block steps may pass without fewer misfits before single steps begin.
PATIENCE = 10
STEPS = 20_000
#: Up to so many populations the exact characteristic polynomial takes seconds.
MOST_SPECTRUM = 80
#: How often the exact solution may put total inputs near a kink on other pieces than the doubles did.
REPAIRS = 10


@dataclass(frozen=True)
class LoneEquilibrium:
    """An equilibrium that was verified exactly, and what is known about others.

    ``unique`` is true when it was proved that there is no other, whatever the inputs: ``scaling`` is then the vector
    ``d > 0`` that makes ``I - S W`` strictly diagonally dominant (S the steepest slopes), so a P-matrix. ``None``
    claims nothing. ``strict`` says that no total input is on a kink.
    """

    circuit: Circuit
    branch: str
    active: tuple[str, ...]
    saturated: tuple[str, ...]
    state: dict[str, Fraction]
    strict: bool
    unique: bool | None
    scaling: tuple[Fraction, ...] | None
    steps: int
    places: tuple[int, ...]


def lone_equilibrium(circuit: Circuit, steps: int = STEPS) -> LoneEquilibrium:
    """An equilibrium of a numeric piecewise-linear circuit of any size, exact.

    For ``I - S W`` a P-matrix there is exactly one, and it is found; otherwise the search may fail although there are
    equilibria. Raises :class:`~symgame.errors.BudgetExceeded` when it does, :class:`~symgame.errors.Unsupported` when
    the circuit is not numeric or not piecewise linear.

    >>> from symgame.circuit import Circuit
    >>> found = lone_equilibrium(Circuit.from_matrix([["1/2", "-1"], ["1/4", 0]], names="EI", u=[1, 0], tau=[1, 1]))
    >>> found.state["E"], found.branch, found.unique
    (Fraction(4, 3), 'E,I', True)
    """
    circuit = neurons(circuit)
    exact = system(circuit)
    point, taken = pivoted_point(exact, steps)
    labels = [(p.activation.pieces or ())[k].label for p, k in zip(circuit.populations, point.places, strict=True)]
    names = circuit.names
    saturated = tuple(n for n, label in zip(names, labels, strict=True) if label == "saturated")
    steepest = [max(line.slope for line in row) for row in exact.pieces]
    matrix = [[-w if s == 1 else -s * w for w in row] for s, row in zip(steepest, exact.W, strict=True)]
    for a, row in enumerate(matrix):
        row[a] += 1
    found = dominating(exact_matrix(matrix))
    scaling = None if found is None else tuple(fraction(v) for v in found)
    return LoneEquilibrium(
        circuit,
        ",".join(n + PIECE_MARK[label] for n, label in zip(names, labels, strict=True) if label != "silent"),
        tuple(n for n, x in zip(names, point.state, strict=True) if x > 0 and n not in saturated),
        saturated,
        dict(zip(names, point.state, strict=True)),
        point.strict,
        True if scaling is not None else None,
        scaling,
        taken,
        point.places,
    )


def pivoted_point(exact: System, steps: int = STEPS) -> tuple[Point, int]:
    """An equilibrium of a system in numbers, verified exactly, and how many pivots it took; the sign of its determinant
    is left open. Raises :class:`~symgame.errors.BudgetExceeded` as :func:`lone_equilibrium` does.
    """
    places, taken = _pivoted(exact, steps)
    return _verified(exact, places), taken


def lone_solutions(circuit: Circuit, digits: int = 15) -> Solutions:
    """The equilibrium of :func:`lone_equilibrium` as a list of one, with its stability, type, index and Nash class.

    It is complete when uniqueness was proved, else ``reason`` says that there may be others. Beyond
    :data:`MOST_SPECTRUM` populations the exact spectrum would take minutes and more: stability, type and index are then
    left open.

    >>> from symgame.circuit import Circuit
    >>> found = lone_solutions(Circuit.from_matrix([["1/2", "-1"], ["1/4", 0]], names="EI", u=[1, 0], tau=[1, 1]))
    >>> found.complete, found.equilibria[0].type
    (True, 'focus')
    """
    circuit = neurons(circuit)
    lone = lone_equilibrium(circuit)
    exact = system(circuit)
    small = exact.n <= MOST_SPECTRUM
    point = exact.decided(lone.places) if small else exact.solved(lone.places)
    assert isinstance(point, Point)
    reason = "" if lone.unique else "one equilibrium, found by pivoting; that it is the only one was not proved"
    return Solutions(circuit, not reason, (Writer(circuit, exact, digits).solution(point, spectrum=small),), reason)


def _pivoted(exact: System, steps: int) -> tuple[list[int], int]:
    """A choice of pieces whose linear system, in doubles, puts every total input on its piece."""
    n = exact.n
    W = np.array([[float(v) for v in row] for row in exact.W]).reshape(n, n)
    u = np.array([float(v) for v in exact.u])
    width = max(len(row) for row in exact.pieces)
    ends, slopes, intercepts = np.full((n, width), np.inf), np.zeros((n, width)), np.zeros((n, width))
    for i, row in enumerate(exact.pieces):
        for k, line in enumerate(row):
            slopes[i, k], intercepts[i, k] = float(line.slope), float(line.intercept)
            if line.upper is not None:
                ends[i, k] = float(line.upper)
    rows = np.arange(n)
    z = u
    places = (z[:, None] > ends).sum(axis=1)
    fewest, patience = n + 1, PATIENCE
    for step in range(1, steps + 1):
        z = _totals(W, u, slopes[rows, places], intercepts[rows, places])
        slack = 1e-12 * (1.0 + np.abs(z))
        low = np.where(places > 0, ends[rows, np.maximum(places - 1, 0)], -np.inf)
        wrong = (z > ends[rows, places] + slack) | (z < low - slack)
        misfits = np.flatnonzero(wrong)
        if misfits.size == 0:
            return [int(k) for k in places], step
        if misfits.size < fewest:
            fewest, patience = misfits.size, PATIENCE
        elif patience > 0:
            patience -= 1
        wanted = (z[:, None] > ends).sum(axis=1)
        if patience > 0:
            places = np.where(wrong, wanted, places)
        else:  # one at a time, to the neighbouring piece
            last = misfits[-1]
            places = places.copy()
            places[last] += 1 if wanted[last] > places[last] else -1
    raise BudgetExceeded(
        f"no equilibrium was found in {steps} pivots; there may be none, or I - W is no P-matrix and pivoting cycles. "
        f"Up to about 30 populations, symgame.solutions lists all equilibria"
    )


def _totals(W: Floats, u: Floats, slopes: Floats, intercepts: Floats) -> Floats:
    """``z = W x + u`` for ``x = s z + c``; a singular system is moved off its singularity by a hair."""
    rising = np.flatnonzero(slopes)
    held = intercepts * (slopes == 0)
    start = u + W @ held
    s, c = slopes[rising], intercepts[rising]
    matrix = np.eye(rising.size) - s[:, None] * W[np.ix_(rising, rising)]
    right = s * start[rising] + c
    try:
        x = np.linalg.solve(matrix, right)
    except np.linalg.LinAlgError:
        x = np.linalg.solve(matrix + 1e-9 * np.eye(rising.size), right)
    totals: Floats = start + W[:, rising] @ x
    return totals


def _verified(exact: System, places: Sequence[int]) -> Point:
    """The exact solution, every total input on its piece; total inputs near a kink may move to the next piece."""
    for _ in range(REPAIRS):
        point = exact.solved(places)
        if point is None:
            raise BudgetExceeded("pivoting ended on a singular choice of pieces; change an input or a weight slightly")
        right = [
            next(k for k, line in enumerate(row) if line.holds(z))
            for row, z in zip(exact.pieces, point.totals, strict=True)
        ]
        if list(right) == list(places):
            return point
        places = right
    raise BudgetExceeded("the exact solution of the pieces that pivoting found is no equilibrium: ill-conditioned")
