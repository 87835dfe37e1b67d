"""How many layers make a winner of a difference: the depth law of a column whose layers are alike, exactly.

While every population is active, the outputs after L layers are ``M^L (1, r)`` times a number, a sum of two modes, each
multiplied by its gain in each layer (:mod:`symgame.ratio_map`). With gains ``g > h > 0`` the rate of the weaker unit
is ``A g^L + B h^L``; it reaches 0 if and only if ``A < 0``, first after the least L with

    (g/h)^L >= B/(-A),

a comparison that :mod:`symgame.least_power` decides as one of integers, however large L is. In the coordinate w of the
ratio this is ``w(r_L) <= w(0)``: a ratio exactly at the threshold has the weaker unit at 0, and 0 is silent.

That the law describes the layers is proved each time: on the ratios that the column runs through, the branch with all
active holds the only equilibrium, and below the threshold one with the weaker silent does. Where that fails, or inputs
do not come from below alone, layers are solved exactly one after the other, and what cannot be said is said.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, isqrt

from symgame.cells import Family, Point
from symgame.circuit import Circuit
from symgame.errors import CircuitError
from symgame.layer_units import Units
from symgame.least_power import Surd, least_power, rational_root
from symgame.ratio_branches import NumericLayer, Span, exact_number, solved_layer
from symgame.resting import resting

#: So many layers are solved one by one before the answer is "more than that".
LIMIT = 1000
_ZERO = Fraction(0)
#: Rates with more digits than this end the layer-by-layer computation.
MOST_BITS = 200_000


@dataclass(frozen=True)
class Depth:
    """After ``layers`` layers, and no sooner, one unit is silent. ``None``: never, or not known, for the ``reason``.

    ``winner`` and ``silent`` are the populations that each unit stands for. ``base`` and ``bound`` are those of the
    law, least L with ``base^L >= bound``, when it gave the answer. ``never`` says that no number of layers will do.
    """

    layers: int | None
    reason: str
    winner: tuple[str, ...] = ()
    silent: tuple[str, ...] = ()
    base: str | None = None
    bound: str | None = None
    never: bool = False


def depth(
    circuit: Circuit,
    ratio: object,
    *,
    units: Units | None = None,
    gains: Sequence[object] = (1, 1),
    leader: object = 1,
    offsets: Sequence[Sequence[object]] = (),
    limit: int = LIMIT,
) -> Depth:
    """The number of layers, each this circuit driven by the one before, after which one of two units is silent.

    Every layer gets ``gains`` times what comes from below: for the first layer ``leader`` and ``leader * ratio`` (exact
    numbers; ``leader > 0``, ``ratio >= 0``), then the rates of the layer before. ``offsets`` are pairs of exact numbers
    added to that in layer 1, 2, ..., the last pair in all further layers. See :func:`~symgame.ratio_map.contrast_map`
    for ``units``; within a group of like units all do the same. Needs numbers for all symbols but time constants;
    raises :class:`~symgame.errors.Unsupported` without.

    The magnitude of the inputs matters only with offsets, inputs of the circuit's own, caps or thresholds. Without
    them a gain that both units share may differ from layer to layer: it cancels in the ratio.

    >>> W = [[0, -1, 0, -1], [1, 0, 0, 0], [0, -1, 0, -1], [0, 0, 1, 0]]
    >>> pair = Circuit.from_matrix(W, names=["E1", "I1", "E2", "I2"], u=["u_1", 0, "u_2", 0])   # rho = 1/2
    >>> depth(pair, "4/5").layers, depth(pair, "1/2").layers, depth(pair, "1/2").silent
    (2, 1, ('E2',))
    >>> depth(pair, "0." + 30 * "9").layers, depth(pair, 1).reason
    (64, 'the ratio 1 is a fixed point of the layer')
    """
    one, r = exact_number(leader, "the input of the leader"), exact_number(ratio, "the ratio")
    if one <= 0 or r < 0:
        raise CircuitError(f"the leader's input is {one} and the ratio {r}; they are > 0 and >= 0.")
    layer = solved_layer(circuit, units, gains)
    added = [_pair(row) for row in offsets]
    if r == 0:
        return Depth(0, "the second unit has no input", *layer.layer.groups)
    if any(any(row) for row in added):
        return _by_layers(layer, one, one * r, limit, added)
    by_law = _by_law(layer, r) if layer.homogeneous and layer.full is not None else None
    return by_law or _by_layers(layer, one, one * r, limit)


def _pair(row: Sequence[object]) -> tuple[Fraction, Fraction]:
    if isinstance(row, str) or not isinstance(row, Sequence) or len(row) != 2:
        raise CircuitError(f"the offsets of a layer are {row!r}; two numbers were expected, one for each unit.")
    return exact_number(row[0], "an offset"), exact_number(row[1], "an offset")


# -- the law ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Law:
    """The least L with ``base^L >= bound`` after which the second unit is silent, or ``layers = None``: never."""

    layers: int | None
    base: Surd | None = None
    bound: Surd | None = None


Square = tuple[tuple[Fraction, Fraction], tuple[Fraction, Fraction]]


def active_matrix(layer: NumericLayer) -> Square | None:
    """M of the branch with every population active, in numbers; ``None`` when its determinant is 0."""
    assert layer.full is not None
    rates = layer.cell(layer.full).rates
    if rates is None:
        return None
    i, j = layer.units
    return (rates[0][i], rates[1][i]), (rates[0][j], rates[1][j])


def _by_law(layer: NumericLayer, r: Fraction) -> Depth | None:
    """The answer of the law where it is proved to apply, else ``None``."""
    M = active_matrix(layer)
    if M is None:
        return None
    mirrored = ((M[1][1], M[1][0]), (M[0][1], M[0][0]))
    law, other = _law(M, r), _law(mirrored, 1 / r)
    if law is None or other is None:
        return None
    if law.layers is None and other.layers is None:
        return _never(layer, M, r)
    if law.layers == other.layers:
        return None  # both rates reach 0 together: not a case of a winner
    if law.layers is None or (other.layers is not None and other.layers < law.layers):
        layer, law, M, r = layer.swapped(), other, mirrored, 1 / r
    assert law.layers is not None and layer.full is not None
    (_, _), (c, d) = M
    if law.layers < 2 or d <= 0 or c >= 0:
        return None  # one layer is as well solved
    rho = -c / d
    if not layer.alone(layer.full, Span(rho, r, (False, True))) or not _silent_below(layer, rho):
        return None
    winner, silent = layer.layer.groups
    how = "the linearising coordinate" if law.base else "a translation: the gains of the modes are equal"
    base, bound = (None if v is None else str(v) for v in (law.base, law.bound))
    return Depth(law.layers, f"by {how}", winner, silent, base, bound)


def _law(M: Square, r: Fraction) -> _Law | None:
    """When the second component of ``M^L (1, r)`` is first <= 0; ``None`` when gains are not positive numbers.

    With gains ``(t + sqrt(d))/2 > (t - sqrt(d))/2 > 0`` the component is ``A g^L + B h^L``, A and B proportional to
    ``v' - h v`` and ``g v - v'``, where ``v, v'`` are its first two values.
    """
    (a, b), (c, d) = M
    trace, det = a + d, a * d - b * c
    square = trace**2 - 4 * det
    if square < 0 or det <= 0 or trace <= 0:
        return None
    first, second = r, c + d * r
    if square == 0:  # v_L = h^L (v + L (v'/h - v)), h = trace/2
        step = first - 2 * second / trace
        return _Law(ceil(first / step)) if step > 0 else _Law(None)
    p, q = trace / 2 * first - second, first / 2  # -A and B are p - q sqrt(square) and p + q sqrt(square)
    if not (p > 0 and p**2 > q**2 * square):
        return _Law(None)
    base = _ratio(trace, Fraction(1), square)
    bound = _ratio(p, q, square)
    return _Law(least_power(base, bound), base, bound)


def has_law(M: Square, r: Fraction) -> bool:
    """Whether the gains of both modes are positive numbers, so that rates are defined between whole layers too."""
    return _law(M, r) is not None


def _ratio(a: Fraction, b: Fraction, d: Fraction) -> Surd:
    """``(a + b sqrt(d))/(a - b sqrt(d))``."""
    under = a**2 - b**2 * d
    return Surd.of((a**2 + b**2 * d) / under, 2 * a * b / under, d)


def _silent_below(layer: NumericLayer, rho: Fraction) -> bool:
    """Whether at every ratio in ``(0, rho]`` one choice of pieces, with the second unit silent and the first not, holds
    the only equilibrium."""
    span = Span(Fraction(0), rho, (False, True))
    one, other = layer.units
    for cell in layer.cells:
        if cell.rates is not None and span.within(cell.span):
            silent = not cell.rates[0][other] and not cell.rates[1][other]
            return silent and cell.rates[0][one] > 0 and layer.alone(cell.places, span)
    return False


def _never(layer: NumericLayer, M: Square, r: Fraction) -> Depth | None:
    """No unit falls silent: the ratio stays, or tends to a fixed point through ratios with every population active."""
    assert layer.full is not None
    (a, b), (c, d) = M
    step = c + d * r - (a + b * r) * r  # has the sign of the change of the ratio
    here = Span(r, r, (True, True))
    if step == 0:
        fixed = layer.alone(layer.full, here)
        return Depth(None, f"the ratio {r} is a fixed point of the layer", never=True) if fixed else None
    limit = _fixed_point(M, step > 0, r)
    if limit is None and step < 0:
        return None
    span = Span(r, limit, (True, False)) if step > 0 else Span(limit or Fraction(0), r, (False, True))
    if not layer.alone(layer.full, span):
        return None
    where = "grows without end" if limit is None else f"tends to {_shown(limit)}"
    where = "tends to 0 and never reaches it" if limit == 0 else where
    return Depth(None, f"the ratio {where}; all populations stay active", never=True)


def _shown(limit: Fraction) -> str:
    return str(limit) if limit.denominator < 10**6 else f"about {float(limit):.6g}"


def _fixed_point(M: Square, upper: bool, start: Fraction) -> Fraction | None:
    """The next fixed point above or below a ratio that is none, or when it is irrational a rational number just beyond
    it (but not below 0); ``None``: there is none."""
    (a, b), (c, d) = M
    lone = [] if a == d else [(c / (a - d), c / (a - d))]  # of a map that is linear, b = 0
    ends = _roots(b, a - d, -c, start) if b else lone
    if upper:
        return min((high for low, high in ends if low > start), default=None)
    found = max((low for low, high in ends if high < start), default=None)
    return None if found is None or found < 0 else found


def _roots(a: Fraction, b: Fraction, c: Fraction, start: Fraction) -> list[tuple[Fraction, Fraction]]:
    """Enclosures of the real roots of ``a x^2 + b x + c`` that a number which is no root is outside of."""
    square = b**2 - 4 * a * c
    digits = 1
    while True:
        digits *= 10**20
        root = rational_root(square)
        below = isqrt(int(square * digits**2))
        low, high = (root, root) if root is not None else (Fraction(below, digits), Fraction(below + 1, digits))
        pairs = [tuple(sorted(((-b + s * low) / (2 * a), (-b + s * high) / (2 * a)))) for s in (1, -1)]
        ends = [(pair[0], pair[1]) for pair in pairs]
        if not any(e[0] <= start <= e[1] for e in ends):
            return ends


# -- one layer after the other ----------------------------------------------------------------------------------------


def _by_layers(
    layer: NumericLayer, one: Fraction, other: Fraction, limit: int, offsets: Sequence[tuple[Fraction, Fraction]] = ()
) -> Depth:
    """Every layer solved exactly; it ends with a silent unit, more than one equilibrium, a state that stays, or at the
    limit."""
    i, j = layer.units
    winner, silent = layer.layer.groups
    rest = None if layer.homogeneous and not offsets else resting(layer, offsets[-1] if offsets else (_ZERO, _ZERO))
    for count in range(1, limit + 1):
        if rest is not None and count >= len(offsets) and rest.holds(one, other):
            x, y = rest.inputs
            return Depth(None, f"the rates tend to {x} and {y}, and no population falls silent on the way", never=True)
        found = layer.found(one, other, offsets[min(count, len(offsets)) - 1] if offsets else (_ZERO, _ZERO))
        point = found[0] if len(found) == 1 else None
        if not isinstance(point, Point):
            return Depth(None, f"layer {count} {ambiguous(layer, found)}")
        x, y = point.state[i], point.state[j]
        if y <= 0 < x:
            return Depth(count, _solved(count), winner, silent)
        if x <= 0 < y:
            return Depth(count, _solved(count), silent, winner)
        if x <= 0:
            return Depth(None, f"both units are silent in layer {count}")
        if layer.homogeneous and not offsets:
            x, y = Fraction(1), y / x
        if (x, y) == (one, other) and count >= len(offsets):
            return Depth(None, f"layer {count} passes on what it receives: the ratio stays {y / x}", never=True)
        if max(y.numerator.bit_length(), x.numerator.bit_length()) > MOST_BITS:
            return Depth(None, f"more than {count} layers: the exact rates have more than {MOST_BITS} bits")
        one, other = x, y
    return Depth(None, f"more than {limit} layers, each solved exactly; pass a larger limit to look further")


def _solved(count: int) -> str:
    return "the layer was solved exactly" if count == 1 else f"{count} layers were solved exactly, one after the other"


def ambiguous(layer: NumericLayer, found: Sequence[Point | Family]) -> str:
    """What keeps a layer from having one answer, as the end of a sentence."""
    if not found:
        return "has no equilibrium"
    names = ", ".join(f"({layer.branch(e.places)})" for e in found)
    if any(isinstance(e, Family) for e in found):
        return f"has a continuum of equilibria, on {names}: which one is reached, its inputs do not say"
    return f"has {len(found)} equilibria, {names}: which one is reached depends on the past"
