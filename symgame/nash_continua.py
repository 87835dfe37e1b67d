"""Which part of a continuum of equilibria is Nash: linear conditions on its rates, decided by elimination.

On a branch a neuron's input from the others is linear in the active rates, and whether a rate is the best one depends
on that input alone: for an activation with one increasing piece it lies on one side of a threshold. The continuum is
a polyhedron, so each question is whether a polyhedron is empty: Gauss, Fourier and Motzkin in exact numbers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from symgame.algebra import algebra
from symgame.branches import Branch
from symgame.cells import Line
from symgame.condition import FALSE
from symgame.errors import BudgetExceeded
from symgame.linear import Linear, solvable
from symgame.numeric_game import NumericGame

Class = Literal["global", "local", "stationary", "mixed"]


@dataclass(frozen=True)
class Part:
    """The class of a continuum: that of all its points, or ``"mixed"``.

    ``where`` lists the conditions, in the syntax of formulas, under which points of a mixed one are Nash; none when
    no point is Nash and some are locally. ``nash`` is ``None``, with a ``reason``, when it was not decided.
    """

    nash: Class | None
    where: tuple[str, ...] = ()
    reason: str = ""


@dataclass(frozen=True)
class _Half:
    """``weights . x + constant > 0`` (strict) or ``>= 0`` on the rates of a branch's active populations."""

    weights: tuple[Fraction, ...]
    constant: Fraction
    strict: bool

    def negated(self) -> _Half:
        return _Half(tuple(-w for w in self.weights), -self.constant, not self.strict)


def nash_part(game: NumericGame, branch: Branch) -> Part:
    """The class of the continuum of equilibria on a branch; there must be one.

    Not decided for an activation with several increasing pieces whose own energy is not convex: its best responses
    change where energies of different curvature are equal, which is not linear in the rates.

    >>> from symgame.branches import full_branch
    >>> from symgame.circuit import Circuit
    >>> from symgame.numeric_game import numeric_game
    >>> pair = Circuit.from_matrix([[0, 1], [1, 0]], names="AB", u=[0, 0], tau=[1, 1])
    >>> nash_part(numeric_game(pair), full_branch(pair)).nash
    'global'
    """
    undecided = f"the Nash part of the continuum on the branch ({branch.name}) was not decided"
    globally: list[_Half] = []
    locally: list[_Half] = []
    for i in range(len(game.u)):
        content = _content(game, branch, i)
        if content is None:
            name = game.circuit.names[i]
            return Part(None, reason=f"{undecided}: the own energy of {name} bends both ways")
        globally += content[0]
        locally += content[1]
    try:
        everywhere, nowhere = _decided(game, branch, globally)
        if everywhere:
            return Part("global")
        if not nowhere:
            open_ = [half for half in dict.fromkeys(globally) if not _decided(game, branch, [half])[0]]
            return Part("mixed", tuple(_text(half, branch) for half in open_))
        everywhere, nowhere = _decided(game, branch, locally)
        return Part("local" if everywhere else "stationary" if nowhere else "mixed")
    except BudgetExceeded as error:
        return Part(None, reason=f"{undecided}: {error}")


_NEVER = _Half((), Fraction(-1), False)


def _content(game: NumericGame, branch: Branch, i: int) -> tuple[list[_Half], list[_Half]] | None:
    """When neuron i's rate is a global, and when a local minimiser, for rates on the branch; ``None``: not linear.

    A convex energy is content everywhere. With one concave piece an active rate is a maximum, and a rate at an end is
    a global minimiser if the other end is not lower, a local one if the energy rises from it.
    """
    own = game.energies[i]
    if own.convex:
        return [], []
    if len(own.pieces) > 1:
        return None
    (piece,) = own.pieces
    if i in branch.increasing:
        return [_NEVER], [_NEVER]
    low, high, k = piece.low, piece.high, piece.curvature
    at_low = branch.places[i] == 0
    end, other = (low, high) if at_low else (high, low)
    assert end is not None
    side = -1 if at_low else 1  # at the lower end small inputs are welcome, at the upper one large ones
    local = _input(game, branch, i, side, piece.shift - k * end, strict=True)
    if other is None:
        return [_NEVER], [local]
    return [_input(game, branch, i, side, piece.shift - k * (end + other) / 2, strict=False)], [local]


def _input(game: NumericGame, branch: Branch, i: int, side: int, shift: Fraction, strict: bool) -> _Half:
    """``side * (c_i + shift) > 0`` (or ``>= 0``), with c_i the input of neuron i from the others on the branch."""
    rates = _flat_rates(game, branch)
    constant = game.u[i] + shift + sum(game.W[i][j] * x for j, x in rates.items() if j != i)
    weights = tuple(side * game.W[i][j] if j != i else Fraction(0) for j in branch.increasing)
    return _Half(weights, side * constant, strict)


def _line(game: NumericGame, branch: Branch, i: int) -> Line:
    """The piece of phi_i on the branch, in numbers."""
    return game.energies[i].lines[branch.places[i]]


def _flat_rates(game: NumericGame, branch: Branch) -> dict[int, Fraction]:
    """The rates of the populations on flat pieces."""
    lines = [_line(game, branch, j) for j in range(len(game.u))]
    return {j: line.intercept for j, line in enumerate(lines) if line.flat}


def _decided(game: NumericGame, branch: Branch, halves: list[_Half]) -> tuple[bool, bool]:
    """Whether all conditions hold everywhere on the continuum, and whether there is no point where all of them hold."""
    halves = list(dict.fromkeys(halves))
    if _NEVER in halves:
        return False, True
    everywhere = not any(_meets(game, branch, [half.negated()]) for half in halves)
    return everywhere, not everywhere and not _meets(game, branch, halves)


def _meets(game: NumericGame, branch: Branch, halves: list[_Half]) -> bool:
    """Whether some point of the continuum satisfies the conditions, by Gauss, Fourier and Motzkin in exact numbers."""
    a = algebra(game.circuit)
    number = a.ring.quotient

    def linear(half: _Half, rel: str) -> Linear:
        return Linear(tuple(number(w) for w in half.weights), number(half.constant), rel)

    equalities = [linear(half, "=") for i in branch.increasing for half in (_on_line(game, branch, i),)]
    inside = [*_inside(game, branch), *halves]
    return solvable(equalities, [linear(h, ">" if h.strict else ">=") for h in inside], a.structural) != FALSE


def _total(game: NumericGame, branch: Branch, i: int) -> tuple[list[Fraction], Fraction]:
    """The total input of population i as a linear function of the active rates."""
    constant = game.u[i] + sum(game.W[i][j] * x for j, x in _flat_rates(game, branch).items())
    return [game.W[i][j] for j in branch.increasing], constant


def _on_line(game: NumericGame, branch: Branch, i: int) -> _Half:
    """``s z_i + b - x_i``, which is 0 at an equilibrium of the branch."""
    weights, constant = _total(game, branch, i)
    line = _line(game, branch, i)
    row = [line.slope * w - (1 if j == i else 0) for w, j in zip(weights, branch.increasing, strict=True)]
    return _Half(tuple(row), line.slope * constant + line.intercept, False)


def _inside(game: NumericGame, branch: Branch) -> Iterator[_Half]:
    """Every total input lies on its piece."""
    for i in range(len(game.u)):
        line = _line(game, branch, i)
        weights, constant = _total(game, branch, i)
        for end, side, closed in zip((line.lower, line.upper), (1, -1), line.closed, strict=True):
            if end is not None:
                yield _Half(tuple(side * w for w in weights), side * (constant - end), not closed)


def _text(half: _Half, branch: Branch) -> str:
    """A condition in the syntax of formulas: ``x(E) - x(I) + 1 >= 0``."""
    names = [branch.circuit.names[j] for j in branch.increasing]
    terms = [(w, f"x({n})") for w, n in zip(half.weights, names, strict=True) if w] + [(half.constant, "")]
    parts = []
    for value, rate in terms:
        if value or len(terms) == 1:
            size = str(abs(value)) if not rate else rate if abs(value) == 1 else f"{abs(value)}*{rate}"
            parts.append((" - " if value < 0 else " + ") + size)
    return "".join(parts).removeprefix(" + ").replace(" - ", "-", 1 if parts[0][1] == "-" else 0) + (
        " > 0" if half.strict else " >= 0"
    )
