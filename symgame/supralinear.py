"""Every equilibrium of a supralinear circuit with numbers, exactly: ``phi_i(z) = k_i [z - theta_i]_+^p_i``, p_i whole.

For each choice of active populations :mod:`symgame.supralinear_cases` leaves one rational polynomial f(v). Its real
roots are isolated, and a root v generates a field Q(v) that holds all other rates, the gains, and the coefficients of
the characteristic polynomial of the Jacobian. So the case's conditions, stability, type and Nash class are signs of
elements of that field: decided, on boundaries too. The list is complete, and a fold is a root with its multiplicity.

Nash. With W_ii the own weight and c what the others send, the own energy of population i is, up to a constant,

    E_i/k = p/(p+1) y^(p+1) - W_ii k y^(2p)/2 - (c - theta) y^p,   x_i = k y^p, y >= 0.

For p > 1 and W_ii > 0 it falls for ever, since 2p > p + 1: no rate is a best response. For W_ii <= 0 its derivative is
``k p y^(p-1)`` times the increasing ``y - W_ii k y^p - (c - theta)``: its one stationary rate is the best response. For
p = 1 it is convex when ``W_ii k <= 1`` and falls for ever otherwise. So the class of a rate needs no search: *global*
where a best response exists, else *local* where the curvature ``1/s_i - W_ii`` is positive or the rate is silent, else
*stationary*: at curvature 0 and p > 1 the energy has an inflection, and the rate is no minimum.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from itertools import product
from math import prod

import sympy
from flint import arb, fmpq, fmpq_poly

from symgame.certified_digits import rate_decimal
from symgame.circuit import Circuit
from symgame.errors import Unsupported
from symgame.groups import neurons
from symgame.numeric import Solution, Solutions, solutions
from symgame.supralinear_cases import PowerLaw, power_laws
from symgame.supralinear_numbers import RealRoot
from symgame.supralinear_points import RANKS, RATIONAL, Component, Continuum, Point, component_points
from symgame.supralinear_spectrum import Spectrum


@dataclass(frozen=True)
class SupralinearSolution(Solution):
    """An equilibrium whose rates are algebraic numbers; ``state`` holds them exactly where they are rational.

    ``multiplicity`` is that of the root of f: 2 on a fold, 3 on a cusp; ``determinant`` is the sign of det(I - S W).
    ``numbers`` are the rates and ``gains`` the slopes as polynomials in the root of their component.
    """

    multiplicity: int = 1
    determinant: int = 1
    numbers: tuple[tuple[RealRoot, fmpq_poly], ...] = field(default=(), repr=False)
    gains: tuple[tuple[RealRoot, fmpq_poly], ...] = field(default=(), repr=False)
    spectra: tuple[Spectrum, ...] = field(default=(), repr=False)

    @cached_property
    def eigenvalues(self) -> tuple[tuple[str, str], ...]:
        """Real and imaginary parts as decimals, largest real part first; none at a kink or on a continuum."""
        values = [value for part in self.spectra for value in part.values(self.digits)]
        values.sort(key=lambda value: (float(value.real), float(value.imag)), reverse=True)
        return tuple((_text(v.real, self.digits), _text(v.imag, self.digits)) for v in values)

    def rate(self, place: int, digits: int) -> arb:
        """The rate of one population in a ball of that many significant digits."""
        root, polynomial = self.numbers[place]
        return root.enclosure(polynomial, digits)


def supralinear_equilibria(circuit: Circuit, digits: int = 15) -> Solutions:
    """Every equilibrium of a numeric supralinear circuit, fewest active populations first; the list is complete.

    ``stable`` is true when every eigenvalue has a negative real part; at a degenerate equilibrium with one eigenvalue
    0, the others negative, when its index is 1, since the flow on the centre manifold decides there. It is false when
    an eigenvalue has a positive real part, or the index is not 1 (an asymptotically stable equilibrium has index 1).
    It is ``None`` where this leaves it open: on the imaginary axis, and on the kink of a population with p = 1.

    Raises :class:`~symgame.errors.Unsupported` for symbols without a value, irrational numbers, other activations, and
    circuits of three and more populations in which no active one determines the others row after row.

    Source of the reduction: N. Kraynyukova and T. Tchumatchenko, PNAS 115 (2018) 3464; of the index: M. A.
    Krasnosel'skii and P. P. Zabreiko, Geometrical Methods of Nonlinear Analysis (1984); of the flow at an eigenvalue 0:
    J. Carr, Applications of Centre Manifold Theory (1981).

    >>> from symgame.kinds import activation
    >>> law = activation("power", k=Fraction(3, 10), p=2)
    >>> pair = Circuit.from_matrix([["5/4", "-13/20"], ["6/5", "-1/2"]], names="EI", u=[2, 2], tau=[20, 10],
    ...                            activation=law)
    >>> [(e.branch, round(float(e.state["E"]), 6), e.type, e.stable) for e in supralinear_equilibria(pair).equilibria]
    [('E,I', 3.260896, 'node', True)]
    """
    circuit = neurons(circuit.fixed())
    laws = power_laws(circuit)
    if circuit.symbols:
        raise Unsupported(
            f"these symbols have no value: {', '.join(circuit.symbols)}; give them in [values] or by --set, or ask for "
            f"symgame.supralinear_polynomials, which keeps them"
        )
    if all(law.p == 1 for law in laws):
        return solutions(circuit, digits)
    whole = _in_numbers(circuit, laws)
    groups = _coupled(whole)
    found = [list(component_points(_component(whole, group))) for group in groups]
    rows = [_solution(whole, groups, chosen, digits) for chosen in product(*found)]
    place = {name: i for i, name in enumerate(circuit.names)}
    rows.sort(key=lambda row: (len(row.active), [place[n] for n in row.active], list(row.state.values())))
    return Solutions(circuit, True, tuple(rows))


def solved_exactly(circuit: Circuit, digits: int = 15) -> Solutions | None:
    """The equilibria of :func:`supralinear_equilibria`, or ``None`` for a circuit that is not of its class."""
    if all(p.activation.pieces is not None for p in circuit.populations):
        return None
    try:
        return supralinear_equilibria(circuit, digits)
    except Unsupported:
        return None


def _in_numbers(circuit: Circuit, laws: Sequence[PowerLaw]) -> Component:
    return Component(
        circuit.names,
        tuple(tuple(_rational(v) for v in row) for row in circuit.entries),
        tuple(_rational(p.input) - _rational(law.threshold) for p, law in zip(circuit.populations, laws, strict=True)),
        tuple(_rational(law.k) for law in laws),
        tuple(law.p for law in laws),
        tuple(1 / _rational(p.tau) for p in circuit.populations),
    )


def _rational(value: sympy.Expr) -> fmpq:
    if not value.is_Rational:
        raise Unsupported(f"{value} is not a rational number; exact polynomials take rational parameters")
    return fmpq(int(value.p), int(value.q))


def _coupled(s: Component) -> list[tuple[int, ...]]:
    """The populations in groups that no weight connects, in either direction."""
    left, found = list(range(len(s.names))), []
    while left:
        group, fresh = {left[0]}, {left[0]}
        while fresh:
            fresh = {b for a in fresh for b in left if b not in group and (s.W[a][b] or s.W[b][a])}
            group |= fresh
        left = [a for a in left if a not in group]
        found.append(tuple(sorted(group)))
    return found


def _component(s: Component, group: tuple[int, ...]) -> Component:
    return Component(
        tuple(s.names[a] for a in group),
        tuple(tuple(s.W[a][b] for b in group) for a in group),
        tuple(s.h[a] for a in group),
        tuple(s.k[a] for a in group),
        tuple(s.p[a] for a in group),
        tuple(s.decay[a] for a in group),
    )


# -- one equilibrium of the whole circuit -----------------------------------------------------------------------------


def _solution(
    s: Component, groups: Sequence[tuple[int, ...]], parts: Sequence[Point | Continuum], digits: int
) -> SupralinearSolution:
    active = sorted(group[a] for group, part in zip(groups, parts, strict=True) for a in part.active)
    names = tuple(s.names[a] for a in active)
    points = [part for part in parts if isinstance(part, Point)]
    if len(points) < len(parts):
        said = "; ".join(
            _said(_component(s, group), part) for group, part in zip(groups, parts, strict=True) if part.active
        )
        return SupralinearSolution(
            ",".join(names), names, (), {}, False, None, "continuum", None, None,
            f"a continuum of equilibria: {said}", digits=digits, determinant=0,
        )  # fmt: skip
    numbers, slopes = ([(RATIONAL, fmpq_poly([0]))] * len(s.names) for _ in range(2))
    for group, point in zip(groups, points, strict=True):
        for a, rate, gain in zip(group, point.rates, point.gains, strict=True):
            numbers[a], slopes[a] = (point.root, rate), (point.root, gain)
    rates = {name: _decimal(*number, digits) for name, number in zip(s.names, numbers, strict=True)}
    inexact = any(radius for _, radius in rates.values())
    spectra = tuple(point.spectrum for point in points if point.spectrum is not None)
    strict = len(spectra) == len(points)
    indices = [point.index for point in points if point.index is not None]
    index = prod(indices) if len(indices) == len(points) else None
    return SupralinearSolution(
        branch=",".join(names),
        active=names,
        saturated=(),
        state={name: Fraction(text) for name, (text, _) in rates.items()},
        strict=strict,
        stable=_stable(spectra, index) if strict else None,
        type=_type(spectra) if strict else "kink",
        index=index,
        nash=max((point.nash for point in points), key=RANKS.index),
        digits=digits,
        decimals={name: text for name, (text, _) in rates.items()} if inexact else {},
        radii={name: radius for name, (_, radius) in rates.items()},
        slopes={name: _decimal(*g, digits)[0] for name, g in zip(s.names, slopes, strict=True)} if strict else {},
        multiplicity=prod(point.multiplicity for point in points),
        determinant=prod(point.determinant for point in points),
        numbers=tuple(numbers),
        gains=tuple(slopes),
        spectra=spectra if strict else (),
    )


def _decimal(root: RealRoot, value: fmpq_poly, digits: int) -> tuple[str, Fraction]:
    """An element of the field, exact when it is rational, else to that many significant digits; and the error."""
    if value.degree() <= 0:
        return str(value[0]), Fraction(0)
    return rate_decimal(root.enclosure(value, digits + 5), digits)


def _stable(spectra: Sequence[Spectrum], index: int | None) -> bool | None:
    axis, right, zero = (sum(getattr(part, name) for part in spectra) for name in ("axis", "right", "zero"))
    if right or (index is not None and index != 1):
        return False
    if axis == 0 or (axis == zero == 1 and index == 1):
        return True
    return None


def _type(spectra: Sequence[Spectrum]) -> str:
    """node, focus, saddle, center or non-hyperbolic, as :func:`symgame.spectrum.spectral_type` names them."""
    left, axis, right, zero = (sum(getattr(part, n) for part in spectra) for n in ("left", "axis", "right", "zero"))
    if axis:
        return "center" if (axis, left + right, zero) == (2, 0, 0) else "non-hyperbolic"
    if left and right:
        return "saddle"
    return "node" if all(part.real for part in spectra) else "focus"


def _said(s: Component, part: Point | Continuum) -> str:
    """The rates of a part in words; those of a continuum as polynomials in v."""
    if isinstance(part, Continuum):
        v = sympy.Symbol("v")
        rates = ", ".join(f"x_{s.names[a]} = {_polynomial(part.rates[a], v)}" for a in part.active)
        return (
            f"{rates}, where v > 0 is what {s.names[part.driver]} receives above threshold, as long as active "
            f"populations are above threshold and silent ones are not"
        )
    return ", ".join(f"x_{s.names[a]} = {_decimal(part.root, part.rates[a], 15)[0]}" for a in part.active)


def _text(ball: arb, digits: int) -> str:
    return "0" if ball == 0 else str(ball.str(digits, radius=False))


def _polynomial(p: fmpq_poly, v: sympy.Symbol) -> str:
    return str(sympy.Add(*(sympy.Rational(int(c.p), int(c.q)) * v**n for n, c in enumerate(p.coeffs()))))
