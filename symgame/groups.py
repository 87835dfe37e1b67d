"""From a circuit with a few units written out to one with any number of copies of them, and back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import sympy

from symgame import syntax as s
from symgame.circuit import Circuit, Copies
from symgame.errors import CircuitError, Unsupported
from symgame.grammar import read_formula
from symgame.notation import exact
from symgame.presentation import PLAIN

#: Populations of a circuit that is written out.
MOST_WRITTEN = 2_000


def grouped(circuit: Circuit, units: Sequence[Sequence[str]], counts: Sequence[object], name: str = "") -> Circuit:
    """The circuit with ``counts[g]`` copies of ``units[g]``, from one in which there is one of each.

    The units are alike (couplings inside them, time constants, activations, couplings with everything else, and from
    any of them to any other are the same; their inputs need not be), two at least; other populations stay as they are.
    A count is a whole number >= 1, or a polynomial in symbols such as ``"n - k"``.

    Raises :class:`~symgame.errors.CircuitError` when two units are not alike, naming the entry.

    >>> W = [["w", 0, "-s"], [0, "w", "-s"], ["v", "v", 0]]
    >>> two = Circuit.from_matrix(W, names=["A", "B", "I"], tau=["t", "t", "t_I"])
    >>> many = grouped(two, [["A"], ["B"]], ["k", "n - k"])
    >>> many.W.row(2), many.whole
    (Matrix([[k*v, -k*v + n*v, 0]]), ('k', 'n'))
    """
    places = [tuple(circuit.index(name) for name in unit) for unit in units]
    rest = [i for i in range(len(circuit.names)) if not any(i in unit for unit in places)]
    numbers = [exact(c, "a number of copies") for c in counts]
    if len(units) < 2 or len(numbers) != len(units):
        raise CircuitError(f"{len(units)} units and {len(numbers)} numbers of copies; two units or more have as many.")
    _check_alike(circuit, places, rest)
    W = circuit.entries
    first, second = places[:2]
    lateral = sympy.ImmutableDenseMatrix([[W[a][b] for b in second] for a in first])
    rows = [list(row) for row in W]
    for g, here in enumerate(places):
        for a in (i for i in range(len(W)) if i not in here):
            for b in here:
                rows[a][b] = sympy.expand(numbers[g] * W[a][b])
        for i, a in enumerate(here):
            for j, b in enumerate(here):
                rows[a][b] = sympy.expand(W[a][b] + (numbers[g] - 1) * lateral[i, j])
    copies = tuple(Copies(tuple(unit), numbers[g], lateral) for g, unit in enumerate(units))
    return replace(circuit, name=name or circuit.name, W=sympy.ImmutableDenseMatrix(rows), copies=copies)


def multiplied(
    names: Sequence[str], single: sympy.Matrix | sympy.ImmutableDenseMatrix, copies: Sequence[Copies]
) -> sympy.ImmutableDenseMatrix:
    """The rows of W of a circuit with these copies, from the signed couplings between *single* neurons.

    Row a, column b of ``single`` is the coupling to a from b: inside one unit where both are members of it, and else
    from one neuron of b to each of a. See :class:`~symgame.circuit.Copies` for what W says; :func:`written_out` goes
    the other way.

    >>> from symgame.notation import symbol
    >>> n, l, w, b, c = map(symbol, "nlwbc")
    >>> unit = Copies(("A",), n, sympy.ImmutableDenseMatrix([-l]))
    >>> multiplied("AX", sympy.Matrix([[w, c], [b, 0]]), [unit])
    Matrix([
    [-l*n + l + w, c],
    [         b*n, 0]])
    """
    rows = [[single[a, b] for b in range(len(names))] for a in range(len(names))]
    for group in copies:
        members = [list(names).index(name) for name in group.members]
        for j, b in enumerate(members):
            for a, row in enumerate(rows):
                if a in members:
                    row[b] = sympy.expand(row[b] + (group.count - 1) * group.lateral[members.index(a), j])
                else:
                    row[b] = sympy.expand(group.count * row[b])
    return sympy.ImmutableDenseMatrix(rows)


def _check_alike(circuit: Circuit, units: Sequence[tuple[int, ...]], rest: Sequence[int]) -> None:
    W, people, names = circuit.entries, circuit.populations, circuit.names
    first, second = units[0], units[1]
    for unit in units:
        if len(unit) != len(first):
            raise CircuitError(f"the units have {len(first)} and {len(unit)} populations; like units have the same.")
        for a, b in zip(first, unit, strict=True):
            if (people[a].type, people[a].tau) != (people[b].type, people[b].tau):
                raise CircuitError(f"{names[a]} and {names[b]} differ in type or tau; the units are not alike.")
            if people[a].activation != people[b].activation:
                raise CircuitError(f"{names[a]} and {names[b]} differ in their activation; the units are not alike.")

    def same(a: int, b: int, c: int, d: int) -> None:
        if W[a][b] != W[c][d]:
            raise CircuitError(
                f"the weight to {names[a]} from {names[b]} is {W[a][b]}, but to {names[c]} from {names[d]} it is "
                f"{W[c][d]}: the units are not alike."
            )

    for unit in units:
        for i, a in enumerate(unit):
            for j, b in enumerate(unit):
                same(first[i], first[j], a, b)
            for r in rest:
                same(first[i], r, a, r)
                same(r, first[i], r, a)
        for other in units:
            if other is not unit:
                for i, a in enumerate(unit):
                    for j, b in enumerate(other):
                        same(first[i], second[j], a, b)


def neurons(circuit: Circuit) -> Circuit:
    """The circuit in numbers, every copy a population of its own: what questions about numbers are asked of.

    Its values are put in; without copies nothing else happens.

    Raises :class:`~symgame.errors.Unsupported` when a number of copies has no value.
    """
    circuit = circuit.fixed() if circuit.values else circuit
    if circuit.whole:
        raise Unsupported(
            f"these symbols have no value: {', '.join(circuit.symbols)}; give them in [values] or by --set, whole "
            f"numbers for {', '.join(circuit.whole)}, which say how many copies there are"
        )
    return written_out(circuit)


def written_out(circuit: Circuit) -> Circuit:
    """The circuit with every copy a population of its own: ``E1`` with three copies becomes ``E1_1, E1_2, E1_3``.

    A population with one copy keeps its name. The numbers of copies have to be numbers.

    Raises :class:`~symgame.errors.CircuitError` when one is a symbol, or they are too many.

    >>> W = [["w", 0, "-s"], [0, "w", "-s"], ["v", "v", 0]]
    >>> two = Circuit.from_matrix(W, names=["A", "B", "I"], tau=["t", "t", "t_I"])
    >>> written_out(grouped(two, [["A"], ["B"]], [1, 2])).names
    ('A', 'B_1', 'B_2', 'I')
    """
    if not circuit.copies:
        return circuit
    open_ = circuit.whole
    if open_:
        raise CircuitError(f"how many copies there are is not given: {', '.join(open_)} need whole numbers.")
    group_of = {name: k for k, group in enumerate(circuit.copies) for name in group.members}
    total = sum(int(g.count) * len(g.members) for g in circuit.copies) + len(circuit.names) - len(group_of)
    if total > MOST_WRITTEN:
        raise CircuitError(f"the copies make {total} populations, more than {MOST_WRITTEN}.")
    order: list[tuple[str, int, str]] = []  # population, number of its unit, new name
    done: set[int] = set()
    for name in circuit.names:
        k = group_of.get(name)
        if k is None:
            order.append((name, 0, name))
        elif k not in done:
            done.add(k)
            members = [n for n in circuit.names if group_of.get(n) == k]
            many = circuit.copies[k].count > 1
            for unit in range(int(circuit.copies[k].count)):
                order += [(m, unit, f"{m}_{unit + 1}" if many else m) for m in members]

    def weight(target: tuple[str, int, str], source: tuple[str, int, str]) -> sympy.Expr:
        a, b = circuit.index(target[0]), circuit.index(source[0])
        k = group_of.get(source[0])
        if k is None:
            return circuit.entries[a][b]
        group = circuit.copies[k]
        if group_of.get(target[0]) != k:
            return sympy.expand(circuit.entries[a][b] / group.count)
        side = group.lateral[group.members.index(target[0]), group.members.index(source[0])]
        return side if target[1] != source[1] else sympy.expand(circuit.entries[a][b] - (group.count - 1) * side)

    populations = tuple(replace(circuit.populations[circuit.index(old)], name=new) for old, _, new in order)
    matrix = sympy.ImmutableDenseMatrix([[weight(t, s) for s in order] for t in order])
    inputs = tuple(circuit.inputs[circuit.index(old)] for old, _, _ in order)
    return replace(circuit, populations=populations, W=matrix, inputs=inputs, copies=())


def upstream(circuit: Circuit, kept: Sequence[int]) -> Circuit:
    """The circuit of some populations, by index, that nothing else drives: what they are copies of is kept.

    Raises :class:`~symgame.errors.CircuitError` when another population drives one of them.

    >>> upstream(Circuit.from_matrix([["a", 0], ["b", 0]], names="AB"), [0]).names
    ('A',)
    """
    names = [circuit.names[i] for i in kept]
    for a in kept:
        for b in range(len(circuit.names)):
            if b not in kept and circuit.entries[a][b] != 0:
                raise CircuitError(f"{circuit.names[b]} drives {circuit.names[a]}; keep both or neither.")
    copies = []
    for group in circuit.copies:
        inner = [k for k, name in enumerate(group.members) if name in names]
        if inner:
            lateral = sympy.ImmutableDenseMatrix([[group.lateral[a, b] for b in inner] for a in inner])
            copies.append(Copies(tuple(group.members[k] for k in inner), group.count, lateral))
    matrix = sympy.ImmutableDenseMatrix([[circuit.entries[a][b] for b in kept] for a in kept])
    populations = tuple(circuit.populations[i] for i in kept)
    inputs = tuple(circuit.inputs[i] for i in kept)
    parts = {"populations": populations, "W": matrix, "inputs": inputs, "copies": tuple(copies), "values": ()}
    bare = replace(circuit, presentation=PLAIN, assume=(), **parts)
    return replace(bare, assume=tuple(h for h in circuit.assume if _names(h) <= {*bare.symbols}))


def _names(formula: str) -> set[str]:
    return {part.id for part in s.walk(read_formula(formula)) if isinstance(part, s.Name)}
