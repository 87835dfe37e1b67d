"""Which equilibria with numbers are Nash: every neuron's own energy along its own rate, in fractions.

The statements are those of :mod:`symgame.properties.nash`, which has them as conditions on symbols: ``E_i(y) =
G_i(y) - W_ii y^2/2 - y c_i`` is a quadratic on the rates of every increasing piece and infinite off the range of phi.
The tests hold both to the same answers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from symgame.cells import Line


@dataclass(frozen=True)
class OwnEnergy:
    """One neuron's pieces and its own weight: where along its rate the energy is least.

    >>> relu = (Line(None, Fraction(0), Fraction(0), Fraction(0), (False, True)),
    ...         Line(Fraction(0), None, Fraction(1), Fraction(0), (False, False)))
    >>> OwnEnergy(relu, Fraction(2)).nash_class(1, Fraction(1), Fraction(1))
    'stationary'
    >>> OwnEnergy(relu, Fraction(1, 2)).nash_class(1, Fraction(1), Fraction(1))
    'global'
    """

    pieces: tuple[Line, ...]
    own: Fraction

    def curvature(self, piece: Line) -> Fraction:
        """``1/s - W_ii`` on an increasing piece."""
        return 1 / piece.slope - self.own

    @property
    def convex(self) -> bool:
        """The kinks of G are convex, so only the curvature of the pieces counts."""
        return all(self.curvature(piece) >= 0 for piece in self.pieces if not piece.flat)

    def nash_class(self, place: int, x: Fraction, z: Fraction) -> str:
        """``global``, ``local`` or ``stationary``: how good the rate x is, on that piece at total input z."""
        if self.convex or self._globally_minimal(place, x, z):
            return "global"
        return "local" if self._locally_minimal(place, z) else "stationary"

    def _locally_minimal(self, place: int, z: Fraction) -> bool:
        piece = self.pieces[place]
        if not piece.flat and self.curvature(piece) < 0:
            return False
        for k, step in ((0, -1), (1, 1)):
            end, beside = (piece.lower, piece.upper)[k], place + step
            if end != z or not 0 <= beside < len(self.pieces) or self.pieces[beside].flat:
                continue
            if self.curvature(self.pieces[beside]) < 0:  # a kink: the other side decides too
                return False
        return True

    def _costs(self) -> list[tuple[Line, Fraction]]:
        """The increasing pieces, each with the constant that makes ``G(y) = (y^2/2 - c y)/s + constant`` continuous."""
        rows: list[tuple[Line, Fraction]] = []
        for piece in self.pieces:
            if piece.flat:
                continue
            constant = Fraction(0)
            if rows:
                assert piece.lower is not None
                joint = piece.value(piece.lower)
                constant = _cost(*rows[-1], joint) - _cost(piece, constant, joint)
            rows.append((piece, constant))
        return rows

    def _globally_minimal(self, place: int, x: Fraction, z: Fraction) -> bool:
        rows = self._costs()
        rising = [k for k, piece in enumerate(self.pieces) if not piece.flat]
        near = min(rising, key=lambda k: abs(k - place))
        others = z - self.own * x
        here = _cost(*rows[rising.index(near)], x) - self.own * x * x / 2 - x * others
        return all(self._above(piece, constant - here, others) for piece, constant in rows)

    def _above(self, piece: Line, constant: Fraction, others: Fraction) -> bool:
        """``k y^2/2 - b y + constant >= 0`` for every rate y of the piece."""
        k, b = self.curvature(piece), others + piece.intercept / piece.slope
        low = None if piece.lower is None else piece.value(piece.lower)
        high = None if piece.upper is None else piece.value(piece.upper)

        def gap(y: Fraction) -> Fraction:
            return k * y * y / 2 - b * y + constant

        for end, outwards in ((low, b), (high, -b)):
            if end is not None:
                if gap(end) < 0:
                    return False
            elif k < 0 or (k == 0 and outwards < 0):
                return False
        if k <= 0:
            return (low is not None or high is not None) or constant >= 0
        lowest = b / k
        outside = (low is not None and lowest <= low) or (high is not None and lowest >= high)
        return outside or gap(lowest) >= 0


def _cost(piece: Line, constant: Fraction, y: Fraction) -> Fraction:
    return (y * y / 2 - piece.intercept * y) / piece.slope + constant


def nash_class(
    energies: Sequence[OwnEnergy], places: Sequence[int], x: Sequence[Fraction], z: Sequence[Fraction]
) -> str:
    """The worst of all neurons: an equilibrium is Nash when every rate is globally minimal."""
    ranks = ("global", "local", "stationary")
    rows = (e.nash_class(p, a, b) for e, p, a, b in zip(energies, places, x, z, strict=True))
    return max(rows, key=ranks.index, default="global")
