"""The game of a circuit in exact numbers: the own energy of every neuron, and what the others send it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache

import sympy

from symgame.best_rate import Minimum, OwnEnergy
from symgame.cells import Line
from symgame.circuit import Circuit
from symgame.errors import Unsupported
from symgame.groups import neurons


@dataclass(frozen=True)
class NumericGame:
    """The game of a circuit in numbers: signed weights, inputs, and the own energy of every neuron."""

    circuit: Circuit
    W: tuple[tuple[Fraction, ...], ...]
    u: tuple[Fraction, ...]
    energies: tuple[OwnEnergy, ...]

    @property
    def without_best_response(self) -> tuple[str, ...]:
        """The neurons whose energy falls for ever whatever the others do: with one of them nothing is Nash."""
        return tuple(n for n, own in zip(self.circuit.names, self.energies, strict=True) if own.always_falls)

    def received(self, i: int, x: Sequence[Fraction]) -> Fraction:
        """``sum_{j != i} W_ij x_j + u_i``: the input of neuron i from the others."""
        return sum((w * x[j] for j, w in enumerate(self.W[i]) if j != i and w), self.u[i])

    def best(self, i: int, x: Sequence[Fraction]) -> Minimum:
        """The best responses of neuron i to the rates of the others in x; its own is not looked at."""
        return self.energies[i].minimum(self.received(i, x))


@cache
def numeric_game(circuit: Circuit) -> NumericGame:
    """The game in numbers. Time constants play no part in it and may be symbols.

    Raises :class:`~symgame.errors.Unsupported` when another symbol has no value, a number is irrational, or an
    activation is not piecewise linear.
    """
    circuit = neurons(circuit)
    n = len(circuit.names)
    W = tuple(tuple(_number(circuit.W[i, j], circuit) for j in range(n)) for i in range(n))
    u = tuple(_number(p.input, circuit) for p in circuit.populations)
    return NumericGame(circuit, W, u, tuple(OwnEnergy(_lines(circuit, i), W[i][i]) for i in range(n)))


def _lines(circuit: Circuit, i: int) -> tuple[Line, ...]:
    """The pieces of phi_i in numbers."""
    population = circuit.populations[i]
    activation = population.activation
    if activation.pieces is None:
        raise Unsupported(
            f"{population.name} has the activation '{activation.kind}', which is not piecewise linear: its best "
            f"responses have no closed form"
        )
    rows = []
    for piece in activation.pieces:
        low, high = (None if end.is_infinite else _number(end, circuit) for end in (piece.lower, piece.upper))
        slope, intercept = _number(piece.slope, circuit), _number(piece.intercept, circuit)
        rows.append(Line(low, high, slope, intercept, activation.closed(piece)))
    return tuple(rows)


def _number(value: sympy.Expr, circuit: Circuit) -> Fraction:
    if value.is_Rational:
        return Fraction(int(value.p), int(value.q))
    if value.free_symbols:
        times = {s.name for p in circuit.populations for s in p.tau.free_symbols}
        missing = ", ".join(name for name in circuit.symbols if name not in times)
        raise Unsupported(f"these symbols have no value: {missing}; give them in [values] or by --set")
    raise Unsupported(f"{value} is not a rational number; best responses are exact for rational numbers only")
