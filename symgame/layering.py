"""The layers of a circuit: what drives what, and whether each layer is a copy of the one before.

The couplings of a circuit without loops through several of its parts are block triangular: strongly connected blocks,
each driven by those before it. A *column* is such a chain in which every layer is the same circuit, driven in the same
way; then its equilibria are compositions of those of one layer, its spectrum is that of its layers, and it is
diagonally stable iff one layer is.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import sympy
from flint import fmpq_mat

from symgame.algebra import algebra
from symgame.circuit import Circuit, Copies, Population
from symgame.entries import MOST, exact_entry
from symgame.errors import CircuitError, Unsupported
from symgame.feedback import chain
from symgame.matrices.blocks import components
from symgame.notation import symbol
from symgame.presentation import Presentation

Names = tuple[tuple[str, ...], ...]
ZERO = sympy.Integer(0)
#: So many assignments of members to members are tried before a matching is given up.
TRIALS = 100_000


@dataclass(frozen=True)
class Layers:
    """A column: ``count`` copies of one ``layer``, each coupled to the next.

    ``layer`` is a circuit whose inputs are symbols, with the names of the first layer. Row a, column b of
    ``feedforward`` is the signed coupling to member a of a layer from member b of the layer before; of ``feedback``,
    from member b of the layer behind. ``names[k]`` and ``inputs[k]`` belong to layer k, member by member; ``assume``
    are the hypotheses of the column, those of the layer among them.
    """

    name: str
    layer: Circuit
    feedforward: sympy.ImmutableDenseMatrix
    feedback: sympy.ImmutableDenseMatrix
    names: Names
    inputs: tuple[tuple[sympy.Expr, ...], ...]
    assume: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        m = len(self.layer.populations)
        for what, matrix in (("feedforward", self.feedforward), ("feedback", self.feedback)):
            if matrix.shape != (m, m):
                raise CircuitError(f"{what} has shape {matrix.shape}, and a layer has {m} populations.")
        rows = (*self.names, *self.inputs)
        if not self.names or len(self.names) != len(self.inputs) or any(len(row) != m for row in rows):
            raise CircuitError(f"every layer needs {m} names and {m} inputs, one per population.")

    @property
    def count(self) -> int:
        return len(self.names)

    @property
    def recurrent(self) -> bool:
        """Whether there is feedback, so that layers cannot be solved one after the other."""
        return self.count > 1 and any(w != 0 for w in self.feedback)

    def circuit(self) -> Circuit:
        """The whole column as one circuit, layer after layer; at most 400 populations."""
        m, size = len(self.layer.populations), self.count * len(self.layer.populations)
        if size > MOST:
            raise CircuitError(f"the column has {size} populations, and a circuit at most {MOST}; solve it by layers.")
        own, forward, back = (tuple(matrix.flat()) for matrix in (self.layer.W, self.feedforward, self.feedback))
        blocks = {0: own, 1: forward, -1: back}
        nothing = (ZERO,) * (m * m)
        entries = [
            blocks.get(a - b, nothing)[i * m + j]
            for a in range(self.count)
            for i in range(m)
            for b in range(self.count)
            for j in range(m)
        ]
        populations = tuple(
            replace(p, name=name, input=u)
            for names, inputs in zip(self.names, self.inputs, strict=True)
            for p, name, u in zip(self.layer.populations, names, inputs, strict=True)
        )
        return Circuit(
            self.name,
            populations,
            sympy.ImmutableDenseMatrix(size, size, entries),
            self.assume,
            self.layer.values,
            self.layer.form,
            presentation=self.layer.presentation,
            copies=self._copies(),
        )

    def _copies(self) -> tuple[Copies, ...]:
        """A unit of the column is the same unit of every layer."""
        found = []
        for group in self.layer.copies:
            places = [self.layer.index(name) for name in group.members]
            found.append(
                Copies(
                    tuple(names[i] for names in self.names for i in places),
                    group.count,
                    sympy.ImmutableDenseMatrix(sympy.diag(*[group.lateral] * self.count)),
                )
            )
        return tuple(found)


def stacked(
    layer: Circuit, count: int, feedforward: object = "f", feedback: object = 0, *, name: str | None = None
) -> Layers:
    """A column of so many copies of any circuit, of any size.

    ``feedforward`` is one weight, to every excitatory population from its own copy in the layer before, or a signed
    matrix, row to, column from; ``feedback`` the same, from the layer behind. The inputs of the circuit reach the first
    layer; behind it, the populations that the layer before drives have the input 0, the others keep theirs. Names get
    the number of their layer before that of their unit: ``E1`` becomes ``E3_1``, and ``I`` becomes ``I3``.

    Raises :class:`~symgame.errors.CircuitError` for a count that is no whole number >= 1, or a matrix of another shape.

    >>> from symgame.microcircuits import column, lateral_inhibition
    >>> stacked(lateral_inhibition(2), 3).circuit().W == column(3, 2).W
    True
    """
    if isinstance(count, bool) or not isinstance(count, int) or count < 1:
        raise CircuitError(f"count is {count!r}; a whole number >= 1 of layers was expected.")
    if layer.form != "rate":
        raise Unsupported("layers drive one another by rates; the circuit is in the voltage form")
    forward, back = _coupling(layer, feedforward, "feedforward"), _coupling(layer, feedback, "feedback")
    driven = [any(w != 0 for w in forward[i, :]) for i in range(len(layer.populations))]
    behind = tuple(ZERO if d else p.input for p, d in zip(layer.populations, driven, strict=True))
    first = tuple(p.input for p in layer.populations)
    names = tuple(tuple(_in_layer(p.name, k + 1) for p in layer.populations) for k in range(count))
    inputs = (first, *(behind,) * (count - 1))
    what = name or f"{count} layers of: {layer.name}"
    return Layers(what, _with_open_inputs(layer, names[0]), forward, back, names, inputs, layer.assume)


def layers(circuit: Circuit) -> Layers:
    """The layers of a circuit, each a copy of the one before.

    A layer is a set of strongly connected blocks equally far down the graph of couplings. A circuit with one such set
    has feedback or has no layers: it is cut into equal parts of its populations as they stand, as many as there can
    be, if that makes a chain of copies; or into parts in which they stand in any order, if those are coupled member by
    member (:func:`symgame.feedback.chain`); otherwise it is one layer. Populations may stand in any order in their
    layers; a copy has the same couplings, time constants, types and activations, and is driven in the same way. Inputs
    are free.

    Raises :class:`~symgame.errors.Unsupported` when the layers are not copies, and says which differ, and in what.

    >>> from symgame.microcircuits import column
    >>> found = layers(column(3, 2))
    >>> found.count, found.layer.names, found.feedforward[0, 0], found.recurrent
    (3, ('E1_1', 'I1_1', 'E1_2', 'I1_2'), f, False)
    >>> layers(column(3, 2, feedback="b")).feedback.row(0)
    Matrix([[b, 0, 0, 0]])
    """
    table = _Table.of(circuit)
    parts = depths(circuit, table.linked)
    if len(parts) == 1:
        return _cut(circuit, table) or _in_any_order(circuit, table) or _column(circuit, [list(range(table.n))])
    for k, part in enumerate(parts[1:], 2):
        if len(part) != len(parts[0]):
            raise Unsupported(
                f"the layers are not copies: layer 1 is {_listed(circuit, parts[0])} and layer {k} is "
                f"{_listed(circuit, part)}, which is another number of populations"
            )
    chain = _chain(table, parts)
    if isinstance(chain, str):
        raise Unsupported(f"the layers are not copies: {chain}")
    return _column(circuit, chain)


def depths(circuit: Circuit, linked: Sequence[Sequence[bool]] | None = None) -> list[list[int]]:
    """The populations by depth: first the strongly connected blocks that nothing else drives, then those that only
    these drive, and so on; each part in rising order.

    >>> from symgame.microcircuits import column
    >>> depths(column(2, 1))
    [[0, 1], [2, 3]]
    """
    linked = _Table.of(circuit).linked if linked is None else linked
    n = len(linked)
    depth = [0] * n
    for block in components(fmpq_mat([[int(v) for v in row] for row in linked])):
        inside = set(block)
        above = max((depth[j] + 1 for i in block for j in range(n) if linked[i][j] and j not in inside), default=0)
        for i in block:
            depth[i] = above
    return [[i for i in range(n) if depth[i] == d] for d in range(max(depth) + 1)]


# -- couplings that can be compared -----------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class _Table:
    """Couplings as small numbers, equal where the entries of W are equal for every value of the symbols, 0 where they
    are 0; ``kinds`` likewise of what else belongs to a population."""

    W: list[list[int]]
    kinds: list[int]
    linked: list[list[bool]]
    names: tuple[str, ...]

    @property
    def n(self) -> int:
        return len(self.kinds)

    @classmethod
    def of(cls, circuit: Circuit) -> _Table:
        rows: Sequence[Sequence[Hashable]]
        if circuit.symbols:
            a = algebra(circuit)
            rows = [[None if q.is_zero else q for q in row] for row in a.W]
        else:
            rows = [[None if w == 0 else w for w in row] for row in circuit.entries]
        numbers: dict[Hashable, int] = {None: 0}
        W = [[numbers.setdefault(w, len(numbers)) for w in row] for row in rows]
        group = {name: (k, i) for k, c in enumerate(circuit.copies) for i, name in enumerate(c.members)}
        groups = [circuit.copies[group[p.name][0]] if p.name in group else None for p in circuit.populations]
        own: dict[Hashable, int] = {}
        kinds = [
            own.setdefault((p.type, p.tau, p.activation, g and g.count), len(own))
            for p, g in zip(circuit.populations, groups, strict=True)
        ]
        return cls(W, kinds, [[i != j and w != 0 for j, w in enumerate(r)] for i, r in enumerate(W)], circuit.names)


def _cut(circuit: Circuit, table: _Table) -> Layers | None:
    """The populations as they stand, in as many equal parts as make a chain of copies with couplings both ways.

    A chain with the same couplings both ways, as units on a line, has no first layer: it is not cut.
    """
    n = table.n
    for size in (d for d in range(1, n // 2 + 1) if n % d == 0):
        parts = [list(range(start, start + size)) for start in range(0, n, size)]
        forward, back = ([table.W[i][j] for i in a for j in b] for a, b in (parts[1::-1], parts[:2]))
        if size > 1 and any(forward) and sorted(forward) != sorted(back) and _faults(table, parts) is None:
            return _column(circuit, parts)
    return None


def _in_any_order(circuit: Circuit, table: _Table) -> Layers | None:
    """Like layers with feedback from each member to its own copy, wherever these stand; of two members at least."""
    found = chain(table.W, table.kinds)
    if found is None or len(found[0]) == 1:
        return None
    forward, back = ([table.W[i][j] for i, j in zip(*pair, strict=True)] for pair in (found[1::-1], found[:2]))
    return None if sorted(forward) == sorted(back) else _column(circuit, found)


def _faults(table: _Table, parts: Sequence[Sequence[int]]) -> str | None:
    """Why parts, member for member, are no chain of copies; ``None`` when they are."""
    if skipping := _skipping(table, parts):
        return skipping
    first, second = parts[0], parts[1]
    for k in range(1, len(parts)):
        above, part = parts[k - 1], parts[k]
        for i, p in enumerate(part):
            if table.kinds[p] != table.kinds[first[i]]:
                return f"{table.names[p]} is no copy of {table.names[first[i]]}"
            for j, q in enumerate(part):
                if table.W[p][q] != table.W[first[i]][first[j]]:
                    return f"layer {k + 1} has another weight to {table.names[p]} from {table.names[q]}"
                if table.W[p][above[j]] != table.W[second[i]][first[j]]:
                    return f"layer {k + 1} is driven in another way: to {table.names[p]} from {table.names[above[j]]}"
                if table.W[above[j]][p] != table.W[first[j]][second[i]]:
                    return f"layer {k + 1} has another feedback: to {table.names[above[j]]} from {table.names[p]}"
    return None


def _skipping(table: _Table, parts: Sequence[Sequence[int]]) -> str | None:
    for a, part in enumerate(parts):
        for b, other in enumerate(parts):
            if abs(a - b) > 1:
                for i in part:
                    for j in other:
                        if table.W[i][j]:
                            return f"the coupling to {table.names[i]} from {table.names[j]} skips a layer"
    return None


def _chain(table: _Table, parts: Sequence[list[int]]) -> list[list[int]] | str:
    """The parts, each in the order of the first, so that all couplings agree; or why there is no such order."""
    if skipping := _skipping(table, parts):
        return skipping
    search = _Search(table)
    deepest = 0

    def extended(chain: list[list[int]]) -> list[list[int]] | None:
        nonlocal deepest
        deepest = max(deepest, len(chain))
        if len(chain) == len(parts):
            return chain
        for matched in search.copies(chain, parts[len(chain)]):
            found = extended([*chain, matched])
            if found is not None:
                return found
        return None

    chain = extended([parts[0]])
    if chain is not None:
        return chain
    if search.trials > TRIALS:
        return f"no order of the populations of layer {deepest + 1} was found among {TRIALS} that were tried"
    same = [sorted(table.kinds[i] for i in part) for part in (parts[0], parts[deepest])]
    if same[0] != same[1]:
        return f"layer {deepest + 1} has populations of another type, time constant or activation than layer 1"
    listed = ", ".join(table.names[i] for i in parts[deepest])
    return (
        f"no order of the populations of layer {deepest + 1} ({listed}) gives it the weights of layer {deepest} and "
        f"drives it as that one is driven"
    )


class _Search:
    """Backtracking over the orders in which a part is a copy of the last of a chain."""

    def __init__(self, table: _Table) -> None:
        self.table = table
        self.trials = 0

    def copies(self, chain: Sequence[Sequence[int]], part: Sequence[int]) -> Iterator[list[int]]:
        last = chain[-1]
        before = chain[-2] if len(chain) > 1 else None
        W, kinds = self.table.W, self.table.kinds
        chosen: list[int] = []
        free = set(part)

        def fits(p: int) -> bool:
            i = len(chosen)
            model = last[i]
            if kinds[p] != kinds[model] or W[p][p] != W[model][model]:
                return False
            if any(W[p][q] != W[model][last[j]] or W[q][p] != W[last[j]][model] for j, q in enumerate(chosen)):
                return False
            return before is None or all(
                W[p][q] == W[model][before[j]] and W[q][p] == W[before[j]][model] for j, q in enumerate(last)
            )

        def rest() -> Iterator[list[int]]:
            if len(chosen) == len(part):
                yield list(chosen)
                return
            model = last[len(chosen)]
            for p in sorted(free, key=lambda p: (W[p][model] == 0, p)):  # first those that their model drives
                self.trials += 1
                if self.trials > TRIALS:
                    return
                if fits(p):
                    chosen.append(p)
                    free.discard(p)
                    yield from rest()
                    chosen.pop()
                    free.add(p)

        yield from rest()


# -- the column that was found ----------------------------------------------------------------------------------------


def _column(circuit: Circuit, chain: Sequence[Sequence[int]]) -> Layers:
    first = chain[0]
    m = len(first)

    def block(to: Sequence[int], source: Sequence[int]) -> sympy.ImmutableDenseMatrix:
        return sympy.ImmutableDenseMatrix(m, m, [circuit.entries[i][j] for i in to for j in source])

    nothing = sympy.ImmutableDenseMatrix.zeros(m, m)
    forward, back = (block(chain[1], first), block(first, chain[1])) if len(chain) > 1 else (nothing, nothing)
    names = tuple(tuple(circuit.names[i] for i in part) for part in chain)
    inputs = tuple(tuple(circuit.populations[i].input for i in part) for part in chain)
    populations = tuple(circuit.populations[i] for i in first)
    copies = tuple(_restricted(group, names) for group in circuit.copies)
    inner = block(first, first)
    kept = {s.name for e in inner for s in e.free_symbols}
    kept |= {s.name for p in populations for s in (*p.tau.free_symbols, *p.activation.free_symbols)}
    assume = tuple(text for text in circuit.assume if set(re.findall(r"[^\W\d]\w*", text)) <= kept)
    layer = Circuit(
        f"a layer of {circuit.name}" if len(chain) > 1 else circuit.name,
        _open(populations),
        inner,
        assume,
        circuit.values,
        circuit.form,
        presentation=_kept(circuit.presentation, kept | {p.name for p in populations}),
        copies=copies,
    )
    return Layers(circuit.name, layer, forward, back, names, inputs, circuit.assume)


def _restricted(group: Copies, names: Names) -> Copies:
    """The members of a unit in the first layer. Units must be coupled alike in every layer, and inside layers alone."""
    by_layer = [[group.members.index(name) for name in row if name in group.members] for row in names]
    layer_of = {i: k for k, row in enumerate(by_layer) for i in row}
    size = len(group.members)
    across = any(group.lateral[a, b] != 0 and layer_of[a] != layer_of[b] for a in range(size) for b in range(size))
    lateral = [
        sympy.ImmutableDenseMatrix(len(r), len(r), [group.lateral[a, b] for a in r for b in r]) for r in by_layer
    ]
    if across or any(matrix != lateral[0] for matrix in lateral):
        raise Unsupported(
            f"the units of {', '.join(group.members)} are coupled from layer to layer, or not alike in all layers; "
            f"give the counts values and ask for the layers of symgame.groups.written_out"
        )
    return Copies(tuple(group.members[i] for i in by_layer[0]), group.count, lateral[0])


def _kept(style: Presentation, names: set[str]) -> Presentation:
    """The notation of what is still there."""
    return replace(
        style,
        names=tuple(row for row in style.names if row[0] in names),
        order=tuple(name for name in style.order if name in names),
        abbreviations=None,
    )


def _open(populations: Sequence[Population]) -> tuple[Population, ...]:
    return tuple(replace(p, input=symbol(f"u_{p.name}")) for p in populations)


def _with_open_inputs(layer: Circuit, names: Sequence[str]) -> Circuit:
    """The layer with the names of the first one, its inputs open, and the notation of symbols alone."""
    renamed = dict(zip(layer.names, names, strict=True))
    populations = tuple(replace(p, name=renamed[p.name]) for p in layer.populations)
    copies = tuple(replace(c, members=tuple(renamed[name] for name in c.members)) for c in layer.copies)
    style = _kept(layer.presentation, set(layer.symbols))
    return replace(layer, populations=_open(populations), inputs=(), copies=copies, presentation=style)


def _in_layer(name: str, layer: int) -> str:
    """``E1`` in layer 3 is ``E3_1``, and ``I`` is ``I3``."""
    stem = name.rstrip("0123456789")
    unit = name[len(stem) :]
    return f"{stem}{layer}{'_' if unit else ''}{unit}"


def _coupling(layer: Circuit, given: Any, what: str) -> sympy.ImmutableDenseMatrix:
    m = len(layer.populations)
    if isinstance(given, list | tuple | sympy.MatrixBase) or hasattr(given, "__array__"):
        rows = given.tolist() if hasattr(given, "tolist") else [list(row) for row in given]
        if len(rows) != m or any(len(row) != m for row in rows):
            raise CircuitError(f"{what} must be {m} by {m}: row to, column from, one per population of a layer.")
        return sympy.ImmutableDenseMatrix(m, m, [exact_entry(w, what) for row in rows for w in row])
    weight = exact_entry(given, what)
    excited = [p.type == "excitatory" for p in layer.populations]
    if weight != 0 and not any(excited):
        raise CircuitError(f"no population is declared excitatory; give {what} as a {m} by {m} matrix.")
    diagonal = [weight if i == j and excited[i] else ZERO for i in range(m) for j in range(m)]
    return sympy.ImmutableDenseMatrix(m, m, diagonal)


def _listed(circuit: Circuit, part: Sequence[int]) -> str:
    shown = ", ".join(circuit.names[i] for i in part[:6])
    return f"({shown}{', …' if len(part) > 6 else ''})"
