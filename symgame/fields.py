"""A two-dimensional field of E-I units that inhibit one another by distance, and a column of such fields, exactly.

Without an input to I the inhibitory rate of a unit is ``w_IE x_E/(1 + w_II)``, whatever x_E >= 0, so that the rates of
the E are those of one field with a symmetric coupling. Each layer is found by Newton steps in doubles over the choice
of the active units, and solved and verified in exact arithmetic; its rates are the inputs of the next one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from symgame.cells import Line, System
from symgame.errors import BudgetExceeded, CircuitError
from symgame.notation import exact

Rows = tuple[tuple[Fraction, ...], ...]
SIDE = 24
STEPS = 60
_RELU = (
    Line(None, Fraction(0), Fraction(0), Fraction(0), (False, True)),
    Line(Fraction(0), None, Fraction(1), Fraction(0), (False, False)),
)


@dataclass(frozen=True)
class FieldUnits:
    """The weights of a field, magnitudes: ``E`` receives ``w_EE x_E - s x_I`` of its own unit and ``-l[d - 1] x_I`` of
    every unit at distance d, ``I`` receives ``w_IE x_E - w_II x_I``.

    The distance of two units is the larger of the differences of their rows and columns, the shorter way round: the
    field has no border, as a ring has no end. ``f`` drives each E from the E of its place in the layer before.
    """

    w_EE: Fraction
    s: Fraction
    l: tuple[Fraction, ...]
    w_IE: Fraction
    w_II: Fraction
    f: Fraction

    @property
    def inhibition(self) -> Fraction:
        """``w_IE/(1 + w_II)``: the inhibitory rate for each unit of excitatory rate."""
        return self.w_IE / (1 + self.w_II)

    @property
    def dominated(self) -> bool:
        """Whether a unit is held back by itself more than all others together do, wherever it stands: then ``I - W`` is
        strictly diagonally dominant, a P-matrix, and every layer has one equilibrium."""
        own = 1 - self.w_EE + self.s * self.inhibition
        return own > sum((8 * d * weight for d, weight in enumerate(self.l, 1)), Fraction(0)) * self.inhibition


@dataclass(frozen=True)
class SharpenedField:
    """An image and the rates of the E of every layer, row by row, exact. ``unique``: no other equilibrium, proved."""

    units: FieldUnits
    image: Rows
    layers: tuple[Rows, ...]
    unique: bool | None

    @cached_property
    def active(self) -> tuple[int, ...]:
        """How many units respond in each layer."""
        return tuple(sum(v > 0 for row in layer for v in row) for layer in self.layers)


def field_units(
    *,
    w_EE: object = "9/10",
    s: object = 1,
    l: Sequence[object] = ("1/40", "1/48", "1/70"),
    w_IE: object = 1,
    w_II: object = 0,
    f: object = 1,
) -> FieldUnits:
    """The weights from exact numbers or strings.

    Raises :class:`~symgame.errors.CircuitError` for a negative weight or an f that is not positive.

    >>> field_units().dominated, field_units(l=[1]).dominated
    (True, False)
    """
    named = {"w_EE": w_EE, "s": s, "w_IE": w_IE, "w_II": w_II, "f": f}
    values = {key: _number(key, value) for key, value in named.items()}
    if values["f"] == 0:
        raise CircuitError("f is 0: nothing would reach the next layer; give a positive weight.")
    lateral = tuple(_number(f"l at distance {d}", value) for d, value in enumerate(l, 1))
    return FieldUnits(values["w_EE"], values["s"], lateral, values["w_IE"], values["w_II"], values["f"])


def _number(key: str, value: object) -> Fraction:
    found = exact(value, key)
    if not found.is_Rational or found < 0:
        raise CircuitError(f"{key} is {found}; weights are magnitudes, exact numbers >= 0.")
    return Fraction(int(found.p), int(found.q))


def sharpened(image: Sequence[Sequence[object]], units: FieldUnits | None = None, layers: int = 3) -> SharpenedField:
    """The rates of a column of fields whose first layer receives the image.

    Raises :class:`~symgame.errors.CircuitError` for an image that is not a rectangle of exact numbers, and
    :class:`~symgame.errors.BudgetExceeded` when no equilibrium is found, which cannot happen for ``units.dominated``.

    >>> dot = [[0, 0, 0], [0, 1, 0], [0, 0, 0]]
    >>> found = sharpened(dot, field_units(w_EE="1/2", l=["1/9"]), layers=2)
    >>> found.layers[0][1][1], found.layers[1][1][1], found.active
    (Fraction(2, 3), Fraction(4, 9), (1, 1))
    """
    units = units or field_units()
    given = tuple(tuple(_pixel(value) for value in row) for row in image)
    if not given or not given[0] or len({len(row) for row in given}) > 1:
        raise CircuitError("an image is a list of rows of one length, at least one number in it.")
    if isinstance(layers, bool) or not isinstance(layers, int) or layers < 1:
        raise CircuitError(f"layers is {layers!r}; give a whole number, at least 1.")
    height, width = len(given), len(given[0])
    W = coupling(units, height, width)
    inputs = tuple(v for row in given for v in row)
    found = []
    for _ in range(layers):
        rates = _rest(W, inputs)
        found.append(tuple(rates[a * width : (a + 1) * width] for a in range(height)))
        inputs = tuple(units.f * rate for rate in rates)
    return SharpenedField(units, given, tuple(found), True if units.dominated else None)


def _pixel(value: object) -> Fraction:
    found = exact(value, "a pixel")
    if not found.is_Rational:
        raise CircuitError(f"a pixel is {found}; an exact number was expected.")
    return Fraction(int(found.p), int(found.q))


def coupling(units: FieldUnits, height: int, width: int) -> Rows:
    """W of the field of excitatory rates, the inhibitory ones eliminated; units row by row.

    >>> [str(w) for w in coupling(field_units(l=["1/9"]), 3, 4)[0][:4]]
    ['-1/10', '-1/9', '0', '-1/9']
    """
    own = units.w_EE - units.s * units.inhibition
    by_distance = (own, *(-weight * units.inhibition for weight in units.l))
    reach, zero = len(by_distance), Fraction(0)
    if min(height, width) < 2 * reach - 1:
        raise CircuitError(f"a field of {height} by {width} is too small for weights up to distance {reach - 1}.")
    rows = []
    for a in range(height):
        for b in range(width):
            row = [zero] * (height * width)
            for c in range(a - reach + 1, a + reach):
                for e in range(b - reach + 1, b + reach):
                    row[c % height * width + e % width] = by_distance[max(abs(a - c), abs(b - e))]
            rows.append(tuple(row))
    return tuple(rows)


def _rest(W: Rows, inputs: tuple[Fraction, ...]) -> tuple[Fraction, ...]:
    """The rates ``x = [W x + u]_+``, exact."""
    system = System(W, inputs, (_RELU,) * len(inputs))
    doubles = np.array([[float(w) for w in row] for row in W])
    for places in _choices(doubles, np.array([float(u) for u in inputs])):
        point = system.solved(places)
        if point is None:
            continue
        if all(_RELU[k].holds(z) for k, z in zip(places, point.totals, strict=True)):
            return point.state
    raise BudgetExceeded(
        f"no equilibrium of the field was found in {STEPS} steps; weaken the lateral inhibition: when units.dominated "
        f"it has one for certain"
    )


def _choices(W: NDArray[np.float64], u: NDArray[np.float64]) -> Iterator[list[int]]:
    """Choices of active units that reproduce themselves in doubles; total inputs near 0 are tried on both sides."""
    active = u > 0
    for _ in range(STEPS):
        totals = _totals(W, u, active)
        wanted = totals > 0
        if np.array_equal(wanted, active):
            yield [int(k) for k in active]
            near = np.abs(totals) < 1e-9 * max(1.0, float(np.abs(u).max()))
            if not near.any():
                return
            yield [int(k) for k in active & ~near]
            return
        active = wanted


def _totals(W: NDArray[np.float64], u: NDArray[np.float64], active: NDArray[np.bool_]) -> NDArray[np.float64]:
    on = np.flatnonzero(active)
    rates = np.linalg.solve(np.eye(on.size) - W[np.ix_(on, on)], u[on])
    totals: NDArray[np.float64] = u + W[:, on] @ rates
    return totals


def picture(side: int = SIDE) -> Rows:
    """An image of faint shapes, blurred, on a background that is brighter in the middle: a ring with a dot in it, and a
    slanting bar. In hundredths.

    >>> image = picture()
    >>> len(image), min(min(row) for row in image), max(max(row) for row in image)
    (24, Fraction(1, 5), Fraction(4, 5))
    """
    at = (np.arange(side) + 0.5) / side
    x, y = np.meshgrid(at, at)
    radius = np.hypot(x - 0.36, y - 0.44)
    ring = np.exp(-(((radius - 0.24) / 0.06) ** 2))
    dot = np.exp(-((radius / 0.07) ** 2))
    bar = np.exp(-(((x - 0.8 + 0.25 * (y - 0.5)) / 0.06) ** 2)) * (np.abs(y - 0.5) < 0.34)
    grey = 0.2 + 0.15 * (1 - np.cos(2 * np.pi * x)) + 0.3 * np.maximum(np.maximum(ring, dot), bar)
    return tuple(tuple(Fraction(int(v), 100) for v in row) for row in np.rint(100 * grey))
