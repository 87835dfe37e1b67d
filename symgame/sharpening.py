"""How a column sharpens: the contrast layer by layer, and the least difference that so many layers resolve."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from symgame.cells import Point
from symgame.circuit import Circuit
from symgame.depth_law import active_matrix, ambiguous, has_law
from symgame.errors import CircuitError, Unsupported
from symgame.layer_units import Units
from symgame.ratio_branches import NumericLayer, exact_number, solved_layer
from symgame.ratio_map import ContrastMap
from symgame.ring import Quotient


@dataclass(frozen=True)
class ContrastByLayer:
    """``ratios[L]`` is the ratio after L layers, exact, up to the layer in which a unit is silent.

    ``contrast`` is ``(1 - r)/(1 + r)``. ``curve`` are pairs ``(L, contrast)`` of the law between whole L, in doubles,
    for a picture; empty where there is none.
    """

    ratios: tuple[Fraction, ...]
    contrast: tuple[Fraction, ...]
    curve: tuple[tuple[float, float], ...]


def contrast_by_layer(
    circuit: Circuit,
    ratio: object,
    layers: int,
    *,
    units: Units | None = None,
    gains: Sequence[object] = (1, 1),
    leader: object = 1,
) -> ContrastByLayer:
    """The ratio of the second unit to the first after 0, 1, ..., ``layers`` layers, each solved exactly.

    Raises :class:`~symgame.errors.Unsupported` when a layer has no equilibrium, several, or a silent leader.

    >>> pair = Circuit.from_matrix([[0, "-1/2"], ["-1/2", 0]], u=["u_1", "u_2"])
    >>> [str(r) for r in contrast_by_layer(pair, "13/14", 5).ratios]
    ['13/14', '4/5', '1/2', '0', '0', '0']
    """
    one, r = exact_number(leader, "the input of the leader"), exact_number(ratio, "the ratio")
    layer = solved_layer(circuit, units, gains)
    i, j = layer.units
    ratios, pair = [r], (one, one * r)
    for count in range(1, layers + 1):
        found = layer.found(*pair)
        if len(found) != 1 or not isinstance(found[0], Point):
            raise Unsupported(f"layer {count} {ambiguous(layer, found)}")
        x, y = found[0].state[i], found[0].state[j]
        if x <= 0:
            raise Unsupported(f"the leader is silent in layer {count}; name the stronger unit first")
        ratios.append(y / x)
        pair = (Fraction(1), y / x) if layer.homogeneous else (x, y)
    contrast = tuple((1 - v) / (1 + v) for v in ratios)
    end = next((k for k, v in enumerate(ratios) if v == 0), layers)
    curve = _curve(layer, r, end) if layer.homogeneous and layer.full is not None else ()
    return ContrastByLayer(tuple(ratios), contrast, curve)


def _curve(layer: NumericLayer, r: Fraction, end: int, steps: int = 32) -> tuple[tuple[float, float], ...]:
    """The contrast of ``M^L (1, r)`` for real L, from its two modes, while both units are active."""
    M = active_matrix(layer)
    if M is None or not r or not has_law(M, r):
        return ()
    (a, b), (c, d) = ([float(v) for v in row] for row in M)
    root = ((a + d) ** 2 - 4 * (a * d - b * c)) ** 0.5
    g, h = (a + d + root) / 2, (a + d - root) / 2
    points = []
    for k in range(end * steps + 1):
        L = k / steps
        if root > 0:  # M^L = ((g^L - h^L) M + (g h^L - h g^L) 1)/(g - h), over g^L
            q = (h / g) ** L
            p, s = (1 - q) / root, (g * q - h) / root
        else:
            p, s = L / g, 1 - L
        x, y = s + p * (a + b * float(r)), s * float(r) + p * (c + d * float(r))
        if x + y > 0 and x >= 0 and y >= 0:
            points.append((L, (x - y) / (x + y)))
    return tuple(points)


@dataclass(frozen=True)
class Resolution:
    """``ratio`` is the largest that this many layers make a winner of, ``difference`` what it lacks to the fixed point
    above it; ``neurons`` is what the column costs. Quotients in the ring of the layer."""

    layers: int
    ratio: Quotient
    difference: Quotient
    neurons: Quotient


def resolution(layer: ContrastMap, layers: int) -> Resolution:
    """The least difference that a column of L like layers resolves, from the linearising coordinate.

    After L layers the second unit is at 0 when ``w(r) = factor^-L w(0)``. With p the zero of the first mode and q that
    of the second, this is ``r = w^-1(factor^-L w(0))``, for k leaders among n units
    ``(f^L - 1) k/(f^L k + n - k)`` with ``f = 1/factor``. Verified: ``M^L (1, r)`` has second component 0.

    It is a statement about columns where the law holds: M of the branch with all active, gains of the modes positive,
    that of the second greater. Raises :class:`~symgame.errors.Unsupported` when the modes are not rational.

    >>> from symgame.ratio_map import contrast_map, formula
    >>> pair = Circuit.from_matrix([[0, "-c"], ["-c", 0]], assume=["c > 0", "c < 1"], u=["u_1", "u_2"])
    >>> found = resolution(contrast_map(pair), 2)
    >>> formula(found.ratio), formula(found.difference), found.neurons.number
    ('2*c/(1 + c^2)', '1 - 2*c/(1 + c^2)', Fraction(4, 1))
    """
    if not isinstance(layers, int) or layers < 1:
        raise CircuitError(f"a column has at least one layer; layers is {layers!r}, a whole number was expected.")
    factor, modes = layer.factor, layer.modes
    if factor is None or modes is None:
        raise Unsupported("the gains of the modes are not rational in the symbols, so that there is no closed form")
    number = factor.number
    if number is not None and not 0 < number < 1:
        raise Unsupported(f"a layer multiplies the coordinate by {number}: it does not sharpen the difference")
    ring = layer.branch.algebra.ring
    zero, one = ring.quotient(0), ring.quotient(1)
    ratio = layer.at_coordinate(layer.coordinate(zero) / factor**layers)
    x = (one, ratio)
    for _ in range(layers):
        (a, b), (c, d) = layer.matrix
        x = (a * x[0] + b * x[1], c * x[0] + d * x[1])
    if not x[1].is_zero:
        raise AssertionError(f"{layers} layers do not take the ratio {ratio} to 0")
    top = modes[1].zero
    if top is None:
        raise Unsupported("the second mode vanishes at no ratio: there is no difference to resolve")
    return Resolution(layers, ratio, top - ratio, layer.layer.neurons * ring.quotient(layers))
