"""Every equilibrium of a circuit whose symbols all have values: exact states, exact stability, certified
eigenvalues."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import lcm

import flint
import sympy

from symgame.algebra import algebra
from symgame.branches import Branch, equilibria
from symgame.circuit import Circuit
from symgame.condition import FALSE, TRUE, Condition
from symgame.errors import Unsupported
from symgame.properties import count, nash, stability
from symgame.ring import Quotient, Ring, characteristic_polynomial, value_at
from symgame.tables import formula, joined, table


@dataclass(frozen=True)
class Solution:
    """One equilibrium, or one continuum of them (``type == "continuum"``, no state, a description instead)."""

    branch: str
    active: tuple[str, ...]
    saturated: tuple[str, ...]
    state: dict[str, Fraction]
    strict: bool
    stable: bool | None
    type: str
    eigenvalues: tuple[tuple[str, str], ...]
    index: int | None
    nash: str | None
    description: str = ""


@dataclass(frozen=True)
class Solutions:
    """All equilibria; ``complete`` because every branch of a piecewise-linear circuit was decided exactly."""

    circuit: Circuit
    complete: bool
    equilibria: tuple[Solution, ...]

    def _repr_html_(self) -> str:
        names = self.circuit.presentation.expanded
        stable = {True: "stable", False: "unstable", None: "not decided"}
        rows = [
            (
                f"({e.branch})",
                joined(formula(f"x({n}) = {v}", names) for n, v in e.state.items()) if e.state else e.description,
                e.type,
                stable[e.stable],
                e.nash or "",
            )
            for e in self.equilibria
        ]
        return table(("branch", "state", "type", "stability", "Nash"), rows, self.circuit.name).source


def free_symbols(circuit: Circuit) -> tuple[str, ...]:
    """The symbols that have no value yet."""
    return circuit.fixed().symbols


def solutions(circuit: Circuit, digits: int = 15) -> Solutions:
    """Every equilibrium of a numeric piecewise-linear circuit, exactly.

    A boundary equilibrium (a total input on a kink) is reported once, with ``stable=None`` and type ``kink``: the flow
    there is not linear, and this version proves nothing about it (nor its index).
    Raises :class:`~symgame.errors.Unsupported` when symbols are left or an activation is not piecewise linear.

    >>> c = Circuit.from_matrix([["5/2", "-5/2"], ["3/2", "-7/10"]], names="EI", u=["1/2", 0], tau=[10, 5])
    >>> [(e.branch, e.state["E"], e.type, e.nash) for e in solutions(c).equilibria]
    [('E,I', Fraction(17, 24), 'focus', 'stationary')]
    """
    circuit = circuit.fixed()
    if circuit.symbols:
        raise Unsupported(
            f"these symbols have no value: {', '.join(circuit.symbols)}; give them in [values] or by --set"
        )
    algebra(circuit).linear_pieces()
    found = []
    for branch in equilibria(circuit):
        if _true(branch.exists):
            found.append(_isolated(branch, digits))
        if _true(branch.continuum):
            found.append(_continuum(branch))
    return Solutions(circuit, True, tuple(found))


def _true(c: Condition) -> bool:
    if c not in (TRUE, FALSE):
        raise Unsupported(f"a condition did not come out as true or false: {c}")
    return c == TRUE


def rational(q: Quotient) -> Fraction:
    """The number that a quotient without symbols is."""
    return value_at(q.over, {}) / value_at(q.under, {})


def _labelled(branch: Branch, *labels: str) -> tuple[str, ...]:
    return tuple(n for n, p in zip(branch.circuit.names, branch.pieces, strict=True) if p.label in labels)


def _isolated(branch: Branch, digits: int) -> Solution:
    a = branch.algebra
    state = {name: rational(branch.rate(i)) for i, name in enumerate(branch.circuit.names)}
    strict = _true(branch.strict)
    full = stability.jacobian(a, branch.slopes)
    polynomial = [rational(c) for c in characteristic_polynomial(full, a.ring)]
    kind = "global" if _true(nash.nash(branch)) else "local" if _true(nash.local_nash(branch)) else "stationary"
    return Solution(
        branch=branch.name,
        active=tuple(n for n in branch.circuit.names if state[n] > 0 and n not in _labelled(branch, "saturated")),
        saturated=_labelled(branch, "saturated"),
        state=state,
        strict=strict,
        stable=_true(stability.hurwitz(branch)) if strict else None,
        type=spectral_type(polynomial) if strict else "kink",
        eigenvalues=eigenvalues(polynomial, digits) if strict else (),
        index=(1 if rational(branch.determinant) > 0 else -1) if strict else None,
        nash=kind,
    )


def _continuum(branch: Branch) -> Solution:
    """The solution set of the singular block, written with one parameter per dimension of its kernel."""
    block = sympy.Matrix([[_sympy(e) for e in row] for row in branch.block])
    right = sympy.Matrix([_sympy(b) for b in branch.right_side])
    names = [branch.circuit.names[i] for i in branch.increasing]
    unknowns = [sympy.Symbol(f"x_{n}") for n in names]
    (point,) = sympy.linsolve((block, right), *unknowns)
    written = ", ".join(
        f"x_{n} free" if value == unknown else f"x_{n} = {value}"
        for n, unknown, value in zip(names, unknowns, point, strict=True)
    )
    inside = "inside the piece of every population"
    return Solution(
        branch.name,
        tuple(names),
        _labelled(branch, "saturated"),
        {},
        False,
        None,
        "continuum",
        (),
        None,  # the index belongs to a closed set of equilibria, and this one may end in kinks that are listed apart
        None,
        f"a continuum of equilibria: {written}, as long as the total inputs stay {inside}",
    )


def _sympy(q: Quotient) -> sympy.Rational:
    value = rational(q)
    return sympy.Rational(value.numerator, value.denominator)


@dataclass(frozen=True)
class Coinciding:
    """An input with two equilibria, both verified exactly: the witness that a circuit is not unique for every input."""

    input: dict[str, Fraction]
    states: tuple[dict[str, Fraction], dict[str, Fraction]]


def coinciding(circuit: Circuit) -> Coinciding | None:
    """An input with two equilibria for numeric rectified weights, or ``None`` when I - W is a P-matrix.

    From :func:`symgame.properties.count.coincidences`: a set of rates with a principal minor <= 0, and the input
    ``A z^+ - (A z)^+``, scaled below the caps. Raises :class:`~symgame.errors.Unsupported` for other activations, or
    when weights or caps are not numbers.

    >>> found = coinciding(Circuit.from_matrix([[2]], names="E"))
    >>> found.input, found.states
    ({'E': Fraction(-1, 1)}, ({'E': Fraction(1, 1)}, {'E': Fraction(0, 1)}))
    """
    circuit = circuit.fixed()
    a = algebra(circuit)
    if not count.rectified(a):
        raise Unsupported("coinciding inputs are built for ReLU activations with gain 1, with or without a cap")
    matrix = a.interaction()
    caps = [row[2].intercept if len(row) == 3 else None for row in a.linear_pieces()]
    given = [entry for row in matrix for entry in row] + [cap for cap in caps if cap is not None]
    if any(not (q.over.is_constant() and q.under.is_constant()) for q in given):
        raise Unsupported("weights and caps must be numbers; give them in [values] or by --set")
    A = [[rational(entry) for entry in row] for row in matrix]
    n = len(A)
    for family in count.coincidences(a):
        if family.when != TRUE:
            continue
        z = [rational(q) for q in family.z]
        bounds = [rational(cap) / (2 * abs(v)) for cap, v in zip(caps, z, strict=True) if cap is not None and v != 0]
        scale = min([Fraction(1), *bounds])
        plus, minus = [max(v * scale, Fraction(0)) for v in z], [max(-v * scale, Fraction(0)) for v in z]
        Az = [sum((A[i][j] * z[j] * scale for j in range(n)), Fraction(0)) for i in range(n)]
        u = [sum((A[i][j] * plus[j] for j in range(n)), Fraction(0)) - max(Az[i], Fraction(0)) for i in range(n)]
        for x in (plus, minus):
            for i in range(n):
                total = u[i] + x[i] - sum((A[i][j] * x[j] for j in range(n)), Fraction(0))
                if max(total, Fraction(0)) != x[i]:
                    raise ArithmeticError("a coinciding input failed its exact verification")  # pragma: no cover
        names = circuit.names
        return Coinciding(
            dict(zip(names, u, strict=True)),
            (dict(zip(names, plus, strict=True)), dict(zip(names, minus, strict=True))),
        )
    return None


# -- spectra ----------------------------------------------------------------------------------------------------------


def _integral(polynomial: list[Fraction]) -> flint.fmpz_poly:
    scale = lcm(*(c.denominator for c in polynomial))
    return flint.fmpz_poly([int(c * scale) for c in reversed(polynomial)])


def eigenvalues(polynomial: list[Fraction], digits: int) -> tuple[tuple[str, str], ...]:
    """The roots, as decimals that carry all the digits asked for: certified balls, refined until they do."""
    p = _integral(polynomial)
    before = flint.ctx.dps
    try:
        for precision in (digits + 10, 2 * digits + 30, 4 * digits + 100):
            flint.ctx.dps = precision
            rows = [(root.real, root.imag) for root, power in p.complex_roots() for _ in range(power)]
            if all(part.rel_accuracy_bits() > 3.33 * digits or part == 0 for row in rows for part in row):
                break
        rows.sort(key=lambda row: (float(row[0]), float(row[1])), reverse=True)
        return tuple((_decimal(re, digits), _decimal(im, digits)) for re, im in rows)
    finally:
        flint.ctx.dps = before


def _decimal(ball: flint.arb, digits: int) -> str:
    if ball == 0 or ball.contains(0):
        return "0"
    return str(ball.str(digits, radius=False))


def on_imaginary_axis(polynomial: list[Fraction]) -> bool:
    """Whether a real polynomial has a root ``i w``: even and odd part share a root ``y = w^2 >= 0``. Exact."""
    ascending = list(reversed(polynomial))
    y = sympy.Symbol("y")
    even = sum((-1) ** k * _rational(c) * y**k for k, c in enumerate(ascending[0::2]))
    odd = sum((-1) ** k * _rational(c) * y**k for k, c in enumerate(ascending[1::2]))
    if ascending[0] == 0:
        return True
    common = sympy.Poly(sympy.gcd(even, odd), y)
    return bool(common.degree() > 0 and common.count_roots(0, None) > 0)


def _rational(c: Fraction) -> sympy.Rational:
    return sympy.Rational(c.numerator, c.denominator)


def _all_left(polynomial: list[Fraction]) -> bool:
    """Every root has negative real part: Routh and Hurwitz on exact numbers."""
    ring = Ring(("s",))
    numbers = stability.routh_hurwitz([ring.quotient(c) for c in polynomial], ring)
    return all(rational(q) > 0 for q in numbers)


def spectral_type(polynomial: list[Fraction]) -> str:
    """node, focus, saddle, center or non-hyperbolic, from exact root counts of the characteristic polynomial."""
    s = sympy.Symbol("s")
    exact = sympy.Poly([_rational(c) for c in polynomial], s)
    real = sum(power for factor, power in exact.sqf_list()[1] for _ in range(factor.count_roots()))
    degree = len(polynomial) - 1
    if on_imaginary_axis(polynomial):
        return "center" if degree == 2 and polynomial[-1] > 0 else "non-hyperbolic"
    if not _all_left(polynomial) and not _all_left([c * (-1) ** k for k, c in enumerate(polynomial)]):
        return "saddle"
    return "node" if real == degree else "focus"
