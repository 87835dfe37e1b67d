"""Every pure Nash equilibrium of a numeric piecewise-linear circuit, next to the stationary points that are none.

A rate is *stationary* when it is a fixed point of the rate equation, *locally Nash* when every neuron's rate is a local
minimiser of its own energy, *Nash* when it is a global one. Every Nash equilibrium, local or not, is stationary: at a
local minimiser x_i of ``E_i = G_i - q`` over the domain of the convex ``G_i``, with ``q(y) = W_ii y^2/2 + c_i y``
differentiable, no direction descends, so ``G_i'(x_i; v) >= q'(x_i) v`` for both signs of v: ``q'(x_i) = (W x + u)_i``
is a subgradient of G_i at x_i, which says ``x_i = phi_i((W x + u)_i)``, because phi_i inverts that subdifferential.
This holds for every continuous nondecreasing phi_i and every W. Hence a complete list of the stationary points
(:func:`symgame.numeric.solutions`) contains every Nash equilibrium, and each point is decided by exact comparison.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from symgame.best_rate import Interval, Minimum, rates_text
from symgame.branches import branch
from symgame.circuit import Circuit
from symgame.grammar import read_branch
from symgame.nash_continua import Class, Part, nash_part
from symgame.numeric import Solution, solutions
from symgame.numeric_game import NumericGame, numeric_game
from symgame.tables import Cell, formula, joined, table

WORDS = {"global": "Nash", "local": "locally Nash", "stationary": "stationary only", "mixed": "in part"}


@dataclass(frozen=True)
class Deviation:
    """What one neuron would do at a state, the others frozen: its best responses and the energy they save.

    ``gain`` is ``None``, and there are no ``responses``, when the energy falls for ever; it is 0 for a neuron that is
    content and has other best responses too.
    """

    population: str
    rate: Fraction
    responses: tuple[Interval, ...]
    gain: Fraction | None

    def __str__(self) -> str:
        if self.gain is None:
            return f"{self.population} has no best response: its energy falls for ever"
        to = rates_text(self.responses)
        return f"{self.population} {self.rate} -> {to}" + (f", gains {self.gain}" if self.gain else ", as good")


@dataclass(frozen=True)
class Stationary:
    """One stationary point with its class, or a continuum of them (no state, a description instead).

    ``deviations`` are the neurons that would gain; ``indifferent`` those that have other best responses as good.
    Of a continuum, ``where`` says on which part it is Nash when it is ``"mixed"``, as conditions on its rates;
    ``nash`` is ``None`` when that was not decided.
    """

    branch: str
    state: dict[str, Fraction]
    type: str
    stable: bool | None
    nash: Class | None
    deviations: tuple[Deviation, ...] = ()
    indifferent: tuple[Deviation, ...] = ()
    description: str = ""
    where: tuple[str, ...] = ()

    @property
    def verdict(self) -> str:
        """The class in words."""
        if self.nash == "mixed":
            return f"Nash where {' & '.join(self.where)}" if self.where else "nowhere Nash, in part locally Nash"
        return "not decided" if self.nash is None else WORDS[self.nash]

    @property
    def reasons(self) -> str:
        """Who would deviate, and who is indifferent."""
        return "; ".join(str(d) for d in (*self.deviations, *self.indifferent))


@dataclass(frozen=True)
class NashEquilibria:
    """All stationary points of a numeric circuit, each with its class.

    ``complete``: the list holds every stationary point, so every Nash equilibrium, and all of them were decided;
    otherwise ``reason`` says what is missing. ``without`` names the neurons whose own energy falls for ever whatever
    the others do: with one of them there is no Nash equilibrium at all.
    """

    circuit: Circuit
    points: tuple[Stationary, ...]
    complete: bool
    reason: str
    without: tuple[str, ...]

    @property
    def nash(self) -> tuple[Stationary, ...]:
        """The Nash equilibria; continua that are Nash in part are among :attr:`mixed`."""
        return tuple(p for p in self.points if p.nash == "global")

    @property
    def local_nash(self) -> tuple[Stationary, ...]:
        """The local Nash equilibria, the Nash equilibria among them."""
        return tuple(p for p in self.points if p.nash in ("global", "local"))

    @property
    def not_nash(self) -> tuple[Stationary, ...]:
        """The stationary points at which some neuron would gain by moving to another rate."""
        return tuple(p for p in self.points if p.nash in ("local", "stationary"))

    @property
    def mixed(self) -> tuple[Stationary, ...]:
        """The continua whose points are not all of one class."""
        return tuple(p for p in self.points if p.nash == "mixed")

    @property
    def summary(self) -> str:
        """How many there are of each, in one sentence."""
        count = len(self.nash)
        words = f"{count} Nash {'equilibrium' if count == 1 else 'equilibria'} among {len(self.points)} stationary"
        words += " point" if len(self.points) == 1 else " points"
        if self.without:
            words += f"; none is possible: the energy of {' and '.join(self.without)} falls for ever"
        return words + ("" if self.complete else f"; not complete: {self.reason}")

    def __str__(self) -> str:
        rows = [("state", "type", "stability", "Nash", "would deviate")]
        rows += [(self._state(p), p.type, _STABLE[p.stable], p.verdict, p.reasons) for p in self.points]
        widths = [max(len(row[k]) for row in rows) for k in range(4)]
        lines = ["  ".join((*(c.ljust(w) for c, w in zip(row, widths, strict=False)), row[4])).rstrip() for row in rows]
        return "\n".join([f"{self.circuit.name}: {self.summary}", *lines])

    def _state(self, point: Stationary) -> str:
        return ", ".join(f"{n} = {v}" for n, v in point.state.items()) or point.description

    def _repr_html_(self) -> str:
        names = self.circuit.presentation.expanded
        rows: list[tuple[Cell, ...]] = []
        for p in self.points:
            state: Cell = joined(formula(f"x({n}) = {v}", names) for n, v in p.state.items()) if p.state else ""
            rows.append((state or p.description, p.type, _STABLE[p.stable], p.verdict, p.reasons))
        head = ("state", "type", "stability", "Nash", "would deviate")
        return table(head, rows, f"{self.circuit.name}: {self.summary}").source

    def latex(self) -> str:
        """The points with a state as a LaTeX ``tabular``; it needs no package."""
        name = self.circuit.presentation.expanded
        rows = [
            r"$" + r"$ & $".join(f"x_{{{name(n)}}}" for n in self.circuit.names) + r"$ & stability & class \\ \hline"
        ]
        for p in self.points:
            if p.state:
                values = " & ".join(f"${_fraction(v)}$" for v in p.state.values())
                moves = ", ".join(f"${name(d.population)}$" for d in p.deviations)
                rows.append(rf"{values} & {_STABLE[p.stable]} & {p.verdict}{f' ({moves} deviate)' if moves else ''} \\")
        columns = "r" * len(self.circuit.names) + "ll"
        return "\n".join([rf"\begin{{tabular}}{{{columns}}}", *rows, r"\end{tabular}"])


_STABLE = {True: "stable", False: "unstable", None: "not decided"}


def _fraction(value: Fraction) -> str:
    if value.denominator == 1:
        return str(value.numerator)
    return rf"{'-' if value < 0 else ''}\tfrac{{{abs(value.numerator)}}}{{{value.denominator}}}"


def nash_equilibria(circuit: Circuit) -> NashEquilibria:
    """Every stationary point of a numeric piecewise-linear circuit with its Nash class, decided exactly.

    Saturating rates above all: past ``W_ii = 1`` an own energy is concave and its minimisers are the ends 0 and cap,
    so that a stationary, even a stable, rate may be far from the best one. A rectified neuron without a cap has no
    best response at all past ``W_ii = 1``: then there is no Nash equilibrium.

    Raises :class:`~symgame.errors.Unsupported` as :func:`~symgame.numeric.solutions` does.

    >>> caps = {"m_L": 2, "m_R": 2}
    >>> pair = Circuit.from_matrix([[0, "3/2"], ["3/2", 0]], names="LR", u=["-1/2"] * 2, tau=[1, 1],
    ...                            activation="saturating", values=caps)
    >>> sorted((p.state["L"], p.stable, p.nash) for p in nash_equilibria(pair).points)
    [(Fraction(0, 1), True, 'global'), (Fraction(1, 1), False, 'global'), (Fraction(2, 1), True, 'global')]
    >>> one = Circuit.from_matrix([[2]], names="E", u=["-1/2"], tau=[1], activation="saturating", values={"m_E": 2})
    >>> min((p.state["E"], p.stable, p.nash, p.reasons) for p in nash_equilibria(one).points)
    (Fraction(0, 1), True, 'local', 'E 0 -> 2, gains 1')
    """
    found = solutions(circuit)
    game = numeric_game(found.circuit)
    rows: list[Stationary] = []
    reasons: list[str] = [] if found.complete else ["not every stationary point was found"]
    for solution in found.equilibria:
        if solution.type == "continuum":
            part = nash_part(game, branch(game.circuit, read_branch(solution.branch)))
            reasons += [part.reason] if part.reason else []
            rows.append(_continuum(solution, part))
        else:
            rows.append(_point(game, solution))
    return NashEquilibria(found.circuit, tuple(rows), not reasons, "; ".join(reasons), game.without_best_response)


def deviations(game: NumericGame, state: tuple[Fraction, ...]) -> tuple[tuple[Deviation, ...], tuple[Deviation, ...]]:
    """The neurons that would gain at a state, and those with other best responses as good.

    ``game`` is :func:`symgame.numeric_game.numeric_game`; the state, which need not be stationary, lies in the domain.
    """
    gaining, indifferent = [], []
    for i, (name, own) in enumerate(zip(game.circuit.names, game.energies, strict=True)):
        c = game.received(i, state)
        best = own.minimum(c)
        here = own.at(state[i], c)
        assert here is not None
        if best.energy is None or here > best.energy:
            gaining.append(Deviation(name, state[i], best.rates, None if best.energy is None else here - best.energy))
        elif best.single is None:
            indifferent.append(Deviation(name, state[i], _others(best, state[i]), Fraction(0)))
    return tuple(gaining), tuple(indifferent)


def _others(best: Minimum, rate: Fraction) -> tuple[Interval, ...]:
    """The best responses, without a single one that the rate already is."""
    return tuple(interval for interval in best.rates if interval != (rate, rate))


def _point(game: NumericGame, solution: Solution) -> Stationary:
    state = tuple(solution.state[name] for name in game.circuit.names)
    gaining, indifferent = deviations(game, state)
    nash: Class = "global"
    if gaining:
        local = all(own.locally_minimal(state[i], game.received(i, state)) for i, own in enumerate(game.energies))
        nash = "local" if local else "stationary"
    return Stationary(solution.branch, solution.state, solution.type, solution.stable, nash, gaining, indifferent)


def _continuum(solution: Solution, part: Part) -> Stationary:
    return Stationary(
        solution.branch,
        {},
        "continuum",
        solution.stable,
        part.nash,
        description=solution.description,
        where=part.where,
    )
