"""The circuit in its ring: weights, inputs, time constants and pieces as quotients of polynomials, and its domain.

The one place where a circuit's SymPy expressions become polynomials. Everything exact downstream starts here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache

import sympy

from symgame import syntax as s
from symgame.activation import Activation
from symgame.circuit import Circuit, single_weights
from symgame.condition import FALSE, TRUE, Condition, Sign, both, sign
from symgame.domain import Domain, Hypothesis
from symgame.errors import CircuitError, ModelError, Unsupported, VocabularyError
from symgame.frozen_gains import is_frozen, original, reach
from symgame.grammar import read_formula
from symgame.lowering import Lowering
from symgame.pieces import Piece
from symgame.ring import FRESH, Poly, Quotient, Ring, from_sympy, variables

Lower = Callable[[sympy.Expr], Quotient]


@dataclass(frozen=True)
class LinearPiece:
    """A piece of phi in the ring: ``phi(z) = slope z + intercept`` between two total inputs (``None`` is infinite)."""

    label: str
    lower: Quotient | None
    upper: Quotient | None
    slope: Quotient
    intercept: Quotient
    closed: tuple[bool, bool]

    @property
    def flat(self) -> bool:
        return self.slope.is_zero

    def value(self, z: Quotient) -> Quotient:
        return self.slope * z + self.intercept


@dataclass(frozen=True)
class Group:
    """Copies of a unit in the ring: its members by index, how many units, the coupling from one unit to another."""

    members: tuple[int, ...]
    count: Quotient
    lateral: tuple[tuple[Quotient, ...], ...]


@dataclass(frozen=True, eq=False)
class Algebra:
    """What the properties compute with. ``structural`` is the part of the domain that is true by birth.

    ``own[i]`` is the self-weight of one neuron: ``W[i][i]`` unless population i stands for several.
    """

    circuit: Circuit
    ring: Ring
    W: tuple[tuple[Quotient, ...], ...]
    u: tuple[Quotient, ...]
    tau: tuple[Quotient, ...]
    pieces: tuple[tuple[LinearPiece, ...], ...] | None
    values: dict[str, Quotient]
    structural: Domain
    domain: Domain
    own: tuple[Quotient, ...]
    groups: tuple[Group, ...] = ()

    @property
    def n(self) -> int:
        return len(self.u)

    @property
    def one(self) -> Quotient:
        return self.ring.quotient(1)

    @property
    def zero(self) -> Quotient:
        return self.ring.quotient(0)

    @property
    def frozen(self) -> bool:
        """Whether it is that of an equilibrium of a smooth circuit with gains as symbols: no state is known then."""
        return is_frozen(self.circuit)

    def greatest(self, population: int) -> tuple[Quotient, bool] | None:
        """The supremum of the slopes of a smooth phi, and whether it is a slope; ``None`` where there is no bound."""
        found = reach(original(self.circuit.populations[population].activation))
        return None if found.upper is None else (from_sympy(found.upper, self.ring), found.attained)

    def linear_pieces(self) -> tuple[tuple[LinearPiece, ...], ...]:
        """The pieces of every activation, or :class:`~symgame.errors.Unsupported` when one is not piecewise linear."""
        if self.pieces is None:
            smooth = next(p for p in self.circuit.populations if not p.activation.piecewise_linear)
            raise Unsupported(
                f"{smooth.name} has the activation '{smooth.activation.kind}', which is not piecewise linear: its "
                f"equilibria are the map x -> u = phi^(-1)(x) - W x read backwards, which has no closed form; with "
                f"numbers for all symbols they are isolated"
            )
        return self.pieces

    def gain(self, population: int) -> Quotient:
        """The slope of the increasing piece, when there is one slope only."""
        slopes = {piece.slope for piece in self.linear_pieces()[population] if not piece.flat}
        if len(slopes) > 1:
            name = self.circuit.names[population]
            raise Unsupported(f"the activation of {name} has several slopes; no single gain stands for it")
        return slopes.pop()

    @property
    def gains(self) -> tuple[Quotient, ...]:
        """The slopes of the increasing pieces; 1 for smooth activations, whose matrix questions are about I - W."""
        if self.pieces is None or self.frozen:
            for p in self.circuit.populations:
                linear = p.activation.piecewise_linear and p.activation.germ_of is None
                if linear and dict(p.activation.parameters).get("gain", 1) != 1:
                    raise Unsupported(f"{p.name} has a gain and another activation is smooth: there is no one I - F W")
            return (self.one,) * self.n
        return tuple(self.gain(i) for i in range(self.n))

    def interaction(self, slopes: tuple[Quotient, ...] | None = None) -> list[list[Quotient]]:
        """``I - F W`` with ``F = diag(slopes)``; by default the gains. It is ``I - W`` for gain 1."""
        f = self.gains if slopes is None else slopes
        return [
            [(self.one if a == b else self.zero) - f[a] * self.W[a][b] for b in range(self.n)] for a in range(self.n)
        ]

    @property
    def matrix_name(self) -> str:
        """What :meth:`interaction` is called: with S for the slopes of the activations unless all of them are 1."""
        try:
            return "I - W" if all(gain == self.one for gain in self.gains) else "I - S W"
        except Unsupported:  # several slopes
            return "I - S W"

    @staticmethod
    def numbers(matrix: Sequence[Sequence[Quotient]]) -> list[list[Fraction]] | None:
        """The entries as exact numbers, or ``None`` when one holds a symbol."""
        rows: list[list[Fraction]] = []
        for row in matrix:
            values = [q.number for q in row]
            if None in values:
                return None
            rows.append([v for v in values if v is not None])
        return rows

    def game_matrix(self) -> list[list[Quotient]]:
        """``I - W``: the Jacobian of the pseudo-gradient, whatever the activation."""
        return self.interaction((self.one,) * self.n)

    def lowering(self) -> Lowering:
        """A reader of plain formulas in the circuit's symbols, without words."""
        return Lowering(self.ring, self.values, self.circuit.symbols, self.structural)


@cache
def algebra(circuit: Circuit) -> Algebra:
    """The circuit in its ring; see :class:`Algebra`.

    >>> from symgame.named import wilson_cowan
    >>> [str(e) for e in algebra(wilson_cowan()).interaction()[0]]
    ['1 - w_EE', 'w_EI']
    """
    names = circuit.symbols
    reserved = set(names) & set(FRESH)
    if reserved:
        raise CircuitError(f"the name {min(reserved)!r} is reserved; choose another")
    ring = Ring((*names, *FRESH))

    def lower(expression: sympy.Expr) -> Quotient:
        return from_sympy(expression, ring)

    W = tuple(tuple(map(lower, row)) for row in circuit.entries)
    u = tuple(lower(p.input) for p in circuit.populations)
    tau = tuple(lower(p.tau) for p in circuit.populations)
    pieces = None
    if all(p.activation.piecewise_linear for p in circuit.populations):
        try:
            pieces = tuple(
                tuple(_piece(p.activation, piece, lower) for piece in p.activation.pieces or ())
                for p in circuit.populations
            )
        except ValueError as error:
            raise CircuitError(f"an activation has a piece that is no quotient of polynomials: {error}") from None
    values = {name: lower(value) for name, value in circuit.values}
    born = _born(circuit, lower)
    whole = circuit.whole
    structural = _domain(ring, born, whole)
    rows = _without_weaker((*born, *_magnitudes(circuit, lower), *_assumed(circuit, ring, values, structural)))
    groups = tuple(
        Group(
            tuple(circuit.index(name) for name in copies.members),
            lower(copies.count),
            tuple(tuple(map(lower, copies.lateral[a, :])) for a in range(len(copies.members))),
        )
        for copies in circuit.copies
    )
    own = tuple(lower(circuit.own(i)) for i in range(len(W)))
    return Algebra(circuit, ring, W, u, tau, pieces, values, structural, _domain(ring, rows, whole), own, groups)


def _piece(activation: Activation, piece: Piece, lower: Lower) -> LinearPiece:
    def end(z: sympy.Expr) -> Quotient | None:
        return None if z in (sympy.oo, -sympy.oo) else lower(z)

    return LinearPiece(
        piece.label,
        end(piece.lower),
        end(piece.upper),
        lower(piece.slope),
        lower(piece.intercept),
        activation.closed(piece),
    )


_RELATION_TEXT = {
    sympy.StrictGreaterThan: ">",
    sympy.GreaterThan: ">=",
    sympy.StrictLessThan: "<",
    sympy.LessThan: "<=",
}


def _born(circuit: Circuit, lower: Lower) -> tuple[Hypothesis, ...]:
    """Time constants are positive, and activation parameters keep the conditions of their kind."""
    found: dict[Condition, Hypothesis] = {}
    for p in circuit.populations:
        for condition, why in ((sign(lower(p.tau), ">"), "time constant"), *_parameter_conditions(p.activation, lower)):
            if condition == FALSE:
                raise ModelError(f"{p.name}: a {why} is out of range")
            if condition != TRUE:
                found.setdefault(condition, Hypothesis(str(condition), condition, why))
    for copies in circuit.copies:
        condition = sign(lower(copies.count - 1), ">=")
        if condition != TRUE:
            found.setdefault(condition, Hypothesis(str(condition), condition, "number of copies"))
    return tuple(found.values())


def _parameter_conditions(activation: Activation, lower: Lower) -> Iterator[tuple[Condition, str]]:
    for relation in activation.conditions:
        rel = _RELATION_TEXT.get(type(relation))
        try:
            if rel is not None:
                yield sign(lower(relation.lhs - relation.rhs), rel), f"parameter of {activation.kind}"
        except ValueError:
            continue  # a transcendental condition of a smooth kind; no polynomial claim rests on it


def _magnitudes(circuit: Circuit, lower: Lower) -> list[Hypothesis]:
    """Dale's law for symbols: a typed source has weights of one sign, from each of its copies."""
    rows = []
    for target, source, weight in single_weights(circuit):
        if source.sign is None or weight.is_Rational:  # numbers were checked at birth
            continue
        condition = sign(lower(source.sign * weight), ">=")
        if condition == FALSE:
            raise CircuitError(f"the weight to {target.name} from {source.name} breaks Dale's law")
        if condition != TRUE:
            rows.append(Hypothesis(str(condition), condition, "magnitude"))
    return rows


def _assumed(circuit: Circuit, ring: Ring, values: dict[str, Quotient], structural: Domain) -> list[Hypothesis]:
    rows = []
    for formula in circuit.assume:
        lowering = Lowering(ring, values, circuit.symbols, structural)
        node = read_formula(formula, f"[assume] {formula!r}")
        try:
            condition = both(*lowering.definitions, lowering.condition(node))
        except VocabularyError as error:
            raise ModelError(f"[assume] {formula!r}: {error}. Only the circuit's symbols may be used.") from None
        if lowering.assumed or lowering.fresh:
            raise ModelError(f"[assume] {formula!r}: write it without quotients by symbols, roots, abs, min or max.")
        if condition == FALSE:
            raise ModelError(f"[assume] {formula!r} is false for every value of the symbols.")
        parts = node.args if isinstance(node, s.And) else (node,)
        for part in parts:
            piece = lowering.condition(part)
            if piece != TRUE:
                rows.append(Hypothesis(s.text(part), piece, "assumed"))
    return rows


def _without_weaker(hypotheses: tuple[Hypothesis, ...]) -> tuple[Hypothesis, ...]:
    """Without repetitions, and without ``p >= 0`` where ``p > 0`` is a hypothesis too."""
    strict = {h.condition.key for h in hypotheses if isinstance(h.condition, Sign) and h.condition.rel == ">"}
    kept: dict[Condition, Hypothesis] = {}
    for h in hypotheses:
        c = h.condition
        if not (isinstance(c, Sign) and c.rel == ">=" and c.key in strict):
            kept.setdefault(c, h)
    return tuple(kept.values())


def _domain(ring: Ring, hypotheses: tuple[Hypothesis, ...], whole: tuple[str, ...] = ()) -> Domain:
    signs: dict[str, str] = {}
    for h in hypotheses:
        c = h.condition
        if not isinstance(c, Sign) or c.rel not in (">", ">="):
            continue
        for name in variables(c.poly)[:1]:
            if c.poly == ring.gen(name):  # a symbol alone; not its square, nor its opposite
                signs[name] = ">" if c.rel == ">" or signs.get(name) == ">" else ">="
    least = _least(ring, hypotheses, whole)
    signs |= {name: ">" for name, bound in least if any(int(k) for k in bound.coeffs())}
    return Domain(ring, hypotheses, signs, whole, least)


def _least(ring: Ring, hypotheses: tuple[Hypothesis, ...], whole: tuple[str, ...]) -> tuple[tuple[str, Poly], ...]:
    """What each number of copies is at least: hypotheses ``name - bound >= 0``, a bound in other numbers first."""
    found: dict[str, Poly] = {}
    for h in hypotheses:
        c = h.condition
        if not isinstance(c, Sign) or c.rel != ">=" or not set(variables(c.poly)) <= set(whole):
            continue
        for name in variables(c.poly):
            bound = ring.gen(name) - c.poly
            if name in variables(bound) or any(int(k) < 0 for k in bound.coeffs()):
                continue
            if name not in found or len(variables(found[name])) < len(variables(bound)):
                found[name] = bound
    free = {name: bound for name, bound in found.items() if not set(variables(bound)) & set(found)}
    tied = {n: b for n, b in found.items() if n not in free and set(variables(b)) <= set(free)}
    return (*tied.items(), *free.items())
