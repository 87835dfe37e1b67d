"""In which layer of a column each of many units falls silent: exact rates, layer by layer.

For inputs that all differ there is no one ratio: as long as m units are active the layer is linear, with gains of its
modes that depend on m, and each unit that drops out changes them. So the layers are solved one after the other. The
pieces of one layer are tried first in the next, which is right until a unit drops out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import sympy

from symgame.cells import Point, System
from symgame.circuit import Circuit
from symgame.enumeration import equilibria
from symgame.errors import BudgetExceeded, CircuitError, Unsupported
from symgame.layer_units import output_populations
from symgame.numeric import MOST_POPULATIONS, system
from symgame.principal import p_matrix
from symgame.ratio_branches import exact_number, without_time_constants

LIMIT = 1000
REPAIRS = 10
MOST_BITS = 200_000


@dataclass(frozen=True)
class Silencing:
    """``layers[i]`` is the layer in which output i falls silent, ``None`` when it did not within the layers solved.

    ``rates`` are the exact rates of the outputs in every layer that was solved, divided by the first that is not 0
    where only their ratios matter. ``reason`` says why it ended there. ``unique`` says that a layer has one equilibrium
    for every input, by proof (``I - S W`` is a P-matrix); ``None`` that each layer was enumerated instead.
    """

    outputs: tuple[str, ...]
    layers: tuple[int | None, ...]
    rates: tuple[tuple[Fraction, ...], ...]
    reason: str
    unique: bool | None

    @property
    def winners(self) -> tuple[str, ...]:
        """The outputs that are still active in the last layer."""
        return tuple(name for name, layer in zip(self.outputs, self.layers, strict=True) if layer is None)


def silencing(
    circuit: Circuit,
    inputs: Sequence[object],
    *,
    outputs: Sequence[str] | None = None,
    gains: Sequence[object] | None = None,
    limit: int = LIMIT,
) -> Silencing:
    """The layers in which the outputs of a column fall silent, each layer this circuit driven by the one before.

    ``inputs`` are exact numbers, one for each output; ``outputs`` are the excitatory populations unless named (without
    types: those with an input), ``gains`` the feedforward gains, 1 unless given. Ends with one active output, with
    rates in the ratio of those below, or after ``limit`` layers. A silent output stays silent where its input is 0;
    ``layers`` names the first layer of its last silence.

    Raises :class:`~symgame.errors.Unsupported` for symbols without values and when a layer has several equilibria or
    none.

    >>> inhibited = [[0 if a == b else "-1/4" for b in range(3)] for a in range(3)]
    >>> found = silencing(Circuit.from_matrix(inhibited), ["1", "9/10", "1/2"])
    >>> found.layers, found.winners
    ((None, 6, 2), ('x1',))
    """
    plain = without_time_constants(circuit.fixed())
    names = output_populations(plain) if outputs is None else tuple(outputs)
    for name in names:
        if name not in plain.names:
            raise CircuitError(f"there is no population {name!r} (populations: {', '.join(plain.names)}).")
    n = len(names)
    if len(inputs) != n or (gains is not None and len(gains) != n) or len(set(names)) < n or not n:
        raise CircuitError(f"the outputs are {', '.join(names) or 'none'}: as many inputs and gains are needed.")
    values = [exact_number(v, "an input") for v in inputs]
    factors = [Fraction(1)] * n if gains is None else [exact_number(v, "a feedforward gain") for v in gains]
    return _followed(_like_layers(plain, names, factors), values, limit)


@dataclass(frozen=True)
class _LikeLayers:
    """The equations of every layer without what comes from below, and where that goes: outputs ``at``, times gains."""

    outputs: tuple[str, ...]
    rest: System
    at: tuple[int, ...]
    gains: tuple[Fraction, ...]
    homogeneous: bool
    unique: bool | None

    def solved(self, below: Sequence[Fraction], guess: tuple[int, ...] | None, count: int) -> Point:
        """The only equilibrium of layer ``count``, tried first on the pieces of the layer before."""
        u = list(self.rest.u)
        for i, gain, y in zip(self.at, self.gains, below, strict=True):
            u[i] += gain * y
        layer = System(self.rest.W, tuple(u), self.rest.pieces)
        point = _tried(layer, guess) if self.unique else None
        return _only(layer, count) if point is None else point


def _like_layers(circuit: Circuit, outputs: tuple[str, ...], gains: Sequence[Fraction]) -> _LikeLayers:
    idle = (replace(p, input=sympy.Integer(0)) if p.name in outputs else p for p in circuit.populations)
    rest = system(replace(circuit, populations=tuple(idle), inputs=(), copies=()))  # the rows of W
    lines = [line for row in rest.pieces for line in row]
    proportional = not any(line.intercept or line.lower or line.upper for line in lines) and not any(rest.u)
    matrix = [[-max(line.slope for line in row) * w for w in ws] for row, ws in zip(rest.pieces, rest.W, strict=True)]
    for a, weights in enumerate(matrix):
        weights[a] += 1
    at = tuple(circuit.index(name) for name in outputs)
    return _LikeLayers(outputs, rest, at, tuple(gains), proportional, p_matrix(matrix).holds or None)


def _followed(column: _LikeLayers, inputs: list[Fraction], limit: int) -> Silencing:
    """Layer after layer, until nothing more can happen or the limit is reached."""
    layers: list[int | None] = [None] * len(inputs)
    below, places, rates = inputs, None, []
    reason = f"{limit} layers were solved"
    for count in range(1, limit + 1):
        point = column.solved(below, places, count)
        places = point.places
        x = [point.state[i] for i in column.at]
        for k, rate in enumerate(x):
            layers[k] = None if rate > 0 else layers[k] or count
        scale = next((v for v in x if v), Fraction(1)) if column.homogeneous else Fraction(1)
        x = [v / scale for v in x]
        rates.append(tuple(x))
        if sum(v > 0 for v in x) < 2:
            reason = "one output is active" if any(x) else "all outputs are silent"
            break
        if x == below:
            reason = "a layer passes on what it receives: nothing changes from here on"
            break
        if max(v.numerator.bit_length() for v in x) > MOST_BITS:
            reason = f"{count} layers were solved; exact rates have more than {MOST_BITS} bits"
            break
        below = x
    return Silencing(column.outputs, tuple(layers), tuple(rates), reason, column.unique)


def _tried(layer: System, guess: tuple[int, ...] | None) -> Point | None:
    """The equilibrium from a choice of pieces, those that do not fit exchanged a few times; ``None``: not found."""
    places = guess or tuple(len(row) - 1 for row in layer.pieces)
    for _ in range(REPAIRS):
        point = layer.solved(places)
        if point is None:
            return None
        right = tuple(
            next(k for k, line in enumerate(row) if line.holds(z))
            for row, z in zip(layer.pieces, point.totals, strict=True)
        )
        if right == places:
            return point
        places = right
    return None


def _only(layer: System, count: int) -> Point:
    if layer.n > MOST_POPULATIONS:
        raise BudgetExceeded(
            f"layer {count}: no equilibrium was found from the pieces of the layer below, and {layer.n} "
            f"populations are too many to enumerate"
        )
    found = list(equilibria(layer))
    if len(found) != 1 or not isinstance(found[0], Point):
        many = "no equilibrium" if not found else f"{len(found)} equilibria, or a continuum"
        raise Unsupported(f"layer {count} has {many}: which one is reached, its inputs do not say")
    return found[0]
