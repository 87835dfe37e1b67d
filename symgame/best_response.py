"""Best-response dynamics in exact numbers: populations answer one another until nobody moves, or for ever in a circle.

A state at which nobody moves is a Nash equilibrium, and every Nash equilibrium is such a state: a population that is at
a best response stays there, whatever others are as good. The dynamics is that of the game alone; time constants and
the flow of the rate equation play no part, so a path may run away from an equilibrium that is stable.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Literal

from symgame.best_rate import Interval, rates_text
from symgame.circuit import Circuit
from symgame.errors import CircuitError, Unsupported
from symgame.notation import exact
from symgame.numeric_game import NumericGame, numeric_game
from symgame.plane import Mark, PhasePlane, equilibrium_marks
from symgame.tables import Cell, formula, table

Order = Literal["simultaneous", "sequential"]
Outcome = Literal["fixed point", "cycle", "unfinished", "no best response"]
State = tuple[Fraction, ...]
MAX_BITS = 2_000  # of a numerator or denominator: six hundred digits
SHOWN_ROUNDS = 12
ROOM = 4  # how many sides of a picture it may grow in each direction, to show a path
LINES = (3, 4)  # populations whose paths are drawn against the step; of a pair, in the plane of its best responses


@dataclass(frozen=True)
class Tie:
    """A population had more than one best response; it stayed, or went to the nearest, the smaller of two.

    ``step`` counts the round in which nobody moved any more, too.
    """

    step: int
    population: str
    responses: tuple[Interval, ...]
    chosen: Fraction

    def __str__(self) -> str:
        return f"step {self.step}: {self.population} may choose {rates_text(self.responses)}; {self.chosen} taken"


@dataclass(frozen=True)
class BestResponsePath:
    """The states of best-response dynamics, the start first; ``states[k]`` is reached by step k.

    A round is one step when all answer at once, and one step for each population in turn otherwise. ``period`` is the
    number of rounds of the cycle that the path ends in; it begins at step ``since``. ``reason`` says why a path ended
    otherwise than at a fixed point or in a cycle.
    """

    circuit: Circuit
    order: Order
    states: tuple[State, ...]
    outcome: Outcome
    period: int | None
    since: int | None
    ties: tuple[Tie, ...]
    reason: str

    @property
    def end(self) -> State:
        return self.states[-1]

    @property
    def steps(self) -> int:
        return len(self.states) - 1

    @property
    def last_move(self) -> Fraction:
        """The largest change of a rate in the last round: how far an unfinished path still is from rest."""
        back = 1 if self.order == "simultaneous" else len(self.circuit.names)
        before = self.states[max(0, self.steps - back)]
        return max(abs(a - b) for a, b in zip(self.end, before, strict=True))

    @property
    def summary(self) -> str:
        """How the path ends, in one sentence."""
        steps = f"{self.steps} step{'' if self.steps == 1 else 's'}"
        if self.outcome == "fixed point":
            rates = ", ".join(f"{n} = {v}" for n, v in zip(self.circuit.names, self.end, strict=True))
            return f"a Nash equilibrium after {steps}: {rates}"
        if self.outcome == "cycle":
            return f"a cycle of {self.period} rounds, from step {self.since}"
        return f"{self.reason} (after {steps})"

    def __str__(self) -> str:
        names = self.circuit.names
        rows = [f"{k}: " + ", ".join(f"{n} = {v}" for n, v in zip(names, x, strict=True)) for k, x in self._shown()]
        return "\n".join([f"{self.order} best responses: {self.summary}", *rows, *map(str, self.ties)])

    def _repr_html_(self) -> str:
        names = self.circuit.presentation.expanded
        rows: list[tuple[Cell, ...]] = [(str(k), *(formula(str(v)) for v in state)) for k, state in self._shown()]
        head: list[Cell] = ["step", *(formula(f"x({n})", names) for n in self.circuit.names)]
        notes = "; ".join([self.summary, *map(str, self.ties)])
        return table(head, rows, f"{self.order} best responses: {notes}").source

    def _shown(self) -> list[tuple[int, State]]:
        """The first and the last states; numbers of hundreds of digits tell a reader nothing."""
        rows = list(enumerate(self.states))
        return rows if len(rows) <= 30 else [*rows[:20], *rows[-5:]]


def best_response_path(
    circuit: Circuit,
    start: Sequence[object] | Mapping[str, object],
    order: Order = "simultaneous",
    steps: int = 60,
) -> BestResponsePath:
    """The path of best responses from a state, exactly, for at most ``steps`` rounds.

    ``start`` has a rate for each population, in order or by name, inside the domain of its activation cost: exact
    numbers, exact strings, or floats, which become the decimal that they print as. ``order``: all answer the last
    state at once, or one after the other in the order of the populations, each to what the others do then. Fixed
    points and cycles are found by equality of states, which decides the rest of the path; what converges without
    arriving is unfinished, and says how far it moved last.

    Raises :class:`~symgame.errors.Unsupported` for circuits that are not numeric and piecewise linear,
    :class:`~symgame.errors.CircuitError` for a start, an order or a number of rounds that is none.

    >>> pair = Circuit.from_matrix([[0, "3/2"], ["3/2", 0]], names="LR", u=["-1/2"] * 2, tau=[1, 1],
    ...                            activation="saturating", values={"m_L": 2, "m_R": 2})
    >>> print(best_response_path(pair, [2, 0]))
    simultaneous best responses: a cycle of 2 rounds, from step 0
    0: L = 2, R = 0
    1: L = 0, R = 2
    >>> best_response_path(pair, [2, 0], order="sequential").summary
    'a Nash equilibrium after 1 step: L = 0, R = 0'
    """
    if order not in ("simultaneous", "sequential"):
        raise CircuitError(f"the order of best responses is {order!r}; it is 'simultaneous' or 'sequential'.")
    if isinstance(steps, bool) or not isinstance(steps, int) or steps < 1:
        raise CircuitError(f"steps is {steps!r}; give a whole number of rounds, at least 1.")
    game = numeric_game(circuit)
    return _Walk(game, order, [_start(game, start)], []).run(steps)


@dataclass
class _Walk:
    """A path in the making."""

    game: NumericGame
    order: Order
    states: list[State]
    ties: list[Tie]

    def run(self, rounds: int) -> BestResponsePath:
        n = len(self.game.u)
        turns: list[tuple[int, ...]] = [tuple(range(n))] if self.order == "simultaneous" else [(i,) for i in range(n)]
        seen = {self.states[0]: 0}
        for _ in range(rounds):
            begun = len(self.states)
            for movers in turns:
                falling = self._step(movers)
                if falling is not None:
                    return self._ended("no best response", f"{falling} has no best response: its energy falls for ever")
            end = self.states[-1]
            if all(state == end for state in self.states[begun - 1 :]):
                while len(self.states) > 1 and self.states[-2] == end:
                    self.states.pop()
                return self._ended("fixed point", "")
            if end in seen:
                since = seen[end]
                period = (len(self.states) - 1 - since) // len(turns)
                self.states.pop()  # it is the state at ``since`` again
                return self._ended("cycle", "", period, since)
            seen[end] = len(self.states) - 1
            if max(max(v.numerator.bit_length(), v.denominator.bit_length()) for v in end) > MAX_BITS:
                return self._ended("unfinished", f"still moving, and the rates have more than {MAX_BITS} binary digits")
        return self._ended("unfinished", "still moving")

    def _step(self, movers: tuple[int, ...]) -> str | None:
        """One step, or the name of a population that has no best response."""
        now = self.states[-1]
        new = list(now)
        for i in movers:
            best = self.game.best(i, now)
            if best.energy is None:
                return self.game.circuit.names[i]
            new[i] = best.nearest(now[i])
            if best.single is None:
                self.ties.append(Tie(len(self.states), self.game.circuit.names[i], best.rates, new[i]))
        self.states.append(tuple(new))
        return None

    def _ended(
        self, outcome: Outcome, reason: str, period: int | None = None, since: int | None = None
    ) -> BestResponsePath:
        return BestResponsePath(
            self.game.circuit, self.order, tuple(self.states), outcome, period, since, tuple(self.ties), reason
        )


def _start(game: NumericGame, start: Sequence[object] | Mapping[str, object]) -> State:
    names = game.circuit.names
    if isinstance(start, Mapping):
        if set(start) != set(names):
            raise CircuitError(
                f"the start names {', '.join(map(str, start)) or 'nobody'}; give a rate to each of "
                f"{', '.join(names)} and to nobody else."
            )
        given = [start[name] for name in names]
    else:
        given = list(start)
    if len(given) != len(names):
        raise CircuitError(f"the start has {len(given)} rates; give one to each of {', '.join(names)}.")
    found = []
    for name, own, value in zip(names, game.energies, given, strict=True):
        number = exact(value, f"the rate of {name} at the start")
        if not number.is_Rational:
            raise CircuitError(f"the rate of {name} at the start is {number}; an exact number was expected.")
        rate = Fraction(int(number.p), int(number.q))
        low, high = own.domain
        if own.at(rate, Fraction(0)) is None:
            allowed = f">= {low}" if high is None else f"<= {high}" if low is None else f"from {low} to {high}"
            raise CircuitError(f"the rate of {name} at the start is {rate}; its rates are {allowed}.")
        found.append(rate)
    return tuple(found)


# -- the data of pictures ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class ResponsePaths:
    """Paths of sequential best responses of a numeric circuit, with its equilibria; ``over = at`` names the panel."""

    circuit: Circuit
    over: str | None
    at: Fraction | None
    paths: tuple[BestResponsePath, ...]
    equilibria: tuple[Mark, ...]

    @property
    def nash(self) -> Mark | None:
        """The Nash equilibrium nearest to where the first path ends."""
        end = self.paths[0].end if self.paths else ()
        rows = [
            (max(abs(a - b) for a, b in zip(m.exact, end, strict=True)), m)
            for m in self.equilibria
            if end and m.exact is not None and m.nash == "global"
        ]
        return min(rows, key=lambda row: row[0])[1] if rows else None


def plane_paths(plane: PhasePlane) -> ResponsePaths:
    """Two paths in the plane of a pair, from places near the corners where one rate is low and the other high.

    No paths where some population has no best response to begin with, or an activation is smooth.
    """
    corners = [_inside(plane, i) for i in range(2)]
    near = [((7 * low + high) / 8, (low + 7 * high) / 8) for low, high in corners]
    starts = [(near[0][0], near[1][1]), (near[0][1], near[1][0])]
    return ResponsePaths(plane.circuit, plane.over, plane.at, _paths(plane.circuit, starts), plane.equilibria)


def roomy(plane: PhasePlane, found: ResponsePaths) -> PhasePlane:
    """The plane with its box enlarged, to at most nine times its sides, so that the paths fit in."""
    box = []
    for i, (low, high) in enumerate(plane.box):
        rates = [float(state[i]) for path in found.paths for state in path.states]
        reach = ROOM * (high - low)
        least, most = (min(rates), max(rates)) if rates else (low, high)
        margin = 0.04 * (most - least)
        box.append((min(low, max(least - margin, low - reach)), max(high, min(most + margin, high + reach))))
    return replace(plane, box=(box[0], box[1]))


def line_paths(circuit: Circuit, over: str | None = None, at: Fraction | None = None) -> ResponsePaths:
    """The path of three or four populations from silence, or from the least rates that a domain has.

    Raises :class:`~symgame.errors.Unsupported` for other numbers of populations, when a population has no best
    response, and when nobody moves.
    """
    n = len(circuit.names)
    if n not in LINES:
        raise Unsupported(f"paths of best responses are drawn of two to four populations; this circuit has {n}")
    game = numeric_game(circuit)
    falling = game.without_best_response
    if falling:
        raise Unsupported(
            f"{' and '.join(falling)} {'has' if len(falling) == 1 else 'have'} no best response: "
            f"the own energy falls for ever"
        )
    start = [max(low, Fraction(0)) if low is not None else Fraction(0) for low, _ in (e.domain for e in game.energies)]
    path = best_response_path(game.circuit, start, "sequential", SHOWN_ROUNDS)
    if not path.steps:
        raise Unsupported(path.reason or "nobody moves: silence, where the path would begin, is a Nash equilibrium")
    marks, _ = equilibrium_marks(game.circuit)
    return ResponsePaths(game.circuit, over, at, (path,), marks)


def _paths(circuit: Circuit, starts: Sequence[State]) -> tuple[BestResponsePath, ...]:
    """The sequential paths that take at least one step."""
    try:
        rows = [best_response_path(circuit, start, "sequential", SHOWN_ROUNDS) for start in starts]
    except Unsupported:
        return ()
    return tuple(row for row in rows if row.steps)


def _inside(plane: PhasePlane, i: int) -> tuple[Fraction, Fraction]:
    """The least and the greatest rate of population i in the picture and in its domain, as plain fractions."""
    own = plane.circuit.populations[i].activation.domain
    low, high = (Fraction(v).limit_denominator(64) for v in plane.box[i])
    if own.start.is_Rational:
        low = max(low, Fraction(int(own.start.p), int(own.start.q)))
    if own.end.is_Rational:
        high = min(high, Fraction(int(own.end.p), int(own.end.q)))
    return low, high
