"""Every equilibrium of a circuit whose symbols all have values: exact states, exact stability, certified
eigenvalues. With a smooth activation: states in decimals with a proved radius, stability proved on balls."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from math import lcm, log10, prod
from typing import Any

import sympy

from symgame.algebra import algebra
from symgame.best_rate import OwnEnergy, nash_class
from symgame.cascade import stable_on_kinks
from symgame.cells import Family, Line, Point, System
from symgame.certified import CertifiedPoint, certified_points
from symgame.certified_digits import eigenvalue_texts, rate_decimal, rounded_up
from symgame.circuit import Circuit
from symgame.condition import TRUE
from symgame.enumeration import BUDGET, Account, equilibria
from symgame.errors import Unsupported
from symgame.groups import neurons
from symgame.properties import count
from symgame.ring import Quotient, value_at
from symgame.spectrum import all_left, characteristic, eigenvalues, spectral_type
from symgame.syntax import PIECE_MARK
from symgame.tables import Cell, formula, joined, table

__all__ = [
    "Coinciding", "Solution", "Solutions", "Writer", "coinciding", "eigenvalues", "free_symbols", "index_sum",
    "rational", "solutions", "spectral_type", "stream", "system",
]  # fmt: skip

#: Beyond this many populations an enumeration is refused unless a budget is given.
MOST_POPULATIONS = 30


@dataclass(frozen=True)
class Solution:
    """One equilibrium, or one continuum of them (``type == "continuum"``, no state, a description instead).

    ``polynomial`` is the characteristic polynomial of the Jacobian, leading coefficient first; ``eigenvalues`` are
    computed from it, to ``digits`` digits, when they are asked for.

    With a smooth activation no state is exact: ``decimals`` are the rates to ``digits`` significant digits, ``state``
    the same as fractions, ``radii`` how far each may be off at most (0: it is exact), ``slopes`` are phi' to as many
    digits and ``spectrum`` is what ``eigenvalues`` yields. The circuit has exactly one equilibrium within these radii.
    What is not decided is ``None``, and the type ``"undecided"``; ``description`` then says why.
    """

    branch: str
    active: tuple[str, ...]
    saturated: tuple[str, ...]
    state: dict[str, Fraction]
    strict: bool
    stable: bool | None
    type: str
    index: int | None
    nash: str | None
    description: str = ""
    polynomial: tuple[Fraction, ...] = field(default=(), repr=False)
    digits: int = 15
    decimals: dict[str, str] = field(default_factory=dict)
    radii: dict[str, Fraction] = field(default_factory=dict)
    slopes: dict[str, str] = field(default_factory=dict)
    spectrum: tuple[tuple[str, str], ...] = field(default=(), repr=False)

    @cached_property
    def eigenvalues(self) -> tuple[tuple[str, str], ...]:
        """Real and imaginary parts as decimals, largest real part first; none at a kink or on a continuum."""
        return eigenvalues(self.polynomial, self.digits) if self.polynomial else self.spectrum

    @property
    def exact(self) -> bool:
        """Whether the state is exact."""
        return not any(self.radii.values())

    @property
    def radius(self) -> str | None:
        """A bound of the error of every rate, as a decimal rounded up; ``None`` for an exact state."""
        return None if self.exact else rounded_up(max(self.radii.values()))


@dataclass(frozen=True)
class Solutions:
    """The equilibria, fewest active populations first.

    ``complete`` says that they are all: every choice of pieces was either proved impossible or decided exactly. If
    not, ``reason`` says what ended the enumeration.
    """

    circuit: Circuit
    complete: bool
    equilibria: tuple[Solution, ...]
    reason: str = ""

    def _repr_html_(self) -> str:
        names = self.circuit.presentation.expanded
        stable = {True: "stable", False: "unstable", None: "not decided"}
        rows = [
            (
                f"({e.branch})",
                _state_cell(e, names),
                e.type,
                stable[e.stable],
                e.nash or "",
            )
            for e in self.equilibria
        ]
        return table(("branch", "state", "type", "stability", "Nash"), rows, self.circuit.name).source


def _state_cell(solution: Solution, names: Callable[[str], str]) -> Cell:
    if not solution.state:
        return solution.description
    if solution.decimals:
        return ", ".join(f"{n} ≈ {v}" for n, v in solution.decimals.items())
    return joined(formula(f"x({n}) = {v}", names) for n, v in solution.state.items())


def free_symbols(circuit: Circuit) -> tuple[str, ...]:
    """The symbols that have no value yet."""
    return circuit.fixed().symbols


# -- the circuit in numbers -------------------------------------------------------------------------------------------


def system(circuit: Circuit) -> System:
    """The equilibrium equations of a numeric piecewise-linear circuit, ``x = phi(W x + u)``, in fractions.

    Raises :class:`~symgame.errors.Unsupported` when symbols are left, an activation is not piecewise linear, or a
    number is not rational.

    >>> system(Circuit.from_matrix([["1/2"]], names="E", u=[1], tau=[1])).W
    ((Fraction(1, 2),),)
    """
    circuit = neurons(circuit)
    entries = list(circuit.W)
    numbers = [*entries, *(p.tau for p in circuit.populations), *(p.input for p in circuit.populations)]
    if not all(v.is_Rational for v in numbers) and circuit.symbols:
        raise Unsupported(
            f"these symbols have no value: {', '.join(circuit.symbols)}; give them in [values] or by --set"
        )
    rows = []
    for p in circuit.populations:
        if p.activation.pieces is None:
            raise Unsupported(
                f"{p.name} has the activation '{p.activation.kind}', which is not piecewise linear: there is no exact "
                f"linear system here (symgame.solutions and `symgame equilibria` isolate its equilibria with proof)"
            )
        rows.append(
            tuple(
                Line(
                    _end(piece.lower),
                    _end(piece.upper),
                    _fraction(piece.slope),
                    _fraction(piece.intercept),
                    p.activation.closed(piece),
                )
                for piece in p.activation.pieces
            )
        )
    n = len(circuit.populations)
    W = tuple(tuple(_fraction(v) for v in entries[a * n : (a + 1) * n]) for a in range(n))
    return System(W, tuple(_fraction(p.input) for p in circuit.populations), tuple(rows))


def _fraction(value: sympy.Expr) -> Fraction:
    if not value.is_Rational:
        raise Unsupported(f"{value} is not a rational number; give every symbol an exact value, as --set NAME=VALUE")
    return Fraction(int(value.p), int(value.q))


def _end(value: sympy.Expr) -> Fraction | None:
    return None if value in (sympy.oo, -sympy.oo) else _fraction(value)


# -- every equilibrium ------------------------------------------------------------------------------------------------


def solutions(
    circuit: Circuit,
    digits: int = 15,
    *,
    limit: int | None = None,
    budget: int | None = None,
    progress: Callable[[float, int], None] | None = None,
) -> Solutions:
    """Every equilibrium of a numeric circuit; copies are written out, and may differ.

    With piecewise-linear activations they are exact. With a smooth one among them, every equilibrium is isolated in
    balls with proof, as :mod:`symgame.certified` says, and each rate is proved to ``digits`` significant digits;
    ``budget`` and ``progress`` are not used then.

    A boundary equilibrium (a total input on a kink) is reported once, with type ``kink`` and without eigenvalues or an
    index: the flow there is not linear. ``stable`` is then ``None`` unless a cascade decides it, as
    :mod:`symgame.cascade` says.

    The list ends early after ``limit`` equilibria, or when ``budget`` nodes of the search (by default 2^26) did not
    suffice: then ``complete`` is false and ``reason`` says why. ``progress`` gets the share of the choices of pieces
    that is closed, and the number of equilibria found.
    Raises :class:`~symgame.errors.Unsupported` when symbols are left, an activation has no enclosure, or more
    than 30 populations are given without a budget.

    >>> c = Circuit.from_matrix([["5/2", "-5/2"], ["3/2", "-7/10"]], names="EI", u=["1/2", 0], tau=[10, 5])
    >>> [(e.branch, e.state["E"], e.type, e.nash) for e in solutions(c).equilibria]
    [('E,I', Fraction(17, 24), 'focus', 'stationary')]
    >>> bistable = Circuit.from_matrix([[8]], names="E", u=[-4], tau=[1], activation="logistic")
    >>> [(e.decimals["E"], e.stable, e.nash) for e in solutions(bistable, digits=6).equilibria]
    [('0.0212480', True, 'global'), ('0.500000', False, 'stationary'), ('0.978752', True, 'global')]
    """
    circuit = neurons(circuit)
    if is_smooth(circuit):
        return _certified(circuit, digits, limit)
    account = Account()
    found: list[tuple[tuple[Any, ...], Solution]] = []
    reason = ""
    for key, solution in _keyed(circuit, digits, budget, account, progress):
        if limit is not None and len(found) >= limit:
            reason = f"more than the {limit} equilibria asked for"
            break
        found.append((key, solution))
    found.sort(key=lambda row: row[0])
    reason = reason or account.stopped or ""
    return Solutions(circuit, not reason, tuple(solution for _, solution in found), reason)


def stream(
    circuit: Circuit,
    digits: int = 15,
    *,
    budget: int | None = None,
    progress: Callable[[float, int], None] | None = None,
    account: Account | None = None,
) -> Iterator[Solution]:
    """The equilibria of :func:`solutions` one by one, as they are found, in an order that depends on the circuit alone.

    ``account.stopped`` says afterwards why the list is not complete, if it is not.

    >>> flip_flop = Circuit.from_matrix([[0, -2], [-2, 0]], names="LR", u=[1, 1], tau=[1, 1])
    >>> sorted(e.branch for e in stream(flip_flop))
    ['L', 'L,R', 'R']
    """
    circuit = neurons(circuit)
    if is_smooth(circuit):
        found = _certified(circuit, digits, None)
        if account is not None and not found.complete:
            account.stopped = found.reason
        yield from found.equilibria
        return
    for _, solution in _keyed(circuit, digits, budget, Account() if account is None else account, progress):
        yield solution


_ORDER = {"silent": 0, "active": 1, "negative": 2, "saturated": 3}


def _keyed(
    circuit: Circuit,
    digits: int,
    budget: int | None,
    account: Account,
    progress: Callable[[float, int], None] | None,
) -> Iterator[tuple[tuple[Any, ...], Solution]]:
    exact = system(circuit)
    if exact.n > MOST_POPULATIONS and budget is None:
        choices = prod(len(row) for row in exact.pieces)
        raise Unsupported(
            f"{exact.n} populations have about 1e{int(log10(choices))} choices of pieces, too many to enumerate (up to "
            f"{MOST_POPULATIONS} populations are tried; pass a budget to try more); one equilibrium of a large circuit "
            f"comes from symgame.lone_equilibrium"
        )
    writer = Writer(circuit, exact, digits)
    seen = 0

    def told(share: float) -> None:
        if progress is not None:
            progress(share, seen)

    for found in equilibria(exact, budget=BUDGET if budget is None else budget, progress=told, account=account):
        seen += 1
        yield exact.sort_key(found.places, writer.order), writer.solution(found)


class Writer:
    """Turns points and families into solutions; holds what all of one circuit share."""

    def __init__(self, circuit: Circuit, exact: System, digits: int) -> None:
        self.names = circuit.names
        self.exact = exact
        self.digits = digits
        self.labels = [[str(piece.label) for piece in p.activation.pieces or ()] for p in circuit.populations]
        self.order = [[_ORDER[label] for label in row] for row in self.labels]
        self.rates = [1 / _fraction(p.tau) for p in circuit.populations]
        self.energies = [OwnEnergy(row, exact.W[i][i]) for i, row in enumerate(exact.pieces)]

    def solution(self, found: Point | Family, spectrum: bool = True) -> Solution:
        """The solution; without its ``spectrum``, stability is ``None`` and the type "not computed"."""
        labels = [row[k] for row, k in zip(self.labels, found.places, strict=True)]
        marked = zip(self.names, labels, strict=True)
        branch = ",".join(n + PIECE_MARK[label] for n, label in marked if label != "silent")
        saturated = tuple(n for n, label in zip(self.names, labels, strict=True) if label == "saturated")
        if isinstance(found, Family):
            return self._continuum(found, branch, saturated)
        state = dict(zip(self.names, found.state, strict=True))
        polynomial = self._polynomial(found.places) if found.strict and spectrum else ()
        return Solution(
            branch=branch,
            active=tuple(n for n in self.names if state[n] > 0 and n not in saturated),
            saturated=saturated,
            state=state,
            strict=found.strict,
            stable=all_left(polynomial) if polynomial else self._on_kinks(found) if spectrum else None,
            type=spectral_type(polynomial) if polynomial else "not computed" if found.strict else "kink",
            index=found.sign or None if found.strict else None,
            nash=nash_class(self.energies, found.places, found.state, found.totals),
            polynomial=polynomial,
            digits=self.digits,
        )

    def _on_kinks(self, found: Point) -> bool | None:
        return None if found.strict else stable_on_kinks(self.exact, found.places, found.totals, self.rates)

    @cached_property
    def _jacobian(self) -> tuple[list[list[list[int] | None]], list[int], int]:
        """Rows of ``diag(1/tau)(F W - I)`` for each population on each of its increasing pieces, ``None`` on flat
        ones, and the rates of decay: integers, all multiplied by the scale given last."""
        rows = [
            [
                None if piece.flat else [rate * (piece.slope * w - (i == j)) for j, w in enumerate(self.exact.W[i])]
                for piece in pieces
            ]
            for i, (pieces, rate) in enumerate(zip(self.exact.pieces, self.rates, strict=True))
        ]
        entries = [v for table in rows for row in table for v in row or ()]
        scale = lcm(*(v.denominator for v in (*entries, *self.rates)))
        return (
            [[None if row is None else [int(v * scale) for v in row] for row in table] for table in rows],
            [int(v * scale) for v in self.rates],
            scale,
        )

    def _polynomial(self, places: tuple[int, ...]) -> tuple[Fraction, ...]:
        """Characteristic polynomial of ``diag(1/tau)(F W - I)``: that of the active block, times a factor for each
        population on a flat piece, whose rate only decays."""
        jacobian, decay, scale = self._jacobian
        chosen = [row[k] for row, k in zip(jacobian, places, strict=True)]
        rising = [i for i, row in enumerate(chosen) if row is not None]
        block = [[row[j] for j in rising] for row in chosen if row is not None]
        flat = [decay[i] for i, row in enumerate(chosen) if row is None]
        return tuple(characteristic(block, flat, scale))

    def _continuum(self, found: Family, branch: str, saturated: tuple[str, ...]) -> Solution:
        """The solution set of the singular block, written with one parameter per dimension of its kernel."""
        names = [n for n, row, k in zip(self.names, self.exact.pieces, found.places, strict=True) if not row[k].flat]
        unknowns = [sympy.Symbol(f"x_{n}") for n in names]
        block, right = self.exact.equations(found.places)
        matrix = sympy.Matrix([[_rational(v) for v in row] for row in block])
        (point,) = sympy.linsolve((matrix, sympy.Matrix([_rational(v) for v in right])), *unknowns)
        written = ", ".join(
            f"x_{n} free" if value == unknown else f"x_{n} = {value}"
            for n, unknown, value in zip(names, unknowns, point, strict=True)
        )
        inside = "inside the piece of every population"
        return Solution(
            branch=branch,
            active=tuple(names),
            saturated=saturated,
            state={},
            strict=False,
            stable=None,
            type="continuum",
            index=None,  # it belongs to a closed set of equilibria, and this one may end in kinks that are listed apart
            nash=None,
            description=f"a continuum of equilibria: {written}, as long as the total inputs stay {inside}",
            digits=self.digits,
        )


def _rational(value: Fraction) -> sympy.Rational:
    return sympy.Rational(value.numerator, value.denominator)


# -- circuits with a smooth activation --------------------------------------------------------------------------------


def is_smooth(circuit: Circuit) -> bool:
    """Whether an activation is not piecewise linear, so that equilibria are not exact."""
    return any(p.activation.pieces is None for p in circuit.populations)


def _certified(circuit: Circuit, digits: int, limit: int | None) -> Solutions:
    if len(circuit.populations) > MOST_POPULATIONS:
        raise Unsupported(
            f"{len(circuit.populations)} populations with smooth activations are too many: equilibria are isolated for "
            f"up to {MOST_POPULATIONS}"
        )
    found = certified_points(circuit, digits)
    rows = tuple(_smooth_solution(circuit.names, point, digits) for point in found.points)
    reasons = list(found.reasons)
    if limit is not None and len(rows) > limit:
        rows, reasons = rows[:limit], [*reasons, f"more than the {limit} equilibria asked for"]
    return Solutions(circuit, not reasons, rows, "; ".join(reasons))


def _smooth_solution(names: tuple[str, ...], point: CertifiedPoint, digits: int) -> Solution:
    rates = {
        n: (str(level), Fraction(0)) if level is not None and level.is_Rational else rate_decimal(x, digits)
        for n, x, level in zip(names, point.x, point.levels, strict=True)
    }
    labels = dict(zip(names, (part.label for part in point.sections), strict=True))
    saturated = tuple(n for n in names if labels[n] == "saturated")
    spectrum = point.spectrum
    return Solution(
        branch=",".join(n + PIECE_MARK[labels[n]] for n in names if labels[n] != "silent"),
        active=tuple(n for n, x in zip(names, point.x, strict=True) if x > 0 and n not in saturated),
        saturated=saturated,
        state={n: Fraction(text) for n, (text, _) in rates.items()},
        strict=not point.kinks,
        stable=None if spectrum is None else spectrum.stable,
        type="kink" if spectrum is None else spectrum.type or "undecided",
        index=None if spectrum is None else spectrum.index,
        nash=point.nash,
        description="; ".join(point.remarks),
        digits=digits,
        decimals={n: text for n, (text, _) in rates.items()},
        radii={n: Fraction(rounded_up(radius)) if radius else radius for n, (_, radius) in rates.items()},
        slopes={n: rate_decimal(s, digits)[0] for n, s in zip(names, point.slopes, strict=True)},
        spectrum=() if spectrum is None else eigenvalue_texts(spectrum.eigenvalues, digits),
    )


def index_sum(found: Solutions) -> int | None:
    """The sum of all indices, where the list is complete and no kink or continuum is in it; else ``None``.

    It is then 1 if a bound of the rates holds for every ``t W + t u``, t from 0 to 1: ``x - phi(t (W x + u))`` has no
    zeros outside a ball, and so the degree of the identity. So for bounded activations, for rectified ones with all
    weights <= 0, and wherever :func:`symgame.enumeration.box` bounds every rate. ``W = 2``, ``u = -1`` has the sum 0.

    >>> index_sum(solutions(Circuit.from_matrix([[0, -2], [-2, 0]], names="LR", u=[1, 1], tau=[1, 1])))
    1
    """
    if not found.complete or any(e.index is None for e in found.equilibria):
        return None
    return sum(e.index for e in found.equilibria if e.index is not None)


def rational(q: Quotient) -> Fraction:
    """The number that a quotient without symbols is."""
    return value_at(q.over, {}) / value_at(q.under, {})


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
    circuit = neurons(circuit)
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
