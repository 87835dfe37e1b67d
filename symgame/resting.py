"""A proof that the layers of a column settle with every population active, where inputs have offsets.

With every population on its increasing piece a layer takes ``y`` to ``M y + c``. If both gains of M are rational and
less than 1 in modulus, ``y`` tends to ``y* = M y* + c``, and the distance ``d = y - y*`` is the sum of two modes that
only shrink. The rate of population i, ``x_i* + R_i d``, is then at most ``|R_i d_1| + |R_i d_2|`` from ``x_i*`` in
every layer that follows. When this keeps all of them inside their pieces, and the layer has one equilibrium for all
inputs (``I - S W`` is a P-matrix), no population ever leaves its piece.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from symgame.least_power import rational_root
from symgame.principal import p_matrix
from symgame.ratio_branches import NumericLayer

Vector = tuple[Fraction, ...]
Row = tuple[Fraction, Fraction]


@dataclass(frozen=True)
class Resting:
    """The inputs that a layer passes on unchanged, the rates there, and what belongs to a distance from them.

    ``split`` is the matrix that takes a distance to its part in the first mode; ``responses`` are the rows ``R_i`` of
    all populations, ``room`` how far each rate may go down and up on its piece (``None``: for ever).
    """

    inputs: Row
    split: tuple[Row, Row]
    responses: tuple[Row, ...]
    room: tuple[tuple[Fraction | None, Fraction | None], ...]

    def holds(self, one: Fraction, other: Fraction) -> bool:
        """Whether from these inputs on every layer has all populations on their increasing pieces."""
        d = (one - self.inputs[0], other - self.inputs[1])
        first = tuple(a * d[0] + b * d[1] for a, b in self.split)
        parts = (first, (d[0] - first[0], d[1] - first[1]))
        for (a, b), (down, up) in zip(self.responses, self.room, strict=True):
            most = sum((abs(a * x + b * y) for x, y in parts), Fraction(0))
            if (down is not None and most >= down) or (up is not None and most >= up):
                return False
        return True


def resting(layer: NumericLayer, offset: Row) -> Resting | None:
    """The state that such a column tends to; ``None`` where the proof does not apply.

    >>> from symgame.circuit import Circuit
    >>> from symgame.ratio_branches import solved_layer
    >>> pair = Circuit.from_matrix([["-1", "-1/2"], ["-1/2", "-1"]], u=["p", "q"])
    >>> found = resting(solved_layer(pair, None, (1, 1)), (Fraction(3), Fraction(3)))
    >>> found.inputs, found.holds(Fraction(2), Fraction(2)), found.holds(Fraction(1), Fraction(9))
    ((Fraction(2, 1), Fraction(2, 1)), True, False)
    """
    places = layer.full
    if places is None:
        return None
    zero, unit = Fraction(0), Fraction(1)
    points = [layer.at(one, other, offset).solved(places) for one, other in ((zero, zero), (unit, zero), (zero, unit))]
    states = [point.state for point in points if point is not None]
    if len(states) < 3 or not _single(layer):
        return None
    base = states[0]
    responses = tuple((a - x, b - x) for x, a, b in zip(*states, strict=True))
    i, j = layer.units
    (a, b), (c, d) = responses[i], responses[j]
    gains = _gains(a + d, a * d - b * c)
    if gains is None or not all(abs(g) < 1 for g in gains):
        return None
    det = (1 - a) * (1 - d) - b * c  # of 1 - M, the product of 1 - g over both gains
    y = (((1 - d) * base[i] + b * base[j]) / det, (c * base[i] + (1 - a) * base[j]) / det)
    first, second = gains
    if first == second:
        if b or c or a != d:
            return None
        split = ((unit, zero), (zero, unit))
    else:
        gap = first - second
        split = (((a - second) / gap, b / gap), (c / gap, (d - second) / gap))
    rates = [x + p * y[0] + q * y[1] for x, (p, q) in zip(base, responses, strict=True)]
    room = []
    for row, place, x in zip(layer.rest.pieces, places, rates, strict=True):
        line = row[place]
        down = None if line.lower is None else x - line.value(line.lower)
        up = None if line.upper is None else line.value(line.upper) - x
        room.append((down, up))
    return Resting(y, split, responses, tuple(room))


def _single(layer: NumericLayer) -> bool:
    """Whether the layer has one equilibrium for every input, by its principal minors."""
    steepest = [max(line.slope for line in row) for row in layer.rest.pieces]
    matrix = [[-s * w for w in row] for s, row in zip(steepest, layer.rest.W, strict=True)]
    for k, row in enumerate(matrix):
        row[k] += 1
    return bool(p_matrix(matrix).holds)


def _gains(trace: Fraction, det: Fraction) -> Row | None:
    square = trace**2 - 4 * det
    root = rational_root(square) if square >= 0 else None
    return None if root is None else ((trace + root) / 2, (trace - root) / 2)
