"""What one layer makes of the ratio of two inputs: a Möbius map, its modes, and the coordinate that makes it linear.

A layer is a circuit whose inputs are proportional to the rates of the layer below. With every population active its
output is linear in its input, ``x = M y + c`` for two units (or two groups of like units), so that without c the ratio
``r = y_2/y_1`` obeys ``r' = (M_21 + M_22 r)/(M_11 + M_12 r)``. A left eigenvector ``l`` of M, ``l M = g l``, is a
*mode*: a combination of the two rates that every layer multiplies by its gain g. The quotient of two modes is a
coordinate of the ratio in which a layer is a multiplication:

    w(r) = (l_1 + l_2 r)/(m_1 + m_2 r),    w(r') = (g/h) w(r)        for  l M = g l,  m M = h m.

The fixed points of the ratio are the zeros of the two modes. Gains are roots of ``g^2 - tr(M) g + det(M)``, rational in
the symbols when its discriminant is a square, as it is for units that may be exchanged.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import isqrt

from symgame.algebra import Algebra
from symgame.branches import Branch, full_branch
from symgame.circuit import Circuit
from symgame.condition import Condition
from symgame.errors import Unsupported
from symgame.layer_units import Group, Layer, Units, layer_of, two
from symgame.notation import exact
from symgame.properties.response import response
from symgame.ring import FRESH, Poly, Quotient, coefficients, from_sympy, poly_text
from symgame.solve import quotient_text, ratio_text

Pair = tuple[Quotient, Quotient]


@dataclass(frozen=True)
class Mode:
    """``over . y`` is multiplied by ``gain`` in each layer: ``over M = gain over``, in the circuit's ring."""

    over: Pair
    gain: Quotient

    @property
    def zero(self) -> Quotient | None:
        """The ratio at which the mode vanishes, a fixed point of the map; ``None`` is the ratio without first unit."""
        one, other = self.over
        return None if other.is_zero else -(one / other)

    def __str__(self) -> str:
        return f"{_linear(*self.over)} times {formula(self.gain)}"


@dataclass(frozen=True)
class ContrastMap:
    """``x = matrix y + offset`` on the branch with every population active, and what follows for the ratio.

    All are quotients in the ring of ``layer.circuit``; they hold where the determinant of the branch is not 0, and
    describe the layer where :attr:`active` holds.
    """

    layer: Layer
    branch: Branch
    matrix: tuple[Pair, Pair]
    offset: Pair

    @property
    def _algebra(self) -> Algebra:
        return self.branch.algebra

    @property
    def units(self) -> tuple[Group, Group]:
        return self.layer.groups

    @cached_property
    def active(self) -> Condition:
        """When the branch exists, in the inputs from below: nobody is silent, nobody saturated."""
        return self.branch.exists

    @property
    def homogeneous(self) -> bool:
        """Whether on this branch the outputs are proportional to the inputs: the ratio below decides that above."""
        return self.offset[0].is_zero and self.offset[1].is_zero

    @property
    def threshold(self) -> Quotient | None:
        """The ratio ``rho`` at which the rate of the second unit reaches 0 on this branch; ``None``: at no ratio.

        ``M_21 + M_22 rho = 0``: it is the preimage of 0. Whether unit 2 is silent below it is a question about the
        branches of the layer (:mod:`symgame.ratio_branches`). Without offsets only.
        """
        self._needs_ratio()
        (_, _), (one, other) = self.matrix
        return None if other.is_zero else -(one / other)

    @property
    def input_offset(self) -> Pair | None:
        """``M^{-1} offset``: what the inputs that do not come from below amount to, as offsets of those that do."""
        (a, b), (c, d) = self.matrix
        det = a * d - b * c
        if det.is_zero:
            return None
        one, other = self.offset
        return (d * one - b * other) / det, (a * other - c * one) / det

    def image(self, ratio: Quotient) -> Quotient:
        """The ratio one layer up. Without offsets only; raises ``ZeroDivisionError`` where the first rate is 0."""
        self._needs_ratio()
        (a, b), (c, d) = self.matrix
        return (c + d * ratio) / (a + b * ratio)

    def _needs_ratio(self) -> None:
        if not self.homogeneous:
            raise Unsupported(
                "with inputs that do not come from the layer below, or activations with a threshold, the ratio below "
                "does not decide the ratio above; ask for depth with the input of the leader, which goes layer by layer"
            )

    @property
    def characteristic(self) -> tuple[Quotient, Quotient]:
        """Trace and determinant of M: the gains of the modes are the roots of ``g^2 - trace g + determinant``."""
        (a, b), (c, d) = self.matrix
        return a + d, a * d - b * c

    @property
    def discriminant(self) -> Quotient:
        trace, det = self.characteristic
        return trace * trace - self._algebra.ring.quotient(4) * det

    @cached_property
    def modes(self) -> tuple[Mode, Mode] | None:
        """The two modes when their gains are rational in the symbols and differ, else ``None``.

        The second is the difference of the two rates when that is a mode, else, of numbers, the one with the greater
        gain. Verified: :attr:`linearised`.
        """
        root = square_root(self.discriminant)
        if root is None or root.is_zero:
            return None
        trace, _ = self.characteristic
        half = self._algebra.ring.quotient(1) / self._algebra.ring.quotient(2)
        first, second = (self._mode((trace + r) * half) for r in (-root, root))
        if (first.over[0] + first.over[1]).is_zero:
            first, second = second, first
        return first, second

    def _mode(self, gain: Quotient) -> Mode:
        (a, b), (c, d) = self.matrix
        row = (c, gain - a)
        if row[0].is_zero and row[1].is_zero:
            row = (gain - d, b)
        if row[0].is_zero and row[1].is_zero:  # M is a multiple of 1; not reached when the gains differ
            row = (self._algebra.one, self._algebra.zero)
        one, other = _coprime(row)
        return Mode((one, other), gain)

    @property
    def factor(self) -> Quotient | None:
        """What a layer multiplies the coordinate by: the gain of the first mode over that of the second."""
        return None if self.modes is None else self.modes[0].gain / self.modes[1].gain

    def coordinate(self, ratio: Quotient) -> Quotient:
        """``w(ratio)``: the first mode over the second. Raises :class:`~symgame.errors.Unsupported` without modes."""
        if self.modes is None:
            raise Unsupported("the gains of the modes are not rational in the symbols; there is no rational coordinate")
        (a, b), (c, d) = (mode.over for mode in self.modes)
        return (a + b * ratio) / (c + d * ratio)

    def at_coordinate(self, w: Quotient) -> Quotient:
        """The ratio with that coordinate."""
        if self.modes is None:
            raise Unsupported("the gains of the modes are not rational in the symbols; there is no rational coordinate")
        (a, b), (c, d) = (mode.over for mode in self.modes)
        return (c * w - a) / (b - d * w)

    @property
    def fixed(self) -> tuple[str, ...]:
        """The real fixed points of the ratio, as formulas; with a root where they are not rational in the symbols, real
        where what is under it is >= 0."""
        number = self.discriminant.number
        if number is not None and number < 0:
            return ()
        if self.modes is not None:
            return tuple(formula(m.zero) for m in reversed(self.modes) if m.zero is not None)
        (a, b), (c, d) = self.matrix
        if b.is_zero:
            return () if (a - d).is_zero else (formula(c / (a - d)),)
        A, B, C = _coprime((b, a - d, -c))
        if self.discriminant.is_zero:
            return (formula(-B / (A + A)),)
        outside, inside = _square_parts((B * B - self._algebra.ring.quotient(4) * A * C).over)
        one = self._algebra.one.over
        middle, scale = -B / (A + A), Quotient(outside, one) / (A + A)
        top = "" if scale.over.is_one() else f"{_factor(scale.over)}*"
        root = f"{top}sqrt({poly_text(inside)})" + ("" if scale.under.is_one() else f"/{_factor(scale.under)}")
        if middle.is_zero:
            return f"-{root}", root
        return tuple(f"{formula(middle)} {sign} {root}" for sign in "-+")

    @cached_property
    def linearised(self) -> bool:
        """``w(r') = factor w(r)``, verified for every ratio as an identity of polynomials.

        Without rational modes the gain is a letter, and the identity ``l M = g l`` is verified modulo its equation.
        """
        self._needs_ratio()
        ring = self._algebra.ring
        if self.modes is not None:
            r = ring.of(FRESH[0])
            return self.coordinate(self.image(r)) == self.modes[0].gain / self.modes[1].gain * self.coordinate(r)
        g = ring.of(FRESH[1])
        (a, b), (c, d) = self.matrix
        trace, det = self.characteristic
        row = (c, g - a)
        rest = (row[0] * a + row[1] * c - g * row[0], row[0] * b + row[1] * d - g * row[1])
        equation = g * g - trace * g + det
        return all(q.is_zero or (q / equation).under.degrees()[_place(q, FRESH[1])] == 0 for q in rest)


def contrast_map(circuit: Circuit, units: Units | None = None, gains: Sequence[object] = (1, 1)) -> ContrastMap:
    """The map of a layer from the outputs below to its own, with every population active.

    ``units`` are two output populations, by name, or two groups of like ones; left out, they are the two excitatory
    populations (without types: the two with an input), or two groups of them with equal inputs. Their inputs come
    from the outputs below, times ``gains``; all other inputs of the circuit stay. The first unit is the leader: ratios
    are second over first. Gains that are equal multiply M by a number and leave the map of the ratio as it is.

    Raises :class:`~symgame.errors.CircuitError` for units that cannot be told or are not alike within a group,
    :class:`~symgame.errors.Unsupported` for activations that are not piecewise linear, or a determinant that is 0.

    >>> pair = Circuit.from_matrix([["a", "-b"], ["-b", "a"]], names=["L", "R"], assume=["a < 1", "b > 0"])
    >>> found = contrast_map(pair)
    >>> formula(found.threshold), found.fixed, found.linearised
    ('b/(1 - a)', ('1', '-1'), True)
    >>> [str(mode) for mode in found.modes]
    ['1 + r times 1/(1 - a + b)', '1 - r times 1/(1 - a - b)']
    """
    layer = layer_of(circuit, units, gains)
    branch = full_branch(layer.circuit)
    if branch.determinant.is_zero:
        raise Unsupported("det(I - W) with every population active is 0: there is no map from inputs to rates")
    f = [_gain(value, branch.algebra) for value in two(gains, "gains")]
    rows = [tuple(response(branch, i, j) * g for j, g in zip(layer.units, f, strict=True)) for i in layer.units]
    silent = [branch.rate(i) for i in layer.units]
    for name in layer.inputs:
        silent = [_without(q, name) for q in silent]
    return ContrastMap(layer, branch, ((rows[0][0], rows[0][1]), (rows[1][0], rows[1][1])), (silent[0], silent[1]))


def _gain(value: object, a: Algebra) -> Quotient:
    return from_sympy(exact(value, "a feedforward gain"), a.ring)


# -- quotients --------------------------------------------------------------------------------------------------------


def square_root(q: Quotient) -> Quotient | None:
    """A quotient whose square is q, as a polynomial identity; ``None`` when there is none.

    >>> from symgame.ring import Ring
    >>> R = Ring(("a", "b"))
    >>> a, b = R.of("a"), R.of("b")
    >>> str(square_root((a + b) * (a + b) / (b * b))), square_root(a * b)
    ('(a + b)/b', None)
    """
    parts = [_root(p) for p in (q.over, q.under)]
    return None if parts[0] is None or parts[1] is None else Quotient(parts[0], parts[1])


def _root(p: Poly) -> Poly | None:
    if p == 0:
        return p
    content, factors = p.factor()
    number = int(content)
    if number < 0 or isqrt(number) ** 2 != number or any(int(power) % 2 for _, power in factors):
        return None
    root = p.context().constant(isqrt(number))
    for factor, power in factors:
        root *= factor ** (int(power) // 2)
    return root


def _coprime(row: Sequence[Quotient]) -> tuple[Quotient, ...]:
    """The row times a common factor, so that its entries are polynomials without a common divisor; the first that is
    not 0 begins with a positive term."""
    one = row[0].over * 0 + 1
    under = one
    for q in row:
        under = under * q.under // under.gcd(q.under)
    scaled = [q.over * (under // q.under) for q in row]
    common = scaled[0] * 0
    for p in scaled:
        common = common.gcd(p)
    parts = [p // common for p in scaled]
    head = next(p for p in parts if p != 0)
    return tuple(Quotient(p if _leading(head) > 0 else -p, one) for p in parts)


def _square_parts(p: Poly) -> tuple[Poly, Poly]:
    """``p = outside^2 inside``: squares of polynomials and small numbers taken out, so that
    ``sqrt(p) = |outside| sqrt(inside)``."""
    content, factors = p.factor()
    number, root = int(content), 1
    for k in range(2, 100):
        while number % (k * k) == 0:
            number, root = number // (k * k), root * k
    outside, inside = p.context().constant(root), p.context().constant(number)
    for factor, power in factors:
        outside, inside = outside * factor ** (int(power) // 2), inside * factor ** (int(power) % 2)
    return outside, inside


def _factor(p: Poly) -> str:
    text = poly_text(p)
    return f"({text})" if len(p) > 1 or "*" in text or text.startswith("-") else text


def _without(q: Quotient, name: str) -> Quotient:
    """A quotient at 0 for a name that its denominator does not hold."""
    return Quotient(coefficients(q.over, name)[0], q.under)


def _place(q: Quotient, name: str) -> int:
    return int(q.over.context().variable_to_index(name))


def formula(q: Quotient) -> str:
    """The quotient as a formula, its denominator beginning with a positive term.

    >>> from symgame.ring import Ring
    >>> R = Ring(("a",))
    >>> formula(R.of("a") / (R.quotient(1) - R.of("a")))
    'a/(1 - a)'
    """
    if q.under.is_constant() or _leading(q.under) > 0:
        return quotient_text(q)
    one = q.over * 0 + 1
    return ratio_text(Quotient(-q.over, one), Quotient(-q.under, one))


def _leading(p: Poly) -> int:
    """The coefficient of the term that is written first."""
    return int(min(p.to_dict().items(), key=lambda item: (sum(item[0]), tuple(-e for e in item[0])))[1])


def _linear(constant: Quotient, slope: Quotient) -> str:
    """``constant + slope r`` as a formula."""
    if slope.is_zero:
        return str(constant)
    text = poly_text(slope.over)
    text = f"({text})*r" if len(slope.over) > 1 else {"1": "r", "-1": "-r"}.get(text, f"{text}*r")
    if constant.is_zero:
        return text
    return f"{constant} - {text[1:]}" if text.startswith("-") else f"{constant} + {text}"
