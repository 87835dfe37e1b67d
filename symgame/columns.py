"""The equilibria of a column with numbers, layer by layer: every branch of every layer, exactly.

Where couplings go one way, the rates of a block depend on those before it alone. Each block is solved for the inputs
that it then has, and every equilibrium that it has is followed into the blocks behind. A block of exchangeable units is
solved through its sums (:mod:`symgame.mean_field`), a small one by enumeration, a large one by pivoting.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from itertools import pairwise
from math import lcm

import sympy
from flint import fmpq, fmpq_mat

from symgame.cells import Line, Point, System, Vector
from symgame.circuit import Circuit
from symgame.diagonal_stability import diagonal_stability
from symgame.enumeration import BUDGET, Account, equilibria
from symgame.errors import BudgetExceeded, Unsupported
from symgame.groups import written_out
from symgame.layering import Layers, Names, depths
from symgame.matrices.blocks import components
from symgame.matrices.definite import exact_matrix
from symgame.matrices.dominance import dominating
from symgame.mean_field import MeanField, equilibrium, mean_field, single_valued, stable
from symgame.notation import symbol
from symgame.numeric import MOST_POPULATIONS, Solutions, Writer, system
from symgame.pivoting import MOST_SPECTRUM, lone_solutions, pivoted_point
from symgame.spectrum import all_left, characteristic

#: Below this many populations the choices of pieces are tried one by one, whatever the symmetry.
TINY = 4


@dataclass(frozen=True)
class ColumnEquilibrium:
    """One equilibrium: ``rates[k]`` are those of layer k, in the order of its names.

    ``strict`` says that no total input is on a kink, ``index`` is then the sign of ``det(I - F W)``. ``stable`` is
    ``None`` when a loop of populations passes a kink, or a block without symmetry is too large for its spectrum. It is
    decided where those on a kink are driven by silent ones alone, as the I of a silent loser.
    """

    rates: tuple[Vector, ...]
    active: tuple[str, ...]
    saturated: tuple[str, ...]
    strict: bool
    stable: bool | None
    index: int | None
    places: tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class ColumnEquilibria:
    """The equilibria that were found; ``names[k]`` are the populations of layer k.

    ``complete`` says that these are all. If not, ``reason`` says why.
    """

    name: str
    names: Names
    equilibria: tuple[ColumnEquilibrium, ...]
    complete: bool
    reason: str = ""

    def state(self, k: int = 0) -> dict[str, Fraction]:
        """The rates of equilibrium k by name."""
        rows = zip(self.names, self.equilibria[k].rates, strict=True)
        return {name: x for names, rates in rows for name, x in zip(names, rates, strict=True)}


def column_equilibria(
    column: Circuit | Layers, *, limit: int | None = None, budget: int | None = None
) -> ColumnEquilibria:
    """The equilibria of a column, or of any circuit, with numbers: block after block of its couplings, exactly.

    A column with feedback is one block, with one equilibrium at most when it is Lyapunov diagonally stable. Every state
    is verified: it is the value of phi at ``W x + u``, exactly. The list ends early after ``limit`` equilibria, or when
    ``budget`` nodes of enumerations did not suffice; it is not complete either where a block has a continuum of
    equilibria, or has more than 30 populations and no equilibrium was found, or one that is not proved to be the only
    one.

    Raises :class:`~symgame.errors.Unsupported` when symbols are left or an activation is not piecewise linear.

    >>> from symgame.layering import stacked
    >>> from symgame.microcircuits import lateral_inhibition
    >>> units = lateral_inhibition(2, w_EE="1/2", s=1, l="1/2", w_IE=1, w_II=0, tau_E=1, tau_I=1)
    >>> found = column_equilibria(stacked(units.with_values(u_1=1, u_2="9/10"), 5, feedforward=1))
    >>> [str(rates[2] / rates[0]) for rates in found.equilibria[0].rates], found.complete       # E2 against E1
    (['17/21', '15/23', '11/27', '3/35', '0'], True)
    """
    if isinstance(column, Layers) and (column.recurrent or column.layer.copies):
        column = column.circuit()
    if isinstance(column, Circuit) and column.copies:
        column = written_out(column.fixed())
    name, names, stages = _of_layers(column) if isinstance(column, Layers) else _of_circuit(column.fixed())
    search = _Search(stages, BUDGET if budget is None else budget)
    found: list[ColumnEquilibrium] = []
    for points in search.followed():
        if limit is not None and len(found) >= limit:
            search.reason = search.reason or f"more than the {limit} equilibria asked for"
            break
        found.append(_joined(names, stages, points))
    return ColumnEquilibria(name, names, tuple(found), not search.reason, search.reason)


def column_solutions(circuit: Circuit, digits: int = 15, *, limit: int | None = None) -> Solutions:
    """The same as the :class:`~symgame.numeric.Solutions` of one circuit, fewest active populations first.

    A circuit whose couplings are one large block gets the one equilibrium of
    :func:`~symgame.pivoting.lone_solutions`. Beyond 80 populations types and eigenvalues are left open.
    """
    circuit = circuit.fixed()
    _, _, stages = _of_circuit(circuit)
    if len(stages) == 1 and stages[0].block.field is None:
        return lone_solutions(circuit, digits)
    found = column_equilibria(circuit, limit=limit)
    exact = system(circuit)
    writer, small = Writer(circuit, exact, digits), exact.n <= MOST_SPECTRUM
    place = {name: i for i, name in enumerate(circuit.names)}
    order = [place[name] for row in found.names for name in row]
    rows = []
    for e in found.equilibria:
        places = [0] * exact.n
        for i, p in zip(order, (p for row in e.places for p in row), strict=True):
            places[i] = p
        point = exact.decided(places) if small else exact.solved(places)
        assert isinstance(point, Point)
        solution = writer.solution(point, spectrum=small)
        if not small:
            solution = replace(solution, stable=e.stable, index=e.index)
        rows.append((exact.sort_key(places, writer.order), solution))
    rows.sort(key=lambda row: row[0])
    return Solutions(circuit, found.complete, tuple(solution for _, solution in rows), found.reason)


# -- one block --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Block:
    """What strongly connected populations are by themselves: their couplings, pieces and time constants, exactly."""

    W: tuple[Vector, ...]
    pieces: tuple[tuple[Line, ...], ...]
    tau: Vector

    @property
    def n(self) -> int:
        return len(self.tau)

    def system(self, u: Vector) -> System:
        return System(self.W, u, self.pieces)

    @cached_property
    def matrix(self) -> fmpq_mat:
        return exact_matrix(self.W)

    @cached_property
    def field(self) -> MeanField | None:
        found = mean_field(self.system((Fraction(0),) * self.n), self.tau) if self.n > TINY else None
        return found if found is not None and len(found.members) > 2 else None

    @cached_property
    def single(self) -> bool:
        """Whether it is proved that there is one equilibrium for every input: with S the steepest slopes, I - S W is a
        P-matrix."""
        if self.field is not None and single_valued(self.field):
            return True
        if self.n <= MOST_POPULATIONS:  # all of them are found anyway
            return False
        steep = [max(line.slope for line in row) for row in self.pieces]
        rows = [[Fraction(int(i == j)) - s * w for j, w in enumerate(self.W[i])] for i, s in enumerate(steep)]
        return dominating(exact_matrix(rows)) is not None or diagonal_stability(rows).holds is True

    def stable(self, point: Point) -> bool | None:
        """Whether rates near the point come back to it.

        A population on a kink that is on no loop of those that can answer is one member of a cascade: it decays by
        itself when its slopes on both sides allow it, and the others are as stable as they are without it. A loop
        through a kink is not decided. Source: E. D. Sontag, IEEE Trans. Automat. Control 34 (1989) 435 (cascades).
        """
        lines = [row[k] for row, k in zip(self.pieces, point.places, strict=True)]
        kinks = [
            i for i, (line, z) in enumerate(zip(lines, point.totals, strict=True)) if not line.holds(z, strict=True)
        ]
        if kinks and not self._cascade(kinks, lines):
            return None
        if self.field is not None:
            return stable(self.field, point.places)
        if self.n > MOST_SPECTRUM:
            return None
        rising = [i for i, line in enumerate(lines) if line.slope]
        rows = [[(lines[i].slope * self.W[i][j] - (i == j)) / self.tau[i] for j in rising] for i in rising]
        scale = lcm(*(v.denominator for row in rows for v in row))
        return all_left(characteristic([[int(v * scale) for v in row] for row in rows], (), scale))

    def _cascade(self, kinks: Sequence[int], lines: Sequence[Line]) -> bool:
        """Whether each population on a kink is a block of its own among those that can answer, and decays."""
        if any(line.slope * self.W[i][i] >= 1 for i in kinks for line in self.pieces[i]):
            return False
        answering = [i for i, line in enumerate(lines) if line.slope or i in set(kinks)]
        linked = fmpq_mat([[int(self.W[i][j] != 0) for j in answering] for i in answering])
        alone = {answering[block[0]] for block in components(linked) if len(block) == 1}
        return alone.issuperset(kinks)


@dataclass(frozen=True)
class _Stage:
    """A block where it stands: its populations (counted through all layers), their inputs and the labels of their
    pieces, and per population the sources outside of the block with their weights."""

    block: _Block
    places: tuple[int, ...]
    u: Vector
    labels: tuple[tuple[str, ...], ...]
    sources: tuple[tuple[tuple[int, Fraction], ...], ...]

    def inputs(self, x: Sequence[Fraction]) -> Vector:
        """What reaches the block from outside, by the rates of the populations before it."""
        return tuple(
            u + sum((w * x[j] for j, w in row if x[j]), Fraction(0))
            for u, row in zip(self.u, self.sources, strict=True)
        )


class _Search:
    """Depth first through the blocks: each equilibrium of one is followed before the next one of it is tried."""

    def __init__(self, stages: Sequence[_Stage], budget: int) -> None:
        self.stages = stages
        self.left = budget
        self.reason = ""

    def followed(self) -> Iterator[list[Point]]:
        stages = self.stages
        x = [Fraction(0)] * sum(stage.block.n for stage in stages)
        chosen: list[Point] = []
        pending = [self._solved(stages[0], stages[0].inputs(x))]
        while pending:  # one iterator more than chosen points
            point = next(pending[-1], None)
            if point is None:
                pending.pop()
                if chosen:
                    chosen.pop()
                continue
            stage = stages[len(chosen)]
            for i, value in zip(stage.places, point.state, strict=True):
                x[i] = value
            if len(pending) == len(stages):
                yield [*chosen, point]
            else:
                chosen.append(point)
                behind = stages[len(pending)]
                pending.append(self._solved(behind, behind.inputs(x)))

    def _solved(self, stage: _Stage, u: Vector) -> Iterator[Point]:
        """The equilibria of a block for the inputs that it has, verified."""
        for point in self._found(stage, u):
            _verify(stage.block, u, point)
            yield point

    def _found(self, stage: _Stage, u: Vector) -> Iterator[Point]:
        block = stage.block
        exact = block.system(u)
        if block.field is not None and (block.single or block.n > MOST_POPULATIONS):
            point = equilibrium(block.field, u, block.single)
            if point is not None:
                self._note_if_open(block)
                yield point
                return
        if block.n <= MOST_POPULATIONS:
            account = Account()
            for found in equilibria(exact, budget=max(self.left, 0), account=account):
                if isinstance(found, Point):
                    yield found
                else:
                    self.reason = self.reason or (
                        f"a block of {block.n} populations has a continuum of equilibria, which is not followed"
                    )
            self.left -= account.spent
            self.reason = self.reason or account.stopped or ""
            return
        try:
            point, _ = pivoted_point(exact)
        except BudgetExceeded as error:
            self.reason = self.reason or str(error)
            return
        self._note_if_open(block)
        yield point

    def _note_if_open(self, block: _Block) -> None:
        if not block.single:
            self.reason = self.reason or (
                f"one equilibrium of a block of {block.n} populations; that it is the only one was not proved"
            )


def _verify(block: _Block, u: Vector, point: Point) -> None:
    """``x = phi(W x + u)`` on the pieces of the point, recomputed from the couplings alone."""
    x = fmpq_mat(block.n, 1, [fmpq(v.numerator, v.denominator) for v in point.state])
    received = (block.matrix * x).entries()
    for row, k, z, v, w in zip(block.pieces, point.places, received, u, point.state, strict=True):
        total = Fraction(int(z.p), int(z.q)) + v
        if not row[k].holds(total) or row[k].value(total) != w:
            raise ArithmeticError("an equilibrium of a column failed its exact verification")  # pragma: no cover


def _joined(names: Names, stages: Sequence[_Stage], points: Sequence[Point]) -> ColumnEquilibrium:
    """The equilibrium of the whole: its spectrum is that of its blocks, its determinant the product of theirs."""
    size = sum(map(len, names))
    x, at, labels = [Fraction(0)] * size, [0] * size, [""] * size
    stability: list[bool | None] = []
    index = 1
    for stage, point in zip(stages, points, strict=True):
        stability.append(stage.block.stable(point))
        index *= point.sign
        for i, value, k, row in zip(stage.places, point.state, point.places, stage.labels, strict=True):
            x[i], at[i], labels[i] = value, k, row[k]
    strict = all(point.strict for point in points)
    flat = [name for row in names for name in row]
    ends = [sum(map(len, names[:k])) for k in range(len(names) + 1)]
    return ColumnEquilibrium(
        tuple(tuple(x[a:b]) for a, b in pairwise(ends)),
        tuple(name for name, v, label in zip(flat, x, labels, strict=True) if v > 0 and label != "saturated"),
        tuple(name for name, label in zip(flat, labels, strict=True) if label == "saturated"),
        strict,
        None if None in stability else all(stability),
        index or None if strict else None,
        tuple(tuple(at[a:b]) for a, b in pairwise(ends)),
    )


# -- blocks of circuits and of layers ---------------------------------------------------------------------------------


def _of_circuit(circuit: Circuit) -> tuple[str, Names, tuple[_Stage, ...]]:
    """The strongly connected blocks, upstream first; layers are the depths of blocks."""
    exact = system(circuit)
    parts = depths(circuit)
    order = {i: k for k, i in enumerate(i for part in parts for i in part)}
    tau = tuple(_number(p.tau) for p in circuit.populations)
    labels = _labels(circuit)
    kinds: dict[_Block, _Block] = {}
    stages = []
    for block in components(exact_matrix(exact.W)):
        inside = set(block)
        stages.append(
            _Stage(
                _kind(kinds, exact, tau, block),
                tuple(order[i] for i in block),
                tuple(exact.u[i] for i in block),
                tuple(labels[i] for i in block),
                tuple(tuple((order[j], w) for j, w in enumerate(exact.W[i]) if w and j not in inside) for i in block),
            )
        )
    names = tuple(tuple(circuit.names[i] for i in part) for part in parts)
    return circuit.name, names, tuple(stages)


def _of_layers(column: Layers) -> tuple[str, Names, tuple[_Stage, ...]]:
    """The blocks of one layer, layer after layer."""
    given = column.layer.fixed()
    closed = replace(
        given,
        populations=tuple(replace(p, input=sympy.Integer(0)) for p in given.populations),
        inputs=tuple(f"u_{p.name}" for p in given.populations),
    )
    table = {symbol(n): v for n, v in given.values}
    exact, m = system(closed), len(closed.populations)
    weights = [_number(w.xreplace(table)) for w in column.feedforward.flat()] if column.count > 1 else []
    forward = [weights[i * m : (i + 1) * m] for i in range(m)]
    tau = tuple(_number(p.tau) for p in closed.populations)
    labels = _labels(closed)
    kinds: dict[_Block, _Block] = {}
    blocks = [(_kind(kinds, exact, tau, block), block) for block in components(exact_matrix(exact.W))]
    stages = []
    for layer, inputs in enumerate(column.inputs):
        u = [_number(value.xreplace(table)) for value in inputs]
        start = layer * m
        for kind, block in blocks:
            inside = set(block)
            sources = [[(start + j, w) for j, w in enumerate(exact.W[i]) if w and j not in inside] for i in block]
            if layer:
                for row, i in zip(sources, block, strict=True):
                    row += [(start - m + j, w) for j, w in enumerate(forward[i]) if w]
            stages.append(
                _Stage(
                    kind,
                    tuple(start + i for i in block),
                    tuple(u[i] for i in block),
                    tuple(labels[i] for i in block),
                    tuple(map(tuple, sources)),
                )
            )
    return column.name, column.names, tuple(stages)


def _kind(kinds: dict[_Block, _Block], exact: System, tau: Vector, block: Sequence[int]) -> _Block:
    """One object for equal blocks, so that what is known of one is known of all."""
    made = _Block(
        tuple(tuple(exact.W[i][j] for j in block) for i in block),
        tuple(exact.pieces[i] for i in block),
        tuple(tau[i] for i in block),
    )
    return kinds.setdefault(made, made)


def _labels(circuit: Circuit) -> list[tuple[str, ...]]:
    return [tuple(str(piece.label) for piece in p.activation.pieces or ()) for p in circuit.populations]


def _number(value: sympy.Expr) -> Fraction:
    if not value.is_Rational:
        raise Unsupported(f"{value} is not an exact number; give every symbol of the column a value, inputs included")
    return Fraction(int(value.p), int(value.q))
