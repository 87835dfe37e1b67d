"""One layer of a column: which two units drive the next, what they get from below, and who does the same as whom."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import sympy

from symgame.algebra import algebra
from symgame.circuit import Circuit, Population
from symgame.condition import free_names
from symgame.errors import CircuitError
from symgame.notation import exact, symbol
from symgame.ring import Quotient

Group = tuple[str, ...]
Units = Sequence[str | Sequence[str]]


@dataclass(frozen=True)
class Layer:
    """One layer: like units merged, the inputs of the two units symbols of their own, times the feedforward gains.

    ``circuit`` has one population for each class of populations that do the same, ``classes`` says which; ``units`` are
    the places of the two output populations in it, and ``inputs`` the names of what comes from below.
    """

    circuit: Circuit
    classes: tuple[Group, ...]
    units: tuple[int, int]
    inputs: tuple[str, str]

    @property
    def groups(self) -> tuple[Group, Group]:
        """The populations of the given circuit that each unit stands for."""
        one, other = self.units
        return self.classes[one], self.classes[other]

    def swapped(self) -> Layer:
        """The same layer, the other unit first."""
        return replace(self, units=self.units[::-1], inputs=self.inputs[::-1])

    @cached_property
    def neurons(self) -> Quotient:
        """How many populations one layer has, all copies counted."""
        a = algebra(self.circuit)
        total = a.zero
        for i, members in enumerate(self.classes):
            count = next((g.count for g in a.groups if i in g.members), a.one)
            total = total + count * a.ring.quotient(len(members))
        return total


def layer_of(circuit: Circuit, units: Units | None = None, gains: Sequence[object] = (1, 1)) -> Layer:
    """The circuit of one layer; see :class:`Layer`, and :func:`contrast_map` for ``units``.

    Populations do the same when they have the same activation and input, and receive the same in total from every
    class of populations that do the same: the coarsest such classes are merged, W summed over the sources.

    >>> three = Circuit.from_matrix([[0, -1, -1], [-1, 0, -1], [-1, -1, 0]])
    >>> layer_of(three, units=(("x1",), ("x2", "x3"))).circuit.W
    Matrix([
    [ 0, -2],
    [-1, -1]])
    """
    circuit = circuit.fixed()
    groups = _groups(circuit, units)
    classes = _classes(circuit, groups)
    index = {name: k for k, members in enumerate(classes) for name in members}
    for group in groups:
        found = {index[name] for name in group}
        if len(found) > 1 or len(classes[min(found)]) != len(group):
            raise CircuitError(
                f"{', '.join(group)} are not alike: driven alike they do not do the same, so that one ratio does not "
                f"say what the layer does. Name single populations, or groups that the circuit does not tell apart."
            )
    places = (index[groups[0][0]], index[groups[1][0]])
    inputs = _fresh(circuit)
    factors = [exact(value, "a feedforward gain") for value in two(gains, "gains")]
    if any(f.is_Rational and f <= 0 for f in factors):
        raise CircuitError(f"the feedforward gains are {' and '.join(map(str, factors))}; both are > 0.")
    driven = {k: f * symbol(name) for k, f, name in zip(places, factors, inputs, strict=True)}
    first = [circuit.populations[circuit.index(members[0])] for members in classes]
    populations = tuple(replace(p, input=driven.get(k, p.input)) for k, p in enumerate(first))
    names = tuple(inputs[places.index(k)] if k in places else f"u_{p.name}" for k, p in enumerate(first))
    if len(classes) == len(circuit.populations):
        assumed = _assumptions(circuit, circuit.W, populations, ("assumed",))
        merged = replace(circuit, populations=populations, inputs=names, assume=assumed, values=())
    else:
        entries = [
            sympy.Add(*(circuit.entries[circuit.index(target[0])][circuit.index(b)] for b in source))
            for target in classes
            for source in classes
        ]
        matrix = sympy.ImmutableDenseMatrix(len(classes), len(classes), entries)
        assumed = _assumptions(circuit, matrix, populations, ("assumed", "magnitude"))
        merged = Circuit(circuit.name, populations, matrix, assumed, inputs=names, copies=circuit.copies)
    return Layer(merged, classes, places, inputs)


def _groups(circuit: Circuit, units: Units | None) -> tuple[Group, Group]:
    if units is None:
        return _found(circuit)
    rows = [(u,) if isinstance(u, str) else tuple(u) for u in two(units, "units")]
    for name in (name for row in rows for name in row):
        if name not in circuit.names:
            raise CircuitError(f"there is no population {name!r} (populations: {', '.join(circuit.names)}).")
    if not all(rows) or len({*rows[0], *rows[1]}) < len(rows[0]) + len(rows[1]):
        raise CircuitError("units are two groups of populations, none empty, no population in both or twice.")
    return rows[0], rows[1]


def output_populations(circuit: Circuit) -> tuple[str, ...]:
    """What drives the next layer unless it is named: the excitatory populations; without types, those with an input."""
    typed = any(p.type for p in circuit.populations)
    return tuple(p.name for p in circuit.populations if (p.type == "excitatory" if typed else p.input != 0))


def _found(circuit: Circuit) -> tuple[Group, Group]:
    outputs = [circuit.populations[circuit.index(name)] for name in output_populations(circuit)]
    if len(outputs) == 2:
        return (outputs[0].name,), (outputs[1].name,)
    groups: dict[sympy.Expr, list[str]] = {}
    for p in outputs:
        groups.setdefault(p.input, []).append(p.name)
    if len(groups) == 2:
        one, other = groups.values()
        return tuple(one), tuple(other)
    raise CircuitError(
        f"which two units drive the next layer is open: {', '.join(p.name for p in outputs) or 'none'} might. Name "
        f"two populations, or two groups of like ones, as units=(('A1',), ('A2', 'A3'))."
    )


def _classes(circuit: Circuit, groups: tuple[Group, Group]) -> tuple[Group, ...]:
    """The coarsest classes in which populations do the same, in the order of their first members."""
    a = algebra(circuit)
    n = a.n
    unit = {name: f"unit {k}" for k, group in enumerate(groups) for name in group}
    copies = {name: str(c.count) for c in circuit.copies for name in c.members}
    keys: list[tuple[object, ...]] = [
        (unit.get(p.name, p.input), p.activation, p.type, p.name if p.name in copies else "")
        for p in circuit.populations
    ]
    colours = _numbered(keys)
    while True:
        width = max(colours) + 1
        rows: list[tuple[object, ...]] = []
        for i in range(n):
            totals = [a.zero] * width
            for j, weight in enumerate(a.W[i]):
                if not weight.is_zero:
                    totals[colours[j]] = totals[colours[j]] + weight
            rows.append((colours[i], *map(str, totals)))
        finer = _numbered(rows)
        if finer == colours:
            break
        colours = finer
    members: dict[int, list[str]] = {}
    for name, colour in zip(circuit.names, colours, strict=True):
        members.setdefault(colour, []).append(name)
    return tuple(tuple(row) for row in members.values())


def _numbered(keys: Sequence[tuple[object, ...]]) -> list[int]:
    known: dict[tuple[object, ...], int] = {}
    return [known.setdefault(key, len(known)) for key in keys]


def _assumptions(
    circuit: Circuit, matrix: sympy.Matrix, populations: Sequence[Population], kinds: Sequence[str]
) -> tuple[str, ...]:
    """The hypotheses of those kinds that speak of symbols that are left. A sum of weights no longer shows the sign of
    each, so that a merged circuit keeps the signs too."""
    left = {s.name for s in matrix.free_symbols} | set(circuit.whole)
    for p in populations:
        left |= {s.name for s in (*p.tau.free_symbols, *p.input.free_symbols, *p.activation.free_symbols)}
    rows = (h for h in algebra(circuit).domain.hypotheses if h.why in kinds)
    return tuple(dict.fromkeys(h.text for h in rows if free_names(h.condition) <= left))


def _fresh(circuit: Circuit) -> tuple[str, str]:
    """Names for what comes from below that the circuit does not use."""
    letter = "y"
    while {f"{letter}_1", f"{letter}_2"} & {*circuit.symbols, *circuit.names}:
        letter += "y"
    return f"{letter}_1", f"{letter}_2"


def two(values: Sequence[Any], what: str) -> Sequence[Any]:
    """The values, which have to be two: one for each unit."""
    if isinstance(values, str) or len(values) != 2:
        raise CircuitError(f"{what} is {values!r}; two were expected, one for each unit.")
    return values
