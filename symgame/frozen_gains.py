"""A smooth circuit at an equilibrium with gains ``s_i = phi_i'(z_i)``: each smooth phi exchanged for its germ.

Jacobian, own curvatures and responses at an equilibrium depend on phi through the gains alone, so there a smooth
circuit is a linear one with slopes ``s_i`` in ``(0, L_i]``, L_i the supremum of phi_i'. Nothing is lost by that: the
map ``x -> u = phi^{-1}(x) - W x`` gives an input for every choice of rates, hence of gains, so that what holds for all
gains in these ranges is what holds at every equilibrium for every input. States and their existence are not in the
germ.

Where phi' is an algebraic function of the rate, ``x_i`` may be spoken of too: it is tied to ``s_i`` by a polynomial
equation (``s = a x (1 - x)`` for the logistic), which is a hypothesis then.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache

import sympy

from symgame import syntax as s
from symgame.activation import Activation
from symgame.circuit import Circuit, Population
from symgame.errors import Unsupported
from symgame.grammar import read_formula
from symgame.kinds import KINDS
from symgame.notation import symbol
from symgame.pieces import Piece, X

MAX_POWER = 12  # of a gain in its equation with the rate
STEEPEST = "steepest"  # the kind of the activations of :func:`steepest`


@dataclass(frozen=True)
class Reach:
    """The gains of a smooth phi: all of ``(0, upper)``, with ``upper`` itself where ``attained``; ``None``: no bound.

    ``rests``: there are rates on a flat piece besides, where the gain is 0.
    """

    upper: sympy.Expr | None
    attained: bool
    rests: bool


@cache
def reach(activation: Activation) -> Reach:
    """Which gains occur. The sigmoid kinds are steepest in the middle of their range, softplus and power nowhere.

    Raises :class:`~symgame.errors.Unsupported` for a kind whose slopes are not known to fill an interval from 0.

    >>> from symgame.kinds import activation
    >>> reach(activation("logistic", gain=symbol("a")))
    Reach(upper=a/4, attained=True, rests=False)
    >>> reach(activation("power")), reach(activation("softplus")).attained
    (Reach(upper=None, attained=False, rests=True), False)
    """
    if activation.kind not in KINDS:
        raise Unsupported(
            f"the gains of the activation '{activation.kind}' are not known to fill an interval from 0; conditions at "
            f"frozen gains are derived for the built-in kinds"
        )
    bound = activation.lipschitz
    upper = None if bound.has(sympy.oo) else bound
    low, high = activation.domain.start, activation.domain.end
    middle = (low + high) / 2
    bounded = not middle.has(sympy.oo)
    attained = bounded and sympy.cancel(activation.slope_at_rate.xreplace({X: middle}) - bound) == 0
    return Reach(upper, attained, activation.kind == "power")


def straightens(activation: Activation) -> bool:
    """Whether a smooth phi differs from ``L [z]_+`` by a bounded function, L its greatest slope: softplus does.

    >>> from symgame.kinds import activation
    >>> [kind for kind in ("logistic", "softplus", "power") if straightens(activation(kind))]
    ['softplus']
    """
    return activation.kind == "softplus"


def gain(name: str) -> sympy.Symbol:
    """The symbol of the gain of a population."""
    return symbol(f"s_{name}")


def rate(name: str) -> sympy.Symbol:
    return symbol(f"x_{name}")


def smooth(circuit: Circuit) -> tuple[int, ...]:
    """The populations whose activation is not piecewise linear, in a circuit as it was given or with frozen gains."""
    return tuple(i for i, p in enumerate(circuit.populations) if original(p.activation).pieces is None)


def is_frozen(circuit: Circuit) -> bool:
    """Whether some activation is a germ: then words are read at an equilibrium with these gains."""
    return any(p.activation.germ_of is not None for p in circuit.populations)


def original(activation: Activation) -> Activation:
    """The phi that a germ is of, or the activation itself.

    >>> from symgame.kinds import activation
    >>> original(activation("relu")).kind
    'relu'
    """
    return activation if activation.germ_of is None else activation.germ_of


def frozen(circuit: Circuit, rates: frozenset[str] = frozenset()) -> Circuit:
    """The circuit with germs for its smooth activations, values substituted; ``rates`` are populations whose rate is
    spoken of. A piecewise-linear circuit is returned as it is.

    Raises :class:`~symgame.errors.Unsupported` for copies of units, for a rate that no polynomial ties to its gain, and
    for a kind whose gains are not known.

    >>> pair = Circuit.from_matrix([["w", "-b"], ["c", 0]], names="EI", activation="tanh")
    >>> frozen(pair).assume, frozen(pair, frozenset("E")).assume
    (('s_E <= 1', 's_I <= 1'), ('s_E <= 1', 's_E = 1 - x_E^2', '-1 < x_E', 'x_E < 1', 's_I <= 1'))
    """
    if not smooth(circuit):
        return circuit
    # a circuit is equal to one that is written otherwise, and a cache knows equality alone
    return replace(_frozen(circuit, rates), presentation=circuit.presentation)


@cache
def _frozen(circuit: Circuit, rates: frozenset[str]) -> Circuit:
    chosen = smooth(circuit)
    if circuit.copies:
        raise Unsupported("conditions at frozen gains are not derived for copies of units; write the copies out")
    circuit = circuit.fixed()
    populations, assume = list(circuit.populations), [*_own(circuit)]
    for i in chosen:
        p = circuit.populations[i]
        if p.activation.germ_of is not None and gain(p.name) not in p.activation.free_symbols:
            continue  # its gain has been given a number
        spoken = p.name in rates
        populations[i] = replace(p, activation=_germ(p, spoken))
        assume += _range(p)
        if spoken:
            assume += _tied(p)
    return replace(circuit, populations=tuple(populations), assume=tuple(assume), values=circuit.values)


@cache
def steepest(circuit: Circuit) -> Circuit:
    """Smooth activations exchanged for rectifiers with their greatest slope: theorems for slopes between 0 and a gain
    hold of both, since they know the slopes alone.

    Raises :class:`~symgame.errors.Unsupported` where slopes have no bound.

    >>> steepest(Circuit.from_matrix([["w"]], names="E", activation="logistic")).populations[0].activation.lipschitz
    1/4
    """
    populations = []
    for p in circuit.populations:
        phi = original(p.activation)
        if phi.pieces is None:
            upper = reach(phi).upper
            if upper is None:
                raise Unsupported(f"the slopes of the activation of {p.name} ({phi.kind}) have no bound")
            zero = sympy.Integer(0)
            pieces = (Piece("silent", -sympy.oo, zero, zero, zero), Piece("active", zero, sympy.oo, upper, zero))
            phi = Activation.from_pieces(
                STEEPEST, pieces, dict(phi.parameters), conditions=phi.conditions, source=phi.source
            )
        populations.append(replace(p, activation=phi))
    return replace(circuit, populations=tuple(populations), assume=tuple(_own(circuit)))


def analysed(circuit: Circuit, *formulas: s.Formula) -> Circuit:
    """What statements about a circuit are read in: itself, or :func:`frozen` with the rates that the formulas name.

    >>> from symgame.named import wilson_cowan
    >>> analysed(wilson_cowan()) == wilson_cowan()
    True
    """
    chosen = smooth(circuit)
    if not chosen:
        return circuit
    spoken = {part.id for formula in formulas for part in s.walk(formula) if isinstance(part, s.Name)}
    rates = frozenset(circuit.names[i] for i in chosen if str(rate(circuit.names[i])) in spoken)
    return frozen(circuit, rates)


def readable(circuit: Circuit) -> Circuit:
    """:func:`analysed`, or the circuit itself where gains are not derived: what needs none is still said then."""
    try:
        return analysed(circuit)
    except Unsupported:  # copies of smooth units, or a kind of one's own
        return circuit


def spoken(circuit: Circuit) -> Circuit:
    """What formulas about a circuit are written in: with every rate that a polynomial ties to its gain."""
    try:
        rates = frozenset(circuit.names[i] for i in smooth(circuit) if any(_ties(circuit.populations[i])))
        return frozen(circuit, rates)
    except Unsupported:
        return circuit


def restrained(circuit: Circuit) -> str | None:
    """An input that an assumption restricts, so that not all gains need occur; ``None`` when every input is free."""
    inputs = {str(x) for p in circuit.populations for x in p.input.free_symbols}
    for text in circuit.assume:
        for part in s.walk(read_formula(text)):
            if isinstance(part, s.Name) and part.id in inputs:
                return part.id
    return None


def in_rate(p: Population) -> sympy.Expr | None:
    """The gain as a quotient of polynomials in the rate, where it is one (logistic, tanh); else ``None``.

    >>> from symgame.kinds import activation
    >>> one = sympy.Integer(1)
    >>> in_rate(Population("E", None, one, one, activation("logistic", gain=symbol("a"))))
    a*x_E*(1 - x_E)
    """
    activation = original(p.activation)
    if activation.pieces is not None:
        return None
    value = activation.slope_at_rate.xreplace({X: rate(p.name)})
    return value if value.is_rational_function(*value.free_symbols) else None


def _own(circuit: Circuit) -> Iterator[str]:
    """The assumptions of the circuit, without those that an earlier freezing has put there."""
    ours = {text for p in circuit.populations if p.activation.germ_of is not None for text in (*_range(p), *_ties(p))}
    yield from (text for text in circuit.assume if text not in ours)


def _germ(p: Population, spoken: bool) -> Activation:
    """A line of slope ``s_NAME``; for a phi with a flat piece, two lines that meet at the threshold."""
    phi, slope = original(p.activation), gain(p.name)
    zero = sympy.Integer(0)
    parameters = dict(phi.parameters) | {"slope": slope} | ({"rate": rate(p.name)} if spoken else {})
    pieces = [Piece("active", -sympy.oo, sympy.oo, slope, zero)]
    if reach(phi).rests:
        knot = dict(phi.parameters)["threshold"]
        pieces = [
            Piece("silent", -sympy.oo, knot, zero, zero),
            Piece("active", knot, sympy.oo, slope, -slope * knot),
        ]
    made = Activation.from_pieces(
        phi.kind, pieces, parameters, conditions=(*phi.conditions, sympy.Gt(slope, 0)), source=phi.source
    )
    return replace(made, germ_of=phi)


def _range(p: Population) -> Iterator[str]:
    found = reach(original(p.activation))
    if found.upper is not None:
        yield f"{gain(p.name)} {'<=' if found.attained else '<'} {_text(found.upper)}"


def _ties(p: Population) -> Iterator[str]:
    with suppress(Unsupported):
        yield from _tied(p)


def _tied(p: Population) -> Iterator[str]:
    """The polynomial equation of gain and rate, and the range of the rate."""
    phi, x = original(p.activation), rate(p.name)
    sigma = phi.slope_at_rate.xreplace({X: x})
    ends = [end for end in (phi.domain.start, phi.domain.end) if end not in (sympy.oo, -sympy.oo)]
    power = next((k for k in range(1, MAX_POWER + 1) if _algebraic(sigma**k)), None)
    if power is None or not all(map(_algebraic, ends)):
        raise Unsupported(
            f"the gain of {p.name} ({phi.kind}) is no algebraic function of its rate {x}: state the condition in the "
            f"gain {gain(p.name)}"
        )
    over, under = sympy.fraction(sympy.together(sigma**power))
    left = gain(p.name) ** power * under
    yield f"{_text(left)} = {_text(over)}"
    if phi.domain.start != -sympy.oo:
        yield f"{_text(phi.domain.start)} < {x}"
    if phi.domain.end != sympy.oo:
        yield f"{x} < {_text(phi.domain.end)}"


def _algebraic(expression: sympy.Expr) -> bool:
    return bool(expression.is_rational_function(*expression.free_symbols)) and not expression.has(sympy.pi, sympy.E)


def _text(expression: sympy.Expr) -> str:
    return str(expression).replace("**", "^")
